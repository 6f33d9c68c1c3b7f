/* SPDX-License-Identifier: MIT */
/*
 * A machine that wants to stop, deceive or exhaust who reads it: files that
 * are none, that have no end, that are exchanged while they are read.
 */
#include "daemon/base/target.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "tests/support/child.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define LIMIT 1000
#define RACE_READS 100000

static PfSandbox box;

static const PfTargetFlags ways[] = { PF_TARGET_DEFAULT, PF_TARGET_NO_OPENAT2 };

/* Reads in both ways; both must end as expected, with nothing read. */
static void assert_refused(const char *root, const char *path, int expected) {
        for (size_t i = 0; i < PF_ELEMENTS(ways); i++) {
                PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
                PfErr err = { 0 };
                int r;

                ck_assert_int_eq(pf_target_new(root, ways[i], &target, NULL), 0);
                r = pf_target_read(target, path, LIMIT, &buf, &err);
                ck_assert_msg(r == expected, "%s: %d, %s", path, r, err.text);
                ck_assert_uint_eq(buf.n, 0);
                ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "%s", err.text);
        }
}

/* A child that waits for a reader of the FIFO; tells by @fd when it has one. */
static pid_t start_writer(const char *fifo, int *fd) {
        int ends[2];
        pid_t child;

        ck_assert_int_eq(pipe(ends), 0);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
                (void) close(ends[0]);
                if (open(fifo, O_WRONLY) >= 0)
                        (void) !write(ends[1], "x", 1);
                _exit(0);
        }
        (void) close(ends[1]);
        *fd = ends[0];
        return child;
}

START_TEST(the_writer_of_a_fifo_is_not_woken) {
        PF_AUTO_FREE char *fifo = NULL;
        PF_AUTO_CLOSE int fd = -1;
        struct pollfd opened = { .events = POLLIN };
        int reader;
        pid_t child;

        pf_sandbox_new(&box);
        pf_sandbox_mkfifo(&box, "/fifo");
        pf_sandbox_symlink(&box, "fifo", "/link");
        fifo = pf_sandbox_path(&box, "/fifo");
        child = start_writer(fifo, &fd);
        opened.fd = fd;

        for (int i = 0; i < 20; i++) {
                PF_AUTO_STRV PfStrv paths = { 0 };

                assert_refused(box.root, "/fifo", -EINVAL);
                assert_refused(box.root, "/link", -EINVAL);
                ck_assert_int_eq(pf_target_glob(box.target, "/*/*", &paths, NULL), 0);
                ck_assert_int_eq(poll(&opened, 1, 10), 0);
        }

        /* It was waiting all the time: now it has a reader. */
        reader = open(fifo, O_RDONLY | O_NONBLOCK);
        ck_assert_int_eq(poll(&opened, 1, 10000), 1);
        (void) close(reader);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(devices_are_not_opened) {
        PF_AUTO_FREE char *node = NULL;

        pf_sandbox_new(&box);
        assert_refused("/", "/dev/zero", -EINVAL);
        assert_refused("/", "/dev/tty", -EINVAL);
        if (geteuid() != 0) {
                pf_test_skip("needs root, for mknod(2)");
                return;
        }
        node = pf_sandbox_path(&box, "/zero");
        if (mknod(node, S_IFCHR | 0644, makedev(1, 5)) < 0) {
                pf_test_skip("mknod(2) is not permitted here");
                return;
        }
        pf_sandbox_symlink(&box, "/zero", "/etc/link");
        assert_refused(box.root, "/zero", -EINVAL);
        assert_refused(box.root, "/etc/link", -EINVAL);
}
END_TEST

START_TEST(a_sparse_tebibyte_is_refused_at_once) {
        PF_AUTO_FREE char *place = NULL;
        PfFileInfo info;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/sparse", "");
        place = pf_sandbox_path(&box, "/sparse");
        if (truncate(place, (off_t) 1 << 40) < 0) {
                pf_test_skip("this file system has no files of that size");
                return;
        }
        assert_refused(box.root, "/sparse", -EFBIG);
        ck_assert_int_eq(pf_target_stat(box.target, "/sparse", &info, NULL), 0);
        ck_assert_uint_eq(info.size_bytes, (uint64_t) 1 << 40);
}
END_TEST

/* Files of proc(5) say that they are empty. */
START_TEST(the_claimed_size_is_not_believed) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *live = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PfErr err = { 0 };

        if (access("/proc/cpuinfo", R_OK) < 0) {
                pf_test_skip("/proc is not mounted");
                return;
        }
        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &live, NULL), 0);
        ck_assert_int_eq(pf_target_read(live, "/proc/cpuinfo", 100, &buf, &err), -EFBIG);
        ck_assert_str_eq(err.text, "/proc/cpuinfo: more than the limit of 100 bytes");
        ck_assert_uint_eq(buf.n, 0);
        ck_assert_int_eq(pf_target_read(live, "/proc/cpuinfo", 1 << 20, &buf, NULL), 0);
        ck_assert_uint_gt(buf.n, 100);
}
END_TEST

