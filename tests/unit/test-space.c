/* SPDX-License-Identifier: MIT */
/*
 * What tests/fixtures/space cannot say: what is touched, and what happens where
 * a machine gives no answer.
 */
#include "probes/probe.h"

#include <string.h>

#include "config/profile.h"
#include "daemon/base/capture.h"
#include "probes/space-place.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

extern const PfProbe pf_probe_space;

#define ROOT "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
#define ANSWER                                                                                     \
        "{\"device\":1,\"totalBytes\":9000000000,\"freeBytes\":8000000000,"                        \
        "\"rootFreeBytes\":8000000000}"
#define ANSWERS                                                                                    \
        "{\"/\":" ANSWER ",\"/tmp\":" ANSWER ",\"/usr/local\":" ANSWER ",\"/etc\":" ANSWER "}"

/* A machine with room, as captured. */
static void fill(PfSandbox *box) {
        pf_sandbox_new(box);
        pf_sandbox_write(box, "/proc/1/mountinfo", ROOT);
        pf_sandbox_write(box, PF_CAPTURE_SPACE, ANSWERS);
        pf_sandbox_mkdir(box, "/tmp");
        pf_sandbox_mkdir(box, "/usr/local");
        pf_sandbox_mkdir(box, "/etc");
}

static void run(const PfTarget *target, PfReport *report) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PfDemand demand = { .agent_version = "9.65", .account = "root", .local_port = 22 };
        PfErr err = { 0 };
        int r;

        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        demand.profile = profile;
        r = pf_probe_space.run(target, &demand, report, &err);
        ck_assert_msg(r == 0, "%d %s", r, err.text);
        ck_assert_uint_eq(report->n, 4);
}

static void expect(PfSandbox *box, size_t check, PfVerdict verdict, const char *summary) {
        PF_AUTO_REPORT PfReport report = { 0 };

        run(box->target, &report);
        ck_assert_msg(report.results[check].verdict == verdict &&
                              strstr(report.results[check].summary, summary),
                      "%s: %s (%s)", report.results[check].check->id,
                      pf_verdict_to_string(report.results[check].verdict),
                      report.results[check].summary);
}

enum { COPY, ROOT_FS, INSTALL, INODES };

START_TEST(each_check_once_in_order) {
        static const char *const ids[] = { "space.copy", "space.root", "space.install",
                                           "space.inodes" };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        fill(&box);
        run(box.target, &report);
        for (size_t i = 0; i < PF_ELEMENTS(ids); i++) {
                ck_assert_str_eq(report.results[i].check->id, ids[i]);
                ck_assert_int_eq(report.results[i].verdict, PF_PASS);
        }
}
END_TEST

/* One dead mount must not stop an answer that does not need it. */
static int is_needed(const PfAccessRecord *record, void *data) {
        (*(size_t *) data)++;
        ck_assert_msg(strncmp(record->path, "/mnt", 4) != 0 &&
                              strncmp(record->path, "/srv", 4) != 0,
                      "%s was touched", record->path);
        return 0;
}

START_TEST(no_other_mount_is_touched) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        size_t n = 0;

        fill(&box);
        pf_sandbox_mkdir(&box, "/mnt/dead");
        pf_sandbox_write(&box, "/proc/1/mountinfo",
                         ROOT "40 22 0:50 / /mnt/dead rw - nfs4 gone:/x rw\n"
                              "41 22 0:51 / /srv rw - cifs //gone/y rw\n");
        run(box.target, &report);
        ck_assert_int_eq(report.results[COPY].verdict, PF_PASS);
        (void) pf_target_each_access(box.target, is_needed, &n);
        ck_assert_uint_gt(n, 5);
}
END_TEST

START_TEST(an_answer_that_cannot_be_understood) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        pf_sandbox_write(&box, PF_CAPTURE_SPACE, "{\"/tmp\": {}}");
        expect(&box, COPY, PF_UNKNOWN, "the free space of /tmp is not known: /.preflight/");
        expect(&box, ROOT_FS, PF_UNKNOWN, "says nothing about this one");
}
END_TEST

/* Without the table nobody knows whether /tmp is noexec. */
START_TEST(a_table_that_cannot_be_read) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        pf_sandbox_remove(&box, "/proc/1/mountinfo");
        pf_sandbox_mkfifo(&box, "/proc/self/mountinfo");
        expect(&box, COPY, PF_UNKNOWN, "what is mounted there is not known");

        fill(&box);
        pf_sandbox_remove(&box, "/proc/1/mountinfo");
        pf_sandbox_mkfifo(&box, "/etc/fstab");
        expect(&box, COPY, PF_UNKNOWN, "/etc/fstab");
}
END_TEST

/* ProtectSystem=strict and ProtectProc=invisible: what we see is not the machine. */
START_TEST(a_view_of_our_own) {
        static const char own[] = "22 1 254:1 / / ro shared:9 master:1 - ext4 /dev/vda1 rw\n";
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        pf_sandbox_remove(&box, "/proc/1/mountinfo");
        pf_sandbox_write(&box, "/proc/self/mountinfo", own);
        expect(&box, COPY, PF_UNKNOWN, "made read-only for it");
        pf_sandbox_write(&box, "/proc/1/mountinfo", own);
        expect(&box, COPY, PF_FAIL, "mounted read-only");
}
END_TEST

