/* SPDX-License-Identifier: MIT */
/* What is told of files that were looked at through a target, and what is not. What
 * happened before pf_watch_drain() is told by it, so nothing here waits. */
#include "daemon/watch/watch.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "daemon/base/clock.h"
#include "tests/support/child.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define MANY_EVENTS 20000 /* more than fs.inotify.max_queued_events, which is 16384 */

static uv_loop_t loop;
static PfSandbox box;
static PfWatch *watch;
static unsigned told;    /* of PfWatchReason, since it was asked last */
static unsigned n_told;  /* calls */
static int watches_left; /* then the kernel has no more; -1: as many as it has */

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask) {
        if (watches_left == 0) {
                errno = ENOSPC;
                return -1;
        }
        watches_left -= watches_left > 0;
        return __real_inotify_add_watch(fd, path, mask);
}

static void on_changed(unsigned reasons, void *data) {
        (void) data;
        told |= reasons;
        n_told++;
}

static void start(void) {
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_sandbox_new(&box);
        told = n_told = 0;
        watches_left = -1;
        ck_assert_msg(
                pf_watch_new(
                        &(PfWatchConfig){ .loop = &loop, .root = box.root, .changed = on_changed },
                        &watch, &err) == 0,
                "%s", err.text);
        pf_watch_observe(watch, box.target);
        (void) pf_watch_begin(watch);
}

static void stop(void) {
        watch = pf_watch_free(watch);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        pf_sandbox_close(&box);
}

static unsigned changes(void) {
        unsigned reasons;

        pf_watch_drain(watch);
        reasons = told;
        told = 0;
        return reasons;
}

static void look(const char *path) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);

        ck_assert_int_ge(pf_target_read(box.target, path, 4096, &buf, NULL), -EISDIR);
}

static void look_for(const char *path) {
        PfFileInfo info;

        ck_assert_int_ge(pf_target_stat(box.target, path, &info, NULL), 0);
}

static void list(const char *path) {
        PF_AUTO_STRV PfStrv names = { 0 };

        ck_assert_int_ge(pf_target_list(box.target, path, &names, NULL), 0);
}

/* Of the sandbox, on this machine. */
static const char *place(const char *path) {
        static char texts[4][512];
        static unsigned next;
        char *text = texts[next++ % PF_ELEMENTS(texts)];

        (void) snprintf(text, sizeof(texts[0]), "%s%s", box.root, path);
        return text;
}

static void overwrite(const char *path, const char *text) {
        PF_AUTO_CLOSE int fd = open(place(path), O_WRONLY | O_TRUNC | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
}

/* --- files --- */

START_TEST(each_change_of_a_file_is_told) {
        start();
        pf_sandbox_write(&box, "/etc/file", "a");
        pf_sandbox_write(&box, "/etc/.new", "b");
        look("/etc/file");
        ck_assert_uint_eq(changes(), 0);

        overwrite("/etc/file", "in place");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        ck_assert_int_eq(chmod(place("/etc/file"), 0600), 0);
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);

        ck_assert_int_eq(rename(place("/etc/.new"), place("/etc/file")), 0);
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        look("/etc/file");
        overwrite("/etc/file", "the new one");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);

        ck_assert_int_eq(unlink(place("/etc/file")), 0);
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        look("/etc/file");
        pf_sandbox_write(&box, "/etc/file", "again");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

