/* SPDX-License-Identifier: MIT */
/*
 * What a cached answer costs, beside the least that libuv can do: a server that
 * writes the same bytes for every request, whatever it says.
 *
 *   bench-echo                              our server in this process, and the echo
 *   bench-echo --path=SOCKET [--request=…]  a daemon that is running, and the echo
 *
 * Prints for both: calls a second, and the median and 99th percentile of the
 * time of a call; then the ratio, and with --bar=1.3 fails above it. One client
 * makes one call at a time, to the two servers in turns of a few milliseconds,
 * and the ratio is the median of those of the turns: so a machine that does
 * other things too disturbs both alike.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "daemon/varlink/server.h"

#define REQUEST "{\"method\":\"org.preflightd.Preflight.GetReport\",\"parameters\":{}}"
#define OWN_REQUEST "{\"method\":\"org.example.Bench.Get\",\"parameters\":{}}"
#define ANSWER_BYTES 24000 /* about what a report has */
#define TURN_CALLS 50
#define ANSWER_MAX ((size_t) 16 << 20)

static const char *arg_path;
static const char *arg_request = REQUEST;
static unsigned arg_calls = 20000;
static double arg_bar;

static void fail(const char *what, int r) {
        fprintf(stderr, "bench-echo: %s: %s\n", what, strerror(-r));
        exit(EXIT_FAILURE);
}

/* The echo: as little as can be. */
typedef struct Echo {
        char *blob;
        size_t n;
        uv_pipe_t listener;
        char buffer[65536];
} Echo;

static void lend(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
        Echo *echo = handle->data;

        (void) suggested;
        *ret = uv_buf_init(echo->buffer, sizeof(echo->buffer));
}

static void on_echo_written(uv_write_t *request, int status) {
        (void) status;
        free(request);
}

static void echo_write(uv_stream_t *stream, const Echo *echo) {
        uv_buf_t all = uv_buf_init(echo->blob, (unsigned) echo->n);
        int n = uv_try_write(stream, &all, 1);
        uv_write_t *request;

        if (n == (int) echo->n)
                return;
        request = malloc(sizeof(*request));
        n = n < 0 ? 0 : n;
        all = uv_buf_init(echo->blob + n, (unsigned) (echo->n - (size_t) n));
        if (!request || uv_write(request, stream, &all, 1, on_echo_written) < 0)
                abort();
}

static void on_echo_closed(uv_handle_t *handle) {
        free(handle);
}

static void on_echo_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
        if (n < 0) {
                uv_close((uv_handle_t *) stream, on_echo_closed);
                return;
        }
        for (ssize_t i = 0; i < n; i++)
                if (buf->base[i] == '\0')
                        echo_write(stream, stream->data);
}

static void on_echo_connection(uv_stream_t *listener, int status) {
        uv_pipe_t *pipe = calloc(1, sizeof(*pipe));

        if (status < 0 || !pipe || uv_pipe_init(listener->loop, pipe, 0) < 0)
                abort();
        pipe->data = listener->data;
        if (uv_accept(listener, (uv_stream_t *) pipe) < 0 ||
            uv_read_start((uv_stream_t *) pipe, lend, on_echo_read) < 0)
                abort();
}

static void serve_echo(uv_loop_t *loop, const char *path, char *blob, size_t n) {
        static Echo echo;
        int r;

        echo.blob = blob;
        echo.n = n;
        r = uv_pipe_init(loop, &echo.listener, 0);
        echo.listener.data = &echo;
        if (r == 0)
                r = uv_pipe_bind(&echo.listener, path);
        if (r == 0)
                r = uv_listen((uv_stream_t *) &echo.listener, 16, on_echo_connection);
        if (r < 0)
                fail(path, r);
}

/* Ours: a cached answer, as GetReport sends it. */
static void get(PfVarlinkCall *call, void *data) {
        pf_varlink_reply_cached(call, data);
}

static const PfVarlinkMethod own_methods[] = { { "Get", get, false } };
static const PfVarlinkInterface own_interface = {
        .name = "org.example.Bench",
        .description = "interface org.example.Bench\nmethod Get() -> (text: string)\n",
        .methods = own_methods,
        .n_methods = 1,
};

