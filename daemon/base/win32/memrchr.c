/* SPDX-License-Identifier: MIT */
#include <string.h>

void *memrchr(const void *bytes, int byte, size_t n) {
        const unsigned char *begin = bytes;

        while (n > 0)
                if (begin[--n] == (unsigned char) byte)
                        return (void *) (begin + n);
        return NULL;
}
