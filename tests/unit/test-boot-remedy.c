/* SPDX-License-Identifier: MIT */
/*
 * Remedies of what a boot loader calls a device: what each fixture becomes, that the
 * check passes then and nothing is worse, and what is refused, with the reason.
 */
#include "probes/boot/remedy-proof.h"
#include "probes/remedy.h"

#include <string.h>

#include "tests/support/fixtures.h"
#include "tests/support/test-main.h"

static void propose(const PfFixture *fixture, const char *check, PfProposal *proposal) {
        const PfRemedyRoom room = { .target = fixture->box.target, .demand = &fixture->demand };
        const PfRemedy *remedy = pf_remedy_find(check);
        PfErr err = { 0 };
        int r;

        ck_assert_ptr_nonnull(remedy);
        r = remedy->propose(&room, proposal, &err);
        ck_assert_msg(r == 0, "%d %s", r, err.text);
        ck_assert_msg((proposal->n > 0) != (proposal->refusal != NULL), "both or neither");
}

static void probe(PfFixture *fixture, PfReport *report) {
        PfErr err = { 0 };
        int r;

        pf_sandbox_reset_target(&fixture->box);
        r = fixture->probe->run(fixture->box.target, &fixture->demand, report, &err);
        ck_assert_msg(r == 0, "%d %s", r, err.text);
}

static const PfResult *find(const PfReport *report, const char *check) {
        for (size_t i = 0; i < report->n; i++)
                if (strcmp(report->results[i].check->id, check) == 0)
                        return &report->results[i];
        ck_abort_msg("no answer to %s", check);
}

static void apply(PfFixture *fixture, const PfCandidate *candidate) {
        ck_assert_uint_gt(candidate->n_edits, 0);
        for (size_t i = 0; i < candidate->n_edits; i++)
                pf_sandbox_write_bytes(&fixture->box, candidate->edits[i].path,
                                       candidate->edits[i].bytes, candidate->edits[i].n);
}

static bool is_worse(PfVerdict before, PfVerdict after) {
        bool was_good = before == PF_PASS || before == PF_SKIP;

        return (after == PF_FAIL && before != PF_FAIL) ||
               (after == PF_UNKNOWN && before != PF_FAIL && before != PF_UNKNOWN) ||
               (after == PF_WARN && was_good);
}

/* --- every fixture --- */

/* And how many of the fixtures of boot are remedied, and refused. */
static const struct {
        const char *check;
        size_t n_remedied;
        size_t n_refused;
} checks[] = {
        { "boot.root-identity", 16, 4 },
        { "boot.resume-identity", 2, 2 },
        { "boot.fstab-identity", 0, 3 },
};

typedef struct Tally {
        size_t n_remedied[PF_ELEMENTS(checks)];
        size_t n_refused[PF_ELEMENTS(checks)];
} Tally;

/* One check of a fixture, which did not pass before. */
static void try_check(const char *name, size_t i, const PfReport *before, Tally *tally) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        PF_AUTO_REPORT PfReport after = { 0 };

        pf_fixture_open(&fixture, name);
        propose(&fixture, checks[i].check, &proposal);
        if (proposal.refusal) {
                tally->n_refused[i]++;
                return;
        }
        tally->n_remedied[i]++;
        apply(&fixture, &proposal.candidates[0]);
        probe(&fixture, &after);
        ck_assert_msg(find(&after, checks[i].check)->verdict == PF_PASS, "%s: %s: %s", name,
                      checks[i].check, find(&after, checks[i].check)->summary);
        for (size_t j = 0; j < before->n; j++)
                ck_assert_msg(!is_worse(before->results[j].verdict, after.results[j].verdict),
                              "%s: %s: %s", name, after.results[j].check->id,
                              after.results[j].summary);
}

static void try_fixture(const char *name, void *data) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_REPORT PfReport before = { 0 };

        if (strncmp(name, "boot/", 5) != 0)
                return;
        pf_fixture_open(&fixture, name);
        probe(&fixture, &before);
        for (size_t i = 0; i < PF_ELEMENTS(checks); i++) {
                PfVerdict verdict = find(&before, checks[i].check)->verdict;

                if (verdict == PF_FAIL || verdict == PF_WARN)
                        try_check(name, i, &before, data);
        }
}

START_TEST(each_fixture_passes_or_is_refused) {
        Tally tally = { 0 };

        pf_fixtures_each(try_fixture, &tally);
        for (size_t i = 0; i < PF_ELEMENTS(checks); i++) {
                ck_assert_uint_eq(tally.n_remedied[i], checks[i].n_remedied);
                ck_assert_uint_eq(tally.n_refused[i], checks[i].n_refused);
        }
}
END_TEST

