/* SPDX-License-Identifier: MIT */
/* What iphlpapi says of adapters, ways and sockets. Nothing is sent. */
#include "daemon/platform/win32/windows-ask.h"

#include <ctype.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <windows.h>

#include "daemon/base/ip-address.h"
#include "daemon/platform/win32/windows-ask-call.h"

#define ADDRESS_MAX (INET6_ADDRSTRLEN + sizeof("/128"))

/* inet_ntop() of winsock needs no socket, and so no WSAStartup(). */
static void address_text(int family, const void *bytes, char ret[static ADDRESS_MAX]) {
        if (!inet_ntop(family, bytes, ret, ADDRESS_MAX))
                ret[0] = '\0';
}

static const void *bytes_of(const SOCKADDR *address) {
        return address->sa_family == AF_INET
                       ? (const void *) &((const SOCKADDR_IN *) (const void *) address)->sin_addr
               : address->sa_family == AF_INET6
                       ? (const void *) &((const SOCKADDR_IN6 *) (const void *) address)->sin6_addr
                       : NULL;
}

/* "192.0.2.20", and "/24" where @prefix is not -1. */
static int add_address(const SOCKADDR *address, int prefix, PfStrv *list) {
        const void *bytes = bytes_of(address);
        char text[ADDRESS_MAX];

        if (!bytes)
                return 0;
        address_text(address->sa_family, bytes, text);
        if (prefix >= 0)
                (void) snprintf(text + strlen(text), ADDRESS_MAX - strlen(text), "/%d", prefix);
        return pf_strv_add(list, text);
}

/* --- adapters --- */

/* "{9A8B…}" as GUIDs stand in other facts. */
static int copy_id(const char *name, char **ret) {
        const bool braces = *name == '{';

        *ret = strdup(name + braces);
        if (!*ret)
                return -ENOMEM;
        if (braces)
                (*ret)[strcspn(*ret, "}")] = '\0';
        for (char *at = *ret; *at; at++)
                *at = (char) toupper((unsigned char) *at);
        return 0;
}

static int copy_addresses(const IP_ADAPTER_ADDRESSES *from, PfWindowsAdapter *to) {
        int r = 0;

        for (const IP_ADAPTER_UNICAST_ADDRESS *at = from->FirstUnicastAddress; r == 0 && at;
             at = at->Next)
                if (at->DadState == IpDadStatePreferred)
                        r = add_address(at->Address.lpSockaddr, at->OnLinkPrefixLength,
                                        &to->addresses);
        for (const IP_ADAPTER_GATEWAY_ADDRESS *at = from->FirstGatewayAddress; r == 0 && at;
             at = at->Next)
                r = add_address(at->Address.lpSockaddr, -1, &to->gateways);
        return r;
}

static int add_adapter(const IP_ADAPTER_ADDRESSES *from, PfWindowsAdapters *answer) {
        PfWindowsAdapter *to = pf_rows_add(&answer->adapters, sizeof(*to));
        int r;

        if (!to)
                return -ENOMEM;
        to->index = from->IfIndex;
        to->type = from->IfType;
        to->status = (uint32_t) from->OperStatus;
        to->is_dhcp = (from->Flags & IP_ADAPTER_DHCP_ENABLED) != 0;
        r = copy_id(from->AdapterName, &to->id);
        if (r == 0)
                r = pf_windows_copy(from->FriendlyName, &to->name);
        if (r == 0)
                r = pf_windows_copy(from->Description, &to->description);
        return r == 0 ? copy_addresses(from, to) : r;
}

int pf_windows_ask_adapters(const char *question, void *ret, PfErr *err) {
        PF_AUTO_FREE void *list = NULL;
        PfWindowsAdapters *answer = ret;
        int r = 0;

        (void) question;
        (void) err;
        answer->error = pf_windows_call_adapters(&list);
        if (answer->error == ERROR_NO_DATA) /* there is none */
                answer->error = 0;
        for (const IP_ADAPTER_ADDRESSES *at = list; r == 0 && at; at = at->Next)
                r = add_adapter(at, answer);
        return r;
}

/* --- the way to an address --- */

