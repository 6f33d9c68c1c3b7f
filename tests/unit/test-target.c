/* SPDX-License-Identifier: MIT */
#include "daemon/base/target.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/test-main.h"

START_TEST(reads_a_file) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PfErr err = { 0 };

        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &target, &err), 0);
        ck_assert_msg(pf_target_read(target, "/etc/os-release", 1 << 20, &buf, &err) == 0, "%s",
                      err.text);
        ck_assert_uint_gt(buf.n, 10);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("target");

        PF_TEST(suite, reads_a_file);
        return pf_test_main(suite);
}
