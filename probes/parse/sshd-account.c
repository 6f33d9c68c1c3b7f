/* SPDX-License-Identifier: MIT */
/*
 * An account and its groups, from the target's own files: /etc/passwd and
 * /etc/group, as passwd(5) and group(5) have them. No other source is asked.
 */
#include "probes/parse/sshd-effective.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNTS_MAX (8 << 20) /* bytes of either file */
#define GROUPS_MAX 65536       /* that the kernel lets somebody be in */

void pf_sshd_account_deinit(PfSshdAccount *account) {
        free(account->name);
        free(account->password);
        free(account->home);
        free(account->shell);
        pf_strv_deinit(&account->groups);
        *account = (PfSshdAccount){ 0 };
}

static bool read_id(const char *text, unsigned *ret) {
        unsigned long id;
        char *end;

        if (!text || *text < '0' || *text > '9')
                return false;
        id = strtoul(text, &end, 10);
        *ret = (unsigned) id;
        return !*end && id <= 0xffffffffUL;
}

static int fill(PfSshdAccount *account, char *line) {
        const char *fields[7] = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(fields); i++)
                fields[i] = line ? strsep(&line, ":") : NULL;
        if (!read_id(fields[2], &account->uid) || !read_id(fields[3], &account->gid))
                return 0;
        account->exists = true;
        account->name = strdup(fields[0]);
        account->password = strdup(fields[1]);
        account->home = strdup(fields[5] ? fields[5] : "");
        account->shell = strdup(fields[6] && *fields[6] ? fields[6] : "/bin/sh");
        return account->name && account->password && account->home && account->shell ? 0 : -ENOMEM;
}

static int read_account(char *contents, const char *name, PfSshdAccount *account) {
        size_t n = strlen(name);
        char *line;
        int r = 0;

        while (contents && r == 0 && !account->exists && (line = strsep(&contents, "\n")))
                if (strncmp(line, name, n) == 0 && line[n] == ':')
                        r = fill(account, line);
        return r;
}

static bool is_member(char *members, const char *name) {
        char *member;

        while ((member = strsep(&members, ",")))
                if (strcmp(member, name) == 0)
                        return true;
        return false;
}

static int read_group(char *line, PfSshdAccount *account, bool primary) {
        char *name = strsep(&line, ":");
        unsigned gid;

        (void) strsep(&line, ":");
        if (!read_id(strsep(&line, ":"), &gid) || (gid == account->gid) != primary)
                return 0;
        if (!primary && !is_member(line, account->name))
                return 0;
        if (account->groups.n == GROUPS_MAX || pf_strv_contains(&account->groups, name))
                return 0;
        return pf_strv_add(&account->groups, name);
}

static int read_groups(const char *contents, PfSshdAccount *account, bool primary) {
        PF_AUTO_FREE char *copy = strdup(contents);
        char *rest = copy;
        char *line;
        int r = copy ? 0 : -ENOMEM;

        while (r == 0 && (line = strsep(&rest, "\n"))) {
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
        PF_AUTO_BUF PfBuf passwd = PF_BUF_INIT(ACCOUNTS_MAX);
        PF_AUTO_BUF PfBuf group = PF_BUF_INIT(ACCOUNTS_MAX);
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        int r;

        r = read_file(target, "/etc/passwd", &passwd, err);
        if (r == 0)
                r = read_account(passwd.data, name, &account);
        if (r == 0 && account.exists)
                r = read_file(target, "/etc/group", &group, err);
        if (r == 0 && group.data)
                r = read_groups(group.data, &account, true);
        if (r == 0 && group.data)
                r = read_groups(group.data, &account, false);
        if (r < 0)
                return r;
        *ret = account;
        account = (PfSshdAccount){ 0 };
        return 0;
}
