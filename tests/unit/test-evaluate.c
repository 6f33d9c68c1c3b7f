/* SPDX-License-Identifier: MIT */
/* A run that is waited for: the whole report, and what is said of a probe that hangs. */
#include "daemon/report/evaluate.h"

#include <string.h>

#include "tests/support/fake-probes.h"
#include "tests/support/question.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static uv_loop_t loop;
static PfSandbox box;
static PfProfile *profile;

static void setup(void) {
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
}

static void teardown(void) {
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        profile = pf_profile_unref(profile);
        pf_sandbox_close(&box);
}

static void count(const PfResult *results, size_t n, const PfWaivers *waivers, void *data) {
        (void) results;
        (void) waivers;
        *(size_t *) data += n;
}

static PfReadiness *evaluate(const char *only, size_t *n_finished, const char **ret_hanging) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = pf_test_question(profile, only);
        const PfEvaluation evaluation = {
                .loop = &loop,
                .target = box.target,
                .question = question,
                .finished = n_finished ? count : NULL,
                .data = n_finished,
        };
        PfReadiness *readiness = NULL;

        ck_assert_int_eq(pf_evaluate(&evaluation, &readiness, ret_hanging), 0);
        return readiness;
}

START_TEST(the_report_is_there_when_it_returns) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        const char *hanging = "";
        size_t n_finished = 0;

        setup();
        readiness = evaluate(NULL, &n_finished, &hanging);
        ck_assert_uint_eq(readiness->report.n, pf_n_probes);
        ck_assert_uint_eq(n_finished, pf_n_probes);
        ck_assert_ptr_null(hanging);
        /* Nothing of it is left in the loop. */
        ck_assert_int_eq(uv_loop_alive(&loop), 0);
        teardown();
}
END_TEST

START_TEST(only_what_is_wanted) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        const char *hanging;

        setup();
        pf_fake_hang(); /* a probe that is not wanted */
        readiness = evaluate(PF_FAKE_BAD, NULL, &hanging);
        ck_assert_uint_eq(readiness->report.n, 1);
        ck_assert_int_eq(readiness->report.results[0].verdict, PF_FAIL);
        ck_assert_ptr_null(hanging);
        pf_fake_let_go();
        teardown();
}
END_TEST

START_TEST(a_probe_that_hangs_is_named) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        const char *hanging = NULL;

        setup();
        pf_fake_hang();
        readiness = evaluate(PF_FAKE_HANGING, NULL, &hanging);
        ck_assert_int_eq(readiness->report.results[0].verdict, PF_UNKNOWN);
        ck_assert_ptr_nonnull(strstr(readiness->report.results[0].summary, "did not answer"));
        ck_assert_str_eq(hanging, "hanging");

        /* Its thread comes back later, to nobody. */
        pf_fake_let_go();
        teardown();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("evaluate");

        PF_TEST(suite, the_report_is_there_when_it_returns);
        PF_TEST(suite, only_what_is_wanted);
        PF_TEST(suite, a_probe_that_hangs_is_named);
        return pf_test_main(suite);
}
