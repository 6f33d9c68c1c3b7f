/* SPDX-License-Identifier: MIT */
/*
 * A real sshd reads its configuration again; a process that only has the number of one is left
 * alone. Each case has a mount and a network namespace of its own.
 */
#include "daemon/remedy/signal-sshd.h"

#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon/base/clock.h"
#include "daemon/base/tcp-table.h"
#include "daemon/platform/listeners.h"
#include "tests/support/child.h"
#include "tests/support/test-main.h"

#define SSHD "/usr/sbin/sshd"
#define KEY "/run/host_key"
#define PID_FILE "/run/sshd.pid"
#define CONFIG "/run/sshd_config"
#define PATIENCE_USEC 30000000u

static bool prepare(FILE *out) {
        if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
                (void) fprintf(out, "skip");
                return false;
        }
        if (mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0 || mkdir("/run/sshd", 0755) < 0) {
                (void) fprintf(out, "cannot prepare: %s", strerror(errno));
                return false;
        }
        return true;
}

static void write_text(const char *path, const char *text) {
        FILE *file = fopen(path, "we");

        if (file && fputs(text, file) >= 0)
                (void) fclose(file);
}

static pid_t start(char *const argv[]) {
        char *const environment[] = { "PATH=/usr/bin:/bin:/usr/sbin", NULL };
        pid_t pid;

        return posix_spawn(&pid, argv[0], NULL, NULL, argv, environment) == 0 ? pid : -1;
}

static bool listens(uint16_t port) {
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };

        if (pf_listeners_read(&table, NULL) != 0)
                return false;
        for (size_t i = 0; i < table.n; i++)
                if (table.listeners[i].port == port)
                        return true;
        return false;
}

/* sshd listens first, then learns to bear SIGHUP, and writes its number last. */
static bool serves(uint16_t port) {
        return access(PID_FILE, F_OK) == 0 && listens(port);
}

static bool comes_to_serve(uint16_t port) {
        const uint64_t end = pf_clock_monotonic_usec() + PATIENCE_USEC;

        while (!serves(port) && pf_clock_monotonic_usec() < end)
                (void) usleep(20000);
        return serves(port);
}

static void reload_a_server(FILE *out, void *data) {
        char *const keygen[] = {
                "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY, NULL
        };
        char *const server[] = { SSHD, "-D", "-f", CONFIG, "-h", KEY, NULL };
        PfErr err = { 0 };
        pid_t pid;
        int r;

        (void) data;
        if (!prepare(out))
                return;
        (void) waitpid(start(keygen), NULL, 0);
        write_text(CONFIG, "Port 2201\nListenAddress 0.0.0.0\n");
        pid = start(server);
        if (!comes_to_serve(2201))
                (void) fprintf(out, "it does not start; ");
        write_text(CONFIG, "Port 2202\nListenAddress 0.0.0.0\n");
        r = pf_signal_sshd("ssh.service", &err);
        (void) fprintf(out, "%d %s%s", r, comes_to_serve(2202) ? "again" : "not again", err.text);
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, NULL, 0);
}

static void spare_another(FILE *out, void *data) {
        char *const sleeper[] = { "/bin/sleep", "1000", NULL };
        char number[32];
        PfErr err = { 0 };
        pid_t pid;
        int r;

        (void) data;
        if (!prepare(out))
                return;
        pid = start(sleeper);
        (void) snprintf(number, sizeof(number), "%d\n", (int) pid);
        write_text(PID_FILE, number);
        r = pf_signal_sshd("sshd.service", &err);
        (void) fprintf(out, "%d %s %s", r, waitpid(pid, NULL, WNOHANG) == 0 ? "alive" : "gone",
                       err.text);
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, NULL, 0);
}

static void read_number(FILE *out, void *data) {
        PfErr err = { 0 };

        if (!prepare(out))
                return;
        if (data)
                write_text(PID_FILE, data);
        (void) fprintf(out, "%d", pf_signal_sshd("ssh.service", &err));
}

/* Return: NULL where the test was skipped. */
static char *run(PfChildRun what, void *data) {
        char *text = pf_child_text(what, data);

        if (strcmp(text, "skip") != 0)
                return text;
        free(text);
        pf_test_skip("no namespaces can be made here");
        return NULL;
}

START_TEST(a_server_reads_its_files_again) {
        PF_AUTO_FREE char *text = NULL;

        if (access(SSHD, X_OK) < 0) {
                pf_test_skip("no sshd here");
                return;
        }
        text = run(reload_a_server, NULL);
        if (text)
                ck_assert_str_eq(text, "0 again");
}
END_TEST

START_TEST(another_process_is_spared) {
        PF_AUTO_FREE char *text = run(spare_another, NULL);

        if (!text)
                return;
        ck_assert_msg(strstr(text, " alive "), "%s", text);
        ck_assert_int_eq(atoi(text), -ESRCH);
        ck_assert_msg(strstr(text, "is no sshd"), "%s", text);
}
END_TEST

/* None runs: then none has to be told. */
START_TEST(numbers_that_are_none) {
        static const char *const files[] = { NULL,      "",
                                             "\n",      "x\n",
                                             "0\n",     "1\n",
                                             "-5\n",    "99999999999999999999\n",
                                             "12 34\n", "2147483647\n" };
        PF_AUTO_FREE char *text = run(read_number, (void *) files[_i]);

        if (text)
                ck_assert_str_eq(text, "0");
}
END_TEST

START_TEST(other_services_are_not_told) {
        PfErr err = { 0 };

        ck_assert_int_eq(pf_signal_sshd("cron.service", &err), -ENOTSUP);
        ck_assert_ptr_nonnull(strstr(err.text, "cron.service"));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("signal-sshd");
        TCase *numbers = tcase_create("numbers_that_are_none");

        tcase_add_loop_test(numbers, numbers_that_are_none, 0, 10);
        suite_add_tcase(suite, numbers);
        PF_TEST(suite, a_server_reads_its_files_again);
        PF_TEST(suite, another_process_is_spared);
        PF_TEST(suite, other_services_are_not_told);
        return pf_test_main(suite);
}
