/* SPDX-License-Identifier: MIT */
/*
 * What the service of remedies is made of: its threads, the plans it keeps, the timer of
 * leases and the records of those that are open. The whole is tested from outside.
 */
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/clock.h"
#include "daemon/remedy/kept-plans.h"
#include "daemon/remedy/lease-publish.h"
#include "daemon/remedy/lease-timer.h"
#include "daemon/remedy/worker.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static uv_loop_t loop;

static void close_loop(void) {
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* --- jobs --- */

typedef struct Job {
        PfWorkerJob job;
        char name;
        uv_sem_t *wait; /* before it is over; NULL: nothing */
        uv_thread_t thread;
} Job;

static char order[64];
static uv_sem_t begun; /* by one that waits */

static void note(char name) {
        size_t n = strlen(order);

        ck_assert_uint_lt(n + 1, sizeof(order));
        order[n] = name;
        order[n + 1] = '\0';
}

static void work(PfWorkerJob *job) {
        Job *mine = (Job *) job;

        mine->thread = uv_thread_self();
        if (mine->wait) {
                uv_sem_post(&begun);
                uv_sem_wait(mine->wait);
        }
}

static void done(PfWorkerJob *job, bool was_begun) {
        note(((Job *) job)->name);
        if (!was_begun)
                note('-');
}

static Job make(char name, uv_sem_t *wait) {
        return (Job){ .job = { .work = work, .done = done }, .name = name, .wait = wait };
}

static void turn_until(size_t n) {
        while (strlen(order) < n)
                (void) uv_run(&loop, UV_RUN_ONCE);
}

START_TEST(jobs_run_one_after_the_other_on_another_thread) {
        PfWorker *worker = NULL;
        uv_sem_t go;
        Job a = make('a', &go), b = make('b', NULL), c = make('c', NULL), d = make('d', NULL);
        uv_thread_t self = uv_thread_self();

        order[0] = '\0';
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(uv_sem_init(&go, 0) | uv_sem_init(&begun, 0), 0);
        ck_assert_int_eq(pf_worker_new(&loop, &worker), 0);
        pf_worker_add(worker, &a.job);
        uv_sem_wait(&begun);
        pf_worker_add(worker, &b.job);
        pf_worker_add(worker, &c.job);
        pf_worker_add_first(worker, &d.job);
        ck_assert_uint_eq(pf_worker_n_jobs(worker), 4);
        ck_assert(!pf_worker_remove(worker, &a.job)); /* it has begun */
        ck_assert(pf_worker_remove(worker, &b.job));
        ck_assert(!pf_worker_remove(worker, &b.job));
        ck_assert_uint_eq(pf_worker_n_jobs(worker), 3);
        uv_sem_post(&go);
        turn_until(3);
        ck_assert_str_eq(order, "adc");
        ck_assert_uint_eq(pf_worker_n_jobs(worker), 0);
        ck_assert(!uv_thread_equal(&self, &a.thread) && !uv_thread_equal(&self, &c.thread));
        worker = pf_worker_free(worker);
        close_loop();
        uv_sem_destroy(&go);
        uv_sem_destroy(&begun);
}
END_TEST

START_TEST(a_job_that_has_begun_is_finished) {
        PfWorker *worker = NULL;
        uv_sem_t go;
        Job a = make('a', &go), b = make('b', NULL);

        order[0] = '\0';
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(uv_sem_init(&go, 0) | uv_sem_init(&begun, 0), 0);
        ck_assert_int_eq(pf_worker_new(&loop, &worker), 0);
        pf_worker_add(worker, &a.job);
        pf_worker_add(worker, &b.job);
        uv_sem_wait(&begun);
        uv_sem_post(&go);
        worker = pf_worker_free(worker);
        ck_assert_str_eq(order, "ab-");
        close_loop();
        uv_sem_destroy(&go);
        uv_sem_destroy(&begun);
}
END_TEST

/* --- plans --- */

static PfKeptPlan plan(const char *digest, uint64_t made_usec) {
        PfKeptPlan kept = { .plan = calloc(1, sizeof(*kept.plan)), .made_usec = made_usec };

        ck_assert_ptr_nonnull(kept.plan);
        (void) snprintf(kept.plan->digest, sizeof(kept.plan->digest), "%s", digest);
        return kept;
}

static bool take(PfKeptPlans *kept, const char *digest, uint64_t now_usec) {
        PfKeptPlan found = pf_kept_plans_steal(kept, digest, now_usec);
        bool is_there = found.plan != NULL;

        ck_assert(!is_there || strcmp(found.plan->digest, digest) == 0);
        pf_kept_plan_deinit(&found);
        return is_there;
}

START_TEST(a_plan_is_handed_over_once_and_for_a_while) {
        PfKeptPlans kept = { 0 };

        pf_kept_plans_put_take(&kept, plan("a", 100));
        pf_kept_plans_put_take(&kept, plan("b", 200));
        pf_kept_plans_put_take(&kept, plan("a", 300)); /* made again */
        ck_assert_uint_eq(kept.n, 2);
        ck_assert(!take(&kept, "c", 400));
        ck_assert(!take(&kept, "b", 201 + PF_KEPT_PLANS_USEC));
        ck_assert(take(&kept, "a", 300 + PF_KEPT_PLANS_USEC));
        ck_assert(!take(&kept, "a", 300 + PF_KEPT_PLANS_USEC));
        ck_assert_uint_eq(kept.n, 0);
}
END_TEST

START_TEST(the_oldest_plan_makes_room) {
        PfKeptPlans kept = { 0 };
        char name[8];

        for (unsigned i = 0; i < PF_KEPT_PLANS_MAX + 3; i++) {
                (void) snprintf(name, sizeof(name), "%u", i);
                pf_kept_plans_put_take(&kept, plan(name, i));
        }
        ck_assert_uint_eq(kept.n, PF_KEPT_PLANS_MAX);
        ck_assert(!take(&kept, "2", 100));
        ck_assert(take(&kept, "3", 100));
        pf_kept_plans_deinit(&kept);
        ck_assert_uint_eq(kept.n, 0);
}
END_TEST

/* --- the timer --- */

static unsigned n_over;

static void on_over(void *data) {
        ck_assert_ptr_eq(data, &n_over);
        n_over++;
}

START_TEST(the_timer_goes_by_the_time_since_boot) {
        PfLeaseTimer *timer = NULL;
        PfLeaseClock now;
        PfErr err = { 0 };

        n_over = 0;
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(pf_lease_timer_new(&loop, on_over, &n_over, &timer, &err), 0);
        ck_assert_int_eq(pf_lease_clock_read(&now, &err), 0);
        pf_lease_timer_set(timer, 0); /* long ago */
        while (n_over < 1)
                (void) uv_run(&loop, UV_RUN_ONCE);
        pf_lease_timer_set(timer, now.boot_usec + 100 * 1000);
        while (n_over < 2)
                (void) uv_run(&loop, UV_RUN_ONCE);
        ck_assert_int_eq(pf_lease_clock_read(&now, &err), 0);
        pf_lease_timer_set(timer, now.boot_usec + 3600ull * 1000000);
        pf_lease_timer_set(timer, now.boot_usec); /* the last one counts */
        while (n_over < 3)
                (void) uv_run(&loop, UV_RUN_ONCE);
        pf_lease_timer_set(timer, now.boot_usec);
        pf_lease_timer_set(timer, UINT64_MAX);
        (void) uv_run(&loop, UV_RUN_NOWAIT);
        ck_assert_uint_eq(n_over, 3);
        timer = pf_lease_timer_free(timer);
        close_loop();
}
END_TEST

/* --- records --- */

static PfSandbox box;
static PfTransactionLease lease = { .scope = { .account = (char *) "root",
                                               .source = (char *) "192.0.2.7",
                                               .duration_usec = 60000000 } };
static const PfLeaseClock now = { .boot_id = "11111111-1111-4111-8111-111111111111",
                                  .boot_usec = 5000000,
                                  .real_usec = UINT64_C(1763827200000000) };

static PfTransaction transaction(const char *id, PfTransactionState state) {
        pf_lease_begin(&lease, &now);
        return (PfTransaction){ .id = (char *) id,
                                .state = state,
                                .started_usec = now.real_usec,
                                .who = (char *) "root (uid 0, pid 812)",
                                .why = (char *) "ssh.root-login",
                                .lease = &lease };
}

static int publish(PfTransaction *a, PfTransaction *b, PfErr *err) {
        PfTransaction *list[] = { a, b };

        return pf_leases_publish(box.root, list, b ? 2 : a ? 1 : 0, &now, err);
}

static void expect_records(const char *names) {
        PF_AUTO_STRV PfStrv found = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1000);

        pf_sandbox_reset_target(&box);
        ck_assert_int_ge(pf_target_list(box.target, PF_LEASES_PATH, &found, NULL), 0);
        for (size_t i = 0; i < found.n; i++)
                ck_assert_int_eq(pf_buf_printf(&text, "%s ", found.items[i]), 0);
        ck_assert_str_eq(text.data ? text.data : "", names);
}

