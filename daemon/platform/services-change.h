/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

/*
 * What is asked of the service manager of this machine, which has Windows. By its own calls
 * alone, never by the registry: the manager has its own copy, and writes its own over another.
 */

/* How long a start or a stop may take: as long as the manager itself waits for one. */
#define PF_SERVICE_CHANGE_MS 30000

/**
 * pf_service_set_start() - how it starts, from the next boot on
 * @start: SERVICE_AUTO_START and so on: windows-facts.h. Whether an automatic start is delayed
 *         stays as it is.
 * Rule:   ChangeServiceConfigW()
 * Return: 0, on the disk; with a text -ENOENT where there is none, -EACCES, -EIO … with what
 *         Windows says: 1072 it is marked for deletion, 1055 the database is locked.
 */
int pf_service_set_start(const char *name, uint32_t start, PfErr *err) PF_MUST_CHECK;

/**
 * pf_service_run() - start it, or stop it, and wait until that is done
 * @timeout_ms: normally PF_SERVICE_CHANGE_MS
 * Of one that runs already, or does not, nothing is asked. None that depends on it is stopped.
 * Rule:   StartServiceW(), ControlService(), QueryServiceStatusEx(): it has started when it
 *         says SERVICE_RUNNING, and failed when it is stopped again.
 * Return: 0; with a text -ETIMEDOUT, -EBUSY where others depend on what is to be stopped, -EIO
 *         with the error that it stopped with, -ENOENT, -EACCES …
 */
int pf_service_run(const char *name, bool run, uint64_t timeout_ms, PfErr *err) PF_MUST_CHECK;
