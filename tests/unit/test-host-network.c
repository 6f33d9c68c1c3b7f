/* SPDX-License-Identifier: MIT */
/*
 * A process in another network than the machine's: what it was handed tells of the
 * machine's, and what it was not is an error.
 */
#include "daemon/platform/host-network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/target.h"
#include "daemon/platform/interfaces.h"
#include "daemon/platform/listeners.h"
#include "tests/support/child.h"
#include "tests/support/test-main.h"

#define SETTINGS "/proc/sys/net/ipv4"
#define OTHER_SETTING "/proc/sys/net/core/somaxconn"
#define RANGE "/proc/sys/net/ipv4/ip_local_port_range"
#define EARLIER_REQUESTS 3

static int listen_somewhere(uint16_t *ret_port) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t n = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, (struct sockaddr *) &address, n) < 0 || listen(fd, 1) < 0 ||
            getsockname(fd, (struct sockaddr *) &address, &n) < 0)
                return -errno;
        *ret_port = ntohs(address.sin_port);
        return fd;
}

/* As a service manager makes it, which does not wait for anything. */
static int open_netlink(int protocol) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

        return fd >= 0 && bind(fd, (struct sockaddr *) &address, sizeof(address)) == 0 ? fd
                                                                                       : -errno;
}

/* What somebody asked who was killed before the answer was read. */
static void leave_answers(int fd) {
        const struct {
                struct nlmsghdr header;
                struct ifinfomsg body;
        } request = { .header = { .nlmsg_len = sizeof(request),
                                  .nlmsg_type = RTM_GETROUTE,
                                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };

        for (int i = 0; i < EARLIER_REQUESTS; i++)
                (void) !send(fd, &request, sizeof(request), 0);
}

static void show_read(FILE *out, const char *path) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1u << 20);
        PfErr err = { 0 };
        int r = pf_target_new("/", PF_TARGET_DEFAULT, &target, &err);

        if (r == 0)
                r = pf_target_read(target, path, 1u << 19, &buf, &err);
        fprintf(out, "%s=%d:%.*s\n", path, r, r == 0 ? (int) strcspn(buf.data, "\n") : 0,
                r == 0 ? buf.data : "");
}

static void show_listeners(FILE *out, uint16_t port) {
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        PfErr err = { 0 };
        int r = pf_listeners_read(&table, &err);
        bool found = false;

        for (size_t i = 0; r == 0 && i < table.n; i++)
                found |= table.listeners[i].port == port;
        fprintf(out, "listeners=%d:%s\n", r, found ? "found" : "");
}

static void show_interfaces(FILE *out) {
        PF_AUTO_INTERFACES PfInterfaces interfaces = { 0 };
        const PfIpAddress loopback = { .bytes = { 127, 0, 0, 1 } };
        char name[PF_INTERFACE_NAME_MAX] = "";
        PfErr err = { 0 };
        int r = pf_interfaces_read(&interfaces, &err);
        const PfInterface *lo = pf_interfaces_find(&interfaces, "lo");

        fprintf(out, "interfaces=%d:%s\n", r, lo && lo->is_up ? "up" : "");
        r = pf_route_read(&loopback, name, &err);
        fprintf(out, "route=%d:%s\n", r, name);
}

static void show_all(FILE *out, uint16_t port) {
        show_listeners(out, port);
        show_interfaces(out);
        show_read(out, RANGE);
        show_read(out, OTHER_SETTING);
}

/* Reads first what the machine says, then goes elsewhere. */
static void go_elsewhere(FILE *out, void *data) {
        bool hands_over = *(const bool *) data;
        int route = open_netlink(NETLINK_ROUTE), diag = open_netlink(NETLINK_SOCK_DIAG);
        int settings = open(SETTINGS, O_RDONLY | O_CLOEXEC);
        uint16_t port = 0;
        int listener = listen_somewhere(&port);
        PfErr err = { 0 };

        show_read(out, RANGE);
        show_listeners(out, port);
        leave_answers(route);
        if (listener < 0 || unshare(CLONE_NEWNET) < 0) {
                fprintf(out, "not permitted\n");
                return;
        }
        if (hands_over)
                fprintf(out, "adopted=%d%d%d\n", pf_host_network_adopt(route, &err),
                        pf_host_network_adopt(diag, &err), pf_host_network_adopt(settings, &err));
        pf_host_network_expect();
        show_all(out, port);
        show_all(out, port);
}

static bool is_elsewhere_possible(const char *text) {
        if (!strstr(text, "not permitted"))
                return true;
        pf_test_skip("no other network can be made here");
        return false;
}

static void expect(const char *text, const char *part) {
        ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in:\n%s", part, text);
}

/* How often a line is there. */
static unsigned count(const char *text, const char *line) {
        unsigned n = 0;

        for (const char *at = text; (at = strstr(at, line)); at += strlen(line))
                n++;
        return n;
}

