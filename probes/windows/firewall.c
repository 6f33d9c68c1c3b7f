/* SPDX-License-Identifier: MIT */
/* Windows Firewall as it is set: its service, profiles and rules. */
#include "probes/windows/firewall.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME PF_FIREWALL_NAME
#define ALL_PROFILES 7u

static void entry_deinit(PfFirewallEntry *entry) {
        pf_firewall_rule_deinit(&entry->rule);
        free(entry->path);
        free(entry->text);
        *entry = (PfFirewallEntry){ 0 };
}

void pf_firewall_deinit(PfFirewall *firewall) {
        for (size_t i = 0; i < firewall->n; i++)
                entry_deinit(&firewall->entries[i]);
        free(firewall->entries);
        *firewall = (PfFirewall){ 0 };
}

/* --- the service --- */

/* Without it Windows drops what comes in, which is not what "off" means to people. */
static int load_service(PfRegistryLook *look, PfFirewall *firewall) {
        const size_t before = look->findings.n;
        int r = pf_look_runs(look, NAME, "MpsSvc");

        if (r < 0 || look->findings.n == before)
                return r;
        firewall->runs = look->findings.items[before].state == PF_FINDING_GOOD;
        if (look->findings.items[before].state == PF_FINDING_BAD)
                pf_finding_remedy(&look->findings,
                                  "start MpsSvc: while Windows Firewall is stopped nobody is let "
                                  "in; to have it off, set its profiles to off");
        return firewall->runs ? 0 : PF_LOOKED_FAILED;
}

/* --- profiles --- */

/* A setting that both may have; a policy goes first. */
static int read_setting(PfRegistryLook *look, const char *policy, const char *local,
                        const char *value, uint64_t *ret) {
        int r = policy ? pf_look_number(look, NAME, policy, value, ret) : PF_LOOKED_ABSENT;

        if (r == PF_LOOKED_ABSENT && local)
                r = pf_look_number(look, NAME, local, value, ret);
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

static int read_profile(PfRegistryLook *look, const char *policy, const char *local,
                        PfFirewallProfile *ret) {
        uint64_t enabled = 1, shielded = 0, blocks = 1, merges = 1;
        int r = read_setting(look, policy, local, "EnableFirewall", &enabled);

        if (r == 0)
                r = read_setting(look, policy, local, "DoNotAllowExceptions", &shielded);
        if (r == 0)
                r = read_setting(look, policy, local, "DefaultInboundAction", &blocks);
        if (r == 0)
                r = read_setting(look, policy, NULL, "AllowLocalPolicyMerge", &merges);
        *ret = (PfFirewallProfile){ .is_off = enabled == 0,
                                    .is_shielded = shielded == 1,
                                    .lets_in = blocks == 0,
                                    .ignores_ours = merges == 0 };
        return r;
}

static int has_key(PfRegistryLook *look, const char *path, bool *ret) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, NAME, path, &key);

        *ret |= r == 0;
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

/* Rule: [MS-GPFAS] 2.2.3: a policy for StandardProfile is for both networks that are no
 * domain, unless one of these has a key of its own. */
static int load_profiles(PfRegistryLook *look, PfFirewall *firewall) {
        static const char standard[] = PF_FIREWALL_POLICY "\\StandardProfile";
        static const struct {
                const char *policy, *local;
        } paths[PF_FIREWALL_N_PROFILES] = {
                { PF_FIREWALL_POLICY "\\DomainProfile", PF_FIREWALL_LOCAL "\\DomainProfile" },
                { PF_FIREWALL_POLICY "\\PrivateProfile", PF_FIREWALL_LOCAL "\\StandardProfile" },
                { PF_FIREWALL_POLICY "\\PublicProfile", PF_FIREWALL_LOCAL "\\PublicProfile" },
        };
        bool is_split = false;
        int r = 0;

        for (size_t i = 1; i < PF_FIREWALL_N_PROFILES && r == 0; i++)
                r = has_key(look, paths[i].policy, &is_split);
        for (size_t i = 0; i < PF_FIREWALL_N_PROFILES && r == 0; i++) {
                firewall->policies[i] = i == 0 || is_split ? paths[i].policy : standard;
                r = read_profile(look, firewall->policies[i], paths[i].local,
                                 &firewall->profiles[i]);
        }
        return r;
}

/* That of the adapter by which the installer comes, where that is known. */
static unsigned profile_of_way(const PfFirewall *firewall, const PfWindowsFirewall *fact) {
        const PfWindowsConnection *connections = fact->connections.items;
        const PfWindowsAdapter *way = firewall->network->way;

        for (size_t i = 0; way && way->id && i < fact->connections.n; i++)
                if (connections[i].adapter && strcasecmp(connections[i].adapter, way->id) == 0)
                        return connections[i].profile & ALL_PROFILES;
        return 0;
}

