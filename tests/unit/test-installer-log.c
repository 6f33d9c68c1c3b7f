/* SPDX-License-Identifier: MIT */
/* What the log of the agent's installer says, in each encoding, whole and in pieces. */
#include "probes/parse/installer-log.h"

#include <string.h>

#include "tests/support/test-main.h"

#define HEAD "Unregistering the existing application...\r\n\r\nERROR:\r\n\r\n"
#define MARKED "- Error code: -2147023824 [0x80070430]\r\n- Exit code: 517\r\n"
#define FOUR(n) "Exit code: " n "\nExit code: 7\nExit code: 7\nExit code: 7\n"
#define MANY FOUR("1") FOUR("7") FOUR("7") FOUR("7") FOUR("7") FOUR("7") FOUR("7") FOUR("7")

static void parse(const char *text, bool is_tail, PfInstallerLog *ret) {
        ck_assert_int_eq(pf_installer_log_parse(text, strlen(text), is_tail, ret), 0);
}

static void check_pair(const PfInstallerLog *log, uint32_t error, int64_t exit_code) {
        ck_assert_uint_eq(log->n, 1);
        ck_assert(log->failures[0].has_error && log->failures[0].has_exit);
        ck_assert_uint_eq(log->failures[0].error, error);
        ck_assert_int_eq(log->failures[0].exit, exit_code);
}

/* --- codes --- */

/* As the troubleshooting page prints them, and codes of Windows beside those. */
static const struct Code {
        const char *error;
        const char *exit;
        uint32_t hresult;
        int64_t code;
} codes[] = {
        { "-2147023170 [0x800706BE]", "511", 0x800706BE, 511 },
        { "7 [0x7]", "511", 0x00000007, 511 },
        { "-2147023841 [0x8007041F]", "512", 0x8007041F, 512 },
        { "-2147023824 [0x80070430]", "517", 0x80070430, 517 },
        { "-2147164145 [0x8004E00F]", "802", 0x8004E00F, 802 },
        { "-2147023823 [0x80070431]", "1", 0x80070431, 1 },
        { "-2147024891 [0x80070005]", "1", 0x80070005, 1 },
        { "-2147023838 [0x80070422]", "1", 0x80070422, 1 },
        { "9009 [0x2331]", "9009", 9009, 9009 },
        { "2147754756 [0x80042304]", "1", 0x80042304, 1 },
        { "-2147212540", "1", 0x80042304, 1 },
        { "0x80042304", "806", 0x80042304, 806 },
        { "[0x8004e00f]", "-1", 0x8004E00F, -1 },
};

/* "- Error code: …", as a line of Windows in UTF-8, or in units of UTF-16. */
static size_t lay(const char *text, unsigned width, bool is_big, bool has_mark, uint8_t *ret) {
        static const uint8_t marks[][3] = { { 0xEF, 0xBB, 0xBF }, { 0xFF, 0xFE }, { 0xFE, 0xFF } };
        const size_t n_mark = !has_mark ? 0 : width == 1 ? 3 : 2;
        size_t n = strlen(text);

        memcpy(ret, marks[width == 1 ? 0 : is_big ? 2 : 1], n_mark);
        memset(ret + n_mark, 0, width * n);
        for (size_t i = 0; i < n; i++)
                ret[n_mark + width * i + (is_big ? width - 1 : 0)] = (uint8_t) text[i];
        return n_mark + width * n;
}

START_TEST(every_code_in_every_encoding) {
        const struct Code *row = &codes[_i];
        char text[256];

        (void) snprintf(text, sizeof(text), HEAD "- Error code: %s\r\n- Exit code: %s\r\n",
                        row->error, row->exit);
        for (unsigned form = 0; form < 6; form++) {
                const unsigned width = form < 2 ? 1 : 2;
                uint8_t bytes[2 * sizeof(text) + 3];
                size_t n = lay(text, width, form >= 4, form % 2, bytes);
                PfInstallerLog log;

                ck_assert_int_eq(pf_installer_log_parse(bytes, n, false, &log), 0);
                check_pair(&log, row->hresult, row->code);
                ck_assert_uint_eq(log.failures[0].error_line, 5);
                ck_assert_uint_eq(log.failures[0].exit_line, 6);
                ck_assert(!log.ends_in_line);
        }
}
END_TEST

