/* SPDX-License-Identifier: MIT */
/*
 * What preflightd asks of the service of remedies unattended: which failures, once each,
 * and what follows its answers. The service is the test's.
 */
#include "daemon/report/automatic.h"

#include <signal.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/varlink/descriptions.h"
#include "daemon/varlink/server.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define SAFE "ssh.sftp-subsystem"
#define SAFE_TOO "boot.root-identity"
#define CONSENT "ssh.root-login"

static const PfCheck safe = { .id = SAFE };
static const PfCheck safe_too = { .id = SAFE_TOO };
static const PfCheck consent = { .id = CONSENT };

static PfSandbox box;
static char *path; /* of the service's socket */
static uv_loop_t loop;
static PfVarlinkServer *server;
static PfAutomatic *automatic;
static PfSettings settings = { .auto_mode = PF_AUTO_MODE_SAFE };

static char seen[1024]; /* what the service was asked, and what the service said, in their order */
static unsigned n_looks;
static const char *plan_error, *apply_error;
static bool plan_is_empty;

static void note(const char *word, const char *text) {
        size_t n = strlen(seen);

        (void) snprintf(seen + n, sizeof(seen) - n, "%s %s\n", word, text ? text : "-");
}

static void log_nothing(PfLogLevel level, const char *message_id, const PfLogField *fields,
                        const char *text) {
        (void) message_id;
        (void) fields;
        if (level <= PF_LOG_NOTICE)
                note("log", text);
}

static PfJson *parse(const char *text) {
        PfJson *json = NULL;

        ck_assert_int_eq(pf_json_parse(text, strlen(text), 8, &json, NULL), 0);
        return json;
}

static void on_plan(PfVarlinkCall *call, void *data) {
        const PfJson *checks = pf_json_get(pf_varlink_call_parameters(call), "checks");

        (void) data;
        ck_assert_uint_eq(pf_json_length(checks), 1);
        ck_assert(!pf_json_get(pf_varlink_call_parameters(call), "consent"));
        ck_assert(!pf_json_get(pf_varlink_call_parameters(call), "lease"));
        note("plan", pf_json_string(pf_json_at(checks, 0)));
        if (plan_error)
                pf_varlink_error(call, plan_error, parse("{\"reason\": \"so it is\"}"));
        else
                pf_varlink_reply(call, parse(plan_is_empty ? "{\"plan\": {\"digest\": \"d\", "
                                                             "\"empty\": true, \"steps\": []}}"
                                                           : "{\"plan\": {\"digest\": \"d\", "
                                                             "\"empty\": false}}"));
}

static void on_apply(PfVarlinkCall *call, void *data) {
        (void) data;
        note("apply", pf_json_get_string(pf_varlink_call_parameters(call), "digest"));
        if (apply_error)
                pf_varlink_error(call, apply_error, parse("{\"reason\": \"so it is\"}"));
        else
                pf_varlink_reply(call, parse("{\"transaction\": {\"id\": \"t1\"}}"));
}

static void on_other(PfVarlinkCall *call, void *data) {
        (void) data;
        note("other", pf_varlink_call_method(call));
        pf_varlink_drop(call);
}

static const PfVarlinkMethod methods[] = {
        { .name = "Plan", .handler = on_plan },
        { .name = "Apply", .handler = on_apply },
        { .name = "ListTransactions", .handler = on_other },
        { .name = "Undo", .handler = on_other },
};
static const PfVarlinkInterface interface = {
        .name = "org.preflightd.Remediation",
        .description = pf_idl_org_preflightd_Remediation,
        .methods = methods,
        .n_methods = PF_ELEMENTS(methods),
};

static void on_look_again(void *data) {
        (void) data;
        n_looks++;
}

static void serve(void) {
        PfErr err = { 0 };
        int r;

        r = pf_varlink_server_new(&loop, &(PfVarlinkServerConfig){ .vendor = "test" }, &server,
                                  &err);
        if (r == 0)
                r = pf_varlink_server_add(server, &interface, NULL, &err);
        if (r == 0)
                r = pf_varlink_server_listen_path(server, path, 0600, &err);
        ck_assert_msg(r == 0, "%s", err.text);
}

static void set_up(void) {
        (void) signal(SIGPIPE, SIG_IGN);
        pf_log_set_sink(log_nothing);
        pf_sandbox_new(&box);
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        path = pf_sandbox_path(&box, "/socket");
        ck_assert_int_eq(pf_automatic_new(&(PfAutomaticConfig){ .loop = &loop,
                                                                .socket = path,
                                                                .look_again = on_look_again },
                                          &automatic),
                         0);
        seen[0] = '\0';
        n_looks = 0;
        plan_error = apply_error = NULL;
        plan_is_empty = false;
        settings.auto_mode = PF_AUTO_MODE_SAFE;
}

static void tear_down(void) {
        automatic = pf_automatic_free(automatic);
        server = pf_varlink_server_free(server);
        ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        free(path);
        pf_sandbox_close(&box);
        pf_log_set_sink(pf_log_stderr);
}

/* Until nothing has happened for some turns. */
static void settle(void) {
        for (unsigned quiet = 0; quiet < 50; quiet++) {
                size_t n = strlen(seen);

                (void) uv_run(&loop, UV_RUN_NOWAIT);
                if (strlen(seen) != n)
                        quiet = 0;
        }
}

