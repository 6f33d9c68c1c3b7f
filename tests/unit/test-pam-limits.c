/* SPDX-License-Identifier: MIT */
/* pam_limits: whose limit counts, how many sessions there are, and resources
 * with which none begins. */
#include <string.h>

#include "tests/support/pam-case.h"

extern const PfPamModule pf_pam_limits;

static PfSandbox box;

#define OK PF_PAM_SUCCESS
#define DENIED PF_PAM_PERM_DENIED

static const struct {
        const char *limits;
        const char *user; /* NULL: user */
        PfPamCode code;
} cases[] = {
        { "", NULL, OK },
        { "user - maxlogins 0\n", NULL, DENIED },
        { "user - maxlogins 0", NULL, DENIED },
        { "user - maxlogins 1\n", NULL, OK },
        { "user - MaxLogins 0 x\n", NULL, DENIED },
        { "User - maxlogins 0\n", NULL, OK },
        { "user x maxlogins 0\n", NULL, DENIED },
        { "user - maxlogins many\n", NULL, OK },
        { "user - maxlogins -1\n", NULL, OK },
        { "* - maxlogins 0\n", NULL, DENIED },
        { "* - maxlogins 0\n", "root", OK },
        { "root - maxlogins 0\n", "root", OK },
        { "* - maxsyslogins 0\n", NULL, DENIED },
        { "% - maxlogins 0\n", NULL, DENIED },
        { "% - maxsyslogins 0\n", NULL, OK },
        { "@wheel - maxlogins 0\n", NULL, DENIED },
        { "@daemon - maxlogins 0\n", NULL, OK },
        { "%wheel - maxlogins 0\n", NULL, DENIED },
        { "%wheel - maxlogins 3\n", NULL, PF_PAM_UNKNOWN },
        { ":1000 - maxlogins 0\n", NULL, DENIED },
        { "999: - maxlogins 0\n", NULL, DENIED },
        { "1001: - maxlogins 0\n", NULL, OK },
        { "@:1000 - maxlogins 0\n", NULL, DENIED },
        { "user -\nuser - maxlogins 0\n", NULL, OK },
        { "user - maxlogins 0\nuser -\n", NULL, OK },
        { "* -\nuser - maxlogins 0\n", NULL, DENIED },
        { "* - maxlogins 0\nuser - maxlogins 1\n", NULL, OK },
        { "user - maxlogins 1\n* - maxlogins 0\n", NULL, OK },
        { "@wheel - maxlogins 0\n* - maxlogins 1\n", NULL, DENIED },
        { "% - maxlogins 0\n* - maxlogins 9\n", NULL, DENIED },
        { "user - maxlogins 0\nuser - maxlogins 1\n", NULL, OK },
        { "user hard nproc 0\n", NULL, DENIED },
        { "user soft nproc 1\n", NULL, DENIED },
        { "user - nproc 2\n", NULL, PF_PAM_UNKNOWN },
        { "user - nproc 500\n", NULL, OK },
        { "user hard nproc 500\nuser soft nproc 0\n", NULL, DENIED },
        { "root hard nproc 0\n", "root", OK },
        { "root - nofile 0\n", "root", DENIED },
        { "* - nofile 0\n", "root", OK },
        { "* - nofile 64\n", NULL, OK },
        { "* - nofile 10\n", NULL, PF_PAM_UNKNOWN },
        { "* - as 1000\n", NULL, PF_PAM_UNKNOWN },
        { "* - as unlimited\n", NULL, OK },
        { "user - chroot /srv\n", NULL, PF_PAM_UNKNOWN },
        { "user - chroot /\n", NULL, OK },
        { "root hard nofile many\n", "root", OK },
        { "* - maxlogins 0\n", "nosuch", PF_PAM_USER_UNKNOWN },
};

