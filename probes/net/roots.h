/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The certificates that the services of Azure are signed with, among those that
 * this machine trusts.
 */

#include "daemon/base/target.h"
#include "probes/net/azure.h"

/**
 * pf_net_missing_root() - a root that is not trusted
 * @ret:      receives its name, or NULL: all are; static
 * @ret_path: receives the file it should be in; static
 * Rule:      the bundles of the distributions' ca-certificates, PEM of RFC 7468.
 * Return:    0; -ENOENT where there is no bundle; another negative errno with a text.
 */
int pf_net_missing_root(const PfTarget *target, const char **ret, const char **ret_path,
                        PfErr *err) PF_MUST_CHECK;