/* A report with one answer, and what is asked for it. */
static void report(const PfCheck *check, const char *found) {
        PfReadiness readiness = { 0 };

        if (!found)
                (void) pf_report_pass(&readiness.report, check, "it is well");
        else
                (void) pf_report_fail(&readiness.report, check, "it is not well");
        if (found)
                ck_assert_int_eq(
                        pf_report_evidence(&readiness.report, NULL, "/file", 1, found, NULL), 0);
        pf_automatic_consider(automatic, &settings, &readiness);
        pf_report_deinit(&readiness.report);
        settle();
}

static void expect(const char *text) {
        ck_assert_str_eq(seen, text);
        seen[0] = '\0';
}

#define REMEDIED(check) "log " check " was remedied unattended; undo: preflightctl undo t1\n"

START_TEST(what_fails_and_is_safe_is_remedied) {
        set_up();
        serve();
        report(&safe, "no");
        expect("plan " SAFE "\napply d\n" REMEDIED(SAFE));
        ck_assert_uint_eq(n_looks, 1);
        tear_down();
}
END_TEST

START_TEST(what_passes_or_needs_a_yes_is_not_asked_about) {
        set_up();
        serve();
        report(&safe, NULL);
        report(&consent, "no");
        expect("");
        tear_down();
}
END_TEST

START_TEST(nobody_is_asked_where_it_is_off) {
        set_up();
        settings.auto_mode = PF_AUTO_MODE_OFF;
        report(&safe, "no"); /* where nobody listens, too */
        expect("");
        tear_down();
}
END_TEST

START_TEST(each_evidence_is_asked_about_once) {
        set_up();
        serve();
        plan_error = "org.preflightd.Remediation.NotPermitted";
        report(&safe, "no");
        expect("plan " SAFE "\nlog " SAFE " is not remedied unattended: so it is\n");
        report(&safe, "no");
        expect("");
        report(&safe, "not at all");
        report(&safe_too, "no");
        expect("plan " SAFE "\nlog " SAFE " is not remedied unattended: so it is\n"
               "plan " SAFE_TOO "\nlog " SAFE_TOO " is not remedied unattended: so it is\n");
        ck_assert_uint_eq(n_looks, 0);
        tear_down();
}
END_TEST

START_TEST(who_is_busy_is_asked_again) {
        set_up();
        serve();
        apply_error = "org.preflightd.Remediation.Busy";
        report(&safe, "no");
        expect("plan " SAFE "\napply d\nlog " SAFE " is not remedied unattended: so it is\n");
        apply_error = NULL;
        report(&safe, "no");
        expect("plan " SAFE "\napply d\n" REMEDIED(SAFE));
        tear_down();
}
END_TEST

START_TEST(an_empty_plan_is_not_applied) {
        set_up();
        serve();
        plan_is_empty = true;
        report(&safe, "no");
        expect("plan " SAFE "\n");
        report(&safe, "no");
        expect("");
        tear_down();
}
END_TEST

/* It is said once, and the next report asks again. */
START_TEST(a_service_that_is_not_there) {
        set_up();
        report(&safe, "no");
        ck_assert_msg(strncmp(seen, "log preflight-remedyd cannot be asked", 37) == 0, "%s", seen);
        seen[0] = '\0';
        report(&safe, "no");
        expect("");
        serve();
        report(&safe, "no");
        expect("plan " SAFE "\napply d\n" REMEDIED(SAFE));
        tear_down();
}
END_TEST

START_TEST(a_service_that_ends_in_between) {
        set_up();
        serve();
        plan_error = "x.y.Z";
        report(&safe_too, "no");
        server = pf_varlink_server_free(server);
        seen[0] = '\0';
        report(&safe, "no");
        ck_assert_msg(strstr(seen, "cannot be asked"), "%s", seen);
        tear_down();
}
END_TEST

/* More failures than are remembered: none is lost, and none asked about without end. */
START_TEST(many_failures) {
        set_up();
        serve();
        plan_error = "org.preflightd.Remediation.NotPermitted";
        for (unsigned i = 0; i < 600; i++) {
                char found[16];

                (void) snprintf(found, sizeof(found), "%u", i);
                seen[0] = '\0';
                report(&safe, found);
                ck_assert_msg(strncmp(seen, "plan ", 5) == 0, "%u: %s", i, seen);
        }
        seen[0] = '\0';
        report(&safe, "599");
        expect("");
        tear_down();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("automatic");

        PF_TEST(suite, what_fails_and_is_safe_is_remedied);
        PF_TEST(suite, what_passes_or_needs_a_yes_is_not_asked_about);
        PF_TEST(suite, nobody_is_asked_where_it_is_off);
        PF_TEST(suite, each_evidence_is_asked_about_once);
        PF_TEST(suite, who_is_busy_is_asked_again);
        PF_TEST(suite, an_empty_plan_is_not_applied);
        PF_TEST(suite, a_service_that_is_not_there);
        PF_TEST(suite, a_service_that_ends_in_between);
        PF_TEST(suite, many_failures);
        return pf_test_main(suite);
}