static int load_in_force(PfRegistryLook *look, PfFirewall *firewall) {
        PfWindowsFirewall fact = { 0 };
        int r = pf_look_fact(look, NAME, PF_WINDOWS_FIREWALL, "profiles", &fact);

        if (r == 0)
                firewall->in_force = profile_of_way(firewall, &fact);
        if (r == 0 && firewall->in_force == 0 && fact.hresult == 0)
                firewall->in_force = fact.profiles & ALL_PROFILES;
        if (firewall->in_force == 0)
                firewall->in_force = ALL_PROFILES;
        pf_windows_fact_deinit(PF_WINDOWS_FIREWALL, &fact);
        return r < 0 ? r : 0;
}

/* --- rules --- */

static bool contains(const char *text, const char *part) {
        for (const size_t n = strlen(part); *text; text++)
                if (strncasecmp(text, part, n) == 0)
                        return true;
        return false;
}

/* Room is made in powers of two. */
static int keep_entry(PfFirewall *firewall, const PfFirewallEntry *entry) {
        const size_t n = firewall->n;
        PfFirewallEntry *entries;

        if ((n & (n - 1)) == 0) {
                entries = realloc(firewall->entries, (n ? 2 * n : 1) * sizeof(*entries));
                if (!entries)
                        return -ENOMEM;
                firewall->entries = entries;
        }
        firewall->entries[firewall->n++] = *entry;
        return 0;
}

/* What is not understood counts where it may be about what comes in. */
static int add_rule(PfFirewall *firewall, const char *key, const char *name, const char *text,
                    bool is_of_policy) {
        PF_CLEANUP(entry_deinit) PfFirewallEntry entry = { .is_of_policy = is_of_policy };
        char path[2 * PF_REGISTRY_PATH_MAX];
        PfErr ignored = { 0 };
        int r = pf_firewall_rule_parse(text, strlen(text), &entry.rule, &ignored);

        if (r == -ENOMEM)
                return r;
        entry.is_understood = r == 0;
        if (r == 0 ? !entry.rule.is_active || !entry.rule.is_inbound
                   : contains(text, "|Active=FALSE|") || contains(text, "|Dir=Out|"))
                return 0;
        (void) snprintf(path, sizeof(path), "%s\\%s", key, name);
        entry.path = strdup(path);
        entry.text = strdup(text);
        r = entry.path && entry.text ? keep_entry(firewall, &entry) : -ENOMEM;
        if (r == 0)
                entry = (PfFirewallEntry){ 0 };
        return r;
}

static int load_rules(PfRegistryLook *look, const char *path, bool is_of_policy,
                      PfFirewall *firewall) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, NAME, path, &key);

        if (r == PF_LOOKED_ABSENT && is_of_policy)
                return 0;
        if (r == PF_LOOKED_ABSENT) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, NAME,
                               "the rules of the firewall are not there");
                pf_look_evidence_at(look, path, NULL, NULL, "rules");
                return PF_LOOKED_FAILED;
        }
        for (size_t i = 0; i < key.n_values && r == 0; i++)
                if (key.values[i].text)
                        r = add_rule(firewall, path, key.values[i].name, key.values[i].text,
                                     is_of_policy);
        return r;
}

/* --- exceptions of old policies --- */

#define EXCEPTION_MAX 8192

/* "Allow inbound file and printer sharing exception", "… remote administration exception":
 * the ports that they open, as their texts in the policy editor tell. The first keeps them
 * closed where it is disabled; the second opens nothing then, and blocks nothing. */
static const struct Exception {
        const char *key, *ports;
        bool blocks; /* where it is disabled */
} exceptions[] = {
        { "Services\\FileAndPrint", "LPort=139|LPort=445|", true },
        { "RemoteAdminSettings", "LPort=135|LPort=445|LPort=RPC|", false },
};

/* The exception as a rule; its addresses are "*", or a list such as "localsubnet,10.0.0.0/8". */
static void write_exception(const char *ports, bool allows, unsigned profiles,
                            const char *addresses, char ret[static EXCEPTION_MAX]) {
        size_t n = (size_t) snprintf(
                ret, EXCEPTION_MAX, "v2.0|Action=%s|Active=TRUE|Dir=In|Protocol=6|%s%s%s%s",
                allows ? "Allow" : "Block", profiles & 1 ? "Profile=Domain|" : "",
                profiles & 2 ? "Profile=Private|" : "", profiles & 4 ? "Profile=Public|" : "",
                ports);

        while (allows && *addresses && strcmp(addresses, "*") != 0 && n < EXCEPTION_MAX) {
                const size_t length = strcspn(addresses, ",");

                n += (size_t) snprintf(ret + n, EXCEPTION_MAX - n, "RA4=%.*s|", (int) length,
                                       addresses);
                addresses += length + (addresses[length] == ',');
        }
}

