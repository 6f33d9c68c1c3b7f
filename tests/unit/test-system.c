/* SPDX-License-Identifier: MIT */
/*
 * The probe system against real things: a database that dpkg left half-way, locks of
 * this process, the programs that a shell finds, the kernel's clock; and modules, whole
 * and cut off. States of whole machines are in tests/fixtures/system.
 */
#include "probes/system/driver.h"
#include "probes/system/locks.h"
#include "probes/system/search-path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/xattr.h>

#include "config/profile.h"
#include "daemon/base/clock.h"
#include "daemon/platform/kernel-facts.h"
#include "probes/parse/elf-needed.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

static PfTarget *open_host(void) {
        PfTarget *host = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_target_new("/", PF_TARGET_DEFAULT, &host, &err) == 0, "%s", err.text);
        return host;
}

/* Runs the probe on the box; the result of one check is borrowed from @report. */
static const PfResult *ask(const char *id, PfReport *report) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PfDemand demand = { .account = "root", .local_port = 22 };
        PfErr err = { 0 };
        int r;

        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        demand.profile = profile;
        demand.agent_version = profile->agent_version;
        r = pf_probe_find(id, PF_PLATFORM_LINUX)->run(box.target, &demand, report, &err);
        ck_assert_msg(r == 0, "%s", pf_err_text(&err, r));
        for (size_t i = 0; i < report->n; i++)
                if (strcmp(report->results[i].check->id, id) == 0)
                        return &report->results[i];
        ck_abort_msg("no answer to %s", id);
}

/* --- dpkg --- */

/* A package that is unpacked, and whose script fails. */
#define HALF_PACKAGE                                                                               \
        "{ set -e; cd '%s'; mkdir -p pkg/DEBIAN var/lib/dpkg/info var/lib/dpkg/updates; "          \
        "printf 'Package: half\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\n"              \
        "Description: half\n' >pkg/DEBIAN/control; printf '#!/bin/sh\nexit 1\n' "                  \
        ">pkg/DEBIAN/postinst; chmod 755 pkg/DEBIAN pkg/DEBIAN/postinst; "                         \
        "dpkg-deb --root-owner-group -b pkg half.deb; touch var/lib/dpkg/status; "                 \
        "! dpkg --root=\"$PWD\" --force-not-root --force-script-chrootless --no-triggers "         \
        "--log=/dev/null -i half.deb; rm -rf pkg half.deb; } >/dev/null 2>&1"

START_TEST(dpkg_left_half_way) {
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfResult *result;
        char command[4096];

        if (system("command -v dpkg-deb >/dev/null") != 0) {
                pf_test_skip("dpkg-deb is not installed");
                return;
        }
        pf_sandbox_open(&box, "system/good-debian");
        pf_sandbox_remove(&box, "/var/lib/dpkg");
        (void) snprintf(command, sizeof(command), HALF_PACKAGE, box.root);
        ck_assert_int_eq(system(command), 0);

        result = ask("system.prerequisites", &report);

        ck_assert_int_eq(result->verdict, PF_WARN);
        ck_assert_str_eq(result->summary, "dpkg has not finished with 1 package");
        ck_assert_str_eq(result->evidence[0].path, "/var/lib/dpkg/status");
        ck_assert_str_eq(result->evidence[0].found, "Status: install ok half-configured");
}
END_TEST

/* --- locks --- */

/* A lock that this process holds, as dpkg takes its own: fcntl(2), F_SETLK. */
static int lock(const char *path) {
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        int fd = open(path, O_RDWR | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fcntl(fd, F_SETLK, &whole), 0);
        return fd;
}

static void copy_locks(void) {
        char command[4096];

        (void) snprintf(command, sizeof(command), "cat /proc/locks >'%s/proc/locks'", box.root);
        ck_assert_int_eq(system(command), 0);
}

START_TEST(lock_of_dpkg_is_held) {
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_FREE char *path = NULL;
        const PfResult *result;
        PF_AUTO_CLOSE int fd = -1;

        pf_sandbox_open(&box, "system/good-debian");
        path = pf_sandbox_path(&box, "/var/lib/dpkg/lock-frontend");
        fd = lock(path);
        copy_locks();

        result = ask("system.prerequisites", &report);

        ck_assert_int_eq(result->verdict, PF_FAIL);
        ck_assert_str_eq(result->summary, "another package manager is at work");
        ck_assert_str_eq(result->evidence[0].path, "/var/lib/dpkg/lock-frontend");
}
END_TEST

