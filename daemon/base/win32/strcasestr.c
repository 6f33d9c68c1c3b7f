/* SPDX-License-Identifier: MIT */
#include <string.h>

char *strcasestr(const char *haystack, const char *needle) {
        size_t n = strlen(needle);

        do {
                if (strncasecmp(haystack, needle, n) == 0)
                        return (char *) haystack;
        } while (*haystack++ != '\0');
        return NULL;
}
