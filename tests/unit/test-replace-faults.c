/* SPDX-License-Identifier: MIT */
/*
 * Each call by which a file is replaced fails in turn, in each way a disk fails, once or
 * from then on. Afterwards the file is the old or the new one with all its attributes, nothing
 * lies beside it, and the error was told.
 */
#include "daemon/remedy/replace.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "tests/support/faultfs.h"
#include "tests/support/file-picture.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define STAGED PF_STAGED_PREFIX "test"
#define PATH "/etc/app/server.conf"

static const char old_text[] = "PermitRootLogin no\n";
static const char new_text[] = "PermitRootLogin yes\nUsePAM yes\n";

/* user::rwx user:1234:r-- group::--- mask::r-- other::---, of <linux/posix_acl_xattr.h> */
static const unsigned char acl[] = { 2,   0,   0,   0,   1,   0,    7,  0,   255, 255, 255,
                                     255, 2,   0,   4,   0,   0xd2, 4,  0,   0,   4,   0,
                                     0,   0,   255, 255, 255, 255,  16, 0,   4,   0,   255,
                                     255, 255, 255, 32,  0,   0,    0,  255, 255, 255, 255 };

typedef struct Machine {
        PfSandbox box;
        char *file;
        char *directory;
        int journal; /* a directory */
        PfRoot *root;
        char *old_picture;
        char *new_picture; /* without times */
} Machine;

static Machine machine;

static bool is_root(void) {
        return geteuid() == 0;
}

/* What an ordinary user may set, and as root also what only root may. */
static void decorate(const char *path) {
        const struct timespec times[2] = { { 1000000000, 123456789 }, { 1100000000, 987654321 } };
        PF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        int flags = 0;

        ck_assert_int_ge(fd, 0);
        if (is_root()) {
                ck_assert_int_eq(fchown(fd, 1234, 2345), 0);
                (void) fsetxattr(fd, "security.selinux", "system_u:object_r:etc_t:s0", 27, 0);
                (void) fsetxattr(fd, "trusted.note", "t", 1, 0);
        }
        (void) fsetxattr(fd, "user.note", "kept", 4, 0);
        (void) fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0);
        ck_assert_int_eq(fchmod(fd, 04740), 0);
        if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
                flags |= FS_NODUMP_FL;
                (void) ioctl(fd, FS_IOC_SETFLAGS, &flags);
        }
        ck_assert_int_eq(futimens(fd, times), 0);
}

static void machine_close(void) {
        machine.root = pf_root_free(machine.root);
        machine.journal = machine.box.root ? pf_close(machine.journal) : -1;
        free(machine.file);
        free(machine.directory);
        free(machine.old_picture);
        free(machine.new_picture);
        pf_sandbox_close(&machine.box);
        memset(&machine, 0, sizeof(machine));
}

/* One file with everything a file can have, in a directory whose ACL every new one inherits. */
static void machine_open(const char *text) {
        PF_AUTO_FREE char *journal = NULL;
        PfErr err = { 0 };

        machine_close();
        pf_sandbox_new(&machine.box);
        pf_sandbox_write(&machine.box, PATH, text);
        pf_sandbox_mkdir(&machine.box, "/journal");
        machine.file = pf_sandbox_path(&machine.box, PATH);
        machine.directory = pf_sandbox_path(&machine.box, "/etc/app");
        journal = pf_sandbox_path(&machine.box, "/journal");
        machine.journal = open(journal, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(machine.journal, 0);
        decorate(machine.file);
        ck_assert_msg(pf_root_open(machine.box.root, &pf_fault_fs_ops, &machine.root, &err) == 0,
                      "%s", err.text);
}

static void machine_init(void) {
        machine_open(new_text);
        char *wanted = pf_file_picture(machine.file, false);

        machine_open(old_text);
        machine.new_picture = wanted;
        machine.old_picture = pf_file_picture(machine.file, true);
}

/* --- what is done --- */

static int replace(PfErr *err) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        int r;

        r = pf_place_find(machine.root, PATH, &place, err);
        if (r == 0)
                r = pf_place_check(place, strlen(new_text), err);
        if (r == 0)
                r = pf_place_stage(place, STAGED, new_text, strlen(new_text), -1, err);
        return r == 0 ? pf_place_commit(place, STAGED, err) : r;
}

static int keep(PfErr *err) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        int r;

        r = pf_place_find(machine.root, PATH, &place, err);
        return r == 0 ? pf_place_keep(place, machine.journal, "before", err) : r;
}

static int take_away(PfErr *err) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        int r;

        r = pf_place_find(machine.root, PATH, &place, err);
        return r == 0 ? pf_place_remove(place, err) : r;
}

static int restore(PfErr *err) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        int r;

        r = pf_place_find(machine.root, PATH, &place, err);
        if (r == 0)
                r = pf_place_stage_kept(place, STAGED, machine.journal, "before", err);
        return r == 0 ? pf_place_commit(place, STAGED, err) : r;
}

