/* SPDX-License-Identifier: MIT */
/*
 * Which candidates are kept. What they do to the machine is changes.c, what that does to
 * verdicts judge.c and scope.c.
 */
#include "daemon/remedy/planner.h"

#include <stdarg.h>
#include <string.h>

#include "config/catalogue.h"
#include "daemon/base/wildcard.h"
#include "daemon/remedy/changes.h"
#include "daemon/remedy/judge.h"
#include "daemon/remedy/scope.h"
#include "daemon/report/evaluate.h"
#include "daemon/report/fingerprint.h"

#define NETWORK_CHECK "net.endpoints" /* asks servers, whom no edit of ours changes */

/* Positive outcome of trying: it is not kept, and err says why. */
enum { TRIED_IN_VAIN = 1 };

typedef struct Planning {
        const PfPlanner *planner;
        PfStrv skipped;       /* wildcards of what is not asked of candidates */
        PfQuestion *question; /* what is asked of them */
        PfReadiness *base;    /* the machine as it is */
        PfChanges changes;
        PfTarget *target;  /* as the changes make it */
        PfReadiness *now;  /* and what is said of that */
        PfScope *scope;    /* NULL without a lease */
        PfPlanStep *steps; /* by place in the base report; those without a check are not wanted */
        PfPlan *plan;
} Planning;

static void planning_deinit(Planning *planning) {
        for (size_t i = 0; planning->steps && i < planning->base->report.n; i++) {
                free(planning->steps[i].summary);
                free(planning->steps[i].fingerprint);
        }
        free(planning->steps);
        pf_strv_deinit(&planning->skipped);
        (void) pf_question_unref(planning->question);
        (void) pf_readiness_free(planning->base);
        (void) pf_readiness_free(planning->now);
        (void) pf_target_unref(planning->target);
        (void) pf_scope_free(planning->scope);
        pf_changes_deinit(&planning->changes);
        (void) pf_plan_free(planning->plan);
}

/* --- asking --- */

static int ask(const Planning *planning, PfTarget *target, PfQuestion *question, PfReadiness **ret,
               const char **ret_hanging) {
        const PfEvaluation evaluation = {
                .loop = planning->planner->loop,
                .target = target,
                .question = question,
                .deadline_ms = planning->planner->deadline_ms,
        };

        return pf_evaluate(&evaluation, ret, ret_hanging);
}

/* About a machine as it would be. Who hangs now did not hang before. */
static int judge(const Planning *planning, PfTarget *overlay, PfReadiness **ret, PfErr *err) {
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
static const PfResult *answer_to(const Planning *planning, const char *check) {
        const PfResult *result = pf_judge_find(&planning->now->report, check);

        return result ? result : pf_judge_find(&planning->base->report, check);
}

static int skip_probe(Planning *planning, const char *name) {
        int r = 0;

        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t j = 0;
                     strcmp(pf_probes[i]->name, name) == 0 && r == 0 && j < pf_probes[i]->n_checks;
                     j++)
                        r = pf_strv_add(&planning->skipped, pf_probes[i]->checks[j].id);
        return r;
}

/* The planner's question, of all checks but those that are skipped. */
static int make_question(const Planning *planning, bool is_about_network, PfQuestion **ret,
                         PfErr *err) {
        PfQuestionSpec spec;

        pf_question_describe(planning->planner->question, &spec);
        spec.only = NULL;
        spec.skip = &planning->skipped;
        if (!is_about_network)
                spec.endpoints = NULL;
        return pf_question_new(&spec, ret, NULL, err);
}

