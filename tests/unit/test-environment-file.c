/* SPDX-License-Identifier: MIT */
#include "probes/parse/environment-file.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

/* All variables as "line:NAME=value|". */
static void show(const PfEnvironment *environment, PfBuf *got) {
        for (size_t i = 0; i < environment->n; i++)
                ck_assert_int_eq(pf_buf_printf(got, "%u:%s=%s|", environment->variables[i].line,
                                               environment->variables[i].name,
                                               environment->variables[i].value),
                                 0);
}

static void expect(const char *text, const char *want) {
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);

        ck_assert_int_eq(pf_environment_parse(&environment, text, strlen(text), "/f"), 0);
        show(&environment, &got);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(assignments) {
        expect("", "");
        expect("SSHD_OPTS=\n", "1:SSHD_OPTS=|");
        expect("# c\n; c\n\nSSHD_OPTS=-4", "4:SSHD_OPTS=-4|");
        expect("  A = b c \t\nB=2\r\n", "1:A=b c|2:B=2|");
        expect("A=1\nA=2\n", "2:A=2|");
        expect("A=a#b ; c\n", "1:A=a#b ; c|");
}
END_TEST

START_TEST(quotes) {
        expect("A=\"-p 2222\"\n", "1:A=-p 2222|");
        expect("A='a \"b\" \\c'\n", "1:A=a \"b\" \\c|");
        expect("A=\"a \\\" \\$b \\c\"\n", "1:A=a \" $b \\c|");
        expect("A=\"one\ntwo\"\nB=3\n", "1:A=one\ntwo|3:B=3|");
        expect("A='x' \"y\"\n", "1:A=xy|");
        expect("A=x\"y z\"\n", "1:A=x\"y z\"|"); /* quotes count at the beginning alone */
        expect("A=\"open\n", "1:A=open\n|");
}
END_TEST

START_TEST(backslashes) {
        expect("A=one\\\ntwo\nB=3\n", "1:A=onetwo|3:B=3|");
        expect("A=a\\ b\\\\c\n", "1:A=a b\\c|");
        expect("# comment \\\nA=1\nB=2\n", "3:B=2|");
        expect("A=x\\", "1:A=x|");
        expect("A=\"x\\\ny\"\n", "1:A=xy|");
}
END_TEST

START_TEST(what_is_no_assignment) {
        expect("export A=1\nB=2\n", "2:B=2|");
        expect("nonsense\nB=2\n", "2:B=2|");
        expect("1A=x\n=x\n", "");
        expect("A=$B `c`\n", "1:A=$B `c`|"); /* nothing is expanded */
}
END_TEST

START_TEST(evidence) {
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        static const char text[] = "\nSSHD_OPTS=\"-p 2222\"\n";
        const PfVariable *variable;

        ck_assert_int_eq(pf_environment_parse(&environment, text, strlen(text), "/etc/default/ssh"),
                         0);
        variable = pf_environment_get(&environment, "SSHD_OPTS");
        ck_assert_ptr_nonnull(variable);
        ck_assert_str_eq(variable->path, "/etc/default/ssh");
        ck_assert_uint_eq(variable->line, 2);
        ck_assert_str_eq(variable->text, "SSHD_OPTS=\"-p 2222\"");
        ck_assert_ptr_null(pf_environment_get(&environment, "SSHD"));
}
END_TEST

/* A shell expands, and knows commands: what it does with these is not known. */
START_TEST(of_a_shell) {
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        static const char text[] = "A='x'y\nB=$A\nC=\"z\" # why\n";
        unsigned bad_line;

        ck_assert_int_eq(
                pf_environment_parse_shell(&environment, text, strlen(text), "/f", &bad_line), 0);
        show(&environment, &got);
        ck_assert_str_eq(got.data, "1:A=xy|3:C=z|");
        ck_assert_uint_eq(bad_line, 2);
}
END_TEST

START_TEST(too_many) {
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);

        for (unsigned i = 0; i <= PF_ENVIRONMENT_MAX; i++)
                ck_assert_int_eq(pf_buf_printf(&text, "A%u=\n", i), 0);
        ck_assert_int_eq(pf_environment_parse(&environment, text.data, text.n, "/f"), -E2BIG);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("environment-file");

        PF_TEST(suite, assignments);
        PF_TEST(suite, quotes);
        PF_TEST(suite, backslashes);
        PF_TEST(suite, what_is_no_assignment);
        PF_TEST(suite, evidence);
        PF_TEST(suite, of_a_shell);
        PF_TEST(suite, too_many);
        return pf_test_main(suite);
}