/* --- what becomes of a file --- */

#define GRUB_CFG "/boot/grub/grub.cfg"
#define DEFAULT_GRUB "/etc/default/grub"
#define ROOT_UUID "UUID=11111111-aaaa-4aaa-8aaa-111111111111"
#define SWAP_UUID "UUID=33333333-cccc-4ccc-8ccc-333333333333"

static void expect_edit(const PfProposal *proposal, const char *path, const char *want) {
        const PfEdit *edit;

        ck_assert_msg(proposal->n == 1, "%s",
                      proposal->refusal ? proposal->refusal : "several candidates");
        edit = pf_candidate_find(&proposal->candidates[0], path);
        ck_assert_msg(edit, "%s is not edited", path);
        ck_assert_str_eq(edit->bytes, want);
}

static void expect_refusal(const PfProposal *proposal, const char *part) {
        ck_assert_uint_eq(proposal->n, 0);
        ck_assert_msg(strstr(proposal->refusal, part), "%s", proposal->refusal);
}

/* A machine with a root file system on sda1 and swap on sda2, whose files are these. */
typedef struct File {
        const char *path;
        const char *text; /* NULL: it is not there */
} File;

static void open_machine(PfFixture *fixture, const File *files, size_t n) {
        pf_fixture_open(fixture, "boot/root-sda");
        for (size_t i = 0; i < n; i++)
                if (files[i].text)
                        pf_sandbox_write(&fixture->box, files[i].path, files[i].text);
                else
                        pf_sandbox_remove(&fixture->box, files[i].path);
        pf_sandbox_reset_target(&fixture->box);
}

#define ENTRY(arguments) "menuentry 'a' {\n\tlinux /v " arguments "\n\tinitrd /i\n}\n"

START_TEST(what_boots_and_what_it_is_generated_from) {
        static const File files[] = {
                { GRUB_CFG, ENTRY("root=/dev/sda1 ro") ENTRY("root=/dev/sda1 single") },
                { DEFAULT_GRUB, "# root=/dev/sda1\nGRUB_DISABLE_LINUX_UUID=true # why\n"
                                "GRUB_CMDLINE_LINUX=\"quiet root=/dev/sda1\"\n" },
                { "/boot/loader/entries/a.conf",
                  "title A\nlinux /v\ninitrd /i\noptions ro root=/dev/sda1\n" },
                { "/etc/kernel/cmdline", "root=/dev/sda1 ro\n" },
        };
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };

        open_machine(&fixture, files, PF_ELEMENTS(files));
        propose(&fixture, "boot.root-identity", &proposal);
        expect_edit(&proposal, GRUB_CFG,
                    ENTRY("root=" ROOT_UUID " ro") ENTRY("root=" ROOT_UUID " single"));
        expect_edit(&proposal, DEFAULT_GRUB,
                    "# root=/dev/sda1\nGRUB_DISABLE_LINUX_UUID=false # why\n"
                    "GRUB_CMDLINE_LINUX=\"quiet root=" ROOT_UUID "\"\n");
        expect_edit(&proposal, "/boot/loader/entries/a.conf",
                    "title A\nlinux /v\ninitrd /i\noptions ro root=" ROOT_UUID "\n");
        expect_edit(&proposal, "/etc/kernel/cmdline", "root=" ROOT_UUID " ro\n");
        ck_assert_uint_eq(proposal.candidates[0].n_edits, 4);
        ck_assert(pf_candidate_find(&proposal.candidates[0], GRUB_CFG)->is_generated);
        ck_assert(!pf_candidate_find(&proposal.candidates[0], DEFAULT_GRUB)->is_generated);
}
END_TEST

START_TEST(the_variable_of_a_name) {
        static const File files[] = {
                { GRUB_CFG, "set dev=/dev/sda1\nset other=/dev/sda1\n" ENTRY("root=$dev ro") },
        };
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };

        open_machine(&fixture, files, PF_ELEMENTS(files));
        propose(&fixture, "boot.root-identity", &proposal);
        expect_edit(&proposal, GRUB_CFG,
                    "set dev=" ROOT_UUID "\nset other=/dev/sda1\n" ENTRY("root=$dev ro"));
}
END_TEST

