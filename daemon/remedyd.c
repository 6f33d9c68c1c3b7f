/* SPDX-License-Identifier: MIT */
/*
 * preflight-remedyd: makes the changes that root asked for, or that policy allows, and
 * ends leases. There only while it is needed. Start-up only: options, sockets, the loop.
 */
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <uv.h>

#include "config/config.h"
#include "config/value.h"
#include "daemon/base/log.h"
#include "daemon/main-parts.h"
#include "daemon/remedy/effects-choose.h"
#include "daemon/remedy/lease-publish.h"
#include "daemon/remedy/remediation.h"
#include "daemon/report/schedule.h"
#include "daemon/varlink/server.h"

#define SOCKET_PATH "/run/preflightd/org.preflightd.Remediation"
#define SOCKET_MODE 0660 /* who may do what is decided by who they are */
#define AUTOMATIC_USER "preflightd"
#define IDLE_USEC (30ull * 1000000)
#define LOCK_WAIT_SEC 30 /* for another process that has the transactions */

static const char *arg_socket = SOCKET_PATH;
static const char *arg_root = "/";
static const char *arg_automatic_user = AUTOMATIC_USER;
static uint64_t arg_idle_usec = IDLE_USEC;
static uint64_t arg_lease_min_usec;
static bool arg_expire;
static bool arg_expire_all;
static bool arg_at_boot;

typedef struct Daemon {
        uv_loop_t loop;
        PfSignals signals;
        uv_timer_t idle;
        PfTarget *machine; /* its settings are those that count */
        PfEffectsChoice effects;
        PfRemediation *remediation;
        PfVarlinkServer *server;
        bool is_ending;
} Daemon;

/* --- coming to rest --- */

static void on_ended(void *data) {
        Daemon *daemon = data;

        uv_stop(&daemon->loop);
}

static bool is_idle(const Daemon *daemon) {
        return daemon->server && pf_varlink_server_n_clients(daemon->server) == 0 &&
               pf_remediation_is_resting(daemon->remediation);
}

/* Who connected meanwhile has not been told of: only those who leave are. What comes
 * while it ends is what systemd keeps for the next start. */
static void on_idle_over(uv_timer_t *handle) {
        Daemon *daemon = handle->data;

        if (is_idle(daemon))
                uv_stop(&daemon->loop);
}

/* The time begins anew with everything that happens. */
static void look_whether_idle(Daemon *daemon) {
        if (is_idle(daemon))
                (void) uv_timer_start(&daemon->idle, on_idle_over, arg_idle_usec / 1000, 0);
        else
                (void) uv_timer_stop(&daemon->idle);
}

static void on_changed(void *data) {
        Daemon *daemon = data;

        if (daemon->remediation)
                look_whether_idle(daemon);
}

static void on_no_clients(PfVarlinkServer *server, void *data) {
        (void) server;
        look_whether_idle(data);
}

/* Nobody would watch over a lease that is left open: it ends now. A second signal does not
 * wait for that. */
static void on_signal(uv_signal_t *handle, int number) {
        Daemon *daemon = handle->data;

        (void) number;
        (void) sd_notify(0, "STOPPING=1");
        if (daemon->is_ending)
                uv_stop(&daemon->loop);
        else
                pf_remediation_end_leases(daemon->remediation, on_ended);
        daemon->is_ending = true;
}

/* --- start-up --- */

static int listen_all(Daemon *daemon, PfErr *err) {
        int n, r = 0;

        n = sd_listen_fds(1);
        if (n < 0)
                return pf_err_errno(err, n, "sockets from the service manager");
        for (int i = 0; i < n && r == 0; i++)
                r = pf_varlink_server_listen_fd(daemon->server, SD_LISTEN_FDS_START + i, err);
        if (n > 0)
                return r;
        r = pf_varlink_server_listen_path(daemon->server, arg_socket, SOCKET_MODE, err);
        if (r == 0)
                pf_log(PF_LOG_INFO, "Listening on %s", arg_socket);
        return r;
}

/* A machine without that user has nobody who works unattended. */
static uint32_t find_automatic_user(void) {
        const struct passwd *user = getpwnam(arg_automatic_user);

        return user ? user->pw_uid : PF_REMEDIATION_NOBODY;
}

