/* SPDX-License-Identifier: MIT */
/*
 * Every call by which the engine changes a file system fails in turn, alone or from then on:
 * what was asked for is done or was told not to be, each file is the old one or the new one, and
 * the next opening leaves all of them alike and nothing beside them.
 */
#include "tests/support/transaction-case.h"

#include "tests/support/faultfs.h"

static const int errors[] = { ENOSPC, EIO, EROFS, EDQUOT };

/* What is done, after what was done before. */
typedef struct Work {
        const char *name;
        PfPlan *(*before)(void); /* applied, or NULL */
        int (*run)(PfTransactions *transactions, const char *id, PfErr *err);
        bool ends_new; /* where it succeeds */
} Work;

static PfPlan *leased_plan(void) {
        PfPlan *plan = new_plan();

        pf_make_lease(plan, "root", "192.0.2.7", 60000000);
        return plan;
}

static int run_plan(PfTransactions *transactions, PfPlan *plan_take, PfErr *err) {
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = plan_take;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        int r = pf_transactions_apply(transactions, plan, "root", "ssh.access", &done, err);

        ck_assert(r < 0 || done->state == PF_TRANSACTION_APPLIED);
        ck_assert(r == 0 || !done || done->state != PF_TRANSACTION_APPLIED);
        return r;
}

static int run_apply(PfTransactions *transactions, const char *id, PfErr *err) {
        (void) id;
        return run_plan(transactions, new_plan(), err);
}

static int run_lease(PfTransactions *transactions, const char *id, PfErr *err) {
        (void) id;
        return run_plan(transactions, leased_plan(), err);
}

/* What helps nobody is taken back, whatever fails meanwhile. */
static int run_refused(PfTransactions *transactions, const char *id, PfErr *err) {
        int r;

        fake.verify = -EBADMSG;
        r = run_apply(transactions, id, err);
        ck_assert_int_lt(r, 0);
        return r;
}

static int run_undo(PfTransactions *transactions, const char *id, PfErr *err) {
        return pf_transactions_undo(transactions, id, "root", err);
}

static int cut_nothing(const char *now, size_t n, const char *after, size_t n_after, PfBuf *rest) {
        (void) now;
        (void) n;
        (void) after;
        (void) n_after;
        (void) rest;
        return PF_TRANSACTION_CUT_LEAVE;
}

static int run_end(PfTransactions *transactions, const char *id, PfErr *err) {
        return pf_transactions_end_lease(transactions, id, "root", cut_nothing, err);
}

static const Work works[] = {
        { "apply", NULL, run_apply, true },
        { "lease", NULL, run_lease, true },
        { "refused", NULL, run_refused, false },
        { "undo", new_plan, run_undo, false },
        { "end of a lease", leased_plan, run_end, false },
};

static bool holds(const char *path, const char *text) {
        const char *found = read_file(path);

        return text ? found && strcmp(found, text) == 0 : !found;
}

static bool is_all_new(void) {
        return holds("/etc/changed", "new\n") && holds("/etc/made", "made\n") &&
               holds("/etc/removed", NULL);
}

static void check_each(const char *when) {
        ck_assert_msg(holds("/etc/changed", "old\n") || holds("/etc/changed", "new\n"), "%s", when);
        ck_assert_msg(holds("/etc/made", NULL) || holds("/etc/made", "made\n"), "%s", when);
        ck_assert_msg(holds("/etc/removed", NULL) || holds("/etc/removed", "gone soon\n"), "%s",
                      when);
}

static void check_no_leftovers(PfTransactions *transactions, bool is_open, const char *when) {
        PfTransaction **list = NULL;
        PfErr err = { 0 };
        size_t n;

        ck_assert_int_eq(pf_transactions_list(transactions, &list, &n, &err), 0);
        for (size_t i = 0; i < n; i++) {
                PF_AUTO_FREE char *leftover = journal_path(list[i]->id, "manifest.json.new");

                ck_assert_msg(!read_file(leftover), "%s: %s", when, leftover);
                ck_assert_msg(list[i]->state == PF_TRANSACTION_APPLIED ||
                                      list[i]->state == PF_TRANSACTION_UNDONE ||
                                      list[i]->state == PF_TRANSACTION_ROLLED_BACK,
                              "%s: %s", when, pf_transaction_state_to_string(list[i]->state));
                ck_assert_msg((list[i]->state == PF_TRANSACTION_APPLIED) == is_all_new(),
                              "%s: the history says something else", when);
                (void) pf_transaction_free(list[i]);
        }
        free(list);
        ck_assert_msg(n > 0 || !is_all_new(), "%s: new without a transaction", when);
        ck_assert_uint_eq(count_names(PF_TRANSACTIONS_PATH), n + 1);
        ck_assert_msg(count_names("/etc") == 3 + (is_open ? 2 : 0), "%s: leftovers", when);
}

