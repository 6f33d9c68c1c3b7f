/* SPDX-License-Identifier: MIT */
/*
 * One change of a text at a time: what it is before and after, to the byte.
 */
#include "probes/sshd/edit.h"

#include <limits.h>
#include <string.h>

#include "tests/support/test-main.h"

static PfSshdVersion modern(void) {
        return pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);
}

static PfSshdVersion old(void) {
        return pf_sshd_version_make(7, 4, 1, PF_SSHD_REDHAT);
}

static void open_draft(PfSshdDraft *draft, const char *text, PfSshdVersion version) {
        ck_assert_int_eq(pf_sshd_draft_init(draft, text, strlen(text), &version), 0);
}

static void check_text(const PfSshdDraft *draft, const char *expected) {
        ck_assert_uint_eq(draft->text.n, strlen(expected));
        if (*expected)
                ck_assert_str_eq(draft->text.data, expected);
}

/* --- what stands there --- */

START_TEST(lines_are_counted_as_sshd_counts) {
        static const struct {
                const char *text;
                unsigned count;
        } cases[] = { { "", 0 }, { "\n", 1 }, { "a", 1 }, { "a\nb", 2 }, { "a\n\nb\n", 3 } };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

                open_draft(&draft, cases[i].text, modern());
                ck_assert_uint_eq(draft.n, cases[i].count);
        }
}
END_TEST

START_TEST(a_nul_is_told) {
        const PfSshdVersion version = modern();
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

        ck_assert_int_eq(pf_sshd_draft_init(&draft, "Port 22\0\n", 9, &version),
                         PF_SSHD_DRAFT_BINARY);
        ck_assert_ptr_null(draft.text.data);
}
END_TEST

START_TEST(what_is_too_large_is_told) {
        const PfSshdVersion version = modern();
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        PF_AUTO_FREE char *bytes = malloc(PF_SSHD_FILE_MAX + 1);

        ck_assert_ptr_nonnull(bytes);
        memset(bytes, '#', PF_SSHD_FILE_MAX + 1);
        ck_assert_int_eq(pf_sshd_draft_init(&draft, bytes, PF_SSHD_FILE_MAX + 1, &version),
                         -ENOBUFS);
}
END_TEST

START_TEST(keywords_are_found_as_sshd_finds_them) {
        static const char *const lines[] = {
                "Match User root", "  match\tall", "MATCH=all",
                "\"Match\" all",   "Match",        "\tMatch = User x"
        };
        static const char *const others[] = { "#Match all", "Matches all", "", "X Match",
                                              "# Match" };

        for (size_t i = 0; i < PF_ELEMENTS(lines); i++) {
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

                open_draft(&draft, lines[i], modern());
                ck_assert_msg(pf_sshd_draft_sets(&draft, 1, "Match"), "%s", lines[i]);
        }
        for (size_t i = 0; i < PF_ELEMENTS(others); i++) {
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

                open_draft(&draft, others[i], modern());
                ck_assert_msg(!pf_sshd_draft_sets(&draft, 1, "Match"), "%s", others[i]);
        }
}
END_TEST

START_TEST(lines_that_are_off_are_found) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

        open_draft(&draft, "Subsystem x y\n# Subsystems\n#\tsubsystem sftp a\n ##Subsystem sftp b",
                   modern());
        ck_assert_uint_eq(pf_sshd_draft_find(&draft, 1, pf_sshd_draft_sets_not, "Subsystem"), 3);
        ck_assert_uint_eq(pf_sshd_draft_find(&draft, 4, pf_sshd_draft_sets_not, "Subsystem"), 4);
        ck_assert_uint_eq(pf_sshd_draft_find(&draft, 5, pf_sshd_draft_sets_not, "Subsystem"), 0);
        ck_assert(pf_sshd_draft_is_comment(&draft, 2));
        ck_assert(!pf_sshd_draft_is_comment(&draft, 1));
        ck_assert(pf_sshd_draft_is(&draft, 2, "# Subsystems"));
        ck_assert(!pf_sshd_draft_is(&draft, 2, "# Subsystem"));
}
END_TEST

START_TEST(words_are_those_of_the_version) {
        static const struct {
                const char *line;
                unsigned i;
                const char *modern; /* NULL: there is none */
                const char *old;
        } cases[] = {
                { "AllowUsers a b", 2, "b", "b" },
                { "AllowUsers a b", 3, NULL, NULL },
                { "AllowUsers=a", 1, "a", "a" },
                { "AllowUsers = a b", 1, "a", "a" },
                { "AllowUsers \"a b\" c", 1, "a b", "a b" },
                { "AllowUsers 'a b' c", 1, "a b", "'a" },
                { "AllowUsers a#b c", 1, "a#b", "a" },
                { "AllowUsers a # c", 2, NULL, NULL },
                { "AllowUsers a\\ b c", 2, "c", "b" },
                { "AllowUsers a\r", 1, "a", "a" },
                { "AllowUsers a=b", 1, "a=b", "a=b" },
                { "#AllowUsers a", 0, NULL, NULL },
                { "", 0, NULL, NULL },
        };

        for (size_t i = 0; i < 2 * PF_ELEMENTS(cases); i++) {
                const size_t at = i / 2;
                const char *expected = i % 2 ? cases[at].old : cases[at].modern;
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
                PF_AUTO_FREE char *word = NULL;
                int r;

                open_draft(&draft, cases[at].line, i % 2 ? old() : modern());
                r = pf_sshd_draft_word(&draft, 1, cases[at].i, &word);
                ck_assert_msg(r == (expected ? 0 : PF_SSHD_DRAFT_NO_WORD), "%s", cases[at].line);
                if (expected)
                        ck_assert_str_eq(word, expected);
        }
}
END_TEST

