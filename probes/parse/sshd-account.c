/* SPDX-License-Identifier: MIT */
/*
 * An account and its groups, from the target's own files: /etc/passwd and
 * /etc/group, as passwd(5) and group(5) have them. No other source is asked.
 */
#include "probes/parse/sshd-effective.h"

#include <stdlib.h>
#include <string.h>

#include "probes/parse/crypt-hash.h"
#include "probes/parse/nss-files.h"
#include "probes/parse/nss-switch.h"

#define ACCOUNTS_MAX (8 << 20) /* bytes of either file */
#define GROUPS_MAX 65536       /* that the kernel lets somebody be in */

void pf_sshd_account_deinit(PfSshdAccount *account) {
        free(account->name);
        if (account->password)
                pf_wipe(account->password, strlen(account->password));
        free(account->password);
        free(account->shown);
        free(account->home);
        free(account->shell);
        pf_strv_deinit(&account->groups);
        *account = (PfSshdAccount){ 0 };
}

/* Field two is a word or, on old machines, a hash. */
static int show(PfSshdAccount *account, const char *rest) {
        const char *password = account->password;
        int n;

        if (!*password || strcmp(password, "x") == 0)
                n = asprintf(&account->shown, "%s:%s:%s", account->name, password, rest);
        else
                n = asprintf(&account->shown, "%s:(%s):%s", account->name,
                             PF_CRYPT_DESCRIBE(password), rest);
        return n < 0 ? -ENOMEM : 0;
}

/* @rest: the line without its name. */
static int fill(PfSshdAccount *account, const char *name, char *rest, unsigned number) {
        const char *password = pf_nss_take_text(&rest);
        PF_AUTO_FREE char *numbers = strdup(rest);
        uint32_t uid, gid;

        if (!numbers)
                return -ENOMEM;
        if (pf_nss_take_number(&rest, &uid) != PF_NSS_NUMBER ||
            pf_nss_take_number(&rest, &gid) != PF_NSS_NUMBER) {
                account->skipped_line = account->skipped_line ? account->skipped_line : number;
                return 0;
        }
        account->exists = true;
        account->uid = uid;
        account->gid = gid;
        account->line = number;
        (void) pf_nss_take_text(&rest);
        account->name = strdup(name);
        account->password = strdup(password);
        account->home = strdup(pf_nss_take_text(&rest));
        account->shell = strdup(*rest ? rest : "/bin/sh");
        if (!account->name || !account->password || !account->home || !account->shell)
                return -ENOMEM;
        return show(account, numbers);
}

static int read_account(PfBuf *passwd, const char *name, PfSshdAccount *account) {
        PfNssFile file = { .text = passwd->data, .n = passwd->n };
        char *line;
        int r = 0;

        while (r == 0 && !account->exists && (line = pf_nss_next_line(&file)))
                if (strcmp(pf_nss_take_text(&line), name) == 0)
                        r = fill(account, name, line, file.line);
        return r;
}

static bool is_member(char *members, const char *name) {
        char *member;

        while ((member = strsep(&members, ",")))
                if (strcmp(member + strspn(member, " \t"), name) == 0)
                        return true;
        return false;
}

static int read_group(char *line, PfSshdAccount *account, bool primary) {
        const char *name = pf_nss_take_text(&line);
        uint32_t gid;

        (void) pf_nss_take_text(&line);
        if (pf_nss_take_number(&line, &gid) != PF_NSS_NUMBER || (gid == account->gid) != primary)
                return 0;
        if (!primary && !is_member(line, account->name))
                return 0;
        if (account->groups.n == GROUPS_MAX || pf_strv_contains(&account->groups, name))
                return 0;
        return pf_strv_add(&account->groups, name);
}

static int read_groups(const PfBuf *group, PfSshdAccount *account, bool primary) {
        PF_AUTO_BUF PfBuf copy = PF_BUF_INIT(ACCOUNTS_MAX);
        PfNssFile file;
        char *line;
        int r;

        r = pf_buf_add(&copy, group->data, group->n);
        file = (PfNssFile){ .text = copy.data, .n = copy.n };
        while (r == 0 && (line = pf_nss_next_line(&file))) {
                /* Two groups of one number have the name of the first. */
                if (primary && account->groups.n > 0)
                        break;
                r = read_group(line, account, primary);
        }
        return r;
}

static int read_file(const PfTarget *target, const char *path, PfBuf *buf, PfErr *err) {
        int r = pf_target_read(target, path, ACCOUNTS_MAX, buf, err);

        return r == PF_TARGET_ABSENT ? 0 : r;
}

int pf_sshd_account_read(const PfTarget *target, const char *name, PfSshdAccount *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf passwd = PF_SECRET_BUF_INIT(ACCOUNTS_MAX);
        PF_AUTO_BUF PfBuf group = PF_BUF_INIT(ACCOUNTS_MAX);
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        int r;

        r = read_file(target, "/etc/passwd", &passwd, err);
        if (r == 0)
                r = read_account(&passwd, name, &account);
        if (r == 0 && !account.exists)
                r = pf_nss_switch_find(target, "passwd", account.service, sizeof(account.service),
                                       err);
        if (r == 0 && account.exists)
                r = read_file(target, "/etc/group", &group, err);
        if (r == 0 && group.data)
                r = read_groups(&group, &account, true);
        if (r == 0 && group.data)
                r = read_groups(&group, &account, false);
        if (r < 0)
                return r;
        *ret = account;
        account = (PfSshdAccount){ 0 };
        return 0;
}
