/* SPDX-License-Identifier: MIT */
/*
 * How paths are reached: every way must give the answer that the kernel gives
 * to a process whose root is the machine's (chroot), and lead nowhere else.
 */
#include "daemon/base/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* A way to reach paths: what becomes of openat2(2), and what the target is told. */
typedef struct Way {
        const char *name;
        PfTargetFlags flags;
        bool filtered;
        int error; /* of openat2(2); 0: whoever calls it dies */
} Way;

static const Way ways[] = {
        { .name = "openat2" },
        { .name = "openat2 fails with ENOSYS", .filtered = true, .error = ENOSYS },
        { .name = "openat2 fails with EPERM", .filtered = true, .error = EPERM },
        { .name = "openat2 is not called", .flags = PF_TARGET_NO_OPENAT2, .filtered = true },
};

/* What a child is to answer: in one of the ways, or (NULL) by itself in a chroot. */
typedef struct Questions {
        const char *root;
        const Way *way;
        const PfStrv *paths;
        bool unprivileged;
} Questions;

static PfSandbox box;

/* As strerrorname_np(3), which glibc has since 2.32, of what is met here. */
static const char *error_name(int error) {
        static const struct {
                int error;
                const char *name;
        } names[] = {
                { EACCES, "EACCES" }, { ELOOP, "ELOOP" },     { EMFILE, "EMFILE" },
                { ENOENT, "ENOENT" }, { ENOTDIR, "ENOTDIR" }, { EISDIR, "EISDIR" },
                { EINVAL, "EINVAL" }, { EXDEV, "EXDEV" },     { ENAMETOOLONG, "ENAMETOOLONG" }
        };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                if (names[i].error == error)
                        return names[i].name;
        return strerror(error);
}

static void print_stat(FILE *out, int r, uint64_t inode, unsigned mode) {
        if (r == PF_TARGET_ABSENT || r == -ENOENT || r == -ENOTDIR)
                (void) fprintf(out, " absent");
        else if (r < 0)
                (void) fprintf(out, " %s", error_name(-r));
        else
                (void) fprintf(out, " %llu/%o", (unsigned long long) inode, mode & 07777);
}

static void answer_target(FILE *out, const PfTarget *target, const char *path) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfFileInfo info = { 0 };
        int r;

        r = pf_target_stat(target, path, &info, NULL);
        print_stat(out, r, info.inode, info.mode);
        r = pf_target_lstat(target, path, &info, NULL);
        print_stat(out, r, info.inode, info.mode);
        r = pf_target_list(target, path, &names, NULL);
        (void) fprintf(out, " %s", r == 0 ? "listed" : r == 1 ? "ENOENT" : error_name(-r));
}

static void answer_kernel(FILE *out, const char *path) {
        struct stat st = { 0 };
        int r;
        DIR *dir;

        r = stat(path, &st) < 0 ? -errno : 0;
        print_stat(out, r, st.st_ino, st.st_mode);
        r = lstat(path, &st) < 0 ? -errno : 0;
        print_stat(out, r, st.st_ino, st.st_mode);
        dir = opendir(path);
        if (!dir && errno == ENOTDIR)
                errno = stat(path, &st) < 0 ? ENOENT : ENOTDIR;
        (void) fprintf(out, " %s", dir ? "listed" : error_name(errno));
        if (dir)
                (void) closedir(dir);
}

static PfTarget *enter(FILE *out, const Questions *questions) {
        PfTarget *target = NULL;

        if (!questions->way) {
                if (chroot(questions->root) < 0 || chdir("/") < 0)
                        (void) fprintf(out, "chroot: %s\n", strerror(errno));
        } else if (pf_target_new(questions->root, questions->way->flags, &target, NULL) < 0) {
                (void) fprintf(out, "no target\n");
        }
        if (questions->unprivileged && pf_child_drop_privileges() < 0)
                (void) fprintf(out, "privileges are kept\n");
        if (questions->way && questions->way->filtered &&
            pf_child_filter(SYS_openat2, questions->way->error) < 0)
                (void) fprintf(out, "no filter\n");
        return target;
}

