/* SPDX-License-Identifier: MIT */
#include "daemon/varlink/frame.h"

#include <string.h>
#include <time.h>

#include "tests/support/test-main.h"

static void feed(PfFrame *frame, const char *bytes, size_t n) {
        ck_assert_int_eq(pf_frame_feed(frame, bytes, n), 0);
}

static void expect(PfFrame *frame, const char *text) {
        const char *got;
        size_t n;

        ck_assert_int_eq(pf_frame_next(frame, &got, &n), PF_FRAME_MESSAGE);
        ck_assert_uint_eq(n, strlen(text));
        ck_assert_str_eq(got, text);
}

static void expect_none(PfFrame *frame) {
        const char *got;
        size_t n;

        ck_assert_int_eq(pf_frame_next(frame, &got, &n), 0);
}

START_TEST(several_messages_in_one_piece) {
        PfFrame frame;

        pf_frame_init(&frame, 100);
        feed(&frame, "one\0\0three\0fo", 13);
        expect(&frame, "one");
        expect(&frame, "");
        expect(&frame, "three");
        expect_none(&frame);
        ck_assert(pf_frame_is_partial(&frame));
        ck_assert_uint_eq(pf_frame_buffered(&frame), 2);
        feed(&frame, "ur", 3);
        ck_assert(!pf_frame_is_partial(&frame));
        expect(&frame, "four");
        expect_none(&frame);
        pf_frame_deinit(&frame);
}
END_TEST

START_TEST(byte_by_byte) {
        static const char text[] = "{\"method\":\"a.b.C\"}";
        PfFrame frame;

        pf_frame_init(&frame, sizeof(text) - 1);
        for (int round = 0; round < 3; round++) {
                for (size_t i = 0; i + 1 < sizeof(text); i++) {
                        feed(&frame, text + i, 1);
                        expect_none(&frame);
                        ck_assert(pf_frame_is_partial(&frame));
                }
                feed(&frame, "", 1);
                expect(&frame, text);
                expect_none(&frame);
        }
        pf_frame_deinit(&frame);
}
END_TEST

START_TEST(nothing_is_kept_when_idle) {
        PfFrame frame;

        pf_frame_init(&frame, 1000);
        feed(&frame, "some message", 13);
        expect(&frame, "some message");
        ck_assert_ptr_nonnull(frame.buf.data);
        expect_none(&frame);
        ck_assert_ptr_null(frame.buf.data);
        ck_assert_uint_eq(frame.buf.allocated, 0);
}
END_TEST

/* Of exactly the size that is allowed, and of one more. */
START_TEST(longest_message) {
        char bytes[66];
        const char *got;
        PfFrame frame;
        size_t n;

        memset(bytes, 'x', sizeof(bytes));
        pf_frame_init(&frame, 64);
        feed(&frame, bytes, 64);
        expect_none(&frame);
        feed(&frame, "", 1);
        ck_assert_int_eq(pf_frame_next(&frame, &got, &n), PF_FRAME_MESSAGE);
        ck_assert_uint_eq(n, 64);

        feed(&frame, bytes, 65);
        ck_assert_int_eq(pf_frame_next(&frame, &got, &n), -EMSGSIZE);
        feed(&frame, "", 1);
        ck_assert_int_eq(pf_frame_next(&frame, &got, &n), -EMSGSIZE);
        pf_frame_deinit(&frame);
}
END_TEST

/* Behind a message that nobody takes there is room for PF_FRAME_SLACK. */
START_TEST(buffers_no_more_than_it_says) {
        PF_AUTO_FREE char *bytes = calloc(1, PF_FRAME_SLACK + 65);
        PfFrame frame;

        pf_frame_init(&frame, 64);
        feed(&frame, bytes, PF_FRAME_SLACK + 65);
        ck_assert_int_eq(pf_frame_feed(&frame, bytes, 1), -ENOBUFS);
        expect(&frame, "");
        feed(&frame, bytes, 1);
        ck_assert_int_eq(pf_frame_feed(&frame, bytes, 1), -ENOBUFS);
        ck_assert_uint_le(frame.buf.allocated, 4 * (PF_FRAME_SLACK + 65));
        pf_frame_deinit(&frame);
}
END_TEST

static double now_s(void) {
        struct timespec now;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

/* Without assertions inside, which would take most of the time. */
static double time_pieces(size_t total, size_t piece) {
        PF_AUTO_FREE char *bytes = malloc(piece);
        double before = now_s();
        bool good = true;
        PfFrame frame;

        memset(bytes, 'x', piece);
        pf_frame_init(&frame, total);
        for (size_t n = 0; n < total; n += piece) {
                const char *got;
                size_t length;

                good = good && pf_frame_feed(&frame, bytes, piece) == 0 &&
                       pf_frame_next(&frame, &got, &length) == 0;
        }
        pf_frame_deinit(&frame);
        ck_assert(good);
        return now_s() - before;
}

/* Four times as much takes about four times as long; quadratic would be sixteen. */
START_TEST(long_messages_in_small_pieces) {
        double few = time_pieces((size_t) 1 << 20, 16);
        double many = time_pieces((size_t) 4 << 20, 16);

        ck_assert_msg(many < 10 * few + 0.05, "1 MiB: %.3f s, 4 MiB: %.3f s", few, many);
}
END_TEST

/* A reader that is always behind: taken messages are moved away, seldom. */
START_TEST(always_behind) {
        PfFrame frame;
        size_t most = 0;

        pf_frame_init(&frame, 100);
        feed(&frame, "0123456789\0x", 12);
        for (int i = 0; i < 10000; i++) {
                const char *got;
                size_t n;

                ck_assert_int_eq(pf_frame_next(&frame, &got, &n), PF_FRAME_MESSAGE);
                feed(&frame, "123456789\0x", 11);
                if (frame.buf.allocated > most)
                        most = frame.buf.allocated;
        }
        ck_assert_uint_le(most, 256);
        pf_frame_deinit(&frame);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("frame");

        PF_TEST(suite, several_messages_in_one_piece);
        PF_TEST(suite, byte_by_byte);
        PF_TEST(suite, nothing_is_kept_when_idle);
        PF_TEST(suite, longest_message);
        PF_TEST(suite, buffers_no_more_than_it_says);
        PF_TEST(suite, long_messages_in_small_pieces);
        PF_TEST(suite, always_behind);
        return pf_test_main(suite);
}
