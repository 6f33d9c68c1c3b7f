/* SPDX-License-Identifier: MIT */
/* Listening sockets: as the kernel answers over netlink, as /proc/net/tcp shows
 * them, and texts that are no such table. */
#include "probes/parse/tcp-table.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/platform/listeners.h"
#include "tests/support/test-main.h"

#define HEADING "  sl  local_address rem_address   st tx_queue rx_queue\n"

/* A socket that listens on a port of the kernel's choice. */
static int open_listener(int family, const void *address, int v6only, uint16_t *ret_port) {
        struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
        struct sockaddr_in ipv4 = { .sin_family = AF_INET };
        struct sockaddr *name =
                family == AF_INET ? (struct sockaddr *) &ipv4 : (struct sockaddr *) &ipv6;
        socklen_t n = family == AF_INET ? sizeof(ipv4) : sizeof(ipv6);
        int fd;

        fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -1;
        if (family == AF_INET)
                memcpy(&ipv4.sin_addr, address, sizeof(ipv4.sin_addr));
        else
                memcpy(&ipv6.sin6_addr, address, sizeof(ipv6.sin6_addr));
        if (family == AF_INET6)
                ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)),
                                 0);
        if (bind(fd, name, n) < 0 || listen(fd, 1) < 0 || getsockname(fd, name, &n) < 0)
                return pf_close(fd);
        *ret_port = ntohs(family == AF_INET ? ipv4.sin_port : ipv6.sin6_port);
        return fd;
}

static const PfTcpListener *find(const PfTcpTable *table, uint16_t port) {
        for (size_t i = 0; i < table->n; i++)
                if (table->listeners[i].port == port)
                        return &table->listeners[i];
        ck_abort_msg("port %u is not in the table", port);
        return NULL;
}

static const unsigned char any[16], loopback4[4] = { 127, 0, 0, 1 }, loopback6[16] = { [15] = 1 };

static const struct {
        int family;
        const void *address;
        int v6only;
        const char *text;
        bool is_any, is_loopback;
        PfTakesIpv4 takes_ipv4;
} listeners[] = {
        { AF_INET, any, 0, "0.0.0.0", true, false, PF_TAKES_IPV4_YES },
        { AF_INET, loopback4, 0, "127.0.0.1", false, true, PF_TAKES_IPV4_YES },
        { AF_INET6, any, 0, "::", true, false, PF_TAKES_IPV4_YES },
        { AF_INET6, any, 1, "::", true, false, PF_TAKES_IPV4_NO },
        { AF_INET6, loopback6, 1, "::1", false, true, PF_TAKES_IPV4_NO },
};

static void compare(bool over_netlink) {
        for (size_t i = 0; i < PF_ELEMENTS(listeners); i++) {
                const PfTcpListener *listener;
                uint16_t port = 0;
                PF_AUTO_CLOSE int fd = open_listener(listeners[i].family, listeners[i].address,
                                                     listeners[i].v6only, &port);
                PF_AUTO_TCP_TABLE PfTcpTable now = { 0 };
                PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
                PfErr err = { 0 };
                PfTakesIpv4 takes = listeners[i].takes_ipv4;

                if (fd < 0 && listeners[i].family == AF_INET6)
                        continue; /* a machine without IPv6 */
                ck_assert_int_ge(fd, 0);
                ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &target, &err), 0);
                if (over_netlink)
                        ck_assert_msg(pf_listeners_read(&now, &err) == 0, "%s", err.text);
                else
                        ck_assert_msg(pf_tcp_table_read(target, &now, &err) == 0, "%s", err.text);
                if (!over_netlink && listeners[i].family == AF_INET6)
                        takes = PF_TAKES_IPV4_UNKNOWN;
                listener = find(&now, port);
                ck_assert_str_eq(listener->address, listeners[i].text);
                ck_assert_int_eq(listener->is_any, listeners[i].is_any);
                ck_assert_int_eq(listener->is_loopback, listeners[i].is_loopback);
                ck_assert_int_eq(listener->is_ipv6, listeners[i].family == AF_INET6);
                ck_assert_int_eq(listener->takes_ipv4, takes);
        }
}

START_TEST(netlink_tells_what_listens) {
        PfTcpTable table = { 0 };
        PfErr err = { 0 };
        int r;

        r = pf_listeners_read(&table, &err);
        ck_assert_msg(r >= 0, "%s", err.text);
        pf_tcp_table_deinit(&table);
        if (r == PF_LISTENERS_UNSUPPORTED)
                pf_test_skip("this kernel has no sock_diag");
        else
                compare(true);
}
END_TEST

START_TEST(proc_tells_what_listens) {
        compare(false);
}
END_TEST

START_TEST(only_listeners_count) {
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        PfErr err = { 0 };
        static const char text[] = HEADING "   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 "
                                           "00:00000000 00000000     0\n"
                                           "   1: 0100007F:0016 0100007F:A3C2 01 00000000:00000000 "
                                           "00:00000000 00000000     0\n";

        ck_assert_int_eq(pf_tcp_table_parse(text, false, &table, &err), 0);
        ck_assert_uint_eq(table.n, 1);
        ck_assert_uint_eq(table.listeners[0].port, 22);
}
END_TEST

START_TEST(what_is_no_table_is_an_error) {
        static const char *const texts[] = {
                HEADING "x\n",
                HEADING "   0: 0100007F 00000000:0000 0A\n",
                HEADING "   0: 0100007F:FFFFF 00000000:0000 0A\n",
                HEADING "   0: 01007F:0016 00000000:0000 0A\n",
                HEADING "   0: 0000000000000000000000000100007F:0016 00000000:0000 0A\n",
                HEADING "   0: 0100007F:0016 00000000:0000\n",
                HEADING "   0: 0100007F:0016 00000000:0000 0A\n\n   1:",
        };

        for (size_t i = 0; i < PF_ELEMENTS(texts); i++) {
                PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
                PfErr err = { 0 };

                ck_assert_msg(pf_tcp_table_parse(texts[i], false, &table, &err) == -EBADMSG,
                              "text %zu was taken", i);
                ck_assert_ptr_nonnull(strstr(err.text, "/proc/net/tcp:"));
        }
}
END_TEST

START_TEST(an_empty_table_is_empty) {
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_tcp_table_parse(HEADING, true, &table, &err), 0);
        ck_assert_int_eq(pf_tcp_table_parse("", true, &table, &err), 0);
        ck_assert_uint_eq(table.n, 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("tcp-table");

        PF_TEST(suite, netlink_tells_what_listens);
        PF_TEST(suite, proc_tells_what_listens);
        PF_TEST(suite, only_listeners_count);
        PF_TEST(suite, what_is_no_table_is_an_error);
        PF_TEST(suite, an_empty_table_is_empty);
        return pf_test_main(suite);
}
