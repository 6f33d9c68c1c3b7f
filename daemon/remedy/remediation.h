/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/effects-choose.h"
#include "daemon/varlink/server.h"

/*
 * The service behind org.preflightd.Remediation.
 *
 * Plans are made on one thread, changes on another: of changes there is one at a time,
 * and who comes meanwhile is told so. A change that has begun is finished, also where
 * who asked for it has gone. Leases are ended on the thread of changes, before all that
 * waits there.
 */
typedef struct PfRemediation PfRemediation;

#define PF_REMEDIATION_NOBODY UINT32_MAX

typedef struct PfRemediationConfig {
        uv_loop_t *loop;
        const char *root;         /* of the machine that is changed: "/" */
        PfTarget *host;           /* the one whose settings and profiles are used */
        PfEffectsChoice *effects; /* borrowed for the life of the service */
        uint32_t automatic_uid;   /* who may have remedied what policy allows; or
                                   * PF_REMEDIATION_NOBODY */
        uint64_t lease_min_usec;  /* 0: PF_LEASE_MIN_USEC */
        /* It may have come to rest, or been woken: see pf_remediation_is_resting(). */
        void (*changed)(void *data);
        void *data;
} PfRemediationConfig;

/**
 * pf_remediation_new() - a service; begins with what was interrupted, and with leases that are
 * over
 * @config: copied; its strings are borrowed
 */
int pf_remediation_new(const PfRemediationConfig *config, PfRemediation **ret,
                       PfErr *err) PF_MUST_CHECK;

/* After the server, whose calls it answers. Waits for a change that is being made. */
PfRemediation *pf_remediation_free(PfRemediation *remediation);
PF_DEFINE_CLEANUP(PfRemediation, pf_remediation_free);

/* Does nothing run, and is no lease open? Then nobody misses this process. */
bool pf_remediation_is_resting(const PfRemediation *remediation);

/**
 * pf_remediation_end_leases() - nobody will watch them any more: end them all
 * Changes that wait are made before; nothing more is taken on.
 * @ended: called from the loop once that was tried
 */
void pf_remediation_end_leases(PfRemediation *remediation, void (*ended)(void *data));

/* Does a probe hang? Then leave with _exit(2); see pf_schedule_n_stuck(). */
bool pf_remediation_is_stuck(const PfRemediation *remediation);

/* Its handlers' data is the PfRemediation. */
extern const PfVarlinkInterface pf_remediation_interface;
