/* SPDX-License-Identifier: MIT */
/* Private directories: what is in use stays, and what a kill left goes. */
#include "daemon/remedy/scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;
static char template[4096];

static void new_box(void) {
        PF_AUTO_FREE char *path = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/tmp");
        path = pf_sandbox_path(&box, "/tmp/scratch-XXXXXX");
        (void) snprintf(template, sizeof(template), "%s", path);
}

static bool is_there(const char *path) {
        struct stat st;

        return lstat(path, &st) == 0;
}

static void fill(const char *path) {
        char name[4200];

        (void) snprintf(name, sizeof(name), "%s/below", path);
        ck_assert_int_eq(mkdir(name, 0700), 0);
        (void) strcat(name, "/file");
        ck_assert_int_eq(close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
}

START_TEST(goes_with_all_that_is_in_it) {
        PfScratch scratch = PF_SCRATCH_INIT;
        PF_AUTO_FREE char *path = NULL;
        struct stat st;

        new_box();
        ck_assert_int_eq(pf_scratch_make(template, &scratch), 0);
        path = strdup(scratch.path);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        fill(path);
        pf_scratch_deinit(&scratch);
        ck_assert(!is_there(path));
        pf_scratch_deinit(&scratch);
}
END_TEST

START_TEST(stays_while_it_is_in_use) {
        PfScratch scratch = PF_SCRATCH_INIT;

        new_box();
        ck_assert_int_eq(pf_scratch_make(template, &scratch), 0);
        fill(scratch.path);
        pf_scratch_sweep(template);
        ck_assert(is_there(scratch.path));
        pf_scratch_deinit(&scratch);
}
END_TEST

/* A kill closes the lock, and nothing else. */
START_TEST(goes_once_nobody_has_it) {
        PfScratch scratch = PF_SCRATCH_INIT;

        new_box();
        ck_assert_int_eq(pf_scratch_make(template, &scratch), 0);
        fill(scratch.path);
        scratch.lock = pf_close(scratch.lock);
        pf_scratch_sweep(template);
        ck_assert(!is_there(scratch.path));
        free(scratch.path);
}
END_TEST

/* What has another name, mode or kind was not made by this. */
START_TEST(leaves_what_is_not_ours) {
        static const char *const others[] = { "/tmp/scratch-abcde", "/tmp/scratch-abcdefg",
                                              "/tmp/other-abcdef" };
        PF_AUTO_FREE char *kept = NULL, *link = NULL, *file = NULL, *target = NULL;

        new_box();
        kept = pf_sandbox_path(&box, "/tmp/scratch-abcdef");
        link = pf_sandbox_path(&box, "/tmp/scratch-linked");
        file = pf_sandbox_path(&box, "/tmp/scratch-a_file");
        target = pf_sandbox_path(&box, "/kept");
        for (size_t i = 0; i < PF_ELEMENTS(others); i++)
                pf_sandbox_mkdir(&box, others[i]);
        ck_assert_int_eq(mkdir(kept, 0755), 0);
        ck_assert_int_eq(mkdir(target, 0700), 0);
        pf_sandbox_symlink(&box, "/kept", "/tmp/scratch-linked");
        pf_sandbox_write(&box, "/tmp/scratch-a_file", "mine");
        pf_sandbox_chmod(&box, "/tmp/scratch-a_file", 0700);
        pf_scratch_sweep(template);
        for (size_t i = 0; i < PF_ELEMENTS(others); i++) {
                PF_AUTO_FREE char *path = pf_sandbox_path(&box, others[i]);

                ck_assert_msg(is_there(path), "%s", path);
        }
        ck_assert(is_there(kept) && is_there(link) && is_there(file) && is_there(target));
}
END_TEST

START_TEST(no_place_is_an_error) {
        PfScratch scratch = PF_SCRATCH_INIT;

        ck_assert_int_eq(pf_scratch_make("/nowhere/scratch-XXXXXX", &scratch), -ENOENT);
        ck_assert_ptr_null(scratch.path);
        pf_scratch_sweep("/nowhere/scratch-XXXXXX");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("scratch");

        PF_TEST(suite, goes_with_all_that_is_in_it);
        PF_TEST(suite, stays_while_it_is_in_use);
        PF_TEST(suite, goes_once_nobody_has_it);
        PF_TEST(suite, leaves_what_is_not_ours);
        PF_TEST(suite, no_place_is_an_error);
        return pf_test_main(suite);
}
