/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/page.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/test-main.h"

static const PfTerminal piped = { .utf8 = true };
static const PfTerminal narrow = { .is_terminal = true, .utf8 = true, .width = 20 };
static const PfTerminal coloured = {
        .is_terminal = true, .utf8 = true, .colour = true, .width = 20
};

static PfPage page;

static void begin(const PfTerminal *terminal) {
        pf_page_deinit(&page);
        pf_page_init(&page, terminal);
}

static void expect(const char *expected) {
        ck_assert_int_eq(page.error, 0);
        ck_assert_str_eq(page.out.data ? page.out.data : "", expected);
}

START_TEST(wraps_at_blanks) {
        begin(&narrow);
        pf_page_begin(&page, 0, 2);
        pf_page_text(&page, PF_COLOUR_NONE, "one two three four five six seven");
        pf_page_end(&page);
        expect("one two three four\n  five six seven\n");
}
END_TEST

START_TEST(fills_to_the_last_column) {
        begin(&narrow);
        pf_page_begin(&page, 0, 0);
        pf_page_text(&page, PF_COLOUR_NONE, "1234567890 123456789 1");
        pf_page_end(&page);
        expect("1234567890 123456789\n1\n");
}
END_TEST

START_TEST(long_words_are_not_broken) {
        begin(&narrow);
        pf_page_begin(&page, 2, 4);
        pf_page_text(&page, PF_COLOUR_NONE, "see /etc/ssh/sshd_config.d/50-cloud-init.conf now");
        pf_page_end(&page);
        expect("  see\n    /etc/ssh/sshd_config.d/50-cloud-init.conf\n    now\n");
}
END_TEST

/* Spans that touch are one word, blanks inside pf_page_word() do not break. */
START_TEST(spans_make_words) {
        begin(&narrow);
        pf_page_begin(&page, 0, 0);
        pf_page_text(&page, PF_COLOUR_NONE, "0123456789 0123");
        pf_page_text(&page, PF_COLOUR_NONE, "456");
        pf_page_text(&page, PF_COLOUR_NONE, "789");
        pf_page_text(&page, PF_COLOUR_NONE, " ");
        pf_page_word(&page, PF_COLOUR_NONE, "a file");
        pf_page_end(&page);
        expect("0123456789\n0123456789 a file\n");
}
END_TEST

START_TEST(blanks_are_kept_within_a_line) {
        begin(&piped);
        pf_page_begin(&page, 1, 1);
        pf_page_text(&page, PF_COLOUR_NONE, "  \"a   b\" ");
        pf_page_end(&page);
        expect(" \"a   b\"\n");
}
END_TEST

START_TEST(piped_is_not_wrapped) {
        char text[1001];

        memset(text, 'x', 1000);
        for (int i = 9; i < 1000; i += 10)
                text[i] = ' ';
        text[999] = text[1000] = '\0';
        begin(&piped);
        pf_page_begin(&page, 0, 4);
        pf_page_text(&page, PF_COLOUR_RED, text);
        pf_page_end(&page);
        ck_assert_uint_eq(page.out.n, 1000);
        ck_assert_ptr_null(strchr(page.out.data, '\x1b'));
        ck_assert_ptr_eq(strchr(page.out.data, '\n'), page.out.data + 999);
}
END_TEST

START_TEST(columns_are_aligned) {
        begin(&narrow);
        pf_page_begin(&page, 0, 6);
        pf_page_text(&page, PF_COLOUR_NONE, "ab");
        pf_page_column(&page, 6);
        pf_page_text(&page, PF_COLOUR_NONE, "first second third");
        pf_page_end(&page);
        expect("ab    first second\n      third\n");

        begin(&narrow);
        pf_page_begin(&page, 0, 4);
        pf_page_text(&page, PF_COLOUR_NONE, "abcdefgh");
        pf_page_column(&page, 4);
        pf_page_text(&page, PF_COLOUR_NONE, "x");
        pf_page_end(&page);
        expect("abcdefgh x\n");
}
END_TEST

/* A hanging indent that leaves no room for text gives way. */
START_TEST(deep_indents_give_way) {
        begin(&narrow);
        pf_page_begin(&page, 0, 18);
        pf_page_text(&page, PF_COLOUR_NONE, "one two three four five six");
        pf_page_end(&page);
        expect("one two three four\n     five six\n");
}
END_TEST