START_TEST(what_was_handed_over_is_the_machines) {
        bool hands_over = true;
        PF_AUTO_FREE char *text = pf_child_text(go_elsewhere, &hands_over);
        PF_AUTO_FREE char *range = NULL;
        char refused[64];

        if (!is_elsewhere_possible(text))
                return;
        expect(text, "adopted=000\n");
        (void) snprintf(refused, sizeof(refused), OTHER_SETTING "=%d:\n", -EACCES);
        ck_assert_uint_eq(count(text, refused), 2);
        ck_assert_uint_eq(count(text, "listeners=0:found\n"), 3);
        ck_assert_uint_eq(count(text, "interfaces=0:up\n"), 2);
        ck_assert_uint_eq(count(text, "route=0:lo\n"), 2);
        range = strndup(text, strcspn(text, "\n") + 1);
        expect(range, RANGE "=0:");
        ck_assert_uint_eq(count(text, range), 3);
}
END_TEST

START_TEST(what_was_not_is_unknown) {
        bool hands_over = false;
        PF_AUTO_FREE char *text = pf_child_text(go_elsewhere, &hands_over);
        char refused[64];

        if (!is_elsewhere_possible(text))
                return;
        ck_assert_uint_eq(count(text, "listeners=0:"), 1); /* before it went */
        (void) snprintf(refused, sizeof(refused), "listeners=%d:\n", PF_LISTENERS_UNSUPPORTED);
        ck_assert_uint_eq(count(text, refused), 2);
        (void) snprintf(refused, sizeof(refused), "=%d:\n", -EPROTONOSUPPORT);
        ck_assert_uint_eq(count(text, refused), 4); /* interfaces and route, twice */
        (void) snprintf(refused, sizeof(refused), RANGE "=%d:\n", -EACCES);
        ck_assert_uint_eq(count(text, refused), 2);
}
END_TEST

/* Files of the network that was left are those of process 1. */
static void read_tables(FILE *out, void *data) {
        struct stat machine, own;
        uint16_t port = 0;
        int listener = listen_somewhere(&port);
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(32u << 20);
        PfErr err = { 0 };
        char line[32];

        (void) data;
        if (listener < 0 || stat("/proc/1/net/dev", &machine) < 0 ||
            stat("/proc/self/net/dev", &own) < 0 || machine.st_ino != own.st_ino ||
            unshare(CLONE_NEWNET) < 0) {
                fprintf(out, "not permitted\n");
                return;
        }
        pf_host_network_expect();
        (void) snprintf(line, sizeof(line), "0100007F:%04X", port);
        if (pf_target_new("/", PF_TARGET_DEFAULT, &target, &err) == 0 &&
            pf_target_read(target, "/proc/net/tcp", 16u << 20, &buf, &err) == 0)
                fprintf(out, "%s\n", strstr(buf.data, line) ? "found" : "not found");
}

START_TEST(tables_are_the_machines) {
        PF_AUTO_FREE char *text = pf_child_text(read_tables, NULL);

        if (is_elsewhere_possible(text))
                ck_assert_str_eq(text, "found\n");
}
END_TEST

/* Anything else would be asked as if it told of the network. */
static void adopt_others(FILE *out, void *data) {
        int fds[] = { socket(AF_UNIX, SOCK_STREAM, 0), open("/etc/passwd", O_RDONLY),
                      open("/etc", O_RDONLY | O_DIRECTORY), open("/proc/sys/net", O_RDONLY), -1 };

        (void) data;
        for (size_t i = 0; i < PF_ELEMENTS(fds); i++) {
                PfErr err = { 0 };
                int r = pf_host_network_adopt(fds[i], &err);

                fprintf(out, "%d%s%s ", r, err.text[0] ? "" : " without a text",
                        fcntl(fds[i], F_GETFD) >= 0 ? " still open" : "");
        }
}

START_TEST(nothing_else_is_taken) {
        PF_AUTO_FREE char *text = pf_child_text(adopt_others, NULL);
        char expected[64];

        (void) snprintf(expected, sizeof(expected), "%d %d %d %d %d ", -EINVAL, -EINVAL, -EINVAL,
                        -EINVAL, -EBADF);
        ck_assert_str_eq(text, expected);
}
END_TEST

static void adopt_many(FILE *out, void *data) {
        PfErr err = { 0 };
        int r = 0;

        (void) data;
        for (int i = 0; i < 64 && r == 0; i++)
                r = pf_host_network_adopt(open_netlink(NETLINK_ROUTE), &err);
        fprintf(out, "%d", r);
}

START_TEST(there_is_an_end_to_it) {
        PF_AUTO_FREE char *text = pf_child_text(adopt_many, NULL);
        char expected[32];

        (void) snprintf(expected, sizeof(expected), "%d", -E2BIG);
        ck_assert_str_eq(text, expected);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("host-network");

        PF_TEST(suite, what_was_handed_over_is_the_machines);
        PF_TEST(suite, what_was_not_is_unknown);
        PF_TEST(suite, tables_are_the_machines);
        PF_TEST(suite, nothing_else_is_taken);
        PF_TEST(suite, there_is_an_end_to_it);
        return pf_test_main(suite);
}
