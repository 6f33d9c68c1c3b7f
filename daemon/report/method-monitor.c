/* SPDX-License-Identifier: MIT */
/*
 * Monitor(): the report, then what changes.
 *
 * What changes is told as it does. Of that which gives no notice of its changes, the machine
 * is looked at again, while anybody listens, whenever the report has reached the age that
 * the settings allow.
 */
#include "daemon/report/service-internal.h"

#define INTERVAL_MIN_MS 1000

struct PfMonitor {
        PfService *service;
        PfVarlinkCall *call;
        bool has_report; /* then it gets the changes */
        PfMonitor *next;
};

static void monitor_end(PfMonitor *monitor) {
        PfMonitor **link = &monitor->service->monitors;

        while (*link != monitor)
                link = &(*link)->next;
        *link = monitor->next;
        pf_service_pace_monitors(monitor->service);
        pf_varlink_drop(monitor->call);
        free(monitor);
}

static void on_monitor_gone(PfVarlinkCall *call, void *data) {
        (void) call;
        monitor_end(data);
}

static const PfResult *find_result(const PfReadiness *readiness, const PfCheck *check) {
        for (size_t i = 0; i < readiness->report.n; i++)
                if (readiness->report.results[i].check == check)
                        return &readiness->report.results[i];
        return NULL;
}

static void tell_change(PfService *service, const PfResult *result, const PfWaivers *waivers) {
        const PfProfile *profile = pf_question_demand(service->question)->profile;

        for (PfMonitor *monitor = service->monitors, *next; monitor; monitor = next) {
                PfJson *message = NULL;

                next = monitor->next;
                if (!monitor->has_report)
                        continue;
                if (pf_service_result_message(result, profile, waivers, "changed",
                                              pf_varlink_call_is_privileged(monitor->call),
                                              &message) < 0)
                        monitor_end(monitor);
                else
                        pf_varlink_reply_continues(monitor->call, message);
        }
}

static void tell_changes(PfService *service, const PfReadiness *before, const PfReadiness *now) {
        for (size_t i = 0; i < now->report.n; i++) {
                const PfResult *result = &now->report.results[i];
                const PfResult *old = find_result(before, result->check);

                if (!old || !pf_result_equal(old, result))
                        tell_change(service, result, &now->waivers);
        }
}

/* The first answer to those who have none yet. */
static void tell_report(PfService *service, const PfReadiness *readiness) {
        for (PfMonitor *monitor = service->monitors, *next; monitor; monitor = next) {
                PfJson *message = NULL;

                next = monitor->next;
                if (monitor->has_report)
                        continue;
                if (pf_service_report_message(readiness,
                                              pf_varlink_call_is_privileged(monitor->call),
                                              &message) < 0) {
                        monitor_end(monitor);
                        continue;
                }
                monitor->has_report = true;
                pf_varlink_reply_continues(monitor->call, message);
        }
}

/* What is only in the whole report has changed, or all of it: everybody gets it again. */
static void forget_reports(PfService *service) {
        for (PfMonitor *monitor = service->monitors; monitor; monitor = monitor->next)
                monitor->has_report = false;
}

void pf_service_tell_monitors(PfService *service, const PfReadiness *before,
                              const PfReadiness *now) {
        if (before && pf_waivers_equal(&before->waivers, &now->waivers))
                tell_changes(service, before, now);
        else /* nothing to compare with: other settings, and all that was known is forgotten */
                forget_reports(service);
        tell_report(service, now);
}

static void on_monitor_timer(uv_timer_t *timer) {
        /* Where memory is short now, the next turn may have some. */
        if (pf_service_refresh(timer->data) < 0)
                return;
}

void pf_service_pace_monitors(PfService *service) {
        uint64_t interval_ms = service->config.settings->maximum_age_usec / 1000;

        if (!service->monitors || !pf_service_has_to_poll(service)) {
                (void) uv_timer_stop(service->timer);
                return;
        }
        if (interval_ms < INTERVAL_MIN_MS)
                interval_ms = INTERVAL_MIN_MS;
        if (!uv_is_active((uv_handle_t *) service->timer) ||
            uv_timer_get_repeat(service->timer) != interval_ms)
                (void) uv_timer_start(service->timer, on_monitor_timer, interval_ms, interval_ms);
}

void pf_method_monitor(PfVarlinkCall *call, void *data) {
        PfService *service = data;
        const PfCached *cached;
        PfMonitor *added;

        added = calloc(1, sizeof(*added));
        if (!added) {
                pf_varlink_drop(call);
                return;
        }
        *added = (PfMonitor){ .service = service, .call = call, .next = service->monitors };
        service->monitors = added;
        pf_varlink_call_on_cancel(call, on_monitor_gone, added);
        pf_service_pace_monitors(service);
        pf_service_drain_watches(service);

        cached = pf_cache_find(service->cache, service->question);
        if (pf_service_is_young(service, cached, service->config.settings->maximum_age_usec))
                tell_report(service, cached->readiness);
        else if (pf_service_refresh(service) < 0)
                monitor_end(added);
}
