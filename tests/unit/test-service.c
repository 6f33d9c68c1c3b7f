/* SPDX-License-Identifier: MIT */
/* The methods of org.preflightd.Preflight, over a connection, with probes that
 * do as they are told. */
#include "daemon/report/service-internal.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "config/instant.h"
#include "daemon/base/log.h"
#include "daemon/varlink/client.h"
#include "tests/support/fake-probes.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define INTERFACE "org.preflightd.Preflight."
#define REPLIES_MAX 64
#define TURNS_MAX 100000

static uv_loop_t loop;
static PfSandbox box;
static PfSettings *settings;
static PfService *service;
static PfVarlinkServer *server;
static char status_line[512];

static void on_status(const char *line, void *data) {
        (void) data;
        (void) snprintf(status_line, sizeof(status_line), "%s", line);
}

/*
 * The clock on the wall, which the linker puts in place of the real one: as the
 * real one, and ahead of it by what a test says.
 */
static uint64_t ahead_usec;

uint64_t __real_pf_clock_realtime_usec(void);
uint64_t __wrap_pf_clock_realtime_usec(void);

uint64_t __wrap_pf_clock_realtime_usec(void) {
        return __real_pf_clock_realtime_usec() + ahead_usec;
}

static void start(void) {
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_sandbox_new(&box);
        pf_fake_set_failing(false);
        ahead_usec = 0;
        status_line[0] = '\0';
        settings = pf_settings_new();
        ck_assert_ptr_nonnull(settings);
        ck_assert_msg(pf_service_new(&(PfServiceConfig){ .loop = &loop,
                                                         .target = box.target,
                                                         .host = box.target,
                                                         .settings = settings,
                                                         .status = on_status },
                                     &service, &err) == 0,
                      "%s", err.text);
        ck_assert_int_eq(pf_varlink_server_new(&loop,
                                               &(PfVarlinkServerConfig){ .vendor = "test",
                                                                         .product = "test",
                                                                         .version = "1",
                                                                         .url = "test:" },
                                               &server, &err),
                         0);
        ck_assert_msg(pf_varlink_server_add(server, &pf_service_interface, service, &err) == 0,
                      "%s", err.text);
}

static void stop(void) {
        server = pf_varlink_server_free(server);
        service = pf_service_free(service);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        settings = pf_settings_free(settings);
        pf_sandbox_close(&box);
}

/* Memory, of which there is none while a test says so. */
static bool is_out_of_memory;
static unsigned n_refused;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size) {
        n_refused += is_out_of_memory;
        return is_out_of_memory ? NULL : __real_calloc(n, size);
}

/* A client, and what it was answered so far. */
typedef struct Peer {
        PfVarlinkClient *client;
        PfJson *replies[REPLIES_MAX];
        char error[128];
        size_t n;
        bool is_over; /* the last reply came */
} Peer;

static void peer_open(Peer *peer) {
        PfErr err = { 0 };
        int fds[2];

        *peer = (Peer){ 0 };
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        ck_assert_int_eq(pf_varlink_server_add_connection(server, fds[0], fds[0], &err), 0);
        ck_assert_int_eq(pf_varlink_client_new_fds(&loop, fds[1], fds[1], &peer->client, &err), 0);
}

static void peer_close(Peer *peer) {
        peer->client = pf_varlink_client_free(peer->client);
        for (size_t i = 0; i < peer->n; i++)
                (void) pf_json_free(peer->replies[i]);
        *peer = (Peer){ 0 };
}

static void on_reply(PfVarlinkClient *client, const PfVarlinkReply *reply, void *data) {
        Peer *peer = data;

        (void) client;
        ck_assert_uint_lt(peer->n, REPLIES_MAX);
        if (reply->error)
                (void) snprintf(peer->error, sizeof(peer->error), "%s", reply->error);
        peer->replies[peer->n++] = pf_json_ref((PfJson *) reply->parameters);
        peer->is_over = !reply->continues;
}

