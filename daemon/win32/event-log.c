/* SPDX-License-Identifier: MIT */
#include "daemon/win32/event-log.h"

#include <string.h>
#include <time.h>
#include <windows.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/windows-ask.h"
#include "daemon/win32/event-table.h"

#define SOURCES_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\"
#define SOURCE_KEY SOURCES_KEY L"preflightd"
#define FILE_NAME "\\preflightd.log"
#define STRINGS_MAX (1 + PF_EVENT_FIELDS_MAX)

static struct {
        SRWLOCK lock;
        HANDLE source; /* NULL: none */
        HANDLE file;   /* NULL: none */
        wchar_t *path; /* of the file */
        wchar_t *old_path;
} event_log = { .lock = SRWLOCK_INIT };

/* --- the file --- */

static int open_file(PfErr *err) {
        HANDLE file = CreateFileW(event_log.path, FILE_APPEND_DATA | FILE_READ_ATTRIBUTES,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                  OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);

        if (file == INVALID_HANDLE_VALUE)
                return pf_err_windows(err, GetLastError(), "cannot write preflightd.log");
        event_log.file = file;
        return 0;
}

static void close_file(void) {
        if (event_log.file)
                (void) CloseHandle(event_log.file);
        event_log.file = NULL;
}

/* Where the old one cannot be named otherwise, the new one goes on growing: what happens is
 * worth more than the limit. */
static void turn_over(void) {
        LARGE_INTEGER size;

        if (!GetFileSizeEx(event_log.file, &size) || size.QuadPart < PF_EVENT_FILE_MAX)
                return;
        close_file();
        (void) MoveFileExW(event_log.path, event_log.old_path, MOVEFILE_REPLACE_EXISTING);
        (void) open_file(NULL);
}

static const char *name_of(PfLogLevel level) {
        return level <= PF_LOG_ERROR     ? "error"
               : level == PF_LOG_WARNING ? "warning"
               : level == PF_LOG_NOTICE  ? "notice"
               : level == PF_LOG_INFO    ? "info"
                                         : "debug";
}

static void write_line(PfLogLevel level, const char *text) {
        SYSTEMTIME now;
        char line[4096];
        DWORD n;
        int length;

        turn_over();
        if (!event_log.file)
                return;
        GetSystemTime(&now);
        length = snprintf(line, sizeof(line) - 2, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ %s: %s",
                          now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond,
                          now.wMilliseconds, name_of(level), text);
        if (length < 0)
                return;
        n = length < (int) sizeof(line) - 2 ? (DWORD) length : sizeof(line) - 3;
        line[n++] = '\r';
        line[n++] = '\n';
        (void) WriteFile(event_log.file, line, n, &n, NULL);
}

/* --- the event log --- */

static unsigned number_of(const char *message_id) {
        for (const PfEventNumber *one = pf_event_numbers; message_id && one->message_id; one++)
                if (strcmp(one->message_id, message_id) == 0)
                        return one->number;
        return pf_event_text;
}

static const char *value_of(const PfLogField *fields, const char *name) {
        for (; fields && fields->name; fields++)
                if (strcmp(fields->name, name) == 0)
                        return fields->value;
        return "";
}

static WORD type_of(PfLogLevel level) {
        return level <= PF_LOG_ERROR     ? EVENTLOG_ERROR_TYPE
               : level == PF_LOG_WARNING ? EVENTLOG_WARNING_TYPE
                                         : EVENTLOG_INFORMATION_TYPE;
}

static void report(PfLogLevel level, const char *message_id, const PfLogField *fields,
                   const char *text) {
        wchar_t *strings[STRINGS_MAX] = { pf_windows_wide(text) };
        const wchar_t *given[STRINGS_MAX];
        WORD n = 1;

        for (; pf_event_fields[n - 1] && n < STRINGS_MAX; n++)
                strings[n] = pf_windows_wide(value_of(fields, pf_event_fields[n - 1]));
        for (WORD i = 0; i < n; i++)
                given[i] = strings[i] ? strings[i] : L"(out of memory)";
        (void) ReportEventW(event_log.source, type_of(level), 0, number_of(message_id), NULL, n, 0,
                            given, NULL);
        for (WORD i = 0; i < n; i++)
                free(strings[i]);
}

void pf_event_log_write(PfLogLevel level, const char *message_id, const PfLogField *fields,
                        const char *text) {
        AcquireSRWLockExclusive(&event_log.lock);
        if (event_log.file)
                write_line(level, text);
        if (event_log.source && level < PF_LOG_DEBUG)
                report(level, message_id, fields, text);
        ReleaseSRWLockExclusive(&event_log.lock);
}

static wchar_t *join(const char *directory, const char *name) {
        char path[MAX_PATH * 4];
        int n = snprintf(path, sizeof(path), "%s%s", directory, name);

        return n > 0 && n < (int) sizeof(path) ? pf_windows_wide(path) : NULL;
}

int pf_event_log_open(const char *directory, PfErr *err) {
        int r = 0;

        event_log.path = directory ? join(directory, FILE_NAME) : NULL;
        event_log.old_path = directory ? join(directory, FILE_NAME ".1") : NULL;
        if (event_log.path && event_log.old_path)
                r = open_file(err);
        else if (directory)
                r = pf_err_set(err, -ENOMEM, "out of memory");
        event_log.source = RegisterEventSourceW(NULL, L"" PF_EVENT_SOURCE);
        if (!event_log.source && r == 0)
                r = pf_err_windows(err, GetLastError(), "cannot write to the event log");
        return r;
}

void pf_event_log_close(void) {
        AcquireSRWLockExclusive(&event_log.lock);
        close_file();
        if (event_log.source)
                (void) DeregisterEventSource(event_log.source);
        event_log.source = NULL;
        free(PF_STEAL(event_log.path));
        free(PF_STEAL(event_log.old_path));
        ReleaseSRWLockExclusive(&event_log.lock);
}

/* --- the source --- */

int pf_event_log_register(const char *program, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(program);
        const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
        HKEY key;
        LSTATUS code;

        if (!wide)
                return -ENOMEM;
        code = RegCreateKeyExW(HKEY_LOCAL_MACHINE, SOURCE_KEY, 0, NULL, 0, KEY_SET_VALUE, NULL,
                               &key, NULL);
        if (code == ERROR_SUCCESS) {
                code = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (BYTE *) wide,
                                      (DWORD) ((wcslen(wide) + 1) * sizeof(*wide)));
                if (code == ERROR_SUCCESS)
                        code = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD,
                                              (const BYTE *) &types, sizeof(types));
                (void) RegCloseKey(key);
        }
        return code == ERROR_SUCCESS
                       ? 0
                       : pf_err_windows(err, (DWORD) code, "cannot register the source of events");
}

int pf_event_log_unregister(PfErr *err) {
        LSTATUS code = RegDeleteKeyW(HKEY_LOCAL_MACHINE, SOURCE_KEY);

        if (code == ERROR_SUCCESS || code == ERROR_FILE_NOT_FOUND)
                return 0;
        return pf_err_windows(err, (DWORD) code, "cannot remove the source of events");
}
