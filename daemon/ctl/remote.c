/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/remote.h"

#include <signal.h>
#include <string.h>

#include "config/value.h"
#include "daemon/ctl/ssh-host.h"

#define PATIENCE_MS 120000
#define END_MS 3000         /* for ssh to end by itself, once it is not needed any more */
#define SAID_MAX (8u << 10) /* of standard error; what is older is dropped */
#define ARGUMENTS_MAX 12

/* Of ssh(1): its own failures; and of a shell, for a program that is not there, or may not
 * be run. */
enum { STATUS_SSH = 255, STATUS_NOT_FOUND = 127, STATUS_NOT_EXECUTABLE = 126 };

struct PfRemote {
        const PfCtl *ctl;
        uv_loop_t *loop;
        uv_process_t process;
        uv_pipe_t errors; /* standard error of ssh */
        uv_timer_t timer;
        unsigned n_open; /* handles */
        PfBuf said;
        char chunk[1024];
        bool greeted;
        bool has_ended;
        bool is_late;
        int64_t exit_status;
        int term_signal;
};

/* --- what ssh says --- */

/* What the program there says itself; NULL where it is not its line. */
static const char *own_words(const char *line) {
        static const char name[] = PF_CTL_NAME ": ";
        const size_t n = sizeof(name) - 1;

        return line && strncmp(line, name, n) == 0 ? line + n : NULL;
}

static void note_line(PfRemote *remote, const char *line, size_t n) {
        PF_AUTO_FREE char *text = NULL;

        while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' '))
                n--;
        if (n > 0)
                text = strndup(line, n);
        if (text)
                pf_ctl_note(remote->ctl, "%s: %s", remote->ctl->options.host,
                            own_words(text) ? own_words(text) : text);
}

/* All that is complete, or all. */
static void note_lines(PfRemote *remote, bool all) {
        PfBuf *said = &remote->said;
        const char *end;

        while (said->n > 0 && (end = memchr(said->data, '\n', said->n))) {
                size_t n = (size_t) (end - said->data);

                note_line(remote, said->data, n);
                pf_buf_consume(said, n + 1);
        }
        if (all && said->n > 0) {
                note_line(remote, said->data, said->n);
                pf_buf_consume(said, said->n);
        }
}

static void cut(PfBuf *buf, size_t n) {
        buf->n = n;
        buf->data[n] = '\0';
}

/* Of a connection that fails, the last line says why; the others are notes. */
static char *take_last_line(PfRemote *remote) {
        PfBuf *said = &remote->said;
        const char *begin;
        char *line;

        while (said->n > 0 && strchr("\r\n ", said->data[said->n - 1]))
                cut(said, said->n - 1);
        if (said->n == 0)
                return NULL;
        begin = memrchr(said->data, '\n', said->n);
        begin = begin ? begin + 1 : said->data;
        line = strndup(begin, said->n - (size_t) (begin - said->data));
        cut(said, (size_t) (begin - said->data));
        note_lines(remote, true);
        return line;
}

static void lend_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
        PfRemote *remote = handle->data;

        (void) suggested;
        *ret = uv_buf_init(remote->chunk, sizeof(remote->chunk));
}

static void on_said(uv_stream_t *errors, ssize_t n, const uv_buf_t *buf) {
        PfRemote *remote = errors->data;

        if (n < 0)
                (void) uv_read_stop(errors);
        if (n <= 0)
                return;
        if (remote->said.n + (size_t) n > SAID_MAX)
                pf_buf_consume(&remote->said, remote->said.n);
        if (pf_buf_add(&remote->said, buf->base, (size_t) n) == 0 && remote->greeted)
                note_lines(remote, false);
}

void pf_remote_greeted(PfRemote *remote) {
        remote->greeted = true;
        note_lines(remote, false);
}

/* --- start --- */

static void on_exit_of_ssh(uv_process_t *process, int64_t exit_status, int term_signal) {
        PfRemote *remote = process->data;

        remote->has_ended = true;
        remote->exit_status = exit_status;
        remote->term_signal = term_signal;
}

