/* SPDX-License-Identifier: MIT */
/*
 * Changing the running machine: asking the service that may. What it refuses becomes a
 * text that says what to do next, and an exit status.
 */
#include "daemon/ctl/changer.h"

#include <string.h>

#include "config/config.h"
#include "daemon/ctl/selection.h"
#include "daemon/ctl/socket.h"

#define INTERFACE "org.preflightd.Remediation."
#define UNIT "preflight-remedyd.socket"
#define PACKAGE "preflightd-remedy"

/* A plan tries candidates with every probe; a change may write an initramfs. */
#define PLAN_MS (5 * 60 * 1000)
#define CHANGE_MS (30 * 60 * 1000)

typedef struct Service {
        PfCtl *ctl;
        PfSettings *settings; /* of this machine, which the service has too; NULL with --host */
        PfSocket *socket;
} Service;

/* --- errors --- */

static PfExit refuse_check(const PfJson *parameters, PfErr *err) {
        return pf_selection_refuse_word(pf_socket_said(parameters, "check"), err);
}

static PfExit refuse_transaction(const PfJson *parameters, PfErr *err) {
        return pf_changer_refuse_id(pf_socket_said(parameters, "transaction"), err);
}

static PfExit tell_no_remedy(const PfJson *parameters, PfErr *err) {
        return pf_exit_set(err, PF_EXIT_BLOCKED, "%s cannot be remedied: %s",
                           pf_socket_said(parameters, "check"),
                           pf_socket_said(parameters, "reason"));
}

static PfExit tell_consent(const PfJson *parameters, PfErr *err) {
        return pf_exit_set(err, PF_EXIT_BLOCKED,
                           "%s needs your consent: %s; read \"" PF_CTL_NAME
                           " plan --consent\", then give --consent",
                           pf_socket_said(parameters, "check"),
                           pf_socket_said(parameters, "reason"));
}

static PfExit tell_stale(const PfJson *parameters, PfErr *err) {
        return pf_changer_refuse(PF_REFUSAL_STALE, pf_socket_said(parameters, "reason"), err);
}

static PfExit tell_busy(const PfJson *parameters, PfErr *err) {
        return pf_changer_refuse(PF_REFUSAL_BUSY, pf_socket_said(parameters, "reason"), err);
}

/* What a tool says may have lines. */
static PfExit tell_invalid(const PfJson *parameters, PfErr *err) {
        PF_AUTO_FREE char *output = strdup(pf_socket_said(parameters, "output"));

        for (char *end; output && (end = strchr(output, '\n'));)
                *end = end[1] ? ' ' : '\0';
        return pf_changer_refuse(PF_REFUSAL_INVALID, output ? output : "out of memory", err);
}

static PfExit tell_read_only(const PfJson *parameters, PfErr *err) {
        return pf_changer_refuse(PF_REFUSAL_READ_ONLY, pf_socket_said(parameters, "reason"), err);
}

static PfExit tell_edited(const PfJson *parameters, PfErr *err) {
        return pf_changer_refuse(PF_REFUSAL_EDITED, pf_socket_said(parameters, "reason"), err);
}

static PfExit tell_not_permitted(const PfJson *parameters, PfErr *err) {
        return pf_exit_set(err, PF_EXIT_UNKNOWN, "not permitted: %s; run it as root, as with sudo",
                           pf_socket_said(parameters, "reason"));
}

static PfExit tell_failed(const PfJson *parameters, PfErr *err) {
        return pf_changer_refuse(PF_REFUSAL_FAILED, pf_socket_said(parameters, "reason"), err);
}

static const PfSocketError errors[] = {
        { INTERFACE "NoSuchCheck", refuse_check },
        { INTERFACE "NoSuchTransaction", refuse_transaction },
        { INTERFACE "NotRemediable", tell_no_remedy },
        { INTERFACE "ConsentRequired", tell_consent },
        { INTERFACE "PlanStale", tell_stale },
        { INTERFACE "Busy", tell_busy },
        { INTERFACE "ValidationFailed", tell_invalid },
        { INTERFACE "ReadOnlyTarget", tell_read_only },
        { INTERFACE "EditedSince", tell_edited },
        { INTERFACE "NotPermitted", tell_not_permitted },
        { INTERFACE "Failed", tell_failed },
};

/* --- calls --- */

PfExit pf_changer_tell_unreachable(const char *path, int r, const PfErr *reason, PfErr *err) {
        if (r == -ENOMEM)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        if (r == -EACCES || r == -EPERM)
                return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                                   "only root may change this machine: run it as root, as with "
                                   "sudo");
        if (r == -ENOENT || r == -ECONNREFUSED)
                return pf_exit_set(
                        err, PF_EXIT_UNREACHABLE,
                        "no service at %s that may change this machine: systemctl start " UNIT
                        ", of the package " PACKAGE,
                        path);
        return pf_exit_set(err, PF_EXIT_UNREACHABLE, "cannot reach the service at %s: %s", path,
                           pf_err_text(reason, r));
}

static void service_close(void *data) {
        Service *service = data;

        (void) pf_socket_free(service->socket);
        (void) pf_settings_free(service->settings);
        free(service);
}