/* Colours take no room, are off at the end of each line, and go on over blanks. */
START_TEST(colours_take_no_room) {
        begin(&coloured);
        pf_page_begin(&page, 0, 0);
        pf_page_text(&page, PF_COLOUR_GREEN, "1234567890 123456789");
        pf_page_text(&page, PF_COLOUR_NONE, " x");
        pf_page_text(&page, PF_COLOUR_GREEN, "y");
        pf_page_text(&page, PF_COLOUR_GREEN, "z");
        pf_page_text(&page, PF_COLOUR_CYAN, " c");
        pf_page_end(&page);
        expect("\x1b[32m1234567890 123456789\x1b[0m\n"
               "x\x1b[32myz\x1b[0m \x1b[36mc\x1b[0m\n");
}
END_TEST

START_TEST(colours_end_with_the_line) {
        begin(&coloured);
        pf_page_begin(&page, 0, 2);
        pf_page_text(&page, PF_COLOUR_GREEN, "1234567890 1234567890");
        pf_page_column(&page, 15);
        pf_page_text(&page, PF_COLOUR_GREEN, "x");
        pf_page_end(&page);
        expect("\x1b[32m1234567890\x1b[0m\n"
               "  \x1b[32m1234567890\x1b[0m   \x1b[32mx\x1b[0m\n");
}
END_TEST

START_TEST(texts_are_made_safe) {
        begin(&piped);
        pf_page_begin(&page, 0, 0);
        pf_page_text(&page, PF_COLOUR_NONE, "a\x1b[2Jb\nc");
        pf_page_word(&page, PF_COLOUR_NONE, " \xff");
        pf_page_printf(&page, PF_COLOUR_NONE, " %s", "\x07");
        pf_page_end(&page);
        expect("a\\x1b[2Jb c \\xff \\x07\n");
}
END_TEST

START_TEST(wide_characters) {
        begin(&narrow);
        pf_page_begin(&page, 0, 0);
        /* Eight characters of two columns each, twice: a line may break inside. */
        for (int i = 0; i < 2; i++)
                pf_page_text(&page, PF_COLOUR_NONE, " 日日日日日日日日");
        pf_page_end(&page);
        expect("日日日日日日日日 日\n日日日日日日日\n");
}
END_TEST

/* No line begins with what ends a clause, or ends with what begins one. */
START_TEST(kinsoku) {
        begin(&narrow);
        pf_page_begin(&page, 0, 0);
        pf_page_text(&page, PF_COLOUR_NONE, "あああああああああ、い。うううううう「え」");
        pf_page_end(&page);
        expect("あああああああああ、\nい。うううううう\n「え」\n");
        begin(&narrow);
        pf_page_begin(&page, 0, 0);
        pf_page_text(&page, PF_COLOUR_NONE, "ああああああああああ、いっ");
        pf_page_end(&page);
        expect("あああああああああ\nあ、いっ\n");
}
END_TEST

/* A word of Latin letters is kept together, and may stand at the end of a line. */
START_TEST(latin_words_among_wide_characters) {
        begin(&narrow);
        pf_page_begin(&page, 0, 0);
        pf_page_text(&page, PF_COLOUR_NONE, "構成は /etc/ssh/sshd_config にある (95108)。");
        pf_page_end(&page);
        expect("構成は\n/etc/ssh/sshd_config\nにある (95108)。\n");
}
END_TEST

/* Where paragraphs are filled anew, nothing stands between what a line parted. */
START_TEST(prose_of_wide_characters) {
        begin(&narrow);
        pf_page_prose(&page, 0, PF_COLOUR_NONE, "ああああ\nいいい sshd\nを\n\n    a  b\n");
        expect("ああああいいい sshd\nを\n\n    a  b\n");
}
END_TEST

static const char prose[] = "First paragraph, that\nis wrapped anew.\n"
                            "\n"
                            "Then:\n"
                            "    a  command that is longer than any line\n"
                            "        and a block\n"
                            "\n"
                            "Last.\n";

START_TEST(prose_is_wrapped_anew) {
        begin(&narrow);
        pf_page_prose(&page, 2, PF_COLOUR_NONE, prose);
        expect("  First paragraph,\n"
               "  that is wrapped\n"
               "  anew.\n"
               "\n"
               "  Then:\n"
               "      a  command that is longer than any line\n"
               "          and a block\n"
               "\n"
               "  Last.\n");
}
END_TEST

START_TEST(prose_is_kept_when_piped) {
        begin(&piped);
        pf_page_prose(&page, 0, PF_COLOUR_NONE, prose);
        expect(prose);
}
END_TEST

START_TEST(prose_without_its_last_newline) {
        begin(&piped);
        pf_page_prose(&page, 0, PF_COLOUR_NONE, "");
        expect("");
        pf_page_prose(&page, 0, PF_COLOUR_NONE, "a\nb");
        expect("a\nb\n");
}
END_TEST

