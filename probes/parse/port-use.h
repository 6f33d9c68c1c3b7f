/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Local ports: those the kernel gives to connections, and those that sockets have.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/cleanup.h"

/* A set of ports. All zero is empty. */
typedef struct PfPortSet {
        uint64_t words[65536 / 64];
} PfPortSet;

/* How many from @first to @last, both included, are in it? */
unsigned pf_port_set_count(const PfPortSet *set, unsigned first, unsigned last);

/* Return: 0, or -EINVAL: ip_local_port_range, "32768\t60999". */
int pf_port_range_parse(const char *text, size_t n, unsigned *ret_first,
                        unsigned *ret_last) PF_MUST_CHECK;

/* Adds a list: ip_local_reserved_ports, "8080,9148-9150", in order; it may be empty.
 * Return: 0 or -EINVAL. */
int pf_port_list_parse(const char *text, size_t n, PfPortSet *set) PF_MUST_CHECK;

/**
 * pf_port_use_parse() - add the local ports of /proc/net/tcp or tcp6
 * Rule:   the kernel's networking/proc_net_tcp.rst; a line that is none of a
 *         socket, as the heading, is passed over.
 * Return: how many sockets there are.
 */
int pf_port_use_parse(const char *text, size_t n, PfPortSet *set);

/**
 * pf_sockstat_parse() - sockets of TCP, out of /proc/net/sockstat or sockstat6
 * @ret: receives those in use, and those that wait before they are forgotten
 * Return: 0, or -EINVAL where there is no line of them.
 */
int pf_sockstat_parse(const char *text, size_t n, uint64_t *ret) PF_MUST_CHECK;
