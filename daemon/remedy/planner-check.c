/* SPDX-License-Identifier: MIT */
/* One check: its remedy's candidates, tried one after the other, and what is said of it. */
#include "daemon/remedy/planner-internal.h"

#include <stdarg.h>
#include <string.h>

#include "config/catalogue.h"
#include "daemon/report/fingerprint.h"

/* Positive outcome of trying: it is not kept, and err says why. */
enum { TRIED_IN_VAIN = 1 };

int pf_planning_settle(PfPlanStep *step, PfPlanOutcome outcome, const char *fmt, ...) {
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

int pf_planning_want(PfPlanning *planning, size_t i) {
        const PfResult *result = &planning->base->report.results[i];
        char fingerprint[PF_FINGERPRINT_SIZE];
        PfPlanStep *step = &planning->steps[i];
        int r = pf_fingerprint(result, fingerprint);

        if (r < 0)
                return r;
        step->fingerprint = strdup(fingerprint);
        step->check = result->check->id;
        step->before = step->after = result->verdict;
        return step->fingerprint ? pf_planning_settle(step, PF_PLAN_PASSES, "%s", result->summary)
                                 : -ENOMEM;
}

/* --- one candidate --- */

static int compare(const PfPlanning *planning, const PfResult *wanted, const PfReadiness *after,
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

static int check_scope(const PfPlanning *planning, PfTarget *overlay, const PfCandidate *candidate,
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
static int try_candidate(const PfPlanning *planning, const PfResult *wanted,
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
        r = pf_planning_judge(planning, overlay, &after, err);
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
static int note_files(PfPlanning *planning, const PfRemedy *remedy, const PfRemedyRoom *room,
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

static int keep(PfPlanning *planning, const PfRemedy *remedy, const PfRemedyRoom *room,
                PfProposal *proposal, size_t i, PfErr *err) {
        int r = note_files(planning, remedy, room, i, &proposal->candidates[i], err);

        if (r == 0)
                r = pf_changes_keep_take(&planning->changes, &proposal->candidates[i]);
        return r == 0 ? pf_planning_look_again(planning, err) : r;
}

static bool needs_consent(const char *check) {
        const PfCatalogueEntry *entry = pf_catalogue_find(check);

        return !entry || entry->safety != PF_SAFETY_SAFE;
}

static int try_proposal(PfPlanning *planning, PfPlanStep *step, const PfRemedy *remedy,
                        const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PfErr why = { 0 };
        int r = TRIED_IN_VAIN;
        size_t i;

        for (i = 0; i < proposal->n && r == TRIED_IN_VAIN; i++)
                r = try_candidate(planning, room->result, &proposal->candidates[i], &why, err);
        if (r < 0)
                return r;
        if (proposal->n == 0)
                return pf_planning_settle(step, PF_PLAN_NOT_REMEDIABLE, "%s",
                                          proposal->refusal ? proposal->refusal
                                                            : room->result->summary);
        if (r == TRIED_IN_VAIN)
                return pf_planning_settle(step, PF_PLAN_NO_EFFECT, "%s", why.text);
        if ((needs_consent(step->check) || proposal->candidates[i - 1].needs_consent) &&
            !planning->planner->may_consent)
                return pf_planning_settle(step, PF_PLAN_CONSENT, "%s",
                                          proposal->candidates[i - 1].summary);
        r = pf_planning_settle(step, PF_PLAN_REMEDIED, "%s", proposal->candidates[i - 1].summary);
        return r == 0 ? keep(planning, remedy, room, proposal, i - 1, err) : r;
}

/* Why nothing is to be tried, or NULL. */
static const char *cannot_try(const PfPlanning *planning, const PfResult *result,
                              const PfRemedy *remedy) {
        if (result->verdict == PF_UNKNOWN)
                return "it could not be determined, and nothing is changed on a guess";
        if (!remedy)
                return result->remedy ? result->remedy : "a person has to do it";
        if (planning->planner->lease && !remedy->can_lease)
                return "it cannot be changed for one account and address alone";
        return planning->no_lease.text[0] ? planning->no_lease.text : NULL;
}

int pf_planning_plan_check(PfPlanning *planning, PfPlanStep *step, PfErr *err) {
        const PfResult *result = pf_planning_answer(planning, step->check);
        const PfRemedy *remedy = pf_remedy_find(step->check);
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfRemedyRoom room = {
                .target = planning->target,
                .demand = pf_question_demand(planning->question),
                .result = result,
                .lease = planning->planner->lease,
                .lease_is_begun = planning->changes.n > 0,
                .scratch = planning->planner->scratch,
        };
        const char *reason;
        PfErr refused = { 0 };
        int r;

        if (!pf_judge_is_wrong(result->verdict) && result->verdict != PF_WAIVED)
                return 0;
        reason = cannot_try(planning, result, remedy);
        if (reason)
                return pf_planning_settle(step, PF_PLAN_NOT_REMEDIABLE, "%s", reason);
        /* Where one cannot be made at all it is cheap to hear why. */
        if (remedy->by_tool && room.scratch && needs_consent(step->check) &&
            !planning->planner->may_consent)
                return pf_planning_settle(step, PF_PLAN_CONSENT, "%s", remedy->by_tool);
        r = remedy->propose(&room, &proposal, &refused);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return pf_planning_settle(step, PF_PLAN_NOT_REMEDIABLE, "%s",
                                          pf_err_text(&refused, r));
        return try_proposal(planning, step, remedy, &room, &proposal, err);
}
