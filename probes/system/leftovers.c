/* SPDX-License-Identifier: MIT */
/*
 * Does an agent, what is left of one, or an interrupted installation stand in the way?
 *
 * One that is complete is upgraded where it belongs to the server that pushes.
 */
#include <string.h>

#include "config/value.h"
#include "daemon/base/ip-address.h"
#include "probes/system/agent.h"
#include "probes/system/driver.h"
#include "probes/system/locks.h"

#define AGENT "agent"
#define VERSION_WORDS 32

/* --- what is left of one --- */

static void show_traces(PfFindings *findings, const PfAgent *agent) {
        for (size_t i = 0; i < agent->n_traces; i++)
                pf_finding_evidence_said(findings, agent->traces[i], "is there",
                                         "nothing of an agent, or all of it");
}

static void judge_remains(const PfSystemRoom *room, PfFindings *findings, const PfAgent *agent) {
        const PfFilterDriver *driver = room->driver;
        const char *reason = *agent->reason ? agent->reason : driver->reason;

        if (agent->n_traces > 0) {
                bool loaded_only = agent->n_traces == 1 && driver->is_loaded == PF_YES;

                pf_finding_add(findings, PF_FINDING_BAD, AGENT, "%s",
                               loaded_only ? "an agent was removed, and its driver is in memory "
                                             "until the next start"
                                           : "an agent was removed or installed in part");
                show_traces(findings, agent);
                pf_finding_reason(findings, "agent-remains");
                pf_finding_remedy(findings, "%s",
                                  loaded_only ? "restart the machine"
                                              : "remove what is left of it, or run "
                                                "/usr/local/ASR/uninstall.sh -Y, and restart");
        }
        if (*reason) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, AGENT,
                               "whether an agent is installed is not known: %s", reason);
                pf_finding_evidence_said(findings, agent->reason_path, "could not be read", NULL);
        }
        if (agent->n_traces > 0 || *reason)
                return;
        pf_finding_add(findings, PF_FINDING_GOOD, AGENT, "no agent is installed");
        pf_finding_evidence_said(findings, "/usr/local/.vx_version", "not there", NULL);
}

/* --- one that is installed --- */

static void show(PfFindings *findings, const PfAgentText *text, const char *expected) {
        pf_finding_evidence(findings, text->path, text->line, text->text, expected);
}

/* The first two numbers of a version: what a release is known by. */
static void release_of(const char *version, char ret[static VERSION_WORDS]) {
        const char *dot = strchr(version, '.');
        size_t n = dot ? (size_t) (dot + 1 - version) + strspn(dot + 1, "0123456789")
                       : strlen(version);

        (void) snprintf(ret, VERSION_WORDS, "%.*s", (int) n, version);
}

static void judge_version(const PfSystemRoom *room, PfFindings *findings, const PfAgent *agent) {
        char installed[VERSION_WORDS], pushed[VERSION_WORDS];

        release_of(agent->version.text, installed);
        release_of(room->demand->agent_version, pushed);
        if (!*installed) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, AGENT,
                               "which version of the agent is installed is not known");
                pf_finding_evidence_said(findings, "/usr/local/.vx_version", NULL, "VERSION=");
        } else if (pf_version_compare(installed, pushed) > 0) {
                pf_finding_add(findings, PF_FINDING_BAD, AGENT,
                               "a newer agent than the one that is pushed is installed");
                show(findings, &agent->version, pushed);
                pf_finding_reason(findings, "agent-newer");
        } else {
                pf_finding_add(findings, PF_FINDING_GOOD, AGENT,
                               "the agent that is installed can be upgraded");
                show(findings, &agent->version, NULL);
        }
}

static void judge_server(const PfSystemRoom *room, PfFindings *findings, const PfAgent *agent) {
        PfIpAddress server, source;
        const char *from = room->demand->source;

        if (from && pf_ip_address_parse(agent->server.text, &server) == 0 &&
            pf_ip_address_parse(from, &source) == 0 && pf_ip_address_equal(&server, &source)) {
                pf_finding_add(findings, PF_FINDING_GOOD, "server",
                               "it is registered with the server that pushes");
                show(findings, &agent->server, NULL);
                return;
        }
        if (!*agent->server.text)
                pf_finding_add(findings, PF_FINDING_UNKNOWN, "server",
                               "an agent is installed, and which server it is registered with is "
                               "not known");
        else
                pf_finding_add(findings, PF_FINDING_UNKNOWN, "server",
                               "an agent is installed, and whether it is registered with the "
                               "server that pushes is not known");
        pf_finding_evidence(findings, agent->server.path ? agent->server.path : agent->directory,
                            agent->server.line, *agent->server.text ? agent->server.text : NULL,
                            from ? from : "the address of the server that pushes");
        pf_finding_reason(findings, "agent-server");
        pf_finding_remedy(findings, "look whether that is the server that pushes; if not, "
                                    "/usr/local/ASR/uninstall.sh -Y once nothing replicates");
}