/* Without an initramfs it is the kernel that looks for the root file system. */
START_TEST(the_kernel_knows_partitions_alone) {
        static const File files[] = {
                { GRUB_CFG, "menuentry a {\n linux /v root=/dev/sda1\n}\n" },
        };
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };

        open_machine(&fixture, files, PF_ELEMENTS(files));
        propose(&fixture, "boot.root-identity", &proposal);
        expect_edit(&proposal, GRUB_CFG, "menuentry a {\n linux /v root=PARTUUID=5e1ff076-01\n}\n");
}
END_TEST

/* The kernel that runs was started with the name: the entry is still the one. */
START_TEST(a_machine_that_runs_knows_its_entry) {
        static const File files[] = {
                { GRUB_CFG, ENTRY("root=/dev/sda1 ro") ENTRY("root=/dev/sda1 ro single") },
                { "/proc/cmdline", "BOOT_IMAGE=/v root=/dev/sda1 ro\n" },
        };
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        PF_AUTO_REPORT PfReport before = { 0 }, after = { 0 };

        open_machine(&fixture, files, PF_ELEMENTS(files));
        probe(&fixture, &before);
        ck_assert_int_eq(find(&before, "boot.configuration-live")->verdict, PF_PASS);
        propose(&fixture, "boot.root-identity", &proposal);
        ck_assert_uint_eq(proposal.n, 1);
        apply(&fixture, &proposal.candidates[0]);
        probe(&fixture, &after);
        ck_assert_int_eq(find(&after, "boot.root-identity")->verdict, PF_PASS);
        ck_assert_msg(find(&after, "boot.configuration-live")->verdict == PF_PASS, "%s",
                      find(&after, "boot.configuration-live")->summary);

        /* Another device is another start. */
        pf_sandbox_write(&fixture.box, "/proc/cmdline",
                         "BOOT_IMAGE=/v root=UUID=22222222-2222-4222-8222-222222222222 ro\n");
        pf_report_deinit(&after);
        probe(&fixture, &after);
        ck_assert_int_eq(find(&after, "boot.configuration-live")->verdict, PF_WARN);
}
END_TEST

/* A system that sleeps into a file names the file system that holds it. */
START_TEST(resume_from_a_file) {
        static const File files[] = {
                { GRUB_CFG, ENTRY("root=" ROOT_UUID " resume=/dev/sda1 resume_offset=34816") },
        };
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };

        open_machine(&fixture, files, PF_ELEMENTS(files));
        propose(&fixture, "boot.resume-identity", &proposal);
        expect_edit(&proposal, GRUB_CFG,
                    ENTRY("root=" ROOT_UUID " resume=" ROOT_UUID " resume_offset=34816"));
}
END_TEST

START_TEST(lines_of_the_table) {
        static const File files[] = {
                { "/etc/fstab", "# /dev/sda1 was here\n/dev/sda1\t/ ext4   defaults 0 1 # x\n"
                                "/dev/sda2 none swap sw\n/dev/sda1 /mnt ext4 noauto\n"
                                "/dev/vg/data /data ext4 defaults\n//nas/x /nas cifs defaults\n"
                                "/swapfile none swap sw\n/data /srv none bind\n" },
        };
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };

        open_machine(&fixture, files, PF_ELEMENTS(files));
        propose(&fixture, "boot.fstab-identity", &proposal);
        expect_edit(&proposal, "/etc/fstab",
                    "# /dev/sda1 was here\n" ROOT_UUID "\t/ ext4   defaults 0 1 # x\n" SWAP_UUID
                    " none swap sw\n/dev/sda1 /mnt ext4 noauto\n"
                    "/dev/vg/data /data ext4 defaults\n//nas/x /nas cifs defaults\n"
                    "/swapfile none swap sw\n/data /srv none bind\n");
}
END_TEST

/* --- what is refused --- */