/* Opens again, on a disk that works; then all are old or all are new. Who ends a lease asks
 * again until it is ended. */
static void check_recovery(const Work *work, int r, const char *id, const char *when) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_them();
        bool is_lease = work->run == run_lease || work->run == run_end;
        PfErr err = { 0 };

        check_each(when);
        if (work->run == run_end && r < 0)
                ck_assert_msg(run_end(transactions, id, &err) >= 0, "%s: %s", when, err.text);
        if (r == 0)
                ck_assert_msg(is_all_new() == work->ends_new, "%s: not done", when);
        if (!is_all_new())
                check_old();
        check_no_leftovers(transactions, is_lease && is_all_new(), when);
}

/* One call fails; false: there is none of this number. */
static bool try_call(const Work *work, unsigned nth, int error, bool lasts) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };
        char when[128];
        bool failed;
        int r;

        new_machine();
        ck_assert_int_eq(pf_transactions_open_with(box.root, &pf_fault_fs_ops, &effects,
                                                   &transactions, &err),
                         0);
        if (work->before)
                id = applied_id(transactions, work->before());
        pf_fault_fs_begin(nth, error, lasts);
        r = work->run(transactions, id, &err);
        failed = pf_fault_fs_end();
        (void) snprintf(when, sizeof(when), "%s: call %u (%s) %s%s", work->name, nth,
                        failed ? pf_fault_fs_failed() : "none", strerror(error),
                        lasts ? " from then on" : "");
        ck_assert_msg(r == 0 || err.text[0], "%s: %d without a text", when, r);
        ck_assert_msg(failed || (r == 0) == (work->run != run_refused), "%s: %s", when, err.text);
        check_each(when);
        transactions = pf_transactions_free(transactions);
        check_recovery(work, r, id, when);
        return failed;
}

/* Each call has one of the errors, alone and for good; all of them with PF_FULL. */
START_TEST(calls_fail) {
        const Work *work = &works[_i];
        size_t n_errors = getenv("PF_FULL") ? PF_ELEMENTS(errors) : 1;
        bool more = true;
        unsigned nth;

        for (nth = 1; more; nth++)
                for (size_t i = 0; i < n_errors; i++) {
                        int error = errors[(nth + i) % PF_ELEMENTS(errors)];

                        more = try_call(work, nth, error, false);
                        more = try_call(work, nth, error, true) && more;
                }
        ck_assert_uint_gt(nth, 15);
}
END_TEST

/* A machine on which nothing can be written says so, and is as before. */
START_TEST(opening_fails) {
        for (unsigned nth = 1;; nth++) {
                PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
                PfErr err = { 0 };
                bool failed;
                int r;

                new_machine();
                pf_fault_fs_begin(nth, EROFS, true);
                r = pf_transactions_open_with(box.root, &pf_fault_fs_ops, &effects, &transactions,
                                              &err);
                failed = pf_fault_fs_end();
                ck_assert_int_eq(r, failed ? -EROFS : 0);
                ck_assert(!failed || err.text[0]);
                transactions = pf_transactions_free(transactions);
                transactions = open_them();
                if (!failed)
                        break;
        }
}
END_TEST

/* A recovery that fails is told, and gone on with. */
START_TEST(recovery_fails) {
        for (unsigned nth = 1;; nth++) {
                PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
                PF_AUTO_FREE char *id = NULL;
                PfErr err = { 0 };
                bool failed;
                int r;

                new_machine();
                transactions = open_them();
                id = applied_id(transactions, new_plan());
                transactions = pf_transactions_free(transactions);
                edit_manifest(id, "\"applied\"", "\"applying\"");
                pf_fault_fs_begin(nth, ENOSPC, nth % 2);
                r = pf_transactions_open_with(box.root, &pf_fault_fs_ops, &effects, &transactions,
                                              &err);
                failed = pf_fault_fs_end();
                ck_assert(r == 0 || (failed && err.text[0]));
                check_each("recovery");
                transactions = pf_transactions_free(transactions);
                check_recovery(&works[3], 0, id, "recovery");
                if (!failed)
                        break;
        }
}
END_TEST

