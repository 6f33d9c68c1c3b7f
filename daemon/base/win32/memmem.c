/* SPDX-License-Identifier: MIT */
#include <string.h>

void *memmem(const void *haystack, size_t haystack_n, const void *needle, size_t needle_n) {
        const char *begin = haystack;
        const char *first;

        if (needle_n == 0)
                return (void *) haystack;
        while (haystack_n >= needle_n &&
               (first = memchr(begin, *(const char *) needle, haystack_n - needle_n + 1))) {
                if (memcmp(first, needle, needle_n) == 0)
                        return (void *) first;
                haystack_n -= (size_t) (first + 1 - begin);
                begin = first + 1;
        }
        return NULL;
}
