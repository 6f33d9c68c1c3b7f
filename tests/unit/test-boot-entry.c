/* SPDX-License-Identifier: MIT */
#include "probes/parse/boot-entry.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

START_TEST(settings_of_a_name) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PfBootSetting setting = { .name = "a", .value = "1", .path = "/p", .line = 1 };

        ck_assert_int_eq(pf_boot_settings_add(&settings, &setting), 0);
        setting.value = "2";
        ck_assert_int_eq(pf_boot_settings_add(&settings, &setting), 0);
        ck_assert_str_eq(pf_boot_settings_value(&settings, "a", ""), "2");
        ck_assert_str_eq(pf_boot_settings_value(&settings, "b", "none"), "none");
        ck_assert_ptr_null(pf_boot_settings_find(&settings, "b"));
        ck_assert_ptr_eq(settings.items[0].path, settings.items[1].path);
        for (size_t i = 2; i < PF_BOOT_SETTINGS_MAX; i++)
                ck_assert_int_eq(pf_boot_settings_add(&settings, &setting), 0);
        ck_assert_int_eq(pf_boot_settings_add(&settings, &setting), -E2BIG);
}
END_TEST

START_TEST(texts_have_a_limit) {
        static char text[1 << 20];
        PfBootTexts texts = { 0 };
        const char *copy;

        for (int i = 0; i < 15; i++)
                ck_assert_int_eq(pf_boot_texts_add(&texts, text, sizeof(text), &copy), 0);
        ck_assert_int_eq(pf_boot_texts_add(&texts, text, sizeof(text) - 15, &copy), -E2BIG);
        ck_assert_int_eq(pf_boot_texts_add(&texts, text, sizeof(text) - 16, &copy), 0);
        ck_assert_int_eq(pf_boot_texts_add(&texts, "", 0, &copy), -E2BIG);
        pf_boot_texts_deinit(&texts);
}
END_TEST

START_TEST(split_words) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PfBootWords words = { 0 }, more = { 0 };

        ck_assert_int_eq(pf_boot_menu_split(&menu, &words, " a\t bc  ", 8, "/p", 7), 0);
        ck_assert_uint_eq(words.n, 2);
        ck_assert_str_eq(words.items[0].text, "a");
        ck_assert_str_eq(words.items[1].text, "bc");
        ck_assert_uint_eq(words.items[1].line, 7);
        ck_assert_int_eq(pf_boot_words_copy(&words, &more), 0);
        ck_assert_ptr_eq(more.items[1].text, words.items[1].text);
        pf_boot_words_deinit(&words);
        pf_boot_words_deinit(&more);
}
END_TEST

static int join_lines(char *line, unsigned number, void *data) {
        return pf_buf_printf(data, "%u:%s|", number, line);
}

static void expect_lines(const char *text, size_t n, const char *want) {
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(4096);

        ck_assert_int_eq(pf_boot_each_line(text, n, join_lines, &got), 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(lines) {
        expect_lines("", 0, "");
        expect_lines("\n", 1, "1:|");
        expect_lines("a\nb", 3, "1:a|2:b|");
        expect_lines("a\n\nb\n", 5, "1:a|2:|3:b|");
        expect_lines("a\0b\nc", 5, "1:a|2:c|");
}
END_TEST

START_TEST(a_line_has_a_limit) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20), text = PF_BUF_INIT(4 << 20);

        ck_assert_int_eq(pf_buf_reserve(&text, PF_BOOT_LINE_MAX + 1), 0);
        memset(text.data, 'a', PF_BOOT_LINE_MAX + 1);
        ck_assert_int_eq(pf_boot_each_line(text.data, PF_BOOT_LINE_MAX + 1, join_lines, &buf),
                         -E2BIG);
}
END_TEST

START_TEST(words_of_a_line) {
        char line[] = "  append  root=x ro \r";
        char *rest = line;

        ck_assert_str_eq(pf_boot_take_word(&rest), "append");
        ck_assert_str_eq(pf_boot_trim_end(rest), "root=x ro");
        ck_assert_str_eq(pf_boot_take_word(&rest), "root=x");
        ck_assert_str_eq(pf_boot_take_word(&rest), "ro");
        ck_assert_ptr_null(pf_boot_take_word(&rest));
}
END_TEST

START_TEST(entries_and_commands) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PfBootEntry *entry;
        PfBootCommand *command;
        PfBootWord word = { .text = "/vmlinuz", .path = "/p", .line = 3 };

        ck_assert_int_eq(pf_boot_menu_add_entry(&menu, &(PfBootEntry){ .line = 2 }, &entry), 0);
        ck_assert_int_eq(pf_boot_menu_add_command(&menu, &entry->commands,
                                                  &(PfBootCommand){ .verb = PF_BOOT_KERNEL },
                                                  &command),
                         0);
        ck_assert_ptr_null(pf_boot_command_image(command));
        ck_assert_int_eq(pf_boot_menu_add_word(&menu, &command->expanded, &word), 0);
        ck_assert_str_eq(pf_boot_command_image(command)->text, "/vmlinuz");
        command->verb = PF_BOOT_INITRD;
        ck_assert_ptr_null(pf_boot_command_image(command));
        ck_assert_uint_eq(menu.n_commands, 1);
        ck_assert_str_eq(pf_boot_format_name(PF_BOOT_MENU_LST), "menu.lst");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("boot-entry");

        PF_TEST(suite, settings_of_a_name);
        PF_TEST(suite, texts_have_a_limit);
        PF_TEST(suite, split_words);
        PF_TEST(suite, lines);
        PF_TEST(suite, a_line_has_a_limit);
        PF_TEST(suite, words_of_a_line);
        PF_TEST(suite, entries_and_commands);
        return pf_test_main(suite);
}
