/* SPDX-License-Identifier: MIT */
/*
 * Remedy of boot.drivers: what the tool that builds an initramfs is shown, what becomes of
 * what it builds, and when it is not run. The tool is one that copies an image.
 */
#include "probes/boot/remedy-drivers.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/fixtures.h"
#include "tests/support/test-main.h"

#define VERSION "6.1.0-22-amd64"
#define IMAGE "/boot/initrd.img-" VERSION
#define MODULES "/etc/initramfs-tools/modules"
#define DRACUT_CONF "/etc/dracut.conf.d/preflightd.conf"

/* What the tool was last asked, and what it is to do. */
static struct {
        unsigned n_runs;
        char argv[256];
        char *shown;       /* of the configuration; NULL: it is seen as it is */
        const char *image; /* a fixture, whose image it copies; NULL: it writes none */
        const char *says;
        int r;
        int status;
} tool_state;

static char *read_all(const char *path) {
        PF_AUTO_FCLOSE FILE *file = fopen(path, "rbe");
        char *text = calloc(1, 65536);

        ck_assert_ptr_nonnull(file);
        ck_assert_ptr_nonnull(text);
        ck_assert_uint_lt(fread(text, 1, 65535, file), 65535);
        return text;
}

static void copy_image(const char *fixture, const char *to) {
        PF_AUTO_FREE char *from = pf_fixture_path(fixture, "root" IMAGE);
        char command[1024];

        /* An image that is there keeps its mode, as with the real ones. */
        (void) snprintf(command, sizeof(command), "cat '%s' >'%s'", from, to);
        ck_assert_int_eq(system(command), 0);
}

/* As a tool that is killed does. */
static void leave_behind(const char *tmpdir) {
        char command[1024];

        ck_assert_ptr_nonnull(tmpdir);
        (void) snprintf(command, sizeof(command), "mkdir -p '%s/a/b' && touch '%s/a/b/c'", tmpdir,
                        tmpdir);
        ck_assert_int_eq(system(command), 0);
}

static int fake_run(const PfTool *tool, PfBuf *output, int *ret_status, PfErr *err) {
        const bool is_dracut = strstr(tool->argv[0], "dracut");

        tool_state.n_runs++;
        tool_state.argv[0] = '\0';
        for (size_t i = 0; tool->argv[i]; i++)
                if (strncmp(tool->argv[i], tool->scratch, 4) != 0)
                        (void) snprintf(tool_state.argv + strlen(tool_state.argv),
                                        sizeof(tool_state.argv) - strlen(tool_state.argv), "%s ",
                                        tool->argv[i]);
        free(tool_state.shown);
        tool_state.shown = tool->n_files > 0 ? read_all(tool->files[0].staged) : NULL;
        leave_behind(tool->tmpdir);
        ck_assert_uint_ge(tool->file_max, PF_INITRAMFS_MAX);
        if (tool_state.image)
                copy_image(tool_state.image, tool->argv[is_dracut ? 4 : 2]);
        if (tool_state.says && pf_buf_add_string(output, tool_state.says) < 0)
                return -ENOMEM;
        *ret_status = tool_state.status;
        return tool_state.r < 0 ? pf_err_set(err, tool_state.r, "no tool") : tool_state.r;
}

/* --- a machine --- */

typedef struct Machine {
        PfFixture fixture;
        char *scratch;
        PfProposal proposal;
} Machine;

static void machine_close(Machine *machine) {
        pf_proposal_deinit(&machine->proposal);
        pf_fixture_close(&machine->fixture);
        free(machine->scratch);
        tool_state.shown = (free(tool_state.shown), NULL);
}
#define AUTO_MACHINE PF_CLEANUP(machine_close)

/* With the tools of Debian. */
static void open_machine(Machine *machine, const char *fixture) {
        memset(&tool_state, 0, sizeof(tool_state));
        tool_state.image = "kernel/good-zstd";
        pf_fixture_open(&machine->fixture, fixture);
        pf_sandbox_write(&machine->fixture.box, "/usr/sbin/mkinitramfs", "");
        pf_sandbox_write(&machine->fixture.box, MODULES, "# mine\nxfs");
        pf_sandbox_mkdir(&machine->fixture.box, "/var/tmp/scratch");
        machine->scratch = pf_sandbox_path(&machine->fixture.box, "/var/tmp/scratch");
        pf_sandbox_reset_target(&machine->fixture.box);
}

static void use_dracut(Machine *machine) {
        pf_sandbox_remove(&machine->fixture.box, "/etc/initramfs-tools");
        pf_sandbox_write(&machine->fixture.box, "/usr/bin/dracut", "");
        pf_sandbox_mkdir(&machine->fixture.box, "/etc/dracut.conf.d");
        pf_sandbox_reset_target(&machine->fixture.box);
}

