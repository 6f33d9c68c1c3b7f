/* SPDX-License-Identifier: MIT */
/*
 * Which language is chosen, and what is said in it. The texts themselves are those
 * that are built in; test-language.py looks at them.
 */
#include "daemon/ctl/language.h"

#include <stdlib.h>
#include <string.h>

#include "config/language.h"
#include "daemon/base/message.h"
#include "daemon/ctl/width.h"
#include "tests/support/test-main.h"

/* --- choosing --- */

static void set(const char *name, const char *value) {
        if (value)
                ck_assert_int_eq(setenv(name, value, 1), 0);
        else
                ck_assert_int_eq(unsetenv(name), 0);
}

static void expect_choice(const char *all, const char *messages, const char *lang, const char *list,
                          PfLanguage expected) {
        set("LC_ALL", all);
        set("LC_MESSAGES", messages);
        set("LANG", lang);
        set("LANGUAGE", list);
        ck_assert_int_eq(pf_language_choose(), expected);
}

START_TEST(the_first_variable_counts) {
        expect_choice(NULL, NULL, NULL, NULL, PF_LANGUAGE_ENGLISH);
        expect_choice(NULL, NULL, "ja_JP.UTF-8", NULL, PF_LANGUAGE_JAPANESE);
        expect_choice(NULL, "ja_JP.UTF-8", "en_US.UTF-8", NULL, PF_LANGUAGE_JAPANESE);
        expect_choice(NULL, "en_US.UTF-8", "ja_JP.UTF-8", NULL, PF_LANGUAGE_ENGLISH);
        expect_choice("ja_JP.UTF-8", "C", "C", NULL, PF_LANGUAGE_JAPANESE);
        expect_choice("C.UTF-8", "ja_JP.UTF-8", "ja_JP.UTF-8", NULL, PF_LANGUAGE_ENGLISH);
        expect_choice("", "", "ja_JP.UTF-8", NULL, PF_LANGUAGE_JAPANESE);
}
END_TEST

START_TEST(names_of_locales) {
        expect_choice("ja", NULL, NULL, NULL, PF_LANGUAGE_JAPANESE);
        expect_choice("ja.UTF-8", NULL, NULL, NULL, PF_LANGUAGE_JAPANESE);
        expect_choice("ja@cjkwide", NULL, NULL, NULL, PF_LANGUAGE_JAPANESE);
        expect_choice("jav_ID", NULL, NULL, NULL, PF_LANGUAGE_ENGLISH);
        expect_choice("japanese", NULL, NULL, NULL, PF_LANGUAGE_ENGLISH);
        expect_choice("de_DE.UTF-8", NULL, NULL, NULL, PF_LANGUAGE_ENGLISH);
}
END_TEST

START_TEST(a_list_of_languages_counts_before_the_locale) {
        expect_choice(NULL, NULL, "en_US.UTF-8", "ja", PF_LANGUAGE_JAPANESE);
        expect_choice(NULL, NULL, "de_DE.UTF-8", "fr:de:ja_JP:en", PF_LANGUAGE_JAPANESE);
        expect_choice(NULL, NULL, "ja_JP.UTF-8", "en:ja", PF_LANGUAGE_ENGLISH);
        expect_choice(NULL, NULL, "ja_JP.UTF-8", "fr", PF_LANGUAGE_ENGLISH);
        expect_choice(NULL, NULL, "ja_JP.UTF-8", "", PF_LANGUAGE_JAPANESE);
        expect_choice(NULL, NULL, "ja_JP.UTF-8", ":::ja", PF_LANGUAGE_JAPANESE);
        expect_choice(NULL, NULL, "C", "ja", PF_LANGUAGE_ENGLISH);
        expect_choice("POSIX", NULL, "ja_JP.UTF-8", "ja", PF_LANGUAGE_ENGLISH);
        expect_choice("C.UTF-8", NULL, "ja_JP.UTF-8", "ja", PF_LANGUAGE_ENGLISH);
        expect_choice(NULL, NULL, NULL, "ja", PF_LANGUAGE_ENGLISH);
}
END_TEST

/* --- what is said --- */

static PfJson *parse(const char *text) {
        PfJson *json = NULL;

        ck_assert_int_eq(pf_json_parse(text, strlen(text), 8, &json, NULL), 0);
        return json;
}

static void expect_sentence(const char *english, const char *message, const char *expected) {
        PF_CLEANUP(pf_json_freep) PfJson *json = message ? parse(message) : NULL;
        PF_AUTO_FREE char *text = pf_language_sentence(PF_LANGUAGE_JAPANESE, english, json);
        PF_AUTO_FREE char *same = pf_language_sentence(PF_LANGUAGE_ENGLISH, english, json);

        ck_assert_str_eq(text, expected);
        ck_assert_str_eq(same, english);
}

