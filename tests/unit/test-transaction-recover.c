/* SPDX-License-Identifier: MIT */
/* What a kill left in the middle of a change, and the next opening makes of it. */
#include "tests/support/transaction-case.h"

/* The files as they are half-way: some new, some old, something staged. */
static char *interrupt(const char *state) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_them();
        PF_AUTO_FREE char *id = applied_id(transactions, new_plan());
        PF_AUTO_FREE char *staged = NULL, *leftover = journal_path(id, "manifest.json.new");

        edit_manifest(id, "\"applied\"", state);
        pf_sandbox_write(&box, "/etc/removed", "gone soon\n");
        ck_assert_int_gt(asprintf(&staged, "/etc/.preflightd-%s-0001-again", id), 0);
        pf_sandbox_write(&box, staged, "ma");
        pf_sandbox_write(&box, leftover, "{");
        fake.log[0] = '\0';
        return PF_STEAL(id);
}

START_TEST(was_being_applied) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_AUTO_FREE char *id = NULL, *directory = NULL;

        new_machine();
        id = interrupt("\"applying\"");
        transactions = open_them();
        check_old();
        ck_assert_str_eq(fake.log, "undo start other.service\nundo reload ssh.service\n");
        done = find_transaction(transactions, id);
        ck_assert_int_eq(done->state, PF_TRANSACTION_ROLLED_BACK);
        ck_assert_str_eq(done->text, "it was interrupted");
        directory = journal_path(id, "");
        ck_assert_uint_eq(count_names(directory), 5); /* two before, two after, the manifest */
}
END_TEST

/* Nothing was begun yet: no service is bothered. */
START_TEST(was_about_to_be_applied) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        id = interrupt("\"applying\"");
        edit_manifest(id, "\"begun\": 2", "\"begun\": 0");
        pf_sandbox_write(&box, "/etc/changed", "old\n");
        pf_sandbox_remove(&box, "/etc/made");
        transactions = open_them();
        check_old();
        ck_assert_str_eq(fake.log, "");
        check_history(transactions, "rolled-back");
}
END_TEST

START_TEST(was_being_undone) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        id = interrupt("\"reverting\"");
        edit_manifest(id, "\"goal\": \"rolled-back\"", "\"goal\": \"undone\"");
        transactions = open_them();
        ck_assert_uint_eq(pf_transactions_complaints(transactions)->n, 1);
        ck_assert_ptr_nonnull(
                strstr(pf_transactions_complaints(transactions)->items[0], "is undone"));
        check_old();
        check_history(transactions, "undone");
}
END_TEST

START_TEST(was_prepared) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        id = applied_id(transactions = open_them(), change_to("new\n"));
        transactions = pf_transactions_free(transactions);
        pf_sandbox_write(&box, "/etc/changed", "old\n");
        edit_manifest(id, "\"applied\"", "\"prepared\"");
        transactions = open_them();
        check_history(transactions, "");
        ck_assert_uint_eq(count_names(PF_TRANSACTIONS_PATH), 1);
}
END_TEST

/* A directory without a manifest, with or without what was to come before it. */
START_TEST(was_not_written_down) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;

        new_machine();
        pf_transactions_free(open_them());
        pf_sandbox_mkdir(&box, PF_TRANSACTIONS_PATH "/20200101T000000Z-0000");
        pf_sandbox_write(&box, PF_TRANSACTIONS_PATH "/20200101T000001Z-0000/before-0000", "x");
        pf_sandbox_write(&box, PF_TRANSACTIONS_PATH "/20200101T000001Z-0000/manifest.json.new", "");
        transactions = open_them();
        ck_assert_uint_eq(count_names(PF_TRANSACTIONS_PATH), 1);
}
END_TEST

/* It cannot be taken back, since somebody has the file: it is said, and nothing is lost. */
START_TEST(was_interrupted_and_edited) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_AUTO_FREE char *id = NULL, *kept = NULL;

        new_machine();
        id = interrupt("\"applying\"");
        pf_sandbox_write(&box, "/etc/changed", "somebody's\n");
        transactions = open_them();
        done = find_transaction(transactions, id);
        ck_assert_int_eq(done->state, PF_TRANSACTION_CONFLICT);
        check_file("/etc/changed", "somebody's\n");
        check_file("/etc/made", NULL);
        kept = journal_path(id, "before-0000");
        check_file(kept, "old\n");
}
END_TEST

/* A file that is neither stays what it is, and the others become old. */
START_TEST(was_interrupted_and_damaged) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_AUTO_FREE char *id = NULL, *copy = NULL;

        new_machine();
        id = interrupt("\"applying\"");
        copy = journal_path(id, "before-0000");
        if (_i)
                make_huge(copy);
        else
                pf_sandbox_write(&box, copy, "other\n");
        transactions = open_them();
        done = find_transaction(transactions, id);
        ck_assert_int_eq(done->state, PF_TRANSACTION_CONFLICT);
        ck_assert_msg(strstr(done->text, "is not what it held"), "%s", done->text);
        check_file("/etc/changed", "new\n");
        check_file("/etc/made", NULL);
        ck_assert_uint_eq(count_names("/etc"), 3);
}
END_TEST

START_TEST(was_interrupted_at_a_huge_file) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        id = interrupt("\"applying\"");
        make_huge("/etc/changed");
        transactions = open_them();
        check_history(transactions, "conflict");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("transaction-recover");

        use_memory();
        PF_TEST(suite, was_being_applied);
        PF_TEST(suite, was_about_to_be_applied);
        PF_TEST(suite, was_being_undone);
        PF_TEST(suite, was_prepared);
        PF_TEST(suite, was_not_written_down);
        PF_TEST(suite, was_interrupted_and_edited);
        PF_TEST_LOOP(suite, was_interrupted_and_damaged, 2);
        PF_TEST(suite, was_interrupted_at_a_huge_file);
        return pf_test_main(suite);
}
