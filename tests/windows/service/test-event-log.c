/* SPDX-License-Identifier: MIT */
/* What the event log is told, and what Event Viewer makes of it; and the file beside it. */
#include "daemon/win32/event-log.h"

#include <string.h>
#include <windows.h>

#include "daemon/platform/win32/windows-ask.h"
#include "daemon/win32/event-table.h"
#include "tests/support/test-main.h"

static char directory[MAX_PATH];

static void make_directory(void) {
        char temporary[MAX_PATH];

        ck_assert_uint_ne(GetTempPathA(MAX_PATH, temporary), 0);
        ck_assert_uint_ne(GetTempFileNameA(temporary, "pf", 0, directory), 0);
        ck_assert(DeleteFileA(directory));
        ck_assert(CreateDirectoryA(directory, NULL));
}

static const char *path_of(const char *name) {
        static char path[MAX_PATH + 32];

        (void) snprintf(path, sizeof(path), "%s\\%s", directory, name);
        return path;
}

static void remove_directory(void) {
        (void) DeleteFileA(path_of("preflightd.log"));
        (void) DeleteFileA(path_of("preflightd.log.1"));
        ck_assert(RemoveDirectoryA(directory));
}

/* --- texts --- */

/* As Event Viewer does; the caller frees it. NULL: there is no such message. */
static char *explain(unsigned number, const char *const *strings) {
        static HMODULE module;
        wchar_t *wide[PF_EVENT_FIELDS_MAX + 1] = { 0 };
        wchar_t *text = NULL;
        char *result = NULL;

        if (!module)
                module = LoadLibraryExA(getenv("PF_DAEMON"), NULL, LOAD_LIBRARY_AS_DATAFILE);
        ck_assert_ptr_nonnull(module);
        for (size_t i = 0; i <= PF_EVENT_FIELDS_MAX; i++)
                wide[i] = pf_windows_wide(strings && strings[0] ? *strings++ : "-");
        if (FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_HMODULE |
                                   FORMAT_MESSAGE_ARGUMENT_ARRAY,
                           module, number, 0, (wchar_t *) &text, 0, (va_list *) wide) > 0)
                result = pf_windows_text(text);
        (void) LocalFree(text);
        for (size_t i = 0; i <= PF_EVENT_FIELDS_MAX; i++)
                free(wide[i]);
        return result;
}

START_TEST(every_event_has_a_text) {
        size_t n = 0;

        for (const PfEventNumber *one = pf_event_numbers; one->message_id; one++, n++) {
                PF_AUTO_FREE char *text = explain(one->number, NULL);

                ck_assert_msg(text && strlen(text) > 40, "event %u has no text", one->number);
                ck_assert_ptr_null(strstr(text, "@PREFLIGHTD")); /* a field that is none of ours */
        }
        ck_assert_uint_gt(n, 20);
}
END_TEST

START_TEST(plain_text_is_itself) {
        static const char *const strings[] = { "100 % of it: %1 %%", NULL };
        PF_AUTO_FREE char *text = explain(pf_event_text, strings);

        ck_assert_str_eq(text, "100 % of it: %1 %%\r\n");
}
END_TEST

static unsigned number_of(const char *message_id) {
        for (const PfEventNumber *one = pf_event_numbers; one->message_id; one++)
                if (strcmp(one->message_id, message_id) == 0)
                        return one->number;
        return 0;
}

/* windows.netlogon: what pf_event_message_id() makes of it. */
START_TEST(fields_are_put_in) {
        static const char *const strings[] = {
                "windows.netlogon: fail",
                "windows.netlogon",
                "fail",
                "pass",
                "95522",
                "service Netlogon: stopped",
                NULL,
        };
        PF_AUTO_FREE char *text = NULL;

        text = explain(number_of(getenv("PF_NETLOGON_ID")), strings);
        ck_assert_ptr_nonnull(text);
        ck_assert_ptr_nonnull(strstr(text, "windows.netlogon: fail\r\n\r\n"));
        ck_assert_ptr_nonnull(strstr(text, "installer: 95522\r\n"));
        ck_assert_ptr_nonnull(strstr(text, "Found: service Netlogon: stopped\r\n"));
        ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nWhat to do:\r\n"));
}
END_TEST

/* --- the file --- */

static char *read_file(const char *name) {
        FILE *file = fopen(path_of(name), "rb");
        char *text = calloc(1, 4u << 20);

        ck_assert_ptr_nonnull(text);
        if (file) {
                (void) !fread(text, 1, (4u << 20) - 1, file);
                (void) fclose(file);
        }
        return text;
}

