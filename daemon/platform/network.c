/* SPDX-License-Identifier: MIT */
/*
 * Asks the machine we run on about its network, keeps what it said where a
 * capture is made, and gives back what a captured machine said.
 */
#include "daemon/platform/network.h"

#include <string.h>
#include <uv.h>

#include "daemon/platform/machine-internal.h"

#define ADDRESS_TEXT_MAX 46

/* Positive outcome of recall(), beside PF_NETWORK_NOT_ASKED: ask the kernel. */
enum { ASK = 5 };

static int recall(const PfTarget *target, const char *book, const char *question,
                  const PfJson **ret, PfErr *err) {
        int r = pf_target_recall(target, book, question, ret, err);

        if (r != PF_TARGET_ABSENT)
                return r;
        return pf_target_is_host(target) ? ASK : PF_NETWORK_NOT_ASKED;
}

static int not_understood(const char *what, PfErr *err) {
        return pf_err_set(err, -EINVAL, "%s: the captured answer is not understood", what);
}

static void address_to_text(const PfIpAddress *address, char ret[static ADDRESS_TEXT_MAX]) {
        (void) uv_inet_ntop(address->is_ipv6 ? AF_INET6 : AF_INET, address->bytes, ret,
                            ADDRESS_TEXT_MAX);
}

/* --- interfaces --- */

static PfJson *addresses_to_json(const PfInterface *interface) {
        PF_CLEANUP(pf_json_freep) PfJson *list = pf_json_new_array();

        for (size_t i = 0; list && i < interface->n_addresses; i++) {
                char address[ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX + 8];

                address_to_text(&interface->addresses[i].address, address);
                (void) snprintf(text, sizeof(text), "%s/%u", address,
                                interface->addresses[i].prefix);
                if (pf_json_append_string(list, text) < 0)
                        return NULL;
        }
        return PF_STEAL(list);
}

static PfJson *interface_to_json(const PfInterface *interface) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || pf_json_put_string(object, "name", interface->name) < 0 ||
            pf_json_put_string(object, "kind", interface->kind) < 0 ||
            pf_json_put_string(object, "master", interface->master) < 0 ||
            pf_json_put_bool(object, "loopback", interface->is_loopback) < 0 ||
            pf_json_put_bool(object, "up", interface->is_up) < 0 ||
            pf_json_put_bool(object, "running", interface->is_running) < 0 ||
            pf_json_put_take(object, "addresses", addresses_to_json(interface)) < 0)
                return NULL;
        return PF_STEAL(object);
}

static PfJson *interfaces_to_json(const PfInterfaces *interfaces) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *list = pf_json_new_array();

        for (size_t i = 0; list && i < interfaces->n; i++)
                if (pf_json_append_take(list, interface_to_json(&interfaces->items[i])) < 0)
                        return NULL;
        if (!answer || !list || pf_json_put_take(answer, "interfaces", PF_STEAL(list)) < 0)
                return NULL;
        return PF_STEAL(answer);
}

static int add_address(const char *text, PfInterface *interface) {
        const char *slash = text ? strchr(text, '/') : NULL;
        PfInterfaceAddress address = { 0 };
        char bare[ADDRESS_TEXT_MAX];

        if (!slash || (size_t) (slash - text) >= sizeof(bare))
                return -EINVAL;
        memcpy(bare, text, (size_t) (slash - text));
        bare[slash - text] = '\0';
        address.prefix = (unsigned) strtoul(slash + 1, NULL, 10);
        if (pf_ip_address_parse(bare, &address.address) < 0 || address.prefix > 128)
                return -EINVAL;
        return pf_interface_add_address(interface, &address);
}

/* An absent text is "". */
static int take_text(const PfJson *object, const char *key,
                     char ret[static PF_INTERFACE_NAME_MAX]) {
        const char *text = pf_json_get_string(object, key);
        int n = snprintf(ret, PF_INTERFACE_NAME_MAX, "%s", text ? text : "");

        return n < PF_INTERFACE_NAME_MAX ? 0 : -EINVAL;
}

