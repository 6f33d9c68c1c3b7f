/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "probes/pam/lockout.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define NOW_SEC 1800000000

static PfFaillockSettings parse(const char *text) {
        PfFaillockSettings settings = pf_faillock_defaults();
        PF_AUTO_FREE char *copy = strdup(text);

        ck_assert(copy != NULL);
        ck_assert_int_eq(pf_faillock_parse_conf(copy, strlen(copy), &settings), 0);
        return settings;
}

START_TEST(settings_of_a_file) {
        PfFaillockSettings settings =
                parse("# deny = 100\n  deny = 5 # of them\nfail_interval=60\nunlock_time   never\n"
                      "root_unlock_time = = 7\neven_deny_root\nno_such_thing = 1\n"
                      "dir = relative\nadmin_group = wheel");

        ck_assert_uint_eq(settings.deny, 5);
        ck_assert_uint_eq(settings.interval_sec, 60);
        ck_assert_uint_eq(settings.unlock_sec, 0);
        ck_assert(settings.even_deny_root);
        ck_assert_str_eq(settings.dir, PF_FAILLOCK_DIR);
        ck_assert_str_eq(settings.admin_group, "wheel");
        /* The second sign belongs to the value, which is then no number. */
        ck_assert(!settings.has_root_unlock);
}
END_TEST

START_TEST(defaults_and_bad_values) {
        PfFaillockSettings settings =
                parse("deny = many\nunlock_time = 999999999\nfail_interval = -\n");

        ck_assert_uint_eq(settings.deny, 3);
        ck_assert_uint_eq(settings.unlock_sec, 600);
        ck_assert_uint_eq(settings.interval_sec, 900);
        ck_assert(!settings.even_deny_root);
}
END_TEST

START_TEST(line_too_long) {
        PfFaillockSettings settings = pf_faillock_defaults();
        char text[2000];

        memset(text, 'a', sizeof(text));
        memcpy(text, "deny=9\n", 7);
        text[sizeof(text) - 1] = '\0';
        ck_assert_int_eq(pf_faillock_parse_conf(text, sizeof(text) - 1, &settings), -EINVAL);
        ck_assert_uint_eq(settings.deny, 9);
}
END_TEST

/* --- tallies --- */

typedef struct Record {
        unsigned char bytes[PF_FAILLOCK_RECORD_SIZE];
} Record;

static Record make_record(unsigned status, uint64_t time_sec) {
        Record record = { { 0 } };

        record.bytes[54] = (unsigned char) status;
        for (size_t i = 0; i < 8; i++)
                record.bytes[56 + i] = (unsigned char) (time_sec >> (8 * i));
        return record;
}

START_TEST(failures_near_the_last) {
        const Record records[] = { make_record(3, NOW_SEC - 900), make_record(3, NOW_SEC - 899),
                                   make_record(2, NOW_SEC + 100), make_record(1, NOW_SEC) };
        PfFaillockTally tally;

        ck_assert_int_eq(pf_faillock_parse_tally(records, sizeof(records) - 0, 900, &tally), 0);
        ck_assert_uint_eq(tally.failures, 2);
        ck_assert_uint_eq(tally.latest_sec, NOW_SEC);
        /* Half a record is none. */
        ck_assert_int_eq(pf_faillock_parse_tally(records, sizeof(records) - 1, 900, &tally), 0);
        ck_assert_uint_eq(tally.latest_sec, NOW_SEC - 899);
        ck_assert_int_eq(pf_faillock_parse_tally("", 0, 900, &tally), 0);
        ck_assert_uint_eq(tally.failures, 0);
}
END_TEST

START_TEST(too_many_records) {
        size_t n = (PF_FAILLOCK_RECORDS_MAX + 1) * sizeof(Record);
        PF_AUTO_FREE void *bytes = calloc(1, n);
        PfFaillockTally tally;

        ck_assert(bytes != NULL);
        ck_assert_int_eq(pf_faillock_parse_tally(bytes, n, 900, &tally), -EFBIG);
}
END_TEST

