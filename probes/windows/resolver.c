/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-resolver: would a name server be found? Only what is configured is read;
 * whether the names of servers resolve is asked where such names are configured.
 */
#include <string.h>

#include "probes/windows/ask-look.h"

#define INTERFACES PF_SERVICES "\\Tcpip\\Parameters\\Interfaces"
#define NAME "name servers"
#define SEPARATORS ", \t"
#define SERVERS_MAX 512

static const PfCheck check = { "net.resolver" };

typedef struct Servers {
        size_t n, n_dead;
        char first[PF_REGISTRY_PATH_MAX]; /* the key of the first that can exist; or "" */
} Servers;

/* "10.0.0.2,10.0.0.3", by hand; by DHCP blanks are between them. */
static void count(const char *text, const char *path, Servers *servers) {
        char word[64];

        for (size_t n; *text; text += n) {
                PfIpAddress address;

                text += strspn(text, SEPARATORS);
                n = strcspn(text, SEPARATORS);
                (void) snprintf(word, sizeof(word), "%.*s", (int) (n < sizeof(word) ? n : 0), text);
                if (pf_ip_address_parse(word, &address) < 0 || servers->n == SERVERS_MAX)
                        continue;
                servers->n++;
                if (pf_ip_address_is_dead(&address))
                        servers->n_dead++;
                else if (!servers->first[0])
                        (void) snprintf(servers->first, sizeof(servers->first), "%s", path);
        }
}

/* What was set by hand goes before what DHCP gave. */
static int read_interface(PfRegistryLook *look, const char *id, Servers *servers) {
        static const char *const values[] = { "NameServer", "DhcpNameServer" };
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char path[PF_REGISTRY_PATH_MAX];
        const char *text = "";
        int r;

        (void) snprintf(path, sizeof(path), INTERFACES "\\%s", id);
        r = pf_look_key(look, NAME, path, &key);
        for (size_t i = 0; r == 0 && !*text && i < PF_ELEMENTS(values); i++) {
                r = pf_look_text_of(look, NAME, &key, values[i], &text);
                r = r == PF_LOOKED_ABSENT ? 0 : r;
        }
        if (r == 0)
                count(text, path, servers);
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

/* Of adapters that are up; where these are not known, of all that the machine ever had. */
static int read_servers(PfRegistryLook *look, const PfWindowsNetwork *network, Servers *servers) {
        const PfWindowsAdapter *adapters = network->adapters.adapters.items;
        PF_AUTO_REGISTRY_KEY PfRegistryKey all = { 0 };
        char id[64];
        int r = 0;

        for (size_t i = 0; network->has_adapters && r == 0 && i < network->adapters.adapters.n; i++)
                if (adapters[i].id && adapters[i].status == PF_ADAPTER_UP) {
                        (void) snprintf(id, sizeof(id), "{%.40s}", adapters[i].id);
                        r = read_interface(look, id, servers);
                }
        if (network->has_adapters)
                return r;
        r = pf_look_key(look, NAME, INTERFACES, &all);
        for (size_t i = 0; r == 0 && i < all.subkeys.n; i++)
                r = read_interface(look, all.subkeys.items[i], servers);
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

static void judge(PfRegistryLook *look, const Servers *servers) {
        PfFindings *findings = &look->findings;

        if (servers->n > servers->n_dead) {
                pf_finding_add(findings, PF_FINDING_GOOD, NAME, "name servers are configured");
                pf_look_evidence_at(look, servers->first, "NameServer", "an address", NULL);
                return;
        }
        if (servers->n > 0)
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME,
                               "none of the name servers can exist");
        else
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME, "no name server is configured");
        pf_look_evidence_at(look, INTERFACES, NULL, NULL, "NameServer or DhcpNameServer");
        pf_finding_reason(findings, "name-servers");
        pf_finding_remedy(findings, "set the DNS servers of the adapter");
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        PF_AUTO_WINDOWS_NETWORK PfWindowsNetwork network = { 0 };
        Servers servers = { 0 };
        int r = pf_windows_network_ask(target, demand, &network);

        (void) err;
        if (r == 0)
                r = read_servers(&look, &network, &servers);
        if (r == 0)
                judge(&look, &servers);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check, "the machine would find a name server",
                              "there is no network");
}

const PfProbe pf_probe_windows_resolver = {
        .name = "windows-resolver",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 10000,
        .run = run,
};