START_TEST(lines_of_the_file) {
        PF_AUTO_FREE char *text = NULL;
        PfErr err = { 0 };

        make_directory();
        ck_assert_msg(pf_event_log_open(directory, &err) == 0, "%s", err.text);
        pf_event_log_write(PF_LOG_ERROR, NULL, NULL, "one");
        pf_event_log_write(PF_LOG_DEBUG, "00000000000000000000000000000000", NULL,
                           "zwei: \xc3\xbc");
        pf_event_log_close();
        pf_event_log_write(PF_LOG_ERROR, NULL, NULL, "nobody hears this");
        text = read_file("preflightd.log");
        ck_assert_uint_eq(text[24], ' ');
        ck_assert_int_eq(strncmp(text, "20", 2), 0);
        ck_assert_ptr_nonnull(strstr(text, "Z error: one\r\n"));
        ck_assert_ptr_nonnull(strstr(text, "Z debug: zwei: \xc3\xbc\r\n"));
        ck_assert_ptr_null(strstr(text, "nobody"));
        remove_directory();
}
END_TEST

/* Goes on where it was; of what is too long something is left. */
START_TEST(file_goes_on) {
        PF_AUTO_FREE char *text = NULL;
        char line[6000];

        memset(line, 'x', sizeof(line) - 1);
        line[sizeof(line) - 1] = '\0';
        make_directory();
        for (int i = 0; i < 2; i++) {
                ck_assert_int_eq(pf_event_log_open(directory, NULL), 0);
                pf_event_log_write(PF_LOG_INFO, NULL, NULL, i ? line : "first");
                pf_event_log_close();
        }
        text = read_file("preflightd.log");
        ck_assert_ptr_nonnull(strstr(text, "info: first\r\n20"));
        ck_assert_ptr_nonnull(strstr(text, "xxxx\r\n"));
        ck_assert_uint_lt(strlen(text), 4200);
        remove_directory();
}
END_TEST

START_TEST(file_is_turned_over) {
        PF_AUTO_FREE char *now = NULL;
        PF_AUTO_FREE char *before = NULL;
        char line[1000];

        memset(line, 'x', sizeof(line) - 1);
        line[sizeof(line) - 1] = '\0';
        make_directory();
        ck_assert_int_eq(pf_event_log_open(directory, NULL), 0);
        for (int i = 0; i < 2500; i++)
                pf_event_log_write(PF_LOG_DEBUG, NULL, NULL, line);
        pf_event_log_write(PF_LOG_DEBUG, NULL, NULL, "the last");
        pf_event_log_close();
        now = read_file("preflightd.log");
        before = read_file("preflightd.log.1");
        ck_assert_ptr_nonnull(strstr(now, "the last"));
        ck_assert_uint_lt(strlen(now), PF_EVENT_FILE_MAX);
        ck_assert_uint_ge(strlen(before), PF_EVENT_FILE_MAX);
        ck_assert_uint_lt(strlen(before), PF_EVENT_FILE_MAX + 5000);
        remove_directory();
}
END_TEST

/* The other sink goes on. */
START_TEST(no_directory) {
        PfErr err = { 0 };

        ck_assert_int_eq(pf_event_log_open("C:\\not\\there", &err), -ENOENT);
        ck_assert_ptr_nonnull(strstr(err.text, "preflightd.log"));
        pf_event_log_write(PF_LOG_ERROR, NULL, NULL, "to the event log alone");
        pf_event_log_close();
        ck_assert_int_eq(pf_event_log_open(NULL, NULL), 0); /* none that would be safe */
        pf_event_log_write(PF_LOG_ERROR, NULL, NULL, "to the event log alone");
        pf_event_log_close();
}
END_TEST

/* --- the source --- */

START_TEST(source_is_registered) {
        char value[MAX_PATH];
        DWORD n = sizeof(value);

        ck_assert_int_eq(pf_event_log_register("C:\\a b\\preflightd.exe", NULL), 0);
        ck_assert_int_eq(RegGetValueA(HKEY_LOCAL_MACHINE,
                                      "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application"
                                      "\\preflightd",
                                      "EventMessageFile", RRF_RT_ANY | RRF_NOEXPAND, NULL, value,
                                      &n),
                         0);
        ck_assert_str_eq(value, "C:\\a b\\preflightd.exe");
        ck_assert_int_eq(pf_event_log_unregister(NULL), 0);
        ck_assert_int_eq(pf_event_log_unregister(NULL), 0); /* it may be gone already */
}
END_TEST

int main(void) {
        Suite *suite = suite_create("event-log");

        PF_TEST(suite, every_event_has_a_text);
        PF_TEST(suite, plain_text_is_itself);
        PF_TEST(suite, fields_are_put_in);
        PF_TEST(suite, lines_of_the_file);
        PF_TEST(suite, file_goes_on);
        PF_TEST(suite, file_is_turned_over);
        PF_TEST(suite, no_directory);
        PF_TEST(suite, source_is_registered);
        return pf_test_main(suite);
}
