/* SPDX-License-Identifier: MIT */
#include "probes/parse/mountinfo.h"

#include <string.h>

#include "daemon/base/json.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define ROOT "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n"
#define TMP "30 22 0:26 / /tmp rw,nosuid,nodev,noexec - tmpfs tmpfs rw,size=1024k\n"

static PfMounts *parse(const char *text) {
        PfMounts *mounts = NULL;
        PfErr err = { 0 };
        int r;

        r = pf_mounts_parse("f", text, strlen(text), &mounts, &err);
        ck_assert_msg(r == 0, "%d %s", r, err.text);
        return mounts;
}

START_TEST(a_running_machine) {
        PF_CLEANUP(pf_mounts_freep) PfMounts *mounts = parse(ROOT TMP);
        const PfMount *root = pf_mounts_at(mounts, 0), *tmp = pf_mounts_at(mounts, 1);

        ck_assert_uint_eq(pf_mounts_count(mounts), 2);
        ck_assert_ptr_null(pf_mounts_at(mounts, 2));
        ck_assert_str_eq(pf_mounts_path(mounts), "f");
        ck_assert_str_eq(root->directory, "/");
        ck_assert_str_eq(root->source, "/dev/vda1");
        ck_assert_str_eq(root->type, "ext4");
        ck_assert_uint_eq(root->device, 254 << 8 | 1);
        ck_assert(!root->read_only && !root->no_exec && root->automatic);
        ck_assert_uint_eq(root->line, 1);
        ck_assert_str_eq(root->root, "/");
        ck_assert_str_eq(tmp->directory, "/tmp");
        ck_assert(!tmp->read_only && tmp->no_exec);
        ck_assert_uint_eq(tmp->line, 2);
}
END_TEST

START_TEST(a_subvolume) {
        PF_CLEANUP(pf_mounts_freep)
        PfMounts *mounts = parse("22 1 0:30 /@rootfs / rw - btrfs /dev/vda2 rw,subvol=/@rootfs\n"
                                 "23 22 0:30 /a\\040b /srv rw - btrfs /dev/vda2 rw\n");

        ck_assert_str_eq(pf_mounts_at(mounts, 0)->root, "/@rootfs");
        ck_assert_str_eq(pf_mounts_at(mounts, 1)->root, "/a b");
}
END_TEST

/* A file system that turned read-only after an error says so only behind the dash. */
START_TEST(read_only_on_either_side) {
        PF_CLEANUP(pf_mounts_freep)
        PfMounts *mounts = parse("1 0 8:1 / / ro - ext4 /dev/sda1 rw\n"
                                 "2 1 8:2 / /a rw - ext4 /dev/sda2 ro\n"
                                 "3 1 8:3 / /b rw - ext4 /dev/sda3 rw\n");

        ck_assert(pf_mounts_at(mounts, 0)->read_only);
        ck_assert(pf_mounts_at(mounts, 1)->read_only);
        ck_assert(!pf_mounts_at(mounts, 2)->read_only);
}
END_TEST

/* ProtectSystem=strict: the machine's own root is not read-only. */
START_TEST(read_only_in_a_namespace) {
        PF_CLEANUP(pf_mounts_freep)
        PfMounts *mounts = parse("1 0 8:1 / / ro shared:9 master:1 - ext4 /dev/sda1 rw\n"
                                 "2 1 8:2 / /a ro shared:8 master:2 - ext4 /dev/sda2 ro\n"
                                 "3 1 8:3 / /b ro shared:3 - ext4 /dev/sda3 rw\n"
                                 "4 1 8:4 / /c rw master:4 - ext4 /dev/sda4 rw\n");

        ck_assert(pf_mounts_at(mounts, 0)->private_read_only);
        for (size_t i = 1; i < 4; i++)
                ck_assert(!pf_mounts_at(mounts, i)->private_read_only);
}
END_TEST

