/* SPDX-License-Identifier: MIT */
/*
 * The interfaces of a server, and the one that every server has. A call is held
 * against the description of its interface here, so that handlers see only
 * calls that are as described.
 */
#include "daemon/varlink/server-internal.h"

#include <string.h>

#include "daemon/varlink/descriptions.h"

static size_t or_default(size_t value, size_t instead) {
        return value > 0 ? value : instead;
}

static void fill_in_limits(PfVarlinkServerConfig *config) {
        config->message_max = or_default(config->message_max, PF_FRAME_SERVER_MAX);
        config->depth_max = (unsigned) or_default(config->depth_max, 32);
        config->values_max = (unsigned) or_default(config->values_max, 16384);
        config->clients_max = (unsigned) or_default(config->clients_max, 1024);
        config->clients_per_user_max = (unsigned) or_default(config->clients_per_user_max, 256);
        config->queue_max = or_default(config->queue_max, (size_t) 4 << 20);
        config->memory_max = or_default(config->memory_max, (size_t) 32 << 20);
        config->stall_ms = (unsigned) or_default(config->stall_ms, 30000);
}

int pf_varlink_service_init(PfVarlinkService *service, const PfVarlinkServerConfig *config,
                            PfErr *err) {
        *service = (PfVarlinkService){ .config = *config };
        fill_in_limits(&service->config);
        return pf_varlink_service_add(service, &pf_varlink_service_interface, service, err);
}

void pf_varlink_service_deinit(PfVarlinkService *service) {
        for (size_t i = 0; i < service->n_entries; i++)
                pf_idl_free(service->entries[i].idl);
        service->memo.message = pf_json_free(service->memo.message);
        service->memo.n = 0;
        free(service->entries);
        service->entries = NULL;
        service->n_entries = 0;
}

static const PfVarlinkEntry *find_entry(const PfVarlinkService *service, const char *name,
                                        size_t n) {
        for (size_t i = 0; i < service->n_entries; i++) {
                const char *candidate = service->entries[i].interface->name;

                if (strncmp(candidate, name, n) == 0 && candidate[n] == '\0')
                        return &service->entries[i];
        }
        return NULL;
}

static const PfVarlinkMethod *find_method(const PfVarlinkInterface *interface, const char *name) {
        for (size_t i = 0; i < interface->n_methods; i++)
                if (strcmp(interface->methods[i].name, name) == 0)
                        return &interface->methods[i];
        return NULL;
}

/* Every method that is described has a handler, and there are no other ones. */
static int check_methods(const PfVarlinkInterface *interface, const PfIdl *idl, PfErr *err) {
        const char *name;
        size_t n = 0;

        if (strcmp(pf_idl_interface(idl), interface->name) != 0)
                return pf_err_set(err, -EINVAL, "%s: the description is of %s", interface->name,
                                  pf_idl_interface(idl));
        while ((name = pf_idl_member(idl, PF_IDL_METHOD, n))) {
                if (!find_method(interface, name))
                        return pf_err_set(err, -EINVAL, "%s: nothing handles %s", interface->name,
                                          name);
                n++;
        }
        if (n != interface->n_methods)
                return pf_err_set(err, -EINVAL, "%s: %zu methods, but %zu are described",
                                  interface->name, interface->n_methods, n);
        return 0;
}

int pf_varlink_service_add(PfVarlinkService *service, const PfVarlinkInterface *interface,
                           void *data, PfErr *err) {
        PF_CLEANUP(pf_idl_freep) PfIdl *idl = NULL;
        PfVarlinkEntry *entries;
        int r;

        if (find_entry(service, interface->name, strlen(interface->name)))
                return pf_err_set(err, -EEXIST, "%s is served already", interface->name);
        r = pf_idl_parse(interface->description, &idl, err);
        if (r == 0)
                r = check_methods(interface, idl, err);
        if (r < 0)
                return r;

        entries = realloc(service->entries, (service->n_entries + 1) * sizeof(*entries));
        if (!entries)
                return -ENOMEM;
        service->entries = entries;
        entries[service->n_entries++] = (PfVarlinkEntry){
                .interface = interface,
                .idl = PF_STEAL(idl),
                .data = data,
        };
        return 0;
}

/* The parameter is what InvalidParameter names, not the place inside of it. */
static void refuse_parameter(PfVarlinkCall *call, char *path) {
        path[strcspn(path, ".[")] = '\0';
        pf_varlink_error_invalid_parameter(call, path);
}

