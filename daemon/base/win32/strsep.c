/* SPDX-License-Identifier: MIT */
#include <string.h>

char *strsep(char **text, const char *delimiters) {
        char *begin = *text;
        char *end = begin ? strpbrk(begin, delimiters) : NULL;

        if (end)
                *end++ = '\0';
        *text = end;
        return begin;
}
