/* SPDX-License-Identifier: MIT */
/*
 * preflightd: answers on a local socket whether this machine is ready for the
 * agent. Start-up only: options, settings, sockets, the loop.
 */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/base/log.h"
#include "daemon/main-parts.h"
#include "daemon/platform/host-network.h"
#include "daemon/report/automatic.h"
#include "daemon/report/metrics.h"
#include "daemon/report/service.h"
#include "daemon/varlink/server.h"

#define SOCKET_MODE 0666 /* any local user may read; see org.preflightd.Preflight */
#define REMEDY_SOCKET "/run/preflightd/org.preflightd.Remediation"

static const char *arg_socket;         /* NULL: the settings' */
static const char *arg_metrics_socket; /* NULL: the usual one, unless --socket is given */
static const char *arg_remedy_socket;  /* NULL: of this machine, if that is what is checked */
static const char *arg_root = "/";
static bool arg_check_settings;

typedef struct Daemon {
        uv_loop_t loop;
        PfSignals signals;
        uv_idle_t run_over;
        uv_timer_t watchdog;
        PfTarget *target; /* the machine that is checked */
        PfTarget *host;   /* the one this runs on */
        PfSettings *settings;
        PfService *service;
        PfAutomatic *automatic;
        PfVarlinkServer *server;
        PfVarlinkServer *metrics; /* at a socket of its own, and nothing else there */
} Daemon;

/* One turn of the loop after a run: what it used is free by now, and the next
 * run may be far. */
static void on_run_over(uv_idle_t *handle) {
        (void) uv_idle_stop(handle);
#ifdef __GLIBC__
        (void) malloc_trim(0);
#endif
}

static void on_status(const char *line, void *data) {
        Daemon *daemon = data;

        (void) uv_idle_start(&daemon->run_over, on_run_over);
        (void) sd_notifyf(0, "STATUS=%s", line);
        pf_log(PF_LOG_DEBUG, "%s", line);
}

static void on_published(const PfReadiness *readiness, void *data) {
        Daemon *daemon = data;

        if (daemon->automatic)
                pf_automatic_consider(daemon->automatic, daemon->settings, readiness);
}

/* Where memory is short now: the next who asks is told what is. */
static void on_look_again(void *data) {
        Daemon *daemon = data;

        (void) !pf_service_refresh(daemon->service);
}

static void reload(Daemon *daemon) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PfErr err = { 0 };
        int r;

        (void) sd_notify(0, "RELOADING=1");
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
                pf_log(PF_LOG_ERROR, "The old settings stay in force: %s", pf_err_text(&err, r));
        (void) sd_notify(0, "READY=1");
}

static void on_signal(uv_signal_t *handle, int number) {
        Daemon *daemon = handle->data;

        if (number == SIGHUP)
                reload(daemon);
        else
                uv_stop(&daemon->loop);
}

/* By hand, without the unit's RuntimeDirectory=. */
static void make_directory_of(const char *path) {
        char directory[256];
        char *slash;

        if (snprintf(directory, sizeof(directory), "%s", path) >= (int) sizeof(directory))
                return;
        slash = strrchr(directory, '/');
        if (slash && slash != directory) {
                *slash = '\0';
                (void) mkdir(directory, 0755); /* what is wrong shows when the socket is bound */
        }
}

/* Systemd's collector looks there; where systemd does not run nobody does. */
static int listen_for_metrics(Daemon *daemon, PfErr *err) {
        const char *path = arg_metrics_socket ? arg_metrics_socket : PF_METRICS_SOCKET;
        PfErr reason = { 0 };
        int r;

        if (!arg_metrics_socket && (arg_socket || sd_booted() <= 0))
                return 0;
        if (!arg_metrics_socket)
                make_directory_of(path);
        r = pf_varlink_server_listen_path(daemon->metrics, path, SOCKET_MODE, &reason);
        if (r == -ENOMEM || (r < 0 && arg_metrics_socket))
                return pf_err_set(err, r, "%s", pf_err_text(&reason, r));
        if (r < 0)
                pf_log(PF_LOG_WARNING, "No metrics are served: %s", pf_err_text(&reason, r));
        return 0;
}