START_TEST(an_fstab) {
        PF_CLEANUP(pf_mounts_freep)
        PfMounts *mounts = parse("# a comment\n\n"
                                 "UUID=1-2 / ext4 defaults 0 1\n"
                                 "LABEL=s none swap sw 0 0\n"
                                 "tmpfs /tmp tmpfs noexec,ro\n"
                                 "/dev/b /b ext4 ro,rw,noexec,exec\n"
                                 "/dev/c /c ext4 user\n"
                                 "/dev/d /d ext4 users,exec\n"
                                 "/dev/e /e ext4 noauto\n");
        const PfMount *m;

        ck_assert_uint_eq(pf_mounts_count(mounts), 7);
        m = pf_mounts_find(mounts, "/tmp/x");
        ck_assert_uint_eq(m->line, 5);
        ck_assert(m->read_only && m->no_exec);
        m = pf_mounts_find(mounts, "/b");
        ck_assert(!m->read_only && !m->no_exec);
        ck_assert(pf_mounts_find(mounts, "/c")->no_exec);
        ck_assert(!pf_mounts_find(mounts, "/d")->no_exec);
        ck_assert_str_eq(pf_mounts_find(mounts, "/e/f")->directory, "/");
        ck_assert_uint_eq(pf_mounts_find(mounts, "/e/f")->line, 3);
}
END_TEST

START_TEST(the_mount_that_holds_a_path) {
        static const char *const cases[][2] = {
                { "/", "/" },           { "/etc", "/" },
                { "/tmp", "/tmp" },     { "/tmp/a/b", "/tmp" },
                { "/tmpfile", "/" },    { "/my dir/x", "/my dir" },
                { "/var/lib", "/var" }, { "/var/tmp", "/var/tmp" },
                { "/va", "/" },
        };
        PF_CLEANUP(pf_mounts_freep)
        PfMounts *mounts = parse(ROOT "5 22 8:5 / /var/tmp rw - xfs /dev/e rw\n" TMP
                                      "4 22 8:4 / /var rw - xfs /dev/d rw\n"
                                      "6 22 8:6 / /my\\040dir rw - xfs /dev/f rw\n");

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                ck_assert_msg(strcmp(pf_mounts_find(mounts, cases[i][0])->directory, cases[i][1]) ==
                                      0,
                              "%s", cases[i][0]);
}
END_TEST

START_TEST(the_last_of_several_lies_on_top) {
        PF_CLEANUP(pf_mounts_freep)
        PfMounts *mounts = parse(ROOT "5 22 0:40 / /boot rw - autofs systemd-1 rw\n"
                                      "6 5 8:1 / /boot ro - ext4 /dev/sda1 ro\n");

        ck_assert_str_eq(pf_mounts_find(mounts, "/boot")->type, "ext4");
        ck_assert_uint_eq(pf_mounts_find(mounts, "/boot")->line, 3);
}
END_TEST

START_TEST(lines_that_are_none) {
        PF_CLEANUP(pf_mounts_freep) PfMounts *empty = parse("");
        PF_CLEANUP(pf_mounts_freep) PfMounts *comments = parse("# only\n   \n#");
        PF_CLEANUP(pf_mounts_freep)
        PfMounts *bad = parse("UUID=1 / ext4\njunk\n\n  # c\n  tmpfs /tmp tmpfs\njunk\n"
                              "/dev/x /x ext4");

        ck_assert_uint_eq(pf_mounts_count(empty), 0);
        ck_assert_ptr_null(pf_mounts_find(empty, "/"));
        ck_assert_uint_eq(pf_mounts_count(comments), 0);
        ck_assert_uint_eq(pf_mounts_count(bad), 3);
        ck_assert_uint_eq(pf_mounts_find(bad, "/")->line, 1);
        ck_assert_uint_eq(pf_mounts_find(bad, "/tmp")->line, 5);
        ck_assert_uint_eq(pf_mounts_find(bad, "/x")->line, 7);
}
END_TEST

/* A service has mounts of its own; those of process 1 are the machine's. */
START_TEST(mounts_of_process_1_come_first) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_mounts_freep) PfMounts *self = NULL;
        PF_CLEANUP(pf_mounts_freep) PfMounts *first = NULL;
        PF_CLEANUP(pf_mounts_freep) PfMounts *fallback = NULL;
        PfMounts *none = NULL;

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_mounts_load(box.target, &none, NULL), PF_MOUNTS_ABSENT);
        ck_assert_int_eq(pf_mounts_load_fstab(box.target, &none, NULL), PF_MOUNTS_ABSENT);
        ck_assert_ptr_null(none);

        pf_sandbox_write(&box, "/proc/self/mountinfo", ROOT TMP);
        ck_assert_int_eq(pf_mounts_load(box.target, &self, NULL), 0);
        ck_assert_str_eq(pf_mounts_path(self), "/proc/self/mountinfo");

        pf_sandbox_write(&box, "/proc/1/mountinfo", ROOT);
        ck_assert_int_eq(pf_mounts_load(box.target, &first, NULL), 0);
        ck_assert_uint_eq(pf_mounts_count(first), 1);

        pf_sandbox_mkfifo(&box, "/proc/1/mountinfo");
        ck_assert_int_eq(pf_mounts_load(box.target, &fallback, NULL), 0);
        ck_assert_str_eq(pf_mounts_path(fallback), "/proc/self/mountinfo");
}
END_TEST

