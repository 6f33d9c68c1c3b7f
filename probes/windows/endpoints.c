/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-endpoints: does a connection from here reach the servers that the agent
 * will register with? Nothing is contacted that is not configured.
 */
#include <string.h>

#include "daemon/base/endpoint.h"
#include "probes/net/azure.h"
#include "probes/windows/ask-look.h"

static const PfCheck check = { "net.endpoints" };

#define CERTIFICATES "HKLM\\SOFTWARE\\Microsoft\\SystemCertificates"
#define AUTO_UPDATE "HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot"
#define NO_NAME_SERVER 11002

static const struct Outcome {
        uint32_t error;
        const char *text; /* behind its name */
        const char *reason;
} outcomes[] = {
        { 11001, "its name has no address", "no-address" },
        { 11004, "its name has no address", "no-address" },
        { NO_NAME_SERVER, "no name server answers for its name", "name-servers" },
        { 10061, "it refuses connections", "refused" },
        { 10060, "it does not answer", "no-answer" },
        { 10051, "no route leads to it", "no-route" },
        { 10065, "it cannot be reached", "no-route" },
        { 10013, "a rule of this machine forbids the connection", "forbidden" },
        { 10055, "no local port is left for the connection", "no-port-left" },
};
static const struct Outcome other = { 0, "the connection fails", "failed" };

static const struct Outcome *find(uint32_t error) {
        for (size_t i = 0; i < PF_ELEMENTS(outcomes); i++)
                if (outcomes[i].error == error)
                        return &outcomes[i];
        return &other;
}

static void judge_server(PfRegistryLook *look, const PfEndpoint *endpoint, uint32_t error) {
        const struct Outcome *outcome = find(error);
        char place[PF_ENDPOINT_HOST_MAX + 32];

        (void) snprintf(place, sizeof(place), "connect(%s:%u)", endpoint->host,
                        (unsigned) endpoint->port);
        if (error == 0) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, "servers",
                               "%s, port %u, takes connections", endpoint->host,
                               (unsigned) endpoint->port);
                pf_look_said(look, place, "a connection", NULL);
                return;
        }
        pf_finding_add(&look->findings, PF_FINDING_BAD, "servers", "%s, port %u: %s",
                       endpoint->host, (unsigned) endpoint->port, outcome->text);
        pf_finding_reason(&look->findings, outcome->reason);
        pf_look_said_error(look, place, error);
}

/* An answer that does not come in time is one: nobody answers. */
static int ask_server(PfRegistryLook *look, const char *text, const PfEndpoint *endpoint,
                      bool *ret_is_asked) {
        PfWindowsEndpoint answer = { 0 };
        PfErr err = { 0 };
        int r = pf_windows_fact(look->target, PF_WINDOWS_ENDPOINT, text, &answer, &err);

        if (r == -ENOMEM)
                return r;
        *ret_is_asked = r != PF_WINDOWS_NOT_ASKED;
        if (r == -ETIMEDOUT)
                answer.error = 10060;
        if (r == 0 || r == -ETIMEDOUT)
                judge_server(look, endpoint, answer.error);
        else if (r < 0)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, "servers",
                               "whether %s is reached is not known: %s", endpoint->host,
                               pf_err_text(&err, r));
        return 0;
}

/* --- the roots that the services of Azure are signed with --- */

static const struct Root {
        const char *name;
        const char *thumbprint; /* SHA-1 of the certificate, which names its key */
} roots[] = {
        { "DigiCert Global Root CA", "A8985D3A65E5E5C4B2D7D66D40C6DD2FB19C5436" },
        { "DigiCert Global Root G2", "DF3C24F9BFD666761B268073FE06D1CC8D4F82A4" },
        { "Microsoft RSA Root Certificate Authority 2017",
          "73A5E64A3BFF8316FF0EDCCC618A906E4EAE4D74" },
};

static int is_trusted(PfRegistryLook *look, const struct Root *root, bool *ret) {
        static const char *const stores[] = { "ROOT", "AuthRoot" };
        int r = PF_LOOKED_ABSENT;

        for (size_t i = 0; i < PF_ELEMENTS(stores) && r == PF_LOOKED_ABSENT; i++) {
                PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
                char path[PF_REGISTRY_PATH_MAX];

                (void) snprintf(path, sizeof(path), CERTIFICATES "\\%s\\Certificates\\%s",
                                stores[i], root->thumbprint);
                r = pf_look_key(look, "roots", path, &key);
        }
        *ret = r == 0;
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

/* Windows fetches a root when it first meets it, unless that is switched off. */
static int judge_roots(PfRegistryLook *look, const char *server) {
        uint64_t off = 0;
        int r = pf_look_number(look, "roots", AUTO_UPDATE, "DisableRootAutoUpdate", &off);

        if (r < 0 || r == PF_LOOKED_FAILED || off == 0)
                return r < 0 ? r : 0;
        for (size_t i = 0; i < PF_ELEMENTS(roots); i++) {
                bool trusted = false;

                r = is_trusted(look, &roots[i], &trusted);
                if (r != 0)
                        return r < 0 ? r : 0;
                if (trusted)
                        continue;
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, "roots",
                               "%s is reached, but \"%s\" is not trusted", server, roots[i].name);
                pf_look_evidence_at(look, AUTO_UPDATE, "DisableRootAutoUpdate", "dword 1",
                                    "not there");
                pf_finding_reason(&look->findings, "untrusted");
                pf_finding_remedy(&look->findings,
                                  "let Windows update its trusted roots, or import that one");
                return 0;
        }
        return 0;
}

/* --- all of them --- */

static int judge(PfRegistryLook *look, const PfStrv *servers, bool *ret_is_asked, PfErr *err) {
        PfEndpoint endpoint, azure = { 0 };
        int r = 0;

        for (size_t i = 0; i < servers->n && r == 0; i++) {
                const size_t before = look->findings.n;

                if (pf_endpoint_parse(servers->items[i], &endpoint) < 0)
                        return pf_err_set(err, -EINVAL, "%s: is no server and port",
                                          servers->items[i]);
                r = ask_server(look, servers->items[i], &endpoint, ret_is_asked);
                if (r == 0 && look->findings.n > before &&
                    look->findings.items[before].state == PF_FINDING_GOOD &&
                    pf_net_is_azure(&endpoint))
                        azure = endpoint;
        }
        return r == 0 && azure.host[0] ? judge_roots(look, azure.host) : r;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        PF_AUTO_STRV PfStrv servers = { 0 };
        static const PfStrv none = { 0 };
        bool is_asked = true;
        int r = pf_windows_endpoints(target, demand->endpoints ? demand->endpoints : &none,
                                     &servers, err);

        if (r < 0)
                return r;
        if (servers.n == 0)
                return pf_report_skip(report, &check,
                                      "no server is configured to be tried: Endpoints= in "
                                      "preflightd.conf");
        r = judge(&look, &servers, &is_asked, err);
        if (r < 0)
                return r;
        if (!is_asked)
                return pf_report_unknown(report, &check,
                                         "whom the machine reaches is seen when it runs");
        return pf_look_answer(&look, report, &check, "all servers are reached",
                              "no server is configured to be tried: Endpoints= in "
                              "preflightd.conf");
}

const PfProbe pf_probe_windows_endpoints = {
        .name = "windows-endpoints",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 21000,
        .run = run,
};
