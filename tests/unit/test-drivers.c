/* SPDX-License-Identifier: MIT */
/*
 * Names of modules, bans of modprobe.d, versions of kernel files: what the probe kernel
 * is made of. Whole machines are in tests/fixtures/kernel.
 */
#include "probes/boot/boot-kernel.h"
#include "probes/boot/drivers.h"
#include "probes/boot/modprobe.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static const struct {
        const char *path;
        const char *name; /* NULL: no module */
} names[] = {
        { "kernel/drivers/md/dm-mod.ko", "dm_mod" },
        { "hv_storvsc.ko.xz", "hv_storvsc" },
        { "a/b/ext4.ko.zst", "ext4" },
        { "xfs.ko.gz", "xfs" },
        { "xfs.ko.bz3", NULL },
        { "xfs.koala", NULL },
        { "a.ko/firmware", NULL },
        { ".ko", NULL },
        { "", NULL },
        { "modules.dep", NULL },
};

START_TEST(names_of_modules) {
        char name[PF_MODULE_NAME_MAX];
        bool is = pf_module_name(names[_i].path, name);

        ck_assert_msg(is == (names[_i].name != NULL), "%s", names[_i].path);
        if (is)
                ck_assert_str_eq(name, names[_i].name);
}
END_TEST

START_TEST(limits_of_drivers) {
        PF_AUTO_FREE PfDrivers *drivers = calloc(1, sizeof(*drivers));
        char name[200];

        memset(name, 'x', sizeof(name) - 1);
        memcpy(name + sizeof(name) - 4, ".ko", 4);
        ck_assert(!pf_module_name(name, drivers->items[0].name));
        for (unsigned i = 0; i < PF_DRIVERS_MAX; i++) {
                (void) snprintf(name, sizeof(name), "m%u", i);
                ck_assert_int_eq(pf_drivers_add(drivers, name, PF_DRIVER_DISK), 0);
        }
        ck_assert_int_eq(pf_drivers_add(drivers, "m0", PF_DRIVER_DISK), 0);
        ck_assert_int_eq(pf_drivers_add(drivers, "one more", PF_DRIVER_DISK), -E2BIG);
}
END_TEST

START_TEST(bans_of_modprobe) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_MODULE_BANS PfModuleBans bans = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/modprobe.d/a.conf",
                         "# blacklist ext4\nblacklist hv-netvsc\ninstall vfat /bin/true\n"
                         "install usb_storage /sbin/modprobe --ignore-install usb_storage\n"
                         "options hv_storvsc x=1\nblacklist\ninstall xfs\n");
        pf_sandbox_write(&box, "/etc/modprobe.d/b.txt", "blacklist btrfs\n");
        pf_sandbox_write(&box, "/etc/modprobe.d/masked.conf", "");
        pf_sandbox_write(&box, "/usr/lib/modprobe.d/masked.conf", "blacklist hv_vmbus\n");
        pf_sandbox_write(&box, "/usr/lib/modprobe.d/c.conf", "install hv_netvsc /bin/false\n");

        ck_assert_msg(pf_module_bans_load(box.target, &bans, &err) == 0, "%s", err.text);

        ck_assert_uint_eq(bans.n, 3);
        ck_assert(pf_module_bans_find(&bans, "vfat")->install);
        ck_assert_uint_eq(pf_module_bans_find(&bans, "vfat")->line, 3);
        ck_assert_str_eq(pf_module_bans_find(&bans, "hv_netvsc")->path,
                         "/usr/lib/modprobe.d/c.conf");
        ck_assert_ptr_null(pf_module_bans_find(&bans, "hv_vmbus"));
        ck_assert_ptr_null(pf_module_bans_find(&bans, "usb_storage"));
        ck_assert_ptr_null(pf_module_bans_find(&bans, "xfs"));
}
END_TEST

START_TEST(bans_that_cannot_be_read) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_MODULE_BANS PfModuleBans bans = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_mkfifo(&box, "/etc/modprobe.d/a.conf");
        ck_assert_int_eq(pf_module_bans_load(box.target, &bans, &err), -EINVAL);
        ck_assert(err.text[0]);
}
END_TEST

START_TEST(kernels_of_a_machine) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_KERNEL PfBootKernel kernel = { 0 };
        PF_AUTO_STRV PfStrv versions = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_boot_kernel_running(box.target, &kernel, &err), PF_KERNEL_NONE_RUNS);
        ck_assert_int_eq(pf_boot_kernel_list(box.target, &versions, &err), 0);
        ck_assert_uint_eq(versions.n, 0);

        pf_sandbox_write(&box, "/proc/sys/kernel/osrelease", "6.1.0-22-amd64\n");
        pf_sandbox_write(&box, "/boot/initrd.img-6.1.0-22-amd64", "x");
        pf_sandbox_mkdir(&box, "/lib/modules/6.1.0-22-amd64/kernel");
        pf_sandbox_mkdir(&box, "/lib/modules/6.1.0-9-amd64/weak-updates");
        pf_sandbox_mkdir(&box, "/lib/modules/ not one/kernel");
        ck_assert_int_eq(pf_boot_kernel_running(box.target, &kernel, &err), 0);
        ck_assert_str_eq(kernel.version, "6.1.0-22-amd64");
        ck_assert_uint_eq(kernel.images.n, 1);
        ck_assert_str_eq(kernel.images.items[0], "/boot/initrd.img-6.1.0-22-amd64");
        ck_assert_int_eq(pf_boot_kernel_list(box.target, &versions, &err), 0);
        ck_assert_uint_eq(versions.n, 1);
        ck_assert_str_eq(versions.items[0], "6.1.0-22-amd64");
}
END_TEST

START_TEST(running_version_that_is_none) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BOOT_KERNEL PfBootKernel kernel = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/proc/sys/kernel/osrelease", "../../etc\n");
        ck_assert_int_eq(pf_boot_kernel_running(box.target, &kernel, &err), -EINVAL);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("drivers");
        TCase *rows = tcase_create("names");

        tcase_add_loop_test(rows, names_of_modules, 0, PF_ELEMENTS(names));
        suite_add_tcase(suite, rows);
        PF_TEST(suite, limits_of_drivers);
        PF_TEST(suite, bans_of_modprobe);
        PF_TEST(suite, bans_that_cannot_be_read);
        PF_TEST(suite, kernels_of_a_machine);
        PF_TEST(suite, running_version_that_is_none);
        return pf_test_main(suite);
}
