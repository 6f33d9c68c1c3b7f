/* SPDX-License-Identifier: MIT */
/* Work beside the loop: each on a thread of its own, and none left of it. */
#include "daemon/report/offload.h"

#include <dirent.h>
#include <stdbool.h>

#include "daemon/base/cleanup.h"
#include "tests/support/test-main.h"

#define N_AT_ONCE 24 /* more than any pool of libuv's has by itself */

typedef struct Errand {
        uv_thread_t loop_thread;
        uv_barrier_t *meeting; /* NULL: meets nobody */
        bool was_elsewhere;
        unsigned n_over;
} Errand;

static uv_loop_t loop;
static bool refuses;

int __real_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *data);
int __wrap_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *data);

int __wrap_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *data) {
        return refuses ? UV_EAGAIN : __real_uv_thread_create(thread, entry, data);
}

static void work(void *data) {
        Errand *errand = data;
        uv_thread_t self = uv_thread_self();

        errand->was_elsewhere = !uv_thread_equal(&errand->loop_thread, &self);
        if (errand->meeting)
                (void) uv_barrier_wait(errand->meeting);
}

static void over(void *data) {
        Errand *errand = data;
        uv_thread_t self = uv_thread_self();

        ck_assert(uv_thread_equal(&errand->loop_thread, &self));
        errand->n_over++;
}

static unsigned n_threads(void) {
        DIR *directory = opendir("/proc/self/task");
        unsigned n = 0;

        ck_assert_ptr_nonnull(directory);
        while (readdir(directory))
                n++;
        (void) closedir(directory);
        return n - 2; /* "." and ".." */
}

static void setup(void) {
        refuses = false;
        ck_assert_int_eq(uv_loop_init(&loop), 0);
}

static void teardown(void) {
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(it_is_done_elsewhere_and_told_from_the_loop) {
        Errand errand = { .loop_thread = uv_thread_self() };

        setup();
        ck_assert_int_eq(pf_offload(&loop, work, over, &errand), 0);
        ck_assert_uint_eq(errand.n_over, 0);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_uint_eq(errand.n_over, 1);
        ck_assert(errand.was_elsewhere);
        ck_assert_int_eq(uv_loop_alive(&loop), 0);
        teardown();
}
END_TEST

/* None goes on before all are there: were one to wait for another's thread, this would hang. */
START_TEST(none_waits_for_another_and_no_thread_stays) {
        Errand errands[N_AT_ONCE];
        unsigned before = n_threads();
        uv_barrier_t meeting;

        setup();
        ck_assert_int_eq(uv_barrier_init(&meeting, N_AT_ONCE), 0);
        for (size_t i = 0; i < N_AT_ONCE; i++) {
                errands[i] = (Errand){ .loop_thread = uv_thread_self(), .meeting = &meeting };
                ck_assert_int_eq(pf_offload(&loop, work, over, &errands[i]), 0);
        }
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        for (size_t i = 0; i < N_AT_ONCE; i++)
                ck_assert_uint_eq(errands[i].n_over, 1);
        while (n_threads() != before) /* joined, but the kernel may not be done with it */
                uv_sleep(1);
        uv_barrier_destroy(&meeting);
        teardown();
}
END_TEST

START_TEST(without_a_thread_nothing_is_begun) {
        Errand errand = { .loop_thread = uv_thread_self() };

        setup();
        refuses = true;
        ck_assert_int_eq(pf_offload(&loop, work, over, &errand), -EAGAIN);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_uint_eq(errand.n_over, 0);
        ck_assert(!errand.was_elsewhere);
        teardown();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("offload");

        PF_TEST(suite, it_is_done_elsewhere_and_told_from_the_loop);
        PF_TEST(suite, none_waits_for_another_and_no_thread_stays);
        PF_TEST(suite, without_a_thread_nothing_is_begun);
        return pf_test_main(suite);
}
