/* SPDX-License-Identifier: MIT */
/*
 * Servers: the names of all of them are looked up, then connections to all of
 * their addresses are tried at once. A captured machine says what came of it.
 */
#include "daemon/platform/network.h"

#include <string.h>
#include <uv.h>

#include "daemon/base/clock.h"
#include "daemon/platform/machine-internal.h"

#define BOOK "endpoints"
#define CONFIGURED "configured"
#define ADDRESS_TEXT_MAX 46
#define ERRNO_MAX 4095

void pf_endpoint_answers_deinit(PfEndpointAnswers *answers) {
        free(answers->items);
        *answers = (PfEndpointAnswers){ 0 };
}

static void to_text(const PfEndpoint *endpoint, char *ret, size_t size) {
        bool in_brackets = endpoint->is_address && endpoint->address.is_ipv6;

        (void) snprintf(ret, size, in_brackets ? "[%s]:%u" : "%s:%u", endpoint->host,
                        endpoint->port);
}

static int begin(const PfStrv *endpoints, PfEndpointAnswers *ret, PfErr *err) {
        ret->items = calloc(endpoints->n ? endpoints->n : 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (ret->n = 0; ret->n < endpoints->n; ret->n++) {
                PfEndpointAnswer *answer = &ret->items[ret->n];

                if (pf_endpoint_parse(endpoints->items[ret->n], &answer->endpoint) < 0)
                        return pf_err_set(err, -EINVAL, "%s: is no server and port",
                                          endpoints->items[ret->n]);
                answer->lookup.name = answer->endpoint.host;
        }
        return 0;
}

/* --- asking --- */

/* Names are looked up together, since the C library is asked by one thread. */
static int look_up(PfEndpointAnswers *answers, uint64_t deadline_usec, PfErr *err) {
        PF_AUTO_FREE PfLookup *lookups = calloc(answers->n, sizeof(*lookups));
        size_t n = 0;
        int r;

        if (!lookups)
                return -ENOMEM;
        for (size_t i = 0; i < answers->n; i++)
                if (!answers->items[i].endpoint.is_address)
                        lookups[n++] = answers->items[i].lookup;
        r = pf_lookup(lookups, n, deadline_usec, err);
        if (r < 0)
                return r;
        n = 0;
        for (size_t i = 0; i < answers->n; i++) {
                PfEndpointAnswer *answer = &answers->items[i];

                if (answer->endpoint.is_address) {
                        answer->lookup.addresses[0] = answer->endpoint.address;
                        answer->lookup.n = 1;
                } else {
                        answer->lookup = lookups[n++];
                }
        }
        return 0;
}

static int reach(PfEndpointAnswers *answers, uint64_t deadline_usec, PfErr *err) {
        PF_AUTO_FREE PfReach *all = NULL;
        size_t n = 0;
        int r;

        all = calloc(answers->n * PF_LOOKUP_ADDRESSES_MAX, sizeof(*all));
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < answers->n; i++)
                for (size_t j = 0; j < answers->items[i].lookup.n; j++)
                        all[n++] = (PfReach){ .address = answers->items[i].lookup.addresses[j],
                                              .port = answers->items[i].endpoint.port };
        r = pf_reach(all, n, deadline_usec, err);
        n = 0;
        for (size_t i = 0; i < answers->n; i++)
                for (size_t j = 0; j < answers->items[i].lookup.n; j++)
                        answers->items[i].tries[j] = all[n++];
        return r;
}

static int ask(PfEndpointAnswers *answers, uint64_t timeout_usec, PfErr *err) {
        uint64_t now = pf_clock_monotonic_usec();
        int r = look_up(answers, now + timeout_usec / 2, err);

        return r < 0 ? r : reach(answers, now + timeout_usec, err);
}

/* --- books --- */

static PfJson *try_to_json(const PfReach *one) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        char address[ADDRESS_TEXT_MAX];

        (void) uv_inet_ntop(one->address.is_ipv6 ? AF_INET6 : AF_INET, one->address.bytes, address,
                            sizeof(address));
        if (!object || pf_json_put_string(object, "address", address) < 0 ||
            pf_json_put_uint(object, "error", (uint64_t) -one->r) < 0)
                return NULL;
        return PF_STEAL(object);
}

static PfJson *answer_to_json(const PfEndpointAnswer *answer) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *tries = pf_json_new_array();

        for (size_t i = 0; tries && i < answer->lookup.n; i++)
                if (pf_json_append_take(tries, try_to_json(&answer->tries[i])) < 0)
                        return NULL;
        if (!object || !tries ||
            pf_json_put_uint(object, "lookup", (uint64_t) -answer->lookup.r) < 0 ||
            pf_json_put_uint(object, "lookupMSec", answer->lookup.usec / 1000) < 0 ||
            pf_json_put_take(object, "addresses", PF_STEAL(tries)) < 0)
                return NULL;
        return PF_STEAL(object);
}

