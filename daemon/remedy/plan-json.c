/* SPDX-License-Identifier: MIT */
/*
 * A plan as it goes over the wire: type Plan of org.preflightd.Remediation. Nothing is
 * withheld: only root may ask for one, and files of secrets are in none (changes.h).
 */
#include "daemon/remedy/plan.h"

#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/remedy/diff.h"

#define DIFF_TEXT_MAX (16u << 20)

static int put_text_or_null(PfJson *object, const char *key, const char *text) {
        return text && *text ? pf_json_put_string(object, key, text)
                             : pf_json_put_null(object, key);
}

static const char *outcome_of(const PfPlanStep *step) {
        return pf_plan_outcome_to_string(step->outcome);
}

static int step_to_json(const void *item, PfJson *object) {
        const PfPlanStep *step = item;

        if (pf_json_put_string(object, "check", step->check) < 0 ||
            pf_json_put_string(object, "outcome", outcome_of(step)) < 0 ||
            pf_json_put_string(object, "before", pf_verdict_to_string(step->before)) < 0 ||
            pf_json_put_string(object, "after", pf_verdict_to_string(step->after)) < 0 ||
            pf_json_put_string(object, "summary", step->summary) < 0)
                return -ENOMEM;
        return 0;
}

/* Could a diff of it be shown? NUL is in no text, and on the wire all is UTF-8. */
static bool is_text(const char *bytes, size_t n) {
        return n == 0 || (!memchr(bytes, '\0', n) && pf_utf8_is_valid(bytes, n));
}

static bool has_diff(const PfPlanFile *file) {
        return !file->edit.is_binary && !file->edit.spool &&
               (file->was_absent || file->before_bytes) &&
               is_text(file->before_bytes, file->before_n) &&
               is_text(file->edit.bytes, file->edit.n);
}

/* Null where there is none, also where it would be too long. */
static int put_diff(const PfPlanFile *file, PfJson *object) {
        PF_AUTO_BUF PfBuf diff = PF_BUF_INIT(DIFF_TEXT_MAX);
        int r;

        if (!has_diff(file))
                return pf_json_put_null(object, "diff");
        r = pf_diff(file->edit.path, file->before_bytes, file->before_n, file->edit.bytes,
                    file->edit.n, &diff);
        if (r == -ENOBUFS)
                return pf_json_put_null(object, "diff");
        return r == 0 ? pf_json_put_string(object, "diff", diff.data ? diff.data : "") : r;
}

static int file_to_json(const void *item, PfJson *object) {
        const PfPlanFile *file = item;

        if (pf_json_put_string(object, "path", file->edit.path) < 0 || put_diff(file, object) < 0 ||
            put_text_or_null(object, "before", file->before_sha256) < 0 ||
            put_text_or_null(object, "after", file->after_sha256) < 0)
                return -ENOMEM;
        return 0;
}

static int setting_to_json(const void *item, PfJson *object) {
        const PfPlanSetting *planned = item;
        const PfSetting *setting = &planned->setting;

        if (pf_json_put_string(object, "kind", pf_setting_kind_to_string(setting->kind)) < 0 ||
            pf_json_put_string(object, "subject", setting->subject) < 0 ||
            put_text_or_null(object, "name", setting->name) < 0 ||
            put_text_or_null(object, "before", planned->before) < 0 ||
            put_text_or_null(object, "after", setting->value) < 0)
                return -ENOMEM;
        return 0;
}

static int action_to_json(const void *item, PfJson *object) {
        const PfAction *action = item;

        if (pf_json_put_string(object, "kind", pf_action_to_string(action->kind)) < 0 ||
            pf_json_put_string(object, "subject", action->subject) < 0)
                return -ENOMEM;
        return 0;
}

static int remaining_to_json(const void *item, PfJson *object) {
        const PfResult *result = item;

        if (pf_json_put_string(object, "check", result->check->id) < 0 ||
            pf_json_put_string(object, "verdict", pf_verdict_to_string(result->verdict)) < 0 ||
            pf_json_put_string(object, "summary", result->summary) < 0)
                return -ENOMEM;
        return 0;
}

typedef int (*ItemToJson)(const void *item, PfJson *object);

/* An array with one object for each of @n items of @size bytes. */
static int put_list(PfJson *plan, const char *key, const void *items, size_t n, size_t size,
                    ItemToJson to_json) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

                if (!object || to_json((const char *) items + i * size, object) < 0 ||
                    pf_json_append_take(array, PF_STEAL(object)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(plan, key, PF_STEAL(array));
}

static int put_lease(const PfPlanLease *lease, PfJson *plan) {
        PF_CLEANUP(pf_json_freep) PfJson *object = NULL;

        if (!lease)
                return pf_json_put_null(plan, "lease");
        object = pf_json_new_object();
        if (!object || pf_json_put_string(object, "account", lease->account) < 0 ||
            pf_json_put_string(object, "source", lease->source) < 0 ||
            pf_json_put_uint(object, "durationUSec", lease->duration_usec) < 0)
                return -ENOMEM;
        return pf_json_put_take(plan, "lease", PF_STEAL(object));
}

int pf_plan_to_json(const PfPlan *plan, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || pf_json_put_string(object, "digest", plan->digest) < 0 ||
            pf_json_put_bool(object, "empty", pf_plan_is_empty(plan)) < 0 ||
            put_list(object, "steps", plan->steps, plan->n_steps, sizeof(*plan->steps),
                     step_to_json) < 0 ||
            put_list(object, "files", plan->files, plan->n_files, sizeof(*plan->files),
                     file_to_json) < 0 ||
            put_list(object, "settings", plan->settings, plan->n_settings, sizeof(*plan->settings),
                     setting_to_json) < 0 ||
            put_list(object, "actions", plan->actions, plan->n_actions, sizeof(*plan->actions),
                     action_to_json) < 0 ||
            put_lease(plan->lease, object) < 0 ||
            put_list(object, "remaining", plan->remaining.results, plan->remaining.n,
                     sizeof(*plan->remaining.results), remaining_to_json) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(object);
        return 0;
}
