/* SPDX-License-Identifier: MIT */
#include "probes/sshd/remedy-groups.h"

#include <string.h>

#include "probes/parse/nss-files.h"

#define FILE_BYTES_MAX (8 << 20)

/* Does a line, cut up as it is read, have somebody else in the group? */
typedef bool (*OtherFn)(char *line, const PfSshdAccount *account);

/* name:password:uid:gid:… */
static bool has_number_of(char *line, const PfSshdAccount *account) {
        const char *name = pf_nss_take_text(&line);
        uint32_t uid, gid;

        (void) pf_nss_take_text(&line);
        return pf_nss_take_number(&line, &uid) == PF_NSS_NUMBER &&
               pf_nss_take_number(&line, &gid) == PF_NSS_NUMBER && gid == account->gid &&
               strcmp(name, account->name) != 0;
}

/* name:password:gid:members */
static bool has_member(char *line, const PfSshdAccount *account) {
        const char *name = pf_nss_take_text(&line);
        const char *member;
        uint32_t gid;

        (void) pf_nss_take_text(&line);
        if (pf_nss_take_number(&line, &gid) != PF_NSS_NUMBER ||
            (gid != account->gid && strcmp(name, account->groups.items[0]) != 0))
                return false;
        while ((member = strsep(&line, ",")))
                if (*member && strcmp(member + strspn(member, " \t"), account->name) != 0)
                        return true;
        return false;
}

/* 1 where a line of the file says so. */
static int any(const PfTarget *target, const char *path, OtherFn other,
               const PfSshdAccount *account, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(FILE_BYTES_MAX);
        PfNssFile file;
        int r = pf_target_read(target, path, FILE_BYTES_MAX - 1, &text, err);

        if (r != 0 || text.n == 0)
                return r < 0 ? r : 0;
        file = (PfNssFile){ .text = text.data, .n = text.n };
        for (char *line; (line = pf_nss_next_line(&file));)
                if (other(line, account))
                        return 1;
        return 0;
}

int pf_sshd_group_is_private(const PfTarget *target, const PfSshdAccount *account, PfErr *err) {
        int r;

        if (!account->exists || account->groups.n == 0 ||
            strcmp(account->groups.items[0], account->name) != 0)
                return 0;
        r = any(target, "/etc/passwd", has_number_of, account, err);
        if (r == 0)
                r = any(target, "/etc/group", has_member, account, err);
        return r < 0 ? r : r == 0;
}
