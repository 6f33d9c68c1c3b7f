/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/base/err.h"

/*
 * Ends leases on Windows: in the service, which starts with the machine and runs as the system.
 * At its start those of other boots end, and what was interrupted is finished. From then on it
 * looks twice a minute whether one was given, and at the end of each. That is on a thread of the
 * loop's pool.
 */
typedef struct PfLeaseKeeper PfLeaseKeeper;

/* Return: 0, or a negative errno with a text. */
int pf_lease_keeper_start(uv_loop_t *loop, PfLeaseKeeper **ret, PfErr *err) PF_MUST_CHECK;

/* Its memory is released as the loop goes on to run; what is being ended is. @keeper: or NULL. */
void pf_lease_keeper_stop(PfLeaseKeeper *keeper);

/**
 * pf_lease_keeper_end_all() - end all leases, since nobody is left to watch over one
 * On this thread; waits for another process that changes something, but not for long.
 * @on_wait: called each time it has waited a moment; or NULL
 * Return:   0; a negative errno with a text: one may be open still.
 */
int pf_lease_keeper_end_all(void (*on_wait)(void), PfErr *err) PF_MUST_CHECK;
