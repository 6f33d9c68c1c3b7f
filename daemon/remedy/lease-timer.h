/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "daemon/base/err.h"

/*
 * A timer on CLOCK_BOOTTIME: uv_timer_t goes by CLOCK_MONOTONIC, which stands still while
 * the machine sleeps. It wakes no machine: one that sleeps lets nobody in.
 */
typedef struct PfLeaseTimer PfLeaseTimer;

int pf_lease_timer_new(uv_loop_t *loop, void (*over)(void *data), void *data, PfLeaseTimer **ret,
                       PfErr *err) PF_MUST_CHECK;
PfLeaseTimer *pf_lease_timer_free(PfLeaseTimer *timer);

/* Call over() once when CLOCK_BOOTTIME reaches this, or soon where it has; UINT64_MAX: not. */
void pf_lease_timer_set(PfLeaseTimer *timer, uint64_t boot_usec);
