/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A machine with transactions, for the tests of the engine: its files, what is asked of it beside
 * them, and what is to be found afterwards.
 */

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/remedy/lease.h"
#include "daemon/remedy/transaction.h"
#include "tests/support/make-plan.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

/* Machines lie in memory where they can: what is tested is not the disk, and all of it syncs. */
PF_UNUSED static void use_memory(void) {
        if (access("/dev/shm", W_OK) == 0)
                (void) setenv("TMPDIR", "/dev/shm", 1);
}

static PfSandbox box;

/* What was asked of the machine beside its files, and what it answers. */
typedef struct Fake {
        char log[1024];
        int validate, act, undo, verify;
        const char *while_verified; /* a path that somebody edits then */
} Fake;

static Fake fake;

PF_UNUSED static void say(const char *fmt, ...) PF_PRINTF(1, 2);

PF_UNUSED static void say(const char *fmt, ...) {
        size_t n = strlen(fake.log);
        va_list ap;

        va_start(ap, fmt);
        (void) vsnprintf(fake.log + n, sizeof(fake.log) - n, fmt, ap);
        va_end(ap);
}

PF_UNUSED static int fake_validate(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        say("validate\n");
        return fake.validate < 0 ? pf_err_set(err, fake.validate, "line 1: bad") : 0;
}

PF_UNUSED static int fake_act(const PfAction *action, bool undo, void *data, PfErr *err) {
        int r = undo ? fake.undo : fake.act;

        (void) data;
        say("%s%s %s\n", undo ? "undo " : "", pf_action_to_string(action->kind), action->subject);
        return r < 0 ? pf_err_set(err, r, "the unit does not start") : 0;
}

PF_UNUSED static int fake_verify(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        say("verify\n");
        if (fake.while_verified)
                pf_sandbox_write(&box, fake.while_verified, "somebody's\n");
        return fake.verify < 0 ? pf_err_set(err, fake.verify, "ssh.access does not pass") : 0;
}

/* --- settings: two, which somebody may change, in the way of a machine --- */

#define POLICY "HKLM\\SOFTWARE\\Policy"

static struct {
        const char *policy, *netlogon; /* NULL: there is none */
        int look, set;
        const char *stuck;  /* a subject that stays what it is, whatever is set */
        const char *landed; /* what the policy is where it is set to anything; NULL: that */
} settings;

PF_UNUSED static const char **value_of(const PfSetting *setting) {
        return strcmp(setting->subject, POLICY) == 0 ? &settings.policy : &settings.netlogon;
}

PF_UNUSED static int fake_look(const PfSetting *setting, char **ret, void *data, PfErr *err) {
        const char *value = *value_of(setting);

        (void) data;
        if (settings.look < 0)
                return pf_err_set(err, settings.look, "nobody answers");
        *ret = value ? strdup(value) : NULL;
        return 0;
}

PF_UNUSED static int fake_set(const PfSetting *setting, const char *value, void *data, PfErr *err) {
        /* Values outlive plans and manifests. */
        static const char *const values[] = { "dword:00000000", "dword:00000001", "automatic",
                                              "disabled",       "running",        "stopped" };

        (void) data;
        say("%s=%s\n", setting->name ? setting->name : setting->subject, value ? value : "gone");
        if (settings.set < 0)
                return pf_err_set(err, settings.set, "access is denied");
        if (settings.stuck && strcmp(settings.stuck, setting->subject) == 0)
                return 0;
        *value_of(setting) = NULL;
        for (size_t i = 0; value && i < PF_ELEMENTS(values); i++)
                if (strcmp(values[i], value) == 0)
                        *value_of(setting) = values[i];
        if (value && settings.landed && value_of(setting) == &settings.policy)
                settings.policy = settings.landed;
        return 0;
}

PF_UNUSED static const PfEffects effects = { .validate = fake_validate,
                                             .act = fake_act,
                                             .verify = fake_verify,
                                             .look = fake_look,
                                             .set = fake_set };

PF_UNUSED static PfTransactions *open_them(void) {
        PfTransactions *transactions = NULL;
        PfErr err = { 0 };
        int r = pf_transactions_open(box.root, &effects, &transactions, &err);

        ck_assert_msg(r == 0, "%d: %s", r, err.text);
        return transactions;
}

PF_UNUSED static const char *read_file(const char *path) {
        PF_AUTO_FREE char *place = pf_sandbox_path(&box, path);
        PF_AUTO_FCLOSE FILE *file = fopen(place, "rb");
        static char text[65536];

        if (!file)
                return NULL;
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        return text;
}

PF_UNUSED static void check_file(const char *path, const char *wanted) {
        const char *found = read_file(path);

        if (wanted)
                ck_assert_pstr_eq(found, wanted);
        else
                ck_assert_msg(!found, "%s is there", path);
}

PF_UNUSED static unsigned count_names(const char *path) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr err = { 0 };

        pf_sandbox_reset_target(&box);
        ck_assert_int_eq(pf_target_list(box.target, path, &names, &err), 0);
        return (unsigned) names.n;
}

/* A file to change, one to make, one to remove, and one behind a link. */
PF_UNUSED static void new_machine(void) {
        fake = (Fake){ 0 };
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/changed", "old\n");
        pf_sandbox_chmod(&box, "/etc/changed", 0640);
        pf_sandbox_write(&box, "/etc/removed", "gone soon\n");
        pf_sandbox_write(&box, "/srv/real", "real\n");
        pf_sandbox_symlink(&box, "/srv/real", "/etc/linked");
}

