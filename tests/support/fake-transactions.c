/* SPDX-License-Identifier: MIT */
#include "tests/support/fake-transactions.h"

#include <check.h>
#include <errno.h>
#include <string.h>

void fake_transactions_reset(FakeTransactions *fake) {
        *fake = (FakeTransactions){ 0 };
}

void fake_transactions_add(FakeTransactions *fake, const char *id, PfTransactionState state,
                           const PfTransactionLease *lease) {
        ck_assert_uint_lt(fake->n, FAKE_TRANSACTIONS_MAX);
        (void) snprintf(fake->items[fake->n].id, sizeof(fake->items[0].id), "%s", id);
        fake->items[fake->n].state = state;
        fake->items[fake->n].has_lease = lease != NULL;
        if (lease)
                fake->items[fake->n].lease = *lease;
        fake->n++;
}

PfTransactions *fake_transactions(FakeTransactions *fake) {
        return (PfTransactions *) fake;
}

PfTransaction *pf_transaction_free(PfTransaction *transaction) {
        if (!transaction)
                return NULL;
        free(transaction->id);
        free(transaction->lease);
        free(transaction);
        return NULL;
}

int pf_transactions_list(PfTransactions *transactions, PfTransaction ***ret, size_t *ret_n,
                         PfErr *err) {
        FakeTransactions *fake = (FakeTransactions *) transactions;

        if (fake->list_error < 0)
                return pf_err_set(err, fake->list_error, "it cannot be read");
        *ret = calloc(fake->n, sizeof(**ret));
        ck_assert(*ret || fake->n == 0);
        for (size_t i = 0; i < fake->n; i++) {
                PfTransaction *item = calloc(1, sizeof(*item));

                ck_assert_ptr_nonnull(item);
                item->id = strdup(fake->items[i].id);
                item->state = fake->items[i].state;
                if (fake->items[i].has_lease) {
                        item->lease = malloc(sizeof(*item->lease));
                        ck_assert_ptr_nonnull(item->lease);
                        *item->lease = fake->items[i].lease;
                }
                (*ret)[i] = item;
        }
        *ret_n = fake->n;
        return 0;
}

int pf_transactions_end_lease(PfTransactions *transactions, const char *id, const char *who,
                              PfTransactionCutter cut, PfErr *err) {
        FakeTransactions *fake = (FakeTransactions *) transactions;
        size_t n = strlen(fake->ended);

        ck_assert_ptr_nonnull(who);
        ck_assert_ptr_nonnull((void *) cut);
        if (fake->fails && strcmp(id, fake->fails) == 0)
                return pf_err_set(err, fake->error, "%s: it fails", id);
        for (size_t i = 0; i < fake->n; i++)
                if (strcmp(id, fake->items[i].id) == 0)
                        fake->items[i].state = PF_TRANSACTION_UNDONE;
        (void) snprintf(fake->ended + n, sizeof(fake->ended) - n, "%s ", id);
        return 0;
}