static const struct {
        const char *check;
        File file;
        File other;
        const char *why;
} refusals[] = {
        { "boot.root-identity",
          { GRUB_CFG, ENTRY("root=/dev/sdb1") },
          { NULL, NULL },
          GRUB_CFG ":2: root=/dev/sdb1 stays as it is: no device has it" },
        { "boot.root-identity",
          { GRUB_CFG, ENTRY("root=/dev/sda2") },
          { NULL, NULL },
          "what is mounted there now is /dev/sda1" },
        { "boot.root-identity",
          { GRUB_CFG, "set n=1\n" ENTRY("root=/dev/sda$n") },
          { NULL, NULL },
          "put together from parts" },
        { "boot.root-identity", /* a clone of the disk */
          { GRUB_CFG, ENTRY("root=/dev/sda1") },
          { "/run/udev/data/b8:2",
            "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=11111111-aaaa-4aaa-8aaa-111111111111\n" },
          "2 devices have it" },
        { "boot.root-identity", /* one that nobody looked at */
          { GRUB_CFG, ENTRY("root=/dev/sda1") },
          { "/run/udev/data/b8:2", NULL },
          "whether /dev/sda2 has the same identity is not known" },
        { "boot.root-identity", /* without what is written on it */
          { GRUB_CFG, ENTRY("root=/dev/sda1") },
          { "/run/udev/data/b8:1", "E:ID_FS_TYPE=LVM2_member\nE:ID_FS_UUID=x\n" },
          "holds no file system" },
        { "boot.resume-identity",
          { GRUB_CFG, ENTRY("root=" ROOT_UUID " resume=/dev/sda1") },
          { NULL, NULL },
          "/dev/sda1 holds no swap" },
        { "boot.fstab-identity",
          { "/etc/fstab", "/dev/sda1 / ext4 defaults\n/dev/sdb1 /data ext4 defaults\n" },
          { NULL, NULL },
          "/etc/fstab:2: /dev/sdb1 stays as it is: no device has it" },
        { "boot.fstab-identity",
          { "/etc/fstab", "/dev/sda2 / ext4 defaults\n" },
          { NULL, NULL },
          "what is mounted there now is /dev/sda1" },
        { "disk.mounts", { NULL, NULL }, { NULL, NULL }, "a machine that does not run" },
};

START_TEST(refused_with_the_reason) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const File files[] = { refusals[_i].file, refusals[_i].other };

        open_machine(&fixture, files, (files[0].path != NULL) + (files[1].path != NULL));
        propose(&fixture, refusals[_i].check, &proposal);
        expect_refusal(&proposal, refusals[_i].why);
}
END_TEST

/* --- an image, seen from a host --- */

/* A host with a disk like that of the machine above, whose first partition is mounted at
 * @directory; and the image there, without a /sys of its own. */
typedef struct Image {
        PfFixture host;
        PfSandbox box;
        PfBootFacts facts;
        PfBootWitness witness;
} Image;

static void image_close(Image *image) {
        pf_boot_witness_deinit(&image->witness);
        pf_boot_facts_deinit(&image->facts);
        pf_sandbox_close(&image->box);
        pf_fixture_close(&image->host);
}

static void image_open(Image *image, const char *mounted, const char *grub, const char *fstab) {
        PF_AUTO_FREE char *real = NULL;
        char table[4096];
        PfErr err = { 0 };
        int r;

        pf_sandbox_new(&image->box);
        real = realpath(image->box.root, NULL);
        pf_sandbox_write(&image->box, GRUB_CFG, grub);
        pf_sandbox_write(&image->box, "/etc/fstab", fstab);
        pf_sandbox_reset_target(&image->box);
        pf_fixture_open(&image->host, "boot/root-sda");
        (void) snprintf(table, sizeof(table),
                        "20 1 0:20 / / rw - tmpfs none rw\n22 20 8:%s %s rw - ext4 /dev/x rw\n",
                        mounted, real);
        pf_sandbox_write(&image->host.box, "/proc/1/mountinfo", table);
        pf_sandbox_reset_target(&image->host.box);
        r = pf_boot_facts_load(image->box.target, &image->facts, &err);
        ck_assert_msg(r == 0, "%s", err.text);
        r = pf_boot_witness_load(&image->facts, image->host.box.target, &image->witness, &err);
        ck_assert_msg(r == 0, "%s", err.text);
}

