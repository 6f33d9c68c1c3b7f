/* SPDX-License-Identifier: MIT */

/*
 * Asks the remedies of sshd, for a test that holds what they offer against the real one.
 *
 * One question a line on standard input, one answer a line on standard output:
 *
 *   {"root": DIR, "check": "ssh.root-login", "account", "source" or null, "port": 22,
 *    "lease": null or the source that it is for}
 *   {"verdict", "reason", "refusal": text or null, "candidates": [{"summary",
 *    "edits": [{"path", "bytes"}], "actions": [["reload", "ssh.service"]]}]}
 *
 * The check's own answer is found first, as the plan's would be. Bytes that are no UTF-8
 * come as U+FFFD: who asks keeps to text.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/json.h"
#include "probes/remedy.h"

#define ANSWER_MAX (64 << 20) /* bytes */

static int put_edits(const PfCandidate *candidate, PfJson *object) {
        PF_CLEANUP(pf_json_freep) PfJson *edits = pf_json_new_array();

        for (size_t i = 0; i < candidate->n_edits; i++) {
                PF_CLEANUP(pf_json_freep) PfJson *edit = pf_json_new_object();

                if (!edits || !edit ||
                    pf_json_put_string(edit, "path", candidate->edits[i].path) < 0 ||
                    pf_json_put_string(edit, "bytes", candidate->edits[i].bytes) < 0 ||
                    pf_json_append_take(edits, PF_STEAL(edit)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "edits", PF_STEAL(edits));
}

static int put_actions(const PfCandidate *candidate, PfJson *object) {
        PF_CLEANUP(pf_json_freep) PfJson *actions = pf_json_new_array();

        for (size_t i = 0; i < candidate->n_actions; i++) {
                const PfAction *action = &candidate->actions[i];
                PF_CLEANUP(pf_json_freep) PfJson *pair = pf_json_new_array();

                if (!actions || !pair ||
                    pf_json_append_string(pair, pf_action_to_string(action->kind)) < 0 ||
                    pf_json_append_string(pair, action->subject) < 0 ||
                    pf_json_append_take(actions, PF_STEAL(pair)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "actions", PF_STEAL(actions));
}

static int put_proposal(const PfProposal *proposal, PfJson *answer) {
        PF_CLEANUP(pf_json_freep) PfJson *candidates = pf_json_new_array();

        for (size_t i = 0; i < proposal->n; i++) {
                PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

                if (!candidates || !object ||
                    pf_json_put_string(object, "summary", proposal->candidates[i].summary) < 0 ||
                    put_edits(&proposal->candidates[i], object) < 0 ||
                    put_actions(&proposal->candidates[i], object) < 0 ||
                    pf_json_append_take(candidates, PF_STEAL(object)) < 0)
                        return -ENOMEM;
        }
        if (proposal->refusal && pf_json_put_string(answer, "refusal", proposal->refusal) < 0)
                return -ENOMEM;
        return pf_json_put_take(answer, "candidates", PF_STEAL(candidates));
}

static const PfResult *find_result(const PfReport *report, const char *check) {
        for (size_t i = 0; i < report->n; i++)
                if (strcmp(report->results[i].check->id, check) == 0)
                        return &report->results[i];
        return NULL;
}

static int ask_remedy(PfRemedyRoom *room, const PfRemedy *remedy, PfJson *answer, PfErr *err) {
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        int r = pf_probe_find(remedy->check)->run(room->target, room->demand, &report, err);

        room->result = r < 0 ? NULL : find_result(&report, remedy->check);
        if (!room->result)
                return pf_err_set(err, r < 0 ? r : -ENOENT, "the probe gave no answer");
        if (pf_json_put_string(answer, "verdict", pf_verdict_to_string(room->result->verdict)) <
                    0 ||
            (room->result->reason &&
             pf_json_put_string(answer, "reason", room->result->reason) < 0))
                return -ENOMEM;
        if (room->result->verdict == PF_FAIL)
                r = remedy->propose(room, &proposal, err);
        return r < 0 ? r : put_proposal(&proposal, answer);
}

static int answer_question(const PfJson *question, PfJson *answer, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        const char *root = pf_json_get_string(question, "root");
        const char *check = pf_json_get_string(question, "check");
        const PfDemand demand = { .account = pf_json_get_string(question, "account"),
                                  .source = pf_json_get_string(question, "source"),
                                  .agent_version = "",
                                  .local_port = 22 };
        const PfLeaseScope lease = { .account = demand.account,
                                     .source = pf_json_get_string(question, "lease"),
                                     .duration_usec = 60000000 };
        PfRemedyRoom room = { .demand = &demand, .lease = lease.source ? &lease : NULL };
        const PfRemedy *remedy = check ? pf_remedy_find(check) : NULL;
        int r;

        if (!root || !demand.account || !remedy)
                return pf_err_set(err, -EINVAL, "no root, account or known check in the question");
        r = pf_target_new(root, PF_TARGET_DEFAULT, &target, err);
        room.target = target;
        return r < 0 ? r : ask_remedy(&room, remedy, answer, err);
}

/* What we could not look at is said as such: {"failed": text}. */
static int answer_line(const char *line, size_t n) {
        PF_CLEANUP(pf_json_freep) PfJson *question = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(ANSWER_MAX);
        PfErr err = { 0 };
        int r;

        r = pf_json_parse(line, n, 8, &question, &err);
        if (r == 0)
                r = answer_question(question, answer, &err);
        if (r < 0 && (!answer || pf_json_put_string(answer, "failed", pf_err_text(&err, r)) < 0))
                return -ENOMEM;
        r = pf_json_write(answer, &text);
        if (r < 0)
                return r;
        return puts(text.data) < 0 || fflush(stdout) != 0 ? -errno : 0;
}

int main(void) {
        PF_AUTO_FREE char *line = NULL;
        size_t allocated = 0;
        ssize_t n;

        while ((n = getline(&line, &allocated, stdin)) >= 0) {
                int r = answer_line(line, (size_t) n);

                if (r < 0) {
                        fprintf(stderr, "remedy-sshd: %s\n", pf_err_text(NULL, r));
                        return 1;
                }
        }
        return 0;
}