#define PASSWORDS "sshd refuses passwords for %s"
#define NOTHING "no SSH server is installed"

START_TEST(a_sentence_by_its_parts) {
        expect_sentence("sshd refuses passwords for root",
                        "{\"id\": \"" PASSWORDS "\", \"arguments\": [\"root\"]}",
                        "sshd が root のパスワードを拒否します");
        expect_sentence(NOTHING, "{\"id\": \"" NOTHING "\", \"arguments\": []}",
                        "SSH サーバーがインストールされていません");
}
END_TEST

/* As of a service of another version: nothing fits, and English is shown, or the
 * sentence is known as a whole. */
START_TEST(a_sentence_that_does_not_fit) {
        expect_sentence("odd", NULL, "odd");
        expect_sentence("odd", "{\"id\": \"odd\", \"arguments\": []}", "odd");
        expect_sentence("odd", "{\"id\": \"" PASSWORDS "\", \"arguments\": []}", "odd");
        expect_sentence("odd", "{\"id\": \"" PASSWORDS "\", \"arguments\": [\"a\", \"b\"]}", "odd");
        expect_sentence("odd", "{\"id\": \"" PASSWORDS "\", \"arguments\": [7]}", "odd");
        expect_sentence("odd", "{\"id\": \"" PASSWORDS "\"}", "odd");
        expect_sentence("odd", "{\"id\": [], \"arguments\": {}}", "odd");
        expect_sentence("odd", "[]", "odd");
        expect_sentence("", NULL, "");
        expect_sentence("100% of %s %n", NULL, "100% of %s %n");
        expect_sentence(NOTHING, "{\"id\": \"from the future: %s\", \"arguments\": [\"x\"]}",
                        "SSH サーバーがインストールされていません");
}
END_TEST

START_TEST(a_sentence_that_nobody_took_apart) {
        expect_sentence("sshd refuses passwords for root", NULL,
                        "sshd が root のパスワードを拒否します");
}
END_TEST

/* What stands in a sentence is said too, and nothing else of it is touched. */
START_TEST(a_sentence_within_a_sentence) {
        expect_sentence("root cannot open SFTP: sshd refuses passwords for root",
                        "{\"id\": \"%s cannot open SFTP: %s%s%s\", \"arguments\": [\"root\", "
                        "\"sshd refuses passwords for root\", \"\", \"\"]}",
                        "root は SFTP を開けません: sshd が root のパスワードを拒否します");
}
END_TEST

START_TEST(an_endless_argument) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1u << 20);

        ck_assert_int_eq(pf_buf_add_string(&buf, "{\"id\": \"" PASSWORDS "\", \"arguments\": [\""),
                         0);
        for (int i = 0; i < 100000; i++)
                ck_assert_int_eq(pf_buf_add_string(&buf, "x"), 0);
        ck_assert_int_eq(pf_buf_add_string(&buf, "\"]}"), 0);
        expect_sentence("odd", buf.data, "odd");
}
END_TEST

/* As a service could send to keep the client busy. */
START_TEST(an_endless_sentence) {
        static char text[4u << 20];

        memset(text, ':', sizeof(text) - 1);
        for (size_t i = 1; i < sizeof(text) - 1; i += 2)
                text[i] = ' ';
        expect_sentence(text, NULL, text);
        text[4000] = '\0';
        expect_sentence(text, NULL, text);
}
END_TEST

/* A reason behind a colon, a list, a pair, and a number that nothing parts from a text. */
START_TEST(what_stands_in_a_sentence) {
        expect_sentence("/etc/x: " NOTHING, NULL,
                        "/etc/x: SSH サーバーがインストールされていません");
        expect_sentence("/etc/x: odd", NULL, "/etc/x: odd");
        expect_sentence("/ and /boot lie on sda and sdb", NULL,
                        "/ と /boot は sda と sdb にあります");
        expect_sentence(": host name, memory", NULL, ": ホスト名、メモリ");
        expect_sentence("host name, odd thing", NULL, "host name, odd thing");
        expect_sentence("the SSH server will not listen on port 22 over IPv4", NULL,
                        "SSH サーバーはポート 22 の IPv4 で待ち受けません");
        expect_sentence(
                "root can log in for 1 day more: then the account or its password expires", NULL,
                "root がログインできるのはあと 1 日です。その後、アカウントまたはパスワードの"
                "有効期限が切れます");
}
END_TEST

static char *PF_PRINTF(1, 2) print(const char *fmt, ...) {
        va_list args;
        char *text;

        va_start(args, fmt);
        text = pf_language_print(PF_LANGUAGE_JAPANESE, fmt, args);
        va_end(args);
        return text;
}

