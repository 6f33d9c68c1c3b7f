/* SPDX-License-Identifier: MIT */
#include "probes/sshd/remedy-others.h"

#include <string.h>

#include "daemon/base/ip-address.h"
#include "probes/parse/nss-files.h"
#include "probes/parse/sshd-match.h"

#define PASSWD_PATH "/etc/passwd"
#define PASSWD_MAX (8 << 20)
#define ACCOUNTS_MAX 4

/* Of no account, and of networks set aside for documentation or private use. */
static const char stranger[] = "preflightd-nobody";
static const char *const elsewhere[] = { "203.0.113.201", "10.20.30.40", "2001:db8:5eed::1" };

/* root, a stranger, and the first accounts of the machine that are neither. */
static int list_accounts(const PfTarget *target, const char *account, PfStrv *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PASSWD_MAX);
        PfNssFile file = { 0 };
        int r;

        r = pf_strv_add(ret, account);
        if (r == 0 && strcmp(account, "root") != 0)
                r = pf_strv_add(ret, "root");
        if (r == 0)
                r = pf_strv_add(ret, stranger);
        if (r == 0)
                r = pf_target_read(target, PASSWD_PATH, PASSWD_MAX - 1, &text, err);
        if (r != 0)
                return r == PF_TARGET_ABSENT ? 0 : r;
        file = (PfNssFile){ .text = text.data, .n = text.n };
        for (char *line; ret->n < ACCOUNTS_MAX && r == 0 && (line = pf_nss_next_line(&file));) {
                line[strcspn(line, ":")] = '\0';
                if (*line && !pf_strv_contains(ret, line) && strcmp(line, "root") != 0)
                        r = pf_strv_add(ret, line);
        }
        return r;
}

/* The address beside an IPv4 one: "192.0.2.6" of "192.0.2.7". */
static int add_neighbour(const char *source, PfStrv *ret) {
        PfIpAddress address;
        char text[32];

        if (pf_ip_address_parse(source, &address) < 0 || address.is_ipv6)
                return 0;
        (void) snprintf(text, sizeof(text), "%u.%u.%u.%u", address.bytes[0], address.bytes[1],
                        address.bytes[2], address.bytes[3] ^ 1u);
        return pf_strv_add(ret, text);
}

static int list_addresses(const char *source, PfStrv *ret) {
        int r = 0;

        if (source)
                r = pf_strv_add(ret, source);
        if (r == 0 && source)
                r = add_neighbour(source, ret);
        for (size_t i = 0; i < PF_ELEMENTS(elsewhere) && r == 0; i++)
                r = pf_strv_add(ret, elsewhere[i]);
        return r;
}

/* Is this connection one that the change is for? */
static bool is_meant(const PfSshdWork *work, const char *account, const char *address) {
        const PfLeaseScope *lease = work->room->lease;

        if (strcmp(account, work->demand.account) != 0)
                return false;
        if (lease)
                return pf_sshd_match_address(address, lease->source) == PF_SSHD_MATCH_POSITIVE;
        return work->demand.source && strcmp(address, work->demand.source) == 0;
}

/* One of them: 1 where it stays. */
static int stays(const PfSshdWork *work, const PfSshdLook *look, const PfSshdAccount *account,
                 const char *name, const char *address) {
        const PfSshdConnection connection = { .user = name,
                                              .groups = account->exists ? &account->groups : NULL,
                                              .address = address,
                                              .local_address = work->demand.local_address,
                                              .local_port = work->demand.local_port,
                                              .rdomain = "" };
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *before = NULL;
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *after = NULL;
        int r;

        r = pf_sshd_config_evaluate(work->look.conf, &connection, &before, work->err);
        if (r == 0)
                r = pf_sshd_config_evaluate(look->conf, &connection, &after, work->err);
        if (r < 0)
                return r;
        return pf_sshd_same_but(work->room->lease ? NULL : work->goal, before, after);
}

static int account_stays(const PfSshdWork *work, const PfTarget *target, const PfSshdLook *look,
                         const char *name, const PfStrv *addresses) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        int r = pf_sshd_account_read(target, name, &account, work->err);

        if (r < 0)
                return r;
        r = 1;
        for (size_t i = 0; i < addresses->n && r > 0; i++)
                if (!is_meant(work, name, addresses->items[i]))
                        r = stays(work, look, &account, name, addresses->items[i]);
        return r;
}

int pf_sshd_others_stay(const PfSshdWork *work, const PfTarget *target, const PfSshdLook *look) {
        PF_AUTO_STRV PfStrv accounts = { 0 };
        PF_AUTO_STRV PfStrv addresses = { 0 };
        int r;

        r = list_accounts(target, work->demand.account, &accounts, work->err);
        if (r == 0)
                r = list_addresses(work->demand.source, &addresses);
        if (r < 0)
                return r;
        r = 1;
        for (size_t i = 0; i < accounts.n && r > 0; i++)
                r = account_stays(work, target, look, accounts.items[i], &addresses);
        return r;
}
