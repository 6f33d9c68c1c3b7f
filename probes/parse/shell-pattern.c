/* SPDX-License-Identifier: MIT */
/*
 * Patterns of the shell: POSIX.1-2017, 2.13, in the C locale.
 */
#include "probes/parse/shell-state.h"

#include <string.h>

/* A class such as [:digit:] is not known here: nothing is in it. */
static bool is_in_set(const char *set, const char *end, char c) {
        for (; set < end; set++) {
                if (*set == '\\' && set + 1 < end)
                        set++;
                if (set + 2 < end && set[1] == '-') {
                        if (c >= set[0] && c <= set[2])
                                return true;
                        set += 2;
                } else if (*set == c) {
                        return true;
                }
        }
        return false;
}

/* The end of a set that begins behind "[", or NULL: then "[" is an ordinary character. */
static const char *set_end(const char *p) {
        if (*p == '!' || *p == '^')
                p++;
        if (*p == ']')
                p++;
        for (; *p && *p != ']'; p++)
                if (*p == '\\' && p[1])
                        p++;
        return *p ? p : NULL;
}

/* One character against one element; behind the element, or NULL. */
static const char *match_one(const char *pattern, char c) {
        const char *end = *pattern == '[' ? set_end(pattern + 1) : NULL;
        bool negated;

        if (*pattern == '?')
                return pattern + 1;
        if (end) {
                negated = pattern[1] == '!' || pattern[1] == '^';
                return is_in_set(pattern + 1 + negated, end, c) != negated ? end + 1 : NULL;
        }
        if (*pattern == '\\' && pattern[1])
                pattern++;
        return *pattern && *pattern == c ? pattern + 1 : NULL;
}

/* A star takes as little as will do; only the last one ever has to take more. */
bool pf_shell_matches(const char *pattern, const char *text) {
        const char *star = NULL;
        const char *from = NULL;

        for (;;) {
                const char *next;

                if (*pattern == '*') {
                        star = ++pattern;
                        from = text;
                        continue;
                }
                if (!*text && !*pattern)
                        return true;
                next = *text ? match_one(pattern, *text) : NULL;
                if (next) {
                        pattern = next;
                        text++;
                } else if (star && *from) {
                        pattern = star;
                        text = ++from;
                } else {
                        return false;
                }
        }
}
