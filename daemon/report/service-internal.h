/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the methods of org.preflightd.Preflight share among themselves. Nobody
 * else includes this.
 */

#include "daemon/report/cache.h"
#include "daemon/report/events.h"
#include "daemon/report/service.h"
#include "daemon/watch/watch.h"

#define PF_SERVICE_INTERFACE "org.preflightd.Preflight"

typedef struct PfRefresh PfRefresh;
typedef struct PfChecking PfChecking;
typedef struct PfMonitor PfMonitor;

struct PfService {
        PfServiceConfig config;
        PfSchedule *schedule;
        PfCache *cache;
        PfProfile **profiles; /* those that were asked for so far */
        size_t n_profiles;
        PfKernels *kernels;    /* NULL: those that are built in */
        uint64_t looked_usec;  /* monotonic: when files were looked at last */
        uint64_t looked_epoch; /* and after which change */
        PfQuestion *question;  /* what the settings ask */
        PfEvents events;       /* what was told of its reports, also before a reload */
        bool question_is_old;  /* its profile is wrong now */
        PfRefresh *refreshes;  /* runs that callers of GetReport() wait for */
        PfChecking *checks;    /* calls of Check() under way */
        PfMonitor *monitors;   /* calls of Monitor(), which never end */
        uv_timer_t *timer;     /* for the monitors; outlives the service by its close callback */
        uv_timer_t *expiry;    /* of the default question's report; likewise */

        PfWatch *watch;         /* of the machine; NULL: nothing tells of changes */
        PfWatch *host_watch;    /* of the profiles and kernel lists of the host; or NULL */
        uv_timer_t *renewal;    /* until it is looked again; likewise */
        uint64_t epoch;         /* another one after each change */
        uint64_t rest_until_ms; /* monotonic */
        const char *trouble;    /* of the watch, that was logged; or NULL */
        unsigned n_came_back;   /* probes, since none hung when a run was over */
        bool has_come_back;     /* one has, and is to be asked again */
        bool has_lost;          /* that was logged */
        bool is_sampled;        /* not everything behind the default report is watched */
};

/**
 * pf_service_read_question() - turn a call's parameters into a question
 * @maximum_age_usec: how old what is known of profiles and kernel lists may be
 * Where that fails the call has been answered.
 * Return: 0 or a negative errno.
 */
int pf_service_read_question(PfService *service, PfVarlinkCall *call, uint64_t maximum_age_usec,
                             PfQuestion **ret) PF_MUST_CHECK;

/* Where that was not done for so long: use profiles and kernel lists as they are on
 * disk now. */
void pf_service_look_at_files(PfService *service, uint64_t maximum_age_usec);

/**
 * pf_service_publish() - a report was made: keep it, and tell those who want to know
 * @look: begun before its probes were started
 */
int pf_service_publish(PfService *service, PfReadiness *readiness_take, const PfLook *look);

/* Changes: daemon/report/freshness.c. */
void pf_service_start_watching(PfService *service);
void pf_service_stop_watching(PfService *service);
/* What has changed by now makes old what is kept. */
void pf_service_drain_watches(PfService *service);
/* Around a run; the end of that for the default question, or that there was no report. */
void pf_service_begin_look(PfService *service, PfLook *ret);
void pf_service_end_look(PfService *service, const PfLook *look);
void pf_service_fail_look(PfService *service);
/* Has anything changed since? */
bool pf_service_is_old(const PfService *service, const PfLook *look);
/* Does what is known have to be looked at again only because it gets old? */
bool pf_service_has_to_poll(const PfService *service);

/* Is a run for the default question under way? */
bool pf_service_is_refreshing(const PfService *service);
/* While somebody listens, looks again as often as has to be. */
void pf_service_pace_monitors(PfService *service);

/* Answers. An error with one text as its parameter @key; and the error for a
 * negative errno, with @text for people. */
void pf_service_reply_error(PfVarlinkCall *call, const char *error, const char *key,
                            const char *text);
void pf_service_reply_failed(PfVarlinkCall *call, int r, const char *text);

/* {"finished": …} and {"changed": …}; {"report": …}. Return: 0 or -ENOMEM. */
int pf_service_result_message(const PfResult *result, const PfProfile *profile,
                              const PfWaivers *waivers, const char *key, bool privileged,
                              PfJson **ret) PF_MUST_CHECK;
int pf_service_report_message(const PfReadiness *readiness, bool privileged,
                              PfJson **ret) PF_MUST_CHECK;

/* Answers a call from a report, which is borrowed. */
typedef void (*PfServiceAnswer)(PfVarlinkCall *call, const PfCached *cached);

/* Look at the machine again for those who wait, joining a run that will do. A caller who
 * goes before @answer could be called is forgotten. */
typedef struct PfWaiting PfWaiting;
int pf_service_wait_for_report(PfService *service, PfVarlinkCall *call, PfQuestion *question,
                               uint64_t maximum_age_usec, PfServiceAnswer answer) PF_MUST_CHECK;
/* Is it there, not too old, and is no waiver in it over? */
bool pf_service_is_young(const PfService *service, const PfCached *cached,
                         uint64_t maximum_age_usec);

/* What changed between two reports for the default question; @before may be NULL. */
void pf_service_tell_monitors(PfService *service, const PfReadiness *before,
                              const PfReadiness *now);

/* The methods. */
void pf_method_get_report(PfVarlinkCall *call, void *service);
void pf_method_check(PfVarlinkCall *call, void *service);
void pf_method_monitor(PfVarlinkCall *call, void *service);
void pf_method_list_checks(PfVarlinkCall *call, void *service);
void pf_method_explain(PfVarlinkCall *call, void *service);
void pf_method_inspect(PfVarlinkCall *call, void *service);

/* Forget what waits; the calls are gone already. */
void pf_service_forget_refreshes(PfService *service);
void pf_service_forget_checks(PfService *service);