/* The report of the machine as it is. A probe that hangs there is not asked again. */
static int look_at_machine(Planning *planning, PfErr *err) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfQuestionSpec spec;
        const char *hanging;
        int r;

        pf_question_describe(planning->planner->question, &spec);
        r = pf_strv_copy(spec.skip, &planning->skipped);
        if (r == 0)
                r = make_question(planning, true, &question, err);
        if (r == 0)
                r = ask(planning, planning->planner->target, question, &planning->base, &hanging);
        if (r == 0 && spec.endpoints && spec.endpoints->n > 0)
                r = pf_strv_add(&planning->skipped, NETWORK_CHECK);
        while (r == 0 && hanging) {
                size_t n = planning->skipped.n;

                planning->plan->hanging = hanging;
                r = skip_probe(planning, hanging);
                if (r == 0 && planning->skipped.n == n)
                        return pf_err_set(err, -ETIMEDOUT, "reading the machine's %s hangs",
                                          hanging);
                planning->question = pf_question_unref(planning->question);
                planning->now = pf_readiness_free(planning->now);
                if (r == 0)
                        r = make_question(planning, false, &planning->question, err);
                if (r == 0)
                        r = ask(planning, planning->planner->target, planning->question,
                                &planning->now, &hanging);
        }
        return r;
}

/* Takes the machine as the changes make it now. */
static int look_again(Planning *planning, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        PF_CLEANUP(pf_readiness_freep) PfReadiness *now = NULL;
        int r;

        r = pf_changes_overlay(&planning->changes, planning->changes.n, NULL, &overlay, err);
        if (r == 0)
                r = judge(planning, overlay, &now, err);
        if (r < 0)
                return r;
        (void) pf_target_unref(planning->target);
        (void) pf_readiness_free(planning->now);
        planning->target = PF_STEAL(overlay);
        planning->now = PF_STEAL(now);
        return 0;
}

/* --- steps --- */

static int settle(PfPlanStep *step, PfPlanOutcome outcome, const char *fmt, ...) PF_PRINTF(3, 4);

static int settle(PfPlanStep *step, PfPlanOutcome outcome, const char *fmt, ...) {
        va_list args;
        char *text;
        int n;

        va_start(args, fmt);
        n = vasprintf(&text, fmt, args);
        va_end(args);
        if (n < 0)
                return -ENOMEM;
        free(step->summary);
        step->summary = text;
        step->outcome = outcome;
        return 0;
}

static bool is_wanted(const PfPlanner *planner, const PfResult *result) {
        if (!planner->checks)
                return result->verdict == PF_FAIL || result->verdict == PF_WARN;
        for (size_t i = 0; i < planner->checks->n; i++)
                if (pf_wildcard_match(planner->checks->items[i], result->check->id))
                        return true;
        return false;
}

static int want(Planning *planning, size_t i) {
        const PfResult *result = &planning->base->report.results[i];
        char fingerprint[PF_FINGERPRINT_SIZE];
        PfPlanStep *step = &planning->steps[i];
        int r = pf_fingerprint(result, fingerprint);

        if (r < 0)
                return r;
        step->fingerprint = strdup(fingerprint);
        step->check = result->check->id;
        step->before = step->after = result->verdict;
        return step->fingerprint ? settle(step, PF_PLAN_PASSES, "%s", result->summary) : -ENOMEM;
}

static int want_those_asked_for(Planning *planning) {
        int r = 0;

        planning->steps = calloc(planning->base->report.n + 1, sizeof(*planning->steps));
        if (!planning->steps)
                return -ENOMEM;
        for (size_t i = 0; i < planning->base->report.n && r == 0; i++)
                if (is_wanted(planning->planner, &planning->base->report.results[i]))
                        r = want(planning, i);
        return r;
}

/* --- one candidate --- */

static int compare(const Planning *planning, const PfResult *wanted, const PfReadiness *after,
                   const PfCandidate *candidate, PfErr *why) {
        const PfResult *answer = pf_judge_find(&after->report, wanted->check->id);
        const PfResult *worse = pf_judge_worse(&planning->now->report, &after->report);

        if (!answer || !pf_judge_is_turned(wanted->verdict, answer->verdict)) {
                (void) pf_err_set(why, -EBADMSG, "%s: that alone would not do: %s",
                                  candidate->summary, answer ? answer->summary : wanted->summary);
                return TRIED_IN_VAIN;
        }
        if (worse) {
                (void) pf_err_set(why, -EBADMSG, "%s: then %s would be worse: %s",
                                  candidate->summary, worse->check->id, worse->summary);
                return TRIED_IN_VAIN;
        }
        return 0;
}

