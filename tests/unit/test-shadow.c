/* SPDX-License-Identifier: MIT */
#include <shadow.h>
#include <stdlib.h>
#include <string.h>

#include "probes/parse/nss-files.h"
#include "probes/parse/shadow.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static void parse(const char *text, const char *name, PfShadow *ret) {
        PF_AUTO_FREE char *copy = strdup(text);

        ck_assert(copy != NULL);
        ck_assert_int_eq(pf_shadow_parse(copy, strlen(copy), name, ret), 0);
}

/* What glibc makes of the same line. */
static bool ask_library(const char *line, PfShadow *ret) {
        struct spwd *entry;
        char text[300];
        FILE *file;

        (void) snprintf(text, sizeof(text), "%s\n", line);
        file = fmemopen(text, strlen(text), "r");
        ck_assert(file != NULL);
        entry = fgetspent(file);
        if (entry)
                *ret = (PfShadow){ .exists = true,
                                   .last_change = entry->sp_lstchg,
                                   .minimum = entry->sp_min,
                                   .maximum = entry->sp_max,
                                   .warning = entry->sp_warn,
                                   .inactive = entry->sp_inact,
                                   .expire = entry->sp_expire };
        (void) fclose(file);
        return entry != NULL;
}

static void compare(const char *line) {
        PF_AUTO_SHADOW PfShadow ours = { 0 };
        PfShadow theirs = { 0 };
        bool exists = ask_library(line, &theirs);

        parse(line, "root", &ours);
        ck_assert_msg(ours.exists == exists, "%s: glibc says %d", line, exists);
        ck_assert_msg(!exists ||
                              (ours.last_change == theirs.last_change &&
                               ours.minimum == theirs.minimum && ours.maximum == theirs.maximum &&
                               ours.warning == theirs.warning && ours.inactive == theirs.inactive &&
                               ours.expire == theirs.expire),
                      "%s", line);
}

START_TEST(as_the_library) {
        static const char *const lines[] = {
                "root:x:1:2:3:4:5:6:",
                "root:x:-1:2:3:4:5:6:",
                "root:x: 5:+6:3:4:5:6:",
                "root:x:4294967295:2:3:4:5:6:",
                "root:x:4294967296:2:3:4:5:6:",
                "root:x:-18446744073709551615:2:3:4:5:6:",
                "root:x:99999999999999999999:2:3:4:5:6:",
                "root:x:2147483648:2:3:4:5:6:",
                "root:x:1",
                "root:x:1:2:3",
                "root:x:1:2:3:",
                "root:x:1:2:3: ",
                "root:x",
                "root",
                "root:x::::",
                "root:x:::",
                "root:x:::::::x",
                "root:x:::::::-1",
                "  root:x:1:2:3:4:5:6:",
                "#root:x:1:2:3:4:5:6:",
                "root:x:1:2:3:4:5:6:7:8",
                "root:x:1:2:3:4:5:6:7",
                "root:x:1:2:3:4:5:6:\r",
                "root:x:1:2:3:4:5:6\r",
                "root:x::0:99999",
                "root:x:1 :2:3:4:5:6:",
                "root:x:1:2:3:4",
                "root:x:1:2:3:4:5:",
                "root:x:1:2:3:  4::::",
                "root:x:1:2:3:4:5: :",
        };

        for (size_t i = 0; i < PF_ELEMENTS(lines); i++)
                compare(lines[i]);
}
END_TEST

/* Lines put together by chance from what lines are made of. */
START_TEST(as_the_library_by_chance) {
        static const char *const parts[] = {
                ":", ":", ":", "0", "1", "19500", "99999", "-1",
                " ", "x", "+", "7", "",  ":",     "\t",    "4294967296"
        };
        unsigned seed = 7;

        for (int i = 0; i < 20000; i++) {
                char line[256] = "root:x:";

                for (int n = (seed = seed * 1103515245 + 12345) >> 16 & 15; n >= 0; n--) {
                        seed = seed * 1103515245 + 12345;
                        strcat(line, parts[(seed >> 16) % PF_ELEMENTS(parts)]);
                }
                compare(line);
        }
}
END_TEST

