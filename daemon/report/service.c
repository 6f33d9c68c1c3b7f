/* SPDX-License-Identifier: MIT */
/*
 * The service behind org.preflightd.Preflight: what its methods share, and the
 * question that the settings ask.
 */
#include "daemon/report/service-internal.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/report/inspect.h"
#include "daemon/varlink/descriptions.h"

#define EXPIRY_RETRY_MS 1000

static int find_profile(PfService *service, const char *name, PfProfile **ret, PfErr *err) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PfProfile **profiles;
        int r;

        for (size_t i = 0; i < service->n_profiles; i++)
                if (strcmp(service->profiles[i]->name, name) == 0) {
                        *ret = service->profiles[i];
                        return 0;
                }

        r = pf_profile_load(service->config.host, name, &profile, err);
        if (r != 0)
                return r;
        profiles = realloc(service->profiles, (service->n_profiles + 1) * sizeof(*profiles));
        if (!profiles)
                return -ENOMEM;
        service->profiles = profiles;
        *ret = profiles[service->n_profiles++] = PF_STEAL(profile);
        return 0;
}

/* --- files that changed --- */

/* Forgets the profiles that are not what is on disk any more; whoever asks for one
 * loads it anew, and is told what is wrong with it. */
static bool forget_changed_profiles(PfService *service) {
        size_t kept = 0, n = service->n_profiles;

        for (size_t i = 0; i < n; i++) {
                if (pf_profile_is_current(service->profiles[i], service->config.host))
                        service->profiles[kept++] = service->profiles[i];
                else
                        (void) pf_profile_unref(service->profiles[i]);
        }
        service->n_profiles = kept;
        return kept < n;
}

static bool renew_kernels(PfService *service) {
        PfKernels *kernels = NULL;

        if (pf_kernels_is_current(service->kernels, service->config.host) ||
            pf_kernels_load(service->config.host, &kernels) < 0)
                return false;
        (void) pf_kernels_unref(service->kernels);
        service->kernels = kernels;
        return true;
}

static int make_question(PfService *service, const PfSettings *settings, PfProfile *profile,
                         PfQuestion **ret, PfErr *err) {
        return pf_question_new(
                &(PfQuestionSpec){ .profile = profile,
                                   .kernels = service->kernels,
                                   .agent_version = settings->agent_version,
                                   .account = settings->account,
                                   .source = settings->source,
                                   .endpoints = &settings->endpoints,
                                   .network_timeout_usec = settings->network_timeout_usec },
                ret, NULL, err);
}

/* What the settings ask, by the files as they are now. While one of them is wrong,
 * those who watch go on with what was. */
static int renew_question(PfService *service, PfErr *err) {
        PfQuestion *question = NULL;
        PfProfile *profile;
        int r;

        r = find_profile(service, service->config.settings->profile, &profile, err);
        if (r == PF_PROFILE_ABSENT)
                return pf_err_set(err, -EINVAL, "profile \"%s\": there is none of this name",
                                  service->config.settings->profile);
        if (r == 0)
                r = make_question(service, service->config.settings, profile, &question, err);
        if (r < 0)
                return r;
        (void) pf_question_unref(service->question);
        service->question = question;
        return 0;
}

void pf_service_look_at_files(PfService *service, uint64_t maximum_age_usec) {
        uint64_t now_usec = pf_clock_monotonic_usec();
        bool profiles_changed, kernels_changed;
        PfErr err = { 0 };
        int r;

        pf_service_drain_watches(service);
        if (now_usec - service->looked_usec <= maximum_age_usec &&
            service->looked_epoch == service->epoch)
                return;
        service->looked_usec = now_usec;
        service->looked_epoch = service->epoch;
        profiles_changed = forget_changed_profiles(service);
        kernels_changed = renew_kernels(service);
        if (!profiles_changed && !kernels_changed && !service->question_is_old)
                return;
        r = renew_question(service, &err);
        if (r < 0 && !service->question_is_old)
                pf_log(PF_LOG_ERROR, "The profile as it was stays in force: %s",
                       pf_err_text(&err, r));
        service->question_is_old = r < 0;
}

/* --- answers --- */

void pf_service_reply_error(PfVarlinkCall *call, const char *error, const char *key,
                            const char *text) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = pf_json_new_object();

        if (!parameters || pf_json_put_string(parameters, key, text) < 0)
                pf_varlink_drop(call);
        else
                pf_varlink_error(call, error, PF_STEAL(parameters));
}

void pf_service_reply_failed(PfVarlinkCall *call, int r, const char *text) {
        if (r == -ENOMEM)
                pf_varlink_drop(call);
        else if (r == -EBUSY)
                pf_varlink_error(call, PF_SERVICE_INTERFACE ".Busy", NULL);
        else
                pf_service_reply_error(call, PF_SERVICE_INTERFACE ".ProbeFailed", "reason", text);
}

