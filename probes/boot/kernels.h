/* SPDX-License-Identifier: MIT */
#pragma once

#include "config/profile.h"
#include "probes/os-system.h"
#include "probes/probe.h"

/*
 * Has the agent a driver for a kernel? By the vendor's lists where a distribution
 * is judged by lists, by the names of kernel series where one module serves many.
 */

typedef enum PfKernelSupport {
        PF_KERNEL_SUPPORTED,
        PF_KERNEL_DOUBTFUL, /* probably, or not with every build of that agent */
        PF_KERNEL_REFUSED,
        PF_KERNEL_UNKNOWN,
} PfKernelSupport;

#define PF_KERNEL_TEXT_MAX 256

typedef struct PfKernelJudgement {
        PfKernelSupport support;
        char why[PF_KERNEL_TEXT_MAX];      /* what goes with the name of the kernel: "is …" */
        char expected[PF_KERNEL_TEXT_MAX]; /* what would do; "": nothing better is known */
        bool by_list;                      /* a list said so */
} PfKernelJudgement;

/**
 * pf_kernel_judge() - is a kernel one that the agent supports?
 * @kernel: as uname -r prints it
 *
 * Rule: Ubuntu and Debian: the name stands in the list. SLES: every -default kernel,
 *       others by the list. The families of RHEL and Oracle: the patterns of the
 *       vendor's prerequisite checker and driver script, rows in kernels.c.
 */
void pf_kernel_judge(const PfDemand *demand, const PfSystem *system, const char *kernel,
                     PfKernelJudgement *ret);
