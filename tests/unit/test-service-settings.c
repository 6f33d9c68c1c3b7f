/* SPDX-License-Identifier: MIT */
/* What the service is told by files, as they change: waivers, profiles, lists of kernels, and
 * settings that are read anew. */
#include <signal.h>

#include "config/instant.h"
#include "tests/support/service-case.h"

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

static void start_now(void) {
        ahead_usec = 0;
        start();
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
START_TEST(what_is_kept_does_not_outlive_a_waiver) {
        int64_t first;
        Peer peer;

        start_now();
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

        start_now();
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

        start_now();
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

        start_now();
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

        start_now();
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

        start_now();
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

        start_now();
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

START_TEST(reload_keeps_the_old_when_the_new_are_wrong) {
        PF_CLEANUP(pf_settings_freep) PfSettings *wrong = pf_settings_new();
        PfErr err = { 0 };
        Peer peer;

        start_now();
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

int main(void) {
        Suite *suite = suite_create("service-settings");

        (void) signal(SIGPIPE, SIG_IGN); /* as the programs do */
        PF_TEST(suite, what_is_kept_does_not_outlive_a_waiver);
        PF_TEST(suite, the_end_of_a_waiver_is_told);
        PF_TEST(suite, the_end_of_a_waiver_is_told_later);
        PF_TEST(suite, another_waiver_is_told);
        PF_TEST(suite, a_changed_profile_is_read_anew);
        PF_TEST(suite, the_default_profile_is_read_anew);
        PF_TEST(suite, changed_kernel_lists_are_another_question);
        PF_TEST(suite, reload_keeps_the_old_when_the_new_are_wrong);
        return pf_test_main(suite);
}
