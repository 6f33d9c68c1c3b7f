/* SPDX-License-Identifier: MIT */
/*
 * What a module says, and how it reads its words.
 */
#include "probes/pam/pam.h"

#include <stdarg.h>
#include <string.h>

#define WHY_MAX 1024

static void clear_evidence(PfEvidence *evidence) {
        free(evidence->path);
        free(evidence->found);
        free(evidence->expected);
        *evidence = (PfEvidence){ 0 };
}

void pf_pam_answer_deinit(PfPamAnswer *answer) {
        free(answer->why);
        clear_evidence(&answer->evidence);
        *answer = (PfPamAnswer){ 0 };
}

int pf_pam_answer_set(PfPamAnswer *answer, PfPamCode code, const char *reason, const char *fmt,
                      ...) {
        char why[WHY_MAX];
        char *copy;
        va_list args;

        va_start(args, fmt);
        (void) vsnprintf(why, sizeof(why), fmt, args);
        va_end(args);
        copy = strdup(why);
        if (!copy)
                return -ENOMEM;
        free(answer->why);
        answer->why = copy;
        answer->code = code;
        answer->reason = reason;
        return 0;
}

int pf_pam_answer_evidence(PfPamAnswer *answer, const PfTarget *target, const char *path,
                           unsigned line, const char *found, const char *expected) {
        PfEvidence evidence = { .path = strdup(path),
                                .line = line,
                                .found = found ? strdup(found) : NULL,
                                .expected = expected ? strdup(expected) : NULL };

        if (!evidence.path || (found && !evidence.found) || (expected && !evidence.expected)) {
                clear_evidence(&evidence);
                return -ENOMEM;
        }
        evidence.restricted = found && target && !pf_target_is_public(target, path);
        clear_evidence(&answer->evidence);
        answer->evidence = evidence;
        return 0;
}

const char *pf_pam_argument(const PfPamLine *line, const char *name) {
        size_t n = strlen(name);

        for (size_t i = 0; i < line->args->n; i++)
                if (strncmp(line->args->items[i], name, n) == 0 && line->args->items[i][n] == '=')
                        return line->args->items[i] + n + 1;
        return NULL;
}

bool pf_pam_has_argument(const PfPamLine *line, const char *name) {
        return pf_strv_contains(line->args, name);
}
