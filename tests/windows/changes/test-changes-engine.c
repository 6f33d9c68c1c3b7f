/* SPDX-License-Identifier: MIT */
/*
 * Transactions on a Windows: LocalAccountTokenFilterPolicy and a service, by the real calls, in
 * a journal of the test's own. Its program runs itself to be killed: before and after each look
 * and each change, and once more while it recovers.
 *
 *      test-changes-engine apply|lease|undo|end|open ROOT POINT
 *      test-changes-engine lend / 0    a lease of the policy alone, of this Windows
 */
#include "tests/windows/asks/asks.h"

#include "daemon/platform/remove-tree.h"
#include "daemon/remedy/effects-system.h"
#include "daemon/remedy/lease.h"
#include "daemon/remedy/setting.h"
#include "daemon/remedy/transaction.h"
#include "daemon/remedy/win32/lease-keeper.h"
#include "tests/support/make-plan.h"
#include "tests/windows/asks/services.h"

#define POLICIES "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
#define FILTER "LocalAccountTokenFilterPolicy"
#define SERVICE "preflightd test"
#define KILLED 77 /* exit status of who killed itself */

/* --- effects that end the process --- */

static PfEffects real;
static unsigned points, kill_at; /* 0: never */

static void come_to_point(void) {
        if (++points == kill_at)
                (void) TerminateProcess(GetCurrentProcess(), KILLED);
}

static int validate(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        (void) err;
        return 0;
}

static int act(const PfAction *action, bool undo, void *data, PfErr *err) {
        (void) undo;
        (void) data;
        return pf_err_set(err, -ENOTSUP, "%s", action->subject);
}

static int look(const PfSetting *setting, char **ret, void *data, PfErr *err) {
        come_to_point();
        return real.look(setting, ret, data, err);
}

static int set(const PfSetting *setting, const char *value, void *data, PfErr *err) {
        int r;

        come_to_point();
        r = real.set(setting, value, data, err);
        come_to_point();
        return r;
}

static const PfEffects effects = {
        .validate = validate, .act = act, .verify = validate, .look = look, .set = set
};

/* --- the machine --- */

static const PfSetting policy = { PF_SETTING_REGISTRY, (char *) POLICIES, (char *) FILTER, NULL };
static const PfSetting start_type = { PF_SETTING_START_TYPE, (char *) SERVICE, NULL, NULL };
static const PfSetting service = { PF_SETTING_SERVICE, (char *) SERVICE, NULL, NULL };

static char *read_setting(const PfSetting *setting) {
        char *value = NULL;
        PfErr err = { 0 };

        ck_assert_msg(real.look(setting, &value, NULL, &err) == 0, "%s", err.text);
        return value;
}

static bool is(const PfSetting *setting, const char *wanted) {
        PF_AUTO_FREE char *value = read_setting(setting);

        return wanted && value ? strcmp(wanted, value) == 0 : wanted == value;
}

static bool is_old(void) {
        return is(&policy, NULL) && is(&start_type, "disabled") && is(&service, "stopped");
}

static bool is_new(void) {
        return is(&policy, "dword:00000001") && is(&start_type, "automatic") &&
               is(&service, "running");
}

static char root[MAX_PATH];

static void make_machine(void) {
        char folder[MAX_PATH - 64];
        PfErr err = { 0 };

        ck_assert_uint_gt(GetTempPathA(sizeof(folder), folder), 0);
        (void) snprintf(root, sizeof(root), "%spreflightd-changes-%lu", folder,
                        GetCurrentProcessId());
        pf_remove_tree(root);
        ck_assert(CreateDirectoryA(root, NULL));
        ck_assert_int_eq(real.set(&policy, NULL, NULL, &err), 0);
        asks_make_service(SERVICE, "running", SERVICE_DISABLED);
        ck_assert(is_old());
}

static void forget_machine(void) {
        PfErr err = { 0 };

        pf_remove_tree(root);
        asks_remove_service(SERVICE);
        ck_assert_int_eq(real.set(&policy, NULL, NULL, &err), 0);
}

