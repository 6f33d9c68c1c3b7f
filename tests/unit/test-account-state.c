/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <string.h>

#include "probes/account-state.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define TODAY 20000
#define NOW_SEC ((int64_t) TODAY * 86400 + 3600)
#define MD5_HASH "$1$FE4YbV6o$CiVORNIChGm8i9ti813EZ."
#define DES_HASH "alHzjf8HTh5Mc"

static PfShadow dates(long last_change, long maximum, long inactive, long expire) {
        return (PfShadow){ .exists = true,
                           .last_change = last_change,
                           .minimum = -1,
                           .maximum = maximum,
                           .warning = 7,
                           .inactive = inactive,
                           .expire = expire };
}

typedef struct Dated {
        long last_change, maximum, inactive, expire;
        PfAgeing by_pam, by_sshd;
} Dated;

#define FINE PF_AGEING_FINE
#define EXPIRED PF_AGEING_ACCOUNT_EXPIRED
#define INACTIVE PF_AGEING_PASSWORD_INACTIVE
#define CHANGE PF_AGEING_CHANGE_REQUIRED

static const Dated dated[] = {
        { TODAY - 3, 99999, -1, -1, FINE, FINE },
        { 0, -1, -1, -1, CHANGE, CHANGE },
        { -1, 99999, -1, -1, FINE, FINE },
        { -1, 90, -1, -1, CHANGE, CHANGE },
        { TODAY - 90, 90, -1, -1, FINE, FINE },
        { TODAY - 91, 90, -1, -1, CHANGE, CHANGE },
        { TODAY - 91, 90, 0, -1, INACTIVE, INACTIVE },
        { TODAY - 100, 90, 10, -1, CHANGE, CHANGE },
        { TODAY - 101, 90, 10, -1, INACTIVE, INACTIVE },
        { TODAY - 900, -1, 10, -1, FINE, FINE },
        { TODAY + 5, 0, -1, -1, FINE, FINE },
        { TODAY, 0, -1, -1, FINE, FINE },
        { TODAY - 1, 0, -1, -1, CHANGE, CHANGE },
        /* The account's own day: over for PAM, not yet for sshd. */
        { TODAY - 3, 99999, -1, TODAY, EXPIRED, FINE },
        { TODAY - 3, 99999, -1, TODAY - 1, EXPIRED, EXPIRED },
        { TODAY - 3, 99999, -1, TODAY + 1, FINE, FINE },
        { TODAY - 3, 99999, -1, 0, EXPIRED, EXPIRED },
        { 0, 99999, -1, 1, EXPIRED, EXPIRED },
};

START_TEST(days) {
        for (size_t i = 0; i < PF_ELEMENTS(dated); i++) {
                const PfShadow shadow = dates(dated[i].last_change, dated[i].maximum,
                                              dated[i].inactive, dated[i].expire);

                ck_assert_msg(pf_account_dates(&shadow, PF_JUDGE_PAM_UNIX, NOW_SEC) ==
                                      dated[i].by_pam,
                              "PAM, line %zu", i);
                ck_assert_msg(pf_account_dates(&shadow, PF_JUDGE_SSHD, NOW_SEC) == dated[i].by_sshd,
                              "sshd, line %zu", i);
        }
}
END_TEST

START_TEST(days_left) {
        PfShadow shadow = dates(TODAY - 80, 90, -1, -1);

        ck_assert_int_eq(pf_account_days_left(&shadow, NOW_SEC), 11);
        shadow.expire = TODAY + 5;
        ck_assert_int_eq(pf_account_days_left(&shadow, NOW_SEC), 5);
        shadow = dates(TODAY, -1, -1, -1);
        ck_assert_int_eq(pf_account_days_left(&shadow, NOW_SEC), LONG_MAX);
}
END_TEST

static void on_awaits(uint64_t at_usec, void *data) {
        *(uint64_t *) data = at_usec / 1000000;
}

/* The day on which it is judged anew; 0: never. */
static uint64_t awaited_day(PfSandbox *box, long last_change, long maximum, long expire) {
        const PfShadow shadow = dates(last_change, maximum, -1, expire);
        uint64_t at_sec = 0;

        pf_target_set_observer(box->target,
                               &(PfTargetObserver){ .awaits = on_awaits, .data = &at_sec });
        pf_account_await(box->target, &shadow, NOW_SEC, 14);
        pf_target_set_observer(box->target, &(PfTargetObserver){ 0 });
        ck_assert_uint_eq(at_sec % 86400, 0);
        return at_sec / 86400;
}

START_TEST(dates_are_waited_for) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        pf_sandbox_new(&box);
        ck_assert_uint_eq(awaited_day(&box, TODAY, -1, -1), 0);
        ck_assert_uint_eq(awaited_day(&box, TODAY, LONG_MAX / 2, -1), 0);
        ck_assert_uint_eq(awaited_day(&box, TODAY, -1, TODAY + 100), TODAY + 86);
        ck_assert_uint_eq(awaited_day(&box, TODAY, -1, TODAY + 15), TODAY + 1);
        ck_assert_uint_eq(awaited_day(&box, TODAY, -1, TODAY + 3), TODAY + 1);
        ck_assert_uint_eq(awaited_day(&box, TODAY, -1, TODAY - 9), TODAY + 1);
        ck_assert_uint_eq(awaited_day(&box, TODAY, 99999, -1), TODAY + 99999 + 1 - 14);
}
END_TEST