START_TEST(open_leases_have_records) {
        PfTransaction a = transaction("a", PF_TRANSACTION_APPLIED);
        PfTransaction b = transaction("b", PF_TRANSACTION_REVERTING);
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_LEASE_RECORD_MAX);
        PF_AUTO_LEASE_RECORD PfLeaseRecord record = { 0 };
        PfFileInfo info;
        PfErr err = { 0 };
        int r;

        pf_sandbox_new(&box);
        r = publish(&a, &b, &err);
        ck_assert_msg(r == 0, "%s", err.text);
        expect_records("a.json b.json ");
        ck_assert_int_eq(pf_target_stat(box.target, PF_LEASES_PATH "/a.json", &info, NULL), 0);
        ck_assert_uint_eq(info.mode, 0644);
        r = pf_target_read(box.target, PF_LEASES_PATH "/a.json", PF_LEASE_RECORD_MAX, &text, NULL);
        ck_assert_int_eq(r, 0);
        ck_assert_int_eq(pf_lease_record_parse(text.data, text.n, &record, &err), 0);
        ck_assert_str_eq(record.id, "a");
        ck_assert_str_eq(record.account, "root");
        ck_assert_str_eq(record.source, "192.0.2.7");
        ck_assert_uint_eq(record.ends_usec, now.real_usec + 60000000);
        a.state = PF_TRANSACTION_UNDONE;
        ck_assert_int_eq(publish(&a, &b, &err), 0);
        expect_records("b.json ");
        ck_assert_int_eq(publish(NULL, NULL, &err), 0);
        expect_records("");
        pf_sandbox_close(&box);
}
END_TEST