static const char *const not_codes[] = {
        "- Error code:\r\n",
        "- Error code: \r\n",
        "- Error code: none\r\n",
        "- Error code: 99999999999\r\n",
        "- Error code: -99999999999\r\n",
        "- Error code: 0x\r\n",
        "- Error code: 0x123456789\r\n",
        "- Exit code:\r\n",
        "- Exit code: ok\r\n",
        "- Error code 7\r\n",
        "Return value 30\r\n",
        "Return value 1\r\n",
};

START_TEST(what_is_no_code_is_none) {
        PfInstallerLog log;

        parse(not_codes[_i], false, &log);
        ck_assert_uint_eq(log.n, 0);
        ck_assert_uint_eq(log.package_line, 0);
}
END_TEST

/* --- runs --- */

#define BEGIN "11:16:40:Application Started\r\n"
#define END "11:18:02:Application Ended\r\n"
#define RESULT(code) "11:18:02:Exit code returned by unified agent: " code "\r\n"

START_TEST(the_last_run_counts) {
        PfInstallerLog log;

        parse(BEGIN MARKED END BEGIN "all done\n", false, &log);
        ck_assert_uint_eq(log.n, 0);
        ck_assert_uint_eq(log.run_line, 5);
        ck_assert_uint_eq(log.end_line, 0);
        parse(BEGIN "Return value 3\n" END BEGIN MARKED END, false, &log);
        check_pair(&log, 0x80070430, 517);
        ck_assert_uint_eq(log.run_line, 4);
        ck_assert_uint_eq(log.end_line, 7);
        ck_assert_uint_eq(log.package_line, 0);
        /* A second file behind the first. */
        parse(MARKED END "\xEF\xBB\xBFinstaller\n", false, &log);
        ck_assert_uint_eq(log.n, 0);
        ck_assert_uint_eq(log.end_line, 0);
}
END_TEST

/* Of a step, or of another program: the installer says it behind the time, and nothing else. */
static const char *const no_runs[] = {
        "Application Started",
        "11:16:40:Application Started again",
        "11:16:40: Application Started",
        "11:16:40:The Application Started",
        "1:16:40:Application Started",
        "11-16-40:Application Started",
        "11:16:40:application started",
        "11:16:4O:Application Started",
        "11:16:40:Installation started",
        "11:16:40:Setup started",
        "=== Logging started: 2026-11-02  11:16:41 ===",
        "Unified Agent Installer started",
        "11:16:40:",
        "",
};

START_TEST(a_step_begins_no_run) {
        char text[256];
        PfInstallerLog log;

        (void) snprintf(text, sizeof(text), BEGIN MARKED "%s\r\n" END, no_runs[_i]);
        parse(text, false, &log);
        check_pair(&log, 0x80070430, 517);
        ck_assert_uint_eq(log.run_line, 1);
        ck_assert_uint_eq(log.end_line, 5);
}
END_TEST

START_TEST(a_step_ends_no_run) {
        PfInstallerLog log;

        parse(BEGIN "Application Ended\r\n11:16:50:Application Ended early\r\n", false, &log);
        ck_assert_uint_eq(log.end_line, 0);
        parse(BEGIN "11:16:50:Exit code returned by command: 0\r\n", false, &log);
        ck_assert_uint_eq(log.end_line, 0);
        parse(BEGIN "11:18:02:Application Ended", false, &log);
        ck_assert_uint_eq(log.end_line, 0);
        parse(BEGIN "11:18:02:Application Ended \n", false, &log);
        ck_assert_uint_eq(log.end_line, 2);
}
END_TEST

/* --- what a run ended with --- */

