/* SPDX-License-Identifier: MIT */
/*
 * GetReport(): the cached report, or one that is made first.
 *
 * Callers of the same question wait for the same run, as long as what it will
 * say is young enough for them.
 */
#include "daemon/report/service-internal.h"

#include "daemon/base/clock.h"

/* A caller who waits for a refresh. */
struct PfWaiting {
        PfVarlinkCall *call;
        PfServiceAnswer answer;
        PfRefresh *refresh;
        PfWaiting *next;
};

/* One run for one question, which any number of callers wait for. */
struct PfRefresh {
        PfService *service;
        PfQuestion *question;
        PfRun *run;
        PfLook look; /* since its probes were started */
        PfWaiting *waiting;
        PfRefresh *next;
};

static void reply_cached(PfVarlinkCall *call, const PfCached *cached) {
        pf_varlink_reply_cached(call, pf_varlink_call_is_privileged(call) ? cached->reply_privileged
                                                                          : cached->reply);
}

static void refresh_free(PfRefresh *refresh) {
        (void) pf_question_unref(refresh->question);
        free(refresh);
}

static void unlink_refresh(PfRefresh *refresh) {
        PfRefresh **link = &refresh->service->refreshes;

        while (*link != refresh)
                link = &(*link)->next;
        *link = refresh->next;
}

/* What the settings ask is asked for all, and has more to come of it. */
static void forget_unwanted(PfRefresh *refresh) {
        if (refresh->waiting || pf_run_has_started(refresh->run) ||
            pf_question_equal(refresh->question, refresh->service->question))
                return;
        pf_run_forget(refresh->run);
        unlink_refresh(refresh);
        refresh_free(refresh);
}

static void on_waiting_gone(PfVarlinkCall *call, void *data) {
        PfWaiting *waiting = data;
        PfWaiting **link = &waiting->refresh->waiting;

        while (*link != waiting)
                link = &(*link)->next;
        *link = waiting->next;
        forget_unwanted(waiting->refresh);
        free(waiting);
        pf_varlink_drop(call);
}

static void on_refresh_started(void *data) {
        PfRefresh *refresh = data;

        pf_service_begin_look(refresh->service, &refresh->look);
}

static void on_refreshed(PfReadiness *readiness_take, int r, void *data) {
        PfRefresh *refresh = data;
        PfService *service = refresh->service;

        unlink_refresh(refresh);
        if (r == 0)
                r = pf_service_publish(service, readiness_take, &refresh->look);
        else
                pf_service_fail_look(service);
        while (refresh->waiting) {
                PfWaiting *waiting = refresh->waiting;
                const PfCached *cached = NULL;

                refresh->waiting = waiting->next;
                pf_varlink_call_on_cancel(waiting->call, NULL, NULL);
                if (r == 0)
                        cached = pf_cache_find(service->cache, refresh->question);
                if (cached)
                        waiting->answer(waiting->call, cached);
                else
                        pf_varlink_drop(waiting->call);
                free(waiting);
        }
        refresh_free(refresh);
}

static const PfRunEvents refresh_events = { .started = on_refresh_started, .done = on_refreshed };
static const PfRunEvents own_events = { .started = on_refresh_started,
                                        .done = on_refreshed,
                                        .passes_limit = true };

/* A refresh whose report will be young enough, or a new one. */
static int get_refresh(PfService *service, PfQuestion *question, uint64_t maximum_age_usec,
                       const PfRunEvents *events, PfRefresh **ret) {
        uint64_t now = pf_clock_monotonic_usec();
        PfRefresh *refresh;
        int r;

        for (refresh = service->refreshes; refresh; refresh = refresh->next) {
                bool young = !pf_run_has_started(refresh->run) ||
                             (now - refresh->look.fresh_usec <= maximum_age_usec &&
                              !pf_service_is_old(service, &refresh->look));

                if (young && pf_question_equal(refresh->question, question)) {
                        *ret = refresh;
                        return 0;
                }
        }

        refresh = calloc(1, sizeof(*refresh));
        if (!refresh)
                return -ENOMEM;
        refresh->service = service;
        refresh->question = pf_question_ref(question);
        r = pf_schedule_run(service->schedule, question, events, refresh, &refresh->run);
        if (r < 0) {
                refresh_free(refresh);
                return r;
        }
        refresh->next = service->refreshes;
        service->refreshes = refresh;
        *ret = refresh;
        return 0;
}

int pf_service_wait_for_report(PfService *service, PfVarlinkCall *call, PfQuestion *question,
                               uint64_t maximum_age_usec, PfServiceAnswer answer) {
        PfWaiting *waiting;
        PfRefresh *refresh;
        int r;

        waiting = calloc(1, sizeof(*waiting));
        if (!waiting)
                return -ENOMEM;
        r = get_refresh(service, question, maximum_age_usec, &refresh_events, &refresh);
        if (r < 0) {
                free(waiting);
                return r;
        }
        *waiting = (PfWaiting){
                .call = call, .answer = answer, .refresh = refresh, .next = refresh->waiting
        };
        refresh->waiting = waiting;
        pf_varlink_call_on_cancel(call, on_waiting_gone, waiting);
        return 0;
}

bool pf_service_is_young(const PfService *service, const PfCached *cached,
                         uint64_t maximum_age_usec) {
        return cached && !pf_service_is_old(service, &cached->look) &&
               pf_clock_monotonic_usec() - cached->look.fresh_usec <= maximum_age_usec &&
               pf_readiness_holds(cached->readiness, pf_target_now_usec(service->config.target));
}

void pf_method_get_report(PfVarlinkCall *call, void *data) {
        PfService *service = data;
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        uint64_t maximum_age_usec = service->config.settings->maximum_age_usec;
        const PfJson *age = pf_json_get(pf_varlink_call_parameters(call), "maximumAgeUSec");
        const PfCached *cached;
        int r;

        if (age && pf_json_integer(age) < 0) {
                pf_varlink_error_invalid_parameter(call, "maximumAgeUSec");
                return;
        }
        if (age)
                maximum_age_usec = (uint64_t) pf_json_integer(age);
        if (pf_service_read_question(service, call, maximum_age_usec, &question) < 0)
                return;

        cached = pf_cache_find(service->cache, question);
        if (pf_service_is_young(service, cached, maximum_age_usec)) {
                reply_cached(call, cached);
                return;
        }
        r = pf_service_wait_for_report(service, call, question, maximum_age_usec, reply_cached);
        if (r < 0)
                pf_service_reply_failed(call, r, pf_err_text(NULL, r));
}

int pf_service_refresh(PfService *service) {
        PfRefresh *refresh;

        pf_service_look_at_files(service, 0);
        return get_refresh(service, service->question, 0, &own_events, &refresh);
}

bool pf_service_is_refreshing(const PfService *service) {
        for (const PfRefresh *refresh = service->refreshes; refresh; refresh = refresh->next)
                if (pf_question_equal(refresh->question, service->question))
                        return true;
        return false;
}

void pf_service_forget_refreshes(PfService *service) {
        while (service->refreshes) {
                PfRefresh *refresh = service->refreshes;

                service->refreshes = refresh->next;
                refresh_free(refresh);
        }
}
