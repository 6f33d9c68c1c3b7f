/* SPDX-License-Identifier: MIT */
/* Candidates and proposals: lists that remedies fill. Nothing is judged here. */
#include "probes/remedy.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static const char *const action_names[] = {
        [PF_ACTION_RELOAD] = "reload",
        [PF_ACTION_ENABLE] = "enable",
        [PF_ACTION_START] = "start",
        [PF_ACTION_MOUNT] = "mount",
};

const char *pf_action_to_string(PfActionKind kind) {
        return action_names[kind];
}

void pf_edit_deinit(PfEdit *edit) {
        free(edit->path);
        free(edit->bytes);
        if (edit->spool)
                (void) unlink(edit->spool);
        free(edit->spool);
        *edit = (PfEdit){ 0 };
}

void pf_candidate_deinit(PfCandidate *candidate) {
        free(candidate->summary);
        for (size_t i = 0; i < candidate->n_edits; i++)
                pf_edit_deinit(&candidate->edits[i]);
        for (size_t i = 0; i < candidate->n_actions; i++)
                free(candidate->actions[i].subject);
        for (size_t i = 0; i < candidate->n_assumptions; i++) {
                free(candidate->assumptions[i].book);
                free(candidate->assumptions[i].question);
                (void) pf_json_free(candidate->assumptions[i].answer);
        }
        free(candidate->edits);
        free(candidate->actions);
        free(candidate->assumptions);
        *candidate = (PfCandidate){ 0 };
}

void pf_proposal_deinit(PfProposal *proposal) {
        for (size_t i = 0; i < proposal->n; i++)
                pf_candidate_deinit(&proposal->candidates[i]);
        free(proposal->candidates);
        free(proposal->refusal);
        *proposal = (PfProposal){ 0 };
}

/* Room for one more of @size bytes behind the @n that there are; zeroed. NULL: no memory. */
static void *grow(void *items, size_t *n, size_t size) {
        void **list = items;
        char *more = reallocarray(*list, *n + 1, size);

        if (!more)
                return NULL;
        *list = more;
        return memset(more + (*n)++ * size, 0, size);
}

int pf_proposal_add(PfProposal *proposal, PfCandidate **ret, const char *fmt, ...) {
        PfCandidate *candidate = grow(&proposal->candidates, &proposal->n, sizeof(*candidate));
        va_list ap;
        int n;

        if (!candidate)
                return -ENOMEM;
        va_start(ap, fmt);
        n = vasprintf(&candidate->summary, fmt, ap);
        va_end(ap);
        if (n < 0) {
                proposal->n--;
                return -ENOMEM;
        }
        *ret = candidate;
        return 0;
}

int pf_proposal_refuse(PfProposal *proposal, const char *fmt, ...) {
        va_list ap;
        char *text;
        int n;

        if (proposal->refusal)
                return 0;
        va_start(ap, fmt);
        n = vasprintf(&text, fmt, ap);
        va_end(ap);
        if (n < 0)
                return -ENOMEM;
        proposal->refusal = text;
        return 0;
}

const PfEdit *pf_candidate_find(const PfCandidate *candidate, const char *path) {
        for (size_t i = 0; i < candidate->n_edits; i++)
                if (strcmp(candidate->edits[i].path, path) == 0)
                        return &candidate->edits[i];
        return NULL;
}

static PfEdit *find_or_add_edit(PfCandidate *candidate, const char *path) {
        PfEdit *edit = (PfEdit *) pf_candidate_find(candidate, path);

        if (edit)
                return edit;
        edit = grow(&candidate->edits, &candidate->n_edits, sizeof(*edit));
        if (!edit)
                return NULL;
        edit->path = strdup(path);
        if (edit->path)
                return edit;
        candidate->n_edits--;
        return NULL;
}

int pf_candidate_put(PfCandidate *candidate, const char *path, const void *bytes, size_t n,
                     PfEdit **ret) {
        PF_AUTO_FREE char *copy = malloc(n + 1);
        PfEdit *edit;

        if (!copy)
                return -ENOMEM;
        if (n > 0)
                memcpy(copy, bytes, n);
        copy[n] = '\0';
        edit = find_or_add_edit(candidate, path);
        if (!edit)
                return -ENOMEM;
        free(edit->bytes);
        edit->bytes = PF_STEAL(copy);
        edit->n = n;
        if (ret)
                *ret = edit;
        return 0;
}

int pf_candidate_act(PfCandidate *candidate, PfActionKind kind, const char *subject) {
        PfAction *action;

        for (size_t i = 0; i < candidate->n_actions; i++)
                if (candidate->actions[i].kind == kind &&
                    strcmp(candidate->actions[i].subject, subject) == 0)
                        return 0;
        action = grow(&candidate->actions, &candidate->n_actions, sizeof(*action));
        if (!action)
                return -ENOMEM;
        action->kind = kind;
        action->subject = strdup(subject);
        if (action->subject)
                return 0;
        candidate->n_actions--;
        return -ENOMEM;
}

int pf_candidate_assume(PfCandidate *candidate, const char *book, const char *question,
                        PfJson *answer_take) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = answer_take;
        PfAssumption *assumption =
                grow(&candidate->assumptions, &candidate->n_assumptions, sizeof(*assumption));

        if (!assumption)
                return -ENOMEM;
        assumption->book = strdup(book);
        assumption->question = strdup(question);
        assumption->answer = PF_STEAL(answer);
        return assumption->book && assumption->question ? 0 : -ENOMEM;
}
