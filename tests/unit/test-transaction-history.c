/* SPDX-License-Identifier: MIT */
/* What is kept of changes: what is damaged or not ours among it, and for how long. */
#include "tests/support/transaction-case.h"

#include "daemon/remedy/transaction-internal.h"

/* What is damaged or not ours is named, left alone, and hides nothing. */
START_TEST(damage) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        const PfStrv *complaints;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        pf_sandbox_write(&box, PF_TRANSACTIONS_PATH "/20200101T000000Z-0000/manifest.json", "{");
        pf_sandbox_write(&box, PF_TRANSACTIONS_PATH "/20200101T000001Z-0000", "a file");
        pf_sandbox_write(&box, PF_TRANSACTIONS_PATH "/notes", "mine");
        pf_sandbox_mkfifo(&box, PF_TRANSACTIONS_PATH "/20200101T000002Z-0000/manifest.json");
        for (int i = 0; i < 2; i++) {
                check_history(transactions, "applied");
                complaints = pf_transactions_complaints(transactions);
                ck_assert_uint_eq(complaints->n, 4);
                ck_assert_ptr_nonnull(strstr(complaints->items[0], "notes"));
                ck_assert_ptr_nonnull(strstr(complaints->items[1], "20200101T000000Z-0000"));
                transactions = pf_transactions_free(transactions);
                transactions = open_them();
        }
        ck_assert_int_eq(pf_transactions_undo(transactions, "20200101T000000Z-0000", "root", &err),
                         -EINVAL);
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        check_file(PF_TRANSACTIONS_PATH "/notes", "mine");
}
END_TEST

/* What holds something that we did not put there is left, and hinders nobody. */
START_TEST(foreign_inside) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL, *leftover = NULL;

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        leftover = journal_path(id, "manifest.json.new/x");
        pf_sandbox_write(&box, PF_TRANSACTIONS_PATH "/20200101T000000Z-0000/mine/x", "mine");
        pf_sandbox_write(&box, leftover, "mine");
        transactions = pf_transactions_free(transactions);
        transactions = open_them();
        ck_assert_uint_eq(pf_transactions_complaints(transactions)->n, 2);
        check_history(transactions, "applied");
        check_file(PF_TRANSACTIONS_PATH "/20200101T000000Z-0000/mine/x", "mine");
}
END_TEST

START_TEST(pruned_by_number) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *kept = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        kept = applied_id(transactions, change_to("b\n"));
        for (int i = 0; i < 3; i++) {
                PF_AUTO_FREE char *id = applied_id(transactions, change_to("c\n"));

                ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        }
        ck_assert_int_eq(pf_transactions_prune(transactions, 3600000000, 1, &err), 0);
        check_history(transactions, "applied undone"); /* an applied one stays: it can be undone */
        ck_assert_int_eq(pf_transactions_undo(transactions, kept, "root", &err), 0);
        ck_assert_int_eq(pf_transactions_prune(transactions, 3600000000, 0, &err), 0);
        check_history(transactions, "");
        ck_assert_uint_eq(count_names(PF_TRANSACTIONS_PATH), 1);
}
END_TEST

/* An age of nothing, and a moment later all are older. */
START_TEST(pruned_by_age) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *first = NULL, *lease = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        first = applied_id(transactions, change_to("b\n"));
        pf_sandbox_write(&box, "/etc/changed", "old\n");
        lease = lease_id(transactions);
        edit_manifest(first, "\"endedUSec\":", "\"endedUSec\": 1, \"was\":");
        edit_manifest(lease, "\"endedUSec\":", "\"endedUSec\": 1, \"was\":");
        ck_assert_int_eq(pf_transactions_prune(transactions, 0, 0, &err), 0);
        check_history(transactions, "applied applied"); /* 0: for ever */
        ck_assert_int_eq(pf_transactions_prune(transactions, 3600000000, 10, &err), 0);
        check_history(transactions, "applied"); /* the lease, which is open */
        end_lease(transactions, lease, 0);
        edit_manifest(lease, "\"endedUSec\":", "\"endedUSec\": 1, \"was\":");
        ck_assert_int_eq(pf_transactions_prune(transactions, 3600000000, 10, &err), 0);
        check_history(transactions, "");
}
END_TEST

/* Names sort by time, also where the clock went back, and within one second. */
START_TEST(names) {
        static const char *const newest[] = { NULL, "20261123T101459Z-ffff",
                                              "20261123T101500Z-0000", "20991231T235959Z-ffff" };
        static const char *const wanted[] = { "20261123T101500Z-", "20261123T101500Z-",
                                              "20261123T101501Z-", "21000101T000000Z-" };
        const uint64_t now_usec = UINT64_C(1795428900000000);
        char id[PF_JOURNAL_ID_SIZE];
        PfErr err = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(newest); i++) {
                PF_AUTO_STRV PfStrv ids = { 0 };

                if (newest[i])
                        ck_assert_int_eq(pf_strv_add(&ids, newest[i]), 0);
                ck_assert_int_eq(pf_journal_new_id(&ids, now_usec, id, &err), 0);
                ck_assert_msg(strncmp(id, wanted[i], 17) == 0, "%s", id);
                ck_assert(pf_journal_is_id(id));
        }
}
END_TEST

START_TEST(no_name_is_left) {
        static const char *const newest[] = { "99991231T235959Z-0000", "20269923T101500Z-0000" };
        char id[PF_JOURNAL_ID_SIZE];

        for (size_t i = 0; i < PF_ELEMENTS(newest); i++) {
                PF_AUTO_STRV PfStrv ids = { 0 };
                PfErr err = { 0 };

                ck_assert_int_eq(pf_strv_add(&ids, newest[i]), 0);
                ck_assert_int_eq(pf_journal_new_id(&ids, UINT64_C(1795428900000000), id, &err),
                                 -EOVERFLOW);
                ck_assert_msg(strstr(err.text, newest[i]), "%s", err.text);
        }
}
END_TEST

START_TEST(no_names) {
        static const char *const others[] = { "",
                                              "20261123T101500Z-1f3",
                                              "20261123T101500Z-1f3ag",
                                              "20261123T101500Z-1f3A",
                                              "20261123 101500Z-1f3a",
                                              "x0261123T101500Z-1f3a" };

        for (size_t i = 0; i < PF_ELEMENTS(others); i++)
                ck_assert_msg(!pf_journal_is_id(others[i]), "%s", others[i]);
        ck_assert(pf_journal_is_id("20261123T101500Z-1f3a"));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("transaction-history");

        use_memory();
        PF_TEST(suite, damage);
        PF_TEST(suite, foreign_inside);
        PF_TEST(suite, pruned_by_number);
        PF_TEST(suite, pruned_by_age);
        PF_TEST(suite, names);
        PF_TEST(suite, no_name_is_left);
        PF_TEST(suite, no_names);
        return pf_test_main(suite);
}
