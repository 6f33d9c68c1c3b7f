/* SPDX-License-Identifier: MIT */
/* preflightctl plan: what fix would change, and what would be wrong all the same. */
#include "daemon/ctl/fix.h"

#include <string.h>

#include "config/catalogue.h"
#include "daemon/ctl/changer.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/selection.h"

/* Who gives no severity means that of the catalogue; a check it does not have blocks. */
static bool is_blocker(const PfJson *check, const char *id) {
        const PfCatalogueEntry *entry = pf_catalogue_find(id);
        const char *severity = pf_json_get_string(check, "severity");

        if (!severity && entry)
                severity = pf_severity_to_string(entry->severity);
        return !severity || strcmp(severity, "blocker") == 0;
}

static PfExit judge_one(const PfJson *check) {
        static const char *const good[] = { "pass", "skip", "warn", "waived" };
        const char *verdict = pf_json_get_string(check, "verdict");

        for (size_t i = 0; i < PF_ELEMENTS(good); i++)
                if (verdict && strcmp(verdict, good[i]) == 0)
                        return PF_EXIT_OK;
        return verdict && strcmp(verdict, "fail") == 0 ? PF_EXIT_BLOCKED : PF_EXIT_UNKNOWN;
}

PfExit pf_fix_judge(const PfCtl *ctl, const PfJson *checks, PfStrv *ret_failing) {
        PfExit status = PF_EXIT_OK;

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);
                const char *id = pf_json_get_string(check, "check");
                PfExit one = judge_one(check);

                if (!id || one == PF_EXIT_OK ||
                    !pf_selection_names(ctl->arguments, ctl->n_arguments, id) ||
                    (ctl->n_arguments == 0 && !is_blocker(check, id)))
                        continue;
                if (ret_failing && pf_strv_add(ret_failing, id) < 0)
                        return PF_EXIT_UNKNOWN;
                if (status != PF_EXIT_BLOCKED)
                        status = one;
        }
        return status;
}

static bool is_skipped(const PfJson *check, const char *verdict) {
        const char *text = pf_json_get_string(check, verdict);

        return text && strcmp(text, "skip") == 0;
}

/* Does the word mean checks, and all of them are skipped? */
static bool meets_nothing(char *const *word, const PfJson *checks, const char *verdict) {
        size_t n = 0, n_skipped = 0;

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);
                const char *id = pf_json_get_string(check, "check");

                if (!id || !pf_selection_names(word, 1, id))
                        continue;
                n++;
                n_skipped += is_skipped(check, verdict);
        }
        return n > 0 && n_skipped == n;
}

PfExit pf_fix_judge_skipped(const PfCtl *ctl, const PfJson *checks, const char *verdict,
                            PfStrv *ret_skipped) {
        for (size_t i = 0; i < ctl->n_arguments; i++) {
                char *const *word = &ctl->arguments[i];

                if (!meets_nothing(word, checks, verdict))
                        continue;
                for (size_t j = 0; j < pf_json_length(checks); j++) {
                        const char *id = pf_json_get_string(pf_json_at(checks, j), "check");

                        if (id && pf_selection_names(word, 1, id) &&
                            !pf_strv_contains(ret_skipped, id) && pf_strv_add(ret_skipped, id) < 0)
                                return PF_EXIT_UNKNOWN;
                }
        }
        return ret_skipped->n > 0 ? PF_EXIT_BLOCKED : PF_EXIT_OK;
}

char *pf_fix_unconsented(const PfJson *plan) {
        const PfJson *steps = pf_json_get(plan, "steps");
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(64u << 10);

        for (size_t i = 0; i < pf_json_length(steps); i++) {
                const PfJson *step = pf_json_at(steps, i);
                const char *outcome = pf_json_get_string(step, "outcome");
                const char *check = pf_json_get_string(step, "check");

                if (!outcome || !check || strcmp(outcome, "consent") != 0)
                        continue;
                if (pf_buf_printf(&buf, "%s%s", buf.n > 0 ? ", " : "", check) < 0)
                        return NULL;
        }
        return buf.n > 0 ? pf_buf_steal(&buf) : NULL;
}

bool pf_fix_is_empty(const PfJson *plan) {
        return pf_json_length(pf_json_get(plan, "files")) == 0 &&
               pf_json_length(pf_json_get(plan, "settings")) == 0 &&
               pf_json_length(pf_json_get(plan, "actions")) == 0;
}

static PfExit make_plan(PfCtl *ctl, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_changer_freep) PfChanger *changer = NULL;
        PfExit status;

        status = pf_selection_check_words(ctl->arguments, ctl->n_arguments, err);
        if (status == PF_EXIT_OK)
                status = pf_changer_open(ctl, false, &changer, err);
        if (status == PF_EXIT_OK)
                status = pf_changer_plan(changer, ctl->options.consent, ret, err);
        return status;
}

/* Would what was asked for pass? */
static PfExit judge_plan(const PfCtl *ctl, const PfJson *plan) {
        PF_AUTO_STRV PfStrv skipped = { 0 };
        PfExit status = pf_fix_judge(ctl, pf_json_get(plan, "remaining"), NULL);

        return status == PF_EXIT_OK
                       ? pf_fix_judge_skipped(ctl, pf_json_get(plan, "steps"), "after", &skipped)
                       : status;
}

PfExit pf_cmd_plan(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *plan = NULL;
        PF_AUTO_PAGE PfPage page;
        PfErr err = { 0 };
        const PfShow show = pf_show_of(&ctl->options);
        PfExit status;

        pf_page_init(&page, &ctl->out);
        status = make_plan(ctl, &plan, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        ctl->options.format->plan(&page, plan, &show);
        return pf_ctl_print(ctl, &page, judge_plan(ctl, plan));
}
