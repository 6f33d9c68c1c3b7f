/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-accounts: may the push account come in over the network, and is it an
 * administrator there? Its password is nobody's business here.
 */
#include <string.h>

#include "daemon/platform/registry.h"
#include "probes/windows/room.h"

enum { ENABLED, LOCKOUT, PRIVILEGED, N_CHECKS };
static const PfCheck checks[N_CHECKS] = {
        [ENABLED] = { "windows.account-enabled" },
        [LOCKOUT] = { "windows.account-lockout" },
        [PRIVILEGED] = { "windows.account-privileged" },
};

/* lmaccess.h */
#define UF_ACCOUNTDISABLE 0x2u
#define UF_LOCKOUT 0x10u
#define UF_PASSWORD_EXPIRED 0x800000u
#define TIMEQ_FOREVER 0xFFFFFFFFu

#define NONE_MAPPED 1332
#define USER_NOT_FOUND 2221
#define ADMINISTRATORS "S-1-5-32-544"

/* Network security: Restrict NTLM: Incoming NTLM traffic */
#define NTLM_KEY "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\MSV1_0"
#define NTLM_RESTRICTED NTLM_KEY "\\RestrictReceivingNTLMTraffic"
enum { NTLM_FOR_ALL, NTLM_FOR_LOCAL, NTLM_FOR_NOBODY };

typedef struct Room {
        const PfTarget *target;
        PfReport *report;
        const char *name;
        PfWindowsAccount account;
} Room;

/* What the checks have in common where the account cannot be judged. Return: 1: answered. */
static int answer_without(const Room *room, const PfCheck *check) {
        const PfWindowsAccount *account = &room->account;
        int r;

        if (account->error == 0 && account->info_error == 0)
                return 0;
        if (account->error == NONE_MAPPED || account->info_error == USER_NOT_FOUND)
                r = pf_report_fail(room->report, check, "there is no account %s", room->name);
        else
                r = pf_report_unknown(room->report, check,
                                      "Windows does not tell about the account %s", room->name);
        if (r == 0)
                r = pf_windows_show_error(room->report,
                                          account->error ? "LookupAccountNameW" : "NetUserGetInfo",
                                          account->error ? account->error : account->info_error);
        return r < 0 ? r : 1;
}

static int show_flags(const Room *room) {
        const char *name = room->account.name ? room->account.name : room->name;
        const char *domain = room->account.name ? room->account.domain : NULL;
        char text[PF_WINDOWS_TEXT_MAX];

        (void) snprintf(text, sizeof(text), "%s%s%s: flags 0x%x%s", domain ? domain : "",
                        domain ? "\\" : "", name, (unsigned) room->account.flags,
                        room->account.is_password_expired ? ", the password has expired" : "");
        return pf_windows_show(room->report, "NetUserGetInfo", text, NULL);
}

static bool has_expired(const Room *room) {
        const uint64_t expires = room->account.expires;

        /* 0 is what servers say that keep no such time. */
        if (expires == TIMEQ_FOREVER || expires == 0)
                return false;
        if (expires > pf_target_now_usec(room->target) / 1000000) {
                pf_target_await(room->target, expires * 1000000);
                return false;
        }
        return true;
}

static int check_enabled(const Room *room, PfErr *err) {
        const PfWindowsAccount *account = &room->account;
        int r = answer_without(room, &checks[ENABLED]);

        (void) err;
        if (r != 0)
                return r;
        if (account->flags & UF_ACCOUNTDISABLE)
                r = pf_report_fail(room->report, &checks[ENABLED], "the account %s is disabled",
                                   room->name);
        else if (has_expired(room))
                r = pf_report_fail(room->report, &checks[ENABLED], "the account %s has expired",
                                   room->name);
        else if (account->is_password_expired || (account->flags & UF_PASSWORD_EXPIRED))
                r = pf_report_fail(room->report, &checks[ENABLED], "the password of %s has expired",
                                   room->name);
        else
                r = pf_report_pass(room->report, &checks[ENABLED], "the account %s is enabled",
                                   room->name);
        return r == 0 ? show_flags(room) : r;
}

