/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "daemon/base/err.h"

/**
 * pf_registry_change() - a DWORD in a key of this machine's registry
 * @path:  "HKLM\SOFTWARE\…", in the 64-bit view; no key is made
 * @value: NULL: there is to be no such value
 * When it returns 0 the change is on the disk: RegFlushKey().
 * Return: 0; with a text -ENOENT where there is no such key and a value to be set, -EACCES, -EIO …
 */
int pf_registry_change(const char *path, const char *name, const uint32_t *value,
                       PfErr *err) PF_MUST_CHECK;
