/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/policy.h"

#include <stdarg.h>
#include <string.h>

#include "config/catalogue.h"
#include "daemon/base/wildcard.h"

static PfAutoAnswer say(char **ret_why, PfAutoAnswer answer, const char *fmt, ...) PF_PRINTF(3, 4);

static PfAutoAnswer say(char **ret_why, PfAutoAnswer answer, const char *fmt, ...) {
        va_list args;

        if (!ret_why)
                return answer;
        va_start(args, fmt);
        if (vasprintf(ret_why, fmt, args) < 0)
                *ret_why = NULL;
        va_end(args);
        return answer;
}

static bool matches_any(const PfStrv *patterns, const char *check) {
        for (size_t i = 0; i < patterns->n; i++)
                if (pf_wildcard_match(patterns->items[i], check))
                        return true;
        return false;
}

static PfAutoAnswer ask_settings(const PfSettings *settings, const char *check, char **ret_why) {
        const PfCatalogueEntry *entry = pf_catalogue_find(check);

        if (settings->auto_mode != PF_AUTO_MODE_SAFE)
                return say(ret_why, PF_AUTO_OFF, "Auto= of [Remedy] is off");
        if (!entry || entry->safety != PF_SAFETY_SAFE)
                return say(ret_why, PF_AUTO_OFF, "the remedy for %s needs somebody's consent",
                           check);
        if (settings->auto_only.n > 0 && !matches_any(&settings->auto_only, check))
                return say(ret_why, PF_AUTO_OFF, "AutoOnly= of [Remedy] does not name %s", check);
        if (matches_any(&settings->auto_skip, check))
                return say(ret_why, PF_AUTO_OFF, "AutoSkip= of [Remedy] names %s", check);
        return PF_AUTO_YES;
}

/* --- the first boot --- */

/* What could not be looked at may be there. */
static bool may_exist(const PfTarget *target, const char *path) {
        PfFileInfo info;

        return pf_target_stat(target, path, &info, NULL) != PF_TARGET_ABSENT;
}

static PfAutoAnswer ask_boot(const PfTarget *target, char **ret_why) {
        if (!pf_target_is_live(target))
                return PF_AUTO_YES;
        if (may_exist(target, "/run/systemd/first-boot"))
                return say(ret_why, PF_AUTO_EARLY, "the first boot goes on");
        if (may_exist(target, "/run/cloud-init/enabled") &&
            pf_target_stat(target, "/run/cloud-init/result.json", &(PfFileInfo){ 0 }, NULL) != 0)
                return say(ret_why, PF_AUTO_EARLY, "cloud-init is not done");
        return PF_AUTO_YES;
}

/* --- never twice --- */

/* What became of a remedy for this evidence. Nothing of one that never touched a file. */
static const char *const outcomes[] = {
        [PF_TRANSACTION_APPLYING] = "was begun",
        [PF_TRANSACTION_APPLIED] = "was made",
        [PF_TRANSACTION_REVERTING] = "was made and is being undone",
        [PF_TRANSACTION_UNDONE] = "was made and undone",
        [PF_TRANSACTION_ROLLED_BACK] = "was tried and taken back",
        [PF_TRANSACTION_CONFLICT] = "was made and then edited",
};

static bool answers(const PfTransaction *transaction, const char *check, const char *fingerprint) {
        for (size_t i = 0; i < transaction->n_steps; i++) {
                const PfPlanStep *step = &transaction->steps[i];

                if (step->outcome == PF_PLAN_REMEDIED && strcmp(step->check, check) == 0 &&
                    step->fingerprint && strcmp(step->fingerprint, fingerprint) == 0)
                        return true;
        }
        return false;
}

static PfAutoAnswer ask_history(PfTransaction *const *history, size_t n, const char *check,
                                const char *fingerprint, char **ret_why) {
        for (size_t i = n; i-- > 0;) /* the newest says it best */
                if (outcomes[history[i]->state] && answers(history[i], check, fingerprint))
                        return say(ret_why, PF_AUTO_PUT_BACK,
                                   "a remedy for the same evidence %s (transaction %s), and it is "
                                   "there again; somebody else decides about it",
                                   outcomes[history[i]->state], history[i]->id);
        return PF_AUTO_YES;
}

PfAutoAnswer pf_policy_may(const PfSettings *settings, const PfTarget *target, const char *check,
                           const char *fingerprint, PfTransaction *const *history, size_t n,
                           char **ret_why) {
        PfAutoAnswer answer;

        if (ret_why)
                *ret_why = NULL;
        answer = ask_settings(settings, check, ret_why);
        if (answer == PF_AUTO_YES && !fingerprint)
                return say(ret_why, PF_AUTO_OFF, "the evidence for %s is not known", check);
        if (answer == PF_AUTO_YES)
                answer = ask_history(history, n, check, fingerprint, ret_why);
        return answer == PF_AUTO_YES ? ask_boot(target, ret_why) : answer;
}
