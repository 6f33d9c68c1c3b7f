/* SPDX-License-Identifier: MIT */
/* Plans as values: what their digest covers, and how they go over the wire. */
#include "daemon/remedy/plan.h"

#include <string.h>

#include "daemon/base/sha256.h"
#include "tests/support/test-main.h"

static char *copy(const char *text) {
        char *made = strdup(text);

        ck_assert_ptr_nonnull(made);
        return made;
}

static void add_file(PfPlan *plan, const char *path, const char *before, const char *after) {
        PfPlanFile *file;

        plan->files = reallocarray(plan->files, plan->n_files + 1, sizeof(*plan->files));
        ck_assert_ptr_nonnull(plan->files);
        file = &plan->files[plan->n_files++];
        *file = (PfPlanFile){ .was_absent = !before };
        file->edit.path = copy(path);
        if (before) {
                file->before_bytes = copy(before);
                file->before_n = strlen(before);
                file->before = (PfFileInfo){ .mode = 0600, .uid = 0, .gid = 0 };
                pf_sha256_hex(before, strlen(before), file->before_sha256);
        }
        if (after) {
                file->edit.bytes = copy(after);
                file->edit.n = strlen(after);
                pf_sha256_hex(after, strlen(after), file->after_sha256);
        }
}

/* A plan with one of each. */
static PfPlan *make(void) {
        static const PfCheck check = { "boot.root-identity" };
        PfPlan *plan = calloc(1, sizeof(*plan));

        ck_assert_ptr_nonnull(plan);
        add_file(plan, "/etc/ssh/sshd_config", "Port 22\nUsePAM yes\n", "Port 22\nUsePAM no\n");
        plan->actions = calloc(1, sizeof(*plan->actions));
        plan->actions[0] = (PfAction){ PF_ACTION_RELOAD, copy("ssh.service") };
        plan->n_actions = 1;
        plan->steps = calloc(1, sizeof(*plan->steps));
        plan->steps[0] = (PfPlanStep){ .check = "ssh.sftp-subsystem",
                                       .outcome = PF_PLAN_REMEDIED,
                                       .before = PF_FAIL,
                                       .after = PF_PASS,
                                       .summary = copy("a line is added"),
                                       .fingerprint = copy("sha256:1") };
        plan->n_steps = 1;
        plan->lease = calloc(1, sizeof(*plan->lease));
        *plan->lease = (PfPlanLease){ copy("root"), copy("192.0.2.7"), 60000000 };
        plan->account = copy("root");
        plan->source = copy("192.0.2.7");
        (void) pf_report_fail(&plan->remaining, &check, "grub.cfg names a device");
        ck_assert_int_eq(pf_plan_seal(plan), 0);
        return plan;
}

/* --- the digest --- */

static void replace(char **text, const char *by) {
        free(*text);
        *text = copy(by);
}

static void change_path(PfPlan *plan) {
        replace(&plan->files[0].edit.path, "/etc/ssh/sshd_config2");
}

static void change_before(PfPlan *plan) {
        plan->files[0].before_sha256[0] ^= 1;
}

static void change_after(PfPlan *plan) {
        plan->files[0].after_sha256[63] ^= 1;
}

static void change_mode(PfPlan *plan) {
        plan->files[0].before.mode = 0644;
}

static void change_owner(PfPlan *plan) {
        plan->files[0].before.uid = 1;
}

static void change_group(PfPlan *plan) {
        plan->files[0].before.gid = 1;
}

static void change_files(PfPlan *plan) {
        add_file(plan, "/etc/other", NULL, "x");
}

static void change_action(PfPlan *plan) {
        plan->actions[0].kind = PF_ACTION_START;
}

static void change_subject(PfPlan *plan) {
        replace(&plan->actions[0].subject, "sshd.service");
}

static void change_outcome(PfPlan *plan) {
        plan->steps[0].outcome = PF_PLAN_CONSENT;
}

static void change_check(PfPlan *plan) {
        plan->steps[0].check = "ssh.root-login";
}

static void change_fingerprint(PfPlan *plan) {
        replace(&plan->steps[0].fingerprint, "sha256:2");
}

static void change_lease_account(PfPlan *plan) {
        replace(&plan->lease->account, "roo");
}

static void change_lease_source(PfPlan *plan) {
        replace(&plan->lease->source, "192.0.2.0/24");
}

static void change_lease_duration(PfPlan *plan) {
        plan->lease->duration_usec++;
}

static void change_account(PfPlan *plan) {
        replace(&plan->account, "admin");
}

static void change_source(PfPlan *plan) {
        free(plan->source);
        plan->source = NULL;
}

START_TEST(the_digest_covers_all_that_was_said_yes_to) {
        static void (*const changes[])(PfPlan * plan) = {
                change_path,          change_before,       change_after,
                change_mode,          change_owner,        change_group,
                change_files,         change_action,       change_subject,
                change_outcome,       change_check,        change_fingerprint,
                change_lease_account, change_lease_source, change_lease_duration,
                change_account,       change_source,
        };
        char digests[PF_ELEMENTS(changes) + 1][72];

        for (size_t i = 0; i <= PF_ELEMENTS(changes); i++) {
                PF_CLEANUP(pf_plan_freep) PfPlan *plan = make();

                if (i < PF_ELEMENTS(changes))
                        changes[i](plan);
                ck_assert_int_eq(pf_plan_seal(plan), 0);
                ck_assert_uint_eq(strlen(plan->digest), strlen("sha256:") + 64);
                memcpy(digests[i], plan->digest, sizeof(digests[i]));
                for (size_t j = 0; j < i; j++)
                        ck_assert_msg(strcmp(digests[i], digests[j]) != 0, "%zu and %zu", i, j);
        }
}
END_TEST

