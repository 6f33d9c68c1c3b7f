/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/platform/registry.h"

/*
 * pf_registry_ask() - as pf_registry_read(), where no book has the answer
 *
 * Of each system: on Windows of the machine it runs on, elsewhere of an image.
 */
int pf_registry_ask(const PfTarget *target, const char *path, PfRegistryKey *ret,
                    PfErr *err) PF_MUST_CHECK;
