/* SPDX-License-Identifier: MIT */
#include "probes/parse/sshd-version.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

static const char debian[] = "ID=debian\nVERSION_ID=\"12\"\n";
static const char status[] = "Package: openssh-client\nStatus: install ok installed\n"
                             "Version: 1:1.0p1-1\n\n"
                             "Package: openssh-server\nStatus: install ok installed\n"
                             "Architecture: amd64\nVersion: 1:9.2p1-2+deb12u3\n\n"
                             "Package: zlib1g\nStatus: install ok installed\nVersion: 1.2\n";

START_TEST(texts) {
        static const struct {
                const char *text;
                unsigned major, minor, portable;
        } good[] = {
                { "OpenSSH_9.2p1 Debian-2+deb12u3", 9, 2, 1 },
                { "OpenSSH_10.0p2", 10, 0, 2 },
                { "OpenSSH_8.7", 8, 7, 0 },
                { "1:7.9p1-10+deb10u4", 7, 9, 1 },
                { "6.6.1p1", 6, 6, 0 },
        };
        static const char *const bad[] = { "",   "OpenSSH_",    "OpenSSH_9",       "9",
                                           "p1", "OpenSSH_x.1", "OpenSSH_99999.1", "1:" };
        PfSshdVersion version;

        for (size_t i = 0; i < PF_ELEMENTS(good); i++) {
                ck_assert_int_eq(pf_sshd_version_parse(good[i].text, PF_SSHD_UPSTREAM, &version),
                                 0);
                ck_assert_uint_eq(version.major, good[i].major);
                ck_assert_uint_eq(version.minor, good[i].minor);
                ck_assert_uint_eq(version.portable, good[i].portable);
        }
        for (size_t i = 0; i < PF_ELEMENTS(bad); i++)
                ck_assert_msg(pf_sshd_version_parse(bad[i], PF_SSHD_UPSTREAM, &version) == -EINVAL,
                              "%s", bad[i]);
}
END_TEST

START_TEST(order) {
        PfSshdVersion version = pf_sshd_version_make(9, 2, 1, PF_SSHD_UPSTREAM);

        ck_assert_int_eq(pf_sshd_version_compare(&version, 9, 2), 0);
        ck_assert_int_lt(pf_sshd_version_compare(&version, 10, 0), 0);
        ck_assert_int_lt(pf_sshd_version_compare(&version, 9, 10), 0);
        ck_assert_int_gt(pf_sshd_version_compare(&version, 8, 9), 0);
}
END_TEST

static PfSshdVersion detect(int expected) {
        PfSshdVersion version;
        PfErr err = { 0 };
        int r = pf_sshd_version_detect(box.target, &version, &err);

        ck_assert_msg(r == expected, "%d: %s", r, err.text);
        return version;
}

START_TEST(from_the_executable) {
        static const char bytes[] = "\177ELF\0OpenSSH_\0OpenSSH_%s\0OpenSSH_9.2p1 "
                                    "Debian-2+deb12u3\0\1";
        PfSshdVersion version;

        pf_sandbox_new(&box);
        pf_sandbox_write_bytes(&box, "/usr/sbin/sshd", bytes, sizeof(bytes));
        version = detect(0);
        ck_assert_int_eq(version.source, PF_SSHD_VERSION_BINARY);
        ck_assert_int_eq(version.flavour, PF_SSHD_DEBIAN);
        ck_assert_uint_eq(version.minor, 2);
        ck_assert_str_eq(version.text, "OpenSSH_9.2p1 Debian-2+deb12u3");
        ck_assert_str_eq(version.path, "/usr/sbin/sshd");
        ck_assert(!version.assumed);
        ck_assert(version.features & PF_SSHD_HAS_GSSAPI_KEX);
}
END_TEST