static void peer_call(Peer *peer, const char *method, const char *parameters,
                      PfVarlinkCallFlags flags) {
        PF_AUTO_BUF PfBuf name = PF_BUF_INIT(128);
        PfJson *json = NULL;
        PfErr err = { 0 };

        peer->is_over = false;
        ck_assert_int_eq(pf_json_parse(parameters, strlen(parameters), 16, &json, &err), 0);
        ck_assert_int_eq(pf_buf_printf(&name, INTERFACE "%s", method), 0);
        ck_assert_int_eq(pf_varlink_client_call(peer->client, name.data, json, flags, 0, on_reply,
                                                peer, &err),
                         0);
}

static void wait_for_replies(const Peer *peer, size_t n) {
        for (int i = 0; peer->n < n; i++) {
                ck_assert_int_lt(i, TURNS_MAX);
                (void) uv_run(&loop, UV_RUN_ONCE);
        }
}

static const PfJson *last(const Peer *peer) {
        return peer->n ? peer->replies[peer->n - 1] : NULL;
}

/* One call, to its last reply. */
static void ask(Peer *peer, const char *method, const char *parameters, PfVarlinkCallFlags flags) {
        peer_call(peer, method, parameters, flags);
        for (int i = 0; !peer->is_over; i++) {
                ck_assert_int_lt(i, TURNS_MAX);
                (void) uv_run(&loop, UV_RUN_ONCE);
        }
}

static const PfJson *check_in(const PfJson *report, const char *id) {
        const PfJson *checks = pf_json_get(report, "checks");

        for (size_t i = 0; i < pf_json_length(checks); i++) {
                const PfJson *check = pf_json_at(checks, i);

                if (strcmp(pf_json_get_string(check, "check"), id) == 0)
                        return check;
        }
        return NULL;
}

static int64_t started(const PfJson *reply) {
        return pf_json_integer(pf_json_get(pf_json_get(reply, "report"), "startedUSec"));
}

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
static void write_waiver(uint64_t left_usec) {
        char text[256], when[PF_INSTANT_SIZE];

        (void) snprintf(text, sizeof(text),
                        "[Waiver]\nCheck=" PF_FAKE_BAD "\nReason=r\nOwner=o\nExpires=%s\n",
                        pf_instant_format(__wrap_pf_clock_realtime_usec() + left_usec, when));
        pf_sandbox_write(&box, "/etc/preflightd/waivers.d/a.conf", text);
}

static void expect_verdict(const PfJson *report, const char *check, const char *overall) {
        ck_assert_str_eq(pf_json_get_string(check_in(report, PF_FAKE_BAD), "verdict"), check);
        ck_assert_str_eq(pf_json_get_string(report, "verdict"), overall);
}

/* However old a report the caller takes: a waiver ends when it says. */
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

START_TEST(what_is_kept_does_not_outlive_a_waiver) {
        int64_t first;
        Peer peer;

        start();
        write_waiver(3600 * UINT64_C(1000000));
        peer_open(&peer);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":360000000000}", 0);
        expect_verdict(pf_json_get(last(&peer), "report"), "waived", "unknown");
        first = started(last(&peer));

        ahead_usec = 3590 * UINT64_C(1000000);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":360000000000}", 0);
        expect_verdict(pf_json_get(last(&peer), "report"), "waived", "unknown");
        ck_assert_int_eq(started(last(&peer)), first); /* it is the one that was kept */

        ahead_usec = 3600 * UINT64_C(1000000);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":360000000000}", 0);
        expect_verdict(pf_json_get(last(&peer), "report"), "fail", "blocked");
        ck_assert_str_eq(
                pf_json_get_string(
                        pf_json_at(pf_json_get(pf_json_get(last(&peer), "report"), "waivers"), 0),
                        "state"),
                "expired");
        peer_close(&peer);
        stop();
}
END_TEST

