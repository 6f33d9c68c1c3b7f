/* SPDX-License-Identifier: MIT */
/* The codes expected here are those of libpam 1.5.2 for the same stacks. */
#include <string.h>

#include "probes/pam/modules.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define MODULES "/lib/x86_64-linux-gnu/security/"

static const char *const present[] = { "pam_permit", "pam_deny", "pam_debug", "pam_warn",
                                       "pam_env",    "pam_odd",  "pam_limits" };

static void machine(PfSandbox *box, const char *stack) {
        pf_sandbox_new(box);
        for (size_t i = 0; i < PF_ELEMENTS(present); i++) {
                char path[128];

                (void) snprintf(path, sizeof(path), MODULES "%s.so", present[i]);
                pf_sandbox_write(box, path,
                                 "\x7f"
                                 "ELF");
        }
        pf_sandbox_write(box, "/etc/pam.d/sshd", stack);
}

static void evaluate(const PfSandbox *box, PfPamFacility facility, PfPamVerdict *ret) {
        static const PfSshdAccount account = { .exists = true, .name = (char *) "root" };
        const PfPamQuestion question = {
                .target = box->target, .service = "sshd", .user = "root", .account = &account
        };
        PfErr err = { 0 };

        ck_assert_msg(pf_pam_evaluate(&question, facility, ret, &err) == 0, "%s", err.text);
}

static void expect(PfPamFacility facility, const char *stack, PfPamCode code) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };

        machine(&box, stack);
        evaluate(&box, facility, &verdict);
        ck_assert_msg(verdict.code == code, "%s: %u", stack, verdict.code);
}

static void expect_blame(const char *stack, const char *path, unsigned line) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };

        machine(&box, stack);
        evaluate(&box, PF_PAM_AUTH, &verdict);
        ck_assert_uint_gt(verdict.n_evidence, 0);
        ck_assert_str_eq(verdict.evidence[0].path, path);
        ck_assert_uint_eq(verdict.evidence[0].line, line);
        ck_assert_ptr_nonnull(verdict.answer.why);
}

#define PERMIT "auth required pam_permit.so\n"
#define DENY "auth requisite pam_deny.so\n"

START_TEST(words) {
        expect(PF_PAM_AUTH, PERMIT, PF_PAM_SUCCESS);
        expect(PF_PAM_AUTH, "auth required pam_deny.so\n" PERMIT, PF_PAM_AUTH_ERR);
        expect(PF_PAM_AUTH, "auth optional pam_deny.so\n" PERMIT, PF_PAM_SUCCESS);
        expect(PF_PAM_AUTH, "auth sufficient pam_permit.so\n" DENY, PF_PAM_SUCCESS);
        expect(PF_PAM_AUTH, "auth sufficient pam_deny.so\n", PF_PAM_PERM_DENIED);
        expect(PF_PAM_AUTH, "auth required pam_warn.so\n", PF_PAM_PERM_DENIED);
        expect(PF_PAM_AUTH, "auth mandatory pam_permit.so\n" PERMIT, PF_PAM_PERM_DENIED);
        expect(PF_PAM_AUTH, "auth optional\n" PERMIT, PF_PAM_SUCCESS);
        expect(PF_PAM_SESSION, "session required pam_deny.so\n", PF_PAM_SESSION_ERR);
}
END_TEST

START_TEST(jumps) {
        expect(PF_PAM_AUTH, "auth [success=1 default=ignore] pam_permit.so\n" DENY PERMIT,
               PF_PAM_SUCCESS);
        expect(PF_PAM_AUTH, "auth [success=1 default=ignore] pam_deny.so\n" DENY PERMIT,
               PF_PAM_AUTH_ERR);
        expect(PF_PAM_AUTH, "auth [success=1] pam_permit.so\n" PERMIT, PF_PAM_PERM_DENIED);
        expect(PF_PAM_AUTH, "auth [success=3] pam_permit.so\n" PERMIT PERMIT, PF_PAM_PERM_DENIED);
}
END_TEST

START_TEST(impressions) {
        expect(PF_PAM_AUTH, "auth [auth_err=ok] pam_deny.so\n" PERMIT, PF_PAM_AUTH_ERR);
        expect(PF_PAM_AUTH,
               "auth required pam_deny.so\nauth [success=reset] pam_permit.so\n" PERMIT,
               PF_PAM_SUCCESS);
        expect(PF_PAM_AUTH, "auth required pam_deny.so\nauth sufficient pam_permit.so\n",
               PF_PAM_AUTH_ERR);
}
END_TEST

static void expect_with(const char *inner, const char *stack, PfPamCode code) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };

        machine(&box, stack);
        pf_sandbox_write(&box, "/etc/pam.d/inner", inner);
        evaluate(&box, PF_PAM_AUTH, &verdict);
        ck_assert_msg(verdict.code == code, "%s%s: %u", stack, inner, verdict.code);
}

