/* SPDX-License-Identifier: MIT */
/*
 * Asking the daemon. What it refuses becomes a text that names the option at
 * fault, and an exit status.
 */
#include "daemon/ctl/socket.h"

#include <string.h>

#include "daemon/ctl/options.h"
#include "daemon/ctl/profiles.h"
#include "daemon/ctl/progress.h"
#include "daemon/ctl/remote.h"
#include "daemon/ctl/selection.h"
#include "daemon/varlink/client.h"

#define INTERFACE "org.preflightd.Preflight."
#define ANSWER_MS 60000 /* longer than any probe is waited for */

struct PfSocket {
        uv_loop_t *loop;
        PfVarlinkClient *client;
        PfRemote *remote;            /* NULL: it is here */
        char *path;                  /* or the host */
        const PfSocketError *errors; /* of its interface, borrowed */
        size_t n_errors;

        /* the call under way */
        PfSocketAnswer answer;
        void *data;
        PfErr *err;
        PfExit status;
        bool is_over;
        int broke; /* why the connection did, or 0 */
        PfErr reason;
};

static PfSocket *new_socket(const char *path, const PfSocketError *errors, size_t n) {
        PF_CLEANUP(pf_socket_freep) PfSocket *made = calloc(1, sizeof(*made));

        if (!made)
                return NULL;
        made->loop = uv_default_loop();
        made->errors = errors;
        made->n_errors = n;
        made->path = strdup(path);
        return made->path ? PF_STEAL(made) : NULL;
}

int pf_socket_connect(const char *path, const PfSocketError *errors, size_t n, PfSocket **ret,
                      PfErr *err) {
        PF_CLEANUP(pf_socket_freep) PfSocket *made = new_socket(path, errors, n);
        int r;

        if (!made)
                return pf_err_set(err, -ENOMEM, "out of memory");
        r = pf_varlink_client_new_path(made->loop, path, &made->client, err);
        if (r == 0)
                *ret = PF_STEAL(made);
        return r;
}

PfSocket *pf_socket_free(PfSocket *made) {
        if (!made)
                return NULL;
        if (made->client) {
                (void) pf_varlink_client_free(made->client);
                if (!made->remote) /* close callbacks; nothing else waits */
                        (void) uv_run(made->loop, UV_RUN_DEFAULT);
        }
        (void) pf_remote_free(made->remote);
        free(made->path);
        free(made);
        return NULL;
}

/* --- errors --- */

const char *pf_socket_said(const PfJson *parameters, const char *member) {
        const char *text = pf_json_get_string(parameters, member);

        return text ? text : "(not said)";
}

static PfExit refuse_parameter(const PfJson *parameters, PfErr *err) {
        const char *field = pf_socket_said(parameters, "parameter");
        char option[64];

        return pf_exit_set(err, PF_EXIT_USAGE, "--%s: the daemon does not take that value",
                           pf_options_of_field(field, option, sizeof(option)));
}

static PfExit refuse_check(const PfJson *parameters, PfErr *err) {
        return pf_selection_refuse(pf_socket_said(parameters, "check"), err);
}

static PfExit refuse_profile(const PfJson *parameters, PfErr *err) {
        return pf_profiles_refuse(pf_socket_said(parameters, "profile"), err);
}

static PfExit refuse_subject(const PfJson *parameters, PfErr *err) {
        return pf_exit_set(err, PF_EXIT_USAGE, "%s: the daemon has no facts about that",
                           pf_socket_said(parameters, "subject"));
}

static PfExit tell_reason(const PfJson *parameters, PfErr *err) {
        return pf_exit_set(err, PF_EXIT_UNKNOWN, "the daemon: %s",
                           pf_socket_said(parameters, "reason"));
}

static PfExit tell_busy(const PfJson *parameters, PfErr *err) {
        (void) parameters;
        return pf_exit_set(err, PF_EXIT_UNKNOWN,
                           "the daemon is looking at too much already; try again later");
}

static PfExit tell_unknown(const char *what, PfErr *err) {
        return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                           "what listens there does not know %s: it is another service, or of "
                           "another version",
                           what);
}

static PfExit tell_method(const PfJson *parameters, PfErr *err) {
        return tell_unknown(pf_socket_said(parameters, "method"), err);
}

static PfExit tell_interface(const PfJson *parameters, PfErr *err) {
        return tell_unknown(pf_socket_said(parameters, "interface"), err);
}

static const PfSocketError report_errors[] = {
        { INTERFACE "NoSuchCheck", refuse_check },
        { INTERFACE "NoSuchProfile", refuse_profile },
        { INTERFACE "NotInspectable", refuse_subject },
        { INTERFACE "NotPermitted", tell_reason },
        { INTERFACE "ProbeFailed", tell_reason },
        { INTERFACE "Busy", tell_busy },
};

