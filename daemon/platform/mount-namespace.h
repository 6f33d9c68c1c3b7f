/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"

/* Whose mounts a piece of work is done among. */
typedef enum PfNamespace {
        PF_NAMESPACE_MACHINE, /* process 1's: what is mounted there is mounted for the machine */
        PF_NAMESPACE_COPY,    /* a copy of those: what is done to them nobody else sees */
} PfNamespace;

typedef int (*PfNamespaceWork)(void *data, PfErr *err);

/**
 * pf_namespace_run() - do something among other mounts than those that we have
 * @work: runs on a thread of its own, which is over when this returns; what it opens by
 *        a path it opens there. The rest of the process stays where it is.
 *
 * A service has mounts of its own (systemd.exec(5)), which follow the machine's: what it mounts
 * the machine does not see, and what was read-only when it was started is so for it ever after.
 * Rule:   setns(2), unshare(2): a thread may change its mounts when it shares no root and working
 *         directory with others; it needs CAP_SYS_ADMIN and CAP_SYS_CHROOT, and CAP_SYS_PTRACE to
 *         look at what is process 1's: proc_pid_ns(5).
 * Return: what @work returns; -EPERM, -EACCES … with a text where there is no way in.
 */
int pf_namespace_run(PfNamespace which, PfNamespaceWork work, void *data, PfErr *err) PF_MUST_CHECK;
