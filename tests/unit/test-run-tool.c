/* SPDX-License-Identifier: MIT */
/* Programs that are asked something: their output, their limits, and the files they see. */
#include "daemon/platform/run-tool.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon/base/clock.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define LONG_MS 60000

/* What a shell script says; *@ret_r receives what became of it. */
static char *run_with(PfTool *tool, const char *script, int *ret_r, int *ret_status, PfErr *err) {
        PF_AUTO_BUF PfBuf output = PF_BUF_INIT(PF_TOOL_OUTPUT_MAX + 1);
        const char *argv[] = { "/bin/sh", "-c", script, NULL };

        tool->argv = argv;
        if (tool->deadline_ms == 0)
                tool->deadline_ms = LONG_MS;
        *ret_r = pf_tool_run(tool, &output, ret_status, err);
        return pf_buf_steal(&output);
}

static void assert_says(PfTool *tool, const char *script, const char *expected) {
        PF_AUTO_FREE char *text = NULL;
        PfErr err = { 0 };
        int r, status = -1;

        text = run_with(tool, script, &r, &status, &err);
        ck_assert_msg(r == 0, "%d %s", r, err.text);
        ck_assert_str_eq(text, expected);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

START_TEST(what_it_says_and_how_it_ends) {
        PF_AUTO_FREE char *text = NULL;
        PfTool tool = { 0 };
        int r, status;

        assert_says(&tool, "echo out; echo err >&2", "out\nerr\n");
        assert_says(&tool, "true", "");
        text = run_with(&tool, "exit 7", &r, &status, NULL);
        ck_assert(r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7);
        text = (free(text), NULL);
        text = run_with(&tool, "kill -SEGV $$", &r, &status, NULL);
        ck_assert(r == 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}
END_TEST

START_TEST(nothing_of_ours_reaches_it) {
        PF_AUTO_FREE char *text = NULL;
        PfTool tool = { 0 };
        int r, status;

        ck_assert_int_eq(setenv("LD_BIND_NOW", "1", 1), 0);
        ck_assert_ptr_ne(signal(SIGUSR1, SIG_IGN), SIG_ERR);
        assert_says(&tool, "echo \"$LD_BIND_NOW$HOME$LC_ALL\"; pwd; wc -c", "C\n/\n0\n");
        text = run_with(&tool, "kill -USR1 $$", &r, &status, NULL);
        ck_assert(r == 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
}
END_TEST

/* In units of sh: ulimit -f counts blocks of 512 bytes, -v KiB. */
START_TEST(limits_that_are_asked_for) {
        PfTool usual = { 0 };
        PfTool large = { .file_max = 1ull << 30, .memory_max = 4ull << 30, .tmpdir = "/a b" };

        assert_says(&usual, "ulimit -f; ulimit -v; echo ${TMPDIR-none}", "32768\n1048576\nnone\n");
        assert_says(&large, "ulimit -f; ulimit -v; echo $TMPDIR", "2097152\n4194304\n/a b\n");
}
END_TEST

START_TEST(what_is_not_there_cannot_be_started) {
        const char *const argv[] = { "/nonexistent/tool", NULL };
        const PfTool tool = { .argv = argv, .deadline_ms = LONG_MS };
        PF_AUTO_BUF PfBuf output = PF_BUF_INIT(16);
        PfErr err = { 0 };
        int status;

        ck_assert_int_eq(pf_tool_run(&tool, &output, &status, &err), -ENOENT);
        ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/tool"));
}
END_TEST

/* It hangs, with its output open or closed; and so does what it has started. */
START_TEST(a_hanging_tool_is_ended) {
        static const char *const scripts[] = { "sleep 1000", "exec >&- 2>&-; sleep 1000",
                                               "trap '' TERM HUP; sleep 1000 & wait",
                                               "while :; do :; done" };
        PF_AUTO_FREE char *text = NULL;
        PfTool tool = { .deadline_ms = 200 };
        PfErr err = { 0 };
        int r, status;

        text = run_with(&tool, scripts[_i], &r, &status, &err);
        ck_assert_int_eq(r, -ETIMEDOUT);
        ck_assert_ptr_nonnull(strstr(err.text, "/bin/sh"));
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
}
END_TEST

START_TEST(a_flood_is_cut_and_waited_out) {
        PF_AUTO_FREE char *text = NULL;
        PfTool tool = { 0 };
        int r, status;

        text = run_with(&tool, "head -c 5000000 /dev/zero | tr '\\0' x; exit 3", &r, &status, NULL);
        ck_assert_int_eq(r, 0);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
        ck_assert_uint_eq(strlen(text), PF_TOOL_OUTPUT_MAX);
}
END_TEST

/* Is there a process of this number that is no zombie? */
static bool is_alive(pid_t pid) {
        char path[64], state = 'Z';
        FILE *file;

        (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        file = fopen(path, "re");
        if (!file)
                return false;
        if (fscanf(file, "%*d %*s %c", &state) != 1)
                state = 'Z';
        (void) fclose(file);
        return state != 'Z';
}

static void wait_until_gone(pid_t pid) {
        uint64_t end = pf_clock_monotonic_usec() + 30000000;

        while (is_alive(pid) && pf_clock_monotonic_usec() < end)
                (void) usleep(10000);
        ck_assert_msg(!is_alive(pid), "%d is still there", (int) pid);
}

START_TEST(what_it_leaves_running_goes_with_it) {
        PF_AUTO_FREE char *text = NULL;
        PfTool tool = { 0 };
        int r, status;

        text = run_with(&tool, "sleep 1000 & echo $!", &r, &status, NULL);
        ck_assert_int_eq(r, 0);
        wait_until_gone(atoi(text));
}
END_TEST

/* --- with a view of its own --- */

typedef struct Machine {
        PfSandbox box;
        char *scratch;
        PfToolFile files[4];
        PfTool tool;
} Machine;

static void machine_deinit(Machine *machine) {
        free(machine->scratch);
        for (size_t i = 0; i < PF_ELEMENTS(machine->files); i++) {
                free((char *) machine->files[i].path);
                free((char *) machine->files[i].staged);
        }
        pf_sandbox_close(&machine->box);
}
#define AUTO_MACHINE PF_CLEANUP(machine_deinit)

static void machine_init(Machine *machine) {
        pf_sandbox_new(&machine->box);
        pf_sandbox_mkdir(&machine->box, "/scratch");
        pf_sandbox_write(&machine->box, "/etc/main", "old\n");
        pf_sandbox_write(&machine->box, "/etc/other", "other\n");
        pf_sandbox_write(&machine->box, "/etc/conf.d/a", "a\n");
        pf_sandbox_symlink(&machine->box, "main", "/etc/link");
        pf_sandbox_chmod(&machine->box, "/etc/other", 0600);
        machine->scratch = pf_sandbox_path(&machine->box, "/scratch");
        machine->tool = (PfTool){ .scratch = machine->scratch, .files = machine->files };
}

static void show(Machine *machine, const char *path, const char *text) {
        PfToolFile *file = &machine->files[machine->tool.n_files++];

        file->path = pf_sandbox_path(&machine->box, path);
        if (text) {
                char name[32];

                (void) snprintf(name, sizeof(name), "/staged-%zu", machine->tool.n_files);
                pf_sandbox_write(&machine->box, name, text);
                file->staged = pf_sandbox_path(&machine->box, name);
        }
}

/* Runs a script in the machine's /etc; skips the test where no view can be made. */
static void assert_sees(Machine *machine, const char *script, const char *expected) {
        PF_AUTO_FREE char *whole = NULL;
        PF_AUTO_FREE char *text = NULL;
        PfErr err = { 0 };
        int r, status;

        ck_assert_int_gt(asprintf(&whole, "cd %s/etc && %s", machine->box.root, script), 0);
        text = run_with(&machine->tool, whole, &r, &status, &err);
        if (r == PF_TOOL_NO_VIEW) {
                pf_test_skip("no mount namespace can be made here");
                return;
        }
        ck_assert_msg(r == 0, "%d %s", r, err.text);
        ck_assert_str_eq(text, expected);
}

static void assert_untouched(const Machine *machine) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(64);

        ck_assert_int_eq(pf_target_read(machine->box.target, "/etc/main", 64, &text, NULL), 0);
        ck_assert_str_eq(text.data, "old\n");
        ck_assert_int_eq(pf_target_list(machine->box.target, "/etc", &names, NULL), 0);
        ck_assert_uint_eq(names.n, 4);
        ck_assert(!pf_strv_contains(&names, "new"));
}

START_TEST(another_file_in_its_place) {
        AUTO_MACHINE Machine machine = { 0 };

        machine_init(&machine);
        show(&machine, "/etc/main", "new\n");
        assert_sees(&machine, "cat main link other", "new\nnew\nother\n");
        assert_untouched(&machine);
}
END_TEST

START_TEST(names_that_come_and_go) {
        AUTO_MACHINE Machine machine = { 0 };

        machine_init(&machine);
        show(&machine, "/etc/new", "made\n");
        show(&machine, "/etc/other", NULL);
        show(&machine, "/etc/main", "changed\n");
        show(&machine, "/etc/conf.d/b", "b\n");
        assert_sees(&machine, "echo *; cat new main link conf.d/*",
                    "conf.d link main new\nmade\nchanged\nchanged\na\nb\n");
        assert_untouched(&machine);
}
END_TEST

START_TEST(owners_and_modes_stay) {
        AUTO_MACHINE Machine machine = { 0 };

        machine_init(&machine);
        show(&machine, "/etc/new", "made\n");
        pf_sandbox_chmod(&machine.box, "/etc", 0751);
        assert_sees(&machine, "stat -c '%a %n' . other conf.d", "751 .\n600 other\n755 conf.d\n");
}
END_TEST

START_TEST(a_directory_that_is_missing) {
        AUTO_MACHINE Machine machine = { 0 };
        PF_AUTO_STRV PfStrv directories = { 0 };
        PF_AUTO_FREE char *missing = NULL;
        PF_AUTO_FREE char *there = NULL;

        machine_init(&machine);
        missing = pf_sandbox_path(&machine.box, "/etc/run");
        there = pf_sandbox_path(&machine.box, "/etc/conf.d");
        ck_assert_int_eq(pf_strv_add(&directories, missing), 0);
        ck_assert_int_eq(pf_strv_add(&directories, there), 0);
        machine.tool.directories = &directories;
        assert_sees(&machine, "echo *; stat -c %a run; cat conf.d/a",
                    "conf.d link main other run\n755\na\n");
        assert_untouched(&machine);
}
END_TEST

START_TEST(what_cannot_be_shown_is_told) {
        AUTO_MACHINE Machine machine = { 0 };
        PF_AUTO_FREE char *text = NULL;
        PfErr err = { 0 };
        int r, status;

        machine_init(&machine);
        machine.files[0].path = pf_sandbox_path(&machine.box, "/etc/main");
        machine.files[0].staged = strdup("/nonexistent/staged");
        machine.tool.n_files = 1;
        text = run_with(&machine.tool, "true", &r, &status, &err);
        if (r == PF_TOOL_NO_VIEW)
                pf_test_skip("no mount namespace can be made here");
        else
                ck_assert_int_eq(r, -ENOENT);
}
END_TEST

/* Who asks is killed: the tool is not left behind, nor is anything mounted. */
START_TEST(it_dies_with_who_asks) {
        AUTO_MACHINE Machine machine = { 0 };
        PF_AUTO_FREE char *pid_file = NULL;
        PF_AUTO_FREE char *script = NULL;
        uint64_t end = pf_clock_monotonic_usec() + 30000000;
        int tool = 0, r, status;
        pid_t pid;

        machine_init(&machine);
        show(&machine, "/etc/main", "new\n");
        pid_file = pf_sandbox_path(&machine.box, "/pid");
        ck_assert_int_gt(asprintf(&script, "echo $$ > %s.new; mv %s.new %s; exec sleep 1000",
                                  pid_file, pid_file, pid_file),
                         0);
        pid = fork();
        if (pid == 0) {
                free(run_with(&machine.tool, script, &r, &status, NULL));
                _exit(r == PF_TOOL_NO_VIEW ? 77 : 1);
        }
        while (tool == 0 && pf_clock_monotonic_usec() < end &&
               waitpid(pid, &status, WNOHANG) == 0) {
                FILE *file = fopen(pid_file, "re");

                if (file && fscanf(file, "%d", &tool) != 1)
                        tool = 0;
                if (file)
                        (void) fclose(file);
                (void) usleep(10000);
        }
        if (tool == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 77) {
                pf_test_skip("no mount namespace can be made here");
                return;
        }
        ck_assert_int_gt(tool, 0);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        wait_until_gone(tool);
        assert_untouched(&machine);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("run-tool");
        TCase *hanging = tcase_create("a_hanging_tool_is_ended");

        tcase_add_loop_test(hanging, a_hanging_tool_is_ended, 0, 4);
        suite_add_tcase(suite, hanging);
        PF_TEST(suite, what_it_says_and_how_it_ends);
        PF_TEST(suite, nothing_of_ours_reaches_it);
        PF_TEST(suite, limits_that_are_asked_for);
        PF_TEST(suite, what_is_not_there_cannot_be_started);
        PF_TEST(suite, a_flood_is_cut_and_waited_out);
        PF_TEST(suite, what_it_leaves_running_goes_with_it);
        PF_TEST(suite, another_file_in_its_place);
        PF_TEST(suite, names_that_come_and_go);
        PF_TEST(suite, owners_and_modes_stay);
        PF_TEST(suite, a_directory_that_is_missing);
        PF_TEST(suite, what_cannot_be_shown_is_told);
        PF_TEST(suite, it_dies_with_who_asks);
        return pf_test_main(suite);
}
