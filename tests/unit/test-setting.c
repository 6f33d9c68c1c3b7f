/* SPDX-License-Identifier: MIT */
/* Settings of a captured Windows machine: what they are, and what an overlay says of them. */
#include "daemon/remedy/setting.h"

#include <string.h>

#include "daemon/base/overlay.h"
#include "daemon/platform/registry.h"
#include "daemon/platform/windows-facts.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define KEY "HKLM\\SOFTWARE\\Policy"
#define OTHER "v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=Web|"
#define OURS                                                                                       \
        "v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|"                              \
        "RA4=192.0.2.7/255.255.255.255|Name=org.preflightd.smb|Desc=for a while|"
#define OURS_PLAIN                                                                                 \
        "Action=Allow|Active=TRUE|Dir=In|LPort=445|Name=org.preflightd.smb|Protocol=6|"            \
        "RA4=192.0.2.7|"

static PfSandbox box;

static void new_machine(void) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/.preflight/capture.json",
                         "{\"schema\": 1, \"live\": true, \"platform\": \"windows\", "
                         "\"timeUSec\": 1763827200000000}");
        pf_sandbox_write(&box, "/.preflight/registry.json",
                         "{\"HKLM\\\\SOFTWARE\\\\Policy\": {\"values\": {"
                         " \"One\": {\"dword\": 1}, \"Text\": {\"sz\": \"1\"},"
                         " \"Short\": {\"type\": 4, \"binary\": \"01\"} }, \"keys\": [\"Below\"]},"
                         "\"HKLM\\\\SYSTEM\\\\CurrentControlSet\\\\Services\\\\SharedAccess\\\\"
                         "Parameters\\\\FirewallPolicy\\\\FirewallRules\": {\"values\": {"
                         " \"Web\": {\"sz\": \"" OTHER "\"}, \"{17}\": {\"sz\": \"" OURS "\"} }},"
                         "\"*\": {\"outcome\": \"no-key\"}}");
        pf_sandbox_write(&box, "/.preflight/windows-service.json",
                         "{\"Netlogon\": {\"state\": 1, \"start\": 4, \"exitCode\": 1077},"
                         " \"Paused\": {\"state\": 7, \"start\": 3},"
                         " \"Stopping\": {\"state\": 3, \"start\": 2},"
                         " \"Odd\": {\"state\": 4, \"start\": 9},"
                         " \"Denied\": {\"error\": 5}, \"None\": {\"error\": 1060}}");
        pf_sandbox_reset_target(&box);
}

static PfSetting setting_of(PfSettingKind kind, const char *subject, const char *name,
                            const char *value) {
        return (PfSetting){ kind, (char *) subject, (char *) name, (char *) value };
}

static void expect(const PfTarget *target, PfSetting setting, const char *wanted) {
        PF_AUTO_FREE char *value = NULL;
        PfErr err = { 0 };
        int r = pf_setting_read(target, &setting, &value, &err);

        ck_assert_msg(r == 0, "%s: %d: %s", setting.subject, r, err.text);
        ck_assert_pstr_eq(value, wanted);
}

START_TEST(what_there_is) {
        static const struct {
                PfSettingKind kind;
                const char *subject, *name, *value;
        } cases[] = {
                { PF_SETTING_REGISTRY, KEY, "one", "dword:00000001" },
                { PF_SETTING_REGISTRY, KEY, "Text", "sz \"1\"" },
                { PF_SETTING_REGISTRY, KEY, "Short", "dword of 1 bytes" },
                { PF_SETTING_REGISTRY, KEY, "Absent", NULL },
                { PF_SETTING_REGISTRY, KEY "\\None", "One", NULL },
                { PF_SETTING_START_TYPE, "Netlogon", NULL, "disabled" },
                { PF_SETTING_START_TYPE, "Paused", NULL, "demand" },
                { PF_SETTING_START_TYPE, "None", NULL, NULL },
                { PF_SETTING_SERVICE, "Netlogon", NULL, "stopped" },
                { PF_SETTING_SERVICE, "Paused", NULL, "running" },
                { PF_SETTING_SERVICE, "Stopping", NULL, "stopped" },
                { PF_SETTING_SERVICE, "None", NULL, NULL },
                { PF_SETTING_FIREWALL, "org.preflightd.smb", NULL, OURS_PLAIN },
                { PF_SETTING_FIREWALL, "org.preflightd", NULL, NULL },
        };

        new_machine();
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                expect(box.target, setting_of(cases[i].kind, cases[i].subject, cases[i].name, NULL),
                       cases[i].value);
}
END_TEST

/* What cannot be told is no value. */
START_TEST(not_told) {
        static const struct {
                PfSettingKind kind;
                const char *subject;
                int r;
        } cases[] = {
                { PF_SETTING_START_TYPE, "Odd", -EINVAL },
                { PF_SETTING_SERVICE, "Denied", -EIO },
                { PF_SETTING_START_TYPE, "Denied", -EIO },
        };

        new_machine();
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfSetting setting = setting_of(cases[i].kind, cases[i].subject, NULL, NULL);
                char *value = NULL;
                PfErr err = { 0 };

                ck_assert_int_eq(pf_setting_read(box.target, &setting, &value, &err), cases[i].r);
                ck_assert_ptr_null(value);
                ck_assert_str_ne(err.text, "");
        }
}
END_TEST

