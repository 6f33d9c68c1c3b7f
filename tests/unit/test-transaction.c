/* SPDX-License-Identifier: MIT */
/*
 * Plans that are applied, refused, or taken back because they did not help. Kills are tests/crash,
 * failing calls test-transaction-fault.
 */
#include "tests/support/transaction-case.h"

#include <sys/wait.h>
#include <sys/xattr.h>

#include "daemon/base/sha256.h"
#include "daemon/remedy/lease.h"

START_TEST(applied) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        plan = new_plan();
        done = apply(transactions, plan, 0, &err);
        check_new();
        ck_assert_str_eq(fake.log, "validate\nreload ssh.service\nstart other.service\nverify\n");
        ck_assert_int_eq(done->state, PF_TRANSACTION_APPLIED);
        ck_assert_str_eq(done->who, "root");
        ck_assert_str_eq(done->why, "ssh.access");
        ck_assert_str_eq(done->digest, plan->digest);
        ck_assert_ptr_null(done->text);
        ck_assert(!done->not_validated);
        ck_assert_uint_eq(done->paths.n, 3);
        ck_assert_str_eq(done->steps[0].check, "ssh.access");
        ck_assert_str_eq(done->steps[0].fingerprint, "sha256:0");
        ck_assert_uint_ge(done->ended_usec, done->started_usec);
        ck_assert_uint_gt(done->started_usec, 0);
}
END_TEST

/* What the next process reads is what this one knew. */
START_TEST(history_is_kept) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL, *read = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        plan = new_plan();
        pf_make_lease(plan, "root", "192.0.2.7", 60000000);
        done = apply(transactions, plan, 0, &err);
        transactions = pf_transactions_free(transactions);
        transactions = open_them();
        ck_assert_uint_eq(pf_transactions_complaints(transactions)->n, 0);
        read = find_transaction(transactions, done->id);
        ck_assert_int_eq(read->state, done->state);
        ck_assert_uint_eq(read->started_usec, done->started_usec);
        ck_assert_uint_eq(read->ended_usec, done->ended_usec);
        ck_assert_str_eq(read->who, done->who);
        ck_assert_str_eq(read->why, done->why);
        ck_assert_str_eq(read->digest, done->digest);
        ck_assert_uint_eq(read->n_steps, 1);
        ck_assert_int_eq(read->steps[0].outcome, PF_PLAN_REMEDIED);
        ck_assert_int_eq(read->steps[0].before, PF_FAIL);
        ck_assert_int_eq(read->steps[0].after, PF_PASS);
        ck_assert_str_eq(read->steps[0].summary, "a change");
        ck_assert_str_eq(read->paths.items[2], "/etc/removed");
        ck_assert_str_eq(read->lease->scope.account, "root");
        ck_assert_str_eq(read->lease->scope.source, "192.0.2.7");
        ck_assert_uint_eq(read->lease->scope.duration_usec, 60000000);
        ck_assert_str_eq(read->lease->boot_id, done->lease->boot_id);
        ck_assert_uint_eq(read->lease->deadline_boot_usec, done->lease->deadline_boot_usec);
}
END_TEST

START_TEST(attributes_stay) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PF_AUTO_FREE char *path = NULL;
        struct stat before, after;
        PfErr err = { 0 };
        char value[8] = "";

        new_machine();
        path = pf_sandbox_path(&box, "/etc/changed");
        if (setxattr(path, "user.kept", "yes", 3, 0) < 0)
                return pf_test_skip("no extended attributes here");
        ck_assert_int_eq(stat(path, &before), 0);
        transactions = open_them();
        id = applied_id(transactions, new_plan());
        ck_assert_int_eq(stat(path, &after), 0);
        ck_assert_uint_eq(after.st_mode, before.st_mode);
        ck_assert_int_eq(getxattr(path, "user.kept", value, sizeof(value)), 3);
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        ck_assert_int_eq(stat(path, &after), 0);
        ck_assert_uint_eq(after.st_mode, before.st_mode);
        ck_assert_int_eq(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
        ck_assert_int_eq(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
        ck_assert_int_eq(getxattr(path, "user.kept", value, sizeof(value)), 3);
}
END_TEST

/* A link is followed, and stays. */
START_TEST(through_a_link) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *path = NULL, *id = NULL;
        PfPlan *plan = pf_make_plan();
        struct stat st;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        pf_make_text(plan, box.root, "/srv/real", "better\n");
        free(plan->files[0].edit.path);
        plan->files[0].edit.path = strdup("/etc/linked");
        id = applied_id(transactions, plan);
        check_file("/srv/real", "better\n");
        path = pf_sandbox_path(&box, "/etc/linked");
        ck_assert_int_eq(lstat(path, &st), 0);
        ck_assert(S_ISLNK(st.st_mode));
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        check_file("/srv/real", "real\n");
}
END_TEST

