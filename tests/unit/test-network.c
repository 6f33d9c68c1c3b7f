/* SPDX-License-Identifier: MIT */
/* The network of this machine: interfaces against getifaddrs(3), routes, names,
 * connections that are taken, refused, or never answered. */
#include "daemon/platform/network.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define LONG_USEC 60000000 /* a deadline that no machine is slow enough for */

static PfIpAddress address_of(const char *text) {
        PfIpAddress address;

        ck_assert_int_eq(pf_ip_address_parse(text, &address), 0);
        return address;
}

static bool has_address(const PfInterface *interface, const struct sockaddr *name) {
        PfIpAddress address = { .is_ipv6 = name->sa_family == AF_INET6 };

        if (address.is_ipv6)
                memcpy(address.bytes, &((const struct sockaddr_in6 *) name)->sin6_addr, 16);
        else
                memcpy(address.bytes, &((const struct sockaddr_in *) name)->sin_addr, 4);
        for (size_t i = 0; i < interface->n_addresses; i++)
                if (pf_ip_address_equal(&interface->addresses[i].address, &address))
                        return true;
        return false;
}

START_TEST(interfaces_as_the_c_library_has_them) {
        PF_AUTO_INTERFACES PfInterfaces interfaces = { 0 };
        struct ifaddrs *list;
        PfErr err = { 0 };
        int r = pf_interfaces_read(&interfaces, &err);

        ck_assert_msg(r == 0, "%s", pf_err_text(&err, r));
        ck_assert_int_eq(getifaddrs(&list), 0);
        for (const struct ifaddrs *one = list; one; one = one->ifa_next) {
                const PfInterface *interface = pf_interfaces_find(&interfaces, one->ifa_name);

                if (!interface)
                        continue; /* a label of an old kind, or it came just now */
                ck_assert_int_eq(interface->is_loopback, (one->ifa_flags & IFF_LOOPBACK) != 0);
                ck_assert_ptr_eq(pf_interfaces_at(&interfaces, interface->index), interface);
                if (one->ifa_addr &&
                    (one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6))
                        ck_assert_msg(has_address(interface, one->ifa_addr), "%s", one->ifa_name);
        }
        freeifaddrs(list);
        ck_assert_ptr_nonnull(pf_interfaces_find(&interfaces, "lo"));
}
END_TEST

START_TEST(a_route_to_oneself) {
        char name[PF_INTERFACE_NAME_MAX];
        PfIpAddress self = address_of("127.0.0.1");
        PfErr err = { 0 };

        ck_assert_msg(pf_route_read(&self, name, &err) == 0, "%s", err.text);
        ck_assert_str_eq(name, "lo");
}
END_TEST

/* A listener on a port of the kernel's choice; -1 where there is no loopback. */
static int listen_here(int backlog, PfReach *ret) {
        struct sockaddr_in name = { .sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t n = sizeof(name);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        if (bind(fd, (struct sockaddr *) &name, n) < 0 || listen(fd, backlog) < 0)
                return pf_close(fd);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *) &name, &n), 0);
        *ret = (PfReach){ .address = address_of("127.0.0.1"), .port = ntohs(name.sin_port) };
        return fd;
}

