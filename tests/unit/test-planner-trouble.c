/* SPDX-License-Identifier: MIT */
/*
 * What keeps a candidate from being tried: edits meanwhile, secrets, probes that hang.
 */
#include "tests/support/planner-case.h"

/* --- what goes wrong --- */

static void edit_once(void) {
        if (n_proposed == 1)
                pf_sandbox_write(&box, "/etc/ssh", "password root # edited");
}

START_TEST(who_edits_meanwhile_is_not_overwritten) {
        setup("password root", "uuid resume");
        OFFER({ SFTP, "good", "/etc/ssh", " sftp" });
        after_proposal = edit_once;
        ck_assert_int_eq(run(SFTP, false, NULL), -EAGAIN);
        ck_assert_ptr_nonnull(strstr(error.text, "plan again"));
        after_proposal = NULL;
        make_plan(SFTP, false, NULL);
        expect_file(0, "/etc/ssh", "password root # edited sftp");
        teardown();
}
END_TEST

START_TEST(secrets_are_never_edited) {
        setup("password root", "uuid resume");
        pf_sandbox_write(&box, "/etc/shadow", "root:$6$x:1::::::\n");
        pf_sandbox_symlink(&box, "../shadow", "/etc/dir/link");
        OFFER({ SFTP, "through a link", "/etc/dir/link", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "/etc/shadow holds secrets");
        pf_sandbox_write(&box, "/root/.ssh/id_ed25519", "x");
        OFFER({ SFTP, "key", "/root/.ssh/id_ed25519", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "secrets");
        teardown();
}
END_TEST

START_TEST(a_candidate_that_cannot_be_made) {
        setup("password root", "uuid resume");
        pf_sandbox_mkdir(&box, "/etc/dir");
        OFFER({ SFTP, "nowhere", "/no/such/directory", " sftp" },
              { SFTP, "good", "/etc/ssh", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_PASS, "good");
        OFFER({ SFTP, "nowhere", "/no/such/directory", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "its directory is not there");
        OFFER({ SFTP, "a directory", "/etc/dir", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "directory");
        teardown();
}
END_TEST

/* What it would have judged is judged by nobody; the others go on. */
START_TEST(a_probe_that_hangs_from_the_beginning) {
        setup("password root", "uuid resume");
        atomic_store(&hangs, true);
        OFFER({ SFTP, "good", "/etc/ssh", " sftp" });
        make_plan(NULL, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_PASS, "good");
        ck_assert_str_eq(plan->hanging, "boot");
        atomic_store(&hangs, false);
        uv_sem_post(&let_go);
        teardown();
}
END_TEST

START_TEST(a_probe_that_hangs_on_a_candidate) {
        setup("password root", "uuid resume");
        atomic_store(&hangs_on_overlays, true);
        OFFER({ SFTP, "hangs", "/hang", " sftp" });
        ck_assert_int_eq(run(SFTP, false, NULL), -ETIMEDOUT);
        ck_assert_ptr_nonnull(strstr(error.text, "\"boot\" does not come back"));
        atomic_store(&hangs_on_overlays, false);
        uv_sem_post(&let_go);
        teardown();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("planner-trouble");

        if (uv_sem_init(&let_go, 0) < 0)
                return 1;
        PF_TEST(suite, who_edits_meanwhile_is_not_overwritten);
        PF_TEST(suite, secrets_are_never_edited);
        PF_TEST(suite, a_candidate_that_cannot_be_made);
        PF_TEST(suite, a_probe_that_hangs_from_the_beginning);
        PF_TEST(suite, a_probe_that_hangs_on_a_candidate);
        return pf_test_main(suite);
}