START_TEST(a_word_is_found) {
        static const struct {
                const char *text;
                unsigned i;
        } cases[] = { { "a", 1 }, { "b c", 2 }, { "d", 3 }, { "DenyUsers", 0 }, { "e", 0 } };
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

        open_draft(&draft, "DenyUsers a \"b c\" d # e\n", modern());
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                unsigned found;

                ck_assert_int_eq(pf_sshd_draft_find_word(&draft, 1, cases[i].text, &found), 0);
                ck_assert_uint_eq(found, cases[i].i);
        }
}
END_TEST

/* A file of a million lines takes as long as its bytes. */
START_TEST(many_lines_are_searched_at_once) {
        const PfSshdVersion version = modern();
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        PF_AUTO_FREE char *bytes = malloc(PF_SSHD_FILE_MAX);

        ck_assert_ptr_nonnull(bytes);
        memset(bytes, '\n', PF_SSHD_FILE_MAX);
        ck_assert_int_eq(pf_sshd_draft_init(&draft, bytes, PF_SSHD_FILE_MAX - 64, &version), 0);
        ck_assert_uint_eq(draft.n, PF_SSHD_FILE_MAX - 64);
        ck_assert_int_eq(pf_sshd_draft_insert(&draft, draft.n + 1, "Match all\n"), 0);
        ck_assert_uint_eq(pf_sshd_draft_find(&draft, 1, pf_sshd_draft_sets, "Match"), draft.n);
}
END_TEST

/* --- changes --- */

START_TEST(lines_are_inserted) {
        static const struct {
                const char *before;
                unsigned line;
                const char *lines;
                const char *after;
        } cases[] = {
                { "a\nb\n", 1, "x\n", "x\na\nb\n" },
                { "a\nb\n", 2, "x\ny\n", "a\nx\ny\nb\n" },
                { "a\nb\n", 3, "x\n", "a\nb\nx\n" },
                { "a\nb", 3, "x\n", "a\nb\nx\n" },
                { "a\r\nb\r\n", 2, "x\ny\n", "a\r\nx\r\ny\r\nb\r\n" },
                { "a\r\nb", 3, "x\n", "a\r\nb\r\nx\r\n" },
                { "", 1, "x\n", "x\n" },
                { "a\n", 2, "", "a\n" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

                open_draft(&draft, cases[i].before, modern());
                ck_assert_int_eq(pf_sshd_draft_insert(&draft, cases[i].line, cases[i].lines), 0);
                check_text(&draft, cases[i].after);
        }
}
END_TEST

START_TEST(words_are_replaced) {
        static const struct {
                const char *before;
                unsigned first, last;
                const char *after;
        } cases[] = {
                { "PermitRootLogin no\n", 1, 1, "PermitRootLogin X\n" },
                { "PermitRootLogin\tno  # why\r\n", 1, UINT_MAX, "PermitRootLogin\tX  # why\r\n" },
                { " PermitRootLogin=no", 1, UINT_MAX, " PermitRootLogin=X" },
                { "AllowUsers \"a b\"  c d", 1, UINT_MAX, "AllowUsers X" },
                { "Subsystem sftp /a -l INFO", 2, 2, "Subsystem sftp X -l INFO" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

                open_draft(&draft, cases[i].before, modern());
                ck_assert_int_eq(
                        pf_sshd_draft_replace(&draft, 1, cases[i].first, cases[i].last, "X"), 0);
                check_text(&draft, cases[i].after);
        }
}
END_TEST

START_TEST(a_word_that_is_not_there_is_not_replaced) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

        open_draft(&draft, "UsePAM yes\n", modern());
        ck_assert_int_eq(pf_sshd_draft_replace(&draft, 1, 2, 2, "X"), PF_SSHD_DRAFT_NO_WORD);
        ck_assert_int_eq(pf_sshd_draft_replace(&draft, 2, 0, 0, "X"), PF_SSHD_DRAFT_NO_WORD);
        ck_assert_int_eq(pf_sshd_draft_append(&draft, 9, "X"), PF_SSHD_DRAFT_NO_WORD);
        ck_assert_int_eq(pf_sshd_draft_remove(&draft, 1, 2), PF_SSHD_DRAFT_NO_WORD);
        ck_assert_int_eq(pf_sshd_draft_remove(&draft, 1, 0), PF_SSHD_DRAFT_NO_WORD);
        check_text(&draft, "UsePAM yes\n");
}
END_TEST

START_TEST(a_word_is_appended_before_the_comment) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

        open_draft(&draft, "AllowUsers a \"b c\"\t# admins\r\nPort 22", modern());
        ck_assert_int_eq(pf_sshd_draft_append(&draft, 1, "X"), 0);
        check_text(&draft, "AllowUsers a \"b c\" X\t# admins\r\nPort 22");
        ck_assert_int_eq(pf_sshd_draft_append(&draft, 2, "Y"), 0);
        check_text(&draft, "AllowUsers a \"b c\" X\t# admins\r\nPort 22 Y");
}
END_TEST

