/* SPDX-License-Identifier: MIT */
/*
 * A service for tests, which is in the state that its argument says, until it is told to
 * stop: running, starting (and no further), moving (on and on), stopping; slow: starting for
 * a while, then running, and stopping for a while once it is told to.
 *
 *   service.exe STATE
 */
#include <windows.h>

#include <string.h>

#define STEP_MSEC 50
#define SLOW_MSEC 700
#define STUCK_WAIT_HINT_MSEC 7000

static const char *state = "running";
static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status = { .dwServiceType = SERVICE_WIN32_OWN_PROCESS };
static HANDLE end;

static void report(DWORD current) {
        status.dwCurrentState = current;
        status.dwControlsAccepted = current == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0;
        status.dwWaitHint =
                current == SERVICE_RUNNING || current == SERVICE_STOPPED ? 0 : STUCK_WAIT_HINT_MSEC;
        (void) SetServiceStatus(handle, &status);
}

static void WINAPI control(DWORD code) {
        if (code == SERVICE_CONTROL_STOP)
                (void) SetEvent(end);
}

static void be_slow(void) {
        Sleep(SLOW_MSEC);
        report(SERVICE_RUNNING);
        (void) WaitForSingleObject(end, INFINITE);
        report(SERVICE_STOP_PENDING);
        Sleep(SLOW_MSEC);
}

static void WINAPI service_main(DWORD n, char **arguments) {
        (void) n;
        (void) arguments;
        end = CreateEventW(NULL, TRUE, FALSE, NULL);
        handle = RegisterServiceCtrlHandlerW(L"", control);
        report(strcmp(state, "running") == 0 || strcmp(state, "stopping") == 0
                       ? SERVICE_RUNNING
                       : SERVICE_START_PENDING);
        if (strcmp(state, "stopping") == 0)
                report(SERVICE_STOP_PENDING);
        if (strcmp(state, "slow") == 0)
                be_slow();
        while (WaitForSingleObject(end, STEP_MSEC) == WAIT_TIMEOUT)
                if (strcmp(state, "moving") == 0) {
                        status.dwCheckPoint++;
                        report(SERVICE_START_PENDING);
                }
        report(SERVICE_STOPPED);
}

int main(int n, char **arguments) {
        static char none[] = "";
        const SERVICE_TABLE_ENTRYA table[] = { { none, service_main }, { NULL, NULL } };

        if (n > 1)
                state = arguments[1];
        return StartServiceCtrlDispatcherA(table) ? 0 : 1;
}
