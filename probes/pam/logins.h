/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who is logged in: utmp(5), for modules that count.
 */

#include <stddef.h>

#include "probes/pam/pam.h"

/* Does a login of @user count? */
typedef bool (*PfLoginMatch)(const char *user, void *data);

/**
 * pf_logins_count() - how many sessions the target's utmp lists
 * @ret: those of which @match says that they count
 * Rule: utmp(5), records of 384 bytes as Linux has them with a 32-bit time; only
 *       user processes, and on a live machine only those that still run.
 * Return: 0, also without the file; -EACCES, -EIO … with a text.
 */
int pf_logins_count(const PfTarget *target, PfLoginMatch match, void *data, size_t *ret,
                    PfErr *err) PF_MUST_CHECK;
