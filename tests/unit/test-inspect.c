/* SPDX-License-Identifier: MIT */
/* Facts are waited for as long as the settings say, and no longer. */
#include "daemon/report/inspect.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/remedy/settings.h"
#include "tests/support/question.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

/* A registry with one probe, which gives its facts only once it is let go. */
#define PROBE_MS 600000

static const PfCheck check = { .id = "ssh.server" };
static uv_sem_t let_go;
static bool waits;

static int run_nothing(const PfTarget *target, const PfDemand *demand, PfReport *report,
                       PfErr *err) {
        (void) target;
        (void) demand;
        (void) err;
        return pf_report_pass(report, &check, "all is well");
}

static int inspect(const PfTarget *target, const PfDemand *demand, bool privileged, PfJson **ret,
                   PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *facts = pf_json_new_object();

        (void) target;
        (void) demand;
        (void) privileged;
        (void) err;
        if (waits)
                uv_sem_wait(&let_go);
        if (!facts || pf_json_put_take(facts, "effective", pf_json_new_object()) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(facts);
        return 0;
}

static const PfProbe probe = { .name = "sshd",
                               .checks = &check,
                               .n_checks = 1,
                               .platforms = PF_PLATFORM_LINUX,
                               .deadline_ms = PROBE_MS,
                               .run = run_nothing,
                               .subject = "ssh",
                               .inspect = inspect };

const PfProbe *const pf_probes[] = { &probe };
const size_t pf_n_probes = PF_ELEMENTS(pf_probes);

static uv_loop_t loop;
static PfSandbox box;
static PfProfile *profile;
static PfQuestion *question;

static void setup(bool is_to_wait) {
        PfErr err = { 0 };

        waits = is_to_wait;
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(uv_sem_init(&let_go, 0), 0);
        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        question = pf_test_question(profile, NULL);
}

static void teardown(void) {
        if (waits)
                uv_sem_post(&let_go);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_uint_eq(pf_inspect_n_running(), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        uv_sem_destroy(&let_go);
        question = pf_question_unref(question);
        profile = pf_profile_unref(profile);
        pf_sandbox_close(&box);
}

typedef struct Answer {
        int r;
        bool is_there;
        bool has_facts;
} Answer;

static void on_inspected(PfJson *facts_take, int r, const char *text, void *data) {
        ck_assert(r == 0 || text);
        *(Answer *) data = (Answer){ .r = r, .is_there = true, .has_facts = facts_take };
        (void) pf_json_free(facts_take);
}

static Answer ask(uint64_t deadline_ms) {
        const PfInspection inspection = { .loop = &loop,
                                          .target = box.target,
                                          .question = question,
                                          .subject = "ssh",
                                          .deadline_ms = deadline_ms };
        Answer answer = { 0 };

        ck_assert_int_eq(pf_inspect(&inspection, on_inspected, &answer), 0);
        while (!answer.is_there)
                (void) uv_run(&loop, UV_RUN_ONCE);
        return answer;
}

START_TEST(facts_come_before_any_deadline) {
        Answer answer;

        setup(false);
        answer = ask(0);
        ck_assert_int_eq(answer.r, 0);
        ck_assert(answer.has_facts);
        teardown();
}
END_TEST

/* Ten minutes are the probe's own: were they waited for, the test would not end in time. */
START_TEST(settings_decide_how_long_it_may_take) {
        Answer answer;

        setup(true);
        answer = ask(20);
        ck_assert_int_eq(answer.r, -ETIMEDOUT);
        ck_assert(!answer.has_facts);
        ck_assert_uint_eq(pf_inspect_n_running(), 1);
        teardown();
}
END_TEST

START_TEST(what_a_lease_opens_is_asked_for_as_long) {
        PfJson *settings = NULL;
        PfErr err = { 0 };

        setup(true);
        ck_assert_int_eq(pf_settings_of_sshd(&loop, box.target, question, 20, &settings, &err),
                         -ETIMEDOUT);
        ck_assert_ptr_null(settings);
        ck_assert_str_ne(err.text, "");
        teardown();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("inspect");

        PF_TEST(suite, facts_come_before_any_deadline);
        PF_TEST(suite, settings_decide_how_long_it_may_take);
        PF_TEST(suite, what_a_lease_opens_is_asked_for_as_long);
        return pf_test_main(suite);
}
