/* SPDX-License-Identifier: MIT */
/* The end of a lease, come what may. */
#include "tests/support/transaction-case.h"

/* The file as it was is there beside the new one, and takes its place. */
START_TEST(lease_ends) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL, *laid = NULL, *path = NULL;
        struct stat before, after;

        new_machine();
        transactions = open_them();
        id = lease_id(transactions);
        ck_assert_uint_eq(count_names("/etc"), 5);
        ck_assert_int_gt(asprintf(&laid, "%s/etc/.preflightd-%s-0000-before", box.root, id), 0);
        ck_assert_int_eq(stat(laid, &before), 0);
        end_lease(transactions, id, 0);
        path = pf_sandbox_path(&box, "/etc/changed");
        ck_assert_int_eq(stat(path, &after), 0);
        ck_assert_uint_eq(after.st_ino, before.st_ino);
        check_old();
        check_history(transactions, "undone");
        end_lease(transactions, id, PF_TRANSACTION_NOT_APPLIED);
}
END_TEST

START_TEST(lease_is_undone) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        id = lease_id(transactions);
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        check_old();
        check_history(transactions, "undone");
}
END_TEST

/* Somebody tampered with what was laid there, or took it away: the journal has it, too. */
START_TEST(lease_without_what_was_laid) {
        for (int i = 0; i < 2; i++) {
                PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
                PF_AUTO_FREE char *id = NULL, *laid = NULL;

                new_machine();
                transactions = open_them();
                id = lease_id(transactions);
                ck_assert_int_gt(asprintf(&laid, "/etc/.preflightd-%s-0000-before", id), 0);
                if (i == 0)
                        pf_sandbox_remove(&box, laid);
                else
                        pf_sandbox_write(&box, laid, "PermitRootLogin yes\n");
                end_lease(transactions, id, 0);
                check_old();
        }
}
END_TEST

START_TEST(lease_in_edited_files) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        transactions = open_them();
        id = lease_id(transactions);
        pf_sandbox_write(&box, "/etc/changed", "mine\n" BLOCK "and mine\n");
        end_lease(transactions, id, 0);
        check_file("/etc/changed", "mine\nand mine\n");
        check_file("/etc/made", NULL);
        ck_assert_uint_eq(count_names("/etc"), 3);
        check_history(transactions, "undone");
}
END_TEST

typedef struct Edited {
        const char *path, *text; /* NULL: removed */
        const char *wanted;      /* what it holds once the lease has ended */
} Edited;

static const Edited lease_edits[] = {
        { "/etc/made", BLOCK BLOCK, BLOCK },         /* one is cut; who cuts decides how many */
        { "/etc/made", "all mine\n", "all mine\n" }, /* nothing of it is left */
        { "/etc/made", NULL, NULL },
        { "/etc/changed", BLOCK, NULL }, /* nothing else is left */
};

START_TEST(lease_in_an_edited_file) {
        const Edited *edit = &lease_edits[_i];
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        transactions = open_them();
        id = lease_id(transactions);
        if (edit->text)
                pf_sandbox_write(&box, edit->path, edit->text);
        else
                pf_sandbox_remove(&box, edit->path);
        end_lease(transactions, id, 0);
        check_file(edit->path, edit->wanted);
        check_history(transactions, "undone");
}
END_TEST

/* Nor can what the file held before be had: the lease goes all the same. */
START_TEST(lease_with_damaged_copies) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL, *copy = NULL, *laid = NULL;

        new_machine();
        transactions = open_them();
        id = lease_id(transactions);
        copy = journal_path(id, "before-0000");
        pf_sandbox_write(&box, copy, "other\n");
        ck_assert_int_gt(asprintf(&laid, "/etc/.preflightd-%s-0000-before", id), 0);
        pf_sandbox_write(&box, laid, "another\n");
        end_lease(transactions, id, 0);
        check_old();
        check_history(transactions, "undone");
}
END_TEST

/* The path was led elsewhere, to a file with the same lines. */
START_TEST(lease_behind_a_new_link) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        transactions = open_them();
        id = lease_id(transactions);
        pf_sandbox_write(&box, "/srv/elsewhere", "moved\n" BLOCK);
        pf_sandbox_symlink(&box, "/srv/elsewhere", "/etc/changed");
        end_lease(transactions, id, 0);
        check_file("/srv/elsewhere", "moved\n");
        check_file("/etc/made", NULL);
}
END_TEST

/* The files are closed, and the reload is asked for until it happens, by opening as well. */
START_TEST(lease_that_no_service_hears_of) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        transactions = open_them();
        id = lease_id(transactions);
        fake.undo = -EIO;
        end_lease(transactions, id, -EIO);
        check_file("/etc/changed", "old\n");
        check_history(transactions, "reverting");
        end_lease(transactions, id, -EIO);
        transactions = pf_transactions_free(transactions);
        transactions = open_them();
        check_history(transactions, "reverting");
        fake.undo = 0;
        fake.log[0] = '\0';
        end_lease(transactions, id, 0);
        ck_assert_str_eq(fake.log, "undo reload ssh.service\n");
        check_old();
        check_history(transactions, "undone");
}
END_TEST

/* Opening has nobody who cuts: it leaves the lease to who ends it. */
START_TEST(lease_that_was_interrupted) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        transactions = open_them();
        id = lease_id(transactions);
        transactions = pf_transactions_free(transactions);
        edit_manifest(id, "\"applied\"", "\"reverting\"");
        edit_manifest(id, "\"goal\": \"rolled-back\"", "\"goal\": \"undone\"");
        pf_sandbox_write(&box, "/etc/made", "mine\n" BLOCK);
        transactions = open_them();
        check_history(transactions, "reverting");
        check_file("/etc/changed", "old\n");
        check_file("/etc/made", "mine\n" BLOCK);
        end_lease(transactions, id, 0);
        check_file("/etc/made", "mine\n");
        check_history(transactions, "undone");
}
END_TEST

START_TEST(not_a_lease) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        end_lease(transactions, id, -EINVAL);
        end_lease(transactions, "20200101T000000Z-0000", PF_TRANSACTION_ABSENT);
        check_new();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("transaction-lease");

        use_memory();
        PF_TEST(suite, lease_ends);
        PF_TEST(suite, lease_is_undone);
        PF_TEST(suite, lease_without_what_was_laid);
        PF_TEST(suite, lease_in_edited_files);
        PF_TEST_LOOP(suite, lease_in_an_edited_file, PF_ELEMENTS(lease_edits));
        PF_TEST(suite, lease_with_damaged_copies);
        PF_TEST(suite, lease_behind_a_new_link);
        PF_TEST(suite, lease_that_no_service_hears_of);
        PF_TEST(suite, lease_that_was_interrupted);
        PF_TEST(suite, not_a_lease);
        return pf_test_main(suite);
}
