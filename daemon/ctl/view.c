/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/view.h"

#include <inttypes.h>
#include <string.h>

const PfLook pf_looks[] = {
        { "fail", "FAIL", "\xe2\x9c\x97", "failed", "failed", PF_COLOUR_RED, true },
        { "unknown", "unknown", "?", "unknown", "unknown", PF_COLOUR_MAGENTA, true },
        { "warn", "warn", "!", "warning", "warnings", PF_COLOUR_YELLOW, true },
        { "waived", "waived", "\xe2\x97\x8b", "waived", "waived", PF_COLOUR_CYAN, true },
        { "pass", "pass", "\xe2\x9c\x93", "passed", "passed", PF_COLOUR_GREEN, false },
        { "skip", "skip", "\xe2\x80\x93", "not applicable", "not applicable", PF_COLOUR_DIM,
          false },
};
const size_t pf_n_looks = PF_ELEMENTS(pf_looks);

const char *pf_table_string(const PfJson *object, const char *key, const char *otherwise) {
        const char *text = pf_json_get_string(object, key);

        return text ? text : otherwise;
}

static bool same(const char *a, const char *b) {
        return a && strcmp(a, b) == 0;
}

const PfLook *pf_look_find(const char *verdict) {
        for (size_t i = 0; i < pf_n_looks; i++)
                if (same(verdict, pf_looks[i].verdict))
                        return &pf_looks[i];
        return pf_look_find("unknown");
}

const char *pf_view_verdict(const PfJson *report) {
        const char *verdict = pf_json_get_string(report, "verdict");

        if (same(verdict, "ready"))
                return "ready";
        return same(verdict, "blocked") ? "blocked" : "unknown";
}

PfColour pf_view_colour(const PfJson *report) {
        const char *verdict = pf_view_verdict(report);

        if (same(verdict, "ready"))
                return PF_COLOUR_GREEN;
        return same(verdict, "blocked") ? PF_COLOUR_RED : PF_COLOUR_MAGENTA;
}

int64_t pf_view_count(const PfJson *report, const char *verdict) {
        return pf_json_integer(pf_json_get(pf_json_get(report, "counts"), verdict));
}

/* The first check that has a verdict and, unless NULL, a severity. */
static const PfJson *find_check(const PfJson *report, const char *verdict, const char *severity) {
        const PfJson *checks = pf_json_get(report, "checks");

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);

                if (same(pf_json_get_string(check, "verdict"), verdict) &&
                    (!severity || same(pf_json_get_string(check, "severity"), severity)))
                        return check;
        }
        return NULL;
}

/* Is there anything that --strict does not let pass? What is waived has not passed:
 * strict is who does not take an administrator's word for the machine. */
static bool has_warning(const PfJson *report) {
        static const char *const verdicts[] = { "warn", "fail", "waived" };

        for (size_t i = 0; i < PF_ELEMENTS(verdicts); i++)
                if (find_check(report, verdicts[i], "blocker") ||
                    find_check(report, verdicts[i], "warning"))
                        return true;
        return false;
}

PfExit pf_view_exit(const PfJson *report, bool strict) {
        const char *verdict = pf_view_verdict(report);

        if (same(verdict, "blocked") || (strict && has_warning(report)))
                return PF_EXIT_BLOCKED;
        return same(verdict, "ready") ? PF_EXIT_OK : PF_EXIT_UNKNOWN;
}

bool pf_view_is_partial(const PfJson *report) {
        return pf_json_bool(pf_json_get(report, "partial"));
}

/* The check that decides the verdict, and is named in the line. */
static const PfJson *deciding_check(const PfJson *report) {
        const char *verdict = pf_view_verdict(report);
        const PfJson *check;

        if (same(verdict, "ready"))
                return NULL;
        if (same(verdict, "blocked"))
                return find_check(report, "fail", "blocker");
        check = find_check(report, "unknown", "blocker");
        return check ? check : find_check(report, "unknown", NULL);
}

char *pf_view_count_text(const PfJson *report, const PfLook *look, PfLanguage language) {
        int64_t n = pf_view_count(report, look->verdict);

        return pf_language_printf(language, "%lld %s", (long long) n,
                                  pf_language_text(language, n == 1 ? look->one : look->many));
}

static int add_count(PfBuf *buf, PfLanguage language, const char *before, const PfJson *report,
                     const char *verdict) {
        PF_AUTO_FREE char *text = pf_view_count_text(report, pf_look_find(verdict), language);

        return text ? pf_buf_printf(buf, "%s%s", pf_language_text(language, before), text)
                    : -ENOMEM;
}

char *pf_view_status(const PfJson *report, PfLanguage language) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1u << 20);
        const PfJson *check = deciding_check(report);
        const char *english = pf_json_get_string(check, "summary");
        const char *error = pf_json_string(pf_json_at(pf_json_get(check, "errorIds"), 0));
        PF_AUTO_FREE char *summary = NULL;
        int r;

        if (english)
                summary = pf_language_sentence(language, english, pf_json_get(check, "message"));
        r = english && !summary ? -ENOMEM : 0;
        if (r == 0)
                r = pf_buf_add_string(&buf, pf_language_text(language, pf_view_verdict(report)));
        if (r == 0 && summary)
                r = pf_buf_printf(&buf, ": %s", summary);
        if (r == 0 && summary && error)
                r = pf_buf_printf(&buf, " (%s)", error);
        if (r == 0)
                r = add_count(&buf, language, summary ? ", " : ": ", report, "pass");
        if (r == 0 && pf_view_count(report, "fail") > 1)
                r = add_count(&buf, language, ", ", report, "fail");
        if (r == 0 && pf_view_count(report, "waived") > 0)
                r = add_count(&buf, language, ", ", report, "waived");
        if (r == 0 && pf_view_is_partial(report))
                r = pf_buf_add_string(
                        &buf, pf_language_text(language, "; only these checks were asked for"));
        return r == 0 ? pf_buf_steal(&buf) : NULL;
}
