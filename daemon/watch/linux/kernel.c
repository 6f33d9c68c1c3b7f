/* SPDX-License-Identifier: MIT */
/*
 * What the kernel tells besides files: mounts, block devices, the network.
 */
#include "daemon/watch/linux/watch-internal.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/platform/linux/host-network.h"

/* Groups of NETLINK_KOBJECT_UEVENT: what the kernel says at once, and what udev says when
 * its database and its links are up to date. */
#define GROUP_KERNEL (1u << 0)
#define GROUP_UDEV (1u << 1)

#define MESSAGE_BYTES 8192 /* what is longer is cut off */

/* proc(5): poll(2) tells of a change once, by POLLPRI and POLLERR; there is nothing to read. */
static unsigned take_mounts(PfWatchSource *source) {
        (void) source;
        return PF_WATCH_MOUNTS;
}

static int add_table(PfWatch *watch, const char *path) {
        return pf_watch_add_source(watch, open(path, O_RDONLY | O_CLOEXEC), UV_PRIORITIZED,
                                   take_mounts, NULL);
}

/* A socket that is told what is said to @groups: of the machine, where the service manager
 * has handed one over; -1: there is no such thing here. */
static int open_group(int protocol, uint32_t groups) {
        const PfHostSocket *shared = pf_host_network_socket(protocol, groups);
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
        PF_AUTO_CLOSE int fd = -1;

        if (shared)
                return fcntl(shared->fd, F_DUPFD_CLOEXEC, 0);
        if (pf_host_network_is_elsewhere())
                return -1;
        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return -1;
        return pf_steal_fd(&fd);
}

/* One message; 0: there is none; -ENOBUFS: more was said than the socket keeps. */
static ssize_t receive(int fd, char *message) {
        ssize_t n;

        do
                n = recv(fd, message, MESSAGE_BYTES, MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == ENOBUFS ? -ENOBUFS : 0;
        return n;
}

/* Is it about a block device? The kernel and udev, behind its header, both write the
 * properties of a device one after the other, each with a NUL. */
static bool is_of_block_device(const char *message, size_t n) {
        static const char property[] = "\0SUBSYSTEM=block";

        return memmem(message, n, property, sizeof(property));
}

static unsigned take_devices(PfWatchSource *source) {
        char message[MESSAGE_BYTES];
        unsigned reasons = 0;
        ssize_t n;

        while ((n = receive(source->fd, message)) != 0)
                if (n < 0)
                        reasons |= PF_WATCH_DEVICES | PF_WATCH_LOST;
                else if (is_of_block_device(message, (size_t) n))
                        reasons |= PF_WATCH_DEVICES;
        return reasons;
}

/* What it says is asked for anew. */
static unsigned take_network(PfWatchSource *source) {
        PfWatchFiles *files = source->watch->files;
        char message[MESSAGE_BYTES];
        bool is_asked, has_changed = false;

        while (receive(source->fd, message) != 0)
                has_changed = true;
        uv_mutex_lock(&files->lock);
        is_asked = files->asks_network;
        uv_mutex_unlock(&files->lock);
        return has_changed && is_asked ? PF_WATCH_NETWORK : 0;
}

static int add_devices(PfWatch *watch) {
        int fd = open_group(NETLINK_KOBJECT_UEVENT, GROUP_KERNEL | GROUP_UDEV);

        watch->files->tells_devices = fd >= 0;
        return pf_watch_add_source(watch, fd, UV_READABLE, take_devices, NULL);
}

static int add_network(PfWatch *watch) {
        return pf_watch_add_source(
                watch,
                open_group(NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                                  RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE),
                UV_READABLE, take_network, &watch->network);
}

int pf_watch_add_kernel(PfWatch *watch) {
        int r = add_table(watch, "/proc/self/mountinfo");

        if (r == 0 && watch->is_host)
                r = add_table(watch, "/proc/swaps");
        if (r == 0 && watch->is_host)
                r = add_devices(watch);
        if (r == 0 && watch->is_host)
                r = add_network(watch);
        return r;
}
