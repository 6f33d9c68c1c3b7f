/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <errno.h>

void *reallocarray(void *pointer, size_t n, size_t size) {
        size_t bytes;

        if (__builtin_mul_overflow(n, size, &bytes)) {
                errno = ENOMEM;
                return NULL;
        }
        return realloc(pointer, bytes);
}
