/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A machine whose sshd a remedy is asked to change: what it writes, to the byte; that the check
 * passes then, with the files in place; and that others see nothing of a lease.
 */

#include "probes/remedy.h"

#include <string.h>

#include "daemon/base/overlay.h"
#include "probes/parse/sshd-effective.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define MAIN "/etc/ssh/sshd_config"
#define DIRECTORY "/etc/ssh/sshd_config.d/"
#define CLOUD DIRECTORY "50-cloud-init.conf"
#define OURS DIRECTORY "00-preflightd.conf"
#define LEASE DIRECTORY "00-preflightd-lease.conf"
#define INCLUDE "Include /etc/ssh/sshd_config.d/*.conf\n"
#define SFTP "Subsystem sftp /usr/lib/openssh/sftp-server\n"
#define PASSWORD "ssh.password-authentication"
#define ROOT "ssh.root-login"
#define ALLOWED "ssh.account-allowed"
#define METHODS "ssh.authentication-methods"
#define SUBSYSTEM "ssh.sftp-subsystem"
#define SERVER "ssh.server"
#define SOURCE "192.0.2.7"

/* What is in a block of a lease. */
#define BLOCK(source, lines)                                                                       \
        PF_LEASE_BEGIN "\nMatch User root Address " source "\n" lines PF_LEASE_END "\n"

static PfSandbox box;
static bool is_live;

/* Is the machine in the sandbox to be one that runs? */
bool __wrap_pf_target_is_live(const PfTarget *target);
bool __wrap_pf_target_is_live(const PfTarget *target) {
        (void) target;
        return is_live;
}

typedef struct Case {
        const char *main;
        const char *path; /* of another file, or NULL */
        const char *text;
        const char *check;
        const char *lease; /* source, or NULL: for good */
        const char *changed;
        const char *after;   /* NULL: it is refused, and */
        const char *refusal; /* is in the reason */
        const char *account; /* NULL: root */
} Case;

PF_UNUSED static PfDemand demand_of(const char *account, const char *source) {
        return (PfDemand){ .account = account ? account : "root",
                           .source = source,
                           .agent_version = "",
                           .local_port = 22 };
}

PF_UNUSED static void open_machine(const Case *c) {
        is_live = false;
        pf_sandbox_open(&box, "sshd/good");
        pf_sandbox_chmod(&box, "/etc/ssh/ssh_host_ed25519_key", 0600);
        pf_sandbox_mkdir(&box, "/etc/ssh/sshd_config.d");
        pf_sandbox_write(&box, MAIN, c->main);
        if (c->path)
                pf_sandbox_write(&box, c->path, c->text);
}

/* What the check says of the machine now; the report holds it. */
static const PfResult *run_check(const char *check, const PfDemand *demand, PfReport *report) {
        PfErr err = { 0 };

        ck_assert_int_eq(
                pf_probe_find(check, PF_PLATFORM_LINUX)->run(box.target, demand, report, &err), 0);
        for (size_t i = 0; i < report->n; i++)
                if (strcmp(report->results[i].check->id, check) == 0)
                        return &report->results[i];
        ck_abort_msg("%s was not answered", check);
}

static bool lease_is_begun; /* by an earlier remedy of the same plan */

PF_UNUSED static void propose(const char *check, const PfDemand *demand, const char *lease,
                              PfProposal *ret) {
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfResult *result = run_check(check, demand, &report);
        const PfLeaseScope scope = { demand->account, lease, 60000000 };
        const PfRemedyRoom room = { .target = box.target,
                                    .demand = demand,
                                    .result = result,
                                    .lease = lease ? &scope : NULL,
                                    .lease_is_begun = lease_is_begun };
        const PfRemedy *remedy = pf_remedy_find(check);
        PfErr err = { 0 };
        int r;

        ck_assert_msg(result->verdict == PF_FAIL, "%s: %s", check, result->summary);
        ck_assert_ptr_nonnull(remedy);
        r = remedy->propose(&room, ret, &err);
        ck_assert_msg(r == 0, "%s: %s", check, err.text);
        ck_assert_msg(ret->n > 0 || ret->refusal, "%s: neither a change nor a reason", check);
}

