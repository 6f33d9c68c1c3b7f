/* SPDX-License-Identifier: MIT */
#include "daemon/base/capture.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static int find(const char *text, const char *path, PfSpace *ret, PfErr *err) {
        return pf_capture_find_space(text, strlen(text), path, ret, err);
}

#define MINIMUM "\"totalBytes\": 3, \"freeBytes\": 1, \"rootFreeBytes\": 2"

START_TEST(an_answer) {
        PfSpace space;
        PfErr err = { 0 };

        ck_assert_int_eq(find("{\"/tmp\": {" MINIMUM ", \"device\": 7, \"freeInodes\": 5,"
                              "\"totalInodes\": 6, \"readOnly\": true, \"noExec\": true,"
                              "\"tmpfs\": true}}",
                              "/tmp", &space, &err),
                         0);
        ck_assert_uint_eq(space.free_bytes, 1);
        ck_assert_uint_eq(space.root_free_bytes, 2);
        ck_assert_uint_eq(space.total_bytes, 3);
        ck_assert_uint_eq(space.free_inodes, 5);
        ck_assert_uint_eq(space.total_inodes, 6);
        ck_assert_uint_eq(space.device, 7);
        ck_assert(space.read_only && space.no_exec && space.is_tmpfs);

        ck_assert_int_eq(find("{\"/tmp\": {" MINIMUM "}}", "/tmp", &space, &err), 0);
        ck_assert_uint_eq(space.total_inodes, 0);
        ck_assert(!space.read_only && !space.no_exec && !space.is_tmpfs);
        ck_assert_int_eq(find("{\"/tmp\": {" MINIMUM "}}", "/", &space, &err), PF_TARGET_ABSENT);
}
END_TEST

START_TEST(answers_that_are_none) {
        static const char *const bad[] = {
                "",
                "[]",
                "{\"/\": {}}",
                "{\"/\": 7}",
                "{\"/\": {\"totalBytes\": 3, \"freeBytes\": 1}}",
                "{\"/\": {" MINIMUM ", \"device\": -1}}",
                "{\"/\": {" MINIMUM ", \"device\": \"7\"}}",
                "{\"/\": {" MINIMUM ", \"tmpfs\": 1}}",
                "{\"/\": {" MINIMUM "}} x",
                "{\"/\": {" MINIMUM ", \"x\": [[[]]]}}",
        };

        for (size_t i = 0; i < PF_ELEMENTS(bad); i++) {
                PfSpace space = { .total_bytes = 4711 };
                PfErr err = { 0 };

                ck_assert_msg(find(bad[i], "/", &space, &err) == -EINVAL, "%s", bad[i]);
                ck_assert_msg(strstr(err.text, "/.preflight/statfs.json: "), "%s", err.text);
                ck_assert_uint_eq(space.total_bytes, 4711);
        }
}
END_TEST

START_TEST(what_is_written_is_read) {
        const PfSpace space = { .free_bytes = 1,
                                .root_free_bytes = UINT64_C(1) << 50,
                                .total_bytes = UINT64_C(1) << 62,
                                .free_inodes = 4,
                                .total_inodes = 5,
                                .device = 0xfe01,
                                .no_exec = true };
        PF_CLEANUP(pf_json_freep) PfJson *all = pf_json_new_object();
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(4096);
        PfSpace back;
        PfErr err = { 0 };

        memset(&back, 0, sizeof(back));
        ck_assert_int_eq(pf_json_put_take(all, "/a", pf_capture_space_to_json(&space)), 0);
        ck_assert_int_eq(pf_json_write(all, &text), 0);
        ck_assert_int_eq(pf_capture_find_space(text.data, text.n, "/a", &back, &err), 0);
        ck_assert_uint_eq(back.root_free_bytes, space.root_free_bytes);
        ck_assert_uint_eq(back.total_bytes, space.total_bytes);
        ck_assert_uint_eq(back.device, space.device);
        ck_assert_uint_eq(back.free_inodes, 4);
        ck_assert(back.no_exec && !back.read_only && !back.is_tmpfs);
}
END_TEST

START_TEST(a_target_gives_what_was_captured) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfSpace space;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, PF_CAPTURE_SPACE, "{\"/tmp\": {" MINIMUM "}}");
        ck_assert_int_eq(pf_target_space(box.target, "/tmp", &space, &err), 0);
        ck_assert_uint_eq(space.root_free_bytes, 2);

        pf_sandbox_write(&box, PF_CAPTURE_SPACE, "{\"/tmp\": 1}");
        ck_assert_int_eq(pf_target_space(box.target, "/tmp", &space, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "expected a number"));
}
END_TEST

/* A directory is on a file system of the host, whose space is not the machine's. */
START_TEST(a_directory_cannot_tell) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfSpace space;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_target_space(box.target, "/", &space, &err), PF_TARGET_ELSEWHERE);
        ck_assert_int_eq(pf_target_space(box.target, "/gone", &space, &err), PF_TARGET_ABSENT);
}
END_TEST

START_TEST(a_mounted_root_can_tell) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *shm = NULL;
        PF_CLEANUP(pf_target_unrefp) PfTarget *live = NULL;
        PfFileInfo root, mounted;
        PfSpace space;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &live, &err), 0);
        ck_assert_int_eq(pf_target_space(live, "/", &space, &err), 0);
        ck_assert_uint_gt(space.total_bytes, 0);
        if (pf_target_stat(live, "/dev/shm", &mounted, NULL) != 0 ||
            pf_target_stat(live, "/dev", &root, NULL) != 0 || root.device == mounted.device) {
                pf_test_skip("nothing is mounted on /dev/shm");
                return;
        }
        ck_assert_int_eq(pf_target_new("/dev/shm", PF_TARGET_DEFAULT, &shm, &err), 0);
        ck_assert_int_eq(pf_target_space(shm, "/", &space, &err), 0);
        ck_assert(space.is_tmpfs);
}
END_TEST

START_TEST(the_head_of_a_file) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(64);
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/long", "0123456789");
        pf_sandbox_mkfifo(&box, "/fifo");
        ck_assert_int_eq(pf_target_read_head(box.target, "/long", 4, &buf, &err), 0);
        ck_assert_str_eq(buf.data, "0123");
        ck_assert_int_eq(pf_target_read_head(box.target, "/long", 20, &buf, &err), 0);
        ck_assert_str_eq(buf.data, "01230123456789");
        ck_assert_int_eq(pf_target_read_head(box.target, "/gone", 4, &buf, &err), PF_TARGET_ABSENT);
        ck_assert_int_eq(pf_target_read_head(box.target, "/fifo", 4, &buf, &err), -EINVAL);
        ck_assert_int_eq(pf_target_read_head(box.target, "/long", 100, &buf, NULL), -ENOBUFS);
        ck_assert_str_eq(buf.data, "01230123456789");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("capture");

        PF_TEST(suite, an_answer);
        PF_TEST(suite, answers_that_are_none);
        PF_TEST(suite, what_is_written_is_read);
        PF_TEST(suite, a_target_gives_what_was_captured);
        PF_TEST(suite, a_directory_cannot_tell);
        PF_TEST(suite, a_mounted_root_can_tell);
        PF_TEST(suite, the_head_of_a_file);
        return pf_test_main(suite);
}
