/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/settings-question.h"

int pf_settings_question(PfTarget *machine, const PfSettings *settings, const char *account,
                         const char *source, PfQuestion **ret, const char **ret_field, PfErr *err) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PF_CLEANUP(pf_kernels_unrefp) PfKernels *kernels = NULL;
        int r;

        r = pf_profile_load(machine, settings->profile, &profile, err);
        if (r == PF_PROFILE_ABSENT)
                return pf_err_set(err, -ENOENT, "profile \"%s\": there is none of this name",
                                  settings->profile);
        if (r == 0)
                r = pf_kernels_load(machine, &kernels);
        if (r < 0)
                return r;
        return pf_question_new(
                &(PfQuestionSpec){ .profile = profile,
                                   .kernels = kernels,
                                   .agent_version = settings->agent_version,
                                   .account = account ? account : settings->account,
                                   .source = source ? source : settings->source,
                                   .endpoints = &settings->endpoints,
                                   .network_timeout_usec = settings->network_timeout_usec },
                ret, ret_field, err);
}