/*
 * What needs space fails, for good: what makes files, and what writes. A rename, a removal and a
 * sync do not. So ends a lease on a full disk: its files first, its history when there is room.
 */
static int full_openat(int directory, const char *name, int flags, mode_t mode) {
        return flags & O_EXCL ? -ENOSPC : pf_fs_ops.openat(directory, name, flags, mode);
}

static ssize_t full_write(int fd, const void *bytes, size_t n) {
        (void) fd;
        (void) bytes;
        (void) n;
        return -ENOSPC;
}

static PfTransactions *open_new(const PfFsOps *ops) {
        PfTransactions *transactions = NULL;
        PfErr err = { 0 };

        new_machine();
        ck_assert_int_eq(pf_transactions_open_with(box.root, ops, &effects, &transactions, &err),
                         0);
        return transactions;
}

static PfPlan *change_elsewhere(void) {
        PfPlan *plan = pf_make_plan();

        pf_make_text(plan, box.root, "/srv/real", "new\n");
        return plan;
}

START_TEST(lease_ends_on_a_full_disk) {
        PfFsOps full = pf_fs_ops;
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_new(&full);
        PF_AUTO_FREE char *id = applied_id(transactions, leased_plan());
        PfErr err = { 0 };

        fake.log[0] = '\0';
        full.openat = full_openat;
        full.write = full_write;
        ck_assert_int_eq(run_end(transactions, id, &err), -ENOSPC);
        check_old();
        ck_assert_str_eq(fake.log, "undo start other.service\nundo reload ssh.service\n");
        check_history(transactions, "applied");
        ck_assert_int_eq(run_end(transactions, id, &err), -ENOSPC);
        full = pf_fs_ops;
        ck_assert_int_eq(run_end(transactions, id, &err), 0);
        check_history(transactions, "undone");
        check_old();
}
END_TEST

/* What cannot be taken back keeps no lease open; nothing else is begun before it is. */
START_TEST(lease_ends_beside_an_interrupted_change) {
        PfFsOps full = pf_fs_ops;
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_new(&full);
        PF_AUTO_FREE char *lease = applied_id(transactions, leased_plan());
        PF_AUTO_FREE char *other = applied_id(transactions, change_elsewhere());
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = pf_make_plan();
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PfErr err = { 0 };

        transactions = pf_transactions_free(transactions);
        edit_manifest(other, "\"applied\"", "\"applying\"");
        full.openat = full_openat;
        full.write = full_write;
        ck_assert_int_eq(pf_transactions_open_with(box.root, &full, &effects, &transactions, &err),
                         0);
        ck_assert_uint_eq(pf_transactions_complaints(transactions)->n, 1);
        ck_assert_ptr_nonnull(strstr(pf_transactions_complaints(transactions)->items[0], other));
        pf_make_text(plan, box.root, "/srv/other", "more\n");
        ck_assert_int_eq(pf_transactions_apply(transactions, plan, "root", "x", &done, &err),
                         -ENOSPC);
        ck_assert_ptr_nonnull(strstr(err.text, other));
        ck_assert_int_eq(pf_transactions_undo(transactions, lease, "root", &err), -ENOSPC);
        ck_assert_int_eq(run_end(transactions, lease, &err), -ENOSPC);
        check_old();
        check_file("/srv/real", "new\n");

        full = pf_fs_ops;
        ck_assert_int_eq(run_end(transactions, lease, &err), 0);
        ck_assert_int_eq(pf_transactions_apply(transactions, plan, "root", "x", &done, &err), 0);
        check_file("/srv/real", "real\n");
        check_history(transactions, "undone rolled-back applied");
}
END_TEST

static void add_loop(Suite *suite, const char *name, const TTest *test, size_t n) {
        TCase *tcase = tcase_create(name);

        tcase_add_loop_test(tcase, test, 0, (int) n);
        suite_add_tcase(suite, tcase);
}

int main(void) {
        Suite *suite = suite_create("transaction-fault");

        use_memory();
        add_loop(suite, "calls_fail", calls_fail, PF_ELEMENTS(works));
        PF_TEST(suite, opening_fails);
        PF_TEST(suite, recovery_fails);
        PF_TEST(suite, lease_ends_on_a_full_disk);
        PF_TEST(suite, lease_ends_beside_an_interrupted_change);
        return pf_test_main(suite);
}
