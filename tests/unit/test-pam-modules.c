/* SPDX-License-Identifier: MIT */
/* The smaller modules of policy, each on its file that is good, bad or absent. */
#include <string.h>

#include "tests/support/pam-case.h"

extern const PfPamModule pf_pam_shells, pf_pam_securetty, pf_pam_localuser, pf_pam_usertype,
        pf_pam_cap, pf_pam_wheel, pf_pam_group, pf_pam_rhosts, pf_pam_exec, pf_pam_namespace,
        pf_pam_userdb;

static PfSandbox box;

#define OK PF_PAM_SUCCESS
#define FAILS PF_PAM_AUTH_ERR
#define ELF "\177ELF\2\1\1"

/* A module, its words, one file, and what it says. */
typedef struct Row {
        const char *words;
        const char *user;
        const char *path;
        const char *text; /* NULL: not there */
        PfPamCode code;
} Row;

static void check_rows(const PfPamModule *module, PfPamFacility facility, const Row *rows,
                       size_t n) {
        for (size_t i = 0; i < n; i++) {
                const PfPamCase one = { .facility = facility,
                                        .words = rows[i].words,
                                        .user = rows[i].user };

                pf_pam_case_open(&box);
                if (rows[i].text)
                        pf_sandbox_write(&box, rows[i].path, rows[i].text);
                pf_pam_case_check(&box, module, &one, rows[i].code, module->name);
        }
}
#define CHECK_ROWS(module, facility, rows) check_rows(module, facility, rows, PF_ELEMENTS(rows))

START_TEST(shells) {
        static const Row rows[] = {
                { NULL, NULL, "/etc/shells", "# x\n/bin/sh\n/bin/bash\n", OK },
                { NULL, NULL, "/etc/shells", "/bin/bash", OK },
                { NULL, NULL, "/etc/shells", "/bin/sh\n/bin/bash \n", FAILS },
                { NULL, "daemon", "/etc/shells", "/bin/sh\n", FAILS },
                { NULL, NULL, NULL, NULL, FAILS },
                { NULL, "nosuch", "/etc/shells", "/bin/sh\n", FAILS },
        };
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };

        CHECK_ROWS(&pf_pam_shells, PF_PAM_AUTH, rows);
        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/shells", "/bin/sh\n");
        pf_pam_case_ask(&box, &pf_pam_shells, &(PfPamCase){ .words = NULL }, &answer);
        ck_assert_str_eq(answer.reason, "pam-shells");
        ck_assert_str_eq(answer.evidence.path, "/etc/shells");
        ck_assert_str_eq(answer.evidence.expected, "/bin/bash");
        pf_sandbox_write(&box, "/etc/shells", "/bin/bash\n");
        pf_sandbox_chmod(&box, "/etc/shells", 0666);
        pf_pam_case_check(&box, &pf_pam_shells, &(PfPamCase){ .words = NULL }, FAILS, "mode 0666");
}
END_TEST

START_TEST(securetty) {
        static const Row rows[] = {
                { NULL, NULL, NULL, NULL, OK },
                { NULL, NULL, "/etc/securetty", "console\nssh\n", OK },
                { NULL, NULL, "/etc/securetty", "console\n", FAILS },
                { NULL, "user", "/etc/securetty", "console\n", OK },
                { NULL, "nosuch", "/etc/securetty", "console\n", PF_PAM_USER_UNKNOWN },
        };

        CHECK_ROWS(&pf_pam_securetty, PF_PAM_AUTH, rows);
        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/securetty", "ssh\n");
        pf_sandbox_chmod(&box, "/etc/securetty", 0666);
        pf_pam_case_check(&box, &pf_pam_securetty, &(PfPamCase){ .words = NULL }, FAILS,
                          "mode 0666");
}
END_TEST

