/* SPDX-License-Identifier: MIT */
/*
 * A file system that is frozen is thawed, whatever happens to who froze it. Nothing is frozen
 * here: the calls only note, in memory that processes share, what they would have done.
 */
#include "daemon/remedy/durable.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/support/test-main.h"

#define PATIENCE_MS 60000

typedef struct Shared {
        atomic_bool frozen;
        atomic_int n_thaws;
        atomic_int freeze_error; /* negative */
        atomic_int thaw_error;   /* of the process that froze */
        atomic_int freezer;
        atomic_bool dies; /* as soon as it is frozen */
} Shared;

static Shared *shared;
static int fd = -1;

static int fake_freeze(int unused) {
        (void) unused;
        if (shared->freeze_error)
                return shared->freeze_error;
        shared->freezer = getpid();
        shared->frozen = true;
        if (shared->dies)
                (void) kill(getpid(), SIGKILL);
        return 0;
}

static int fake_thaw(int unused) {
        (void) unused;
        if (shared->thaw_error && getpid() == shared->freezer)
                return shared->thaw_error;
        if (!shared->frozen)
                return -EINVAL;
        shared->frozen = false;
        shared->n_thaws++;
        return 0;
}

static int fake_checkpoint(int unused) {
        (void) unused;
        return -ENOTTY;
}

static int fake_sync(int unused) {
        (void) unused;
        return 0;
}

static const PfFsOps ops = { .fsync = fake_sync,
                             .checkpoint = fake_checkpoint,
                             .freeze = fake_freeze,
                             .thaw = fake_thaw,
                             .syncfs = fake_sync };

/* Return: is this a file system that would be frozen? */
static bool setup(void) {
        if (!shared)
                shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(shared, MAP_FAILED);
        memset((void *) shared, 0, sizeof(*shared));
        fd = pf_close(fd);
        fd = open(pf_test_source_root(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        if (pf_durable_how(fd) != PF_DURABLE_SYNC)
                return true;
        pf_test_skip("the source tree is on a file system that is never frozen");
        return false;
}

static bool becomes_thawed(void) {
        for (int ms = 0; ms < PATIENCE_MS && shared->frozen; ms++)
                (void) usleep(1000);
        return !shared->frozen;
}

START_TEST(frozen_and_thawed) {
        PfErr err = { 0 };

        if (!setup())
                return;
        ck_assert_msg(pf_durable_settle(&ops, fd, &err) == 0, "%s", err.text);
        ck_assert(!shared->frozen);
        ck_assert_int_eq(shared->n_thaws, 1);
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
        ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(killed_while_frozen) {
        PfErr err = { 0 };
        int status;

        if (!setup())
                return;
        for (int i = 0; i < 20; i++) {
                pid_t child;

                shared->dies = true;
                child = fork();
                ck_assert_int_ge(child, 0);
                if (child == 0)
                        _exit(pf_durable_settle(&ops, fd, &err) == 0 ? 0 : 1);
                ck_assert_int_eq(waitpid(child, &status, 0), child);
                ck_assert(WIFSIGNALED(status));
                ck_assert_msg(becomes_thawed(), "it is still frozen");
        }
        ck_assert_int_eq(shared->n_thaws, 20);
}
END_TEST

START_TEST(refused) {
        static const int errors[] = { -EPERM, -EOPNOTSUPP, -EBUSY, -ENOTTY };
        PfErr err = { 0 };

        if (!setup())
                return;
        for (size_t i = 0; i < PF_ELEMENTS(errors); i++) {
                shared->freeze_error = errors[i];
                ck_assert_int_eq(pf_durable_settle(&ops, fd, &err), 0);
        }
        ck_assert_int_eq(shared->n_thaws, 0);
        shared->freeze_error = -EIO;
        ck_assert_int_eq(pf_durable_settle(&ops, fd, &err), -EIO);
        ck_assert(strstr(err.text, "Input/output error"));
}
END_TEST

START_TEST(thawed_by_the_other) {
        PfErr err = { 0 };

        if (!setup())
                return;
        shared->thaw_error = -EIO;
        ck_assert_int_eq(pf_durable_settle(&ops, fd, &err), -EIO);
        ck_assert(strstr(err.text, "could not be thawed"));
        ck_assert(becomes_thawed());
}
END_TEST

START_TEST(what_a_loader_reads) {
        static const struct {
                const char *path;
                bool needed;
        } cases[] = {
                { "/boot/grub/grub.cfg", true },    { "/boot/loader/entries/a.conf", true },
                { "/efi/EFI/BOOT/grub.cfg", true }, { "/etc/default/grub", false },
                { "/bootstrap/x", false },          { "/srv/boot/grub.cfg", false },
        };

        (void) setup();
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                ck_assert_msg(pf_durable_is_needed(cases[i].path, fd) == cases[i].needed, "%s",
                              cases[i].path);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("durable");

        PF_TEST(suite, frozen_and_thawed);
        PF_TEST(suite, killed_while_frozen);
        PF_TEST(suite, refused);
        PF_TEST(suite, thawed_by_the_other);
        PF_TEST(suite, what_a_loader_reads);
        return pf_test_main(suite);
}