static void serve_own(uv_loop_t *loop, const char *path) {
        static char text[ANSWER_BYTES + 32];
        const PfVarlinkServerConfig config = {
                .vendor = "", .product = "", .version = "", .url = ""
        };
        PfVarlinkServer *server;
        PfVarlinkBytes *bytes;
        PfErr err = { 0 };
        int r;

        (void) snprintf(text, sizeof(text), "{\"text\":\"%0*d\"}", ANSWER_BYTES, 0);
        r = pf_varlink_bytes_new_reply_text(text, strlen(text), false, &bytes);
        if (r == 0)
                r = pf_varlink_server_new(loop, &config, &server, &err);
        if (r == 0)
                r = pf_varlink_server_add(server, &own_interface, bytes, &err);
        if (r == 0)
                r = pf_varlink_server_listen_path(server, path, 0600, &err);
        if (r < 0)
                fail(err.text, r);
}

/* In a process of its own, until it is killed. */
static pid_t start_server(const char *path, char *blob, size_t n) {
        uv_loop_t loop;
        pid_t child = fork();

        if (child != 0)
                return child;
        (void) signal(SIGPIPE, SIG_IGN);
        if (uv_loop_init(&loop) < 0)
                abort();
        if (blob)
                serve_echo(&loop, path, blob, n);
        else
                serve_own(&loop, path);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        _exit(EXIT_FAILURE);
}

typedef struct Target {
        const char *name;
        const char *request;
        int fd;
        char *answer; /* of the first call */
        size_t n_answer;
        double *times_us;
        size_t n_times;
} Target;

static void connect_to(Target *target, const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(path) >= sizeof(address.sun_path))
                fail(path, -ENAMETOOLONG);
        memcpy(address.sun_path, path, strlen(path) + 1);
        target->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        for (int i = 0; connect(target->fd, (struct sockaddr *) &address, sizeof(address)) < 0;
             i++) {
                if (i == 500)
                        fail(path, -errno);
                (void) usleep(10000);
        }
}

/* Read an answer, up to its NUL; @n is how long it should be, 0: not known. */
static size_t read_answer(int fd, char *buffer, size_t n) {
        size_t used = 0;

        while (used == 0 || (n > 0 ? used < n : buffer[used - 1] != '\0')) {
                ssize_t got = read(fd, buffer + used, (n > 0 ? n : ANSWER_MAX) - used);

                if (got <= 0)
                        fail("the server has closed the connection", got < 0 ? -errno : -EPIPE);
                used += (size_t) got;
        }
        return used;
}

static void call(const Target *target, char *buffer) {
        const size_t n = strlen(target->request) + 1;

        if (write(target->fd, target->request, n) != (ssize_t) n)
                fail("write", -errno);
        if (read_answer(target->fd, buffer, target->n_answer) != target->n_answer &&
            target->n_answer > 0)
                fail("the length of the answer has changed", -EPROTO);
}

static void learn_answer(Target *target) {
        const size_t n = strlen(target->request) + 1;

        target->answer = malloc(ANSWER_MAX);
        if (!target->answer || write(target->fd, target->request, n) != (ssize_t) n)
                fail("write", -errno);
        target->n_answer = read_answer(target->fd, target->answer, 0);
        if (strncmp(target->answer, "{\"error\"", 8) == 0)
                fail(target->answer, -EPROTO);
}

static void time_calls(Target *target, char *buffer) {
        for (unsigned i = 0; i < TURN_CALLS; i++) {
                uint64_t before = uv_hrtime();

                call(target, buffer);
                target->times_us[target->n_times++] = (double) (uv_hrtime() - before) / 1000;
        }
}

