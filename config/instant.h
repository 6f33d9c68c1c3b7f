/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "daemon/base/cleanup.h"

/*
 * Points in time as text, in UTC alone: what RFC 3339 calls full-date and
 * date-time. A date is its first moment.
 */

/**
 * pf_instant_parse() - "2027-01-31", "2027-01-31T12:00:00Z"
 * @ret_usec: microseconds since 1970
 * Rule:      RFC 3339, sections 5.6 and 5.7: 'T' and 'Z' in either case, a blank
 *            for 'T', fractions of a second, which are cut, and +00:00. Any other
 *            offset is refused. A leap second is the moment after it.
 * Return:    0; -EINVAL for what is none, or no day of the calendar; -ERANGE
 *            before 1970.
 */
int pf_instant_parse(const char *text, uint64_t *ret_usec) PF_MUST_CHECK;

#define PF_INSTANT_SIZE 32 /* of the text, with a NUL */

/* "2027-01-31T12:00:00Z"; fractions are cut, and years end with 9999. */
const char *pf_instant_format(uint64_t usec, char ret[static PF_INSTANT_SIZE]);
