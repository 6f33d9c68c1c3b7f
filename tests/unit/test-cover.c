/* SPDX-License-Identifier: MIT */
/*
 * A lease in files that cannot be written: covered, mended, killed in between. On a machine of
 * its own: process 1 of another PID namespace, whose mounts are shared as systemd's are, and a
 * service, whose mounts follow those. For root alone.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon/remedy/cover.h"
#include "daemon/remedy/lease.h"
#include "tests/support/faultfs.h"
#include "tests/support/make-plan.h"
#include "tests/support/test-main.h"

#define BLOCK PF_LEASE_BEGIN "\nMatch User root\n" PF_LEASE_END "\n"
#define OLD "Port 22\n"
#define NEW OLD BLOCK
#define TOLD "/run/told" /* a byte for each time that sshd was told */
#define CALLS_MAX 400

/* In children, where no test can fail by itself. */
#define CHECK(condition)                                                                           \
        do {                                                                                       \
                if (!(condition)) {                                                                \
                        fprintf(stderr, "# %s:%d: %s (errno %d)\n", __func__, __LINE__,            \
                                #condition, errno);                                                \
                        _exit(1);                                                                  \
                }                                                                                  \
        } while (0)

/* What is asked of a service. */
typedef struct Order {
        unsigned kill_at;   /* a call that is not made, with which it is killed; 0: none */
        unsigned fails_at;  /* one that fails */
        const char *hidden; /* a directory that it does not see */
        int wanted;         /* what the end of the lease is to return; 1000: whatever it does */
} Order;

#define WHATEVER 1000

/* --- the machine --- */

static void make_file(const char *path, const char *text) {
        PF_AUTO_CLOSE int fd =
                open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);

        CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text));
}

static bool holds(const char *path, const char *wanted) {
        PF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        char text[4096];
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

        return n >= 0 && (size_t) n == strlen(wanted) && memcmp(text, wanted, (size_t) n) == 0;
}

static void boot(void) {
        static const char *const places[] = { "/etc", "/run", "/var/lib" };

        CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
        CHECK(mount("proc", "/proc", "proc", 0, NULL) == 0);
        for (size_t i = 0; i < PF_ELEMENTS(places); i++)
                CHECK(mount("tmpfs", places[i], "tmpfs", 0, "mode=755") == 0);
        CHECK(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0);
        make_file("/etc/changed", OLD);
        CHECK(chmod("/etc/changed", 0640) == 0 && chown("/etc/changed", 0, 1) == 0);
}

static void set_read_only(bool is_read_only) {
        CHECK(mount(NULL, "/etc", NULL, MS_REMOUNT | (is_read_only ? MS_RDONLY : 0), NULL) == 0);
}

/* Covers over a path; and over all. */
static unsigned count_covers(const char *path) {
        PF_AUTO_FCLOSE FILE *file = fopen("/proc/self/mountinfo", "re");
        char line[4096], at[256];
        unsigned n = 0;

        CHECK(file);
        (void) snprintf(at, sizeof(at), " %s ", path);
        while (fgets(line, sizeof(line), file))
                n += strstr(line, "/ended/") && strstr(line, at);
        return n;
}

static unsigned count_told(void) {
        struct stat st;

        return stat(TOLD, &st) == 0 ? (unsigned) st.st_size : 0;
}

static bool is_there(const char *path) {
        return access(path, F_OK) == 0;
}

/* --- the service --- */

static int act(const PfAction *action, bool undo, void *data, PfErr *err) {
        (void) action;
        (void) undo;
        (void) data;
        (void) err;
        make_file(TOLD, "");
        PF_AUTO_CLOSE int fd = open(TOLD, O_WRONLY | O_APPEND | O_CLOEXEC);
        return write(fd, "x", 1) == 1 ? 0 : -EIO;
}

static int agree(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        (void) err;
        return 0;
}

static const PfEffects effects = { .validate = agree, .act = act, .verify = agree };

static void enter_service(const Order *order) {
        CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0);
        if (order && order->hidden)
                CHECK(mount("tmpfs", order->hidden, "tmpfs", 0, NULL) == 0);
}

