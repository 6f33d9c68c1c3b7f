/* SPDX-License-Identifier: MIT */
/* pam_access: rules, users, groups and origins, as the real module answers. */
#include <string.h>

#include "tests/support/pam-case.h"

extern const PfPamModule pf_pam_access;

static PfSandbox box;

#define GRANTED PF_PAM_SUCCESS
#define DENIED PF_PAM_PERM_DENIED

static const struct {
        const char *rules;
        const char *user; /* NULL: root */
        const char *source;
        PfPamCode code;
        const char *words;
} cases[] = {
        { "", NULL, NULL, GRANTED, NULL },
        { "-:root:ALL\n", NULL, NULL, DENIED, NULL },
        { "-:root:ALL", NULL, NULL, GRANTED, NULL },
        { "-:ALL:ALL\n+:root:10.20.0.5\n", NULL, NULL, DENIED, NULL },
        { "+:root:10.20.0.5\n-:ALL:ALL\n", NULL, NULL, GRANTED, NULL },
        { "+:root:10.20.0.5\n-:ALL:ALL\n", NULL, "10.20.0.6", DENIED, NULL },
        { "+:root:10.20.\n-:ALL:ALL\n", NULL, NULL, GRANTED, NULL },
        { "-:root:10.20\n", NULL, NULL, GRANTED, NULL },
        { "+:root:10.20.0.0/255.255.0.0\n-:ALL:ALL\n", NULL, NULL, GRANTED, NULL },
        { "-:root:10.20.99.99/16\n", NULL, NULL, DENIED, NULL },
        { "-:root:10.20.0.0/0x10\n", NULL, NULL, DENIED, NULL },
        { "-:root:10.20.0.4/31\n", NULL, NULL, DENIED, NULL },
        { "-:root:10.20.0.6/31\n", NULL, NULL, GRANTED, NULL },
        { "-:root:10.20.0.5/33\n", NULL, NULL, GRANTED, NULL },
        { "-:root:10.20.0.5/-1\n", NULL, NULL, GRANTED, NULL },
        { "-:root:0.0.0.0/0\n", NULL, NULL, GRANTED, NULL },
        { "-:root:10.20.0.5/0\n", NULL, NULL, DENIED, NULL },
        { "-:root:1.2.3.4/0.0.0.0\n", NULL, NULL, DENIED, NULL },
        { "-:root:10.20.0.0/255.0.255.0\n", NULL, NULL, DENIED, NULL },
        { "-:root:10.20.0.0/16\n", NULL, "fd20::5", GRANTED, NULL },
        { "-:root:fd20::/16\n", NULL, "fd20::5", DENIED, NULL },
        { "-:root:fd20::/ffff::\n", NULL, "fd20::5", DENIED, NULL },
        { "-:root:fd20:0:0::5\n", NULL, "fd20::5", DENIED, NULL },
        { "-:root:.0.5\n", NULL, NULL, DENIED, NULL },
        { "-:root:LOCAL\n", NULL, NULL, GRANTED, NULL },
        { "-:root:ALL EXCEPT LOCAL\n", NULL, NULL, DENIED, NULL },
        { "-:root:ALL EXCEPT 10.20.\n", NULL, NULL, GRANTED, NULL },
        { "+:root:tty1 ttyS0 :0\n-:ALL:ALL\n", NULL, NULL, DENIED, NULL },
        { "-:Root:ALL\n", NULL, NULL, DENIED, NULL },
        { "-:wheel:ALL\n", "user", NULL, DENIED, NULL },
        { "-:wheel:ALL\n", "user", NULL, GRANTED, "nodefgroup" },
        { "-:(wheel):ALL\n", "user", NULL, DENIED, "nodefgroup" },
        { "-:WHEEL:ALL\n", "user", NULL, GRANTED, NULL },
        { "-:(user):ALL\n", "user", NULL, DENIED, NULL },
        { "-:(wheel):ALL\n", NULL, NULL, GRANTED, NULL },
        { "-:(ALL):ALL\n", NULL, NULL, GRANTED, NULL },
        { "-:ALL EXCEPT (wheel) root:ALL\n", "user", NULL, GRANTED, NULL },
        { "-:ALL EXCEPT (wheel) root:ALL\n", "daemon", NULL, DENIED, NULL },
        { "-:root@box:ALL\n", NULL, NULL, DENIED, NULL },
        { "-:root@other:ALL\n", NULL, NULL, GRANTED, NULL },
        { "-:(root)@ALL:ALL\n", NULL, NULL, DENIED, NULL },
        { "-|root|fd20::5\n", NULL, "fd20::5", DENIED, "fieldsep=|" },
        { "-:daemon;root:ALL\n", NULL, NULL, DENIED, "listsep=;" },
        { "-:root:ALL\n", NULL, NULL, DENIED, "listsep=; noaudit debug" },
        { "-:root : ALL\n", NULL, NULL, GRANTED, "listsep=," },
        { "-:ALL:ALL\n", "nosuch", NULL, PF_PAM_USER_UNKNOWN, NULL },
        /* Who is in a netgroup, or where from: decided only where all ways agree. */
        { "-:@admins:ALL\n", NULL, NULL, PF_PAM_UNKNOWN, NULL },
        { "+:@admins:ALL\n-:ALL:ALL\n", NULL, NULL, PF_PAM_UNKNOWN, NULL },
        { "-:@admins:ALL\n-:ALL:ALL\n", NULL, NULL, DENIED, NULL },
        { "+:@admins:ALL\n", NULL, NULL, GRANTED, NULL },
        { "-:root@10.0.0.0/8:ALL\n", NULL, NULL, PF_PAM_UNKNOWN, NULL },
        { "-:root:10.20.0.5\n", NULL, "", PF_PAM_UNKNOWN, NULL },
        { "-:root:.example.com\n", NULL, "", PF_PAM_UNKNOWN, NULL },
        { "-:root:10.\n", NULL, "", PF_PAM_UNKNOWN, NULL },
        { "-:user:10.20.0.5\n", NULL, "", GRANTED, NULL },
        { "-:root:LOCAL tty1\n", NULL, "", GRANTED, NULL },
        { "-:root:ALL\n", NULL, "", DENIED, NULL },
};