static int check_lockout(const Room *room, PfErr *err) {
        int r = answer_without(room, &checks[LOCKOUT]);

        (void) err;
        if (r != 0)
                return r;
        if (room->account.flags & UF_LOCKOUT)
                r = pf_report_fail(room->report, &checks[LOCKOUT], "the account %s is locked out",
                                   room->name);
        else
                r = pf_report_pass(room->report, &checks[LOCKOUT],
                                   "the account %s is not locked out", room->name);
        return r == 0 ? show_flags(room) : r;
}

/* --- administrators --- */

/* Do its groups, nested ones too, hold the administrators; or they itself? */
static int is_administrator(const Room *room, PfMaybe *ret, PfErr *err) {
        const PfWindowsAccount *account = &room->account;
        PfWindowsAdministrators members = { 0 };
        int r;

        if (account->token_error == 0 && account->groups.n > 0) {
                *ret = pf_maybe(pf_strv_contains(&account->groups, ADMINISTRATORS));
                return 0;
        }
        r = pf_windows_fact(room->target, PF_WINDOWS_ADMINISTRATORS, "members", &members, err);
        if (r < 0)
                return r;
        if (r > 0 || members.error || !account->sid)
                *ret = PF_MAYBE;
        else if (pf_strv_contains(&members.sids, account->sid))
                *ret = PF_YES;
        else /* a group of the domain may be a member, and hold it */
                *ret = account->is_local ? PF_NO : PF_MAYBE;
        pf_windows_fact_deinit(PF_WINDOWS_ADMINISTRATORS, &members);
        return 0;
}

/* The first of @list that the account has when it comes over the network; or NULL. */
static const char *find_own(const Room *room, const PfStrv *list) {
        /* Everyone, NETWORK, Authenticated Users, and it is one of those */
        static const char *const always[] = { "S-1-1-0", "S-1-5-2", "S-1-5-11", ADMINISTRATORS };
        /* a local account, and one that is an administrator */
        static const char *const local[] = { "S-1-5-113", "S-1-5-114" };
        const PfWindowsAccount *account = &room->account;

        for (size_t i = 0; i < list->n; i++) {
                const char *sid = list->items[i];
                bool own = (account->sid && strcmp(sid, account->sid) == 0) ||
                           pf_strv_contains(&account->groups, sid);

                for (size_t j = 0; j < PF_ELEMENTS(always); j++)
                        own |= strcmp(sid, always[j]) == 0;
                for (size_t j = 0; account->is_local && j < PF_ELEMENTS(local); j++)
                        own |= strcmp(sid, local[j]) == 0;
                if (own)
                        return sid;
        }
        return NULL;
}

/* --- NTLM, by which whoever connects to an address signs in --- */

static int read_ntlm(const PfTarget *target, uint64_t *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        uint64_t number = NTLM_FOR_ALL;
        int r = pf_registry_read(target, NTLM_KEY, &key, err);

        if (r == 0)
                r = pf_registry_number(&key, "RestrictReceivingNTLMTraffic", &number, err);
        if (r >= 0 && number > NTLM_FOR_NOBODY)
                r = pf_err_set(err, -EINVAL, "%s: %llu", NTLM_RESTRICTED,
                               (unsigned long long) number);
        if (r < 0)
                return r;
        *ret = number;
        return 0;
}

/* Protected Users of any domain; or NULL. */
static const char *find_protected(const PfStrv *groups) {
        for (size_t i = 0; i < groups->n; i++) {
                const char *rid = strrchr(groups->items[i], '-');

                if (strncmp(groups->items[i], "S-1-5-21-", 9) == 0 && strcmp(rid, "-525") == 0)
                        return groups->items[i];
        }
        return NULL;
}

static int show_ntlm(PfReport *report, uint64_t restricted) {
        char found[32];
        int r;

        (void) snprintf(found, sizeof(found), "%u", (unsigned) restricted);
        r = pf_windows_show(report, NTLM_RESTRICTED, found, "0");
        return r < 0 ? r
                     : pf_report_remedy(report,
                                        "allow incoming NTLM traffic, or push by the computer's "
                                        "name with an account of the domain, which takes Kerberos");
}