/* Those of any service. */
static const PfSocketError common_errors[] = {
        { "org.varlink.service.InvalidParameter", refuse_parameter },
        { "org.varlink.service.MethodNotFound", tell_method },
        { "org.varlink.service.MethodNotImplemented", tell_method },
        { "org.varlink.service.InterfaceNotFound", tell_interface },
};

static const PfSocketError *find_error(const PfSocketError *errors, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(name, errors[i].name) == 0)
                        return &errors[i];
        return NULL;
}

static PfExit tell_error(const PfSocket *called, const PfVarlinkReply *reply, PfErr *err) {
        const PfSocketError *error = find_error(called->errors, called->n_errors, reply->error);

        if (!error)
                error = find_error(common_errors, PF_ELEMENTS(common_errors), reply->error);
        if (error)
                return error->tell(reply->parameters, err);
        return pf_exit_set(err, PF_EXIT_UNKNOWN, "the daemon answered %s", reply->error);
}

/* --- calls --- */

static void on_reply(PfVarlinkClient *client, const PfVarlinkReply *reply, void *data) {
        PfSocket *called = data;

        (void) client;
        if (called->is_over)
                return;
        if (reply->result < 0) {
                called->broke = reply->result;
                (void) pf_err_set(&called->reason, reply->result, "%s",
                                  reply->text ? reply->text : strerror(-reply->result));
        } else if (reply->error) {
                called->status = tell_error(called, reply, called->err);
        } else {
                called->status = called->answer(reply->parameters, called->data);
        }
        called->is_over = called->status != PF_EXIT_OK || reply->result < 0 || reply->error ||
                          !reply->continues;
}

/* ssh is waited for, which no callback of the loop could. */
static PfExit tell_broken(PfSocket *called, PfErr *err) {
        if (called->remote)
                return pf_remote_explain(called->remote, called->broke, called->reason.text, err);
        return pf_exit_set(err, PF_EXIT_UNREACHABLE, "the daemon at %s gave no answer: %s",
                           called->path, called->reason.text);
}

/* ssh may have ended before anything was asked. */
static PfExit tell_unsent(PfSocket *called, int r, const PfErr *reason, PfErr *err) {
        if (called->remote)
                return pf_remote_explain(called->remote, r, pf_err_text(reason, r), err);
        return pf_exit_set(err, PF_EXIT_UNREACHABLE, "cannot ask the daemon at %s: %s",
                           called->path, pf_err_text(reason, r));
}

static PfExit call(PfSocket *called, const char *method, PfJson *parameters_take, bool more,
                   unsigned deadline_ms, PfSocketAnswer answer, void *data, PfErr *err) {
        PfErr reason = { 0 };
        int r;

        called->answer = answer;
        called->data = data;
        called->err = err;
        called->status = PF_EXIT_OK;
        called->is_over = false;
        r = pf_varlink_client_call(called->client, method, parameters_take,
                                   more ? PF_VARLINK_CALL_MORE : PF_VARLINK_CALL_DEFAULT,
                                   deadline_ms, on_reply, called, &reason);
        if (r < 0)
                return tell_unsent(called, r, &reason, err);
        while (!called->is_over)
                if (!uv_run(called->loop, UV_RUN_ONCE) && !called->is_over)
                        return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                                           "the daemon at %s gave no answer", called->path);
        return called->broke ? tell_broken(called, err) : called->status;
}

PfExit pf_socket_follow(PfSocket *called, const char *method, PfSocketAnswer answer, void *data,
                        PfErr *err) {
        PfExit status = call(called, method, NULL, true, 0, answer, data, err);

        if (status != PF_EXIT_OK)
                return status;
        return pf_exit_set(err, PF_EXIT_UNREACHABLE, "the daemon at %s ended its answer",
                           called->path);
}

/* --- connections --- */

typedef struct Greeting {
        const char *interface; /* that is wanted */
        bool is_served;
} Greeting;

static PfExit on_greeting(const PfJson *parameters, void *data) {
        Greeting *greeting = data;
        const PfJson *interfaces = pf_json_get(parameters, "interfaces");

        for (size_t i = 0; i < pf_json_length(interfaces); i++) {
                const char *name = pf_json_string(pf_json_at(interfaces, i));

                greeting->is_served |= name && strcmp(name, greeting->interface) == 0;
        }
        return PF_EXIT_OK;
}