static void answer_all(FILE *out, void *data) {
        const Questions *questions = data;
        PfTarget *target = enter(out, questions);

        for (size_t i = 0; i < questions->paths->n; i++) {
                const char *path = questions->paths->items[i];

                (void) fprintf(out, "%.200s:", path);
                if (target)
                        answer_target(out, target, path);
                else
                        answer_kernel(out, path);
                (void) fputc('\n', out);
        }
        (void) pf_target_unref(target);
}

/* The first line in which two texts differ, side by side. */
static void assert_same(const char *expected, const char *found, const char *name) {
        while (*expected && *found) {
                int n = (int) strcspn(expected, "\n");
                int m = (int) strcspn(found, "\n");

                ck_assert_msg(n == m && memcmp(expected, found, (size_t) n) == 0,
                              "%s: %.*s\n  expected %.*s", name, m, found, n, expected);
                expected += n + (expected[n] == '\n');
                found += m + (found[m] == '\n');
        }
        ck_assert_msg(*expected == *found, "%s: not as many answers", name);
}

/* Every way against the kernel's own; without root against openat2(2). */
static void assert_ways_agree(const char *root, const PfStrv *paths, bool unprivileged) {
        PF_AUTO_FREE char *expected = NULL;
        Questions questions = { .root = root, .paths = paths, .unprivileged = unprivileged };

        questions.way = geteuid() == 0 && strcmp(root, "/") != 0 ? NULL : &ways[0];
        expected = pf_child_text(answer_all, &questions);
        for (size_t i = 0; i < PF_ELEMENTS(ways); i++) {
                PF_AUTO_FREE char *found = NULL;

                questions.way = &ways[i];
                found = pf_child_text(answer_all, &questions);
                assert_same(expected, found, ways[i].name);
        }
}

static void must_add(PfStrv *paths, const char *path) {
        ck_assert_int_eq(pf_strv_add(paths, path), 0);
}

#define ADD_ALL(paths, ...)                                                                        \
        do {                                                                                       \
                const char *const all_[] = { __VA_ARGS__ };                                        \
                for (size_t i_ = 0; i_ < PF_ELEMENTS(all_); i_++)                                  \
                        must_add(paths, all_[i_]);                                                 \
        } while (0)

/* What a path leads to, read in each way. "-EACCES": that error. */
static void assert_reads(const char *path, const char *expected) {
        static const PfTargetFlags both[] = { PF_TARGET_DEFAULT, PF_TARGET_NO_OPENAT2 };

        for (size_t i = 0; i < PF_ELEMENTS(both); i++) {
                PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
                char error[32] = "";
                int r;

                ck_assert_int_eq(pf_target_new(box.root, both[i], &target, NULL), 0);
                r = pf_target_read(target, path, 4096, &buf, NULL);
                if (r < 0)
                        (void) snprintf(error, sizeof(error), "-%s", error_name(-r));
                ck_assert_msg(strcmp(expected, r == 0   ? buf.data
                                               : r == 1 ? "absent"
                                                        : error) == 0,
                              "%s: expected %s, got %d %s", path, expected, r, error);
        }
}

