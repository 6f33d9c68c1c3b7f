/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/ctl.h"
#include "daemon/platform/pipe-pair.h"

/*
 * org.preflightd.Preflight in this process, for one client, where no daemon runs. It only
 * reads, as the user of this process may, and GetInfo() says who answers.
 */
typedef struct PfOwnService PfOwnService;

/**
 * pf_own_service_new() - serve a client
 * @end:   of its connection; taken over, also on error
 * Return: PF_EXIT_OK, or with a text another status.
 */
PfExit pf_own_service_new(const PfOptions *options, PfPipeEnd end_take, PfOwnService **ret,
                          PfErr *err) PF_MUST_CHECK;

/* Does a probe hang? Then leave with _exit(2). */
bool pf_own_service_is_stuck(const PfOwnService *own);

/* Memory is released as the default loop goes on to run. */
PfOwnService *pf_own_service_free(PfOwnService *own);
PF_DEFINE_CLEANUP(PfOwnService, pf_own_service_free);
