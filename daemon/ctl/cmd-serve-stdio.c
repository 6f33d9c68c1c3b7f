/* SPDX-License-Identifier: MIT */
/*
 * preflightctl serve-stdio: Varlink on standard input and output, for who comes through
 * ssh. The daemon's words are carried as they are; where there is none this process
 * answers itself. What changes the machine is another service, and is carried only where
 * that is asked for, to who may talk to it.
 */
#include "daemon/ctl/ask.h"
#include "daemon/ctl/changer.h"
#include "daemon/ctl/own-service.h"
#include "daemon/varlink/relay.h"

typedef struct Serving {
        PfOwnService *own;
        PfRelay *relay;
        bool is_over;
        PfRelayEnd end;
} Serving;

static void on_ended(PfRelay *relay, PfRelayEnd end, void *data) {
        Serving *serving = data;

        (void) relay;
        serving->is_over = true;
        serving->end = end;
}

/* People who try it at a terminal are told what it is. */
static PfExit check_descriptors(PfErr *err) {
        static const struct {
                int fd;
                const char *name;
        } ends[] = { { STDIN_FILENO, "input" }, { STDOUT_FILENO, "output" } };

        for (size_t i = 0; i < PF_ELEMENTS(ends); i++)
                if (uv_guess_handle(ends[i].fd) != UV_NAMED_PIPE)
                        return pf_exit_set(err, PF_EXIT_USAGE,
                                           "serve-stdio is for programs such as ssh, which give "
                                           "it pipes; standard %s is neither a pipe nor a local "
                                           "socket",
                                           ends[i].name);
        return PF_EXIT_OK;
}

static const PfPipeEnd no_end = PF_PIPE_END_NONE;

/* The relay closes what it is given; the numbers 0 and 1 stay taken. */
static int start_relay(Serving *serving, const char *path, PfPipeEnd service, PfErr *err) {
        const PfRelayConfig config = {
                .in_fd = dup(STDIN_FILENO),
                .out_fd = dup(STDOUT_FILENO),
                .path = path,
                .service_in_fd = service.in,
                .service_out_fd = service.out,
                .ended = on_ended,
                .data = serving,
        };

        return pf_relay_new(uv_default_loop(), &config, &serving->relay, err);
}

static PfExit serve_own(Serving *serving, const PfCtl *ctl, PfErr *err) {
        PF_AUTO_PIPE_END PfPipeEnd ours = PF_PIPE_END_NONE, theirs = PF_PIPE_END_NONE;
        PfExit status;
        int r;

        if (pf_pipe_pair(false, &ours, &theirs, err) < 0)
                return PF_EXIT_UNKNOWN;
        status = pf_own_service_new(&ctl->options, pf_pipe_end_steal(&ours), &serving->own, err);
        if (status != PF_EXIT_OK)
                return status;
        r = start_relay(serving, NULL, pf_pipe_end_steal(&theirs), err);
        return r < 0 ? pf_exit_set(err, PF_EXIT_UNKNOWN, "%s", pf_err_text(err, r)) : PF_EXIT_OK;
}

static PfExit serve_daemon(Serving *serving, const PfCtl *ctl, PfErr *err) {
        PF_AUTO_FREE char *path = NULL;
        PfErr reason = { 0 };
        PfExit status;
        int r;

        status = pf_ask_socket_path(ctl, &path, err);
        if (status != PF_EXIT_OK)
                return status;
        r = start_relay(serving, path, no_end, &reason);
        if (r == 0)
                return PF_EXIT_OK;
        if (ctl->options.socket)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE, "cannot reach the daemon at %s: %s",
                                   path, pf_err_text(&reason, r));
        pf_ctl_note(ctl, "no daemon at %s; answering in this process", path);
        return serve_own(serving, ctl, err);
}

static PfExit serve_remediation(Serving *serving, const PfCtl *ctl, PfErr *err) {
        const char *path = ctl->options.socket ? ctl->options.socket : PF_REMEDY_SOCKET;
        PfErr reason = { 0 };
        int r = start_relay(serving, path, no_end, &reason);

        return r < 0 ? pf_changer_tell_unreachable(path, r, &reason, err) : PF_EXIT_OK;
}

static PfExit start(Serving *serving, const PfCtl *ctl, PfErr *err) {
        PfExit status = check_descriptors(err);

        if (status != PF_EXIT_OK)
                return status;
        if (ctl->options.remediation)
                return serve_remediation(serving, ctl, err);
        if (ctl->options.root || ctl->options.in_process)
                return serve_own(serving, ctl, err);
        return serve_daemon(serving, ctl, err);
}

static PfExit tell_end(PfRelayEnd end, PfErr *err) {
        switch (end) {
        case PF_RELAY_CLIENT_ENDED:
                return PF_EXIT_OK;
        case PF_RELAY_SERVICE_ENDED:
                return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                                   "the service has closed the connection: it has ended, or was "
                                   "sent what is no call");
        case PF_RELAY_STALLED:
                break;
        }
        return pf_exit_set(err, PF_EXIT_UNREACHABLE, "nothing moved for a minute");
}

PfExit pf_cmd_serve_stdio(PfCtl *ctl) {
        Serving serving = { 0 };
        PfErr err = { 0 };
        PfExit status;

        status = start(&serving, ctl, &err);
        while (status == PF_EXIT_OK && !serving.is_over)
                (void) uv_run(uv_default_loop(), UV_RUN_ONCE);
        if (status == PF_EXIT_OK)
                status = tell_end(serving.end, &err);

        ctl->is_hanging = pf_own_service_is_stuck(serving.own);
        (void) pf_relay_free(serving.relay);
        (void) pf_own_service_free(serving.own);
        (void) uv_run(uv_default_loop(), ctl->is_hanging ? UV_RUN_NOWAIT : UV_RUN_DEFAULT);
        return pf_ctl_fail(ctl, status, &err);
}
