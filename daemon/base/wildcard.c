/* SPDX-License-Identifier: MIT */
#include "daemon/base/wildcard.h"

#include <stddef.h>

bool pf_wildcard_match(const char *pattern, const char *text) {
        const char *star = NULL; /* the last '*' seen, and how much of the text it takes */
        const char *taken = NULL;

        while (*text) {
                if (*pattern == '*') {
                        star = pattern++;
                        taken = text;
                } else if (*pattern == '?' || *pattern == *text) {
                        pattern++;
                        text++;
                } else if (star) {
                        pattern = star + 1;
                        text = ++taken;
                } else {
                        return false;
                }
        }
        while (*pattern == '*')
                pattern++;
        return *pattern == '\0';
}
