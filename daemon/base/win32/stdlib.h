/* SPDX-License-Identifier: MIT */
#pragma once

/* <stdlib.h> with what the C library of Windows lacks: see string.h beside this file. */

#include_next <stdlib.h>

void *reallocarray(void *pointer, size_t n, size_t size);
