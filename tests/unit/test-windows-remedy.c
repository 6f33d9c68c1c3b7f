/* SPDX-License-Identifier: MIT */
/*
 * The remedies of Windows, planned on captured machines with every probe: what they would
 * set, what needs a yes, and why they refuse.
 */
#include "daemon/remedy/planner.h"

#include <string.h>

#include "tests/support/fixtures.h"
#include "tests/support/test-main.h"

#define NETLOGON "windows.netlogon"
#define VSS "windows.vss-service"
#define UAC "windows.remote-uac"
#define SOURCE "192.0.2.77"
#define NTUSER "/ProgramData/ntuser.pol"
#define REGISTRY "/Windows/System32/GroupPolicy/Machine/Registry.pol"
#define TEMPLATES "/Windows/security/templates/policies"
#define POLICIES "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"

static PfFixture fixture;

typedef struct Case {
        const char *fixture, *check;
        bool may_consent, is_lease;
        PfPlanOutcome outcome;
        const char *settings; /* a line each: "KIND SUBJECT NAME: BEFORE -> AFTER"; or … */
        const char *summary;  /* … part of why not */
} Case;

static const char *asked_from = SOURCE;

static PfPlan *make_plan(const Case *c) {
        const PfDemand *demand = &fixture.demand;
        const PfQuestionSpec spec = { .profile = fixture.profile,
                                      .agent_version = demand->agent_version,
                                      .account = demand->account,
                                      .source = asked_from };
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PF_AUTO_STRV PfStrv checks = { 0 };
        const PfLeaseScope lease = { demand->account, SOURCE, 60000000 };
        uv_loop_t loop;
        PfPlanner planner = { .loop = &loop,
                              .target = fixture.box.target,
                              .checks = &checks,
                              .lease = c->is_lease ? &lease : NULL,
                              .may_consent = c->may_consent,
                              .deadline_ms = 60000 };
        PfPlan *plan = NULL;
        PfErr err = { 0 };
        int r;

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(pf_question_new(&spec, &question, NULL, &err), 0);
        ck_assert_int_eq(pf_strv_add(&checks, c->check), 0);
        planner.question = question;
        r = pf_planner_run(&planner, &plan, NULL, &err);
        ck_assert_msg(r == 0, "%s: %s", c->fixture, pf_err_text(&err, r));
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        return plan;
}

static char *describe(const PfPlan *plan) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(65536);

        ck_assert_int_eq(pf_buf_add_string(&text, ""), 0);
        for (size_t i = 0; i < plan->n_settings; i++) {
                const PfPlanSetting *planned = &plan->settings[i];
                char shown[PF_SETTING_SHOWN_MAX];

                ck_assert_int_eq(
                        pf_buf_printf(&text, "%s: %s -> %s\n",
                                      pf_setting_show(&planned->setting, shown),
                                      planned->before ? planned->before : "-",
                                      planned->setting.value ? planned->setting.value : "-"),
                        0);
        }
        return pf_buf_steal(&text);
}

static void expect(const Case *c) {
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = make_plan(c);
        PF_AUTO_FREE char *settings = describe(plan);
        const PfPlanStep *step = &plan->steps[0];

        ck_assert_uint_eq(plan->n_steps, 1);
        ck_assert_msg(step->outcome == c->outcome, "%s, %s: %s: %s", c->fixture, c->check,
                      pf_plan_outcome_to_string(step->outcome), step->summary);
        ck_assert_str_eq(settings, c->settings ? c->settings : "");
        ck_assert_msg(!c->summary || strstr(step->summary, c->summary), "%s: %s", c->fixture,
                      step->summary);
        ck_assert_uint_eq(plan->n_files, 0);
        ck_assert_uint_eq(plan->n_actions, 0);
        ck_assert_int_eq(step->after, c->outcome == PF_PLAN_REMEDIED ? PF_PASS : step->before);
}

#define ABOUT(live)                                                                                \
        "{\"schema\": 1, \"live\": " live ", \"platform\": \"windows\", "                          \
        "\"timeUSec\": 1763827200000000}"

