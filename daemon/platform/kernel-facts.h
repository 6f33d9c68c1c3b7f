/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What no file tells and the kernel of a machine does: its clock, and the label that a
 * security module gave a file. Asked, kept and given back as in machine.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/target.h"

typedef struct PfKernelClock {
        uint64_t now_usec;       /* since 1970 */
        bool is_synchronised;    /* as who disciplines the clock says */
        uint64_t max_error_usec; /* as far as it may be off by that word; 0: not known */
} PfKernelClock;

/* Positive outcome of both: of this machine nobody can tell, as of an image. */
enum { PF_KERNEL_FACTS_NONE = 1 };

/**
 * pf_kernel_clock() - the clock of the machine
 * Rule:   adjtimex(2) without a change: maxerror. Where a filter of system calls
 *         forbids it, systemd-timesyncd's mark of the last hour, or what
 *         pf_timedate_is_synchronised() answers; the error is not known then. Book
 *         "clock", question "adjtimex": { "timeUSec": 1763827200000000,
 *         "synchronised": true, "maxErrorUSec": 1000 }, or { "outcome": "none" }.
 * Return: 0, PF_KERNEL_FACTS_NONE; -EPERM … with a text; -ENODATA, -EINVAL as
 *         pf_target_recall().
 */
int pf_kernel_clock(const PfTarget *target, PfKernelClock *ret, PfErr *err) PF_MUST_CHECK;

#define PF_FILE_LABEL_MAX 256

/**
 * pf_file_label() - the label of SELinux of a file
 * @path:  on the machine; links are followed
 * @label: receives "system_u:object_r:etc_t:s0"; "" where it has none
 * Rule:   xattr(7), security.selinux. Book "labels", question @path:
 *         { "label": "…" }, or { "outcome": "none" }: the file is not there, or no
 *         label can be asked for.
 * Return: 0, PF_KERNEL_FACTS_NONE; a negative errno with a text.
 */
int pf_file_label(const PfTarget *target, const char *path, char label[static PF_FILE_LABEL_MAX],
                  PfErr *err) PF_MUST_CHECK;