static void make_links(void) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/file", "file");
        pf_sandbox_write(&box, "/etc/dir/sub/file", "sub");
        pf_sandbox_write(&box, "/etc/new\nline", "newline");
        pf_sandbox_write(&box, "/etc/\xc3\xbcn\xc3\xaf-\xe2\x98\x83", "unicode");
        pf_sandbox_write(&box, "/etc/\xff\xfe", "bytes");
        pf_sandbox_symlink(&box, "file", "/etc/relative");
        pf_sandbox_symlink(&box, "/etc/file", "/etc/absolute");
        pf_sandbox_symlink(&box, "../../../../../../etc/file", "/etc/up");
        pf_sandbox_symlink(&box, "/../../etc/file", "/etc/absolute-up");
        pf_sandbox_symlink(&box, "/", "/etc/root");
        pf_sandbox_symlink(&box, "/..", "/etc/above");
        pf_sandbox_symlink(&box, "dir/sub", "/etc/middle");
        pf_sandbox_symlink(&box, "dir/", "/etc/slash");
        pf_sandbox_symlink(&box, "file/", "/etc/file-slash");
        pf_sandbox_symlink(&box, "middle", "/etc/twice");
        pf_sandbox_symlink(&box, "nowhere", "/etc/dangling");
        pf_sandbox_symlink(&box, "loop-b", "/etc/loop-a");
        pf_sandbox_symlink(&box, "loop-a", "/etc/loop-b");
        pf_sandbox_symlink(&box, "self/x", "/etc/self");
}

START_TEST(links_stay_beneath_the_root) {
        make_links();
        assert_reads("/etc/file", "file");
        assert_reads("/etc/relative", "file");
        assert_reads("/etc/absolute", "file");
        assert_reads("/etc/up", "file");
        assert_reads("/etc/absolute-up", "file");
        assert_reads("/../../../etc/file", "file");
        assert_reads("/etc/root/etc/above/etc/file", "file");
        assert_reads("/etc/middle/file", "sub");
        assert_reads("/etc/middle/../../file", "file");
        assert_reads("//etc/.//file", "file");
        assert_reads("/etc/new\nline", "newline");
        assert_reads("/etc/\xc3\xbcn\xc3\xaf-\xe2\x98\x83", "unicode");
        assert_reads("/etc/\xff\xfe", "bytes");
        assert_reads("/etc/dangling", "absent");
        assert_reads("/etc/file/", "absent");
        assert_reads("/etc/file/..", "absent");
        assert_reads("/etc/missing/../file", "absent");
        assert_reads("/etc/loop-a", "-ELOOP");
        assert_reads("/etc/self", "-ELOOP");
        assert_reads("/etc/dir", "-EISDIR");
        assert_reads("etc/file", "-EINVAL");
        assert_reads("", "-EINVAL");
}
END_TEST

/* The file exists under the very name that the link holds, but outside. */
START_TEST(nothing_outside_is_read) {
        PF_AUTO_SANDBOX PfSandbox outside = { 0 };
        PF_AUTO_FREE char *secret = NULL;
        char up[PATH_MAX];

        pf_sandbox_new(&box);
        pf_sandbox_new(&outside);
        pf_sandbox_write(&outside, "/secret", "OUTSIDE");
        secret = pf_sandbox_path(&outside, "/secret");
        (void) snprintf(up, sizeof(up), "../../../../../../..%s", secret);
        pf_sandbox_symlink(&box, secret, "/absolute");
        pf_sandbox_symlink(&box, up, "/a/b/relative");
        pf_sandbox_symlink(&box, outside.root, "/directory");

        assert_reads("/absolute", "absent");
        assert_reads("/a/b/relative", "absent");
        assert_reads("/directory/secret", "absent");
        assert_reads(secret, "absent");
}
END_TEST

START_TEST(ways_agree_on_links) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        static const char *const ends[] = {
                "", "/", "/.", "/..", "/../", "/file", "/./file", "//x"
        };
        char path[64];

        make_links();
        ADD_ALL(&paths, "/", "//", "/.", "/..", "/../..", "/etc", "/missing", "/missing/x");
        for (size_t i = 0; i < PF_ELEMENTS(ends); i++) {
                static const char *const names[] = {
                        "file",     "dir",    "relative", "absolute",  "up",         "absolute-up",
                        "root",     "above",  "middle",   "slash",     "file-slash", "twice",
                        "dangling", "loop-a", "self",     "new\nline", "missing"
                };
                for (size_t k = 0; k < PF_ELEMENTS(names); k++) {
                        (void) snprintf(path, sizeof(path), "/etc/%s%s", names[k], ends[i]);
                        must_add(&paths, path);
                }
        }
        assert_ways_agree(box.root, &paths, false);
}
END_TEST