START_TEST(first_good_line_counts) {
        PF_AUTO_SHADOW PfShadow shadow = { 0 };

        parse("daemon:*:1:0:99999:7:::\nroot:!:today:0:::::\n#root:a:1:0:9:7:::\n"
              "root:$1$ab$cdef:19500:0:99999:7:::\nroot:*:1:::::::",
              "root", &shadow);
        ck_assert(shadow.exists);
        ck_assert_uint_eq(shadow.line, 4);
        ck_assert(shadow.skipped);
        ck_assert_uint_eq(shadow.skipped_line, 2);
        ck_assert_str_eq(shadow.password, "$1$ab$cdef");
}
END_TEST

static void check_shown(const char *line, const char *expected) {
        PF_AUTO_SHADOW PfShadow shadow = { 0 };
        PF_AUTO_FREE char *shown = NULL;

        parse(line, "root", &shadow);
        shown = pf_shadow_describe(&shadow);
        ck_assert_str_eq(shown, expected);
}

START_TEST(the_hash_is_never_shown) {
        check_shown("root:$1$FE4YbV6o$CiVORNIChGm8i9ti813EZ.:19500:0:99999:7:::",
                    "root:(MD5 hash):19500:0:99999:7:::");
        check_shown("root:!$1$FE4YbV6o$CiVORNIChGm8i9ti813EZ.:1:0:9:7:::",
                    "root:(locked, MD5 hash):1:0:9:7:::");
        check_shown("root:!!:19500:0:99999:7:::", "root:(locked):19500:0:99999:7:::");
        check_shown("root::19500:0:99999:7:::", "root:(empty):19500:0:99999:7:::");
        check_shown("root:*:19500:0:99999:7:::", "root:(no hash):19500:0:99999:7:::");
        check_shown("root:$1$FE4YbV6o$CiVORNIChGm8i9ti813EZ.", "root:(MD5 hash)");
        /* One field too early or too late. */
        check_shown("root:x:$1$FE4YbV6o$CiVORNIChGm8i9ti813EZ.:19500:0:99999:7::",
                    "root:(no hash):(text):19500:0:99999:7::");
        check_shown("root:x:alHzjf8HTh5Mc:0:99999:7:::", "root:(no hash):(text):0:99999:7:::");
}
END_TEST

START_TEST(absent_and_unreadable) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_SHADOW PfShadow shadow = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_shadow_read(box.target, "root", &shadow, &err), 0);
        ck_assert(!shadow.exists && !shadow.skipped);
        pf_sandbox_write(&box, PF_SHADOW_PATH, "");
        ck_assert_int_eq(pf_shadow_read(box.target, "root", &shadow, &err), 0);
        ck_assert(!shadow.exists);
        pf_sandbox_remove(&box, PF_SHADOW_PATH);
        pf_sandbox_mkdir(&box, PF_SHADOW_PATH);
        ck_assert_int_lt(pf_shadow_read(box.target, "root", &shadow, &err), 0);
        ck_assert_ptr_nonnull(strstr(err.text, PF_SHADOW_PATH));
}
END_TEST

/* A NUL hides the rest of its line, and no other line. */
START_TEST(nul_in_a_line) {
        char text[] = "a:x:1:0:9:7:::\0junk\nroot:*:2:0:9:7:::\n";
        PF_AUTO_SHADOW PfShadow shadow = { 0 };

        ck_assert_int_eq(pf_shadow_parse(text, sizeof(text) - 1, "root", &shadow), 0);
        ck_assert(shadow.exists);
        ck_assert_uint_eq(shadow.line, 2);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("shadow");

        PF_TEST(suite, as_the_library);
        PF_TEST(suite, as_the_library_by_chance);
        PF_TEST(suite, first_good_line_counts);
        PF_TEST(suite, the_hash_is_never_shown);
        PF_TEST(suite, absent_and_unreadable);
        PF_TEST(suite, nul_in_a_line);
        return pf_test_main(suite);
}
