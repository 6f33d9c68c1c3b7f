/* SPDX-License-Identifier: MIT */
/*
 * Check(): a run of its own, told as it goes.
 */
#include "daemon/report/service-internal.h"

struct PfChecking {
        PfService *service;
        PfVarlinkCall *call;
        PfRun *run;
        PfQuestion *question;
        PfLook look;
        PfChecking *next;
};

static void checking_free(PfChecking *checking) {
        PfChecking **link = &checking->service->checks;

        while (*link != checking)
                link = &(*link)->next;
        *link = checking->next;
        (void) pf_question_unref(checking->question);
        free(checking);
}

static void on_check_gone(PfVarlinkCall *call, void *data) {
        PfChecking *checking = data;

        pf_run_forget(checking->run);
        checking_free(checking);
        pf_varlink_drop(call);
}

static void on_check_started(void *data) {
        PfChecking *checking = data;

        pf_service_begin_look(checking->service, &checking->look);
}

static void on_check_finished(const PfResult *results, size_t n, const PfWaivers *waivers,
                              void *data) {
        PfChecking *checking = data;
        const PfProfile *profile = pf_question_demand(checking->question)->profile;
        bool privileged = pf_varlink_call_is_privileged(checking->call);

        if (!pf_varlink_call_wants_more(checking->call))
                return;
        for (size_t i = 0; i < n; i++) {
                PfJson *message = NULL;

                /* What is lost here is in the report that follows. */
                if (pf_service_result_message(&results[i], profile, waivers, "finished", privileged,
                                              &message) == 0)
                        pf_varlink_reply_continues(checking->call, message);
        }
}

static void on_checked(PfReadiness *readiness_take, int r, void *data) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = readiness_take;
        PfChecking *checking = data;
        PfService *service = checking->service;
        PfVarlinkCall *call = checking->call;
        PfLook look = checking->look;
        PfJson *message = NULL;

        checking_free(checking);
        pf_varlink_call_on_cancel(call, NULL, NULL);
        if (r == 0)
                r = pf_service_report_message(readiness, pf_varlink_call_is_privileged(call),
                                              &message);
        if (r < 0)
                pf_varlink_drop(call);
        else
                pf_varlink_reply(call, message);
        if (r == 0 && !pf_question_is_partial(readiness->question))
                (void) pf_service_publish(service, PF_STEAL(readiness), &look);
}

static const PfRunEvents check_events = { .started = on_check_started,
                                          .finished = on_check_finished,
                                          .done = on_checked };

void pf_method_check(PfVarlinkCall *call, void *data) {
        PfService *service = data;
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfChecking *checking;
        int r;

        if (pf_service_read_question(service, call, 0, &question) < 0)
                return;
        checking = calloc(1, sizeof(*checking));
        if (!checking) {
                pf_varlink_drop(call);
                return;
        }
        *checking = (PfChecking){ .service = service,
                                  .call = call,
                                  .question = pf_question_ref(question),
                                  .next = service->checks };
        service->checks = checking;
        r = pf_schedule_run(service->schedule, question, &check_events, checking, &checking->run);
        if (r < 0) {
                checking_free(checking);
                pf_service_reply_failed(call, r, pf_err_text(NULL, r));
                return;
        }
        pf_varlink_call_on_cancel(call, on_check_gone, checking);
}

void pf_service_forget_checks(PfService *service) {
        while (service->checks)
                checking_free(service->checks);
}