/* Those who watch are told, and so is the status line, though nobody asks. */
START_TEST(the_end_of_a_waiver_is_told) {
        Peer watcher;

        start();
        ahead_usec = 3600 * UINT64_C(1000000);
        write_waiver(3 * UINT64_C(1000000)); /* cut to a whole second: two to three are left */
        peer_open(&watcher);
        peer_call(&watcher, "Monitor", "{}", PF_VARLINK_CALL_MORE);
        wait_for_replies(&watcher, 1);
        expect_verdict(pf_json_get(watcher.replies[0], "report"), "waived", "unknown");
        ck_assert_ptr_null(strstr(status_line, "blocked"));

        wait_for_replies(&watcher, 2);
        expect_verdict(pf_json_get(last(&watcher), "report"), "fail", "blocked");
        ck_assert_ptr_nonnull(strstr(status_line, "blocked"));
        peer_close(&watcher);
        stop();
}
END_TEST

/* What is only in the list of waivers is a change as well. */
/* Also where memory was short at that moment. */
START_TEST(the_end_of_a_waiver_is_told_later) {
        Peer watcher;

        start();
        ahead_usec = 3600 * UINT64_C(1000000);
        write_waiver(3 * UINT64_C(1000000));
        peer_open(&watcher);
        peer_call(&watcher, "Monitor", "{}", PF_VARLINK_CALL_MORE);
        wait_for_replies(&watcher, 1);
        n_refused = 0;
        is_out_of_memory = true;
        while (n_refused == 0)
                (void) uv_run(&loop, UV_RUN_ONCE);
        is_out_of_memory = false;
        ck_assert(uv_is_active((uv_handle_t *) service->expiry));
        wait_for_replies(&watcher, 2);
        expect_verdict(pf_json_get(last(&watcher), "report"), "fail", "blocked");
        peer_close(&watcher);
        stop();
}
END_TEST

START_TEST(another_waiver_is_told) {
        const PfJson *waivers;
        Peer watcher, peer;

        start();
        peer_open(&watcher);
        peer_open(&peer);
        peer_call(&watcher, "Monitor", "{}", PF_VARLINK_CALL_MORE);
        wait_for_replies(&watcher, 1);
        pf_sandbox_write(&box, "/etc/preflightd/waivers.d/a.conf", "[Waiver]\n");
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":0}", 0);
        wait_for_replies(&watcher, 2);
        waivers = pf_json_get(pf_json_get(last(&watcher), "report"), "waivers");
        ck_assert_uint_eq(pf_json_length(waivers), 1);
        ck_assert_str_eq(pf_json_get_string(pf_json_at(waivers, 0), "state"), "invalid");
        peer_close(&watcher);
        peer_close(&peer);
        stop();
}
END_TEST

#define PROFILE                                                                                    \
        "[Profile]\nTitle=T\nDocumentation=d\nAgentVersion=%s\nArchitecture=x86_64\n"              \
        "[Space]\nCopyPath=/tmp\nCopyBytes=1M\nRootBytes=1G\nRootWarnBytes=2G\n"                   \
        "InstallPath=/opt\nInstallBytes=2M\nInodes=7\n%s"

static void write_profile(const char *name, const char *version, const char *more) {
        char path[128], text[1024];

        (void) snprintf(path, sizeof(path), "/etc/preflightd/profiles/%s.conf", name);
        (void) snprintf(text, sizeof(text), PROFILE, version, more);
        pf_sandbox_write(&box, path, text);
}

static void expect_version(Peer *peer, const char *method, const char *parameters,
                           const char *version) {
        ask(peer, method, parameters, 0);
        ck_assert_str_eq(peer->error, "");
        ck_assert_str_eq(pf_json_get_string(pf_json_get(last(peer), "report"), "agentVersion"),
                         version);
}