/* The kernel follows 40 links and refuses the next: path_resolution(7). */
START_TEST(ways_agree_on_chains) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        char name[32], text[32];

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/0", "end");
        pf_sandbox_symlink(&box, "0", "/1");
        for (int i = 2; i <= 42; i++) {
                (void) snprintf(name, sizeof(name), "/%d", i);
                (void) snprintf(text, sizeof(text), "%s%d", i % 2 ? "/" : "", i - 1);
                pf_sandbox_symlink(&box, text, name);
        }
        ADD_ALL(&paths, "/1", "/39", "/40", "/41", "/42");
        assert_ways_agree(box.root, &paths, false);
        assert_reads("/40", "end");
        assert_reads("/41", "-ELOOP");
}
END_TEST

static void make_deep(const char *root, int depth, const char *link, const char *last) {
        int fd = open(root, O_PATH | O_DIRECTORY);

        for (int i = 0; i < depth; i++) {
                int next;

                ck_assert(mkdirat(fd, "d", 0755) == 0 || errno == EEXIST);
                next = openat(fd, "d", O_PATH | O_DIRECTORY);
                ck_assert_int_ge(next, 0);
                (void) close(fd);
                fd = next;
        }
        ck_assert_int_eq(symlinkat(link, fd, last), 0);
        (void) close(fd);
}

static void remove_deep(const char *root) {
        int fd = open(root, O_PATH | O_DIRECTORY);
        int depth = 0;

        for (int next; (next = openat(fd, "d", O_PATH | O_DIRECTORY)) >= 0; fd = next, depth++)
                (void) close(fd);
        for (; depth >= 0; depth--) {
                int up = openat(fd, "..", O_PATH | O_DIRECTORY);

                (void) unlinkat(fd, "end", 0);
                (void) unlinkat(fd, "more", 0);
                (void) unlinkat(fd, "d", AT_REMOVEDIR);
                (void) close(fd);
                fd = up;
        }
        (void) close(fd);
}

/* @text, @n times. */
static char *repeat(const char *text, size_t n) {
        size_t length = strlen(text);
        char *all = malloc(n * length + 1);

        ck_assert_ptr_nonnull(all);
        for (size_t i = 0; i < n; i++)
                memcpy(all + i * length, text, length);
        all[n * length] = '\0';
        return all;
}

/* 3000 directories deep, which no single path can name, but a link can go on. */
START_TEST(ways_agree_on_lengths) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PF_AUTO_FREE char *half = repeat("d/", 1500);
        PF_AUTO_FREE char *name = repeat("n", 256);
        PF_AUTO_FREE char *slashes = repeat("/", PATH_MAX - 1);
        PF_AUTO_FREE char *deep = repeat("/d", 2047);
        PF_AUTO_FREE char *deeper = repeat("/d", 3000);
        char path[PATH_MAX];

        pf_sandbox_new(&box);
        half[strlen(half) - 1] = '\0';
        make_deep(box.root, 1500, half, "more");
        make_deep(box.root, 3000, "/target", "end");
        pf_sandbox_write(&box, "/target", "reached");
        pf_sandbox_symlink(&box, half, "/half");
        (void) snprintf(path, sizeof(path), "/%s/more/end", half);
        must_add(&paths, path);
        ADD_ALL(&paths, "/half", "/half/more", "/half/more/end", "/half/more/..",
                "/half/more/../d/end", deep, deeper, slashes);
        (void) snprintf(path, sizeof(path), "/%s", name);
        must_add(&paths, path);
        path[256] = '\0';
        must_add(&paths, path);
        slashes = realloc(slashes, PATH_MAX + 1);
        memcpy(slashes + PATH_MAX - 1, "/", 2);
        must_add(&paths, slashes);

        assert_ways_agree(box.root, &paths, false);
        assert_reads("/half/more/end", "reached");
        assert_reads(deeper, "-ENAMETOOLONG");
        remove_deep(box.root);
}
END_TEST