static PfPlan *make_plan(bool is_lease) {
        PfPlan *plan = pf_make_plan();

        pf_make_setting(plan, PF_SETTING_REGISTRY, POLICIES, FILTER, NULL, "dword:00000001");
        pf_make_setting(plan, PF_SETTING_START_TYPE, SERVICE, NULL, "disabled", "automatic");
        pf_make_setting(plan, PF_SETTING_SERVICE, SERVICE, NULL, "stopped", "running");
        if (is_lease)
                pf_make_lease(plan, "Administrator", "192.0.2.7", 60000000);
        return plan;
}

/* --- what is killed --- */

/* What is run to be killed runs no test, in which alone there are assertions. */
static PfTransactions *open_them(void) {
        PfTransactions *transactions = NULL;
        PfErr err = { 0 };

        if (pf_transactions_open(root, &effects, &transactions, &err) < 0) {
                (void) fprintf(stderr, "%s: %s\n", root, err.text);
                exit(1);
        }
        return transactions;
}

static int apply(PfTransactions *transactions, bool is_lease) {
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = make_plan(is_lease);
        PfErr err = { 0 };
        int r = pf_transactions_apply(transactions, plan, "test", "a test", &done, &err);

        if (r < 0)
                (void) fprintf(stderr, "apply: %s\n", err.text);
        return r;
}

static char *newest(PfTransactions *transactions, PfTransactionState *ret) {
        PfTransaction **list = NULL;
        char *id = NULL;
        PfErr err = { 0 };
        size_t n = 0;

        if (pf_transactions_list(transactions, &list, &n, &err) < 0)
                exit(1);
        if (n > 0 && ret)
                *ret = list[n - 1]->state;
        if (n > 0)
                id = PF_STEAL(list[n - 1]->id);
        while (n > 0)
                (void) pf_transaction_free(list[--n]);
        free(list);
        return id;
}

static int undo(PfTransactions *transactions, bool is_lease) {
        PF_AUTO_FREE char *id = newest(transactions, NULL);
        PfErr err = { 0 };
        int r = is_lease ? pf_transactions_end_lease(transactions, id, "test", pf_lease_cut, &err)
                         : pf_transactions_undo(transactions, id, "test", &err);

        if (r != 0)
                (void) fprintf(stderr, "undo: %s\n", err.text);
        return r;
}

static int lend(PfTransactions *transactions) {
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = pf_make_plan();
        PfErr err = { 0 };

        pf_make_setting(plan, PF_SETTING_REGISTRY, POLICIES, FILTER, NULL, "dword:00000001");
        pf_make_lease(plan, "Administrator", "192.0.2.7", 3600000000);
        return pf_transactions_apply(transactions, plan, "test", "a test", &done, &err);
}

static int run(const char *what) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_them();

        if (strcmp(what, "lend") == 0)
                return lend(transactions);
        if (strcmp(what, "apply") == 0 || strcmp(what, "lease") == 0)
                return apply(transactions, what[0] == 'l');
        return strcmp(what, "open") == 0 ? 0 : undo(transactions, what[0] == 'e');
}

/* This program again; its exit status. */
static DWORD run_killed(const char *what, unsigned point) {
        STARTUPINFOA info = { .cb = sizeof(info) };
        PROCESS_INFORMATION process;
        char self[MAX_PATH], command[3 * MAX_PATH];
        DWORD status = 0;

        ck_assert_uint_gt(GetModuleFileNameA(NULL, self, sizeof(self)), 0);
        (void) snprintf(command, sizeof(command), "\"%s\" %s \"%s\" %u", self, what, root, point);
        ck_assert(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &info, &process));
        ck_assert_uint_eq(WaitForSingleObject(process.hProcess, 120000), WAIT_OBJECT_0);
        ck_assert(GetExitCodeProcess(process.hProcess, &status));
        (void) CloseHandle(process.hThread);
        (void) CloseHandle(process.hProcess);
        ck_assert_msg(status == 0 || status == KILLED, "%s at %u: status %lu", what, point, status);
        return status;
}

