/* SPDX-License-Identifier: MIT */
/*
 * A rule of Windows Firewall: what is understood fits a connection or not, whatever it
 * says; any other text is an error with a text.
 */
#include "tests/fuzz/fuzz.h"

#include "probes/parse/firewall-rule.h"

static void match(const PfFirewallRule *rule, const char *source) {
        PfIpAddress address = { 0 };
        PfFirewallPacket packet = { .profile = 2,
                                    .first = 49152,
                                    .last = 65535,
                                    .is_rpc = true,
                                    .source = source ? &address : NULL,
                                    .is_local = PF_MAYBE,
                                    .app = "svchost.exe",
                                    .service = "Winmgmt" };
        PfFirewallMatch found;

        check(!source || pf_ip_address_parse(source, &address) == 0);
        found = pf_firewall_rule_match(rule, &packet);
        check(found.kind == PF_NO || (rule->is_active && rule->is_inbound));
        check(rule->has_remote || found.source == PF_YES);
        check(source || found.source != PF_NO);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_FIREWALL_RULE PfFirewallRule rule = { 0 };
        PfErr err = { 0 };
        int r = pf_firewall_rule_parse((const char *) bytes, n, &rule, &err);

        check(r == 0 || (r < 0 && err.text[0]));
        if (r < 0)
                return 0;
        check(rule.profiles > 0 && rule.profiles <= PF_FIREWALL_PROFILES && rule.protocol <= 256);
        check(rule.has_remote || rule.n_remote == 0);
        for (size_t i = 0; i < rule.n_ports; i++)
                check(rule.ports[i].first <= rule.ports[i].last);
        match(&rule, "192.0.2.7");
        match(&rule, "2001:db8::7");
        match(&rule, NULL);
        return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) pf_fuzz_accepts(bytes, n);
        return 0;
}
