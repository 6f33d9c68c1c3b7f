/* SPDX-License-Identifier: MIT */

/*
 * Asks the remedies of sshd, for a test that holds what they offer against the real one.
 *
 * One question a line on standard input, one answer a line on standard output:
 *
 *   {"root": DIR, "account": "root", "source": "192.0.2.7", "lease": "192.0.2.0/24"}
 *   {"answers": [{"check": "ssh.root-login", "lease": whether it is asked for one, "verdict",
 *    "reason", "refusal", "candidates": [{"summary", "edits": [{"path", "bytes"}],
 *    "actions": [["reload", "ssh.service"]]}]}]}: one a remedy, and one more where it can lease
 *
 * A remedy is asked where its check fails. Bytes of a file that are no UTF-8 come as U+FFFD:
 * who asks keeps to text.
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

/* What was asked, and what the checks say. */
typedef struct Question {
        PfDemand demand;
        PfLeaseScope lease;
        PfRemedyRoom room;
        PfReport report;
} Question;

static int ask_remedy(const Question *question, const PfRemedy *remedy, bool lease, PfJson *answers,
                      PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        PF_AUTO_PROPOSAL PfProposal proposal = { 0 };
        const PfResult *result = find_result(&question->report, remedy->check);
        PfRemedyRoom room = question->room;
        int r = 0;

        if (!result || !answer)
                return pf_err_set(err, -ENOENT, "the probe gave no answer");
        room.result = result;
        room.lease = lease ? &question->lease : NULL;
        if (pf_json_put_string(answer, "check", remedy->check) < 0 ||
            pf_json_put_bool(answer, "lease", lease) < 0 ||
            pf_json_put_string(answer, "verdict", pf_verdict_to_string(result->verdict)) < 0 ||
            (result->reason && pf_json_put_string(answer, "reason", result->reason) < 0))
                return -ENOMEM;
        if (result->verdict == PF_FAIL)
                r = remedy->propose(&room, &proposal, err);
        if (r == 0)
                r = put_proposal(&proposal, answer);
        return r < 0 ? r : pf_json_append_take(answers, PF_STEAL(answer));
}

static int ask_all(Question *question, PfJson *answers, PfErr *err) {
        const PfProbe *probe = pf_probe_find("ssh.access", PF_PLATFORM_LINUX);
        int r = probe->run(question->room.target, &question->demand, &question->report, err);

        for (size_t i = 0; i < pf_n_remedies && r == 0; i++) {
                const PfRemedy *remedy = pf_remedies[i];

                if (strncmp(remedy->check, "ssh.", 4) != 0)
                        continue;
                r = ask_remedy(question, remedy, false, answers, err);
                if (r == 0 && remedy->can_lease)
                        r = ask_remedy(question, remedy, true, answers, err);
        }
        return r;
}

static int answer_question(const PfJson *asked, PfJson *answer, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *answers = pf_json_new_array();
        const char *root = pf_json_get_string(asked, "root");
        Question question = {
                .demand = { .account = pf_json_get_string(asked, "account"),
                            .source = pf_json_get_string(asked, "source"),
                            .agent_version = "",
                            .local_port = 22 },
                .lease = { .account = pf_json_get_string(asked, "account"),
                           .source = pf_json_get_string(asked, "lease"),
                           .duration_usec = 60000000 },
        };
        int r;

        if (!root || !question.demand.account || !question.lease.source || !answers)
                return pf_err_set(err, -EINVAL, "no root, account or lease in the question");
        r = pf_target_new(root, PF_TARGET_DEFAULT, &target, err);
        if (r < 0)
                return r;
        question.room = (PfRemedyRoom){ .target = target, .demand = &question.demand };
        r = ask_all(&question, answers, err);
        pf_report_deinit(&question.report);
        return r < 0 ? r : pf_json_put_take(answer, "answers", PF_STEAL(answers));
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
