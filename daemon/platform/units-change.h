/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "daemon/base/err.h"

/* What is asked of the service manager of this machine. */
typedef enum PfUnitChange {
        PF_UNIT_RELOAD, /* of one that runs: nothing is done where it does not */
        PF_UNIT_START,
        PF_UNIT_STOP,
        PF_UNIT_ENABLE, /* for the next boot; it is not started */
        PF_UNIT_DISABLE,
} PfUnitChange;

/* How long a job may take. */
#define PF_UNITS_CHANGE_MS 60000

/* Positive outcomes beside PF_UNITS_NO_MANAGER (units.h). */
enum { PF_UNITS_NOT_RUNNING = 2 }; /* there is nothing to reload */

/**
 * pf_units_change() - have it done, and wait until it is
 * @unit:       full name: "ssh.service"
 * @timeout_ms: for the job; normally PF_UNITS_CHANGE_MS
 * Rule:   org.freedesktop.systemd1(5): ReloadUnit(), StartUnit(), StopUnit() queue a job in mode
 *         "replace", and JobRemoved() tells its result; EnableUnitFiles() and
 *         DisableUnitFiles() as systemctl(1) does, and Reload() after them.
 * Return: 0, PF_UNITS_NO_MANAGER, PF_UNITS_NOT_RUNNING; -EIO with the result of a job that
 *         failed, -ETIMEDOUT, or what the manager refuses with and says.
 */
int pf_units_change(PfUnitChange change, const char *unit, uint64_t timeout_ms,
                    PfErr *err) PF_MUST_CHECK;

/* Units are read again, those that are generated as well: a mount out of fstab. */
int pf_units_read_again(PfErr *err) PF_MUST_CHECK;

/**
 * pf_units_mount_name() - the unit of a mount point: "/srv/my data" is "srv-my\x20data.mount"
 * Rule:   systemd.unit(5), STRING ESCAPING FOR INCLUSION IN UNIT NAMES.
 * Return: a text that the caller frees, or NULL where memory ran out.
 */
char *pf_units_mount_name(const char *path);
