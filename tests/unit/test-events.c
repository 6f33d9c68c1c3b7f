/* SPDX-License-Identifier: MIT */
#include "daemon/report/events.h"

#include <string.h>

#include "daemon/base/log.h"
#include "tests/support/test-main.h"

static const PfCheck password = { "ssh.password-authentication" };
static const PfCheck clock_check = { "system.clock" };

/* What was logged. */
static struct {
        unsigned n;
        PfLogLevel level;
        char id[64];
        char text[512];
        char fields[2048];
} told;

static void listen(PfLogLevel level, const char *id, const PfLogField *fields, const char *text) {
        told.n++;
        told.level = level;
        (void) snprintf(told.id, sizeof(told.id), "%s", id);
        (void) snprintf(told.text, sizeof(told.text), "%s", text);
        told.fields[0] = '\0';
        for (; fields && fields->name; fields++) {
                const size_t n = strlen(told.fields);

                (void) snprintf(told.fields + n, sizeof(told.fields) - n, "%s=%s\n", fields->name,
                                fields->value);
        }
}

static void begin(PfReadiness *readiness) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        const char *field;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_target_new(pf_test_source_root(), PF_TARGET_DEFAULT, &target, &err), 0);
        ck_assert_msg(pf_profile_load(target, "asr-mobility", &profile, &err) == 0, "%s", err.text);
        ck_assert_int_eq(pf_question_new(&(PfQuestionSpec){ .profile = profile },
                                         &readiness->question, &field, &err),
                         0);
}

static void readiness_deinit(PfReadiness *readiness) {
        (void) pf_question_unref(readiness->question);
        pf_report_deinit(&readiness->report);
}

START_TEST(what_changes_is_told_once) {
        PF_CLEANUP(readiness_deinit) PfReadiness good = { 0 };
        PF_CLEANUP(readiness_deinit) PfReadiness bad = { 0 };
        PF_CLEANUP(pf_events_deinit) PfEvents events = { 0 };

        begin(&good);
        begin(&bad);
        (void) pf_report_pass(&good.report, &password, "sshd takes passwords");
        (void) pf_report_pass(&good.report, &clock_check, "kept");
        (void) pf_report_fail(&bad.report, &password, "sshd refuses passwords");
        (void) pf_report_evidence(&bad.report, NULL, "/etc/ssh/sshd_config", 12,
                                  "PasswordAuthentication no", "PasswordAuthentication yes");
        (void) pf_report_pass(&bad.report, &clock_check, "kept");
        pf_log_set_sink(listen);

        told.n = 0;
        pf_events_tell(&events, &good);
        ck_assert_uint_eq(told.n, 0);
        pf_events_tell(&events, &bad);
        ck_assert_uint_eq(told.n, 1);
        ck_assert_int_eq(told.level, PF_LOG_WARNING);
        ck_assert_str_eq(told.text, "ssh.password-authentication: fail, was pass: sshd refuses "
                                    "passwords");
        ck_assert(strstr(told.fields, "PREFLIGHTD_CHECK=ssh.password-authentication\n"));
        ck_assert(strstr(told.fields, "PREFLIGHTD_VERDICT=fail\nPREFLIGHTD_VERDICT_BEFORE=pass\n"));
        /* Nobody looks for an error of Linux on Windows. */
        ck_assert_int_eq(strstr(told.fields, "PREFLIGHTD_ERROR_IDS=95108") != NULL,
                         PF_PLATFORM_HERE == PF_PLATFORM_LINUX);
        ck_assert(strstr(told.fields, "PREFLIGHTD_EVIDENCE=/etc/ssh/sshd_config:12: "
                                      "PasswordAuthentication no, expected "
                                      "PasswordAuthentication yes\n"));

        told.n = 0;
        pf_events_tell(&events, &bad);
        ck_assert_uint_eq(told.n, 0);
        pf_events_tell(&events, &good);
        ck_assert_uint_eq(told.n, 1);
        ck_assert_int_eq(told.level, PF_LOG_INFO);
        pf_log_set_sink(pf_log_stderr);
}
END_TEST