START_TEST(substacks) {
        expect_with("auth sufficient pam_permit.so\n", "auth substack inner\n" DENY,
                    PF_PAM_AUTH_ERR);
        expect_with("auth sufficient pam_permit.so\n", "auth include inner\n" DENY, PF_PAM_SUCCESS);
        expect_with("auth [success=1] pam_permit.so\n", "auth substack inner\n" PERMIT,
                    PF_PAM_PERM_DENIED);
        expect_with(DENY PERMIT, "auth [success=1] pam_permit.so\nauth substack inner\n" PERMIT,
                    PF_PAM_SUCCESS);
        expect_with("", "auth substack inner\n", PF_PAM_PERM_DENIED);
}
END_TEST

START_TEST(missing_modules) {
        expect(PF_PAM_AUTH, "auth required pam_nope.so\n" PERMIT, PF_PAM_MODULE_UNKNOWN);
        expect(PF_PAM_AUTH, "-auth required pam_nope.so\n" PERMIT, PF_PAM_MODULE_UNKNOWN);
        expect(PF_PAM_AUTH, "-auth optional pam_nope.so\n" PERMIT, PF_PAM_SUCCESS);
        expect(PF_PAM_AUTH, "auth required pam_limits.so\n" PERMIT, PF_PAM_MODULE_UNKNOWN);
        expect(PF_PAM_AUTH, "auth required " MODULES "pam_permit.so\n", PF_PAM_SUCCESS);
}
END_TEST

/* Every code of a module that is not known is tried. */
START_TEST(unknown_modules) {
        expect(PF_PAM_AUTH, "auth required pam_odd.so\n" PERMIT, PF_PAM_UNKNOWN);
        expect(PF_PAM_AUTH, "auth optional pam_odd.so\n" PERMIT, PF_PAM_SUCCESS);
        expect(PF_PAM_AUTH, "auth optional pam_odd.so\n" DENY, PF_PAM_AUTH_ERR);
        expect(PF_PAM_AUTH, "auth sufficient pam_odd.so\n" PERMIT, PF_PAM_SUCCESS);
        expect(PF_PAM_AUTH, "auth sufficient pam_odd.so\n" DENY, PF_PAM_UNKNOWN);
        expect_blame(PERMIT "auth required pam_odd.so\n", "/etc/pam.d/sshd", 2);
}
END_TEST

START_TEST(no_directory_is_unknown) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/pam.d/sshd", PERMIT);
        evaluate(&box, PF_PAM_AUTH, &verdict);
        ck_assert_uint_eq(verdict.code, PF_PAM_UNKNOWN);
}
END_TEST

/* setcred goes the way that authenticate went. */
START_TEST(credentials) {
        expect(PF_PAM_CREDENTIALS, "auth sufficient pam_permit.so\n" DENY, PF_PAM_SUCCESS);
        expect(PF_PAM_CREDENTIALS, "auth required pam_debug.so cred=cred_expired\n" PERMIT,
               PF_PAM_CRED_EXPIRED);
        expect(PF_PAM_CREDENTIALS, "auth sufficient pam_debug.so cred=cred_err\n" PERMIT,
               PF_PAM_CRED_ERR);
        expect(PF_PAM_CREDENTIALS, DENY, PF_PAM_CRED_ERR);
}
END_TEST

START_TEST(the_cause_is_shown) {
        expect_blame("auth required pam_deny.so\n" PERMIT, "/etc/pam.d/sshd", 1);
        expect_blame("auth [success=1 default=ignore] pam_nope.so\n" DENY PERMIT,
                     MODULES "pam_nope.so", 0);
        expect_blame(PERMIT "auth [success=1 default=ignore] pam_permit.so\n" PERMIT DENY,
                     "/etc/pam.d/sshd", 2);
        expect_blame(PERMIT "auth [success=9] pam_permit.so\n", "/etc/pam.d/sshd", 2);
        expect_blame("auth required pam_warn.so\n", "/etc/pam.d/sshd", 0);
        expect_blame("auth [success=1] pam_permit.so\n" PERMIT PERMIT "auth required pam_deny.so\n",
                     "/etc/pam.d/sshd", 4);
}
END_TEST

START_TEST(a_refused_configuration) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };

        machine(&box, PERMIT "@include nope\n");
        evaluate(&box, PF_PAM_SESSION, &verdict);
        ck_assert_uint_eq(verdict.code, PF_PAM_ABORT);
        ck_assert_uint_eq(verdict.evidence[0].line, 2);
}
END_TEST

START_TEST(every_module_is_there_once) {
        for (size_t i = 0; i < pf_pam_n_trivial; i++) {
                ck_assert_ptr_eq(pf_pam_module_find(pf_pam_trivial[i].name), &pf_pam_trivial[i]);
                ck_assert_uint_ne(pf_pam_trivial[i].facilities, 0);
        }
        ck_assert_ptr_nonnull(pf_pam_module_find("pam_unix"));
        ck_assert_ptr_null(pf_pam_module_find("pam_odd"));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pam-stack");

        PF_TEST(suite, words);
        PF_TEST(suite, jumps);
        PF_TEST(suite, impressions);
        PF_TEST(suite, substacks);
        PF_TEST(suite, missing_modules);
        PF_TEST(suite, unknown_modules);
        PF_TEST(suite, no_directory_is_unknown);
        PF_TEST(suite, credentials);
        PF_TEST(suite, the_cause_is_shown);
        PF_TEST(suite, a_refused_configuration);
        PF_TEST(suite, every_module_is_there_once);
        return pf_test_main(suite);
}
