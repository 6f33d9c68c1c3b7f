/* SPDX-License-Identifier: MIT */
/* Rules of Windows Firewall: what they say, and which connections they are about. The texts
 * are those that Windows itself has, and variations of them. */
#include "probes/parse/firewall-rule.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test-main.h"

#define SMB                                                                                        \
        "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Private|Profile=Public|"         \
        "LPort=445|RA4=LocalSubnet|RA6=LocalSubnet|App=System|Name=@FirewallAPI.dll,-28511|"       \
        "Desc=@FirewallAPI.dll,-28514|EmbedCtxt=@FirewallAPI.dll,-28502|"
#define WMI                                                                                        \
        "v2.27|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|"                         \
        "App=%SystemRoot%\\system32\\svchost.exe|Svc=winmgmt|EmbedCtxt=@FirewallAPI.dll,-34251|"
#define IN "v2.10|Action=Allow|Active=TRUE|Dir=In|"

static void parse(const char *text, PfFirewallRule *ret) {
        PfErr err = { 0 };

        ck_assert_msg(pf_firewall_rule_parse(text, strlen(text), ret, &err) == 0, "%s: %s", text,
                      err.text);
}

START_TEST(a_rule_is_taken_apart) {
        PF_AUTO_FIREWALL_RULE PfFirewallRule rule = { 0 };

        parse(SMB, &rule);
        ck_assert_int_eq(rule.action, PF_FIREWALL_ALLOW);
        ck_assert(rule.is_active && rule.is_inbound && rule.has_remote);
        ck_assert_uint_eq(rule.profiles, 6);
        ck_assert_uint_eq(rule.protocol, 6);
        ck_assert_uint_eq(rule.n_ports, 1);
        ck_assert_uint_eq(rule.ports[0].first, 445);
        ck_assert_uint_eq(rule.remote_words[0], PF_FIREWALL_LOCAL_SUBNET);
        ck_assert_uint_eq(rule.remote_words[1], PF_FIREWALL_LOCAL_SUBNET);
        ck_assert_str_eq(rule.app, "System");
        ck_assert_str_eq(rule.group, "@FirewallAPI.dll,-28502");
        ck_assert_ptr_null(rule.service);
        ck_assert_ptr_null(rule.condition);
}
END_TEST

/* [MS-GPFAS] 2.2.2.19: not active, every profile, every protocol. */
START_TEST(what_a_rule_leaves_out) {
        PF_AUTO_FIREWALL_RULE PfFirewallRule rule = { 0 };

        parse("v2.0|Action=Block|", &rule);
        ck_assert(!rule.is_active && !rule.is_inbound && !rule.has_remote);
        ck_assert_uint_eq(rule.profiles, PF_FIREWALL_PROFILES);
        ck_assert_uint_eq(rule.protocol, 256);
}
END_TEST

START_TEST(what_is_no_rule) {
        static const char *const texts[] = {
                "",
                "|",
                "Action=Allow|",
                "v2|Action=Allow|",
                "v2.x|Action=Allow|",
                "v2.10|Action=Allow",
                "v2.10|Action=Perhaps|",
                "v2.10|Active=1|",
                "v2.10|Dir=Up|",
                "v2.10|Profile=Home|",
                "v2.10|Protocol=six|",
                "v2.10|Protocol=257|",
                "v2.10|LPort=65536|",
                "v2.10|LPort2_10=20-10|",
                "v2.10|LPort=4 45|",
                "v2.10|RA4=10.0.0.256|",
                "v2.10|RA4=10.0.0.9-10.0.0.1|",
                "v2.10|RA4=10.0.0.0/33|",
                "v2.10|RA4=10.0.0.0/255.0.255.0|",
                "v2.10|RA4=2001:db8::1|",
                "v2.10|RA6=10.0.0.1|",
                "v2.10|RA6=2001:db8::/129|",
                "v2.10|RA4=|",
                "v2.10|Active|",
                "v2.10||",
        };

        for (size_t i = 0; i < PF_ELEMENTS(texts); i++) {
                PfFirewallRule rule = { 0 };
                PfErr err = { 0 };

                ck_assert_msg(pf_firewall_rule_parse(texts[i], strlen(texts[i]), &rule, &err) ==
                                      -EINVAL,
                              "%s", texts[i]);
                ck_assert_ptr_nonnull(strchr(err.text, ' '));
                ck_assert_ptr_null(rule.ports);
        }
}
END_TEST

