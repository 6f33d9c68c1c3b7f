/* SPDX-License-Identifier: MIT */
/* What may be remedied unattended, and why not. */
#include "daemon/remedy/policy.h"

#include <string.h>

#include "daemon/base/capture.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define SAFE "ssh.sftp-subsystem"
#define CONSENT "ssh.password-authentication"
#define MANUAL "space.root"
#define EVIDENCE "sha256:1"

static PfSettings *parse(const char *text) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PfSettings *settings = pf_settings_new();

        ck_assert_ptr_nonnull(settings);
        ck_assert_int_eq(pf_settings_parse(settings, "f", text, strlen(text), &errors), 0);
        ck_assert_uint_eq(errors.texts.n, 0);
        return settings;
}

/* @why: a part of the sentence */
static void expect(const char *text, const PfTarget *target, const char *check,
                   const char *fingerprint, PfTransaction *history, PfAutoAnswer answer,
                   const char *why) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = parse(text);
        PF_AUTO_FREE char *said = NULL;
        PfTransaction *const list[] = { history };
        PfAutoAnswer got =
                pf_policy_may(settings, target, check, fingerprint, list, history ? 1 : 0, &said);

        ck_assert_msg(got == answer, "%s: %s", check, said ? said : "yes");
        if (why)
                ck_assert_msg(said && strstr(said, why), "%s", said ? said : "nothing");
        else
                ck_assert_ptr_null(said);
        /* Nobody has to ask why. */
        ck_assert_int_eq(
                pf_policy_may(settings, target, check, fingerprint, list, history ? 1 : 0, NULL),
                answer);
}

START_TEST(the_settings_decide) {
        static const struct {
                const char *settings;
                const char *check;
                PfAutoAnswer answer;
                const char *why;
        } cases[] = {
                { "", SAFE, PF_AUTO_OFF, "Auto=" },
                { "[Remedy]\nAuto=off\n", SAFE, PF_AUTO_OFF, "Auto=" },
                { "[Remedy]\nAuto=safe\n", SAFE, PF_AUTO_YES, NULL },
                { "[Remedy]\nAuto=safe\n", CONSENT, PF_AUTO_OFF, "consent" },
                { "[Remedy]\nAuto=safe\n", MANUAL, PF_AUTO_OFF, "consent" },
                { "[Remedy]\nAuto=safe\n", "no.such", PF_AUTO_OFF, "consent" },
                { "[Remedy]\nAuto=safe\nAutoOnly=ssh.*\n", CONSENT, PF_AUTO_OFF, "consent" },
                { "[Remedy]\nAuto=safe\nAutoOnly=boot.*\n", SAFE, PF_AUTO_OFF, "AutoOnly=" },
                { "[Remedy]\nAuto=safe\nAutoOnly=boot.* ssh.*\n", SAFE, PF_AUTO_YES, NULL },
                { "[Remedy]\nAuto=safe\nAutoSkip=ssh.*\n", SAFE, PF_AUTO_OFF, "AutoSkip=" },
                { "[Remedy]\nAuto=safe\nAutoOnly=ssh.*\nAutoSkip=" SAFE "\n", SAFE, PF_AUTO_OFF,
                  "AutoSkip=" },
                { "[Remedy]\nAutoOnly=ssh.*\n", SAFE, PF_AUTO_OFF, "Auto=" },
        };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        pf_sandbox_new(&box);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                expect(cases[i].settings, box.target, cases[i].check, EVIDENCE, NULL,
                       cases[i].answer, cases[i].why);
        expect("[Remedy]\nAuto=safe\n", box.target, SAFE, NULL, NULL, PF_AUTO_OFF, "not known");
}
END_TEST

/* --- never twice --- */