/* Fills the queue of a listener, so that the next one gets no answer. */
static void fill_queue(const PfReach *listener, int *fds, size_t n) {
        const struct sockaddr_in name = { .sin_family = AF_INET,
                                          .sin_port = htons(listener->port),
                                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

        for (size_t i = 0; i < n; i++) {
                fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                (void) connect(fds[i], (const struct sockaddr *) &name, sizeof(name));
        }
}

START_TEST(connections) {
        PfReach list[3];
        int fds[4], open_fd, shut_fd, full_fd;
        uint64_t start = pf_clock_monotonic_usec();
        PfErr err = { 0 };

        open_fd = listen_here(8, &list[0]);
        shut_fd = listen_here(8, &list[1]);
        full_fd = listen_here(0, &list[2]);
        ck_assert_int_ge(full_fd, 0);
        (void) pf_close(shut_fd);
        fill_queue(&list[2], fds, PF_ELEMENTS(fds));

        ck_assert_msg(pf_reach(list, 3, start + 300000, &err) == 0, "%s", err.text);

        ck_assert_int_eq(list[0].r, 0);
        ck_assert_int_eq(list[1].r, -ECONNREFUSED);
        ck_assert_int_eq(list[2].r, -ETIMEDOUT);
        ck_assert_uint_ge(pf_clock_monotonic_usec() - start, 300000);
        for (size_t i = 0; i < PF_ELEMENTS(fds); i++)
                (void) pf_close(fds[i]);
        (void) pf_close(open_fd);
        (void) pf_close(full_fd);
}
END_TEST

START_TEST(no_connections_at_all) {
        PfErr err = { 0 };
        bool left = false;

        ck_assert_int_eq(pf_reach(NULL, 0, 0, &err), 0);
        ck_assert_int_eq(pf_reach(NULL, PF_REACH_MAX + 1, 0, &err), -E2BIG);
        ck_assert_int_eq(pf_port_left(&left, &err), 0);
        ck_assert(left);
}
END_TEST

START_TEST(names) {
        PfLookup lookups[] = { { .name = "localhost" }, { .name = "127.0.0.7" } };
        PfErr err = { 0 };
        PfIpAddress seventh = address_of("127.0.0.7");

        ck_assert_int_eq(pf_lookup(NULL, 0, 0, &err), 0);
        ck_assert_int_eq(pf_lookup(lookups, 2, pf_clock_monotonic_usec() + LONG_USEC, &err), 0);
        ck_assert_int_eq(lookups[0].r, 0);
        ck_assert_uint_ge(lookups[0].n, 1);
        ck_assert_str_eq(lookups[0].name, "localhost");
        ck_assert_int_eq(lookups[1].r, 0);
        ck_assert_uint_eq(lookups[1].n, 1);
        ck_assert(pf_ip_address_equal(&lookups[1].addresses[0], &seventh));
        ck_assert(!pf_lookup_is_abandoned());
}
END_TEST

/* A deadline that has passed: whoever was asked for first was not waited for,
 * and the thread ends by itself. */
START_TEST(names_that_nobody_waits_for) {
        PfLookup lookups[] = { { .name = "localhost" }, { .name = "localhost" } };
        uint64_t start = pf_clock_monotonic_usec();
        PfErr err = { 0 };

        ck_assert_int_eq(pf_lookup(lookups, 2, 1, &err), 0);
        ck_assert(lookups[0].r == -ETIMEDOUT || lookups[0].r == -EBUSY);
        ck_assert_int_eq(lookups[1].r, -EBUSY);
        ck_assert_int_eq(pf_lookup(lookups, 1, start + LONG_USEC, &err), 0);
        ck_assert_int_eq(lookups[0].r, 0);
}
END_TEST

START_TEST(books) {
        PF_AUTO_ENDPOINT_ANSWERS PfEndpointAnswers answers = { 0 };
        PF_AUTO_INTERFACES PfInterfaces interfaces = { 0 };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfIpAddress other = address_of("10.0.0.9");
        PfStrv none = { 0 };
        char name[PF_INTERFACE_NAME_MAX];
        PfErr err = { 0 };
        bool left;

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_machine_interfaces(box.target, &interfaces, &err),
                         PF_NETWORK_NOT_ASKED);
        ck_assert_int_eq(pf_machine_route(box.target, &other, name, &err), PF_NETWORK_NOT_ASKED);
        ck_assert_int_eq(pf_machine_port_left(box.target, &left, &err), PF_NETWORK_NOT_ASKED);
        ck_assert_int_eq(pf_machine_endpoints(box.target, &none, 1, &answers, &err),
                         PF_NETWORK_NOT_ASKED);
        pf_endpoint_answers_deinit(&answers);

        pf_sandbox_write(
                &box, "/.preflight/interfaces.json",
                "{\"all\":{\"interfaces\":[{\"name\":\"br0\",\"kind\":\"bridge\",\"up\":true,"
                "\"addresses\":[\"10.0.0.5/24\",\"fe80::1/64\"]},"
                "{\"name\":\"eth0\",\"master\":\"br0\",\"running\":true}]}}");
        pf_sandbox_write(&box, "/.preflight/routes.json",
                         "{\"10.0.0.9\":{\"interface\":\"br0\"},\"::1\":{\"outcome\":\"none\"}}");
        pf_sandbox_write(&box, "/.preflight/endpoints.json",
                         "{\"configured\":{\"endpoints\":[\"[::1]:443\"]},"
                         "\"[::1]:443\":{\"lookup\":0,\"addresses\":"
                         "[{\"address\":\"::1\",\"error\":111}]}}");
        pf_sandbox_reset_target(&box);
        ck_assert_int_eq(pf_machine_interfaces(box.target, &interfaces, &err), 0);
        ck_assert_uint_eq(interfaces.n, 2);
        ck_assert_uint_eq(interfaces.items[0].n_addresses, 2);
        ck_assert_uint_eq(interfaces.items[0].addresses[1].prefix, 64);
        ck_assert(interfaces.items[0].is_up && !interfaces.items[0].is_running);
        ck_assert_str_eq(interfaces.items[1].master, "br0");
        ck_assert_int_eq(pf_machine_route(box.target, &other, name, &err), 0);
        ck_assert_str_eq(name, "br0");
        other = address_of("::1");
        ck_assert_int_eq(pf_machine_route(box.target, &other, name, &err), PF_ROUTE_NONE);
        ck_assert_int_eq(pf_machine_endpoints(box.target, &none, 1, &answers, &err), 0);
        ck_assert_uint_eq(answers.n, 1);
        ck_assert_int_eq(answers.items[0].tries[0].r, -111);
}
END_TEST