START_TEST(limits) {
        pf_pam_case_open(&box);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                const PfPamCase one = { .facility = PF_PAM_SESSION,
                                        .user = cases[i].user ? cases[i].user : "user" };

                pf_sandbox_write(&box, "/etc/security/limits.conf", cases[i].limits);
                pf_pam_case_check(&box, &pf_pam_limits, &one, cases[i].code, cases[i].limits);
        }
}
END_TEST

START_TEST(evidence) {
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };
        const PfPamCase one = { .facility = PF_PAM_SESSION, .user = "user" };

        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/security/limits.conf", "# x\n* - maxlogins 9\n");
        pf_sandbox_write(&box, "/etc/security/limits.d/90.conf", "\n@wheel - maxlogins 0\n");
        pf_pam_case_ask(&box, &pf_pam_limits, &one, &answer);
        ck_assert_int_eq(answer.code, DENIED);
        ck_assert_str_eq(answer.reason, "pam-limits");
        ck_assert_str_eq(answer.evidence.path, "/etc/security/limits.d/90.conf");
        ck_assert_uint_eq(answer.evidence.line, 2);
        ck_assert_str_eq(answer.evidence.found, "@wheel - maxlogins 0");
}
END_TEST

START_TEST(files) {
        const PfPamCase one = { .facility = PF_PAM_SESSION, .user = "user" };
        const PfPamCase given = { .facility = PF_PAM_SESSION, .user = "user", .words = "conf=/l" };

        pf_pam_case_open(&box);
        pf_pam_case_check(&box, &pf_pam_limits, &one, PF_PAM_SERVICE_ERR, "no file");
        pf_pam_case_check(&box, &pf_pam_limits, &given, PF_PAM_SERVICE_ERR, "no file given");
        pf_sandbox_write(&box, "/usr/etc/security/limits.conf", "");
        pf_pam_case_check(&box, &pf_pam_limits, &one, OK, "the vendor's");
        pf_sandbox_write(&box, "/etc/security/limits.d/a.conf.bak", "* - maxlogins 0\n");
        pf_pam_case_check(&box, &pf_pam_limits, &one, OK, "not *.conf");
        pf_sandbox_write(&box, "/etc/security/limits.d/a.conf", "* - maxlogins 0\n");
        pf_pam_case_check(&box, &pf_pam_limits, &one, DENIED, "a drop-in");
        pf_sandbox_write(&box, "/l", "");
        pf_pam_case_check(&box, &pf_pam_limits, &given, OK, "no drop-ins beside a given file");
}
END_TEST

/* A record of utmp(5). */
static void write_utmp(const char *user, short type) {
        char record[384] = { 0 };

        memcpy(record, &type, sizeof(type));
        memcpy(record + 44, user, strlen(user));
        pf_sandbox_write_bytes(&box, "/run/utmp", record, sizeof(record));
}

/* What an image's utmp says need not be so when somebody logs in. */
START_TEST(sessions_of_an_image) {
        const PfPamCase one = { .facility = PF_PAM_SESSION, .user = "user" };

        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/security/limits.conf", "user - maxlogins 1\n");
        write_utmp("user", 7);
        pf_pam_case_check(&box, &pf_pam_limits, &one, PF_PAM_UNKNOWN, "a session");
        write_utmp("user", 8);
        pf_pam_case_check(&box, &pf_pam_limits, &one, OK, "a dead process");
        write_utmp("root", 7);
        pf_pam_case_check(&box, &pf_pam_limits, &one, OK, "another's");
        pf_sandbox_write(&box, "/etc/security/limits.conf", "* - maxsyslogins 1\n");
        pf_pam_case_check(&box, &pf_pam_limits, &one, PF_PAM_UNKNOWN, "all count");
        pf_sandbox_write(&box, "/run/utmp", "cut off");
        pf_pam_case_check(&box, &pf_pam_limits, &one, OK, "no whole record");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pam-limits");

        PF_TEST(suite, limits);
        PF_TEST(suite, evidence);
        PF_TEST(suite, files);
        PF_TEST(suite, sessions_of_an_image);
        return pf_test_main(suite);
}
