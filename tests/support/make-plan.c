/* SPDX-License-Identifier: MIT */
#include "tests/support/make-plan.h"

#include <string.h>

#include "daemon/base/sha256.h"

static void must(bool good, const char *what) {
        if (good)
                return;
        (void) fprintf(stderr, "make-plan: %s: %s\n", what, strerror(errno));
        abort();
}

static char *copy(const char *text) {
        char *copied = strdup(text);

        must(copied, "strdup");
        return copied;
}

/* Room for one more of @size bytes behind @n of them. */
static void *grow(void *items, size_t n, size_t size) {
        char *grown = realloc(items, (n + 1) * size);

        must(grown, "realloc");
        memset(grown + n * size, 0, size);
        return grown;
}

PfPlan *pf_make_plan(void) {
        PfPlan *plan = calloc(1, sizeof(*plan));

        must(plan, "calloc");
        return plan;
}

static void read_before(const char *root, PfPlanFile *file) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PF_AUTO_FCLOSE FILE *stream = NULL;
        char path[4096], piece[4096];
        size_t n;

        (void) snprintf(path, sizeof(path), "%s%s", root, file->edit.path);
        stream = fopen(path, "rbe");
        file->was_absent = !stream;
        if (!stream)
                return;
        while ((n = fread(piece, 1, sizeof(piece), stream)) > 0)
                must(pf_buf_add(&buf, piece, n) == 0, path);
        pf_sha256_hex(buf.data ? buf.data : "", buf.n, file->before_sha256);
}

void pf_make_edit(PfPlan *plan, const char *root, const char *path, const void *bytes, size_t n) {
        PfPlanFile *file;

        plan->files = grow(plan->files, plan->n_files, sizeof(*file));
        file = &plan->files[plan->n_files++];
        file->edit.path = copy(path);
        read_before(root, file);
        if (bytes) {
                file->edit.bytes = malloc(n + 1);
                must(file->edit.bytes, "malloc");
                memcpy(file->edit.bytes, bytes, n);
                file->edit.bytes[n] = '\0';
                file->edit.n = n;
                pf_sha256_hex(bytes, n, file->after_sha256);
        }
        must(pf_plan_seal(plan) == 0, "seal");
}

void pf_make_text(PfPlan *plan, const char *root, const char *path, const char *text) {
        pf_make_edit(plan, root, path, text, text ? strlen(text) : 0);
}

void pf_make_setting(PfPlan *plan, PfSettingKind kind, const char *subject, const char *name,
                     const char *before, const char *value) {
        const PfSetting setting = { kind, (char *) subject, (char *) name, (char *) value };
        PfPlanSetting *planned;

        plan->settings = grow(plan->settings, plan->n_settings, sizeof(*plan->settings));
        planned = &plan->settings[plan->n_settings++];
        must(pf_setting_copy(&setting, &planned->setting) == 0, "strdup");
        planned->before = before ? copy(before) : NULL;
        must(pf_plan_seal(plan) == 0, "seal");
}

void pf_make_action(PfPlan *plan, PfActionKind kind, const char *subject) {
        plan->actions = grow(plan->actions, plan->n_actions, sizeof(*plan->actions));
        plan->actions[plan->n_actions++] = (PfAction){ kind, copy(subject) };
}

void pf_make_step(PfPlan *plan, const char *check) {
        plan->steps = grow(plan->steps, plan->n_steps, sizeof(*plan->steps));
        plan->steps[plan->n_steps++] = (PfPlanStep){ .check = check,
                                                     .outcome = PF_PLAN_REMEDIED,
                                                     .before = PF_FAIL,
                                                     .after = PF_PASS,
                                                     .summary = copy("a change"),
                                                     .fingerprint = copy("sha256:0") };
}

void pf_make_lease(PfPlan *plan, const char *account, const char *source, uint64_t usec) {
        plan->lease = calloc(1, sizeof(*plan->lease));
        must(plan->lease, "calloc");
        *plan->lease = (PfPlanLease){ copy(account), copy(source), usec };
}
