/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "daemon/base/cleanup.h"

/* write(2) of all @n bytes to a file, repeated after EINTR and where fewer were taken.
 * Return: 0 or a negative errno; then some of them may have been written. */
int pf_write_all(int fd, const void *bytes, size_t n) PF_MUST_CHECK;
