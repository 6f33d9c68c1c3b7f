/* SPDX-License-Identifier: MIT */
/* What the probes say of the machine, as it is and as it would be. */
#include "daemon/remedy/planner-internal.h"

#include <string.h>

#include "daemon/report/evaluate.h"

#define NETWORK_CHECK "net.endpoints" /* asks servers, whom no edit of ours changes */

static int ask(const PfPlanning *planning, PfTarget *target, PfQuestion *question,
               PfReadiness **ret, const char **ret_hanging) {
        const PfEvaluation evaluation = {
                .loop = planning->planner->loop,
                .target = target,
                .question = question,
                .deadline_ms = planning->planner->deadline_ms,
        };

        return pf_evaluate(&evaluation, ret, ret_hanging);
}

/* About a machine as it would be. Who hangs now did not hang before. */
int pf_planning_judge(const PfPlanning *planning, PfTarget *overlay, PfReadiness **ret,
                      PfErr *err) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        const char *hanging;
        int r = ask(planning, overlay, planning->question, &readiness, &hanging);

        if (r == 0 && hanging)
                return pf_err_set(err, -ETIMEDOUT,
                                  "the probe \"%s\" does not come back, so nothing can be judged "
                                  "by it",
                                  hanging);
        if (r == 0)
                *ret = PF_STEAL(readiness);
        return r;
}

/* The answer now; of what is not asked any more, that about the machine as it is. */
const PfResult *pf_planning_answer(const PfPlanning *planning, const char *check) {
        const PfResult *result = pf_judge_find(&planning->now->report, check);

        return result ? result : pf_judge_find(&planning->base->report, check);
}

static int skip_probe(PfPlanning *planning, const char *name) {
        int r = 0;

        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t j = 0;
                     strcmp(pf_probes[i]->name, name) == 0 && r == 0 && j < pf_probes[i]->n_checks;
                     j++)
                        r = pf_strv_add(&planning->skipped, pf_probes[i]->checks[j].id);
        return r;
}

/* The planner's question, of all checks but those that are skipped. */
static int make_question(const PfPlanning *planning, bool is_about_network, PfQuestion **ret,
                         PfErr *err) {
        PfQuestionSpec spec;

        pf_question_describe(planning->planner->question, &spec);
        spec.only = NULL;
        spec.skip = &planning->skipped;
        if (!is_about_network)
                spec.endpoints = NULL;
        return pf_question_new(&spec, ret, NULL, err);
}

/* Leaves out what hangs, until nothing does. Another may have hung behind the first. */
static int skip_what_hangs(PfPlanning *planning, const char *hanging, PfErr *err) {
        int r = 0;

        while (r == 0 && hanging) {
                PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
                PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
                size_t n = planning->skipped.n;

                planning->plan->hanging = hanging;
                r = skip_probe(planning, hanging);
                if (r == 0 && planning->skipped.n == n)
                        return pf_err_set(err, -ETIMEDOUT, "reading the machine's %s hangs",
                                          hanging);
                if (r == 0)
                        r = make_question(planning, false, &question, err);
                if (r == 0)
                        r = ask(planning, planning->planner->target, question, &readiness,
                                &hanging);
        }
        return r;
}

int pf_planning_look_at_machine(PfPlanning *planning, PfErr *err) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        const char *hanging = NULL;
        PfQuestionSpec spec;
        int r;

        pf_question_describe(planning->planner->question, &spec);
        r = pf_strv_copy(spec.skip, &planning->skipped);
        if (r == 0)
                r = make_question(planning, true, &question, err);
        if (r == 0)
                r = ask(planning, planning->planner->target, question, &planning->base, &hanging);
        if (r == 0 && spec.endpoints->n > 0)
                r = pf_strv_add(&planning->skipped, NETWORK_CHECK);
        if (r == 0)
                r = skip_what_hangs(planning, hanging, err);
        if (r == 0)
                r = make_question(planning, false, &planning->question, err);
        return r == 0 ? pf_planning_look_again(planning, err) : r;
}

/* Takes the machine as the changes make it now. */
int pf_planning_look_again(PfPlanning *planning, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        PF_CLEANUP(pf_readiness_freep) PfReadiness *now = NULL;
        int r;

        r = pf_changes_overlay(&planning->changes, planning->changes.n, NULL, &overlay, err);
        if (r == 0)
                r = pf_planning_judge(planning, overlay, &now, err);
        if (r < 0)
                return r;
        (void) pf_target_unref(planning->target);
        (void) pf_readiness_free(planning->now);
        planning->target = PF_STEAL(overlay);
        planning->now = PF_STEAL(now);
        return 0;
}
