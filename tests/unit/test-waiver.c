/* SPDX-License-Identifier: MIT */
#include "config/waiver.h"

#include <string.h>

#include "daemon/base/sha256.h"
#include "tests/support/test-main.h"

#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WHOLE                                                                                      \
        "[Waiver]\nCheck=ssh.root-login\nReason=because\nOwner=Jane <j@example.com>\n"             \
        "Expires=2027-01-31\n"

static void parse(const char *text, PfWaiver *ret) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };

        ck_assert_int_eq(pf_waiver_parse("f", text, strlen(text), ret, &errors), 0);
}

START_TEST(fields) {
        PF_AUTO_WAIVER PfWaiver waiver = { 0 };

        parse("# a comment\n" WHOLE "Evidence=sha256:" DIGITS "\n", &waiver);
        ck_assert_str_eq(waiver.check, "ssh.root-login");
        ck_assert_str_eq(waiver.reason, "because");
        ck_assert_str_eq(waiver.owner, "Jane <j@example.com>");
        ck_assert_uint_eq(waiver.expires_usec, UINT64_C(1801353600000000));
        ck_assert_str_eq(waiver.evidence, "sha256:" DIGITS);
}
END_TEST

START_TEST(evidence_may_be_left_out) {
        PF_AUTO_WAIVER PfWaiver waiver = { 0 };

        parse(WHOLE, &waiver);
        ck_assert_ptr_null(waiver.evidence);
}
END_TEST

START_TEST(a_reason_goes_on) {
        PF_AUTO_WAIVER PfWaiver waiver = { 0 };

        parse("[Waiver]\nReason=one\n "
              "two\n\tthree\nCheck=a.b\nOwner=o\nExpires=2027-01-31T12:00:00Z\n",
              &waiver);
        ck_assert_str_eq(waiver.reason, "one two three");
}
END_TEST

/* Every complaint about a file, in the order of its lines. */
static const struct {
        const char *text;
        const char *complaints;
} wrong[] = {
        { "", "f: Check= is missing in [Waiver]: the check that may fail; one, and no wildcard|"
              "f: Reason= is missing in [Waiver]: why it may|"
              "f: Owner= is missing in [Waiver]: who decided that, and will be asked|"
              "f: Expires= is missing in [Waiver]: from when on it does not count any more, in "
              "UTC; a date is its first moment|" },
        { "Check=a.b\n" WHOLE, "f:1: Check= stands before [Waiver]|" },
        { WHOLE "Check=a.b\n", "f:6: Check= is given twice|" },
        { WHOLE "Reason=again\n", "f:6: Reason= is given twice|" },
        { WHOLE " 2028\n", "f:6: Expires= goes on here, expected all of it on one line|" },
        { WHOLE "Until=2028\n",
          "f:6: unknown key Until=, expected Check, Reason, Owner, Expires or Evidence|" },
        { WHOLE "[Wavier]\nCheck=a.b\n", "f:6: unknown section [Wavier], expected [Waiver]|" },
        { WHOLE "Evidence=md5:1\n",
          "f:6: Evidence=md5:1: expected the fingerprint of a report: \"sha256:\" and 64 of 0-9 "
          "and a-f|" },
        { WHOLE "Evidence=sha256:" DIGITS "0\n",
          "f:6: Evidence=sha256:" DIGITS "0: expected the fingerprint of a report: \"sha256:\" "
          "and 64 of 0-9 and a-f|" },
        { "[Waiver]\nCheck=ssh.*\nReason=\nOwner=\nExpires=2027-02-29\nx\n",
          "f:2: Check=ssh.*: expected the name of one check, such as ssh.root-login|"
          "f:3: Reason=: expected a text|f:4: Owner=: expected a text|"
          "f:5: Expires=2027-02-29: expected a date such as 2027-01-31, or a time in UTC such as "
          "2027-01-31T12:00:00Z|"
          "f:6: expected Key=Value, [Section] or a comment|" },
};

START_TEST(complaints) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_WAIVER PfWaiver waiver = { 0 };
        const char *text = wrong[_i].text;
        char all[4096] = "";
        size_t n = 0;

        ck_assert_int_eq(pf_waiver_parse("f", text, strlen(text), &waiver, &errors), -EINVAL);
        for (size_t i = 0; i < errors.texts.n; i++)
                n += (size_t) snprintf(all + n, sizeof(all) - n, "%s|", errors.texts.items[i]);
        ck_assert_str_eq(all, wrong[_i].complaints);
        ck_assert_uint_eq(errors.first_line, (unsigned) atoi(wrong[_i].complaints + 2));
}
END_TEST

START_TEST(a_reason_has_an_end) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_WAIVER PfWaiver waiver = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);

        ck_assert_int_eq(pf_buf_add_string(&text, "[Waiver]\nReason=x\n"), 0);
        for (int i = 0; i < 100; i++)
                ck_assert_int_eq(pf_buf_printf(&text, " %0100d\n", i), 0);
        ck_assert_int_eq(pf_waiver_parse("f", text.data, text.n, &waiver, &errors), -EINVAL);
        ck_assert_ptr_nonnull(strstr(errors.texts.items[0], "expected at most 4096 bytes"));
}
END_TEST

