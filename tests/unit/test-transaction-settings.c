/* SPDX-License-Identifier: MIT */
/*
 * Settings in transactions: made in order and put back in reverse, only where nobody changed
 * them since. What a kill leaves is tests/crash.
 */
#include "tests/support/transaction-case.h"

/* A value that is not there, a service that is disabled and does not run. */
static void new_settings(void) {
        new_machine();
        settings.policy = NULL;
        settings.netlogon = "disabled";
        settings.look = settings.set = 0;
        settings.stuck = settings.landed = NULL;
}

static PfPlan *settings_plan(void) {
        PfPlan *plan = pf_make_plan();

        pf_make_setting(plan, PF_SETTING_REGISTRY, POLICY, "Filter", NULL, "dword:00000001");
        pf_make_setting(plan, PF_SETTING_START_TYPE, "Netlogon", NULL, "disabled", "automatic");
        pf_make_step(plan, "windows.netlogon");
        return plan;
}

static void check_settings(const char *policy, const char *netlogon) {
        ck_assert_pstr_eq(settings.policy, policy);
        ck_assert_pstr_eq(settings.netlogon, netlogon);
}

START_TEST(made_in_order_and_undone_in_reverse) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *read = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };

        new_settings();
        transactions = open_them();
        id = applied_id(transactions, settings_plan());
        ck_assert_str_eq(fake.log, "validate\nFilter=dword:00000001\nNetlogon=automatic\nverify\n");
        check_settings("dword:00000001", "automatic");

        /* Another process knows them. */
        transactions = pf_transactions_free(transactions);
        transactions = open_them();
        read = find_transaction(transactions, id);
        ck_assert_uint_eq(read->paths.n, 2);
        ck_assert_str_eq(read->paths.items[0], POLICY ", Filter");
        ck_assert_str_eq(read->paths.items[1], "start type of Netlogon");
        fake.log[0] = '\0';
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        ck_assert_str_eq(fake.log, "Netlogon=disabled\nFilter=gone\n");
        check_settings(NULL, "disabled");
        check_history(transactions, "undone");
}
END_TEST

START_TEST(stale_plans_touch_nothing) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PfErr err = { 0 };

        new_settings();
        transactions = open_them();
        plan = settings_plan();
        settings.policy = "dword:00000000";
        (void) apply(transactions, plan, -ENODATA, &err);
        ck_assert_ptr_nonnull(strstr(err.text, "Filter: is not any more what the plan"));
        ck_assert_str_eq(fake.log, "");
        check_settings("dword:00000000", "disabled");
        check_history(transactions, "");
}
END_TEST

/* What the second failed with is told; the first is put back. */
START_TEST(a_setting_that_cannot_be_made) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PfErr err = { 0 };

        new_settings();
        transactions = open_them();
        plan = settings_plan();
        settings.stuck = "Netlogon";
        done = apply(transactions, plan, -EIO, &err);
        ck_assert_ptr_nonnull(strstr(err.text, "start type of Netlogon: is disabled, and not what "
                                               "it was set to, automatic"));
        ck_assert_int_eq(done->state, PF_TRANSACTION_ROLLED_BACK);
        check_settings(NULL, "disabled");
}
END_TEST

/* It is a third value then. A rule has a name of ours and goes; what a policy is somebody may have
 * set at that moment. */
START_TEST(a_setting_that_reads_back_otherwise) {
        static const struct {
                PfSettingKind kind;
                const char *afterwards;
                PfTransactionState state;
        } cases[] = {
                { PF_SETTING_FIREWALL, NULL, PF_TRANSACTION_ROLLED_BACK },
                { PF_SETTING_REGISTRY, "dword:00000000", PF_TRANSACTION_CONFLICT },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
                PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
                PF_CLEANUP(pf_plan_freep) PfPlan *plan = pf_make_plan();
                PfErr err = { 0 };

                new_settings();
                settings.landed = "dword:00000000";
                pf_make_setting(plan, cases[i].kind, POLICY, NULL, NULL, "dword:00000001");
                transactions = open_them();
                done = apply(transactions, plan, -EIO, &err);
                ck_assert_int_eq(done->state, cases[i].state);
                check_settings(cases[i].afterwards, "disabled");
        }
}
END_TEST