START_TEST(lock_of_installer_is_held) {
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_FREE char *path = NULL;
        const PfResult *result;
        PF_AUTO_CLOSE int fd = -1;

        pf_sandbox_open(&box, "system/installer-lock");
        path = pf_sandbox_path(&box, "/tmp/MobSvc/.install.lck");
        fd = lock(path);
        copy_locks();

        result = ask("agent.leftovers", &report);

        ck_assert_int_eq(result->verdict, PF_FAIL);
        ck_assert_str_eq(result->summary, "another installation of the agent is running");
}
END_TEST

/* --- programs --- */

static const char *const program_names[] = { "sh",    "bash",   "which",    "awk",
                                             "tar",   "cpio",   "modprobe", "rpm",
                                             "blkid", "locale", "dpkg",     "vgdisplay" };

/* The shell finds those that we find. */
START_TEST(shell_finds_the_same) {
        static const PfSearchPath empty;
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = open_host();
        const PfSystemRoom room = { .target = host };
        PF_AUTO_SEARCH_PATH PfSearchPath path = empty;
        char joined[1024] = "", command[2048], found[PF_SYSTEM_PATH_MAX];
        PfErr err = { 0 };
        int r;

        ck_assert_int_eq(pf_search_path_load(&room, &path, &err), 0);
        for (size_t i = 0; i < path.directories.n; i++)
                (void) snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%s",
                                i > 0 ? ":" : "", path.directories.items[i]);
        (void) snprintf(command, sizeof(command),
                        "env -i PATH='%s' /bin/sh -c 'command -v %s' >/dev/null", joined,
                        program_names[_i]);

        r = pf_search_program(&room, &path, program_names[_i], NULL, found, &err);

        ck_assert_msg((r == PF_SEARCH_FOUND) == (system(command) == 0), "%s: %s", program_names[_i],
                      r < 0 ? err.text : pf_search_fault_text(r));
}
END_TEST

/* What is not the first in PATH is found all the same, and what is no good is passed over. */
START_TEST(search_goes_on) {
        PF_AUTO_SEARCH_PATH PfSearchPath path = { 0 };
        PfSystemRoom room = { 0 };
        char found[PF_SYSTEM_PATH_MAX];
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/usr/local/bin/tar", "\177ELF");
        pf_sandbox_mkdir(&box, "/usr/sbin/tar");
        pf_sandbox_write(&box, "/usr/bin/tar", "#!/bin/sh\n");
        pf_sandbox_chmod(&box, "/usr/bin/tar", 0755);
        pf_sandbox_write(&box, "/bin/sh", "\177ELF");
        pf_sandbox_chmod(&box, "/bin/sh", 0755);
        room.target = box.target;
        ck_assert_int_eq(pf_search_path_load(&room, &path, &err), 0);

        ck_assert_int_eq(pf_search_program(&room, &path, "tar", NULL, found, &err),
                         PF_SEARCH_FOUND);
        ck_assert_str_eq(found, "/usr/bin/tar");
        pf_sandbox_remove(&box, "/bin/sh");
        ck_assert_int_eq(pf_search_program(&room, &path, "tar", "/usr/bin", found, &err),
                         PF_SEARCH_NOT_EXECUTABLE);
        ck_assert_str_eq(found, "/usr/local/bin/tar");
        pf_sandbox_remove(&box, "/usr/local/bin/tar");
        ck_assert_int_eq(pf_search_program(&room, &path, "tar", "/usr/bin", found, &err),
                         PF_SEARCH_NO_INTERPRETER);
}
END_TEST

/* --- the kernel --- */

START_TEST(clock_is_the_kernels) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = open_host();
        struct timex timex = { .modes = 0 };
        uint64_t before = pf_clock_realtime_usec();
        PfKernelClock clock;
        PfErr err = { 0 };
        int state = adjtimex(&timex), r = pf_kernel_clock(host, &clock, &err);

        if (state < 0) {
                ck_assert_int_lt(r, 0);
                return;
        }
        ck_assert_msg(r == 0, "%s", err.text);
        ck_assert_int_eq(clock.is_synchronised, timex.maxerror < 16000000);
        ck_assert_uint_ge(clock.now_usec, before);
        ck_assert_uint_le(clock.now_usec, pf_clock_realtime_usec());
}
END_TEST

START_TEST(clock_of_an_image) {
        PfKernelClock clock;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_kernel_clock(box.target, &clock, &err), PF_KERNEL_FACTS_NONE);
        pf_sandbox_write(&box, "/.preflight/clock.json", "{ \"adjtimex\": { \"timeUSec\": -1 } }");
        pf_sandbox_reset_target(&box);
        ck_assert_int_eq(pf_kernel_clock(box.target, &clock, &err), -EINVAL);
}
END_TEST

