/* SPDX-License-Identifier: MIT */
/* What the service manager says. Nothing is changed: ChangeServiceConfigW is called with
 * SERVICE_NO_CHANGE alone, of VSS, to hear whether it would take a change. */
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#include "daemon/platform/win32/windows-ask-call.h"

#define BETWEEN_LOOKS_MSEC 2000
#define LIST_BYTES_MAX (4u << 20)
#define CONFIG_BYTES_MAX 8192 /* documented as the most that there is */

static void close_handle(SC_HANDLE *handle) {
        if (*handle)
                (void) CloseServiceHandle(*handle);
}
#define AUTO_SERVICE PF_CLEANUP(close_handle)

static DWORD open_manager(DWORD access, SC_HANDLE *ret) {
        *ret = OpenSCManagerW(NULL, NULL, access);
        return *ret ? 0 : GetLastError();
}

static DWORD open_service(SC_HANDLE manager, const wchar_t *name, DWORD access, SC_HANDLE *ret) {
        *ret = OpenServiceW(manager, name, access);
        return *ret ? 0 : GetLastError();
}

static DWORD query(SC_HANDLE service, PfWindowsService *ret) {
        SERVICE_STATUS_PROCESS status;
        _Alignas(QUERY_SERVICE_CONFIGW) BYTE bytes[CONFIG_BYTES_MAX];
        const QUERY_SERVICE_CONFIGW *config = (const void *) bytes;
        DWORD needed;

        if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *) &status, sizeof(status),
                                  &needed) ||
            !QueryServiceConfigW(service, (QUERY_SERVICE_CONFIGW *) bytes, sizeof(bytes), &needed))
                return GetLastError();
        ret->state = status.dwCurrentState;
        ret->exit_code = status.dwWin32ExitCode;
        ret->start = config->dwStartType;
        return 0;
}

static void try_change(SC_HANDLE manager, const wchar_t *name, PfWindowsService *ret) {
        AUTO_SERVICE SC_HANDLE service = NULL;

        if (open_service(manager, name, SERVICE_CHANGE_CONFIG, &service) != 0)
                return;
        ret->is_change_tried = true;
        ret->change_error = pf_windows_call_no_change(service);
}

int pf_windows_ask_service(const char *name, void *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(name);
        AUTO_SERVICE SC_HANDLE manager = NULL;
        AUTO_SERVICE SC_HANDLE service = NULL;
        PfWindowsService *answer = ret;

        if (!wide)
                return pf_err_set(err, -errno, "%s: no name of a service", name);
        answer->error = open_manager(SC_MANAGER_CONNECT, &manager);
        if (answer->error == 0)
                answer->error = open_service(manager, wide,
                                             SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &service);
        if (answer->error == 0)
                answer->error = query(service, answer);
        if (answer->error == 0 && strcmp(name, "VSS") == 0)
                try_change(manager, wide, answer);
        return 0;
}

/* --- services that are starting or stopping --- */

/* All of one look; freed by the caller. Return: an error of Windows. */
static DWORD list(SC_HANDLE manager, BYTE **ret, DWORD *ret_n) {
        DWORD size = 65536;

        for (;;) {
                BYTE *bytes = malloc(size);
                DWORD needed = 0, resume = 0, error;

                if (!bytes)
                        return ERROR_NOT_ENOUGH_MEMORY;
                if (EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32,
                                          SERVICE_STATE_ALL, bytes, size, &needed, ret_n, &resume,
                                          NULL)) {
                        *ret = bytes;
                        return 0;
                }
                error = GetLastError();
                free(bytes);
                if (error != ERROR_MORE_DATA || needed > LIST_BYTES_MAX || size > LIST_BYTES_MAX)
                        return error;
                size += needed + 4096;
        }
}

static const ENUM_SERVICE_STATUS_PROCESSW *find(const BYTE *bytes, DWORD n, const wchar_t *name) {
        const ENUM_SERVICE_STATUS_PROCESSW *all = (const void *) bytes;

        for (DWORD i = 0; i < n; i++)
                if (wcscmp(all[i].lpServiceName, name) == 0)
                        return &all[i];
        return NULL;
}

static bool is_pending(const SERVICE_STATUS_PROCESS *status) {
        return status->dwCurrentState == SERVICE_START_PENDING ||
               status->dwCurrentState == SERVICE_STOP_PENDING;
}

/* When its process began, where that is no other service's. 0: not known. */
static uint64_t read_since(const SERVICE_STATUS_PROCESS *status) {
        FILETIME created, ignored;
        HANDLE process;
        BOOL is_read;

        if (!(status->dwServiceType & SERVICE_WIN32_OWN_PROCESS) || status->dwProcessId == 0 ||
            status->dwCurrentState != SERVICE_START_PENDING)
                return 0;
        process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, status->dwProcessId);
        if (!process)
                return 0;
        is_read = GetProcessTimes(process, &created, &ignored, &ignored, &ignored);
        (void) CloseHandle(process);
        return is_read ? pf_windows_usec(created.dwHighDateTime, created.dwLowDateTime) : 0;
}

static int add_pending(const ENUM_SERVICE_STATUS_PROCESSW *now,
                       const ENUM_SERVICE_STATUS_PROCESSW *before, PfWindowsPending *pending) {
        const SERVICE_STATUS_PROCESS *status = &now->ServiceStatusProcess;
        PfWindowsPendingService *service = pf_rows_add(&pending->services, sizeof(*service));

        if (!service)
                return -ENOMEM;
        service->name = pf_windows_text(now->lpServiceName);
        service->state = status->dwCurrentState;
        service->process = status->dwProcessId;
        service->wait_hint_msec = status->dwWaitHint;
        service->since_usec = read_since(status);
        service->has_moved =
                !before || before->ServiceStatusProcess.dwCurrentState != status->dwCurrentState ||
                before->ServiceStatusProcess.dwCheckPoint != status->dwCheckPoint;
        return service->name ? 0 : -ENOMEM;
}

static bool has_pending(const BYTE *bytes, DWORD n) {
        const ENUM_SERVICE_STATUS_PROCESSW *all = (const void *) bytes;

        for (DWORD i = 0; i < n; i++)
                if (is_pending(&all[i].ServiceStatusProcess))
                        return true;
        return false;
}

int pf_windows_ask_pending(const char *question, void *ret, PfErr *err) {
        PF_AUTO_FREE BYTE *before = NULL, *now = NULL;
        AUTO_SERVICE SC_HANDLE manager = NULL;
        PfWindowsPending *answer = ret;
        DWORD n_before = 0, n_now = 0;
        int r = 0;

        (void) question;
        (void) err;
        answer->error = open_manager(SC_MANAGER_ENUMERATE_SERVICE, &manager);
        if (answer->error == 0)
                answer->error = list(manager, &before, &n_before);
        /* Where nothing is pending there is nothing to wait for. */
        if (answer->error || !has_pending(before, n_before))
                return 0;
        Sleep(BETWEEN_LOOKS_MSEC);
        answer->apart_usec = BETWEEN_LOOKS_MSEC * UINT64_C(1000);
        answer->error = list(manager, &now, &n_now);
        for (DWORD i = 0; r == 0 && answer->error == 0 && i < n_now; i++) {
                const ENUM_SERVICE_STATUS_PROCESSW *service = (const void *) now;

                if (is_pending(&service[i].ServiceStatusProcess))
                        r = add_pending(&service[i],
                                        find(before, n_before, service[i].lpServiceName), answer);
        }
        return r;
}
