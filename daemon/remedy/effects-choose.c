/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/effects-choose.h"

#include <string.h>

#include "daemon/remedy/settings-question.h"

static int make_question(PfTarget *machine, PfQuestion **ret, uint64_t *ret_deadline_ms,
                         PfErr *err) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PfErr ignored = { 0 };
        int r;

        *ret_deadline_ms = 0;
        r = pf_settings_load(machine, &settings, NULL, &ignored);
        if (r == 0)
                *ret_deadline_ms = settings->deadline_usec / 1000;
        if (r == 0)
                r = pf_settings_question(machine, settings, NULL, NULL, ret, NULL, &ignored);
        if (r == 0 || r == -ENOMEM)
                return r;
        (void) pf_settings_free(settings);
        settings = pf_settings_new();
        if (!settings)
                return -ENOMEM;
        return pf_settings_question(machine, settings, NULL, NULL, ret, NULL, err);
}

int pf_effects_choose(const char *root, PfTarget *machine, bool at_boot, PfEffectsChoice *ret,
                      PfErr *err) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfEffectsLive *live = NULL;
        uint64_t deadline_ms;
        int r;

        /* Before services are started there is nothing to reload, as in an image. */
        if (at_boot || strcmp(root, "/") != 0) {
                *ret = (PfEffectsChoice){ .table = pf_effects_image };
                return 0;
        }
        r = make_question(machine, &question, &deadline_ms, err);
        if (r == 0)
                r = pf_effects_live_new(question, &live, err);
        if (r < 0)
                return r;
        pf_effects_live_set_deadline(live, deadline_ms);
        *ret = (PfEffectsChoice){ .table = *pf_effects_live_table(live), .live = live };
        return 0;
}

void pf_effects_release(PfEffectsChoice *choice) {
        (void) pf_effects_live_free(choice->live);
        *choice = (PfEffectsChoice){ 0 };
}

void pf_effects_ask(PfEffectsChoice *choice, PfQuestion *question) {
        if (choice->live)
                pf_effects_live_ask(choice->live, question);
}
