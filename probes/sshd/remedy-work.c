/* SPDX-License-Identifier: MIT */
/*
 * The trial of a change to sshd's configuration. Where it might be made is in
 * remedy-place.c.
 */
#include "probes/sshd/remedy-work.h"

#include <stdarg.h>
#include <string.h>

#include "daemon/base/overlay.h"
#include "probes/parse/sshd-match.h"
#include "probes/sshd/remedy-others.h"

#define VENDOR_TREE "/usr/"

static const PfCheck trial = { "trial" };

void pf_sshd_work_deinit(PfSshdWork *work) {
        pf_sshd_look_deinit(&work->look);
        free(work->address);
}

static char *format(const char *fmt, va_list ap) PF_PRINTF(1, 0);
static char *format(const char *fmt, va_list ap) {
        char *text;

        return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

int pf_sshd_work_refuse(PfSshdWork *work, const char *fmt, ...) {
        PF_AUTO_FREE char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        text = format(fmt, ap);
        va_end(ap);
        if (!text || pf_proposal_refuse(work->proposal, "%s", text) < 0)
                return -ENOMEM;
        return PF_SSHD_WORK_REFUSED;
}

/* --- what can be written into a line --- */

/* A '-' or '+' in front would be taken for an option, or a change of a list, by others
 * that read such files. */
bool pf_sshd_name_is_plain(const char *name) {
        static const char letters[] = "-+$@"
                                      "._0123456789"
                                      "abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

        return *name && !strchr("-+$@", *name) && name[strspn(name, letters)] == '\0';
}

bool pf_sshd_source_is_plain(const char *source) {
        return source[strspn(source, "0123456789abcdefABCDEF.:/")] == '\0' &&
               pf_sshd_match_address(NULL, source) == PF_SSHD_MATCH_NONE &&
               pf_sshd_is_cidr_list(source);
}

/* --- looking --- */

static int look_at(const PfTarget *target, const PfDemand *demand, PfSshdLook *look, PfErr *err) {
        int r = pf_sshd_look_at_version(target, look, err);

        if (r == 0 && look->is_installed)
                r = pf_sshd_look_at_configuration(target, demand, look, err);
        return r;
}

int pf_sshd_work_is_met(const PfSshdWork *work, const PfTarget *target, const PfSshdLook *look) {
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfSshdRoom room = { target, &work->demand, look, &report };

        for (size_t i = 0; i < PF_SSHD_GOAL_STAGES && work->goal->stages[i]; i++) {
                int r = pf_sshd_answer_stage(&room, &trial, work->goal->stages[i]);

                if (r < 0)
                        return r;
                if (report.results[i].verdict == PF_UNKNOWN)
                        return PF_SSHD_GOAL_UNKNOWN;
                if (report.results[i].verdict == PF_FAIL)
                        return PF_SSHD_GOAL_MISSED;
        }
        return PF_SSHD_GOAL_MET;
}

/* An address of the source that a lease names: the one that is asked about where it is
 * one of them, else the first. */
static int choose_address(PfSshdWork *work, const char *source) {
        const char *asked = work->room->demand->source;

        if (!pf_sshd_source_is_plain(source))
                return pf_sshd_work_refuse(work,
                                           "\"%s\" is no address and no network that sshd knows "
                                           "how to compare",
                                           source);
        if (asked && pf_sshd_match_address(asked, source) == PF_SSHD_MATCH_POSITIVE)
                return 0;
        work->address = strndup(source, strcspn(source, "/"));
        if (!work->address)
                return -ENOMEM;
        work->demand.source = work->address;
        work->demand.source_host = NULL;
        return 0;
}

static int open_demand(PfSshdWork *work) {
        const PfLeaseScope *lease = work->room->lease;

        work->demand = *work->room->demand;
        if (!lease)
                return 0;
        work->demand.account = lease->account;
        if (!pf_sshd_name_is_plain(lease->account))
                return pf_sshd_work_refuse(work,
                                           "the account's name has characters that mean something "
                                           "else in sshd_config");
        return choose_address(work, lease->source);
}

int pf_sshd_work_open(PfSshdWork *work) {
        const PfTarget *target = work->room->target;
        int r = open_demand(work);

        if (r == 0)
                r = look_at(target, &work->demand, &work->look, work->err);
        if (r != 0)
                return r;
        if (!work->look.is_installed)
                return pf_sshd_work_refuse(work, "no OpenSSH server is installed");
        if (!work->look.effective)
                return pf_sshd_work_refuse(work, "sshd has no configuration file");
        if (!pf_sshd_effective_is_accepted(work->look.effective))
                return pf_sshd_work_refuse(work, "sshd refuses its configuration as it is: correct "
                                                 "that first");
        switch (r = pf_sshd_work_is_met(work, target, &work->look)) {
        case PF_SSHD_GOAL_MET:
                return pf_sshd_work_refuse(work, "the lines this could change are right: %s",
                                           work->room->result->summary);
        case PF_SSHD_GOAL_UNKNOWN:
                return pf_sshd_work_refuse(work, "what sshd would say is not known: %s",
                                           work->room->result->summary);
        default:
                return r < 0 ? r : 0;
        }
}

const PfSshdSetting *pf_sshd_work_setting(const PfSshdWork *work) {
        return pf_sshd_effective_get(work->look.effective, work->goal->keyword);
}

bool pf_sshd_work_is_option(const PfSshdWork *work, const PfSshdLine *line) {
        const PfSshdCommandLine *options = &work->look.service.line;

        for (size_t i = 0; i < options->n_given; i++)
                if (options->given[i].number == line->number &&
                    strcmp(options->given[i].path, line->path) == 0)
                        return true;
        return false;
}

/* --- changing --- */

static int read_draft(PfSshdWork *work, const char *path, PfSshdDraft *ret) {
        PF_AUTO_BUF PfBuf bytes = PF_BUF_INIT(PF_SSHD_FILE_MAX);
        int r;

        r = pf_target_read(work->room->target, path, PF_SSHD_FILE_MAX - 1, &bytes, work->err);
        return r < 0 ? r : pf_sshd_draft_init(ret, bytes.data, bytes.n, &work->look.version);
}

int pf_sshd_work_read(PfSshdWork *work, const char *path, PfSshdDraft *ret) {
        int r = read_draft(work, path, ret);

        return r < 0 ? r : 0;
}

int pf_sshd_work_draft(PfSshdWork *work, const char *path, PfSshdDraft *ret) {
        int r;

        if (strncmp(path, VENDOR_TREE, strlen(VENDOR_TREE)) == 0)
                return pf_sshd_work_refuse(work, "%s belongs to a package, which would replace it",
                                           path);
        r = read_draft(work, path, ret);
        return r > 0 ? pf_sshd_work_refuse(work, "there is a NUL in %s", path) : r;
}

/* Is @keyword one that the remedy is about? */
static bool may_change(const PfSshdGoal *goal, const char *keyword) {
        for (size_t i = 0; goal->keywords[i]; i++)
                if (strcasecmp(goal->keywords[i], keyword) == 0)
                        return true;
        return false;
}

static bool same_values(const PfSshdSetting *a, const PfSshdSetting *b) {
        if (a->n_values != b->n_values || strcmp(a->keyword, b->keyword) != 0)
                return false;
        for (size_t i = 0; i < a->n_values; i++)
                if (strcmp(a->values[i].text, b->values[i].text) != 0)
                        return false;
        return true;
}

bool pf_sshd_same_but(const PfSshdGoal *goal, const PfSshdEffective *a, const PfSshdEffective *b) {
        if (pf_sshd_effective_is_accepted(a) && !pf_sshd_effective_is_accepted(b))
                return false;
        for (size_t i = 0; i < pf_sshd_effective_count(a); i++) {
                const PfSshdSetting *setting = pf_sshd_effective_at(a, i);

                if (!same_values(setting, pf_sshd_effective_at(b, i)) &&
                    !(goal && may_change(goal, setting->keyword)))
                        return false;
        }
        return true;
}

void pf_sshd_rewrites_deinit(PfSshdRewrites *rewrites) {
        for (size_t i = 0; i < rewrites->n; i++) {
                free(rewrites->items[i].path);
                pf_sshd_draft_deinit(&rewrites->items[i].draft);
        }
        rewrites->n = 0;
}

/* Takes over the draft, also on error. */
static int add_rewrite(PfSshdRewrites *rewrites, const char *path, PfSshdDraft *draft) {
        PfSshdRewrite *rewrite = &rewrites->items[rewrites->n];

        *rewrite = (PfSshdRewrite){ .path = strdup(path), .draft = *draft };
        *draft = (PfSshdDraft){ 0 };
        rewrites->n++;
        return rewrite->path ? 0 : -ENOMEM;
}

int pf_sshd_work_rewrite(PfSshdWork *work, PfSshdRewrites *rewrites, const char *path,
                         PfSshdDraft **ret) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        size_t i = 0;
        int r;

        while (i < rewrites->n && strcmp(rewrites->items[i].path, path) != 0)
                i++;
        if (i == PF_SSHD_REWRITES_MAX)
                return pf_sshd_work_refuse(work, "more than %d files would have to be changed",
                                           PF_SSHD_REWRITES_MAX);
        if (i == rewrites->n) {
                r = pf_sshd_work_draft(work, path, &draft);
                if (r == 0)
                        r = add_rewrite(rewrites, path, &draft);
                if (r != 0)
                        return r;
        }
        *ret = &rewrites->items[i].draft;
        return 0;
}

