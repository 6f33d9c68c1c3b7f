/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/suggest.h"

#include "daemon/base/cleanup.h"
#include "tests/support/test-main.h"

static const char *const names[] = {
        "ssh.server", "ssh.configuration", "ssh.password-authentication",
        "ssh.access", "space.root",        "space.copy",
        "os.kernel",  "os.distribution",
};

static const char *suggest(const char *text, char *buf, size_t size) {
        PfSuggestions suggestions = { .text = text };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                pf_suggest(&suggestions, names[i]);
        return pf_suggestions_text(&suggestions, buf, size);
}

static void expect(const char *text, const char *expected) {
        char buf[256];

        ck_assert_str_eq(suggest(text, buf, sizeof(buf)), expected);
}

START_TEST(one_mistake) {
        expect("ssh.sever", "; did you mean ssh.server?");                /* left out */
        expect("os.kernell", "; did you mean os.kernel?");                /* added */
        expect("space.ropt", "; did you mean space.root or space.copy?"); /* changed */
        expect("os.kenrel", "; did you mean os.kernel?");                 /* swapped */
        expect("OS.Kernel", "; did you mean os.kernel?");
}
END_TEST

START_TEST(nearest_first) {
        PfSuggestions suggestions = { .text = "abcdefgh" };

        pf_suggest(&suggestions, "abcdefxy");
        pf_suggest(&suggestions, "abcdefgx");
        pf_suggest(&suggestions, "abcdefg");
        pf_suggest(&suggestions, "abcdefgh");
        ck_assert_uint_eq(suggestions.n, 3);
        ck_assert_str_eq(suggestions.names[0], "abcdefgh");
        ck_assert_str_eq(suggestions.names[1], "abcdefgx");
        ck_assert_str_eq(suggestions.names[2], "abcdefg");
}
END_TEST

START_TEST(contained) {
        expect("password", "; did you mean ssh.password-authentication?");
        expect("my-os.kernel-check", "; did you mean os.kernel?");
        expect("space", "; did you mean space.root or space.copy?");
}
END_TEST

START_TEST(begins_alike) {
        expect("ssh.passwd", "; did you mean ssh.password-authentication?");
        expect("ssh.zzzzzz", "");
}
END_TEST

START_TEST(nothing_near) {
        expect("windows.netlogon", "");
        expect("", "");
        expect("zz", "");
        expect("0123456789012345678901234567890123456789012345678901234567890123456789", "");
}
END_TEST

/* What does not fit is cut, not written behind the end. */
START_TEST(small_buffer) {
        char buf[12];

        ck_assert_str_eq(suggest("os.kernel", buf, sizeof(buf)), "; did you m");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("ctl-suggest");

        PF_TEST(suite, one_mistake);
        PF_TEST(suite, nearest_first);
        PF_TEST(suite, contained);
        PF_TEST(suite, begins_alike);
        PF_TEST(suite, nothing_near);
        PF_TEST(suite, small_buffer);
        return pf_test_main(suite);
}
