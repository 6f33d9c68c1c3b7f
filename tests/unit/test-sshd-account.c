/* SPDX-License-Identifier: MIT */
#include <pwd.h>
#include <string.h>

#include "probes/parse/sshd-effective.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static void read_as(const char *passwd, const char *group, const char *name, PfSshdAccount *ret) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        if (passwd)
                pf_sandbox_write(&box, "/etc/passwd", passwd);
        if (group)
                pf_sandbox_write(&box, "/etc/group", group);
        ck_assert_msg(pf_sshd_account_read(box.target, name, ret, &err) == 0, "%s", err.text);
}

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
                             "azure:x:1000:1000:A,,,:/home/azure:\n"
                             "azureuser:!:1001:1000::/home/azureuser:/bin/sh";
static const char group[] = "root:x:0:\nadm:x:4:syslog,azureuser\nusers:x:1000:azureuser\n"
                            "twin:x:1000:\nwheel:x:10:azureuserx,azureuser\n";

START_TEST(groups_of_an_account) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };

        read_as(passwd, group, "azureuser", &account);
        ck_assert(account.exists);
        ck_assert_uint_eq(account.uid, 1001);
        ck_assert_str_eq(account.password, "!");
        ck_assert_str_eq(account.shell, "/bin/sh");
        ck_assert_str_eq(account.home, "/home/azureuser");
        ck_assert_uint_eq(account.groups.n, 3);
        ck_assert_str_eq(account.groups.items[0], "users");
        ck_assert(pf_strv_contains(&account.groups, "adm"));
        ck_assert(pf_strv_contains(&account.groups, "wheel"));
}
END_TEST

START_TEST(no_shell_is_the_default_one) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };

        read_as(passwd, NULL, "azure", &account);
        ck_assert(account.exists);
        ck_assert_str_eq(account.shell, "/bin/sh");
        ck_assert_uint_eq(account.groups.n, 0);
}
END_TEST

START_TEST(nobody_there) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };

        read_as(passwd, group, "azur", &account);
        ck_assert(!account.exists);
        read_as(NULL, NULL, "root", &account);
        ck_assert(!account.exists);
}
END_TEST

START_TEST(broken_lines_are_none) {
        static const char *const lines[] = { "root",
                                             "root:x",
                                             "root:x:0",
                                             "root:x:zero:0::/:/",
                                             "root:x:-1:0::/:/",
                                             "root:x:4294967296:0::/:/" };

        for (size_t i = 0; i < PF_ELEMENTS(lines); i++) {
                PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };

                read_as(lines[i], "root\nroot:x\nroot:x:0\n", "root", &account);
                ck_assert_msg(!account.exists, "%s", lines[i]);
        }
}
END_TEST

/* What glibc makes of the same line. */
static void compare(const char *line) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount ours = { 0 };
        struct passwd *theirs;
        char text[300];
        FILE *file;

        (void) snprintf(text, sizeof(text), "%s\n", line);
        file = fmemopen(text, strlen(text), "r");
        ck_assert(file != NULL);
        theirs = fgetpwent(file);
        (void) fclose(file);
        (void) snprintf(text, sizeof(text), "%s\n", line);
        read_as(text, NULL, "root", &ours);
        ck_assert_msg(ours.exists == (theirs != NULL), "%s", line);
        if (!theirs)
                return;
        ck_assert_msg(ours.uid == theirs->pw_uid && ours.gid == theirs->pw_gid, "%s", line);
        ck_assert_str_eq(ours.password, theirs->pw_passwd);
        ck_assert_str_eq(ours.home, theirs->pw_dir);
        ck_assert_str_eq(ours.shell, *theirs->pw_shell ? theirs->pw_shell : "/bin/sh");
}

START_TEST(as_the_library) {
        static const char *const lines[] = {
                "root:x:0:0:r:/root:/bin/sh",
                "root:x:0:0",
                "root:x:0:",
                "root:x:0",
                "root:x: 0:0::/:",
                "root:x:+0:-1::/:",
                "root:x:0:4294967296::/:",
                "root:x:4294967295:0::/:",
                "root:x:0:0:a:b:c:d",
                "  root:x:0:0:::",
                "root:x:0x1:0:::",
                "root:x:0:0:::/bin/sh  ",
                "root:x:0:0:::/bin/sh\r",
                "#root:x:0:0:::",
                "root::0:0:::",
                "root:x:1 :1:::",
                "root:x::1:::",
        };

        for (size_t i = 0; i < PF_ELEMENTS(lines); i++)
                compare(lines[i]);
}
END_TEST

static void read_with_switch(const char *nsswitch, const char *library, const char *userdb,
                             const char *expected) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/passwd", passwd);
        pf_sandbox_write(&box, "/etc/nsswitch.conf", nsswitch);
        if (library)
                pf_sandbox_write(&box, library, "");
        if (userdb)
                pf_sandbox_write(&box, userdb, "");
        ck_assert_int_eq(pf_sshd_account_read(box.target, "directory-user", &account, &err), 0);
        ck_assert(!account.exists);
        ck_assert_msg(strcmp(account.service, expected) == 0, "%s: %s", nsswitch, account.service);
}

/* Who may know an account that is not in the files. */
START_TEST(other_sources) {
        static const char sss[] = "/usr/lib64/libnss_sss.so.2";

        read_with_switch("passwd: files\n", sss, NULL, "");
        read_with_switch("passwd: files sss\n", NULL, NULL, "");
        read_with_switch("passwd: files sss\n", sss, NULL, "sss");
        read_with_switch("# passwd: sss\npasswd : sss files # ldap\n", sss, NULL, "sss");
        read_with_switch("passwd: files [NOTFOUND=return] sss\n", sss, NULL, "");
        read_with_switch("passwd: files [!NOTFOUND=return] sss\n", sss, NULL, "sss");
        read_with_switch("group: sss\n", sss, NULL, "");
        read_with_switch("passwd: files systemd\n", "/usr/lib64/libnss_systemd.so.2", NULL, "");
        read_with_switch("passwd: files systemd\n", NULL, "/etc/userdb/joe.user", "systemd");
        read_with_switch("passwd: files ../*\n", sss, NULL, "");
}
END_TEST

START_TEST(a_hash_is_not_shown) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };

        read_as("root:$1$FE4YbV6o$CiVORNIChGm8i9ti813EZ.:0:0:root:/root:\n", NULL, "root",
                &account);
        ck_assert_str_eq(account.shown, "root:(MD5 hash):0:0:root:/root:");
        ck_assert_uint_eq(account.line, 1);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-account");

        PF_TEST(suite, groups_of_an_account);
        PF_TEST(suite, no_shell_is_the_default_one);
        PF_TEST(suite, nobody_there);
        PF_TEST(suite, broken_lines_are_none);
        PF_TEST(suite, as_the_library);
        PF_TEST(suite, other_sources);
        PF_TEST(suite, a_hash_is_not_shown);
        return pf_test_main(suite);
}