static atomic_bool stop;

static void append_for_ever(void *data) {
        static char block[65536];
        int fd = open(data, O_WRONLY | O_APPEND);

        while (!stop) {
                (void) !write(fd, block, sizeof(block));
                if (lseek(fd, 0, SEEK_CUR) > 256 << 20)
                        (void) !ftruncate(fd, 0);
        }
        (void) close(fd);
}

START_TEST(a_growing_file_ends_at_the_limit) {
        PF_AUTO_FREE char *place = NULL;
        uv_thread_t thread;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/log", "");
        place = pf_sandbox_path(&box, "/log");
        stop = false;
        ck_assert_int_eq(uv_thread_create(&thread, append_for_ever, place), 0);
        for (int i = 0; i < 200; i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4 << 20);
                int r;

                r = pf_target_read(box.target, "/log", 1 << 20, &buf, NULL);
                ck_assert(r == -EFBIG || r == 0);
                ck_assert_uint_le(buf.n, r == 0 ? 1 << 20 : 0);
                ck_assert_uint_le(buf.allocated, 4 << 20);
        }
        stop = true;
        (void) uv_thread_join(&thread);
}
END_TEST

/* In a mount namespace without /proc: files are read, what is none is not. */
static void read_without_proc(FILE *out, void *data) {
        (void) data;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            umount2("/proc", MNT_DETACH) < 0 || access("/proc/self", F_OK) == 0) {
                (void) fprintf(out, "skip");
                return;
        }
        for (size_t i = 0; i < PF_ELEMENTS(ways); i++) {
                static const char *const paths[] = { "/file", "/etc/link", "/fifo", "/secret",
                                                     "/missing" };
                PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;

                if (pf_target_new(box.root, ways[i], &target, NULL) < 0)
                        return;
                for (size_t k = 0; k < PF_ELEMENTS(paths); k++) {
                        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
                        int r;

                        r = pf_target_read(target, paths[k], LIMIT, &buf, NULL);
                        (void) fprintf(out, "%s=%d,%s ", paths[k], r, buf.n ? buf.data : "");
                }
        }
}

START_TEST(reads_where_proc_is_not_mounted) {
        PF_AUTO_FREE char *text = NULL;
        char once[256], twice[512];

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/file", "text");
        pf_sandbox_write(&box, "/secret", "root reads it");
        pf_sandbox_chmod(&box, "/secret", 0);
        pf_sandbox_symlink(&box, "../file", "/etc/link");
        pf_sandbox_mkfifo(&box, "/fifo");
        text = pf_child_text(read_without_proc, NULL);
        pf_sandbox_chmod(&box, "/secret", 0600);
        if (strcmp(text, "skip") == 0) {
                pf_test_skip("needs to unmount /proc in a mount namespace");
                return;
        }
        (void) snprintf(once, sizeof(once),
                        "/file=0,text /etc/link=0,text /fifo=%d, /secret=0,root reads it "
                        "/missing=1, ",
                        -EINVAL);
        (void) snprintf(twice, sizeof(twice), "%s%s", once, once);
        ck_assert_str_eq(text, twice);
}
END_TEST

/* Before Linux 3.12 fstatfs(2) refused such descriptors with EBADF. */
static void measure_as_of_old(FILE *out, void *data) {
        PfSpace space = { 0 };
        int r;

        if (pf_child_filter(SYS_fstatfs, EBADF) < 0)
                return;
        r = pf_target_space(data, "/", &space, NULL);
        (void) fprintf(out, "%d %s", r, space.total_bytes > 0 ? "measured" : "nothing");
}

START_TEST(measures_space_on_an_old_kernel) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *live = NULL;
        PF_AUTO_FREE char *text = NULL;

        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &live, NULL), 0);
        text = pf_child_text(measure_as_of_old, live);
        ck_assert_str_eq(text, "0 measured");
}
END_TEST

/* Two names that are exchanged, again and again, until told to stop. */
typedef struct Flip {
        char *a, *b;
        unsigned n;
} Flip;

static void flip_for_ever(void *data) {
        Flip *flip = data;

        while (!stop)
                if (syscall(SYS_renameat2, AT_FDCWD, flip->a, AT_FDCWD, flip->b, 2) == 0)
                        flip->n++;
}

/* Reads @path while it changes. Nothing but "inside" may ever come of it. */
static void read_while_flipping(const char *path, PfTargetFlags flags, Flip *flip) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        uv_thread_t thread;
        unsigned inside = 0;

        ck_assert_int_eq(pf_target_new(box.root, flags, &target, NULL), 0);
        stop = false;
        flip->n = 0;
        ck_assert_int_eq(uv_thread_create(&thread, flip_for_ever, flip), 0);
        for (int i = 0; i < RACE_READS; i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);

                if (pf_target_read(target, path, LIMIT, &buf, NULL) != 0)
                        continue;
                ck_assert_msg(strcmp(buf.data, "inside") == 0, "%s: %s", path, buf.data);
                inside++;
        }
        stop = true;
        (void) uv_thread_join(&thread);
        ck_assert_msg(flip->n > 100 && inside > 100, "%u changes, %u reads", flip->n, inside);
}

