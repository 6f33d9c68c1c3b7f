/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The machine's local time: /etc/localtime, a file of the format TZif.
 *
 * Rule: tzfile(5), RFC 8536. A machine without that file has UTC, as the C
 *       library has it. TZ in the environment of a service is not looked at.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

#define PF_LOCAL_TIME_PATH "/etc/localtime"

/* Seconds east of UTC. Two where a rule for summer time would have to be worked
 * out behind the last transition that the file lists: it is one of them. */
typedef struct PfLocalOffsets {
        int32_t seconds[2];
        size_t n;
} PfLocalOffsets;

/* Return: 0; -EINVAL for bytes that are no TZif. */
int pf_local_offsets_parse(const char *bytes, size_t n, int64_t now_sec,
                           PfLocalOffsets *ret) PF_MUST_CHECK;

/* The target's own. Return: 0; -EINVAL, -EACCES, -EIO … with a text. */
int pf_local_offsets_read(const PfTarget *target, int64_t now_sec, PfLocalOffsets *ret,
                          PfErr *err) PF_MUST_CHECK;