START_TEST(ways_agree_without_permission) {
        PF_AUTO_STRV PfStrv paths = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/closed/file", "closed");
        pf_sandbox_write(&box, "/search/file", "search");
        pf_sandbox_write(&box, "/search/secret", "secret");
        pf_sandbox_write(&box, "/read/file", "read");
        pf_sandbox_symlink(&box, "closed/file", "/link");
        pf_sandbox_symlink(&box, "/search/file", "/closed/link");
        pf_sandbox_chmod(&box, "/search/secret", 0600);
        pf_sandbox_chmod(&box, "/closed", 0700);
        pf_sandbox_chmod(&box, "/search", 0711);
        ADD_ALL(&paths, "/closed", "/closed/", "/closed/.", "/closed/..", "/closed/file",
                "/closed/missing", "/closed/link", "/closed/../search/file", "/link", "/link/x",
                "/search", "/search/file", "/search/secret", "/search/secret/x", "/read/file");
        if (geteuid() != 0) {
                pf_sandbox_chmod(&box, "/closed", 0);
                pf_sandbox_chmod(&box, "/search", 0111);
        }
        assert_ways_agree(box.root, &paths, true);
        pf_sandbox_chmod(&box, "/closed", 0700);
        pf_sandbox_chmod(&box, "/search", 0700);
}
END_TEST

START_TEST(ways_agree_on_types) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        pf_sandbox_new(&box);
        pf_sandbox_mkfifo(&box, "/fifo");
        (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", box.root);
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        (void) close(fd);
        pf_sandbox_symlink(&box, "fifo", "/to-fifo");
        ADD_ALL(&paths, "/fifo", "/fifo/", "/fifo/x", "/to-fifo", "/socket", "/socket/.");
        assert_ways_agree(box.root, &paths, false);
}
END_TEST

/* The links of proc(5) that lead to no path, and those that are ordinary. */
START_TEST(ways_agree_on_proc) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfFileInfo info;

        if (access("/proc/self/exe", F_OK) < 0) {
                pf_test_skip("/proc is not mounted");
                return;
        }
        pf_sandbox_new(&box);
        ADD_ALL(&paths, "/proc/uptime", "/proc/1/net/../stat", "/proc/1/exe", "/proc/1/root",
                "/proc/1/root/etc/passwd", "/proc/1/cwd/.", "/proc/1/ns/mnt", "/proc/1/fd/0",
                "/proc/1/status", "/dev/stdin", "/dev/null", "/proc/sys/../..");
        assert_ways_agree("/", &paths, false);

        pf_sandbox_reset_target(&box);
        box.target = pf_target_unref(box.target);
        ck_assert_int_eq(pf_target_new("/", PF_TARGET_NO_OPENAT2, &box.target, NULL), 0);
        ck_assert_int_eq(pf_target_stat(box.target, "/proc/self/exe", &info, NULL), -EXDEV);
        ck_assert_int_eq(pf_target_stat(box.target, "/proc/self/stat", &info, NULL), 0);
}
END_TEST

static unsigned next_random(unsigned *state) {
        *state = *state * 1103515245u + 12345u;
        return *state >> 16 & 0x7fff;
}

/* Names and dots, now and then from the root or with slashes to spare. */
static void random_path(unsigned *state, char *path, bool absolute) {
        static const char *const parts[] = { "a", "b", "c", "d", "..", ".", "", "e" };
        unsigned n = 1 + next_random(state) % 6;
        size_t used = 0;

        if (absolute || next_random(state) % 4 == 0)
                path[used++] = '/';
        for (unsigned i = 0; i < n; i++)
                used += (size_t) sprintf(path + used, "%s%s", i ? "/" : "",
                                         parts[next_random(state) % PF_ELEMENTS(parts)]);
        if (next_random(state) % 8 == 0)
                path[used++] = '/';
        if (used == 0)
                path[used++] = 'a';
        path[used] = '\0';
}

