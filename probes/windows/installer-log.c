/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-log: why did the last installation of the agent fail?
 *
 * The next one fails in the same place unless the cause is removed. From agent 9.23 on what
 * the VSS provider fails with is a warning of the installer, and costs the recovery points
 * that are consistent for applications.
 *
 * That no failure was found says something of an installation that ended. An installer may
 * be writing right now, or may have been killed: both leave a log that goes on to no end.
 */
#include <stdlib.h>
#include <string.h>

#include "config/value.h"
#include "daemon/base/target-file.h"
#include "probes/parse/installer-log.h"
#include "probes/system/findings.h"

#define LOG_NAME "installer log"
#define LOG_PATH "/ProgramData/ASRSetupLogs/ASRUnifiedAgentInstaller.log"
#define TAIL_MAX (4u << 20)
#define WARNS_SINCE "9.23"
#define ANY UINT32_MAX
#define PROVIDER                                                                                   \
        "\"C:\\Program Files (x86)\\Microsoft Azure Site Recovery\\agent\\"                        \
        "InMageVSSProvider_Install.cmd\""

#define LOOK_AROUND "look what the log says around these lines"

#define STARTED "Application Started"
#define ENDED "Application Ended"
#define AGAIN                                                                                      \
        "check again when the installer has ended; if none is running, the last one was stopped "  \
        "half-way"

static const PfCheck check = { "windows.installer-log" };

/* What a pair of codes says; the first that fits. ANY: whatever it is. */
static const struct Cause {
        uint32_t error;
        uint32_t exit;
        const char *reason;
        const char *text;
        const char *remedy;
} causes[] = {
        { 0x800706BE, ANY, "vss-call-failed",
          "the VSS provider was not registered: security software ended what registers it",
          "exclude the folders of the agent, allow DLLs to be registered, then run " PROVIDER },
        { 0x00000007, ANY, "vss-out-of-memory",
          "the VSS provider was not registered: memory ran out",
          "free memory and disk space, or enlarge the page file, then run " PROVIDER },
        { 0x80070430, ANY, "vss-marked-for-deletion",
          "the VSS provider was not registered: its service is marked for deletion",
          "close services.msc, Task Manager and other holders of the service, then run " PROVIDER },
        { 0x8007041F, ANY, "vss-database-locked",
          "the VSS provider was not registered: the service database was locked",
          "let the service that is stuck while starting come to its end, then run " PROVIDER },
        { 0x8004E00F, ANY, "vss-no-coordinator",
          "the VSS provider was not registered: COM+ does not reach MSDTC",
          "repair MSDTC with Microsoft's Windows support, or remove Failover Clustering where it "
          "is not used, then run " PROVIDER },
        { 0x80070431, ANY, "vss-service-exists",
          "the VSS provider was not registered: its service exists already",
          "remove the service of an earlier installation, then run " PROVIDER },
        { 0x80070005, ANY, "vss-access-denied",
          "the VSS provider was not registered: access was denied",
          "as an administrator with all rights, run " PROVIDER },
        { 0x80070422, ANY, "vss-service-disabled",
          "the VSS provider was not registered: a service that it needs is disabled",
          "set VSS, COMSysApp and MSDTC to start on demand, then run " PROVIDER },
        { 0x80042304, ANY, "vss-provider-unknown", "the VSS provider is not registered",
          "run " PROVIDER },
        { 9009, ANY, "vss-path", "the VSS provider was not registered: a command was not found",
          "put C:\\Windows\\system32 back into the system's Path, then run " PROVIDER },
        { ANY, 806, "vss-script-host", "the VSS provider was not registered: cscript cannot be run",
          "allow cscript.exe to be run, and Windows Script Host, then run " PROVIDER },
        { ANY, 9009, "vss-path", "the VSS provider was not registered: a command was not found",
          "put C:\\Windows\\system32 back into the system's Path, then run " PROVIDER },
        { ANY, 511, "vss-call-failed",
          "the VSS provider was not registered: security software, or a lack of memory, ended "
          "what registers it",
          "exclude the folders of the agent, free memory, then run " PROVIDER },
        { ANY, 512, "vss-database-locked",
          "the VSS provider was not registered: the service database was locked",
          "let the service that is stuck while starting come to its end, then run " PROVIDER },
        { ANY, 517, "vss-marked-for-deletion",
          "the VSS provider was not registered: its service is marked for deletion",
          "close services.msc, Task Manager and other holders of the service, then run " PROVIDER },
        { ANY, 802, "vss-no-coordinator",
          "the VSS provider was not registered: COM+ does not reach MSDTC",
          "repair MSDTC with Microsoft's Windows support, or remove Failover Clustering where it "
          "is not used, then run " PROVIDER },
        { ANY, 1618, "installer-busy", "another installation was running",
          "wait for the other installation, often Windows Update; do not end msiexec" },
        { ANY, 1603, "package-failed", "the package of the agent could not be installed",
          "look above the line \"Return value 3\" of the logs in C:\\ProgramData\\ASRSetupLogs" },
};