static PfPasswordState judge(const char *in_passwd, const char *in_shadow, PfAccountJudge judge) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        const PfSshdAccount account = { .exists = true,
                                        .name = (char *) "joe",
                                        .password = (char *) in_passwd,
                                        .shown = (char *) "joe:…",
                                        .line = 3 };
        const PfShadow shadow = { .exists = in_shadow, .line = 7, .password = (char *) in_shadow };
        PfPasswordState state = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_account_password(box.target, &account, &shadow, judge, &state, &err),
                         0);
        return state;
}

typedef struct Stored {
        const char *in_passwd, *in_shadow;
        PfPasswordKind by_pam, by_sshd;
} Stored;

static const Stored stored[] = {
        { "x", MD5_HASH, PF_PASSWORD_CAN_MATCH, PF_PASSWORD_CAN_MATCH },
        { "x", "!" MD5_HASH, PF_PASSWORD_LOCKED, PF_PASSWORD_LOCKED },
        { "x", "*" MD5_HASH, PF_PASSWORD_NEVER, PF_PASSWORD_NEVER },
        { "x", "!!", PF_PASSWORD_LOCKED, PF_PASSWORD_LOCKED },
        { "x", "*", PF_PASSWORD_NEVER, PF_PASSWORD_NEVER },
        { "x", "x", PF_PASSWORD_NEVER, PF_PASSWORD_NEVER },
        { "x", "", PF_PASSWORD_EMPTY, PF_PASSWORD_EMPTY },
        { "x", NULL, PF_PASSWORD_ABSENT, PF_PASSWORD_NEVER },
        { "x", MD5_HASH " ", PF_PASSWORD_NEVER, PF_PASSWORD_NEVER },
        { MD5_HASH, NULL, PF_PASSWORD_CAN_MATCH, PF_PASSWORD_CAN_MATCH },
        /* Each looks into a file of its own. */
        { MD5_HASH, "*", PF_PASSWORD_CAN_MATCH, PF_PASSWORD_NEVER },
        { "", MD5_HASH, PF_PASSWORD_EMPTY, PF_PASSWORD_CAN_MATCH },
        { "##joe", MD5_HASH, PF_PASSWORD_CAN_MATCH, PF_PASSWORD_CAN_MATCH },
        /* What pam_unix does with a hash that has no dollar. */
        { "x", DES_HASH, PF_PASSWORD_CAN_MATCH, PF_PASSWORD_CAN_MATCH },
        { "x", DES_HASH ",ab", PF_PASSWORD_CAN_MATCH, PF_PASSWORD_NEVER },
        { "x", "_J9..nCrGhrViaqwryhU", PF_PASSWORD_NEVER, PF_PASSWORD_CAN_MATCH },
        { "x", "$8$salt$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", PF_PASSWORD_NEVER,
          PF_PASSWORD_NEVER },
};

START_TEST(passwords) {
        for (size_t i = 0; i < PF_ELEMENTS(stored); i++) {
                const Stored *s = &stored[i];

                ck_assert_msg(judge(s->in_passwd, s->in_shadow, PF_JUDGE_PAM_UNIX).kind ==
                                      s->by_pam,
                              "PAM, line %zu", i);
                ck_assert_msg(judge(s->in_passwd, s->in_shadow, PF_JUDGE_SSHD).kind == s->by_sshd,
                              "sshd, line %zu", i);
        }
}
END_TEST

START_TEST(evidence_of_a_password) {
        PfPasswordState state = judge(MD5_HASH, NULL, PF_JUDGE_PAM_UNIX);

        ck_assert_str_eq(state.path, "/etc/passwd");
        ck_assert_uint_eq(state.line, 3);
        state = judge("x", "!!", PF_JUDGE_PAM_UNIX);
        ck_assert_str_eq(state.path, "/etc/shadow");
        ck_assert_uint_eq(state.line, 7);
        ck_assert_str_eq(pf_password_reason(state.kind), "account-locked");
}
END_TEST

START_TEST(unreadable_shadow_is_unknown) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        const PfSshdAccount account = { .exists = true,
                                        .name = (char *) "joe",
                                        .password = (char *) "x" };
        PfPasswordState state;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        for (int judge_by = PF_JUDGE_PAM_UNIX; judge_by <= PF_JUDGE_SSHD; judge_by++) {
                ck_assert_int_eq(pf_account_password(box.target, &account, NULL,
                                                     (PfAccountJudge) judge_by, &state, &err),
                                 0);
                ck_assert_int_eq(state.kind, PF_PASSWORD_UNKNOWN);
                ck_assert(!pf_account_has_dates(&account, NULL, (PfAccountJudge) judge_by));
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("account-state");

        PF_TEST(suite, days);
        PF_TEST(suite, days_left);
        PF_TEST(suite, dates_are_waited_for);
        PF_TEST(suite, passwords);
        PF_TEST(suite, evidence_of_a_password);
        PF_TEST(suite, unreadable_shadow_is_unknown);
        return pf_test_main(suite);
}
