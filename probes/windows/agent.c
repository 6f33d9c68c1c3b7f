/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-agent: does an agent, or what is left of one, stand in the way?
 *
 * An installed one is a product of Windows Installer that wrote what became of it below
 * Installed Products\5. Where half of that is there, setup was interrupted or undone.
 */
#include <string.h>
#include <strings.h>

#include "config/value.h"
#include "probes/windows/registry-look.h"

#define AGENT "agent"
#define UNINSTALL                                                                                  \
        "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\"                          \
        "{275197FC-14FD-4560-A5EB-38217F80CBD1}"
#define PRODUCT "HKLM\\SOFTWARE\\Wow6432Node\\InMage Systems\\Installed Products\\5"
#define DRIVER PF_SERVICES "\\InDskFlt"

static const PfCheck check = { "agent.leftovers" };

/* Where an agent leaves traces, and whether they are there. */
typedef enum Trace { TRACE_PRODUCT, TRACE_STATE, TRACE_DRIVER, N_TRACES } Trace;

static const char *const paths[N_TRACES] = {
        [TRACE_PRODUCT] = UNINSTALL,
        [TRACE_STATE] = PRODUCT,
        [TRACE_DRIVER] = DRIVER,
};

typedef struct Agent {
        PfRegistryKey keys[N_TRACES];
        bool has[N_TRACES];
        unsigned n;
} Agent;

static void agent_deinit(Agent *agent) {
        for (size_t i = 0; i < N_TRACES; i++)
                pf_registry_key_deinit(&agent->keys[i]);
}

static int look_for(PfRegistryLook *look, Agent *ret) {
        bool all = true;

        for (size_t i = 0; i < N_TRACES; i++) {
                int r = pf_look_key(look, AGENT, paths[i], &ret->keys[i]);

                if (r < 0)
                        return r;
                all &= r != PF_LOOKED_FAILED;
                ret->has[i] = r == 0;
                ret->n += r == 0;
        }
        return all ? 0 : PF_LOOKED_FAILED;
}

static void judge_remains(PfRegistryLook *look, const Agent *agent) {
        pf_finding_add(&look->findings, PF_FINDING_BAD, AGENT,
                       "an agent was removed or installed in part");
        for (size_t i = 0; i < N_TRACES; i++)
                if (agent->has[i])
                        pf_look_evidence(look, &agent->keys[i], NULL,
                                         "nothing of an agent, or all of it");
        pf_finding_reason(&look->findings, "agent-remains");
        pf_finding_remedy(&look->findings, "remove what is left of it and restart the machine");
}

static int judge_version(PfRegistryLook *look, const PfDemand *demand, const Agent *agent) {
        const PfRegistryKey *key = &agent->keys[TRACE_PRODUCT];
        const char *version = NULL;
        int r = pf_look_text_of(look, AGENT, key, "DisplayVersion", &version);

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (r == PF_LOOKED_ABSENT) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, AGENT,
                               "which version of the agent is installed is not known");
                pf_look_evidence(look, key, "DisplayVersion", NULL);
        } else if (pf_version_compare(version, demand->agent_version) > 0) {
                pf_finding_add(&look->findings, PF_FINDING_BAD, AGENT,
                               "a newer agent than the one that is pushed is installed");
                pf_look_evidence(look, key, "DisplayVersion", demand->agent_version);
                pf_finding_reason(&look->findings, "agent-newer");
        } else {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, AGENT,
                               "the agent that is installed can be upgraded");
                pf_look_evidence(look, key, "DisplayVersion", NULL);
        }
        return 0;
}

/* What the installer noted of its two halves: to be done until it says otherwise. */
static int judge_state(PfRegistryLook *look, const Agent *agent) {
        static const struct {
                const char *value, *text, *reason;
        } states[] = {
                { "PostInstallActions",
                  "the steps after the installation of the agent did not succeed",
                  "agent-incomplete" },
                { "AgentConfigurationStatus",
                  "the agent that is installed was never configured to its end",
                  "agent-unconfigured" },
        };
        const PfRegistryKey *key = &agent->keys[TRACE_STATE];

        for (size_t i = 0; i < PF_ELEMENTS(states); i++) {
                const char *word = NULL;
                int r = pf_look_text_of(look, "configuration", key, states[i].value, &word);

                if (r < 0)
                        return r;
                if (r == PF_LOOKED_FAILED || (r == 0 && strcasecmp(word, "Succeeded") == 0))
                        continue;
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, "configuration", "%s",
                               states[i].text);
                pf_look_evidence(look, key, states[i].value, "Succeeded");
                pf_finding_reason(&look->findings, states[i].reason);
        }
        return 0;
}

/* With which server it is registered no value is documented to tell. */
static void judge_server(PfRegistryLook *look, const PfDemand *demand) {
        pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, "server",
                       "an agent is installed, and whether it is registered with the server that "
                       "pushes is not known");
        pf_look_evidence_at(look, PRODUCT, NULL, "is there",
                            demand->source ? demand->source
                                           : "the address of the server that pushes");
        pf_finding_reason(&look->findings, "agent-server");
        pf_finding_remedy(&look->findings, "look whether that is the server that pushes; if not, "
                                           "uninstall the agent once nothing replicates");
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target };
        PF_CLEANUP(agent_deinit) Agent agent = { 0 };
        int r;

        (void) err;
        look.findings.target = target;
        r = look_for(&look, &agent);
        if (r < 0)
                return r;
        if (r == 0 && agent.n == 0) {
                pf_finding_add(&look.findings, PF_FINDING_GOOD, AGENT, "no agent is installed");
                pf_look_evidence_at(&look, UNINSTALL, NULL, "not there", NULL);
        } else if (r == 0 && !(agent.has[TRACE_PRODUCT] && agent.has[TRACE_STATE])) {
                judge_remains(&look, &agent);
        } else if (r == 0) {
                r = judge_version(&look, demand, &agent);
                if (r == 0)
                        r = judge_state(&look, &agent);
                judge_server(&look, demand);
        }
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check, "nothing of an agent stands in the way",
                              "nothing tells of an agent");
}

const PfProbe pf_probe_windows_agent = {
        .name = "windows-agent",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 5000,
        .run = run,
};