int pf_service_result_message(const PfResult *result, const PfProfile *profile,
                              const PfWaivers *waivers, const char *key, bool privileged,
                              PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();
        PfJson *json = NULL;

        if (!message ||
            pf_result_to_json(result, PF_PLATFORM_HERE, profile, waivers, privileged, &json) < 0 ||
            pf_json_put_take(message, key, json) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(message);
        return 0;
}

int pf_service_report_message(const PfReadiness *readiness, bool privileged, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();
        PfJson *report = NULL;

        if (!message || pf_readiness_to_json(readiness, privileged, &report) < 0 ||
            pf_json_put_take(message, "report", report) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(message);
        return 0;
}

static int list_from_json(const PfJson *array, PfStrv *ret) {
        for (size_t i = 0; i < pf_json_length(array); i++) {
                int r = pf_strv_add(ret, pf_json_string(pf_json_at(array, i)));

                if (r < 0)
                        return r;
        }
        return 0;
}

static const char *or_else(const char *text, const char *otherwise) {
        return text ? text : otherwise;
}

int pf_service_read_question(PfService *service, PfVarlinkCall *call, uint64_t maximum_age_usec,
                             PfQuestion **ret) {
        const PfSettings *settings = service->config.settings;
        const PfJson *parameters = pf_varlink_call_parameters(call);
        const char *name = or_else(pf_json_get_string(parameters, "profile"), settings->profile);
        const PfJson *port = pf_json_get(parameters, "localPort");
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PF_AUTO_STRV PfStrv only = { 0 };
        const char *field = "";
        const char *unmatched;
        PfErr err = { 0 };
        PfQuestionSpec spec = {
                .agent_version = or_else(pf_json_get_string(parameters, "agentVersion"),
                                         settings->agent_version),
                .account = or_else(pf_json_get_string(parameters, "account"), settings->account),
                .source = or_else(pf_json_get_string(parameters, "source"), settings->source),
                .source_host = pf_json_get_string(parameters, "sourceHost"),
                .local_address = pf_json_get_string(parameters, "localAddress"),
                .only = &only,
                .endpoints = &settings->endpoints,
                .network_timeout_usec = settings->network_timeout_usec,
        };
        int r;

        if (port && (pf_json_integer(port) < 1 || pf_json_integer(port) > UINT16_MAX)) {
                pf_varlink_error_invalid_parameter(call, "localPort");
                return -EINVAL;
        }
        spec.local_port = port ? (uint16_t) pf_json_integer(port) : 0;

        pf_service_look_at_files(service, maximum_age_usec);
        spec.kernels = service->kernels;
        r = find_profile(service, name, &spec.profile, &err);
        if (r == PF_PROFILE_ABSENT) {
                pf_service_reply_error(call, PF_SERVICE_INTERFACE ".NoSuchProfile", "profile",
                                       name);
                return -ENOENT;
        }
        if (r == 0)
                r = list_from_json(pf_json_get(parameters, "checks"), &only);
        if (r < 0) {
                pf_service_reply_failed(call, r, pf_err_text(&err, r));
                return r;
        }

        r = pf_question_new(&spec, &question, &field, &err);
        if (r == -EINVAL)
                pf_varlink_error_invalid_parameter(call, field);
        else if (r < 0)
                pf_service_reply_failed(call, r, pf_err_text(&err, r));
        if (r < 0)
                return r;

        unmatched = pf_question_unmatched(question, PF_PLATFORM_HERE);
        if (unmatched) {
                pf_service_reply_error(call, PF_SERVICE_INTERFACE ".NoSuchCheck", "check",
                                       unmatched);
                return -ENOENT;
        }
        *ret = PF_STEAL(question);
        return 0;
}

static void tell_status(PfService *service, const PfReadiness *readiness) {
        PF_AUTO_FREE char *line = pf_readiness_status(readiness);

        if (line && service->config.status)
                service->config.status(line, service->config.data);
}

static void on_expiry(uv_timer_t *timer) {
        /* Where memory is short now, whoever asks gets no report that is over. */
        if (pf_service_refresh(timer->data) < 0)
                (void) uv_timer_start(timer, on_expiry, EXPIRY_RETRY_MS, 0);
}

/*
 * Looks at the machine again when a waiver ends, for those who do not ask. A clock
 * that is set meanwhile makes this too early or too late by that much; GetReport()
 * goes by the clock itself.
 */
static void await_expiry(PfService *service, const PfReadiness *readiness) {
        uint64_t now_usec = pf_target_now_usec(service->config.target);
        uint64_t left_usec =
                readiness->expires_usec > now_usec ? readiness->expires_usec - now_usec : 0;

        if (readiness->expires_usec == UINT64_MAX)
                (void) uv_timer_stop(service->expiry);
        else
                (void) uv_timer_start(service->expiry, on_expiry, left_usec / 1000 + 1, 0);
}

int pf_service_publish(PfService *service, PfReadiness *readiness_take, const PfLook *look) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *before = NULL;
        const PfReadiness *readiness = readiness_take;
        int r;

        r = pf_cache_put(service->cache, readiness_take, look, service->question, &before);
        if (r < 0) {
                pf_service_fail_look(service);
                return r;
        }
        if (!pf_question_equal(readiness->question, service->question))
                return 0;
        pf_events_tell(&service->events, readiness);
        pf_service_tell_monitors(service, before, readiness);
        tell_status(service, readiness);
        await_expiry(service, readiness);
        pf_service_end_look(service, look);
        if (service->config.published)
                service->config.published(readiness, service->config.data);
        return 0;
}

static const PfVarlinkMethod methods[] = {
        { .name = "GetReport", .handler = pf_method_get_report },
        { .name = "Check", .handler = pf_method_check },
        { .name = "Monitor", .handler = pf_method_monitor, .requires_more = true },
        { .name = "ListChecks", .handler = pf_method_list_checks },
        { .name = "Explain", .handler = pf_method_explain },
        { .name = "Inspect", .handler = pf_method_inspect },
};

const PfVarlinkInterface pf_service_interface = {
        .name = PF_SERVICE_INTERFACE,
        .description = pf_idl_org_preflightd_Preflight,
        .methods = methods,
        .n_methods = PF_ELEMENTS(methods),
};

bool pf_service_is_stuck(const PfService *service) {
        return pf_schedule_n_stuck(service->schedule) > 0 || pf_inspect_n_running() > 0;
}

static void forget_profiles(PfService *service) {
        for (size_t i = 0; i < service->n_profiles; i++)
                (void) pf_profile_unref(service->profiles[i]);
        free(service->profiles);
        service->profiles = NULL;
        service->n_profiles = 0;
}

static int load_profile(PfService *service, const char *name, PfProfile **ret, PfErr *err) {
        int r;

        r = pf_profile_load(service->config.host, name, ret, err);
        if (r == PF_PROFILE_ABSENT)
                return pf_err_set(err, -EINVAL, "profile \"%s\": there is none of this name", name);
        return r;
}

int pf_service_reload(PfService *service, const PfSettings *settings, PfErr *err) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PF_CLEANUP(pf_cache_freep) PfCache *cache = NULL;
        PF_AUTO_FREE PfProfile **profiles = malloc(sizeof(*profiles));
        int r;

        if (!profiles)
                return -ENOMEM;
        service->question_is_old |= renew_kernels(service);
        r = load_profile(service, settings->profile, &profile, err);
        if (r == 0)
                r = make_question(service, settings, profile, &question, err);
        if (r == 0)
                r = pf_cache_new(&cache);
        if (r < 0)
                return r;

        forget_profiles(service);
        profiles[0] = PF_STEAL(profile);
        service->profiles = PF_STEAL(profiles);
        service->n_profiles = 1;
        (void) pf_cache_free(service->cache);
        service->cache = PF_STEAL(cache);
        (void) pf_question_unref(service->question);
        service->question = PF_STEAL(question);
        service->question_is_old = false;
        service->looked_usec = pf_clock_monotonic_usec();
        service->config.settings = settings;
        pf_schedule_set_deadline(service->schedule, settings->deadline_usec / 1000);
        return 0;
}