/* Whoever has to type a password does so now, and what is no Varlink shows. */
static PfExit greet(PfSocket *made, bool remediation, PfErr *err) {
        Greeting greeting = {
                .interface =
                        remediation ? "org.preflightd.Remediation" : "org.preflightd.Preflight",
        };
        PfExit status;
        unsigned ms;

        status = pf_remote_patience(&ms, err);
        if (status == PF_EXIT_OK)
                status = call(made, "org.varlink.service.GetInfo", NULL, false, ms, on_greeting,
                              &greeting, err);
        if (status != PF_EXIT_OK)
                return status;
        pf_remote_greeted(made->remote);
        if (greeting.is_served)
                return PF_EXIT_OK;
        return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                           remediation ? "what answers at %s makes no changes: its sshd lets "
                                         "this account or key run one command alone"
                                       : "what answers at %s is not preflightd",
                           made->path);
}

PfExit pf_socket_connect_remote(const PfCtl *ctl, bool remediation, const PfSocketError *errors,
                                size_t n, PfSocket **ret, PfErr *err) {
        PF_CLEANUP(pf_socket_freep) PfSocket *made = new_socket(ctl->options.host, errors, n);
        PfExit status;
        PfPipeEnd end;

        if (!made)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        status = pf_remote_new(ctl, made->loop, remediation, &made->remote, &end, err);
        if (status != PF_EXIT_OK)
                return status;
        if (pf_varlink_client_new_fds(made->loop, end.in, end.out, &made->client, err) < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "cannot talk to ssh");
        status = greet(made, remediation, err);
        if (status == PF_EXIT_OK)
                *ret = PF_STEAL(made);
        return status;
}

static PfExit connect_here(const char *path, PfSocket **ret, PfErr *err) {
        PfErr reason = { 0 };
        int r = pf_socket_connect(path, report_errors, PF_ELEMENTS(report_errors), ret, &reason);

        if (r == -ENOMEM)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        if (r == -ENOENT || r == -ECONNREFUSED)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE, "no daemon at %s", path);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE, "cannot reach the daemon at %s: %s",
                                   path, pf_err_text(&reason, r));
        return PF_EXIT_OK;
}

PfExit pf_socket_open(const PfCtl *ctl, PfSocket **ret, PfErr *err) {
        PF_AUTO_FREE char *path = NULL;
        PfExit status;

        if (ctl->options.host)
                return pf_socket_connect_remote(ctl, false, report_errors,
                                                PF_ELEMENTS(report_errors), ret, err);
        status = pf_ask_socket_path(ctl, &path, err);
        return status == PF_EXIT_OK ? connect_here(path, ret, err) : status;
}

/* --- what is asked --- */

/* The member of an answer that is wanted. */
typedef struct Wanted {
        const char *member;
        PfJson *value;
} Wanted;

static PfExit on_wanted(const PfJson *parameters, void *data) {
        Wanted *wanted = data;
        PfJson *value = pf_json_get(parameters, wanted->member);
        PfJsonType type = pf_json_type(value);

        if (type == PF_JSON_OBJECT || type == PF_JSON_ARRAY) {
                (void) pf_json_free(wanted->value);
                wanted->value = pf_json_ref(value);
        }
        return PF_EXIT_OK;
}

PfExit pf_socket_call(PfSocket *called, const PfSocketCall *one, PfJson **ret, PfErr *err) {
        Wanted wanted = { .member = one->member };
        PfExit status;

        if (!one->parameters_take)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        status = call(called, one->method, one->parameters_take, false, one->deadline_ms, on_wanted,
                      &wanted, err);
        if (status != PF_EXIT_OK) {
                (void) pf_json_free(wanted.value);
                return status;
        }
        if (!wanted.value)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                                   "the answer of the daemon at %s has no %s", called->path,
                                   one->member);
        *ret = wanted.value;
        return PF_EXIT_OK;
}

/* What is collected from the answers. */
typedef struct Collected {
        const PfCtl *ctl;
        const char *member; /* of the answer that is wanted */
        PfJson *value;      /* that member */
        PfStrv checks;      /* the names in ListChecks() that the options want */
        PfProgress *progress;
} Collected;

static void collected_deinit(Collected *collected) {
        (void) pf_json_free(collected->value);
        pf_strv_deinit(&collected->checks);
        (void) pf_progress_free(collected->progress);
}

static PfExit on_value(const PfJson *parameters, void *data) {
        Collected *collected = data;
        PfJson *value = pf_json_get(parameters, collected->member);
        const char *finished = pf_json_get_string(pf_json_get(parameters, "finished"), "check");

        if (finished)
                pf_progress_finished(collected->progress, finished);
        if (pf_json_type(value) == PF_JSON_OBJECT) {
                (void) pf_json_free(collected->value);
                collected->value = pf_json_ref(value);
        }
        return PF_EXIT_OK;
}