/* A directory and a link to one outside change places. */
START_TEST(no_link_leads_out_while_it_appears) {
        PF_AUTO_SANDBOX PfSandbox outside = { 0 };
        Flip flip = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_new(&outside);
        pf_sandbox_write(&outside, "/secret", "OUTSIDE");
        pf_sandbox_write(&box, "/etc/flip/secret", "inside");
        pf_sandbox_symlink(&box, outside.root, "/etc/flop");
        flip.a = pf_sandbox_path(&box, "/etc/flip");
        flip.b = pf_sandbox_path(&box, "/etc/flop");
        for (size_t i = 0; i < PF_ELEMENTS(ways); i++)
                read_while_flipping("/etc/flip/secret", ways[i], &flip);
        free(flip.a);
        free(flip.b);
}
END_TEST

/* A directory moves out and back, while ".." is taken from within it. */
START_TEST(no_parent_leads_out_while_it_moves) {
        PF_AUTO_SANDBOX PfSandbox outside = { 0 };
        Flip flip = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_new(&outside);
        pf_sandbox_write(&outside, "/deep/secret", "OUTSIDE");
        pf_sandbox_write(&outside, "/secret", "OUTSIDE");
        pf_sandbox_mkdir(&outside, "/deep/b/c");
        pf_sandbox_write(&box, "/a/secret", "inside");
        pf_sandbox_mkdir(&box, "/a/b/c");
        flip.a = pf_sandbox_path(&box, "/a/b");
        flip.b = pf_sandbox_path(&outside, "/deep/b");
        for (size_t i = 0; i < PF_ELEMENTS(ways); i++)
                read_while_flipping("/a/b/c/../../secret", ways[i], &flip);
        free(flip.a);
        free(flip.b);
}
END_TEST

/* A file and a FIFO change places: the read ends, each time. */
START_TEST(no_fifo_stops_a_read) {
        const time_t start = time(NULL);
        Flip flip = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/flip", "inside");
        pf_sandbox_mkfifo(&box, "/flop");
        flip.a = pf_sandbox_path(&box, "/flip");
        flip.b = pf_sandbox_path(&box, "/flop");
        read_while_flipping("/flip", PF_TARGET_DEFAULT, &flip);
        ck_assert_int_lt(time(NULL) - start, 60);
        free(flip.a);
        free(flip.b);
}
END_TEST

/* As an image has them that is worked on in a chroot. */
START_TEST(the_kernel_of_this_machine_is_no_part_of_an_image) {
        static const char *const paths[] = { "/proc", "/proc/version", "/proc/sys/kernel/osrelease",
                                             "/sys/kernel", "/proc/self" };

        for (size_t i = 0; i < PF_ELEMENTS(ways); i++) {
                PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
                PF_AUTO_STRV PfStrv names = { 0 };
                PfErr err = { 0 };
                PfFileInfo info;

                ck_assert_int_eq(pf_target_new("/proc/self/root", ways[i], &target, &err), 0);
                for (size_t j = 0; j < PF_ELEMENTS(paths); j++)
                        ck_assert_int_eq(pf_target_lstat(target, paths[j], &info, &err),
                                         PF_TARGET_ABSENT);
                ck_assert_int_eq(pf_target_read(target, "/proc/version", LIMIT, &buf, &err),
                                 PF_TARGET_ABSENT);
                ck_assert_int_eq(pf_target_list(target, "/proc/1", &names, &err), PF_TARGET_ABSENT);
                ck_assert_int_eq(pf_target_list(target, "/sys", &names, &err), PF_TARGET_ABSENT);
                ck_assert_int_eq(pf_target_stat(target, "/etc", &info, &err), 0);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("target-hostile");

        PF_TEST(suite, the_writer_of_a_fifo_is_not_woken);
        PF_TEST(suite, devices_are_not_opened);
        PF_TEST(suite, a_sparse_tebibyte_is_refused_at_once);
        PF_TEST(suite, the_claimed_size_is_not_believed);
        PF_TEST(suite, a_growing_file_ends_at_the_limit);
        PF_TEST(suite, reads_where_proc_is_not_mounted);
        PF_TEST(suite, measures_space_on_an_old_kernel);
        PF_TEST(suite, no_link_leads_out_while_it_appears);
        PF_TEST(suite, no_parent_leads_out_while_it_moves);
        PF_TEST(suite, no_fifo_stops_a_read);
        PF_TEST(suite, the_kernel_of_this_machine_is_no_part_of_an_image);
        return pf_test_main(suite);
}
