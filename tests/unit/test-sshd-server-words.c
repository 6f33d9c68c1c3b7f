/* SPDX-License-Identifier: MIT */
/*
 * The words of an SFTP server's command line.
 */
#include "probes/sshd/command.h"
#include "tests/support/test-main.h"

static void check_refused(const char *command, const char *expected) {
        PF_AUTO_STRV PfStrv words = { 0 };
        const char *word;

        ck_assert_int_eq(pf_sshd_server_split(command, &words), 0);
        word = pf_sshd_server_refuses(&words);
        ck_assert_msg(expected ? word && strcmp(word, expected) == 0 : !word,
                      "\"%s\": %s instead of %s", command, word ? word : "nothing",
                      expected ? expected : "nothing");
}

/* Each of these was given to the real one. */
START_TEST(real_server_goes_on) {
        check_refused("internal-sftp", NULL);
        check_refused("internal-sftp -l INFO -f local5 -u 0022", NULL);
        check_refused("internal-sftp -eR -d /tmp", NULL);
        check_refused("internal-sftp -u 022 -eR extra -h", NULL);
        check_refused("internal-sftp -- -h", NULL);
        check_refused("internal-sftp -c -h", NULL);
        check_refused("internal-sftp -p realpath,opendir", NULL);
}
END_TEST

START_TEST(real_server_ends) {
        check_refused("internal-sftp -h", "-h");
        check_refused("internal-sftp\t-h", "-h");
        check_refused("internal-sftp -X", "-X");
        check_refused("internal-sftp -eX", "-eX");
        check_refused("internal-sftp -d", "-d");
        check_refused("internal-sftp -e -l NOPE", "-l");
        check_refused("internal-sftp -fNOPE", "-fNOPE");
        check_refused("internal-sftp -u 9", "-u");
        check_refused("internal-sftp -u 01777", "-u");
        check_refused("internal-sftp -Q requests", "-Q");
}
END_TEST

START_TEST(words_end_at_blanks) {
        PF_AUTO_STRV PfStrv words = { 0 };

        ck_assert_int_eq(pf_sshd_server_split("  a \t b\"c d\" ", &words), 0);
        ck_assert_uint_eq(words.n, 3);
        ck_assert_str_eq(words.items[1], "b\"c");
        ck_assert_str_eq(words.items[2], "d\"");
        check_refused("", NULL);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-server-words");

        PF_TEST(suite, real_server_goes_on);
        PF_TEST(suite, real_server_ends);
        PF_TEST(suite, words_end_at_blanks);
        return pf_test_main(suite);
}
