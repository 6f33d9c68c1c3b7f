/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <stdlib.h>

char *strndup(const char *text, size_t n) {
        size_t length = strnlen(text, n);
        char *copy = malloc(length + 1);

        if (!copy)
                return NULL;
        memcpy(copy, text, length);
        copy[length] = '\0';
        return copy;
}
