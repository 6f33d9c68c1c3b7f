/* SPDX-License-Identifier: MIT */
/* A shell script takes the place of vmware-rpctool: its status, its words, its slowness. */
#include "daemon/publish/guest-info.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define VENDOR "/sys/class/dmi/id/sys_vendor"

static int find(PfSandbox *box, const char **ret) {
        PfErr err = { 0 };

        *ret = NULL;
        pf_sandbox_reset_target(box);
        return pf_guest_info_find(box->target, ret, &err);
}

START_TEST(only_on_vmware_and_where_the_tool_is) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        const char *tool;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/usr/bin/vmware-rpctool", "#!/bin/sh\n");
        ck_assert_int_eq(find(&box, &tool), PF_GUEST_INFO_NONE); /* no DMI: ARM, containers */
        pf_sandbox_write(&box, VENDOR, "QEMU\n");
        ck_assert_int_eq(find(&box, &tool), PF_GUEST_INFO_NONE);
        pf_sandbox_write(&box, VENDOR, "");
        ck_assert_int_eq(find(&box, &tool), PF_GUEST_INFO_NONE);
        pf_sandbox_write(&box, VENDOR, "VMware, Inc.\n");
        ck_assert_int_eq(find(&box, &tool), 0);
        ck_assert_str_eq(tool, "/usr/bin/vmware-rpctool");

        pf_sandbox_remove(&box, "/usr/bin/vmware-rpctool");
        ck_assert_int_eq(find(&box, &tool), PF_GUEST_INFO_NONE);
        pf_sandbox_mkdir(&box, "/usr/bin/vmware-rpctool");
        ck_assert_int_eq(find(&box, &tool), PF_GUEST_INFO_NONE);
        pf_sandbox_write(&box, "/usr/sbin/vmware-rpctool", "#!/bin/sh\n");
        ck_assert_int_eq(find(&box, &tool), 0);
        ck_assert_str_eq(tool, "/usr/sbin/vmware-rpctool");
}
END_TEST

/* The script's words go to a file beside it, which is what was said of the call. */
static int set(PfSandbox *box, const char *script, const char *value, PfErr *err) {
        PF_AUTO_FREE char *tool = NULL;

        pf_sandbox_write(box, "/tool", script);
        pf_sandbox_chmod(box, "/tool", 0755);
        tool = pf_sandbox_path(box, "/tool");
        return pf_guest_info_set(tool, value, err);
}

START_TEST(one_argument_and_no_shell) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *heard = NULL;
        char text[256] = { 0 };
        PfErr err = { 0 };
        FILE *file;

        pf_sandbox_new(&box);
        ck_assert_msg(
                set(&box,
                    "#!/bin/sh\nfor one; do printf '[%s]' \"$one\"; done >\"${0%/*}/heard\"\n",
                    "{\"a\":\"$(id);'\"}", &err) == 0,
                "%s", err.text);
        heard = pf_sandbox_path(&box, "/heard");
        file = fopen(heard, "r");
        ck_assert_ptr_nonnull(file);
        (void) !fread(text, 1, sizeof(text) - 1, file);
        (void) fclose(file);
        ck_assert_str_eq(text, "[info-set guestinfo.preflightd {\"a\":\"$(id);'\"}]");
}
END_TEST

START_TEST(what_fails_is_told) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(set(&box,
                             "#!/bin/sh\necho 'Two and exactly two arguments expected'\nexit 1\n",
                             "{}", &err),
                         -EIO);
        ck_assert_msg(strstr(err.text, "status 1: Two and exactly"), "%s", err.text);
        memset(&err, 0, sizeof(err));
        ck_assert_int_eq(set(&box, "#!/bin/sh\nkill -SEGV $$\n", "{}", &err), -EIO);
        ck_assert_msg(strstr(err.text, "signal 11"), "%s", err.text);
        memset(&err, 0, sizeof(err));
        ck_assert_int_eq(set(&box, "#!/nonexistent\n", "{}", &err), -ENOENT);
        ck_assert_int_eq(pf_guest_info_set("/nonexistent/tool", "{}", NULL), -ENOENT);
}
END_TEST

START_TEST(a_value_that_is_too_long) {
        PF_AUTO_FREE char *value = malloc(PF_GUEST_INFO_MAX * 2);
        PfErr err = { 0 };

        memset(value, 'v', PF_GUEST_INFO_MAX * 2 - 1);
        value[PF_GUEST_INFO_MAX * 2 - 1] = '\0';
        ck_assert_int_eq(pf_guest_info_set("/bin/true", value, &err), -ENOBUFS);
        value[PF_GUEST_INFO_MAX] = '\0';
        ck_assert_msg(pf_guest_info_set("/bin/true", value, &err) == 0, "%s", err.text);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("guest-info");

        PF_TEST(suite, only_on_vmware_and_where_the_tool_is);
        PF_TEST(suite, one_argument_and_no_shell);
        PF_TEST(suite, what_fails_is_told);
        PF_TEST(suite, a_value_that_is_too_long);
        return pf_test_main(suite);
}