START_TEST(books_that_are_wrong) {
        static const struct {
                const char *path, *text;
        } cases[] = {
                { "/.preflight/interfaces.json", "{\"all\":{}}" },
                { "/.preflight/interfaces.json", "{\"all\":{\"interfaces\":[{}]}}" },
                { "/.preflight/interfaces.json",
                  "{\"all\":{\"interfaces\":[{\"name\":\"a\",\"addresses\":[\"10.0.0.5\"]}]}}" },
                { "/.preflight/interfaces.json",
                  "{\"all\":{\"interfaces\":[{\"name\":\"a\",\"addresses\":[\"x/8\"]}]}}" },
                { "/.preflight/interfaces.json", "{\"all\":{\"interfaces\":[{\"name\":"
                                                 "\"0123456789012345678901234567890123\"}]}}" },
                { "/.preflight/endpoints.json", "{\"configured\":{\"endpoints\":[7]}}" },
                { "/.preflight/endpoints.json",
                  "{\"configured\":{\"endpoints\":[\"a:1\"]},\"a:1\":{\"lookup\":-1}}" },
                { "/.preflight/endpoints.json",
                  "{\"configured\":{\"endpoints\":[\"a:1\"]},\"a:1\":{\"addresses\":[{}]}}" },
                { "/.preflight/endpoints.json", "{\"configured\":{\"endpoints\":[\"a:1\"]}}" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_ENDPOINT_ANSWERS PfEndpointAnswers answers = { 0 };
                PF_AUTO_INTERFACES PfInterfaces interfaces = { 0 };
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PfStrv none = { 0 };
                PfErr err = { 0 };
                int r;

                pf_sandbox_new(&box);
                pf_sandbox_write(&box, cases[i].path, cases[i].text);
                r = strstr(cases[i].path, "interfaces")
                            ? pf_machine_interfaces(box.target, &interfaces, &err)
                            : pf_machine_endpoints(box.target, &none, 1, &answers, &err);
                ck_assert_msg(r < 0 && err.text[0], "%s: %d", cases[i].text, r);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("network");

        PF_TEST(suite, interfaces_as_the_c_library_has_them);
        PF_TEST(suite, a_route_to_oneself);
        PF_TEST(suite, connections);
        PF_TEST(suite, no_connections_at_all);
        PF_TEST(suite, names);
        PF_TEST(suite, names_that_nobody_waits_for);
        PF_TEST(suite, books);
        PF_TEST(suite, books_that_are_wrong);
        return pf_test_main(suite);
}
