/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who besides the machine's own files is asked for users: nsswitch.conf(5).
 */

#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

#define PF_NSS_SWITCH_PATH "/etc/nsswitch.conf"

/**
 * pf_nss_switch_find() - the first other source that an entry can be in
 * @database: "passwd", "shadow"
 * @ret:      receives the name of the service, cut to @size; "" where the files
 *            are all there is. A service that a rule of the line keeps from being
 *            asked does not count, nor one whose library is not installed, nor
 *            "systemd" without users of its own (/etc/userdb and the like).
 * Return:    0; -EACCES, -EIO … with a text.
 */
int pf_nss_switch_find(const PfTarget *target, const char *database, char *ret, size_t size,
                       PfErr *err) PF_MUST_CHECK;
