/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/outcomes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/ctl/view.h"

#define WAIVER_MAX (1u << 20)

static bool is_one_of(const char *text, const char *const *list, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(text, list[i]) == 0)
                        return true;
        return false;
}

static PfOutcome outcome_of(const PfFinding *finding, bool strict) {
        static const struct {
                const char *verdict;
                PfOutcome outcome;
                bool is_strict; /* with --strict it is a failure */
        } outcomes[] = {
                { "pass", PF_OUTCOME_OK, false },      { "warn", PF_OUTCOME_WARNING, true },
                { "fail", PF_OUTCOME_FAILURE, true },  { "waived", PF_OUTCOME_SKIPPED, true },
                { "skip", PF_OUTCOME_SKIPPED, false },
        };

        for (size_t i = 0; i < PF_ELEMENTS(outcomes); i++) {
                if (strcmp(outcomes[i].verdict, finding->verdict) != 0)
                        continue;
                if (strict && outcomes[i].is_strict && strcmp(finding->severity, "info") != 0)
                        return PF_OUTCOME_FAILURE;
                return outcomes[i].outcome;
        }
        return PF_OUTCOME_ERROR;
}

static const char *known_severity(const char *severity) {
        static const char *const severities[] = { "blocker", "warning", "info" };

        return is_one_of(severity, severities, PF_ELEMENTS(severities)) ? severity : severities[0];
}

static void add(PfOutcomes *findings, PfFinding finding) {
        finding.subject = finding.id;
        finding.n_subject = strcspn(finding.id, ".");
        findings->counts[finding.outcome]++;
        findings->items[findings->n++] = finding;
}

static void add_check(PfOutcomes *findings, const PfJson *check, bool strict) {
        PfFinding finding = {
                .id = pf_table_string(check, "check", "(no name)"),
                .summary = pf_table_string(check, "summary", ""),
                .severity = known_severity(pf_table_string(check, "severity", "")),
                .verdict = pf_table_string(check, "verdict", "unknown"),
                .check = check,
        };

        finding.outcome = outcome_of(&finding, strict);
        add(findings, finding);
}

static void add_whole(PfOutcomes *findings, PfExit status) {
        bool is_blocked = status == PF_EXIT_BLOCKED;

        add(findings, (PfFinding){
                              .id = "readiness",
                              .summary = is_blocked ? "the machine is not ready, and no check "
                                                      "says why"
                                                    : "whether the machine is ready is not known, "
                                                      "and no check says why",
                              .severity = "blocker",
                              .verdict = is_blocked ? "fail" : "unknown",
                              .outcome = is_blocked ? PF_OUTCOME_FAILURE : PF_OUTCOME_ERROR,
                      });
}

int pf_outcomes_load(const PfJson *report, bool strict, PfOutcomes *ret) {
        const PfJson *checks = pf_json_get(report, "checks");
        PfOutcomes findings = { .report = report };
        PfExit status = pf_view_exit(report, strict);

        findings.items = calloc(pf_json_length(checks) + 1, sizeof(PfFinding));
        if (!findings.items)
                return -ENOMEM;
        for (size_t i = 0; i < pf_json_length(checks); i++)
                add_check(&findings, pf_json_at(checks, i), strict);
        if (status != PF_EXIT_OK && findings.counts[PF_OUTCOME_FAILURE] == 0 &&
            findings.counts[PF_OUTCOME_ERROR] == 0)
                add_whole(&findings, status);
        *ret = findings;
        return 0;
}

void pf_outcomes_deinit(PfOutcomes *findings) {
        free(findings->items);
        *findings = (PfOutcomes){ 0 };
}

/* No format has room for a year beyond 9999. */
static bool to_utc(int64_t usec, struct tm *ret) {
        time_t seconds = (time_t) (usec / 1000000);

        return usec > 0 && seconds <= INT64_C(253402300799) && gmtime_r(&seconds, ret);
}

char *pf_outcomes_waiver(const PfJson *waiver) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(WAIVER_MAX);
        const char *owner = pf_json_get_string(waiver, "owner");
        const char *reason = pf_json_get_string(waiver, "reason");
        char until[PF_TIME_MAX] = "";
        struct tm utc;
        int r;

        if (to_utc(pf_json_integer(pf_json_get(waiver, "expiresUSec")), &utc))
                (void) strftime(until, sizeof(until), "%Y-%m-%d %H:%M UTC", &utc);
        r = pf_buf_printf(&buf, "accepted%s%s%s%s", owner ? " by " : "", owner ? owner : "",
                          *until ? " until " : "", until);
        if (r == 0 && reason)
                r = pf_buf_printf(&buf, ": %s", reason);
        else if (r == 0 && pf_json_bool(pf_json_get(waiver, "withheld")))
                r = pf_buf_add_string(&buf, "; only root and group preflightd may see by whom, "
                                            "and why");
        return r == 0 ? pf_buf_steal(&buf) : NULL;
}

bool pf_outcomes_waiver_is_trouble(const PfJson *waiver) {
        static const char *const harmless[] = { "active", "notneeded", "notasked" };

        return !is_one_of(pf_table_string(waiver, "state", ""), harmless, PF_ELEMENTS(harmless));
}

const char *pf_outcomes_time(int64_t usec, char buf[static PF_TIME_MAX]) {
        struct tm utc;

        if (!to_utc(usec, &utc) || strftime(buf, PF_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
                buf[0] = '\0';
        return buf;
}

const char *pf_outcomes_seconds(int64_t usec, char buf[static PF_SECONDS_MAX]) {
        if (usec < 0)
                usec = 0;
        (void) snprintf(buf, PF_SECONDS_MAX, "%" PRId64 ".%06" PRId64, usec / 1000000,
                        usec % 1000000);
        return buf;
}