START_TEST(records_by_number) {
        unsigned char log[128] = { 0 };
        PfTallyRecord record;

        log[64 + 54] = 4;
        log[64 + 56] = 9;
        record = pf_tally_parse(PF_TALLY_LOG, log, sizeof(log), 1);
        ck_assert_uint_eq(record.failures, 4);
        ck_assert_uint_eq(record.latest_sec, 9);
        ck_assert_uint_eq(pf_tally_parse(PF_TALLY_LOG, log, sizeof(log) - 1, 1).failures, 0);
        ck_assert_uint_eq(pf_tally_parse(PF_TALLY_LOG, log, sizeof(log), 4294967295u).failures, 0);
        log[32] = 2;
        ck_assert_uint_eq(pf_tally_parse(PF_TALLY_FAILLOG, log, sizeof(log), 1).failures, 2);
        ck_assert_uint_eq(pf_tally_needs(PF_TALLY_LOG, 4294967295u), 64ull << 32);
}
END_TEST

/* --- the judgement --- */

typedef struct Case {
        PfSandbox box;
        PfSshdAccount account;
        PfStrv words;
        PfLockout lockout;
} Case;

static void case_deinit(Case *c) {
        pf_sandbox_close(&c->box);
        pf_strv_deinit(&c->words);
}

static void case_init(Case *c, unsigned uid, const char *words, unsigned n, int64_t age_sec) {
        PF_AUTO_FREE char *copy = strdup(words);
        char *rest = copy, *word;
        Record records[8];

        c->account = (PfSshdAccount){ .exists = true, .uid = uid, .name = (char *) "joe" };
        while ((word = strsep(&rest, " ")))
                if (*word)
                        ck_assert_int_eq(pf_strv_add(&c->words, word), 0);
        pf_sandbox_new(&c->box);
        for (unsigned i = 0; i < n; i++)
                records[i] = make_record(1, (uint64_t) (NOW_SEC - age_sec));
        if (n > 0)
                pf_sandbox_write_bytes(&c->box, PF_FAILLOCK_DIR "/joe", records,
                                       n * sizeof(Record));
}

static PfPamQuestion question_of(const Case *c) {
        return (PfPamQuestion){ .target = c->box.target,
                                .service = "sshd",
                                .user = "joe",
                                .account = &c->account,
                                .now_sec = NOW_SEC };
}

static void judge(Case *c) {
        const PfPamQuestion question = question_of(c);
        const PfPamLine line = { .args = &c->words, .name = "pam_faillock" };
        PfErr err = { 0 };

        ck_assert_msg(pf_faillock_judge(&question, &line, &c->lockout, &err) == 0, "%s", err.text);
}

static void check_state(unsigned uid, const char *words, unsigned n, int64_t age_sec,
                        PfLockoutState expected) {
        PF_CLEANUP(case_deinit) Case c = { 0 };

        case_init(&c, uid, words, n, age_sec);
        judge(&c);
        ck_assert_msg(c.lockout.state == expected, "%u, \"%s\", %u failures: %d", uid, words, n,
                      c.lockout.state);
}

START_TEST(who_is_locked) {
        check_state(1000, "preauth", 0, 0, PF_LOCKOUT_OPEN);
        check_state(1000, "preauth", 2, 0, PF_LOCKOUT_OPEN);
        check_state(1000, "preauth", 3, 0, PF_LOCKOUT_LOCKED);
        check_state(1000, "preauth", 3, 600, PF_LOCKOUT_LOCKED);
        check_state(1000, "preauth", 3, 601, PF_LOCKOUT_OPEN);
        check_state(1000, "preauth unlock_time=never", 3, 86400, PF_LOCKOUT_LOCKED);
        check_state(1000, "preauth deny=5", 4, 0, PF_LOCKOUT_OPEN);
        check_state(1000, "preauth deny=0", 8, 0, PF_LOCKOUT_OPEN);
        check_state(0, "preauth", 8, 0, PF_LOCKOUT_EXEMPT);
        check_state(0, "preauth even_deny_root", 3, 0, PF_LOCKOUT_LOCKED);
        check_state(0, "preauth even_deny_root root_unlock_time=60", 3, 61, PF_LOCKOUT_OPEN);
        check_state(0, "preauth even_deny_root root_unlock_time=never", 3, 999, PF_LOCKOUT_LOCKED);
        check_state(1000, "preauth conf=/etc/none.conf", 3, 0, PF_LOCKOUT_BROKEN);
}
END_TEST

