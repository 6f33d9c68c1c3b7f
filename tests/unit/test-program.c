/* SPDX-License-Identifier: MIT */
#include "probes/parse/program.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define PATH "/usr/sbin/serverd"

static PfSandbox box;

static int load(PfProgram *ret) {
        PfErr err = { 0 };

        return pf_program_load(box.target, PATH, "Server_", ret, &err);
}

START_TEST(texts_are_found_once_and_in_order) {
        static const char bytes[] =
                "\177ELF\0Server_\0xServer_9.2 b\n\0Server_9.2 b\0Server_1\200y";
        PF_AUTO_PROGRAM PfProgram program = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write_bytes(&box, PATH, bytes, sizeof(bytes) - 1);
        ck_assert_int_eq(load(&program), 0);
        ck_assert_uint_eq(program.texts.n, 3);
        ck_assert_str_eq(program.texts.items[0], "Server_");
        ck_assert_str_eq(program.texts.items[1], "Server_9.2 b");
        ck_assert_str_eq(program.texts.items[2], "Server_1");
        ck_assert(!program.is_dynamic);
}
END_TEST

/* A file may claim that it is full of them. */
START_TEST(texts_are_bounded) {
        PF_AUTO_PROGRAM PfProgram program = { 0 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1u << 20);

        for (unsigned i = 0; i < 2 * PF_PROGRAM_TEXTS_MAX; i++)
                ck_assert_int_eq(pf_buf_printf(&buf, "Server_%0200u\n", i), 0);
        pf_sandbox_new(&box);
        pf_sandbox_write_bytes(&box, PATH, buf.data, buf.n);
        ck_assert_int_eq(load(&program), 0);
        ck_assert_uint_le(program.texts.n, PF_PROGRAM_TEXTS_MAX);
        ck_assert_uint_eq(strlen(program.texts.items[0]), PF_PROGRAM_TEXT_MAX - 1);
}
END_TEST

START_TEST(what_is_no_program_has_nothing) {
        PF_AUTO_PROGRAM PfProgram program = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(load(&program), PF_TARGET_ABSENT);
        pf_sandbox_write(&box, PATH, "");
        ck_assert_int_eq(load(&program), 0);
        ck_assert_uint_eq(program.texts.n, 0);
}
END_TEST

/* What was captured counts, also where the file is not there. */
START_TEST(a_capture_answers) {
        PF_AUTO_PROGRAM PfProgram program = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/.preflight/programs.json",
                         "{ \"" PATH
                         "\": { \"lines\": [ \"=Server_7\", \"!\", \"+libc.so.6\" ] } }");
        ck_assert_int_eq(load(&program), 0);
        ck_assert_str_eq(program.texts.items[0], "Server_7");
        ck_assert(program.is_dynamic);
        ck_assert(pf_strv_contains(&program.needed, "libc.so.6"));
}
END_TEST

START_TEST(an_answer_that_is_none_is_an_error) {
        static const char *const answers[] = { "{}", "{ \"lines\": [ 7 ] }",
                                               "{ \"lines\": [ \"=a\", {} ] }",
                                               "{ \"lines\": [ \"\" ] }",
                                               "{ \"lines\": [ \"libc.so.6\" ] }" };

        for (size_t i = 0; i < PF_ELEMENTS(answers); i++) {
                PF_AUTO_PROGRAM PfProgram program = { 0 };
                PF_AUTO_FREE char *book = NULL;

                pf_sandbox_new(&box);
                ck_assert_int_gt(asprintf(&book, "{ \"" PATH "\": %s }", answers[i]), 0);
                pf_sandbox_write(&box, "/.preflight/programs.json", book);
                ck_assert_int_eq(load(&program), -EINVAL);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("program");
        int status_of_all;

        PF_TEST(suite, texts_are_found_once_and_in_order);
        PF_TEST(suite, texts_are_bounded);
        PF_TEST(suite, what_is_no_program_has_nothing);
        PF_TEST(suite, a_capture_answers);
        PF_TEST(suite, an_answer_that_is_none_is_an_error);
        status_of_all = pf_test_main(suite);
        pf_sandbox_close(&box);
        return status_of_all;
}
