/* SPDX-License-Identifier: MIT */
/* Does a server take connections? What is opened is closed without a byte. */
#include "daemon/platform/win32/windows-ask.h"

#include <stdio.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "daemon/base/endpoint.h"

/* How long one address is waited for: others of the same name may still answer before our
 * own time is over. Windows itself waits for 21 s. */
#define CONNECT_MSEC 2500

/* What became of a connection that was begun. Return: an error of Windows. */
static uint32_t wait_for(SOCKET s) {
        struct timeval limit = { CONNECT_MSEC / 1000, CONNECT_MSEC % 1000 * 1000 };
        fd_set done, failed;
        int error = 0, n = sizeof(error), r;

        FD_ZERO(&done);
        FD_SET(s, &done);
        failed = done;
        r = select(0, NULL, &done, &failed, &limit);
        if (r == 0)
                return WSAETIMEDOUT;
        if (r < 0 || getsockopt(s, SOL_SOCKET, SO_ERROR, (char *) &error, &n) != 0)
                return (uint32_t) WSAGetLastError();
        return (uint32_t) error;
}

/* Return: an error of Windows. */
static uint32_t try_address(const ADDRINFOA *info) {
        SOCKET s = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
        u_long is_on = 1;
        uint32_t error = 0;

        if (s == INVALID_SOCKET)
                return (uint32_t) WSAGetLastError();
        if (ioctlsocket(s, FIONBIO, &is_on) != 0 ||
            connect(s, info->ai_addr, (int) info->ai_addrlen) != 0)
                error = (uint32_t) WSAGetLastError();
        if (error == WSAEWOULDBLOCK)
                error = wait_for(s);
        (void) closesocket(s);
        return error;
}

static uint32_t try_server(const PfEndpoint *endpoint) {
        const ADDRINFOA hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
        ADDRINFOA *list = NULL;
        char port[8];
        uint32_t error;

        (void) snprintf(port, sizeof(port), "%u", (unsigned) endpoint->port);
        error = (uint32_t) getaddrinfo(endpoint->host, port, &hints, &list);
        if (error)
                return error;
        error = WSAHOST_NOT_FOUND;
        for (const ADDRINFOA *info = list; info && error; info = info->ai_next)
                error = try_address(info);
        freeaddrinfo(list);
        return error;
}

int pf_windows_ask_endpoint(const char *server, void *ret, PfErr *err) {
        PfWindowsEndpoint *answer = ret;
        PfEndpoint endpoint;
        WSADATA data;
        int error;

        if (pf_endpoint_parse(server, &endpoint) < 0)
                return pf_err_set(err, -EINVAL, "%s: is no server and port", server);
        error = WSAStartup(MAKEWORD(2, 2), &data);
        if (error)
                return pf_err_set(err, -EIO, "WSAStartup: error %d", error);
        answer->error = try_server(&endpoint);
        (void) WSACleanup();
        return 0;
}
