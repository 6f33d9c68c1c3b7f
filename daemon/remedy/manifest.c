/* SPDX-License-Identifier: MIT */
/* Manifests as values: made of a plan, freed. The text of one is manifest-json.c. */
#include "daemon/remedy/manifest.h"

#include <stdarg.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/utf8.h"
#include "daemon/remedy/lease.h"

PfTransaction *pf_transaction_free(PfTransaction *transaction) {
        if (!transaction)
                return NULL;
        for (size_t i = 0; i < transaction->n_steps; i++) {
                free((char *) transaction->steps[i].check); /* here it is the transaction's own */
                free(transaction->steps[i].summary);
                free(transaction->steps[i].fingerprint);
        }
        if (transaction->lease) {
                free(transaction->lease->scope.account);
                free(transaction->lease->scope.source);
        }
        free(transaction->id);
        free(transaction->who);
        free(transaction->why);
        free(transaction->digest);
        free(transaction->undone_by);
        free(transaction->text);
        free(transaction->lease);
        free(transaction->steps);
        pf_strv_deinit(&transaction->paths);
        free(transaction);
        return NULL;
}

PfManifest *pf_manifest_free(PfManifest *manifest) {
        if (!manifest)
                return NULL;
        for (size_t i = 0; i < manifest->n_files; i++) {
                free(manifest->files[i].path);
                free(manifest->files[i].place);
        }
        for (size_t i = 0; i < manifest->n_settings; i++) {
                pf_setting_deinit(&manifest->settings[i].setting);
                free(manifest->settings[i].before);
        }
        for (size_t i = 0; i < manifest->n_actions; i++)
                free(manifest->actions[i].subject);
        free(manifest->files);
        free(manifest->settings);
        free(manifest->actions);
        (void) pf_transaction_free(manifest->transaction);
        free(manifest);
        return NULL;
}

