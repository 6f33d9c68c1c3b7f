/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/profiles.h"

#include "config/profile.h"
#include "daemon/ctl/suggest.h"

PfExit pf_profiles_refuse(const char *name, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PF_AUTO_STRV PfStrv names = { 0 };
        PfSuggestions suggestions = { .text = name };
        char similar[256];

        /* Suggestions only: without them it is still no such profile. */
        if (pf_target_new("/", PF_TARGET_DEFAULT, &host, NULL) == 0 &&
            pf_profile_list(host, &names, NULL) == 0)
                for (size_t i = 0; i < names.n; i++)
                        pf_suggest(&suggestions, names.items[i]);
        return pf_exit_set(err, PF_EXIT_USAGE, "--profile: there is no profile \"%s\"%s", name,
                           pf_suggestions_text(&suggestions, similar, sizeof(similar)));
}
