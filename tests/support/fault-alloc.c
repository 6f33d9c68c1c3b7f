/* SPDX-License-Identifier: MIT */
#include "tests/support/fault-alloc.h"

#include <errno.h>
#include <stddef.h>

static unsigned left; /* allocations until one fails, which is at 1 */
static bool met;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t n);
char *__wrap_strdup(const char *text);

void pf_fault_alloc_begin(unsigned nth) {
        left = nth;
        met = false;
}

bool pf_fault_alloc_end(void) {
        bool was = met;

        pf_fault_alloc_begin(0);
        return was;
}

static bool fails(void) {
        if (left == 0 || --left > 0)
                return false;
        met = true;
        errno = ENOMEM;
        return true;
}

void *__wrap_malloc(size_t n) {
        return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size) {
        return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t n) {
        return fails() ? NULL : __real_realloc(old, n);
}

char *__wrap_strdup(const char *text) {
        return fails() ? NULL : __real_strdup(text);
}
