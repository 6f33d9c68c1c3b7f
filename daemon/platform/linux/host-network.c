/* SPDX-License-Identifier: MIT */
/*
 * The network of the machine, as the service manager handed it over.
 */
#include "daemon/platform/linux/host-network.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "daemon/base/cleanup.h"

#define SOCKETS_MAX 8
#define PATH_SIZE 64
#define SETTINGS "/proc/sys/net/"
#define SETTINGS_IPV4 SETTINGS "ipv4"
#define TABLES "/proc/net/"
#define TABLES_OF_MACHINE "/proc/1/net/"
#define SOME_TABLE "dev" /* in every network there is */

static struct {
        PfHostSocket sockets[SOCKETS_MAX];
        size_t n_sockets;
        int settings; /* of IPv4, a directory; -1: not handed over */
        bool is_elsewhere;
} host = { .settings = -1 };

static int adopt_socket(int fd, int protocol, PfErr *err) {
        PfHostSocket *added = &host.sockets[host.n_sockets];
        struct sockaddr_nl address = { 0 };
        socklen_t n = sizeof(address);

        if (getsockname(fd, (struct sockaddr *) &address, &n) < 0)
                return pf_err_errno(err, -errno, "a socket of netlink that was handed over");
        if (host.n_sockets == SOCKETS_MAX)
                return pf_err_set(err, -E2BIG, "more than %d sockets of netlink", SOCKETS_MAX);
        *added = (PfHostSocket){ .fd = fd,
                                 .protocol = protocol,
                                 .groups = address.nl_groups,
                                 .lock = PTHREAD_MUTEX_INITIALIZER };
        host.n_sockets++;
        return 0;
}

static int adopt_directory(int fd, PfErr *err) {
        char link[sizeof("/proc/self/fd/") + 3 * sizeof(fd)], path[PATH_SIZE] = "";
        struct statfs st;

        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        if (readlink(link, path, PATH_SIZE - 1) < 0 || fstatfs(fd, &st) < 0)
                return pf_err_errno(err, -errno, "a directory that was handed over");
        if (st.f_type != PROC_SUPER_MAGIC || strcmp(path, SETTINGS_IPV4) != 0)
                return pf_err_set(err, -EINVAL, "%s was handed over, instead of " SETTINGS_IPV4,
                                  path);
        (void) pf_close(host.settings);
        host.settings = fd;
        return 0;
}

static int adopt(int fd, PfErr *err) {
        int domain = 0, protocol = 0;
        socklen_t n = sizeof(domain), m = sizeof(protocol);
        struct stat st;

        if (fstat(fd, &st) < 0)
                return pf_err_errno(err, -errno, "what was handed over");
        if (S_ISDIR(st.st_mode))
                return adopt_directory(fd, err);
        if (!S_ISSOCK(st.st_mode))
                return pf_err_set(err, -EINVAL, "neither a socket nor a directory was handed over");
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) < 0 ||
            getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &m) < 0)
                return pf_err_errno(err, -errno, "a socket that was handed over");
        if (domain != AF_NETLINK)
                return pf_err_set(err, -EINVAL, "a socket was handed over that is none of netlink");
        return adopt_socket(fd, protocol, err);
}

int pf_host_network_adopt(int fd, PfErr *err) {
        int r = adopt(fd, err);

        if (r < 0)
                (void) pf_close(fd);
        return r;
}

/* Each network has its own files in /proc, so one is the other's if it is the same. */
void pf_host_network_expect(void) {
        struct stat machine, own;

        host.is_elsewhere = stat(TABLES_OF_MACHINE SOME_TABLE, &machine) < 0 ||
                            stat("/proc/self/net/" SOME_TABLE, &own) < 0 ||
                            machine.st_ino != own.st_ino;
}

PfHostSocket *pf_host_network_socket(int protocol, unsigned groups) {
        for (size_t i = 0; i < host.n_sockets; i++)
                if (host.sockets[i].protocol == protocol && host.sockets[i].groups == groups)
                        return &host.sockets[i];
        return NULL;
}

bool pf_host_network_is_elsewhere(void) {
        return host.is_elsewhere;
}

static int open_setting(const char *path, int flags) {
        static const char directory[] = SETTINGS_IPV4 "/";
        int fd;

        if (host.settings < 0 || strncmp(path, directory, strlen(directory)) != 0)
                return -EACCES;
        fd = openat(host.settings, path + strlen(directory), flags);
        return fd < 0 ? -errno : fd;
}

bool pf_host_network_open(const char *path, int flags, int *ret) {
        char other[PATH_SIZE];
        int fd;

        if (!host.is_elsewhere)
                return false;
        if (strncmp(path, SETTINGS, strlen(SETTINGS)) == 0) {
                *ret = open_setting(path, flags);
                return true;
        }
        if (strncmp(path, TABLES, strlen(TABLES)) != 0)
                return false;
        if (snprintf(other, sizeof(other), "%s%s", TABLES_OF_MACHINE, path + strlen(TABLES)) >=
            (int) sizeof(other)) {
                *ret = -ENAMETOOLONG;
                return true;
        }
        fd = open(other, flags);
        *ret = fd < 0 ? -errno : fd;
        return true;
}
