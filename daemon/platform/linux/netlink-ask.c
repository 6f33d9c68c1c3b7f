/* SPDX-License-Identifier: MIT */
/*
 * Netlink: a request, and what the kernel answers.
 */
#include "daemon/platform/linux/netlink-ask.h"

#include <sys/socket.h>
#include <sys/time.h>

#define BUFFER_BYTES 32768 /* the kernel fills no more at a time */
#define TIMEOUT_USEC 500000

int pf_netlink_open(int protocol, PfErr *err) {
        const struct timeval timeout = { .tv_usec = TIMEOUT_USEC };
        PF_AUTO_CLOSE int fd = -1;

        fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
        if (fd < 0 && (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT || errno == EPERM ||
                       errno == EACCES))
                return -EPROTONOSUPPORT;
        if (fd < 0)
                return pf_err_errno(err, -errno, "socket of netlink");
        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
                return pf_err_errno(err, -errno, "socket of netlink");
        return pf_steal_fd(&fd);
}

typedef struct Answer {
        PfNetlinkVisit visit;
        void *data;
        bool is_dump;
        bool is_interrupted;
} Answer;

enum { MORE = 2 }; /* neither done nor an error */

static int take_message(const struct nlmsghdr *header, Answer *answer) {
        const struct nlmsgerr *error = NLMSG_DATA(header);
        int r;

        answer->is_interrupted |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (header->nlmsg_type == NLMSG_DONE)
                return answer->is_interrupted ? -EAGAIN : 0;
        if (header->nlmsg_type == NLMSG_ERROR) {
                if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) || error->error >= 0)
                        return -EBADMSG;
                return error->error;
        }
        r = answer->visit(header, answer->data);
        return r < 0 || !answer->is_dump ? r : MORE;
}

int pf_netlink_ask(int fd, const struct nlmsghdr *request, PfNetlinkVisit visit, void *data,
                   PfErr *err) {
        _Alignas(struct nlmsghdr) char buffer[BUFFER_BYTES];
        Answer answer = { .visit = visit,
                          .data = data,
                          .is_dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP };
        int r = MORE;

        if (send(fd, request, request->nlmsg_len, 0) < 0)
                return pf_err_errno(err, -errno, "netlink");
        while (r == MORE) {
                const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
                ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_TRUNC);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0 || (size_t) n > sizeof(buffer))
                        return pf_err_errno(err, n < 0 ? -errno : -EBADMSG, "netlink");
                for (; r == MORE && NLMSG_OK(header, n); header = NLMSG_NEXT(header, n))
                        r = take_message(header, &answer);
        }
        return r;
}

const struct rtattr *pf_netlink_attribute(const void *first, size_t n, unsigned type, size_t size) {
        int left = (int) n;

        for (const struct rtattr *attribute = first; RTA_OK(attribute, left);
             attribute = RTA_NEXT(attribute, left))
                if ((attribute->rta_type & NLA_TYPE_MASK) == type && RTA_PAYLOAD(attribute) >= size)
                        return attribute;
        return NULL;
}
