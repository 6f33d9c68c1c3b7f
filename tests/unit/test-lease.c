/* SPDX-License-Identifier: MIT */
/*
 * When leases are over, which of them are ended, and what is taken out of a file that
 * somebody edited. The transactions are the test's own: what becomes of their files is
 * another test's subject.
 */
#include "daemon/remedy/lease.h"

#include <string.h>

#include "tests/support/fake-transactions.h"
#include "tests/support/test-main.h"

#define MINUTE UINT64_C(60000000)
#define DAY (24 * 60 * MINUTE)

static const PfLeaseClock at_noon = { .boot_id = "11111111-1111-4111-8111-111111111111",
                                      .boot_usec = 1000 * MINUTE,
                                      .real_usec = UINT64_C(1763827200000000) };

static PfTransactionLease begun(uint64_t duration_usec) {
        PfTransactionLease lease = { .scope = { .duration_usec = duration_usec } };

        pf_lease_begin(&lease, &at_noon);
        return lease;
}

/* --- clocks --- */

START_TEST(a_lease_ends_when_its_time_is_over) {
        PfTransactionLease lease = begun(30 * MINUTE);
        PfLeaseClock now = at_noon;

        ck_assert_uint_eq(pf_lease_left_usec(&lease, &now), 30 * MINUTE);
        ck_assert_uint_eq(lease.deadline_real_usec, at_noon.real_usec + 30 * MINUTE);
        now.boot_usec += 30 * MINUTE - 1;
        ck_assert_uint_eq(pf_lease_left_usec(&lease, &now), 1);
        now.boot_usec += 1;
        ck_assert_uint_eq(pf_lease_left_usec(&lease, &now), 0);
        now.boot_usec += DAY;
        ck_assert_uint_eq(pf_lease_left_usec(&lease, &now), 0);
}
END_TEST

START_TEST(the_clock_on_the_wall_does_not_matter) {
        static const int64_t jumps[] = { -(int64_t) DAY, (int64_t) DAY, -(int64_t) (400 * DAY) };
        PfTransactionLease lease = begun(30 * MINUTE);

        for (size_t i = 0; i < PF_ELEMENTS(jumps); i++) {
                PfLeaseClock now = at_noon;

                now.real_usec = (uint64_t) ((int64_t) now.real_usec + jumps[i]);
                now.boot_usec += 10 * MINUTE;
                ck_assert_uint_eq(pf_lease_left_usec(&lease, &now), 20 * MINUTE);
                now.boot_usec += 20 * MINUTE;
                ck_assert_uint_eq(pf_lease_left_usec(&lease, &now), 0);
        }
}
END_TEST

START_TEST(in_another_boot_it_is_over) {
        PfTransactionLease lease = begun(30 * MINUTE);
        PfLeaseClock now = at_noon;

        now.boot_id[0] = '2';
        now.boot_usec = 0;
        ck_assert_uint_eq(pf_lease_left_usec(&lease, &now), 0);
        now = at_noon;
        lease.boot_id[0] = '\0'; /* a manifest without one */
        now.boot_id[0] = '\0';
        ck_assert_uint_eq(pf_lease_left_usec(&lease, &now), 0);
}
END_TEST

START_TEST(a_deadline_that_nobody_set_is_over) {
        PfTransactionLease lease = begun(30 * MINUTE);

        lease.deadline_boot_usec = at_noon.boot_usec + PF_LEASE_MAX_USEC;
        ck_assert_uint_eq(pf_lease_left_usec(&lease, &at_noon), PF_LEASE_MAX_USEC);
        lease.deadline_boot_usec++;
        ck_assert_uint_eq(pf_lease_left_usec(&lease, &at_noon), 0);
        lease.deadline_boot_usec = UINT64_MAX;
        ck_assert_uint_eq(pf_lease_left_usec(&lease, &at_noon), 0);
}
END_TEST

START_TEST(the_real_clocks_are_read) {
        PfLeaseClock first, second;
        PfErr err = { 0 };

        ck_assert_msg(pf_lease_clock_read(&first, &err) == 0, "%s", err.text);
        ck_assert_msg(pf_lease_clock_read(&second, &err) == 0, "%s", err.text);
        ck_assert_uint_eq(strlen(first.boot_id), 36);
        ck_assert_str_eq(first.boot_id, second.boot_id);
        ck_assert_uint_gt(first.boot_usec, 0);
        ck_assert_uint_ge(second.boot_usec, first.boot_usec);
        ck_assert_uint_gt(first.real_usec, UINT64_C(1700000000000000));
}
END_TEST

/* --- which are ended --- */

static FakeTransactions fake;

static void given(const char *id, PfTransactionState state, uint64_t duration_usec) {
        PfTransactionLease lease = begun(duration_usec);

        fake_transactions_add(&fake, id, state, duration_usec > 0 ? &lease : NULL);
}

