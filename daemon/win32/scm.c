/* SPDX-License-Identifier: MIT */
#include "daemon/win32/scm.h"

#include <windows.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/trust.h"
#include "daemon/platform/win32/windows-ask.h"
#include "daemon/win32/data-directory.h"
#include "daemon/win32/event-log.h"

#define NAME L"" PF_SCM_NAME
#define DISPLAY_NAME L"Preflight readiness service"
#define DESCRIPTION                                                                                \
        L"Answers whether this machine is ready for the agent that is about to be installed, and " \
        L"why not where it is not. See preflightctl status."
#define COMMAND_MAX (MAX_PATH * 2)
#define WAIT_MS 30000 /* without progress */
#define STEP_MS 50
#define DAY_SEC (24 * 60 * 60)

static SC_HANDLE close_service(SC_HANDLE handle) {
        if (handle)
                (void) CloseServiceHandle(handle);
        return NULL;
}
PF_DEFINE_CLEANUP(struct SC_HANDLE__, close_service);
#define AUTO_SERVICE PF_CLEANUP(close_servicep)

static int open_manager(DWORD access, SC_HANDLE *ret, PfErr *err) {
        *ret = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | access);
        return *ret ? 0 : pf_err_windows(err, GetLastError(), "cannot open the service manager");
}

static int open_service(DWORD access, SC_HANDLE *ret, PfErr *err) {
        AUTO_SERVICE SC_HANDLE manager = NULL;
        int r;

        r = open_manager(0, &manager, err);
        if (r < 0)
                return r;
        *ret = OpenServiceW(manager, NAME, access);
        return *ret ? 0 : pf_err_windows(err, GetLastError(), "service " PF_SCM_NAME);
}

/* --- to be there --- */

/* In quotes: without them a file C:\Program.exe would be run in its place. */
static int make_command(wchar_t ret[static COMMAND_MAX], char **ret_program, PfErr *err) {
        wchar_t program[MAX_PATH];
        DWORD n = GetModuleFileNameW(NULL, program, MAX_PATH);

        if (n == 0 || n == MAX_PATH)
                return pf_err_set(err, -ENAMETOOLONG, "cannot tell where this program is");
        (void) swprintf(ret, COMMAND_MAX, L"\"%ls\" --service", program);
        *ret_program = pf_windows_text(program);
        return *ret_program ? 0 : -ENOMEM;
}

static int create(SC_HANDLE manager, const wchar_t *command, SC_HANDLE *ret, PfErr *err) {
        *ret = CreateServiceW(manager, NAME, DISPLAY_NAME, SERVICE_ALL_ACCESS,
                              SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                              command, NULL, NULL, NULL, NULL, NULL);
        if (*ret)
                return 0;
        if (GetLastError() == ERROR_SERVICE_EXISTS)
                *ret = OpenServiceW(manager, NAME, SERVICE_ALL_ACCESS);
        if (*ret && ChangeServiceConfigW(*ret, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                         SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL,
                                         L"LocalSystem", NULL, DISPLAY_NAME))
                return 0;
        return pf_err_windows(err, GetLastError(), "cannot make service " PF_SCM_NAME);
}

