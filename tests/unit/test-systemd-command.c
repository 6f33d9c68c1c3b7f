/* SPDX-License-Identifier: MIT */
#include "probes/parse/systemd-command.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

static const char variables[] = "OPTS=\"-p 2222 -o 'A b'\"\nEMPTY=\nNAME=x\n";

/* The words with "|" behind each, '*' before one that comes out of a variable. */
static int parse(const char *line, PfBuf *got, bool *ret_may_fail) {
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        PF_AUTO_COMMAND PfCommand command = { 0 };
        PfErr err = { 0 };
        int r;

        ck_assert_int_eq(pf_environment_parse(&environment, variables, strlen(variables), "/f"), 0);
        r = pf_command_parse(line, &environment, &command, &err);
        ck_assert(r == 0 || err.text[0]);
        for (size_t i = 0; i < command.n; i++)
                ck_assert_int_eq(pf_buf_printf(got, "%s%s|", command.words[i].variable ? "*" : "",
                                               command.words[i].text),
                                 0);
        if (ret_may_fail)
                *ret_may_fail = command.may_fail;
        return r;
}

static void expect(const char *line, const char *want) {
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);

        ck_assert_int_eq(parse(line, &got, NULL), 0);
        ck_assert_str_eq(got.data, want);
}

START_TEST(words) {
        expect("/usr/sbin/sshd -D", "/usr/sbin/sshd|-D|");
        expect("  /bin/a\t'b c'  \"d e\"f ", "/bin/a|b c|d ef|");
        expect("/bin/a \"\" ''", "/bin/a|||");
        expect("/bin/a x\\ty \\x41 \\101 \\s", "/bin/a|x\ty|A|A| |");
        expect("/bin/a b ; /bin/c", "/bin/a|b|");
        expect("/bin/a %% %i", "/bin/a|%|%i|");
}
END_TEST

START_TEST(of_variables) {
        expect("sshd -D $OPTS", "sshd|-D|*-p|*2222|*-o|*A b|");
        expect("sshd $EMPTY $UNSET", "sshd|");
        expect("sshd ${OPTS}", "sshd|*-p 2222 -o 'A b'|");
        expect("sshd ${UNSET}", "sshd||");
        expect("sshd a${NAME}b $NAME.", "sshd|*axb|$NAME.|");
        expect("sshd $$NAME $${NAME} ${", "sshd|$NAME|${NAME}|${|");
        expect(":sshd $OPTS", "sshd|$OPTS|");
}
END_TEST

START_TEST(prefixes) {
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(4096);
        bool may_fail;

        ck_assert_int_eq(parse("-/usr/sbin/sshd -i", &got, &may_fail), 0);
        ck_assert_str_eq(got.data, "/usr/sbin/sshd|-i|");
        ck_assert(may_fail);
        expect("@/usr/sbin/sshd name -D", "/usr/sbin/sshd|-D|");
        expect("+!/usr/sbin/sshd -D", "/usr/sbin/sshd|-D|");
}
END_TEST

START_TEST(what_is_ignored) {
        static const char *const lines[] = { "",         "   ",       "-",      "sshd 'open",
                                             "sshd \\q", "sshd \\x0", "sshd \\" };

        for (size_t i = 0; i < PF_ELEMENTS(lines); i++) {
                PF_AUTO_BUF PfBuf got = PF_BUF_INIT(4096);

                ck_assert_msg(parse(lines[i], &got, NULL) == -EINVAL, "\"%s\" was taken", lines[i]);
        }
}
END_TEST

START_TEST(splits) {
        PF_AUTO_COMMAND PfCommand command = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_command_split("\"A=b c\" D=$e", &command, &err), 0);
        ck_assert_uint_eq(command.n, 2);
        ck_assert_str_eq(command.words[0].text, "A=b c");
        ck_assert_str_eq(command.words[1].text, "D=$e");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("systemd-command");

        PF_TEST(suite, words);
        PF_TEST(suite, of_variables);
        PF_TEST(suite, prefixes);
        PF_TEST(suite, what_is_ignored);
        PF_TEST(suite, splits);
        return pf_test_main(suite);
}