/* Nobody but root may: what the other side says to that is told. */
static PfExit connect_remote(Service *service, PfErr *err) {
        const PfOptions *options = &service->ctl->options;

        if (options->lease_usec > 0 && !options->account)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--lease is for one account; with --host name it, as "
                                   "--account=root");
        return pf_socket_connect_remote(service->ctl, true, errors, PF_ELEMENTS(errors),
                                        &service->socket, err);
}

static PfExit connect_to(Service *service, PfErr *err) {
        const char *given = service->ctl->options.socket, *path = given ? given : PF_REMEDY_SOCKET;
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PfErr reason = { 0 };
        int r;

        if (service->ctl->options.host)
                return connect_remote(service, err);
        if (pf_target_new("/", PF_TARGET_DEFAULT, &host, err) < 0 ||
            pf_settings_load(host, &service->settings, NULL, err) < 0)
                return PF_EXIT_USAGE;
        r = pf_socket_connect(path, errors, PF_ELEMENTS(errors), &service->socket, &reason);
        return r < 0 ? pf_changer_tell_unreachable(path, r, &reason, err) : PF_EXIT_OK;
}

static PfExit service_open(PfCtl *ctl, bool may_change, void **ret, PfErr *err) {
        Service *service = calloc(1, sizeof(*service));
        PfExit status;

        (void) may_change;
        if (!service)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        service->ctl = ctl;
        status = connect_to(service, err);
        if (status == PF_EXIT_OK)
                *ret = service;
        else
                service_close(service);
        return status;
}

/* Where nobody names the account, the settings do; a lease has to. */
static int put_lease(PfJson *parameters, const Service *service) {
        PF_CLEANUP(pf_json_freep) PfJson *lease = pf_json_new_object();
        const PfOptions *options = &service->ctl->options;
        const char *account = options->account ? options->account : service->settings->account;

        if (!lease || pf_json_put_string(lease, "account", account) < 0 ||
            pf_json_put_string(lease, "source", options->source) < 0 ||
            pf_json_put_uint(lease, "durationUSec", options->lease_usec) < 0)
                return -ENOMEM;
        return pf_json_put_take(parameters, "lease", PF_STEAL(lease));
}

static int put_checks(PfJson *parameters, const PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *checks = pf_json_new_array();

        for (size_t i = 0; i < ctl->n_arguments; i++)
                if (!checks || pf_json_append_string(checks, ctl->arguments[i]) < 0)
                        return -ENOMEM;
        return pf_json_put_take(parameters, "checks", PF_STEAL(checks));
}

static int put(PfJson *parameters, const char *key, const char *text) {
        return text ? pf_json_put_string(parameters, key, text) : 0;
}

static PfJson *plan_parameters(const Service *service, bool consent) {
        const PfCtl *ctl = service->ctl;
        const PfOptions *options = &ctl->options;
        PF_CLEANUP(pf_json_freep) PfJson *parameters = pf_json_new_object();

        if (!parameters || (ctl->n_arguments > 0 && put_checks(parameters, ctl) < 0) ||
            (options->lease_usec > 0 && put_lease(parameters, service) < 0) ||
            pf_json_put_bool(parameters, "consent", consent) < 0 ||
            put(parameters, "account", options->account) < 0 ||
            put(parameters, "source", options->source) < 0)
                return NULL;
        return PF_STEAL(parameters);
}

/* The one parameter of Apply() and Undo(). */
static PfJson *name_parameter(const char *key, const char *value) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = pf_json_new_object();

        return parameters && put(parameters, key, value) == 0 ? PF_STEAL(parameters) : NULL;
}

static PfExit service_plan(void *data, bool consent, PfJson **ret, PfErr *err) {
        Service *service = data;
        const PfSocketCall call = { INTERFACE "Plan", plan_parameters(service, consent), PLAN_MS,
                                    "plan" };

        return pf_socket_call(service->socket, &call, ret, err);
}

/* Who is cut off while a change is made knows nothing of it. */
static PfExit change(Service *service, const PfSocketCall *call, PfJson **ret, PfErr *err) {
        PfErr reason = { 0 };
        PfExit status = pf_socket_call(service->socket, call, ret, &reason);

        if (status == PF_EXIT_UNREACHABLE)
                return pf_exit_set(err, status,
                                   "%s; \"" PF_CTL_NAME " history\" tells what became of it",
                                   reason.text);
        if (status != PF_EXIT_OK)
                *err = reason;
        return status;
}

static PfExit service_apply(void *data, const char *digest, PfJson **ret, PfErr *err) {
        const PfSocketCall call = { INTERFACE "Apply", name_parameter("digest", digest), CHANGE_MS,
                                    "transaction" };

        return change(data, &call, ret, err);
}

static PfExit service_undo(void *data, const char *id, PfJson **ret, PfErr *err) {
        const PfSocketCall call = { INTERFACE "Undo", name_parameter("transaction", id), CHANGE_MS,
                                    "transaction" };

        return change(data, &call, ret, err);
}

static PfExit service_list(void *data, PfJson **ret, PfErr *err) {
        Service *service = data;
        const PfSocketCall call = { INTERFACE "ListTransactions", pf_json_new_object(), PLAN_MS,
                                    "transactions" };

        return pf_socket_call(service->socket, &call, ret, err);
}

const PfChangerWay pf_changer_service = {
        .open = service_open,
        .close = service_close,
        .plan = service_plan,
        .apply = service_apply,
        .list = service_list,
        .undo = service_undo,
};
