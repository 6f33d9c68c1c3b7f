/* SPDX-License-Identifier: MIT */
/* Runs of probes: order, deadlines, faults, and what they add up to. */
#include "daemon/report/schedule.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "tests/support/fake-probes.h"
#include "tests/support/question.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

typedef struct Outcome {
        PfReadiness *readiness;
        unsigned n_done;
        unsigned n_finished;
        char first_finished[64];
} Outcome;

static uv_loop_t loop;
static PfSandbox box;
static PfProfile *profile;

static void on_finished(const PfResult *results, size_t n, const PfWaivers *waivers, void *data) {
        Outcome *outcome = data;

        (void) waivers;
        if (outcome->n_finished == 0 && n > 0)
                (void) snprintf(outcome->first_finished, sizeof(outcome->first_finished), "%s",
                                results[0].check->id);
        outcome->n_finished += (unsigned) n;
}

static void on_done(PfReadiness *readiness_take, int r, void *data) {
        Outcome *outcome = data;

        ck_assert_int_eq(r, 0);
        outcome->n_done++;
        outcome->readiness = pf_readiness_free(outcome->readiness);
        outcome->readiness = readiness_take;
}

static const PfRunEvents events = { .finished = on_finished, .done = on_done };

static void start(PfSchedule **ret) {
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/secret", "x\n");
        pf_sandbox_chmod(&box, "/secret", 0600);
        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        ck_assert_int_eq(pf_schedule_new(&loop, box.target, 0, ret), 0);
}

static void stop(PfSchedule *schedule) {
        (void) pf_schedule_free(schedule);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        profile = pf_profile_unref(profile);
        pf_sandbox_close(&box);
}

static void run_one(PfSchedule *schedule, const char *only, Outcome *outcome) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = pf_test_question(profile, only);
        unsigned before = outcome->n_done;
        PfRun *run;

        ck_assert_int_eq(pf_schedule_run(schedule, question, &events, outcome, &run), 0);
        ck_assert_uint_eq(outcome->n_done, before); /* never from within the call */
        while (outcome->n_done == before)
                (void) uv_run(&loop, UV_RUN_ONCE);
}

static const PfResult *result_of(const Outcome *outcome, const char *check) {
        for (size_t i = 0; i < outcome->readiness->report.n; i++)
                if (strcmp(outcome->readiness->report.results[i].check->id, check) == 0)
                        return &outcome->readiness->report.results[i];
        ck_abort_msg("%s is not in the report", check);
        return NULL;
}

static void assert_unknown(const Outcome *outcome, const char *check, const char *reason) {
        const PfResult *result = result_of(outcome, check);

        ck_assert_int_eq(result->verdict, PF_UNKNOWN);
        ck_assert_ptr_nonnull(strstr(result->summary, reason));
}

START_TEST(every_check_is_answered_in_order) {
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };

        start(&schedule);
        run_one(schedule, NULL, &outcome);
        ck_assert_uint_eq(outcome.readiness->report.n, pf_n_probes);
        for (size_t i = 0; i < pf_n_probes; i++)
                ck_assert_ptr_eq(outcome.readiness->report.results[i].check, pf_probes[i]->checks);
        ck_assert_uint_eq(outcome.n_finished, pf_n_probes);
        ck_assert_int_eq(result_of(&outcome, PF_FAKE_GOOD)->verdict, PF_PASS);
        ck_assert_int_eq(result_of(&outcome, PF_FAKE_BAD)->verdict, PF_FAIL);
        ck_assert_uint_gt(result_of(&outcome, PF_FAKE_GOOD)->probed_usec, 0);
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

START_TEST(an_error_and_silence_are_unknown) {
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };

        start(&schedule);
        run_one(schedule, NULL, &outcome);
        assert_unknown(&outcome, PF_FAKE_ERROR, "the disk is on fire");
        assert_unknown(&outcome, PF_FAKE_SILENT, "gave no answer");
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

