/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/report/question.h"
#include "daemon/report/waivers.h"
#include "probes/probe.h"

/* What the report says of the machine as a whole. */
typedef enum PfOverall {
        PF_OVERALL_READY,   /* every blocker passed, was waived or does not apply */
        PF_OVERALL_BLOCKED, /* a blocker failed */
        PF_OVERALL_UNKNOWN, /* none failed, but one could not be determined */
} PfOverall;

const char *pf_overall_to_string(PfOverall overall);

/* Who the machine is. Each may be NULL: it could not be read. */
typedef struct PfHost {
        char *hostname;
        char *machine_id;
        char *boot_id; /* NULL for an image: it is not running */
        char *os;      /* "debian 12", "Windows Server 2022 Datacenter" */
        char *kernel;  /* release of the running one, "10.0.20348"; NULL for an image */
} PfHost;

void pf_host_deinit(PfHost *host);

/* Reads what it can of a target; what it cannot stays NULL. May block. */
void pf_host_read(const PfTarget *target, PfHost *host);

/* The report of one run over one machine: schema 1 of DESIGN, "The report". */
typedef struct PfReadiness {
        PfQuestion *question;
        unsigned platform; /* of the machine: PF_PLATFORM_… */
        PfHost host;
        PfReport report;       /* in the order of the registry */
        PfWaivers waivers;     /* of the machine, and what became of them */
        uint64_t started_usec; /* since 1970 */
        uint64_t duration_usec;
        uint64_t expires_usec; /* since 1970, by the machine's clock: it is not true any more
                                * then, because a waiver ends; UINT64_MAX: none does */
} PfReadiness;

PfReadiness *pf_readiness_free(PfReadiness *readiness);
PF_DEFINE_CLEANUP(PfReadiness, pf_readiness_free);

PfOverall pf_readiness_overall(const PfReadiness *readiness);

/* Is it still true at @now_usec, as far as time alone can tell? */
bool pf_readiness_holds(const PfReadiness *readiness, uint64_t now_usec);

/* How many results have each verdict, by PfVerdict. */
void pf_readiness_count(const PfReadiness *readiness, size_t counts[static PF_N_VERDICTS]);

/* The one sentence for a status line: "blocked: sshd refuses passwords for root
 * (95108), 31 passed". The caller frees it; NULL where memory ran out. */
char *pf_readiness_status(const PfReadiness *readiness);

/**
 * pf_readiness_to_json() - the report as it goes over the wire
 * @privileged: false leaves out what a file says that not every local user may
 *              read; the evidence is then marked "withheld"
 * @platform:   of the machine: errors of others are not named
 * @waivers:    by which a result is waived
 * Ownership:   the caller frees *@ret.
 * Return:      0 or -ENOMEM.
 */
int pf_readiness_to_json(const PfReadiness *readiness, bool privileged, PfJson **ret) PF_MUST_CHECK;
int pf_result_to_json(const PfResult *result, unsigned platform, const PfProfile *profile,
                      const PfWaivers *waivers, bool privileged, PfJson **ret) PF_MUST_CHECK;
