/* SPDX-License-Identifier: MIT */
/*
 * Asks the machine we run on, keeps what it said where a capture is made, and
 * gives back what a captured machine said.
 */
#include "daemon/platform/machine.h"
#include "daemon/platform/machine-internal.h"

#include <string.h>

#include "daemon/base/ip-address.h"

#define BOOK_LISTENERS "listeners"
#define BOOK_UNITS "units"

/* --- listeners --- */

static const char *const takes[] = {
        [PF_TAKES_IPV4_YES] = "yes",
        [PF_TAKES_IPV4_NO] = "no",
        [PF_TAKES_IPV4_UNKNOWN] = "unknown",
};

static PfJson *socket_to_json(const PfTcpListener *listener) {
        PF_CLEANUP(pf_json_freep) PfJson *socket = pf_json_new_object();

        if (!socket || pf_json_put_string(socket, "address", listener->address) < 0 ||
            pf_json_put_uint(socket, "port", listener->port) < 0 ||
            pf_json_put_string(socket, "takesIpv4", takes[listener->takes_ipv4]) < 0)
                return NULL;
        return PF_STEAL(socket);
}

PfJson *pf_machine_listeners_answer(const PfTcpTable *table) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *sockets = pf_json_new_array();

        for (size_t i = 0; sockets && i < table->n; i++)
                if (pf_json_append_take(sockets, socket_to_json(&table->listeners[i])) < 0)
                        return NULL;
        if (!answer || !sockets || pf_json_put_take(answer, "sockets", PF_STEAL(sockets)) < 0)
                return NULL;
        return PF_STEAL(answer);
}

static int add_socket(const PfJson *socket, PfTcpTable *table, PfErr *err) {
        const char *text = pf_json_get_string(socket, "address");
        const char *word = pf_json_get_string(socket, "takesIpv4");
        int64_t port = pf_json_integer(pf_json_get(socket, "port"));
        PfIpAddress address;
        size_t i = 0;

        while (word && i < PF_ELEMENTS(takes) && strcmp(takes[i], word) != 0)
                i++;
        if (!text || !word || i == PF_ELEMENTS(takes) || port < 1 || port > UINT16_MAX ||
            pf_ip_address_parse(text, &address) < 0)
                return pf_err_set(err, -EINVAL, "a captured socket is not understood");
        return pf_tcp_table_add(table, address.is_ipv6, address.bytes, (uint16_t) port,
                                (PfTakesIpv4) i);
}

static int table_from_json(const PfJson *answer, PfTcpTable *ret, PfErr *err) {
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        const PfJson *sockets = pf_json_get(answer, "sockets");
        int r = pf_machine_read_no_answer(answer, PF_LISTENERS_UNSUPPORTED, err);

        if (r == 0 && pf_json_type(sockets) != PF_JSON_ARRAY)
                r = pf_err_set(err, -EINVAL, "the captured sockets are not understood");
        for (size_t i = 0; r == 0 && i < pf_json_length(sockets); i++)
                r = add_socket(pf_json_at(sockets, i), &table, err);
        if (r == 0) {
                *ret = table;
                table = (PfTcpTable){ 0 };
        }
        return r;
}

int pf_machine_listeners(const PfTarget *target, PfTcpTable *ret, PfErr *err) {
        const PfJson *answer = NULL;
        PfErr detail = { 0 };
        int r;

        r = pf_target_recall(target, BOOK_LISTENERS, "tcp", &answer, err);
        if (r == 0)
                return table_from_json(answer, ret, err);
        if (r != PF_TARGET_ABSENT)
                return r;
        if (!pf_target_is_host(target))
                return PF_LISTENERS_UNSUPPORTED;

        r = pf_listeners_read(ret, &detail);
        if (pf_target_is_recorded(target))
                pf_target_remember(target, BOOK_LISTENERS, "tcp",
                                   r == 0 ? pf_machine_listeners_answer(ret)
                                          : pf_machine_no_answer("unsupported", r, &detail));
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&detail, r)) : r;
}

/* --- units --- */

static const char *const states[] = {
        [PF_UNIT_ACTIVE] = "active",     [PF_UNIT_STARTING] = "starting",
        [PF_UNIT_INACTIVE] = "inactive", [PF_UNIT_FAILED] = "failed",
        [PF_UNIT_ABSENT] = "absent",
};

static PfJson *state_to_json(PfUnitState state) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        return answer && pf_json_put_string(answer, "state", states[state]) == 0 ? PF_STEAL(answer)
                                                                                 : NULL;
}

static int state_from_json(const PfJson *answer, const char *name, PfUnitState *ret, PfErr *err) {
        const char *word = pf_json_get_string(answer, "state");
        int r = pf_machine_read_no_answer(answer, PF_UNITS_NO_MANAGER, err);

        if (r != 0)
                return r;
        for (size_t i = 0; word && i < PF_ELEMENTS(states); i++)
                if (strcmp(states[i], word) == 0) {
                        *ret = (PfUnitState) i;
                        return 0;
                }
        return pf_err_set(err, -EINVAL, "%s: its captured state is not understood", name);
}

static int ask_units(const PfTarget *target, const char *const *names, size_t n, PfUnitState *ret,
                     PfErr *err) {
        PfErr detail = { 0 };
        int r = pf_units_state(names, n, ret, &detail);

        for (size_t i = 0; i < n && pf_target_is_recorded(target); i++)
                pf_target_remember(target, BOOK_UNITS, names[i],
                                   r == 0 ? state_to_json(ret[i])
                                          : pf_machine_no_answer("no-manager", r, &detail));
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&detail, r)) : r;
}

/* The states that are kept; *@ret_missing: there is none of some. */
static int recall_units(const PfTarget *target, const char *const *names, size_t n,
                        PfUnitState *ret, bool *ret_missing, PfErr *err) {
        *ret_missing = false;
        for (size_t i = 0; i < n; i++) {
                const PfJson *answer = NULL;
                int r = pf_target_recall(target, BOOK_UNITS, names[i], &answer, err);

                if (r == PF_TARGET_ABSENT) {
                        *ret_missing = true;
                        continue;
                }
                if (r == 0)
                        r = state_from_json(answer, names[i], &ret[i], err);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* An overlay may answer for some of them: then it is asked again, and has the last word. */
int pf_machine_units(const PfTarget *target, const char *const *names, size_t n, PfUnitState *ret,
                     PfErr *err) {
        bool is_missing;
        int r = recall_units(target, names, n, ret, &is_missing, err);

        if (r != 0 || !is_missing)
                return r;
        if (!pf_target_is_host(target))
                return PF_UNITS_NO_MANAGER;
        r = ask_units(target, names, n, ret, err);
        return r == 0 ? recall_units(target, names, n, ret, &is_missing, err) : r;
}