/* The machine as it would be. */
static int put_all(const PfSshdWork *work, const PfSshdRewrites *rewrites, PfTarget **ret) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        int r = pf_overlay_new((PfTarget *) work->room->target, &overlay, work->err);

        for (size_t i = 0; i < rewrites->n && r == 0; i++) {
                const PfBuf *text = &rewrites->items[i].draft.text;

                r = pf_overlay_put(overlay, rewrites->items[i].path, text->data, text->n,
                                   work->err);
        }
        if (r == 0)
                *ret = PF_STEAL(overlay);
        return r;
}

int pf_sshd_work_look(const PfSshdWork *work, const PfSshdRewrites *rewrites, PfTarget **ret_target,
                      PfSshdLook *ret) {
        int r = put_all(work, rewrites, ret_target);

        return r < 0 ? r
                     : pf_sshd_look_again(*ret_target, &work->demand, &work->look, ret, work->err);
}

/* 1 where the change does what it should, and no more. */
static int is_good(const PfSshdWork *work, const PfSshdRewrites *rewrites) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        int r = pf_sshd_work_look(work, rewrites, &target, &look);

        if (r < 0)
                return r;
        if (!look.effective || !pf_sshd_same_but(work->goal, work->look.effective, look.effective))
                return 0;
        r = pf_sshd_work_is_met(work, target, &look);
        return r == PF_SSHD_GOAL_MET ? pf_sshd_others_stay(work, target, &look) : r < 0 ? r : 0;
}