/* A new thing in a random place; most of them are links. */
static void make_random(unsigned *state) {
        char path[128], text[128], *place;

        random_path(state, path, true);
        random_path(state, text, false);
        place = pf_sandbox_path(&box, path);
        if (strstr(path, "..") == NULL) {
                unsigned kind = next_random(state) % 5;
                int fd;

                if (kind < 2)
                        (void) mkdir(place, 0755);
                else if (kind < 4)
                        (void) symlink(text, place);
                else if ((fd = open(place, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0644)) >= 0)
                        (void) close(fd);
        }
        free(place);
}

START_TEST(ways_agree_on_random_trees) {
        for (unsigned seed = 1; seed <= 6; seed++) {
                PF_AUTO_STRV PfStrv paths = { 0 };
                unsigned state = seed;
                char path[128];

                pf_sandbox_new(&box);
                for (int i = 0; i < 120; i++)
                        make_random(&state);
                for (int i = 0; i < 800; i++) {
                        random_path(&state, path, true);
                        must_add(&paths, path);
                }
                assert_ways_agree(box.root, &paths, false);
        }
}
END_TEST

/* With few descriptors left a path is reached, or that is the error; never "absent". */
static void look_with_few_descriptors(FILE *out, void *data) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        const Way *way = data;
        int first;

        if (pf_target_new(box.root, way->flags, &target, NULL) < 0)
                return;
        first = dup(0);
        (void) close(first);
        for (int spare = 0; spare <= 6; spare++) {
                const rlim_t n = (rlim_t) (first + spare);
                const struct rlimit limit = { .rlim_cur = n, .rlim_max = 1024 };
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(100);
                PF_AUTO_STRV PfStrv paths = { 0 };
                int r;

                (void) setrlimit(RLIMIT_NOFILE, &limit);
                r = pf_target_read(target, "/etc/root/etc/twice/../sub/file", 100, &buf, NULL);
                (void) fprintf(out, "%s ", r == 0 ? buf.data : r < 0 ? error_name(-r) : "?");
                r = pf_target_glob(target, "/etc/d*/s*/f*", &paths, NULL);
                (void) fprintf(out, "%s ", r < 0 ? error_name(-r) : paths.n == 1 ? "1" : "?");
        }
}

START_TEST(few_descriptors_are_an_error) {
        if (getenv("PF_VALGRIND")) {
                pf_test_skip("valgrind has descriptors of its own");
                return;
        }
        make_links();
        for (size_t i = 0; i < PF_ELEMENTS(ways); i++) {
                PF_AUTO_FREE char *text =
                        pf_child_text(look_with_few_descriptors, (void *) &ways[i]);

                ck_assert_msg(strncmp(text, "EMFILE EMFILE ", 14) == 0, "%s", text);
                ck_assert_msg(strchr(text, '?') == NULL, "%s", text);
                ck_assert_msg(strcmp(text + strlen(text) - 6, "sub 1 ") == 0, "%s", text);
        }
}
END_TEST

