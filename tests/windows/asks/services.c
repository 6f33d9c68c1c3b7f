/* SPDX-License-Identifier: MIT */
#include "tests/windows/asks/services.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define WAIT_STEP_MSEC 20
#define WAIT_STEPS 1500

static SC_HANDLE manager(void) {
        SC_HANDLE handle = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);

        ck_assert_ptr_nonnull(handle);
        return handle;
}

/* The program beside this one. */
static void command_of(const char *state, char ret[static 2 * MAX_PATH]) {
        char path[MAX_PATH];
        char *name;

        ck_assert_uint_gt(GetModuleFileNameA(NULL, path, sizeof(path)), 0);
        name = strrchr(path, '\\');
        ck_assert_ptr_nonnull(name);
        *name = '\0';
        (void) snprintf(ret, 2 * MAX_PATH, "\"%s\\asks-service.exe\" %s", path, state);
}

/* Ended by its process: a service that hangs takes no order to stop. */
static void end_process(SC_HANDLE service) {
        SERVICE_STATUS_PROCESS status;
        DWORD n;
        HANDLE process;

        if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *) &status, sizeof(status),
                                  &n) ||
            status.dwProcessId == 0)
                return;
        process = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, status.dwProcessId);
        if (!process)
                return;
        (void) TerminateProcess(process, 0);
        (void) WaitForSingleObject(process, 10000);
        (void) CloseHandle(process);
}

void asks_remove_service(const char *name) {
        SC_HANDLE all = manager();
        SC_HANDLE service = OpenServiceA(all, name, SERVICE_ALL_ACCESS);

        if (service) {
                end_process(service);
                (void) DeleteService(service);
                (void) CloseServiceHandle(service);
        }
        (void) CloseServiceHandle(all);
}

void asks_make_service(const char *name, const char *state, DWORD start) {
        SC_HANDLE all = manager(), service;
        char command[2 * MAX_PATH];

        asks_remove_service(name);
        command_of(state, command);
        service =
                CreateServiceA(all, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                               start, SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL);
        ck_assert_msg(service != NULL, "CreateService: %lu", GetLastError());
        (void) CloseServiceHandle(service);
        (void) CloseServiceHandle(all);
}

/* Starts it, and waits until it is in the state that it is to be in. */
void asks_start_service(const char *name, DWORD state) {
        SC_HANDLE all = manager(), service = OpenServiceA(all, name, SERVICE_ALL_ACCESS);
        SERVICE_STATUS_PROCESS status = { 0 };
        DWORD n;

        ck_assert_ptr_nonnull(service);
        ck_assert_msg(StartServiceA(service, 0, NULL), "StartService: %lu", GetLastError());
        for (unsigned i = 0; i < WAIT_STEPS && status.dwCurrentState != state; i++) {
                ck_assert(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *) &status,
                                               sizeof(status), &n));
                Sleep(WAIT_STEP_MSEC);
        }
        ck_assert_uint_eq(status.dwCurrentState, state);
        (void) CloseServiceHandle(service);
        (void) CloseServiceHandle(all);
}

/* --- those of this Windows --- */

static void stop(SC_HANDLE service) {
        SERVICE_STATUS status = { 0 };

        (void) ControlService(service, SERVICE_CONTROL_STOP, &status);
        for (unsigned i = 0; i < WAIT_STEPS; i++) {
                if (!QueryServiceStatus(service, &status) ||
                    status.dwCurrentState == SERVICE_STOPPED)
                        return;
                Sleep(WAIT_STEP_MSEC);
        }
}

void asks_set_service(const char *name, const char *state, DWORD start) {
        SC_HANDLE all = manager();
        SC_HANDLE service = OpenServiceA(all, name, SERVICE_ALL_ACCESS);
        char command[2 * MAX_PATH];

        if (!service) {
                (void) CloseServiceHandle(all);
                asks_make_service(name, state, start);
                return;
        }
        command_of(state, command);
        stop(service);
        ck_assert_msg(ChangeServiceConfigA(service, SERVICE_WIN32_OWN_PROCESS, start,
                                           SERVICE_NO_CHANGE, command, NULL, NULL, NULL, NULL, NULL,
                                           NULL),
                      "%s: %lu", name, GetLastError());
        (void) CloseServiceHandle(service);
        (void) CloseServiceHandle(all);
}

BOOL asks_lend_service(const char *name, BYTE *ret, DWORD size) {
        SC_HANDLE all = manager();
        SC_HANDLE service = OpenServiceA(all, name, SERVICE_QUERY_CONFIG);
        const QUERY_SERVICE_CONFIGA *config = (const void *) ret;
        BOOL is_there = FALSE;
        DWORD n;

        if (service)
                is_there = QueryServiceConfigA(service, (QUERY_SERVICE_CONFIGA *) ret, size, &n) &&
                           !strstr(config->lpBinaryPathName, "asks-service.exe");
        (void) CloseServiceHandle(service);
        (void) CloseServiceHandle(all);
        return is_there;
}

void asks_give_service_back(const char *name, const BYTE *lent) {
        const QUERY_SERVICE_CONFIGA *config = (const void *) lent;
        SC_HANDLE all = manager();
        SC_HANDLE service = OpenServiceA(all, name, SERVICE_ALL_ACCESS);

        if (service) {
                stop(service);
                (void) ChangeServiceConfigA(service, config->dwServiceType, config->dwStartType,
                                            SERVICE_NO_CHANGE, config->lpBinaryPathName, NULL, NULL,
                                            NULL, NULL, NULL, NULL);
        }
        (void) CloseServiceHandle(service);
        (void) CloseServiceHandle(all);
}
