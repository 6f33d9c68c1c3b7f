/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/transaction.h"

/*
 * Transactions that are only a list in memory, in place of those of
 * daemon/remedy/transaction.h: for tests of who calls them.
 */
#define FAKE_TRANSACTIONS_MAX 8

typedef struct FakeTransactions {
        struct {
                char id[32];
                PfTransactionState state;
                bool has_lease;
                PfTransactionLease lease;
        } items[FAKE_TRANSACTIONS_MAX];
        size_t n;
        char ended[256];   /* the IDs that pf_transactions_end_lease() was called for */
        const char *fails; /* the ID whose lease cannot be ended, and how */
        int error;
        int list_error; /* the list cannot be read */
} FakeTransactions;

void fake_transactions_reset(FakeTransactions *fake);
void fake_transactions_add(FakeTransactions *fake, const char *id, PfTransactionState state,
                           const PfTransactionLease *lease);

/* As what the functions of transaction.h take. */
PfTransactions *fake_transactions(FakeTransactions *fake);
