/* SPDX-License-Identifier: MIT */
/* Libraries that programs name: this one's own, and files that are no program or
 * promise more than they hold. */
#include "probes/parse/elf-needed.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

static void read_self(PfBuf *buf) {
        PF_AUTO_FCLOSE FILE *file = fopen("/proc/self/exe", "rb");
        char part[65536];
        size_t n;

        ck_assert_ptr_nonnull(file);
        while ((n = fread(part, 1, sizeof(part), file)) > 0)
                ck_assert_int_eq(pf_buf_add(buf, part, n), 0);
}

START_TEST(own_libraries) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1u << 28);
        PF_AUTO_STRV PfStrv needed = { 0 };

        read_self(&buf);
        ck_assert_int_eq(pf_elf_needed(buf.data, buf.n, &needed), 0);
        ck_assert(pf_strv_contains(&needed, "libc.so.6"));
        ck_assert(!pf_strv_contains(&needed, "libwrap.so.0"));
}
END_TEST

/* Whatever is cut off: no library that is not there, and nothing read beyond. */
START_TEST(cut_short) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1u << 28);

        read_self(&buf);
        for (size_t n = 0; n < buf.n; n = n < 512 ? n + 1 : n * 2) {
                PF_AUTO_STRV PfStrv needed = { 0 };
                PF_AUTO_FREE char *copy = malloc(n + 1);

                memcpy(copy, buf.data, n);
                ck_assert_int_ge(pf_elf_needed(copy, n, &needed), 0);
        }
}
END_TEST

START_TEST(no_program) {
        char bytes[64] = "\177ELF";
        PfStrv needed = { 0 };

        ck_assert_int_eq(pf_elf_needed("", 0, &needed), PF_ELF_NOT_DYNAMIC);
        ck_assert_int_eq(pf_elf_needed("#!/bin/sh\n", 10, &needed), PF_ELF_NOT_DYNAMIC);
        ck_assert_int_eq(pf_elf_needed(bytes, sizeof(bytes), &needed), PF_ELF_NOT_DYNAMIC);
        bytes[4] = 2;
        bytes[5] = 1;
        ck_assert_int_eq(pf_elf_needed(bytes, sizeof(bytes), &needed), PF_ELF_NOT_DYNAMIC);
        memset(bytes + 6, 0xff, sizeof(bytes) - 6);
        ck_assert_int_eq(pf_elf_needed(bytes, sizeof(bytes), &needed), PF_ELF_NOT_DYNAMIC);
        ck_assert_uint_eq(needed.n, 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("elf-needed");

        PF_TEST(suite, own_libraries);
        PF_TEST(suite, cut_short);
        PF_TEST(suite, no_program);
        return pf_test_main(suite);
}
