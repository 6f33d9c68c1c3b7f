/* SPDX-License-Identifier: MIT */
/* When a lease is over, and ending those that are. */
#include "daemon/remedy/lease.h"

#include <string.h>

/* A deadline that no lease can have was never set by us: it is no reason to wait. */
uint64_t pf_lease_left_usec(const PfTransactionLease *lease, const PfLeaseClock *now) {
        uint64_t left_usec;

        if (!lease->boot_id[0] || strcmp(lease->boot_id, now->boot_id) != 0 ||
            lease->deadline_boot_usec <= now->boot_usec)
                return 0;
        left_usec = lease->deadline_boot_usec - now->boot_usec;
        return left_usec <= PF_LEASE_MAX_USEC ? left_usec : 0;
}

void pf_lease_begin(PfTransactionLease *lease, const PfLeaseClock *now) {
        memcpy(lease->boot_id, now->boot_id, sizeof(lease->boot_id));
        lease->deadline_boot_usec = now->boot_usec + lease->scope.duration_usec;
        lease->deadline_real_usec = now->real_usec + lease->scope.duration_usec;
}

/* Also one that somebody's edits kept from being undone: its lines may be there. */
bool pf_lease_is_open(const PfTransaction *transaction) {
        return transaction->lease && (transaction->state == PF_TRANSACTION_APPLIED ||
                                      transaction->state == PF_TRANSACTION_REVERTING ||
                                      transaction->state == PF_TRANSACTION_CONFLICT);
}

/* Somebody asked for its end, which could not be made yet: its time is over before its deadline. */
static bool is_being_ended(const PfTransaction *transaction) {
        return transaction->state == PF_TRANSACTION_REVERTING;
}

static int end(PfTransactions *transactions, const PfTransaction *transaction, bool all,
               PfErr *err) {
        const char *who = all ? "preflight-remedyd: no lease is to stay open"
                              : "preflight-remedyd: the lease is over";
        int r;

        if (is_being_ended(transaction) && transaction->undone_by)
                who = transaction->undone_by;
        r = pf_transactions_end_lease(transactions, transaction->id, who, pf_lease_cut, err);
        /* What has ended before is no matter. */
        return r < 0 || r == PF_TRANSACTION_COVERED ? r : 0;
}

int pf_leases_expire(PfTransactions *transactions, const PfLeaseClock *now, bool all,
                     uint64_t *ret_next_usec, PfErr *err) {
        PfTransaction **list = NULL;
        uint64_t next_usec = UINT64_MAX;
        size_t n = 0;
        bool is_covered = false;
        int first = 0;
        int r;

        r = pf_transactions_list(transactions, &list, &n, err);
        if (r < 0) {
                first = r;
                next_usec = 0;
        }
        for (size_t i = 0; i < n; i++) {
                uint64_t left_usec = 0;

                r = 0;
                if (pf_lease_is_open(list[i])) {
                        left_usec = all || is_being_ended(list[i])
                                            ? 0
                                            : pf_lease_left_usec(list[i]->lease, now);
                        if (left_usec == 0)
                                r = end(transactions, list[i], all, err);
                        if (r == PF_TRANSACTION_COVERED)
                                left_usec = PF_LEASE_COVERED_USEC;
                        is_covered = is_covered || r == PF_TRANSACTION_COVERED;
                        if ((left_usec > 0 || r < 0) && left_usec < next_usec)
                                next_usec = left_usec;
                }
                if (r < 0 && first == 0)
                        first = r;
                (void) pf_transaction_free(list[i]);
        }
        free(list);
        if (ret_next_usec)
                *ret_next_usec = next_usec;
        return first == 0 && is_covered ? PF_LEASES_COVERED : first;
}
