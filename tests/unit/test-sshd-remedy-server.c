/* SPDX-License-Identifier: MIT */
/*
 * The server itself: what starts it, and when it is left alone.
 */
#include "tests/support/sshd-remedy-case.h"

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

int main(void) {
        Suite *suite = suite_create("sshd-remedy-server");

        PF_TEST(suite, a_server_that_does_not_run_is_started);
        PF_TEST(suite, a_server_that_somebody_masked_stays_down);
        PF_TEST(suite, a_server_that_would_not_start_is_not_started);
        PF_TEST(suite, a_server_is_not_enabled_in_an_image);
        PF_TEST(suite, a_port_is_not_changed);
        return pf_test_main(suite);
}