static void propose_with(Machine *machine, PfInitramfsRun run, const char *scratch) {
        const PfRemedyRoom room = { .target = machine->fixture.box.target,
                                    .demand = &machine->fixture.demand,
                                    .scratch = scratch };
        PfErr err = { 0 };
        int r = pf_remedy_drivers_propose(&room, run, &machine->proposal, &err);

        ck_assert_msg(r == 0, "%d %s", r, err.text);
        ck_assert((machine->proposal.n > 0) != (machine->proposal.refusal != NULL));
}

static void propose(Machine *machine) {
        propose_with(machine, fake_run, machine->scratch);
}

static unsigned count_left(const Machine *machine) {
        DIR *directory = opendir(machine->scratch);
        unsigned n = 0;

        ck_assert_ptr_nonnull(directory);
        while (readdir(directory))
                n++;
        (void) closedir(directory);
        return n - 2;
}

static void expect_refusal(const Machine *machine, const char *part) {
        ck_assert_uint_eq(machine->proposal.n, 0);
        ck_assert_msg(strstr(machine->proposal.refusal, part), "%s", machine->proposal.refusal);
        ck_assert_uint_eq(count_left(machine), 0);
}

static const PfEdit *expect_edit(const Machine *machine, const char *path) {
        const PfEdit *edit;

        ck_assert_msg(machine->proposal.n == 1, "%s", machine->proposal.refusal);
        edit = pf_candidate_find(&machine->proposal.candidates[0], path);
        ck_assert_msg(edit, "%s is not edited", path);
        return edit;
}

static PfVerdict judge(Machine *machine) {
        PF_AUTO_REPORT PfReport report = { 0 };
        PfErr err = { 0 };

        pf_sandbox_reset_target(&machine->fixture.box);
        ck_assert_int_eq(machine->fixture.probe->run(machine->fixture.box.target,
                                                     &machine->fixture.demand, &report, &err),
                         0);
        for (size_t i = 0; i < report.n; i++)
                if (strcmp(report.results[i].check->id, "boot.drivers") == 0)
                        return report.results[i].verdict;
        ck_abort_msg("no answer");
}

/* --- what is offered --- */

START_TEST(image_and_configuration) {
        AUTO_MACHINE Machine machine = { 0 };
        PF_AUTO_FREE char *place = NULL;
        const PfEdit *image;

        open_machine(&machine, "kernel/no-storvsc");
        ck_assert_int_eq(judge(&machine), PF_FAIL);
        propose(&machine);
        ck_assert_str_eq(tool_state.argv, "/usr/sbin/mkinitramfs -o " VERSION " ");
        ck_assert_str_eq(tool_state.shown, "# mine\nxfs\nhv_storvsc\n");
        ck_assert_str_eq(expect_edit(&machine, MODULES)->bytes, tool_state.shown);
        image = expect_edit(&machine, IMAGE);
        ck_assert(image->is_binary && image->is_generated && image->spool && !image->bytes);
        ck_assert_uint_eq(machine.proposal.candidates[0].n_edits, 2);
        ck_assert_uint_eq(count_left(&machine), 1); /* that image, and nothing of the building */

        place = pf_sandbox_path(&machine.fixture.box, IMAGE);
        copy_image("kernel/good-zstd", place);
        ck_assert_int_eq(judge(&machine), PF_PASS);
        pf_proposal_deinit(&machine.proposal);
        ck_assert_uint_eq(count_left(&machine), 0);
}
END_TEST

START_TEST(as_dracut_has_it) {
        AUTO_MACHINE Machine machine = { 0 };

        open_machine(&machine, "kernel/no-storvsc");
        use_dracut(&machine);
        propose(&machine);
        ck_assert_str_eq(tool_state.argv, "/usr/bin/dracut --force --kver " VERSION " ");
        ck_assert_str_eq(expect_edit(&machine, DRACUT_CONF)->bytes,
                         "add_drivers+=\" hv_storvsc \"\n");
        ck_assert_str_eq(tool_state.shown, "add_drivers+=\" hv_storvsc \"\n");
        (void) expect_edit(&machine, IMAGE);
}
END_TEST

/* It was told before, and nobody has built the image since. */
START_TEST(a_configuration_that_names_them_stays) {
        AUTO_MACHINE Machine machine = { 0 };

        open_machine(&machine, "kernel/no-storvsc");
        pf_sandbox_write(&machine.fixture.box, MODULES, "hv_storvsc\n");
        propose(&machine);
        ck_assert_ptr_null(tool_state.shown);
        ck_assert_uint_eq(machine.proposal.candidates[0].n_edits, 1);
        (void) expect_edit(&machine, IMAGE);
}
END_TEST

