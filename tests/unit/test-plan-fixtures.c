/* SPDX-License-Identifier: MIT */
/*
 * Plans for every fixture, with the real probes and remedies: what a plan says becomes
 * of each check is what becomes of it once the files are written.
 */
#include "daemon/remedy/planner.h"

#include <string.h>

#include "daemon/base/capture.h"
#include "daemon/base/overlay.h"
#include "daemon/remedy/judge.h"
#include "daemon/remedy/scope.h"
#include "daemon/report/evaluate.h"
#include "tests/support/fixtures.h"
#include "tests/support/test-main.h"

static uv_loop_t loop;
static unsigned n_plans, n_remedied, n_leases;

/* @account, @source: NULL: as the fixture asks */
static PfQuestion *ask_as(PfProfile *profile, const PfDemand *demand, const char *account,
                          const char *source) {
        const PfQuestionSpec spec = {
                .profile = profile,
                .agent_version = demand->agent_version,
                .account = account ? account : demand->account,
                .source = source ? source : demand->source,
                .source_host = demand->source_host,
                .local_address = demand->local_address,
                .local_port = demand->local_port,
        };
        PfQuestion *question = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_question_new(&spec, &question, NULL, &err), 0);
        return question;
}

static PfPlan *make_plan(const char *name, PfTarget *target, PfQuestion *question,
                         const char *check, const PfLeaseScope *lease) {
        PF_AUTO_STRV PfStrv checks = { 0 };
        const PfPlanner planner = {
                .loop = &loop,
                .target = target,
                .question = question,
                .checks = check ? &checks : NULL,
                .lease = lease,
                .may_consent = true,
                .deadline_ms = 60000, /* no probe hangs; a loaded machine does */
        };
        PfPlan *plan = NULL;
        PfErr err = { 0 };
        int r = check ? pf_strv_add(&checks, check) : 0;

        if (r == 0)
                r = pf_planner_run(&planner, &plan, NULL, &err);
        ck_assert_msg(r == 0, "%s: %s", name, pf_err_text(&err, r));
        return plan;
}

/* As the engine would, but into a sandbox. */
static void apply(PfSandbox *box, const PfPlan *plan) {
        for (size_t i = 0; i < plan->n_files; i++) {
                const PfPlanFile *file = &plan->files[i];

                if (!file->edit.bytes) {
                        pf_sandbox_remove(box, file->edit.path);
                        continue;
                }
                pf_sandbox_write_bytes(box, file->edit.path, file->edit.bytes, file->edit.n);
                if (!file->was_absent)
                        pf_sandbox_chmod(box, file->edit.path, file->before.mode);
        }
        pf_sandbox_reset_target(box);
}

static PfReadiness *look(PfTarget *target, PfQuestion *question) {
        const PfEvaluation evaluation = {
                .loop = &loop, .target = target, .question = question, .deadline_ms = 60000
        };
        PfReadiness *readiness = NULL;
        const char *hanging;

        ck_assert_int_eq(pf_evaluate(&evaluation, &readiness, &hanging), 0);
        ck_assert_ptr_null(hanging);
        return readiness;
}

/* What an action does is not seen in files. */
static bool is_files_alone(const PfPlan *plan) {
        for (size_t i = 0; i < plan->n_actions; i++)
                if (plan->actions[i].kind != PF_ACTION_RELOAD)
                        return false;
        return true;
}

static void expect_what_was_promised(const char *name, const PfPlan *plan,
                                     const PfReadiness *before, const PfReadiness *after) {
        const PfResult *worse = pf_judge_worse(&before->report, &after->report);

        for (size_t i = 0; i < plan->n_steps; i++) {
                const PfPlanStep *step = &plan->steps[i];
                const PfResult *result = pf_judge_find(&after->report, step->check);

                ck_assert_msg(result && result->verdict == step->after, "%s: %s is %s, not %s: %s",
                              name, step->check,
                              result ? pf_verdict_to_string(result->verdict) : "gone",
                              pf_verdict_to_string(step->after), result ? result->summary : "");
                ck_assert_msg(step->outcome != PF_PLAN_REMEDIED ||
                                      pf_judge_is_turned(step->before, step->after),
                              "%s: %s is called remedied", name, step->check);
                n_remedied += step->outcome == PF_PLAN_REMEDIED;
        }
        ck_assert_msg(!worse, "%s: %s became worse: %s", name, worse ? worse->check->id : "",
                      worse ? worse->summary : "");
}

/* What was planned once leaves nothing that could be planned again. */
static void expect_done(const char *name, const PfPlan *again) {
        ck_assert_msg(again->n_files == 0, "%s: %s would be edited again", name,
                      again->n_files ? again->files[0].edit.path : "");
}

/* All of them where there is time; else those of what has remedies. */
static bool is_wanted(const char *name) {
        return getenv("PF_FULL") || strncmp(name, "sshd/", 5) == 0 ||
               strncmp(name, "boot/", 5) == 0 || strncmp(name, "windows-", 8) == 0;
}

