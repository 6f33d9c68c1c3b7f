/* SPDX-License-Identifier: MIT */
/*
 * Which line of a stack to show. The one that decided is often not the cause:
 * behind pam_deny stands the module whose failure was passed over, or the jump
 * that led there.
 */
#include "probes/pam/stack.h"

#include <string.h>

#include "probes/pam/control.h"

#define LINES_SHOWN 8

static void evidence_deinit(PfEvidence *evidence) {
        free(evidence->path);
        free(evidence->found);
        free(evidence->expected);
}

void pf_pam_verdict_deinit(PfPamVerdict *verdict) {
        for (size_t i = 0; i < verdict->n_evidence; i++)
                evidence_deinit(&verdict->evidence[i]);
        free(verdict->evidence);
        free(verdict->module);
        pf_pam_answer_deinit(&verdict->answer);
        *verdict = (PfPamVerdict){ 0 };
}

static int show(const PfPamScene *scene, PfPamVerdict *verdict, const char *path, unsigned line,
                const char *found, const char *expected) {
        PF_AUTO_PAM_ANSWER PfPamAnswer made = { 0 };
        PfEvidence *list;
        int r;

        r = pf_pam_answer_evidence(&made, scene->question->target, path, line, found, expected);
        if (r < 0)
                return r;
        list = realloc(verdict->evidence, (verdict->n_evidence + 1) * sizeof(*list));
        if (!list)
                return -ENOMEM;
        verdict->evidence = list;
        list[verdict->n_evidence++] = made.evidence;
        made.evidence = (PfEvidence){ 0 };
        return 0;
}

static int show_line(const PfPamScene *scene, PfPamVerdict *verdict, size_t at) {
        const PfPamLine *line = &scene->stack->entries[at]->line;

        return show(scene, verdict, line->path, line->number, line->text, NULL);
}

/* The module's own file, if it names one, and its line in the stack. */
static int show_said(const PfPamScene *scene, PfPamVerdict *verdict, size_t at) {
        const PfEvidence *own = &scene->said[at].answer.evidence;
        int r = 0;

        if (own->path)
                r = show(scene, verdict, own->path, own->line, own->found, own->expected);
        return r < 0 ? r : show_line(scene, verdict, at);
}

static const PfPamAnswer *answer_at(const PfPamScene *scene, size_t at) {
        const PfPamSaid *said = &scene->said[at];

        return scene->facility == PF_PAM_CREDENTIALS && said->credentials.why ? &said->credentials
                                                                              : &said->answer;
}

static int take_answer(const PfPamScene *scene, PfPamVerdict *verdict, size_t at) {
        const PfPamLine *line = &scene->stack->entries[at]->line;
        const PfPamAnswer *said = answer_at(scene, at);

        verdict->module = strdup(line->name);
        if (!verdict->module)
                return -ENOMEM;
        if (said->why)
                return pf_pam_answer_set(&verdict->answer, verdict->code, said->reason, "%s",
                                         said->why);
        return pf_pam_answer_set(&verdict->answer, verdict->code, said->reason, "%s says %s",
                                 line->name, pf_pam_code_to_string(said->code));
}

static bool is_failure(PfPamCode code) {
        return code != PF_PAM_SUCCESS && code != PF_PAM_IGNORE;
}

static bool is_deny(const PfPamScene *scene, size_t at) {
        return strcmp(scene->stack->entries[at]->line.name, "pam_deny") == 0;
}

/* How many steps lead up to the one that decided: what came after it is no cause. */
static size_t n_before(const PfPamTrail *trail) {
        for (size_t i = 0; i < trail->n; i++)
                if (trail->steps[i].entry == trail->decider)
                        return i;
        return trail->n;
}

/* Would the success of this line have led past all that follows it? */
static bool is_way_out(const PfPamScene *scene, const PfPamStep *step) {
        int action = scene->stack->entries[step->entry]->actions[PF_PAM_SUCCESS];

        return action > 0 || action == PF_PAM_DO_DONE;
}

/* The failure that was passed over on the way; one with a reason rather than
 * without, and then the last. */
static const PfPamStep *passed_over(const PfPamScene *scene, const PfPamTrail *trail) {
        const PfPamStep *best = NULL;

        for (size_t i = 0; i < n_before(trail); i++) {
                const PfPamStep *step = &trail->steps[i];

                if (!is_failure(step->code) || step->is_guess || !is_way_out(scene, step))
                        continue;
                if (!best || scene->said[step->entry].answer.reason ||
                    !scene->said[best->entry].answer.reason)
                        best = step;
        }
        return best;
}

static int blame_passed_over(const PfPamScene *scene, const PfPamStep *step,
                             PfPamVerdict *verdict) {
        const PfPamSaid *said = &scene->said[step->entry];
        int r = take_answer(scene, verdict, step->entry);

        if (r == 0 && said->is_missing && said->path)
                r = show(scene, verdict, said->path, 0, NULL, "the module");
        return r < 0 ? r : show_said(scene, verdict, step->entry);
}

/* The jump that led to the line that decided, or NULL: it was simply the next. */
static const PfPamStep *jump_to(const PfPamTrail *trail) {
        size_t n = n_before(trail);

        return n > 0 && trail->steps[n - 1].action > 0 ? &trail->steps[n - 1] : NULL;
}