/* What the installer ends with where it did what it was to do. */
static const struct Ending {
        int64_t exit;
        const char *reason;
        const char *text;
        const char *remedy;
} endings[] = {
        { 98, "ended-with-warnings", "the last installation ended with warnings", LOOK_AROUND },
        { 3010, "restart-recommended", "the last installation succeeded, and recommends a restart",
          "restart the machine at the next maintenance window, unless that was done since" },
        { 1641, "restart-required", "the last installation succeeded, and requires a restart",
          "restart the machine, unless that was done since" },
};

/* Of 9.22 and older a failure of the provider is that of the installation. */
static bool is_fatal(const PfDemand *demand, const char *reason) {
        return strncmp(reason, "vss-", 4) != 0 ||
               pf_version_compare(demand->agent_version, WARNS_SINCE) < 0;
}

static const struct Cause *find_cause(const PfInstallerFailure *failure) {
        for (size_t i = 0; i < PF_ELEMENTS(causes); i++) {
                const struct Cause *cause = &causes[i];

                if ((cause->error == ANY ||
                     (failure->has_error && failure->error == cause->error)) &&
                    (cause->exit == ANY || (failure->has_exit && failure->exit == cause->exit)))
                        return cause;
        }
        return NULL;
}

static void show(PfFindings *findings, const char *path, const PfInstallerFailure *failure) {
        char found[96];

        if (failure->has_error) {
                (void) snprintf(found, sizeof(found), "Error code: %ld [0x%08X]",
                                (long) (int32_t) failure->error, failure->error);
                pf_finding_evidence(findings, path, failure->error_line, found, NULL);
        }
        if (failure->has_exit) {
                (void) snprintf(found, sizeof(found), "Exit code: %lld", (long long) failure->exit);
                pf_finding_evidence(findings, path, failure->exit_line, found, NULL);
        }
}

static void add_unknown(PfFindings *findings, const PfInstallerFailure *failure) {
        char error[32] = "none", exit_code[32] = "none";

        if (failure->has_error)
                (void) snprintf(error, sizeof(error), "0x%08X", failure->error);
        if (failure->has_exit)
                (void) snprintf(exit_code, sizeof(exit_code), "%lld", (long long) failure->exit);
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, LOG_NAME,
                       "the last installation failed with codes that are not known: error %s, "
                       "exit %s",
                       error, exit_code);
        pf_finding_reason(findings, "code-unknown");
        pf_finding_remedy(findings, LOOK_AROUND);
}

static void add_cause(PfFindings *findings, const PfDemand *demand, const struct Cause *cause) {
        const bool fatal = is_fatal(demand, cause->reason);

        pf_finding_add(findings, fatal ? PF_FINDING_BAD : PF_FINDING_DOUBTFUL, LOG_NAME, "%s",
                       cause->text);
        pf_finding_reason(findings, cause->reason);
        pf_finding_remedy(findings, "%s", cause->remedy);
        if (strncmp(cause->reason, "vss-", 4) == 0)
                pf_finding_vendor(findings, "%s",
                                  fatal ? "the installation fails"
                                        : "the installation ends with a warning, without "
                                          "recovery points consistent for applications");
}

/* NULL where it failed. */
static const struct Ending *find_ending(const PfInstallerFailure *failure) {
        for (size_t i = 0; i < PF_ELEMENTS(endings); i++)
                if (failure->has_exit && failure->exit == endings[i].exit && !failure->has_error)
                        return &endings[i];
        return NULL;
}

/* One failure, if it is of a kind. */
typedef bool (*Judge)(PfFindings *findings, const PfDemand *demand,
                      const PfInstallerFailure *failure);