START_TEST(localuser) {
        static const Row rows[] = {
                { NULL, NULL, NULL, NULL, OK },
                { NULL, "nosuch", NULL, NULL, PF_PAM_PERM_DENIED },
                { "file=/p", NULL, "/p", "roo:x\nroot:\n", OK },
                { "file=/p", NULL, "/p", "root", PF_PAM_PERM_DENIED },
                { "file=/p", NULL, "/p", " root:x\n", PF_PAM_PERM_DENIED },
                { "file=/p", NULL, NULL, NULL, PF_PAM_SERVICE_ERR },
                { "file=/x file=/p", NULL, "/p", "root:x\n", OK },
                { "file=", NULL, NULL, NULL, PF_PAM_SERVICE_ERR },
                { NULL, "root:x", NULL, NULL, PF_PAM_PERM_DENIED },
        };

        CHECK_ROWS(&pf_pam_localuser, PF_PAM_ACCOUNT, rows);
}
END_TEST

START_TEST(usertype) {
        static const Row rows[] = {
                { "issystem", NULL, NULL, NULL, OK },
                { "isregular", NULL, NULL, NULL, FAILS },
                { "isregular", "user", NULL, NULL, OK },
                { "isregular", "nobody", NULL, NULL, FAILS },
                { "isregular", "user", "/etc/login.defs", "UID_MIN 1001\n", FAILS },
                { "isregular", "daemon", "/etc/login.defs", "#UID_MIN 0\n UID_MIN\t\t1\n", OK },
                { "isregular", "user", "/etc/login.defs", "UID_MINIMUM 5000\nUID_MIN x\n", OK },
                { "isregular use_uid", "user", NULL, NULL, FAILS },
                { "issystem isregular", "user", NULL, NULL, OK },
                { "audit", NULL, NULL, NULL, PF_PAM_SERVICE_ERR },
                { "issystem", "nosuch", NULL, NULL, PF_PAM_USER_UNKNOWN },
        };

        CHECK_ROWS(&pf_pam_usertype, PF_PAM_AUTH, rows);
}
END_TEST

/* root runs sshd, and is in no group wheel of this machine. */
START_TEST(wheel) {
        static const Row rows[] = {
                { NULL, "user", NULL, NULL, PF_PAM_PERM_DENIED },
                { "deny", "user", NULL, NULL, PF_PAM_IGNORE },
                { "deny trust", "user", NULL, NULL, OK },
                { "group=root", "user", NULL, NULL, PF_PAM_IGNORE },
                { "group=root trust", "user", NULL, NULL, OK },
                { "group=root deny", "user", NULL, NULL, PF_PAM_PERM_DENIED },
                { "group=nope", "user", NULL, NULL, FAILS },
                { "group=nope deny", "user", NULL, NULL, PF_PAM_IGNORE },
                { "root_only", "user", NULL, NULL, PF_PAM_IGNORE },
                { "root_only", NULL, NULL, NULL, PF_PAM_PERM_DENIED },
                { "trust", "user", "/etc/group", "root:x:0:\n", OK },
                { NULL, "nosuch", NULL, NULL, PF_PAM_USER_UNKNOWN },
        };

        CHECK_ROWS(&pf_pam_wheel, PF_PAM_AUTH, rows);
        /* Elsewhere the module asks for a terminal's user unless told otherwise. */
        pf_pam_case_open(&box);
        pf_sandbox_remove(&box, "/etc/debian_version");
        pf_pam_case_check(&box, &pf_pam_wheel, &(PfPamCase){ .words = NULL }, PF_PAM_UNKNOWN, "");
        pf_pam_case_check(&box, &pf_pam_wheel, &(PfPamCase){ .words = "use_uid" },
                          PF_PAM_PERM_DENIED, "");
}
END_TEST

#define CAPABILITIES "/etc/security/capability.conf"