static void judge_status(PfFindings *findings, const PfAgent *agent) {
        if (!*agent->status.text || strcmp(agent->status.text, "Succeeded") == 0)
                return;
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, "configuration",
                       "the agent that is installed was never configured to its end");
        show(findings, &agent->status, "Succeeded");
        pf_finding_reason(findings, "agent-unconfigured");
}

/* --- drivers that are known to be bad --- */

static const struct Faulty {
        const char *release;
        unsigned builds[2]; /* first and last */
        PfSystemFamily family;
        const char *version[2]; /* of the system: from, to; compared by as many numbers */
        bool new_kernel;        /* 5.8 or a later one of the series 5 alone */
} faulty[] = {
        { "9.47", { 0, 99999 }, PF_FAMILY_UBUNTU, { "20.04", "20.04" }, true },
        { "9.47", { 0, 99999 }, PF_FAMILY_DEBIAN, { "10", "10" }, true },
        { "9.47", { 0, 99999 }, PF_FAMILY_SUSE, { "15.3", "15.3" }, false },
        { "9.48", { 0, 6308 }, PF_FAMILY_UBUNTU, { "20.04", "20.04" }, true },
        { "9.48", { 0, 6308 }, PF_FAMILY_DEBIAN, { "10", "10" }, true },
        { "9.48", { 0, 6308 }, PF_FAMILY_SUSE, { "15.3", "15.3" }, false },
        { "9.66", { 7691, 7749 }, PF_FAMILY_UBUNTU, { "18.04", "24.04" }, false },
        { "9.66", { 7691, 7749 }, PF_FAMILY_RHEL, { "8", "9" }, false },
        { "9.66", { 7691, 7749 }, PF_FAMILY_SUSE, { "15", "15" }, false },
        { "9.66", { 7691, 7749 }, PF_FAMILY_DEBIAN, { "11", "12" }, false },
};

/* Compares as many components as @limit has. */
static int compare_version(const char *version, const char *limit) {
        char cut[VERSION_WORDS];

        if (strchr(limit, '.'))
                release_of(version, cut);
        else
                (void) snprintf(cut, sizeof(cut), "%.*s", (int) strcspn(version, "."), version);
        return pf_version_compare(cut, limit);
}

static bool fits(const PfSystemRoom *room, const struct Faulty *row, const char *release,
                 unsigned build) {
        return strcmp(row->release, release) == 0 && build >= row->builds[0] &&
               build <= row->builds[1] && pf_system_family(room) == row->family &&
               compare_version(room->system.version, row->version[0]) >= 0 &&
               compare_version(room->system.version, row->version[1]) <= 0 &&
               (!row->new_kernel || (pf_version_compare(room->kernel, "5.8") >= 0 &&
                                     pf_version_compare(room->kernel, "6") < 0));
}

static void judge_driver(const PfSystemRoom *room, PfFindings *findings, const PfAgent *agent) {
        char release[VERSION_WORDS];
        unsigned build = pf_agent_build(agent);

        release_of(agent->version.text, release);
        for (size_t i = 0; i < PF_ELEMENTS(faulty); i++) {
                if (!fits(room, &faulty[i], release, build))
                        continue;
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, "agent's driver",
                               "the agent that is installed has a driver known to be bad on this "
                               "system, and is removed before another is installed");
                show(findings, *agent->build.text ? &agent->build : &agent->version,
                     "another build");
                pf_finding_reason(findings, "faulty-driver");
                pf_finding_remedy(findings, "/usr/local/ASR/uninstall.sh -Y, and restart");
                pf_finding_vendor(findings, "refused where that removal fails: "
                                            "ASRMobilityServiceUninstallationInternalError");
                return;
        }
}

static void judge_agent(const PfSystemRoom *room, PfFindings *findings, const PfAgent *agent) {
        if (!agent->is_installed) {
                judge_remains(room, findings, agent);
                return;
        }
        if (*agent->reason)
                pf_finding_add(findings, PF_FINDING_UNKNOWN, AGENT,
                               "what the agent that is installed is like is not known: %s",
                               agent->reason);
        judge_version(room, findings, agent);
        judge_server(room, findings, agent);
        judge_status(findings, agent);
        judge_driver(room, findings, agent);
}

/* --- an installer at work --- */

#define LOCK_NAME "installer lock"

