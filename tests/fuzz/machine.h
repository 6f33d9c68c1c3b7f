/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/overlay.h"
#include "tests/fuzz/fuzz.h"

/*
 * For parsers that look for their files themselves: an empty machine that has the
 * directories which they are looked for in.
 */

/* That machine, where @path holds these bytes; nothing is written. The caller unrefs it. */
PfTarget *pf_fuzz_machine(const char *path, const uint8_t *bytes, size_t n);
