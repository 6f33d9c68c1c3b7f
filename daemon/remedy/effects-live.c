/* SPDX-License-Identifier: MIT */
/*
 * The machine that we run on: its services are told, and asked afterwards.
 */
#include "daemon/remedy/effects-live.h"

#include <uv.h>

#include "daemon/base/clock.h"
#include "daemon/remedy/effects-system.h"
#include "daemon/remedy/judge.h"
#include "daemon/report/evaluate.h"

/* A service that was told something may need a while until it listens again. */
#define PATIENCE_MS 10000
#define AGAIN_MS 100

struct PfEffectsLive {
        PfEffects table;
        PfQuestion *question;
        PfReadiness *before; /* of the plan that was validated last; NULL: none was */
        uint64_t patience_ms;
        uint64_t deadline_ms; /* of a probe; 0: as it says */
        PfStrv awaited;       /* units that were told something, and have to run */
        uv_loop_t loop;
        bool has_loop;
};

/* --- looking --- */

/* A new target each time: what was read before is not to be remembered. */
static int look(PfEffectsLive *live, PfReadiness **ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PfEvaluation evaluation = { .loop = &live->loop,
                                    .question = live->question,
                                    .deadline_ms = live->deadline_ms };
        const char *hanging; /* its checks are unknown, which is worse or not */
        int r = pf_target_new("/", PF_TARGET_DEFAULT, &host, err);

        if (r < 0)
                return r;
        evaluation.target = host;
        return pf_evaluate(&evaluation, ret, &hanging);
}

static int remember_before(PfEffectsLive *live, PfErr *err) {
        PfReadiness *before = NULL;
        int r = look(live, &before, err);

        if (r < 0)
                return r;
        (void) pf_readiness_free(live->before);
        live->before = before;
        pf_strv_deinit(&live->awaited);
        live->awaited = (PfStrv){ 0 };
        return 0;
}

static int validate(const PfPlan *plan, void *data, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PfEffectsLive *live = data;
        int r;

        r = remember_before(live, err);
        if (r == 0)
                r = pf_target_new("/", PF_TARGET_DEFAULT, &host, err);
        return r == 0 ? pf_effects_validate(plan, host, err) : r;
}

/* --- telling --- */

static int act(const PfAction *action, bool undo, void *data, PfErr *err) {
        PfEffectsLive *live = data;

        return pf_effects_act(action, undo, &live->awaited, err);
}

/* --- looking again --- */

static int not_so(const PfResult *result, const char *what, PfErr *err) {
        return pf_err_set(err, -EBADMSG, "%s %s: %s: %s", result->check->id, what,
                          pf_verdict_to_string(result->verdict), result->summary);
}

static int check_steps(const PfPlan *plan, const PfReport *now, PfErr *err) {
        for (size_t i = 0; i < plan->n_steps; i++) {
                const PfPlanStep *step = &plan->steps[i];
                const PfResult *result = pf_judge_find(now, step->check);

                if (step->outcome != PF_PLAN_REMEDIED)
                        continue;
                if (!result)
                        return pf_err_set(err, -EBADMSG, "%s was not answered", step->check);
                if (!pf_judge_is_turned(step->before, result->verdict))
                        return not_so(result, "does not pass", err);
        }
        return 0;
}

/* Without a look at what was before, by what the plan said would remain. */
static int check_others(const PfEffectsLive *live, const PfPlan *plan, const PfReport *now,
                        PfErr *err) {
        const PfResult *worse = live->before ? pf_judge_worse(&live->before->report, now) : NULL;

        for (size_t i = 0; !live->before && !worse && i < now->n; i++)
                if (pf_judge_is_wrong(now->results[i].verdict) &&
                    !pf_judge_find(&plan->remaining, now->results[i].check->id))
                        worse = &now->results[i];
        return worse ? not_so(worse, "is worse than before", err) : 0;
}

static int check_once(PfEffectsLive *live, const PfPlan *plan, PfErr *err) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *now = NULL;
        int r;

        r = pf_effects_check_awaited(&live->awaited, err);
        if (r == 0)
                r = look(live, &now, err);
        if (r == 0)
                r = check_steps(plan, &now->report, err);
        return r == 0 ? check_others(live, plan, &now->report, err) : r;
}

static int verify(const PfPlan *plan, void *data, PfErr *err) {
        PfEffectsLive *live = data;
        const uint64_t patience_ms = live->awaited.n > 0 ? live->patience_ms : AGAIN_MS;
        const uint64_t end_usec = pf_clock_monotonic_usec() + patience_ms * 1000;
        PfErr why;
        int r;

        for (;;) {
                why = (PfErr){ 0 };
                r = check_once(live, plan, &why);
                if (r != -EBADMSG || pf_clock_monotonic_usec() >= end_usec)
                        break;
                uv_sleep(AGAIN_MS);
        }
        live->before = pf_readiness_free(live->before);
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&why, r)) : r;
}

/* --- */

void pf_effects_live_ask(PfEffectsLive *live, PfQuestion *question) {
        PfQuestion *before = live->question;

        live->question = pf_question_ref(question);
        (void) pf_question_unref(before);
        live->before = pf_readiness_free(live->before);
}

void pf_effects_live_set_patience(PfEffectsLive *live, uint64_t patience_ms) {
        live->patience_ms = patience_ms;
}

void pf_effects_live_set_deadline(PfEffectsLive *live, uint64_t deadline_ms) {
        live->deadline_ms = deadline_ms;
}

const PfEffects *pf_effects_live_table(PfEffectsLive *live) {
        return &live->table;
}

PfEffectsLive *pf_effects_live_free(PfEffectsLive *live) {
        if (!live)
                return NULL;
        (void) pf_readiness_free(live->before);
        (void) pf_question_unref(live->question);
        pf_strv_deinit(&live->awaited);
        /* In use by a probe that hangs: it stays. */
        if (live->has_loop && uv_loop_close(&live->loop) < 0)
                return NULL;
        free(live);
        return NULL;
}

int pf_effects_live_new(PfQuestion *question, PfEffectsLive **ret, PfErr *err) {
        PF_CLEANUP(pf_effects_live_freep) PfEffectsLive *live = calloc(1, sizeof(*live));
        int r;

        if (!live)
                return -ENOMEM;
        r = uv_loop_init(&live->loop);
        if (r < 0)
                return pf_err_errno(err, r, "event loop");
        live->has_loop = true;
        live->patience_ms = PATIENCE_MS;
        live->question = pf_question_ref(question);
        live->table =
                (PfEffects){ .validate = validate, .act = act, .verify = verify, .data = live };
        pf_effects_add_settings(&live->table);
        *ret = PF_STEAL(live);
        return 0;
}
