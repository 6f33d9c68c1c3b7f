/* SPDX-License-Identifier: MIT */
/* io.systemd.Metrics, on a connection in memory, with probes that do as they are told. */
#include "daemon/report/metrics.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>

#include "daemon/varlink/descriptions.h"
#include "tests/support/fake-probes.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"
#include "tests/support/varlink-example.h"

#define PREFIX "org.preflightd.Preflight."
#define TURNS_MAX 100000

static uv_loop_t loop;
static PfSandbox box;
static PfSettings *settings;
static PfService *service;
static PfVarlinkService varlink;
static Memory memory;
static PfIdl *idl;

static void on_status(const char *line, void *data) {
        (void) line;
        (void) data;
}

static void start(void) {
        const PfVarlinkServerConfig config = {
                .vendor = "test", .product = "test", .version = "1", .url = "test:"
        };
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_sandbox_new(&box);
        pf_fake_set_failing(false);
        settings = pf_settings_new();
        ck_assert_ptr_nonnull(settings);
        ck_assert_msg(pf_service_new(&(PfServiceConfig){ .loop = &loop,
                                                         .target = box.target,
                                                         .host = box.target,
                                                         .settings = settings,
                                                         .status = on_status },
                                     &service, &err) == 0,
                      "%s", err.text);
        ck_assert_int_eq(pf_varlink_service_init(&varlink, &config, &err), 0);
        ck_assert_msg(pf_varlink_service_add(&varlink, &pf_metrics_interface, service, &err) == 0,
                      "%s", err.text);
        memory_open(&memory, &varlink);
        ck_assert_int_eq(pf_idl_parse(pf_idl_io_systemd_Metrics, &idl, &err), 0);
}

static void stop(void) {
        memory_close(&memory);
        service = pf_service_free(service);
        pf_varlink_service_deinit(&varlink);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        settings = pf_settings_free(settings);
        idl = pf_idl_free(idl);
        pf_sandbox_close(&box);
}

/* One answer of a line of text. */
static PfJson *read_line(const char *line, size_t n) {
        PfJson *json = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_json_parse(line, n, 16, &json, &err) == 0, "%s", err.text);
        return json;
}

/* The answers to a call: an array, in which each but the last says that more follow. */
static PfJson *call(const char *method) {
        PF_AUTO_FREE char *text = NULL;
        PfJson *answers = pf_json_new_array();

        ck_assert_int_gt(
                asprintf(&text, "{\"method\":\"io.systemd.Metrics.%s\",\"more\":true}", method), 0);
        memory_say(&memory, text);
        for (int i = 0; memory.connection.call; i++) {
                ck_assert_int_lt(i, TURNS_MAX);
                (void) uv_run(&loop, UV_RUN_ONCE);
        }
        for (const char *line = memory_answers(&memory), *end; *line; line = end + 1) {
                PfJson *answer;

                end = strchr(line, '\n');
                answer = read_line(line, (size_t) (end - line));
                ck_assert(pf_json_bool(pf_json_get(answer, "continues")) == (end[1] != '\0'));
                ck_assert_int_eq(pf_json_append_take(answers, answer), 0);
        }
        return answers;
}

static const PfJson *metric_at(const PfJson *answers, size_t i) {
        return pf_json_get(pf_json_at(answers, i), "parameters");
}

/* The metric of a family with an object or the value of a field; NULL: of any. */
static const PfJson *find(const PfJson *answers, const char *family, const char *object,
                          const char *field) {
        for (size_t i = 0; i < pf_json_length(answers); i++) {
                const PfJson *metric = metric_at(answers, i);
                const char *name = pf_json_get_string(metric, "name");
                const char *has = pf_json_get_string(metric, "object");
                const char *label = pf_json_get_string(pf_json_get(metric, "fields"), "verdict");

                if (strcmp(name + strlen(PREFIX), family) == 0 &&
                    (!object || (has && strcmp(has, object) == 0)) &&
                    (!field || (label && strcmp(label, field) == 0)))
                        return metric;
        }
        ck_abort_msg("no metric %s of %s %s", family, object ? object : "", field ? field : "");
}

static const char *word(const PfJson *answers, const char *family, const char *object) {
        return pf_json_get_string(find(answers, family, object, NULL), "value");
}

static int64_t number(const PfJson *answers, const char *family, const char *field) {
        const PfJson *value = pf_json_get(find(answers, family, NULL, field), "value");

        ck_assert_int_eq(pf_json_type(value), PF_JSON_INTEGER);
        return pf_json_integer(value);
}

/* What systemd-report(1) takes: the name of the socket, a dot, and the name of a field. */
static void expect_valid_name(const char *name) {
        ck_assert_msg(strncmp(name, PREFIX, strlen(PREFIX)) == 0, "%s", name);
        name += strlen(PREFIX);
        ck_assert(islower((unsigned char) name[0]));
        for (size_t i = 0; name[i]; i++) {
                ck_assert(islower((unsigned char) name[i]) || name[i] == '_');
                ck_assert(name[i] != '_' || islower((unsigned char) name[i + 1]));
        }
}

START_TEST(families_are_described) {
        PF_CLEANUP(pf_json_freep) PfJson *families = NULL;
        char path[PF_IDL_PATH_MAX];

        start();
        families = call("Describe");
        ck_assert_uint_eq(pf_json_length(families), 5);
        for (size_t i = 0; i < pf_json_length(families); i++) {
                const PfJson *family = metric_at(families, i);

                ck_assert_int_eq(pf_idl_check(idl, PF_IDL_REPLY, "Describe", family, path), 0);
                expect_valid_name(pf_json_get_string(family, "name"));
        }
        stop();
}
END_TEST

