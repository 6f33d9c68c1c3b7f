/* SPDX-License-Identifier: MIT */
/*
 * Never ready by an error: every fixture that is not ready is asked again with
 * each path that its probe looked at going wrong, in each way. The paths are those
 * of the target's own record.
 *
 * A file that is an obstacle may be missing, or cut off before the line: that is
 * another machine, and it may well be ready. It has to be the obstacle, though:
 * a path that the evidence names, or a directory it lies in. An error is never
 * an excuse.
 *
 * A normal run tries every second path with one fault; with PF_FAULTS=all, each with
 * all of them.
 */
#include <string.h>

#include "tests/support/fault-target.h"
#include "tests/support/fixtures.h"
#include "tests/support/test-main.h"

#define NAME_SIZE 256

static char names[4096][NAME_SIZE];
static size_t n_names;
static unsigned long n_tried, n_excused, n_wrong;

static bool is_in(const char *path, const char *directory) {
        size_t n = strlen(directory);

        return strncmp(path, directory, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static const PfResult *answer(const PfReport *report, const PfCheck *check) {
        for (size_t i = 0; i < report->n; i++)
                if (report->results[i].check == check)
                        return &report->results[i];
        return NULL;
}

/* Would these answers let the machine through, as far as this probe is asked? */
static bool is_ready(const PfFixture *fixture, const PfReport *report, int r) {
        if (r < 0 || report->error < 0)
                return false;
        for (size_t i = 0; i < fixture->probe->n_checks; i++) {
                const PfCheck *check = &fixture->probe->checks[i];
                const PfResult *result = answer(report, check);

                if (pf_profile_severity(fixture->profile, check->id) != PF_SEVERITY_BLOCKER)
                        continue;
                if (!result || result->verdict == PF_FAIL || result->verdict == PF_UNKNOWN)
                        return false;
        }
        return true;
}

/* Is the path what an answer that was no pass rests on? */
static bool is_obstacle(const PfReport *report, const char *path) {
        for (size_t i = 0; i < report->n; i++) {
                const PfResult *result = &report->results[i];

                if (result->verdict == PF_PASS)
                        continue;
                if (strstr(result->summary, path))
                        return true;
                for (size_t j = 0; j < result->n_evidence; j++)
                        if (result->evidence[j].path && is_in(result->evidence[j].path, path))
                                return true;
        }
        return false;
}

static int collect(const PfAccessRecord *record, void *paths) {
        return pf_strv_add(paths, record->path);
}

static void try_fault(PfFixture *fixture, const PfReport *sound, const char *path, PfFault fault,
                      const char *name) {
        PF_AUTO_REPORT PfReport report = { 0 };
        PfErr err = { 0 };
        int r;

        pf_sandbox_reset_target(&fixture->box);
        pf_fault_target_begin(path, fault);
        r = fixture->probe->run(fixture->box.target, &fixture->demand, &report, &err);
        pf_fault_target_end();
        n_tried++;
        if (!is_ready(fixture, &report, r))
                return;
        n_excused++;
        if (fault == PF_FAULT_EACCES || fault == PF_FAULT_EIO || fault == PF_FAULT_ENOMEM ||
            !is_obstacle(sound, path)) {
                n_wrong++;
                printf("# %s becomes ready: %s: %s\n", name, path, pf_fault_to_string(fault));
        }
}

START_TEST(an_error_makes_nothing_ready) {
        PF_AUTO_FIXTURE PfFixture fixture = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_STRV PfStrv paths = { 0 };
        const char *mode = getenv("PF_FAULTS");
        bool all = mode && strcmp(mode, "all") == 0;
        PfErr err = { 0 };
        int r;

        n_wrong = 0;
        pf_fixture_open(&fixture, names[_i]);
        r = fixture.probe->run(fixture.box.target, &fixture.demand, &report, &err);
        if (is_ready(&fixture, &report, r))
                return;
        ck_assert_int_eq(pf_target_each_access(fixture.box.target, collect, &paths), 0);
        for (size_t i = 0; i < paths.n; i++)
                for (PfFault fault = 0; fault < PF_N_FAULTS; fault++)
                        if (all || (i + (size_t) _i) % (2 * PF_N_FAULTS) == fault)
                                try_fault(&fixture, &report, paths.items[i], fault, names[_i]);
        ck_assert_uint_eq(n_wrong, 0);
}
END_TEST

static void add_fixture(const char *name, void *suite) {
        int i = (int) n_names;
        TCase *tcase;

        if (n_names == PF_ELEMENTS(names))
                abort();
        (void) snprintf(names[n_names], NAME_SIZE, "%s", name);
        tcase = tcase_create(names[n_names++]);
        tcase_add_loop_test(tcase, an_error_makes_nothing_ready, i, i + 1);
        tcase_set_timeout(tcase, 0);
        suite_add_tcase(suite, tcase);
}

int main(void) {
        Suite *suite = suite_create("fail-closed");
        int status;

        pf_fixtures_each(add_fixture, suite);
        status = pf_test_main(suite);
        printf("# %lu faults, %lu on the obstacle itself\n", n_tried, n_excused);
        return status;
}
