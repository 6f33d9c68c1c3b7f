/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of daemon/base and the target fails once: that is -ENOMEM,
 * and all that existed before is as it was. What leaks, LeakSanitizer tells.
 */
#include <stdint.h>
#include <string.h>

#include "daemon/base/json.h"
#include "daemon/base/target.h"
#include "tests/support/fault-alloc.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

/* An operation, with the failing allocation still to come when it begins. It
 * returns its code, or -EDOM where something was left half done: check's own
 * functions allocate too, and may not be called meanwhile. */
typedef int (*Operation)(PfTarget *target);
#define PROMISE(condition)                                                                         \
        do {                                                                                       \
                if (!(condition))                                                                  \
                        return -EDOM;                                                              \
        } while (0)

/* Runs @operation with its 1st, 2nd … allocation failing, until none does. */
static void fail_each_allocation(Operation operation, PfTargetFlags flags) {
        bool failed = true;
        unsigned nth = 0;

        while (failed) {
                PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
                int r;

                ck_assert_int_eq(pf_target_new(box.root, flags, &target, NULL), 0);
                pf_fault_alloc_begin(++nth);
                r = operation(target);
                failed = pf_fault_alloc_end();
                ck_assert_msg(r == (failed ? -ENOMEM : 0), "allocation %u: %d", nth, r);
                ck_assert_uint_lt(nth, 1000);
        }
        ck_assert_msg(nth > 1, "nothing was allocated");
}

static void fail_each_way(Operation operation) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/dir/a.conf", "text");
        pf_sandbox_write(&box, "/etc/dir/b.conf", "text");
        pf_sandbox_write(&box, "/etc/dir/c.conf", "text");
        pf_sandbox_symlink(&box, "/etc/dir/a.conf", "/etc/link");
        fail_each_allocation(operation, PF_TARGET_DEFAULT);
        fail_each_allocation(operation, PF_TARGET_NO_OPENAT2);
}

static int do_read(PfTarget *target) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(100);
        int r;

        r = pf_target_read(target, "/etc/link", 100, &buf, NULL);
        PROMISE(buf.n == (r == 0 ? 4 : 0));
        return r;
}

START_TEST(reading) {
        fail_each_way(do_read);
}
END_TEST

static int do_readlink(PfTarget *target) {
        PF_AUTO_FREE char *text = NULL;
        int r;

        r = pf_target_readlink(target, "/etc/link", &text, NULL);
        PROMISE((r == 0) == (text != NULL));
        return r;
}

START_TEST(reading_a_link) {
        fail_each_way(do_readlink);
}
END_TEST

static int do_stat(PfTarget *target) {
        PfFileInfo info = { .inode = 1 };
        int r;

        r = pf_target_stat(target, "/etc/link", &info, NULL);
        PROMISE((r == 0) == (info.size_bytes == 4));
        return r;
}

START_TEST(looking) {
        fail_each_way(do_stat);
}
END_TEST

static int do_list(PfTarget *target) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r;

        r = pf_target_list(target, "/etc/dir", &names, NULL);
        PROMISE(names.n == (r == 0 ? 3 : 0));
        return r;
}

START_TEST(listing) {
        fail_each_way(do_list);
}
END_TEST

static int do_glob(PfTarget *target) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r;

        r = pf_target_glob(target, "/e*/d*/*.conf", &paths, NULL);
        PROMISE(paths.n == (r == 0 ? 3 : 0));
        return r;
}

START_TEST(matching) {
        fail_each_way(do_glob);
}
END_TEST

static int do_new(PfTarget *target) {
        PfTarget *other = NULL;
        int r;

        r = pf_target_new(pf_target_root(target), PF_TARGET_DEFAULT, &other, NULL);
        (void) pf_target_unref(other);
        PROMISE((r == 0) == (other != NULL));
        return r;
}

START_TEST(making_a_target) {
        fail_each_way(do_new);
}
END_TEST

static int do_copy(PfTarget *target) {
        PF_AUTO_STRV PfStrv from = { 0 };
        PF_AUTO_STRV PfStrv to = { 0 };
        int r = 0;

        (void) target;
        for (int i = 0; i < 5 && r == 0; i++)
                r = pf_strv_add(&from, "item");
        if (r == 0)
                r = pf_strv_add(&to, "first");
        if (r < 0)
                return r;
        r = pf_strv_copy(&from, &to);
        PROMISE(to.n == (r == 0 ? 6 : 1));
        return r;
}

START_TEST(copying_a_list) {
        fail_each_way(do_copy);
}
END_TEST

static int do_grow(PfTarget *target) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        int r = 0;

        (void) target;
        for (int i = 0; i < 1000 && r == 0; i++) {
                size_t before = buf.n;

                r = pf_buf_printf(&buf, "%d,", i);
                PROMISE(r == 0 || buf.n == before);
                PROMISE(buf.data == NULL || buf.data[buf.n] == '\0');
        }
        return r;
}

START_TEST(growing_a_buffer) {
        fail_each_way(do_grow);
}
END_TEST

static int do_json(PfTarget *target) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1000);
        int r;

        (void) target;
        r = pf_json_put_string(object, "\xff", "\xfe");
        if (r == 0)
                r = pf_json_put_null(object, "\xfd");
        return r < 0 ? r : pf_json_write(object, &buf);
}

START_TEST(repairing_json) {
        fail_each_way(do_json);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("out-of-memory");

        PF_TEST(suite, reading);
        PF_TEST(suite, reading_a_link);
        PF_TEST(suite, looking);
        PF_TEST(suite, listing);
        PF_TEST(suite, matching);
        PF_TEST(suite, making_a_target);
        PF_TEST(suite, copying_a_list);
        PF_TEST(suite, growing_a_buffer);
        PF_TEST(suite, repairing_json);
        return pf_test_main(suite);
}
