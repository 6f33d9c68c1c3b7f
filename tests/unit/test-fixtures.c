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
#include "probes/probe.h"

#include <string.h>
#include <uv.h>

#include "config/profile.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define NAME_SIZE 256
#define JSON_DEPTH_MAX 16

/* "PROBE/CASE"; the number of a test is its place here. */
static char fixtures[4096][NAME_SIZE];
static size_t n_fixtures;

static const char *text_or(PfJson *object, const char *key, const char *fallback) {
        const char *text = pf_json_get_string(object, key);

        return text ? text : fallback;
}

static PfProfile *load_profile(PfJson *demand) {
        PfProfile *profile = NULL;
        PfErr err = { 0 };
        int r;

        r = pf_profile_embedded(text_or(demand, "profile", "asr-mobility"), &profile, &err);
        ck_assert_msg(r == 0, "%s", pf_err_text(&err, r));
        return profile;
}

static PfDemand read_demand(PfJson *demand, const PfProfile *profile) {
        PfJson *port = pf_json_get(demand, "localPort");

        return (PfDemand){
                .profile = profile,
                .agent_version = text_or(demand, "agentVersion", profile->agent_version),
                .account = text_or(demand, "account", "root"),
                .source = pf_json_get_string(demand, "source"),
                .source_host = pf_json_get_string(demand, "sourceHost"),
                .local_address = pf_json_get_string(demand, "localAddress"),
                .local_port = port ? (uint16_t) pf_json_integer(port) : 22,
        };
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

static const PfProbe *find_probe(const char *fixture) {
        size_t n = strcspn(fixture, "/");

        for (size_t i = 0; i < pf_n_probes; i++)
                if (strlen(pf_probes[i]->name) == n && strncmp(pf_probes[i]->name, fixture, n) == 0)
                        return pf_probes[i];
        return NULL;
}

START_TEST(answers_as_expected) {
        const char *fixture = fixtures[_i];
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *expected = NULL;
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_FREE char *text = pf_fixture_read(fixture, "expected.json");
        const PfProbe *probe = find_probe(fixture);
        PfDemand demand;
        PfErr err = { 0 };
        Run run = { .report = &report };

        ck_assert_msg(text, "%s has no expected.json", fixture);
        ck_assert_msg(pf_json_parse(text, strlen(text), JSON_DEPTH_MAX, &expected, &err) == 0, "%s",
                      err.text);
        ck_assert_msg(probe, "no probe answers %s", fixture);
        ck_assert_msg(pf_json_type(pf_json_get(expected, "checks")) == PF_JSON_OBJECT,
                      "%s/expected.json: no \"checks\"", fixture);
        profile = load_profile(pf_json_get(expected, "demand"));
        demand = read_demand(pf_json_get(expected, "demand"), profile);
        pf_sandbox_open(&box, fixture);

        run.r = probe->run(box.target, &demand, &report, &err);
        run.error = pf_err_text(&err, run.r);

        ck_assert_int_eq(report.error, 0);
        (void) pf_json_each(pf_json_get(expected, "checks"), compare_check, &run);
}
END_TEST

/* Calls @visit for each folder below one, in the order of their names. */
static void each_folder(const char *path, void (*visit)(const char *path, const char *name, void *),
                        void *data) {
        uv_dirent_t entry;
        uv_fs_t req;

        if (uv_fs_scandir(NULL, &req, path, 0, NULL) < 0)
                return;
        while (uv_fs_scandir_next(&req, &entry) != UV_EOF)
                if (entry.type == UV_DIRENT_DIR)
                        visit(path, entry.name, data);
        uv_fs_req_cleanup(&req);
}

static void add_fixture(const char *path, const char *name, void *suite) {
        TCase *tcase;
        int i = (int) n_fixtures;

        if (n_fixtures == PF_ELEMENTS(fixtures))
                abort();
        (void) snprintf(fixtures[n_fixtures], NAME_SIZE, "%s/%s", strrchr(path, '/') + 1, name);
#ifdef _WIN32
        if (!find_probe(fixtures[n_fixtures]))
                return;
#endif
        tcase = tcase_create(fixtures[n_fixtures++]);
        tcase_add_loop_test(tcase, answers_as_expected, i, i + 1);
        suite_add_tcase(suite, tcase);
}

static void add_probe(const char *path, const char *name, void *suite) {
        char folder[4096];

        if (strcmp(name, "sandbox") == 0)
                return; /* what the sandbox itself is tested with */
        (void) snprintf(folder, sizeof(folder), "%s/%s", path, name);
        each_folder(folder, add_fixture, suite);
}

int main(void) {
        Suite *suite = suite_create("fixtures");
        char path[4096];

        (void) snprintf(path, sizeof(path), "%s/tests/fixtures", pf_test_source_root());
        each_folder(path, add_probe, suite);
        return pf_test_main(suite);
}
