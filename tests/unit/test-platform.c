/* SPDX-License-Identifier: MIT */
/*
 * Which system a machine has, and that it is asked by the probes of that system alone.
 * The registry is of its own: two probes answer one check, each on its system.
 */
#include "daemon/report/evaluate.h"

#include <string.h>

#include "tests/support/question.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define ABOUT(more) "{\"schema\": 1, \"live\": true, \"timeUSec\": 1763827200000000" more "}"

static const PfCheck linux_checks[] = { { "disk.boot-disk" }, { "os.kernel" } };
static const PfCheck windows_checks[] = { { "disk.boot-disk" }, { "windows.netlogon" } };

static int run_linux(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        (void) target;
        (void) demand;
        (void) err;
        (void) pf_report_pass(report, &linux_checks[0], "by Linux's");
        return pf_report_pass(report, &linux_checks[1], "by Linux's");
}

static int run_windows(const PfTarget *target, const PfDemand *demand, PfReport *report,
                       PfErr *err) {
        (void) target;
        (void) demand;
        (void) err;
        (void) pf_report_pass(report, &windows_checks[0], "by Windows's");
        return pf_report_fail(report, &windows_checks[1], "by Windows's");
}

static const PfProbe probe_linux = { .name = "linux",
                                     .checks = linux_checks,
                                     .n_checks = PF_ELEMENTS(linux_checks),
                                     .platforms = PF_PLATFORM_LINUX,
                                     .deadline_ms = 10000,
                                     .run = run_linux };
static const PfProbe probe_windows = { .name = "windows",
                                       .checks = windows_checks,
                                       .n_checks = PF_ELEMENTS(windows_checks),
                                       .platforms = PF_PLATFORM_WINDOWS,
                                       .deadline_ms = 10000,
                                       .run = run_windows };

const PfProbe *const pf_probes[] = { &probe_linux, &probe_windows };
const size_t pf_n_probes = PF_ELEMENTS(pf_probes);

/* --- which system it has --- */

static unsigned platform_with(const char *path, const char *text) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        pf_sandbox_new(&box);
        if (path)
                pf_sandbox_write(&box, path, text);
        pf_sandbox_reset_target(&box);
        return pf_target_platform(box.target);
}

START_TEST(an_image_has_the_system_of_its_files) {
        ck_assert_uint_eq(platform_with(NULL, NULL), PF_PLATFORM_LINUX);
        ck_assert_uint_eq(platform_with("/Windows/System32/config/SYSTEM", "regf"),
                          PF_PLATFORM_WINDOWS);
        ck_assert_uint_eq(platform_with("/WINDOWS/system32/Config/system", "regf"),
                          PF_PLATFORM_WINDOWS);
        ck_assert_uint_eq(platform_with("/Windows/System32/config/SYSTEM.LOG1", ""),
                          PF_PLATFORM_LINUX);
        ck_assert_uint_eq(platform_with("/windows", "a file"), PF_PLATFORM_LINUX);
}
END_TEST

START_TEST(a_captured_machine_says_it) {
        ck_assert_uint_eq(
                platform_with("/.preflight/capture.json", ABOUT(", \"platform\": \"windows\"")),
                PF_PLATFORM_WINDOWS);
        ck_assert_uint_eq(platform_with("/.preflight/capture.json", ABOUT("")), PF_PLATFORM_LINUX);
}
END_TEST

START_TEST(the_host_has_ours) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_target_new("/", PF_TARGET_DEFAULT, &host, &err), 0);
        ck_assert_uint_eq(pf_target_platform(host), PF_PLATFORM_HERE);
}
END_TEST