static void dispatch_method(const PfVarlinkEntry *entry, const char *name, PfVarlinkCall *call) {
        const PfVarlinkMethod *method = find_method(entry->interface, name);
        char path[PF_IDL_PATH_MAX];

        if (!method)
                return pf_varlink_call_refuse(call, "MethodNotFound", "method", call->method);
        if (call->upgrade)
                return pf_varlink_call_refuse(call, "MethodNotImplemented", "method", call->method);
        if (pf_idl_check(entry->idl, PF_IDL_CALL, name, call->parameters, path) != 0)
                return refuse_parameter(call, path);
        if (method->requires_more && !call->more)
                return pf_varlink_error(call, "org.varlink.service.ExpectedMore", NULL);
        method->handler(call, entry->data);
}

void pf_varlink_service_dispatch(PfVarlinkService *service, PfVarlinkCall *call) {
        const char *dot = strrchr(call->method, '.');
        const PfVarlinkEntry *entry;

        if (!dot)
                return pf_varlink_call_refuse(call, "MethodNotFound", "method", call->method);
        entry = find_entry(service, call->method, (size_t) (dot - call->method));
        if (!entry) {
                PF_AUTO_FREE char *name = strndup(call->method, (size_t) (dot - call->method));

                return name ? pf_varlink_call_refuse(call, "InterfaceNotFound", "interface", name)
                            : pf_varlink_drop(call);
        }
        dispatch_method(entry, dot + 1, call);
}

static PfJson *describe_service(const PfVarlinkService *service) {
        PF_CLEANUP(pf_json_freep) PfJson *info = pf_json_new_object();
        PfJson *names = NULL; /* borrowed from info */
        const PfVarlinkServerConfig *config = &service->config;

        if (!info || pf_json_put_string(info, "vendor", config->vendor) < 0 ||
            pf_json_put_string(info, "product", config->product) < 0 ||
            pf_json_put_string(info, "version", config->version) < 0 ||
            pf_json_put_string(info, "url", config->url) < 0 ||
            pf_json_put_take(info, "interfaces", names = pf_json_new_array()) < 0)
                return NULL;
        for (size_t i = 0; i < service->n_entries; i++)
                if (pf_json_append_string(names, service->entries[i].interface->name) < 0)
                        return NULL;
        return PF_STEAL(info);
}

static void handle_get_info(PfVarlinkCall *call, void *data) {
        PfJson *info = describe_service(data);

        if (!info)
                return pf_varlink_drop(call);
        pf_varlink_reply(call, info);
}

static void handle_get_interface_description(PfVarlinkCall *call, void *data) {
        const char *name = pf_json_get_string(pf_varlink_call_parameters(call), "interface");
        const PfVarlinkEntry *entry = find_entry(data, name, strlen(name));
        PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;

        if (!entry)
                return pf_varlink_call_refuse(call, "InterfaceNotFound", "interface", name);
        answer = pf_json_new_object();
        if (!answer || pf_json_put_string(answer, "description", entry->interface->description) < 0)
                return pf_varlink_drop(call);
        pf_varlink_reply(call, PF_STEAL(answer));
}

const PfVarlinkInterface pf_varlink_service_interface = {
        .name = "org.varlink.service",
        .description = pf_idl_org_varlink_service,
        .methods =
                (const PfVarlinkMethod[]){
                        { "GetInfo", handle_get_info, false },
                        { "GetInterfaceDescription", handle_get_interface_description, false },
                },
        .n_methods = 2,
};

bool pf_varlink_service_sweep(PfVarlinkService *service, uint64_t now_ms) {
        bool any = false;

        /* Closing takes nothing out of the list: that is done later. */
        for (PfVarlinkConnection *c = service->connections; c; c = c->next) {
                if (!pf_varlink_connection_is_waited_for(c, now_ms))
                        continue;
                if (now_ms - c->wait_since_ms >= service->config.stall_ms)
                        pf_varlink_connection_close(c);
                else
                        any = true;
        }
        return any;
}

void pf_varlink_service_limit_memory(PfVarlinkService *service) {
        while (service->held_bytes > service->config.memory_max) {
                PfVarlinkConnection *most = service->connections;

                for (PfVarlinkConnection *c = most; c; c = c->next)
                        if (c->held_bytes > most->held_bytes)
                                most = c;
                pf_varlink_connection_close(most);
        }
}
