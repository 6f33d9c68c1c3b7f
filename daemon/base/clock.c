/* SPDX-License-Identifier: MIT */
#include "daemon/base/clock.h"

#include <uv.h>

uint64_t pf_clock_realtime_usec(void) {
        uv_timeval64_t now = { 0 };

        (void) uv_gettimeofday(&now);
        return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_usec;
}

uint64_t pf_clock_monotonic_usec(void) {
        return uv_hrtime() / 1000;
}