/* Recovery leaves old or new, as the history says. */
static void check_recovered(const char *what, unsigned point) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_them();
        PfTransactionState state = PF_TRANSACTION_UNDONE;
        PF_AUTO_FREE char *id = newest(transactions, &state);
        const bool is_applied = id && state == PF_TRANSACTION_APPLIED;

        ck_assert_msg(is_applied ? is_new() : is_old(), "%s killed at %u: %s", what, point,
                      id ? pf_transaction_state_to_string(state) : "no transaction");
        ck_assert_msg(!id || is_applied || state == PF_TRANSACTION_UNDONE ||
                              state == PF_TRANSACTION_ROLLED_BACK,
                      "%s killed at %u: %s", what, point, pf_transaction_state_to_string(state));
}

/* At each point where there is time, else at some, until it is come to no more.
 * @before: what is done first, or NULL. */
static unsigned kill_everywhere(const char *what, const char *before) {
        const unsigned step = getenv("PF_FULL") ? 1 : 4;
        DWORD status = KILLED;
        unsigned point;

        for (point = 2; status == KILLED; point += step) {
                make_machine();
                if (before)
                        ck_assert_int_eq(run(before), 0);
                status = run_killed(what, point);
                if (status == KILLED && point % 4 == 2)
                        (void) run_killed("open", 2); /* and while it recovers */
                check_recovered(what, point);
                forget_machine();
        }
        return point - 2 * step;
}

START_TEST(killed_while_applied) {
        ck_assert_uint_ge(kill_everywhere("apply", NULL), 10);
}
END_TEST

START_TEST(killed_while_undone) {
        ck_assert_uint_ge(kill_everywhere("undo", "apply"), 9);
}
END_TEST

START_TEST(killed_while_a_lease_ends) {
        ck_assert_uint_ge(kill_everywhere("end", "lease"), 9);
}
END_TEST

/* --- the engine --- */

START_TEST(applied_and_undone) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;

        make_machine();
        transactions = open_them();
        ck_assert_int_eq(apply(transactions, false), 0);
        ck_assert(is_new());
        ck_assert_int_eq(undo(transactions, false), 0);
        ck_assert(is_old());
        transactions = pf_transactions_free(transactions);
        forget_machine();
}
END_TEST

/* One at a time, in any process. */
START_TEST(the_journal_is_locked) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PfTransactions *second = NULL;
        PfErr err = { 0 };

        make_machine();
        transactions = open_them();
        ck_assert_int_eq(pf_transactions_open(root, &effects, &second, &err), -EBUSY);
        ck_assert_ptr_nonnull(strstr(err.text, "another change is being made"));
        transactions = pf_transactions_free(transactions);
        transactions = open_them();
        transactions = pf_transactions_free(transactions);
        forget_machine();
}
END_TEST

START_TEST(what_is_no_transaction_is_left_alone) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PfTransaction **list = NULL;
        char path[2 * MAX_PATH];
        PfErr err = { 0 };
        size_t n;

        make_machine();
        ck_assert_int_eq(run("apply"), 0);
        (void) snprintf(path, sizeof(path), "%s%s/somebody's", root, PF_TRANSACTIONS_PATH);
        ck_assert(CreateDirectoryA(path, NULL));
        transactions = open_them();
        ck_assert_int_eq(pf_transactions_list(transactions, &list, &n, &err), 0);
        ck_assert_uint_eq(n, 1);
        (void) pf_transaction_free(list[0]);
        free(list);
        ck_assert_uint_eq(pf_transactions_complaints(transactions)->n, 1);
        ck_assert_int_eq(undo(transactions, false), 0);
        ck_assert_int_eq(pf_transactions_prune(transactions, 0, 0, &err), 0);
        ck_assert_ptr_null(newest(transactions, NULL));
        transactions = pf_transactions_free(transactions);
        forget_machine();
}
END_TEST