/* A profile is what its file says now, as far as the caller wants to know. */
START_TEST(a_changed_profile_is_read_anew) {
        Peer peer;

        start();
        peer_open(&peer);
        write_profile("own", "1.1", "");
        expect_version(&peer, "Check", "{\"profile\":\"own\"}", "1.1");
        write_profile("own", "1.22", ""); /* of another size, whatever the clock says */
        expect_version(&peer, "GetReport", "{\"profile\":\"own\",\"maximumAgeUSec\":360000000000}",
                       "1.1");
        expect_version(&peer, "GetReport", "{\"profile\":\"own\",\"maximumAgeUSec\":0}", "1.22");
        write_profile("own", "1.333", "");
        expect_version(&peer, "Check", "{\"profile\":\"own\"}", "1.333");

        write_profile("own", "1.4444", "X=1\n");
        ask(&peer, "Check", "{\"profile\":\"own\"}", 0);
        ck_assert_str_eq(peer.error, INTERFACE "ProbeFailed");
        ck_assert_str_eq(pf_json_get_string(last(&peer), "reason"),
                         "/etc/preflightd/profiles/own.conf:14: unknown key X= in [Space]");
        peer.error[0] = '\0';
        pf_sandbox_remove(&box, "/etc/preflightd/profiles/own.conf");
        ask(&peer, "Check", "{\"profile\":\"own\"}", 0);
        ck_assert_str_eq(peer.error, INTERFACE "NoSuchProfile");
        peer_close(&peer);
        stop();
}
END_TEST

/* The profile of the settings too: for who watches, and for the status line. */
START_TEST(the_default_profile_is_read_anew) {
        Peer peer, watcher;

        start();
        peer_open(&peer);
        peer_open(&watcher);
        peer_call(&watcher, "Monitor", "{}", PF_VARLINK_CALL_MORE);
        wait_for_replies(&watcher, 1);
        write_profile("asr-mobility", "9.99", "[Checks]\nInfo=space.*\n");
        expect_version(&peer, "Check", "{}", "9.99");
        /* Its report is the one that is kept, and told, from now on. */
        ck_assert_ptr_null(strstr(status_line, "blocked"));

        /* While it is wrong those who ask are told, and the rest goes on. */
        write_profile("asr-mobility", "9.999", "X=1\n");
        ask(&peer, "Check", "{}", 0);
        ck_assert_str_eq(peer.error, INTERFACE "ProbeFailed");
        peer.error[0] = '\0';
        ck_assert_int_eq(pf_service_refresh(service), 0);
        write_profile("asr-mobility", "9.9999", "");
        expect_version(&peer, "GetReport", "{\"maximumAgeUSec\":0}", "9.9999");
        peer_close(&watcher);
        peer_close(&peer);
        stop();
}
END_TEST

/* Kernel lists are of the question, so that a report made by others is not served. */
START_TEST(changed_kernel_lists_are_another_question) {
        int64_t first;
        Peer peer;

        start();
        peer_open(&peer);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":360000000000}", 0);
        first = started(last(&peer));
        pf_sandbox_write(&box, "/etc/preflightd/kernels.txt", "wrong\n");
        pf_service_look_at_files(service, 0);
        ask(&peer, "GetReport", "{\"maximumAgeUSec\":360000000000}", 0);
        ck_assert_int_ne(started(last(&peer)), first);
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

START_TEST(reload_keeps_the_old_when_the_new_are_wrong) {
        PF_CLEANUP(pf_settings_freep) PfSettings *wrong = pf_settings_new();
        PfErr err = { 0 };
        Peer peer;

        start();
        free(wrong->profile);
        wrong->profile = strdup("nonesuch");
        ck_assert_int_eq(pf_service_reload(service, wrong, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "nonesuch"));
        peer_open(&peer);
        ask(&peer, "GetReport", "{}", 0);
        ck_assert_str_eq(peer.error, "");
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
        PF_TEST(suite, what_is_kept_does_not_outlive_a_waiver);
        PF_TEST(suite, the_end_of_a_waiver_is_told);
        PF_TEST(suite, the_end_of_a_waiver_is_told_later);
        PF_TEST(suite, another_waiver_is_told);
        PF_TEST(suite, a_changed_profile_is_read_anew);
        PF_TEST(suite, the_default_profile_is_read_anew);
        PF_TEST(suite, changed_kernel_lists_are_another_question);
        PF_TEST(suite, errors_name_what_is_wrong);
        PF_TEST(suite, the_catalogue_is_served);
        PF_TEST(suite, what_was_told_is_not_told_again);
        PF_TEST(suite, reload_keeps_the_old_when_the_new_are_wrong);
        PF_TEST(suite, freed_with_calls_under_way);
        return pf_test_main(suite);
}