static int expire(uint64_t later_usec, bool all, uint64_t *ret_next_usec, PfErr *err) {
        PfLeaseClock now = at_noon;

        now.boot_usec += later_usec;
        return pf_leases_expire(fake_transactions(&fake), &now, all, ret_next_usec, err);
}

START_TEST(only_those_that_are_over_are_ended) {
        uint64_t next_usec = 0;
        PfErr err = { 0 };

        fake_transactions_reset(&fake);
        given("for-good", PF_TRANSACTION_APPLIED, 0);
        given("short", PF_TRANSACTION_APPLIED, 10 * MINUTE);
        given("long", PF_TRANSACTION_APPLIED, 60 * MINUTE);
        given("longer", PF_TRANSACTION_APPLIED, 90 * MINUTE);
        given("was-undone", PF_TRANSACTION_UNDONE, 10 * MINUTE);
        given("did-not-help", PF_TRANSACTION_ROLLED_BACK, 10 * MINUTE);

        ck_assert_int_eq(expire(9 * MINUTE, false, &next_usec, &err), 0);
        ck_assert_str_eq(fake.ended, "");
        ck_assert_uint_eq(next_usec, MINUTE);
        ck_assert_int_eq(expire(10 * MINUTE, false, &next_usec, &err), 0);
        ck_assert_str_eq(fake.ended, "short ");
        ck_assert_uint_eq(next_usec, 50 * MINUTE);
        ck_assert_int_eq(expire(2 * DAY, false, &next_usec, &err), 0);
        ck_assert_str_eq(fake.ended, "short long longer ");
        ck_assert_uint_eq(next_usec, UINT64_MAX);
}
END_TEST

START_TEST(all_are_ended_at_boot) {
        uint64_t next_usec = 0;
        PfErr err = { 0 };

        fake_transactions_reset(&fake);
        given("for-good", PF_TRANSACTION_APPLIED, 0);
        given("short", PF_TRANSACTION_APPLIED, 10 * MINUTE);
        given("half-undone", PF_TRANSACTION_REVERTING, 60 * MINUTE);
        given("edited", PF_TRANSACTION_CONFLICT, 60 * MINUTE);

        ck_assert_int_eq(expire(0, true, &next_usec, &err), 0);
        ck_assert_str_eq(fake.ended, "short half-undone edited ");
        ck_assert_uint_eq(next_usec, UINT64_MAX);
}
END_TEST

/* One that cannot be ended now holds up no other, and is tried again at once. */
START_TEST(what_cannot_be_ended_is_tried_again) {
        uint64_t next_usec = 1;
        PfErr err = { 0 };

        fake_transactions_reset(&fake);
        given("stuck", PF_TRANSACTION_APPLIED, 10 * MINUTE);
        given("other", PF_TRANSACTION_APPLIED, 10 * MINUTE);
        given("long", PF_TRANSACTION_APPLIED, 60 * MINUTE);
        fake.fails = "stuck";
        fake.error = -EROFS;

        ck_assert_int_eq(expire(20 * MINUTE, false, &next_usec, &err), -EROFS);
        ck_assert_str_eq(err.text, "stuck: it fails");
        ck_assert_str_eq(fake.ended, "other ");
        ck_assert_uint_eq(next_usec, 0);

        fake.fails = NULL;
        ck_assert_int_eq(expire(20 * MINUTE, false, &next_usec, NULL), 0);
        ck_assert_str_eq(fake.ended, "other stuck ");
        ck_assert_uint_eq(next_usec, 40 * MINUTE);
}
END_TEST

/* Its files may be old, and sshd know nothing of that. */
START_TEST(an_end_that_was_begun_is_gone_on_with) {
        uint64_t next_usec = 1;
        PfErr err = { 0 };

        fake_transactions_reset(&fake);
        given("early", PF_TRANSACTION_REVERTING, 60 * MINUTE);
        given("long", PF_TRANSACTION_APPLIED, 60 * MINUTE);
        fake.fails = "early";
        fake.error = -EIO;
        ck_assert_int_eq(expire(MINUTE, false, &next_usec, &err), -EIO);
        ck_assert_uint_eq(next_usec, 0);
        fake.fails = NULL;
        ck_assert_int_eq(expire(2 * MINUTE, false, &next_usec, &err), 0);
        ck_assert_str_eq(fake.ended, "early ");
        ck_assert_uint_eq(next_usec, 58 * MINUTE);
}
END_TEST

START_TEST(a_history_that_cannot_be_read_is_read_again) {
        uint64_t next_usec = 1;
        PfErr err = { 0 };

        fake_transactions_reset(&fake);
        fake.list_error = -EIO;
        ck_assert_int_eq(expire(0, false, &next_usec, &err), -EIO);
        ck_assert_uint_eq(next_usec, 0);
        ck_assert_int_eq(expire(0, false, NULL, &err), -EIO);
}
END_TEST