START_TEST(when_it_opens) {
        PF_CLEANUP(case_deinit) Case c = { 0 };

        case_init(&c, 1000, "preauth unlock_time=100", 3, 40);
        judge(&c);
        ck_assert_int_eq(c.lockout.unlock_sec, NOW_SEC + 61);
        ck_assert_uint_eq(c.lockout.failures, 3);
}
END_TEST

START_TEST(words_win_over_the_file) {
        PF_CLEANUP(case_deinit) Case c = { 0 };

        case_init(&c, 1000, "preauth deny=4", 3, 0);
        pf_sandbox_write(&c.box, PF_FAILLOCK_CONF_PATH, "deny = 1\nunlock_time = never\n");
        judge(&c);
        ck_assert_int_eq(c.lockout.state, PF_LOCKOUT_OPEN);
}
END_TEST

START_TEST(unreadable_is_unknown) {
        PF_CLEANUP(case_deinit) Case c = { 0 };

        case_init(&c, 1000, "preauth", 0, 0);
        pf_sandbox_mkdir(&c.box, PF_FAILLOCK_DIR);
        pf_sandbox_mkfifo(&c.box, PF_FAILLOCK_DIR "/joe");
        judge(&c);
        ck_assert_int_eq(c.lockout.state, PF_LOCKOUT_UNKNOWN);
}
END_TEST

static PfLockoutState judge_tally2(unsigned uid, const char *words, unsigned failures,
                                   int64_t age_sec) {
        PF_CLEANUP(case_deinit) Case c = { 0 };
        PfPamLine line = { .args = &c.words, .name = "pam_tally2" };
        Record log[8] = { { { 0 } } };
        PfPamQuestion question;
        PfErr err = { 0 };

        case_init(&c, uid, words, 0, 0);
        log[uid] = make_record(failures, (uint64_t) (NOW_SEC - age_sec));
        pf_sandbox_write_bytes(&c.box, "/var/log/tallylog", log, sizeof(log));
        question = question_of(&c);
        ck_assert_int_eq(pf_tally_judge(&question, &line, PF_TALLY_LOG, &c.lockout, &err), 0);
        return c.lockout.state;
}

START_TEST(tally2) {
        ck_assert_int_eq(judge_tally2(5, "deny=3", 2, 0), PF_LOCKOUT_OPEN);
        ck_assert_int_eq(judge_tally2(5, "deny=3", 3, 0), PF_LOCKOUT_LOCKED);
        ck_assert_int_eq(judge_tally2(5, "deny=3 unlock_time=60", 3, 59), PF_LOCKOUT_LOCKED);
        ck_assert_int_eq(judge_tally2(5, "deny=3 unlock_time=60", 3, 60), PF_LOCKOUT_OPEN);
        ck_assert_int_eq(judge_tally2(5, "", 30, 0), PF_LOCKOUT_OPEN);
        ck_assert_int_eq(judge_tally2(0, "deny=3", 30, 0), PF_LOCKOUT_EXEMPT);
        ck_assert_int_eq(judge_tally2(0, "deny=3 even_deny_root", 30, 0), PF_LOCKOUT_LOCKED);
        ck_assert_int_eq(judge_tally2(0, "deny=3 root_unlock_time=60", 3, 61), PF_LOCKOUT_OPEN);
        ck_assert_int_eq(judge_tally2(5, "deny=3 magic_root", 30, 0), PF_LOCKOUT_EXEMPT);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("faillock");

        PF_TEST(suite, settings_of_a_file);
        PF_TEST(suite, defaults_and_bad_values);
        PF_TEST(suite, line_too_long);
        PF_TEST(suite, failures_near_the_last);
        PF_TEST(suite, too_many_records);
        PF_TEST(suite, records_by_number);
        PF_TEST(suite, who_is_locked);
        PF_TEST(suite, when_it_opens);
        PF_TEST(suite, words_win_over_the_file);
        PF_TEST(suite, unreadable_is_unknown);
        PF_TEST(suite, tally2);
        return pf_test_main(suite);
}
