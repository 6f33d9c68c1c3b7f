/* SPDX-License-Identifier: MIT */
/* The way back on request, and what is in its way. */
#include "tests/support/transaction-case.h"

START_TEST(undone) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        fake.log[0] = '\0';
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "uid 7", &err), 0);
        check_old();
        ck_assert_str_eq(fake.log, "undo start other.service\nundo reload ssh.service\n");
        done = find_transaction(transactions, id);
        ck_assert_int_eq(done->state, PF_TRANSACTION_UNDONE);
        ck_assert_str_eq(done->who, "root");
        ck_assert_str_eq(done->undone_by, "uid 7");

        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err),
                         PF_TRANSACTION_NOT_APPLIED);
        check_old();
}
END_TEST

START_TEST(unknown) {
        static const char *const ids[] = { "20200101T000000Z-0000", "../x", "", ".lock", "." };
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;

        new_machine();
        transactions = open_them();
        for (size_t i = 0; i < PF_ELEMENTS(ids); i++) {
                PfErr err = { 0 };

                ck_assert_int_eq(pf_transactions_undo(transactions, ids[i], "root", &err),
                                 PF_TRANSACTION_ABSENT);
        }
}
END_TEST

/* It is told: the files are old, and a service does not know. */
START_TEST(a_service_stays) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        fake.undo = -EIO;
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(err.text, "reload of ssh.service could not be taken back"));
        check_old();
        check_history(transactions, "undone");
}
END_TEST

static const char twelve[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";

typedef struct Edited {
        const char *path, *text; /* NULL: removed */
        const char *wanted;
} Edited;

static const Edited edits[] = {
        { "/etc/long", "1\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n11\n12\n", "edited since, line 4;" },
        { "/etc/long", "1\nx\n3\n4\n5\n6\n7\na\nb\nc\n9\n10\n11\n12\n",
          "edited since, line 2, lines 8-10;" },
        { "/etc/long", "1\n2\n5\n6\n7\n8\n9\n10\n11\n12\n", "edited since, before line 3;" },
        { "/etc/long", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\nmore\n", "edited since, line 13;" },
        { "/etc/changed", NULL, "/etc/changed: was edited since: it was removed;" },
        { "/etc/removed", "again\n", "/etc/removed: was edited since: it was made anew;" },
};

/* Nothing at all is changed. */
START_TEST(edited_since) {
        const Edited *edit = &edits[_i];
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfPlan *plan;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        plan = new_plan();
        pf_make_text(plan, box.root, "/etc/long", twelve);
        id = applied_id(transactions, plan);
        if (edit->text)
                pf_sandbox_write(&box, edit->path, edit->text);
        else
                pf_sandbox_remove(&box, edit->path);
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err),
                         PF_TRANSACTION_EDITED);
        ck_assert_msg(strstr(err.text, edit->wanted), "no \"%s\" in: %s", edit->wanted, err.text);
        check_file("/etc/made", "made\n");
        check_file(edit->path, edit->text);
        check_history(transactions, "applied");
}
END_TEST

/* A directory on the way that became a link leads nowhere. */
START_TEST(another_way) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL, *etc = NULL, *moved = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        etc = pf_sandbox_path(&box, "/etc");
        moved = pf_sandbox_path(&box, "/etc.moved");
        ck_assert_int_eq(rename(etc, moved), 0);
        pf_sandbox_symlink(&box, "/etc.moved", "/etc");
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err),
                         PF_TRANSACTION_EDITED);
        ck_assert_ptr_nonnull(strstr(err.text, "the way to it is another now"));
        check_file("/etc.moved/changed", "new\n");
}
END_TEST

/* What is as it was before by somebody else's doing is no reason to refuse. */
START_TEST(put_back_by_hand) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        pf_sandbox_write(&box, "/etc/changed", "old\n");
        pf_sandbox_remove(&box, "/etc/made");
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        check_old();
}
END_TEST

START_TEST(two_on_one_file) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *first = NULL, *second = NULL, *third = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        first = applied_id(transactions, change_to("b\n"));
        second = applied_id(transactions, change_to("c\n"));
        third = applied_id(transactions, change_to("b\n")); /* what the first made of it */
        ck_assert_int_lt(strcmp(first, second), 0);
        ck_assert_int_lt(strcmp(second, third), 0);
        ck_assert_int_eq(pf_transactions_undo(transactions, first, "root", &err),
                         PF_TRANSACTION_EDITED);
        ck_assert_msg(strstr(err.text, third), "%s", err.text);
        ck_assert_int_eq(pf_transactions_undo(transactions, third, "root", &err), 0);
        err = (PfErr){ 0 };
        ck_assert_int_eq(pf_transactions_undo(transactions, first, "root", &err),
                         PF_TRANSACTION_EDITED);
        ck_assert_msg(strstr(err.text, second), "%s", err.text);
        ck_assert_int_eq(pf_transactions_undo(transactions, second, "root", &err), 0);
        check_file("/etc/changed", "b\n");
        ck_assert_int_eq(pf_transactions_undo(transactions, first, "root", &err), 0);
        check_old();
        check_history(transactions, "undone undone undone");
}
END_TEST

/* What the disk, or somebody, made of a copy is not what the file held: nothing is changed. */
START_TEST(damaged_copy) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL, *copy = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        copy = journal_path(id, "before-0000");
        pf_sandbox_write(&box, copy, _i ? "" : "other\n");
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), -EIO);
        ck_assert_msg(strstr(err.text, "before-0000 is not what it held"), "%s", err.text);
        check_new();
        check_history(transactions, "applied");
}
END_TEST

START_TEST(huge_copy) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL, *copy = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        copy = journal_path(id, "before-0000");
        make_huge(copy);
        ck_assert_int_lt(pf_transactions_undo(transactions, id, "root", &err), 0);
        check_new();
        check_history(transactions, "applied");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("transaction-undo");

        use_memory();
        PF_TEST(suite, undone);
        PF_TEST(suite, unknown);
        PF_TEST(suite, a_service_stays);
        PF_TEST_LOOP(suite, edited_since, PF_ELEMENTS(edits));
        PF_TEST(suite, another_way);
        PF_TEST(suite, put_back_by_hand);
        PF_TEST(suite, two_on_one_file);
        PF_TEST_LOOP(suite, damaged_copy, 2);
        PF_TEST(suite, huge_copy);
        return pf_test_main(suite);
}
