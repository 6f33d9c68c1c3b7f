/* SPDX-License-Identifier: MIT */
#include "daemon/main-parts.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "daemon/base/log.h"
#include "daemon/platform/log-sink.h"
#include "daemon/platform/process.h"

void pf_main_begin(void) {
        pf_process_forbid_core_dumps();
        pf_process_ignore_broken_pipes();
        pf_log_set_sink(pf_log_choose_sink());
}

static int take_option(const PfMainOptions *options, int c) {
        switch (c) {
        case 'h':
                options->print_help();
                return 1 + EXIT_SUCCESS;
        case 'V':
                printf("%s %s\n", options->program, PF_VERSION);
                return 1 + EXIT_SUCCESS;
        case '?':
                return 1 + PF_MAIN_EXIT_USAGE;
        default:
                return options->take(c);
        }
}

int pf_main_parse_options(const PfMainOptions *options, int argc, char **argv) {
        struct option all[PF_MAIN_OPTIONS_MAX + 3] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'V' },
        };
        int c, r = 0;

        assert(options->n <= PF_MAIN_OPTIONS_MAX);
        memcpy(all + 2, options->options, options->n * sizeof(*all));
        while (r == 0 && (c = getopt_long(argc, argv, "h", all, NULL)) >= 0)
                r = take_option(options, c);
        if (r > 0 || optind >= argc)
                return r;
        fprintf(stderr, "%s: \"%s\": no argument is expected\n", options->program, argv[optind]);
        return 1 + PF_MAIN_EXIT_USAGE;
}

int pf_main_exit_status(int r) {
        return r == 0 ? EXIT_SUCCESS : r == -EINVAL ? PF_MAIN_EXIT_USAGE : EXIT_FAILURE;
}

int pf_signals_start(PfSignals *signals, uv_loop_t *loop, const int *numbers, size_t n,
                     uv_signal_cb callback, void *data, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++) {
                r = uv_signal_init(loop, &signals->handles[i]);
                signals->handles[i].data = data;
                if (r == 0)
                        r = uv_signal_start(&signals->handles[i], callback, numbers[i]);
        }
        return r < 0 ? pf_err_set(err, -EIO, "signals: %s", uv_strerror(r)) : 0;
}

void pf_signals_stop(PfSignals *signals) {
        for (size_t i = 0; i < PF_ELEMENTS(signals->handles); i++)
                if (signals->handles[i].data)
                        uv_close((uv_handle_t *) &signals->handles[i], NULL);
}
