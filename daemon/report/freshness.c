/* SPDX-License-Identifier: MIT */
/*
 * What is told of changes, and when the machine is looked at again because of them.
 *
 * A change makes every report that is kept old at once, and has one made for the default
 * question, COLLECT_MS later: one edit is many changes. Where changes do not end, runs of
 * the probes use at most one part of PAUSE + 1 of the time of a processor.
 */
#include "daemon/report/service-internal.h"

#include "daemon/base/clock.h"
#include "daemon/base/log.h"

#define COLLECT_MS 20
#define PAUSE 4            /* times what a run has used of the processor */
#define PAUSE_MAX_MS 10000 /* also where a run used very much */
#define RETRY_MS 1000      /* where memory was short */

/* After a probe that hung has come back: twice as long each time, until none hangs. On a
 * machine too slow for its deadlines every run would lead to the next. */
#define COME_BACK_MS 250
#define COME_BACK_DOUBLINGS 12 /* 17 minutes */

/* --- looking again --- */

static void renew_within(PfService *service, uint64_t delay_ms);

/* Is a run for the default question under way, which looks again when it is over? */
static void on_renewal(uv_timer_t *timer) {
        PfService *service = timer->data;

        if (pf_service_is_refreshing(service))
                return;
        service->has_come_back = false;
        if (pf_service_refresh(service) < 0)
                renew_within(service, RETRY_MS);
}

static void renew_within(PfService *service, uint64_t delay_ms) {
        if (!uv_is_active((uv_handle_t *) service->renewal) ||
            uv_timer_get_due_in(service->renewal) > delay_ms)
                (void) uv_timer_start(service->renewal, on_renewal, delay_ms, 0);
}

static void renew(PfService *service) {
        uint64_t now_ms = pf_clock_monotonic_usec() / 1000;
        uint64_t delay_ms = COLLECT_MS;

        if (service->rest_until_ms > now_ms + delay_ms)
                delay_ms = service->rest_until_ms - now_ms;
        renew_within(service, delay_ms);
}

static void on_changed(unsigned reasons, void *data) {
        PfService *service = data;

        if ((reasons & PF_WATCH_LOST) && !service->has_lost)
                pf_log(PF_LOG_NOTICE, "More has changed at once than the kernel tells of: "
                                      "everything is looked at anew");
        service->has_lost |= (reasons & PF_WATCH_LOST) != 0;
        service->epoch++;
        renew(service);
}

void pf_service_drain_watches(PfService *service) {
        if (service->watch)
                pf_watch_drain(service->watch);
        if (service->host_watch)
                pf_watch_drain(service->host_watch);
}

/* --- a look --- */

static uint64_t processor_usec(void) {
        uv_rusage_t usage;

        if (uv_getrusage(&usage) < 0)
                return 0;
        return (uint64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
               (uint64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void pf_service_begin_look(PfService *service, PfLook *ret) {
        pf_service_drain_watches(service);
        *ret = (PfLook){ .fresh_usec = pf_clock_monotonic_usec(),
                         .epoch = service->epoch,
                         .processor_usec = processor_usec(),
                         .number = service->watch ? pf_watch_begin(service->watch) : 0 };
}

/* Said once, until there is another reason or none. */
static void tell_trouble(PfService *service) {
        const char *trouble = pf_watch_trouble(service->watch);

        if (trouble && trouble != service->trouble)
                pf_log(PF_LOG_WARNING,
                       "Not every change is noticed any more, only when somebody asks: %s",
                       trouble);
        service->trouble = trouble;
}

void pf_service_end_look(PfService *service, const PfLook *look) {
        uint64_t used_ms = (processor_usec() - look->processor_usec) / 1000;
        uint64_t rest_ms = used_ms * PAUSE < PAUSE_MAX_MS ? used_ms * PAUSE : PAUSE_MAX_MS;
        uint64_t oldest = pf_cache_oldest_look(service->cache, service->epoch);

        if (pf_schedule_n_stuck(service->schedule) == 0)
                service->n_came_back = 0;
        service->rest_until_ms = pf_clock_monotonic_usec() / 1000 + rest_ms;
        if (service->watch) {
                /* A report that is old already keeps what it rests on all the same. */
                pf_watch_settle(service->watch, oldest < look->number ? oldest : look->number);
                service->is_sampled = pf_watch_is_sampled(service->watch);
                tell_trouble(service);
        }
        if (look->epoch != service->epoch)
                renew(service);
        else
                service->has_lost = false;
        if (service->has_come_back)
                renew_within(service, (uint64_t) COME_BACK_MS << service->n_came_back);
        pf_service_pace_monitors(service);
}

void pf_service_fail_look(PfService *service) {
        if (service->watch)
                renew_within(service, RETRY_MS);
}

bool pf_service_is_old(const PfService *service, const PfLook *look) {
        return look->epoch != service->epoch;
}

bool pf_service_has_to_poll(const PfService *service) {
        return !service->watch || service->is_sampled || service->trouble;
}

/* --- from beginning to end --- */

static void on_came_back(void *data) {
        PfService *service = data;

        service->has_come_back = true;
        renew_within(service, (uint64_t) COME_BACK_MS << service->n_came_back);
        if (service->n_came_back < COME_BACK_DOUBLINGS)
                service->n_came_back++;
}

/* Return: 0 or a negative errno, which has been said; of a system that has nothing to watch with
 * that is how it is, and no trouble. */
static int watch(PfService *service, PfTarget *target, bool files_only, PfWatch **ret) {
        PfErr err = { 0 };
        int r;

        r = pf_watch_new(&(PfWatchConfig){ .loop = service->config.loop,
                                           .root = pf_target_root(target),
                                           .files_only = files_only,
                                           .changed = on_changed,
                                           .data = service },
                         ret, &err);
        if (r < 0)
                pf_log(r == -ENOTSUP ? PF_LOG_INFO : PF_LOG_WARNING,
                       "Changes are noticed only when somebody asks: %s", pf_err_text(&err, r));
        else
                pf_watch_observe(*ret, target);
        return r;
}

void pf_service_start_watching(PfService *service) {
        int r;

        pf_schedule_on_come_back(service->schedule, on_came_back, service);
        if (!service->config.watches)
                return;
        r = watch(service, service->config.target, false, &service->watch);
        if (r != -ENOTSUP && service->config.host != service->config.target)
                (void) watch(service, service->config.host, true, &service->host_watch);
}

void pf_service_stop_watching(PfService *service) {
        service->watch = pf_watch_free(service->watch);
        service->host_watch = pf_watch_free(service->host_watch);
}
