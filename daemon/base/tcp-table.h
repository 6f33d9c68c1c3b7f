/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/cleanup.h"

/* Does a socket of IPv6 take connections over IPv4 as well? ipv6(7), IPV6_V6ONLY. */
typedef enum PfTakesIpv4 {
        PF_TAKES_IPV4_YES, /* also every socket of IPv4 itself */
        PF_TAKES_IPV4_NO,
        PF_TAKES_IPV4_UNKNOWN,
} PfTakesIpv4;

typedef struct PfTcpListener {
        bool is_ipv6;
        bool is_any;      /* 0.0.0.0 or :: */
        bool is_loopback; /* 127.0.0.0/8 or ::1 */
        PfTakesIpv4 takes_ipv4;
        uint16_t port;
        char address[46]; /* as people write it */
} PfTcpListener;

/* TCP sockets that listen. All zero is an empty table. */
typedef struct PfTcpTable {
        PfTcpListener *listeners;
        size_t n;
} PfTcpTable;

void pf_tcp_table_deinit(PfTcpTable *table);
#define PF_AUTO_TCP_TABLE PF_CLEANUP(pf_tcp_table_deinit)

/**
 * pf_tcp_table_add() - add a socket
 * @address: 4 or 16 bytes, in the order of the network
 * Return:   0, -E2BIG for more than PF_TCP_TABLE_MAX, -ENOMEM.
 */
#define PF_TCP_TABLE_MAX 65536
int pf_tcp_table_add(PfTcpTable *table, bool is_ipv6, const void *address, uint16_t port,
                     PfTakesIpv4 takes_ipv4) PF_MUST_CHECK;
