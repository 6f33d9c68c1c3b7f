/* SPDX-License-Identifier: MIT */
/*
 * A call: what the message said, and the answers to it. It may outlive the
 * client that made it; answers then go nowhere.
 */
#include "daemon/varlink/server-internal.h"

#include <string.h>

static PfVarlinkCall *free_call(PfVarlinkCall *call) {
        if (!call)
                return NULL;
        pf_json_free(call->message);
        free(call);
        return NULL;
}
PF_DEFINE_CLEANUP(PfVarlinkCall, free_call);

/*
 * Values become much larger in memory than they are as text: "[]," takes some
 * 300 bytes. So they are counted before the text is parsed: each value but the
 * first is behind one of these three. Those inside strings count too.
 */
static bool has_too_many_values(const char *text, size_t n, size_t max) {
        size_t count = 0;

        for (size_t i = 0; i < n; i++)
                count += (text[i] == '[') | (text[i] == '{') | (text[i] == ',');
        return count > max;
}

/* A flag may be absent, or null, or a boolean. */
static int get_flag(const PfJson *message, const char *key, bool *ret) {
        const PfJson *value = pf_json_get(message, key);

        if (value && pf_json_type(value) != PF_JSON_BOOL)
                return -EBADMSG;
        *ret = value && pf_json_bool(value);
        return 0;
}

static int read_message(PfVarlinkCall *call) {
        const PfJson *message = call->message;

        call->method = pf_json_get_string(message, "method");
        call->parameters = pf_json_get(message, "parameters");
        if (!call->method)
                return -EBADMSG;
        if (call->parameters && pf_json_type(call->parameters) != PF_JSON_OBJECT)
                return -EBADMSG;
        if (get_flag(message, "more", &call->more) < 0 ||
            get_flag(message, "oneway", &call->oneway) < 0 ||
            get_flag(message, "upgrade", &call->upgrade) < 0)
                return -EBADMSG;

        /* One wants several answers, one none, one an end to the protocol. */
        return call->more + call->oneway + call->upgrade > 1 ? -EBADMSG : 0;
}

static void remember(PfVarlinkMemo *memo, const char *text, size_t n, PfJson *message) {
        if (n > sizeof(memo->text))
                return;
        memcpy(memo->text, text, n);
        memo->n = n;
        pf_json_free(memo->message);
        memo->message = pf_json_ref(message);
}

static int parse_message(PfVarlinkService *service, const char *text, size_t n, PfJson **ret) {
        const PfVarlinkServerConfig *config = &service->config;
        PfVarlinkMemo *memo = &service->memo;
        int r;

        if (n > 0 && n == memo->n && memcmp(text, memo->text, n) == 0) {
                *ret = pf_json_ref(memo->message);
                return 0;
        }
        if (has_too_many_values(text, n, config->values_max))
                return -EBADMSG;
        r = pf_json_parse(text, n, (int) config->depth_max, ret, NULL);
        if (r == 0)
                remember(memo, text, n, *ret);
        return r == -EINVAL ? -EBADMSG : r;
}

int pf_varlink_call_new(PfVarlinkConnection *connection, const char *text, size_t n,
                        PfVarlinkCall **ret) {
        PF_CLEANUP(free_callp) PfVarlinkCall *call = malloc(sizeof(*call));
        int r;

        if (!call)
                return -ENOMEM;
        *call = (PfVarlinkCall){
                .connection = connection,
                .uid = connection->uid,
                .pid = connection->pid,
                .privileged = connection->privileged,
        };
        r = parse_message(connection->service, text, n, &call->message);
        if (r == 0)
                r = read_message(call);
        if (r < 0)
                return r;
        *ret = PF_STEAL(call);
        return 0;
}

const PfJson *pf_varlink_call_parameters(const PfVarlinkCall *call) {
        return call->parameters;
}

const char *pf_varlink_call_method(const PfVarlinkCall *call) {
        return call->method;
}