static int new_timer(PfService *service, uv_timer_t **ret) {
        *ret = calloc(1, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        (void) uv_timer_init(service->config.loop, *ret);
        (*ret)->data = service;
        return 0;
}

int pf_service_new(const PfServiceConfig *config, PfService **ret, PfErr *err) {
        PF_CLEANUP(pf_service_freep) PfService *service = NULL;
        int r;

        service = calloc(1, sizeof(*service));
        if (!service)
                return -ENOMEM;
        service->config = *config;
        (void) pf_target_ref(config->target);
        (void) pf_target_ref(config->host);
        r = pf_schedule_new(config->loop, config->target, 0, &service->schedule);
        if (r == 0)
                r = pf_service_reload(service, config->settings, err);
        if (r < 0)
                return r;
        r = new_timer(service, &service->timer);
        if (r == 0)
                r = new_timer(service, &service->expiry);
        if (r == 0)
                r = new_timer(service, &service->renewal);
        if (r < 0)
                return r;
        pf_service_start_watching(service);
        *ret = PF_STEAL(service);
        return 0;
}

static void free_handle(uv_handle_t *handle) {
        free(handle);
}

PfService *pf_service_free(PfService *service) {
        if (!service)
                return NULL;
        (void) pf_schedule_free(service->schedule);
        pf_service_forget_refreshes(service);
        pf_service_forget_checks(service);
        if (service->timer)
                uv_close((uv_handle_t *) service->timer, free_handle);
        if (service->expiry)
                uv_close((uv_handle_t *) service->expiry, free_handle);
        if (service->renewal)
                uv_close((uv_handle_t *) service->renewal, free_handle);
        pf_service_stop_watching(service);
        forget_profiles(service);
        pf_events_deinit(&service->events);
        (void) pf_cache_free(service->cache);
        (void) pf_question_unref(service->question);
        (void) pf_kernels_unref(service->kernels);
        (void) pf_target_unref(service->config.target);
        (void) pf_target_unref(service->config.host);
        free(service);
        return NULL;
}
