/* SPDX-License-Identifier: MIT */
#pragma once

#include "probes/block/graph.h"
#include "probes/boot/drivers.h"

#define PF_ROOT_REASON_MAX 256

/**
 * pf_root_drivers_add() - want what the root file system is reached through
 * @ret_reason: why it is not known what that is; "" where it is
 *
 * Rule:   the mount of / and all that lies below it: LVM, encryption, md, multipath.
 *         Without a table of mounts /etc/fstab, as far as names of devices tell.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_root_drivers_add(const PfTarget *target, const PfBlockGraph *graph, PfDrivers *drivers,
                        char ret_reason[static PF_ROOT_REASON_MAX]) PF_MUST_CHECK;
