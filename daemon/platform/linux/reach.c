/* SPDX-License-Identifier: MIT */
/*
 * Connections that are tried: none blocks, and all share one deadline.
 */
#include "daemon/platform/connect.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"

static socklen_t to_name(const PfIpAddress *address, uint16_t port, struct sockaddr_storage *ret) {
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *) ret;
        struct sockaddr_in *ipv4 = (struct sockaddr_in *) ret;

        *ret = (struct sockaddr_storage){ .ss_family = address->is_ipv6 ? AF_INET6 : AF_INET };
        if (address->is_ipv6) {
                ipv6->sin6_port = htons(port);
                memcpy(&ipv6->sin6_addr, address->bytes, sizeof(ipv6->sin6_addr));
                return sizeof(*ipv6);
        }
        ipv4->sin_port = htons(port);
        memcpy(&ipv4->sin_addr, address->bytes, sizeof(ipv4->sin_addr));
        return sizeof(*ipv4);
}

/* A socket that connects: *ret_fd is -1 where connect(2) was done at once, with
 * the outcome as what is returned. */
static int begin(const PfIpAddress *address, uint16_t port, int *ret_fd) {
        struct sockaddr_storage name;
        socklen_t n = to_name(address, port, &name);
        PF_AUTO_CLOSE int fd = -1;

        fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) &name, n) == 0)
                return 0;
        if (errno != EINPROGRESS)
                return -errno;
        *ret_fd = pf_steal_fd(&fd);
        return 0;
}

static int outcome_of(int fd) {
        socklen_t n = sizeof(int);
        int error = 0;

        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
                return -errno;
        return -error;
}

static int milliseconds_until(uint64_t deadline_usec) {
        uint64_t now = pf_clock_monotonic_usec();
        uint64_t left = deadline_usec > now ? deadline_usec - now : 0;

        return left > 3600000000 ? 3600000 : (int) ((left + 999) / 1000);
}

/* Takes the outcomes of those that are ready. Return: how many still connect. */
static size_t harvest(PfReach *list, struct pollfd *fds, size_t n) {
        size_t n_left = 0;

        for (size_t i = 0; i < n; i++) {
                if (fds[i].fd >= 0 && fds[i].revents) {
                        list[i].r = outcome_of(fds[i].fd);
                        fds[i].fd = pf_close(fds[i].fd);
                }
                n_left += fds[i].fd >= 0;
        }
        return n_left;
}

static int wait_for_all(PfReach *list, struct pollfd *fds, size_t n, uint64_t deadline_usec,
                        PfErr *err) {
        size_t n_left = 0;

        for (size_t i = 0; i < n; i++)
                n_left += fds[i].fd >= 0;
        while (n_left > 0) {
                int left = milliseconds_until(deadline_usec);
                int r = poll(fds, (nfds_t) n, left);

                if (r < 0 && errno != EINTR)
                        return pf_err_errno(err, -errno, "poll");
                if (r > 0)
                        n_left = harvest(list, fds, n);
                else if (left == 0)
                        break;
        }
        return 0;
}

int pf_reach(PfReach *list, size_t n, uint64_t deadline_usec, PfErr *err) {
        struct pollfd *fds = NULL;
        int r;

        if (n > PF_REACH_MAX)
                return pf_err_set(err, -E2BIG, "more than %d connections at a time", PF_REACH_MAX);
        fds = calloc(n ? n : 1, sizeof(*fds));
        if (!fds)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                fds[i] = (struct pollfd){ .fd = -1, .events = POLLOUT };
                list[i].r = begin(&list[i].address, list[i].port, &fds[i].fd);
        }
        r = wait_for_all(list, fds, n, deadline_usec, err);
        for (size_t i = 0; i < n; i++)
                if (fds[i].fd >= 0) {
                        list[i].r = -ETIMEDOUT;
                        (void) pf_close(fds[i].fd);
                }
        free(fds);
        return r;
}

int pf_port_left(bool *ret, PfErr *err) {
        const PfIpAddress self = { .bytes = { 127, 0, 0, 1 } };
        PF_AUTO_CLOSE int fd = -1;
        int r = begin(&self, 0, &fd);

        if (r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == -ENOBUFS || r == -EAFNOSUPPORT)
                return pf_err_errno(err, r, "a socket to ask for a local port with");
        *ret = r != -EADDRNOTAVAIL;
        return 0;
}