START_TEST(capitals_of_a_path_do_not_matter) {
        static const struct {
                const char *asked, *found; /* NULL: nothing */
        } cases[] = {
                { "/Program Files/Agent/a.log", "/PROGRAM files/agent/A.LOG" },
                { "/both", "/both" },
                { "/BOTH", "/BOTH" },
                { "/Both", "/BOTH" },
                { "/PROGRAM files/agent/A.LOG/below", NULL },
                { "/Program Files/Agent/b.log", NULL },
                { "/Program File/Agent", NULL },
        };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/PROGRAM files/agent/A.LOG", "");
        pf_sandbox_write(&box, "/both", "");
        pf_sandbox_write(&box, "/BOTH", "");
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_FREE char *found = NULL;
                PfErr err = { 0 };
                int r = pf_target_find_any_case(box.target, cases[i].asked, &found, &err);

                ck_assert_msg(r == (cases[i].found ? 0 : PF_TARGET_ABSENT), "%s: %d, %s",
                              cases[i].asked, r, err.text);
                if (r == 0 && PF_PLATFORM_HERE == PF_PLATFORM_WINDOWS)
                        ck_assert_int_eq(strcasecmp(found, cases[i].found), 0);
                else if (r == 0)
                        ck_assert_str_eq(found, cases[i].found);
        }
}
END_TEST

START_TEST(a_link_in_a_circle_is_an_error) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *found = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_symlink(&box, "Windows", "/Windows");
        ck_assert_int_lt(pf_target_find_any_case(box.target, "/Windows/System32", &found, &err), 0);
        ck_assert_ptr_null(found);
}
END_TEST

/* --- who is asked --- */

static PfReadiness *evaluate(PfTarget *target) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfReadiness *readiness = NULL;
        const char *hanging;
        uv_loop_t loop;
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        question = pf_test_question(profile, NULL);
        ck_assert_int_eq(
                pf_evaluate(
                        &(PfEvaluation){ .loop = &loop, .target = target, .question = question },
                        &readiness, &hanging),
                0);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        return readiness;
}

static bool contains(const PfJson *array, const char *text) {
        for (size_t i = 0; i < pf_json_length(array); i++)
                if (strcmp(pf_json_string(pf_json_at(array, i)), text) == 0)
                        return true;
        return false;
}

static void assert_asked(const char *about, const char *summary, PfOverall overall,
                         const char *not_covered, const char *not_its_own) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/.preflight/capture.json", about);
        pf_sandbox_reset_target(&box);
        readiness = evaluate(box.target);

        ck_assert_uint_eq(readiness->report.n, 2);
        for (size_t i = 0; i < readiness->report.n; i++)
                ck_assert_str_eq(readiness->report.results[i].summary, summary);
        ck_assert_int_eq(pf_readiness_overall(readiness), overall);
        ck_assert_int_eq(pf_readiness_to_json(readiness, true, &json), 0);
        ck_assert(contains(pf_json_get(json, "notCovered"), not_covered));
        ck_assert(!contains(pf_json_get(json, "notCovered"), "disk.boot-disk"));
        ck_assert(!contains(pf_json_get(json, "notCovered"), not_its_own));
}

START_TEST(probes_of_its_system_alone_run) {
        assert_asked(ABOUT(""), "by Linux's", PF_OVERALL_READY, "ssh.access", "windows.wmi");
        assert_asked(ABOUT(", \"platform\": \"windows\""), "by Windows's", PF_OVERALL_BLOCKED,
                     "windows.wmi", "ssh.access");
}
END_TEST

#define KEY(path, values) "\"HKLM\\\\" path "\": {\"values\": {" values "}}"
#define NAMED                                                                                      \
        KEY("SYSTEM\\\\CurrentControlSet\\\\Services\\\\Tcpip\\\\Parameters",                      \
            "\"Hostname\": {\"sz\": \"DB7\"}")                                                     \
        ", " KEY("SOFTWARE\\\\Microsoft\\\\Cryptography", "\"MachineGuid\": {\"sz\": \"1-2\"}")
#define VERSION(values)                                                                            \
        KEY("SOFTWARE\\\\Microsoft\\\\Windows NT\\\\CurrentVersion",                               \
            "\"ProductName\": {\"sz\": \"Windows Server\"}, \"CurrentBuild\": {\"sz\": "           \
            "\"9600\"}" values)

