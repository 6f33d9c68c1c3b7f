/* SPDX-License-Identifier: MIT */
#include "probes/parse/initramfs-resume.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

/* Devices of two files "a" and "b" as "path:line:setting=identity,role|", '?' before
 * what is not certain. */
static void expect(PfInitramfsTool tool, const char *a, const char *b, const char *want) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PF_AUTO_INITRAMFS_DEVICES PfInitramfsDevices devices = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        int r = pf_initramfs_parse("a", a, strlen(a), &settings, NULL);

        if (r == 0)
                r = pf_initramfs_parse("b", b, strlen(b), &settings, NULL);
        if (r == 0)
                r = pf_initramfs_devices(&settings, tool, &devices, NULL);
        for (size_t i = 0; i < devices.n && r == 0; i++) {
                const PfInitramfsDevice *device = &devices.items[i];

                r = pf_buf_printf(&got, "%s%s:%u:%s=%s,%d|", device->certain ? "" : "?",
                                  device->path, device->line, device->setting, device->identity,
                                  (int) device->role);
        }
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(initramfs_tools) {
        expect(PF_INITRAMFS_TOOLS, "", "", "");
        expect(PF_INITRAMFS_TOOLS, "MODULES=most\n# c\nRESUME=UUID=u\n", "",
               "a:3:RESUME=UUID=u,1|");
        expect(PF_INITRAMFS_TOOLS, "RESUME=/dev/sda1\n", "RESUME=/dev/sda10\n",
               "b:1:RESUME=/dev/sda10,1|");
        expect(PF_INITRAMFS_TOOLS, "RESUME=/dev/sda1\n", "RESUME=none\n", "");
        expect(PF_INITRAMFS_TOOLS, "RESUME=auto\n", "RESUME=\n", "");
        expect(PF_INITRAMFS_TOOLS, "RESUME=\"LABEL=s w\"\n", "", "a:1:RESUME=LABEL=s,1|");
        expect(PF_INITRAMFS_TOOLS, "RESUME=/dev/$(x)\n", "", "?a:1:RESUME=/dev/,1|");
        expect(PF_INITRAMFS_TOOLS, "add_device=/dev/sda1\n", "", "");
}
END_TEST

START_TEST(dracut) {
        expect(PF_INITRAMFS_DRACUT, "add_device+=\" /dev/sda2 /dev/vg/x \"\n",
               "hostonly=yes\nadd_device+=\" UUID=u \"\n",
               "a:1:add_device=/dev/sda2,4|a:1:add_device=/dev/vg/x,4|b:2:add_device=UUID=u,4|");
        expect(PF_INITRAMFS_DRACUT, "add_device+=\" /dev/sda2 \"\n", "add_device=\"/dev/sdb\"\n",
               "b:1:add_device=/dev/sdb,4|");
        expect(PF_INITRAMFS_DRACUT, "kernel_cmdline=\"resume=UUID=s ro rd.lvm.lv=v/r root=\"\n",
               "kernel_cmdline+=\" rd.luks.uuid=luks-l -- root=x\"\n",
               "a:1:kernel_cmdline=UUID=s,1|a:1:kernel_cmdline=/dev/v/r,4|"
               "b:1:kernel_cmdline=UUID=l,3|");
        expect(PF_INITRAMFS_DRACUT, "add_dracutmodules+=\" resume \"\nRESUME=x\n", "", "");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("initramfs-resume");

        PF_TEST(suite, initramfs_tools);
        PF_TEST(suite, dracut);
        return pf_test_main(suite);
}
