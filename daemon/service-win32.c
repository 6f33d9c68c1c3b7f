/* SPDX-License-Identifier: MIT */
/*
 * preflightd on Windows: answers on a named pipe whether this machine is ready for the agent,
 * as a service or in a console. Start-up only: options, the service control manager, the
 * pipe; the rest is daemon.c.
 */
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <uv.h>
#include <windows.h>

#include "config/journal-messages.h"
#include "daemon/base/log.h"
#include "daemon/daemon.h"
#include "daemon/main-parts.h"
#include "daemon/platform/peer.h"
#include "daemon/remedy/win32/lease-keeper.h"
#include "daemon/win32/data-directory.h"
#include "daemon/win32/event-log.h"
#include "daemon/win32/scm.h"

#define PIPE_MODE 0666      /* any local user may read; see org.preflightd.Preflight */
#define START_HINT_MS 20000 /* that one step of starting, or all of stopping, may take */

static const char *arg_socket; /* NULL: the settings' */
static const char *arg_root = "/";
static int (*arg_command)(PfErr *err);
static const char *arg_command_name;
static bool arg_check_settings;
static bool arg_service;

/* --- the service control manager --- */

/* Told from any thread, as long as there is a loop to tell. */
static struct {
        SRWLOCK lock;
        SERVICE_STATUS_HANDLE handle;
        SERVICE_STATUS status;
        uv_async_t *wake; /* NULL: there is no loop, or no more */
        bool stop;
        bool reload;
} control = {
        .lock = SRWLOCK_INIT,
        .status = { .dwServiceType = SERVICE_WIN32_OWN_PROCESS },
};

/* With the lock held. */
static void set_state(DWORD state) {
        SERVICE_STATUS *status = &control.status;
        bool is_pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;

        status->dwCheckPoint = !is_pending                       ? 0
                               : state == status->dwCurrentState ? status->dwCheckPoint + 1
                                                                 : 1;
        status->dwCurrentState = state;
        status->dwWaitHint = is_pending ? START_HINT_MS : 0;
        status->dwControlsAccepted =
                state == SERVICE_RUNNING
                        ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE
                        : 0;
        if (control.handle)
                (void) SetServiceStatus(control.handle, status);
}

static void report_state(DWORD state) {
        AcquireSRWLockExclusive(&control.lock);
        if (state != control.status.dwCurrentState || state == SERVICE_START_PENDING)
                set_state(state);
        ReleaseSRWLockExclusive(&control.lock);
}

/* The status is the exit status of a program in the foreground. */
static void report_end(int status) {
        AcquireSRWLockExclusive(&control.lock);
        control.status.dwWin32ExitCode = status == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
        control.status.dwServiceSpecificExitCode = (DWORD) status;
        set_state(SERVICE_STOPPED);
        ReleaseSRWLockExclusive(&control.lock);
}

static DWORD WINAPI on_control(DWORD code, DWORD event, void *event_data, void *data) {
        bool stops = code == SERVICE_CONTROL_STOP || code == SERVICE_CONTROL_SHUTDOWN;

        (void) event;
        (void) event_data;
        (void) data;
        if (code == SERVICE_CONTROL_INTERROGATE)
                return NO_ERROR;
        if (!stops && code != SERVICE_CONTROL_PARAMCHANGE)
                return ERROR_CALL_NOT_IMPLEMENTED;
        AcquireSRWLockExclusive(&control.lock);
        if (stops) {
                control.stop = true;
                set_state(SERVICE_STOP_PENDING);
        } else {
                control.reload = true;
        }
        if (control.wake)
                (void) uv_async_send(control.wake);
        ReleaseSRWLockExclusive(&control.lock);
        return NO_ERROR;
}

/* --- the process --- */

typedef struct Process {
        PfDaemon *daemon;
        PfSignals signals;
        uv_async_t wake;
        PfLeaseKeeper *keeper; /* of a service alone, which is the system's */
} Process;

static void on_wake(uv_async_t *handle) {
        Process *process = handle->data;
        bool stops, reloads;

        AcquireSRWLockExclusive(&control.lock);
        stops = control.stop;
        reloads = control.reload;
        control.reload = false;
        ReleaseSRWLockExclusive(&control.lock);
        if (stops)
                pf_daemon_stop(process->daemon);
        else if (reloads)
                pf_daemon_reload(process->daemon);
}

static void set_wake(uv_async_t *wake) {
        AcquireSRWLockExclusive(&control.lock);
        control.wake = wake;
        ReleaseSRWLockExclusive(&control.lock);
}

static int start_listening_to_control(Process *process, PfErr *err) {
        int r = uv_async_init(pf_daemon_loop(process->daemon), &process->wake, on_wake);

        if (r < 0)
                return pf_err_set(err, -EIO, "cannot be told to stop: %s", uv_strerror(r));
        process->wake.data = process;
        set_wake(&process->wake);
        return 0;
}

/* Ctrl+C, Ctrl+Break, and the console's end. */
static void on_signal(uv_signal_t *handle, int number) {
        Process *process = handle->data;

        (void) number;
        pf_daemon_stop(process->daemon);
}

