/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * /proc/net/tcp and tcp6, for kernels that cannot be asked otherwise.
 */

#include "daemon/base/target.h"
#include "daemon/base/tcp-table.h"

/**
 * pf_tcp_table_read() - the sockets that listen, of IPv4 first
 * @ret:   receives a table; untouched unless 0 is returned
 * Rule:   proc(5), /proc/net/tcp; the kernel's networking/proc_net_tcp.rst. An
 *         address is printed as words of 32 bits of this machine. Whether a
 *         socket of IPv6 takes IPv4 as well it does not say.
 * Return: 0; a negative errno with a text, also where a line is not understood
 *         (-EBADMSG) or both tables are missing (-ENOENT).
 */
int pf_tcp_table_read(const PfTarget *target, PfTcpTable *ret, PfErr *err) PF_MUST_CHECK;

/* The same from the text of one table, added to @ret. */
int pf_tcp_table_parse(const char *text, bool is_ipv6, PfTcpTable *ret, PfErr *err) PF_MUST_CHECK;
