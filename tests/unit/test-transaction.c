/* SPDX-License-Identifier: MIT */
/*
 * Transactions on a machine in a sandbox: what is applied, refused, taken back and undone, and
 * what the history says of it. Kills and failing calls are tests/crash and test-transaction-fault.
 */
#include "daemon/remedy/transaction.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "tests/support/make-plan.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

/* What was asked of the machine beside its files, and what it answers. */
typedef struct Fake {
        char log[1024];
        int validate, act, undo, verify;
        const char *while_verified; /* a path that somebody edits then */
} Fake;

static Fake fake;

static void say(const char *fmt, const char *a, const char *b) {
        size_t n = strlen(fake.log);

        (void) snprintf(fake.log + n, sizeof(fake.log) - n, fmt, a, b);
}

static int fake_validate(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        say("validate%s%s\n", "", "");
        return fake.validate < 0 ? pf_err_set(err, fake.validate, "line 1: bad") : 0;
}

static int fake_act(const PfAction *action, bool undo, void *data, PfErr *err) {
        int r = undo ? fake.undo : fake.act;

        (void) data;
        say(undo ? "undo %s %s\n" : "%s %s\n", pf_action_to_string(action->kind), action->subject);
        return r < 0 ? pf_err_set(err, r, "the unit does not start") : 0;
}

static int fake_verify(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        say("verify%s%s\n", "", "");
        if (fake.while_verified)
                pf_sandbox_write(&box, fake.while_verified, "somebody's\n");
        return fake.verify < 0 ? pf_err_set(err, fake.verify, "ssh.access does not pass") : 0;
}

static const PfEffects effects = { fake_validate, fake_act, fake_verify, NULL };

static PfTransactions *open_them(void) {
        PfTransactions *transactions = NULL;
        PfErr err = { 0 };
        int r = pf_transactions_open(box.root, &effects, &transactions, &err);

        ck_assert_msg(r == 0, "%d: %s", r, err.text);
        return transactions;
}

static char *read_file(const char *path) {
        PF_AUTO_FREE char *place = pf_sandbox_path(&box, path);
        PF_AUTO_FCLOSE FILE *file = fopen(place, "rb");
        static char text[65536];

        if (!file)
                return NULL;
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        return text;
}

static void check_file(const char *path, const char *wanted) {
        const char *found = read_file(path);

        if (wanted)
                ck_assert_pstr_eq(found, wanted);
        else
                ck_assert_msg(!found, "%s is there", path);
}

static unsigned count_names(const char *path) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr err = { 0 };

        pf_sandbox_reset_target(&box);
        ck_assert_int_eq(pf_target_list(box.target, path, &names, &err), 0);
        return (unsigned) names.n;
}

/* A file to change, one to make, one to remove, and one behind a link. */
static void new_machine(void) {
        fake = (Fake){ 0 };
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/changed", "old\n");
        pf_sandbox_chmod(&box, "/etc/changed", 0640);
        pf_sandbox_write(&box, "/etc/removed", "gone soon\n");
        pf_sandbox_write(&box, "/srv/real", "real\n");
        pf_sandbox_symlink(&box, "/srv/real", "/etc/linked");
}

static PfPlan *new_plan(void) {
        PfPlan *plan = pf_make_plan();

        pf_make_text(plan, box.root, "/etc/changed", "new\n");
        pf_make_text(plan, box.root, "/etc/made", "made\n");
        pf_make_text(plan, box.root, "/etc/removed", NULL);
        pf_make_action(plan, PF_ACTION_RELOAD, "ssh.service");
        pf_make_action(plan, PF_ACTION_START, "other.service");
        pf_make_step(plan, "ssh.access");
        return plan;
}

static void check_old(void) {
        check_file("/etc/changed", "old\n");
        check_file("/etc/made", NULL);
        check_file("/etc/removed", "gone soon\n");
        ck_assert_uint_eq(count_names("/etc"), 3);
}

static void check_new(void) {
        check_file("/etc/changed", "new\n");
        check_file("/etc/made", "made\n");
        check_file("/etc/removed", NULL);
        ck_assert_uint_eq(count_names("/etc"), 3);
}

/* Applies, wants @wanted, and gives what became of it. */
static PfTransaction *apply(PfTransactions *transactions, const PfPlan *plan, int wanted,
                            PfErr *err) {
        PfTransaction *transaction = NULL;
        int r = pf_transactions_apply(transactions, plan, "root", "ssh.access", &transaction, err);

        ck_assert_msg(r == wanted, "%d: %s", r, err->text);
        return transaction;
}

static void check_history(PfTransactions *transactions, const char *wanted) {
        PfTransaction **list = NULL;
        PfErr err = { 0 };
        char found[512] = "";
        size_t n, k = 0;

        ck_assert_int_eq(pf_transactions_list(transactions, &list, &n, &err), 0);
        for (size_t i = 0; i < n; i++) {
                k += (size_t) snprintf(found + k, sizeof(found) - k, "%s%s", i ? " " : "",
                                       pf_transaction_state_to_string(list[i]->state));
                (void) pf_transaction_free(list[i]);
        }
        free(list);
        ck_assert_str_eq(found, wanted);
}

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
        ck_assert_uint_eq(done->paths.n, 3);
        ck_assert_str_eq(done->steps[0].check, "ssh.access");
        ck_assert_str_eq(done->steps[0].fingerprint, "sha256:0");
        ck_assert_uint_ge(done->ended_usec, done->started_usec);
        ck_assert_uint_gt(done->started_usec, 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("transaction");

        PF_TEST(suite, applied);
        return pf_test_main(suite);
}