/* --- files that were edited --- */

#define MATCH "Match User root Address 192.0.2.7\n\tPermitRootLogin yes\n"
#define BLOCK PF_LEASE_BEGIN "\n" MATCH "Match all\n" PF_LEASE_END "\n"

static void cut(const char *now, const char *after, int outcome, const char *expected) {
        PF_AUTO_BUF PfBuf rest = PF_BUF_INIT(4096);
        PF_AUTO_FREE char *bytes = strdup(now); /* so that a byte too far is seen */
        size_t n = strlen(now);
        int r;

        bytes[n] = 'x'; /* who reads on behind the end finds no NUL */
        r = pf_lease_cut(bytes, n, after, strlen(after), &rest);
        ck_assert_msg(r == outcome, "%s: %d", now, r);
        ck_assert_str_eq(rest.data ? rest.data : "", expected);
}

START_TEST(the_block_is_cut_out) {
        cut("A 1\n" BLOCK "B 2\n", BLOCK "B 2\n", PF_TRANSACTION_CUT_REPLACE, "A 1\nB 2\n");
        cut(BLOCK "B 2\nC 3\n", BLOCK "B 2\n", PF_TRANSACTION_CUT_REPLACE, "B 2\nC 3\n");
        cut("A 1\n" BLOCK, BLOCK, PF_TRANSACTION_CUT_REPLACE, "A 1\n");
        /* Settings of others inside go with it: they stand in a Match of ours. */
        cut("A 1\n" PF_LEASE_BEGIN "\n" MATCH "\tX11Forwarding no\n" PF_LEASE_END "\nB 2", BLOCK,
            PF_TRANSACTION_CUT_REPLACE, "A 1\nB 2");
}
END_TEST

START_TEST(a_file_of_nothing_else_goes) {
        cut("\n" BLOCK " \n\n", BLOCK, PF_TRANSACTION_CUT_REMOVE, "\n \n\n");
        cut(PF_LEASE_BEGIN "\n" MATCH PF_LEASE_END, BLOCK, PF_TRANSACTION_CUT_REMOVE, "");
}
END_TEST

START_TEST(where_it_is_gone_nothing_is_cut) {
        cut("", BLOCK, PF_TRANSACTION_CUT_LEAVE, "");
        cut("A 1\n", BLOCK, PF_TRANSACTION_CUT_LEAVE, "");
        cut("A 1\nB 3\n", "A 1\nB 2\n", PF_TRANSACTION_CUT_LEAVE, ""); /* it never had one */
        cut("A 1\nMatch all\n\tPermitRootLogin yes\n", BLOCK, PF_TRANSACTION_CUT_LEAVE, "");
        /* Of a text that only looks like it, too. */
        cut("A 1 " PF_LEASE_BEGIN "\n" PF_LEASE_END " x\n", BLOCK, PF_TRANSACTION_CUT_LEAVE, "");
}
END_TEST

/* Of a file that was brought here from Windows, say, and of one that was made like that since. */
START_TEST(lines_may_end_in_two_bytes) {
        static const char crlf[] =
                "A 1\r\n" PF_LEASE_BEGIN "\r\nMatch User x\r\n" PF_LEASE_END "\r\n";
        static const char remains[] = "A 1\r\nMatch User x\r\n" PF_LEASE_END "\r\nC 3\r\n";

        cut(crlf, crlf, PF_TRANSACTION_CUT_REPLACE, "A 1\r\n");
        cut(remains, crlf, PF_TRANSACTION_CUT_REPLACE, "A 1\r\nC 3\r\n");
        cut("A 2\r\n\r\n", crlf, PF_TRANSACTION_CUT_LEAVE, "");
        cut(PF_LEASE_BEGIN "\r\n" PF_LEASE_END "\r\n", BLOCK, PF_TRANSACTION_CUT_REMOVE, "");
}
END_TEST

START_TEST(what_is_left_of_a_block_is_cut_out) {
        cut("A 1\n" PF_LEASE_BEGIN "\n" MATCH "B 2\n", BLOCK, PF_TRANSACTION_CUT_REPLACE,
            "A 1\nB 2\n");
        cut("A 1\n" MATCH PF_LEASE_END "\nB 2\n", BLOCK, PF_TRANSACTION_CUT_REPLACE, "A 1\nB 2\n");
        cut("A 1\n" MATCH "Match all\nB 2", BLOCK, PF_TRANSACTION_CUT_REPLACE, "A 1\nB 2");
        cut(MATCH, BLOCK, PF_TRANSACTION_CUT_REMOVE, "");
}
END_TEST

