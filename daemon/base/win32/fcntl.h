/* SPDX-License-Identifier: MIT */
#pragma once

/* <fcntl.h> with what the C library of Windows calls otherwise, or lacks: see string.h beside
 * this file. Bytes stay what they are; where links matter, the calls of Windows are used. */

#include_next <fcntl.h>

#define O_CLOEXEC (_O_NOINHERIT | _O_BINARY)
#define O_NOFOLLOW 0
