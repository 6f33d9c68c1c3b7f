/* SPDX-License-Identifier: MIT */
/*
 * Plan(): which edits would make checks pass. Made on a thread of its own, on a target
 * and a loop that are this plan's alone; kept by its digest for Apply().
 */
#include "daemon/remedy/remediation-internal.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/remedy/planner.h"
#include "daemon/remedy/scope.h"
#include "daemon/remedy/settings-question.h"

#define WAITING_MAX 16 /* plans that are asked for at the same time */

/* Texts out of the call, which lives until it is answered, are borrowed. */
typedef struct Planning {
        PfWorkerJob job;
        PfRemediation *remediation;
        PfVarlinkCall *call; /* NULL: nobody waits any more */
        PfCaller caller;
        PfStrv checks;
        bool has_checks;
        bool may_consent;
        bool has_lease;
        PfLeaseScope lease;
        char *lease_address; /* of its source */
        const char *account;
        const char *source;

        /* What became of it. */
        int r;
        PfErr err;
        PfPlan *plan;
        PfQuestion *question;
        char *unmatched;
        const char *bad_field;
        bool is_stuck;
} Planning;

static void planning_free(Planning *planning) {
        pf_strv_deinit(&planning->checks);
        free(planning->lease_address);
        free(planning->unmatched);
        (void) pf_plan_free(planning->plan);
        (void) pf_question_unref(planning->question);
        free(planning);
}

/* --- on the thread --- */

/* A loop that a hanging probe uses is left to it, and so is the memory. */
static int run_planner(Planning *planning, PfPlanner *planner) {
        PF_AUTO_FREE uv_loop_t *loop = malloc(sizeof(*loop));
        const char *unmatched = NULL;
        int r;

        if (!loop || uv_loop_init(loop) < 0)
                return -ENOMEM;
        planner->loop = loop;
        r = pf_planner_run(planner, &planning->plan, &unmatched, &planning->err);
        if (unmatched) {
                planning->unmatched = strdup(unmatched);
                r = planning->unmatched ? r : -ENOMEM;
        }
        planning->is_stuck = uv_loop_close(loop) < 0;
        if (planning->is_stuck)
                (void) PF_STEAL(loop);
        return r;
}

static int make_plan(Planning *planning) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        const PfRemediationConfig *config = &planning->remediation->config;
        PfErr *err = &planning->err;
        PfPlanner planner = {
                .checks = planning->has_checks ? &planning->checks : NULL,
                .lease = planning->has_lease ? &planning->lease : NULL,
                .may_consent = planning->may_consent,
                .scratch = planning->remediation->scratch.path,
        };
        int r;

        r = pf_settings_load(config->host, &settings, NULL, err);
        if (r < 0)
                return r;
        r = pf_settings_question(config->host, settings, planning->account, planning->source,
                                 &planning->question, &planning->bad_field, err);
        if (r == 0)
                r = pf_target_new(config->root, PF_TARGET_DEFAULT, &target, err);
        if (r < 0)
                return r;
        planner.target = target;
        planner.question = planning->question;
        planner.deadline_ms = settings->deadline_usec / 1000;
        return run_planner(planning, &planner);
}

static void work(PfWorkerJob *job) {
        Planning *planning = (Planning *) job;

        planning->r = make_plan(planning);
}

/* --- the answer --- */

static void reply_plan(Planning *planning) {
        PfJson *json = NULL;

        if (pf_plan_to_json(planning->plan, &json) < 0) {
                pf_varlink_drop(planning->call);
                return;
        }
        pf_remediation_reply(planning->call, "plan", json);
        pf_kept_plans_put_take(
                &planning->remediation->kept,
                (PfKeptPlan){ .plan = PF_STEAL(planning->plan),
                              .question = PF_STEAL(planning->question),
                              .made_usec = pf_clock_monotonic_usec(),
                              .is_automatic = planning->caller == PF_CALLER_AUTOMATIC });
}

static void answer(Planning *planning) {
        PfVarlinkCall *call = planning->call;

        if (planning->r == 0)
                reply_plan(planning);
        else if (planning->r == PF_PLANNER_NO_SUCH_CHECK)
                pf_remediation_reply_error(call, "NoSuchCheck", "check",
                                           planning->unmatched ? planning->unmatched : "");
        else if (planning->bad_field)
                pf_varlink_error_invalid_parameter(call, planning->bad_field);
        else if (planning->r == -EAGAIN)
                pf_remediation_reply_error(call, "Busy", "reason",
                                           pf_err_text(&planning->err, planning->r));
        else
                pf_remediation_reply_failed(call, planning->r, &planning->err);
}

static void done(PfWorkerJob *job, bool begun) {
        Planning *planning = (Planning *) job;
        PfRemediation *remediation = planning->remediation;

        remediation->n_stuck += planning->is_stuck;
        if (planning->call) {
                pf_varlink_call_on_cancel(planning->call, NULL, NULL);
                if (begun)
                        answer(planning);
                else
                        pf_varlink_drop(planning->call);
        }
        planning_free(planning);
        if (remediation->config.changed)
                remediation->config.changed(remediation->config.data);
}

