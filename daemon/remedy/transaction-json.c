/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/transaction-json.h"

#include <string.h>

/* Enum values have no dashes on the wire. */
static int put_state(PfJson *json, PfTransactionState state) {
        char name[32];
        size_t n = 0;

        for (const char *p = pf_transaction_state_to_string(state); *p && n + 1 < sizeof(name); p++)
                if (*p != '-')
                        name[n++] = *p;
        name[n] = '\0';
        return pf_json_put_string(json, "state", name);
}

static int put_text(PfJson *json, const char *key, const char *text) {
        return pf_json_put_string(json, key, text ? text : "");
}

/* Null says more than an empty text. */
static int put_if(PfJson *json, const char *key, const char *text) {
        return text ? pf_json_put_string(json, key, text) : pf_json_put_null(json, key);
}

static bool is_open(const PfTransaction *transaction) {
        return transaction->state == PF_TRANSACTION_APPLYING ||
               transaction->state == PF_TRANSACTION_APPLIED ||
               (transaction->state == PF_TRANSACTION_REVERTING && !transaction->is_covered);
}

static int put_lease(PfJson *json, const PfTransaction *transaction, const PfLeaseClock *now) {
        const PfTransactionLease *lease = transaction->lease;
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        uint64_t left = is_open(transaction) ? pf_lease_left_usec(lease, now) : 0;

        if (!object || put_text(object, "account", lease->scope.account) < 0 ||
            put_text(object, "source", lease->scope.source) < 0 ||
            pf_json_put_uint(object, "durationUSec", lease->scope.duration_usec) < 0 ||
            pf_json_put_take(json, "lease", PF_STEAL(object)) < 0)
                return -ENOMEM;
        return left > 0 ? pf_json_put_uint(json, "leaseEndsUSec", now->real_usec + left)
                        : pf_json_put_null(json, "leaseEndsUSec");
}

static int put_no_lease(PfJson *json) {
        return pf_json_put_null(json, "lease") < 0 ? -ENOMEM
                                                   : pf_json_put_null(json, "leaseEndsUSec");
}

int pf_transaction_to_json(const PfTransaction *transaction, const PfLeaseClock *now,
                           PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();

        if (!json || put_text(json, "id", transaction->id) < 0 ||
            put_state(json, transaction->state) < 0 ||
            pf_json_put_uint(json, "startedUSec", transaction->started_usec) < 0 ||
            (transaction->ended_usec ? pf_json_put_uint(json, "endedUSec", transaction->ended_usec)
                                     : pf_json_put_null(json, "endedUSec")) < 0 ||
            put_text(json, "who", transaction->who) < 0 ||
            put_text(json, "why", transaction->why) < 0 ||
            put_text(json, "digest", transaction->digest) < 0 ||
            put_if(json, "text", transaction->text) < 0 ||
            pf_json_put_strv(json, "paths", &transaction->paths) < 0 ||
            (transaction->lease ? put_lease(json, transaction, now) : put_no_lease(json)) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(json);
        return 0;
}