static int set_up(Daemon *daemon, PfErr *err) {
        static const int numbers[] = { SIGTERM, SIGINT };
        const PfRemediationConfig config = {
                .loop = &daemon->loop,
                .root = arg_root,
                .host = daemon->machine,
                .effects = &daemon->effects,
                .automatic_uid = find_automatic_user(),
                .lease_min_usec = arg_lease_min_usec,
                .changed = on_changed,
                .data = daemon,
        };
        int r;

        (void) uv_timer_init(&daemon->loop, &daemon->idle);
        daemon->idle.data = daemon;
        r = pf_signals_start(&daemon->signals, &daemon->loop, numbers, PF_ELEMENTS(numbers),
                             on_signal, daemon, err);
        if (r < 0)
                return r;
        r = pf_remediation_new(&config, &daemon->remediation, err);
        if (r == 0)
                r = pf_varlink_server_new(
                        &daemon->loop,
                        &(PfVarlinkServerConfig){ .vendor = "preflightd",
                                                  .product = "preflight-remedyd",
                                                  .version = PF_VERSION,
                                                  .url = "https://preflightd.org/",
                                                  .clients_max = 64,
                                                  .clients_per_user_max = 16 },
                        &daemon->server, err);
        if (r == 0)
                r = pf_varlink_server_add(daemon->server, &pf_remediation_interface,
                                          daemon->remediation, err);
        if (r < 0)
                return r;
        pf_varlink_server_on_idle(daemon->server, on_no_clients, daemon);
        return listen_all(daemon, err);
}

/* Waits for a change that is being made; not for a probe that hangs. */
static void tear_down(Daemon *daemon, int status) {
        bool is_stuck;

        daemon->server = pf_varlink_server_free(daemon->server);
        is_stuck = daemon->remediation && pf_remediation_is_stuck(daemon->remediation);
        daemon->remediation = pf_remediation_free(daemon->remediation);
        pf_signals_stop(&daemon->signals);
        if (daemon->idle.data)
                uv_close((uv_handle_t *) &daemon->idle, NULL);
        if (is_stuck)
                _exit(status);
        (void) uv_run(&daemon->loop, UV_RUN_DEFAULT);
        (void) uv_loop_close(&daemon->loop);
}

static int serve(Daemon *daemon, PfErr *err) {
        int r;

        if (uv_loop_init(&daemon->loop) < 0)
                return -ENOMEM;
        r = set_up(daemon, err);
        if (r == 0) {
                (void) sd_notify(0, "READY=1");
                look_whether_idle(daemon);
                (void) uv_run(&daemon->loop, UV_RUN_DEFAULT);
                (void) sd_notify(0, "STOPPING=1");
        }
        tear_down(daemon, r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        return r;
}

/* --- without serving --- */

/* Another process may have them: a service that is about to end, or an offline fix. */
static int open_transactions(const Daemon *daemon, PfTransactions **ret, PfErr *err) {
        const struct timespec second = { .tv_sec = 1 };

        for (unsigned i = 0;; i++) {
                PfErr why = { 0 };
                int r = pf_transactions_open(arg_root, &daemon->effects.table, ret, &why);

                if (r == -EBUSY && i < LOCK_WAIT_SEC) {
                        (void) nanosleep(&second, NULL);
                        continue;
                }
                return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&why, r)) : 0;
        }
}

static int publish(PfTransactions *transactions, const PfLeaseClock *now, PfErr *err) {
        PfTransaction **list = NULL;
        size_t n = 0;
        int r;

        r = pf_transactions_list(transactions, &list, &n, err);
        if (r == 0)
                r = pf_leases_publish(arg_root, list, n, now, err);
        for (size_t i = 0; i < n; i++)
                (void) pf_transaction_free(list[i]);
        free(list);
        return r;
}

static int expire(const Daemon *daemon, PfErr *err) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PfLeaseClock now;
        PfErr ignored = { 0 };
        int r;

        r = open_transactions(daemon, &transactions, err);
        if (r == 0)
                r = pf_lease_clock_read(&now, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < pf_transactions_complaints(transactions)->n; i++)
                pf_log(PF_LOG_WARNING, "%s", pf_transactions_complaints(transactions)->items[i]);
        r = pf_leases_expire(transactions, &now, arg_expire_all || arg_at_boot, NULL, err);
        (void) !publish(transactions, &now, &ignored); /* it only tells */
        if (r == PF_LEASES_COVERED)
                return pf_err_set(err, -EROFS,
                                  "a lease is over, and closed by what is mounted over its file, "
                                  "which cannot be written: see preflightctl history");
        return r;
}

