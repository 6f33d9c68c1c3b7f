/* SPDX-License-Identifier: MIT */
/* The history does not grow for ever; what can still be undone, and matters, is kept. */
#include "daemon/remedy/transaction-internal.h"

#include "daemon/base/clock.h"

static bool may_go(const PfTransaction *transaction, bool is_among_newest, uint64_t age_usec,
                   uint64_t now_usec) {
        uint64_t ended = transaction->ended_usec;
        /* The clock may be set. */
        bool is_old = age_usec > 0 && ended < now_usec && now_usec - ended > age_usec;

        switch (transaction->state) {
        case PF_TRANSACTION_UNDONE:
        case PF_TRANSACTION_ROLLED_BACK:
                return is_old || !is_among_newest;
        case PF_TRANSACTION_APPLIED:
        case PF_TRANSACTION_CONFLICT: /* it keeps what a file was before */
                return is_old && !transaction->lease;
        default:
                return false;
        }
}

int pf_transactions_prune(PfTransactions *transactions, uint64_t age_usec, size_t keep,
                          PfErr *err) {
        uint64_t now_usec = pf_clock_realtime_usec();
        PfTransaction **list = NULL;
        size_t n = 0;
        int first = pf_transactions_list(transactions, &list, &n, err);

        for (size_t i = 0; i < n; i++) {
                int r = 0;

                if (may_go(list[i], n - i <= keep, age_usec, now_usec))
                        r = pf_journal_forget(&transactions->journal, list[i]->id, err);
                first = first < 0 ? first : r;
                (void) pf_transaction_free(list[i]);
        }
        free(list);
        return first;
}
