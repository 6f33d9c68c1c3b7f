/* SPDX-License-Identifier: MIT */
/*
 * TAP version 14. A check is a test point: what fails or is not known is "not ok",
 * what does not apply or is waived is skipped. All but what simply passed have a
 * YAML block, in the plain style that readers of TAP 13 understand too.
 */
#include "daemon/ctl/format.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/ctl/escape.h"
#include "daemon/ctl/outcomes.h"
#include "daemon/ctl/format-table.h"
#include "daemon/ctl/text.h"
#include "daemon/ctl/view.h"

/* Members of a check, as they are named there; those that are null are left out. */
static const char *const of_check[] = { "verdict",     "severity",      "errorIds",
                                        "reason",      "where",         "evidence",
                                        "remedy",      "vendorVerdict", "waiver",
                                        "fingerprint", "documentation", "probedUSec",
                                        "durationUSec" };
/* The members of those which are objects. */
static const char *const of_parts[] = { "path",     "line",   "found",      "expected",
                                        "withheld", "safety", "summary",    "file",
                                        "owner",    "reason", "expiresUSec" };

#define TEXT_MAX 4096 /* bytes: readers have limits, and people too */

/* A text, of a long one only the beginning. */
static void add_text(PfPage *page, PfEscape escape, const char *text) {
        PF_AUTO_BUF PfBuf cut = PF_BUF_INIT(TEXT_MAX + sizeof("..."));
        size_t n = pf_text_cut(text, TEXT_MAX);

        if (pf_buf_add(&cut, text, n) < 0 || pf_buf_add_string(&cut, text[n] ? "..." : "") < 0) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        pf_page_escaped(page, escape, cut.data);
}

/* A number, a truth, or a text; what else somebody sent is shown as a text. */
static void add_scalar(PfPage *page, PfEscape escape, const PfJson *value) {
        switch (pf_json_type(value)) {
        case PF_JSON_INTEGER:
                pf_page_rawf(page, "%" PRId64, pf_json_integer(value));
                break;
        case PF_JSON_BOOL:
                pf_page_raw(page, pf_json_bool(value) ? "true" : "false");
                break;
        case PF_JSON_STRING:
                add_text(page, escape, pf_json_string(value));
                break;
        default:
                pf_page_raw(page, "\"\"");
                break;
        }
        pf_page_raw(page, "\n");
}

/* The known members of an object, from the second on indented; at least one line. */
static void add_part(PfPage *page, unsigned indent, const PfJson *object) {
        bool is_first = true;

        for (size_t i = 0; i < PF_ELEMENTS(of_parts); i++) {
                const PfJson *value = pf_json_get(object, of_parts[i]);

                if (!value)
                        continue;
                pf_page_rawf(page, "%*s%s: ", is_first ? 0 : (int) indent, "", of_parts[i]);
                add_scalar(page, pf_escape_yaml, value);
                is_first = false;
        }
        if (is_first)
                pf_page_raw(page, "path: ~\n"); /* not every reader knows "{}" */
}

static void add_list(PfPage *page, const PfJson *array) {
        if (pf_json_length(array) == 0) {
                pf_page_raw(page, " []\n");
                return;
        }
        pf_page_raw(page, "\n");
        for (size_t i = 0; i < pf_json_length(array); i++) {
                const PfJson *item = pf_json_at(array, i);

                pf_page_raw(page, "    - ");
                if (pf_json_type(item) == PF_JSON_OBJECT)
                        add_part(page, 6, item);
                else
                        add_scalar(page, pf_escape_yaml_item, item);
        }
}

static void add_member(PfPage *page, const char *name, const PfJson *value) {
        if (!value)
                return;
        pf_page_rawf(page, "  %s:", name);
        if (pf_json_type(value) == PF_JSON_ARRAY) {
                add_list(page, value);
        } else if (pf_json_type(value) == PF_JSON_OBJECT) {
                pf_page_raw(page, "\n    ");
                add_part(page, 4, value);
        } else {
                pf_page_raw(page, " ");
                add_scalar(page, pf_escape_yaml, value);
        }
}

