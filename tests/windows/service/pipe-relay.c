/* SPDX-License-Identifier: MIT */
/*
 * A port of this machine in front of a named pipe, for clients that know sockets alone: each
 * connection is one to the pipe, byte for byte.
 *
 *   pipe-relay PIPE       prints the port, and relays until it is killed
 *
 * When one end is closed the other one is; a pipe cannot be closed for writing alone.
 */
#include <stdbool.h>
#include <stdio.h>
#include <winsock2.h>

#include <windows.h>

#define BUSY_MS 20000
#define CHUNK 65536

static const char *path;

typedef struct Relay {
        SOCKET socket;
        HANDLE pipe;
        HANDLE is_over; /* an event: the client has left */
} Relay;

static HANDLE open_pipe(void) {
        const DWORD access = GENERIC_READ | GENERIC_WRITE;
        HANDLE pipe;

        for (ULONGLONG end = GetTickCount64() + BUSY_MS;;) {
                pipe = CreateFileA(path, access, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED,
                                   NULL);
                if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY ||
                    GetTickCount64() > end)
                        return pipe;
                (void) WaitNamedPipeA(path, 1000);
        }
}

/* What was begun, to its end; taken back where the client leaves before. Return: the bytes; 0:
 * there is no other end any more. */
static DWORD finish(const Relay *relay, BOOL is_begun, OVERLAPPED *overlapped) {
        const HANDLE either[] = { overlapped->hEvent, relay->is_over };
        DWORD n = 0;

        if (!is_begun && GetLastError() != ERROR_IO_PENDING)
                return 0;
        if (WaitForMultipleObjects(2, either, FALSE, INFINITE) != WAIT_OBJECT_0)
                (void) CancelIoEx(relay->pipe, overlapped);
        return GetOverlappedResult(relay->pipe, overlapped, &n, TRUE) ? n : 0;
}

static DWORD read_pipe(const Relay *relay, char *bytes, DWORD n) {
        OVERLAPPED overlapped = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
        BOOL is_begun = ReadFile(relay->pipe, bytes, n, NULL, &overlapped);

        n = finish(relay, is_begun, &overlapped);
        (void) CloseHandle(overlapped.hEvent);
        return n;
}

static bool write_pipe(const Relay *relay, const char *bytes, DWORD n) {
        OVERLAPPED overlapped = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
        BOOL is_begun = WriteFile(relay->pipe, bytes, n, NULL, &overlapped);
        bool is_written = finish(relay, is_begun, &overlapped) == n;

        (void) CloseHandle(overlapped.hEvent);
        return is_written;
}

static bool send_all(SOCKET socket, const char *bytes, int n) {
        int sent = 1;

        for (; n > 0 && sent > 0; bytes += sent, n -= sent)
                sent = send(socket, bytes, n, 0);
        return sent > 0;
}

static DWORD WINAPI from_client(void *data) {
        const Relay *relay = data;
        char bytes[CHUNK];
        int n;

        do
                n = recv(relay->socket, bytes, sizeof(bytes), 0);
        while (n > 0 && write_pipe(relay, bytes, (DWORD) n));
        (void) SetEvent(relay->is_over);
        return 0;
}

static void from_pipe(const Relay *relay) {
        char bytes[CHUNK];
        DWORD n;

        do
                n = read_pipe(relay, bytes, sizeof(bytes));
        while (n > 0 && send_all(relay->socket, bytes, (int) n));
        if (WaitForSingleObject(relay->is_over, 0) != WAIT_OBJECT_0)
                (void) shutdown(relay->socket, SD_BOTH);
}

/* What its client has left does not stay in TIME-WAIT: Wine looks through all processes for the
 * owner of each connection that there is, whenever a probe asks for the connections. */
static void forget(SOCKET socket) {
        const struct linger none = { .l_onoff = 1 };

        (void) setsockopt(socket, SOL_SOCKET, SO_LINGER, (const char *) &none, sizeof(none));
        (void) closesocket(socket);
}

static DWORD WINAPI serve(void *data) {
        Relay relay = { .socket = (SOCKET) (ULONG_PTR) data, .pipe = open_pipe() };
        HANDLE thread = NULL;

        relay.is_over = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (relay.pipe != INVALID_HANDLE_VALUE)
                thread = CreateThread(NULL, 0, from_client, &relay, 0, NULL);
        if (thread) {
                from_pipe(&relay);
                (void) WaitForSingleObject(thread, INFINITE);
                (void) CloseHandle(thread);
        }
        if (relay.pipe != INVALID_HANDLE_VALUE)
                (void) CloseHandle(relay.pipe);
        forget(relay.socket);
        (void) CloseHandle(relay.is_over);
        return 0;
}

static SOCKET listen_here(void) {
        struct sockaddr_in address = { .sin_family = AF_INET };
        int size = sizeof(address);
        SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(listener, (struct sockaddr *) &address, size) != 0 || listen(listener, 200) != 0 ||
            getsockname(listener, (struct sockaddr *) &address, &size) != 0)
                return INVALID_SOCKET;
        printf("%u\n", ntohs(address.sin_port));
        (void) fflush(stdout);
        return listener;
}

int main(int argc, char **argv) {
        WSADATA data;
        SOCKET listener;

        if (argc != 2 || WSAStartup(MAKEWORD(2, 2), &data) != 0)
                return 2;
        path = argv[1];
        listener = listen_here();
        for (;;) {
                SOCKET client = accept(listener, NULL, NULL);
                HANDLE thread;

                if (client == INVALID_SOCKET)
                        return 1;
                thread = CreateThread(NULL, 0, serve, (void *) (ULONG_PTR) client, 0, NULL);
                if (thread)
                        (void) CloseHandle(thread);
                else
                        (void) closesocket(client);
        }
}
