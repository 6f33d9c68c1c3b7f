/* SPDX-License-Identifier: MIT */
/* Tells the service manager, and waits for services. */
#include "daemon/platform/services-change.h"

#include <windows.h>

#include "daemon/base/clock.h"
#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/windows-ask.h"

#define AGAIN_MSEC 50
#define SERVICES L"SYSTEM\\CurrentControlSet\\Services\\"
#define NAME_UNITS_MAX 256 /* of a service: CreateServiceW() */

typedef struct Service {
        SC_HANDLE manager, handle;
        wchar_t *wide;
        const char *name;
        PfErr *err;
} Service;

static void service_deinit(Service *service) {
        if (service->handle)
                (void) CloseServiceHandle(service->handle);
        if (service->manager)
                (void) CloseServiceHandle(service->manager);
        free(service->wide);
}
#define AUTO_SERVICE PF_CLEANUP(service_deinit)

static int refused(const Service *service, const char *call) {
        return pf_err_windows(service->err, GetLastError(), "%s(%s)", call, service->name);
}

static int open_service(Service *service, const char *name, DWORD access, PfErr *err) {
        *service = (Service){ .name = name, .err = err, .wide = pf_windows_wide(name) };
        if (!service->wide)
                return -ENOMEM;
        service->manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
        if (!service->manager)
                return refused(service, "OpenSCManagerW");
        service->handle = OpenServiceW(service->manager, service->wide, access);
        return service->handle ? 0 : refused(service, "OpenServiceW");
}

/* --- how it starts --- */

/* The manager wrote it; this brings it to the disk. */
static int flush(const Service *service) {
        wchar_t path[sizeof(SERVICES) / sizeof(wchar_t) + NAME_UNITS_MAX];
        LSTATUS error;
        HKEY key;

        if (wcslen(service->wide) > NAME_UNITS_MAX)
                return pf_err_set(service->err, -EINVAL, "%s: too long a name", service->name);
        (void) wcscpy(path, SERVICES);
        (void) wcscat(path, service->wide);
        error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
        if (error == ERROR_SUCCESS) {
                error = RegFlushKey(key);
                (void) RegCloseKey(key);
        }
        return error == ERROR_SUCCESS ? 0
                                      : pf_err_windows(service->err, (unsigned long) error,
                                                       "RegFlushKey(%s)", service->name);
}

int pf_service_set_start(const char *name, uint32_t start, PfErr *err) {
        AUTO_SERVICE Service service;
        int r = open_service(&service, name, SERVICE_CHANGE_CONFIG, err);

        if (r == 0 &&
            !ChangeServiceConfigW(service.handle, SERVICE_NO_CHANGE, start, SERVICE_NO_CHANGE, NULL,
                                  NULL, NULL, NULL, NULL, NULL, NULL))
                r = refused(&service, "ChangeServiceConfigW");
        return r == 0 ? flush(&service) : r;
}

/* --- whether it runs --- */

static int query(const Service *service, SERVICE_STATUS_PROCESS *ret) {
        DWORD needed;

        return QueryServiceStatusEx(service->handle, SC_STATUS_PROCESS_INFO, (BYTE *) ret,
                                    sizeof(*ret), &needed)
                       ? 0
                       : refused(service, "QueryServiceStatusEx");
}

static int start(const Service *service) {
        if (StartServiceW(service->handle, 0, NULL) ||
            GetLastError() == ERROR_SERVICE_ALREADY_RUNNING)
                return 0;
        return refused(service, "StartServiceW");
}

static int stop(const Service *service) {
        SERVICE_STATUS status;

        if (ControlService(service->handle, SERVICE_CONTROL_STOP, &status) ||
            GetLastError() == ERROR_SERVICE_NOT_ACTIVE)
                return 0;
        if (GetLastError() == ERROR_DEPENDENT_SERVICES_RUNNING)
                return pf_err_set(service->err, -EBUSY,
                                  "%s is not stopped: other services that run depend on it",
                                  service->name);
        return refused(service, "ControlService");
}

/* Positive outcome: not yet. */
enum { NOT_YET = 1 };

typedef int (*Judge)(const Service *service, const SERVICE_STATUS_PROCESS *status, bool run);

/* While it is on the other way it takes no order: one that is stopping counts as one that runs. */
static int judge_way(const Service *service, const SERVICE_STATUS_PROCESS *status, bool run) {
        (void) service;
        return status->dwCurrentState == (run ? SERVICE_STOP_PENDING : SERVICE_START_PENDING)
                       ? NOT_YET
                       : 0;
}

static int judge_end(const Service *service, const SERVICE_STATUS_PROCESS *status, bool run) {
        if (status->dwCurrentState == (run ? SERVICE_RUNNING : SERVICE_STOPPED))
                return 0;
        if (!run || status->dwCurrentState != SERVICE_STOPPED)
                return NOT_YET;
        return pf_err_set(service->err, -EIO,
                          "%s did not start, and stopped with error %lu (%lu of its own); the "
                          "System log tells more",
                          service->name, (unsigned long) status->dwWin32ExitCode,
                          (unsigned long) status->dwServiceSpecificExitCode);
}

static int wait_for(const Service *service, Judge judge, bool run, uint64_t begin_usec,
                    uint64_t timeout_ms) {
        SERVICE_STATUS_PROCESS status;
        int r;

        for (;;) {
                r = query(service, &status);
                if (r == 0)
                        r = judge(service, &status, run);
                if (r != NOT_YET)
                        return r;
                if (pf_clock_monotonic_usec() >= begin_usec + timeout_ms * 1000)
                        return pf_err_set(service->err, -ETIMEDOUT, "%s is not %s after %llu s",
                                          service->name, run ? "running" : "stopped",
                                          (unsigned long long) (timeout_ms / 1000));
                Sleep(AGAIN_MSEC);
        }
}

int pf_service_run(const char *name, bool run, uint64_t timeout_ms, PfErr *err) {
        const uint64_t begin_usec = pf_clock_monotonic_usec();
        AUTO_SERVICE Service service;
        int r = open_service(&service, name,
                             SERVICE_QUERY_STATUS | (run ? SERVICE_START : SERVICE_STOP), err);

        if (r == 0)
                r = wait_for(&service, judge_way, run, begin_usec, timeout_ms);
        if (r == 0)
                r = run ? start(&service) : stop(&service);
        return r == 0 ? wait_for(&service, judge_end, run, begin_usec, timeout_ms) : r;
}