/* The first line that names the user counts; nobody is refused. */
START_TEST(capabilities) {
        static const Row rows[] = {
                { NULL, "user", NULL, NULL, PF_PAM_IGNORE },
                { NULL, "user", CAPABILITIES, "", PF_PAM_IGNORE },
                { NULL, "user", CAPABILITIES, "# none *\nnone\n\n", PF_PAM_IGNORE },
                { NULL, "user", CAPABILITIES, "cap_chown other\n none\t* \n", OK },
                { NULL, "user", CAPABILITIES, "none other user", OK },
                { NULL, "user", CAPABILITIES, "user users user2\n", PF_PAM_IGNORE },
                { NULL, NULL, CAPABILITIES, "cap_chown @root\n", OK },
                { NULL, "user", CAPABILITIES, "cap_chown @root @ @nope\n", PF_PAM_IGNORE },
                { "config=/etc/caps", "user", CAPABILITIES, "none *\n", PF_PAM_IGNORE },
                { "config=/etc/caps", "user", "/etc/caps", "none *\n", OK },
        };

        CHECK_ROWS(&pf_pam_cap, PF_PAM_AUTH, rows);
        CHECK_ROWS(&pf_pam_cap, PF_PAM_CREDENTIALS, rows);
}
END_TEST

START_TEST(without_files) {
        pf_pam_case_open(&box);
        pf_pam_case_check(&box, &pf_pam_group, &(PfPamCase){ .words = NULL }, PF_PAM_IGNORE, "");
        pf_pam_case_check(&box, &pf_pam_rhosts, &(PfPamCase){ .words = NULL }, FAILS, "");
}
END_TEST

START_TEST(exec) {
        static const Row rows[] = {
                { "/bin/true", NULL, "/bin/true", ELF, OK },
                { "quiet seteuid expose_authtok /usr/bin/true x", NULL, "/usr/bin/true", ELF, OK },
                { "/bin/false", NULL, "/bin/false", ELF, PF_PAM_SYSTEM_ERR },
                { "/opt/true", NULL, "/opt/true", ELF, PF_PAM_UNKNOWN },
                { "/opt/x", NULL, "/opt/x", "not a program\n", PF_PAM_SYSTEM_ERR },
                { "/bin/true", NULL, NULL, NULL, PF_PAM_SYSTEM_ERR },
                { "true", NULL, "/true", ELF, PF_PAM_SYSTEM_ERR },
                { "", NULL, NULL, NULL, PF_PAM_SERVICE_ERR },
                { "type=account /bin/false", NULL, "/bin/false", ELF, PF_PAM_IGNORE },
                { "type=auth /bin/false", NULL, "/bin/false", ELF, PF_PAM_SYSTEM_ERR },
                { "log=/var/log/x /bin/true", NULL, "/bin/true", ELF, PF_PAM_UNKNOWN },
                { "/x", NULL, "/x", "#!/bin/sh\nexit 0\n", OK },
                { "/x", NULL, "/x", "#! /bin/bash\necho hello\n", OK },
                { "/x", NULL, "/x", "#!/bin/sh\nexit 3\n", PF_PAM_SYSTEM_ERR },
                { "/x", NULL, "/x", "#!/bin/sh\n[ \"$PAM_USER\" = root ] && exit 1\nexit 0\n",
                  PF_PAM_SYSTEM_ERR },
                { "/x", NULL, "/x", "#!/bin/sh\n[ \"$PAM_TYPE\" = account ] && exit 1\nexit 0\n",
                  OK },
                { "/x 4", NULL, "/x", "#!/bin/sh\nexit $1\n", PF_PAM_SYSTEM_ERR },
                { "/x", NULL, "/x", "#!/bin/sh\n/opt/absent\n", PF_PAM_SYSTEM_ERR },
                { "/x", NULL, "/x", "#!/usr/bin/python3\n", PF_PAM_UNKNOWN },
        };

        for (size_t i = 0; i < PF_ELEMENTS(rows); i++) {
                const PfPamCase one = { .words = rows[i].words };

                pf_pam_case_open(&box);
                if (rows[i].text) {
                        pf_sandbox_write(&box, rows[i].path, rows[i].text);
                        pf_sandbox_chmod(&box, rows[i].path, 0755);
                }
                pf_pam_case_check(&box, &pf_pam_exec, &one, rows[i].code, "pam_exec");
        }
        pf_sandbox_write(&box, "/bin/true", ELF);
        pf_sandbox_chmod(&box, "/bin/true", 0644);
        pf_pam_case_check(&box, &pf_pam_exec, &(PfPamCase){ .words = "/bin/true" },
                          PF_PAM_SYSTEM_ERR, "mode 0644");
}
END_TEST