static int check_scope(const Planning *planning, PfTarget *overlay, const PfCandidate *candidate,
                       PfErr *why, PfErr *err) {
        PfErr wider = { 0 };
        int r = planning->scope ? pf_scope_check(planning->scope, overlay, &wider) : 0;

        if (r == PF_SCOPE_WIDER) {
                (void) pf_err_set(why, -EPERM, "%s: %s", candidate->summary, wider.text);
                return TRIED_IN_VAIN;
        }
        return r < 0 && wider.text[0] ? pf_err_set(err, r, "%s", wider.text) : r;
}

/**
 * try_candidate() - on an overlay, with every probe
 * @why: receives why not; the first reason stays
 * Return: 0, TRIED_IN_VAIN, -ENOMEM, -ETIMEDOUT.
 */
static int try_candidate(const Planning *planning, const PfResult *wanted,
                         const PfCandidate *candidate, PfErr *why, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        PF_CLEANUP(pf_readiness_freep) PfReadiness *after = NULL;
        PfErr refused = { 0 };
        const char *secret;
        int r;

        r = pf_changes_overlay(&planning->changes, planning->changes.n, candidate, &overlay,
                               &refused);
        if (r == -ENOMEM)
                return r;
        secret = r == 0 ? pf_changes_find_secret(overlay, candidate) : NULL;
        if (secret)
                r = pf_err_set(&refused, -EPERM, "%s holds secrets and is never edited", secret);
        if (r < 0) {
                (void) pf_err_set(why, r, "%s: %s", candidate->summary, pf_err_text(&refused, r));
                return TRIED_IN_VAIN;
        }
        r = judge(planning, overlay, &after, err);
        if (r == 0)
                r = compare(planning, wanted, after, candidate, why);
        return r == 0 ? check_scope(planning, overlay, candidate, why, err) : r;
}

/* --- one check --- */

static bool is_same_edit(const PfEdit *a, const PfEdit *b) {
        if (a->spool || b->spool) /* large, and made anew each time: not of what was read here */
                return a->spool && b->spool && strcmp(a->path, b->path) == 0;
        return strcmp(a->path, b->path) == 0 && !a->bytes == !b->bytes && a->n == b->n &&
               (!a->bytes || memcmp(a->bytes, b->bytes, a->n) == 0);
}

static bool has_same_edits(const PfCandidate *a, const PfCandidate *b) {
        if (a->n_edits != b->n_edits)
                return false;
        for (size_t i = 0; i < a->n_edits; i++)
                if (!is_same_edit(&a->edits[i], &b->edits[i]))
                        return false;
        return true;
}

static bool has_spool(const PfCandidate *candidate) {
        for (size_t i = 0; i < candidate->n_edits; i++)
                if (candidate->edits[i].spool)
                        return true;
        return false;
}

/*
 * What a file holds now is noted after the candidate was made of it: was it edited in
 * between, that edit would be lost. So it is made once more, and must come out the same.
 */
static int note_files(Planning *planning, const PfRemedy *remedy, const PfRemedyRoom *room,
                      size_t i, const PfCandidate *candidate, PfErr *err) {
        PF_AUTO_PROPOSAL PfProposal again = { 0 };
        int r = pf_changes_look(&planning->changes, candidate, err);

        if (r < 0 || has_spool(candidate))
                return r;
        r = remedy->propose(room, &again, err);
        if (r == 0 && (again.n <= i || !has_same_edits(&again.candidates[i], candidate)))
                return pf_err_set(err, -EAGAIN,
                                  "somebody else edits the files that %s is about; plan again",
                                  remedy->check);
        return r;
}

static int keep(Planning *planning, const PfRemedy *remedy, const PfRemedyRoom *room,
                PfProposal *proposal, size_t i, PfErr *err) {
        int r = note_files(planning, remedy, room, i, &proposal->candidates[i], err);

        if (r == 0)
                r = pf_changes_keep_take(&planning->changes, &proposal->candidates[i]);
        return r == 0 ? look_again(planning, err) : r;
}

static bool needs_consent(const char *check) {
        const PfCatalogueEntry *entry = pf_catalogue_find(check);

        return !entry || entry->safety != PF_SAFETY_SAFE;
}

