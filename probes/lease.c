/* SPDX-License-Identifier: MIT */
/*
 * Probe lease: is the machine more open than it will be?
 *
 * While a lease is open, checks pass that will not pass once it is over, and somebody
 * may log in who else may not. That is no obstacle, but it is to be seen. Whoever keeps the
 * leases writes a record of each; nothing else is looked at.
 */
#include "probes/probe.h"

#include <string.h>

#include "config/instant.h"
#include "probes/lease-record.h"

#define LEASES_MAX 64
#define FOUND_MAX 512

static const PfCheck lease = { .id = "ssh.lease" };

typedef struct Leases {
        PfLeaseRecord records[LEASES_MAX];
        char *paths[LEASES_MAX];
        size_t n;
} Leases;

static void leases_deinit(Leases *leases) {
        for (size_t i = 0; i < leases->n; i++) {
                pf_lease_record_deinit(&leases->records[i]);
                free(leases->paths[i]);
        }
}

/* One that ended meanwhile is none. */
static int add_record(const PfTarget *target, const char *name, Leases *leases, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_LEASE_RECORD_MAX);
        PF_AUTO_FREE char *path = NULL;
        PfErr why = { 0 };
        int r;

        if (asprintf(&path, "%s/%s", PF_LEASES_PATH, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = pf_target_read(target, path, PF_LEASE_RECORD_MAX, &buf, err);
        if (r != 0)
                return r == PF_TARGET_ABSENT ? 0 : r;
        r = pf_lease_record_parse(buf.data ? buf.data : "", buf.n, &leases->records[leases->n],
                                  &why);
        if (r == -EINVAL)
                return pf_err_set(err, r, "%s: %s", path, why.text);
        if (r < 0)
                return r;
        leases->paths[leases->n++] = PF_STEAL(path);
        return 0;
}

static bool is_record(const char *name) {
        size_t n = strlen(name);

        return name[0] != '.' && n > strlen(".json") &&
               strcmp(name + n - strlen(".json"), ".json") == 0;
}

static int read_records(const PfTarget *target, Leases *leases, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r;

        r = pf_target_list(target, PF_LEASES_PATH, &names, err);
        if (r != 0)
                return r == PF_TARGET_ABSENT ? 0 : r;
        for (size_t i = 0; i < names.n && r == 0; i++) {
                if (!is_record(names.items[i]))
                        continue;
                if (leases->n == LEASES_MAX)
                        return pf_err_set(err, -E2BIG, "%s: more than %d leases", PF_LEASES_PATH,
                                          LEASES_MAX);
                r = add_record(target, names.items[i], leases, err);
        }
        return r;
}

static int add_evidence(const PfTarget *target, PfReport *report, const Leases *leases) {
        int r = 0;

        for (size_t i = 0; i < leases->n && r == 0; i++) {
                const PfLeaseRecord *record = &leases->records[i];
                char ends[PF_INSTANT_SIZE];
                char found[FOUND_MAX];

                (void) snprintf(
                        found, sizeof(found), "%s from %s until %s%s: %s, by %s", record->account,
                        record->source, pf_instant_format(record->ends_usec, ends),
                        record->is_covered ? ", and ended, though its file cannot be written" : "",
                        record->why, record->who);
                r = pf_report_evidence(report, target, leases->paths[i], 0, found, NULL);
        }
        return r;
}

static const PfLeaseRecord *find_last(const Leases *leases) {
        const PfLeaseRecord *last = &leases->records[0];

        for (size_t i = 1; i < leases->n; i++)
                if (leases->records[i].ends_usec > last->ends_usec)
                        last = &leases->records[i];
        return last;
}

/* Nothing is open; but the machine rests on a mount for that. */
static int answer_covered(const PfTarget *target, PfReport *report, const Leases *leases) {
        const PfLeaseRecord *record = &leases->records[0];

        (void) pf_report_warn(report, &lease,
                              "the lease of %s from %s has ended, but its file cannot be written: "
                              "what it is to hold is mounted over it",
                              record->account, record->source);
        (void) add_evidence(target, report, leases);
        return pf_report_remedy(report,
                                "Find out why the file cannot be written (mounted read-only?); "
                                "once it can be, it is put right by itself");
}

static int answer(const PfTarget *target, PfReport *report, const Leases *leases) {
        const PfLeaseRecord *last = find_last(leases);
        char ends[PF_INSTANT_SIZE];

        (void) pf_instant_format(last->ends_usec, ends);
        if (leases->n == 1 && last->is_covered)
                return answer_covered(target, report, leases);
        if (leases->n == 1)
                (void) pf_report_warn(
                        report, &lease,
                        "a lease is open: %s may log in from %s until %s, by order of "
                        "%s",
                        last->account, last->source, ends, last->who);
        else
                (void) pf_report_warn(report, &lease,
                                      "%zu leases are open, the last of them until %s", leases->n,
                                      ends);
        (void) add_evidence(target, report, leases);
        return pf_report_remedy(report, "Nothing: it ends by itself; or now: preflightctl undo %s",
                                last->id);
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_CLEANUP(leases_deinit) Leases leases = { 0 };
        int r;

        (void) demand;
        r = read_records(target, &leases, err);
        if (r < 0)
                return r;
        if (leases.n == 0)
                return pf_report_skip(report, &lease, "no lease is open");
        return answer(target, report, &leases);
}

const PfProbe pf_probe_lease = {
        .name = "lease",
        .checks = &lease,
        .n_checks = 1,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 1000,
        .run = run,
};
