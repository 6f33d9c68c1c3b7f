/* SPDX-License-Identifier: MIT */
/* When a lease is over, and ending those that are. */
#include "daemon/remedy/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id" /* random(4) */
#define BOOT_ID_LENGTH 36

static int read_boot_id(char ret[static 40], PfErr *err) {
        PF_AUTO_CLOSE int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        n = fd < 0 ? -1 : read(fd, ret, BOOT_ID_LENGTH);
        if (n < 0)
                return pf_err_errno(err, -errno, "%s", BOOT_ID_PATH);
        if (n != BOOT_ID_LENGTH)
                return pf_err_set(err, -EIO, "%s: no boot ID", BOOT_ID_PATH);
        ret[n] = '\0';
        return 0;
}

int pf_lease_clock_read(PfLeaseClock *ret, PfErr *err) {
        PfLeaseClock clock = { .real_usec = pf_clock_realtime_usec() };
        struct timespec boot;
        int r;

        if (clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
                return pf_err_errno(err, -errno, "CLOCK_BOOTTIME");
        clock.boot_usec = (uint64_t) boot.tv_sec * 1000000 + (uint64_t) boot.tv_nsec / 1000;
        r = read_boot_id(clock.boot_id, err);
        if (r < 0)
                return r;
        *ret = clock;
        return 0;
}

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