START_TEST(the_same_plan_has_the_same_digest) {
        PF_CLEANUP(pf_plan_freep) PfPlan *one = make();
        PF_CLEANUP(pf_plan_freep) PfPlan *other = make();

        /* Words for people do not count. */
        replace(&other->steps[0].summary, "the line is added");
        ck_assert_int_eq(pf_plan_seal(other), 0);
        ck_assert_str_eq(one->digest, other->digest);
}
END_TEST

/* --- on the wire --- */

static PfJson *item(const PfJson *plan, const char *list, size_t i) {
        const PfJson *array = pf_json_get(plan, list);

        ck_assert_uint_gt(pf_json_length(array), i);
        return pf_json_at(array, i);
}

START_TEST(a_plan_with_one_of_each) {
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = make();
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        const PfJson *lease;

        ck_assert_int_eq(pf_plan_to_json(plan, &json), 0);
        ck_assert_str_eq(pf_json_get_string(json, "digest"), plan->digest);
        ck_assert(!pf_json_bool(pf_json_get(json, "empty")));
        ck_assert_str_eq(pf_json_get_string(item(json, "steps", 0), "outcome"), "remedied");
        ck_assert_str_eq(pf_json_get_string(item(json, "steps", 0), "before"), "fail");
        ck_assert_str_eq(pf_json_get_string(item(json, "steps", 0), "after"), "pass");
        ck_assert_str_eq(pf_json_get_string(item(json, "files", 0), "diff"),
                         "--- a/etc/ssh/sshd_config\n+++ b/etc/ssh/sshd_config\n"
                         "@@ -1,2 +1,2 @@\n Port 22\n-UsePAM yes\n+UsePAM no\n");
        ck_assert_str_eq(pf_json_get_string(item(json, "files", 0), "before"),
                         plan->files[0].before_sha256);
        ck_assert_str_eq(pf_json_get_string(item(json, "actions", 0), "kind"), "reload");
        ck_assert_str_eq(pf_json_get_string(item(json, "actions", 0), "subject"), "ssh.service");
        ck_assert_str_eq(pf_json_get_string(item(json, "remaining", 0), "verdict"), "fail");
        lease = pf_json_get(json, "lease");
        ck_assert_str_eq(pf_json_get_string(lease, "source"), "192.0.2.7");
        ck_assert_int_eq(pf_json_integer(pf_json_get(lease, "durationUSec")), 60000000);
}
END_TEST

START_TEST(a_plan_with_nothing) {
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = calloc(1, sizeof(*plan));
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;

        ck_assert_ptr_nonnull(plan);
        ck_assert_int_eq(pf_plan_seal(plan), 0);
        ck_assert_int_eq(pf_plan_to_json(plan, &json), 0);
        ck_assert(pf_json_bool(pf_json_get(json, "empty")));
        ck_assert_uint_eq(pf_json_length(pf_json_get(json, "files")), 0);
        ck_assert_ptr_null(pf_json_get(json, "lease"));
}
END_TEST

/* New, gone, no text, and too large to be read: what is known of each. */
START_TEST(files_of_every_kind) {
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = make();
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;

        add_file(plan, "/new", NULL, "1\n");
        add_file(plan, "/gone", "1\n", NULL);
        add_file(plan, "/latin", "\xe4\n", "a\n");
        add_file(plan, "/binary", "1\n", "2\n");
        plan->files[4].edit.is_binary = true;
        add_file(plan, "/nul", "1\n", "2\n");
        plan->files[5].edit.bytes[0] = '\0';
        add_file(plan, "/large", "1\n", "2\n");
        free(plan->files[6].before_bytes);
        plan->files[6].before_bytes = NULL;
        ck_assert_int_eq(pf_plan_to_json(plan, &json), 0);

        ck_assert_str_eq(pf_json_get_string(item(json, "files", 1), "diff"),
                         "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+1\n");
        ck_assert_ptr_null(pf_json_get(item(json, "files", 1), "before"));
        ck_assert_str_eq(pf_json_get_string(item(json, "files", 2), "diff"),
                         "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n");
        ck_assert_ptr_null(pf_json_get(item(json, "files", 2), "after"));
        for (size_t i = 3; i <= 6; i++) {
                ck_assert_ptr_null(pf_json_get(item(json, "files", i), "diff"));
                ck_assert_ptr_nonnull(pf_json_get(item(json, "files", i), "after"));
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("plan");

        PF_TEST(suite, the_digest_covers_all_that_was_said_yes_to);
        PF_TEST(suite, the_same_plan_has_the_same_digest);
        PF_TEST(suite, a_plan_with_one_of_each);
        PF_TEST(suite, a_plan_with_nothing);
        PF_TEST(suite, files_of_every_kind);
        return pf_test_main(suite);
}