START_TEST(a_word_is_removed) {
        static const struct {
                unsigned i;
                const char *after;
        } cases[] = { { 1, "DenyUsers\tb  c # x\n" },
                      { 2, "DenyUsers\ta c # x\n" },
                      { 3, "DenyUsers\ta b # x\n" } };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

                open_draft(&draft, "DenyUsers\ta b  c # x\n", modern());
                ck_assert_int_eq(pf_sshd_draft_remove(&draft, 1, cases[i].i), 0);
                check_text(&draft, cases[i].after);
        }
}
END_TEST

START_TEST(a_line_is_switched_off_and_on) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };

        open_draft(&draft, "\tDenyUsers a\n## \tSubsystem sftp b\n", modern());
        ck_assert_int_eq(pf_sshd_draft_switch_off(&draft, 1), 0);
        ck_assert_int_eq(pf_sshd_draft_switch_on(&draft, 2), 0);
        check_text(&draft, "\t#DenyUsers a\nSubsystem sftp b\n");
        ck_assert_int_eq(pf_sshd_draft_switch_on(&draft, 1), 0);
        check_text(&draft, "\tDenyUsers a\nSubsystem sftp b\n");
}
END_TEST

/* Nothing that a file may hold makes a change touch another line. */
START_TEST(other_lines_stay) {
        static const char *const odd[] = {
                "\"",       "'",    "a \"b",  "= =", "a\\",   "\\\"",
                "\x01\xff", "a=\"", "\t\v\f", "#",   "a #\"", "k \"\" ''"
        };

        for (size_t i = 0; i < PF_ELEMENTS(odd); i++) {
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
                PF_AUTO_FREE char *text = NULL;

                ck_assert_int_gt(asprintf(&text, "first\n%s\nlast\n", odd[i]), 0);
                open_draft(&draft, text, i % 2 ? old() : modern());
                ck_assert_int_ge(pf_sshd_draft_append(&draft, 2, "X"), 0);
                ck_assert_int_ge(pf_sshd_draft_replace(&draft, 2, 1, UINT_MAX, "Y"), 0);
                ck_assert_int_ge(pf_sshd_draft_remove(&draft, 2, 1), 0);
                ck_assert_int_ge(pf_sshd_draft_switch_off(&draft, 2), 0);
                ck_assert_uint_eq(draft.n, 3);
                ck_assert(pf_sshd_draft_is(&draft, 1, "first"));
                ck_assert(pf_sshd_draft_is(&draft, 3, "last"));
        }
}
END_TEST

START_TEST(a_file_does_not_outgrow_what_sshd_reads) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        PF_AUTO_FREE char *bytes = malloc(PF_SSHD_FILE_MAX + 1);
        const PfSshdVersion version = modern();

        ck_assert_ptr_nonnull(bytes);
        memset(bytes, '#', PF_SSHD_FILE_MAX);
        ck_assert_int_eq(pf_sshd_draft_init(&draft, bytes, PF_SSHD_FILE_MAX, &version), 0);
        ck_assert_int_eq(pf_sshd_draft_insert(&draft, 1, "x\n"), -ENOBUFS);
        ck_assert_uint_eq(draft.text.n, PF_SSHD_FILE_MAX);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-edit");

        PF_TEST(suite, lines_are_counted_as_sshd_counts);
        PF_TEST(suite, a_nul_is_told);
        PF_TEST(suite, what_is_too_large_is_told);
        PF_TEST(suite, keywords_are_found_as_sshd_finds_them);
        PF_TEST(suite, lines_that_are_off_are_found);
        PF_TEST(suite, words_are_those_of_the_version);
        PF_TEST(suite, a_word_is_found);
        PF_TEST(suite, many_lines_are_searched_at_once);
        PF_TEST(suite, lines_are_inserted);
        PF_TEST(suite, words_are_replaced);
        PF_TEST(suite, a_word_that_is_not_there_is_not_replaced);
        PF_TEST(suite, a_word_is_appended_before_the_comment);
        PF_TEST(suite, a_word_is_removed);
        PF_TEST(suite, a_line_is_switched_off_and_on);
        PF_TEST(suite, other_lines_stay);
        PF_TEST(suite, a_file_does_not_outgrow_what_sshd_reads);
        return pf_test_main(suite);
}