START_TEST(no_better_afterwards) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PfErr err = { 0 };

        new_settings();
        transactions = open_them();
        plan = settings_plan();
        fake.verify = -EBADMSG;
        done = apply(transactions, plan, -EBADMSG, &err);
        ck_assert_int_eq(done->state, PF_TRANSACTION_ROLLED_BACK);
        check_settings(NULL, "disabled");
}
END_TEST

/* All or none: what somebody set since stays, and so does the rest. */
START_TEST(undo_leaves_what_somebody_set) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };

        new_settings();
        transactions = open_them();
        id = applied_id(transactions, settings_plan());
        settings.policy = "dword:00000000";
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err),
                         PF_TRANSACTION_EDITED);
        ck_assert_ptr_nonnull(strstr(err.text, "it is dword:00000000, and not dword:00000001"));
        check_settings("dword:00000000", "automatic");
        check_history(transactions, "applied");

        /* Put right by hand it can be undone; what was undone by hand, too. */
        settings.policy = NULL;
        err = (PfErr){ 0 };
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), 0);
        check_settings(NULL, "disabled");
}
END_TEST

START_TEST(a_newer_one_is_undone_first) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *first = NULL;
        PF_AUTO_FREE char *second = NULL;
        PfPlan *plan = pf_make_plan();
        PfErr err = { 0 };

        new_settings();
        transactions = open_them();
        first = applied_id(transactions, settings_plan());
        pf_make_setting(plan, PF_SETTING_REGISTRY, POLICY, "filter", "dword:00000001",
                        "dword:00000000");
        second = applied_id(transactions, plan);
        ck_assert_int_eq(pf_transactions_undo(transactions, first, "root", &err),
                         PF_TRANSACTION_EDITED);
        ck_assert_ptr_nonnull(strstr(err.text, second));
        check_settings("dword:00000000", "automatic");
        ck_assert_int_eq(pf_transactions_undo(transactions, second, "root", &err), 0);
        ck_assert_int_eq(pf_transactions_undo(transactions, first, "root", &err), 0);
        check_settings(NULL, "disabled");
}
END_TEST

/* --- interrupted --- */

/* As a kill leaves it: so many settings begun. The first of a plan is "n of n" in its manifest. */
static char *interrupted_id(const char *set) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_them();
        PF_AUTO_FREE char *id = applied_id(transactions, settings_plan());

        edit_manifest(id, "\"state\": \"applied\"", "\"state\": \"applying\"");
        edit_manifest(id, "\"set\": 2", set);
        return PF_STEAL(id);
}

START_TEST(what_was_interrupted_is_put_back) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_settings();
        id = interrupted_id("\"set\": 2");
        transactions = open_them();
        check_settings(NULL, "disabled");
        check_history(transactions, "rolled-back");
}
END_TEST

/* What was not begun is not ours, even where it is what we would have made. */
START_TEST(what_was_not_begun_stays) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_settings();
        id = interrupted_id("\"set\": 1");
        transactions = open_them();
        check_settings(NULL, "automatic");
        check_history(transactions, "rolled-back");
}
END_TEST

START_TEST(recovery_leaves_what_somebody_set) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *read = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_settings();
        id = interrupted_id("\"set\": 2");
        settings.netlogon = NULL; /* and it is gone */
        transactions = open_them();
        check_settings(NULL, NULL);
        check_history(transactions, "conflict");
        read = find_transaction(transactions, id);
        ck_assert_ptr_nonnull(strstr(read->text, "start type of Netlogon was changed meanwhile and "
                                                 "is left as it is, not there; before it was "
                                                 "disabled"));
}
END_TEST