static int blame_jump(const PfPamScene *scene, const PfPamTrail *trail, const PfPamStep *step,
                      PfPamVerdict *verdict) {
        const PfPamLine *from = &scene->stack->entries[step->entry]->line;
        size_t shown = 0;
        int r;

        r = pf_pam_answer_set(&verdict->answer, verdict->code, NULL,
                              "%s jumps over %d lines of PAM's configuration, to one that denies",
                              from->name, step->action);
        for (size_t at = step->entry; r == 0 && at <= trail->decider && shown < LINES_SHOWN; at++)
                if (scene->stack->entries[at]->kind != PF_PAM_ENTRY_SUBSTACK) {
                        r = show_line(scene, verdict, at);
                        shown++;
                }
        if (r == 0 && !(verdict->module = strdup(from->name)))
                r = -ENOMEM;
        return r;
}

static int blame_deny(const PfPamScene *scene, const PfPamTrail *trail, PfPamVerdict *verdict) {
        const PfPamStep *over = passed_over(scene, trail);
        const PfPamStep *jump = jump_to(trail);
        int r;

        if (jump && !is_failure(jump->code))
                return blame_jump(scene, trail, jump, verdict);
        if (over) {
                r = blame_passed_over(scene, over, verdict);
                return r < 0 ? r : show_line(scene, verdict, trail->decider);
        }
        r = pf_pam_answer_set(&verdict->answer, verdict->code, NULL, "pam_deny denies everybody");
        if (r == 0 && !(verdict->module = strdup("pam_deny")))
                r = -ENOMEM;
        return r < 0 ? r : show_line(scene, verdict, trail->decider);
}

/* No line said success: one is missing, after the last that was passed. */
static int blame_nobody(const PfPamScene *scene, const PfPamTrail *trail, PfPamVerdict *verdict) {
        const PfPamStep *over = passed_over(scene, trail);
        const PfPamConfig *config = scene->config;
        PF_AUTO_BUF PfBuf expected = PF_BUF_INIT(256);
        const char *path = config->path;
        int r;

        if (over)
                return blame_passed_over(scene, over, verdict);
        if (trail->n > 0)
                path = scene->stack->entries[trail->steps[trail->n - 1].entry]->line.path;
        r = pf_pam_answer_set(&verdict->answer, verdict->code, NULL,
                              trail->n > 0 ? "no line of PAM's configuration says success"
                                           : "PAM's configuration has no line for this");
        if (r == 0)
                r = pf_buf_printf(&expected, "%s required pam_permit.so",
                                  pf_pam_facility_to_string(scene->facility == PF_PAM_CREDENTIALS
                                                                    ? PF_PAM_AUTH
                                                                    : scene->facility));
        if (r == 0 && path)
                r = show(scene, verdict, path, 0, NULL, expected.data);
        return r;
}

/* Is the stack that of "other", since the service has a file but no line of the kind? */
static bool is_fallback(const PfPamScene *scene) {
        for (size_t i = 0; i < PF_PAM_N_FACILITIES; i++)
                if (scene->stack == &scene->config->other[i])
                        return scene->config->path && scene->stack->n > 0;
        return false;
}

static int show_fallback(const PfPamScene *scene, PfPamVerdict *verdict) {
        char expected[64];

        (void) snprintf(expected, sizeof(expected), "a line of %s; without, \"other\" is asked",
                        pf_pam_facility_to_string(scene->facility == PF_PAM_CREDENTIALS
                                                          ? PF_PAM_AUTH
                                                          : scene->facility));
        return show(scene, verdict, scene->config->path, 0, NULL, expected);
}

static int blame_fault(const PfPamScene *scene, PfPamVerdict *verdict) {
        const PfEvidence *from = &scene->config->fault_from;
        int r = pf_pam_answer_set(&verdict->answer, verdict->code, NULL,
                                  "PAM refuses its configuration: %s", scene->config->fault);

        return r < 0 ? r
                     : show(scene, verdict, from->path, from->line, from->found, from->expected);
}

static int blame_decider(const PfPamScene *scene, const PfPamTrail *trail, PfPamVerdict *verdict) {
        int r = take_answer(scene, verdict, trail->decider);

        return r < 0 ? r : show_said(scene, verdict, trail->decider);
}

/* Its own module said success, and then it jumped past the end. */
static int blame_far_jump(const PfPamScene *scene, size_t at, PfPamVerdict *verdict) {
        const PfPamLine *line = &scene->stack->entries[at]->line;
        int r = pf_pam_answer_set(&verdict->answer, verdict->code, NULL,
                                  "%s jumps behind the end of PAM's configuration", line->name);

        if (r == 0 && !(verdict->module = strdup(line->name)))
                r = -ENOMEM;
        return r < 0 ? r : show_line(scene, verdict, at);
}

static bool jumped(const PfPamTrail *trail) {
        size_t i = n_before(trail);

        return i < trail->n && trail->steps[i].action > 0 && !is_failure(trail->steps[i].code);
}

int pf_pam_blame(const PfPamScene *scene, const PfPamTrail *trail, PfPamVerdict *verdict) {
        bool failed = verdict->code != PF_PAM_SUCCESS && verdict->code != PF_PAM_UNKNOWN;
        int r = 0;

        if (scene->config->fault)
                return blame_fault(scene, verdict);
        if (failed && is_fallback(scene))
                r = show_fallback(scene, verdict);
        if (r < 0)
                return r;
        if (trail->decider == PF_PAM_NOBODY)
                return blame_nobody(scene, trail, verdict);
        if (failed && jumped(trail))
                return blame_far_jump(scene, trail->decider, verdict);
        if (failed && is_deny(scene, trail->decider))
                return blame_deny(scene, trail, verdict);
        return blame_decider(scene, trail, verdict);
}