/* Return: 1: it cannot sign in so, which is answered. */
static int answer_ntlm(const Room *room, uint64_t restricted) {
        const char *protected = find_protected(&room->account.groups);
        int r;

        if (restricted == NTLM_FOR_NOBODY ||
            (restricted == NTLM_FOR_LOCAL && !room->account.is_local)) {
                r = pf_report_fail(room->report, &checks[PRIVILEGED],
                                   restricted == NTLM_FOR_NOBODY
                                           ? "%s cannot sign in over the network by an address: "
                                             "the machine refuses NTLM"
                                           : "%s cannot sign in over the network by an address: "
                                             "the machine refuses NTLM to accounts of a domain",
                                   room->name);
                if (r == 0)
                        r = show_ntlm(room->report, restricted);
                return r < 0 ? r : 1;
        }
        if (!protected)
                return 0;
        r = pf_report_fail(room->report, &checks[PRIVILEGED],
                           "%s cannot sign in over the network by an address: it is of Protected "
                           "Users, who have no NTLM",
                           room->name);
        if (r == 0)
                r = pf_windows_show(room->report, "Protected Users", protected, "not a member");
        if (r == 0)
                r = pf_report_remedy(room->report, "push with an account that is not of Protected "
                                                   "Users, or by the computer's name");
        return r < 0 ? r : 1;
}

static int answer_no_ntlm(const Room *room, const PfErr *why) {
        int r = pf_report_unknown(room->report, &checks[PRIVILEGED],
                                  "whether %s may sign in by NTLM is not known", room->name);

        return r == 0 ? pf_report_evidence(room->report, NULL, NULL, 0, why->text, "0") : r;
}

/* @why: NTLM is not known; or NULL. */
static int answer_rights(const Room *room, const PfWindowsLogonRights *rights, const PfErr *why) {
        const char *denied = find_own(room, &rights->denied);
        const char *allowed = find_own(room, &rights->allowed);
        /* Groups that are not known may be among those of either list. */
        const bool is_whole = room->account.token_error == 0 && room->account.groups.n > 0;
        int r;

        if (rights->error)
                r = pf_report_unknown(room->report, &checks[PRIVILEGED],
                                      "who may sign in over the network is not known");
        else if (denied)
                r = pf_report_fail(room->report, &checks[PRIVILEGED],
                                   "%s is an administrator, and is denied sign-in over the network",
                                   room->name);
        else if (!is_whole && (rights->denied.n > 0 || !allowed || !room->account.is_local))
                r = pf_report_unknown(room->report, &checks[PRIVILEGED],
                                      "the groups of %s are not known, so neither is what it is "
                                      "denied",
                                      room->name);
        else if (!allowed)
                r = pf_report_fail(room->report, &checks[PRIVILEGED],
                                   "%s is an administrator, and may not sign in over the network",
                                   room->name);
        else if (why)
                return answer_no_ntlm(room, why);
        else
                r = pf_report_pass(room->report, &checks[PRIVILEGED],
                                   "%s is an administrator that may sign in over the network",
                                   room->name);
        if (r == 0 && rights->error)
                return pf_windows_show_error(room->report, "LsaEnumerateAccountsWithUserRight",
                                             rights->error);
        if (r == 0 && denied)
                return pf_windows_show(room->report, "SeDenyNetworkLogonRight", denied,
                                       "not there");
        return r == 0 && allowed
                       ? pf_windows_show(room->report, "SeNetworkLogonRight", allowed, NULL)
                       : r;
}

static int check_rights(const Room *room, const PfErr *why, PfErr *err) {
        PfWindowsLogonRights rights = { 0 };
        int r = pf_windows_fact(room->target, PF_WINDOWS_LOGON_RIGHTS, "network", &rights, err);

        if (r < 0)
                return r;
        if (r > 0)
                return pf_report_unknown(room->report, &checks[PRIVILEGED],
                                         "who may sign in over the network is not known");
        r = answer_rights(room, &rights, why);
        pf_windows_fact_deinit(PF_WINDOWS_LOGON_RIGHTS, &rights);
        return r;
}