static int judge_lock(const PfSystemRoom *room, PfFindings *findings, const PfFileLocks *locks,
                      const char *path) {
        PfFileInfo info;
        PfErr err = { 0 };
        char found[64] = "is there";
        int pid, r = pf_target_lstat(room->target, path, &info, &err);
        bool held;

        if (r == PF_TARGET_ABSENT || r == -ENOMEM)
                return r < 0 ? r : 0;
        held = r == 0 && pf_file_locks_holder(locks, &info, &pid);
        if (held)
                (void) snprintf(found, sizeof(found), "locked by process %d", pid);
        pf_finding_add(findings, held ? PF_FINDING_BAD : PF_FINDING_DOUBTFUL, LOCK_NAME, "%s",
                       held ? "another installation of the agent is running"
                            : "the lock of an installation of the agent is there, and nobody "
                              "holds it");
        pf_finding_evidence_said(findings, path, found, "not there");
        pf_finding_reason(findings, "installer-lock");
        pf_finding_remedy(findings,
                          held ? "wait until it is done" : "remove it once no installer runs");
        return 0;
}

/* The package is unpacked into a folder of any name where it is copied to. */
static int judge_locks(const PfSystemRoom *room, PfFindings *findings) {
        static const char *const patterns[] = { "%s/.install.lck", "%s/*/.install.lck" };
        PF_AUTO_FILE_LOCKS PfFileLocks locks = { 0 };
        PF_AUTO_STRV PfStrv paths = { 0 };
        size_t before = findings->n;
        PfErr err = { 0 };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(patterns) && r == 0; i++) {
                const char *star = strchr(patterns[i], '%') + 2;
                char pattern[PF_SYSTEM_PATH_MAX];

                (void) snprintf(pattern, sizeof(pattern), "%s%s", room->demand->profile->copy_path,
                                star);
                r = pf_target_glob(room->target, pattern, &paths, &err);
        }
        if (r == 0 && paths.n > 0)
                r = pf_file_locks_load(room, &locks);
        for (size_t i = 0; i < paths.n && i < PF_AGENT_TRACES_MAX && r == 0; i++)
                r = judge_lock(room, findings, &locks, paths.items[i]);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                pf_finding_add(findings, PF_FINDING_UNKNOWN, LOCK_NAME,
                               "whether another installation is running is not known: %s",
                               pf_err_text(&err, r));
        else if (findings->n == before)
                pf_finding_add(findings, PF_FINDING_GOOD, LOCK_NAME, "no installation is running");
        return 0;
}

/* --- what an earlier setup said --- */

#define ERRORS_PATH "/var/log/InstallerErrors.json"
#define ERRORS_MAX (1u << 20)
#define ERRORS_DEPTH 16
#define SETUP "earlier setup"

static void show_errors(PfFindings *findings, const PfJson *errors) {
        size_t n = pf_json_length(errors);

        pf_finding_add(findings, PF_FINDING_DOUBTFUL, SETUP,
                       "an earlier setup of the agent ended with a list of %zu %s", n,
                       n == 1 ? "reason" : "reasons");
        for (size_t i = 0; i < n && i < PF_AGENT_TRACES_MAX; i++) {
                const char *name = pf_json_get_string(pf_json_at(errors, i), "error_name");

                pf_finding_evidence(findings, ERRORS_PATH, 0, name ? name : "(no name)", NULL);
        }
        pf_finding_reason(findings, "setup-errors");
        pf_finding_remedy(findings, "preflightctl explain, with each name of the list");
}

static int judge_setup(const PfSystemRoom *room, PfFindings *findings) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(ERRORS_MAX);
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        const PfJson *errors;
        PfErr err = { 0 };
        int r = pf_target_read(room->target, ERRORS_PATH, ERRORS_MAX, &buf, &err);

        if (r == 0 && buf.n > 0)
                r = pf_json_parse(buf.data, buf.n, ERRORS_DEPTH, &json, &err);
        if (r == -ENOMEM)
                return r;
        errors = json ? pf_json_get(json, "Errors") : NULL;
        if (r < 0)
                /* What it says is of the past: not to know it is no reason to wait. */
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, SETUP,
                               "what an earlier setup of the agent ended with cannot be read");
        else if (pf_json_type(errors) == PF_JSON_ARRAY && pf_json_length(errors) > 0)
                show_errors(findings, errors);
        else
                pf_finding_add(findings, PF_FINDING_GOOD, SETUP,
                               "no earlier setup of the agent left a list of reasons");
        return 0;
}

int pf_system_check_leftovers(const PfSystemRoom *room, const PfCheck *check, PfErr *err) {
        PF_AUTO_FINDINGS PfFindings findings = { .target = room->target };
        PfAgent agent;
        int r = pf_agent_look(room, &agent);

        (void) err;
        if (r < 0)
                return r;
        judge_agent(room, &findings, &agent);
        r = judge_locks(room, &findings);
        if (r == 0)
                r = judge_setup(room, &findings);
        if (r < 0)
                return r;
        return pf_findings_answer(&findings, room->report, check,
                                  "nothing of another installation stands in the way",
                                  "nothing to look at");
}
