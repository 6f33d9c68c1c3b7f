/* SPDX-License-Identifier: MIT */
/*
 * Asks the kernel over netlink for the TCP sockets that listen.
 */
#include "daemon/platform/listeners.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define STATE_LISTEN 10 /* TCP_LISTEN of the kernel's net/tcp_states.h */
#define BUFFER_BYTES 16384
#define TIMEOUT_USEC 500000

static int open_netlink(PfErr *err) {
        const struct timeval timeout = { .tv_usec = TIMEOUT_USEC };
        PF_AUTO_CLOSE int fd = -1;

        fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        if (fd < 0 && (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT || errno == EPERM ||
                       errno == EACCES))
                return -EPROTONOSUPPORT;
        if (fd < 0)
                return pf_err_errno(err, -errno, "socket of netlink");
        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
                return pf_err_errno(err, -errno, "socket of netlink");
        return pf_steal_fd(&fd);
}

static int ask(int fd, int family, PfErr *err) {
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

        if (send(fd, &request, sizeof(request), 0) < 0)
                return pf_err_errno(err, -errno, "netlink");
        return 0;
}

/* The attribute is for sockets of IPv6 alone; kernels before 4.1 lack it. */
static PfTakesIpv4 read_takes_ipv4(const struct nlmsghdr *header,
                                   const struct inet_diag_msg *message) {
        const struct rtattr *attribute = (const struct rtattr *) (message + 1);
        int left = (int) header->nlmsg_len - (int) NLMSG_LENGTH(sizeof(*message));

        if (message->idiag_family == AF_INET)
                return PF_TAKES_IPV4_YES;
        for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
                if (attribute->rta_type == INET_DIAG_SKV6ONLY && RTA_PAYLOAD(attribute) >= 1)
                        return *(const uint8_t *) RTA_DATA(attribute) ? PF_TAKES_IPV4_NO
                                                                      : PF_TAKES_IPV4_YES;
        return PF_TAKES_IPV4_UNKNOWN;
}

enum { MORE = 2 }; /* neither done nor an error */

static int read_message(const struct nlmsghdr *header, PfTcpTable *table, PfErr *err) {
        const struct inet_diag_msg *message = NLMSG_DATA(header);
        const struct nlmsgerr *error = NLMSG_DATA(header);
        int r;

        if (header->nlmsg_type == NLMSG_DONE)
                return 0;
        if (header->nlmsg_type == NLMSG_ERROR) {
                if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*error)))
                        return -EBADMSG;
                /* No support for this family, or no right to ask. */
                return error->error == -ENOENT || error->error == -EPERM ||
                                       error->error == -EOPNOTSUPP || error->error == -EINVAL
                               ? -EPROTONOSUPPORT
                               : pf_err_errno(err, error->error ? error->error : -EBADMSG,
                                              "netlink");
        }
        if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
                return -EBADMSG;
        r = pf_tcp_table_add(table, message->idiag_family == AF_INET6, message->id.idiag_src,
                             ntohs(message->id.idiag_sport), read_takes_ipv4(header, message));
        return r < 0 ? r : MORE;
}

static int read_answers(int fd, PfTcpTable *table, PfErr *err) {
        _Alignas(struct nlmsghdr) char buffer[BUFFER_BYTES];
        int r = MORE;

        while (r == MORE) {
                const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
                ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return pf_err_errno(err, n < 0 ? -errno : -EBADMSG, "netlink");
                for (; r == MORE && NLMSG_OK(header, n); header = NLMSG_NEXT(header, n))
                        r = read_message(header, table, err);
        }
        return r;
}

int pf_listeners_read(PfTcpTable *ret, PfErr *err) {
        static const int families[] = { AF_INET, AF_INET6 };
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        PF_AUTO_CLOSE int fd = -1;
        int r = 0;

        fd = open_netlink(err);
        if (fd < 0)
                return fd == -EPROTONOSUPPORT ? PF_LISTENERS_UNSUPPORTED : fd;
        for (size_t i = 0; i < PF_ELEMENTS(families) && r == 0; i++) {
                r = ask(fd, families[i], err);
                if (r == 0)
                        r = read_answers(fd, &table, err);
                /* A kernel without IPv6 at all has no sockets of it. */
                if (r == -EPROTONOSUPPORT && families[i] == AF_INET6)
                        r = 0;
        }
        if (r < 0)
                return r == -EPROTONOSUPPORT ? PF_LISTENERS_UNSUPPORTED : r;
        *ret = table;
        table = (PfTcpTable){ 0 };
        return 0;
}