START_TEST(a_file_that_is_written_under_another_name) {
        start();
        pf_sandbox_write(&box, "/etc/file", "a");
        pf_sandbox_mkdir(&box, "/other");
        look("/etc/file");
        ck_assert_int_eq(link(place("/etc/file"), place("/other/name")), 0);
        (void) changes();
        overwrite("/other/name", "b");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

START_TEST(what_nobody_looked_at_is_not_told) {
        start();
        pf_sandbox_write(&box, "/etc/file", "a");
        pf_sandbox_write(&box, "/etc/other", "a");
        look("/etc/file");
        overwrite("/etc/other", "b");
        pf_sandbox_write(&box, "/etc/third", "c");
        ck_assert_int_eq(unlink(place("/etc/other")), 0);
        pf_sandbox_mkdir(&box, "/var/lib");
        ck_assert_uint_eq(changes(), 0);
        stop();
}
END_TEST

/* --- links --- */

START_TEST(another_target_of_a_link_is_told) {
        start();
        pf_sandbox_write(&box, "/one/file", "a");
        pf_sandbox_write(&box, "/two/file", "b");
        pf_sandbox_symlink(&box, "/one", "/way"); /* absolute: beneath the root */
        look("/way/file");
        overwrite("/two/file", "nobody looked");
        ck_assert_uint_eq(changes(), 0);
        overwrite("/one/file", "c");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);

        pf_sandbox_symlink(&box, "two", "/new");
        ck_assert_uint_eq(changes(), 0);
        ck_assert_int_eq(rename(place("/new"), place("/way")), 0);
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        look("/way/file");
        overwrite("/two/file", "d");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

START_TEST(a_link_that_leads_nowhere) {
        start();
        pf_sandbox_symlink(&box, "../there/later", "/etc/link");
        look("/etc/link");
        pf_sandbox_mkdir(&box, "/there");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        look("/etc/link");
        pf_sandbox_write(&box, "/there/later", "a");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);

        pf_sandbox_symlink(&box, "ring", "/etc/ring");
        ck_assert_int_lt(pf_target_lstat(box.target, "/etc/ring/x", &(PfFileInfo){ 0 }, NULL), 2);
        (void) changes();
        ck_assert_int_eq(unlink(place("/etc/ring")), 0);
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

/* --- directories --- */

START_TEST(a_directory_that_is_made_later) {
        start();
        pf_sandbox_mkdir(&box, "/etc");
        list("/etc/ssh/sshd_config.d"); /* two of them are missing */
        pf_sandbox_mkdir(&box, "/etc/ssh");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        list("/etc/ssh/sshd_config.d");
        pf_sandbox_mkdir(&box, "/etc/ssh/sshd_config.d");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        list("/etc/ssh/sshd_config.d");
        pf_sandbox_write(&box, "/etc/ssh/sshd_config.d/10.conf", "a");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

START_TEST(a_directory_that_is_replaced) {
        start();
        pf_sandbox_write(&box, "/etc/d/file", "a");
        pf_sandbox_write(&box, "/new/file", "b");
        look("/etc/d/file");
        ck_assert_int_eq(rename(place("/etc/d"), place("/old")), 0);
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        ck_assert_int_eq(rename(place("/new"), place("/etc/d")), 0);
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        (void) pf_watch_begin(watch);
        look("/etc/d/file");
        pf_watch_settle(watch, UINT64_MAX - 1);
        (void) pf_watch_begin(watch);
        look("/etc/d/file");
        overwrite("/etc/d/file", "c");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

START_TEST(the_permissions_of_a_directory_on_the_way) {
        start();
        pf_sandbox_write(&box, "/a/b/file", "a");
        look("/a/b/file");
        ck_assert_int_eq(chmod(place("/a"), 0711), 0);
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

/* Only where its names were read does each of them count. */
START_TEST(names_of_a_listed_directory) {
        start();
        pf_sandbox_write(&box, "/d/one", "a");
        look_for("/d");
        pf_sandbox_write(&box, "/d/two", "b");
        ck_assert_uint_eq(changes(), 0);
        list("/d");
        pf_sandbox_write(&box, "/d/three", "c");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        overwrite("/d/one", "not looked at");
        ck_assert_uint_eq(changes(), 0);
        stop();
}
END_TEST

/* Of a pattern only what may match it, in each directory that it leads through. */
START_TEST(names_that_match_a_pattern) {
        PF_AUTO_STRV PfStrv paths = { 0 };

        start();
        pf_sandbox_write(&box, "/run/units/one", "a");
        pf_sandbox_mkdir(&box, "/run/x/a.wants");
        ck_assert_int_eq(pf_target_glob(box.target, "/run/*/*.wants/ssh*", &paths, NULL), 0);
        pf_sandbox_write(&box, "/run/units/two", "b");
        pf_sandbox_write(&box, "/run/x/a.wants/cron.service", "b");
        ck_assert_uint_eq(changes(), 0);
        pf_sandbox_write(&box, "/run/x/a.wants/ssh.service", "b");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        pf_sandbox_mkdir(&box, "/run/units/b.wants");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        pf_sandbox_mkdir(&box, "/run/z");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

/* --- mounts --- */

static void say(FILE *out, const char *name) {
        (void) fprintf(out, "%s:%x ", name, changes());
}

/* A mount has a change of its own; the file that is bound is watched from then on. */
static void bind_over_a_file(FILE *out, void *data) {
        (void) data;
        if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
                (void) fprintf(out, "skip");
                return;
        }
        start();
        pf_sandbox_write(&box, "/etc/file", "a");
        pf_sandbox_write(&box, "/aside/file", "b");
        look("/etc/file");
        (void) changes();
        if (mount(place("/aside/file"), place("/etc/file"), NULL, MS_BIND, NULL) < 0)
                return;
        say(out, "bound");
        look("/etc/file");
        overwrite("/aside/file", "c");
        say(out, "written");
        overwrite("/aside/file", "d");
        say(out, "again");
        (void) umount2(place("/etc/file"), MNT_DETACH);
        say(out, "unbound");
        look("/etc/file");
        (void) changes();
        overwrite("/etc/file", "e");
        say(out, "beneath");
        stop();
}

START_TEST(a_file_that_is_bound_over_another) {
        PF_AUTO_FREE char *text = pf_child_text(bind_over_a_file, NULL);

        if (strcmp(text, "skip") == 0)
                pf_test_skip("nothing may be mounted here");
        else
                ck_assert_str_eq(text, "bound:2 written:1 again:1 unbound:2 beneath:1 ");
}
END_TEST

/* --- limits --- */

START_TEST(more_than_the_kernel_keeps) {
        start();
        pf_sandbox_write(&box, "/d/file", "a");
        pf_sandbox_write(&box, "/e/file", "a");
        list("/d");
        look("/e/file");
        for (int i = 0; i < MANY_EVENTS / 2; i++) {
                PF_AUTO_CLOSE int fd = open(place("/d/x"), O_CREAT | O_CLOEXEC, 0600);

                ck_assert_int_ge(fd, 0);
                ck_assert_int_eq(unlink(place("/d/x")), 0);
        }
        /* This one is lost. */
        ck_assert_int_eq(rename(place("/e"), place("/f")), 0);
        pf_sandbox_write(&box, "/e/file", "b");
        ck_assert_uint_eq(changes() & PF_WATCH_LOST, PF_WATCH_LOST);
        ck_assert_uint_eq(pf_watch_count(watch).n_lost, 1);

        look("/e/file");
        ck_assert_uint_eq(changes(), 0);
        overwrite("/e/file", "c");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

START_TEST(more_than_may_be_watched) {
        start();
        pf_sandbox_write(&box, "/etc/file", "a");
        watches_left = 2; /* the root and /etc */
        look("/etc/file");
        ck_assert_ptr_nonnull(strstr(pf_watch_trouble(watch), "max_user_watches"));
        ck_assert(pf_watch_is_sampled(watch));

        watches_left = -1;
        (void) pf_watch_begin(watch);
        ck_assert_ptr_null(pf_watch_trouble(watch));
        look("/etc/file");
        ck_assert_ptr_null(pf_watch_trouble(watch));
        ck_assert(!pf_watch_is_sampled(watch));
        overwrite("/etc/file", "b");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

/* Files that come and go under other names are forgotten. */
START_TEST(what_is_not_looked_at_any_more_is_let_go) {
        PfWatchCounts before;

        start();
        pf_sandbox_write(&box, "/d/always", "a");
        for (int i = 0; i < 500; i++) {
                char path[64];
                uint64_t number = pf_watch_begin(watch);

                (void) snprintf(path, sizeof(path), "/d/file-%d", i);
                pf_sandbox_write(&box, path, "a");
                look("/d/always");
                look(path);
                (void) changes();
                pf_watch_settle(watch, number);
                if (i == 1)
                        before = pf_watch_count(watch);
        }
        ck_assert_uint_eq(pf_watch_count(watch).n_watched, before.n_watched);
        ck_assert_uint_eq(pf_watch_count(watch).n_names, before.n_names);
        overwrite("/d/file-0", "nobody looks at it any more");
        ck_assert_uint_eq(changes(), 0);
        overwrite("/d/always", "b");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

/* --- the rest --- */

START_TEST(space_is_sampled_and_files_are_not) {
        PfTarget *host = NULL;
        PfSpace space;

        start();
        pf_sandbox_write(&box, "/etc/file", "a");
        look("/etc/file");
        list("/");
        ck_assert(!pf_watch_is_sampled(watch));
        ck_assert_int_eq(pf_target_space(box.target, "/", &space, NULL), PF_TARGET_ELSEWHERE);
        ck_assert(!pf_watch_is_sampled(watch));

        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &host, NULL), 0);
        pf_watch_observe(watch, host);
        ck_assert_int_eq(pf_target_space(host, "/", &space, NULL), 0);
        ck_assert(pf_watch_is_sampled(watch));
        (void) pf_target_unref(host);
        stop();
}
END_TEST

START_TEST(a_time_that_is_waited_for) {
        start();
        pf_target_await(box.target, pf_clock_realtime_usec() + 3600 * UINT64_C(1000000));
        pf_target_await(box.target, pf_clock_realtime_usec() + 20000);
        pf_watch_settle(watch, 0);
        while (!told)
                (void) uv_run(&loop, UV_RUN_ONCE);
        ck_assert_uint_eq(told, PF_WATCH_CLOCK);
        ck_assert_uint_eq(n_told, 1);
        stop();
}
END_TEST

/* A probe that hangs uses its target when the watch is gone. */
START_TEST(a_target_outlives_its_watch) {
        start();
        pf_sandbox_write(&box, "/etc/file", "a");
        look("/etc/file");
        watch = pf_watch_free(watch);
        look("/etc/file");
        look("/etc/other");
        stop();
}
END_TEST

/* Someone renames what is walked through, on another thread. */
static void *rename_again_and_again(void *data) {
        for (int i = 0; i < 2000; i++) {
                (void) rename(place("/race/a"), place("/race/b"));
                (void) rename(place("/race/b"), place("/race/a"));
        }
        return data;
}

static void on_thread(void *data) {
        (void) rename_again_and_again(data);
}

START_TEST(a_race_is_told_at_the_end) {
        uv_thread_t thread;

        start();
        pf_sandbox_write(&box, "/race/a/b/c/file", "a");
        ck_assert_int_eq(uv_thread_create(&thread, on_thread, NULL), 0);
        for (int i = 0; i < 500; i++)
                look_for("/race/a/b/c/file");
        ck_assert_int_eq(uv_thread_join(&thread), 0);
        ck_assert_uint_ne(changes() & (PF_WATCH_FILES | PF_WATCH_LOST), 0);
        look_for("/race/a/b/c/file");
        ck_assert_uint_eq(changes(), 0);
        overwrite("/race/a/b/c/file", "b");
        ck_assert_uint_eq(changes(), PF_WATCH_FILES);
        stop();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("watch");

        PF_TEST(suite, each_change_of_a_file_is_told);
        PF_TEST(suite, a_file_that_is_written_under_another_name);
        PF_TEST(suite, what_nobody_looked_at_is_not_told);
        PF_TEST(suite, another_target_of_a_link_is_told);
        PF_TEST(suite, a_link_that_leads_nowhere);
        PF_TEST(suite, a_directory_that_is_made_later);
        PF_TEST(suite, a_directory_that_is_replaced);
        PF_TEST(suite, the_permissions_of_a_directory_on_the_way);
        PF_TEST(suite, names_of_a_listed_directory);
        PF_TEST(suite, names_that_match_a_pattern);
        PF_TEST(suite, a_file_that_is_bound_over_another);
        PF_TEST(suite, more_than_the_kernel_keeps);
        PF_TEST(suite, more_than_may_be_watched);
        PF_TEST(suite, what_is_not_looked_at_any_more_is_let_go);
        PF_TEST(suite, space_is_sampled_and_files_are_not);
        PF_TEST(suite, a_time_that_is_waited_for);
        PF_TEST(suite, a_target_outlives_its_watch);
        PF_TEST(suite, a_race_is_told_at_the_end);
        return pf_test_main(suite);
}