static char *repeat(const char *part, size_t n) {
        const size_t length = strlen(part);
        char *text = malloc(8 + n * length + 1), *end = text;

        ck_assert_ptr_nonnull(text);
        end += sprintf(end, "v2.10|");
        for (size_t i = 0; i < n; i++, end += length)
                memcpy(end, part, length);
        *end = '\0';
        return text;
}

START_TEST(there_is_a_limit) {
        PF_AUTO_FREE char *ports = repeat("LPort=1|", PF_FIREWALL_LIST_MAX + 1);
        PF_AUTO_FREE char *some = repeat("LPort=1|", PF_FIREWALL_LIST_MAX);
        PF_AUTO_FREE char *desc = repeat("Desc=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|", 8192);
        PF_AUTO_FIREWALL_RULE PfFirewallRule rule = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_firewall_rule_parse(ports, strlen(ports), &rule, &err), -E2BIG);
        ck_assert_int_eq(pf_firewall_rule_parse(desc, strlen(desc), &rule, &err), -E2BIG);
        parse(some, &rule);
        ck_assert_uint_eq(rule.n_ports, PF_FIREWALL_LIST_MAX);
}
END_TEST

/* --- what they fit --- */

typedef struct Case {
        const char *text;
        unsigned profile;
        unsigned first, last;
        const char *source;
        PfMaybe is_local;
        const char *app, *service;
        PfMaybe kind, from;
} Case;

#define TO_SMB(profile, source, local) profile, 445, 445, source, local, "System", NULL
#define TO_EPMAP 1, 135, 135, "192.0.2.7", PF_NO, "svchost.exe", "RpcSs"
#define TO_WMI 1, 49152, 65535, "192.0.2.7", PF_NO, "svchost.exe", "Winmgmt"

