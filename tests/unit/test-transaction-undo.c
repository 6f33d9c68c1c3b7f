/* SPDX-License-Identifier: MIT */
/*
 * The way back: undo, what is in its way, what a kill left, the end of a lease, and the history.
 */
#include "tests/support/transaction-case.h"

#include "daemon/remedy/lease.h"
#include "daemon/remedy/transaction-internal.h"

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

static PfPlan *change_to(const char *text) {
        PfPlan *plan = pf_make_plan();

        pf_make_text(plan, box.root, "/etc/changed", text);
        return plan;
}

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

/* Sparse, and larger than anybody waits for. */
static void make_huge(const char *path) {
        PF_AUTO_FREE char *place = pf_sandbox_path(&box, path);

        ck_assert_int_eq(truncate(place, (off_t) 1 << 43), 0);
}

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

/* ---- what a kill left ---- */

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

/* ---- leases ---- */

#define BLOCK PF_LEASE_BEGIN "\nMatch User root\n" PF_LEASE_END "\n"

static char *lease_id(PfTransactions *transactions) {
        PfPlan *plan = pf_make_plan();

        pf_make_text(plan, box.root, "/etc/changed", "old\n" BLOCK);
        pf_make_text(plan, box.root, "/etc/made", BLOCK);
        pf_make_action(plan, PF_ACTION_RELOAD, "ssh.service");
        pf_make_lease(plan, "root", "192.0.2.7", 60000000);
        return applied_id(transactions, plan);
}

/* Cuts from the first to the last line of the block. */
static int cut(const char *now, size_t n, const char *after, size_t n_after, PfBuf *rest) {
        const char *begin = strstr(now, PF_LEASE_BEGIN), *end = strstr(now, PF_LEASE_END "\n");

        if (!strstr(after, PF_LEASE_BEGIN) || strlen(after) != n_after || strlen(now) != n)
                return -EINVAL;
        if (!begin || !end)
                return PF_TRANSACTION_CUT_LEAVE;
        end += strlen(PF_LEASE_END "\n");
        if (begin == now && !*end)
                return PF_TRANSACTION_CUT_REMOVE;
        if (pf_buf_add(rest, now, (size_t) (begin - now)) < 0 || pf_buf_add_string(rest, end) < 0)
                return -ENOMEM;
        return PF_TRANSACTION_CUT_REPLACE;
}

static void end_lease(PfTransactions *transactions, const char *id, int wanted) {
        PfErr err = { 0 };
        int r = pf_transactions_end_lease(transactions, id, "remedyd", cut, &err);

        ck_assert_msg(r == wanted, "%d: %s", r, err.text);
}

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

/* ---- the history ---- */

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

static void add_loop(Suite *suite, const char *name, const TTest *test, size_t n) {
        TCase *tcase = tcase_create(name);

        tcase_add_loop_test(tcase, test, 0, (int) n);
        suite_add_tcase(suite, tcase);
}

int main(void) {
        Suite *suite = suite_create("transaction-undo");

        use_memory();
        PF_TEST(suite, undone);
        PF_TEST(suite, unknown);
        PF_TEST(suite, a_service_stays);
        add_loop(suite, "edited_since", edited_since, PF_ELEMENTS(edits));
        PF_TEST(suite, another_way);
        PF_TEST(suite, put_back_by_hand);
        PF_TEST(suite, two_on_one_file);
        add_loop(suite, "damaged_copy", damaged_copy, 2);
        PF_TEST(suite, huge_copy);
        PF_TEST(suite, was_being_applied);
        PF_TEST(suite, was_about_to_be_applied);
        PF_TEST(suite, was_being_undone);
        PF_TEST(suite, was_prepared);
        PF_TEST(suite, was_not_written_down);
        PF_TEST(suite, was_interrupted_and_edited);
        add_loop(suite, "was_interrupted_and_damaged", was_interrupted_and_damaged, 2);
        PF_TEST(suite, was_interrupted_at_a_huge_file);
        PF_TEST(suite, lease_ends);
        PF_TEST(suite, lease_is_undone);
        PF_TEST(suite, lease_without_what_was_laid);
        PF_TEST(suite, lease_in_edited_files);
        add_loop(suite, "lease_in_an_edited_file", lease_in_an_edited_file,
                 PF_ELEMENTS(lease_edits));
        PF_TEST(suite, lease_with_damaged_copies);
        PF_TEST(suite, lease_behind_a_new_link);
        PF_TEST(suite, lease_that_no_service_hears_of);
        PF_TEST(suite, lease_that_was_interrupted);
        PF_TEST(suite, not_a_lease);
        PF_TEST(suite, damage);
        PF_TEST(suite, foreign_inside);
        PF_TEST(suite, pruned_by_number);
        PF_TEST(suite, pruned_by_age);
        PF_TEST(suite, names);
        PF_TEST(suite, no_name_is_left);
        PF_TEST(suite, no_names);
        return pf_test_main(suite);
}
