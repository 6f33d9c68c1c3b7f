/* SPDX-License-Identifier: MIT */
/*
 * Patterns beneath the root of a target, name by name. Names are compared as Windows does,
 * without regard to the case of ASCII letters.
 */
#include "daemon/platform/target-system.h"

#include <fnmatch.h>
#include <string.h>

#define PATH_BYTES_MAX 32768

typedef struct Search {
        const PfTarget *target;
        unsigned left; /* names and files that may still be looked at */
        PfStrv *found;
        PfErr *err;
} Search;

static int search_in(Search *search, const char *directory, const char *pattern);

/* What is true of the machine; all else means that we could not look. */
static int left_out_or(int r) {
        return r == PF_TARGET_ABSENT || r == -ENOTDIR || r == -ELOOP || r == -ENAMETOOLONG ? 0 : r;
}

/* Goes on with what the pattern has behind @name, which is there, or may be. */
static int go_on(Search *search, const char *directory, const char *name, const char *rest) {
        PF_AUTO_BUF PfBuf path = PF_BUF_INIT(PATH_BYTES_MAX);
        PfErr ignored = { 0 };
        PfFileInfo info;
        int r;

        if (search->left-- == 0)
                return -E2BIG;
        r = pf_buf_printf(&path, "%s/%s", directory, name);
        if (r == -ENOBUFS)
                return 0;
        if (r < 0)
                return r;
        if (*rest)
                return search_in(search, path.data, rest);
        r = pf_target_lstat(search->target, path.data, &info, &ignored);
        if (r < 0 && left_out_or(r) < 0)
                return pf_err_set(search->err, r, "%s", pf_err_text(&ignored, r));
        return r == 0 ? pf_strv_add(search->found, path.data) : 0;
}

static int match_names(Search *search, const char *directory, const char *pattern,
                       const char *rest) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr cause = { 0 };
        int r = pf_target_list(search->target, directory[0] ? directory : "/", &names, &cause);

        if (r != 0)
                return left_out_or(r) < 0 ? pf_err_set(search->err, r, "%s", pf_err_text(&cause, r))
                                          : 0;
        if (names.n >= search->left)
                return -E2BIG;
        search->left -= (unsigned) names.n;
        for (size_t i = 0; i < names.n && r == 0; i++)
                if (fnmatch(pattern, names.items[i], FNM_PERIOD | FNM_CASEFOLD) == 0)
                        r = go_on(search, directory, names.items[i], rest);
        return r;
}

/* @pattern without its '\'. */
static void unescape(char *pattern) {
        char *to = pattern;

        for (; *pattern; pattern++) {
                if (*pattern == '\\' && pattern[1])
                        pattern++;
                *to++ = *pattern;
        }
        *to = '\0';
}

static int search_in(Search *search, const char *directory, const char *pattern) {
        const size_t n = strcspn(pattern + strspn(pattern, "/"), "/");
        PF_AUTO_FREE char *name = strndup(pattern + strspn(pattern, "/"), n);
        const char *rest = pattern + strspn(pattern, "/") + n;

        if (!name)
                return -ENOMEM;
        if (strpbrk(name, "*?["))
                return match_names(search, directory, name, rest);
        unescape(name);
        return go_on(search, directory, name, rest);
}

int pf_system_glob(const PfTarget *target, const char *pattern, PfStrv *ret, PfErr *err) {
        PfErr cause = { 0 };
        Search search = {
                .target = target, .left = PF_TARGET_GLOB_MAX, .found = ret, .err = &cause
        };
        int r = search_in(&search, "", pattern);

        if (r == -E2BIG && !cause.text[0])
                return pf_err_set(err, r, "%s: more than the limit of %d names to look at", pattern,
                                  PF_TARGET_GLOB_MAX);
        if (r < 0)
                return cause.text[0] ? pf_err_set(err, r, "%s", cause.text)
                                     : pf_err_errno(err, r, "%s", pattern);
        pf_strv_sort(ret);
        return 0;
}