static PfExit on_checks(const PfJson *parameters, void *data) {
        Collected *collected = data;
        const PfJson *checks = pf_json_get(parameters, "checks");

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *entry = pf_json_at(checks, i);
                const char *id = pf_json_get_string(entry, "id");

                if (id && pf_json_bool(pf_json_get(entry, "implemented")) &&
                    pf_selection_wants(&collected->ctl->options, id) &&
                    pf_strv_add(&collected->checks, id) < 0)
                        return PF_EXIT_UNKNOWN;
        }
        return PF_EXIT_OK;
}

static int put(PfJson *object, const char *key, const char *text) {
        return text ? pf_json_put_string(object, key, text) : 0;
}

static PfJson *make_parameters(const PfCtl *ctl, PfAsk ask, const PfStrv *checks) {
        const PfOptions *options = &ctl->options;
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || put(object, "account", options->account) < 0 ||
            put(object, "source", options->source) < 0 ||
            put(object, "sourceHost", options->source_host) < 0 ||
            put(object, "localAddress", options->local_address) < 0 ||
            (options->local_port && pf_json_put_uint(object, "localPort", options->local_port) < 0))
                return NULL;
        if (ask == PF_ASK_INSPECT) {
                if (put(object, "subject", ctl->arguments[0]) < 0)
                        return NULL;
        } else if (put(object, "profile", options->profile) < 0 ||
                   put(object, "agentVersion", options->agent_version) < 0 ||
                   (checks->n > 0 && pf_json_put_strv(object, "checks", checks) < 0)) {
                return NULL;
        }
        return PF_STEAL(object);
}

/* The report that is kept is for all checks, and the version that is configured. */
static bool needs_check(const PfOptions *options, PfAsk ask) {
        return ask == PF_ASK_CHECK || options->only.n > 0 || options->skip.n > 0 ||
               options->agent_version;
}

/* Learns the names of the checks where they are needed: there is no "skip" on the
 * wire, and progress counts them. */
static PfExit learn_checks(PfSocket *asked, Collected *collected, PfErr *err) {
        const PfOptions *options = &collected->ctl->options;
        PfExit status;

        if (options->skip.n == 0 && !pf_progress_is_visible(collected->ctl))
                return PF_EXIT_OK;
        if (options->skip.n > 0) {
                status = pf_selection_check(options, err);
                if (status != PF_EXIT_OK)
                        return status;
        }
        status = call(asked, INTERFACE "ListChecks", NULL, false, ANSWER_MS, on_checks, collected,
                      err);
        if (status == PF_EXIT_OK && options->skip.n > 0 && collected->checks.n == 0)
                return pf_exit_set(err, PF_EXIT_USAGE, "--skip leaves no check to answer");
        return status;
}

static PfExit ask_check(PfSocket *asked, Collected *collected, PfErr *err) {
        const PfOptions *options = &collected->ctl->options;
        PfJson *parameters;
        PfExit status;

        status = learn_checks(asked, collected, err);
        if (status != PF_EXIT_OK)
                return status;
        parameters = make_parameters(collected->ctl, PF_ASK_CHECK,
                                     options->skip.n > 0 ? &collected->checks : &options->only);
        if (!parameters)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        collected->progress = pf_progress_new(collected->ctl, asked->loop, &collected->checks);
        return call(asked, INTERFACE "Check", parameters, true, ANSWER_MS, on_value, collected,
                    err);
}

PfExit pf_socket_ask(PfSocket *asked, PfCtl *ctl, PfAsk ask, PfJson **ret, PfErr *err) {
        static const PfStrv all = { 0 };
        PF_CLEANUP(collected_deinit)
        Collected collected = {
                .ctl = ctl,
                .member = ask == PF_ASK_INSPECT ? "facts" : "report",
        };
        PfExit status;

        if (ask != PF_ASK_INSPECT && needs_check(&ctl->options, ask)) {
                status = ask_check(asked, &collected, err);
        } else {
                PfJson *parameters = make_parameters(ctl, ask, &all);

                if (!parameters)
                        return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
                status = call(asked,
                              ask == PF_ASK_INSPECT ? INTERFACE "Inspect" : INTERFACE "GetReport",
                              parameters, false, ANSWER_MS, on_value, &collected, err);
        }
        if (status != PF_EXIT_OK)
                return status;
        if (!collected.value)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                                   "the answer of the daemon at %s has no %s", asked->path,
                                   collected.member);
        *ret = PF_STEAL(collected.value);
        return PF_EXIT_OK;
}