PF_UNUSED static void apply(const PfCandidate *candidate) {
        for (size_t i = 0; i < candidate->n_edits; i++)
                pf_sandbox_write_bytes(&box, candidate->edits[i].path, candidate->edits[i].bytes,
                                       candidate->edits[i].n);
        pf_sandbox_reset_target(&box);
}

PF_UNUSED static void check_passes(const char *check, const PfDemand *demand) {
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfResult *result = run_check(check, demand, &report);

        ck_assert_msg(result->verdict == PF_PASS, "%s: %s", check, result->summary);
}

/* --- for others --- */

#define N_OTHERS 8

/* What `sshd -T -C` would print for connections that no lease of these tests is for. */
static void print_others(char *ret[N_OTHERS]) {
        static const struct {
                const char *user;
                const char *address;
        } others[N_OTHERS] = {
                { "root", "198.51.100.9" },   { "root", "192.0.3.7" },     { "deploy", SOURCE },
                { "deploy", "198.51.100.9" }, { "root", "2001:db8::9" },   { "sshd", SOURCE },
                { "nobody-here", SOURCE },    { "deploy", "2001:db8::9" },
        };
        const PfSshdVersion version = pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_sshd_config_load(box.target, MAIN, &version, &conf, &err), 0);
        for (size_t i = 0; i < N_OTHERS; i++) {
                PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
                PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *effective = NULL;
                PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);
                PfSshdConnection connection = { .user = others[i].user,
                                                .host = others[i].address,
                                                .address = others[i].address };

                ck_assert_int_eq(pf_sshd_account_read(box.target, others[i].user, &account, &err),
                                 0);
                connection.groups = account.exists ? &account.groups : NULL;
                ck_assert_int_eq(pf_sshd_config_evaluate(conf, &connection, &effective, &err), 0);
                ck_assert_int_eq(pf_sshd_effective_print(effective, &text), 0);
                ret[i] = pf_buf_steal(&text);
        }
}

static void free_others(char *others[N_OTHERS]) {
        for (size_t i = 0; i < N_OTHERS; i++)
                free(others[i]);
}

/* --- one change --- */

static void check_change(const Case *c, const PfProposal *proposal) {
        const PfCandidate *candidate = &proposal->candidates[0];

        ck_assert_msg(proposal->n > 0, "%s refused: %s", c->check, proposal->refusal);
        ck_assert_uint_eq(candidate->n_edits, 1);
        ck_assert_str_eq(candidate->edits[0].path, c->changed);
        ck_assert_str_eq(candidate->edits[0].bytes, c->after);
        ck_assert_uint_eq(candidate->n_actions, 1);
        ck_assert_int_eq(candidate->actions[0].kind, PF_ACTION_RELOAD);
        ck_assert_str_eq(candidate->actions[0].subject, "ssh.service");
}

static void try_case(const Case *c) {
        const PfDemand demand = demand_of(c->account, SOURCE);
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        char *before[N_OTHERS], *now[N_OTHERS];

        open_machine(c);
        print_others(before);
        propose(c->check, &demand, c->lease, &proposal);
        if (c->after) {
                check_change(c, &proposal);
                apply(&proposal.candidates[0]);
                check_passes(c->check, &demand);
        } else {
                ck_assert_msg(proposal.n == 0, "%s", proposal.candidates[0].summary);
                ck_assert_msg(strstr(proposal.refusal, c->refusal), "%s", proposal.refusal);
        }
        print_others(now);
        for (size_t i = 0; c->lease && i < N_OTHERS; i++)
                ck_assert_str_eq(now[i], before[i]);
        free_others(before);
        free_others(now);
}

PF_UNUSED static void try_cases(const Case *cases, size_t n) {
        for (size_t i = 0; i < n; i++)
                try_case(&cases[i]);
}
#define TRY(cases) try_cases(cases, PF_ELEMENTS(cases))
