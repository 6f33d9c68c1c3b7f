/* SPDX-License-Identifier: MIT */
#include "probes/sshd/lists.h"

#include <string.h>

typedef struct List {
        const char *keyword; /* as people write it */
        const char *word;    /* for programs */
        bool denies;
        bool is_groups;
        const char *expected;
} List;

/* In the order that sshd goes through them. */
static const List lists[PF_SSHD_N_LISTS] = {
        { "DenyUsers", "deny-users", true, false, "remove the pattern that names the account" },
        { "AllowUsers", "allow-users", false, false, "add the account" },
        { "DenyGroups", "deny-groups", true, true,
          "remove the pattern that names a group of the account" },
        { "AllowGroups", "allow-groups", false, true, "add a group of the account" },
};

enum { MATCH_NO, MATCH_YES, MATCH_UNKNOWN };

/* "*.example.com": not an address, and no pattern or list of them. */
static bool has_name(const char *host) {
        return !strchr(host, ':') && strpbrk(host, "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-_");
}

/* "root@192.0.2.*" can only be judged with the address, and "root@*.example.com"
 * with the name, if they name the user at all. */
static int match_user(const PfDemand *demand, const char *pattern) {
        const char *at = strrchr(pattern, '@');
        PF_AUTO_BUF PfBuf name = PF_BUF_INIT(4096);

        if (!at || (demand->source && (demand->source_host || !has_name(at + 1))))
                return pf_sshd_match_user(demand->account,
                                          demand->source_host ? demand->source_host
                                                              : demand->source,
                                          demand->source, pattern)
                               ? MATCH_YES
                               : MATCH_NO;
        if (pf_buf_add(&name, pattern, (size_t) (at - pattern)) < 0)
                return MATCH_UNKNOWN;
        return pf_sshd_match_user(demand->account, NULL, NULL, name.data) ? MATCH_UNKNOWN
                                                                          : MATCH_NO;
}

static int match_group(const PfSshdAccount *account, const char *pattern) {
        if (!account->exists)
                return MATCH_UNKNOWN;
        return pf_sshd_match_group(&account->groups, pattern) ? MATCH_YES : MATCH_NO;
}

/* The strongest answer of any pattern, and which it was. */
static int match_list(const List *list, const PfSshdSetting *setting, const PfSshdAccount *account,
                      const PfDemand *demand, size_t *ret_value) {
        int strongest = MATCH_NO;

        for (size_t i = 0; i < setting->n_values; i++) {
                const char *pattern = setting->values[i].text;
                int match = list->is_groups ? match_group(account, pattern)
                                            : match_user(demand, pattern);

                if (match == MATCH_NO || strongest == MATCH_YES)
                        continue;
                if (match == MATCH_YES || strongest == MATCH_NO)
                        *ret_value = i;
                strongest = match;
        }
        return strongest;
}

static const char *why_unknown(const List *list) {
        return list->is_groups
                       ? "the groups of the account are not known: it is not in /etc/passwd"
                       : "depends on where the connection comes from: ask with --source, and with "
                         "UseDNS also with --source-host";
}

static void judge(const List *list, const PfSshdSetting *setting, const PfSshdAccount *account,
                  const PfDemand *demand, PfSshdListVerdict *ret) {
        size_t value = 0;
        int match = match_list(list, setting, account, demand, &value);

        ret->value = value;
        ret->keyword = list->keyword;
        ret->word = list->word;
        ret->answer = PF_SSHD_LISTS_ALLOW;
        if (match == MATCH_UNKNOWN) {
                ret->answer = PF_SSHD_LISTS_UNKNOWN;
                ret->reason = why_unknown(list);
        } else if (list->denies == (match == MATCH_YES)) {
                ret->answer = PF_SSHD_LISTS_DENY;
                ret->expected = list->expected;
        }
}

void pf_sshd_judge_list(size_t i, const PfSshdEffective *effective, const PfSshdAccount *account,
                        const PfDemand *demand, PfSshdListVerdict *ret) {
        const PfSshdSetting *setting = pf_sshd_effective_get(effective, lists[i].keyword);

        *ret = (PfSshdListVerdict){ .answer = PF_SSHD_LISTS_OPEN };
        if (!setting || (setting->n_values == 0 && !setting->doubt))
                return;
        ret->setting = setting;
        if (!setting->doubt)
                judge(&lists[i], setting, account, demand, ret);
}

/* The first list that ends the matter, or the last one that lets the account in. */
void pf_sshd_judge_lists(const PfSshdEffective *effective, const PfSshdAccount *account,
                         const PfDemand *demand, PfSshdListVerdict *ret) {
        *ret = (PfSshdListVerdict){ .answer = PF_SSHD_LISTS_OPEN };
        for (size_t i = 0; i < PF_ELEMENTS(lists); i++) {
                PfSshdListVerdict verdict;

                pf_sshd_judge_list(i, effective, account, demand, &verdict);
                if (!verdict.setting)
                        continue;
                if (verdict.setting->doubt) {
                        ret->setting = verdict.setting;
                        return;
                }
                *ret = verdict;
                if (verdict.answer != PF_SSHD_LISTS_ALLOW)
                        return;
        }
}