/* The type that Describe() says a family has. */
static const char *type_of(const PfJson *families, const char *name) {
        return pf_json_get_string(find(families, name + strlen(PREFIX), NULL, NULL), "type");
}

START_TEST(values_are_of_the_type_described) {
        PF_CLEANUP(pf_json_freep) PfJson *families = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *metrics = NULL;

        start();
        families = call("Describe");
        metrics = call("List");
        ck_assert_uint_eq(pf_json_length(metrics), 1 + pf_n_probes + PF_N_VERDICTS + 2);
        for (size_t i = 0; i < pf_json_length(metrics); i++) {
                const PfJson *metric = metric_at(metrics, i);
                bool is_word = pf_json_get_string(metric, "value") != NULL;
                char path[PF_IDL_PATH_MAX] = "";

                ck_assert_str_eq(type_of(families, pf_json_get_string(metric, "name")),
                                 is_word ? "string" : "gauge");
                /* What has no word in the language of descriptions is all that may not fit. */
                (void) !pf_idl_check(idl, PF_IDL_REPLY, "List", metric, path);
                ck_assert_str_eq(path, "value");
        }
        stop();
}
END_TEST

START_TEST(what_is_told_is_the_report) {
        PF_CLEANUP(pf_json_freep) PfJson *metrics = NULL;
        const PfJson *bad;
        int64_t sum = 0;

        start();
        metrics = call("List");
        ck_assert_str_eq(word(metrics, "verdict", NULL), "blocked");
        ck_assert_str_eq(word(metrics, "check_verdict", PF_FAKE_GOOD), "pass");
        ck_assert_str_eq(word(metrics, "check_verdict", PF_FAKE_ERROR), "unknown");
        bad = find(metrics, "check_verdict", PF_FAKE_BAD, NULL);
        ck_assert_str_eq(pf_json_get_string(bad, "value"), "fail");
        ck_assert_str_eq(pf_json_get_string(pf_json_get(bad, "fields"), "severity"), "blocker");
        ck_assert_int_eq(number(metrics, "checks_by_verdict_total", "fail"), 1);
        for (size_t i = 0; i < PF_N_VERDICTS; i++)
                sum += number(metrics, "checks_by_verdict_total",
                              pf_verdict_to_string((PfVerdict) i));
        ck_assert_int_eq(sum, (int64_t) pf_n_probes);
        ck_assert_int_gt(number(metrics, "run_duration_usec", NULL), 0);
        ck_assert_int_gt(number(metrics, "report_age_usec", NULL), 0);
        stop();
}
END_TEST

/* Evidence is for some alone, metrics are for all. */
START_TEST(what_was_found_is_not_told) {
        PF_CLEANUP(pf_json_freep) PfJson *metrics = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT((size_t) 1 << 20);

        start();
        metrics = call("List");
        ck_assert_int_eq(pf_json_write(metrics, &text), 0);
        ck_assert_ptr_null(strstr(text.data, "evidence"));
        ck_assert_ptr_null(strstr(text.data, "summary"));
        ck_assert_ptr_null(strstr(text.data, "\"bad\""));
        stop();
}
END_TEST

START_TEST(a_report_is_told_for_as_long_as_settings_say) {
        PF_CLEANUP(pf_json_freep) PfJson *first = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *kept = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *fresh = NULL;

        start();
        first = call("List");
        pf_fake_set_failing(true);
        kept = call("List");
        settings->maximum_age_usec = 0;
        fresh = call("List");
        ck_assert_str_eq(word(first, "check_verdict", PF_FAKE_CHANGING), "pass");
        ck_assert_str_eq(word(kept, "check_verdict", PF_FAKE_CHANGING), "pass");
        ck_assert_int_ge(number(kept, "report_age_usec", NULL),
                         number(first, "report_age_usec", NULL));
        ck_assert_str_eq(word(fresh, "check_verdict", PF_FAKE_CHANGING), "fail");
        pf_fake_set_failing(false);
        stop();
}
END_TEST

START_TEST(one_answer_is_not_enough) {
        start();
        memory_say(&memory, "{\"method\":\"io.systemd.Metrics.List\"}");
        memory_say(&memory, "{\"method\":\"io.systemd.Metrics.Describe\"}");
        ck_assert_str_eq(memory_answers(&memory),
                         "{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}\n"
                         "{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}\n");
        stop();
}
END_TEST

START_TEST(who_goes_before_the_answer_does_not_disturb) {
        start();
        pf_fake_hang();
        memory_say(&memory, "{\"method\":\"io.systemd.Metrics.List\",\"more\":true}");
        while (pf_fake_n_hanging() == 0)
                (void) uv_run(&loop, UV_RUN_ONCE);
        memory_close(&memory);
        pf_fake_let_go();
        memory_open(&memory, &varlink);
        (void) pf_json_free(call("List"));
        stop();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("metrics");

        (void) signal(SIGPIPE, SIG_IGN);
        PF_TEST(suite, families_are_described);
        PF_TEST(suite, values_are_of_the_type_described);
        PF_TEST(suite, what_is_told_is_the_report);
        PF_TEST(suite, what_was_found_is_not_told);
        PF_TEST(suite, a_report_is_told_for_as_long_as_settings_say);
        PF_TEST(suite, one_answer_is_not_enough);
        PF_TEST(suite, who_goes_before_the_answer_does_not_disturb);
        return pf_test_main(suite);
}