int pf_windows_ask_route(const char *address, void *ret, PfErr *err) {
        PfWindowsRoute *answer = ret;
        PfIpAddress parsed;
        DWORD index = 0;

        if (pf_ip_address_parse(address, &parsed) < 0)
                return pf_err_set(err, -EINVAL, "%s: no address", address);
        answer->error = pf_windows_call_route(parsed.is_ipv6, parsed.bytes, &index);
        answer->index = answer->error ? 0 : index;
        return 0;
}

/* --- sockets of TCP --- */

/* RFC 6335: where local ports are taken from, as Windows does since Vista */
#define DYNAMIC_FIRST 49152
#define DYNAMIC_COUNT (65536 - DYNAMIC_FIRST)

typedef struct Ports {
        PfWindowsTcp *answer;
        bool used[DYNAMIC_COUNT];
} Ports;

/* @port as it stands in a table: of its 32 bits the lower 16, in the order of the network. */
static int add_socket(Ports *ports, DWORD state, int family, const void *address, DWORD port,
                      DWORD process) {
        const unsigned number = ntohs((u_short) port);
        PfWindowsListener *listener;
        char text[ADDRESS_MAX];

        if (number >= DYNAMIC_FIRST && !ports->used[number - DYNAMIC_FIRST]) {
                ports->used[number - DYNAMIC_FIRST] = true;
                ports->answer->n_ports++;
        }
        if (state != MIB_TCP_STATE_LISTEN)
                return 0;
        listener = pf_rows_add(&ports->answer->listeners, sizeof(*listener));
        if (!listener)
                return -ENOMEM;
        address_text(family, address, text);
        listener->address = strdup(text);
        listener->port = number;
        listener->process = process;
        return listener->address ? 0 : -ENOMEM;
}

static int add_ipv4(const void *table, Ports *ports) {
        const MIB_TCPTABLE_OWNER_PID *all = table;
        int r = 0;

        for (DWORD i = 0; r == 0 && i < all->dwNumEntries; i++) {
                const MIB_TCPROW_OWNER_PID *row = &all->table[i];

                r = add_socket(ports, row->dwState, AF_INET, &row->dwLocalAddr, row->dwLocalPort,
                               row->dwOwningPid);
        }
        return r;
}

static int add_ipv6(const void *table, Ports *ports) {
        const MIB_TCP6TABLE_OWNER_PID *all = table;
        int r = 0;

        for (DWORD i = 0; r == 0 && i < all->dwNumEntries; i++) {
                const MIB_TCP6ROW_OWNER_PID *row = &all->table[i];

                r = add_socket(ports, row->dwState, AF_INET6, row->ucLocalAddr, row->dwLocalPort,
                               row->dwOwningPid);
        }
        return r;
}

/* Would a connection get a local port? It is told when one is asked for. */
static uint32_t try_port(void) {
        const SOCKADDR_IN any = { .sin_family = AF_INET };
        SOCKET socket = INVALID_SOCKET;
        uint32_t error;
        WSADATA data;

        error = (uint32_t) WSAStartup(MAKEWORD(2, 2), &data);
        if (error)
                return error;
        socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0);
        if (socket == INVALID_SOCKET ||
            bind(socket, (const SOCKADDR *) (const void *) &any, sizeof(any)) != 0)
                error = (uint32_t) WSAGetLastError();
        if (socket != INVALID_SOCKET)
                (void) closesocket(socket);
        (void) WSACleanup();
        return error;
}

int pf_windows_ask_tcp(const char *question, void *ret, PfErr *err) {
        static const struct {
                ULONG family;
                int (*add)(const void *table, Ports *ports);
        } families[] = { { AF_INET, add_ipv4 }, { AF_INET6, add_ipv6 } };
        PF_AUTO_FREE Ports *ports = calloc(1, sizeof(*ports));
        PfWindowsTcp *answer = ret;
        int r = ports ? 0 : -ENOMEM;

        (void) question;
        (void) err;
        for (size_t i = 0; r == 0 && answer->error == 0 && i < PF_ELEMENTS(families); i++) {
                PF_AUTO_FREE void *table = NULL;

                ports->answer = answer;
                answer->error = pf_windows_call_tcp(families[i].family, &table);
                if (answer->error == 0)
                        r = families[i].add(table, ports);
        }
        if (r == 0)
                answer->bind_error = try_port();
        return r;
}