static const struct Result {
        const char *text;
        size_t n;
        int64_t exit;
        unsigned end_line;
} results[] = {
        { BEGIN END RESULT("0(Successful)"), 0, 0, 3 },
        { BEGIN END RESULT("3010(SuccessfulRecommendedReboot)"), 1, 3010, 3 },
        { BEGIN END RESULT("-1"), 1, -1, 3 },
        { BEGIN END RESULT("Failed"), 0, 0, 2 },
        { BEGIN RESULT("45(VSSProviderInstallationFailed)"), 1, 45, 2 },
        { BEGIN END "11:18:02:Exit code returned by unified agent: 4", 0, 0, 2 },
};

START_TEST(a_run_ends_with_a_code) {
        const struct Result *row = &results[_i];
        PfInstallerLog log;

        parse(row->text, false, &log);
        ck_assert_uint_eq(log.n, row->n);
        ck_assert(log.n == 0 || (log.failures[0].exit == row->exit && !log.failures[0].has_error));
        ck_assert_uint_eq(log.end_line, row->end_line);
}
END_TEST

/* The code of the whole is none of the pair above it, whose own is missing. */
START_TEST(the_code_of_a_run_stands_alone) {
        PfInstallerLog log;

        parse(BEGIN "- Error code: 7 [0x7]\r\n" END RESULT("98(SucceededWithWarnings)"), false,
              &log);
        ck_assert_uint_eq(log.n, 2);
        ck_assert(log.failures[0].error == 7 && !log.failures[0].has_exit);
        ck_assert(log.failures[1].exit == 98 && !log.failures[1].has_error);
        /* That all went well takes no step back. */
        parse(BEGIN MARKED END RESULT("0(Successful)"), false, &log);
        check_pair(&log, 0x80070430, 517);
}
END_TEST

#define PROVIDER(code) "11:17:31:VSSProvider installation has failed with error code: " code ".\r\n"

START_TEST(the_code_of_the_script_counts_once) {
        PfInstallerLog log;

        parse(BEGIN MARKED PROVIDER("517"), false, &log);
        check_pair(&log, 0x80070430, 517);
        parse(BEGIN PROVIDER("806"), false, &log);
        ck_assert_uint_eq(log.n, 1);
        ck_assert(log.failures[0].exit == 806 && !log.failures[0].has_error);
        parse(BEGIN "- Error code: 7 [0x7]\r\n" PROVIDER("511"), false, &log);
        check_pair(&log, 7, 511);
        parse(BEGIN MARKED PROVIDER("806"), false, &log);
        ck_assert_uint_eq(log.n, 2);
        parse(BEGIN PROVIDER("none"), false, &log);
        ck_assert_uint_eq(log.n, 0);
}
END_TEST

START_TEST(success_takes_back_what_failed_before) {
        PfInstallerLog log;

        parse(MARKED "- Error code: 0 [0x0]\r\n- Exit code: 0\r\n", false, &log);
        ck_assert_uint_eq(log.n, 0);
        /* An error that ends well is one. */
        parse("- Error code: 7 [0x7]\r\n- Exit code: 0\r\n", false, &log);
        check_pair(&log, 7, 0);
}
END_TEST

/* A later step that ends well says nothing of those before it. */
START_TEST(a_zero_alone_takes_back_nothing) {
        PfInstallerLog log;

        parse(MARKED "- Exit code: 0\r\n", false, &log);
        check_pair(&log, 0x80070430, 517);
        parse("- Exit code: 806\r\n- Exit code: 0\r\n", false, &log);
        ck_assert_uint_eq(log.n, 1);
        ck_assert_int_eq(log.failures[0].exit, 806);
        parse("- Exit code: 0\r\n", false, &log);
        ck_assert_uint_eq(log.n, 0);
        /* Nor does it take the place of one where there are as many as are kept. */
        parse(MANY "- Exit code: 0\r\n", false, &log);
        ck_assert_uint_eq(log.n, PF_INSTALLER_FAILURES_MAX);
        ck_assert_int_eq(log.failures[0].exit, 1);
}
END_TEST

