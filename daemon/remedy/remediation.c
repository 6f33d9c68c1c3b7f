/* SPDX-License-Identifier: MIT */
/*
 * The service behind org.preflightd.Remediation: what its methods share, and who may
 * call them.
 */
#include "daemon/remedy/remediation-internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/varlink/descriptions.h"

/* --- who may --- */

/* Who runs this process may do by himself all that it can. */
static PfCaller tell_caller(const PfRemediation *remediation, const PfVarlinkCall *call) {
        uint32_t uid = pf_varlink_call_uid(call);

        if (uid == 0 || uid == geteuid())
                return PF_CALLER_ROOT;
        return uid == remediation->config.automatic_uid && uid != PF_REMEDIATION_NOBODY
                       ? PF_CALLER_AUTOMATIC
                       : PF_CALLER_STRANGER;
}

PfCaller pf_remediation_admit(const PfRemediation *remediation, PfVarlinkCall *call,
                              PfCaller least) {
        PfCaller caller = tell_caller(remediation, call);

        if (caller >= least)
                return caller;
        pf_remediation_reply_error(call, "NotPermitted", "reason",
                                   caller == PF_CALLER_AUTOMATIC
                                           ? "only root may do that, not what works unattended"
                                           : "only root may change this machine: use sudo, or log "
                                             "in as root");
        return PF_CALLER_STRANGER;
}

char *pf_remediation_who(PfCaller caller, const PfVarlinkCall *call) {
        char *who;
        int n;

        if (caller == PF_CALLER_AUTOMATIC)
                n = asprintf(&who, "preflightd: automatic");
        else if (pf_varlink_call_uid(call) == 0)
                n = asprintf(&who, "root (uid 0, pid %d)", (int) pf_varlink_call_pid(call));
        else
                n = asprintf(&who, "uid %u, pid %d", (unsigned) pf_varlink_call_uid(call),
                             (int) pf_varlink_call_pid(call));
        return n < 0 ? NULL : who;
}

/* --- answers --- */

void pf_remediation_reply(PfVarlinkCall *call, const char *key, PfJson *value_take) {
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();

        if (!message) {
                (void) pf_json_free(value_take);
                pf_varlink_drop(call);
        } else if (pf_json_put_take(message, key, value_take) < 0) {
                pf_varlink_drop(call);
        } else {
                pf_varlink_reply(call, PF_STEAL(message));
        }
}

static void reply_texts(PfVarlinkCall *call, const char *error, const char *const texts[][2],
                        size_t n) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = pf_json_new_object();
        char name[80];
        int r = parameters ? 0 : -ENOMEM;

        (void) snprintf(name, sizeof(name), "%s.%s", PF_REMEDIATION_INTERFACE, error);
        for (size_t i = 0; i < n && r == 0; i++)
                r = pf_json_put_string(parameters, texts[i][0], texts[i][1]);
        if (r < 0)
                pf_varlink_drop(call);
        else
                pf_varlink_error(call, name, PF_STEAL(parameters));
}

void pf_remediation_reply_error(PfVarlinkCall *call, const char *error, const char *key,
                                const char *text) {
        const char *const texts[][2] = { { key, text } };

        reply_texts(call, error, texts, 1);
}

void pf_remediation_reply_check(PfVarlinkCall *call, const char *error, const char *check,
                                const char *reason) {
        const char *const texts[][2] = { { "check", check }, { "reason", reason } };

        reply_texts(call, error, texts, 2);
}

void pf_remediation_reply_failed(PfVarlinkCall *call, int r, const PfErr *err) {
        static const struct {
                int code;
                const char *error;
                const char *key;
        } errors[] = {
                { -EBADMSG, "ValidationFailed", "output" },
                { -ENODATA, "PlanStale", "reason" },
                { -EROFS, "ReadOnlyTarget", "reason" },
                { -EBUSY, "Busy", "reason" },
        };

        if (r == -ENOMEM) {
                pf_varlink_drop(call);
                return;
        }
        for (size_t i = 0; i < PF_ELEMENTS(errors); i++)
                if (errors[i].code == r) {
                        pf_remediation_reply_error(call, errors[i].error, errors[i].key,
                                                   pf_err_text(err, r));
                        return;
                }
        pf_remediation_reply_error(call, "Failed", "reason", pf_err_text(err, r));
}

/* --- the service --- */

static const PfVarlinkMethod methods[] = {
        { .name = "Plan", .handler = pf_method_plan },
        { .name = "Apply", .handler = pf_method_apply },
        { .name = "ListTransactions", .handler = pf_method_list_transactions },
        { .name = "Undo", .handler = pf_method_undo },
};

const PfVarlinkInterface pf_remediation_interface = {
        .name = PF_REMEDIATION_INTERFACE,
        .description = pf_idl_org_preflightd_Remediation,
        .methods = methods,
        .n_methods = PF_ELEMENTS(methods),
};

bool pf_remediation_is_resting(const PfRemediation *remediation) {
        return pf_worker_n_jobs(remediation->planning) == 0 &&
               pf_worker_n_jobs(remediation->changing) == 0 && remediation->open.n == 0 &&
               !remediation->is_unsure;
}

bool pf_remediation_is_stuck(const PfRemediation *remediation) {
        return remediation->n_stuck > 0;
}

void pf_remediation_end_leases(PfRemediation *remediation, void (*ended)(void *data)) {
        remediation->is_ending = true;
        pf_remediation_look_after_leases(remediation, true, ended);
}

static void on_deadline(void *data) {
        pf_remediation_look_after_leases(data, false, NULL);
}

int pf_remediation_new(const PfRemediationConfig *config, PfRemediation **ret, PfErr *err) {
        PF_CLEANUP(pf_remediation_freep) PfRemediation *remediation = NULL;
        int r;

        remediation = calloc(1, sizeof(*remediation));
        if (!remediation)
                return -ENOMEM;
        remediation->config = *config;
        remediation->scratch = (PfScratch) PF_SCRATCH_INIT;
        pf_scratch_sweep_all();
        if (config->lease_min_usec == 0)
                remediation->config.lease_min_usec = PF_LEASE_MIN_USEC;
        (void) pf_target_ref(config->host);
        r = pf_worker_new(config->loop, &remediation->planning);
        if (r == 0)
                r = pf_worker_new(config->loop, &remediation->changing);
        if (r == 0)
                r = pf_lease_timer_new(config->loop, on_deadline, remediation, &remediation->timer,
                                       err);
        if (r < 0)
                return r;
        pf_remediation_look_after_leases(remediation, false, NULL);
        *ret = PF_STEAL(remediation);
        return 0;
}

PfRemediation *pf_remediation_free(PfRemediation *remediation) {
        if (!remediation)
                return NULL;
        remediation->config.changed = NULL;
        remediation->planning = pf_worker_free(remediation->planning);
        remediation->changing = pf_worker_free(remediation->changing);
        remediation->timer = pf_lease_timer_free(remediation->timer);
        pf_kept_plans_deinit(&remediation->kept);
        (void) pf_transactions_free(remediation->transactions);
        pf_strv_deinit(&remediation->open);
        pf_strv_deinit(&remediation->covered);
        pf_scratch_deinit(&remediation->scratch);
        (void) pf_target_unref(remediation->config.host);
        free(remediation);
        return NULL;
}
