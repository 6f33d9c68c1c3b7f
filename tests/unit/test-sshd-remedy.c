/* SPDX-License-Identifier: MIT */
/*
 * The remedies of sshd: what they write for good, to the byte, and why they refuse.
 */
#include "tests/support/sshd-remedy-case.h"

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
        PF_TEST(suite, the_subsystem_is_restored);
        PF_TEST(suite, without_a_program_sshd_serves_itself);
        PF_TEST(suite, what_somebody_chose_is_kept);
        PF_TEST(suite, a_file_of_a_package_is_not_changed);
        PF_TEST(suite, a_nul_is_not_guessed_at);
        PF_TEST(suite, an_option_is_overcome_by_a_block);
        PF_TEST(suite, each_says_what_it_will_not_do);
        return pf_test_main(suite);
}
