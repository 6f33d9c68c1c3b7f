/* SPDX-License-Identifier: MIT */
/*
 * Remedy of account.locked-out: the count of failed logins begins anew, as the tool of
 * the module that counts would have it. Who tried is lost with it, so an
 * administrator decides; and a password that is still wrong somewhere locks the
 * account again.
 */
#include "probes/remedy.h"

#include <string.h>

#include "probes/parse/faillock.h"
#include "probes/parse/sshd-effective.h"

#define RECORDS_MAX_BYTES (4u << 20)

/* What counts, by the line of the stack that the check found. */
typedef struct Counter {
        const char *module;
        PfTallyFormat format;
        bool is_own; /* the account has a file of its own, which is emptied */
} Counter;

static const Counter counters[] = {
        { .module = "pam_faillock", .is_own = true },
        { .module = "pam_tally2", .format = PF_TALLY_LOG }, /* before the shorter name */
        { .module = "pam_tally", .format = PF_TALLY_FAILLOG },
};

/* The check's evidence begins with the record, and the line that reads it. */
static const Counter *find_counter(const PfResult *result) {
        const char *line = result->n_evidence >= 2 ? result->evidence[1].found : NULL;

        for (size_t i = 0; line && i < PF_ELEMENTS(counters); i++)
                if (result->evidence[0].path && strstr(line, counters[i].module))
                        return &counters[i];
        return NULL;
}

static bool is_zero(const char *bytes, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (bytes[i])
                        return false;
        return true;
}

/* The account's record in a file of all accounts, by its number, becomes all zero. */
static int clear_record(const PfRemedyRoom *room, const Counter *counter, PfBuf *records,
                        PfErr *err) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        uint64_t end, size;
        int r = pf_sshd_account_read(room->target, room->demand->account, &account, err);

        if (r < 0)
                return r;
        size = pf_tally_needs(counter->format, 0);
        end = pf_tally_needs(counter->format, account.uid);
        if (!account.exists || end > records->n || is_zero(records->data + end - size, size))
                return pf_err_set(err, -ENODATA, "there is no record of %s", room->demand->account);
        memset(records->data + end - size, 0, size);
        return 0;
}

static int offer(const PfRemedyRoom *room, const Counter *counter, PfProposal *proposal,
                 PfErr *err) {
        const char *path = room->result->evidence[0].path;
        PF_AUTO_BUF PfBuf records = PF_BUF_INIT(RECORDS_MAX_BYTES);
        PfCandidate *candidate;
        PfEdit *edit;
        int r = pf_target_read(room->target, path, RECORDS_MAX_BYTES, &records, err);

        if (r == -EFBIG)
                return pf_proposal_refuse(proposal,
                                          "%s is too large to be written anew: %s --user "
                                          "%s --reset",
                                          path, counter->module, room->demand->account);
        if (r == PF_TARGET_ABSENT)
                return pf_proposal_refuse(proposal, "%s is not there any more", path);
        if (r == 0 && counter->is_own)
                records.n = 0;
        else if (r == 0)
                r = clear_record(room, counter, &records, err);
        if (r == 0)
                r = pf_proposal_add(proposal, &candidate, "the failed logins of %s are forgotten",
                                    room->demand->account);
        if (r == 0)
                r = pf_candidate_put(candidate, path, records.data, records.n, &edit);
        if (r == 0)
                edit->is_binary = true;
        return r;
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        const Counter *counter = find_counter(room->result);

        if (!counter)
                return pf_proposal_refuse(proposal, "what locks %s is no count of failed logins",
                                          room->demand->account);
        return offer(room, counter, proposal, err);
}

const PfRemedy pf_remedy_locked_out = {
        .check = "account.locked-out",
        .wont = "It clears the count of failed logins, and unlocks no password, no expired account "
                "and no shell; a stored password that is wrong locks the account again",
        .propose = propose,
};
