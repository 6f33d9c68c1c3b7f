/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * All that a probe includes of ours.
 *
 * A probe reads one subject of a machine and answers one or more checks. It is
 * a pure function of (target, demand) to results: it prints, caches and exits
 * nothing, keeps no state between runs, and is called on a worker thread. Each
 * file ends in one const PfProbe, which is named in probe-list.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/message.h"
#include "daemon/base/target.h"

typedef struct PfProfile PfProfile; /* config/profile.h */
typedef struct PfKernels PfKernels; /* config/kernels.h */

typedef enum PfVerdict {
        PF_PASS,
        PF_WARN,
        PF_FAIL,
        PF_WAIVED,
        PF_SKIP,    /* does not apply to this machine; the summary says why */
        PF_UNKNOWN, /* could not be determined; the summary says why */
} PfVerdict;
#define PF_N_VERDICTS (PF_UNKNOWN + 1)

/* "pass", "warn", …: as in the report. Borrowed, never NULL. */
const char *pf_verdict_to_string(PfVerdict verdict);

/* What is asked of the machine. All strings are borrowed and never NULL unless
 * that is said. */
typedef struct PfDemand {
        const PfProfile *profile;
        const char *agent_version;
        const char *account;           /* that the installer logs in as */
        const char *source;            /* address it comes from; NULL: not known */
        const char *source_host;       /* the name sshd would find for it; NULL: none */
        const char *local_address;     /* it connects to; NULL: not known */
        uint16_t local_port;           /* 22 unless something else was asked for */
        const PfStrv *endpoints;       /* HOST:PORT each: all that is contacted; NULL: none */
        uint64_t network_timeout_usec; /* for all of them together */
        const PfKernels *kernels;      /* lists of kernels; NULL: those that are built in */
} PfDemand;

/* Where a verdict comes from. */
typedef struct PfEvidence {
        char *path;      /* NULL: no file; a word for the place stands in found */
        unsigned line;   /* counts from 1; 0: the file as a whole */
        char *found;     /* NULL: nothing was there */
        char *expected;  /* NULL: nothing better is known */
        bool restricted; /* found comes from a file that not every local user may read */
} PfEvidence;

/* The subject of one question; texts for people are in the catalogue, under its ID. */
typedef struct PfCheck {
        const char *id;
} PfCheck;

typedef struct PfResult {
        const PfCheck *check;
        PfVerdict verdict;
        char *summary; /* one sentence without a full stop, and no text of a restricted file */
        PfEvidence *evidence;
        size_t n_evidence;
        const char
                *reason; /* NULL, or the word by which programs tell causes apart: "password-off" */
        const char *where;    /* NULL, or how far a login comes: "auth"; see probes/sshd/ladder.h */
        char *remedy;         /* NULL, or one sentence: what would make it pass */
        char *vendor_verdict; /* NULL, or what the vendor's own check will say */
        /* The three sentences again, taken apart for other languages. */
        PfMessage summary_message;
        PfMessage remedy_message;
        PfMessage vendor_message;
        uint64_t probed_usec; /* since 1970; these two are filled in by the engine */
        uint64_t duration_usec;
} PfResult;

typedef struct PfReportLock PfReportLock;

/* The results of one run of one probe. All zero is empty. */
typedef struct PfReport {
        PfResult *results;
        size_t n;
        int error;          /* -ENOMEM once a result could not be kept: then none counts */
        PfReportLock *lock; /* NULL where one thread alone uses it */
} PfReport;

void pf_result_deinit(PfResult *result);

/* Do two results say the same? When that was, and how long it took, does not count. */
bool pf_result_equal(const PfResult *a, const PfResult *b);

void pf_report_deinit(PfReport *report);
#define PF_AUTO_REPORT PF_CLEANUP(pf_report_deinit)

/**
 * pf_report_pass() … pf_report_unknown() - answer a check
 * @check: one of the probe's own; answered once a run
 * @fmt:   the summary, a literal: it is also the name of its translation, in
 *         config/messages.ja.toml. It reaches every local user: quote no file
 *         that is not public in it; that is what evidence is for.
 * Return: 0 or -ENOMEM, so that the call can stand in a return; the report
 *         remembers the error, so that it can also be ignored.
 */
