/* SPDX-License-Identifier: MIT */
/*
 * A client of a named pipe that shares no code with the service: bytes in, bytes out, also
 * such as no client should send, and many at the same time.
 *
 *   pipe-client PIPE call           sends standard input and a NUL, prints the answer
 *   pipe-client PIPE many N CALLS   N clients at once, each makes CALLS calls
 *   pipe-client PIPE garbage N      N clients that send what is no message
 *   pipe-client PIPE half N         N clients that send half a message, and leave
 *   pipe-client PIPE deaf N         N clients that call, and leave without the answer
 *
 * Prints how many were served as they should be, "N of N". Exit status: 0 where all were.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define CLIENTS_MAX 512
#define MESSAGE_MAX (4u << 20)
#define BUSY_MS 20000

static const char get_info[] = "{\"method\":\"org.varlink.service.GetInfo\"}";
static const char *path;
static unsigned n_calls = 1;

static HANDLE open_pipe(void) {
        const DWORD access = GENERIC_READ | GENERIC_WRITE;
        HANDLE pipe;

        for (ULONGLONG end = GetTickCount64() + BUSY_MS;;) {
                pipe = CreateFileA(path, access, 0, NULL, OPEN_EXISTING, 0, NULL);
                if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY ||
                    GetTickCount64() > end)
                        return pipe;
                (void) WaitNamedPipeA(path, 1000);
        }
}

static bool send_bytes(HANDLE pipe, const void *bytes, size_t n) {
        DWORD written;

        return WriteFile(pipe, bytes, (DWORD) n, &written, NULL) && written == n;
}

/* Up to the NUL; the caller frees it. NULL: the end came before. */
static char *receive(HANDLE pipe) {
        char *text = malloc(MESSAGE_MAX);
        size_t used = 0;
        DWORD n;

        while (text && used < MESSAGE_MAX &&
               ReadFile(pipe, text + used, (DWORD) (MESSAGE_MAX - used), &n, NULL) && n > 0) {
                used += n;
                if (memchr(text, '\0', used))
                        return text;
        }
        free(text);
        return NULL;
}

static bool call(HANDLE pipe, const char *message) {
        char *answer = send_bytes(pipe, message, strlen(message) + 1) ? receive(pipe) : NULL;
        bool is_right = answer && strstr(answer, "\"product\":\"preflightd\"");

        free(answer);
        return is_right;
}

/* --- one client each --- */

static bool ask(HANDLE pipe, unsigned seed) {
        bool is_right = true;

        (void) seed;
        for (unsigned i = 0; i < n_calls && is_right; i++)
                is_right = call(pipe, get_info);
        return is_right;
}

/* The end of the connection is the right answer. */
static bool send_garbage(HANDLE pipe, unsigned seed) {
        char bytes[300];

        for (size_t i = 0; i < sizeof(bytes); i++) {
                seed = seed * 1103515245u + 12345u;
                bytes[i] = (char) (seed >> 16);
        }
        bytes[sizeof(bytes) - 1] = '\0';
        (void) send_bytes(pipe, bytes, sizeof(bytes));
        return receive(pipe) == NULL;
}

static bool send_half(HANDLE pipe, unsigned seed) {
        return send_bytes(pipe, get_info, 1 + seed % (sizeof(get_info) - 2));
}

static bool send_and_leave(HANDLE pipe, unsigned seed) {
        (void) seed;
        return send_bytes(pipe, get_info, sizeof(get_info));
}

static const struct {
        const char *name;
        bool (*run)(HANDLE pipe, unsigned seed);
} kinds[] = { { "many", ask },
              { "garbage", send_garbage },
              { "half", send_half },
              { "deaf", send_and_leave } };

/* --- many --- */

static bool (*run_client)(HANDLE pipe, unsigned seed);
static HANDLE all_connected;
static LONG n_waiting;
static LONG n_right;

/* None begins before all are there: so they are, at the same time. */
static DWORD WINAPI client_main(void *number) {
        HANDLE pipe = open_pipe();

        if (InterlockedDecrement(&n_waiting) == 0)
                (void) SetEvent(all_connected);
        (void) WaitForSingleObject(all_connected, BUSY_MS);
        if (pipe == INVALID_HANDLE_VALUE)
                return 0;
        if (run_client(pipe, (unsigned) (size_t) number + 1))
                (void) InterlockedIncrement(&n_right);
        (void) CloseHandle(pipe);
        return 0;
}

static int run_many(unsigned n) {
        HANDLE threads[CLIENTS_MAX];

        all_connected = CreateEventW(NULL, TRUE, FALSE, NULL);
        n_waiting = (LONG) n;
        for (size_t i = 0; i < n; i++)
                threads[i] = CreateThread(NULL, 1 << 16, client_main, (void *) i, 0, NULL);
        for (size_t i = 0; i < n; i++) {
                (void) WaitForSingleObject(threads[i], INFINITE);
                (void) CloseHandle(threads[i]);
        }
        printf("%ld of %u\n", n_right, n);
        return n_right == (LONG) n ? 0 : 1;
}

static int run_call(void) {
        static char message[MESSAGE_MAX];
        size_t n = fread(message, 1, sizeof(message) - 1, stdin);
        HANDLE pipe = open_pipe();
        char *answer;

        if (pipe == INVALID_HANDLE_VALUE) {
                fprintf(stderr, "pipe-client: %s: error %lu\n", path, GetLastError());
                return 2;
        }
        answer = send_bytes(pipe, message, n + 1) ? receive(pipe) : NULL;
        if (answer)
                puts(answer);
        free(answer);
        (void) CloseHandle(pipe);
        return answer ? 0 : 1;
}

int main(int argc, char **argv) {
        unsigned n = argc > 3 ? (unsigned) atoi(argv[3]) : 1;

        if (argc < 3 || n == 0 || n > CLIENTS_MAX)
                return 2;
        path = argv[1];
        if (strcmp(argv[2], "call") == 0)
                return run_call();
        if (argc > 4)
                n_calls = (unsigned) atoi(argv[4]);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
                if (strcmp(argv[2], kinds[i].name) == 0) {
                        run_client = kinds[i].run;
                        return run_many(n);
                }
        return 2;
}