bool pf_varlink_call_wants_more(const PfVarlinkCall *call) {
        return call->more;
}

bool pf_varlink_call_is_oneway(const PfVarlinkCall *call) {
        return call->oneway;
}

uint32_t pf_varlink_call_uid(const PfVarlinkCall *call) {
        return call->uid;
}

int32_t pf_varlink_call_pid(const PfVarlinkCall *call) {
        return call->pid;
}

bool pf_varlink_call_is_privileged(const PfVarlinkCall *call) {
        return call->privileged;
}

void pf_varlink_call_on_cancel(PfVarlinkCall *call, PfVarlinkCancel cancel, void *data) {
        call->cancel = cancel;
        call->cancel_data = data;
}

bool pf_varlink_call_is_cancelled(const PfVarlinkCall *call) {
        return !call->connection || call->connection->closed;
}

static void send_answer(PfVarlinkCall *call, PfVarlinkBytes *bytes) {
        if (call->connection && !call->oneway)
                pf_varlink_connection_send(call->connection, bytes);
}

static void end_call(PfVarlinkCall *call) {
        PfVarlinkConnection *connection = call->connection;

        free_call(call);
        if (connection)
                pf_varlink_connection_call_done(connection);
}

static bool is_answer_wanted(const PfVarlinkCall *call) {
        return !call->oneway && !pf_varlink_call_is_cancelled(call);
}

static PfVarlinkBytes *make_reply(PfVarlinkCall *call, PfJson *parameters_take, bool continues) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = parameters_take;
        PfVarlinkBytes *bytes;

        if (!is_answer_wanted(call) ||
            pf_varlink_bytes_new_reply(parameters, continues, &bytes) < 0)
                return NULL;
        return bytes;
}

void pf_varlink_reply(PfVarlinkCall *call, PfJson *parameters_take) {
        PF_CLEANUP(pf_varlink_bytes_unrefp)
        PfVarlinkBytes *bytes = make_reply(call, parameters_take, false);

        pf_varlink_reply_cached(call, bytes);
}

void pf_varlink_reply_continues(PfVarlinkCall *call, PfJson *parameters_take) {
        PF_CLEANUP(pf_varlink_bytes_unrefp)
        PfVarlinkBytes *bytes = make_reply(call, parameters_take, true);

        pf_varlink_reply_cached_continues(call, bytes);
}

void pf_varlink_reply_cached(PfVarlinkCall *call, PfVarlinkBytes *bytes) {
        send_answer(call, bytes);
        end_call(call);
}

void pf_varlink_reply_cached_continues(PfVarlinkCall *call, PfVarlinkBytes *bytes) {
        if (call->more)
                send_answer(call, bytes);
}

void pf_varlink_error(PfVarlinkCall *call, const char *name, PfJson *parameters_take) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = parameters_take;
        PF_CLEANUP(pf_varlink_bytes_unrefp) PfVarlinkBytes *bytes = NULL;

        if (is_answer_wanted(call) && pf_varlink_bytes_new_error(name, parameters, &bytes) < 0)
                return pf_varlink_drop(call);
        pf_varlink_reply_cached(call, bytes);
}

void pf_varlink_call_refuse(PfVarlinkCall *call, const char *error, const char *key,
                            const char *text) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = pf_json_new_object();
        char name[64];

        (void) snprintf(name, sizeof(name), "org.varlink.service.%s", error);
        if (!parameters || pf_json_put_string(parameters, key, text) < 0)
                return pf_varlink_drop(call);
        pf_varlink_error(call, name, PF_STEAL(parameters));
}

void pf_varlink_error_invalid_parameter(PfVarlinkCall *call, const char *parameter) {
        pf_varlink_call_refuse(call, "InvalidParameter", "parameter", parameter);
}

void pf_varlink_drop(PfVarlinkCall *call) {
        if (call->connection)
                pf_varlink_connection_close(call->connection);
        end_call(call);
}