#define NAMESPACE_CONF "/etc/security/namespace.conf"

START_TEST(namespace) {
        static const Row rows[] = {
                { NULL, "user", NAMESPACE_CONF, "# x\n\n", OK },
                { NULL, "user", NAMESPACE_CONF, "/tmp /tmp-inst/ level root\n", OK },
                { NULL, "user", NAMESPACE_CONF, "/tmp /etc/inst- user root\n", PF_PAM_SESSION_ERR },
                { NULL, "root", NAMESPACE_CONF, "/tmp /etc/inst- user root,adm\n", OK },
                { NULL, "user", NAMESPACE_CONF, "/tmp /etc/inst- user ~root,adm\n", OK },
                { NULL, "root", NAMESPACE_CONF, "/tmp /etc/inst- user ~adm,root\n",
                  PF_PAM_SESSION_ERR },
                { NULL, "user", NAMESPACE_CONF, "/nope /x/ user\n", PF_PAM_SESSION_ERR },
                { NULL, "user", NAMESPACE_CONF, "$HOME /x/ user\n", PF_PAM_UNKNOWN },
                { NULL, "user", NAMESPACE_CONF, "/tmp tmpfs tmpfs\n", PF_PAM_UNKNOWN },
                { NULL, "user", NAMESPACE_CONF, "/tmp /x/\n", PF_PAM_SERVICE_ERR },
                { "ignore_config_error", "user", NAMESPACE_CONF, "/tmp /x/\n", OK },
                { "require_selinux", "user", NAMESPACE_CONF, "", PF_PAM_UNKNOWN },
                { NULL, "user", NULL, NULL, PF_PAM_UNKNOWN },
                { NULL, "nosuch", NAMESPACE_CONF, "", PF_PAM_USER_UNKNOWN },
        };

        for (size_t i = 0; i < PF_ELEMENTS(rows); i++) {
                const PfPamCase one = { .facility = PF_PAM_SESSION,
                                        .words = rows[i].words,
                                        .user = rows[i].user };

                pf_pam_case_open(&box);
                pf_sandbox_mkdir(&box, "/tmp");
                if (rows[i].text)
                        pf_sandbox_write(&box, rows[i].path, rows[i].text);
                pf_pam_case_check(&box, &pf_pam_namespace, &one, rows[i].code,
                                  rows[i].text ? rows[i].text : "no file");
        }
}
END_TEST

START_TEST(userdb) {
        static const Row rows[] = {
                { "db=/etc/otp", NULL, NULL, NULL, PF_PAM_SERVICE_ERR },
                { "db=/etc/otp", NULL, "/etc/otp.db", "x", PF_PAM_UNKNOWN },
                { "crypt=none", NULL, NULL, NULL, PF_PAM_SERVICE_ERR },
        };
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };

        CHECK_ROWS(&pf_pam_userdb, PF_PAM_AUTH, rows);
        pf_pam_case_open(&box);
        pf_pam_case_ask(&box, &pf_pam_userdb, &(PfPamCase){ .words = "db=/etc/otp" }, &answer);
        ck_assert_str_eq(answer.reason, "pam-second-factor");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pam-modules");

        PF_TEST(suite, shells);
        PF_TEST(suite, securetty);
        PF_TEST(suite, localuser);
        PF_TEST(suite, usertype);
        PF_TEST(suite, capabilities);
        PF_TEST(suite, wheel);
        PF_TEST(suite, without_files);
        PF_TEST(suite, exec);
        PF_TEST(suite, namespace);
        PF_TEST(suite, userdb);
        return pf_test_main(suite);
}
