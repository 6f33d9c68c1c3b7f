/* SPDX-License-Identifier: MIT */
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

/*
 * Questions to the kernel over netlink(7).
 */

/* A socket: ours, or one that the service manager handed over, which is nobody else's
 * until it is closed. */
typedef struct PfNetlink {
        int fd;
        struct PfHostSocket *shared;
} PfNetlink;

#define PF_NETLINK_INIT                                                                            \
        { .fd = -1 }

/* Return: 0; -EPROTONOSUPPORT where this kernel, or a sandbox, has none of that
 * protocol; a negative errno with a text. The caller closes it. */
int pf_netlink_open(int protocol, PfNetlink *ret, PfErr *err) PF_MUST_CHECK;
void pf_netlink_close(PfNetlink *netlink);
#define PF_AUTO_NETLINK PF_CLEANUP(pf_netlink_close)

/* One message of the answer. Return: 0, or a negative errno that ends it. */
typedef int (*PfNetlinkVisit)(const struct nlmsghdr *header, void *data);

/**
 * pf_netlink_ask() - send a request, and read all of its answer
 * @request: begins with its header; with NLM_F_DUMP the answer is of any number
 *           of messages, otherwise of one
 * Return:   0; what @visit returned; the error that the kernel answered, without a
 *           text; -EAGAIN where what was asked for changed meanwhile; a negative
 *           errno with a text where nothing could be asked.
 */
int pf_netlink_ask(const PfNetlink *netlink, const struct nlmsghdr *request, PfNetlinkVisit visit,
                   void *data, PfErr *err) PF_MUST_CHECK;

/**
 * pf_netlink_attribute() - the attribute of a type, or NULL
 * @first: where attributes begin; @n: bytes of all of them
 * @size:  that its contents have at least
 */
const struct rtattr *pf_netlink_attribute(const void *first, size_t n, unsigned type, size_t size);
