/* SPDX-License-Identifier: MIT */
/*
 * Probes for testing the client: they answer what a file of the target tells
 * them to. Linked in place of the registry.
 *
 * /answers holds a line for each answer, of fields between '|': check, verdict,
 * summary, path, line, found, expected, remedy, vendor's verdict. A check
 * without a line passes. /delay holds milliseconds that the last probe takes;
 * with /hang it does not come back. /facts.json is what inspect() gives.
 */
#include <string.h>
#include <time.h>

#include "probes/probe.h"

#define FILE_MAX_BYTES (1u << 20)
#define N_FIELDS 9

enum { CHECK, VERDICT, SUMMARY, PATH, LINE, FOUND, EXPECTED, REMEDY, VENDOR };

typedef int (*Answer)(PfReport *report, const PfCheck *check, const char *fmt, ...);

static Answer find_answer(const char *verdict) {
        static const struct {
                const char *verdict;
                Answer answer;
        } answers[] = {
                { "pass", pf_report_pass },       { "warn", pf_report_warn },
                { "fail", pf_report_fail },       { "skip", pf_report_skip },
                { "unknown", pf_report_unknown },
        };

        for (size_t i = 0; i < PF_ELEMENTS(answers); i++)
                if (strcmp(verdict, answers[i].verdict) == 0)
                        return answers[i].answer;
        abort();
}

static const char *or_null(const char *text) {
        return text && *text ? text : NULL;
}

/* Carries out one line of /answers. */
static void carry_out(const PfTarget *target, char *line, const PfCheck *check, PfReport *report) {
        char *fields[N_FIELDS] = { 0 };

        for (size_t i = 0; i < N_FIELDS && line; i++)
                fields[i] = strsep(&line, "|");
        if (strcmp(fields[CHECK], check->id) != 0)
                return;
        (void) find_answer(fields[VERDICT])(report, check, "%s", fields[SUMMARY]);
        if (or_null(fields[FOUND]) || or_null(fields[EXPECTED]))
                (void) pf_report_evidence(report, target, or_null(fields[PATH]),
                                          (unsigned) strtoul(fields[LINE], NULL, 10),
                                          or_null(fields[FOUND]), or_null(fields[EXPECTED]));
        if (or_null(fields[REMEDY]))
                (void) pf_report_remedy(report, "%s", fields[REMEDY]);
        if (or_null(fields[VENDOR]))
                (void) pf_report_vendor_verdict(report, "%s", fields[VENDOR]);
}

static int answer_all(const PfTarget *target, const PfCheck *checks, size_t n, PfReport *report,
                      PfErr *err) {
        for (size_t i = 0; i < n; i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX_BYTES);
                size_t before = report->n;
                char *rest;
                int r;

                r = pf_target_read(target, "/answers", FILE_MAX_BYTES, &buf, err);
                if (r < 0)
                        return r;
                rest = buf.data;
                for (char *line; (line = strsep(&rest, "\n"));)
                        if (strchr(line, '|'))
                                carry_out(target, line, &checks[i], report);
                if (report->n == before)
                        (void) pf_report_pass(report, &checks[i], "as it should be");
        }
        return 0;
}

static const PfCheck ssh_checks[] = { { "ssh.server" },
                                      { "ssh.password-authentication" },
                                      { "ssh.root-login" } };

static int run_ssh(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        (void) demand;
        return answer_all(target, ssh_checks, PF_ELEMENTS(ssh_checks), report, err);
}

static int inspect_ssh(const PfTarget *target, const PfDemand *demand, bool privileged,
                       PfJson **ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX_BYTES);
        int r;

        (void) demand;
        (void) privileged;
        r = pf_target_read(target, "/facts.json", FILE_MAX_BYTES, &buf, err);
        if (r == PF_TARGET_ABSENT)
                return pf_err_set(err, -ENOENT, "/facts.json: there is no such file");
        return r < 0 ? r : pf_json_parse(buf.data, buf.n, 32, ret, err);
}

static const PfProbe probe_ssh = {
        .name = "ssh",
        .checks = ssh_checks,
        .n_checks = PF_ELEMENTS(ssh_checks),
        .deadline_ms = 5000,
        .run = run_ssh,
        .inspect = inspect_ssh,
        .subject = "ssh",
};

static const PfCheck space_checks[] = { { "space.root" }, { "space.inodes" } };

static int run_space(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        (void) demand;
        return answer_all(target, space_checks, PF_ELEMENTS(space_checks), report, err);
}

static const PfProbe probe_space = {
        .name = "space",
        .checks = space_checks,
        .n_checks = PF_ELEMENTS(space_checks),
        .deadline_ms = 5000,
        .run = run_space,
};

static const PfCheck slow_checks[] = { { "os.kernel" } };

static int run_slow(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(64);
        struct timespec delay = { 0 };
        unsigned long msec;
        PfFileInfo info;
        int r;

        (void) demand;
        r = pf_target_read(target, "/delay", 16, &buf, err);
        if (r < 0)
                return r;
        msec = buf.data ? strtoul(buf.data, NULL, 10) : 0;
        delay.tv_sec = (time_t) (msec / 1000);
        delay.tv_nsec = (long) (msec % 1000) * 1000000;
        (void) nanosleep(&delay, NULL);
        while (pf_target_stat(target, "/hang", &info, NULL) == 0)
                (void) nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
        return answer_all(target, slow_checks, PF_ELEMENTS(slow_checks), report, err);
}

static const PfProbe probe_slow = {
        .name = "slow",
        .checks = slow_checks,
        .n_checks = PF_ELEMENTS(slow_checks),
        .deadline_ms = 1200,
        .run = run_slow,
};

const PfProbe *const pf_probes[] = { &probe_ssh, &probe_space, &probe_slow };
const size_t pf_n_probes = PF_ELEMENTS(pf_probes);
