/* SPDX-License-Identifier: MIT */
/* Paths of a machine whose file names have no fixed capitals. */
#include "daemon/base/target.h"

#include <string.h>

#define PATH_BYTES_MAX 4096

static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool same_but_for_case(const char *name, const char *wanted, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (lower(name[i]) != lower(wanted[i]))
                        return false;
        return name[n] == '\0';
}

/* Adds to @path, a directory's, how the first @n bytes of @wanted are spelled in it. */
static int spell(const PfTarget *target, PfBuf *path, const char *wanted, size_t n, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        const char *found = NULL;
        int r = pf_target_list(target, path->n > 0 ? path->data : "/", &names, err);

        if (r == -ENOTDIR)
                return PF_TARGET_ABSENT;
        for (size_t i = 0; r == 0 && i < names.n; i++) {
                if (!same_but_for_case(names.items[i], wanted, n))
                        continue;
                if (!found || strncmp(names.items[i], wanted, n) == 0)
                        found = names.items[i];
        }
        if (r != 0)
                return r;
        return found ? pf_buf_printf(path, "/%s", found) : PF_TARGET_ABSENT;
}

int pf_target_find_any_case(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(PATH_BYTES_MAX);
        PfFileInfo info;
        int r = pf_target_stat(target, path, &info, err);

        if (r != PF_TARGET_ABSENT) {
                if (r == 0)
                        *ret = strdup(path);
                return r == 0 && !*ret ? -ENOMEM : r;
        }
        for (r = 0; r == 0 && *path; path += strcspn(path, "/")) {
                path += strspn(path, "/");
                if (*path)
                        r = spell(target, &found, path, strcspn(path, "/"), err);
        }
        if (r != 0)
                return r;
        *ret = pf_buf_steal(&found);
        return *ret ? 0 : -ENOMEM;
}