static void plan_fixture(const char *name, void *data) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *again = NULL;
        PF_CLEANUP(pf_readiness_freep) PfReadiness *before = NULL;
        PF_CLEANUP(pf_readiness_freep) PfReadiness *after = NULL;
        PfFileInfo info;

        (void) data;
        if (!is_wanted(name))
                return;
        pf_fixture_open(&fixture, name);
        question = ask_as(fixture.profile, &fixture.demand, NULL, NULL);
        plan = make_plan(name, fixture.box.target, question, NULL, NULL);
        n_plans++;
        /* A captured machine answers from its books, whatever its files say. */
        if (plan->n_files == 0 || !is_files_alone(plan) ||
            pf_target_stat(fixture.box.target, PF_CAPTURE_ABOUT, &info, NULL) == 0)
                return;
        before = look(fixture.box.target, question);
        apply(&fixture.box, plan);
        after = look(fixture.box.target, question);
        expect_what_was_promised(name, plan, before, after);
        again = make_plan(name, fixture.box.target, question, NULL, NULL);
        expect_done(name, again);
}

START_TEST(what_a_plan_promises_comes_true) {
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_fixtures_each(plan_fixture, NULL);
        ck_assert_uint_gt(n_plans, 90);
        ck_assert_uint_gt(n_remedied, 10);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

/* --- leases --- */

#define SOURCE "192.0.2.77"

/* Somebody else, none of whom the planner asks about. */
static const struct {
        const char *account;
        const char *source;
} others[] = { { NULL, "192.0.2.78" }, { NULL, "203.0.113.200" }, { NULL, "2001:db8:1::1" },
               { "nobody", SOURCE },   { "somebody", SOURCE },    { "somebody", "203.0.113.200" } };

static void expect_nothing_else(const char *name, const PfReadiness *before,
                                const PfReadiness *after) {
        for (size_t i = 0; i < before->report.n; i++) {
                const PfResult *was = &before->report.results[i];
                const PfResult *is = pf_judge_find(&after->report, was->check->id);

                ck_assert_msg(is && is->verdict == was->verdict, "%s: of %s from %s, %s is %s now",
                              name, pf_question_demand(before->question)->account,
                              pf_question_demand(before->question)->source, was->check->id,
                              pf_verdict_to_string(is->verdict));
        }
}

static void lease_fixture(const char *name, void *data) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PfReadiness *before[PF_ELEMENTS(others)];
        PfLeaseScope lease = { .source = SOURCE, .duration_usec = 60000000 };

        (void) data;
        if (strncmp(name, "sshd/", 5) != 0)
                return;
        pf_fixture_open(&fixture, name);
        question = ask_as(fixture.profile, &fixture.demand, NULL, SOURCE);
        lease.account = fixture.demand.account;
        plan = make_plan(name, fixture.box.target, question, "ssh.*-*", &lease);
        if (plan->n_files == 0)
                return;
        n_leases++;
        for (size_t i = 0; i < PF_ELEMENTS(others); i++) {
                PF_CLEANUP(pf_question_unrefp)
                PfQuestion *other = ask_as(fixture.profile, &fixture.demand, others[i].account,
                                           others[i].source);

                before[i] = look(fixture.box.target, other);
        }
        apply(&fixture.box, plan);
        for (size_t i = 0; i < PF_ELEMENTS(others); i++) {
                PF_CLEANUP(pf_readiness_freep)
                PfReadiness *after = look(fixture.box.target, before[i]->question);

                expect_nothing_else(name, before[i], after);
                (void) pf_readiness_free(before[i]);
        }
}

START_TEST(a_lease_changes_nothing_for_others) {
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_fixtures_each(lease_fixture, NULL);
        ck_assert_uint_gt(n_leases, 5);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

/* What a Match block takes from the lines behind it no check asks about. */
START_TEST(a_block_that_swallows_what_follows) {
        static const struct {
                const char *block;
                int r;
        } cases[] = {
                { "Match User root Address " SOURCE "\n\tPasswordAuthentication yes\n",
                  PF_SCOPE_WIDER },
                { "Match User root Address " SOURCE "\n\tPasswordAuthentication yes\nMatch all\n",
                  0 },
        };
        PF_CLEANUP(pf_scope_freep) PfScope *scope = NULL;
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        const PfLeaseScope lease = { "root", SOURCE, 60000000 };
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_fixture_open(&fixture, "sshd/default-root-login");
        pf_sandbox_write(&fixture.box, "/etc/ssh/sshd_config", "AllowTcpForwarding no\n");
        question = ask_as(fixture.profile, &fixture.demand, NULL, SOURCE);
        ck_assert_int_eq(
                pf_scope_new(&loop, fixture.box.target, 60000, question, &lease, &scope, &err), 0);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
                char text[512];

                (void) snprintf(text, sizeof(text), "%sAllowTcpForwarding no\n", cases[i].block);
                ck_assert_int_eq(pf_overlay_new(fixture.box.target, &overlay, &err), 0);
                ck_assert_int_eq(
                        pf_overlay_put(overlay, "/etc/ssh/sshd_config", text, strlen(text), &err),
                        0);
                err = (PfErr){ 0 };
                ck_assert_int_eq(pf_scope_check(scope, overlay, &err), cases[i].r);
                ck_assert(cases[i].r == 0 || strstr(err.text, "allowtcpforwarding would change"));
        }
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("plan-fixtures");

        PF_TEST(suite, what_a_plan_promises_comes_true);
        PF_TEST(suite, a_lease_changes_nothing_for_others);
        PF_TEST(suite, a_block_that_swallows_what_follows);
        return pf_test_main(suite);
}