/* What is spooled is not in memory, and is held against its digest first. */
START_TEST(spooled) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfPlan *plan = pf_make_plan();
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        pf_sandbox_write(&box, "/srv/spool", "from a file\n");
        pf_make_text(plan, box.root, "/etc/changed", "from a file\n");
        free(PF_STEAL(plan->files[0].edit.bytes));
        plan->files[0].edit.n = 0;
        plan->files[0].edit.spool = pf_sandbox_path(&box, "/srv/spool");
        id = applied_id(transactions, plan);
        check_file("/etc/changed", "from a file\n");
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        check_file("/etc/changed", "old\n");
}
END_TEST

/* ---- refused: nothing is touched, and nothing is left of it ---- */

static void check_refused(PfTransactions *transactions, const PfPlan *plan, int wanted,
                          const char *text) {
        PfErr err = { 0 };

        ck_assert_ptr_null(apply(transactions, plan, wanted, &err));
        ck_assert_msg(strstr(err.text, text), "no \"%s\" in: %s", text, err.text);
        check_history(transactions, "");
        ck_assert_uint_eq(count_names(PF_TRANSACTIONS_PATH), 1); /* .lock */
}

START_TEST(stale) {
        static const char *const edited[] = { "/etc/changed", "/etc/made", "/etc/removed" };

        for (size_t i = 0; i < PF_ELEMENTS(edited); i++) {
                PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
                PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;

                new_machine();
                transactions = open_them();
                plan = new_plan();
                pf_sandbox_write(&box, edited[i], "meanwhile\n");
                check_refused(transactions, plan, -ENODATA, edited[i]);
                check_file(edited[i], "meanwhile\n");
                ck_assert_str_eq(fake.log, "");
        }
}
END_TEST

START_TEST(gone_meanwhile) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;

        new_machine();
        transactions = open_them();
        plan = new_plan();
        pf_sandbox_remove(&box, "/etc/changed");
        check_refused(transactions, plan, -ENODATA, "plan again");
}
END_TEST

START_TEST(hard_links) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PF_AUTO_FREE char *from = NULL, *to = NULL;

        new_machine();
        from = pf_sandbox_path(&box, "/etc/changed");
        to = pf_sandbox_path(&box, "/srv/other");
        ck_assert_int_eq(link(from, to), 0);
        transactions = open_them();
        plan = new_plan();
        check_refused(transactions, plan, -EMLINK, "has 2 names");
        check_old();
}
END_TEST

START_TEST(one_file_twice) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = pf_make_plan();

        new_machine();
        transactions = open_them();
        pf_make_text(plan, box.root, "/srv/real", "a\n");
        pf_make_text(plan, box.root, "/srv/real", "b\n");
        free(plan->files[1].edit.path);
        plan->files[1].edit.path = strdup("/etc/linked");
        check_refused(transactions, plan, -EINVAL, "is the same file");
        check_file("/srv/real", "real\n");
}
END_TEST

START_TEST(contradiction) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;

        new_machine();
        transactions = open_them();
        plan = new_plan();
        plan->files[0].edit.bytes[0] = 'N';
        check_refused(transactions, plan, -EINVAL, "digest");
        check_old();
}
END_TEST

START_TEST(not_valid) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;

        new_machine();
        transactions = open_them();
        plan = new_plan();
        fake.validate = -EBADMSG;
        check_refused(transactions, plan, -EBADMSG, "line 1: bad");
        check_old();
        ck_assert_str_eq(fake.log, "validate\n");
}
END_TEST