static int listen_to_console(Process *process, PfErr *err) {
        static const int numbers[] = { SIGINT, SIGBREAK, SIGHUP };

        return pf_signals_start(&process->signals, pf_daemon_loop(process->daemon), numbers,
                                PF_ELEMENTS(numbers), on_signal, process, err);
}

static int listen_at_pipe(Process *process, PfErr *err) {
        const char *path = arg_socket ? arg_socket : pf_daemon_settings(process->daemon)->socket;
        int r;

        r = pf_varlink_server_listen_path(pf_daemon_server(process->daemon), path, PIPE_MODE, err);
        if (r == 0)
                pf_log(PF_LOG_INFO, "Listening on %s", path);
        return r;
}

/* What anybody may have put there does not count. */
static int open_directory(char **ret, PfErr *err) {
        PF_AUTO_PEER PfPeer self = { 0 };
        PF_AUTO_FREE char *path = NULL;
        int r;

        r = pf_data_directory_path(&path, err);
        if (r == 0)
                r = pf_peer_of_self(&self, err);
        if (r == 0)
                r = pf_peer_is_root(&self) ? pf_data_directory_make(path, err)
                                           : pf_data_directory_check(path, err);
        if (r == 0)
                *ret = PF_STEAL(path);
        return r;
}

static int set_up(Process *process, PfErr *err) {
        const PfDaemonConfig config = { .root = arg_root };
        PF_AUTO_FREE char *directory = NULL;
        int r;

        r = open_directory(&directory, err);
        report_state(SERVICE_START_PENDING);
        if (r == 0)
                r = pf_daemon_new(&config, &process->daemon, err);
        if (r < 0)
                return r;
        report_state(SERVICE_START_PENDING);
        pf_log_set_level(pf_daemon_settings(process->daemon)->log_level);
        r = start_listening_to_control(process, err);
        if (r == 0 && !arg_service)
                r = listen_to_console(process, err);
        if (r == 0)
                r = pf_daemon_prepare(process->daemon, err);
        report_state(SERVICE_START_PENDING);
        if (r == 0)
                r = listen_at_pipe(process, err);
        if (r == 0 && arg_service)
                r = pf_lease_keeper_start(pf_daemon_loop(process->daemon), &process->keeper, err);
        return r < 0 ? r : pf_daemon_start(process->daemon);
}

/* A probe that hangs is left behind: its thread ends with the process. */
static void tear_down(Process *process) {
        set_wake(NULL);
        pf_signals_stop(&process->signals);
        if (process->wake.data)
                uv_close((uv_handle_t *) &process->wake, NULL);
        pf_lease_keeper_stop(process->keeper);
        (void) !pf_daemon_close(process->daemon);
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
                report_state(SERVICE_RUNNING);
                pf_log_event(PF_LOG_INFO, pf_message_started, NULL, "preflightd %s has started",
                             PF_VERSION);
                pf_daemon_run(process.daemon);
                report_state(SERVICE_STOP_PENDING);
                pf_log_event(PF_LOG_INFO, pf_message_stopped, NULL, "preflightd has stopped");
        }
        tear_down(&process);
        return pf_main_exit_status(r);
}

/* --- as a service --- */

/* No file is written in a folder that is somebody else's, which may be a link to anywhere: why
 * it is not, set_up() says in the event log. */
static void open_log(void) {
        PF_AUTO_FREE char *directory = NULL;
        PfErr err = { 0 };
        int r;

        (void) !open_directory(&directory, NULL);
        r = pf_event_log_open(directory, &err);
        pf_log_set_sink(pf_event_log_write);
        if (r < 0)
                pf_log(PF_LOG_WARNING, "%s", pf_err_text(&err, r));
}

/* What is pending gets on: a start that has failed, or a stop. */
static void report_progress(void) {
        AcquireSRWLockExclusive(&control.lock);
        set_state(control.status.dwCurrentState);
        ReleaseSRWLockExclusive(&control.lock);
}

/* Also where it could not be set up: nobody would watch over a lease that is left open. */
static void end_leases(void) {
        PfErr err = { 0 };
        int r = pf_lease_keeper_end_all(report_progress, &err);

        if (r < 0)
                pf_log(PF_LOG_ERROR, "%s", pf_err_text(&err, r));
}

static void WINAPI service_main(DWORD argc, wchar_t **argv) {
        int status;

        (void) argc;
        (void) argv;
        control.handle = RegisterServiceCtrlHandlerExW(L"" PF_SCM_NAME, on_control, NULL);
        report_state(SERVICE_START_PENDING);
        open_log();
        status = run();
        end_leases();
        pf_event_log_close();
        report_end(status);
        /* At once: an installer that waits for the state removes this program next, and a probe
         * that hangs may hold what an orderly end waits for. */
        (void) TerminateProcess(GetCurrentProcess(), (UINT) status);
}