static const char long_reason[] =
        "The agent is installed by hand here, because the machine is behind a gateway that lets "
        "nothing in; see the ticket of the network team, # 4711 ; and ask before you change it, "
        "a-word-that-is-longer-than-a-line-has-columns-so-that-it-has-to-stand-alone-somewhere ok";

START_TEST(what_is_written_says_the_same) {
        PF_AUTO_WAIVER PfWaiver again = { 0 };
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 16);
        PfWaiver waiver = { .check = "ssh.access",
                            .reason = "one line, and no more",
                            .owner = "Zoë = ok",
                            .expires_usec = UINT64_C(1801398896000000),
                            .evidence = "sha256:" DIGITS };

        ck_assert_int_eq(pf_waiver_write(&waiver, &text, &errors), 0);
        parse(text.data, &again);
        ck_assert_str_eq(again.reason, waiver.reason);
        ck_assert_str_eq(again.owner, waiver.owner);
        ck_assert_uint_eq(again.expires_usec, waiver.expires_usec);
        ck_assert_str_eq(again.evidence, waiver.evidence);
}
END_TEST

/* The same, of a reason that needs several lines, with all that could be a comment. */
START_TEST(a_long_reason_is_wrapped) {
        PF_AUTO_WAIVER PfWaiver again = { 0 };
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 16);
        PF_AUTO_FREE char *reason = strdup(long_reason);
        PfWaiver waiver = { .check = "a.b", .reason = reason, .owner = "o" };

        *strstr(reason, " ; ") = '_'; /* that is a comment anywhere */
        ck_assert_int_eq(pf_waiver_write(&waiver, &text, &errors), 0);
        parse(text.data, &again);
        ck_assert_str_eq(again.reason, reason);
        ck_assert_ptr_nonnull(strstr(text.data, "\n "));
}
END_TEST

static const PfWaiver unspeakable[] = {
        { .check = "a.b", .reason = (char *) long_reason, .owner = "o" },
        { .check = "a.b", .reason = "two\nlines", .owner = "o" },
        { .check = "a.b", .reason = "r\nOwner=me", .owner = "you" },
        { .check = "a.b", .reason = "r", .owner = "o ;p" },
        { .check = "a.b", .reason = "r", .owner = "\xff" },
        { .check = "a.b", .reason = "r", .owner = "" },
        { .check = "a.*", .reason = "r", .owner = "o" },
        { .check = "a.b", .reason = "r", .owner = "o", .evidence = "x" },
};

START_TEST(what_cannot_be_said_is_refused) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 16);

        ck_assert_int_eq(pf_waiver_write(&unspeakable[_i], &text, &errors), -EINVAL);
        ck_assert_uint_gt(errors.texts.n, 0);
}
END_TEST

/* The file that is installed as an example names every key, and is a waiver. */
START_TEST(the_example_is_complete) {
        PF_AUTO_WAIVER PfWaiver waiver = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 16);
        PF_AUTO_FCLOSE FILE *file = NULL;
        char path[4096], line[512];

        (void) snprintf(path, sizeof(path), "%s/config/waiver-example.conf", pf_test_source_root());
        file = fopen(path, "r");
        ck_assert_ptr_nonnull(file);
        while (fgets(line, sizeof(line), file))
                ck_assert_int_eq(pf_buf_add_string(&text, line), 0);
        parse(text.data, &waiver);
        for (size_t i = 0; pf_waiver_key(i); i++) {
                const PfWaiverKey *key = pf_waiver_key(i);

                (void) snprintf(line, sizeof(line), "\n# %s: %s\n", key->name, key->help);
                ck_assert_msg(strstr(text.data, line), "not in the example: %s", line);
                (void) snprintf(line, sizeof(line), "\n%s%s=", key->required ? "" : "#", key->name);
                ck_assert_msg(strstr(text.data, line), "not in the example: %s", line);
        }
}
END_TEST

/* FIPS 180-4, and its examples by NIST. */
START_TEST(sha256) {
        char hex[PF_SHA256_HEX_SIZE];

        pf_sha256_hex("", 0, hex);
        ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        pf_sha256_hex("abc", 3, hex);
        ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("waiver");
        TCase *tcase = tcase_create("waiver");

        tcase_add_test(tcase, fields);
        tcase_add_test(tcase, evidence_may_be_left_out);
        tcase_add_test(tcase, a_reason_goes_on);
        tcase_add_loop_test(tcase, complaints, 0, (int) PF_ELEMENTS(wrong));
        tcase_add_test(tcase, a_reason_has_an_end);
        tcase_add_test(tcase, what_is_written_says_the_same);
        tcase_add_test(tcase, a_long_reason_is_wrapped);
        tcase_add_loop_test(tcase, what_cannot_be_said_is_refused, 0,
                            (int) PF_ELEMENTS(unspeakable));
        tcase_add_test(tcase, the_example_is_complete);
        tcase_add_test(tcase, sha256);
        suite_add_tcase(suite, tcase);
        return pf_test_main(suite);
}