static const struct {
        const char *registry;
        const char *hostname, *machine_id, *os, *kernel; /* NULL: not known */
} hosts[] = {
        { "{" NAMED ", " VERSION(", \"CurrentVersion\": {\"sz\": \"6.3\"}") "}", "DB7", "1-2",
          "Windows Server", "6.3.9600" },
        { "{" VERSION(", \"CurrentVersion\": {\"sz\": \"6.3\"}, \"CurrentMajorVersionNumber\": "
                      "{\"dword\": 10}, \"CurrentMinorVersionNumber\": {\"dword\": 1}") "}",
          NULL, NULL, "Windows Server", "10.1.9600" },
        { "{" VERSION("") "}", NULL, NULL, "Windows Server", NULL },
        { "{" NAMED "}", "DB7", "1-2", NULL, NULL },
        { "{\"*\": {\"error\": 5, \"text\": \"unreadable\"}}", NULL, NULL, NULL, NULL },
};

static void assert_text(const char *text, const char *expected) {
        if (expected)
                ck_assert_str_eq(text, expected);
        else
                ck_assert_ptr_null(text);
}

START_TEST(the_registry_says_who_it_is) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfHost host = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/.preflight/capture.json", ABOUT(", \"platform\": \"windows\""));
        pf_sandbox_write(&box, "/.preflight/registry.json", hosts[_i].registry);
        pf_sandbox_write(&box, "/etc/hostname", "of another system\n");
        pf_sandbox_reset_target(&box);
        pf_host_read(box.target, &host);
        assert_text(host.hostname, hosts[_i].hostname);
        assert_text(host.machine_id, hosts[_i].machine_id);
        assert_text(host.os, hosts[_i].os);
        assert_text(host.kernel, hosts[_i].kernel);
        assert_text(host.boot_id, NULL);
        pf_host_deinit(&host);
}
END_TEST

/* The errors of the installer on Linux are not named of a Windows machine. */
START_TEST(errors_are_those_of_its_system) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        const PfJson *errors;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/Windows/System32/config/SYSTEM", "");
        readiness = evaluate(box.target);
        ck_assert_int_eq(pf_readiness_to_json(readiness, true, &json), 0);
        errors = pf_json_get(pf_json_at(pf_json_get(json, "checks"), 0), "errorIds");
        ck_assert(contains(errors, "95310"));
        ck_assert(contains(errors, "win-bitlocker-dynamic"));
        ck_assert(!contains(errors, "lin-multipath"));
}
END_TEST

START_TEST(a_name_is_one_of_its_system) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        question = pf_test_question(profile, "windows.*");
        ck_assert_str_eq(pf_question_unmatched(question, PF_PLATFORM_LINUX), "windows.*");
        ck_assert_ptr_null(pf_question_unmatched(question, PF_PLATFORM_WINDOWS));
        ck_assert(pf_question_names_check("disk.*", PF_PLATFORM_LINUX));
        ck_assert(!pf_question_names_check("os.kernel", PF_PLATFORM_WINDOWS));
        ck_assert_ptr_eq(pf_probe_find("disk.boot-disk", PF_PLATFORM_LINUX), &probe_linux);
        ck_assert_ptr_eq(pf_probe_find("disk.boot-disk", PF_PLATFORM_WINDOWS), &probe_windows);
        ck_assert_ptr_null(pf_probe_find("windows.netlogon", PF_PLATFORM_LINUX));
        ck_assert_ptr_eq(pf_probe_find("windows.netlogon", PF_PLATFORM_ALL), &probe_windows);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("platform");

        PF_TEST(suite, an_image_has_the_system_of_its_files);
        PF_TEST(suite, a_captured_machine_says_it);
        PF_TEST(suite, the_host_has_ours);
        PF_TEST(suite, capitals_of_a_path_do_not_matter);
        PF_TEST(suite, a_link_in_a_circle_is_an_error);
        PF_TEST(suite, probes_of_its_system_alone_run);
        PF_TEST_LOOP(suite, the_registry_says_who_it_is, PF_ELEMENTS(hosts));
        PF_TEST(suite, errors_are_those_of_its_system);
        PF_TEST(suite, a_name_is_one_of_its_system);
        return pf_test_main(suite);
}