START_TEST(name_without_utf8) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = pf_make_plan();

        new_machine();
        transactions = open_them();
        pf_make_text(plan, box.root, "/etc/\xff", "x");
        check_refused(transactions, plan, -EILSEQ, "UTF-8");
}
END_TEST

START_TEST(nobody_can_validate) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL, *read = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        plan = new_plan();
        fake.validate = -ENOTSUP;
        done = apply(transactions, plan, 0, &err);
        ck_assert(done->not_validated);
        read = find_transaction(transactions, done->id);
        ck_assert(read->not_validated);
}
END_TEST

/* ---- taken back ---- */

typedef struct Failure {
        int act, verify;
        const char *text, *log;
} Failure;

static const Failure failures[] = {
        { .verify = -EBADMSG,
          .text = "ssh.access does not pass",
          .log = "validate\nreload ssh.service\nstart other.service\nverify\n"
                 "undo start other.service\nundo reload ssh.service\n" },
        { .act = -EIO,
          .text = "reload of ssh.service failed: the unit does not start",
          .log = "validate\nreload ssh.service\nundo reload ssh.service\n" },
};

START_TEST(rolled_back) {
        for (size_t i = 0; i < PF_ELEMENTS(failures); i++) {
                PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
                PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
                PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
                PfErr err = { 0 };

                new_machine();
                transactions = open_them();
                plan = new_plan();
                fake.act = failures[i].act;
                fake.verify = failures[i].verify;
                done = apply(transactions, plan, -EBADMSG, &err);
                check_old();
                ck_assert_str_eq(fake.log, failures[i].log);
                ck_assert_str_eq(err.text, failures[i].text);
                ck_assert_int_eq(done->state, PF_TRANSACTION_ROLLED_BACK);
                ck_assert_str_eq(done->text, failures[i].text);
                ck_assert_uint_gt(done->ended_usec, 0);
                check_history(transactions, "rolled-back");
        }
}
END_TEST

/* A service that cannot be taken back is told, and holds up nothing. */
START_TEST(rolled_back_all_the_same) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        plan = new_plan();
        fake.verify = -EBADMSG;
        fake.undo = -EIO;
        done = apply(transactions, plan, -EBADMSG, &err);
        check_old();
        ck_assert_int_eq(done->state, PF_TRANSACTION_ROLLED_BACK);
        ck_assert_str_eq(done->text,
                         "ssh.access does not pass; start of other.service could not be "
                         "taken back: the unit does not start; reload of ssh.service "
                         "could not be taken back: the unit does not start");
}
END_TEST

/* Somebody's file is not overwritten, also not by a roll back. */
START_TEST(conflict) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PF_AUTO_FREE char *kept = NULL;
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        plan = new_plan();
        fake.verify = -EBADMSG;
        fake.while_verified = "/etc/changed";
        done = apply(transactions, plan, -EBADMSG, &err);
        ck_assert_int_eq(done->state, PF_TRANSACTION_CONFLICT);
        check_file("/etc/changed", "somebody's\n");
        check_file("/etc/made", NULL);
        check_file("/etc/removed", "gone soon\n");
        ck_assert_ptr_nonnull(strstr(done->text, "/etc/changed was edited meanwhile"));
        kept = journal_path(done->id, "before-0000");
        ck_assert_ptr_nonnull(strstr(done->text, kept));
        check_file(kept, "old\n");

        /* Once it is what it was before, or what was made of it, it can be undone. */
        ck_assert_int_eq(pf_transactions_undo(transactions, done->id, "root", &err),
                         PF_TRANSACTION_EDITED);
        pf_sandbox_write(&box, "/etc/changed", "new\n");
        err = (PfErr){ 0 };
        ck_assert_int_eq(pf_transactions_undo(transactions, done->id, "root", &err), 0);
        check_old();
        check_history(transactions, "undone");
}
END_TEST

/* ---- the journal ---- */

START_TEST(lock_is_busy) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PfTransactions *second = NULL;
        char me[32];
        PfErr err = { 0 };

        new_machine();
        transactions = open_them();
        ck_assert_int_eq(pf_transactions_open(box.root, &effects, &second, &err), -EBUSY);
        (void) snprintf(me, sizeof(me), "process %d", (int) getpid());
        ck_assert_msg(strstr(err.text, me), "no %s in: %s", me, err.text);
        transactions = pf_transactions_free(transactions);
        transactions = open_them();
}
END_TEST