/* What a probe said before it hung counts, and what it says when it comes back does not. */
START_TEST(an_answer_before_the_hang_counts) {
        PfSchedule *schedule = NULL;
        const PfResult *result;
        Outcome outcome = { 0 };

        start(&schedule);
        pf_fake_set_answering(true);
        pf_fake_hang();
        run_one(schedule, PF_FAKE_HANGING, &outcome);
        pf_fake_set_answering(false);
        pf_fake_let_go();
        while (pf_schedule_n_stuck(schedule) > 0)
                (void) uv_run(&loop, UV_RUN_ONCE);

        ck_assert_uint_eq(outcome.readiness->report.n, 1);
        result = result_of(&outcome, PF_FAKE_HANGING);
        ck_assert_int_eq(result->verdict, PF_FAIL);
        ck_assert_str_eq(result->summary, "found before it hung");
        ck_assert_uint_eq(result->n_evidence, 1);
        ck_assert(result->evidence[0].restricted);
        ck_assert_str_eq(result->remedy, "make it good");
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

START_TEST(one_that_hangs_is_unknown_while_the_rest_answers) {
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };
        uint64_t before;

        start(&schedule);
        pf_fake_hang();
        before = pf_clock_monotonic_usec();
        run_one(schedule, NULL, &outcome);
        ck_assert_uint_ge(pf_clock_monotonic_usec() - before, 190000);
        ck_assert_uint_lt(pf_clock_monotonic_usec() - before, 5000000);
        assert_unknown(&outcome, PF_FAKE_HANGING, "did not answer within 200 ms");
        ck_assert_int_eq(result_of(&outcome, PF_FAKE_GOOD)->verdict, PF_PASS);
        ck_assert_str_ne(outcome.first_finished, PF_FAKE_HANGING);
        ck_assert_uint_eq(pf_schedule_n_stuck(schedule), 1);

        pf_fake_let_go();
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

/* However often it is asked, it holds one thread; and it is taken back. */
START_TEST(one_that_hangs_is_not_started_again) {
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };

        start(&schedule);
        pf_fake_hang();
        run_one(schedule, NULL, &outcome);
        for (int i = 0; i < 20; i++) {
                run_one(schedule, NULL, &outcome);
                assert_unknown(&outcome, PF_FAKE_HANGING, "still hangs");
                ck_assert_int_eq(result_of(&outcome, PF_FAKE_GOOD)->verdict, PF_PASS);
        }
        ck_assert_uint_eq(pf_fake_n_hanging(), 1);

        pf_fake_let_go();
        while (pf_schedule_n_stuck(schedule) > 0)
                (void) uv_run(&loop, UV_RUN_ONCE);
        run_one(schedule, NULL, &outcome);
        ck_assert_int_eq(result_of(&outcome, PF_FAKE_HANGING)->verdict, PF_PASS);
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

START_TEST(another_deadline_holds_for_all) {
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };

        start(&schedule);
        pf_schedule_set_deadline(schedule, 50);
        pf_fake_hang();
        run_one(schedule, PF_FAKE_HANGING, &outcome);
        assert_unknown(&outcome, PF_FAKE_HANGING, "within 50 ms");
        pf_fake_let_go();
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

START_TEST(only_what_is_wanted_runs) {
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };

        start(&schedule);
        pf_fake_hang(); /* would be noticed */
        run_one(schedule, "space.root", &outcome);
        ck_assert_uint_eq(outcome.readiness->report.n, 1);
        ck_assert_uint_eq(pf_fake_n_hanging(), 0);
        ck_assert_int_eq(pf_readiness_overall(outcome.readiness), PF_OVERALL_READY);
        pf_fake_let_go();
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

START_TEST(runs_are_taken_one_after_the_other) {
        PfSchedule *schedule = NULL;
        Outcome outcomes[PF_SCHEDULE_QUEUE_MAX] = { 0 };
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfRun *run = NULL;
        unsigned n = 0;

        start(&schedule);
        question = pf_test_question(profile, "space.root");
        for (size_t i = 0; i < PF_SCHEDULE_QUEUE_MAX; i++)
                ck_assert_int_eq(pf_schedule_run(schedule, question, &events, &outcomes[i], &run),
                                 0);
        ck_assert(!pf_run_has_started(run));
        ck_assert_int_eq(pf_schedule_run(schedule, question, &events, &outcomes[0], &run), -EBUSY);
        while (outcomes[PF_SCHEDULE_QUEUE_MAX - 1].n_done == 0)
                (void) uv_run(&loop, UV_RUN_ONCE);
        for (size_t i = 0; i < PF_SCHEDULE_QUEUE_MAX; i++) {
                n += outcomes[i].n_done;
                (void) pf_readiness_free(outcomes[i].readiness);
        }
        ck_assert_uint_eq(n, PF_SCHEDULE_QUEUE_MAX);
        question = pf_question_unref(question);
        stop(schedule);
}
END_TEST

START_TEST(a_forgotten_run_calls_nobody) {
        PfSchedule *schedule = NULL;
        Outcome forgotten = { 0 }, outcome = { 0 };
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfRun *run = NULL;

        start(&schedule);
        question = pf_test_question(profile, NULL);
        ck_assert_int_eq(pf_schedule_run(schedule, question, &events, &forgotten, &run), 0);
        pf_run_forget(run);
        run_one(schedule, NULL, &outcome);
        ck_assert_uint_eq(forgotten.n_done + forgotten.n_finished, 0);
        outcome.readiness = pf_readiness_free(outcome.readiness);
        question = pf_question_unref(question);
        stop(schedule);
}
END_TEST

/* Those who go make room in the queue, wherever they stand in it. */
START_TEST(a_run_that_was_not_started_is_not_made) {
        static const PfRunEvents own = { .done = on_done, .passes_limit = true };
        PfSchedule *schedule = NULL;
        Outcome gone = { 0 }, outcome = { 0 };
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfRun *runs[PF_SCHEDULE_QUEUE_MAX], *run = NULL;

        start(&schedule);
        question = pf_test_question(profile, "space.root");
        for (size_t i = 0; i < PF_ELEMENTS(runs); i++)
                ck_assert_int_eq(pf_schedule_run(schedule, question, &events, &gone, &runs[i]), 0);
        ck_assert_int_eq(pf_schedule_run(schedule, question, &events, &gone, &run), -EBUSY);
        ck_assert_int_eq(pf_schedule_run(schedule, question, &own, &outcome, &run), 0);
        pf_run_forget(runs[7]);
        pf_run_forget(runs[0]);
        ck_assert_int_eq(pf_schedule_run(schedule, question, &events, &outcome, &run), 0);
        for (size_t i = 1; i < PF_ELEMENTS(runs); i++)
                if (i != 7)
                        pf_run_forget(runs[i]);
        while (outcome.n_done < 2)
                (void) uv_run(&loop, UV_RUN_ONCE);
        ck_assert_uint_eq(gone.n_done + gone.n_finished, 0);

        /* The only one: nothing is left to be started, and the next one is. */
        ck_assert_int_eq(pf_schedule_run(schedule, question, &events, &gone, &run), 0);
        pf_run_forget(run);
        (void) uv_run(&loop, UV_RUN_NOWAIT);
        run_one(schedule, "space.root", &outcome);
        ck_assert_uint_eq(gone.n_done, 0);
        outcome.readiness = pf_readiness_free(outcome.readiness);
        question = pf_question_unref(question);
        stop(schedule);
}
END_TEST

/* Freed in the middle of a run, with one probe hanging: no callback, no leak. */
START_TEST(freed_while_running) {
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfRun *run = NULL;

        start(&schedule);
        pf_schedule_set_deadline(schedule, 60000); /* or a slow machine is done with it before */
        pf_fake_hang();
        question = pf_test_question(profile, NULL);
        ck_assert_int_eq(pf_schedule_run(schedule, question, &events, &outcome, &run), 0);
        while (pf_fake_n_hanging() == 0) {
                (void) uv_run(&loop, UV_RUN_NOWAIT);
                uv_sleep(1);
        }
        schedule = pf_schedule_free(schedule);
        pf_fake_let_go();
        question = pf_question_unref(question);
        stop(schedule);
        ck_assert_uint_eq(outcome.n_done, 0);
        (void) pf_readiness_free(outcome.readiness);
}
END_TEST

START_TEST(the_report_withholds_what_others_may_not_read) {
        PF_CLEANUP(pf_json_freep) PfJson *open = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *withheld = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };

        start(&schedule);
        run_one(schedule, PF_FAKE_BAD, &outcome);
        ck_assert_int_eq(pf_readiness_to_json(outcome.readiness, true, &open), 0);
        ck_assert_int_eq(pf_json_write(open, &text), 0);
        ck_assert_ptr_nonnull(strstr(text.data, "a secret"));
        text.n = 0;
        ck_assert_int_eq(pf_readiness_to_json(outcome.readiness, false, &withheld), 0);
        ck_assert_int_eq(pf_json_write(withheld, &text), 0);
        ck_assert_ptr_null(strstr(text.data, "a secret"));
        ck_assert_ptr_nonnull(strstr(text.data, "\"withheld\":true"));
        ck_assert_ptr_nonnull(strstr(text.data, "\"verdict\":\"fail\""));
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

/* A failed blocker outweighs what is unknown; an unknown one is never ready. */
START_TEST(the_whole_is_never_ready_without_evidence) {
        PfSchedule *schedule = NULL;
        Outcome outcome = { 0 };
        PF_AUTO_FREE char *status = NULL;

        start(&schedule);
        run_one(schedule, NULL, &outcome);
        ck_assert_int_eq(pf_readiness_overall(outcome.readiness), PF_OVERALL_BLOCKED);
        status = pf_readiness_status(outcome.readiness);
        ck_assert_str_eq(status, "blocked: bad (95524), 3 passed");
        run_one(schedule, PF_FAKE_ERROR, &outcome);
        ck_assert_int_eq(pf_readiness_overall(outcome.readiness), PF_OVERALL_UNKNOWN);
        run_one(schedule, PF_FAKE_SILENT, &outcome);
        ck_assert_int_eq(pf_readiness_overall(outcome.readiness), PF_OVERALL_UNKNOWN);
        run_one(schedule, PF_FAKE_GOOD, &outcome);
        ck_assert_int_eq(pf_readiness_overall(outcome.readiness), PF_OVERALL_READY);
        outcome.readiness = pf_readiness_free(outcome.readiness);
        stop(schedule);
}
END_TEST

START_TEST(a_question_refuses_what_cannot_be) {
        static const struct {
                PfQuestionSpec spec;
                const char *field;
        } cases[] = {
                { { .source = "not an address" }, "source" },
                { { .source = "" }, "source" },
                { { .local_address = "1.2.3" }, "localAddress" },
                { { .account = "" }, "account" },
                { { .account = "ro\not" }, "account" },
                { { .account = "\xff" }, "account" },
                { { .agent_version = "nine" }, "agentVersion" },
                { { .source_host = "a\tb" }, "sourceHost" },
        };
        PfProfile *mobility = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &mobility, &err), 0);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfQuestionSpec spec = cases[i].spec;
                PfQuestion *question = NULL;
                const char *field = NULL;
                PfErr text = { 0 };

                spec.profile = mobility;
                ck_assert_int_eq(pf_question_new(&spec, &question, &field, &text), -EINVAL);
                ck_assert_str_eq(field, cases[i].field);
                ck_assert_str_ne(text.text, "");
        }
        mobility = pf_profile_unref(mobility);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("schedule");

        PF_TEST(suite, every_check_is_answered_in_order);
        PF_TEST(suite, an_error_and_silence_are_unknown);
        PF_TEST(suite, an_answer_before_the_hang_counts);
        PF_TEST(suite, one_that_hangs_is_unknown_while_the_rest_answers);
        PF_TEST(suite, one_that_hangs_is_not_started_again);
        PF_TEST(suite, another_deadline_holds_for_all);
        PF_TEST(suite, only_what_is_wanted_runs);
        PF_TEST(suite, runs_are_taken_one_after_the_other);
        PF_TEST(suite, a_forgotten_run_calls_nobody);
        PF_TEST(suite, a_run_that_was_not_started_is_not_made);
        PF_TEST(suite, freed_while_running);
        PF_TEST(suite, the_report_withholds_what_others_may_not_read);
        PF_TEST(suite, the_whole_is_never_ready_without_evidence);
        PF_TEST(suite, a_question_refuses_what_cannot_be);
        return pf_test_main(suite);
}
