/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

uint64_t pf_clock_realtime_usec(void);  /* since 1970 */
uint64_t pf_clock_monotonic_usec(void); /* since some moment; never set back */
