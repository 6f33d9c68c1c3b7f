/* SPDX-License-Identifier: MIT */
/*
 * Asks the kernel over netlink for the TCP sockets that listen.
 */
#include "daemon/platform/listeners.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "daemon/platform/linux/netlink-ask.h"

#define STATE_LISTEN 10 /* TCP_LISTEN of the kernel's net/tcp_states.h */

/* The attribute is for sockets of IPv6 alone; kernels before 4.1 lack it. */
static PfTakesIpv4 read_takes_ipv4(const struct nlmsghdr *header,
                                   const struct inet_diag_msg *message) {
        const struct rtattr *attribute = pf_netlink_attribute(
                message + 1, header->nlmsg_len - NLMSG_LENGTH(sizeof(*message)), INET_DIAG_SKV6ONLY,
                1);

        if (message->idiag_family == AF_INET)
                return PF_TAKES_IPV4_YES;
        if (!attribute)
                return PF_TAKES_IPV4_UNKNOWN;
        return *(const uint8_t *) RTA_DATA(attribute) ? PF_TAKES_IPV4_NO : PF_TAKES_IPV4_YES;
}

static int take_socket(const struct nlmsghdr *header, void *table) {
        const struct inet_diag_msg *message = NLMSG_DATA(header);

        if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
                return -EBADMSG;
        return pf_tcp_table_add(table, message->idiag_family == AF_INET6, message->id.idiag_src,
                                ntohs(message->id.idiag_sport), read_takes_ipv4(header, message));
}

static int ask(const PfNetlink *netlink, int family, PfTcpTable *table, PfErr *err) {
        const struct {
                struct nlmsghdr header;
                struct inet_diag_req_v2 body;
        } request = {
                .header = { .nlmsg_len = sizeof(request),
                            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                .body = { .sdiag_family = (uint8_t) family,
                          .sdiag_protocol = IPPROTO_TCP,
                          .idiag_states = 1u << STATE_LISTEN },
        };
        int r = pf_netlink_ask(netlink, &request.header, take_socket, table, err);

        /* No support for this family, or no right to ask. */
        return r == -ENOENT || r == -EPERM || r == -EOPNOTSUPP || r == -EINVAL ? -EPROTONOSUPPORT
                                                                               : r;
}

int pf_listeners_read(PfTcpTable *ret, PfErr *err) {
        static const int families[] = { AF_INET, AF_INET6 };
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        PF_AUTO_NETLINK PfNetlink netlink = PF_NETLINK_INIT;
        int r;

        r = pf_netlink_open(NETLINK_SOCK_DIAG, &netlink, err);
        if (r < 0)
                return r == -EPROTONOSUPPORT ? PF_LISTENERS_UNSUPPORTED : r;
        for (size_t i = 0; i < PF_ELEMENTS(families) && r == 0; i++) {
                r = ask(&netlink, families[i], &table, err);
                /* A kernel without IPv6 at all has no sockets of it. */
                if (r == -EPROTONOSUPPORT && families[i] == AF_INET6)
                        r = 0;
        }
        if (r < 0)
                return r == -EPROTONOSUPPORT ? PF_LISTENERS_UNSUPPORTED
                                             : pf_err_errno(err, r, "netlink");
        *ret = table;
        table = (PfTcpTable){ 0 };
        return 0;
}