START_TEST(steps_have_numbers) {
        static const char text[] = "First do this,\nall of it:\n\n    cmd a\n\nthen this.\n\n"
                                   "Or that:\n\n    cmd b\n";

        begin(&piped);
        pf_page_steps(&page, 2, PF_COLOUR_NONE, text);
        expect("  1. First do this,\n     all of it:\n\n      cmd a\n\n     then this.\n\n"
               "  2. Or that:\n\n      cmd b\n");
        begin(&narrow);
        pf_page_steps(&page, 0, PF_COLOUR_NONE, text);
        expect("1. First do this,\n   all of it:\n\n    cmd a\n\n   then this.\n\n"
               "2. Or that:\n\n    cmd b\n");
        begin(&narrow);
        pf_page_steps(&page, 0, PF_COLOUR_NONE, "Only this.\n\n    cmd\n");
        expect("Only this.\n\n    cmd\n");
        begin(&narrow);
        pf_page_steps(&page, 0, PF_COLOUR_NONE, "まず。\n\n    cmd\n\n または、\n\n次に。\n");
        expect("1. まず。\n\n    cmd\n\n   または、\n\n2. 次に。\n");
}
END_TEST

START_TEST(raw_text_stays) {
        begin(&narrow);
        pf_page_raw(&page, "<a very long line that is not wrapped>\n");
        pf_page_rawf(&page, "%d\n", 7);
        expect("<a very long line that is not wrapped>\n7\n");
}
END_TEST

START_TEST(too_much_is_told) {
        PfErr err = { 0 };

        begin(&piped);
        page.out.max = 10;
        pf_page_begin(&page, 0, 0);
        pf_page_text(&page, PF_COLOUR_NONE, "0123456789 more");
        pf_page_end(&page);
        ck_assert_int_eq(pf_page_write(&page, STDOUT_FILENO, &err), -ENOBUFS);
        ck_assert_str_ne(err.text, "");
}
END_TEST

/* Everything arrives through a pipe that takes a little at a time. */
START_TEST(writes_all_of_it) {
        int fds[2];
        size_t n = 0, expected = 0;
        char bytes[4096];
        pid_t child;
        int status;

        ck_assert_int_eq(pipe(fds), 0);
        ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
        begin(&piped);
        for (int i = 0; i < 40000; i++) {
                pf_page_begin(&page, 0, 0);
                pf_page_text(&page, PF_COLOUR_NONE, "a line");
                pf_page_end(&page);
        }
        expected = page.out.n;

        child = fork();
        if (child == 0) {
                (void) close(fds[0]);
                _exit(pf_page_write(&page, fds[1], NULL) == 0 ? 0 : 1);
        }
        (void) close(fds[1]);
        for (ssize_t got; (got = read(fds[0], bytes, sizeof(bytes))) > 0;)
                n += (size_t) got;
        (void) close(fds[0]);
        ck_assert_uint_eq(n, expected);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(write_errors_are_told) {
        PfErr err = { 0 };
        int fds[2];

        (void) signal(SIGPIPE, SIG_IGN);
        ck_assert_int_eq(pipe(fds), 0);
        (void) close(fds[0]);
        begin(&piped);
        pf_page_empty_line(&page);
        ck_assert_int_eq(pf_page_write(&page, fds[1], &err), -EPIPE);
        ck_assert_str_eq(err.text, "cannot write the output: Broken pipe");
        (void) close(fds[1]);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("ctl-page");
        int r;

        if (!setlocale(LC_CTYPE, "C.UTF-8"))
                return 1;
        PF_TEST(suite, wraps_at_blanks);
        PF_TEST(suite, fills_to_the_last_column);
        PF_TEST(suite, long_words_are_not_broken);
        PF_TEST(suite, spans_make_words);
        PF_TEST(suite, blanks_are_kept_within_a_line);
        PF_TEST(suite, piped_is_not_wrapped);
        PF_TEST(suite, columns_are_aligned);
        PF_TEST(suite, deep_indents_give_way);
        PF_TEST(suite, colours_take_no_room);
        PF_TEST(suite, colours_end_with_the_line);
        PF_TEST(suite, texts_are_made_safe);
        PF_TEST(suite, wide_characters);
        PF_TEST(suite, kinsoku);
        PF_TEST(suite, latin_words_among_wide_characters);
        PF_TEST(suite, prose_of_wide_characters);
        PF_TEST(suite, prose_is_wrapped_anew);
        PF_TEST(suite, prose_is_kept_when_piped);
        PF_TEST(suite, prose_without_its_last_newline);
        PF_TEST(suite, steps_have_numbers);
        PF_TEST(suite, raw_text_stays);
        PF_TEST(suite, too_much_is_told);
        PF_TEST(suite, writes_all_of_it);
        PF_TEST(suite, write_errors_are_told);
        r = pf_test_main(suite);
        pf_page_deinit(&page);
        return r;
}
