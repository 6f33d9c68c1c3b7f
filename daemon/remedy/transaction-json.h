/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/lease.h"

/**
 * pf_transaction_to_json() - a transaction as it goes over the wire: type Transaction of
 *                            org.preflightd.Remediation
 * @now:      by which a lease that is open ends
 * Ownership: the caller frees *@ret.
 * Return:    0 or -ENOMEM.
 */
int pf_transaction_to_json(const PfTransaction *transaction, const PfLeaseClock *now,
                           PfJson **ret) PF_MUST_CHECK;
