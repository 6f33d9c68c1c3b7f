/* SPDX-License-Identifier: MIT */
#include "daemon/main-parts.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "daemon/base/cleanup.h"
#include "daemon/base/log.h"
#include "daemon/platform/log-sink.h"
#include "daemon/platform/process.h"

void pf_main_begin(void) {
        pf_process_forbid_core_dumps();
        (void) signal(SIGPIPE, SIG_IGN);
        pf_log_set_sink(pf_log_choose_sink());
}

int pf_main_refuse_arguments(const char *program, int argc, char **argv) {
        if (optind >= argc)
                return 0;
        fprintf(stderr, "%s: \"%s\": no argument is expected\n", program, argv[optind]);
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
