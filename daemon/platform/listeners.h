/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/tcp-table.h"

/* Positive outcome: this kernel cannot be asked in this way. */
enum { PF_LISTENERS_UNSUPPORTED = 1 };

/**
 * pf_listeners_read() - the TCP sockets that listen on this machine
 * Asks for them alone: /proc/net/tcp has the kernel walk through the table of
 * all connections, which takes milliseconds.
 * @ret:   receives a table; untouched unless 0 is returned
 * Rule:   sock_diag(7), SOCK_DIAG_BY_FAMILY, Linux 3.3; INET_DIAG_SKV6ONLY, 4.1.
 * Return: 0, PF_LISTENERS_UNSUPPORTED, or a negative errno with a text.
 */
int pf_listeners_read(PfTcpTable *ret, PfErr *err) PF_MUST_CHECK;