int pf_report_pass(PfReport *report, const PfCheck *check, const char *fmt, ...) PF_PRINTF(3, 4);
int pf_report_warn(PfReport *report, const PfCheck *check, const char *fmt, ...) PF_PRINTF(3, 4);
int pf_report_fail(PfReport *report, const PfCheck *check, const char *fmt, ...) PF_PRINTF(3, 4);
int pf_report_skip(PfReport *report, const PfCheck *check, const char *fmt, ...) PF_PRINTF(3, 4);
int pf_report_unknown(PfReport *report, const PfCheck *check, const char *fmt, ...) PF_PRINTF(3, 4);

/**
 * pf_report_evidence() - where the answer given last comes from
 * @target:   asked whether the file is public; NULL where @found is not out of it
 * @path:     below the target's root, or NULL
 * @line:     from 1, or 0
 * @found:    the text found, or NULL; copied
 * @expected: what would do, or NULL; copied
 * Return:    0 or -ENOMEM, as above.
 */
int pf_report_evidence(PfReport *report, const PfTarget *target, const char *path, unsigned line,
                       const char *found, const char *expected);

/* The same with @n pieces of evidence of another answer; all of them are copied. */
int pf_report_evidence_copy(PfReport *report, const PfEvidence *evidence, size_t n);

/* The answer given last rests on what @from does, which is of another report: its
 * reason, evidence, remedy and the vendor's verdict, copied. How far a login comes
 * stays what it was. */
int pf_report_grounds(PfReport *report, const PfResult *from);

/**
 * pf_report_share() - from now on another thread may call pf_report_copy_all()
 * @report: empty; filled by one thread, with the functions above alone
 * Return:  0, -ENOMEM.
 */
int pf_report_share(PfReport *report) PF_MUST_CHECK;

/* Adds copies of what @from says so far, which may be filled meanwhile. Its last answer
 * may lack grounds that were still to come. Return: 0, -ENOMEM. */
int pf_report_copy_all(const PfReport *from, PfReport *ret);

/* Answers @check as @from answers another: its verdict, its summary and its grounds. */
int pf_report_copy(PfReport *report, const PfCheck *check, const PfResult *from);

/**
 * pf_result_put_evidence() - adds the member "evidence", an array, to @object
 * @privileged: false withholds what files say that not every local user may read
 */
int pf_result_put_evidence(const PfResult *result, bool privileged, PfJson *object) PF_MUST_CHECK;

/* What would make the check answered last pass, and what the vendor's own
 * check will say of it. One sentence each, in the manner of a summary. */
int pf_report_remedy(PfReport *report, const char *fmt, ...) PF_PRINTF(2, 3);
int pf_report_vendor_verdict(PfReport *report, const char *fmt, ...) PF_PRINTF(2, 3);

/**
 * pf_report_settle() - answers @check where who was to answer it could not look
 * @before: report->n before that was tried
 * @r:      what came of it: a negative errno makes the check unknown, with the text of
 *          @err, unless it was answered all the same
 * Return:  0 or -ENOMEM, as above.
 */
int pf_report_settle(PfReport *report, const PfCheck *check, size_t before, int r,
                     const PfErr *err);

/* The cause of the verdict given last in one word, and how far it lets a login
 * come. The words are static, and part of the report's promise. */
void pf_report_reason(PfReport *report, const char *word);
void pf_report_where(PfReport *report, const char *word);

typedef struct PfProbe {
        const char *name;
        const PfCheck *checks;
        size_t n_checks;
        unsigned platforms;   /* of machines it is for, PF_PLATFORM_…; 0: all */
        unsigned deadline_ms; /* then its checks are unknown; the run itself is abandoned */

        /**
         * run() - answer the checks
         * Return: 0, also for a bad machine: that is a verdict. A negative errno
         *         with a text where the probe could not look: every check that
         *         was not answered becomes unknown.
         */
        int (*run)(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err);

        /**
         * inspect() - the facts behind the verdicts, or NULL where there are none
         * @privileged: false leaves out what files say that not every local user may read
         * @ret:        an object, which the caller frees
         */
        int (*inspect)(const PfTarget *target, const PfDemand *demand, bool privileged,
                       PfJson **ret, PfErr *err);
        const char *subject; /* of inspect: "ssh" */
} PfProbe;

/* Every probe there is, in the order of the report; some are for another system. */
extern const PfProbe *const pf_probes[];
extern const size_t pf_n_probes;

/* Is it for machines of one of these? */
bool pf_probe_is_for(const PfProbe *probe, unsigned platforms);

/* The probe that answers @check_id on machines of one of these, or NULL. Two probes may answer
 * one check, each on a system of its own. */
const PfProbe *pf_probe_find(const char *check_id, unsigned platforms);
