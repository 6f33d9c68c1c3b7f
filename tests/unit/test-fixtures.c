/* SPDX-License-Identifier: MIT */
/*
 * Every folder tests/fixtures/PROBE/CASE: runs the probe on a copy of its root/
 * and compares the answers with its expected.json. A new folder is a new test.
 *
 *   { "demand": { "account": "root", "source": "192.0.2.7", "agentVersion": "9.65",
 *                 "sourceHost": …, "localAddress": …, "localPort": 22, "profile": … },
 *     "directories": [ "/run/sshd" ], "modes": { "/etc/shadow": "0600" },
 *     "checks": { "space.copy": { "verdict": "fail", "summary": …, "remedy": …,
 *                 "vendorVerdict": …,
 *                 "evidence": [ { "path", "line", "found", "expected", "restricted" } ] } } }
 *
 * What is left out is not compared; null stands for what must not be there.
 * Where evidence is given it is all of it. A check that the probe did not
 * answer because it could not look is unknown, with the error as its summary.
 */
#include "tests/support/fixtures.h"

#include <string.h>

#include "tests/support/test-main.h"

#define NAME_SIZE 256

/* "PROBE/CASE"; the number of a test is its place here. */
static char fixtures[4096][NAME_SIZE];
static size_t n_fixtures;

static const char *text_or(PfJson *object, const char *key, const char *fallback) {
        const char *text = pf_json_get_string(object, key);

        return text ? text : fallback;
}

static int is_null_member(const char *key, PfJson *value, void *wanted) {
        return strcmp(key, wanted) == 0 && pf_json_type(value) == PF_JSON_NULL;
}

/* Is a member of what is expected that text? Is there none where it is null? */
static void compare_text(const char *where, PfJson *expected, const char *key, const char *text) {
        const char *wanted = pf_json_get_string(expected, key);

        if (wanted)
                ck_assert_msg(text && strcmp(text, wanted) == 0,
                              "%s: %s is \"%s\", expected \"%s\"", where, key,
                              text ? text : "(none)", wanted);
        else if (pf_json_each(expected, is_null_member, (void *) key))
                ck_assert_msg(!text, "%s: %s is \"%s\", expected none", where, key, text);
}

static void compare_evidence(const char *id, const PfResult *result, PfJson *list) {
        if (!list)
                return;
        for (size_t i = 0; i < result->n_evidence && i < pf_json_length(list); i++) {
                const PfEvidence *evidence = &result->evidence[i];
                PfJson *expected = pf_json_at(list, i);
                PfJson *line = pf_json_get(expected, "line");
                PfJson *restricted = pf_json_get(expected, "restricted");
                char where[NAME_SIZE];

                (void) snprintf(where, sizeof(where), "%s, evidence %zu", id, i + 1);
                compare_text(where, expected, "path", evidence->path);
                compare_text(where, expected, "found", evidence->found);
                compare_text(where, expected, "expected", evidence->expected);
                ck_assert_msg(!line || pf_json_integer(line) == evidence->line,
                              "%s: line is %u, expected %lld", where, evidence->line,
                              (long long) pf_json_integer(line));
                ck_assert_msg(!restricted || pf_json_bool(restricted) == evidence->restricted,
                              "%s: restricted is %d", where, evidence->restricted);
        }
        ck_assert_msg(result->n_evidence == pf_json_length(list), "%s: %zu evidence, expected %zu",
                      id, result->n_evidence, pf_json_length(list));
}

typedef struct Run {
        const PfReport *report;
        int r;
        const char *error;
} Run;

static int compare_check(const char *id, PfJson *expected, void *data) {
        const Run *run = data;
        const PfResult *result = NULL;
        const char *verdict = run->r < 0 ? "unknown" : "(no answer)";
        const char *summary = run->r < 0 ? run->error : "";

        for (size_t i = 0; i < run->report->n; i++)
                if (strcmp(run->report->results[i].check->id, id) == 0)
                        result = &run->report->results[i];
        if (result) {
                verdict = pf_verdict_to_string(result->verdict);
                summary = result->summary;
        }
        ck_assert_msg(strcmp(verdict, text_or(expected, "verdict", "")) == 0,
                      "%s: verdict is %s (%s), expected %s", id, verdict, summary,
                      text_or(expected, "verdict", "(none given)"));
        compare_text(id, expected, "summary", summary);
        if (result) {
                compare_text(id, expected, "remedy", result->remedy);
                compare_text(id, expected, "vendorVerdict", result->vendor_verdict);
                compare_evidence(id, result, pf_json_get(expected, "evidence"));
        }
        return 0;
}

START_TEST(answers_as_expected) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PfErr err = { 0 };
        Run run = { .report = &report };
        PfJson *checks;

        pf_fixture_open(&fixture, fixtures[_i]);
        checks = pf_json_get(fixture.expected, "checks");
        ck_assert_msg(pf_json_type(checks) == PF_JSON_OBJECT, "%s/expected.json: no \"checks\"",
                      fixtures[_i]);

        run.r = fixture.probe->run(fixture.box.target, &fixture.demand, &report, &err);
        run.error = pf_err_text(&err, run.r);

        ck_assert_int_eq(report.error, 0);
        (void) pf_json_each(checks, compare_check, &run);
}
END_TEST

static void add_fixture(const char *name, void *suite) {
        int i = (int) n_fixtures;
        TCase *tcase;

        if (n_fixtures == PF_ELEMENTS(fixtures))
                abort();
        (void) snprintf(fixtures[n_fixtures], NAME_SIZE, "%s", name);
        tcase = tcase_create(fixtures[n_fixtures++]);
        tcase_add_loop_test(tcase, answers_as_expected, i, i + 1);
        suite_add_tcase(suite, tcase);
}

int main(void) {
        Suite *suite = suite_create("fixtures");

        pf_fixtures_each(add_fixture, suite);
        return pf_test_main(suite);
}