/* 9.8 and later: the listener may not hold the text, its helper does. */
START_TEST(from_the_helper) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/usr/sbin/sshd", "\177ELF");
        pf_sandbox_write(&box, "/etc/os-release", "ID=fedora\nVERSION_ID=42\n");
        pf_sandbox_write(&box, "/usr/libexec/openssh/sshd-session", "xOpenSSH_9.9p1");
        ck_assert_str_eq(detect(0).path, "/usr/libexec/openssh/sshd-session");
        ck_assert_int_eq(detect(0).flavour, PF_SSHD_REDHAT);
}
END_TEST

START_TEST(a_helper_alone_is_no_server) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/usr/lib/openssh/sshd-session", "OpenSSH_9.9p1");
        (void) detect(PF_SSHD_VERSION_NO_SERVER);
}
END_TEST

START_TEST(from_the_packages) {
        PfSshdVersion version;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/usr/sbin/sshd", "\177ELF of nothing");
        pf_sandbox_write(&box, "/etc/os-release", debian);
        pf_sandbox_write(&box, "/var/lib/dpkg/status", status);
        version = detect(0);
        ck_assert_int_eq(version.source, PF_SSHD_VERSION_PACKAGE);
        ck_assert_uint_eq(version.major, 9);
        ck_assert_str_eq(version.text, "OpenSSH_9.2p1 Debian-2+deb12u3");
        ck_assert_str_eq(version.path, "/var/lib/dpkg/status");
        ck_assert(!version.assumed);
}
END_TEST

START_TEST(removed_package_is_none) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/os-release", debian);
        pf_sandbox_write(&box, "/var/lib/dpkg/status",
                         "Package: openssh-server\nStatus: deinstall ok config-files\n"
                         "Version: 1:9.2p1-2\n");
        ck_assert_int_eq(detect(PF_SSHD_VERSION_NO_SERVER).source, PF_SSHD_VERSION_RELEASE);
}
END_TEST

START_TEST(from_the_release) {
        static const struct {
                const char *os_release;
                unsigned major, minor;
                PfSshdFlavour flavour;
        } cases[] = {
                { "ID=\"rhel\"\nVERSION_ID=\"8.10\"\n", 8, 0, PF_SSHD_REDHAT },
                { "ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n", 8, 7,
                  PF_SSHD_REDHAT },
                { "ID='sles'\nVERSION_ID='15.6'\n", 9, 6, PF_SSHD_SUSE },
                { "ID=sles\nVERSION_ID=15.3\n", 8, 4, PF_SSHD_SUSE },
                { "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"\n", 8, 9, PF_SSHD_DEBIAN },
                { "ID=debian\nVERSION_ID=12\n", 9, 2, PF_SSHD_DEBIAN },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfSshdVersion version;

                pf_sandbox_new(&box);
                pf_sandbox_write(&box, "/usr/sbin/sshd", "");
                pf_sandbox_write(&box, "/usr/lib/os-release", cases[i].os_release);
                version = detect(0);
                ck_assert_int_eq(version.source, PF_SSHD_VERSION_RELEASE);
                ck_assert(version.assumed);
                ck_assert_uint_eq(version.major, cases[i].major);
                ck_assert_uint_eq(version.minor, cases[i].minor);
                ck_assert_int_eq(version.flavour, cases[i].flavour);
        }
}
END_TEST

START_TEST(nothing_is_the_latest) {
        PfSshdVersion version;

        pf_sandbox_new(&box);
        version = detect(PF_SSHD_VERSION_NO_SERVER);
        ck_assert_int_eq(version.source, PF_SSHD_VERSION_LATEST);
        ck_assert(version.assumed);
        ck_assert_uint_eq(version.major, 10);
        ck_assert_str_eq(version.path, "");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-version");
        int status_of_all;

        PF_TEST(suite, texts);
        PF_TEST(suite, order);
        PF_TEST(suite, from_the_executable);
        PF_TEST(suite, from_the_helper);
        PF_TEST(suite, a_helper_alone_is_no_server);
        PF_TEST(suite, from_the_packages);
        PF_TEST(suite, removed_package_is_none);
        PF_TEST(suite, from_the_release);
        PF_TEST(suite, nothing_is_the_latest);
        status_of_all = pf_test_main(suite);
        pf_sandbox_close(&box);
        return status_of_all;
}
