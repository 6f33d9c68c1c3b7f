/* SPDX-License-Identifier: MIT */
#include "daemon/daemon.h"

#include <malloc.h>

#include "config/journal-messages.h"
#include "daemon/base/log.h"
#include "daemon/main-parts.h"
#include "daemon/report/automatic.h"
#include "daemon/report/metrics.h"
#include "daemon/report/service.h"

struct PfDaemon {
        PfDaemonConfig config;
        uv_loop_t loop;
        uv_idle_t run_over;
        PfTarget *target; /* the machine that is checked */
        PfTarget *host;   /* the one this runs on */
        PfSettings *settings;
        PfService *service;
        PfAutomatic *automatic;
        PfVarlinkServer *server;
        PfVarlinkServer *metrics; /* at a socket of its own, and nothing else there */
};

/* One turn of the loop after a run: what it used is free by now, and the next
 * run may be far. */
static void on_run_over(uv_idle_t *handle) {
        (void) uv_idle_stop(handle);
#ifdef __GLIBC__
        (void) malloc_trim(0);
#endif
}

static void on_status(const char *line, void *data) {
        PfDaemon *daemon = data;

        (void) uv_idle_start(&daemon->run_over, on_run_over);
        if (daemon->config.status)
                daemon->config.status(line, daemon->config.data);
        pf_log(PF_LOG_DEBUG, "%s", line);
}

static void on_published(const PfReadiness *readiness, void *data) {
        PfDaemon *daemon = data;

        if (daemon->automatic)
                pf_automatic_consider(daemon->automatic, daemon->settings, readiness);
}

/* Where memory is short now: the next who asks is told what is. */
static void on_look_again(void *data) {
        PfDaemon *daemon = data;

        (void) !pf_service_refresh(daemon->service);
}

uv_loop_t *pf_daemon_loop(PfDaemon *daemon) {
        return &daemon->loop;
}

const PfSettings *pf_daemon_settings(const PfDaemon *daemon) {
        return daemon->settings;
}

PfVarlinkServer *pf_daemon_server(PfDaemon *daemon) {
        return daemon->server;
}

PfVarlinkServer *pf_daemon_metrics(PfDaemon *daemon) {
        return daemon->metrics;
}

static int load_settings(PfDaemon *daemon, PfErr *err) {
        int r;

        r = pf_target_new("/", PF_TARGET_DEFAULT, &daemon->host, err);
        if (r == 0)
                r = pf_target_new(daemon->config.root, PF_TARGET_DEFAULT, &daemon->target, err);
        if (r == 0)
                r = pf_settings_load(daemon->host, &daemon->settings, NULL, err);
        return r;
}

int pf_daemon_new(const PfDaemonConfig *config, PfDaemon **ret, PfErr *err) {
        PfDaemon *daemon = calloc(1, sizeof(*daemon));
        int r;

        if (!daemon || uv_loop_init(&daemon->loop) < 0) {
                free(daemon);
                return pf_err_set(err, -ENOMEM, "out of memory");
        }
        daemon->config = *config;
        (void) uv_idle_init(&daemon->loop, &daemon->run_over);
        daemon->run_over.data = daemon;
        r = load_settings(daemon, err);
        if (r < 0) {
                (void) !pf_daemon_close(daemon); /* no probe was run */
                return r;
        }
        *ret = daemon;
        return 0;
}

static int make_service(PfDaemon *daemon, bool watches, PfErr *err) {
        return pf_service_new(&(PfServiceConfig){ .loop = &daemon->loop,
                                                  .target = daemon->target,
                                                  .host = daemon->host,
                                                  .settings = daemon->settings,
                                                  .watches = watches,
                                                  .status = on_status,
                                                  .published = on_published,
                                                  .data = daemon },
                              &daemon->service, err);
}

static int make_server(PfDaemon *daemon, const PfVarlinkServerConfig *limits,
                       const PfVarlinkInterface *interface, PfVarlinkServer **ret, PfErr *err) {
        PfVarlinkServerConfig config = *limits;
        int r;

        config.vendor = config.product = "preflightd";
        config.version = PF_VERSION;
        config.url = "https://preflightd.org/";
        config.privileged_group = "preflightd";
        r = pf_varlink_server_new(&daemon->loop, &config, ret, err);
        return r < 0 ? r : pf_varlink_server_add(*ret, interface, daemon->service, err);
}

