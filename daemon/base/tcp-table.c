/* SPDX-License-Identifier: MIT */
#include "daemon/base/tcp-table.h"

#include <string.h>
#include <uv.h>

void pf_tcp_table_deinit(PfTcpTable *table) {
        free(table->listeners);
        *table = (PfTcpTable){ 0 };
}

static void describe(const unsigned char *address, PfTcpListener *ret) {
        static const unsigned char any[16], loopback[16] = { [15] = 1 };

        ret->is_any = memcmp(address, any, ret->is_ipv6 ? 16 : 4) == 0;
        ret->is_loopback =
                ret->is_ipv6 ? memcmp(address, loopback, sizeof(loopback)) == 0 : address[0] == 127;
        (void) uv_inet_ntop(ret->is_ipv6 ? AF_INET6 : AF_INET, address, ret->address,
                            sizeof(ret->address));
}

int pf_tcp_table_add(PfTcpTable *table, bool is_ipv6, const void *address, uint16_t port,
                     PfTakesIpv4 takes_ipv4) {
        PfTcpListener listener = { .is_ipv6 = is_ipv6, .port = port, .takes_ipv4 = takes_ipv4 };

        if (table->n == PF_TCP_TABLE_MAX)
                return -E2BIG;
        if ((table->n & (table->n - 1)) == 0) { /* 0, 1, 2, 4 …: the room is used up */
                size_t room = table->n ? table->n * 2 : 1;
                PfTcpListener *listeners = realloc(table->listeners, room * sizeof(*listeners));

                if (!listeners)
                        return -ENOMEM;
                table->listeners = listeners;
        }
        describe(address, &listener);
        table->listeners[table->n++] = listener;
        return 0;
}