static int run_service(void) {
        const SERVICE_TABLE_ENTRYW table[] = { { (wchar_t *) L"" PF_SCM_NAME, service_main },
                                               { NULL, NULL } };

        if (StartServiceCtrlDispatcherW(table))
                return EXIT_SUCCESS;
        fprintf(stderr,
                "preflightd: --service is for the service control manager (error %lu); "
                "preflightd --start starts the service\n",
                GetLastError());
        return EXIT_FAILURE;
}

/* --- the command line --- */

/* Where it did not run, nobody has ended them. */
static int stop(PfErr *err) {
        int r = pf_scm_stop(err);

        return r == 0 ? pf_lease_keeper_end_all(NULL, err) : r;
}

static int remove_service(PfErr *err) {
        int r = pf_scm_remove(err);

        return r == 0 ? pf_lease_keeper_end_all(NULL, err) : r;
}

static int run_command(void) {
        PfErr err = { 0 };
        int r = arg_command(&err);

        if (r == 0 || (r == -EALREADY && arg_command == pf_scm_start))
                return EXIT_SUCCESS;
        fprintf(stderr, "preflightd: --%s: %s\n", arg_command_name, pf_err_text(&err, r));
        return EXIT_FAILURE;
}

static int check_settings(void) {
        PF_AUTO_FREE char *directory = NULL;
        PfErr err = { 0 };
        int r = open_directory(&directory, &err);

        if (r == 0)
                return pf_daemon_check_settings(arg_root);
        fprintf(stderr, "preflightd: %s\n", pf_err_text(&err, r));
        return PF_MAIN_EXIT_USAGE;
}

static void print_help(void) {
        printf("preflightd [OPTION…]\n"
               "\n"
               "Answers on a named pipe whether this machine is ready for the agent.\n"
               "\n"
               "      --socket=PIPE         listen there, instead of where preflightd.conf says\n"
               "      --root=DIR            check the machine below a directory, not this one\n"
               "      --check-settings      say what is wrong in preflightd.conf, and exit\n"
               "      --install             make the service of this program, and exit\n"
               "      --remove              stop the service and remove it, and exit\n"
               "      --start               start the service, and exit\n"
               "      --stop                stop the service, and exit\n"
               "      --reload              have the service read its settings, and exit\n"
               "  -h, --help                show this and exit\n"
               "      --version             show the version and exit\n"
               "\n"
               "Without an option it runs until Ctrl+C; the service manager runs it with\n"
               "--service. See preflightctl for asking it.\n");
}

enum {
        ARG_SOCKET = PF_MAIN_OPTION,
        ARG_ROOT,
        ARG_CHECK_SETTINGS,
        ARG_SERVICE,
        ARG_COMMANDS, /* and those behind it, in the order of the table */
};

static const struct {
        const char *name;
        int (*run)(PfErr *err);
} commands[] = {
        { "install", pf_scm_install }, { "remove", remove_service },
        { "start", pf_scm_start },     { "stop", stop },
        { "reload", pf_scm_reload },
};

/* Return: 0 to go on, otherwise 1 + the exit status. */
static int take_command(size_t i) {
        if (i >= PF_ELEMENTS(commands))
                return 1 + PF_MAIN_EXIT_USAGE;
        if (arg_command) {
                fprintf(stderr, "preflightd: --%s and --%s are one too many\n", arg_command_name,
                        commands[i].name);
                return 1 + PF_MAIN_EXIT_USAGE;
        }
        arg_command = commands[i].run;
        arg_command_name = commands[i].name;
        return 0;
}

/* Return: as take_command(). */
static int take_option(int c) {
        switch (c) {
        case ARG_SOCKET:
                arg_socket = optarg;
                return 0;
        case ARG_ROOT:
                arg_root = optarg;
                return 0;
        case ARG_CHECK_SETTINGS:
                arg_check_settings = true;
                return 0;
        case ARG_SERVICE:
                arg_service = true;
                return 0;
        }
        return take_command((size_t) (c - ARG_COMMANDS));
}

static int parse_options(int argc, char **argv) {
        static const struct option own[] = {
                { "socket", required_argument, NULL, ARG_SOCKET },
                { "root", required_argument, NULL, ARG_ROOT },
                { "check-settings", no_argument, NULL, ARG_CHECK_SETTINGS },
                { "service", no_argument, NULL, ARG_SERVICE },
        };
        struct option all[PF_ELEMENTS(own) + PF_ELEMENTS(commands)];
        const PfMainOptions options = { "preflightd", all, PF_ELEMENTS(all), take_option,
                                        print_help };

        memcpy(all, own, sizeof(own));
        for (size_t i = 0; i < PF_ELEMENTS(commands); i++)
                all[PF_ELEMENTS(own) + i] = (struct option){ commands[i].name, no_argument, NULL,
                                                             ARG_COMMANDS + (int) i };
        return pf_main_parse_options(&options, argc, argv);
}

int main(int argc, char **argv) {
        int r;

        (void) SetConsoleOutputCP(CP_UTF8);
        r = parse_options(argc, argv);
        if (r > 0)
                return r - 1;
        if (arg_command)
                return run_command();
        if (arg_check_settings)
                return check_settings();
        pf_main_begin();
        return arg_service ? run_service() : run();
}