START_TEST(label_of_a_file) {
        PF_AUTO_FREE char *path = NULL;
        char label[PF_FILE_LABEL_MAX];
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/shadow", "");
        ck_assert_int_eq(pf_file_label(box.target, "/etc/passwd", label, &err),
                         PF_KERNEL_FACTS_NONE);
        path = pf_sandbox_path(&box, "/etc/shadow");
        if (setxattr(path, "security.selinux", "system_u:object_r:shadow_t:s0", 30, 0) < 0) {
                pf_test_skip("labels cannot be set here");
                return;
        }
        ck_assert_msg(pf_file_label(box.target, "/etc/shadow", label, &err) == 0, "%s", err.text);
        ck_assert_str_eq(label, "system_u:object_r:shadow_t:s0");
}
END_TEST

/* --- modules --- */

static void read_module(PfBuf *buf) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_FREE char *root = pf_fixture_path("system/driver-current", "root");
        PfErr err = { 0 };

        ck_assert_int_eq(pf_target_new(root, PF_TARGET_DEFAULT, &target, &err), 0);
        ck_assert_msg(pf_target_read(target,
                                     "/usr/lib/modules/6.1.0-22-amd64/kernel/drivers/char/"
                                     "involflt.ko",
                                     1 << 20, buf, &err) == 0,
                      "%s", err.text);
}

START_TEST(module_says_what_it_is) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PfDriverBuild build = { 0 };
        PfErr err = { 0 };

        read_module(&buf);
        ck_assert_msg(pf_driver_build_read(buf.data, buf.n, &build, &err) == 0, "%s", err.text);
        ck_assert_str_eq(build.version, "9.65");
        ck_assert_str_eq(build.source, "0A1B2C");
}
END_TEST

#define NOT_LOOKED_AT 24 /* the last fields of the last header */

/* Cut off anywhere it is refused; with any byte wrong it is refused or read, and no byte
 * behind its end is. */
START_TEST(module_that_is_damaged) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PfDriverBuild build;

        read_module(&buf);
        for (size_t n = 0; n < buf.n; n++) {
                char *copy = malloc(n ? n : 1);
                PfErr err = { 0 };

                ck_assert_ptr_nonnull(copy);
                memcpy(copy, buf.data, n);
                ck_assert_int_eq(pf_driver_build_read(copy, n, &build, &err),
                                 n + NOT_LOOKED_AT < buf.n ? -EINVAL : 0);
                free(copy);
        }
        for (size_t i = 0; i < buf.n; i++) {
                PfErr err = { 0 };
                char *copy = malloc(buf.n);

                ck_assert_ptr_nonnull(copy);
                memcpy(copy, buf.data, buf.n);
                copy[i] = (char) 0xff;
                ck_assert_int_le(pf_driver_build_read(copy, buf.n, &build, &err), 0);
                free(copy);
        }
}
END_TEST

/* What has no name for its sources is compared by its version, and by nothing else. */
START_TEST(drivers_compared) {
        PfFilterDriver driver = { .loaded = { .version = "9.65" },
                                  .on_disk = { .version = "9.65", .source = "0A" } };

        ck_assert_int_eq(pf_filter_driver_is_current(&driver), PF_YES);
        driver.on_disk.version[0] = '8';
        ck_assert_int_eq(pf_filter_driver_is_current(&driver), PF_NO);
        driver.on_disk.version[0] = '\0';
        ck_assert_int_eq(pf_filter_driver_is_current(&driver), PF_MAYBE);
        driver.loaded.source[0] = '0';
        ck_assert_int_eq(pf_filter_driver_is_current(&driver), PF_NO);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("system");
        TCase *programs = tcase_create("shell_finds_the_same");

        PF_TEST(suite, dpkg_left_half_way);
        PF_TEST(suite, lock_of_dpkg_is_held);
        PF_TEST(suite, lock_of_installer_is_held);
        tcase_add_loop_test(programs, shell_finds_the_same, 0, PF_ELEMENTS(program_names));
        suite_add_tcase(suite, programs);
        PF_TEST(suite, search_goes_on);
        PF_TEST(suite, clock_is_the_kernels);
        PF_TEST(suite, clock_of_an_image);
        PF_TEST(suite, label_of_a_file);
        PF_TEST(suite, module_says_what_it_is);
        PF_TEST(suite, module_that_is_damaged);
        PF_TEST(suite, drivers_compared);
        return pf_test_main(suite);
}
