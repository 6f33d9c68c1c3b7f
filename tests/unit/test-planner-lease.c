/* SPDX-License-Identifier: MIT */
/*
 * Leases: for whom they may be, and that they open nothing for anybody else.
 */
#include "tests/support/planner-case.h"

/* --- leases --- */

START_TEST(a_lease_opens_for_nobody_else) {
        setup("root sftp", "uuid resume");
        OFFER({ PASSWORD, "for all", "/etc/ssh", " password" },
              { PASSWORD, "for root", "/etc/ssh", " password=root" },
              { PASSWORD, "for root from there", "/etc/ssh", " password=root@192.0.2.7" });
        make_plan(ACCESS, true, &lease);
        expect_step(PASSWORD, PF_PLAN_REMEDIED, PF_PASS, "for root from there");
        expect_file(0, "/etc/ssh", "root sftp password=root@192.0.2.7");
        ck_assert_str_eq(plan->lease->source, "192.0.2.7");

        OFFER({ PASSWORD, "for root", "/etc/ssh", " password=root" });
        make_plan(PASSWORD, true, &lease);
        expect_step(PASSWORD, PF_PLAN_NO_EFFECT, PF_FAIL, "reaches more than was asked for");
        ck_assert(pf_plan_is_empty(plan));
        teardown();
}
END_TEST

/* Nor does it shut anybody out. */
START_TEST(a_lease_takes_nothing_from_others) {
        setup("root sftp password=daemon", "uuid resume");
        OFFER({ PASSWORD, "takes", "/etc/ssh", " password=no password=root@192.0.2.7" });
        make_plan(PASSWORD, true, &lease);
        expect_step(PASSWORD, PF_PLAN_NO_EFFECT, PF_FAIL, "of daemon from 192.0.2.7");
        teardown();
}
END_TEST

START_TEST(a_lease_that_leads_nowhere_opens_nothing) {
        setup("sftp", "uuid resume");
        OFFER({ PASSWORD, "p", "/etc/ssh", " password=root@192.0.2.7" });
        refusal = "nobody may";
        make_plan(ACCESS, true, &lease);
        expect_step(PASSWORD, PF_PLAN_NO_EFFECT, PF_FAIL, "the login would still not work");
        expect_step(ACCESS, PF_PLAN_NO_EFFECT, PF_FAIL, "the login would still not work");
        ck_assert(pf_plan_is_empty(plan));
        teardown();
}
END_TEST

START_TEST(a_lease_is_for_whom_the_question_is_about) {
        static const struct {
                PfLeaseScope lease;
                int r;
        } cases[] = {
                { { "root", "192.0.2.0/24", 1 }, 0 },
                { { "root", "0.0.0.0/0", 1 }, 0 },
                { { "alice", "192.0.2.7", 1 }, -EINVAL },
                { { "root", "192.0.2.8", 1 }, -EINVAL },
                { { "root", "198.51.100.0/24", 1 }, -EINVAL },
                { { "root", "192.0.2.7/33", 1 }, -EINVAL },
                { { "root", "192.0.2.7/", 1 }, -EINVAL },
                { { "root", "somewhere", 1 }, -EINVAL },
                { { "root", "::ffff:192.0.2.7", 1 }, -EINVAL },
                { { "root", "192.0.2.7%eth0", 1 }, -EINVAL },
        };

        setup("root sftp", "uuid resume");
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                error = (PfErr){ 0 };
                ck_assert_int_eq(run(PASSWORD, true, &cases[i].lease), cases[i].r);
                ck_assert(cases[i].r == 0 || error.text[0]);
        }
        teardown();
}
END_TEST

START_TEST(a_lease_is_for_one_address) {
        static const char *const networks[] = { "192.0.2.0/24", "0.0.0.0/0", "192.0.2.7/32",
                                                "192.0.2.6/31" };

        setup("root sftp", "uuid resume");
        for (size_t i = 0; i < PF_ELEMENTS(networks); i++) {
                const PfLeaseScope wide = { "root", networks[i], 60000000 };

                OFFER({ PASSWORD, "p", "/etc/ssh", " password=root@192.0.2.7" });
                make_plan(PASSWORD, true, &wide);
                expect_step(PASSWORD, PF_PLAN_NOT_REMEDIABLE, PF_FAIL,
                            "a lease is for one address");
                ck_assert(pf_plan_is_empty(plan));
        }
        teardown();
}
END_TEST

START_TEST(not_everything_can_be_leased) {
        setup("password root sftp", "uuid");
        OFFER({ RESUME, "r", "/boot/grub", " resume" });
        make_plan(RESUME, true, &lease);
        expect_step(RESUME, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "for one account and address alone");
        teardown();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("planner-lease");

        if (uv_sem_init(&let_go, 0) < 0)
                return 1;
        PF_TEST(suite, a_lease_opens_for_nobody_else);
        PF_TEST(suite, a_lease_takes_nothing_from_others);
        PF_TEST(suite, a_lease_that_leads_nowhere_opens_nothing);
        PF_TEST(suite, a_lease_is_for_whom_the_question_is_about);
        PF_TEST(suite, a_lease_is_for_one_address);
        PF_TEST(suite, not_everything_can_be_leased);
        return pf_test_main(suite);
}
