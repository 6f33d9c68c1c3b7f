/* SPDX-License-Identifier: MIT */
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

int main(void) {
        Suite *suite = suite_create("sshd-account");

        PF_TEST(suite, groups_of_an_account);
        PF_TEST(suite, no_shell_is_the_default_one);
        PF_TEST(suite, nobody_there);
        PF_TEST(suite, broken_lines_are_none);
        return pf_test_main(suite);
}
