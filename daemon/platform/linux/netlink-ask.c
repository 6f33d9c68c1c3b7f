/* SPDX-License-Identifier: MIT */
/*
 * Netlink: a request, and what the kernel answers.
 */
#include "daemon/platform/linux/netlink-ask.h"

#include <poll.h>
#include <sys/socket.h>

#include "daemon/platform/linux/host-network.h"

#define BUFFER_BYTES 32768 /* the kernel fills no more at a time */
#define TIMEOUT_MS 500
#define LEFT_OVER_MAX 4096 /* parts of an answer that nobody read to its end */

static int open_own(int protocol, PfErr *err) {
        int fd;

        if (pf_host_network_is_elsewhere())
                return -EPROTONOSUPPORT;
        fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
        if (fd < 0 && (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT || errno == EPERM ||
                       errno == EACCES))
                return -EPROTONOSUPPORT;
        return fd < 0 ? pf_err_errno(err, -errno, "socket of netlink") : fd;
}

/* Whoever had the socket before may have been killed in the middle of an answer. The
 * kernel answers before send(2) returns, so that nothing old comes after this. */
static void drop_left_over(int fd) {
        char byte;

        for (int i = 0; i < LEFT_OVER_MAX; i++)
                if (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0 && errno != ENOBUFS &&
                    errno != EINTR)
                        return;
}

int pf_netlink_open(int protocol, PfNetlink *ret, PfErr *err) {
        PfHostSocket *shared = pf_host_network_socket(protocol, 0);
        int fd;

        if (shared) {
                (void) pthread_mutex_lock(&shared->lock);
                drop_left_over(shared->fd);
                *ret = (PfNetlink){ .fd = shared->fd, .shared = shared };
                return 0;
        }
        fd = open_own(protocol, err);
        if (fd < 0)
                return fd;
        *ret = (PfNetlink){ .fd = fd };
        return 0;
}

void pf_netlink_close(PfNetlink *netlink) {
        if (netlink->shared)
                (void) pthread_mutex_unlock(&netlink->shared->lock);
        else
                (void) pf_close(netlink->fd);
        *netlink = (PfNetlink) PF_NETLINK_INIT;
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

/* Return: bytes, or a negative errno with a text. */
static int receive(int fd, void *buffer, size_t size, PfErr *err) {
        struct pollfd item = { .fd = fd, .events = POLLIN };
        ssize_t n;

        do {
                n = poll(&item, 1, TIMEOUT_MS);
                if (n == 0)
                        return pf_err_errno(err, -ETIMEDOUT, "netlink");
                if (n > 0)
                        n = recv(fd, buffer, size, MSG_TRUNC | MSG_DONTWAIT);
        } while (n < 0 && errno == EINTR);
        if (n <= 0 || (size_t) n > size)
                return pf_err_errno(err, n < 0 ? -errno : -EBADMSG, "netlink");
        return (int) n;
}

int pf_netlink_ask(const PfNetlink *netlink, const struct nlmsghdr *request, PfNetlinkVisit visit,
                   void *data, PfErr *err) {
        _Alignas(struct nlmsghdr) char buffer[BUFFER_BYTES];
        Answer answer = { .visit = visit,
                          .data = data,
                          .is_dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP };
        int r = MORE;

        if (send(netlink->fd, request, request->nlmsg_len, 0) < 0)
                return pf_err_errno(err, -errno, "netlink");
        while (r == MORE) {
                const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
                int n = receive(netlink->fd, buffer, sizeof(buffer), err);

                if (n < 0)
                        return n;
                for (; r == MORE && NLMSG_OK(header, (unsigned) n); header = NLMSG_NEXT(header, n))
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
