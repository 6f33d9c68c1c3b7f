/* SPDX-License-Identifier: MIT */
/*
 * preflightd on Linux: answers on a local socket whether this machine is ready for the
 * agent. Start-up only: options, sockets, the service manager; the rest is daemon.c.
 */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "config/journal-messages.h"
#include "daemon/base/log.h"
#include "daemon/daemon.h"
#include "daemon/main-parts.h"
#include "daemon/platform/host-network.h"
#include "daemon/platform/log-sink.h"
#include "daemon/report/metrics.h"

#define SOCKET_MODE 0666 /* any local user may read; see org.preflightd.Preflight */
#define REMEDY_SOCKET "/run/preflightd/org.preflightd.Remediation"

static const char *arg_socket;         /* NULL: the settings' */
static const char *arg_metrics_socket; /* NULL: the usual one, unless --socket is given */
static const char *arg_remedy_socket;  /* NULL: of this machine, if that is what is checked */
static const char *arg_root = "/";
static bool arg_check_settings;

typedef struct Process {
        PfDaemon *daemon;
        PfSignals signals;
        uv_timer_t watchdog;
} Process;

static void on_status(const char *line, void *data) {
        (void) data;
        (void) sd_notifyf(0, "STATUS=%s", line);
}

static void reload(PfDaemon *daemon) {
        (void) sd_notify(0, "RELOADING=1");
        pf_daemon_reload(daemon);
        (void) sd_notify(0, "READY=1");
}

static void on_signal(uv_signal_t *handle, int number) {
        PfDaemon *daemon = handle->data;

        if (number == SIGHUP)
                reload(daemon);
        else
                pf_daemon_stop(daemon);
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
static int listen_for_metrics(PfDaemon *daemon, PfErr *err) {
        const char *path = arg_metrics_socket ? arg_metrics_socket : PF_METRICS_SOCKET;
        PfErr reason = { 0 };
        int r;

        if (!arg_metrics_socket && (arg_socket || sd_booted() <= 0))
                return 0;
        if (!arg_metrics_socket)
                make_directory_of(path);
        r = pf_varlink_server_listen_path(pf_daemon_metrics(daemon), path, SOCKET_MODE, &reason);
        if (r == -ENOMEM || (r < 0 && arg_metrics_socket))
                return pf_err_set(err, r, "%s", pf_err_text(&reason, r));
        if (r < 0)
                pf_log(PF_LOG_WARNING, "No metrics are served: %s", pf_err_text(&reason, r));
        return 0;
}

static int listen_at_paths(PfDaemon *daemon, PfErr *err) {
        const char *path = arg_socket ? arg_socket : pf_daemon_settings(daemon)->socket;
        int r;

        if (!arg_socket)
                make_directory_of(path);
        r = pf_varlink_server_listen_path(pf_daemon_server(daemon), path, SOCKET_MODE, err);
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

static int take_over(PfDaemon *daemon, const char *name, int fd, PfErr *err) {
        if (is_of_network(name))
                return 0; /* was adopted */
        return pf_varlink_server_listen_fd(strcmp(name, "metrics") == 0 ? pf_daemon_metrics(daemon)
                                                                        : pf_daemon_server(daemon),
                                           fd, err);
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

static int listen_all(PfDaemon *daemon, PfErr *err) {
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
static int start_watchdog(Process *process, PfErr *err) {
        uint64_t usec = 0;
        int r;

        if (sd_watchdog_enabled(0, &usec) <= 0)
                return 0;
        (void) uv_timer_init(pf_daemon_loop(process->daemon), &process->watchdog);
        process->watchdog.data = process;
        r = uv_timer_start(&process->watchdog, on_watchdog, usec / 2000, usec / 2000);
        return r < 0 ? pf_err_set(err, -EIO, "timers: %s", uv_strerror(r)) : 0;
}

static int set_up(Process *process, PfErr *err) {
        static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
        const PfDaemonConfig config = {
                .root = arg_root,
                .remedy_socket = !arg_remedy_socket && strcmp(arg_root, "/") == 0
                                         ? REMEDY_SOCKET
                                         : arg_remedy_socket,
                .status = on_status,
        };
        int r;

        r = adopt_network(err);
        if (r == 0)
                r = pf_daemon_new(&config, &process->daemon, err);
        if (r < 0)
                return r;
        pf_log_set_level(pf_daemon_settings(process->daemon)->log_level);
        r = pf_signals_start(&process->signals, pf_daemon_loop(process->daemon), numbers,
                             PF_ELEMENTS(numbers), on_signal, process->daemon, err);
        if (r == 0)
                r = start_watchdog(process, err);
        if (r == 0)
                r = pf_daemon_prepare(process->daemon, err);
        if (r == 0)
                r = listen_all(process->daemon, err);
        return r < 0 ? r : pf_daemon_start(process->daemon);
}

static void tear_down(Process *process) {
        pf_signals_stop(&process->signals);
        if (process->watchdog.data)
                uv_close((uv_handle_t *) &process->watchdog, NULL);
        if (!pf_daemon_close(process->daemon))
                _exit(EXIT_SUCCESS);
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
        Process process = { 0 };
        PfErr err = { 0 };
        int r;

        r = set_up(&process, &err);
        if (r < 0) {
                pf_log_event(PF_LOG_ERROR, r == -EINVAL ? pf_message_settings_wrong : NULL, NULL,
                             "%s", pf_err_text(&err, r));
        } else {
                (void) sd_notify(0, "READY=1");
                pf_daemon_run(process.daemon);
                (void) sd_notify(0, "STOPPING=1");
        }
        tear_down(&process);
        return pf_main_exit_status(r);
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
        ARG_SOCKET = PF_MAIN_OPTION,
        ARG_ROOT,
        ARG_METRICS_SOCKET,
        ARG_CHECK_SETTINGS,
        ARG_REMEDY_SOCKET,
};

static const struct option own_options[] = {
        { "socket", required_argument, NULL, ARG_SOCKET },
        { "root", required_argument, NULL, ARG_ROOT },
        { "metrics-socket", required_argument, NULL, ARG_METRICS_SOCKET },
        { "remedy-socket", required_argument, NULL, ARG_REMEDY_SOCKET },
        { "check-settings", no_argument, NULL, ARG_CHECK_SETTINGS },
};

static int take_option(int c) {
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
        }
        return 0;
}

static const PfMainOptions options = { "preflightd", own_options, PF_ELEMENTS(own_options),
                                       take_option, print_help };

int main(int argc, char **argv) {
        int r;

        r = pf_main_parse_options(&options, argc, argv);
        if (r > 0)
                return r - 1;
        pf_main_begin();
        keep_memory_small();
        r = arg_check_settings ? pf_daemon_check_settings(arg_root) : run();
        if (r != EXIT_SUCCESS)
                pf_log_settle();
        return r;
}