/* What is on the root file system alone is enough for a start, and a warning. */
START_TEST(a_driver_that_comes_late) {
        AUTO_MACHINE Machine machine = { 0 };

        open_machine(&machine, "kernel/netvsc-on-disk");
        ck_assert_int_eq(judge(&machine), PF_WARN);
        propose(&machine);
        ck_assert_str_eq(tool_state.shown, "# mine\nxfs\nhv_netvsc\n");
}
END_TEST

/* Old versions of update-initramfs build no image anew whose sum is not the one they know. */
START_TEST(the_sum_of_an_image) {
        AUTO_MACHINE Machine machine = { 0 };
        PF_AUTO_FREE char *from = pf_fixture_path("kernel/good-zstd", "root" IMAGE);
        char command[1024], expected[256] = "";
        FILE *pipe;

        open_machine(&machine, "kernel/no-storvsc");
        pf_sandbox_write(&machine.fixture.box, "/var/lib/initramfs-tools/" VERSION, "old");
        propose(&machine);
        (void) snprintf(command, sizeof(command), "sha1sum <'%s' | sed 's,-,%s,'", from, IMAGE);
        pipe = popen(command, "re");
        ck_assert_ptr_nonnull(pipe);
        ck_assert_ptr_nonnull(fgets(expected, sizeof(expected), pipe));
        ck_assert_int_eq(pclose(pipe), 0);
        ck_assert_str_eq(expect_edit(&machine, "/var/lib/initramfs-tools/" VERSION)->bytes,
                         expected);
}
END_TEST

/* --- what is refused --- */

START_TEST(nothing_of_an_image_is_run) {
        AUTO_MACHINE Machine machine = { 0 };
        const PfRemedy *remedy = pf_remedy_find("boot.drivers");
        PfErr err = { 0 };

        ck_assert_ptr_nonnull(remedy);
        open_machine(&machine, "kernel/no-storvsc");
        ck_assert_int_eq(
                remedy->propose(&(const PfRemedyRoom){ .target = machine.fixture.box.target,
                                                       .demand = &machine.fixture.demand,
                                                       .scratch = machine.scratch },
                                &machine.proposal, &err),
                0);
        expect_refusal(&machine, "add hv_storvsc to " MODULES);
        expect_refusal(&machine, "\"update-initramfs -u -k " VERSION "\"");
        pf_proposal_deinit(&machine.proposal);
        use_dracut(&machine);
        propose_with(&machine, NULL, machine.scratch);
        expect_refusal(&machine, "\"dracut --force --kver " VERSION " " IMAGE "\"");
}
END_TEST

START_TEST(nowhere_to_build_it) {
        AUTO_MACHINE Machine machine = { 0 };

        open_machine(&machine, "kernel/no-storvsc");
        propose_with(&machine, fake_run, NULL);
        expect_refusal(&machine, "could be built in");
        ck_assert_uint_eq(tool_state.n_runs, 0);
}
END_TEST

static const struct {
        const char *fixture;
        const char *path; /* NULL: the fixture as it is */
        const char *text; /* NULL: it is not there */
        const char *part;
} refused[] = {
        { "kernel/good-zstd", NULL, NULL, "lacks none" },
        { "kernel/unified-image-no-storvsc", NULL, NULL, "in one file" },
        { "kernel/no-loader", NULL, NULL, "which kernel starts next is not known" },
        { "kernel/image-cut-off", NULL, NULL, "what the initramfs holds is not known" },
        { "kernel/no-storvsc", "/etc/modprobe.d/a.conf", "#\nblacklist hv_storvsc\n",
          "/etc/modprobe.d/a.conf:2 keeps hv_storvsc from being loaded" },
        { "kernel/no-storvsc", "/lib/modules/" VERSION "/modules.dep",
          "kernel/drivers/hv/hv_vmbus.ko:\nkernel/drivers/net/hyperv/hv_netvsc.ko:\n",
          "do not include hv_storvsc" },
        { "kernel/no-storvsc", "/usr/sbin/mkinitramfs", NULL, "neither mkinitramfs nor dracut" },
        { "kernel/no-storvsc", "/etc/initramfs-tools", NULL, "neither mkinitramfs nor dracut" },
        { "kernel/no-storvsc", "/boot/grub/grub.cfg",
          "menuentry a {\nlinux /boot/vmlinuz-" VERSION " root=/dev/vda1\n}\n",
          "loads no initramfs" },
};

