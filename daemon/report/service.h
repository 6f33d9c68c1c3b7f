/* SPDX-License-Identifier: MIT */
#pragma once

#include "config/config.h"
#include "daemon/report/schedule.h"
#include "daemon/varlink/server.h"

/*
 * The service behind org.preflightd.Preflight: what the methods share. It only
 * reads: nothing that changes the machine is linked here.
 */
typedef struct PfService PfService;

typedef struct PfServiceConfig {
        uv_loop_t *loop;
        PfTarget *target;           /* the machine that is checked */
        PfTarget *host;             /* the one whose profiles are used; may be the same */
        const PfSettings *settings; /* borrowed for the life of the service */
        bool watches;               /* look again when something has changed; the targets are
                                     * two, and were not used before */
        /* The one line about the machine, whenever a report for the default
         * question was made; borrowed. */
        void (*status)(const char *line, void *data);
        /* Such a report itself, borrowed; or NULL. */
        void (*published)(const PfReadiness *readiness, void *data);
        void *data;
} PfServiceConfig;

/**
 * pf_service_new() - a service; loads the profile that the settings name
 * @config: copied; references of the targets are taken
 * Return:  0; -EINVAL with a text for a profile, account or address in the
 *          settings that does not do; -ENOMEM.
 */
int pf_service_new(const PfServiceConfig *config, PfService **ret, PfErr *err) PF_MUST_CHECK;

/* After the server, whose calls it answers. */
PfService *pf_service_free(PfService *service);
PF_DEFINE_CLEANUP(PfService, pf_service_free);

/**
 * pf_service_reload() - use other settings
 * @settings: borrowed from now on; the old ones only where it fails
 * What was cached is forgotten.
 */
int pf_service_reload(PfService *service, const PfSettings *settings, PfErr *err) PF_MUST_CHECK;

/* Make a report for the default question, for the status line. */
int pf_service_refresh(PfService *service) PF_MUST_CHECK;

/* Does a probe hang? Then leave with _exit(2); see pf_schedule_n_stuck(). */
bool pf_service_is_stuck(const PfService *service);

/* Its handlers' data is the PfService. */
extern const PfVarlinkInterface pf_service_interface;