/* --- the clock of leases --- */

START_TEST(a_boot_has_one_name) {
        PfLeaseClock first, second;
        PfErr err = { 0 };

        ck_assert_msg(pf_lease_clock_read(&first, &err) == 0, "%s", err.text);
        ck_assert_int_eq(pf_lease_clock_read(&second, &err), 0);
        ck_assert_uint_eq(strlen(first.boot_id), 32);
        ck_assert_str_eq(first.boot_id, second.boot_id);
        ck_assert_uint_ge(second.boot_usec, first.boot_usec);
        ck_assert_uint_gt(first.real_usec, 1700000000000000);
}
END_TEST

START_TEST(overdue_leases_end) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PfLeaseClock now;
        uint64_t next = 0;
        PfErr err = { 0 };

        make_machine();
        ck_assert_int_eq(run("lease"), 0);
        transactions = open_them();
        ck_assert_int_eq(pf_lease_clock_read(&now, &err), 0);
        ck_assert_int_eq(pf_leases_expire(transactions, &now, false, &next, &err), 0);
        ck_assert(is_new());
        ck_assert_uint_gt(next, 0);
        ck_assert_uint_le(next, 60000000);
        now.boot_usec += 61000000;
        ck_assert_int_eq(pf_leases_expire(transactions, &now, false, &next, &err), 0);
        ck_assert(is_old());
        ck_assert_uint_eq(next, UINT64_MAX);
        transactions = pf_transactions_free(transactions);

        /* And in another boot, whatever its clock says. */
        ck_assert_int_eq(run("lease"), 0);
        transactions = open_them();
        now.boot_usec = 0;
        now.boot_id[0] = now.boot_id[0] == '0' ? '1' : '0';
        ck_assert_int_eq(pf_leases_expire(transactions, &now, false, &next, &err), 0);
        ck_assert(is_old());
        transactions = pf_transactions_free(transactions);
        forget_machine();
}
END_TEST

/* In the service, which is told nothing: it finds the lease, and its end. Of this Windows itself,
 * whose journal it is. */
START_TEST(the_keeper_ends_leases) {
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = make_plan(false);
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PfLeaseKeeper *keeper = NULL;
        uv_loop_t loop;
        PfErr err = { 0 };

        make_machine();
        pf_make_lease(plan, "Administrator", "192.0.2.7", 1500000);
        ck_assert_msg(pf_transactions_open("/", &effects, &transactions, &err) == 0, "%s",
                      err.text);
        ck_assert_msg(pf_transactions_apply(transactions, plan, "test", "a test", &done, &err) == 0,
                      "%s", err.text);
        ck_assert(is_new());
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(pf_lease_keeper_start(&loop, &keeper, &err), 0);
        (void) uv_run(&loop, UV_RUN_NOWAIT); /* while somebody else changes something */
        transactions = pf_transactions_free(transactions);
        while (!is_old()) /* or the test's limit of time comes */
                (void) uv_run(&loop, UV_RUN_ONCE);
        pf_lease_keeper_stop(keeper);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        forget_machine();
}
END_TEST

int main(int n, char **arguments) {
        Suite *suite;

        pf_effects_add_settings(&real);
        if (n == 4) {
                (void) snprintf(root, sizeof(root), "%s", arguments[2]);
                kill_at = (unsigned) strtoul(arguments[3], NULL, 10);
                return run(arguments[1]) == 0 ? 0 : 1;
        }
        suite = suite_create("changes-engine");
        PF_TEST(suite, applied_and_undone);
        PF_TEST(suite, the_journal_is_locked);
        PF_TEST(suite, what_is_no_transaction_is_left_alone);
        PF_TEST(suite, a_boot_has_one_name);
        PF_TEST(suite, overdue_leases_end);
        PF_TEST(suite, the_keeper_ends_leases);
        PF_TEST(suite, killed_while_applied);
        PF_TEST(suite, killed_while_undone);
        PF_TEST(suite, killed_while_a_lease_ends);
        return pf_test_main(suite);
}
