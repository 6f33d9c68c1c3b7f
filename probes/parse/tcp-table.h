/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The listening TCP sockets of a running machine: /proc/net/tcp and tcp6.
 */

#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

typedef struct PfTcpListener {
        bool is_ipv6;
        bool is_any;      /* 0.0.0.0 or :: */
        bool is_loopback; /* 127.0.0.0/8 or ::1 */
        uint16_t port;
        uint32_t inode;   /* of the socket; 0: not told */
        char address[46]; /* as people write it */
} PfTcpListener;

typedef struct PfTcpTable {
        PfTcpListener *listeners;
        size_t n;
} PfTcpTable;

void pf_tcp_table_deinit(PfTcpTable *table);
#define PF_AUTO_TCP_TABLE PF_CLEANUP(pf_tcp_table_deinit)

/**
 * pf_tcp_table_read() - the sockets that listen, of IPv4 first
 * Rule:   proc(5), /proc/net/tcp; the kernel's Documentation/networking/proc_net_tcp.rst.
 *         Addresses are in the byte order of the machine, by words of 32 bits.
 * Return: 0; a negative errno with a text, also where a line is not understood
 *         (-EBADMSG) or both tables are missing (-ENOENT).
 */
int pf_tcp_table_read(const PfTarget *target, PfTcpTable *ret, PfErr *err) PF_MUST_CHECK;

/* The same from the text of one table, added to @ret. */
int pf_tcp_table_parse(const char *text, bool is_ipv6, PfTcpTable *ret, PfErr *err) PF_MUST_CHECK;
