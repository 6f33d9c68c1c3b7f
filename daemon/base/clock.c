/* SPDX-License-Identifier: MIT */
#include "daemon/base/clock.h"

#include <time.h>
#include <uv.h>

uint64_t pf_clock_realtime_usec(void) {
        struct timespec now;

        (void) timespec_get(&now, TIME_UTC);
        return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

uint64_t pf_clock_monotonic_usec(void) {
        return uv_hrtime() / 1000;
}