static void add_block(PfPage *page, const PfFinding *finding) {
        pf_page_raw(page, "  ---\n  message: ");
        add_text(page, pf_escape_yaml, finding->summary);
        pf_page_raw(page, "\n");
        for (size_t i = 0; i < PF_ELEMENTS(of_check); i++)
                add_member(page, of_check[i], pf_json_get(finding->check, of_check[i]));
        pf_page_raw(page, "  ...\n");
}

static void add_skip(PfPage *page, const PfFinding *finding) {
        const PfJson *waiver = pf_json_get(finding->check, "waiver");
        PF_AUTO_FREE char *text = waiver ? pf_outcomes_waiver(waiver) : NULL;

        pf_page_raw(page, " # SKIP ");
        if (strcmp(finding->verdict, "waived") == 0)
                pf_page_raw(page, "waived: ");
        pf_page_escaped(page, pf_escape_tap, text ? text : finding->summary);
}

static void add_point(PfPage *page, size_t number, const PfFinding *finding) {
        bool is_bad =
                finding->outcome == PF_OUTCOME_FAILURE || finding->outcome == PF_OUTCOME_ERROR;

        pf_page_rawf(page, "%sok %zu - ", is_bad ? "not " : "", number);
        pf_page_escaped(page, pf_escape_tap, finding->id);
        if (finding->outcome == PF_OUTCOME_SKIPPED) {
                add_skip(page, finding);
        } else {
                pf_page_raw(page, ": ");
                pf_page_escaped(page, pf_escape_tap, finding->summary);
        }
        pf_page_raw(page, "\n");
        if (strcmp(finding->verdict, "pass") != 0)
                add_block(page, finding);
}

static void add_comment(PfPage *page, const char *label, const char *text) {
        if (!text)
                return;
        pf_page_rawf(page, "# %s: ", label);
        pf_page_escaped(page, pf_escape_tap, text);
        pf_page_raw(page, "\n");
}

static void add_waivers(PfPage *page, const PfJson *report) {
        const PfJson *waivers = pf_json_get(report, "waivers");

        for (size_t i = 0; i < pf_json_length(waivers); i++)
                if (pf_outcomes_waiver_is_trouble(pf_json_at(waivers, i)))
                        add_comment(page, "waiver that does not count",
                                    pf_table_string(pf_json_at(waivers, i), "summary", ""));
}

static void show_report(PfPage *page, const PfJson *report, const PfShow *show) {
        PF_AUTO_OUTCOMES PfOutcomes findings = { 0 };
        const PfJson *host = pf_json_get(report, "host");

        if (pf_outcomes_load(report, show->strict, &findings) < 0) {
                page->error = page->error ? page->error : -ENOMEM;
                return;
        }
        /* The plan says 0 where there is nothing to ask, and then why. */
        pf_page_rawf(page, "TAP version 14\n1..%zu%s\n", findings.n,
                     findings.n == 0 ? " # SKIP no check was asked for" : "");
        add_comment(page, "host", pf_json_get_string(host, "hostname"));
        add_comment(page, "profile", pf_json_get_string(report, "profile"));
        add_comment(page, "agent version", pf_json_get_string(report, "agentVersion"));
        add_comment(page, "account", pf_json_get_string(report, "account"));
        add_comment(page, "source", pf_json_get_string(report, "source"));
        for (size_t i = 0; i < findings.n; i++)
                add_point(page, i + 1, &findings.items[i]);
        add_waivers(page, report);
        add_comment(page, "verdict", pf_view_verdict(report));
        if (pf_view_is_partial(report))
                add_comment(page, "partial", "only these checks were asked for");
}

const PfFormat pf_format_tap = {
        .name = "tap",
        .report = show_report,
};