static const struct {
        const char *mounted; /* minor number, and what of it is mounted */
        const char *grub;
        const char *fstab;
        PfBootClaim claim;
        const char *identity; /* NULL: it cannot be proven */
        const char *why;
} images[] = {
        /* The number of the partition agrees, whatever the disk is called there. */
        { "1 /",
          ENTRY("root=/dev/vda1"),
          "",
          { .identity = "/dev/vda1", .is_root = true },
          ROOT_UUID,
          NULL },
        { "1 /",
          ENTRY("root=/dev/nvme0n1p1"),
          "",
          { .identity = "/dev/nvme0n1p1", .is_root = true },
          ROOT_UUID,
          NULL },
        { "1 /",
          ENTRY("root=/dev/vda2"),
          "",
          { .identity = "/dev/vda2", .is_root = true },
          NULL,
          "what is mounted there is partition 1" },
        /* The table of the image has another file system for it. */
        { "1 /",
          ENTRY("root=/dev/vda1"),
          "UUID=9999 / ext4 defaults\n",
          { .identity = "/dev/vda1", .is_root = true },
          NULL,
          "/etc/fstab has UUID=9999" },
        { "1 /",
          ENTRY("root=/dev/vda1"),
          ROOT_UUID " / ext4 defaults\n",
          { .identity = "/dev/vda1", .is_root = true },
          ROOT_UUID,
          NULL },
        /* Beside it: of the same disk, and of no other. */
        { "1 /",
          ENTRY("root=/dev/vda1 resume=/dev/vda2"),
          "",
          { .identity = "/dev/vda2", .is_swap = true },
          SWAP_UUID,
          NULL },
        { "1 /",
          ENTRY("root=/dev/vda1 resume=/dev/vdb2"),
          "",
          { .identity = "/dev/vdb2", .is_swap = true },
          NULL,
          "nothing in the image tells" },
        { "1 /",
          ENTRY("root=" ROOT_UUID " resume=/dev/vda2"),
          "",
          { .identity = "/dev/vda2", .is_swap = true },
          NULL,
          "nothing in the image tells" },
        /* But where the table has that very partition as swap. */
        { "1 /",
          ENTRY("root=" ROOT_UUID " resume=/dev/vda2"),
          SWAP_UUID " none swap sw 0 0\n",
          { .identity = "/dev/vda2", .is_swap = true },
          SWAP_UUID,
          NULL },
        { "1 /",
          ENTRY("root=" ROOT_UUID " resume=/dev/vda3"),
          SWAP_UUID " none swap sw 0 0\n",
          { .identity = "/dev/vda3", .is_swap = true },
          NULL,
          "nothing in the image tells" },
        /* A disk without partitions, or the middle of one: only the table tells. */
        { "0 /",
          ENTRY("root=/dev/vda1"),
          "",
          { .identity = "/dev/vda1", .is_root = true },
          NULL,
          "nothing in the image tells" },
        /* A directory of a file system is no image of a machine. */
        { "1 /images/a",
          ENTRY("root=/dev/vda1"),
          "",
          { .identity = "/dev/vda1", .is_root = true },
          NULL,
          "the image is a directory" },
        { "9 /",
          ENTRY("root=/dev/vda1"),
          "",
          { .identity = "/dev/vda1", .is_root = true },
          NULL,
          "the image is a directory" },
};

START_TEST(what_a_host_can_testify) {
        PF_CLEANUP(image_close) Image image = { 0 };
        char reason[PF_BLOCK_REASON_MAX] = "";
        PF_AUTO_FREE char *identity = NULL;
        char mounted[64];
        int r;

        /* "MINOR ROOT" are two neighbouring fields of the table. */
        (void) snprintf(mounted, sizeof(mounted), "%s", images[_i].mounted);
        image_open(&image, mounted, images[_i].grub, images[_i].fstab);
        r = pf_boot_prove(&image.witness, &images[_i].claim, &identity, reason);
        if (images[_i].identity) {
                ck_assert_msg(r == 0, "%s", reason);
                ck_assert_str_eq(identity, images[_i].identity);
                return;
        }
        ck_assert_int_eq(r, PF_BOOT_UNPROVEN);
        ck_assert_msg(strstr(reason, images[_i].why), "%s", reason);
}
END_TEST

/* --- mounts, and failed logins --- */

/* Nothing is mounted on an image; a fixture is one, unless the test says otherwise. */
static bool is_live;

bool __wrap_pf_target_is_live(const PfTarget *target);
bool __wrap_pf_target_is_live(const PfTarget *target) {
        (void) target;
        return is_live;
}

START_TEST(boot_is_mounted_where_fstab_has_it) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfCandidate *candidate;

        pf_fixture_open(&fixture, "disks/boot-not-mounted");
        is_live = true;
        propose(&fixture, "disk.mounts", &proposal);
        ck_assert_msg(proposal.n == 1, "%s", proposal.refusal);
        candidate = &proposal.candidates[0];
        ck_assert_uint_eq(candidate->n_edits, 0);
        ck_assert_uint_eq(candidate->n_actions, 1);
        ck_assert_int_eq(candidate->actions[0].kind, PF_ACTION_MOUNT);
        ck_assert_str_eq(candidate->actions[0].subject, "/boot");
        ck_assert_uint_eq(candidate->n_assumptions, 1);
        ck_assert_str_eq(candidate->assumptions[0].book, PF_ASSUMPTION_FILE);

        /* Once the kernel says so, the check passes. */
        pf_sandbox_write(&fixture.box, candidate->assumptions[0].question,
                         pf_json_string(candidate->assumptions[0].answer));
        {
                PF_AUTO_REPORT PfReport report = { 0 };

                probe(&fixture, &report);
                is_live = false;
                ck_assert_msg(find(&report, "disk.mounts")->verdict == PF_PASS, "%s",
                              find(&report, "disk.mounts")->summary);
        }
}
END_TEST