/* What was asked for when it was captured: policies, of which there are none but what a test
 * writes there. */
static void write_books(const char *path, size_t n) {
        static const char *const files[] = { NTUSER, REGISTRY };
        PF_AUTO_BUF PfBuf read = PF_BUF_INIT(4096);
        PF_AUTO_BUF PfBuf list = PF_BUF_INIT(4096);
        const bool is_template = path && strncmp(path, TEMPLATES, strlen(TEMPLATES)) == 0;

        ck_assert_int_eq(pf_buf_add_string(&read, "{"), 0);
        for (size_t i = 0; i < PF_ELEMENTS(files); i++)
                if (!path || strcmp(path, files[i]) != 0)
                        ck_assert_int_eq(pf_buf_printf(&read, "\"%s\": {\"outcome\": \"absent\"}, ",
                                                       files[i]),
                                         0);
        ck_assert_int_eq(pf_buf_printf(&read, "\"%s\": {\"size\": %zu, \"kept\": %zu}",
                                       path ? path : "/none", n, n),
                         0);
        ck_assert_int_eq(pf_buf_add_string(&read, "}"), 0);
        ck_assert_int_eq(pf_buf_printf(&list, "{\"" TEMPLATES "\": {%s}}",
                                       is_template ? "\"names\": [\"gpt00000.dom\"]"
                                                   : "\"outcome\": \"absent\""),
                         0);
        pf_sandbox_write(&fixture.box, "/.preflight/read.json", read.data);
        pf_sandbox_write(&fixture.box, "/.preflight/list.json", list.data);
}

/* A captured machine, with a file that is another one. */
static void open_with(const char *name, const char *path, const void *bytes, size_t n) {
        pf_fixture_open(&fixture, name);
        pf_sandbox_write(&fixture.box, "/.preflight/capture.json", ABOUT("true"));
        write_books(path, n);
        if (path)
                pf_sandbox_write_bytes(&fixture.box, path, bytes, n);
        pf_sandbox_reset_target(&fixture.box);
}

static void run(const Case *c) {
        open_with(c->fixture, NULL, NULL, 0);
        expect(c);
        pf_fixture_close(&fixture);
}

/* --- as captured --- */

START_TEST(captured_machines) {
        static const Case cases[] = {
                { "windows-domain/stopped", NETLOGON, false, false, PF_PLAN_REMEDIED,
                  "service Netlogon: stopped -> running\n", "Netlogon is started" },
                { "windows-domain/disabled", NETLOGON, true, false, PF_PLAN_REMEDIED,
                  "start type of Netlogon: disabled -> automatic\n"
                  "service Netlogon: stopped -> running\n",
                  NULL },
                { "windows-domain/disabled", NETLOGON, false, false, PF_PLAN_CONSENT, NULL,
                  "Netlogon starts with the machine" },
                { "windows-domain/missing", NETLOGON, true, false, PF_PLAN_NOT_REMEDIABLE, NULL,
                  "there is no service Netlogon" },
                { "windows-domain/stopped", NETLOGON, true, true, PF_PLAN_NOT_REMEDIABLE, NULL,
                  "for one account and address alone" },
                { "windows-domain/workgroup", NETLOGON, true, false, PF_PLAN_PASSES, NULL, NULL },
                { "windows-services/vss-disabled", VSS, false, false, PF_PLAN_REMEDIED,
                  "start type of VSS: disabled -> demand\nservice VSS: stopped -> running\n",
                  NULL },
                { "windows-services/msdtc-missing", VSS, true, false, PF_PLAN_NOT_REMEDIABLE, NULL,
                  "there is no service MSDTC" },
                { "windows-services/vss-denied", VSS, true, false, PF_PLAN_NOT_REMEDIABLE, NULL,
                  "nothing is changed on a guess" },
                { "windows-uac/filtered", UAC, true, false, PF_PLAN_REMEDIED,
                  POLICIES ", LocalAccountTokenFilterPolicy: - -> dword:00000001\n",
                  "all of them, from everywhere" },
                { "windows-uac/built-in-filtered", UAC, true, true, PF_PLAN_REMEDIED,
                  POLICIES ", LocalAccountTokenFilterPolicy: - -> dword:00000001\n",
                  "for a while" },
                { "windows-uac/filtered", UAC, false, false, PF_PLAN_CONSENT, NULL, NULL },
                { "windows-uac/domain-account", UAC, true, false, PF_PLAN_PASSES, NULL, NULL },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                run(&cases[i]);
}
END_TEST

/* --- services of other kinds --- */

START_TEST(others_than_vss) {
        static const Case cases[] = {
                { "windows-services/vss-disabled", VSS, false, false, PF_PLAN_CONSENT, NULL,
                  "get the start types that Windows gives them" },
                { "windows-services/vss-disabled", VSS, true, false, PF_PLAN_REMEDIED,
                  "start type of COMSysApp: disabled -> demand\n"
                  "start type of MSDTC: disabled -> automatic\n",
                  NULL },
        };
        static const char book[] =
                "{\"VSS\": {\"state\": 1, \"start\": 3, \"changeTried\": true},"
                " \"swprv\": {\"state\": 1, \"start\": 3}, \"COMSysApp\": {\"state\": 1, "
                "\"start\": 4}, \"MSDTC\": {\"state\": 1, \"start\": 4},"
                " \"EventSystem\": {\"state\": 4, \"start\": 2}}";

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                open_with(cases[i].fixture, "/.preflight/windows-service.json", book, strlen(book));
                expect(&cases[i]);
                pf_fixture_close(&fixture);
        }
}
END_TEST