static int load_exception(PfRegistryLook *look, const char *policy, unsigned profiles,
                          const struct Exception *exception, PfFirewall *firewall) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char path[PF_REGISTRY_PATH_MAX], text[EXCEPTION_MAX];
        const char *addresses = "*";
        uint64_t enabled = 0;
        int r;

        (void) snprintf(path, sizeof(path), "%s\\%s", policy, exception->key);
        r = pf_look_key(look, NAME, path, &key);
        if (r == 0)
                r = pf_look_number_of(look, NAME, &key, "Enabled", &enabled);
        if (r != 0 || (enabled == 0 && !exception->blocks))
                return r == PF_LOOKED_ABSENT ? 0 : r;
        r = pf_look_text_of(look, NAME, &key, "RemoteAddresses", &addresses);
        if (r != 0 && r != PF_LOOKED_ABSENT)
                return r;
        write_exception(exception->ports, enabled != 0, profiles, addresses, text);
        return add_rule(firewall, path, "Enabled", text, true);
}

/*
 * "Define inbound port exceptions": "445:TCP:192.0.2.0/24,localsubnet:enabled:name". One that
 * is disabled undoes others of its port: which, and of whom, is left open by a condition.
 */
static int add_port(PfFirewall *firewall, const char *path, const PfRegistryValue *value,
                    unsigned profiles) {
        char port[8], protocol[4], addresses[EXCEPTION_MAX / 2], status[9], ports[64];
        char text[EXCEPTION_MAX];
        bool allows;

        if (sscanf(value->text, "%5[0-9]:%3[A-Za-z]:%4095[^:|]:%8[A-Za-z]:", port, protocol,
                   addresses, status) != 4)
                return add_rule(firewall, path, value->name, value->text, true);
        allows = strcasecmp(status, "enabled") == 0;
        if (strcasecmp(protocol, "UDP") == 0)
                return 0;
        if (strcasecmp(protocol, "TCP") != 0 || (!allows && strcasecmp(status, "disabled") != 0))
                return add_rule(firewall, path, value->name, value->text, true);
        (void) snprintf(ports, sizeof(ports), "LPort=%s|%s", port,
                        allows ? "" : "Status=disabled|");
        write_exception(ports, allows, profiles, addresses, text);
        return add_rule(firewall, path, value->name, text, true);
}

static int load_ports(PfRegistryLook *look, const char *policy, unsigned profiles,
                      PfFirewall *firewall) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char path[PF_REGISTRY_PATH_MAX];
        int r;

        (void) snprintf(path, sizeof(path), "%s\\GloballyOpenPorts\\List", policy);
        r = pf_look_key(look, NAME, path, &key);
        if (r == PF_LOOKED_ABSENT)
                return 0;
        for (size_t i = 0; i < key.n_values && r == 0; i++)
                if (key.values[i].text)
                        r = add_port(firewall, path, &key.values[i], profiles);
        return r;
}

static int load_exceptions(PfRegistryLook *look, PfFirewall *firewall) {
        int r = 0;

        for (size_t i = 0; i < PF_FIREWALL_N_PROFILES && r == 0; i++) {
                const char *policy = firewall->policies[i];

                for (size_t k = 0; k < PF_ELEMENTS(exceptions) && r == 0; k++)
                        r = load_exception(look, policy, 1u << i, &exceptions[k], firewall);
                if (r == 0)
                        r = load_ports(look, policy, 1u << i, firewall);
        }
        return r;
}

int pf_firewall_load(PfRegistryLook *look, const PfWindowsNetwork *network, PfFirewall *ret) {
        int r;

        ret->network = network;
        r = load_service(look, ret);
        if (r == 0)
                r = load_profiles(look, ret);
        if (r == 0)
                r = load_in_force(look, ret);
        if (r == 0)
                r = load_exceptions(look, ret);
        if (r == 0)
                r = load_rules(look, PF_FIREWALL_POLICY "\\FirewallRules", true, ret);
        if (r == 0) /* of device management, which is a policy, too */
                r = load_rules(look, PF_FIREWALL_LOCAL "\\Mdm\\FirewallRules", true, ret);
        if (r == 0)
                r = load_rules(look, PF_FIREWALL_LOCAL "\\FirewallRules", false, ret);
        return r;
}