static void propose_for(PfFixture *fixture, const char *check, PfReport *report,
                        PfProposal *proposal) {
        PfRemedyRoom room = { .demand = &fixture->demand };
        PfErr err = { 0 };
        int r;

        probe(fixture, report);
        room.target = fixture->box.target;
        room.result = find(report, check);
        r = pf_remedy_find(check)->propose(&room, proposal, &err);
        ck_assert_msg(r == 0, "%d %s", r, err.text);
}

START_TEST(failed_logins_are_forgotten) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        PF_AUTO_REPORT PfReport before = { 0 }, after = { 0 };

        pf_fixture_open(&fixture, "accounts/faillock-locked");
        propose_for(&fixture, "account.locked-out", &before, &proposal);
        expect_edit(&proposal, "/var/run/faillock/root", "");
        ck_assert(proposal.candidates[0].edits[0].is_binary);
        ck_assert_ptr_nonnull(proposal.candidates[0].edits[0].bytes);
        apply(&fixture, &proposal.candidates[0]);
        probe(&fixture, &after);
        ck_assert_int_eq(find(&after, "account.locked-out")->verdict, PF_PASS);
}
END_TEST

/* Of the file of all accounts, one record of 64 bytes. */
START_TEST(one_record_of_many) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        PF_AUTO_REPORT PfReport before = { 0 }, after = { 0 };
        const PfEdit *edit;
        char records[192];

        memset(records, 7, sizeof(records));
        pf_fixture_open(&fixture, "accounts/faillock-locked");
        pf_sandbox_write(&fixture.box, "/etc/pam.d/sshd",
                         "auth required pam_tally2.so deny=3 even_deny_root\n"
                         "auth required pam_unix.so\naccount required pam_unix.so\n");
        pf_sandbox_write_bytes(&fixture.box, "/var/log/tallylog", records, sizeof(records));
        propose_for(&fixture, "account.locked-out", &before, &proposal);
        ck_assert_msg(proposal.n == 1, "%s", proposal.refusal);
        edit = pf_candidate_find(&proposal.candidates[0], "/var/log/tallylog");
        ck_assert_uint_eq(edit->n, sizeof(records));
        memset(records, 0, 64);
        ck_assert_mem_eq(edit->bytes, records, sizeof(records));
        apply(&fixture, &proposal.candidates[0]);
        probe(&fixture, &after);
        ck_assert_int_eq(find(&after, "account.locked-out")->verdict, PF_PASS);
}
END_TEST

START_TEST(a_password_is_not_unlocked) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_fixture_open(&fixture, "accounts/root-locked");
        propose_for(&fixture, "account.locked-out", &report, &proposal);
        expect_refusal(&proposal, "no count of failed logins");
}
END_TEST

static void add_rows(Suite *suite, const char *name, const TTest *test, size_t n) {
        TCase *rows = tcase_create(name);

        tcase_add_loop_test(rows, test, 0, (int) n);
        suite_add_tcase(suite, rows);
}

int main(void) {
        Suite *suite = suite_create("boot-remedy");

        PF_TEST(suite, each_fixture_passes_or_is_refused);
        PF_TEST(suite, what_boots_and_what_it_is_generated_from);
        PF_TEST(suite, the_variable_of_a_name);
        PF_TEST(suite, the_kernel_knows_partitions_alone);
        PF_TEST(suite, a_machine_that_runs_knows_its_entry);
        PF_TEST(suite, resume_from_a_file);
        PF_TEST(suite, lines_of_the_table);
        add_rows(suite, "refused_with_the_reason", refused_with_the_reason, PF_ELEMENTS(refusals));
        add_rows(suite, "what_a_host_can_testify", what_a_host_can_testify, PF_ELEMENTS(images));
        PF_TEST(suite, boot_is_mounted_where_fstab_has_it);
        PF_TEST(suite, failed_logins_are_forgotten);
        PF_TEST(suite, one_record_of_many);
        PF_TEST(suite, a_password_is_not_unlocked);
        return pf_test_main(suite);
}