static int run(void) {
        Daemon daemon = { 0 };
        PfErr err = { 0 };
        int r;

        r = pf_target_new(arg_root, PF_TARGET_DEFAULT, &daemon.machine, &err);
        if (r == 0)
                r = pf_effects_choose(arg_root, daemon.machine, arg_at_boot, &daemon.effects, &err);
        if (r == 0)
                r = arg_expire || arg_expire_all || arg_at_boot ? expire(&daemon, &err)
                                                                : serve(&daemon, &err);
        if (r < 0)
                pf_log(PF_LOG_ERROR, "%s", pf_err_text(&err, r));
        pf_effects_release(&daemon.effects);
        daemon.machine = pf_target_unref(daemon.machine);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- the command line --- */

static void print_help(void) {
        printf("preflight-remedyd [OPTION…]\n"
               "\n"
               "Makes the changes that root asked for, or that policy allows, and ends leases.\n"
               "\n"
               "      --expire               end the leases that are over, and exit\n"
               "      --expire-all           end all leases, and exit\n"
               "      --at-boot              the same before services are started: none is "
               "reloaded\n"
               "      --idle=TIME            exit after so long without work; 30s\n"
               "      --automatic-user=NAME  whose orders are those of policy; preflightd\n"
               "      --socket=PATH          listen there, where systemd passes no socket\n"
               "      --root=DIR             change the machine below a directory, not this one\n"
               "      --lease-minimum=TIME   the shortest lease, with --root; 1min\n"
               "  -h, --help                 show this and exit\n"
               "      --version              show the version and exit\n");
}

enum {
        ARG_EXPIRE = PF_MAIN_OPTION,
        ARG_EXPIRE_ALL,
        ARG_AT_BOOT,
        ARG_IDLE,
        ARG_AUTOMATIC_USER,
        ARG_SOCKET,
        ARG_ROOT,
        ARG_LEASE_MINIMUM,
};

static int parse_time(const char *name, const char *text, uint64_t *ret_usec) {
        if (pf_value_parse_time(text, ret_usec) == 0)
                return 0;
        fprintf(stderr, "preflight-remedyd: --%s=%s: no time, such as 30s or 5min\n", name, text);
        return 1 + PF_MAIN_EXIT_USAGE;
}

static int take_option(int c) {
        switch (c) {
        case ARG_EXPIRE:
                arg_expire = true;
                return 0;
        case ARG_EXPIRE_ALL:
                arg_expire_all = true;
                return 0;
        case ARG_AT_BOOT:
                arg_at_boot = true;
                return 0;
        case ARG_IDLE:
                return parse_time("idle", optarg, &arg_idle_usec);
        case ARG_AUTOMATIC_USER:
                arg_automatic_user = optarg;
                return 0;
        case ARG_SOCKET:
                arg_socket = optarg;
                return 0;
        case ARG_ROOT:
                arg_root = optarg;
                return 0;
        case ARG_LEASE_MINIMUM:
                return parse_time("lease-minimum", optarg, &arg_lease_min_usec);
        }
        return 0;
}

static const struct option own_options[] = {
        { "expire", no_argument, NULL, ARG_EXPIRE },
        { "expire-all", no_argument, NULL, ARG_EXPIRE_ALL },
        { "at-boot", no_argument, NULL, ARG_AT_BOOT },
        { "idle", required_argument, NULL, ARG_IDLE },
        { "automatic-user", required_argument, NULL, ARG_AUTOMATIC_USER },
        { "socket", required_argument, NULL, ARG_SOCKET },
        { "root", required_argument, NULL, ARG_ROOT },
        { "lease-minimum", required_argument, NULL, ARG_LEASE_MINIMUM },
};

static const PfMainOptions options = { "preflight-remedyd", own_options, PF_ELEMENTS(own_options),
                                       take_option, print_help };

/* Return: 0 to go on, otherwise 1 + the exit status. */
static int parse_options(int argc, char **argv) {
        int r = pf_main_parse_options(&options, argc, argv);

        if (r > 0)
                return r;
        if (arg_lease_min_usec > 0 && strcmp(arg_root, "/") == 0) {
                fprintf(stderr, "preflight-remedyd: --lease-minimum is for --root alone\n");
                return 1 + PF_MAIN_EXIT_USAGE;
        }
        return 0;
}

int main(int argc, char **argv) {
        int r;

        r = parse_options(argc, argv);
        if (r > 0)
                return r - 1;
        pf_main_begin();
        return run();
}