/* Nobody can look: it is not forgotten, and tried again. */
START_TEST(recovery_waits_until_it_can_look) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };

        new_settings();
        id = interrupted_id("\"set\": 2");
        settings.look = -EACCES;
        transactions = open_them();
        ck_assert_uint_eq(pf_transactions_complaints(transactions)->n, 1);
        check_settings("dword:00000001", "automatic");
        plan = settings_plan();
        (void) apply(transactions, plan, -EACCES, &err);
        ck_assert_ptr_nonnull(strstr(err.text, "cannot be taken back"));
        transactions = pf_transactions_free(transactions);
        settings.look = 0;
        transactions = open_them();
        check_settings(NULL, "disabled");
        check_history(transactions, "rolled-back");
}
END_TEST

/* An image, whose registry nobody writes: a journal that was put into it harms nothing. */
START_TEST(a_machine_without_settings) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfErr err = { 0 };
        int r;

        new_settings();
        id = interrupted_id("\"set\": 2");
        r = pf_transactions_open(box.root, &pf_effects_image, &transactions, &err);
        ck_assert_int_eq(r, 0);
        ck_assert_uint_eq(pf_transactions_complaints(transactions)->n, 1);
        ck_assert_ptr_nonnull(strstr(pf_transactions_complaints(transactions)->items[0],
                                     "cannot be changed from here"));
        check_settings("dword:00000001", "automatic");
}
END_TEST

/* --- a service that was started --- */

START_TEST(a_service_that_cannot_be_stopped) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *read = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfPlan *plan = pf_make_plan();
        PfErr err = { 0 };

        new_settings();
        settings.netlogon = "stopped";
        pf_make_setting(plan, PF_SETTING_REGISTRY, POLICY, "Filter", NULL, "dword:00000001");
        pf_make_setting(plan, PF_SETTING_SERVICE, "Netlogon", NULL, "stopped", "running");
        transactions = open_them();
        id = applied_id(transactions, plan);
        check_settings("dword:00000001", "running");
        settings.stuck = "Netlogon";
        ck_assert_int_eq(pf_transactions_undo(transactions, id, "root", &err), -EBADMSG);
        check_settings(NULL, "running");
        check_history(transactions, "undone");
        read = find_transaction(transactions, id);
        ck_assert_ptr_nonnull(strstr(read->text, "could not be taken back: service Netlogon"));
}
END_TEST

/* --- leases --- */

static char *lease_of_settings(PfTransactions *transactions) {
        PfPlan *plan = settings_plan();

        pf_make_lease(plan, "root", "192.0.2.7", 60000000);
        return applied_id(transactions, plan);
}

START_TEST(a_lease_ends) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_settings();
        transactions = open_them();
        id = lease_of_settings(transactions);
        end_lease(transactions, id, 0);
        check_settings(NULL, "disabled");
        check_history(transactions, "undone");
        end_lease(transactions, id, PF_TRANSACTION_NOT_APPLIED);
}
END_TEST

/* What somebody set is not what was opened; the rest is closed. */
START_TEST(a_lease_ends_beside_what_somebody_set) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_settings();
        transactions = open_them();
        id = lease_of_settings(transactions);
        settings.netlogon = "stopped";
        end_lease(transactions, id, 0);
        check_settings(NULL, "stopped");
        check_history(transactions, "undone");
}
END_TEST

START_TEST(a_lease_that_cannot_be_ended_is_tried_again) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;

        new_settings();
        transactions = open_them();
        id = lease_of_settings(transactions);
        settings.set = -EACCES;
        end_lease(transactions, id, -EACCES);
        check_history(transactions, "reverting");
        settings.set = 0;
        end_lease(transactions, id, 0);
        check_settings(NULL, "disabled");
        check_history(transactions, "undone");
}
END_TEST