START_TEST(not_run_for_these) {
        AUTO_MACHINE Machine machine = { 0 };
        PfSandbox *box = &machine.fixture.box;

        open_machine(&machine, refused[_i].fixture);
        if (refused[_i].path && refused[_i].text)
                pf_sandbox_write(box, refused[_i].path, refused[_i].text);
        else if (refused[_i].path)
                pf_sandbox_remove(box, refused[_i].path);
        pf_sandbox_reset_target(box);
        propose(&machine);
        expect_refusal(&machine, refused[_i].part);
        ck_assert_uint_eq(tool_state.n_runs, 0);
}
END_TEST

/* An image of another kernel is that kernel's, whoever else is started with it. */
START_TEST(whose_image_it_is) {
        AUTO_MACHINE Machine machine = { 0 };
        PfSandbox *box = &machine.fixture.box;
        PF_AUTO_FREE char *place = NULL;

        open_machine(&machine, "kernel/no-storvsc");
        place = pf_sandbox_path(box, "/boot/initrd.img-" VERSION "0");
        copy_image("kernel/no-storvsc", place);
        pf_sandbox_write(box, "/boot/grub/grub.cfg",
                         "menuentry a {\nlinux /boot/vmlinuz-" VERSION " root=/dev/vda1\n"
                         "initrd /boot/initrd.img-" VERSION "0\n}\n");
        pf_sandbox_reset_target(box);
        propose(&machine);
        expect_refusal(&machine, "may be another kernel's");

        pf_proposal_deinit(&machine.proposal);
        pf_sandbox_symlink(box, "initrd.img-" VERSION, "/boot/initrd");
        pf_sandbox_write(box, "/boot/grub/grub.cfg",
                         "menuentry a {\nlinux /boot/vmlinuz-" VERSION " root=/dev/vda1\n"
                         "initrd /boot/initrd\n}\n");
        pf_sandbox_reset_target(box);
        propose(&machine);
        (void) expect_edit(&machine, "/boot/initrd");
}
END_TEST

START_TEST(two_tools) {
        AUTO_MACHINE Machine machine = { 0 };

        open_machine(&machine, "kernel/no-storvsc");
        pf_sandbox_write(&machine.fixture.box, "/usr/sbin/dracut", "");
        pf_sandbox_mkdir(&machine.fixture.box, "/etc/dracut.conf.d");
        propose(&machine);
        expect_refusal(&machine, "are both installed");
}
END_TEST

/* --- a tool that fails --- */

static const struct {
        int r;
        int status;
        const char *says;
        const char *part;
} failures[] = {
        { 0, 1 << 8, "one\ntwo\nE: no\tspace\033[1m left\nbye\n",
          "/usr/sbin/mkinitramfs: status 1: two; E: no space?[1m left; bye" },
        { 0, 9, NULL, "ended by signal 9" },
        { 0, 0, "all well\n", "has written no image" },
        { PF_TOOL_NO_VIEW, 0, NULL, "cannot be shown another " MODULES },
        { -ETIMEDOUT, 0, NULL, "could not be built anew: no tool" },
};

START_TEST(what_the_tool_says_last) {
        AUTO_MACHINE Machine machine = { 0 };

        open_machine(&machine, "kernel/no-storvsc");
        tool_state.image = NULL;
        tool_state.r = failures[_i].r;
        tool_state.status = failures[_i].status;
        tool_state.says = failures[_i].says;
        propose(&machine);
        expect_refusal(&machine, failures[_i].part);
        ck_assert_uint_eq(tool_state.n_runs, 1);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("drivers-remedy");
        TCase *not_run = tcase_create("not_run_for_these");
        TCase *failing = tcase_create("what_the_tool_says_last");

        PF_TEST(suite, image_and_configuration);
        PF_TEST(suite, as_dracut_has_it);
        PF_TEST(suite, a_configuration_that_names_them_stays);
        PF_TEST(suite, a_driver_that_comes_late);
        PF_TEST(suite, the_sum_of_an_image);
        PF_TEST(suite, nothing_of_an_image_is_run);
        PF_TEST(suite, nowhere_to_build_it);
        PF_TEST(suite, whose_image_it_is);
        PF_TEST(suite, two_tools);
        tcase_add_loop_test(not_run, not_run_for_these, 0, PF_ELEMENTS(refused));
        suite_add_tcase(suite, not_run);
        tcase_add_loop_test(failing, what_the_tool_says_last, 0, PF_ELEMENTS(failures));
        suite_add_tcase(suite, failing);
        return pf_test_main(suite);
}
