/* SPDX-License-Identifier: MIT */
#include <time.h>

time_t timegm(struct tm *time) {
        return _mkgmtime(time);
}
