/* SPDX-License-Identifier: MIT */
#pragma once

#include "config/catalogue.h"
#include "daemon/base/json.h"

/**
 * pf_catalogue_entry_to_json() - type CatalogueEntry of org.preflightd.Preflight
 * Ownership: the caller frees *@ret.
 * Return:    0 or -ENOMEM.
 */
int pf_catalogue_entry_to_json(const PfCatalogueEntry *entry, PfJson **ret) PF_MUST_CHECK;