START_TEST(journal_is_private) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *top = NULL;
        struct stat st;

        new_machine();
        transactions = open_them();
        top = pf_sandbox_path(&box, PF_TRANSACTIONS_PATH);
        ck_assert_int_eq(stat(top, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0700);
}
END_TEST

typedef struct Way {
        const char *path, *link; /* NULL: a directory with the mode */
        uint32_t mode;
        int wanted;
} Way;

static const Way ways[] = {
        { "/var", "/srv", 0, -ELOOP },
        { "/var/lib/preflightd", "/srv", 0, -ELOOP },
        { PF_TRANSACTIONS_PATH, "/srv", 0, -ELOOP },
        { "/var/lib", NULL, 0777, -EPERM },
        { PF_TRANSACTIONS_PATH, NULL, 0750, -EPERM },
};

/* An image of somebody's making does not lead the journal elsewhere. */
START_TEST(way_to_the_journal) {
        const Way *way = &ways[_i];
        PfTransactions *transactions = NULL;
        PfErr err = { 0 };

        new_machine();
        if (way->link) {
                pf_sandbox_symlink(&box, way->link, way->path);
        } else {
                pf_sandbox_mkdir(&box, way->path);
                pf_sandbox_chmod(&box, way->path, way->mode);
        }
        ck_assert_int_eq(pf_transactions_open(box.root, &effects, &transactions, &err),
                         way->wanted);
        ck_assert_msg(strstr(err.text, way->path), "%s", err.text);
        ck_assert_uint_eq(count_names("/srv"), 1);
}
END_TEST

START_TEST(a_lock_that_is_a_link) {
        PfTransactions *transactions = NULL;
        PfErr err = { 0 };

        new_machine();
        pf_transactions_free(open_them());
        pf_sandbox_symlink(&box, "/srv/real", PF_TRANSACTIONS_PATH "/.lock");
        ck_assert_int_eq(pf_transactions_open(box.root, &effects, &transactions, &err), -ELOOP);
}
END_TEST

/* Nothing runs in an image; what would have to be done now is refused, and taken back. */
START_TEST(image) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL, *refused = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL, *enabling = NULL;
        PfErr err = { 0 };

        new_machine();
        ck_assert_int_eq(pf_transactions_open(box.root, &pf_effects_image, &transactions, &err), 0);
        plan = new_plan();
        done = apply(transactions, plan, 0, &err);
        ck_assert_int_eq(done->state, PF_TRANSACTION_APPLIED);
        ck_assert(done->not_validated);
        check_new();
        ck_assert_int_eq(pf_transactions_undo(transactions, done->id, "root", &err), 0);
        check_old();

        enabling = new_plan();
        pf_make_action(enabling, PF_ACTION_ENABLE, "ssh.service");
        refused = apply(transactions, enabling, -EBADMSG, &err);
        ck_assert_ptr_nonnull(strstr(refused->text, "systemctl --root="));
        check_old();
        ck_assert_str_eq(fake.log, "");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("transaction");
        TCase *tcase = tcase_create("way_to_the_journal");

        use_memory();
        PF_TEST(suite, applied);
        PF_TEST(suite, history_is_kept);
        PF_TEST(suite, attributes_stay);
        PF_TEST(suite, through_a_link);
        PF_TEST(suite, spooled);
        PF_TEST(suite, stale);
        PF_TEST(suite, gone_meanwhile);
        PF_TEST(suite, hard_links);
        PF_TEST(suite, one_file_twice);
        PF_TEST(suite, contradiction);
        PF_TEST(suite, not_valid);
        PF_TEST(suite, name_without_utf8);
        PF_TEST(suite, nobody_can_validate);
        PF_TEST(suite, rolled_back);
        PF_TEST(suite, rolled_back_all_the_same);
        PF_TEST(suite, conflict);
        PF_TEST(suite, lock_is_busy);
        PF_TEST(suite, journal_is_private);
        tcase_add_loop_test(tcase, way_to_the_journal, 0, (int) PF_ELEMENTS(ways));
        suite_add_tcase(suite, tcase);
        PF_TEST(suite, a_lock_that_is_a_link);
        PF_TEST(suite, image);
        return pf_test_main(suite);
}
