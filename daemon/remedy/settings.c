/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/settings.h"

#include <string.h>

#define SUBJECT "ssh"
#define VALUE_MAX (1u << 20)

typedef struct Wait {
        PfJson *facts;
        PfErr *err;
        int r;
        bool is_over;
} Wait;

static void on_inspected(PfJson *facts_take, int r, const char *text, void *data) {
        Wait *wait = data;

        wait->facts = facts_take;
        wait->r = r;
        if (r == -ETIMEDOUT)
                (void) pf_err_set(wait->err, r, "%s", text);
        wait->is_over = true;
}

int pf_settings_of_sshd(uv_loop_t *loop, PfTarget *target, PfQuestion *question,
                        uint64_t deadline_ms, PfJson **ret, PfErr *err) {
        const PfInspection inspection = { .loop = loop,
                                          .target = target,
                                          .question = question,
                                          .subject = SUBJECT,
                                          .deadline_ms = deadline_ms,
                                          .privileged = true };
        Wait wait = { .err = err };
        PfJson *settings;
        int r = pf_inspect(&inspection, on_inspected, &wait);

        *ret = NULL;
        if (r != 0)
                return r == PF_INSPECT_NONE ? 0 : r;
        while (!wait.is_over)
                (void) uv_run(loop, UV_RUN_ONCE);
        (void) uv_run(loop, UV_RUN_NOWAIT); /* its timer is closed by a turn */
        settings = wait.r == 0 ? pf_json_get(wait.facts, "effective") : NULL;
        if (settings)
                *ret = pf_json_ref(settings);
        (void) pf_json_free(wait.facts);
        return wait.r == -ETIMEDOUT || wait.r == -ENOMEM ? wait.r : 0;
}

/* Are both the same text? Return: 0 or 1; -ENOMEM, -ENOBUFS. */
static int differs(const PfJson *a, const PfJson *b) {
        PF_AUTO_BUF PfBuf one = PF_BUF_INIT(VALUE_MAX);
        PF_AUTO_BUF PfBuf other = PF_BUF_INIT(VALUE_MAX);
        int r = pf_json_write(a, &one);

        if (r == 0)
                r = pf_json_write(b, &other);
        return r == 0 ? one.n != other.n || memcmp(one.data, other.data, one.n) != 0 : r;
}

typedef struct Comparison {
        const PfJson *others;
        const char *changed; /* borrowed */
} Comparison;

static int compare(const char *keyword, PfJson *setting, void *data) {
        static const char *const members[] = { "value", "values" };
        Comparison *comparison = data;
        const PfJson *other = pf_json_get(comparison->others, keyword);
        int r = !other;

        for (size_t i = 0; i < PF_ELEMENTS(members) && r == 0; i++)
                r = differs(pf_json_get(setting, members[i]), pf_json_get(other, members[i]));
        if (r > 0)
                comparison->changed = keyword;
        return r;
}

int pf_settings_find_changed(const PfJson *before, const PfJson *after, char **ret) {
        Comparison comparison = { .others = after };
        int r = 0;

        if (before)
                r = pf_json_each(before, compare, &comparison);
        comparison.others = before;
        if (r == 0 && after)
                r = pf_json_each(after, compare, &comparison);
        if (r <= 0)
                return r;
        *ret = strdup(comparison.changed);
        return *ret ? PF_SETTINGS_CHANGED : -ENOMEM;
}