START_TEST(a_path_that_leads_nowhere) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        pf_sandbox_remove(&box, "/tmp");
        pf_sandbox_symlink(&box, "tmp", "/tmp");
        expect(&box, COPY, PF_UNKNOWN, "the free space of /tmp is not known");
        expect(&box, ROOT_FS, PF_PASS, "");
        expect(&box, INODES, PF_UNKNOWN, "/tmp");
}
END_TEST

START_TEST(images_that_cannot_be_seen) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        if (geteuid() == 0) {
                pf_test_skip("root sees everything");
                return;
        }
        fill(&box);
        pf_sandbox_mkdir(&box, "/boot");
        pf_sandbox_chmod(&box, "/boot", 0);
        expect(&box, INSTALL, PF_UNKNOWN, "the room that the initramfs images need is not known");
}
END_TEST

/* Each limit, to the byte: free bytes of the root file system. */
START_TEST(limits) {
        static const struct {
                uint64_t free_bytes;
                PfVerdict copy, root, install;
        } cases[] = {
                { UINT64_C(0), PF_FAIL, PF_FAIL, PF_FAIL },
                { (UINT64_C(100) << 20) - 1, PF_FAIL, PF_FAIL, PF_FAIL },
                { UINT64_C(100) << 20, PF_PASS, PF_FAIL, PF_FAIL },
                { (UINT64_C(250) << 20) - 1, PF_PASS, PF_FAIL, PF_FAIL },
                { UINT64_C(250) << 20, PF_PASS, PF_FAIL, PF_WARN },
                { (UINT64_C(350) << 20) - 1, PF_PASS, PF_FAIL, PF_WARN },
                { UINT64_C(350) << 20, PF_PASS, PF_FAIL, PF_PASS },
                { (UINT64_C(1) << 30) - 1, PF_PASS, PF_FAIL, PF_PASS },
                { UINT64_C(1) << 30, PF_PASS, PF_WARN, PF_PASS },
                { (UINT64_C(2) << 30) - 1, PF_PASS, PF_WARN, PF_PASS },
                { UINT64_C(2) << 30, PF_PASS, PF_PASS, PF_PASS },
                { INT64_MAX, PF_PASS, PF_PASS, PF_PASS },
        };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        fill(&box);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_REPORT PfReport report = { 0 };
                unsigned long long n = cases[i].free_bytes;
                char one[256], all[1200];

                (void) snprintf(one, sizeof(one),
                                "{\"device\":1,\"totalBytes\":%lld,\"freeBytes\":%llu,"
                                "\"rootFreeBytes\":%llu}",
                                (long long) INT64_MAX, n, n);
                (void) snprintf(all, sizeof(all),
                                "{\"/\":%s,\"/tmp\":%s,\"/usr/local\":%s,\"/etc\":%s}", one, one,
                                one, one);
                pf_sandbox_write(&box, PF_CAPTURE_SPACE, all);
                run(box.target, &report);
                ck_assert_msg(report.results[COPY].verdict == cases[i].copy &&
                                      report.results[ROOT_FS].verdict == cases[i].root &&
                                      report.results[INSTALL].verdict == cases[i].install,
                              "%llu: %s, %s, %s", n,
                              pf_verdict_to_string(report.results[COPY].verdict),
                              pf_verdict_to_string(report.results[ROOT_FS].verdict),
                              pf_verdict_to_string(report.results[INSTALL].verdict));
        }
}
END_TEST

/* On the machine this runs on: every check is measured. */
START_TEST(this_machine) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_REPORT PfReport report = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &target, &err), 0);
        run(target, &report);
        for (size_t i = 0; i < report.n; i++)
                ck_assert_msg(report.results[i].n_evidence > 0 ||
                                      report.results[i].verdict == PF_UNKNOWN,
                              "%s", report.results[i].summary);
        ck_assert_uint_gt(report.results[ROOT_FS].n_evidence, 0);
}
END_TEST

/* statfs(2) tells a service of its own view: the table of process 1 decides. */
START_TEST(where_a_place_is) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_SPACE_MOUNTS PfSpaceMounts mounts = { 0 };
        PfSpacePlace place;

        fill(&box);
        pf_sandbox_write(&box, PF_CAPTURE_SPACE,
                         "{\"/tmp\":{\"totalBytes\":5,\"freeBytes\":3,\"rootFreeBytes\":4,"
                         "\"device\":7,\"readOnly\":true,\"noExec\":true}}");
        ck_assert_int_eq(pf_space_mounts_load(box.target, &mounts), 0);
        ck_assert(!mounts.planned);
        ck_assert_int_eq(pf_space_locate(box.target, &mounts, "/tmp/a/b", &place), 0);
        ck_assert_str_eq(place.existing, "/tmp");
        ck_assert(place.measured && !place.read_only && !place.no_exec);
        ck_assert_uint_eq(place.space.free_bytes, 3);
        ck_assert_uint_eq(place.device, 254 << 8 | 1);
        ck_assert_str_eq(place.mount->source, "/dev/vda1");
        pf_space_place_deinit(&place);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("space");

        PF_TEST(suite, each_check_once_in_order);
        PF_TEST(suite, no_other_mount_is_touched);
        PF_TEST(suite, an_answer_that_cannot_be_understood);
        PF_TEST(suite, a_table_that_cannot_be_read);
        PF_TEST(suite, a_view_of_our_own);
        PF_TEST(suite, a_path_that_leads_nowhere);
        PF_TEST(suite, images_that_cannot_be_seen);
        PF_TEST(suite, limits);
        PF_TEST(suite, this_machine);
        PF_TEST(suite, where_a_place_is);
        return pf_test_main(suite);
}