static int lend(const Order *order) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = pf_make_plan();
        PfErr err = { 0 };

        enter_service(order);
        pf_make_text(plan, "", "/etc/changed", NEW);
        pf_make_text(plan, "", "/etc/made", BLOCK);
        pf_make_action(plan, PF_ACTION_RELOAD, "ssh.service");
        pf_make_lease(plan, "root", "192.0.2.7", 60000000);
        if (pf_transactions_open("/", &effects, &transactions, &err) < 0 ||
            pf_transactions_apply(transactions, plan, "root", "ssh.access", &done, &err) < 0)
                fprintf(stderr, "# %s\n", err.text);
        return done && done->state == PF_TRANSACTION_APPLIED ? 0 : 1;
}

/* The only lease that there is. */
static bool find_lease(PfTransactions *transactions, char id[static 64], bool *ret_is_covered) {
        PfTransaction **list = NULL;
        bool is_open = false;
        PfErr err = { 0 };
        size_t n;

        CHECK(pf_transactions_list(transactions, &list, &n, &err) == 0 && n == 1);
        (void) snprintf(id, 64, "%s", list[0]->id);
        *ret_is_covered = list[0]->is_covered;
        is_open = pf_lease_is_open(list[0]);
        (void) pf_transaction_free(list[0]);
        free(list);
        return is_open;
}

/* Return: 0: as wanted; 2: the call that was to fail or to kill is beyond the last. */
static int end(const Order *order) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        bool is_covered = false, has_failed;
        PfErr err = { 0 };
        char id[64];
        int r;

        enter_service(order);
        pf_fault_fs_kill_at(order->kill_at);
        pf_fault_fs_begin(order->fails_at, EIO, false);
        r = pf_transactions_open_with("/", &pf_fault_fs_ops, &effects, &transactions, &err);
        if (r == 0)
                r = find_lease(transactions, id, &is_covered)
                            ? pf_transactions_end_lease(transactions, id, "test", pf_lease_cut,
                                                        &err)
                            : 0;
        has_failed = pf_fault_fs_end();
        if (r >= 0)
                CHECK(find_lease(transactions, id, &is_covered) == (r == PF_TRANSACTION_COVERED) &&
                      is_covered == (r == PF_TRANSACTION_COVERED));
        if (order->wanted != WHATEVER && r != order->wanted) {
                fprintf(stderr, "# ended with %d, not %d: %s\n", r, order->wanted, err.text);
                return 1;
        }
        return order->kill_at || (order->fails_at && !has_failed) ? 2 : 0;
}

