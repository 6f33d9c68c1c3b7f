/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/lease.h"

/**
 * pf_leases_publish() - write the records of the leases that are open, remove those of others
 * @root: of the machine; the records are below it, in PF_LEASES_PATH
 * @list: @n transactions, of which those count that pf_lease_is_open()
 *
 * The directory above may belong to another user (systemd.exec(5), RuntimeDirectory=): what is
 * root's is made, and no link is followed. A record is whole or not there.
 * Return: 0; the first error with a text, after all of them were tried.
 */
int pf_leases_publish(const char *root, PfTransaction *const *list, size_t n,
                      const PfLeaseClock *now, PfErr *err) PF_MUST_CHECK;