static const Case cases[] = {
        { SMB, TO_SMB(2, "192.0.2.7", PF_YES), PF_YES, PF_YES },
        { SMB, TO_SMB(2, "192.0.2.7", PF_NO), PF_YES, PF_NO },
        { SMB, TO_SMB(2, "192.0.2.7", PF_MAYBE), PF_YES, PF_MAYBE },
        { SMB, TO_SMB(4, NULL, PF_MAYBE), PF_YES, PF_MAYBE },
        { SMB, TO_SMB(1, "192.0.2.7", PF_YES), PF_NO, PF_YES },
        { WMI, TO_WMI, PF_YES, PF_YES },
        { WMI, TO_SMB(1, "192.0.2.7", PF_YES), PF_NO, PF_YES },
        { WMI, 1, 135, 135, NULL, PF_MAYBE, "svchost.exe", "RpcSs", PF_NO, PF_YES },
        /* ports */
        { IN "Protocol=6|LPort=445|", TO_SMB(1, NULL, PF_NO), PF_YES, PF_YES },
        { IN "Protocol=6|LPort=135|LPort2_10=400-500|", TO_SMB(1, NULL, PF_NO), PF_YES, PF_YES },
        { IN "Protocol=6|LPort=139|", TO_SMB(1, NULL, PF_NO), PF_NO, PF_YES },
        { IN "Protocol=17|LPort=445|", TO_SMB(1, NULL, PF_NO), PF_NO, PF_YES },
        { IN, TO_SMB(1, NULL, PF_NO), PF_YES, PF_YES },
        { IN "Protocol=6|LPort=RPC-EPMap|", TO_EPMAP, PF_YES, PF_YES },
        { IN "Protocol=6|LPort=RPC|", TO_EPMAP, PF_NO, PF_YES },
        { IN "Protocol=6|LPort=RPC|", TO_WMI, PF_YES, PF_YES },
        { IN "Protocol=6|LPort2_10=49152-65535|", TO_WMI, PF_YES, PF_YES },
        { IN "Protocol=6|LPort2_10=50000-50100|", TO_WMI, PF_MAYBE, PF_YES },
        { IN "Protocol=6|LPort2_10=IPHTTPSIn|", TO_WMI, PF_NO, PF_YES },
        /* programs */
        { IN "App=C:\\Windows\\System32\\svchost.exe|", TO_WMI, PF_YES, PF_YES },
        { IN "App=%windir%\\system32\\svchost.exe|Svc=*|", TO_WMI, PF_YES, PF_YES },
        { IN "App=C:\\Tools\\svchost.exe|", TO_WMI, PF_NO, PF_YES },
        { IN "App=%SystemDrive%\\Windows\\System32\\svchost.exe|", TO_WMI, PF_MAYBE, PF_YES },
        { IN "App=\\device\\harddiskvolume2\\windows\\system32\\svchost.exe|", TO_WMI, PF_MAYBE,
          PF_YES },
        { IN "App=%ProgramFiles%\\Agent\\agent.exe|", TO_WMI, PF_NO, PF_YES },
        { IN "App=%SystemRoot%\\svchost.exe|", TO_WMI, PF_NO, PF_YES },
        { IN "App=%SystemRoot%\\system32\\svchost.exe.exe|", TO_WMI, PF_NO, PF_YES },
        { IN "Svc=*|", TO_SMB(1, NULL, PF_NO), PF_NO, PF_YES },
        { IN "Profile=Domain|LUOwn=S-1-5-21-1-2-3-1001|AppPkgId=S-1-15-2-1-2-3|",
          TO_SMB(1, NULL, PF_NO), PF_NO, PF_YES },
        { IN "PFN=Microsoft.WindowsStore_8wekyb3d8bbwe|", TO_WMI, PF_NO, PF_YES },
        /* whom it comes from */
        { IN "RA4=192.0.2.7|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_YES },
        { IN "RA4=192.0.2.0/24|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_YES },
        { IN "RA4=192.0.2.0/255.255.255.0|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_YES },
        { IN "RA4=192.0.2.1-192.0.2.6|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_NO },
        { IN "RA4=192.0.2.1-192.0.2.7|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_YES },
        { IN "RA4=198.51.100.7|RA4=192.0.2.0/29|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_YES },
        { IN "RA4=192.0.2.7|", TO_SMB(1, NULL, PF_NO), PF_YES, PF_MAYBE },
        { IN "RA6=2001:db8::/32|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_NO },
        { IN "RA6=2001:db8::/32|", TO_SMB(1, "2001:db8::7", PF_NO), PF_YES, PF_YES },
        { IN "RA4=DefaultGateway|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_MAYBE },
        { IN "RA42=IntrAnet|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_MAYBE },
        { IN "RA4=0.0.0.0/0|", TO_SMB(1, "192.0.2.7", PF_NO), PF_YES, PF_YES },
        /* what nobody here can judge */
        { IN "Security=Authenticate|", TO_SMB(1, NULL, PF_NO), PF_MAYBE, PF_YES },
        { IN "AppPkgId=S-1-0-0|", TO_SMB(1, NULL, PF_NO), PF_MAYBE, PF_YES },
        { IN "IFType=Wireless|", TO_SMB(1, NULL, PF_NO), PF_MAYBE, PF_YES },
        { IN "LPort=445|Future=1|", TO_SMB(1, NULL, PF_NO), PF_MAYBE, PF_YES },
        /* what does nothing */
        { "v2.10|Action=Allow|Active=FALSE|Dir=In|", TO_SMB(1, NULL, PF_NO), PF_NO, PF_YES },
        { "v2.10|Action=Allow|Active=TRUE|Dir=Out|", TO_SMB(1, NULL, PF_NO), PF_NO, PF_YES },
        { "v2.10|Active=TRUE|Dir=In|", TO_SMB(1, NULL, PF_NO), PF_NO, PF_YES },
};

START_TEST(a_rule_fits_some_connections) {
        const Case *c = &cases[_i];
        PF_AUTO_FIREWALL_RULE PfFirewallRule rule = { 0 };
        PfIpAddress source = { 0 };
        PfFirewallPacket packet = { .profile = c->profile,
                                    .first = (uint16_t) c->first,
                                    .last = (uint16_t) c->last,
                                    .is_rpc = c->first >= 1024,
                                    .source = c->source ? &source : NULL,
                                    .is_local = c->is_local,
                                    .app = c->app,
                                    .service = c->service };
        PfFirewallMatch match;

        if (c->source)
                ck_assert_int_eq(pf_ip_address_parse(c->source, &source), 0);
        parse(c->text, &rule);
        match = pf_firewall_rule_match(&rule, &packet);
        ck_assert_msg(match.kind == c->kind && match.source == c->from, "%s: %d, %d", c->text,
                      match.kind, match.source);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("firewall-rule");

        PF_TEST(suite, a_rule_is_taken_apart);
        PF_TEST(suite, what_a_rule_leaves_out);
        PF_TEST(suite, what_is_no_rule);
        PF_TEST(suite, there_is_a_limit);
        PF_TEST_LOOP(suite, a_rule_fits_some_connections, PF_ELEMENTS(cases));
        return pf_test_main(suite);
}
