/* SPDX-License-Identifier: MIT */
/* The methods of org.preflightd.Preflight, over a connection, with probes that
 * do as they are told. */
#include <signal.h>

#include "daemon/base/log.h"
#include "tests/support/service-case.h"

START_TEST(get_report_is_kept_as_long_as_asked) {
        Peer peer;

        start();
        peer_open(&peer);
        ask(&peer, "GetReport", "{}", 0);
        ask(&peer, "GetReport", "{}", 0);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":60000000}", 0);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":0}", 0);
        ck_assert_uint_eq(peer.n, 4);
        ck_assert_str_eq(peer.error, "");
        ck_assert_int_gt(started(peer.replies[0]), 0);
        ck_assert_int_eq(started(peer.replies[0]), started(peer.replies[1]));
        ck_assert_int_eq(started(peer.replies[0]), started(peer.replies[2]));
        ck_assert_int_lt(started(peer.replies[0]), started(peer.replies[3]));
        ck_assert_str_eq(status_line, "blocked: bad (95524), 3 passed");
        peer_close(&peer);
        stop();
}
END_TEST

START_TEST(questions_are_kept_apart) {
        const PfJson *report;
        Peer peer;

        start();
        peer_open(&peer);
        ask(&peer, "GetReport", "{\"account\":\"alice\"}", 0);
        report = pf_json_get(last(&peer), "report");
        ck_assert_str_eq(pf_json_get_string(report, "account"), "alice");
        ck_assert_str_eq(pf_json_get_string(check_in(report, PF_FAKE_GOOD), "summary"),
                         "good for alice");
        ask(&peer, "GetReport", "{\"account\":\"bob\",\"source\":\"192.0.2.7\"}", 0);
        report = pf_json_get(last(&peer), "report");
        ck_assert_str_eq(pf_json_get_string(check_in(report, PF_FAKE_GOOD), "summary"),
                         "good for bob");
        ck_assert_str_eq(pf_json_get_string(report, "source"), "192.0.2.7");
        ck_assert_str_eq(status_line, ""); /* neither was the default question */
        peer_close(&peer);
        stop();
}
END_TEST

/* Many ask at once what takes a while: one run serves them all. */
START_TEST(callers_of_one_question_share_a_run) {
        Peer peers[16];

        start();
        pf_fake_hang();
        for (size_t i = 0; i < PF_ELEMENTS(peers); i++) {
                peer_open(&peers[i]);
                peer_call(&peers[i], "GetReport", "{}", 0);
        }
        for (size_t i = 0; i < PF_ELEMENTS(peers); i++) {
                wait_for_replies(&peers[i], 1);
                ck_assert_int_eq(started(peers[i].replies[0]), started(peers[0].replies[0]));
        }
        pf_fake_let_go();
        for (size_t i = 0; i < PF_ELEMENTS(peers); i++)
                peer_close(&peers[i]);
        stop();
}
END_TEST

START_TEST(a_caller_that_goes_does_not_disturb) {
        Peer gone, checker, peer;

        start();
        pf_fake_hang();
        peer_open(&gone);
        peer_open(&checker);
        peer_open(&peer);
        peer_call(&gone, "GetReport", "{}", 0);
        peer_call(&checker, "Check", "{}", PF_VARLINK_CALL_MORE);
        peer_call(&peer, "GetReport", "{}", 0);
        while (pf_fake_n_hanging() == 0)
                (void) uv_run(&loop, UV_RUN_ONCE);
        peer_close(&gone);
        peer_close(&checker);
        wait_for_replies(&peer, 1);
        ck_assert_str_eq(peer.error, "");
        pf_fake_let_go();
        peer_close(&peer);
        stop();
}
END_TEST

static void turn(unsigned n) {
        for (unsigned i = 0; i < n; i++)
                (void) uv_run(&loop, UV_RUN_NOWAIT);
}