static int check_privileged(const Room *room, PfErr *err) {
        PfMaybe is_admin = PF_MAYBE;
        uint64_t restricted = NTLM_FOR_ALL;
        PfErr why = { 0 };
        int r, ntlm;

        if (room->account.error) {
                r = answer_without(room, &checks[PRIVILEGED]);
                return r;
        }
        r = is_administrator(room, &is_admin, err);
        if (r < 0)
                return r;
        ntlm = read_ntlm(room->target, &restricted, &why);
        if (ntlm == -ENOMEM)
                return ntlm;
        r = is_admin == PF_NO ? 0 : answer_ntlm(room, restricted);
        if (r != 0)
                return r;
        if (is_admin == PF_YES)
                return check_rights(room, ntlm < 0 ? &why : NULL, err);
        if (is_admin == PF_MAYBE)
                r = pf_report_unknown(room->report, &checks[PRIVILEGED],
                                      "whether %s is an administrator is not known", room->name);
        else
                r = pf_report_fail(room->report, &checks[PRIVILEGED],
                                   "%s is not an administrator of this machine", room->name);
        return r == 0 ? pf_windows_show(room->report, ADMINISTRATORS,
                                        "not a member, as far as seen", room->account.sid)
                      : r;
}

static int answer_all(const Room *room, PfErr *err) {
        static int (*const functions[N_CHECKS])(const Room *, PfErr *) = {
                [ENABLED] = check_enabled,
                [LOCKOUT] = check_lockout,
                [PRIVILEGED] = check_privileged,
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < N_CHECKS; i++) {
                const size_t before = room->report->n;

                r = functions[i](room, err);
                if (r < 0 && r != -ENOMEM)
                        r = pf_report_settle(room->report, &checks[i], before, r, err);
                *err = (PfErr){ 0 };
        }
        return r < 0 ? r : 0;
}

/* Nobody has named an account where it is still that of Linux. */
static bool is_named(const PfDemand *demand) {
        return strcmp(demand->account, "root") != 0;
}

/* Then it is the one that is built in, by its number: its name is another one in each language
 * or where somebody renamed it, and that name may be somebody else's, here or in the domain.
 * By the name where that cannot be asked, or was not when the machine was captured. */
static int ask_account(const PfDemand *demand, Room *room, PfErr *err) {
        PfErr ignored = { 0 };
        int r;

        room->name = is_named(demand) ? demand->account : "Administrator";
        if (!is_named(demand)) {
                r = pf_windows_fact(room->target, PF_WINDOWS_ACCOUNT, PF_WINDOWS_BUILT_IN,
                                    &room->account, &ignored);
                if (r == -ENOMEM)
                        return r;
                if (r == 0 && room->account.error == 0 && room->account.name) {
                        room->name = room->account.name;
                        return 0;
                }
                pf_windows_fact_deinit(PF_WINDOWS_ACCOUNT, &room->account);
                room->account = (PfWindowsAccount){ 0 };
        }
        return pf_windows_fact(room->target, PF_WINDOWS_ACCOUNT, room->name, &room->account, err);
}

/* Of an image what its registry says of everybody is known, and nothing of one account. */
static int answer_image(const PfTarget *target, PfReport *report) {
        uint64_t restricted = NTLM_FOR_ALL;
        PfErr ignored = { 0 };
        int r = 0;

        for (size_t i = 0; r == 0 && i < PRIVILEGED; i++)
                r = pf_report_unknown(report, &checks[i],
                                      "accounts are asked of a running machine alone");
        if (r == 0 && read_ntlm(target, &restricted, &ignored) == -ENOMEM)
                r = -ENOMEM;
        if (r == 0 && restricted != NTLM_FOR_NOBODY)
                return pf_report_unknown(report, &checks[PRIVILEGED],
                                         "accounts are asked of a running machine alone");
        if (r == 0)
                r = pf_report_fail(report, &checks[PRIVILEGED],
                                   "nobody can sign in over the network by an address: the machine "
                                   "refuses NTLM");
        return r == 0 ? show_ntlm(report, restricted) : r;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        Room room = { .target = target, .report = report };
        int r = ask_account(demand, &room, err);

        if (r > 0)
                r = answer_image(target, report);
        else if (r == 0)
                r = answer_all(&room, err);
        pf_windows_fact_deinit(PF_WINDOWS_ACCOUNT, &room.account);
        return r < 0 ? r : 0;
}

const PfProbe pf_probe_windows_accounts = {
        .name = "windows-accounts",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 30000,
        .run = run,
};
