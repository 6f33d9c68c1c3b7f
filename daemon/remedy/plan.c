/* SPDX-License-Identifier: MIT */
/* Plans as values: what belongs to one, and by which digest it is known. */
#include "daemon/remedy/plan.h"

#include <fcntl.h>
#include <string.h>

#include "daemon/base/sha256.h"

#define CHUNK (64u << 10)

static int hash_spool(const char *path, char ret[static PF_SHA256_HEX_SIZE], PfErr *err) {
        PF_CLEANUP(pf_sha256_freep) PfSha256 *sha256 = pf_sha256_new();
        PF_AUTO_FREE char *chunk = malloc(CHUNK);
        PF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = 1;

        if (!sha256 || !chunk)
                return -ENOMEM;
        while (fd >= 0 && n > 0) {
                n = read(fd, chunk, CHUNK);
                if (n > 0)
                        pf_sha256_add(sha256, chunk, (size_t) n);
                else if (n < 0 && errno == EINTR)
                        n = 1;
        }
        if (fd < 0 || n < 0)
                return pf_err_errno(err, -errno, "%s", path);
        pf_sha256_end(sha256, ret);
        return 0;
}

int pf_edit_digest(const PfEdit *edit, char ret[static PF_SHA256_HEX_SIZE], PfErr *err) {
        ret[0] = '\0';
        if (edit->spool)
                return hash_spool(edit->spool, ret, err);
        if (edit->bytes)
                pf_sha256_hex(edit->bytes, edit->n, ret);
        return 0;
}

static const char *const outcome_names[] = {
        [PF_PLAN_REMEDIED] = "remedied",
        [PF_PLAN_PASSES] = "passes",
        [PF_PLAN_NOT_REMEDIABLE] = "notremediable",
        [PF_PLAN_CONSENT] = "consent",
        [PF_PLAN_NO_EFFECT] = "noeffect",
};

const char *pf_plan_outcome_to_string(PfPlanOutcome outcome) {
        return outcome_names[outcome];
}

PfPlan *pf_plan_free(PfPlan *plan) {
        if (!plan)
                return NULL;
        for (size_t i = 0; i < plan->n_files; i++) {
                pf_edit_deinit(&plan->files[i].edit);
                free(plan->files[i].before_bytes);
        }
        for (size_t i = 0; i < plan->n_settings; i++) {
                pf_setting_deinit(&plan->settings[i].setting);
                free(plan->settings[i].before);
        }
        for (size_t i = 0; i < plan->n_actions; i++)
                free(plan->actions[i].subject);
        for (size_t i = 0; i < plan->n_steps; i++) {
                free(plan->steps[i].summary);
                free(plan->steps[i].fingerprint);
        }
        if (plan->lease) {
                free(plan->lease->account);
                free(plan->lease->source);
        }
        free(plan->account);
        free(plan->source);
        free(plan->files);
        free(plan->settings);
        free(plan->actions);
        free(plan->steps);
        free(plan->lease);
        pf_report_deinit(&plan->remaining);
        free(plan);
        return NULL;
}

bool pf_plan_is_empty(const PfPlan *plan) {
        return plan->n_files == 0 && plan->n_settings == 0 && plan->n_actions == 0;
}

/* A text that no text behind it can be taken for a part of: "5:hello,". */
static int write_text(PfBuf *buf, const char *text) {
        return text ? pf_buf_printf(buf, "%zu:%s,", strlen(text), text)
                    : pf_buf_add_string(buf, "-,");
}

static int write_texts(PfBuf *buf, const char *const *texts, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++)
                r = write_text(buf, texts[i]);
        return r;
}

static int write_file(const PfPlanFile *file, PfBuf *buf) {
        const char *const texts[] = { "file", file->edit.path, file->before_sha256,
                                      file->after_sha256 };
        int r = write_texts(buf, texts, PF_ELEMENTS(texts));

        if (r == 0 && !file->was_absent)
                r = pf_buf_printf(buf, "%o %u %u,", (unsigned) file->before.mode,
                                  (unsigned) file->before.uid, (unsigned) file->before.gid);
        return r;
}

static int write_setting(const PfPlanSetting *planned, PfBuf *buf) {
        const PfSetting *setting = &planned->setting;
        const char *const texts[] = { "setting",        pf_setting_kind_to_string(setting->kind),
                                      setting->subject, setting->name,
                                      planned->before,  setting->value };

        return write_texts(buf, texts, PF_ELEMENTS(texts));
}

static int write_action(const PfAction *action, PfBuf *buf) {
        const char *const texts[] = { "action", pf_action_to_string(action->kind),
                                      action->subject };

        return write_texts(buf, texts, PF_ELEMENTS(texts));
}

static int write_step(const PfPlanStep *step, PfBuf *buf) {
        const char *const texts[] = { "check", step->check, outcome_names[step->outcome],
                                      step->fingerprint };

        return write_texts(buf, texts, PF_ELEMENTS(texts));
}

static int write_lease(const PfPlanLease *lease, PfBuf *buf) {
        const char *const texts[] = { "lease", lease->account, lease->source };
        int r = write_texts(buf, texts, PF_ELEMENTS(texts));

        return r == 0 ? pf_buf_printf(buf, "%llu,", (unsigned long long) lease->duration_usec) : r;
}

static int write_plan(const PfPlan *plan, PfBuf *buf) {
        const char *const texts[] = { "preflightd.plan.1", plan->account, plan->source };
        int r = write_texts(buf, texts, PF_ELEMENTS(texts));

        for (size_t i = 0; i < plan->n_files && r == 0; i++)
                r = write_file(&plan->files[i], buf);
        for (size_t i = 0; i < plan->n_settings && r == 0; i++)
                r = write_setting(&plan->settings[i], buf);
        for (size_t i = 0; i < plan->n_actions && r == 0; i++)
                r = write_action(&plan->actions[i], buf);
        for (size_t i = 0; i < plan->n_steps && r == 0; i++)
                r = write_step(&plan->steps[i], buf);
        return r == 0 && plan->lease ? write_lease(plan->lease, buf) : r;
}

#define DIGESTED_MAX (1 << 20)

int pf_plan_seal(PfPlan *plan) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(DIGESTED_MAX);
        char hex[PF_SHA256_HEX_SIZE];
        int r;

        r = write_plan(plan, &buf);
        if (r < 0)
                return -ENOMEM;
        pf_sha256_hex(buf.data ? buf.data : "", buf.n, hex);
        (void) snprintf(plan->digest, sizeof(plan->digest), "sha256:%s", hex);
        return 0;
}