/* Nothing is changed by a plan: one that nobody waits for need not be begun. */
static void on_gone(PfVarlinkCall *call, void *data) {
        Planning *planning = data;

        if (!pf_worker_remove(planning->remediation->planning, &planning->job))
                return; /* done() ends the call, whose texts it still uses */
        planning->call = NULL;
        pf_varlink_drop(call);
        planning_free(planning);
}

/* --- the question --- */

static int list_from_json(const PfJson *array, PfStrv *ret) {
        for (size_t i = 0; i < pf_json_length(array); i++) {
                int r = pf_strv_add(ret, pf_json_string(pf_json_at(array, i)));

                if (r < 0)
                        return r;
        }
        return 0;
}

/* Of a network, which the planner refuses with the reason, what it begins with. */
static int parse_source(const char *text, char **ret_address) {
        PfErr ignored = { 0 };
        int r = pf_scope_check_source(text, &ignored);

        if (r < 0)
                return r;
        *ret_address = strndup(text, strcspn(text, "/"));
        return *ret_address ? 0 : -ENOMEM;
}

/* Whom the lease is for is whom the machine is asked about, unless that is said.
 * Return: 0, -ENOMEM, or -EINVAL with the field that is wrong. */
static int read_lease(Planning *planning, const PfJson *lease, const char **ret_field) {
        const PfJson *duration = pf_json_get(lease, "durationUSec");
        int64_t usec = pf_json_integer(duration);
        int r;

        planning->has_lease = true;
        planning->lease = (PfLeaseScope){ .account = pf_json_get_string(lease, "account"),
                                          .source = pf_json_get_string(lease, "source"),
                                          .duration_usec = usec > 0 ? (uint64_t) usec : 0 };
        *ret_field = "durationUSec";
        if (planning->lease.duration_usec < planning->remediation->config.lease_min_usec ||
            planning->lease.duration_usec > PF_LEASE_MAX_USEC)
                return -EINVAL;
        *ret_field = "source";
        r = parse_source(planning->lease.source, &planning->lease_address);
        if (r < 0)
                return r;
        if (!planning->account)
                planning->account = planning->lease.account;
        if (!planning->source)
                planning->source = planning->lease_address;
        *ret_field = "account";
        return strcmp(planning->account, planning->lease.account) == 0 ? 0 : -EINVAL;
}

static int read_parameters(Planning *planning, const char **ret_field) {
        const PfJson *parameters = pf_varlink_call_parameters(planning->call);
        const PfJson *checks = pf_json_get(parameters, "checks");
        const PfJson *lease = pf_json_get(parameters, "lease");

        planning->has_checks = checks != NULL;
        planning->may_consent = pf_json_bool(pf_json_get(parameters, "consent"));
        planning->account = pf_json_get_string(parameters, "account");
        planning->source = pf_json_get_string(parameters, "source");
        if (list_from_json(checks, &planning->checks) < 0)
                return -ENOMEM;
        return lease ? read_lease(planning, lease, ret_field) : 0;
}

/* What works unattended asks for nothing that needs a yes. */
static bool is_for_root(const Planning *planning) {
        return planning->may_consent || planning->has_lease;
}

static int make_scratch(PfRemediation *remediation) {
        int r = 0;

        if (!remediation->scratch.path)
                r = pf_scratch_make(PF_SCRATCH_PLANS, &remediation->scratch);
        return r == -ENOMEM ? r : 0; /* without one, what is too large for memory is not offered */
}

void pf_method_plan(PfVarlinkCall *call, void *data) {
        PfRemediation *remediation = data;
        PfCaller caller = pf_remediation_admit(remediation, call, PF_CALLER_AUTOMATIC);
        const char *field = "";
        Planning *planning;
        int r;

        if (caller == PF_CALLER_STRANGER)
                return;
        if (pf_worker_n_jobs(remediation->planning) >= WAITING_MAX) {
                pf_remediation_reply_error(call, "Busy", "reason",
                                           "too many plans are being made; try again later");
                return;
        }
        planning = calloc(1, sizeof(*planning));
        if (!planning) {
                pf_varlink_drop(call);
                return;
        }
        *planning = (Planning){ .job = { .work = work, .done = done },
                                .remediation = remediation,
                                .call = call,
                                .caller = caller };
        r = read_parameters(planning, &field);
        if (r == 0)
                r = make_scratch(remediation);
        if (r == -EINVAL)
                pf_varlink_error_invalid_parameter(call, field);
        else if (r < 0)
                pf_varlink_drop(call);
        else if (is_for_root(planning) &&
                 pf_remediation_admit(remediation, call, PF_CALLER_ROOT) == PF_CALLER_STRANGER)
                r = -EPERM; /* answered */
        if (r < 0) {
                planning_free(planning);
                return;
        }
        pf_varlink_call_on_cancel(call, on_gone, planning);
        pf_worker_add(remediation->planning, &planning->job);
        if (remediation->config.changed)
                remediation->config.changed(remediation->config.data);
}