START_TEST(formats_of_ours) {
        PF_AUTO_FREE char *known = print(PASSWORDS, "root");
        PF_AUTO_FREE char *unknown = print("%s %.1f", "odd", 0.5);

        ck_assert_str_eq(known, "sshd が root のパスワードを拒否します");
        ck_assert_str_eq(unknown, "odd 0.5");
        ck_assert_str_eq(pf_language_text(PF_LANGUAGE_JAPANESE, "odd"), "odd");
        ck_assert_str_eq(pf_language_text(PF_LANGUAGE_ENGLISH, NOTHING), NOTHING);
}
END_TEST

START_TEST(messages_are_sorted_and_found) {
        const char *english, *last = "", *japanese;

        for (size_t i = 0; (japanese = pf_japanese_message_at(i, &english)); i++) {
                ck_assert_int_lt(strcmp(last, english), 0);
                ck_assert_ptr_eq(pf_japanese_message(english), japanese);
                ck_assert_int_eq(pf_message_count(english), pf_message_count(japanese));
                ck_assert_int_ge(pf_message_count(english), 0);
                last = english;
        }
        ck_assert_ptr_null(pf_japanese_message("zzz"));
        ck_assert_ptr_null(pf_japanese_message(""));
}
END_TEST

/* --- the catalogue --- */

static PfJson *entry_json(const PfCatalogueEntry *entry, const char *why) {
        PfJson *json = pf_json_new_object();

        ck_assert_int_eq(pf_json_put_string(json, "id", entry->id), 0);
        ck_assert_int_eq(pf_json_put_string(json, "title", entry->title), 0);
        ck_assert_int_eq(pf_json_put_string(json, "why", why), 0);
        return json;
}

START_TEST(entries_of_the_catalogue) {
        const PfCatalogueEntry *entry = pf_catalogue_find("ssh.server");
        PF_CLEANUP(pf_json_freep) PfJson *json = entry_json(entry, entry->why);
        PF_CLEANUP(pf_json_freep) PfJson *other = entry_json(entry, "of another version");

        ck_assert_str_eq(pf_language_entry(PF_LANGUAGE_JAPANESE, json, "why"),
                         pf_japanese_entry(entry, PF_LANGUAGE_WHY));
        ck_assert_str_eq(pf_language_entry(PF_LANGUAGE_ENGLISH, json, "why"), entry->why);
        ck_assert_str_eq(pf_language_entry(PF_LANGUAGE_JAPANESE, other, "why"),
                         "of another version");
        ck_assert_ptr_null(pf_language_entry(PF_LANGUAGE_JAPANESE, json, "fix"));
        ck_assert_str_eq(pf_language_entry(PF_LANGUAGE_JAPANESE, json, "id"), "ssh.server");
}
END_TEST

/* --- widths --- */

START_TEST(widths) {
        ck_assert_int_eq(pf_char_width(0xe9), 1);
        ck_assert_int_eq(pf_char_width(0x3042), 2);
        ck_assert_int_eq(pf_char_width(0xff71), 1); /* half-width kana */
        ck_assert_int_eq(pf_char_width(0xff21), 2);
        ck_assert_int_eq(pf_char_width(0x301), 0);
        ck_assert_int_eq(pf_char_width(0x20089), 2);
        ck_assert_int_eq(pf_char_width(0x1f600), 2);
        ck_assert_int_eq(pf_char_width(0x378), -1);
        ck_assert_int_eq(pf_char_width(0x2713), 1);
}
END_TEST

START_TEST(breaks) {
        ck_assert(pf_char_may_break(0x3042, 0x3042));
        ck_assert(pf_char_may_break('a', 0x3042));
        ck_assert(pf_char_may_break(0x3042, 'a'));
        ck_assert(!pf_char_may_break('a', 'b'));
        ck_assert(!pf_char_may_break(0x3042, 0x3002));
        ck_assert(!pf_char_may_break(0x300c, 0x3042));
        ck_assert(!pf_char_may_break(0x3042, ')'));
        ck_assert(!pf_char_may_break(0x3042, 0x30fc));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("language");

        PF_TEST(suite, the_first_variable_counts);
        PF_TEST(suite, names_of_locales);
        PF_TEST(suite, a_list_of_languages_counts_before_the_locale);
        PF_TEST(suite, a_sentence_by_its_parts);
        PF_TEST(suite, a_sentence_that_does_not_fit);
        PF_TEST(suite, a_sentence_that_nobody_took_apart);
        PF_TEST(suite, a_sentence_within_a_sentence);
        PF_TEST(suite, an_endless_argument);
        PF_TEST(suite, an_endless_sentence);
        PF_TEST(suite, what_stands_in_a_sentence);
        PF_TEST(suite, formats_of_ours);
        PF_TEST(suite, messages_are_sorted_and_found);
        PF_TEST(suite, entries_of_the_catalogue);
        PF_TEST(suite, widths);
        PF_TEST(suite, breaks);
        return pf_test_main(suite);
}