/* As systemctl(1) --host calls it: no forwarding of X11, no terminal. */
static void make_arguments(const PfSshHost *host, char *port, bool remediation,
                           char *arguments[static ARGUMENTS_MAX]) {
        size_t n = 0;

        arguments[n++] = (char *) "ssh";
        arguments[n++] = (char *) "-xT";
        if (*port) {
                arguments[n++] = (char *) "-p";
                arguments[n++] = port;
        }
        if (host->user) {
                arguments[n++] = (char *) "-l";
                arguments[n++] = host->user;
        }
        arguments[n++] = (char *) "--";
        arguments[n++] = host->host;
        arguments[n++] = (char *) PF_CTL_NAME;
        arguments[n++] = (char *) "serve-stdio";
        if (remediation)
                arguments[n++] = (char *) "--remediation";
        arguments[n] = NULL;
}

static int spawn(PfRemote *remote, const PfSshHost *host, bool remediation, const PfPipeEnd *end) {
        const char *program = getenv("PREFLIGHT_SSH");
        char *arguments[ARGUMENTS_MAX];
        char port[8] = "";
        uv_stdio_container_t stdio[] = {
                { .flags = UV_INHERIT_FD, .data.fd = end->in },
                { .flags = UV_INHERIT_FD, .data.fd = end->out },
                { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
                  .data.stream = (uv_stream_t *) &remote->errors },
        };
        const uv_process_options_t options = {
                .exit_cb = on_exit_of_ssh,
                .file = program && *program ? program : "ssh",
                .args = arguments,
                .stdio_count = PF_ELEMENTS(stdio),
                .stdio = stdio,
        };
        int r;

        if (host->port)
                (void) snprintf(port, sizeof(port), "%u", (unsigned) host->port);
        make_arguments(host, port, remediation, arguments);
        r = uv_spawn(remote->loop, &remote->process, &options);
        return r < 0 ? r : uv_read_start((uv_stream_t *) &remote->errors, lend_chunk, on_said);
}

static PfRemote *new_remote(const PfCtl *ctl, uv_loop_t *loop) {
        PfRemote *remote = calloc(1, sizeof(*remote));

        if (!remote)
                return NULL;
        remote->ctl = ctl;
        remote->loop = loop;
        remote->said = (PfBuf) PF_BUF_INIT(SAID_MAX);
        remote->has_ended = true; /* until it has begun */
        (void) uv_pipe_init(loop, &remote->errors, 0);
        (void) uv_timer_init(loop, &remote->timer);
        remote->process.data = remote->errors.data = remote->timer.data = remote;
        return remote;
}

static PfExit start(PfRemote *remote, bool remediation, const PfPipeEnd *end, PfErr *err) {
        PF_AUTO_SSH_HOST PfSshHost host = { 0 };
        const char *given = remote->ctl->options.host;
        PfErr reason = { 0 };
        int r;

        r = pf_ssh_host_parse(given, &host, &reason);
        if (r < 0)
                return pf_exit_set(err, r == -EINVAL ? PF_EXIT_USAGE : PF_EXIT_UNKNOWN,
                                   "--host=%s: %s", given, pf_err_text(&reason, r));
        r = spawn(remote, &host, remediation, end);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE, "cannot run ssh to reach %s: %s",
                                   given, uv_strerror(r));
        remote->has_ended = false;
        return PF_EXIT_OK;
}

PfExit pf_remote_new(const PfCtl *ctl, uv_loop_t *loop, bool remediation, PfRemote **ret,
                     PfPipeEnd *ret_end, PfErr *err) {
        PF_AUTO_PIPE_END PfPipeEnd ours = PF_PIPE_END_NONE, theirs = PF_PIPE_END_NONE;
        PF_CLEANUP(pf_remote_freep) PfRemote *remote = NULL;
        PfExit status;

        if (pf_pipe_pair(true, &ours, &theirs, err) < 0)
                return PF_EXIT_UNKNOWN;
        remote = new_remote(ctl, loop);
        status = remote ? start(remote, remediation, &theirs, err)
                        : pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        if (status != PF_EXIT_OK)
                return status;
        *ret_end = pf_pipe_end_steal(&ours);
        *ret = PF_STEAL(remote);
        return PF_EXIT_OK;
}