static int make_servers(PfDaemon *daemon, PfErr *err) {
        const PfVarlinkServerConfig limits = {
                .clients_max = (unsigned) daemon->settings->maximum_clients,
                .message_max = daemon->settings->maximum_message_bytes,
                .descriptors_spared = pf_varlink_server_descriptors(PF_METRICS_CLIENTS_MAX),
        };
        const PfVarlinkServerConfig of_metrics = { .clients_max = PF_METRICS_CLIENTS_MAX };
        int r;

        r = make_server(daemon, &limits, &pf_service_interface, &daemon->server, err);
        return r < 0 ? r
                     : make_server(daemon, &of_metrics, &pf_metrics_interface, &daemon->metrics,
                                   err);
}

int pf_daemon_prepare(PfDaemon *daemon, PfErr *err) {
        int r;

        r = make_service(daemon, true, err);
        if (r == 0 && daemon->config.remedy_socket)
                r = pf_automatic_new(&(PfAutomaticConfig){ .loop = &daemon->loop,
                                                           .socket = daemon->config.remedy_socket,
                                                           .look_again = on_look_again,
                                                           .data = daemon },
                                     &daemon->automatic);
        return r < 0 ? r : make_servers(daemon, err);
}

int pf_daemon_start(PfDaemon *daemon) {
        return pf_service_refresh(daemon->service);
}

void pf_daemon_run(PfDaemon *daemon) {
        (void) uv_run(&daemon->loop, UV_RUN_DEFAULT);
}

void pf_daemon_stop(PfDaemon *daemon) {
        uv_stop(&daemon->loop);
}

void pf_daemon_reload(PfDaemon *daemon) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PfErr err = { 0 };
        int r;

        r = pf_settings_load(daemon->host, &settings, NULL, &err);
        if (r == 0)
                r = pf_service_reload(daemon->service, settings, &err);
        if (r == 0) {
                PfSettings *old = daemon->settings;

                daemon->settings = PF_STEAL(settings);
                settings = old;
                pf_log_set_level(daemon->settings->log_level);
                r = pf_service_refresh(daemon->service);
        }
        if (r < 0)
                pf_log_event(PF_LOG_ERROR, pf_message_settings_wrong, NULL,
                             "The old settings stay in force: %s", pf_err_text(&err, r));
}

bool pf_daemon_close(PfDaemon *daemon) {
        bool is_stuck = daemon && daemon->service && pf_service_is_stuck(daemon->service);

        if (!daemon)
                return true;
        daemon->server = pf_varlink_server_free(daemon->server);
        daemon->metrics = pf_varlink_server_free(daemon->metrics);
        daemon->automatic = pf_automatic_free(daemon->automatic);
        daemon->service = pf_service_free(daemon->service);
        uv_close((uv_handle_t *) &daemon->run_over, NULL);
        if (is_stuck)
                return false;
        (void) uv_run(&daemon->loop, UV_RUN_DEFAULT);
        (void) uv_loop_close(&daemon->loop);
        daemon->settings = pf_settings_free(daemon->settings);
        daemon->target = pf_target_unref(daemon->target);
        daemon->host = pf_target_unref(daemon->host);
        free(daemon);
        return true;
}

int pf_daemon_check_settings(const char *root) {
        PfDaemon *daemon = NULL;
        PfErr err = { 0 };
        int r;

        r = pf_daemon_new(&(PfDaemonConfig){ .root = root }, &daemon, &err);
        if (r == 0)
                r = make_service(daemon, false, &err);
        if (r < 0)
                pf_log_event(PF_LOG_ERROR, pf_message_settings_wrong, NULL,
                             "Settings that are wrong: %s", pf_err_text(&err, r));
        (void) !pf_daemon_close(daemon); /* no probe was run */
        return r == 0 ? EXIT_SUCCESS : PF_MAIN_EXIT_USAGE;
}