/* A rule has a name of ours: whatever somebody made of it, it does not outlive the lease. */
START_TEST(a_rule_goes_with_its_lease) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PF_AUTO_FREE char *id = NULL;
        PfPlan *plan = pf_make_plan();

        new_settings();
        pf_make_setting(plan, PF_SETTING_FIREWALL, POLICY, NULL, NULL, "dword:00000001");
        pf_make_lease(plan, "root", "192.0.2.7", 60000000);
        transactions = open_them();
        id = applied_id(transactions, plan);
        settings.policy = "dword:00000000";
        end_lease(transactions, id, 0);
        check_settings(NULL, "disabled");
        check_history(transactions, "undone");
}
END_TEST

/* --- what the journal says --- */

START_TEST(damaged_settings_are_refused) {
        static const struct {
                const char *from, *to;
        } cases[] = {
                { "\"kind\": \"registry\"", "\"kind\": \"memory\"" },
                { "\"subject\": \"Netlogon\"", "\"subject\": 7" },
                { "\"set\": 2", "\"set\": 3" },
                { "\"after\": \"automatic\"", "\"after\": []" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
                PF_AUTO_FREE char *id = NULL;

                new_settings();
                transactions = open_them();
                id = applied_id(transactions, settings_plan());
                transactions = pf_transactions_free(transactions);
                edit_manifest(id, cases[i].from, cases[i].to);
                transactions = open_them();
                ck_assert_uint_eq(pf_transactions_complaints(transactions)->n, 1);
                check_history(transactions, "");
        }
}
END_TEST

/* Each part of a setting is part of what was said yes to. */
START_TEST(the_digest_covers_settings) {
        static const struct {
                PfSettingKind kind;
                const char *subject, *name, *before, *value;
        } cases[] = {
                { PF_SETTING_REGISTRY, "a", "b", NULL, "c" },
                { PF_SETTING_FIREWALL, "a", "b", NULL, "c" },
                { PF_SETTING_REGISTRY, "x", "b", NULL, "c" },
                { PF_SETTING_REGISTRY, "a", "x", NULL, "c" },
                { PF_SETTING_REGISTRY, "a", NULL, "b", "c" },
                { PF_SETTING_REGISTRY, "a", "b", "c", NULL },
        };
        char digests[PF_ELEMENTS(cases)][sizeof(((PfPlan *) NULL)->digest)];

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_CLEANUP(pf_plan_freep) PfPlan *plan = pf_make_plan();

                pf_make_setting(plan, cases[i].kind, cases[i].subject, cases[i].name,
                                cases[i].before, cases[i].value);
                ck_assert(!pf_plan_is_empty(plan));
                memcpy(digests[i], plan->digest, sizeof(plan->digest));
                for (size_t j = 0; j < i; j++)
                        ck_assert_str_ne(digests[i], digests[j]);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("transaction-settings");

        use_memory();
        PF_TEST(suite, made_in_order_and_undone_in_reverse);
        PF_TEST(suite, stale_plans_touch_nothing);
        PF_TEST(suite, a_setting_that_cannot_be_made);
        PF_TEST(suite, a_setting_that_reads_back_otherwise);
        PF_TEST(suite, no_better_afterwards);
        PF_TEST(suite, undo_leaves_what_somebody_set);
        PF_TEST(suite, a_newer_one_is_undone_first);
        PF_TEST(suite, what_was_interrupted_is_put_back);
        PF_TEST(suite, what_was_not_begun_stays);
        PF_TEST(suite, recovery_leaves_what_somebody_set);
        PF_TEST(suite, recovery_waits_until_it_can_look);
        PF_TEST(suite, a_machine_without_settings);
        PF_TEST(suite, a_service_that_cannot_be_stopped);
        PF_TEST(suite, a_lease_ends);
        PF_TEST(suite, a_lease_ends_beside_what_somebody_set);
        PF_TEST(suite, a_lease_that_cannot_be_ended_is_tried_again);
        PF_TEST(suite, a_rule_goes_with_its_lease);
        PF_TEST(suite, damaged_settings_are_refused);
        PF_TEST(suite, the_digest_covers_settings);
        return pf_test_main(suite);
}