START_TEST(rules) {
        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/hostname", "box\n");
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                const PfPamCase one = { .facility = PF_PAM_ACCOUNT,
                                        .words = cases[i].words,
                                        .user = cases[i].user,
                                        .source = cases[i].source };

                pf_sandbox_write(&box, "/etc/security/access.conf", cases[i].rules);
                pf_pam_case_check(&box, &pf_pam_access, &one, cases[i].code, cases[i].rules);
        }
}
END_TEST

START_TEST(evidence) {
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };

        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/security/access.conf", "# x\n+:user:ALL\n- : ALL : ALL \n");
        pf_pam_case_ask(&box, &pf_pam_access, &(PfPamCase){ .facility = PF_PAM_AUTH }, &answer);
        ck_assert_int_eq(answer.code, DENIED);
        ck_assert_str_eq(answer.reason, "pam-access");
        ck_assert_str_eq(answer.evidence.path, "/etc/security/access.conf");
        ck_assert_uint_eq(answer.evidence.line, 3);
        ck_assert_str_eq(answer.evidence.found, "- : ALL : ALL ");
        ck_assert_str_eq(answer.evidence.expected, "+:root:10.20.0.5");
}
END_TEST

/* The drop-ins continue the main file, and count without it. */
START_TEST(drop_ins) {
        const PfPamCase one = { .facility = PF_PAM_ACCOUNT };

        pf_pam_case_open(&box);
        pf_pam_case_check(&box, &pf_pam_access, &one, GRANTED, "no file");
        pf_sandbox_write(&box, "/etc/security/access.d/10-deny.conf.bak", "-:root:ALL\n");
        pf_pam_case_check(&box, &pf_pam_access, &one, GRANTED, "not *.conf");
        pf_sandbox_write(&box, "/etc/security/access.d/20.conf", "-:root:ALL\n");
        pf_pam_case_check(&box, &pf_pam_access, &one, DENIED, "a drop-in");
        pf_sandbox_write(&box, "/etc/security/access.d/10.conf", "+:root:ALL\n");
        pf_pam_case_check(&box, &pf_pam_access, &one, GRANTED, "an earlier one");
        pf_sandbox_write(&box, "/etc/security/access.conf", "-:root:ALL\n");
        pf_pam_case_check(&box, &pf_pam_access, &one, DENIED, "the main file");
}
END_TEST

START_TEST(given_file) {
        const PfPamCase one = { .facility = PF_PAM_ACCOUNT, .words = "accessfile=/etc/a" };

        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/security/access.d/20.conf", "-:root:ALL\n");
        pf_pam_case_check(&box, &pf_pam_access, &one, PF_PAM_ABORT, "no file");
        pf_sandbox_write(&box, "/etc/a", "");
        pf_pam_case_check(&box, &pf_pam_access, &one, GRANTED, "no drop-ins");
}
END_TEST

/* A name is looked up since 1.5.3 only; then /etc/hosts can say no, but not yes. */
START_TEST(host_names) {
        const PfPamCase one = { .facility = PF_PAM_ACCOUNT };

        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/security/access.conf", "-:root:h\n");
        pf_sandbox_write(&box, "/etc/hosts", "10.20.0.5 h\n");
        pf_pam_case_check(&box, &pf_pam_access, &one, GRANTED, "Debian 12");
        pf_pam_case_check(&box, &pf_pam_access,
                          &(PfPamCase){ .facility = PF_PAM_ACCOUNT, .source_host = "H" }, DENIED,
                          "the name itself");
        pf_sandbox_write(&box, "/etc/debian_version", "13.1\n");
        pf_pam_case_check(&box, &pf_pam_access, &one, PF_PAM_UNKNOWN, "the address");
        pf_sandbox_write(&box, "/etc/hosts", "10.20.0.6 h\n");
        pf_pam_case_check(&box, &pf_pam_access, &one, GRANTED, "another address");
        pf_sandbox_write(&box, "/etc/hosts", "");
        pf_pam_case_check(&box, &pf_pam_access, &one, PF_PAM_UNKNOWN, "a resolver's");
}
END_TEST

START_TEST(unreadable) {
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        const PfStrv args = { 0 };
        const PfPamLine line = { .args = &args };
        PfErr err = { 0 };

        pf_pam_case_open(&box);
        pf_sandbox_mkfifo(&box, "/etc/security/access.conf");
        ck_assert_int_eq(pf_sshd_account_read(box.target, "root", &account, &err), 0);
        const PfPamQuestion question = { .target = box.target,
                                         .user = "root",
                                         .account = &account };
        ck_assert_int_lt(pf_pam_access.run(&question, PF_PAM_ACCOUNT, &line, &answer, &err), 0);
        ck_assert_ptr_nonnull(strstr(err.text, "access.conf"));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pam-access");

        PF_TEST(suite, rules);
        PF_TEST(suite, evidence);
        PF_TEST(suite, drop_ins);
        PF_TEST(suite, given_file);
        PF_TEST(suite, host_names);
        PF_TEST(suite, unreadable);
        return pf_test_main(suite);
}
