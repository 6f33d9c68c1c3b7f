/* SPDX-License-Identifier: MIT */
/*
 * The remedies of sshd: what they write, to the byte; that the check passes then, with the
 * files in place; that a lease changes nothing for anybody else; and why they refuse.
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

static PfDemand demand_of(const char *account, const char *source) {
        return (PfDemand){ .account = account ? account : "root",
                           .source = source,
                           .agent_version = "",
                           .local_port = 22 };
}

static void open_machine(const Case *c) {
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

        ck_assert_int_eq(pf_probe_find(check)->run(box.target, demand, report, &err), 0);
        for (size_t i = 0; i < report->n; i++)
                if (strcmp(report->results[i].check->id, check) == 0)
                        return &report->results[i];
        ck_abort_msg("%s was not answered", check);
}

static bool lease_is_begun; /* by an earlier remedy of the same plan */

static void propose(const char *check, const PfDemand *demand, const char *lease, PfProposal *ret) {
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

static void apply(const PfCandidate *candidate) {
        for (size_t i = 0; i < candidate->n_edits; i++)
                pf_sandbox_write_bytes(&box, candidate->edits[i].path, candidate->edits[i].bytes,
                                       candidate->edits[i].n);
        pf_sandbox_reset_target(&box);
}

static void check_passes(const char *check, const PfDemand *demand) {
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

static void try_cases(const Case *cases, size_t n) {
        for (size_t i = 0; i < n; i++)
                try_case(&cases[i]);
}
#define TRY(cases) try_cases(cases, PF_ELEMENTS(cases))

/* --- passwords --- */

START_TEST(the_deciding_line_is_changed) {
        static const Case cases[] = {
                { .main = "# head\nPasswordAuthentication no  # policy\n" SFTP,
                  .check = PASSWORD,
                  .changed = MAIN,
                  .after = "# head\nPasswordAuthentication yes  # policy\n" SFTP },
                { .main = "passwordauthentication=no\r\nUsePAM yes\r\n" SFTP,
                  .check = PASSWORD,
                  .changed = MAIN,
                  .after = "passwordauthentication=yes\r\nUsePAM yes\r\n" SFTP },
                { .main = SFTP "PasswordAuthentication \"no\"",
                  .check = PASSWORD,
                  .changed = MAIN,
                  .after = SFTP "PasswordAuthentication yes" },
                { .main = INCLUDE "PasswordAuthentication yes\n",
                  .path = DIRECTORY "60-cloudimg-settings.conf",
                  .text = "PasswordAuthentication no\n",
                  .check = PASSWORD,
                  .changed = DIRECTORY "60-cloudimg-settings.conf",
                  .after = "PasswordAuthentication yes\n" },
        };

        TRY(cases);
}
END_TEST

#define HEAD "# Written by preflightd, at the request of an administrator.\n"

START_TEST(a_line_that_a_tool_owns_is_preceded) {
        static const Case cases[] = {
                { .main = INCLUDE SFTP,
                  .path = CLOUD,
                  .text = "PasswordAuthentication no\n",
                  .check = PASSWORD,
                  .changed = OURS,
                  .after = HEAD "PasswordAuthentication yes\n" },
                { .main = "# Ansible managed\n" INCLUDE "PasswordAuthentication no\n",
                  .check = PASSWORD,
                  .changed = OURS,
                  .after = HEAD "PasswordAuthentication yes\n" },
                /* Without a pattern for a file of ours, a line before the Include. */
                { .main = "# first\n\n# cloud\nInclude " CLOUD "\n",
                  .path = CLOUD,
                  .text = "PasswordAuthentication no\n",
                  .check = PASSWORD,
                  .changed = MAIN,
                  .after = "# first\n\nPasswordAuthentication yes\n# cloud\nInclude " CLOUD "\n" },
        };

        TRY(cases);
}
END_TEST

/* What a block decides for others too is not changed for them. */
START_TEST(a_block_for_others_stays) {
        static const Case cases[] = {
                { .main = SFTP "# lan\nMatch Address 192.0.2.0/24\n  PasswordAuthentication no\n",
                  .check = PASSWORD,
                  .changed = MAIN,
                  .after =
                          SFTP "Match User root Address 192.0.2.7\n\tPasswordAuthentication yes\n"
                               "# lan\nMatch Address 192.0.2.0/24\n  PasswordAuthentication no\n" },
                { .main = SFTP "Match User root\n  PasswordAuthentication no\n",
                  .check = PASSWORD,
                  .changed = MAIN,
                  .after = SFTP "Match User root\n  PasswordAuthentication yes\n" },
                { .main = SFTP "Match all\nPasswordAuthentication no\n",
                  .check = PASSWORD,
                  .changed = MAIN,
                  .after = SFTP "Match all\nPasswordAuthentication yes\n" },
        };

        TRY(cases);
}
END_TEST

START_TEST(a_default_gets_a_line) {
        static const Case cases[] = {
                { .main = "#PermitRootLogin prohibit-password\n" SFTP,
                  .check = ROOT,
                  .changed = MAIN,
                  .after = "#PermitRootLogin prohibit-password\nPermitRootLogin yes\n" SFTP },
                { .main = SFTP "# them\nMatch User deploy\n#PermitRootLogin no\n",
                  .check = ROOT,
                  .changed = MAIN,
                  .after = SFTP "PermitRootLogin yes\n# them\nMatch User deploy\n"
                                "#PermitRootLogin no\n" },
                { .main = "UsePAM yes",
                  .check = ROOT,
                  .changed = MAIN,
                  .after = "UsePAM yes\nPermitRootLogin yes\n" },
        };

        TRY(cases);
}
END_TEST

/* The ways there were stay ways. */
START_TEST(a_password_is_one_more_method) {
        static const Case cases[] = {
                { .main = "AuthenticationMethods publickey,password # two\n",
                  .check = METHODS,
                  .changed = MAIN,
                  .after = "AuthenticationMethods publickey,password password # two\n" },
                { .main = "AuthenticationMethods publickey keyboard-interactive\n",
                  .check = METHODS,
                  .lease = SOURCE,
                  .changed = MAIN,
                  .after = "AuthenticationMethods publickey keyboard-interactive\n" BLOCK(
                          SOURCE,
                          "\tAuthenticationMethods publickey keyboard-interactive password\n") },
        };

        TRY(cases);
}
END_TEST

/* --- lists --- */

START_TEST(the_account_joins_the_list) {
        static const Case cases[] = {
                { .main = "AllowUsers deploy # those\n",
                  .check = ALLOWED,
                  .changed = MAIN,
                  .after = "AllowUsers deploy root@192.0.2.7 # those\n" },
                { .main = "AllowUsers deploy\nAllowUsers alice\n",
                  .check = ALLOWED,
                  .changed = MAIN,
                  .after = "AllowUsers deploy\nAllowUsers alice root@192.0.2.7\n" },
                { .main = "AllowGroups sudo\n",
                  .check = ALLOWED,
                  .changed = MAIN,
                  .after = "AllowGroups sudo root\n" },
                { .main = "DenyUsers mallory root eve\n",
                  .check = ALLOWED,
                  .changed = MAIN,
                  .after = "DenyUsers mallory eve\n" },
                { .main = "DenyUsers root\nDenyGroups root\nAllowUsers deploy\n",
                  .check = ALLOWED,
                  .changed = MAIN,
                  .after =
                          "#DenyUsers root\n#DenyGroups root\nAllowUsers deploy root@192.0.2.7\n" },
                { .main = "Match Address 192.0.2.0/24\nAllowUsers deploy\n",
                  .check = ALLOWED,
                  .changed = MAIN,
                  .after = "Match User root Address 192.0.2.7\n\tAllowUsers root\n"
                           "Match Address 192.0.2.0/24\nAllowUsers deploy\n" },
        };

        TRY(cases);
}
END_TEST

START_TEST(patterns_for_others_stay) {
        static const Case cases[] = {
                { .main = "DenyUsers r*\n", .check = ALLOWED, .refusal = "keeps out others" },
                { .main = "DenyUsers *@192.0.2.*\n", .check = ALLOWED, .refusal = "keeps out" },
                { .main = "DenyGroups sudo\n",
                  .check = ALLOWED,
                  .account = "deploy",
                  .refusal = "other members" },
                { .main = "Match Address 192.0.2.0/24\nDenyUsers root\n",
                  .check = ALLOWED,
                  .refusal = "holds for others" },
        };

        TRY(cases);
}
END_TEST

/* A group that has other members would let them in: its block is for the account alone. */
START_TEST(a_group_with_other_members_is_not_allowed) {
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfDemand demand = demand_of(NULL, SOURCE);

        open_machine(&(Case){ .main = "AllowGroups sudo\n" });
        pf_sandbox_write(&box, "/etc/group", "root:x:0:deploy\nsudo:x:27:deploy\n");
        propose(ALLOWED, &demand, NULL, &proposal);
        ck_assert_uint_eq(proposal.n, 1);
        ck_assert_str_eq(proposal.candidates[0].edits[0].bytes,
                         "AllowGroups sudo\nMatch User root Address 192.0.2.7\n"
                         "\tAllowGroups root\n");
        apply(&proposal.candidates[0]);
        check_passes(ALLOWED, &demand);
}
END_TEST

/* --- leases --- */

START_TEST(a_lease_has_a_file_of_its_own) {
        static const Case cases[] = {
                { .main = INCLUDE "PasswordAuthentication no\n",
                  .check = PASSWORD,
                  .lease = SOURCE,
                  .changed = LEASE,
                  .after = BLOCK(SOURCE, "\tPasswordAuthentication yes\n") },
                { .main = INCLUDE,
                  .path = DIRECTORY "00-lan.conf",
                  .text = "Match Address 192.0.2.0/24\nPermitRootLogin no\n",
                  .check = ROOT,
                  .lease = "192.0.2.0/29",
                  .changed = DIRECTORY "00-lan.conf",
                  .after = BLOCK("192.0.2.0/29",
                                 "\tPermitRootLogin yes\n") "Match Address "
                                                            "192.0.2.0/24\nPermitRootLogin no\n" },
        };

        TRY(cases);
}
END_TEST

START_TEST(a_lease_stands_before_other_blocks) {
        static const Case cases[] = {
                { .main = "PasswordAuthentication no\n\n# sftp\nMatch Group "
                          "sftponly\n\tX11Forwarding no\n",
                  .check = PASSWORD,
                  .lease = SOURCE,
                  .changed = MAIN,
                  .after = "PasswordAuthentication no\n\n" BLOCK(
                          SOURCE,
                          "\tPasswordAuthentication yes\n") "# sftp\nMatch Group "
                                                            "sftponly\n\tX11Forwarding no\n" },
                { .main = "PasswordAuthentication no\r\nUsePAM yes",
                  .check = PASSWORD,
                  .lease = SOURCE,
                  .changed = MAIN,
                  .after = "PasswordAuthentication no\r\nUsePAM yes\r\n" PF_LEASE_BEGIN
                           "\r\nMatch User root Address 192.0.2.7\r\n"
                           "\tPasswordAuthentication yes\r\n" PF_LEASE_END "\r\n" },
                /* An Include behind a block is that block's. */
                { .main = "PasswordAuthentication no\nMatch User deploy\n" INCLUDE,
                  .check = PASSWORD,
                  .lease = SOURCE,
                  .changed = MAIN,
                  .after = "PasswordAuthentication no\n" BLOCK(
                          SOURCE, "\tPasswordAuthentication yes\n") "Match User deploy\n" INCLUDE },
                { .main = "DenyUsers r*\nAllowUsers deploy\nDenyGroups root\n",
                  .check = ALLOWED,
                  .lease = SOURCE,
                  .changed = MAIN,
                  .after = "DenyUsers r*\nAllowUsers deploy\nDenyGroups root\n" BLOCK(
                          SOURCE,
                          "\tDenyUsers nobody\n\tAllowUsers root\n\tDenyGroups nogroup\n") },
        };

        TRY(cases);
}
END_TEST

/* Before 8.4 a file that was included had no blocks that count: the main file has it. */
START_TEST(a_lease_knows_the_version) {
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfDemand demand = demand_of(NULL, SOURCE);

        open_machine(&(Case){ .main = INCLUDE "PermitRootLogin no\n" });
        pf_sandbox_write(&box, "/usr/sbin/sshd",
                         "\x7f"
                         "ELF OpenSSH_8.2p1 Ubuntu-4ubuntu0.11\n");
        pf_sandbox_chmod(&box, "/usr/sbin/sshd", 0755);
        propose(ROOT, &demand, SOURCE, &proposal);
        ck_assert_uint_eq(proposal.n, 1);
        ck_assert_str_eq(proposal.candidates[0].edits[0].path, MAIN);
        ck_assert_str_eq(proposal.candidates[0].edits[0].bytes,
                         INCLUDE "PermitRootLogin no\n" BLOCK(SOURCE, "\tPermitRootLogin yes\n"));
        apply(&proposal.candidates[0]);
        check_passes(ROOT, &demand);
}
END_TEST

START_TEST(a_lease_is_refused_with_the_reason) {
        static const Case cases[] = {
                { .main = "Match Address 192.0.2.0/24\nDenyUsers root\n",
                  .check = ALLOWED,
                  .lease = SOURCE,
                  .refusal = "takes nothing away" },
                { .main = BLOCK("198.51.100.1", "\tX11Forwarding no\n") "Match all\n"
                                                                        "PermitRootLogin no\n",
                  .check = ROOT,
                  .lease = SOURCE,
                  .refusal = "preflightctl undo" },
                { .main = "PermitRootLogin no\n" PF_LEASE_BEGIN "\n",
                  .check = ROOT,
                  .lease = SOURCE,
                  .refusal = "preflightctl undo" },
                /* Also of one for the same: it would close with that, and be told of still. */
                { .main = BLOCK(SOURCE, "\tPasswordAuthentication yes\n") "PermitRootLogin no\n",
                  .check = ROOT,
                  .lease = SOURCE,
                  .refusal = "(Match User root Address " SOURCE ")" },
                { .main = "PermitRootLogin no\nFoo bar\n",
                  .check = ROOT,
                  .lease = SOURCE,
                  .refusal = "refuses its configuration" },
                { .main = "PermitRootLogin no\n",
                  .check = ROOT,
                  .lease = "192.0.2.7/24",
                  .refusal = "no address" },
                { .main = "PermitRootLogin no\n",
                  .check = ROOT,
                  .lease = "192.0.2.*",
                  .refusal = "no address" },
                { .main = "PermitRootLogin no\n",
                  .check = ROOT,
                  .lease = "192.0.2.7,10.0.0.1",
                  .refusal = "no address" },
        };

        TRY(cases);
}
END_TEST

/* Nothing gets into a line that means something else there. */
START_TEST(a_name_that_is_no_plain_word_is_refused) {
        static const char *const names[] = { "ro ot",    "root,deploy",
                                             "*",        "!root",
                                             "ro?t",     "root#",
                                             "\"root\"", "root\nPermitRootLogin yes",
                                             "-o",       "",
                                             "r\\t",     "r\xc3\xb6t" };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                const PfDemand demand = demand_of(names[i], SOURCE);
                PF_AUTO_PROPOSAL PfProposal proposal = { 0 };

                open_machine(&(Case){ .main = "PasswordAuthentication no\n" });
                propose(PASSWORD, &demand, SOURCE, &proposal);
                ck_assert_msg(proposal.n == 0, "%s", names[i]);
                ck_assert_msg(strstr(proposal.refusal, "name"), "%s", proposal.refusal);
        }
}
END_TEST

/* Several checks of one plan share a block, each looking at what the one before wrote. */
START_TEST(leases_of_one_scope_share_a_block) {
        static const char *const checks[] = { PASSWORD, ROOT, ALLOWED, METHODS };
        const PfDemand demand = demand_of(NULL, SOURCE);

        open_machine(&(Case){ .main = INCLUDE "PasswordAuthentication no\nPermitRootLogin no\n"
                                              "AllowUsers deploy\nAuthenticationMethods "
                                              "publickey\n" });
        for (size_t i = 0; i < PF_ELEMENTS(checks); i++) {
                PF_AUTO_PROPOSAL PfProposal proposal = { 0 };

                lease_is_begun = i > 0;
                propose(checks[i], &demand, SOURCE, &proposal);
                lease_is_begun = false;
                ck_assert_msg(proposal.n == 1, "%s: %s", checks[i], proposal.refusal);
                ck_assert_str_eq(proposal.candidates[0].edits[0].path, LEASE);
                apply(&proposal.candidates[0]);
                check_passes(checks[i], &demand);
                if (i + 1 == PF_ELEMENTS(checks))
                        ck_assert_str_eq(proposal.candidates[0].edits[0].bytes,
                                         BLOCK(SOURCE, "\tPasswordAuthentication yes\n"
                                                       "\tPermitRootLogin yes\n"
                                                       "\tAllowUsers root\n"
                                                       "\tAuthenticationMethods publickey "
                                                       "password\n"));
        }
}
END_TEST

/* --- SFTP --- */

START_TEST(the_subsystem_is_restored) {
        static const Case cases[] = {
                { .main = "UsePAM yes\n#" SFTP,
                  .check = SUBSYSTEM,
                  .changed = MAIN,
                  .after = "UsePAM yes\n" SFTP },
                /* The program of that line is not there. */
                { .main = "#Subsystem sftp /usr/libexec/sftp-server\nMatch User deploy\n",
                  .check = SUBSYSTEM,
                  .changed = MAIN,
                  .after =
                          "#Subsystem sftp /usr/libexec/sftp-server\n" SFTP "Match User deploy\n" },
                { .main = "UsePAM yes\n",
                  .check = SUBSYSTEM,
                  .changed = MAIN,
                  .after = "UsePAM yes\n" SFTP },
                { .main = "Subsystem\tsftp\t/usr/libexec/openssh/sftp-server -l INFO # log\n",
                  .check = SUBSYSTEM,
                  .changed = MAIN,
                  .after = "Subsystem\tsftp\t/usr/lib/openssh/sftp-server -l INFO # log\n" },
                /* In a block the comment is the block's. */
                { .main = "Match User deploy\n#" SFTP,
                  .check = SUBSYSTEM,
                  .changed = MAIN,
                  .after = SFTP "Match User deploy\n#" SFTP },
        };

        TRY(cases);
}
END_TEST

START_TEST(without_a_program_sshd_serves_itself) {
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfDemand demand = demand_of(NULL, SOURCE);

        open_machine(&(Case){ .main = SFTP });
        pf_sandbox_chmod(&box, "/usr/lib/openssh/sftp-server", 0644);
        propose(SUBSYSTEM, &demand, NULL, &proposal);
        ck_assert_uint_eq(proposal.n, 1);
        ck_assert_str_eq(proposal.candidates[0].edits[0].bytes, "Subsystem sftp internal-sftp\n");
        apply(&proposal.candidates[0]);
        check_passes(SUBSYSTEM, &demand);
}
END_TEST

START_TEST(what_somebody_chose_is_kept) {
        static const Case cases[] = {
                { .main = "Subsystem sftp /usr/sbin/sshd\n",
                  .check = SUBSYSTEM,
                  .refusal = "somebody chose it" },
                { .main = "Subsystem sftp internal-sftp -R\n",
                  .check = SUBSYSTEM,
                  .refusal = "read-only" },
                { .main = SFTP "ForceCommand /bin/false\n",
                  .check = SUBSYSTEM,
                  .refusal = "are right" },
        };

        TRY(cases);
}
END_TEST

/* --- files and options --- */

START_TEST(a_file_of_a_package_is_not_changed) {
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfDemand demand = demand_of(NULL, SOURCE);

        open_machine(&(Case){ .main = "" });
        pf_sandbox_remove(&box, MAIN);
        pf_sandbox_write(&box, "/usr/etc/ssh/sshd_config", INCLUDE "PermitRootLogin no\n");
        propose(ROOT, &demand, NULL, &proposal);
        ck_assert_uint_eq(proposal.n, 1);
        ck_assert_str_eq(proposal.candidates[0].edits[0].path, OURS);
        apply(&proposal.candidates[0]);
        check_passes(ROOT, &demand);
}
END_TEST

START_TEST(a_nul_is_not_guessed_at) {
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfDemand demand = demand_of(NULL, SOURCE);
        static const char text[] = "PermitRootLogin no\n#\0\n";

        open_machine(&(Case){ .main = "" });
        pf_sandbox_write_bytes(&box, MAIN, text, sizeof(text) - 1);
        propose(ROOT, &demand, SOURCE, &proposal);
        ck_assert_uint_eq(proposal.n, 0);
        ck_assert_msg(strstr(proposal.refusal, "NUL"), "%s", proposal.refusal);
}
END_TEST

/* An option of the command line comes before the file; a block comes over both. */
START_TEST(an_option_is_overcome_by_a_block) {
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfDemand demand = demand_of(NULL, SOURCE);

        open_machine(&(Case){ .main = "UsePAM yes\n" });
        pf_sandbox_write(&box, "/usr/lib/systemd/system/ssh.service",
                         "[Service]\nExecStart=/usr/sbin/sshd -D -o PermitRootLogin=no\n"
                         "[Install]\nWantedBy=multi-user.target\n");
        propose(ROOT, &demand, NULL, &proposal);
        ck_assert_uint_eq(proposal.n, 1);
        ck_assert_str_eq(proposal.candidates[0].edits[0].bytes,
                         "UsePAM yes\nMatch User root Address 192.0.2.7\n\tPermitRootLogin yes\n");
        apply(&proposal.candidates[0]);
        check_passes(ROOT, &demand);
}
END_TEST

/* --- the server --- */

static void open_stopped(const char *units) {
        open_machine(&(Case){ .main = "PermitRootLogin yes\n" SFTP });
        is_live = true;
        pf_sandbox_write(&box, "/.preflight/listeners.json", "{ \"tcp\": { \"sockets\": [] } }");
        pf_sandbox_write(&box, "/.preflight/units.json", units);
}

#define STATES(state)                                                                              \
        "{ \"ssh.service\": { \"state\": \"" state "\" }, "                                        \
        "\"sshd.service\": { \"state\": \"absent\" }, "                                            \
        "\"ssh.socket\": { \"state\": \"inactive\" }, "                                            \
        "\"sshd.socket\": { \"state\": \"absent\" } }"

static void check_actions(const PfCandidate *candidate, bool enables) {
        ck_assert_uint_eq(candidate->n_edits, 0);
        ck_assert_uint_eq(candidate->n_actions, enables ? 2 : 1);
        if (enables)
                ck_assert_int_eq(candidate->actions[0].kind, PF_ACTION_ENABLE);
        ck_assert_int_eq(candidate->actions[enables].kind, PF_ACTION_START);
        ck_assert_str_eq(candidate->actions[enables].subject, "ssh.service");
}

/* The check, on the machine as the candidate assumes that it would be. */
static void check_assumed(const PfCandidate *candidate, const PfDemand *demand) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *overlay = NULL;
        PF_CLEANUP(pf_target_unrefp) PfTarget *before = box.target;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_overlay_new(box.target, &overlay, &err), 0);
        for (size_t i = 0; i < candidate->n_assumptions; i++) {
                const PfAssumption *assumption = &candidate->assumptions[i];

                ck_assert_int_eq(pf_overlay_answer(overlay, assumption->book, assumption->question,
                                                   pf_json_ref(assumption->answer)),
                                 0);
        }
        box.target = overlay;
        check_passes(SERVER, demand);
        box.target = pf_target_ref(before);
}