START_TEST(of_a_first_report_what_is_wrong) {
        PF_CLEANUP(readiness_deinit) PfReadiness first = { 0 };
        PF_CLEANUP(pf_events_deinit) PfEvents events = { 0 };

        begin(&first);
        (void) pf_report_pass(&first.report, &password, "fine");
        (void) pf_report_unknown(&first.report, &clock_check, "nobody can say");
        pf_log_set_sink(listen);
        told.n = 0;
        pf_events_tell(&events, &first);
        pf_log_set_sink(pf_log_stderr);
        ck_assert_uint_eq(told.n, 1);
        ck_assert_str_eq(told.text, "system.clock: unknown: nobody can say");
}
END_TEST

START_TEST(what_only_root_may_read_is_left_out) {
        PF_CLEANUP(readiness_deinit) PfReadiness first = { 0 };
        PF_CLEANUP(pf_events_deinit) PfEvents events = { 0 };

        begin(&first);
        (void) pf_report_fail(&first.report, &password, "sshd refuses passwords");
        (void) pf_report_evidence(&first.report, NULL, "/etc/ssh/x.conf", 1, "Banner secret",
                                  "none");
        first.report.results[0].evidence[0].restricted = true;
        pf_log_set_sink(listen);
        pf_events_tell(&events, &first);
        pf_log_set_sink(pf_log_stderr);
        ck_assert_ptr_null(strstr(told.fields, "secret"));
        ck_assert(
                strstr(told.fields, "/etc/ssh/x.conf:1: (only root may read it), expected none\n"));
}
END_TEST

/* Evidence quotes files of any user; journalctl --catalog shows it on root's terminal. */
START_TEST(evidence_cannot_control_a_terminal) {
        PF_CLEANUP(readiness_deinit) PfReadiness first = { 0 };
        PF_CLEANUP(pf_events_deinit) PfEvents events = { 0 };

        begin(&first);
        (void) pf_report_fail(&first.report, &password, "no shell");
        (void) pf_report_evidence(&first.report, NULL, "/home/u/\x1b]0;x\a.bashrc", 1,
                                  "exit \x1b[2J\x9b"
                                  "31m\xc2\x9b"
                                  "1m\r\n",
                                  "\x7fnone \xc3\xa9");
        pf_log_set_sink(listen);
        pf_events_tell(&events, &first);
        pf_log_set_sink(pf_log_stderr);
        ck_assert(strstr(told.fields, "PREFLIGHTD_EVIDENCE=/home/u/ ]0;x .bashrc:1: exit  [2J"));
        ck_assert_ptr_null(strpbrk(told.fields, "\x1b\a\r\x7f"));
        ck_assert_ptr_null(strstr(told.fields, "\xc2\x9b"));
        ck_assert_ptr_null(strchr(told.fields, '\x9b'));
        ck_assert_ptr_nonnull(strstr(told.fields, "none \xc3\xa9\n"));
}
END_TEST

/* More than there is room for. */
START_TEST(much_evidence_is_cut) {
        PF_CLEANUP(readiness_deinit) PfReadiness first = { 0 };
        PF_CLEANUP(pf_events_deinit) PfEvents events = { 0 };
        char line[600];

        begin(&first);
        memset(line, 'x', sizeof(line) - 1);
        line[sizeof(line) - 1] = '\0';
        (void) pf_report_fail(&first.report, &password, "long");
        for (unsigned i = 1; i < 40; i++)
                (void) pf_report_evidence(&first.report, NULL, "/file", i, line, NULL);
        pf_log_set_sink(listen);
        told.n = 0;
        pf_events_tell(&events, &first);
        pf_log_set_sink(pf_log_stderr);
        ck_assert_uint_eq(told.n, 1);
        ck_assert(strstr(told.fields, "/file:1: xxx"));
}
END_TEST

/* The same as in the journal's catalog: sha256sum of "preflightd:ssh.server". */
START_TEST(message_ids_are_stable) {
        char id[PF_MESSAGE_ID_SIZE];

        pf_event_message_id("ssh.server", id);
        ck_assert_str_eq(id, "74356c50d7c89755c67344f240f33358");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("events");

        PF_TEST(suite, what_changes_is_told_once);
        PF_TEST(suite, of_a_first_report_what_is_wrong);
        PF_TEST(suite, what_only_root_may_read_is_left_out);
        PF_TEST(suite, evidence_cannot_control_a_terminal);
        PF_TEST(suite, much_evidence_is_cut);
        PF_TEST(suite, message_ids_are_stable);
        return pf_test_main(suite);
}