START_TEST(what_was_remedied_before_is_not_again) {
        static const struct {
                PfTransactionState state;
                PfPlanOutcome outcome;
                const char *check;
                char *fingerprint;
                PfAutoAnswer answer;
                const char *why;
        } cases[] = {
                { PF_TRANSACTION_APPLIED, PF_PLAN_REMEDIED, SAFE, EVIDENCE, PF_AUTO_PUT_BACK,
                  "was made (transaction 20261123T1)" },
                { PF_TRANSACTION_UNDONE, PF_PLAN_REMEDIED, SAFE, EVIDENCE, PF_AUTO_PUT_BACK,
                  "undone" },
                { PF_TRANSACTION_ROLLED_BACK, PF_PLAN_REMEDIED, SAFE, EVIDENCE, PF_AUTO_PUT_BACK,
                  "taken back" },
                { PF_TRANSACTION_CONFLICT, PF_PLAN_REMEDIED, SAFE, EVIDENCE, PF_AUTO_PUT_BACK,
                  "edited" },
                { PF_TRANSACTION_APPLYING, PF_PLAN_REMEDIED, SAFE, EVIDENCE, PF_AUTO_PUT_BACK,
                  "begun" },
                { PF_TRANSACTION_REVERTING, PF_PLAN_REMEDIED, SAFE, EVIDENCE, PF_AUTO_PUT_BACK,
                  "being undone" },
                { PF_TRANSACTION_PREPARED, PF_PLAN_REMEDIED, SAFE, EVIDENCE, PF_AUTO_YES, NULL },
                { PF_TRANSACTION_APPLIED, PF_PLAN_CONSENT, SAFE, EVIDENCE, PF_AUTO_YES, NULL },
                { PF_TRANSACTION_APPLIED, PF_PLAN_REMEDIED, CONSENT, EVIDENCE, PF_AUTO_YES, NULL },
                { PF_TRANSACTION_APPLIED, PF_PLAN_REMEDIED, SAFE, "sha256:2", PF_AUTO_YES, NULL },
                { PF_TRANSACTION_APPLIED, PF_PLAN_REMEDIED, SAFE, NULL, PF_AUTO_YES, NULL },
        };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        pf_sandbox_new(&box);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfPlanStep step = { .check = cases[i].check,
                                    .outcome = cases[i].outcome,
                                    .fingerprint = cases[i].fingerprint };
                PfTransaction transaction = { .id = (char *) "20261123T1",
                                              .state = cases[i].state,
                                              .steps = &step,
                                              .n_steps = 1 };

                expect("[Remedy]\nAuto=safe\n", box.target, SAFE, EVIDENCE, &transaction,
                       cases[i].answer, cases[i].why);
        }
}
END_TEST

/* --- the first boot --- */

#define FIRST_BOOT "/run/systemd/first-boot"
#define ENABLED "/run/cloud-init/enabled"
#define DONE "/run/cloud-init/result.json"

#define THERE "{\"type\": \"regular\", \"mode\": 420}"
#define ABSENT "{\"outcome\": \"absent\"}"
#define DENIED "{\"error\": 13, \"text\": \"Permission denied\"}"

/* A machine that was captured while it ran, with these three files or not. */
static void expect_of_boot(const char *first_boot, const char *enabled, const char *done,
                           PfAutoAnswer answer, const char *why) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        char book[512];

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, PF_CAPTURE_ABOUT,
                         "{\"schema\": 1, \"live\": true, \"timeUSec\": 1763827200000000}");
        (void) snprintf(book, sizeof(book),
                        "{\"" FIRST_BOOT "\": %s, \"" ENABLED "\": %s, \"" DONE "\": %s}",
                        first_boot, enabled, done);
        pf_sandbox_write(&box, PF_CAPTURE_DIRECTORY "/stat.json", book);
        pf_sandbox_reset_target(&box);
        ck_assert(pf_target_is_live(box.target));
        expect("[Remedy]\nAuto=safe\n", box.target, SAFE, EVIDENCE, NULL, answer, why);
}

START_TEST(nothing_before_the_first_boot_is_over) {
        expect_of_boot(ABSENT, ABSENT, ABSENT, PF_AUTO_YES, NULL);
        expect_of_boot(THERE, ABSENT, ABSENT, PF_AUTO_EARLY, "first boot");
        expect_of_boot(THERE, THERE, THERE, PF_AUTO_EARLY, "first boot");
        expect_of_boot(ABSENT, THERE, ABSENT, PF_AUTO_EARLY, "cloud-init");
        expect_of_boot(ABSENT, THERE, THERE, PF_AUTO_YES, NULL);

        /* What could not be looked at does not count as done. */
        expect_of_boot(DENIED, ABSENT, ABSENT, PF_AUTO_EARLY, "first boot");
        expect_of_boot(ABSENT, DENIED, ABSENT, PF_AUTO_EARLY, "cloud-init");
        expect_of_boot(ABSENT, THERE, DENIED, PF_AUTO_EARLY, "cloud-init");
}
END_TEST

START_TEST(an_image_does_not_boot) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, FIRST_BOOT, "");
        pf_sandbox_write(&box, ENABLED, "");
        expect("[Remedy]\nAuto=safe\n", box.target, SAFE, EVIDENCE, NULL, PF_AUTO_YES, NULL);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("policy");

        PF_TEST(suite, the_settings_decide);
        PF_TEST(suite, what_was_remedied_before_is_not_again);
        PF_TEST(suite, nothing_before_the_first_boot_is_over);
        PF_TEST(suite, an_image_does_not_boot);
        return pf_test_main(suite);
}