/* --- the firewall --- */

#define SHARING "windows.file-sharing"
#define WMI "windows.wmi"
#define RULE(name, port, more)                                                                     \
        "firewall rule org.preflightd." name " from " SOURCE                                       \
        ": - -> Action=Allow|Active=TRUE|Dir=In|LPort=" port "|Name=org.preflightd." name          \
        " from " SOURCE "|Protocol=6|RA4=" SOURCE "|" more "\n"

START_TEST(firewalls) {
        static const Case cases[] = {
                { "windows-push/groups-closed", SHARING, true, false, PF_PLAN_REMEDIED,
                  RULE("smb", "445", ""), "and nobody else" },
                { "windows-push/groups-closed", SHARING, true, true, PF_PLAN_REMEDIED,
                  RULE("smb", "445", ""), "for a while" },
                { "windows-push/groups-closed", SHARING, false, false, PF_PLAN_CONSENT, NULL,
                  NULL },
                { "windows-push/wmi-closed", WMI, true, false, PF_PLAN_REMEDIED,
                  RULE("rpc", "135", "Svc=rpcss|") RULE("wmi", "RPC", "Svc=winmgmt|"), NULL },
                /* Rules of this machine do not count, or one goes before. */
                { "windows-push/local-rules-ignored", SHARING, true, false, PF_PLAN_NO_EFFECT, NULL,
                  "that alone would not do" },
                { "windows-push/blocked", SHARING, true, false, PF_PLAN_NO_EFFECT, NULL,
                  "that alone would not do" },
                { "windows-push/server-stopped", SHARING, true, false, PF_PLAN_NO_EFFECT, NULL,
                  "that alone would not do" },
                { "windows-push/good", SHARING, true, false, PF_PLAN_PASSES, NULL, NULL },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                run(&cases[i]);
}
END_TEST

/* As Windows spells the address: the rule is held against what is read afterwards. */
START_TEST(addresses_are_spelled_once) {
        static const Case c = { "windows-push/groups-closed",
                                SHARING,
                                true,
                                false,
                                PF_PLAN_REMEDIED,
                                "firewall rule org.preflightd.smb from 2001:db8::7: - -> "
                                "Action=Allow|Active=TRUE|Dir=In|LPort=445|"
                                "Name=org.preflightd.smb from 2001:db8::7|Protocol=6|"
                                "RA6=2001:db8::7|\n",
                                "lets 2001:db8::7 in" };

        asked_from = "2001:0DB8:0:0::0007";
        run(&c);
        asked_from = SOURCE;
}
END_TEST

/* --- group policies --- */

static const char policy_file[] = "PReg\1\0\0\0"
                                  "[\0"
                                  "S\0O\0F\0T\0W\0A\0R\0E\0\\\0M\0i\0c\0r\0o\0s\0o\0f\0t\0\\\0"
                                  "W\0i\0n\0d\0o\0w\0s\0\\\0C\0u\0r\0r\0e\0n\0t\0V\0e\0r\0s\0i\0"
                                  "o\0n\0\\\0P\0o\0l\0i\0c\0i\0e\0s\0\\\0S\0y\0s\0t\0e\0m\0\0\0;\0"
                                  "L\0o\0c\0a\0l\0A\0c\0c\0o\0u\0n\0t\0T\0o\0k\0e\0n\0F\0i\0l\0"
                                  "t\0e\0r\0P\0o\0l\0i\0c\0y\0\0\0;\0"
                                  "\4\0\0\0;\0\4\0\0\0;\0\0\0\0\0]";

START_TEST(group_policies) {
        static const char template[] = "[Service General Setting]\r\nVSS,4,\"\"\r\nNetlogon,4,\r\n";
        static const char templates[] = TEMPLATES "/gpt00000.dom";
        static const struct {
                Case c;
                const char *path;
                const void *bytes;
                size_t n;
        } cases[] = {
                { { "windows-uac/filtered", UAC, true, false, PF_PLAN_NOT_REMEDIABLE, NULL,
                    "a group policy says what it is, LocalAccountTokenFilterPolicy, by "
                    "/ProgramData/ntuser.pol" },
                  NTUSER,
                  policy_file,
                  sizeof(policy_file) },
                /* Damaged, it may say anything. */
                { { "windows-uac/filtered", UAC, true, false, PF_PLAN_NOT_REMEDIABLE, NULL,
                    "Registry.pol: a damaged policy file" },
                  REGISTRY,
                  policy_file,
                  sizeof(policy_file) - 8 },
                { { "windows-services/vss-disabled", VSS, true, false, PF_PLAN_NOT_REMEDIABLE, NULL,
                    "a group policy says how it starts, VSS" },
                  templates,
                  template,
                  sizeof(template) - 1 },
                { { "windows-domain/disabled", NETLOGON, true, false, PF_PLAN_NOT_REMEDIABLE, NULL,
                    "a group policy says how it starts, Netlogon" },
                  templates,
                  template,
                  sizeof(template) - 1 },
                /* What is only started, no policy puts back. */
                { { "windows-domain/stopped", NETLOGON, true, false, PF_PLAN_REMEDIED,
                    "service Netlogon: stopped -> running\n", NULL },
                  templates,
                  template,
                  sizeof(template) - 1 },
                /* One of others. */
                { { "windows-uac/filtered", UAC, true, false, PF_PLAN_REMEDIED,
                    POLICIES ", LocalAccountTokenFilterPolicy: - -> dword:00000001\n", NULL },
                  templates,
                  template,
                  sizeof(template) - 1 },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                open_with(cases[i].c.fixture, cases[i].path, cases[i].bytes, cases[i].n);
                expect(&cases[i].c);
                pf_fixture_close(&fixture);
        }
}
END_TEST

/* --- an image --- */

START_TEST(an_image_is_not_written) {
        static const Case c = { "windows-uac/filtered", UAC,  true,          false,
                                PF_PLAN_NOT_REMEDIABLE, NULL, "once it runs" };

        open_with(c.fixture, "/.preflight/capture.json", ABOUT("false"), strlen(ABOUT("false")));
        expect(&c);
        pf_fixture_close(&fixture);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("windows-remedy");

        PF_TEST(suite, captured_machines);
        PF_TEST(suite, others_than_vss);
        PF_TEST(suite, firewalls);
        PF_TEST(suite, addresses_are_spelled_once);
        PF_TEST(suite, group_policies);
        PF_TEST(suite, an_image_is_not_written);
        return pf_test_main(suite);
}
