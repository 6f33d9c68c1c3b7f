/* SPDX-License-Identifier: MIT */
#pragma once

/* How long a lease may be. */
#define PF_LEASE_MIN_USEC (60ull * 1000000)
#define PF_LEASE_MAX_USEC (24ull * 3600 * 1000000)