static int listen_at_paths(Daemon *daemon, PfErr *err) {
        const char *path = arg_socket ? arg_socket : daemon->settings->socket;
        int r;

        if (!arg_socket)
                make_directory_of(path);
        r = pf_varlink_server_listen_path(daemon->server, path, SOCKET_MODE, err);
        if (r < 0)
                return r;
        pf_log(PF_LOG_INFO, "Listening on %s", path);
        return listen_for_metrics(daemon, err);
}

static char **free_names(char **names) {
        for (char **name = names; name && *name; name++)
                free(*name);
        free(names);
        return NULL;
}
PF_DEFINE_CLEANUP(char *, free_names);

/* Which socket is which, FileDescriptorName= of its unit says. */
static bool is_of_network(const char *name) {
        return strcmp(name, "network") == 0;
}

static int take_over(Daemon *daemon, const char *name, int fd, PfErr *err) {
        if (is_of_network(name))
                return 0; /* was adopted */
        return pf_varlink_server_listen_fd(
                strcmp(name, "metrics") == 0 ? daemon->metrics : daemon->server, fd, err);
}

static bool is_directory(int fd) {
        struct stat st;

        return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Before anything is watched: some of them tell of changes. */
static int adopt_network(PfErr *err) {
        PF_CLEANUP(free_namesp) char **names = NULL;
        int n = sd_listen_fds_with_names(0, &names), r = 0;

        if (n <= 0)
                return n < 0 ? pf_err_errno(err, n, "sockets from the service manager") : 0;
        pf_host_network_expect();
        if (is_directory(STDIN_FILENO))
                r = pf_host_network_adopt(STDIN_FILENO, err);
        for (int i = 0; i < n && r == 0; i++)
                if (is_of_network(names[i]))
                        r = pf_host_network_adopt(SD_LISTEN_FDS_START + i, err);
        return r;
}

static int listen_all(Daemon *daemon, PfErr *err) {
        PF_CLEANUP(free_namesp) char **names = NULL;
        int n, r = 0;

        n = sd_listen_fds_with_names(1, &names);
        if (n < 0)
                return pf_err_errno(err, n, "sockets from the service manager");
        if (n == 0)
                return listen_at_paths(daemon, err);
        for (int i = 0; i < n && r == 0; i++)
                r = take_over(daemon, names[i], SD_LISTEN_FDS_START + i, err);
        return r;
}

static void on_watchdog(uv_timer_t *handle) {
        (void) handle;
        (void) sd_notify(0, "WATCHDOG=1");
}

/* Twice in the time in which the service manager wants to hear that the loop turns:
 * sd_watchdog_enabled(3). */
static int start_watchdog(Daemon *daemon) {
        uint64_t usec = 0;

        if (sd_watchdog_enabled(0, &usec) <= 0)
                return 0;
        (void) uv_timer_init(&daemon->loop, &daemon->watchdog);
        daemon->watchdog.data = daemon;
        return uv_timer_start(&daemon->watchdog, on_watchdog, usec / 2000, usec / 2000);
}

static int make_server(Daemon *daemon, const PfVarlinkServerConfig *limits,
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

static int make_servers(Daemon *daemon, PfErr *err) {
        const PfVarlinkServerConfig limits = {
                .clients_max = (unsigned) daemon->settings->maximum_clients,
                .message_max = daemon->settings->maximum_message_bytes,
                .descriptors_spared = pf_varlink_server_descriptors(PF_METRICS_CLIENTS_MAX),
        };
        int r;

        r = make_server(daemon, &limits, &pf_service_interface, &daemon->server, err);
        return r < 0 ? r
                     : make_server(
                               daemon,
                               &(PfVarlinkServerConfig){ .clients_max = PF_METRICS_CLIENTS_MAX },
                               &pf_metrics_interface, &daemon->metrics, err);
}

static int load_settings(Daemon *daemon, PfErr *err) {
        int r;

        r = pf_target_new("/", PF_TARGET_DEFAULT, &daemon->host, err);
        if (r == 0)
                r = pf_target_new(arg_root, PF_TARGET_DEFAULT, &daemon->target, err);
        if (r == 0)
                r = pf_settings_load(daemon->host, &daemon->settings, NULL, err);
        return r;
}

static int set_up(Daemon *daemon, PfErr *err) {
        static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
        int r;

        r = adopt_network(err);
        if (r == 0)
                r = load_settings(daemon, err);
        if (r < 0)
                return r;
        pf_log_set_level(daemon->settings->log_level);

        (void) uv_idle_init(&daemon->loop, &daemon->run_over);
        daemon->run_over.data = daemon;
        r = pf_signals_start(&daemon->signals, &daemon->loop, numbers, PF_ELEMENTS(numbers),
                             on_signal, daemon, err);
        if (r < 0)
                return r;
        r = start_watchdog(daemon);
        if (r < 0)
                return pf_err_set(err, -EIO, "timers: %s", uv_strerror(r));
        r = pf_service_new(&(PfServiceConfig){ .loop = &daemon->loop,
                                               .target = daemon->target,
                                               .host = daemon->host,
                                               .settings = daemon->settings,
                                               .watches = true,
                                               .status = on_status,
                                               .published = on_published,
                                               .data = daemon },
                           &daemon->service, err);
        if (r == 0 && !arg_remedy_socket && strcmp(arg_root, "/") == 0)
                arg_remedy_socket = REMEDY_SOCKET;
        if (r == 0 && arg_remedy_socket)
                r = pf_automatic_new(&(PfAutomaticConfig){ .loop = &daemon->loop,
                                                           .socket = arg_remedy_socket,
                                                           .look_again = on_look_again,
                                                           .data = daemon },
                                     &daemon->automatic);
        if (r < 0)
                return r;
        r = make_servers(daemon, err);
        if (r == 0)
                r = listen_all(daemon, err);
        if (r == 0)
                r = pf_service_refresh(daemon->service);
        return r;
}

/* Releases everything, unless a probe hangs: its thread would be waited for. */
static void tear_down(Daemon *daemon) {
        bool is_stuck = daemon->service && pf_service_is_stuck(daemon->service);

        daemon->server = pf_varlink_server_free(daemon->server);
        daemon->metrics = pf_varlink_server_free(daemon->metrics);
        daemon->automatic = pf_automatic_free(daemon->automatic);
        daemon->service = pf_service_free(daemon->service);
        pf_signals_stop(&daemon->signals);
        if (daemon->watchdog.data)
                uv_close((uv_handle_t *) &daemon->watchdog, NULL);
        if (daemon->run_over.data)
                uv_close((uv_handle_t *) &daemon->run_over, NULL);
        if (is_stuck)
                _exit(EXIT_SUCCESS);
        (void) uv_run(&daemon->loop, UV_RUN_DEFAULT);
        (void) uv_loop_close(&daemon->loop);
        daemon->settings = pf_settings_free(daemon->settings);
        daemon->target = pf_target_unref(daemon->target);
        daemon->host = pf_target_unref(daemon->host);
}

/* A run takes a file of a megabyte into memory and is over: let the pages go, not
 * into pools of each thread. */
static void keep_memory_small(void) {
#ifdef __GLIBC__
        (void) mallopt(M_ARENA_MAX, 1);
        (void) mallopt(M_MMAP_THRESHOLD, 64 * 1024);
        (void) mallopt(M_TRIM_THRESHOLD, 64 * 1024);
#endif
}

static int run(void) {
        Daemon daemon = { 0 };
        PfErr err = { 0 };
        int r;

        if (uv_loop_init(&daemon.loop) < 0) {
                pf_log(PF_LOG_ERROR, "Out of memory");
                return EXIT_FAILURE;
        }

        r = set_up(&daemon, &err);
        if (r < 0) {
                pf_log(PF_LOG_ERROR, "%s", pf_err_text(&err, r));
        } else {
                (void) sd_notify(0, "READY=1");
                (void) uv_run(&daemon.loop, UV_RUN_DEFAULT);
                (void) sd_notify(0, "STOPPING=1");
        }
        tear_down(&daemon);
        return pf_main_exit_status(r);
}

/* All that a reload would load, so that who asks for one is told before. */
static int check_settings(void) {
        Daemon daemon = { 0 };
        PfErr err = { 0 };
        int r = uv_loop_init(&daemon.loop) < 0 ? -ENOMEM : load_settings(&daemon, &err);

        if (r == 0)
                r = pf_service_new(&(PfServiceConfig){ .loop = &daemon.loop,
                                                       .target = daemon.target,
                                                       .host = daemon.host,
                                                       .settings = daemon.settings },
                                   &daemon.service, &err);
        if (r < 0)
                pf_log(PF_LOG_ERROR, "Settings that are wrong: %s", pf_err_text(&err, r));
        tear_down(&daemon);
        return r == 0 ? EXIT_SUCCESS : PF_MAIN_EXIT_USAGE;
}

static void print_help(void) {
        printf("preflightd [OPTION…]\n"
               "\n"
               "Answers on a local socket whether this machine is ready for the agent.\n"
               "\n"
               "      --socket=PATH         listen there, instead of where preflightd.conf says\n"
               "      --root=DIR            check the machine below a directory, not this one\n"
               "      --metrics-socket=PATH serve io.systemd.Metrics there\n"
               "      --remedy-socket=PATH  where preflight-remedyd is asked for remedies\n"
               "      --check-settings      say what is wrong in preflightd.conf, and exit\n"
               "  -h, --help                show this and exit\n"
               "      --version             show the version and exit\n"
               "\n"
               "Sockets handed over by the service manager are used instead of a path.\n"
               "See preflightctl(1) for asking it.\n");
}

enum {
        ARG_SOCKET = 256,
        ARG_ROOT,
        ARG_METRICS_SOCKET,
        ARG_CHECK_SETTINGS,
        ARG_REMEDY_SOCKET,
        ARG_VERSION
};

/* Return: 0 to go on, otherwise 1 + the exit status. */
static int parse_options(int argc, char **argv) {
        static const struct option options[] = {
                { "socket", required_argument, NULL, ARG_SOCKET },
                { "root", required_argument, NULL, ARG_ROOT },
                { "metrics-socket", required_argument, NULL, ARG_METRICS_SOCKET },
                { "remedy-socket", required_argument, NULL, ARG_REMEDY_SOCKET },
                { "check-settings", no_argument, NULL, ARG_CHECK_SETTINGS },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                { 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                switch (c) {
                case ARG_SOCKET:
                        arg_socket = optarg;
                        break;
                case ARG_ROOT:
                        arg_root = optarg;
                        break;
                case ARG_METRICS_SOCKET:
                        arg_metrics_socket = optarg;
                        break;
                case ARG_REMEDY_SOCKET:
                        arg_remedy_socket = optarg;
                        break;
                case ARG_CHECK_SETTINGS:
                        arg_check_settings = true;
                        break;
                case 'h':
                        print_help();
                        return 1 + EXIT_SUCCESS;
                case ARG_VERSION:
                        printf("preflightd %s\n", PF_VERSION);
                        return 1 + EXIT_SUCCESS;
                default:
                        return 1 + PF_MAIN_EXIT_USAGE;
                }
        }
        return pf_main_refuse_arguments("preflightd", argc, argv);
}

int main(int argc, char **argv) {
        int r;

        r = parse_options(argc, argv);
        if (r > 0)
                return r - 1;
        /* On stderr: of a process that is over the journal may not know the unit. */
        if (arg_check_settings)
                return check_settings();
        keep_memory_small();
        pf_main_begin();
        return run();
}