/* Its exit status; 128 and more: by a signal. */
static int serve(int (*work)(const Order *order), const Order *order) {
        pid_t pid = fork();
        int status = 0;

        CHECK(pid >= 0);
        if (pid == 0)
                _exit(work(order));
        CHECK(waitpid(pid, &status, 0) == pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const Order plainly_covered = { .wanted = PF_TRANSACTION_COVERED };
static const Order plainly_mended = { .wanted = 0 };

/* --- what is to be found --- */

static void check_closed(void) {
        CHECK(holds("/etc/changed", OLD));
        CHECK(!is_there("/etc/made") || holds("/etc/made", ""));
}

static void check_covered(void) {
        struct stat st;

        check_closed();
        CHECK(count_covers("/etc/changed") == 1 && count_covers("/etc/made") == 1);
        CHECK(stat("/etc/changed", &st) == 0 && (st.st_mode & 07777) == 0640 && st.st_uid == 0 &&
              st.st_gid == 1);
        CHECK(open("/etc/changed", O_WRONLY) < 0 && errno == EROFS);
        CHECK(is_there(PF_COVERS_PATH) && count_told() > 0);
}

static void check_mended(void) {
        check_closed();
        CHECK(!is_there("/etc/made") && !is_there(PF_COVERS_PATH));
        CHECK(count_covers("/etc/changed") == 0 && count_covers("/etc/made") == 0);
        /* Nothing lies beside them: "changed" alone, "." and "..". */
        CHECK(system("test \"$(ls -A /etc)\" = changed") == 0);
}

static void begin(void) {
        boot();
        CHECK(serve(lend, NULL) == 0);
        CHECK(holds("/etc/changed", NEW) && holds("/etc/made", BLOCK));
        CHECK(truncate(TOLD, 0) == 0);
}

/* Beneath, where covers are not followed. */
static bool holds_beneath(const char *wanted) {
        bool is_so;

        CHECK(mkdir("/run/beneath", 0700) == 0 || errno == EEXIST);
        CHECK(mount("/etc", "/run/beneath", NULL, MS_BIND, NULL) == 0);
        is_so = holds("/run/beneath/changed", wanted);
        CHECK(umount2("/run/beneath", MNT_DETACH) == 0);
        return is_so;
}

/* --- the tests, each in process 1 of a machine --- */

static int cover_and_mend(unsigned n) {
        (void) n;
        begin();
        set_read_only(true);
        CHECK(serve(end, &plainly_covered) == 0);
        check_covered();
        CHECK(count_told() == 1 && holds_beneath(NEW));
        CHECK(serve(end, &plainly_covered) == 0); /* again, and nothing more happens */
        check_covered();
        CHECK(count_told() == 1);
        set_read_only(false);
        CHECK(serve(end, &plainly_mended) == 0);
        check_mended();
        return 0;
}

/* Somebody edited the file before it became read-only, and covers are of what is left. */
static int cover_edited(unsigned n) {
        (void) n;
        begin();
        make_file("/etc/changed", "Port 2222\n" BLOCK);
        set_read_only(true);
        CHECK(serve(end, &plainly_covered) == 0);
        CHECK(holds("/etc/changed", "Port 2222\n") && holds("/etc/made", ""));
        set_read_only(false);
        CHECK(serve(end, &plainly_mended) == 0);
        CHECK(holds("/etc/changed", "Port 2222\n") && !is_there("/etc/made"));
        CHECK(count_covers("/etc/changed") == 0 && !is_there(PF_COVERS_PATH));
        return 0;
}

/* The service was started when all was read-only, and sees it so for ever. */
static int mend_what_a_service_cannot(unsigned n) {
        (void) n;
        begin();
        CHECK(mount(NULL, "/etc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
        CHECK(serve(end, &plainly_covered) == 0);
        check_covered();
        CHECK(unshare(CLONE_NEWNS) == 0); /* what follows has it read-only … */
        CHECK(serve(end, &plainly_covered) == 0);
        return 0;
}

/* A boot takes covers, and what is in /run, away. */
static int cover_after_a_boot(unsigned n) {
        (void) n;
        begin();
        set_read_only(true);
        CHECK(serve(end, &plainly_covered) == 0);
        CHECK(umount2("/etc/changed", MNT_DETACH) == 0 && umount2("/etc/made", MNT_DETACH) == 0);
        CHECK(umount2("/run", MNT_DETACH) == 0 &&
              mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0);
        CHECK(holds("/etc/changed", NEW));
        CHECK(serve(end, &plainly_covered) == 0);
        check_covered();
        return 0;
}

/* The directory is also somewhere else, where the kernel lays the cover, too. */
static int cover_in_two_places(unsigned n) {
        (void) n;
        begin();
        CHECK(mkdir("/run/same", 0755) == 0);
        CHECK(mount("/etc", "/run/same", NULL, MS_BIND, NULL) == 0);
        set_read_only(true);
        CHECK(serve(end, &plainly_covered) == 0);
        check_covered();
        CHECK(count_covers("/run/same/changed") == 1);
        set_read_only(false);
        CHECK(serve(end, &plainly_mended) == 0);
        check_mended();
        CHECK(count_covers("/run/same/changed") == 0);
        return 0;
}

/* Another file over it is somebody's, and stays. */
static int leave_others(unsigned n) {
        (void) n;
        begin();
        set_read_only(true);
        CHECK(serve(end, &plainly_covered) == 0);
        make_file("/run/other", "Port 1\n");
        CHECK(mount("/run/other", "/etc/made", NULL, MS_BIND, NULL) == 0);
        set_read_only(false);
        (void) serve(end, &(Order){ .wanted = WHATEVER });
        CHECK(holds("/etc/changed", OLD));
        return 0;
}

/* In a container that may not look at process 1 all stays as it is, and that is told. */
static int no_way_in(unsigned n) {
        const Order order = { .hidden = "/proc/1", .wanted = -EROFS };

        (void) n;
        begin();
        set_read_only(true);
        CHECK(serve(end, &order) == 0);
        CHECK(holds("/etc/changed", NEW) && count_covers("/etc/changed") == 0);
        CHECK(serve(end, &plainly_covered) == 0);
        check_covered();
        return 0;
}

static int kill_while_covering(unsigned n) {
        int status;

        begin();
        set_read_only(true);
        status = serve(end, &(Order){ .kill_at = n, .wanted = WHATEVER });
        CHECK(status == 2 || status == 128 + SIGKILL);
        CHECK(holds("/etc/changed", OLD) || holds("/etc/changed", NEW));
        CHECK(serve(end, &plainly_covered) == 0);
        check_covered();
        CHECK(serve(end, &plainly_covered) == 0);
        check_covered();
        set_read_only(false);
        CHECK(serve(end, &plainly_mended) == 0);
        check_mended();
        return status == 2 ? 2 : 0;
}

/* From the cover on nobody reads what was open. */
static int kill_while_mending(unsigned n) {
        int status;

        begin();
        set_read_only(true);
        CHECK(serve(end, &plainly_covered) == 0);
        set_read_only(false);
        status = serve(end, &(Order){ .kill_at = n, .wanted = WHATEVER });
        CHECK(status == 2 || status == 128 + SIGKILL);
        check_closed();
        CHECK(serve(end, &plainly_mended) == 0);
        check_mended();
        return status == 2 ? 2 : 0;
}

static int fail_while_covering(unsigned n) {
        int status;

        begin();
        set_read_only(true);
        status = serve(end, &(Order){ .fails_at = n, .wanted = WHATEVER });
        CHECK(status == 0 || status == 2);
        CHECK(serve(end, &plainly_covered) == 0);
        check_covered();
        set_read_only(false);
        CHECK(serve(end, &plainly_mended) == 0);
        check_mended();
        return status;
}

static int fail_while_mending(unsigned n) {
        int status;

        begin();
        set_read_only(true);
        CHECK(serve(end, &plainly_covered) == 0);
        set_read_only(false);
        status = serve(end, &(Order){ .fails_at = n, .wanted = WHATEVER });
        CHECK(status == 0 || status == 2);
        check_closed();
        CHECK(serve(end, &plainly_mended) == 0);
        check_mended();
        return status;
}

/* Runs a machine. Return: its exit status. */
static int run_machine(int (*test)(unsigned n), unsigned n) {
        pid_t outer = fork();
        int status = 0;

        ck_assert_int_ge(outer, 0);
        if (outer == 0) {
                pid_t inner;

                if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
                        _exit(77);
                inner = fork();
                if (inner == 0)
                        _exit(test(n));
                if (inner < 0 || waitpid(inner, &status, 0) != inner)
                        _exit(1);
                _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
        }
        ck_assert_int_eq(waitpid(outer, &status, 0), outer);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

typedef struct Case {
        const char *name;
        int (*test)(unsigned n);
        bool is_each_call; /* again for each call, until there are no more */
} Case;

static const Case cases[] = {
        { "cover and mend", cover_and_mend, false },
        { "cover edited", cover_edited, false },
        { "mend what a service cannot", mend_what_a_service_cannot, false },
        { "cover after a boot", cover_after_a_boot, false },
        { "cover in two places", cover_in_two_places, false },
        { "leave others", leave_others, false },
        { "no way in", no_way_in, false },
        { "kill while covering", kill_while_covering, true },
        { "kill while mending", kill_while_mending, true },
        { "fail while covering", fail_while_covering, true },
        { "fail while mending", fail_while_mending, true },
};

START_TEST(on_a_machine) {
        const Case *one = &cases[_i];
        const unsigned step = getenv("PF_FULL") ? 1 : 5; /* of the calls */
        unsigned n = 1;
        int status;

        if (geteuid() != 0) {
                pf_test_skip("only root has mounts");
                return;
        }
        do
                status = run_machine(one->test, n);
        while (one->is_each_call && status == 0 && (n += step) < CALLS_MAX);
        if (status == 77) {
                pf_test_skip("no namespaces are to be had here");
                return;
        }
        ck_assert_msg(status == (one->is_each_call ? 2 : 0), "%s, %u: %d", one->name, n, status);
        ck_assert_uint_gt(n, one->is_each_call ? 10 : 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("cover");

        PF_TEST_LOOP(suite, on_a_machine, PF_ELEMENTS(cases));
        return pf_test_main(suite);
}