static int try_proposal(Planning *planning, PfPlanStep *step, const PfRemedy *remedy,
                        const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PfErr why = { 0 };
        int r = TRIED_IN_VAIN;
        size_t i;

        for (i = 0; i < proposal->n && r == TRIED_IN_VAIN; i++)
                r = try_candidate(planning, room->result, &proposal->candidates[i], &why, err);
        if (r < 0)
                return r;
        if (proposal->n == 0)
                return settle(step, PF_PLAN_NOT_REMEDIABLE, "%s",
                              proposal->refusal ? proposal->refusal : room->result->summary);
        if (r == TRIED_IN_VAIN)
                return settle(step, PF_PLAN_NO_EFFECT, "%s", why.text);
        if (needs_consent(step->check) && !planning->planner->may_consent)
                return settle(step, PF_PLAN_CONSENT, "%s", proposal->candidates[i - 1].summary);
        r = settle(step, PF_PLAN_REMEDIED, "%s", proposal->candidates[i - 1].summary);
        return r == 0 ? keep(planning, remedy, room, proposal, i - 1, err) : r;
}

/* Why nothing is to be tried, or NULL. */
static const char *cannot_try(const Planning *planning, const PfResult *result,
                              const PfRemedy *remedy) {
        if (result->verdict == PF_UNKNOWN)
                return "it could not be determined, and nothing is changed on a guess";
        if (!remedy)
                return result->remedy ? result->remedy : "a person has to do it";
        if (planning->planner->lease && !remedy->can_lease)
                return "it cannot be changed for one account and address alone";
        return NULL;
}

static int plan_check(Planning *planning, PfPlanStep *step, PfErr *err) {
        const PfResult *result = answer_to(planning, step->check);
        const PfRemedy *remedy = pf_remedy_find(step->check);
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfRemedyRoom room = {
                .target = planning->target,
                .demand = pf_question_demand(planning->question),
                .result = result,
                .lease = planning->planner->lease,
                .scratch = planning->planner->scratch,
        };
        const char *reason;
        PfErr refused = { 0 };
        int r;

        if (!pf_judge_is_wrong(result->verdict) && result->verdict != PF_WAIVED)
                return 0;
        reason = cannot_try(planning, result, remedy);
        if (reason)
                return settle(step, PF_PLAN_NOT_REMEDIABLE, "%s", reason);
        r = remedy->propose(&room, &proposal, &refused);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return settle(step, PF_PLAN_NOT_REMEDIABLE, "%s", pf_err_text(&refused, r));
        return try_proposal(planning, step, remedy, &room, &proposal, err);
}

static int plan_checks(Planning *planning, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < planning->base->report.n && r == 0; i++)
                if (planning->steps[i].check)
                        r = plan_check(planning, &planning->steps[i], err);
        return r;
}

/* --- the whole login --- */

static PfPlanStep *find_step(const Planning *planning, const char *check) {
        for (size_t i = 0; i < planning->base->report.n; i++)
                if (planning->steps[i].check && strcmp(planning->steps[i].check, check) == 0)
                        return &planning->steps[i];
        return NULL;
}

/*
 * Does this answer stop the login? Those of its own probe are rungs of its ladder, and each
 * that fails stops it; another does for the reason of which the ladder speaks now.
 */
static bool stops_login(const PfResult *access, const PfResult *result) {
        if (access == result || (result->verdict != PF_FAIL && result->verdict != PF_WARN))
                return false;
        if (pf_probe_find(result->check->id) == pf_probe_find(access->check->id))
                return true;
        return access->reason && result->reason && strcmp(access->reason, result->reason) == 0 &&
               pf_remedy_find(result->check->id);
}

/* Plans what stops it, one after the other: what stopped it behind that shows only then. */
static int plan_access(Planning *planning, PfErr *err) {
        bool found = find_step(planning, PF_JUDGE_ACCESS) != NULL;
        int r = 0;

        while (found && r == 0) {
                const PfResult *access = answer_to(planning, PF_JUDGE_ACCESS);

                found = false;
                for (size_t i = 0; i < planning->base->report.n && !found; i++) {
                        const char *check = planning->base->report.results[i].check->id;

                        found = !planning->steps[i].check && pf_judge_is_wrong(access->verdict) &&
                                stops_login(access, answer_to(planning, check));
                        if (found)
                                r = want(planning, i);
                        if (found && r == 0)
                                r = plan_check(planning, &planning->steps[i], err);
                }
        }
        return r;
}