/* Each in turn, on one overlay: what was there beside it is there still. */
START_TEST(assumed) {
        static const PfSetting cases[] = {
                { PF_SETTING_REGISTRY, (char *) KEY, (char *) "New", (char *) "dword:0000000a" },
                { PF_SETTING_REGISTRY, (char *) KEY, (char *) "one", (char *) "dword:00000000" },
                { PF_SETTING_REGISTRY, (char *) KEY, (char *) "New", NULL },
                { PF_SETTING_START_TYPE, (char *) "Netlogon", NULL, (char *) "automatic" },
                { PF_SETTING_SERVICE, (char *) "Netlogon", NULL, (char *) "running" },
                { PF_SETTING_SERVICE, (char *) "Paused", NULL, (char *) "stopped" },
                { PF_SETTING_FIREWALL, (char *) "org.preflightd.wmi", NULL,
                  (char *) "Action=Allow|Name=org.preflightd.wmi|" },
                { PF_SETTING_FIREWALL, (char *) "org.preflightd.smb", NULL, (char *) OURS_PLAIN },
        };
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PfWindowsService service = { 0 };
        PfErr err = { 0 };

        new_machine();
        ck_assert_int_eq(pf_overlay_new(box.target, &overlay, &err), 0);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                int r = pf_setting_assume(overlay, &cases[i], &err);

                ck_assert_msg(r == 0, "%s: %s", cases[i].subject, err.text);
                expect(overlay, cases[i], cases[i].value);
        }
        expect(overlay, cases[3], "automatic"); /* running does not change how it starts */
        ck_assert_int_eq(pf_windows_fact(overlay, PF_WINDOWS_SERVICE, "Netlogon", &service, &err),
                         0);
        ck_assert_uint_eq(service.exit_code, 1077);
        ck_assert_int_eq(pf_registry_read(overlay, KEY, &key, &err), 0);
        ck_assert_uint_eq(key.n_values, 3);
        ck_assert(pf_registry_has_subkey(&key, "Below"));
        ck_assert_str_eq(pf_registry_value(&key, "Text")->text, "1");
        expect(overlay, setting_of(PF_SETTING_FIREWALL, "Web", NULL, NULL),
               "Action=Allow|Active=TRUE|Dir=In|LPort=80|Name=Web|Protocol=6|");
        expect(box.target, cases[3], "disabled"); /* and nothing beneath it */
}
END_TEST

/* What could not be put back, or is not there, is not changed. */
START_TEST(not_assumed) {
        static const PfSetting cases[] = {
                { PF_SETTING_REGISTRY, (char *) KEY, (char *) "Text", (char *) "dword:00000001" },
                { PF_SETTING_REGISTRY, (char *) KEY, (char *) "Short", (char *) "dword:00000001" },
                { PF_SETTING_REGISTRY, (char *) KEY "\\None", (char *) "One",
                  (char *) "dword:00000001" },
                { PF_SETTING_REGISTRY, (char *) KEY, (char *) "One", (char *) "dword:1" },
                { PF_SETTING_START_TYPE, (char *) "None", NULL, (char *) "automatic" },
                { PF_SETTING_START_TYPE, (char *) "Netlogon", NULL, (char *) "sometimes" },
                { PF_SETTING_SERVICE, (char *) "Netlogon", NULL, NULL },
                { PF_SETTING_FIREWALL, (char *) "org.preflightd.smb", NULL,
                  (char *) "Action=Allow|Name=org.preflightd.smb|" },
                { PF_SETTING_FIREWALL, (char *) "org.preflightd.smb", NULL, NULL },
        };
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        PfErr err = { 0 };

        new_machine();
        ck_assert_int_eq(pf_overlay_new(box.target, &overlay, &err), 0);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                ck_assert_int_eq(pf_setting_assume(overlay, &cases[i], &err), -EINVAL);
}
END_TEST

START_TEST(words) {
        uint32_t number = 7;

        for (int i = 0; i < 5; i++)
                ck_assert_int_eq(pf_start_type_number(pf_start_type_word((uint64_t) i)), i);
        ck_assert_ptr_null(pf_start_type_word(5));
        ck_assert_int_eq(pf_start_type_number("Automatic"), -1);
        ck_assert(!pf_setting_parse_dword("dword:0000000G", &number));
        ck_assert(!pf_setting_parse_dword("qword:00000001", &number));
        ck_assert(!pf_setting_parse_dword("dword:000000001", &number));
        ck_assert_uint_eq(number, 7);
        ck_assert(pf_setting_parse_dword("dword:fffffffe", &number));
        ck_assert_uint_eq(number, 0xfffffffe);
}
END_TEST

/* Same rules are equal, others are not. */
START_TEST(rules) {
        static const struct {
                const char *rule, *plain;
        } cases[] = {
                { OURS, OURS_PLAIN },
                { "v2.10|RA4=192.0.2.0/255.255.255.0|App=System|", "App=System|RA4=192.0.2.0/"
                                                                   "255.255.255.0|" },
                { "RA4=192.0.2.7/32|RA6=2001:db8::7/128|", "RA4=192.0.2.7|RA6=2001:db8::7|" },
                { "RA4=192.0.0.0/2|RA6=2001:db8::/28|", "RA4=192.0.0.0/2|RA6=2001:db8::/28|" },
                { "Name=a|Edge=FALSE|EmbedCtxt=@x,-1|", "Name=a|" },
                { "Name=a|Edge=TRUE|", "Edge=TRUE|Name=a|" },
                { "||", "" },
                { "", "" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_FREE char *plain = pf_firewall_rule_plain(cases[i].rule);

                ck_assert_pstr_eq(plain, cases[i].plain);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("setting");

        PF_TEST(suite, what_there_is);
        PF_TEST(suite, not_told);
        PF_TEST(suite, assumed);
        PF_TEST(suite, not_assumed);
        PF_TEST(suite, words);
        PF_TEST(suite, rules);
        return pf_test_main(suite);
}