/* The unit whose server has to read its files again, or NULL: none runs all the time. */
static const char *unit_of(const PfSshdService *service) {
        const PfSystemdUnit *unit = &service->unit;

        return unit->path && !unit->mask && !strchr(unit->name, '@') ? unit->name : NULL;
}

static int offer(PfSshdWork *work, const PfSshdRewrites *rewrites, const char *summary) {
        const char *unit = unit_of(&work->look.service);
        PfCandidate *candidate;
        int r = pf_proposal_add(work->proposal, &candidate, "%s", summary);

        for (size_t i = 0; i < rewrites->n && r == 0; i++) {
                const PfBuf *text = &rewrites->items[i].draft.text;

                r = pf_candidate_put(candidate, rewrites->items[i].path, text->data, text->n, NULL);
        }
        if (r == 0 && unit)
                r = pf_candidate_act(candidate, PF_ACTION_RELOAD, unit);
        return r;
}

static int try_all(PfSshdWork *work, const PfSshdRewrites *rewrites, const char *summary) {
        int r = summary ? is_good(work, rewrites) : -ENOMEM;

        return r > 0 ? offer(work, rewrites, summary) : r;
}

int pf_sshd_work_try_all(PfSshdWork *work, const PfSshdRewrites *rewrites, const char *fmt, ...) {
        PF_AUTO_FREE char *summary = NULL;
        va_list ap;

        va_start(ap, fmt);
        summary = format(fmt, ap);
        va_end(ap);
        return try_all(work, rewrites, summary);
}

int pf_sshd_work_try(PfSshdWork *work, const char *path, PfSshdDraft *draft, const char *fmt, ...) {
        PF_AUTO_SSHD_REWRITES PfSshdRewrites rewrites = { 0 };
        PF_AUTO_FREE char *summary = NULL;
        va_list ap;
        int r;

        va_start(ap, fmt);
        summary = format(fmt, ap);
        va_end(ap);
        r = add_rewrite(&rewrites, path, draft);
        return r < 0 ? r : try_all(work, &rewrites, summary);
}
