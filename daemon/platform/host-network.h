/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/err.h"

/*
 * The network of the machine, for a service that is kept in another one.
 *
 * With PrivateNetwork= (systemd.exec(5)) a socket of our own, /proc/net and /proc/sys/net
 * tell of a network in which nothing is. What is needed of the machine's is opened by the
 * service manager and handed over: sockets of netlink, which stay in the network they were
 * made in, and the directory of IPv4's settings, which is that of whoever opened it.
 * /proc/1/net is the machine's for everybody. What was neither handed over nor is there is
 * an error, never the other network's answer.
 *
 * All is kept for the process: adopted before threads start, and read only from then on.
 */

/**
 * pf_host_network_adopt() - take over a descriptor that the service manager opened
 * @fd:    a socket of netlink, ListenNetlink= in systemd.socket(5), or the directory
 *         /proc/sys/net/ipv4, StandardInput=file: in systemd.exec(5). (ListenSpecial=
 *         would wait for files of it to become readable, which they always are.)
 *         Closed on error.
 * Return: 0, -EINVAL for anything else, -E2BIG, with a text.
 */
int pf_host_network_adopt(int fd, PfErr *err) PF_MUST_CHECK;

/* Finds out whether this process has another network than process 1. Where that cannot
 * be told, it has. Until this is called it has not: who runs a program by hand in another
 * network asks about that one. */
void pf_host_network_expect(void);