/* While a run takes its time others ask what nobody else does, and go. */
START_TEST(questions_of_those_who_went_are_not_asked) {
        Peer checker, peers[8];

        start();
        pf_schedule_set_deadline(service->schedule, 60000);
        pf_fake_hang();
        peer_open(&checker);
        peer_call(&checker, "Check", "{}", 0);
        while (pf_fake_n_hanging() == 0)
                turn(1);
        for (size_t i = 0; i < PF_ELEMENTS(peers); i++) {
                char parameters[64];

                (void) snprintf(parameters, sizeof(parameters), "{\"account\":\"user%zu\"}", i / 2);
                peer_open(&peers[i]);
                peer_call(&peers[i], "GetReport", parameters, 0);
        }
        turn(50);
        ck_assert_ptr_nonnull(service->refreshes);
        for (size_t i = 0; i < PF_ELEMENTS(peers); i++)
                peer_close(&peers[i]);
        turn(50);
        ck_assert_ptr_null(service->refreshes);
        pf_fake_let_go();
        wait_for_replies(&checker, 1);
        peer_close(&checker);
        stop();
}
END_TEST

static void on_other_done(PfReadiness *readiness_take, int r, void *data) {
        (void) r;
        (void) data;
        (void) pf_readiness_free(readiness_take);
}

/* However many wait, the service itself can look at the machine. */
START_TEST(a_full_queue_does_not_stop_the_service) {
        static const PfRunEvents others = { .done = on_other_done };
        PfRun *run;

        start();
        for (unsigned i = 0; i < PF_SCHEDULE_QUEUE_MAX; i++)
                ck_assert_int_eq(
                        pf_schedule_run(service->schedule, service->question, &others, NULL, &run),
                        0);
        ck_assert_int_eq(pf_schedule_run(service->schedule, service->question, &others, NULL, &run),
                         -EBUSY);
        ck_assert_int_eq(pf_service_refresh(service), 0);
        for (int i = 0; !status_line[0]; i++) {
                ck_assert_int_lt(i, TURNS_MAX);
                (void) uv_run(&loop, UV_RUN_ONCE);
        }
        stop();
}
END_TEST

START_TEST(check_streams_what_is_finished) {
        const PfJson *report;
        Peer peer;

        start();
        peer_open(&peer);
        ask(&peer, "Check", "{}", PF_VARLINK_CALL_MORE);
        ck_assert_uint_eq(peer.n, pf_n_probes + 1);
        for (size_t i = 0; i < pf_n_probes; i++)
                ck_assert_ptr_nonnull(pf_json_get(peer.replies[i], "finished"));
        report = pf_json_get(last(&peer), "report");
        ck_assert_uint_eq(pf_json_length(pf_json_get(report, "checks")), pf_n_probes);

        ask(&peer, "Check", "{\"checks\":[\"space.*\"]}", 0);
        ck_assert_uint_eq(peer.n, pf_n_probes + 2);
        report = pf_json_get(last(&peer), "report");
        ck_assert_uint_eq(pf_json_length(pf_json_get(report, "checks")), 4);
        ck_assert(pf_json_bool(pf_json_get(report, "partial")));
        peer_close(&peer);
        stop();
}
END_TEST

START_TEST(monitor_tells_the_report_then_changes) {
        const PfJson *changed;
        Peer watcher, peer;

        start();
        peer_open(&watcher);
        peer_open(&peer);
        peer_call(&watcher, "Monitor", "{}", PF_VARLINK_CALL_MORE);
        wait_for_replies(&watcher, 1);
        ck_assert_ptr_nonnull(pf_json_get(watcher.replies[0], "report"));

        ask(&peer, "GetReport", "{\"maximumAgeUSec\":0}", 0);
        ck_assert_uint_eq(watcher.n, 1); /* nothing changed, nothing said */
        pf_fake_set_failing(true);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":0}", 0);
        wait_for_replies(&watcher, 2);
        changed = pf_json_get(last(&watcher), "changed");
        ck_assert_str_eq(pf_json_get_string(changed, "check"), PF_FAKE_CHANGING);
        ck_assert_str_eq(pf_json_get_string(changed, "verdict"), "fail");
        peer_close(&watcher);
        pf_fake_set_failing(false);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":0}", 0); /* to nobody */
        peer_close(&peer);
        stop();
}
END_TEST