static void remember(const PfTarget *target, const PfStrv *endpoints,
                     const PfEndpointAnswers *answers) {
        PF_CLEANUP(pf_json_freep) PfJson *configured = pf_json_new_object();

        if (!pf_target_is_recorded(target))
                return;
        if (!configured || pf_json_put_strv(configured, "endpoints", endpoints) < 0)
                configured = pf_json_free(configured);
        pf_target_remember(target, BOOK, CONFIGURED, PF_STEAL(configured));
        for (size_t i = 0; i < answers->n; i++) {
                char question[PF_ENDPOINT_HOST_MAX + 16];

                to_text(&answers->items[i].endpoint, question, sizeof(question));
                pf_target_remember(target, BOOK, question, answer_to_json(&answers->items[i]));
        }
}

static int read_errno(const PfJson *object, const char *key, int *ret) {
        int64_t error = pf_json_integer(pf_json_get(object, key));

        if (error < 0 || error > ERRNO_MAX)
                return -EINVAL;
        *ret = (int) -error;
        return 0;
}

static int answer_from_json(const PfJson *object, PfEndpointAnswer *answer) {
        const PfJson *tries = pf_json_get(object, "addresses");
        size_t n = tries ? pf_json_length(tries) : 0;

        if (n > PF_LOOKUP_ADDRESSES_MAX || read_errno(object, "lookup", &answer->lookup.r) < 0)
                return -EINVAL;
        answer->lookup.usec = (uint64_t) pf_json_integer(pf_json_get(object, "lookupMSec")) * 1000;
        for (size_t i = 0; i < n; i++) {
                const PfJson *one = pf_json_at(tries, i);
                const char *address = pf_json_get_string(one, "address");
                PfReach *reached = &answer->tries[i];

                if (!address || pf_ip_address_parse(address, &reached->address) < 0 ||
                    read_errno(one, "error", &reached->r) < 0)
                        return -EINVAL;
                reached->port = answer->endpoint.port;
                answer->lookup.addresses[i] = reached->address;
        }
        answer->lookup.n = n;
        return 0;
}

static int recall_answers(const PfTarget *target, PfEndpointAnswers *answers, PfErr *err) {
        for (size_t i = 0; i < answers->n; i++) {
                char question[PF_ENDPOINT_HOST_MAX + 16];
                const PfJson *object = NULL;
                int r;

                to_text(&answers->items[i].endpoint, question, sizeof(question));
                r = pf_target_recall(target, BOOK, question, &object, err);
                if (r == 0)
                        r = answer_from_json(object, &answers->items[i]);
                if (r != 0)
                        return pf_err_set(err, r < 0 ? r : -ENODATA,
                                          "%s: no captured answer that is understood", question);
        }
        return 0;
}

static int recall_configured(const PfTarget *target, PfStrv *ret, PfErr *err) {
        const PfJson *answer = NULL;
        const PfJson *list;
        int r = pf_target_recall(target, BOOK, CONFIGURED, &answer, err);

        if (r != 0)
                return r;
        list = pf_json_get(answer, "endpoints");
        for (size_t i = 0; list && i < pf_json_length(list); i++) {
                const char *text = pf_json_string(pf_json_at(list, i));

                if (pf_strv_add(ret, text ? text : "") < 0)
                        return -ENOMEM;
        }
        return 0;
}

int pf_machine_endpoints(const PfTarget *target, const PfStrv *endpoints, uint64_t timeout_usec,
                         PfEndpointAnswers *ret, PfErr *err) {
        PF_AUTO_ENDPOINT_ANSWERS PfEndpointAnswers answers = { 0 };
        PF_AUTO_STRV PfStrv captured = { 0 };
        int r = recall_configured(target, &captured, err);
        bool is_captured = r == 0;

        if (r < 0)
                return r;
        r = begin(is_captured ? &captured : endpoints, &answers, err);
        if (r == 0 && is_captured)
                r = recall_answers(target, &answers, err);
        else if (r == 0 && !pf_target_is_host(target))
                r = PF_NETWORK_NOT_ASKED;
        else if (r == 0 && answers.n > 0)
                r = ask(&answers, timeout_usec, err);
        if (r < 0)
                return r;
        if (!is_captured && pf_target_is_host(target))
                remember(target, endpoints, &answers);
        *ret = answers;
        answers = (PfEndpointAnswers){ 0 };
        return r;
}
