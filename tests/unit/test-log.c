/* SPDX-License-Identifier: MIT */
#include "daemon/base/log.h"

#include <string.h>

#include "tests/support/test-main.h"

/* What reached the sink last. */
static struct {
        unsigned n;
        PfLogLevel level;
        const char *message_id;
        const PfLogField *fields;
        char text[4096];
} seen;

static void sink(PfLogLevel level, const char *message_id, const PfLogField *fields,
                 const char *text) {
        seen.n++;
        seen.level = level;
        seen.message_id = message_id;
        seen.fields = fields;
        (void) snprintf(seen.text, sizeof(seen.text), "%s", text);
}

static void begin(PfLogLevel max_level) {
        memset(&seen, 0, sizeof(seen));
        pf_log_set_sink(sink);
        pf_log_set_level(max_level);
}

START_TEST(passes_an_event_on) {
        const PfLogField fields[] = { { "PREFLIGHTD_CHECK", "ssh.access" }, { NULL, NULL } };

        begin(PF_LOG_INFO);
        pf_log_event(PF_LOG_WARNING, "0123", fields, "%s is %d", "it", 7);
        ck_assert_uint_eq(seen.n, 1);
        ck_assert_int_eq(seen.level, PF_LOG_WARNING);
        ck_assert_str_eq(seen.message_id, "0123");
        ck_assert_ptr_eq(seen.fields, fields);
        ck_assert_str_eq(seen.text, "it is 7");

        pf_log(PF_LOG_INFO, "plain");
        ck_assert_ptr_null(seen.message_id);
        ck_assert_ptr_null(seen.fields);
        ck_assert_str_eq(seen.text, "plain");
}
END_TEST

START_TEST(drops_what_is_above_the_level) {
        begin(PF_LOG_WARNING);
        pf_log(PF_LOG_NOTICE, "dropped");
        pf_log(PF_LOG_DEBUG, "dropped");
        ck_assert_uint_eq(seen.n, 0);
        pf_log(PF_LOG_WARNING, "kept");
        pf_log(PF_LOG_ERROR, "kept");
        ck_assert_uint_eq(seen.n, 2);
        pf_log_set_level(PF_LOG_DEBUG);
        pf_log(PF_LOG_DEBUG, "kept");
        ck_assert_uint_eq(seen.n, 3);
}
END_TEST

/* A forged line in a journal begins with a line feed in a file's name. */
START_TEST(an_event_is_one_line) {
        begin(PF_LOG_INFO);
        pf_log(PF_LOG_INFO, "name a\nNov 22 sshd: forged\x1b[2J\xff\xe2\x80\xa8.");
        ck_assert_str_eq(seen.text, "name a Nov 22 sshd: forged [2J  .");
}
END_TEST

START_TEST(long_text_is_cut) {
        char text[8192];

        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        begin(PF_LOG_INFO);
        pf_log(PF_LOG_INFO, "%s", text);
        ck_assert_uint_eq(seen.n, 1);
        ck_assert_uint_gt(strlen(seen.text), 1000);
        ck_assert_uint_lt(strlen(seen.text), sizeof(text) - 1);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("log");

        PF_TEST(suite, passes_an_event_on);
        PF_TEST(suite, drops_what_is_above_the_level);
        PF_TEST(suite, an_event_is_one_line);
        PF_TEST(suite, long_text_is_cut);
        return pf_test_main(suite);
}
