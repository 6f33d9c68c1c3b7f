/* SPDX-License-Identifier: MIT */
/*
 * Leases of sshd: where their blocks stand, that they change nothing for anybody else, and why
 * they are refused.
 */
#include "tests/support/sshd-remedy-case.h"

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

int main(void) {
        Suite *suite = suite_create("sshd-remedy-lease");

        PF_TEST(suite, a_lease_has_a_file_of_its_own);
        PF_TEST(suite, a_lease_stands_before_other_blocks);
        PF_TEST(suite, a_lease_knows_the_version);
        PF_TEST(suite, a_lease_is_refused_with_the_reason);
        PF_TEST(suite, a_name_that_is_no_plain_word_is_refused);
        PF_TEST(suite, leases_of_one_scope_share_a_block);
        return pf_test_main(suite);
}
