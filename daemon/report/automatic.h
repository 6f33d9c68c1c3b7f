/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "config/config.h"
#include "daemon/report/readiness.h"

/*
 * Unattended remedies, as far as preflightd has to do with them: it asks preflight-remedyd
 * on its socket, which decides by policy, plans and applies. Each failure is asked about
 * once, known by its check and its evidence; again where it was busy, or the first boot of
 * the machine was not over.
 */
typedef struct PfAutomatic PfAutomatic;

typedef struct PfAutomaticConfig {
        uv_loop_t *loop;
        const char *socket; /* of org.preflightd.Remediation */
        /* Make a report anew: something was remedied, or could not be just now. */
        void (*look_again)(void *data);
        void *data;
} PfAutomaticConfig;

#define PF_AUTOMATIC_RETRY_MS (60 * 1000) /* until then */

int pf_automatic_new(const PfAutomaticConfig *config, PfAutomatic **ret) PF_MUST_CHECK;

/* Memory is released as the loop goes on to run. */
PfAutomatic *pf_automatic_free(PfAutomatic *automatic);
PF_DEFINE_CLEANUP(PfAutomatic, pf_automatic_free);

/**
 * pf_automatic_consider() - ask for what a new report shows
 * Nothing unless Auto= of [Remedy] is set; what fails, is not waived, and whose remedy the
 * catalogue calls safe.
 */
void pf_automatic_consider(PfAutomatic *automatic, const PfSettings *settings,
                           const PfReadiness *readiness);