static char *read_corpus(const char *folder, const char *name) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(32 << 20);
        char path[512];
        PfErr err = { 0 };

        (void) snprintf(path, sizeof(path), "/%s", name);
        ck_assert_int_eq(pf_target_new(folder, PF_TARGET_DEFAULT, &target, &err), 0);
        ck_assert_msg(pf_target_read(target, path, 16 << 20, &buf, &err) == 0, "%s", err.text);
        return pf_buf_steal(&buf);
}

typedef struct Corpus {
        char folder[4096];
        const char *list; /* the name of the list in its truth.json, and of the directory there */
        const char *directory;
        size_t n;
} Corpus;

/* Does the line of the text that a mount names hold its directory? */
static void check_line(const char *file, const char *text, const PfMount *mount) {
        PF_AUTO_FREE char *line = NULL;

        ck_assert_uint_ne(mount->line, 0);
        for (unsigned i = 1; i < mount->line; i++)
                text += strcspn(text, "\n") + 1;
        line = strndup(text, strcspn(text, "\n"));
        if (!strchr(line, '\\'))
                ck_assert_msg(strstr(line, mount->directory), "%s:%u: %s", file, mount->line,
                              mount->directory);
}

static int compare_file(const char *name, PfJson *truth, void *data) {
        Corpus *corpus = data;
        PF_AUTO_FREE char *text = NULL;
        PF_CLEANUP(pf_mounts_freep) PfMounts *mounts = NULL;
        PfJson *list = pf_json_get(truth, corpus->list);
        PfErr err = { 0 };

        if (!list)
                return 0;
        text = read_corpus(corpus->folder, name);
        ck_assert_msg(pf_mounts_parse(name, text, strlen(text), &mounts, &err) == 0, "%s: %s", name,
                      err.text);
        ck_assert_msg(pf_mounts_count(mounts) == pf_json_length(list), "%s: %zu of %zu", name,
                      pf_mounts_count(mounts), pf_json_length(list));
        for (size_t i = 0; i < pf_mounts_count(mounts); i++) {
                const PfMount *mount = pf_mounts_at(mounts, i);
                const char *want = pf_json_get_string(pf_json_at(list, i), corpus->directory);

                ck_assert_msg(strcmp(mount->directory, want) == 0, "%s: %s %s", name,
                              mount->directory, want);
                check_line(name, text, mount);
        }
        corpus->n++;
        return 0;
}

static size_t compare_corpus(const char *folder, const char *list, const char *directory) {
        PF_CLEANUP(pf_json_freep) PfJson *truth = NULL;
        PF_AUTO_FREE char *text = NULL;
        Corpus corpus = { .list = list, .directory = directory };
        PfErr err = { 0 };

        (void) snprintf(corpus.folder, sizeof(corpus.folder), "%s/corpus/%s", pf_test_shared(),
                        folder);
        text = read_corpus(corpus.folder, "truth.json");
        ck_assert_msg(pf_json_parse(text, strlen(text), 16, &truth, &err) == 0, "%s", err.text);
        (void) pf_json_each(pf_json_get(truth, "files"), compare_file, &corpus);
        return corpus.n;
}

START_TEST(tables_of_real_systems) {
        if (!pf_test_shared()) {
                pf_test_skip("no corpus beside the project");
                return;
        }
        ck_assert_uint_gt(compare_corpus("blockdev", "mounts", "target"), 5);
        ck_assert_uint_gt(compare_corpus("fstab", "entries", "file"), 50);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("mountinfo");

        PF_TEST(suite, a_running_machine);
        PF_TEST(suite, a_subvolume);
        PF_TEST(suite, read_only_on_either_side);
        PF_TEST(suite, read_only_in_a_namespace);
        PF_TEST(suite, an_fstab);
        PF_TEST(suite, the_mount_that_holds_a_path);
        PF_TEST(suite, the_last_of_several_lies_on_top);
        PF_TEST(suite, lines_that_are_none);
        PF_TEST(suite, mounts_of_process_1_come_first);
        PF_TEST(suite, tables_of_real_systems);
        return pf_test_main(suite);
}
