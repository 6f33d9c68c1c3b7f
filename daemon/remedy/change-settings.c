/* SPDX-License-Identifier: MIT */
/*
 * Settings: made one after the other, and put back in reverse.
 *
 * What each was is in the manifest before the first is made, and how far it has come before each:
 * one that was not begun is never put back, whatever it is. As of files, only what is just what
 * the transaction made of it is put back. Whatever else is there somebody set, and keeps.
 */
#include "daemon/remedy/transaction-internal.h"

#include <string.h>

static bool is_value(const char *a, const char *b) {
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *shown_value(const char *value) {
        return value ? value : "not there";
}

static int look(const PfTransactions *transactions, const PfSetting *setting, char **ret,
                PfErr *err) {
        const PfEffects *effects = transactions->effects;
        char shown[PF_SETTING_SHOWN_MAX];
        PfErr why = { 0 };
        int r;

        if (!effects->look)
                return pf_err_set(err, -ENOTSUP, "%s: cannot be changed from here",
                                  pf_setting_show(setting, shown));
        r = effects->look(setting, ret, effects->data, &why);
        return r < 0 ? pf_err_set(err, r, "%s: %s", pf_setting_show(setting, shown),
                                  pf_err_text(&why, r))
                     : 0;
}

/* Sets it, and looks: what took it may have been told otherwise by somebody else. */
static int make(const PfTransactions *transactions, const PfSetting *setting, const char *value,
                PfErr *err) {
        const PfEffects *effects = transactions->effects;
        PF_AUTO_FREE char *now = NULL;
        char shown[PF_SETTING_SHOWN_MAX];
        PfErr why = { 0 };
        int r = effects->set(setting, value, effects->data, &why);

        if (r < 0)
                return pf_err_set(err, r, "%s: %s", pf_setting_show(setting, shown),
                                  pf_err_text(&why, r));
        r = look(transactions, setting, &now, err);
        if (r == 0 && !is_value(now, value))
                return pf_err_set(err, -EIO, "%s: is %s, and not what it was set to, %s",
                                  pf_setting_show(setting, shown), shown_value(now),
                                  shown_value(value));
        return r;
}

int pf_settings_check(const PfTransactions *transactions, const PfPlan *plan, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < plan->n_settings && r == 0; i++) {
                const PfPlanSetting *planned = &plan->settings[i];
                PF_AUTO_FREE char *now = NULL;
                char shown[PF_SETTING_SHOWN_MAX];

                r = look(transactions, &planned->setting, &now, err);
                if (r == 0 && !is_value(now, planned->before))
                        r = pf_err_set(err, -ENODATA,
                                       "%s: is not any more what the plan was made for; plan again",
                                       pf_setting_show(&planned->setting, shown));
        }
        return r;
}

int pf_entry_make_settings(PfEntry *entry, PfErr *err) {
        PfManifest *manifest = entry->manifest;
        int r = 0;

        for (size_t i = 0; i < manifest->n_settings && r == 0; i++) {
                const PfSetting *setting = &manifest->settings[i].setting;

                manifest->n_set = i + 1;
                r = pf_entry_save(entry, err);
                if (r == 0)
                        r = make(entry->transactions, setting, setting->value, err);
        }
        return r;
}

/* --- as it was --- */

static int find_fate(const PfEntry *entry, size_t i, PfFate *ret, char **ret_now, PfErr *err) {
        const PfPlanSetting *planned = &entry->manifest->settings[i];
        int r = look(entry->transactions, &planned->setting, ret_now, err);

        if (r == 0)
                *ret = is_value(*ret_now, planned->before)          ? PF_FATE_OLD
                       : is_value(*ret_now, planned->setting.value) ? PF_FATE_NEW
                                                                    : PF_FATE_EDITED;
        return r;
}

int pf_entry_check_settings(const PfEntry *entry, PfErr *err) {
        for (size_t i = 0; i < entry->manifest->n_set; i++) {
                const PfPlanSetting *planned = &entry->manifest->settings[i];
                PF_AUTO_FREE char *now = NULL;
                char shown[PF_SETTING_SHOWN_MAX];
                PfFate fate = PF_FATE_EDITED;
                int r = find_fate(entry, i, &fate, &now, err);

                if (r < 0)
                        return r;
                if (fate != PF_FATE_EDITED)
                        continue;
                (void) pf_err_set(err, -EBUSY,
                                  "%s: was changed since: it is %s, and not %s any more; undo "
                                  "would take that back, too, so make the change by hand",
                                  pf_setting_show(&planned->setting, shown), shown_value(now),
                                  shown_value(planned->setting.value));
                return PF_TRANSACTION_EDITED;
        }
        return 0;
}

/* Somebody's value stays; what it was before can be read all the same. */
static void leave(PfEntry *entry, const PfPlanSetting *planned, const char *now) {
        char shown[PF_SETTING_SHOWN_MAX];

        entry->has_edited_setting = true;
        (void) pf_manifest_note(entry->manifest,
                                "%s was changed meanwhile and is left as it is, %s; before it "
                                "was %s",
                                pf_setting_show(&planned->setting, shown), shown_value(now),
                                shown_value(planned->before));
}

/* A rule has a name of ours: where none was there it goes, whatever the firewall or somebody made
 * of it. What an undo that is asked for would take back of others, it says before. */
static bool is_ours(const PfPlanSetting *planned) {
        return planned->setting.kind == PF_SETTING_FIREWALL && !planned->before;
}

/* That a service runs opens nothing, and what needs it may keep it from being stopped. */
static bool may_stay(const PfPlanSetting *planned) {
        return planned->setting.kind == PF_SETTING_SERVICE;
}

static int put_back(PfEntry *entry, size_t i, PfErr *err) {
        const PfPlanSetting *planned = &entry->manifest->settings[i];
        PF_AUTO_FREE char *now = NULL;
        PfErr why = { 0 };
        PfFate fate;
        int r = find_fate(entry, i, &fate, &now, err);

        if (r < 0 || fate == PF_FATE_OLD)
                return r;
        if (fate == PF_FATE_EDITED && !is_ours(planned)) {
                leave(entry, planned, now);
                return 0;
        }
        r = make(entry->transactions, &planned->setting, planned->before, &why);
        if (r == 0)
                return 0;
        if (!may_stay(planned))
                return pf_err_set(err, r, "%s", pf_err_text(&why, r));
        (void) pf_manifest_note(entry->manifest, "it could not be taken back: %s",
                                pf_err_text(&why, r));
        entry->has_lasting_setting = true;
        return 0;
}

int pf_entry_put_back_settings(PfEntry *entry, PfErr *err) {
        int first = 0;

        entry->has_edited_setting = entry->has_lasting_setting = false;
        for (size_t i = entry->manifest->n_set; i-- > 0;) {
                PfErr why = { 0 };
                int r = put_back(entry, i, &why);

                if (r < 0 && first == 0)
                        first = pf_err_set(err, r, "%s", pf_err_text(&why, r));
        }
        return first;
}

const PfSetting *pf_manifest_common_setting(const PfManifest *a, const PfManifest *b) {
        for (size_t i = 0; i < a->n_set; i++)
                for (size_t j = 0; j < b->n_set; j++)
                        if (pf_setting_is_same(&a->settings[i].setting, &b->settings[j].setting))
                                return &a->settings[i].setting;
        return NULL;
}
