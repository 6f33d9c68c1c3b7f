/* SPDX-License-Identifier: MIT */
/*
 * Formats taken apart and put together again.
 */
#include "daemon/base/message.h"

#include <string.h>

#include "tests/support/test-main.h"

static int PF_PRINTF(2, 3) take(PfMessage *message, const char *fmt, ...) {
        va_list args;
        int r;

        va_start(args, fmt);
        r = pf_message_take(message, fmt, args);
        va_end(args);
        return r;
}

/* Taken apart and rendered, it is what printf(3) makes of it. */
#define EXPECT_SAME(...)                                                                           \
        do {                                                                                       \
                PF_AUTO_MESSAGE PfMessage message = { 0 };                                         \
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(16384);                                        \
                char expected[16384];                                                              \
                                                                                                   \
                (void) snprintf(expected, sizeof(expected), __VA_ARGS__);                          \
                ck_assert_int_eq(take(&message, __VA_ARGS__), 0);                                  \
                ck_assert_ptr_nonnull(message.format);                                             \
                ck_assert_int_eq(pf_message_render(&buf, message.format, message.arguments.items,  \
                                                   message.arguments.n),                           \
                                 0);                                                               \
                ck_assert_str_eq(buf.data, expected);                                              \
        } while (0)

START_TEST(every_directive_is_printed_as_printf_does) {
        EXPECT_SAME("plain");
        EXPECT_SAME("100%% of %s", "it");
        EXPECT_SAME("%s and %.3s and %.*s", "one", "twenty", 2, "three");
        EXPECT_SAME("%d %i %u %ld %lu %lld %llu %zu", -1, 2, 3u, -4l, 5ul, -6ll, 7ull, (size_t) 8);
        EXPECT_SAME("%04o %03x %4X %5d|%05d|%lo|%02lx", 0755u, 10u, 11u, -12, -13, 01777ul, 14ul);
        EXPECT_SAME("%c%c", 'a', 'b');
        EXPECT_SAME("%9u|%10s|", 7u, "right");
}
END_TEST

START_TEST(an_unknown_directive_leaves_the_text_alone) {
        PF_AUTO_MESSAGE PfMessage message = { 0 };

        ck_assert_int_eq(take(&message, "%s takes %.2f s", "it", 0.5), 0);
        ck_assert_ptr_null(message.format);
        ck_assert_uint_eq(message.arguments.n, 0);
        ck_assert_int_eq(take(&message, "%-8s|", "left"), 0);
        ck_assert_ptr_null(message.format);
}
END_TEST

START_TEST(a_long_argument_is_cut) {
        PF_AUTO_MESSAGE PfMessage message = { 0 };
        char text[3 * PF_MESSAGE_ARGUMENT_MAX];

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        ck_assert_int_eq(take(&message, "%s %s", text, "end"), 0);
        ck_assert_uint_eq(strlen(message.arguments.items[0]), PF_MESSAGE_ARGUMENT_MAX);
        ck_assert_str_eq(message.arguments.items[1], "end");
}
END_TEST

static void expect_render(const char *format, size_t n, const char *expected) {
        char *const arguments[] = { "one", "two", "%s" };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1024);

        ck_assert_int_eq(pf_message_render(&buf, format, arguments, n), expected ? 0 : -EINVAL);
        if (expected)
                ck_assert_str_eq(buf.data, expected);
}

START_TEST(a_translation_may_change_the_order) {
        expect_render("%2$s, %1$s", 2, "two, one");
        expect_render("%1$u %1$s", 1, "one one");
        expect_render("%3$s %1$s %2$s 5%%", 3, "%s one two 5%");
        expect_render("%1$s%2$.0s", 2, "one");
}
END_TEST

/* What comes over the wire may have any number of arguments. */
START_TEST(a_wrong_number_is_refused) {
        expect_render("%s", 0, NULL);
        expect_render("%s", 2, NULL);
        expect_render("%2$s", 2, NULL);
        expect_render("%1$s %3$s", 3, NULL);
        expect_render("none", 1, NULL);
        expect_render("%n", 1, NULL);
        expect_render("broken %", 0, NULL);
        expect_render("%99$s", 1, NULL);
        expect_render("%0$s", 1, NULL);
}
END_TEST

START_TEST(counting) {
        ck_assert_int_eq(pf_message_count("none, 5%%"), 0);
        ck_assert_int_eq(pf_message_count("%s of %.*s"), 2);
        ck_assert_int_eq(pf_message_count("%1$s%1$s%2$u"), 2);
        ck_assert_int_eq(pf_message_count("%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s"
                                          "%s%s%s%s%s%s%s%s"),
                         -1);
}
END_TEST

START_TEST(words) {
        ck_assert(pf_message_has_words("%s is on"));
        ck_assert(!pf_message_has_words("%s: %lu%%"));
        ck_assert(!pf_message_has_words("%1$s (%2$zu)"));
        ck_assert(!pf_message_has_words(""));
}
END_TEST

START_TEST(on_the_wire) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_MESSAGE PfMessage message = { 0 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1024);

        ck_assert_int_eq(take(&message, "%s", "it"), 0);
        ck_assert_int_eq(pf_message_put(&message, object, "none"), 0);
        ck_assert_int_eq(take(&message, "%s has %d", "it", 5), 0);
        ck_assert_int_eq(pf_message_put(&message, object, "message"), 0);
        ck_assert_int_eq(pf_json_write(object, &buf), 0);
        ck_assert_str_eq(buf.data,
                         "{\"message\":{\"id\":\"%s has %d\",\"arguments\":[\"it\",\"5\"]}}");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("message");

        PF_TEST(suite, every_directive_is_printed_as_printf_does);
        PF_TEST(suite, an_unknown_directive_leaves_the_text_alone);
        PF_TEST(suite, a_long_argument_is_cut);
        PF_TEST(suite, a_translation_may_change_the_order);
        PF_TEST(suite, a_wrong_number_is_refused);
        PF_TEST(suite, counting);
        PF_TEST(suite, words);
        PF_TEST(suite, on_the_wire);
        return pf_test_main(suite);
}
