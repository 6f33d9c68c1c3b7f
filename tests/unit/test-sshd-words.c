/* SPDX-License-Identifier: MIT */
#include "probes/parse/sshd-words.h"

#include <string.h>

#include "tests/support/test-main.h"

static void check_text(const char *bytes, size_t n, bool cut_comments, const char *expected) {
        PF_AUTO_FREE char *text = NULL;

        ck_assert_int_eq(pf_sshd_text(bytes, n, cut_comments, &text), 0);
        ck_assert_str_eq(text, expected);
}
#define CHECK_TEXT(bytes, cut_comments, expected)                                                  \
        check_text(bytes, sizeof(bytes) - 1, cut_comments, expected)

START_TEST(blanks_in_front_go) {
        CHECK_TEXT(" \t\rPort 22\n\n  x", false, "Port 22\n\nx");
        CHECK_TEXT("\fPort 22\n", false, "\fPort 22\n"); /* a form feed is none */
        CHECK_TEXT("", false, "");
}
END_TEST

/* getline(3) and strlen(3): what is behind the NUL is lost with its line end. */
START_TEST(nul_swallows_the_line_end) {
        CHECK_TEXT("Port 22\0 gone\n2\n", false, "Port 222\n");
        CHECK_TEXT("\0\n\0\nx\n", true, "x\n");
}
END_TEST

START_TEST(hash_cuts_only_of_old) {
        CHECK_TEXT("Banner /a#b\nx\n", true, "Banner /a\nx\n");
        CHECK_TEXT("Banner /a#b\nx\n", false, "Banner /a#b\nx\n");
        CHECK_TEXT("Banner /a#b", true, "Banner /a\n");
        CHECK_TEXT("a\0#\nb\n", true, "ab\n"); /* a '#' behind a NUL is not seen */
}
END_TEST

START_TEST(end_is_trimmed_but_for_one) {
        char line[] = "a \t\r\f ";
        char blanks[] = "   ";

        pf_sshd_trim_end(line);
        ck_assert_str_eq(line, "a");
        pf_sshd_trim_end(blanks);
        ck_assert_str_eq(blanks, " ");
}
END_TEST

typedef struct WordsCase {
        const char *line;
        const char *words[6]; /* ended by NULL */
} WordsCase;

/* One '=' is a blank; a quote ends a word and begins the next one. */
START_TEST(old_words) {
        static const WordsCase cases[] = {
                { "a b\tc", { "a", "b", "c" } },   { "Port=22", { "Port", "22" } },
                { "Port = 22", { "Port", "22" } }, { "a\"b c\"d e", { "ab c", "d", "e" } },
                { "\"a b\"", { "a b", "" } },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_FREE char *line = strdup(cases[i].line);
                char *rest = line;

                for (size_t j = 0; cases[i].words[j]; j++) {
                        const char *word = pf_sshd_delim(&rest, true);

                        ck_assert_msg(word && strcmp(word, cases[i].words[j]) == 0, "%s: %s",
                                      cases[i].line, word ? word : "(end)");
                }
        }
}
END_TEST

START_TEST(second_equals_stays) {
        char line[] = "Port == 22";
        char *rest = line;

        ck_assert_str_eq(pf_sshd_delim(&rest, true), "Port");
        ck_assert_str_eq(rest, "= 22");
}
END_TEST

START_TEST(old_words_end) {
        char open[] = "a \"b c";
        char equals[] = "A=1 B";
        char *rest = open;

        ck_assert_str_eq(pf_sshd_delim(&rest, true), "a");
        ck_assert_ptr_null(pf_sshd_delim(&rest, true));
        ck_assert_ptr_null(rest);
        ck_assert_ptr_null(pf_sshd_delim(&rest, true));
        rest = equals;
        ck_assert_str_eq(pf_sshd_delim(&rest, false), "A=1");
}
END_TEST

START_TEST(shell_words) {
        static const WordsCase cases[] = {
                { "  a\tb  ", { "a", "b" } },
                { "a\"b c\"d 'e \"f'", { "ab cd", "e \"f" } },
                { "a\\ b c\\d \\\\ \\\"", { "a b", "c\\d", "\\", "\"" } },
                { "\"a\\ b\" \"\"", { "a\\ b", "" } }, /* inside quotes '\ ' stays */
                { "a#b #c \"", { "a#b" } },
                { "= 22", { "=", "22" } },
                { "", { NULL } },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_STRV PfStrv words = { 0 };
                size_t n = 0;

                ck_assert_int_eq(pf_sshd_split(cases[i].line, &words), 0);
                while (cases[i].words[n])
                        n++;
                ck_assert_uint_eq(words.n, n);
                for (size_t j = 0; j < n; j++)
                        ck_assert_str_eq(words.items[j], cases[i].words[j]);
        }
}
END_TEST

START_TEST(open_quotes) {
        PF_AUTO_STRV PfStrv words = { 0 };

        ck_assert_int_eq(pf_sshd_split("a \"b", &words), PF_SSHD_OPEN_QUOTE);
        ck_assert_int_eq(pf_sshd_split("a 'b\"", &words), PF_SSHD_OPEN_QUOTE);
        ck_assert_int_eq(pf_sshd_split("a # 'b", &words), 0);
}
END_TEST

START_TEST(joined_again) {
        char *words[] = { (char *) "/a b/c", (char *) "-l", (char *) "it's", (char *) "x\\y" };
        PF_AUTO_FREE char *joined = pf_sshd_join(words, PF_ELEMENTS(words));
        PF_AUTO_FREE char *nothing = pf_sshd_join(NULL, 0);

        ck_assert_str_eq(joined, "\"/a b/c\" -l it\\'s x\\\\y");
        ck_assert_str_eq(nothing, "");
}
END_TEST

START_TEST(shown_as_in_the_log) {
        PF_AUTO_FREE char *shown = pf_sshd_visible("a\\b \f\302\240\t\r");

        ck_assert_str_eq(shown, "a\\\\b \\014\\302\\240\t\r");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-words");

        PF_TEST(suite, blanks_in_front_go);
        PF_TEST(suite, nul_swallows_the_line_end);
        PF_TEST(suite, hash_cuts_only_of_old);
        PF_TEST(suite, end_is_trimmed_but_for_one);
        PF_TEST(suite, old_words);
        PF_TEST(suite, second_equals_stays);
        PF_TEST(suite, old_words_end);
        PF_TEST(suite, shell_words);
        PF_TEST(suite, open_quotes);
        PF_TEST(suite, joined_again);
        PF_TEST(suite, shown_as_in_the_log);
        return pf_test_main(suite);
}
