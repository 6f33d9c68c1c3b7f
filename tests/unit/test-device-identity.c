/* SPDX-License-Identifier: MIT */
#include "probes/parse/device-identity.h"

#include <string.h>

#include "tests/support/test-main.h"

static void expect(const char *text, const char *kind) {
        const char *got = pf_identity_kind_name(pf_identity_kind(text));

        ck_assert_msg(strcmp(got, kind) == 0, "\"%s\" is %s, not %s", text, got, kind);
}

START_TEST(tags_and_links) {
        expect("", "none");
        expect("UUID=a-b", "uuid");
        expect("PARTUUID=a-01", "partuuid");
        expect("LABEL=/", "label");
        expect("PARTLABEL=root", "partlabel");
        expect("/dev/disk/by-uuid/a-b", "by-uuid-path");
        expect("/dev/disk/by-id/ata-X-part1", "by-id-path");
        expect("/dev/disk/by-path/pci-0000:00:1f.2-ata-1", "by-path-path");
        expect("/dev/disk/by-label/x", "by-label-path");
        expect("/dev/disk/by-partuuid/x", "by-partuuid-path");
        expect("/dev/disk/by-partlabel/x", "by-partlabel-path");
        expect("/dev/disk/by-dname/x", "other");
        expect("uuid=a-b", "other");
}
END_TEST

START_TEST(devices_and_volumes) {
        expect("/dev/sda1", "device");
        expect("/dev/nvme0n1p2", "device");
        expect("/dev/md0", "device");
        expect("/dev/md/root", "device");
        expect("/dev/cciss/c0d0p1", "device");
        expect("/dev/zvol/pool/swap", "device");
        expect("/dev/zvol/pool", "device");
        expect("/dev/mapper/vg-root", "mapper");
        expect("/dev/vg0/root", "lvm");
        expect("/dev/vg0/", "device");
        expect("/dev/vg0/a/b", "device");
        expect("/dev/", "device");
}
END_TEST

START_TEST(what_is_none_of_these) {
        expect("ZFS=rpool/ROOT/pve-1", "zfs");
        expect("zfs:AUTO", "zfs");
        expect("/dev/nfs", "nfs");
        expect("/dev/nfsdisk", "device");
        expect("nfs:192.0.2.1:/srv", "nfs");
        expect("nfs4:192.0.2.1:/srv", "nfs");
        expect("192.0.2.1:/srv", "other");
        expect("//server/share", "other");
        expect("UUID=${rootuuid}", "variable");
        expect("$dev", "variable");
        expect("8:1", "devnum");
        expect("259:", "other");
        expect("8:x", "other");
        expect("0801", "devnum");
        expect("fe00", "devnum");
        expect("801x", "other");
        expect("80", "other");
        expect("/swapfile", "path");
        expect("tmpfs", "other");
        expect("live:/dev/sda4", "other");
}
END_TEST

static void expect_value(const char *text, const char *want) {
        PF_AUTO_FREE char *value = NULL;

        ck_assert_int_eq(pf_identity_value(text, &value), 0);
        ck_assert_str_eq(value, want);
}

START_TEST(values) {
        expect_value("UUID=a-b", "a-b");
        expect_value("UUID=\"a-b\"", "a-b");
        expect_value("LABEL='my root'", "my root");
        expect_value("LABEL=\"x", "\"x");
        expect_value("/dev/disk/by-uuid/a-b", "a-b");
        expect_value("/dev/disk/by-label/my\\x20root", "my root");
        expect_value("/dev/disk/by-label/a\\x2", "a\\x2");
        expect_value("/dev/disk/by-label/a\\x00b", "a\\x00b");
        expect_value("LABEL=a\\x20b", "a\\x20b");
        expect_value("/dev/mapper/vg-root", "vg-root");
        expect_value("/dev/sda1", "/dev/sda1");
        expect_value("/dev/nfs", "/dev/nfs");
        expect_value("ZFS=rpool/root", "rpool/root");
        expect_value("", "");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("device-identity");

        PF_TEST(suite, tags_and_links);
        PF_TEST(suite, devices_and_volumes);
        PF_TEST(suite, what_is_none_of_these);
        PF_TEST(suite, values);
        return pf_test_main(suite);
}