/* A waiver for the check that fails, which ends so much later. */
/* Nobody asks for it, and nothing else would tell. */
START_TEST(a_probe_that_comes_back_is_asked_again) {
        const PfJson *changed;
        Peer watcher, peer;

        start();
        peer_open(&watcher);
        peer_open(&peer);
        peer_call(&watcher, "Monitor", "{}", PF_VARLINK_CALL_MORE);
        wait_for_replies(&watcher, 1);
        (void) uv_timer_stop(service->timer);
        pf_fake_hang();
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":0}", 0);
        wait_for_replies(&watcher, 2);
        changed = pf_json_get(last(&watcher), "changed");
        ck_assert_str_eq(pf_json_get_string(changed, "check"), PF_FAKE_HANGING);
        ck_assert_str_eq(pf_json_get_string(changed, "verdict"), "unknown");

        (void) uv_timer_stop(service->timer);
        pf_fake_let_go();
        wait_for_replies(&watcher, 3);
        changed = pf_json_get(last(&watcher), "changed");
        ck_assert_str_eq(pf_json_get_string(changed, "check"), PF_FAKE_HANGING);
        ck_assert_str_eq(pf_json_get_string(changed, "verdict"), "pass");
        peer_close(&watcher);
        peer_close(&peer);
        stop();
}
END_TEST

START_TEST(errors_name_what_is_wrong) {
        static const struct {
                const char *method;
                const char *parameters;
                const char *error;
                const char *key;
                const char *value;
        } cases[] = {
                { "GetReport", "{\"profile\":\"nonesuch\"}", INTERFACE "NoSuchProfile", "profile",
                  "nonesuch" },
                { "GetReport", "{\"profile\":\"../x\"}", INTERFACE "NoSuchProfile", "profile",
                  "../x" },
                { "GetReport", "{\"source\":\"here\"}", "org.varlink.service.InvalidParameter",
                  "parameter", "source" },
                { "GetReport", "{\"account\":\"\"}", "org.varlink.service.InvalidParameter",
                  "parameter", "account" },
                { "GetReport", "{\"maximumAgeUSec\":-1}", "org.varlink.service.InvalidParameter",
                  "parameter", "maximumAgeUSec" },
                { "Check", "{\"checks\":[\"space.root\",\"no.such\"]}", INTERFACE "NoSuchCheck",
                  "check", "no.such" },
                { "Check", "{\"agentVersion\":\"x\"}", "org.varlink.service.InvalidParameter",
                  "parameter", "agentVersion" },
                { "Explain", "{}", "org.varlink.service.InvalidParameter", "parameter", "check" },
                { "Explain", "{\"check\":\"a\",\"errorId\":\"b\"}",
                  "org.varlink.service.InvalidParameter", "parameter", "errorId" },
                { "Explain", "{\"errorId\":\"qqq\"}", INTERFACE "NoSuchCheck", "check", "qqq" },
                { "Inspect", "{\"subject\":\"boot\"}", INTERFACE "NotInspectable", "subject",
                  "boot" },
                { "Inspect", "{\"subject\":\"ssh\",\"localPort\":65536}",
                  "org.varlink.service.InvalidParameter", "parameter", "localPort" },
                { "Monitor", "{}", "org.varlink.service.ExpectedMore", NULL, NULL },
        };
        Peer peer;

        start();
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                peer_open(&peer);
                ask(&peer, cases[i].method, cases[i].parameters, 0);
                ck_assert_str_eq(peer.error, cases[i].error);
                if (cases[i].key)
                        ck_assert_str_eq(pf_json_get_string(last(&peer), cases[i].key),
                                         cases[i].value);
                peer_close(&peer);
        }
        stop();
}
END_TEST

START_TEST(the_catalogue_is_served) {
        const PfJson *entries;
        Peer peer;

        start();
        peer_open(&peer);
        ask(&peer, "ListChecks", "{}", 0);
        entries = pf_json_get(last(&peer), "checks");
        ck_assert_uint_ge(pf_json_length(entries), 60);
        ask(&peer, "Explain", "{\"check\":\"space.root\"}", 0);
        entries = pf_json_get(last(&peer), "entries");
        ck_assert_uint_eq(pf_json_length(entries), 1);
        ck_assert(pf_json_bool(pf_json_get(pf_json_at(entries, 0), "implemented")));
        ask(&peer, "Explain", "{\"errorId\":\"0x80070430\"}", 0);
        entries = pf_json_get(last(&peer), "entries");
        ck_assert_str_eq(pf_json_get_string(pf_json_at(entries, 0), "id"), "vss-0x80070430-517");
        peer_close(&peer);
        stop();
}
END_TEST

