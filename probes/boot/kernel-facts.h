/* SPDX-License-Identifier: MIT */
#pragma once

/* What the checks of the probe kernel look at. Private to its files. */

#include "probes/boot/boot-kernel.h"
#include "probes/boot/kernels.h"
#include "probes/boot/root-drivers.h"
#include "probes/probe.h"

typedef enum PfKernelCheck {
        PF_KERNEL_NEXT,
        PF_KERNEL_DRIVERS,
        PF_KERNEL_OS,
        PF_KERNEL_N_CHECKS,
} PfKernelCheck;

extern const PfCheck pf_kernel_checks[PF_KERNEL_N_CHECKS];

typedef struct PfKernelFacts {
        const PfTarget *target;
        const PfDemand *demand;
        PfSystem system;
        bool system_known;
        PfBootInventory inventory;
        PfBootKernel next;
        bool next_known;
        PfErr next_err; /* why not */
        PfBootKernel running;
        bool runs;         /* false: an image, or it is not known */
        PfErr running_err; /* why it is not known; code 0: it is */
} PfKernelFacts;

/**
 * pf_kernel_drivers_find() - the drivers that a kernel needs in Azure, and where it has them
 * @ret:             all zero
 * @ret_root_reason: receives why those of the root file system are not known; "": they are
 * Return:           0, -E2BIG, -ENOMEM.
 */
int pf_kernel_drivers_find(const PfTarget *target, const PfBlockGraph *graph,
                           const PfBootKernel *kernel, PfDrivers *ret,
                           char ret_root_reason[static PF_ROOT_REASON_MAX]) PF_MUST_CHECK;

/* Answers boot.drivers: kernel-drivers.c. Return: 0, -ENOMEM. */
int pf_kernel_check_drivers(const PfKernelFacts *facts, PfReport *report);
