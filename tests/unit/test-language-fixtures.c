/* SPDX-License-Identifier: MIT */
/*
 * Every fixture in Japanese: each sentence of its results has words of that language
 * and none left of the other, the table shows them, and what programs read is the same
 * to the byte.
 */
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/language.h"
#include "daemon/ctl/width.h"
#include "daemon/report/readiness.h"
#include "tests/support/fixtures.h"
#include "tests/support/test-main.h"

#define NAME_SIZE 256
#define ENGLISH_WORDS 3 /* so many in a row, in small letters, are a sentence left over */

static char fixtures[4096][NAME_SIZE];
static size_t n_fixtures;

static bool has_japanese(const char *text) {
        size_t n = strlen(text);
        uint32_t c;

        for (size_t i = 0, length; i<n; i += length> 0 ? length : 1) {
                length = pf_utf8_decode(text + i, n - i, &c);
                if (length > 1 && pf_char_is_wide(c))
                        return true;
        }
        return false;
}

/* "one two three" between blanks; a quotation, an option or a path is no word, and what
 * joins names no sentence. */
static bool has_english(const char *text) {
        unsigned words = 0;

        while (*text) {
                size_t n = strcspn(text, " "), letters = 0;

                while (letters < n && ((text[letters] >= 'a' && text[letters] <= 'z') ||
                                       (letters > 0 && strchr("',;:", text[letters]))))
                        letters++;
                if (n == 2 && memcmp(text, "or", n) == 0)
                        letters = 0;
                words = n > 0 && letters == n ? words + 1 : 0;
                if (words == ENGLISH_WORDS)
                        return true;
                text += n + (text[n] == ' ');
        }
        return false;
}

static void check_sentence(const char *fixture, const char *english, const PfMessage *message) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_FREE char *text = NULL;

        if (!english)
                return;
        ck_assert_int_eq(pf_message_put(message, object, "message"), 0);
        text = pf_language_sentence(PF_LANGUAGE_JAPANESE, english, pf_json_get(object, "message"));
        ck_assert_msg(has_japanese(text) && !has_english(text), "%s: \"%s\" is \"%s\"", fixture,
                      english, text);
}

/* What Check() would answer, as far as the formats look at it. */
static PfJson *make_report(const PfFixture *fixture, const PfReport *report) {
        PfJson *object = pf_json_new_object();
        PfJson *checks = pf_json_new_array();
        const PfWaivers waivers = { 0 };

        for (size_t i = 0; i < report->n; i++) {
                PfJson *item = NULL;

                ck_assert_int_eq(pf_result_to_json(&report->results[i], fixture->probe->platforms,
                                                   fixture->profile, &waivers, true, &item),
                                 0);
                ck_assert_int_eq(pf_json_append_take(checks, item), 0);
        }
        ck_assert_int_eq(pf_json_put_take(object, "checks", checks), 0);
        return object;
}

static void render(const PfFormat *format, PfLanguage language, const PfJson *report, PfBuf *ret) {
        const PfTerminal terminal = {
                .is_terminal = true, .utf8 = true, .width = 70, .language = language
        };
        const PfShow show = { 0 };
        PfPage page;

        pf_page_init(&page, &terminal);
        format->report(&page, report, &show);
        ck_assert_int_eq(page.error, 0);
        *ret = page.out;
        page.out = (PfBuf){ 0 };
        pf_page_deinit(&page);
}

static void compare_formats(const char *fixture, const PfJson *report) {
        for (const PfFormat *const *format = pf_formats; *format; format++) {
                PF_AUTO_BUF PfBuf english = { 0 };
                PF_AUTO_BUF PfBuf japanese = { 0 };
                bool same;

                render(*format, PF_LANGUAGE_ENGLISH, report, &english);
                render(*format, PF_LANGUAGE_JAPANESE, report, &japanese);
                ck_assert(pf_utf8_is_valid(japanese.data, japanese.n));
                same = english.n == japanese.n &&
                       memcmp(english.data, japanese.data, english.n) == 0;
                ck_assert_msg(same == (*format != &pf_format_table), "%s: format %s", fixture,
                              (*format)->name);
        }
}

START_TEST(says_the_same_in_japanese) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        PfErr err = { 0 };

        pf_fixture_open(&fixture, fixtures[_i]);
        if (fixture.probe->run(fixture.box.target, &fixture.demand, &report, &err) < 0)
                return;
        for (size_t i = 0; i < report.n; i++) {
                const PfResult *result = &report.results[i];

                check_sentence(fixtures[_i], result->summary, &result->summary_message);
                check_sentence(fixtures[_i], result->remedy, &result->remedy_message);
                check_sentence(fixtures[_i], result->vendor_verdict, &result->vendor_message);
        }
        json = make_report(&fixture, &report);
        compare_formats(fixtures[_i], json);
}
END_TEST

static void add_fixture(const char *name, void *data) {
        (void) data;
        if (n_fixtures == PF_ELEMENTS(fixtures))
                abort();
        (void) snprintf(fixtures[n_fixtures++], NAME_SIZE, "%s", name);
}

int main(void) {
        Suite *suite = suite_create("language-fixtures");
        TCase *tcase = tcase_create("fixtures");

        pf_fixtures_each(add_fixture, NULL);
        tcase_add_loop_test(tcase, says_the_same_in_japanese, 0, (int) n_fixtures);
        tcase_set_timeout(tcase, 0);
        suite_add_tcase(suite, tcase);
        return pf_test_main(suite);
}
