/* SPDX-License-Identifier: MIT */
#include "tests/support/fake-probes.h"

#include <stdatomic.h>
#include <uv.h>

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static uv_cond_t changed;
static bool hangs;
static unsigned n_hanging;
static atomic_bool failing;
static atomic_bool answering;

static void init(void) {
        (void) uv_mutex_init(&lock);
        (void) uv_cond_init(&changed);
}

static void set_hangs(bool value) {
        uv_once(&once, init);
        uv_mutex_lock(&lock);
        hangs = value;
        uv_cond_broadcast(&changed);
        uv_mutex_unlock(&lock);
}

void pf_fake_hang(void) {
        set_hangs(true);
}

void pf_fake_let_go(void) {
        set_hangs(false);
}

unsigned pf_fake_n_hanging(void) {
        unsigned n;

        uv_once(&once, init);
        uv_mutex_lock(&lock);
        n = n_hanging;
        uv_mutex_unlock(&lock);
        return n;
}

void pf_fake_set_answering(bool value) {
        atomic_store(&answering, value);
}

void pf_fake_set_failing(bool value) {
        atomic_store(&failing, value);
}

#define DEFINE_PROBE(word, check_id, run_function)                                                 \
        static const PfCheck check_##word = { check_id };                                          \
        static const PfProbe probe_##word = { .name = #word,                                       \
                                              .checks = &check_##word,                             \
                                              .n_checks = 1,                                       \
                                              .deadline_ms = 200,                                  \
                                              .run = run_function }

static int run_good(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err);
static int run_bad(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err);
static int run_error(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err);
static int run_silent(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err);
static int run_hanging(const PfTarget *target, const PfDemand *demand, PfReport *report,
                       PfErr *err);
static int run_changing(const PfTarget *target, const PfDemand *demand, PfReport *report,
                        PfErr *err);

DEFINE_PROBE(good, PF_FAKE_GOOD, run_good);
DEFINE_PROBE(bad, PF_FAKE_BAD, run_bad);
DEFINE_PROBE(error, PF_FAKE_ERROR, run_error);
DEFINE_PROBE(silent, PF_FAKE_SILENT, run_silent);
DEFINE_PROBE(hanging, PF_FAKE_HANGING, run_hanging);
DEFINE_PROBE(changing, PF_FAKE_CHANGING, run_changing);

const PfProbe *const pf_probes[] = { &probe_hanging, &probe_good,   &probe_bad,
                                     &probe_error,   &probe_silent, &probe_changing };
const size_t pf_n_probes = PF_ELEMENTS(pf_probes);

static int run_good(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        (void) target;
        (void) err;
        return pf_report_pass(report, &check_good, "good for %s", demand->account);
}

static int run_bad(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        (void) demand;
        (void) err;
        (void) pf_report_fail(report, &check_bad, "bad");
        (void) pf_report_evidence(report, target, "/secret", 3, "a secret", "something else");
        return pf_report_remedy(report, "make it good");
}

static int run_error(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        (void) target;
        (void) demand;
        (void) report;
        return pf_err_set(err, -EIO, "the disk is on fire");
}

static int run_silent(const PfTarget *target, const PfDemand *demand, PfReport *report,
                      PfErr *err) {
        (void) target;
        (void) demand;
        (void) report;
        (void) err;
        return 0;
}

static int run_hanging(const PfTarget *target, const PfDemand *demand, PfReport *report,
                       PfErr *err) {
        (void) demand;
        (void) err;
        if (atomic_load(&answering)) {
                (void) pf_report_fail(report, &check_hanging, "found before it hung");
                (void) pf_report_evidence(report, target, "/secret", 3, "a secret", NULL);
                (void) pf_report_remedy(report, "make it good");
        }
        uv_once(&once, init);
        uv_mutex_lock(&lock);
        n_hanging++;
        while (hangs)
                uv_cond_wait(&changed, &lock);
        n_hanging--;
        uv_mutex_unlock(&lock);
        return pf_report_pass(report, &check_hanging, "came back");
}

static int run_changing(const PfTarget *target, const PfDemand *demand, PfReport *report,
                        PfErr *err) {
        (void) target;
        (void) demand;
        (void) err;
        if (atomic_load(&failing))
                return pf_report_fail(report, &check_changing, "the clock is wrong");
        return pf_report_pass(report, &check_changing, "the clock is right");
}
