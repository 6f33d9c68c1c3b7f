/* SPDX-License-Identifier: MIT */
/* What the service manager says. Nothing is changed: ChangeServiceConfigW is called with
 * SERVICE_NO_CHANGE alone, of VSS, to hear whether it would take a change. */
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#define BETWEEN_LOOKS_MSEC 2000
#define LIST_BYTES_MAX (4u << 20)
#define CONFIG_BYTES_MAX 8192 /* documented as the most that there is */
#define EPOCH_USEC UINT64_C(11644473600000000)

static void close_handle(SC_HANDLE *handle) {
        if (*handle)
                (void) CloseServiceHandle(*handle);
}
#define AUTO_SERVICE PF_CLEANUP(close_handle)

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
        if (!ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                                  NULL, NULL, NULL, NULL, NULL, NULL, NULL))
                ret->change_error = GetLastError();
}

int pf_windows_ask_service(const char *name, PfWindowsService *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(name);
        AUTO_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
        AUTO_SERVICE SC_HANDLE service = NULL;
        PfWindowsService answer = { 0 };

        if (!wide)
                return pf_err_set(err, -EINVAL, "%s: no name of a service", name);
        answer.error = manager ? open_service(manager, wide,
                                              SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &service)
                               : GetLastError();
        if (answer.error == 0)
                answer.error = query(service, &answer);
        if (answer.error == 0 && strcmp(name, "VSS") == 0)
                try_change(manager, wide, &answer);
        *ret = answer;
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
        ULARGE_INTEGER time;
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
        if (!is_read)
                return 0;
        time.LowPart = created.dwLowDateTime;
        time.HighPart = created.dwHighDateTime;
        return time.QuadPart / 10 > EPOCH_USEC ? time.QuadPart / 10 - EPOCH_USEC : 0;
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

int pf_windows_ask_pending(PfWindowsPending *ret, PfErr *err) {
        AUTO_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
        PF_AUTO_FREE BYTE *before = NULL, *now = NULL;
        PfWindowsPending answer = { 0 };
        DWORD n_before = 0, n_now = 0;
        int r = 0;

        (void) err;
        answer.error = manager ? list(manager, &before, &n_before) : GetLastError();
        /* Where nothing is pending there is nothing to wait for. */
        if (answer.error == 0 && has_pending(before, n_before)) {
                Sleep(BETWEEN_LOOKS_MSEC);
                answer.apart_usec = BETWEEN_LOOKS_MSEC * UINT64_C(1000);
                answer.error = list(manager, &now, &n_now);
        }
        for (DWORD i = 0; r == 0 && answer.error == 0 && i < n_now; i++) {
                const ENUM_SERVICE_STATUS_PROCESSW *service = (const void *) now;

                if (is_pending(&service[i].ServiceStatusProcess))
                        r = add_pending(&service[i],
                                        find(before, n_before, service[i].lpServiceName), &answer);
        }
        if (r < 0)
                pf_windows_fact_deinit(PF_WINDOWS_PENDING, &answer);
        else
                *ret = answer;
        return r;
}