static bool awaits_consent(const Planning *planning) {
        for (size_t i = 0; i < planning->base->report.n; i++)
                if (planning->steps[i].check && planning->steps[i].outcome == PF_PLAN_CONSENT)
                        return true;
        return false;
}

/* A door that leads nowhere is not opened: the reason is where it would still end. */
static int take_back_lease(Planning *planning, const PfResult *access, PfErr *err) {
        int r = 0;

        while (planning->changes.n > 0)
                pf_changes_drop(&planning->changes, planning->changes.n - 1);
        for (size_t i = 0; i < planning->base->report.n && r == 0; i++) {
                PfPlanStep *step = &planning->steps[i];

                if (step->check && step->outcome == PF_PLAN_REMEDIED)
                        r = settle(step, PF_PLAN_NO_EFFECT, "the login would still not work: %s",
                                   access->summary);
        }
        return r == 0 ? look_again(planning, err) : r;
}

/* Was something changed for it? */
static bool is_helped(const Planning *planning, const PfResult *access) {
        for (size_t i = 0; i < planning->base->report.n; i++) {
                const PfPlanStep *step = &planning->steps[i];

                if (step->check && step->outcome == PF_PLAN_REMEDIED &&
                    pf_probe_find(step->check) == pf_probe_find(access->check->id))
                        return true;
        }
        return false;
}

static int settle_access(Planning *planning, PfErr *err) {
        PfPlanStep *step = find_step(planning, PF_JUDGE_ACCESS);
        const PfResult *access = answer_to(planning, PF_JUDGE_ACCESS);
        int r;

        if (!step || !pf_judge_is_wrong(step->before))
                return 0;
        if (pf_judge_is_turned(step->before, access->verdict))
                return settle(step, PF_PLAN_REMEDIED, "%s", access->summary);
        if (awaits_consent(planning))
                return settle(step, PF_PLAN_CONSENT,
                              "the login works only with changes that need "
                              "consent");
        r = settle(step, is_helped(planning, access) ? PF_PLAN_NO_EFFECT : PF_PLAN_NOT_REMEDIABLE,
                   "the login would still not work: %s", access->summary);
        if (r == 0 && planning->scope && planning->changes.n > 0)
                r = take_back_lease(planning, access, err);
        return r;
}

/* --- the smallest --- */

/* Is everything still remedied, and nothing worse, without it? */
static int is_needless(const Planning *planning, size_t i, bool *ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        PF_CLEANUP(pf_readiness_freep) PfReadiness *after = NULL;
        int r = pf_changes_overlay(&planning->changes, i, NULL, &overlay, err);

        if (r == 0)
                r = judge(planning, overlay, &after, err);
        if (r == 0)
                *ret = !pf_judge_worse(&planning->now->report, &after->report);
        return r;
}

/* A later change may have made an earlier one needless. One that a later one rests on stays. */
static int minimise(Planning *planning, PfErr *err) {
        size_t n = planning->changes.n;
        int r = 0;

        for (size_t i = 0; n > 1 && i < planning->changes.n && r == 0;) {
                bool is_less = false;

                if (!pf_changes_is_rested_on(&planning->changes, i))
                        r = is_needless(planning, i, &is_less, err);
                if (is_less)
                        pf_changes_drop(&planning->changes, i);
                else
                        i++;
        }
        return r == 0 && planning->changes.n < n ? look_again(planning, err) : r;
}

/* --- the plan --- */

/* What came true without a change of its own. */
static int settle_rest(Planning *planning) {
        int r = 0;

        for (size_t i = 0; i < planning->base->report.n && r == 0; i++) {
                PfPlanStep *step = &planning->steps[i];

                if (!step->check)
                        continue;
                step->after = answer_to(planning, step->check)->verdict;
                if (step->outcome != PF_PLAN_REMEDIED && step->outcome != PF_PLAN_CONSENT &&
                    (pf_judge_is_wrong(step->before) || step->before == PF_WAIVED) &&
                    pf_judge_is_turned(step->before, step->after))
                        r = settle(step, PF_PLAN_REMEDIED,
                                   "follows from what is changed for the others");
        }
        return r;
}