static unsigned n_events;

static void count_events(PfLogLevel level, const char *id, const PfLogField *fields,
                         const char *text) {
        (void) level;
        (void) id;
        (void) text;
        n_events += fields && strcmp(fields->name, "PREFLIGHTD_CHECK") == 0;
}

/* Others ask as much as they like, and settings are read again: nothing has changed. */
START_TEST(what_was_told_is_not_told_again) {
        int64_t first;
        Peer peer;
        PfErr err = { 0 };
        unsigned told;

        start();
        pf_log_set_sink(count_events);
        n_events = 0;
        peer_open(&peer);
        ask(&peer, "GetReport", "{}", 0);
        told = n_events;
        first = started(last(&peer));
        ck_assert_uint_gt(told, 0);
        for (unsigned i = 0; i <= PF_CACHE_MAX; i++) {
                char parameters[64];
                Peer other;

                (void) snprintf(parameters, sizeof(parameters), "{\"account\":\"user%u\"}", i);
                peer_open(&other);
                ask(&other, "GetReport", parameters, 0);
                ck_assert_str_eq(other.error, "");
                peer_close(&other);
        }
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":360000000000}", 0);
        ck_assert_int_eq(started(last(&peer)), first); /* what the settings ask is kept */
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":0}", 0);
        ck_assert_uint_eq(n_events, told);
        ck_assert_msg(pf_service_reload(service, settings, &err) == 0, "%s", err.text);
        ask(&peer, "GetReport", "{}", 0);
        ck_assert_uint_eq(n_events, told);
        pf_fake_set_failing(true);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":0}", 0);
        ck_assert_uint_eq(n_events, told + 1);
        pf_log_set_sink(pf_log_stderr);
        peer_close(&peer);
        stop();
}
END_TEST

/* The service goes while calls of every kind wait. */
START_TEST(freed_with_calls_under_way) {
        Peer peers[3];

        start();
        pf_fake_hang();
        for (size_t i = 0; i < PF_ELEMENTS(peers); i++)
                peer_open(&peers[i]);
        peer_call(&peers[0], "GetReport", "{}", 0);
        peer_call(&peers[1], "Check", "{}", PF_VARLINK_CALL_MORE);
        peer_call(&peers[2], "Monitor", "{}", PF_VARLINK_CALL_MORE);
        while (pf_fake_n_hanging() == 0)
                (void) uv_run(&loop, UV_RUN_ONCE);
        server = pf_varlink_server_free(server);
        service = pf_service_free(service);
        pf_fake_let_go();
        for (size_t i = 0; i < PF_ELEMENTS(peers); i++)
                peer_close(&peers[i]);
        stop();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("service");

        (void) signal(SIGPIPE, SIG_IGN); /* as the programs do */
        PF_TEST(suite, get_report_is_kept_as_long_as_asked);
        PF_TEST(suite, questions_are_kept_apart);
        PF_TEST(suite, callers_of_one_question_share_a_run);
        PF_TEST(suite, a_caller_that_goes_does_not_disturb);
        PF_TEST(suite, questions_of_those_who_went_are_not_asked);
        PF_TEST(suite, a_full_queue_does_not_stop_the_service);
        PF_TEST(suite, check_streams_what_is_finished);
        PF_TEST(suite, monitor_tells_the_report_then_changes);
        PF_TEST(suite, a_probe_that_comes_back_is_asked_again);
        PF_TEST(suite, errors_name_what_is_wrong);
        PF_TEST(suite, the_catalogue_is_served);
        PF_TEST(suite, what_was_told_is_not_told_again);
        PF_TEST(suite, freed_with_calls_under_way);
        return pf_test_main(suite);
}
