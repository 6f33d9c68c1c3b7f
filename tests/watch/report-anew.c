/* SPDX-License-Identifier: MIT */
/*
 * A report of the machine below a directory for each line on standard input, each on a
 * target of its own that knows nothing of the last: what a service that watches has to come
 * to as well.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/kernels.h"
#include "daemon/report/evaluate.h"

typedef struct Asking {
        uv_loop_t loop;
        PfTarget *host;
        PfSettings *settings;
        PfProfile *profile;
        PfKernels *kernels;
        PfQuestion *question;
} Asking;

static int set_up(Asking *asking, PfErr *err) {
        int r = pf_target_new("/", PF_TARGET_DEFAULT, &asking->host, err);

        if (r == 0)
                r = pf_settings_load(asking->host, &asking->settings, NULL, err);
        if (r == 0)
                r = pf_kernels_load(asking->host, &asking->kernels);
        if (r == 0)
                r = pf_profile_load(asking->host, asking->settings->profile, &asking->profile, err);
        if (r == 0)
                r = pf_question_new(
                        &(PfQuestionSpec){ .profile = asking->profile,
                                           .kernels = asking->kernels,
                                           .agent_version = asking->settings->agent_version,
                                           .account = asking->settings->account,
                                           .source = asking->settings->source,
                                           .endpoints = &asking->settings->endpoints,
                                           .network_timeout_usec =
                                                   asking->settings->network_timeout_usec },
                        &asking->question, NULL, err);
        return r;
}

static int report(Asking *asking, const char *root, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1u << 24);
        const char *hanging;
        int r = pf_target_new(root, PF_TARGET_DEFAULT, &target, err);

        if (r == 0)
                r = pf_evaluate(&(PfEvaluation){ .loop = &asking->loop,
                                                 .target = target,
                                                 .question = asking->question },
                                &readiness, &hanging);
        if (r == 0)
                r = pf_readiness_to_json(readiness, true, &json);
        if (r == 0)
                r = pf_json_write(json, &text);
        if (r < 0)
                return r;
        (void) puts(text.data);
        (void) fflush(stdout);
        return 0;
}

int main(int argc, char **argv) {
        Asking asking = { 0 };
        PfErr err = { 0 };
        char line[16];
        int r = -EINVAL;

        (void) signal(SIGPIPE, SIG_IGN);
        if (argc == 2 && uv_loop_init(&asking.loop) == 0)
                r = set_up(&asking, &err);
        while (r == 0 && fgets(line, sizeof(line), stdin))
                r = report(&asking, argv[1], &err);
        if (r < 0)
                (void) fprintf(stderr, "report-anew: %s\n", pf_err_text(&err, r));
        (void) pf_question_unref(asking.question);
        (void) pf_kernels_unref(asking.kernels);
        (void) pf_profile_unref(asking.profile);
        (void) pf_settings_free(asking.settings);
        (void) pf_target_unref(asking.host);
        (void) uv_loop_close(&asking.loop);
        return r < 0;
}