static int move_steps(Planning *planning) {
        PfPlan *plan = planning->plan;

        plan->steps = calloc(planning->base->report.n + 1, sizeof(*plan->steps));
        if (!plan->steps)
                return -ENOMEM;
        for (size_t i = 0; i < planning->base->report.n; i++)
                if (planning->steps[i].check) {
                        plan->steps[plan->n_steps++] = planning->steps[i];
                        planning->steps[i] = (PfPlanStep){ 0 };
                }
        return 0;
}

static int list_remaining(const Planning *planning, PfReport *ret) {
        for (size_t i = 0; i < planning->base->report.n; i++) {
                const char *check = planning->base->report.results[i].check->id;
                const PfResult *result = answer_to(planning, check);

                if (result->verdict == PF_PASS || result->verdict == PF_SKIP)
                        continue;
                (void) pf_report_copy(ret, result->check, result);
                pf_report_where(ret, result->where);
        }
        return ret->error;
}

/* Return: 0 or -ENOMEM. */
static int copy_text(const char *text, char **ret) {
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

static int describe_lease(const PfLeaseScope *lease, PfPlan *plan) {
        plan->lease = calloc(1, sizeof(*plan->lease));
        if (!plan->lease || copy_text(lease->account, &plan->lease->account) < 0 ||
            copy_text(lease->source, &plan->lease->source) < 0)
                return -ENOMEM;
        plan->lease->duration_usec = lease->duration_usec;
        return 0;
}

static int write_plan(Planning *planning, PfErr *err) {
        const PfDemand *demand = pf_question_demand(planning->question);
        PfPlan *plan = planning->plan;
        int r = settle_rest(planning);

        if (r == 0)
                r = list_remaining(planning, &plan->remaining);
        if (r == 0)
                r = pf_changes_move(&planning->changes, plan, err);
        if (r == 0)
                r = move_steps(planning);
        if (r == 0 && planning->planner->lease)
                r = describe_lease(planning->planner->lease, plan);
        if (r == 0)
                r = copy_text(demand->account, &plan->account);
        if (r == 0)
                r = copy_text(demand->source, &plan->source);
        plan->not_validated = !pf_target_is_host(planning->planner->target);
        return r == 0 ? pf_plan_seal(plan) : r;
}

static const char *find_unmatched(const PfPlanner *planner) {
        for (size_t i = 0; planner->checks && i < planner->checks->n; i++)
                if (!pf_question_names_check(planner->checks->items[i]))
                        return planner->checks->items[i];
        return NULL;
}

static int prepare(Planning *planning, PfErr *err) {
        const PfPlanner *planner = planning->planner;
        int r;

        planning->plan = calloc(1, sizeof(*planning->plan));
        if (!planning->plan)
                return -ENOMEM;
        planning->changes.target = planner->target;
        r = look_at_machine(planning, err);
        if (r == 0 && !planning->question)
                r = make_question(planning, false, &planning->question, err);
        if (r == 0)
                r = look_again(planning, err);
        if (r == 0 && planner->lease)
                r = pf_scope_new(planner->loop, planner->target, planner->deadline_ms,
                                 planner->question, planner->lease, &planning->scope, err);
        return r == 0 ? want_those_asked_for(planning) : r;
}

int pf_planner_run(const PfPlanner *planner, PfPlan **ret, const char **ret_unmatched, PfErr *err) {
        PF_CLEANUP(planning_deinit) Planning planning = { .planner = planner };
        const char *unmatched = find_unmatched(planner);
        int r;

        if (unmatched) {
                if (ret_unmatched)
                        *ret_unmatched = unmatched;
                return PF_PLANNER_NO_SUCH_CHECK;
        }
        r = prepare(&planning, err);
        if (r == 0)
                r = plan_checks(&planning, err);
        if (r == 0)
                r = plan_access(&planning, err);
        if (r == 0)
                r = settle_access(&planning, err);
        if (r == 0)
                r = minimise(&planning, err);
        if (r == 0)
                r = write_plan(&planning, err);
        if (r == 0)
                *ret = PF_STEAL(planning.plan);
        return r;
}