START_TEST(without_leases_nothing_is_made) {
        PfTransaction a = transaction("a", PF_TRANSACTION_UNDONE);
        PfFileInfo info;

        pf_sandbox_new(&box);
        ck_assert_int_eq(publish(&a, NULL, NULL), 0);
        ck_assert_int_eq(pf_target_stat(box.target, "/run", &info, NULL), PF_TARGET_ABSENT);
        pf_sandbox_close(&box);
}
END_TEST

/* /run/preflightd may belong to a user who puts something else there. */
START_TEST(no_link_is_followed) {
        static const char *const links[] = { "/run/preflightd/leases", "/run/preflightd", "/run" };
        PfTransaction a = transaction("a", PF_TRANSACTION_APPLIED);

        for (size_t i = 0; i < PF_ELEMENTS(links); i++) {
                PF_AUTO_FREE char *elsewhere = NULL;
                PF_AUTO_STRV PfStrv found = { 0 };
                PfErr err = { 0 };

                pf_sandbox_new(&box);
                pf_sandbox_mkdir(&box, "/elsewhere");
                elsewhere = pf_sandbox_path(&box, "/elsewhere");
                pf_sandbox_mkdir(&box, i == 0 ? "/run/preflightd" : i == 1 ? "/run" : "/");
                pf_sandbox_symlink(&box, elsewhere, links[i]);
                ck_assert_int_lt(publish(&a, NULL, &err), 0);
                ck_assert_int_eq(pf_target_list(box.target, "/elsewhere", &found, NULL), 0);
                ck_assert_uint_eq(found.n, 0);
                pf_sandbox_close(&box);
        }
}
END_TEST

START_TEST(a_directory_that_others_may_write_to_is_refused) {
        PfTransaction a = transaction("a", PF_TRANSACTION_APPLIED);
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, PF_LEASES_PATH);
        pf_sandbox_chmod(&box, PF_LEASES_PATH, 0777);
        ck_assert_int_eq(publish(&a, NULL, &err), -EPERM);
        ck_assert_msg(strstr(err.text, PF_LEASES_PATH), "%s", err.text);
        expect_records("");
        pf_sandbox_close(&box);
}
END_TEST

START_TEST(records_that_are_none) {
        static const char *const texts[] = {
                "",
                "{",
                "[]",
                "7",
                "null",
                "{}",
                "{\"id\":\"a\"}",
                "{\"id\":\"a\",\"account\":\"b\",\"source\":\"c\",\"who\":\"d\",\"why\":\"e\","
                "\"startedUSec\":1}",
                "{\"id\":\"a\",\"account\":\"b\",\"source\":\"c\",\"who\":\"d\",\"why\":\"e\","
                "\"startedUSec\":1,\"endsUSec\":-1}",
                "{\"id\":7,\"account\":\"b\",\"source\":\"c\",\"who\":\"d\",\"why\":\"e\","
                "\"startedUSec\":1,\"endsUSec\":2}",
                "[[[[[[[[[[]]]]]]]]]]",
        };
        PfLeaseRecord record = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(texts); i++) {
                PfErr err = { 0 };

                ck_assert_int_eq(pf_lease_record_parse(texts[i], strlen(texts[i]), &record, &err),
                                 -EINVAL);
                ck_assert_msg(err.text[0], "%s", texts[i]);
                ck_assert_ptr_null(record.id);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("remediation-parts");

        PF_TEST(suite, jobs_run_one_after_the_other_on_another_thread);
        PF_TEST(suite, a_job_that_has_begun_is_finished);
        PF_TEST(suite, a_plan_is_handed_over_once_and_for_a_while);
        PF_TEST(suite, the_oldest_plan_makes_room);
        PF_TEST(suite, the_timer_goes_by_the_time_since_boot);
        PF_TEST(suite, open_leases_have_records);
        PF_TEST(suite, without_leases_nothing_is_made);
        PF_TEST(suite, no_link_is_followed);
        PF_TEST(suite, a_directory_that_others_may_write_to_is_refused);
        PF_TEST(suite, records_that_are_none);
        return pf_test_main(suite);
}
