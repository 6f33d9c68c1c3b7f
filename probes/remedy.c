/* SPDX-License-Identifier: MIT */
/* Candidates and proposals: lists that remedies fill. Nothing is judged here. */
#include "probes/remedy.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>
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

static const char *const setting_names[] = {
        [PF_SETTING_REGISTRY] = "registry",
        [PF_SETTING_START_TYPE] = "starttype",
        [PF_SETTING_SERVICE] = "service",
        [PF_SETTING_FIREWALL] = "firewall",
};

const char *pf_setting_kind_to_string(PfSettingKind kind) {
        return setting_names[kind];
}

void pf_setting_deinit(PfSetting *setting) {
        free(setting->subject);
        free(setting->name);
        free(setting->value);
        *setting = (PfSetting){ 0 };
}

static int copy_text(const char *text, char **ret) {
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

int pf_setting_copy(const PfSetting *from, PfSetting *ret) {
        PfSetting copy = { .kind = from->kind };

        if (copy_text(from->subject, &copy.subject) < 0 || copy_text(from->name, &copy.name) < 0 ||
            copy_text(from->value, &copy.value) < 0) {
                pf_setting_deinit(&copy);
                return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

/* Windows compares the names of all of these without regard to case. */
bool pf_setting_is_same(const PfSetting *a, const PfSetting *b) {
        return a->kind == b->kind && strcasecmp(a->subject, b->subject) == 0 &&
               strcasecmp(a->name ? a->name : "", b->name ? b->name : "") == 0;
}

const char *pf_setting_show(const PfSetting *setting, char ret[static PF_SETTING_SHOWN_MAX]) {
        static const char *const words[] = {
                [PF_SETTING_REGISTRY] = "",
                [PF_SETTING_START_TYPE] = "start type of ",
                [PF_SETTING_SERVICE] = "service ",
                [PF_SETTING_FIREWALL] = "firewall rule ",
        };

        (void) snprintf(ret, PF_SETTING_SHOWN_MAX, "%s%s%s%s", words[setting->kind],
                        setting->subject, setting->name ? ", " : "",
                        setting->name ? setting->name : "");
        return ret;
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
        for (size_t i = 0; i < candidate->n_settings; i++)
                pf_setting_deinit(&candidate->settings[i]);
        for (size_t i = 0; i < candidate->n_actions; i++)
                free(candidate->actions[i].subject);
        for (size_t i = 0; i < candidate->n_assumptions; i++) {
                free(candidate->assumptions[i].book);
                free(candidate->assumptions[i].question);
                (void) pf_json_free(candidate->assumptions[i].answer);
        }
        free(candidate->edits);
        free(candidate->settings);
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

int pf_candidate_set(PfCandidate *candidate, PfSettingKind kind, const char *subject,
                     const char *name, const char *value) {
        const PfSetting wanted = { kind, (char *) subject, (char *) name, (char *) value };
        PfSetting *setting = NULL;
        PfSetting copy;

        if (pf_setting_copy(&wanted, &copy) < 0)
                return -ENOMEM;
        for (size_t i = 0; !setting && i < candidate->n_settings; i++)
                if (pf_setting_is_same(&candidate->settings[i], &wanted))
                        setting = &candidate->settings[i];
        if (!setting)
                setting = grow(&candidate->settings, &candidate->n_settings, sizeof(*setting));
        if (setting)
                pf_setting_deinit(setting);
        else
                pf_setting_deinit(&copy);
        if (!setting)
                return -ENOMEM;
        *setting = copy;
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