static int no_preparation(PfErr *err) {
        (void) err;
        return 0;
}

static int keep_and_replace(PfErr *err) {
        int r = keep(err);

        return r == 0 ? replace(err) : r;
}

static int keep_and_take_away(PfErr *err) {
        int r = keep(err);

        return r == 0 ? take_away(err) : r;
}

static void discard(void) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_place_find(machine.root, PATH, &place, &err), 0);
        ck_assert_msg(pf_place_discard(place, STAGED, &err) == 0, "%s", err.text);
}

typedef enum Picture {
        OLD,
        NEW,
        ABSENT,
} Picture;

typedef struct Deed {
        const char *name;
        int (*prepare)(PfErr *err); /* without faults */
        int (*run)(PfErr *err);
        Picture before, after;
        unsigned n_calls_min; /* fewer: the test tests nothing */
} Deed;

static const Deed deeds[] = {
        { "replace", no_preparation, replace, OLD, NEW, 8 },
        { "keep", no_preparation, keep, OLD, OLD, 6 },
        { "remove", no_preparation, take_away, OLD, ABSENT, 2 },
        { "undo", keep_and_replace, restore, NEW, OLD, 7 },
        { "undo of a removal", keep_and_take_away, restore, ABSENT, OLD, 7 },
};

static bool is_pictured(Picture picture) {
        PF_AUTO_FREE char *now = pf_file_picture(machine.file, picture == OLD);

        return strcmp(now, picture == OLD   ? machine.old_picture
                           : picture == NEW ? machine.new_picture
                                            : "absent") == 0;
}

static void check_directories(void) {
        PF_AUTO_FREE char *beside = pf_directory_picture(machine.directory);
        PF_AUTO_FREE char *kept = pf_directory_picture(machine.box.root);

        ck_assert_msg(strcmp(beside, "server.conf ") == 0 || !*beside, "left over: %s", beside);
        ck_assert_str_eq(kept, "etc journal ");
}

/* Return: was there such a call? */
static bool try_fault(const Deed *deed, unsigned nth, int error, bool lasts) {
        PfErr err = { 0 };
        bool failed;
        int r;

        machine_init();
        ck_assert_msg(deed->prepare(&err) == 0, "%s: %s", deed->name, err.text);
        ck_assert_msg(is_pictured(deed->before), "%s: not as it was to be before", deed->name);

        pf_fault_fs_begin(nth, error, lasts);
        r = deed->run(&err);
        failed = pf_fault_fs_end();

        ck_assert_msg(r == (failed ? -error : 0), "%s, call %u (%s), %s: %d, %s", deed->name, nth,
                      failed ? pf_fault_fs_failed() : "none", strerror(error), r, err.text);
        ck_assert_msg(!failed || strstr(err.text, strerror(error)), "%s: %s", deed->name, err.text);
        discard();
        ck_assert_msg(is_pictured(deed->after) || (failed && is_pictured(deed->before)),
                      "%s, call %u (%s), %s: neither old nor new", deed->name, nth,
                      failed ? pf_fault_fs_failed() : "none", strerror(error));
        check_directories();
        return failed;
}

START_TEST(every_call_fails_in_turn) {
        static const struct {
                int error;
                bool lasts;
        } faults[] = {
                { ENOSPC, true }, { EIO, false },   { EIO, true },     { EROFS, true },
                { EROFS, false }, { EDQUOT, true }, { EDQUOT, false }, { ENOSPC, false },
        };
        const size_t n = getenv("PF_FULL") ? PF_ELEMENTS(faults) : 2;
        unsigned n_faults = 0;

        for (size_t i = 0; i < PF_ELEMENTS(deeds); i++)
                for (size_t j = 0; j < n; j++) {
                        unsigned nth = 1;

                        while (try_fault(&deeds[i], nth, faults[j].error, faults[j].lasts))
                                nth++;
                        ck_assert_msg(nth > deeds[i].n_calls_min, "%s: %u calls", deeds[i].name,
                                      nth - 1);
                        n_faults += nth - 1;
                }
        machine_close();
        (void) fprintf(stderr, "# %u faults\n", n_faults);
}
END_TEST

/* A write that takes fewer bytes is not an error, and none is lost. */
START_TEST(short_writes) {
        PfErr err = { 0 };

        machine_init();
        pf_fault_fs_set_short_writes(3);
        ck_assert_msg(replace(&err) == 0, "%s", err.text);
        pf_fault_fs_set_short_writes(0);
        ck_assert(is_pictured(NEW));
        machine_close();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("replace-faults");

        PF_TEST(suite, every_call_fails_in_turn);
        PF_TEST(suite, short_writes);
        return pf_test_main(suite);
}
