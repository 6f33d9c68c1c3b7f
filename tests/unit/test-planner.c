/* SPDX-License-Identifier: MIT */
/*
 * Which candidates a plan keeps, and what it says of each check that was asked for.
 */
#include "tests/support/planner-case.h"

/* --- what is kept --- */

START_TEST(the_first_that_turns_and_harms_nothing_is_kept) {
        setup("password root", "uuid resume");
        OFFER({ SFTP, "useless", "/etc/ssh", " nothing" }, { SFTP, "harmful", "/boot/grub", NULL },
              { SFTP, "good", "/etc/ssh", " sftp" }, { SFTP, "as good", "/etc/ssh", " x sftp" });
        make_plan(NULL, false, NULL);

        ck_assert_uint_eq(plan->n_steps, 2); /* and ssh.access */
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_PASS, "good");
        expect_step(ACCESS, PF_PLAN_REMEDIED, PF_PASS, "the login works");
        ck_assert_uint_eq(plan->n_files, 1);
        expect_file(0, "/etc/ssh", "password root sftp");
        ck_assert_str_eq(plan->files[0].before_bytes, "password root");
        ck_assert_uint_eq(strlen(plan->files[0].before_sha256), 64);
        ck_assert_uint_eq(plan->n_actions, 1);
        ck_assert_uint_eq(plan->remaining.n, 0);
        ck_assert(plan->not_validated); /* an image */
        ck_assert_uint_eq(strlen(plan->digest), 71);
        teardown();
}
END_TEST