PF_UNUSED static PfPlan *new_plan(void) {
        PfPlan *plan = pf_make_plan();

        pf_make_text(plan, box.root, "/etc/changed", "new\n");
        pf_make_text(plan, box.root, "/etc/made", "made\n");
        pf_make_text(plan, box.root, "/etc/removed", NULL);
        pf_make_action(plan, PF_ACTION_RELOAD, "ssh.service");
        pf_make_action(plan, PF_ACTION_START, "other.service");
        pf_make_step(plan, "ssh.access");
        return plan;
}

PF_UNUSED static void check_old(void) {
        check_file("/etc/changed", "old\n");
        check_file("/etc/made", NULL);
        check_file("/etc/removed", "gone soon\n");
        ck_assert_uint_eq(count_names("/etc"), 3);
}

PF_UNUSED static void check_new(void) {
        check_file("/etc/changed", "new\n");
        check_file("/etc/made", "made\n");
        check_file("/etc/removed", NULL);
        ck_assert_uint_eq(count_names("/etc"), 3);
}

/* Applies, wants @wanted, and gives what became of it. */
PF_UNUSED static PfTransaction *apply(PfTransactions *transactions, const PfPlan *plan, int wanted,
                                      PfErr *err) {
        PfTransaction *transaction = NULL;
        int r = pf_transactions_apply(transactions, plan, "root", "ssh.access", &transaction, err);

        ck_assert_msg(r == wanted, "%d: %s", r, err->text);
        return transaction;
}

PF_UNUSED static void check_history(PfTransactions *transactions, const char *wanted) {
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

/* Applies the plan, which has to succeed, and gives its ID, which the caller frees. */
PF_UNUSED static char *applied_id(PfTransactions *transactions, PfPlan *plan_take) {
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = plan_take;
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PfErr err = { 0 };

        done = apply(transactions, plan, 0, &err);
        return PF_STEAL(done->id);
}

/* The transaction of this ID, which the caller frees. */
PF_UNUSED static PfTransaction *find_transaction(PfTransactions *transactions, const char *id) {
        PfTransaction **list = NULL, *found = NULL;
        PfErr err = { 0 };
        size_t n;

        ck_assert_int_eq(pf_transactions_list(transactions, &list, &n, &err), 0);
        for (size_t i = 0; i < n; i++)
                if (strcmp(list[i]->id, id) == 0)
                        found = list[i];
                else
                        (void) pf_transaction_free(list[i]);
        free(list);
        ck_assert_msg(found, "no transaction %s", id);
        return found;
}

/* Where a file of a transaction lies, as the machine names it; the caller frees it. */
PF_UNUSED static char *journal_path(const char *id, const char *name) {
        char *path;

        ck_assert_int_gt(
                asprintf(&path, "%s/%s%s%s", PF_TRANSACTIONS_PATH, id, name[0] ? "/" : "", name),
                0);
        return path;
}

/* Replaces words in a manifest: what a kill would have left, or somebody wrote. */
PF_UNUSED static void edit_manifest(const char *id, const char *from, const char *to) {
        PF_AUTO_FREE char *path = journal_path(id, "manifest.json");
        PF_AUTO_FREE char *edited = NULL;
        const char *text = read_file(path);
        const char *at;

        ck_assert_ptr_nonnull(text);
        at = strstr(text, from);
        ck_assert_msg(at, "no %s in %s", from, text);
        ck_assert_int_gt(
                asprintf(&edited, "%.*s%s%s", (int) (at - text), text, to, at + strlen(from)), 0);
        pf_sandbox_write(&box, path, edited);
}

PF_UNUSED static PfPlan *change_to(const char *text) {
        PfPlan *plan = pf_make_plan();

        pf_make_text(plan, box.root, "/etc/changed", text);
        return plan;
}

/* Sparse, and larger than anybody waits for. */
PF_UNUSED static void make_huge(const char *path) {
        PF_AUTO_FREE char *place = pf_sandbox_path(&box, path);

        ck_assert_int_eq(truncate(place, (off_t) 1 << 43), 0);
}

/* ---- leases ---- */

#define BLOCK PF_LEASE_BEGIN "\nMatch User root\n" PF_LEASE_END "\n"

PF_UNUSED static char *lease_id(PfTransactions *transactions) {
        PfPlan *plan = pf_make_plan();

        pf_make_text(plan, box.root, "/etc/changed", "old\n" BLOCK);
        pf_make_text(plan, box.root, "/etc/made", BLOCK);
        pf_make_action(plan, PF_ACTION_RELOAD, "ssh.service");
        pf_make_lease(plan, "root", "192.0.2.7", 60000000);
        return applied_id(transactions, plan);
}

/* Cuts from the first to the last line of the block. */
PF_UNUSED static int cut(const char *now, size_t n, const char *after, size_t n_after,
                         PfBuf *rest) {
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

PF_UNUSED static void end_lease(PfTransactions *transactions, const char *id, int wanted) {
        PfErr err = { 0 };
        int r = pf_transactions_end_lease(transactions, id, "remedyd", cut, &err);

        ck_assert_msg(r == wanted, "%d: %s", r, err.text);
}