/* What else is said of it; a system that does not know of one goes without. */
static int describe(SC_HANDLE service, PfErr *err) {
        SC_ACTION restarts[] = { { SC_ACTION_RESTART, 1000 },
                                 { SC_ACTION_RESTART, 10000 },
                                 { SC_ACTION_RESTART, 60000 } };
        SERVICE_DESCRIPTIONW description = { .lpDescription = (wchar_t *) DESCRIPTION };
        SERVICE_FAILURE_ACTIONSW failure = { .dwResetPeriod = DAY_SEC,
                                             .cActions = PF_ELEMENTS(restarts),
                                             .lpsaActions = restarts };
        /* Also where it says itself that it could not start: what is in its way may go. */
        SERVICE_FAILURE_ACTIONS_FLAG also = { .fFailureActionsOnNonCrashFailures = TRUE };
        SERVICE_SID_INFO sid = { .dwServiceSidType = SERVICE_SID_TYPE_UNRESTRICTED };
        /* To see who asks; to look at files and settings of the firmware that others may not. */
        wchar_t privileges[] = L"SeChangeNotifyPrivilege\0SeImpersonatePrivilege\0"
                               L"SeBackupPrivilege\0SeSystemEnvironmentPrivilege\0";
        SERVICE_REQUIRED_PRIVILEGES_INFOW required = { .pmszRequiredPrivileges = privileges };
        const struct {
                DWORD level;
                void *info;
        } all[] = {
                { SERVICE_CONFIG_DESCRIPTION, &description },
                { SERVICE_CONFIG_FAILURE_ACTIONS, &failure },
                { SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also },
                { SERVICE_CONFIG_SERVICE_SID_INFO, &sid },
                { SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &required },
        };

        for (size_t i = 0; i < PF_ELEMENTS(all); i++)
                if (!ChangeServiceConfig2W(service, all[i].level, all[i].info) &&
                    GetLastError() != ERROR_INVALID_LEVEL)
                        return pf_err_windows(err, GetLastError(),
                                              "cannot describe service " PF_SCM_NAME);
        return 0;
}

static int make_directory(PfErr *err) {
        PF_AUTO_FREE char *path = NULL;
        int r;

        r = pf_data_directory_path(&path, err);
        return r < 0 ? r : pf_data_directory_make(path, err);
}

int pf_scm_install(PfErr *err) {
        AUTO_SERVICE SC_HANDLE manager = NULL;
        AUTO_SERVICE SC_HANDLE service = NULL;
        PF_AUTO_FREE char *program = NULL;
        wchar_t command[COMMAND_MAX];
        int r;

        r = make_directory(err);
        if (r == 0)
                r = make_command(command, &program, err);
        if (r == 0)
                r = open_manager(SC_MANAGER_CREATE_SERVICE, &manager, err);
        if (r == 0)
                r = pf_event_log_register(program, err);
        if (r == 0)
                r = create(manager, command, &service, err);
        return r < 0 ? r : describe(service, err);
}

/* --- from one state to another --- */

static int query(SC_HANDLE service, SERVICE_STATUS_PROCESS *ret, PfErr *err) {
        DWORD n;

        if (QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *) ret, sizeof(*ret), &n))
                return 0;
        return pf_err_windows(err, GetLastError(), "cannot tell how service " PF_SCM_NAME " is");
}

/* As long as it says @pending, and gets on. */
static int wait_while(SC_HANDLE service, DWORD pending, SERVICE_STATUS_PROCESS *ret, PfErr *err) {
        ULONGLONG since = GetTickCount64();
        DWORD check_point = 0;
        int r;

        for (;;) {
                r = query(service, ret, err);
                if (r < 0 || ret->dwCurrentState != pending)
                        return r;
                if (ret->dwCheckPoint != check_point)
                        since = GetTickCount64();
                check_point = ret->dwCheckPoint;
                if (GetTickCount64() - since > WAIT_MS)
                        return pf_err_set(err, -ETIMEDOUT,
                                          "service " PF_SCM_NAME " has not got on for %d s",
                                          WAIT_MS / 1000);
                Sleep(STEP_MS);
        }
}

static int explain_end(const SERVICE_STATUS_PROCESS *status, PfErr *err) {
        if (status->dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR)
                return pf_err_set(err, -EIO,
                                  "service " PF_SCM_NAME " did not start (%lu): preflightd.log in "
                                  "%%ProgramData%%\\preflightd says why",
                                  status->dwServiceSpecificExitCode);
        return pf_err_windows(err,
                              status->dwWin32ExitCode ? status->dwWin32ExitCode : ERROR_GEN_FAILURE,
                              "service " PF_SCM_NAME " did not start");
}

