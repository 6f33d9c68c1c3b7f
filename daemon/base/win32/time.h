/* SPDX-License-Identifier: MIT */
#pragma once

/* <time.h> with what the C library of Windows lacks: see string.h beside this file. */

#include_next <time.h>

time_t timegm(struct tm *time);