static int add_interface(const PfJson *object, PfInterfaces *interfaces) {
        const PfJson *addresses = pf_json_get(object, "addresses");
        PfInterface *interface = pf_interfaces_add(interfaces);
        int r = 0;

        if (!interface)
                return -ENOMEM;
        interface->index = (unsigned) interfaces->n; /* by name is how a capture tells them */
        interface->is_loopback = pf_json_bool(pf_json_get(object, "loopback"));
        interface->is_up = pf_json_bool(pf_json_get(object, "up"));
        interface->is_running = pf_json_bool(pf_json_get(object, "running"));
        if (take_text(object, "name", interface->name) < 0 ||
            take_text(object, "kind", interface->kind) < 0 ||
            take_text(object, "master", interface->master) < 0 || !interface->name[0])
                return -EINVAL;
        for (size_t i = 0; r == 0 && addresses && i < pf_json_length(addresses); i++)
                r = add_address(pf_json_string(pf_json_at(addresses, i)), interface);
        return r;
}

static int interfaces_from_json(const PfJson *answer, PfInterfaces *ret, PfErr *err) {
        PF_AUTO_INTERFACES PfInterfaces interfaces = { 0 };
        const PfJson *list = pf_json_get(answer, "interfaces");
        int r = pf_machine_read_no_answer(answer, PF_NETWORK_NOT_ASKED, err);

        if (r == 0 && pf_json_type(list) != PF_JSON_ARRAY)
                r = -EINVAL;
        for (size_t i = 0; r == 0 && i < pf_json_length(list); i++)
                r = add_interface(pf_json_at(list, i), &interfaces);
        if (r != 0)
                return r == -EINVAL ? not_understood("interfaces", err) : r;
        *ret = interfaces;
        interfaces = (PfInterfaces){ 0 };
        return 0;
}

int pf_machine_interfaces(const PfTarget *target, PfInterfaces *ret, PfErr *err) {
        const PfJson *answer = NULL;
        PfErr detail = { 0 };
        int r = recall(target, "interfaces", "all", &answer, err);

        if (r == 0)
                return interfaces_from_json(answer, ret, err);
        if (r != ASK)
                return r;
        r = pf_interfaces_read(ret, &detail);
        if (pf_target_is_recorded(target))
                pf_target_remember(target, "interfaces", "all",
                                   r == 0 ? interfaces_to_json(ret)
                                          : pf_machine_no_answer("none", r, &detail));
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&detail, r)) : r;
}

/* --- routes --- */

static PfJson *route_to_json(const char *name) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        return answer && pf_json_put_string(answer, "interface", name) == 0 ? PF_STEAL(answer)
                                                                            : NULL;
}

int pf_machine_route(const PfTarget *target, const PfIpAddress *address,
                     char ret_name[static PF_INTERFACE_NAME_MAX], PfErr *err) {
        const PfJson *answer = NULL;
        char question[ADDRESS_TEXT_MAX];
        PfErr detail = { 0 };
        int r;

        address_to_text(address, question);
        r = recall(target, "routes", question, &answer, err);
        if (r == 0) {
                r = pf_machine_read_no_answer(answer, PF_ROUTE_NONE, err);
                if (r == 0 && take_text(answer, "interface", ret_name) < 0)
                        r = not_understood("routes", err);
                return r;
        }
        if (r != ASK)
                return r;
        r = pf_route_read(address, ret_name, &detail);
        if (pf_target_is_recorded(target))
                pf_target_remember(target, "routes", question,
                                   r == 0 ? route_to_json(ret_name)
                                          : pf_machine_no_answer("none", r, &detail));
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&detail, r)) : r;
}

/* --- local ports --- */

static PfJson *left_to_json(bool left) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        return answer && pf_json_put_bool(answer, "left", left) == 0 ? PF_STEAL(answer) : NULL;
}

int pf_machine_port_left(const PfTarget *target, bool *ret, PfErr *err) {
        const PfJson *answer = NULL;
        PfErr detail = { 0 };
        int r = recall(target, "ports", "left", &answer, err);

        if (r == 0) {
                *ret = pf_json_bool(pf_json_get(answer, "left"));
                return pf_machine_read_no_answer(answer, PF_NETWORK_NOT_ASKED, err);
        }
        if (r != ASK)
                return r;
        r = pf_port_left(ret, &detail);
        if (pf_target_is_recorded(target))
                pf_target_remember(target, "ports", "left",
                                   r == 0 ? left_to_json(*ret)
                                          : pf_machine_no_answer("none", r, &detail));
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&detail, r)) : r;
}