START_TEST(a_server_that_does_not_run_is_started) {
        for (unsigned disabled = 0; disabled < 2; disabled++) {
                PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
                const PfDemand demand = demand_of(NULL, SOURCE);

                open_stopped(STATES("inactive"));
                if (disabled)
                        pf_sandbox_remove(
                                &box, "/etc/systemd/system/multi-user.target.wants/ssh.service");
                propose(SERVER, &demand, NULL, &proposal);
                ck_assert_msg(proposal.n == 1, "%s", proposal.refusal);
                check_actions(&proposal.candidates[0], disabled);
                ck_assert_uint_eq(proposal.candidates[0].n_assumptions, 2);
                check_assumed(&proposal.candidates[0], &demand);
        }
        is_live = false;
}
END_TEST

static void expect_server_refusal(const char *words) {
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfDemand demand = demand_of(NULL, SOURCE);

        propose(SERVER, &demand, NULL, &proposal);
        ck_assert_uint_eq(proposal.n, 0);
        ck_assert_msg(strstr(proposal.refusal, words), "%s", proposal.refusal);
        is_live = false;
}

START_TEST(a_server_that_somebody_masked_stays_down) {
        open_stopped(STATES("absent"));
        pf_sandbox_symlink(&box, "/dev/null", "/etc/systemd/system/ssh.service");
        expect_server_refusal("masked");
}
END_TEST