/* Who may read it: others, all the way, and with nobody able to exchange it. */
START_TEST(tells_what_is_public) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/public", "");
        pf_sandbox_write(&box, "/etc/private", "");
        pf_sandbox_chmod(&box, "/etc/private", 0640);
        pf_sandbox_write(&box, "/closed/file", "");
        pf_sandbox_write(&box, "/closed/open/file", "");
        pf_sandbox_write(&box, "/listable/file", "");
        pf_sandbox_write(&box, "/tmp/file", "");
        pf_sandbox_symlink(&box, "/etc/public", "/tmp/link");
        pf_sandbox_symlink(&box, "../closed/file", "/etc/to-closed");
        pf_sandbox_symlink(&box, "/closed/open/../../etc/public", "/etc/through-closed");
        pf_sandbox_symlink(&box, "public", "/etc/to-public");
        pf_sandbox_symlink(&box, "private", "/etc/to-private");
        pf_sandbox_chmod(&box, "/closed", 0750);
        pf_sandbox_chmod(&box, "/listable", 0744);
        pf_sandbox_chmod(&box, "/tmp", 01777);
        pf_sandbox_reset_target(&box);

        ck_assert(pf_target_is_public(box.target, "/etc/public"));
        ck_assert(pf_target_is_public(box.target, "/etc/to-public"));
        ck_assert(pf_target_is_public(box.target, "/etc"));
        ck_assert(pf_target_is_public(box.target, "/"));
        ck_assert(!pf_target_is_public(box.target, "/etc/private"));
        ck_assert(!pf_target_is_public(box.target, "/etc/to-private"));
        ck_assert(!pf_target_is_public(box.target, "/closed"));
        ck_assert(!pf_target_is_public(box.target, "/closed/file"));
        ck_assert(!pf_target_is_public(box.target, "/closed/open/file"));
        ck_assert(!pf_target_is_public(box.target, "/etc/to-closed"));
        ck_assert(!pf_target_is_public(box.target, "/etc/through-closed"));
        ck_assert(!pf_target_is_public(box.target, "/listable/file"));
        ck_assert(!pf_target_is_public(box.target, "/tmp/file"));
        ck_assert(!pf_target_is_public(box.target, "/tmp/link"));
        ck_assert(!pf_target_is_public(box.target, "/missing"));
        ck_assert(!pf_target_is_public(box.target, "etc/public"));
        ck_assert(!pf_target_is_public(box.target, ""));

        pf_sandbox_chmod(&box, "/", 0700);
        ck_assert(!pf_target_is_public(box.target, "/etc/public"));
        pf_sandbox_chmod(&box, "/", 0777);
        ck_assert(!pf_target_is_public(box.target, "/etc/public"));
        pf_sandbox_chmod(&box, "/", 0755);
}
END_TEST

START_TEST(what_a_user_owns_is_not_public) {
        PF_AUTO_FREE char *home = NULL;
        PF_AUTO_FREE char *shared = NULL;

        if (geteuid() != 0) {
                pf_test_skip("needs root, to make what another user owns");
                return;
        }
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/home/u/file", "");
        pf_sandbox_write(&box, "/srv/shared/file", "");
        home = pf_sandbox_path(&box, "/home/u");
        shared = pf_sandbox_path(&box, "/srv/shared");
        ck_assert(pf_target_is_public(box.target, "/home/u/file"));

        ck_assert_int_eq(chown(home, 1000, 0), 0);
        ck_assert_int_eq(chown(shared, 0, 1000), 0);
        ck_assert(!pf_target_is_public(box.target, "/home/u/file"));
        ck_assert(pf_target_is_public(box.target, "/srv/shared/file"));
        pf_sandbox_chmod(&box, "/srv/shared", 0775);
        ck_assert(!pf_target_is_public(box.target, "/srv/shared/file"));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("target-path");

        PF_TEST(suite, links_stay_beneath_the_root);
        PF_TEST(suite, nothing_outside_is_read);
        PF_TEST(suite, ways_agree_on_links);
        PF_TEST(suite, ways_agree_on_chains);
        PF_TEST(suite, ways_agree_on_lengths);
        PF_TEST(suite, ways_agree_without_permission);
        PF_TEST(suite, ways_agree_on_types);
        PF_TEST(suite, ways_agree_on_proc);
        PF_TEST(suite, ways_agree_on_random_trees);
        PF_TEST(suite, few_descriptors_are_an_error);
        PF_TEST(suite, tells_what_is_public);
        PF_TEST(suite, what_a_user_owns_is_not_public);
        return pf_test_main(suite);
}