static int copy_text(const char *text, char **ret) {
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

/* A name that is read again as it was written. */
static int copy_name(const char *name, char **ret, PfErr *err) {
        if (!pf_utf8_is_valid(name, strlen(name)))
                return pf_err_set(err, -EILSEQ,
                                  "%s: is not UTF-8, so the journal cannot name it; rename it",
                                  name);
        return copy_text(name, ret);
}

static int copy_files(const PfPlan *plan, PfManifest *manifest, PfErr *err) {
        int r = 0;

        manifest->files = calloc(plan->n_files + 1, sizeof(*manifest->files));
        if (!manifest->files)
                return -ENOMEM;
        for (size_t i = 0; i < plan->n_files && r == 0; i++) {
                const PfPlanFile *from = &plan->files[i];
                PfManifestFile *to = &manifest->files[manifest->n_files++];

                memcpy(to->before_sha256, from->before_sha256, sizeof(to->before_sha256));
                memcpy(to->after_sha256, from->after_sha256, sizeof(to->after_sha256));
                r = copy_name(from->edit.path, &to->path, err);
                if (r == 0)
                        r = pf_strv_add(&manifest->transaction->paths, to->path);
        }
        return r;
}

static int copy_settings(const PfPlan *plan, PfManifest *manifest) {
        int r = 0;

        manifest->settings = calloc(plan->n_settings + 1, sizeof(*manifest->settings));
        if (!manifest->settings)
                return -ENOMEM;
        for (size_t i = 0; i < plan->n_settings && r == 0; i++) {
                const PfPlanSetting *from = &plan->settings[i];
                PfPlanSetting *to = &manifest->settings[manifest->n_settings++];
                char shown[PF_SETTING_SHOWN_MAX];

                r = pf_setting_copy(&from->setting, &to->setting);
                if (r == 0 && from->before)
                        r = copy_text(from->before, &to->before);
                if (r == 0)
                        r = pf_strv_add(&manifest->transaction->paths,
                                        pf_setting_show(&from->setting, shown));
        }
        return r;
}

static int copy_actions(const PfPlan *plan, PfManifest *manifest, PfErr *err) {
        int r = 0;

        manifest->actions = calloc(plan->n_actions + 1, sizeof(*manifest->actions));
        if (!manifest->actions)
                return -ENOMEM;
        for (size_t i = 0; i < plan->n_actions && r == 0; i++) {
                PfAction *to = &manifest->actions[manifest->n_actions++];

                to->kind = plan->actions[i].kind;
                r = copy_name(plan->actions[i].subject, &to->subject, err);
        }
        return r;
}

static int copy_step(const PfPlanStep *from, PfPlanStep *to) {
        int r;

        *to = (PfPlanStep){ .outcome = from->outcome,
                            .before = from->before,
                            .after = from->after };
        r = copy_text(from->check, (char **) &to->check);
        if (r == 0)
                r = copy_text(from->summary, &to->summary);
        if (r == 0 && from->fingerprint)
                r = copy_text(from->fingerprint, &to->fingerprint);
        return r;
}

static int copy_steps(const PfPlan *plan, PfTransaction *transaction) {
        int r = 0;

        transaction->steps = calloc(plan->n_steps + 1, sizeof(*transaction->steps));
        if (!transaction->steps)
                return -ENOMEM;
        for (size_t i = 0; i < plan->n_steps && r == 0; i++)
                r = copy_step(&plan->steps[i], &transaction->steps[transaction->n_steps++]);
        return r;
}

static int begin_lease(const PfPlanLease *scope, PfTransaction *transaction, PfErr *err) {
        PfTransactionLease *lease;
        PfLeaseClock now;
        int r;

        transaction->lease = lease = calloc(1, sizeof(*lease));
        if (!lease)
                return -ENOMEM;
        lease->scope.duration_usec = scope->duration_usec;
        r = copy_text(scope->account, &lease->scope.account);
        if (r == 0)
                r = copy_text(scope->source, &lease->scope.source);
        if (r == 0)
                r = pf_lease_clock_read(&now, err);
        if (r == 0)
                pf_lease_begin(lease, &now);
        return r;
}

static int fill(const PfPlan *plan, const char *id, const char *who, const char *why,
                PfManifest *manifest, PfErr *err) {
        PfTransaction *transaction = manifest->transaction;
        int r;

        transaction->started_usec = pf_clock_realtime_usec();
        r = copy_text(id, &transaction->id);
        if (r == 0)
                r = copy_text(who, &transaction->who);
        if (r == 0)
                r = copy_text(why, &transaction->why);
        if (r == 0)
                r = copy_text(plan->digest, &transaction->digest);
        if (r == 0)
                r = copy_files(plan, manifest, err);
        if (r == 0)
                r = copy_settings(plan, manifest);
        if (r == 0)
                r = copy_actions(plan, manifest, err);
        if (r == 0)
                r = copy_steps(plan, transaction);
        if (r == 0 && plan->lease)
                r = begin_lease(plan->lease, transaction, err);
        return r;
}

int pf_manifest_new(const PfPlan *plan, const char *id, const char *who, const char *why,
                    PfManifest **ret, PfErr *err) {
        PF_CLEANUP(pf_manifest_freep) PfManifest *manifest = calloc(1, sizeof(*manifest));
        int r;

        if (!manifest)
                return -ENOMEM;
        if (plan->n_files > PF_MANIFEST_LIST_MAX || plan->n_settings > PF_MANIFEST_LIST_MAX ||
            plan->n_actions > PF_MANIFEST_LIST_MAX || plan->n_steps > PF_MANIFEST_LIST_MAX)
                return pf_err_set(err, -E2BIG,
                                  "a plan of more than %d files, settings, actions or checks",
                                  PF_MANIFEST_LIST_MAX);
        manifest->goal = PF_TRANSACTION_ROLLED_BACK;
        manifest->transaction = calloc(1, sizeof(*manifest->transaction));
        if (!manifest->transaction)
                return -ENOMEM;
        r = fill(plan, id, who, why, manifest, err);
        if (r < 0)
                return r;
        *ret = PF_STEAL(manifest);
        return 0;
}

int pf_manifest_note(PfManifest *manifest, const char *fmt, ...) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_MANIFEST_TEXT_MAX);
        PfErr line = { 0 };
        char **text = &manifest->transaction->text;
        va_list ap;
        int r;

        va_start(ap, fmt);
        (void) vsnprintf(line.text, sizeof(line.text), fmt, ap);
        va_end(ap);
        r = pf_buf_printf(&buf, "%s%s%s", *text ? *text : "", *text ? "; " : "", line.text);
        if (r == -ENOBUFS)
                return 0; /* there is enough to read */
        if (r < 0)
                return r;
        free(*text);
        *text = pf_buf_steal(&buf);
        return *text ? 0 : -ENOMEM;
}
