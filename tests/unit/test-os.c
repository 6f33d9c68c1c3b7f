/* SPDX-License-Identifier: MIT */
/*
 * What tests/fixtures/os cannot hold: files that are not to be read, and the
 * facts below the verdict.
 */
#include "probes/probe.h"

#include <string.h>

#include "config/profile.h"
#include "probes/os-system.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

extern const PfProbe pf_probe_os;

static const char elf[20] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e";

/* A Debian 12.5 that passes. */
static void fill(PfSandbox *box) {
        pf_sandbox_new(box);
        pf_sandbox_write(box, "/etc/os-release", "ID=debian\nVERSION_ID=12\n");
        pf_sandbox_write(box, "/etc/debian_version", "12.5\n");
        pf_sandbox_write_bytes(box, "/bin/sh", elf, sizeof(elf));
}

static int run(PfSandbox *box, PfReport *report, PfErr *err) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PfDemand demand = { .agent_version = "9.65", .account = "root", .local_port = 22 };

        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, err), 0);
        demand.profile = profile;
        return pf_probe_os.run(box->target, &demand, report, err);
}

static void expect(PfSandbox *box, PfVerdict verdict, const char *summary) {
        PF_AUTO_REPORT PfReport report = { 0 };
        PfErr err = { 0 };
        int r = run(box, &report, &err);

        ck_assert_msg(r == 0, "%d %s", r, err.text);
        ck_assert_uint_eq(report.n, 1);
        ck_assert_str_eq(report.results[0].check->id, "os.distribution");
        ck_assert_str_eq(pf_verdict_to_string(report.results[0].verdict),
                         pf_verdict_to_string(verdict));
        ck_assert_msg(strstr(report.results[0].summary, summary), "%s", report.results[0].summary);
}

static void expect_error(PfSandbox *box, int code, const char *text) {
        PF_AUTO_REPORT PfReport report = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(run(box, &report, &err), code);
        ck_assert_uint_eq(report.n, 0);
        ck_assert_msg(strstr(err.text, text), "%s", err.text);
}

START_TEST(the_machine_that_the_others_are_made_of) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        expect(&box, PF_PASS, "Debian 12.5 is supported");
}
END_TEST

/* What could not be looked at is unknown: the engine makes that of an error. */
START_TEST(files_that_cannot_be_read) {
        static const char *const paths[] = { "/etc/os-release", "/etc/debian_version", "/bin/sh" };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(paths); i++) {
                fill(&box);
                pf_sandbox_mkfifo(&box, paths[i]);
                expect_error(&box, -EINVAL, paths[i]);
        }
}
END_TEST

START_TEST(a_release_file_of_the_installer_that_cannot_be_read) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        pf_sandbox_mkfifo(&box, "/etc/lsb-release");
        expect(&box, PF_UNKNOWN, "/etc/lsb-release: is a FIFO");
}
END_TEST

/* test -f, by which the installer looks, passes over a directory. */
START_TEST(a_directory_is_no_release_file) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        pf_sandbox_mkdir(&box, "/etc/lsb-release");
        expect(&box, PF_PASS, "Debian 12.5");
}
END_TEST

START_TEST(a_file_of_hostile_size) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *big = malloc(1 << 20);

        memset(big, 'A', 1 << 20);
        fill(&box);
        pf_sandbox_write_bytes(&box, "/etc/os-release", big, 1 << 20);
        expect_error(&box, -EFBIG, "/etc/os-release");
}
END_TEST

START_TEST(a_script_is_no_program) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        pf_sandbox_write(&box, "/bin/sh", "#!/usr/bin/coreutils --coreutils-prog=sh\n");
        expect(&box, PF_WARN, "no program tells");
        pf_sandbox_write_bytes(&box, "/usr/bin/env", elf, sizeof(elf));
        expect(&box, PF_PASS, "Debian 12.5");
        pf_sandbox_write_bytes(&box, "/usr/bin/env", elf, sizeof(elf) - 1);
        expect(&box, PF_WARN, "no program tells");
}
END_TEST

START_TEST(names_and_versions_of_hostile_length) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        char text[4096];

        fill(&box);
        (void) snprintf(text, sizeof(text), "ID=%01000d\nVERSION_ID=%01000d\nNAME=%01000d\n", 1, 2,
                        3);
        pf_sandbox_write(&box, "/etc/os-release", text);
        expect(&box, PF_FAIL, "is not supported by agent 9.65");
        (void) snprintf(text, sizeof(text), "ID=debian\nVERSION_ID=12.%01000d\n", 5);
        pf_sandbox_write(&box, "/etc/os-release", text);
        expect(&box, PF_PASS, "Debian 12.000");
        pf_sandbox_write(&box, "/etc/os-release", "NAME=\nFOO=bar\n");
        expect(&box, PF_FAIL, "a system without ID= is not supported");
}
END_TEST