int pf_scm_start(PfErr *err) {
        AUTO_SERVICE SC_HANDLE service = NULL;
        SERVICE_STATUS_PROCESS status;
        int r;

        r = open_service(SERVICE_START | SERVICE_QUERY_STATUS, &service, err);
        if (r == 0) /* one that is about to stop runs already, as Windows has it */
                r = wait_while(service, SERVICE_STOP_PENDING, &status, err);
        if (r < 0)
                return r;
        if (!StartServiceW(service, 0, NULL)) {
                DWORD code = GetLastError();

                if (code == ERROR_SERVICE_ALREADY_RUNNING)
                        return pf_err_set(err, -EALREADY, "service " PF_SCM_NAME " runs already");
                return pf_err_windows(err, code, "cannot start service " PF_SCM_NAME);
        }
        r = wait_while(service, SERVICE_START_PENDING, &status, err);
        if (r < 0)
                return r;
        return status.dwCurrentState == SERVICE_RUNNING ? 0 : explain_end(&status, err);
}

/* A service that has said that it is stopped has a process for a moment yet, whose program
 * cannot be removed. */
static HANDLE open_process(SC_HANDLE service) {
        SERVICE_STATUS_PROCESS status;

        if (query(service, &status, NULL) < 0 || status.dwProcessId == 0)
                return NULL;
        return OpenProcess(SYNCHRONIZE, FALSE, status.dwProcessId);
}

/* While it starts it takes no order; while it stops it needs none. */
static int order_to_stop(SC_HANDLE service, PfErr *err) {
        SERVICE_STATUS_PROCESS status;
        SERVICE_STATUS ignored;
        DWORD code;
        int r;

        r = wait_while(service, SERVICE_START_PENDING, &status, err);
        if (r < 0 || ControlService(service, SERVICE_CONTROL_STOP, &ignored))
                return r;
        code = GetLastError();
        if (code == ERROR_SERVICE_NOT_ACTIVE)
                return 0;
        r = query(service, &status, err);
        if (r < 0 || status.dwCurrentState == SERVICE_STOP_PENDING ||
            status.dwCurrentState == SERVICE_STOPPED)
                return r;
        return pf_err_windows(err, code, "cannot stop service " PF_SCM_NAME);
}

static int stop(SC_HANDLE service, PfErr *err) {
        PF_AUTO_WINDOWS_HANDLE HANDLE process = open_process(service);
        SERVICE_STATUS_PROCESS status;
        int r;

        r = order_to_stop(service, err);
        if (r == 0)
                r = wait_while(service, SERVICE_STOP_PENDING, &status, err);
        if (r == 0 && status.dwCurrentState != SERVICE_STOPPED)
                r = pf_err_set(err, -EBUSY, "service " PF_SCM_NAME " did not stop");
        if (r == 0 && process)
                (void) WaitForSingleObject(process, WAIT_MS);
        return r;
}

int pf_scm_stop(PfErr *err) {
        AUTO_SERVICE SC_HANDLE service = NULL;
        int r;

        r = open_service(SERVICE_STOP | SERVICE_QUERY_STATUS, &service, err);
        return r < 0 ? r : stop(service, err);
}

int pf_scm_remove(PfErr *err) {
        AUTO_SERVICE SC_HANDLE service = NULL;
        int r;

        r = open_service(SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE, &service, err);
        if (r == 0)
                r = stop(service, err);
        if (r < 0)
                return r;
        if (!DeleteService(service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
                return pf_err_windows(err, GetLastError(), "cannot remove service " PF_SCM_NAME);
        return pf_event_log_unregister(err);
}

int pf_scm_reload(PfErr *err) {
        AUTO_SERVICE SC_HANDLE service = NULL;
        SERVICE_STATUS ignored;
        int r;

        r = open_service(SERVICE_PAUSE_CONTINUE, &service, err);
        if (r < 0)
                return r;
        return ControlService(service, SERVICE_CONTROL_PARAMCHANGE, &ignored)
                       ? 0
                       : pf_err_windows(err, GetLastError(),
                                        "cannot have service " PF_SCM_NAME " read its settings");
}