PfExit pf_remote_patience(unsigned *ret_ms, PfErr *err) {
        const char *given = getenv("PREFLIGHT_SSH_TIMEOUT");
        uint64_t usec = PATIENCE_MS * UINT64_C(1000);

        if (given && *given &&
            (pf_value_parse_time(given, &usec) < 0 || usec < 1000 || usec / 1000 > UINT32_MAX))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "PREFLIGHT_SSH_TIMEOUT=%s: expected a time such as 30s", given);
        *ret_ms = (unsigned) (usec / 1000);
        return PF_EXIT_OK;
}

/* --- end --- */

static void on_late(uv_timer_t *timer) {
        ((PfRemote *) timer->data)->is_late = true;
}

/* Until ssh has ended, but not longer than that. */
static bool wait_for_end(PfRemote *remote, unsigned ms) {
        remote->is_late = false;
        (void) uv_timer_start(&remote->timer, on_late, ms, 0);
        while (!remote->has_ended && !remote->is_late)
                (void) uv_run(remote->loop, UV_RUN_ONCE);
        (void) uv_timer_stop(&remote->timer);
        /* What it said last may still be in the pipe. */
        for (int i = 0; i < 3; i++)
                (void) uv_run(remote->loop, UV_RUN_NOWAIT);
        return remote->has_ended;
}

PfExit pf_remote_explain(PfRemote *remote, int r, const char *text, PfErr *err) {
        const char *host = remote->ctl->options.host;
        PF_AUTO_FREE char *line = NULL;
        const char *reason;

        if (r == -EBADMSG)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                                   "what %s sends is no answer; does its shell print something at "
                                   "login? (%s)",
                                   host, text);
        if (r == -ETIMEDOUT || !wait_for_end(remote, END_MS))
                return pf_exit_set(err, PF_EXIT_UNREACHABLE, "%s did not answer in time: %s", host,
                                   text);
        line = take_last_line(remote);
        if (own_words(line))
                return pf_exit_set(err, PF_EXIT_UNREACHABLE, "%s: %s", host, own_words(line));
        reason = line ? line : "it did not say why";
        if (remote->exit_status == STATUS_SSH || remote->term_signal)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE, "cannot reach %s over ssh: %s", host,
                                   reason);
        if (remote->exit_status == STATUS_NOT_FOUND)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                                   "%s has no " PF_CTL_NAME " where its shell looks for it: %s",
                                   host, reason);
        if (remote->exit_status == STATUS_NOT_EXECUTABLE)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                                   "this account may not run " PF_CTL_NAME " on %s: %s", host,
                                   reason);
        return pf_exit_set(err, PF_EXIT_UNREACHABLE, "%s has ended the connection: %s", host,
                           reason);
}

static void on_closed(uv_handle_t *handle) {
        ((PfRemote *) handle->data)->n_open--;
}

static void close_handle(PfRemote *remote, uv_handle_t *handle) {
        remote->n_open++;
        uv_close(handle, on_closed);
}

PfRemote *pf_remote_free(PfRemote *remote) {
        static const int signals[] = { SIGTERM, SIGKILL };

        if (!remote)
                return NULL;
        for (size_t i = 0; i < PF_ELEMENTS(signals) && !wait_for_end(remote, END_MS); i++)
                (void) uv_process_kill(&remote->process, signals[i]);
        (void) wait_for_end(remote, END_MS);
        note_lines(remote, true);
        close_handle(remote, (uv_handle_t *) &remote->errors);
        close_handle(remote, (uv_handle_t *) &remote->timer);
        if (remote->process.type == UV_PROCESS)
                close_handle(remote, (uv_handle_t *) &remote->process);
        while (remote->n_open > 0)
                (void) uv_run(remote->loop, UV_RUN_ONCE);
        pf_buf_deinit(&remote->said);
        free(remote);
        return NULL;
}