static bool judge_known(PfFindings *findings, const PfDemand *demand,
                        const PfInstallerFailure *failure) {
        const struct Cause *cause = find_cause(failure);

        if (cause)
                add_cause(findings, demand, cause);
        return cause;
}

static bool judge_unknown(PfFindings *findings, const PfDemand *demand,
                          const PfInstallerFailure *failure) {
        (void) demand;
        if (find_cause(failure) || find_ending(failure))
                return false;
        add_unknown(findings, failure);
        return true;
}

static bool judge_ending(PfFindings *findings, const PfDemand *demand,
                         const PfInstallerFailure *failure) {
        const struct Ending *ending = find_ending(failure);

        (void) demand;
        if (!ending)
                return false;
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, LOG_NAME, "%s", ending->text);
        pf_finding_reason(findings, ending->reason);
        pf_finding_remedy(findings, "%s", ending->remedy);
        return true;
}

static void judge_each(PfFindings *findings, const PfDemand *demand, const char *path,
                       const PfInstallerLog *log, Judge judge_one) {
        for (size_t i = 0; i < log->n; i++)
                if (judge_one(findings, demand, &log->failures[i]))
                        show(findings, path, &log->failures[i]);
}

/* Failures that have no code. */
static void judge_lines(PfFindings *findings, const PfDemand *demand, const char *path,
                        const PfInstallerLog *log) {
        const PfInstallerFailure no_coordinator = { .has_error = true, .error = 0x8004E00F };

        if (log->dtc_line > 0) {
                add_cause(findings, demand, find_cause(&no_coordinator));
                pf_finding_evidence(
                        findings, path, log->dtc_line,
                        "unable to talk to the Microsoft Distributed Transaction Coordinator",
                        NULL);
        }
        if (log->package_line > 0) {
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, LOG_NAME,
                               "a step of the agent's package failed");
                pf_finding_evidence(findings, path, log->package_line, "Return value 3", NULL);
                pf_finding_reason(findings, "package-failed");
        }
}

/* Why nothing follows from there being no failure. */
typedef struct Gap {
        const char *reason;
        const char *text;
        unsigned line;
        const char *found;
        const char *expected;
        const char *remedy;
} Gap;

static bool find_gap(const PfInstallerLog *log, Gap *ret) {
        if (log->n_lines == 0)
                *ret = (Gap){ "log-empty", "the installer's log is empty", 0, "no line", ENDED,
                              AGAIN };
        else if (log->ends_in_line)
                *ret = (Gap){ "log-unfinished",
                              "the installer's log ends in the middle of a line",
                              log->n_lines,
                              "a line without its end",
                              ENDED,
                              AGAIN };
        else if (log->end_line == 0)
                *ret = (Gap){ "log-without-end",
                              "the installer's log does not say that the installation ended",
                              log->run_line,
                              log->run_line > 0
                                      ? STARTED
                                      : "neither the beginning of an installation nor its end",
                              ENDED,
                              AGAIN };
        else if (log->is_tail && log->run_line == 0)
                *ret = (Gap){ "log-too-long",
                              "the installer's log is too long: the last installation begins "
                              "before what is read of it",
                              0,
                              "more than 4 MiB of one installation",
                              STARTED,
                              "look in the log for \"Error code\" and \"Exit code\"" };
        else
                return false;
        return true;
}

static void add_gap(PfFindings *findings, const char *path, const Gap *gap) {
        pf_finding_add(findings, PF_FINDING_UNKNOWN, LOG_NAME, "%s", gap->text);
        pf_finding_reason(findings, gap->reason);
        pf_finding_remedy(findings, "%s", gap->remedy);
        pf_finding_evidence(findings, path, gap->line, gap->found, gap->expected);
}

/* What tells more comes first: it is what the answer says. */
static void judge(PfFindings *findings, const PfDemand *demand, const char *path,
                  const PfInstallerLog *log) {
        Gap gap;

        judge_each(findings, demand, path, log, judge_known);
        judge_lines(findings, demand, path, log);
        judge_each(findings, demand, path, log, judge_unknown);
        if (findings->n > 0)
                return;
        judge_each(findings, demand, path, log, judge_ending);
        if (find_gap(log, &gap)) {
                add_gap(findings, path, &gap);
        } else if (findings->n == 0) {
                pf_finding_add(findings, PF_FINDING_GOOD, LOG_NAME,
                               "the last installation left no error in its log");
                pf_finding_evidence(findings, path, log->end_line,
                                    "no code of an error up to its end", NULL);
        }
}