START_TEST(a_server_that_would_not_start_is_not_started) {
        open_stopped(STATES("failed"));
        pf_sandbox_write(&box, MAIN, "Foo bar\n");
        expect_server_refusal("refuses its configuration");
}
END_TEST

START_TEST(a_server_is_not_enabled_in_an_image) {
        open_machine(&(Case){ .main = SFTP });
        pf_sandbox_remove(&box, "/etc/systemd/system/multi-user.target.wants/ssh.service");
        expect_server_refusal("image");
}
END_TEST

START_TEST(a_port_is_not_changed) {
        open_stopped(STATES("active"));
        pf_sandbox_write(&box, "/.preflight/listeners.json",
                         "{ \"tcp\": { \"sockets\": [ { \"address\": \"0.0.0.0\", \"port\": 2222, "
                         "\"takesIpv4\": \"yes\" } ] } }");
        pf_sandbox_write(&box, MAIN, "Port 2222\n" SFTP);
        expect_server_refusal("Port");
}
END_TEST

/* --- all of them --- */

START_TEST(each_says_what_it_will_not_do) {
        for (size_t i = 0; i < pf_n_remedies; i++) {
                ck_assert_ptr_nonnull(pf_remedies[i]->wont);
                ck_assert_ptr_eq(pf_remedy_find(pf_remedies[i]->check), pf_remedies[i]);
        }
        ck_assert_ptr_null(pf_remedy_find("ssh.access"));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-remedy");

        PF_TEST(suite, the_deciding_line_is_changed);
        PF_TEST(suite, a_line_that_a_tool_owns_is_preceded);
        PF_TEST(suite, a_block_for_others_stays);
        PF_TEST(suite, a_default_gets_a_line);
        PF_TEST(suite, a_password_is_one_more_method);
        PF_TEST(suite, the_account_joins_the_list);
        PF_TEST(suite, patterns_for_others_stay);
        PF_TEST(suite, a_group_with_other_members_is_not_allowed);
        PF_TEST(suite, a_lease_has_a_file_of_its_own);
        PF_TEST(suite, a_lease_stands_before_other_blocks);
        PF_TEST(suite, a_lease_knows_the_version);
        PF_TEST(suite, a_lease_is_refused_with_the_reason);
        PF_TEST(suite, a_name_that_is_no_plain_word_is_refused);
        PF_TEST(suite, leases_of_one_scope_share_a_block);
        PF_TEST(suite, the_subsystem_is_restored);
        PF_TEST(suite, without_a_program_sshd_serves_itself);
        PF_TEST(suite, what_somebody_chose_is_kept);
        PF_TEST(suite, a_file_of_a_package_is_not_changed);
        PF_TEST(suite, a_nul_is_not_guessed_at);
        PF_TEST(suite, an_option_is_overcome_by_a_block);
        PF_TEST(suite, a_server_that_does_not_run_is_started);
        PF_TEST(suite, a_server_that_somebody_masked_stays_down);
        PF_TEST(suite, a_server_that_would_not_start_is_not_started);
        PF_TEST(suite, a_server_is_not_enabled_in_an_image);
        PF_TEST(suite, a_port_is_not_changed);
        PF_TEST(suite, each_says_what_it_will_not_do);
        return pf_test_main(suite);
}