START_TEST(release_lines) {
        static const struct {
                const char *text, *id, *version;
        } cases[] = {
                { "CentOS Linux release 7.9.2009 (Core)", "centos", "7.9.2009" },
                { "CentOS Stream release 8", "centos-stream", "8" },
                { "Red Hat Enterprise Linux Server release 5.11 (Tikanga)\n", "rhel", "5.11" },
                { "Oracle Linux Server release 6.10\n", "ol", "6.10" },
                { "Rocky Linux release 8.7 (Green Obsidian)", "rocky", "8.7" },
                { "Scientific Linux release 7.5 (Nitrogen)", "scientific", "7.5" },
                { "Fedora release Rawhide", "fedora", "" },
                { "Some Linux\nCentOS release 5.2", "", "" },
                { "Some Linux release 3", "", "3" },
        };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfSystem system;
                PfErr err = { 0 };

                pf_sandbox_new(&box);
                pf_sandbox_write(&box, "/etc/redhat-release", cases[i].text);
                ck_assert_int_eq(pf_system_identify(box.target, &system, &err), 0);
                ck_assert_str_eq(system.id, cases[i].id);
                ck_assert_str_eq(system.version, cases[i].version);
                ck_assert_uint_eq(system.id_at.line, 1);
        }
}
END_TEST

START_TEST(other_release_files) {
        static const struct {
                const char *path, *text, *id, *version;
        } cases[] = {
                { "/etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\n", "ubuntu",
                  "14.04" },
                { "/etc/debian_version", "7.11\n", "debian", "7.11" },
                { "/etc/debian_version", "sid", "debian", "" },
                { "/etc/SuSE-release", "openSUSE 12.2 (x86_64)\nVERSION = 12.2\n", "opensuse",
                  "12.2" },
                { "/etc/SuSE-release",
                  "SUSE Linux Enterprise Desktop 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = x\n",
                  "sled", "11" },
        };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfSystem system;
                PfErr err = { 0 };

                pf_sandbox_new(&box);
                pf_sandbox_write(&box, cases[i].path, cases[i].text);
                ck_assert_int_eq(pf_system_identify(box.target, &system, &err), 0);
                ck_assert_str_eq(system.id, cases[i].id);
                ck_assert_str_eq(system.version, cases[i].version);
        }
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/SuSE-release", "nothing");
        pf_sandbox_write(&box, "/etc/lsb-release", "DISTRIB_RELEASE=1\n");
        ck_assert_int_eq(pf_system_identify(box.target, &(PfSystem){ 0 }, NULL), PF_SYSTEM_ABSENT);
}
END_TEST

static PfDetection detect(PfSandbox *box, const char *rules, const char *agent_version) {
        static const char head[] =
                "[Profile]\nTitle=T\nDocumentation=D\nAgentVersion=1\nArchitecture=x86_64\n"
                "[Space]\nCopyPath=/\nCopyBytes=1\nRootBytes=1\nRootWarnBytes=1\nInstallPath=/\n"
                "InstallBytes=1\nInodes=1\n[Detection]\n";
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PfDetection detection;
        PfErr err = { 0 };
        char text[4096];
        int r;

        (void) snprintf(text, sizeof(text), "%s%s", head, rules);
        r = pf_profile_parse("p", "p", text, strlen(text), &profile, NULL, &err);
        ck_assert_msg(r == 0, "%s", err.text);
        ck_assert_int_eq(pf_system_detect(box->target, profile, agent_version, &detection, &err),
                         0);
        detection.at.path = NULL; /* was the profile's */
        return detection;
}

START_TEST(how_the_installer_decides) {
        static const char rules[] = "ReleaseFile=/a\nOnly=Z\nAccept=A\n"
                                    "ReleaseFile=/b\nAccept=^B\nAccept=C @2.10\nAccept=D @2.10\n";
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfDetection d;

        pf_sandbox_new(&box);
        ck_assert_int_eq(detect(&box, rules, "1").outcome, PF_DETECTED_NOTHING);

        pf_sandbox_write(&box, "/a", "A\n"); /* not one of Only= */
        ck_assert_int_eq(detect(&box, rules, "1").outcome, PF_DETECTED_NOTHING);
        pf_sandbox_write(&box, "/b", "xB\n");
        d = detect(&box, rules, "1");
        ck_assert_int_eq(d.outcome, PF_DETECTED_REFUSED);
        ck_assert_str_eq(d.at.text, "xB");
        pf_sandbox_write(&box, "/b", "x\nB\nB\n");
        d = detect(&box, rules, "1");
        ck_assert_int_eq(d.outcome, PF_DETECTED_ACCEPTED);
        ck_assert_uint_eq(d.at.line, 2);
        pf_sandbox_write(&box, "/b", "x C\n");
        ck_assert_int_eq(detect(&box, rules, "2.9").outcome, PF_DETECTED_AGENT_TOO_OLD);
        ck_assert_int_eq(detect(&box, rules, "2.10").outcome, PF_DETECTED_ACCEPTED);

        pf_sandbox_write(&box, "/a", "Z\n"); /* now the first one decides */
        ck_assert_int_eq(detect(&box, rules, "2.10").outcome, PF_DETECTED_REFUSED);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("os");

        PF_TEST(suite, the_machine_that_the_others_are_made_of);
        PF_TEST(suite, files_that_cannot_be_read);
        PF_TEST(suite, a_release_file_of_the_installer_that_cannot_be_read);
        PF_TEST(suite, a_directory_is_no_release_file);
        PF_TEST(suite, a_file_of_hostile_size);
        PF_TEST(suite, a_script_is_no_program);
        PF_TEST(suite, names_and_versions_of_hostile_length);
        PF_TEST(suite, release_lines);
        PF_TEST(suite, other_release_files);
        PF_TEST(suite, how_the_installer_decides);
        return pf_test_main(suite);
}