START_TEST(what_makes_another_worse_is_not_kept) {
        setup("password root", "uuid resume");
        OFFER({ SFTP, "harmful", "/etc/ssh", " sftp root=no" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL,
                    "harmful: then " ROOT_LOGIN " would be worse: root is missing");
        ck_assert(pf_plan_is_empty(plan));
        ck_assert_uint_eq(plan->n_actions, 0);
        ck_assert(remains(SFTP) && remains(ACCESS) && !remains(ROOT_LOGIN));

        /* Also from passing to a warning, and to what cannot be told. */
        OFFER({ SFTP, "harmful", "/etc/ssh", " sftp root=warn" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, ROOT_LOGIN);
        OFFER({ SFTP, "harmful", "/etc/ssh", " sftp root=unknown" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, ROOT_LOGIN);
        teardown();
}
END_TEST

/* It fails as it did, but is stopped before it comes as far as it came. */
START_TEST(a_login_that_comes_less_far_is_worse) {
        setup("password root=no", "uuid resume");
        OFFER({ SFTP, "deafens", "/etc/ssh", " sftp deaf" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "deafens: then " ACCESS " would be worse");

        OFFER({ SFTP, "does not", "/etc/ssh", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_PASS, "does not");
        teardown();
}
END_TEST

START_TEST(a_warning_is_better_than_a_failure_and_not_than_itself) {
        setup("password root", "uuid resume");
        OFFER({ SFTP, "nearly", "/etc/ssh", " sftp=warn" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_WARN, "nearly");
        ck_assert(remains(SFTP));

        pf_sandbox_write(&box, "/etc/ssh", "password root sftp=warn");
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_WARN, "that alone would not do");
        teardown();
}
END_TEST

START_TEST(what_is_not_known_is_not_changed) {
        setup("password root sftp=unknown", "uuid resume");
        OFFER({ SFTP, "good", "/etc/ssh", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NOT_REMEDIABLE, PF_UNKNOWN, "nothing is changed on a guess");
        ck_assert_uint_eq(n_proposed, 0);

        /* And what would make it unknown is no remedy. */
        pf_sandbox_write(&box, "/etc/ssh", "password root");
        OFFER({ SFTP, "blurs", "/etc/ssh", " sftp=unknown" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "sftp cannot be read");
        teardown();
}
END_TEST

START_TEST(without_a_candidate_the_remedy_says_why) {
        setup("password root", "uuid resume");
        refusal = "the line is generated";
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "the line is generated");
        pf_sandbox_write(&box, "/boot/grub", "");
        make_plan(RESOLVES, false, NULL);
        expect_step(RESOLVES, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "a person has to do it");
        teardown();
}
END_TEST

/* A tool that works for minutes does so once somebody has said yes. */
START_TEST(no_tool_works_without_consent) {
        setup("root sftp", "uuid resume");
        OFFER({ PASSWORD, "opens", "/etc/ssh", " password" });
        scratch = box.root;
        make_plan(PASSWORD, false, NULL);
        expect_step(PASSWORD, PF_PLAN_CONSENT, PF_FAIL, "a tool opens it");
        ck_assert_uint_eq(n_proposed, 0);
        make_plan(PASSWORD, true, NULL);
        expect_step(PASSWORD, PF_PLAN_REMEDIED, PF_PASS, "opens");
        teardown();
}
END_TEST

START_TEST(consent_is_asked_for_what_would_be_done) {
        setup("root sftp", "uuid resume");
        OFFER({ PASSWORD, "opens", "/etc/ssh", " password" });
        make_plan(NULL, false, NULL);
        expect_step(PASSWORD, PF_PLAN_CONSENT, PF_FAIL, "opens");
        expect_step(ACCESS, PF_PLAN_CONSENT, PF_FAIL, "consent");
        ck_assert(pf_plan_is_empty(plan));

        make_plan(NULL, true, NULL);
        expect_step(PASSWORD, PF_PLAN_REMEDIED, PF_PASS, "opens");
        expect_step(ACCESS, PF_PLAN_REMEDIED, PF_PASS, "the login works");
        expect_file(0, "/etc/ssh", "root sftp password");
        teardown();
}
END_TEST

/* --- several at once --- */

/* By whatever name each remedy knows it: one file, one before and one after. */
START_TEST(remedies_of_one_file_build_on_each_other) {
        setup("", "uuid resume");
        pf_sandbox_symlink(&box, "ssh", "/etc/also-ssh");
        OFFER({ PASSWORD, "p", "/etc/ssh", " password" },
              { ROOT_LOGIN, "r", "/etc/also-ssh", " root" }, { SFTP, "s", "/etc/ssh", " sftp" });
        make_plan("ssh.*", true, NULL);
        ck_assert_uint_eq(plan->n_files, 1);
        expect_file(0, "/etc/ssh", " password root sftp");
        ck_assert_str_eq(plan->files[0].before_bytes, "");
        ck_assert_uint_eq(plan->n_actions, 1);
        ck_assert_uint_eq(plan->n_steps, 4);
        expect_step(ACCESS, PF_PLAN_REMEDIED, PF_PASS, "the login works");
        teardown();
}
END_TEST

START_TEST(a_later_change_makes_an_earlier_one_needless) {
        setup("password root sftp", "");
        OFFER({ BOOT, "first", "/boot/grub.d", "uuid" },
              { RESUME, "both", "/boot/grub", "uuid resume" });
        make_plan("boot.*", false, NULL);
        ck_assert_uint_eq(plan->n_files, 1);
        expect_file(0, "/boot/grub", "uuid resume");
        expect_step(BOOT, PF_PLAN_REMEDIED, PF_PASS, "first");
        expect_step(RESOLVES, PF_PLAN_REMEDIED, PF_PASS, "follows from");

        /* Not where the later one was made of what the earlier one had made. */
        OFFER({ BOOT, "first", "/boot/grub", "uuid" },
              { RESUME, "both", "/boot/grub", " uuid resume" });
        make_plan("boot.*", false, NULL);
        expect_file(0, "/boot/grub", "uuid uuid resume");
        teardown();
}
END_TEST

START_TEST(a_file_that_is_new_and_one_that_goes) {
        setup("password root", "resume");
        OFFER({ SFTP, "s", "/etc/ssh", NULL }, { BOOT, "b", "/boot/grub.d", "uuid" });
        make_plan(NULL, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_SKIP, "s");
        ck_assert_uint_eq(plan->n_files, 2);
        ck_assert_str_eq(plan->files[0].edit.path, "/etc/ssh");
        ck_assert_ptr_null(plan->files[0].edit.bytes);
        ck_assert_str_eq(plan->files[0].after_sha256, "");
        ck_assert_str_eq(plan->files[0].before_bytes, "password root");

        expect_file(1, "/boot/grub.d", "uuid");
        ck_assert(plan->files[1].was_absent);
        ck_assert_str_eq(plan->files[1].before_sha256, "");
        ck_assert_ptr_null(plan->files[1].before_bytes);
        teardown();
}
END_TEST

/* --- what is asked for --- */

START_TEST(a_check_that_passes_is_left_alone) {
        setup("password root sftp", "uuid resume");
        OFFER({ SFTP, "s", "/etc/ssh", " more" });
        make_plan("ssh.*", true, NULL);
        expect_step(SFTP, PF_PLAN_PASSES, PF_PASS, "sftp is there");
        ck_assert(pf_plan_is_empty(plan));
        ck_assert_uint_eq(n_proposed, 0);
        teardown();
}
END_TEST

START_TEST(a_name_that_no_check_has) {
        setup("", "");
        ck_assert_int_eq(run("no.such", false, NULL), PF_PLANNER_NO_SUCH_CHECK);
        teardown();
}
END_TEST

/* Asked for the login alone, what stops it is planned, and nothing else. */
START_TEST(the_login_brings_what_stops_it) {
        setup("sftp", "");
        OFFER({ PASSWORD, "p", "/etc/ssh", " password" }, { ROOT_LOGIN, "r", "/etc/ssh", " root" },
              { BOOT, "b", "/boot/grub", " uuid" });
        make_plan(ACCESS, true, NULL);
        ck_assert_uint_eq(plan->n_steps, 3);
        expect_file(0, "/etc/ssh", "sftp password root");
        expect_step(ACCESS, PF_PLAN_REMEDIED, PF_PASS, "the login works");
        ck_assert(remains(BOOT));
        teardown();
}
END_TEST

START_TEST(a_login_that_would_still_not_work_is_said_to) {
        setup("sftp", "uuid resume");
        OFFER({ PASSWORD, "p", "/etc/ssh", " password" });
        refusal = "nobody may";
        make_plan(ACCESS, true, NULL);
        expect_step(PASSWORD, PF_PLAN_REMEDIED, PF_PASS, "p");
        expect_step(ROOT_LOGIN, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "nobody may");
        expect_step(ACCESS, PF_PLAN_NO_EFFECT, PF_FAIL, "would still not work: no login");
        ck_assert(remains(ACCESS) && remains(ROOT_LOGIN));
        teardown();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("planner");

        if (uv_sem_init(&let_go, 0) < 0)
                return 1;
        PF_TEST(suite, the_first_that_turns_and_harms_nothing_is_kept);
        PF_TEST(suite, what_makes_another_worse_is_not_kept);
        PF_TEST(suite, a_login_that_comes_less_far_is_worse);
        PF_TEST(suite, a_warning_is_better_than_a_failure_and_not_than_itself);
        PF_TEST(suite, what_is_not_known_is_not_changed);
        PF_TEST(suite, without_a_candidate_the_remedy_says_why);
        PF_TEST(suite, no_tool_works_without_consent);
        PF_TEST(suite, consent_is_asked_for_what_would_be_done);
        PF_TEST(suite, remedies_of_one_file_build_on_each_other);
        PF_TEST(suite, a_later_change_makes_an_earlier_one_needless);
        PF_TEST(suite, a_file_that_is_new_and_one_that_goes);
        PF_TEST(suite, a_check_that_passes_is_left_alone);
        PF_TEST(suite, a_name_that_no_check_has);
        PF_TEST(suite, the_login_brings_what_stops_it);
        PF_TEST(suite, a_login_that_would_still_not_work_is_said_to);
        return pf_test_main(suite);
}