/* Somebody copied it, for another account, say, and left the copy as it was. */
START_TEST(copies_are_cut_out_too) {
        static const char twin[] = "Match User root Address 192.0.2.7\n\tX11Forwarding no\n";
        PF_AUTO_FREE char *after = NULL;
        PF_AUTO_FREE char *whole = NULL;
        PF_AUTO_FREE char *copied = NULL;

        cut(BLOCK "B 2\n" BLOCK "C 3\n" BLOCK, BLOCK "B 2\n", PF_TRANSACTION_CUT_REPLACE,
            "B 2\nC 3\n");
        cut(BLOCK BLOCK, BLOCK, PF_TRANSACTION_CUT_REMOVE, "");
        /* Without its comments, or one of them; what stands between is somebody's. */
        cut(BLOCK "B 2\n" MATCH "Match all\nC 3\n", BLOCK "B 2\n", PF_TRANSACTION_CUT_REPLACE,
            "B 2\nC 3\n");
        cut(PF_LEASE_BEGIN "\n" MATCH "B 2\n" BLOCK "C 3\n", BLOCK, PF_TRANSACTION_CUT_REPLACE,
            "B 2\nC 3\n");
        cut(BLOCK "B 2\n" MATCH PF_LEASE_END "\nC 3\n", BLOCK, PF_TRANSACTION_CUT_REPLACE,
            "B 2\nC 3\n");
        /* A copy for somebody else is somebody else's. */
        cut(BLOCK "Match User alice\n\tPermitRootLogin yes\n", BLOCK, PF_TRANSACTION_CUT_REPLACE,
            "Match User alice\n\tPermitRootLogin yes\n");

        /* What was there before for just the same stays, and only a copy of it all goes. */
        ck_assert_int_ge(asprintf(&after, "%s%s", twin, BLOCK), 0);
        ck_assert_int_ge(asprintf(&copied, "%s%s%s%sMatch all\n", twin, BLOCK, "B 2\n", MATCH), 0);
        ck_assert_int_ge(asprintf(&whole, "%sB 2\n", twin), 0);
        cut(copied, after, PF_TRANSACTION_CUT_REPLACE, whole);
        cut(twin, after, PF_TRANSACTION_CUT_LEAVE, "");
        cut(MATCH "Match all\n", MATCH "Match all\n" BLOCK, PF_TRANSACTION_CUT_LEAVE, "");
}
END_TEST

/* Every prefix of every file: no byte is read beyond, and no line is made up. */
START_TEST(no_cut_makes_up_a_line) {
        static const char text[] = "A 1\n\n" BLOCK "B 2\nMatch all\n" PF_LEASE_END "\n";

        for (size_t n = 0; n < sizeof(text); n++) {
                PF_AUTO_FREE char *now = malloc(n > 0 ? n : 1);
                PF_AUTO_BUF PfBuf rest = PF_BUF_INIT(4096);
                int r;

                memcpy(now, text, n);
                r = pf_lease_cut(now, n, BLOCK, strlen(BLOCK), &rest);
                ck_assert_int_ge(r, 0);
                ck_assert_uint_le(rest.n, n);
        }
}
END_TEST

START_TEST(a_buffer_that_is_too_small_is_an_error) {
        PF_AUTO_BUF PfBuf rest = PF_BUF_INIT(2);
        static const char now[] = "A 1\n" BLOCK;

        ck_assert_int_eq(pf_lease_cut(now, strlen(now), BLOCK, strlen(BLOCK), &rest), -ENOBUFS);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("lease");
        int status;

        PF_TEST(suite, a_lease_ends_when_its_time_is_over);
        PF_TEST(suite, the_clock_on_the_wall_does_not_matter);
        PF_TEST(suite, in_another_boot_it_is_over);
        PF_TEST(suite, a_deadline_that_nobody_set_is_over);
        PF_TEST(suite, the_real_clocks_are_read);
        PF_TEST(suite, only_those_that_are_over_are_ended);
        PF_TEST(suite, all_are_ended_at_boot);
        PF_TEST(suite, what_cannot_be_ended_is_tried_again);
        PF_TEST(suite, an_end_that_was_begun_is_gone_on_with);
        PF_TEST(suite, a_history_that_cannot_be_read_is_read_again);
        PF_TEST(suite, the_block_is_cut_out);
        PF_TEST(suite, a_file_of_nothing_else_goes);
        PF_TEST(suite, where_it_is_gone_nothing_is_cut);
        PF_TEST(suite, lines_may_end_in_two_bytes);
        PF_TEST(suite, what_is_left_of_a_block_is_cut_out);
        PF_TEST(suite, copies_are_cut_out_too);
        PF_TEST(suite, no_cut_makes_up_a_line);
        PF_TEST(suite, a_buffer_that_is_too_small_is_an_error);
        status = pf_test_main(suite);
        fake_transactions_reset(&fake);
        return status;
}