static int compare(const void *a, const void *b) {
        const double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

/* The time that a share of the calls did not take longer than. Sorts them. */
static double quantile(double *times, size_t n, double share) {
        qsort(times, n, sizeof(double), compare);
        return times[(size_t) ((double) (n - 1) * share)];
}

static void report(Target *target) {
        double sum = 0;

        for (size_t i = 0; i < target->n_times; i++)
                sum += target->times_us[i];
        printf("%-8s %8zu bytes  %9.0f calls/s  p50 %7.2f us  p99 %7.2f us\n", target->name,
               target->n_answer, (double) target->n_times / sum * 1e6,
               quantile(target->times_us, target->n_times, 0.5),
               quantile(target->times_us, target->n_times, 0.99));
}

static double *new_times(size_t n) {
        double *times = calloc(n, sizeof(*times));

        if (!times)
                fail("memory", -ENOMEM);
        return times;
}

/* The first turns are for warming up; they do not count. */
static double compare_servers(Target *own, Target *echo) {
        const unsigned n_turns = arg_calls / TURN_CALLS + 1;
        double *ratios = new_times(n_turns);
        char *buffer = malloc(ANSWER_MAX);
        double ratio;

        own->times_us = new_times(n_turns * TURN_CALLS);
        echo->times_us = new_times(n_turns * TURN_CALLS);
        if (!buffer)
                fail("memory", -ENOMEM);
        for (unsigned warm = 0; warm < 10; warm++) {
                own->n_times = echo->n_times = 0;
                time_calls(own, buffer);
                time_calls(echo, buffer);
        }
        own->n_times = echo->n_times = 0;
        for (unsigned i = 0; i < n_turns; i++) {
                time_calls(own, buffer);
                time_calls(echo, buffer);
                ratios[i] = quantile(own->times_us + i * TURN_CALLS, TURN_CALLS, 0.5) /
                            quantile(echo->times_us + i * TURN_CALLS, TURN_CALLS, 0.5);
        }
        ratio = quantile(ratios, n_turns, 0.5);
        report(own);
        report(echo);
        free(ratios);
        free(own->times_us);
        free(echo->times_us);
        free(buffer);
        return ratio;
}

static void parse_options(int argc, char **argv) {
        static const struct option options[] = {
                { "path", required_argument, NULL, 'p' },
                { "request", required_argument, NULL, 'r' },
                { "calls", required_argument, NULL, 'c' },
                { "bar", required_argument, NULL, 'b' },
                { 0 },
        };

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
                if (c == 'p')
                        arg_path = optarg;
                else if (c == 'r')
                        arg_request = optarg;
                else if (c == 'c')
                        arg_calls = (unsigned) strtoul(optarg, NULL, 10);
                else if (c == 'b')
                        arg_bar = strtod(optarg, NULL);
                else
                        exit(2);
        }
}

int main(int argc, char **argv) {
        Target own = { .name = "ours" };
        Target echo = { .name = "echo", .request = REQUEST };
        char directory[] = "/tmp/pf-bench-XXXXXX";
        char own_path[64], echo_path[64];
        pid_t own_pid = 0, echo_pid;
        double ratio;

        parse_options(argc, argv);
        if (!mkdtemp(directory))
                fail(directory, -errno);
        (void) snprintf(own_path, sizeof(own_path), "%s/own", directory);
        (void) snprintf(echo_path, sizeof(echo_path), "%s/echo", directory);

        own.request = arg_path ? arg_request : OWN_REQUEST;
        if (!arg_path)
                own_pid = start_server(own_path, NULL, 0);
        connect_to(&own, arg_path ? arg_path : own_path);
        learn_answer(&own);
        echo.request = own.request;
        echo_pid = start_server(echo_path, own.answer, own.n_answer);
        connect_to(&echo, echo_path);
        learn_answer(&echo);

        ratio = compare_servers(&own, &echo);
        printf("ratio    %.3f\n", ratio);

        free(own.answer);
        free(echo.answer);
        (void) kill(echo_pid, SIGKILL);
        if (own_pid > 0)
                (void) kill(own_pid, SIGKILL);
        while (wait(NULL) > 0)
                ;
        (void) unlink(own_path);
        (void) unlink(echo_path);
        (void) rmdir(directory);
        return arg_bar > 0 && ratio > arg_bar ? EXIT_FAILURE : EXIT_SUCCESS;
}