/* --- how it is kept: a line for each thing found, so that a capture has no log --- */

static int write_log(const PfInstallerLog *log, PfBuf *ret) {
        int r = pf_buf_printf(ret, "log %u %u %u\nlines %u %d %d %u\n", log->run_line,
                              log->package_line, log->dtc_line, log->n_lines, log->ends_in_line,
                              log->is_tail, log->end_line);

        for (size_t i = 0; i < log->n && r == 0; i++) {
                const PfInstallerFailure *failure = &log->failures[i];

                r = pf_buf_printf(ret, "failure %u %u %u %lld\n", failure->error_line,
                                  failure->error, failure->exit_line, (long long) failure->exit);
        }
        return r;
}

static void read_log(const char *text, PfInstallerLog *ret) {
        for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
                PfInstallerFailure failure = { 0 };
                long long exit_code = 0;
                unsigned ends_in_line, is_tail;

                (void) sscanf(text, "log %u %u %u", &ret->run_line, &ret->package_line,
                              &ret->dtc_line);
                if (sscanf(text, "lines %u %u %u %u", &ret->n_lines, &ends_in_line, &is_tail,
                           &ret->end_line) == 4) {
                        ret->ends_in_line = ends_in_line;
                        ret->is_tail = is_tail;
                }
                if (ret->n == PF_INSTALLER_FAILURES_MAX ||
                    sscanf(text, "failure %u %u %u %lld", &failure.error_line, &failure.error,
                           &failure.exit_line, &exit_code) != 4)
                        continue;
                failure.exit = exit_code;
                failure.has_error = failure.error_line > 0;
                failure.has_exit = failure.exit_line > 0;
                ret->failures[ret->n++] = failure;
        }
}

/* To the end of a log that is too long, from an even place: half a unit would turn all. Of
 * what is passed over a mark of UTF-16 stays, since the rest need not look like that. */
static int skip_to_tail(PfTargetFile *file, uint64_t size, PfBuf *bytes, PfErr *err) {
        const uint64_t from = (size - TAIL_MAX + 1) & ~UINT64_C(1);
        uint8_t mark[2] = { 0 };
        uint64_t passed;
        size_t n;
        int r = pf_target_file_read(file, mark, sizeof(mark), &n, err);

        if (r == 0 && mark[0] + mark[1] == 0xFE + 0xFF && (mark[0] == 0xFE || mark[0] == 0xFF))
                r = pf_buf_add(bytes, mark, sizeof(mark));
        return r < 0 ? r : pf_target_file_skip(file, from - sizeof(mark), &passed, err);
}

static int derive(PfTargetFile *file, void *data, PfBuf *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf bytes = PF_BUF_INIT(TAIL_MAX + 65536);
        PfFileIdentity identity = { 0 };
        PfInstallerLog log;
        int r = pf_target_file_identify(file, &identity, err);
        const bool is_tail = identity.size_bytes > TAIL_MAX;

        (void) data;
        if (r == 0 && is_tail)
                r = skip_to_tail(file, identity.size_bytes, &bytes, err);
        if (r == 0)
                r = pf_target_file_read_all(file, &bytes, err);
        if (r == 0)
                r = pf_installer_log_parse(bytes.data ? bytes.data : "", bytes.n, is_tail, &log);
        return r == 0 ? write_log(&log, ret) : r;
}

/* --- */

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_FINDINGS PfFindings findings = { .target = target };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(65536);
        PF_AUTO_FREE char *path = NULL;
        PfInstallerLog log = { 0 };
        int r = pf_target_find_any_case(target, LOG_PATH, &path, err);

        if (r == 0)
                r = pf_target_derive(target, "installer-log", path, derive, NULL, &text, err);
        if (r < 0)
                return r;
        if (r == PF_TARGET_ABSENT)
                return pf_report_skip(report, &check,
                                      "the agent's installer has not run here: it left no log");
        read_log(text.data ? text.data : "", &log);
        judge(&findings, demand, path, &log);
        return pf_findings_answer(&findings, report, &check, "nothing failed last time",
                                  "nothing tells of an installation");
}

const PfProbe pf_probe_windows_log = {
        .name = "windows-log",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 5000,
        .run = run,
};