START_TEST(the_last_failures_are_kept) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(65536);
        PfInstallerLog log;

        for (int i = 1; i <= PF_INSTALLER_FAILURES_MAX + 3; i++)
                ck_assert_int_eq(
                        pf_buf_printf(&text, "- Error code: %d\n- Exit code: %d\n", i, 1000 + i),
                        0);
        parse(text.data, false, &log);
        ck_assert_uint_eq(log.n, PF_INSTALLER_FAILURES_MAX);
        for (size_t i = 0; i < log.n; i++) {
                ck_assert_uint_eq(log.failures[i].error, i + 4);
                ck_assert_int_eq(log.failures[i].exit, 1004 + (int64_t) i);
        }
}
END_TEST

START_TEST(half_a_pair) {
        PfInstallerLog log;

        parse("- Exit code: 806\r\n", false, &log);
        ck_assert(log.n == 1 && log.failures[0].has_exit && !log.failures[0].has_error);
        parse("- Error code: 7\r\n- Error code: 8\r\n- Exit code: 2\r\n", false, &log);
        ck_assert_uint_eq(log.n, 2);
        ck_assert(log.failures[0].error == 7 && !log.failures[0].has_exit);
        ck_assert(log.failures[1].error == 8 && log.failures[1].exit == 2);
}
END_TEST

START_TEST(what_others_say) {
        PfInstallerLog log;

        parse("Action ended 1:2:3: InstallFinalize. return VALUE 3.\r\nReturn value 3\n"
              "COM+ was Unable to talk to the Microsoft Distributed Transaction Coordinator\n",
              false, &log);
        ck_assert_uint_eq(log.package_line, 2);
        ck_assert_uint_eq(log.dtc_line, 3);
        ck_assert_uint_eq(log.n, 0);
}
END_TEST

/* --- pieces --- */

/* Read at any moment while it is written: what is there in whole lines, and never half a number. */
START_TEST(cut_off_anywhere) {
        static const char text[] = HEAD MARKED;
        const size_t first = strlen(HEAD) + strcspn(text + strlen(HEAD), "\n") + 1;
        PfInstallerLog log;

        for (size_t n = 0; n < sizeof(text); n++) {
                ck_assert_int_eq(pf_installer_log_parse(text, n, false, &log), 0);
                ck_assert_uint_eq(log.n, n >= first);
                ck_assert(log.n == 0 || log.failures[0].error == 0x80070430);
                ck_assert(log.n == 0 || log.failures[0].has_exit == (n == sizeof(text) - 1));
                ck_assert(log.ends_in_line == (n > 0 && text[n - 1] != '\n'));
        }
}
END_TEST

/* The end of a log that is long: its first line may be half of one. */
START_TEST(begins_anywhere) {
        static const char text[] = "Error code: 5\n" MARKED;
        PfInstallerLog log;

        for (size_t at = 0; at < strlen("Error code: 5\n"); at++) {
                parse(text + at, true, &log);
                check_pair(&log, 0x80070430, 517);
                ck_assert_uint_eq(log.failures[0].error_line, 2);
        }
        parse("- Exit code: 7\n", true, &log);
        ck_assert_uint_eq(log.n, 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("installer-log");

        PF_TEST_LOOP(suite, every_code_in_every_encoding, sizeof(codes) / sizeof(codes[0]));
        PF_TEST_LOOP(suite, what_is_no_code_is_none, sizeof(not_codes) / sizeof(not_codes[0]));
        PF_TEST(suite, the_last_run_counts);
        PF_TEST_LOOP(suite, a_step_begins_no_run, sizeof(no_runs) / sizeof(no_runs[0]));
        PF_TEST(suite, a_step_ends_no_run);
        PF_TEST_LOOP(suite, a_run_ends_with_a_code, sizeof(results) / sizeof(results[0]));
        PF_TEST(suite, the_code_of_a_run_stands_alone);
        PF_TEST(suite, the_code_of_the_script_counts_once);
        PF_TEST(suite, success_takes_back_what_failed_before);
        PF_TEST(suite, a_zero_alone_takes_back_nothing);
        PF_TEST(suite, the_last_failures_are_kept);
        PF_TEST(suite, half_a_pair);
        PF_TEST(suite, what_others_say);
        PF_TEST(suite, cut_off_anywhere);
        PF_TEST(suite, begins_anywhere);
        return pf_test_main(suite);
}
