/* SPDX-License-Identifier: MIT */
/*
 * The effects of a plan on the running machine: probes that fail or pass as they are told to,
 * and a service manager on a bus of the test's own.
 */
#include "daemon/remedy/effects-live.h"

#include <string.h>
#include <unistd.h>

#include "daemon/report/schedule.h"
#include "tests/support/fake-probes.h"
#include "tests/support/fake-systemd.h"
#include "tests/support/question.h"
#include "tests/support/test-main.h"

static PfEffectsLive *live;
static const PfEffects *effects;

static void open_for(const char *check) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        PfProfile *profile = NULL;
        PfErr err = { 0 };

        pf_fake_set_failing(false);
        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        question = pf_test_question(profile, check);
        profile = pf_profile_unref(profile);
        ck_assert_msg(pf_effects_live_new(question, &live, &err) == 0, "%s", err.text);
        pf_effects_live_set_patience(live, 200);
        effects = pf_effects_live_table(live);
}

static void setup(void) {
        open_for(PF_FAKE_CHANGING);
}

static void teardown(void) {
        live = pf_effects_live_free(live);
        pf_fake_set_failing(false);
}

static void validate(const PfPlan *plan) {
        PfErr err = { 0 };

        /* No file of it has a tool. */
        ck_assert_int_eq(effects->validate(plan, effects->data, &err), -ENOTSUP);
        ck_assert_ptr_nonnull(strstr(err.text, "could not be validated before"));
}

static void assert_verifies(const PfPlan *plan, const char *complaint) {
        PfErr err = { 0 };
        int r = effects->verify(plan, effects->data, &err);

        ck_assert_msg(r == (complaint ? -EBADMSG : 0), "%d %s", r, err.text);
        if (complaint)
                ck_assert_msg(strstr(err.text, complaint), "%s", err.text);
}

static PfPlanStep remedied = {
        .check = PF_FAKE_CHANGING, .outcome = PF_PLAN_REMEDIED, .before = PF_FAIL, .after = PF_PASS
};
static const PfPlan one_step = { .steps = &remedied, .n_steps = 1 };
static const PfPlan no_step = { 0 };

START_TEST(a_plan_that_helps_is_proven) {
        pf_fake_set_failing(true);
        validate(&one_step);
        pf_fake_set_failing(false);
        assert_verifies(&one_step, NULL);
}
END_TEST

START_TEST(one_that_does_not_is_told) {
        pf_fake_set_failing(true);
        validate(&one_step);
        assert_verifies(&one_step, PF_FAKE_CHANGING " does not pass: fail: ");
}
END_TEST

START_TEST(what_is_not_answered_is_not_proven) {
        PfPlanStep other = { .check = PF_FAKE_GOOD, .outcome = PF_PLAN_REMEDIED };
        const PfPlan plan = { .steps = &other, .n_steps = 1 };

        validate(&plan);
        assert_verifies(&plan, PF_FAKE_GOOD " was not answered");
}
END_TEST

START_TEST(nothing_else_may_be_worse) {
        validate(&no_step);
        pf_fake_set_failing(true);
        assert_verifies(&no_step, PF_FAKE_CHANGING " is worse than before");
}
END_TEST

START_TEST(what_was_wrong_may_stay_so) {
        pf_fake_set_failing(true);
        validate(&no_step);
        assert_verifies(&no_step, NULL);
}
END_TEST

/* Another process validated it: then the plan's own promise counts. */
START_TEST(without_a_look_before) {
        static const PfCheck check = { PF_FAKE_CHANGING };
        PfResult left = { .check = &check, .verdict = PF_FAIL };
        const PfPlan plan = { .remaining = { .results = &left, .n = 1 } };

        pf_fake_set_failing(true);
        assert_verifies(&plan, NULL);
        assert_verifies(&no_step, "is worse");
}
END_TEST

/* --- actions --- */

static int act(PfActionKind kind, const char *subject, bool undo, PfErr *err) {
        const PfAction action = { .kind = kind, .subject = (char *) subject };

        return effects->act(&action, undo, effects->data, err);
}

static const struct {
        PfActionKind kind;
        const char *subject;
        const char *told;
        const char *undone;
} actions[] = {
        { PF_ACTION_RELOAD, "ssh.service", "ReloadUnit ssh.service\n", "ReloadUnit ssh.service\n" },
        { PF_ACTION_RELOAD, "inactive.service", "", "" },
        { PF_ACTION_START, "ssh.service", "StartUnit ssh.service\n", "StopUnit ssh.service\n" },
        { PF_ACTION_ENABLE, "ssh.service", "EnableUnitFiles ssh.service\nReload -\n",
          "DisableUnitFiles ssh.service\nReload -\n" },
        { PF_ACTION_MOUNT, "/srv/data", "Reload -\nStartUnit srv-data.mount\n",
          "StopUnit srv-data.mount\n" },
        { PF_ACTION_RELOAD, "dying.service", "ReloadUnit dying.service\n",
          "StartUnit dying.service\n" },
};

START_TEST(done_and_taken_back) {
        PF_AUTO_FAKE_SYSTEMD PfFakeSystemd bus = { 0 };
        PF_AUTO_FREE char *all = NULL;
        PfErr err = { 0 };

        if (!pf_fake_systemd_open(&bus))
                return;
        ck_assert_msg(act(actions[_i].kind, actions[_i].subject, false, &err) == 0, "%s", err.text);
        pf_fake_systemd_was_told(&bus, actions[_i].told);
        ck_assert_msg(act(actions[_i].kind, actions[_i].subject, true, &err) == 0, "%s", err.text);
        ck_assert_int_gt(asprintf(&all, "%s%s", actions[_i].told, actions[_i].undone), -1);
        pf_fake_systemd_was_told(&bus, all);
}
END_TEST

START_TEST(a_service_has_to_come_back) {
        PF_AUTO_FAKE_SYSTEMD PfFakeSystemd bus = { 0 };
        PfErr err = { 0 };

        if (!pf_fake_systemd_open(&bus))
                return;
        validate(&no_step);
        ck_assert_int_eq(act(PF_ACTION_RELOAD, "dying.service", false, &err), 0);
        assert_verifies(&no_step, "dying.service did not come back: it is failed");
        /* Started by somebody, it is there. */
        ck_assert_int_eq(act(PF_ACTION_START, "dying.service", false, &err), 0);
        assert_verifies(&no_step, NULL);
}
END_TEST

START_TEST(without_a_manager) {
        static const struct {
                PfActionKind kind;
                const char *subject;
        } each[] = { { PF_ACTION_START, "ssh.service" },
                     { PF_ACTION_ENABLE, "ssh.service" },
                     { PF_ACTION_RELOAD, "cron.service" },
                     { PF_ACTION_MOUNT, "/srv" } };

        ck_assert_int_eq(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1), 0);
        for (size_t i = 0; i < PF_ELEMENTS(each); i++) {
                PfErr err = { 0 };

                ck_assert_int_eq(act(each[i].kind, each[i].subject, false, &err), -ENOTSUP);
                ck_assert_msg(strstr(err.text, each[i].subject), "%s", err.text);
                ck_assert_msg(strstr(err.text, "no systemd"), "%s", err.text);
        }
}
END_TEST

/* What is set counts, and not the 200 ms that the probe asks for. */
START_TEST(a_probe_has_the_time_that_is_set) {
        live = pf_effects_live_free(live);
        open_for(PF_FAKE_HANGING);
        pf_effects_live_set_deadline(live, 20);
        pf_fake_hang();
        assert_verifies(&no_step, "did not answer within 20 ms");
        pf_fake_let_go();
        while (pf_fake_n_hanging() > 0)
                (void) usleep(1000);
        assert_verifies(&no_step, NULL); /* and nothing of it is left on the loop */
}
END_TEST

static void add_case(Suite *suite, const char *name, const TTest *test, int n) {
        TCase *tcase = tcase_create(name);

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_set_timeout(tcase, 60);
        tcase_add_loop_test(tcase, test, 0, n);
        suite_add_tcase(suite, tcase);
}

#define ADD(suite, test, n) add_case(suite, #test, test, n)

int main(void) {
        Suite *suite = suite_create("effects-live");

        ADD(suite, a_plan_that_helps_is_proven, 1);
        ADD(suite, one_that_does_not_is_told, 1);
        ADD(suite, what_is_not_answered_is_not_proven, 1);
        ADD(suite, nothing_else_may_be_worse, 1);
        ADD(suite, what_was_wrong_may_stay_so, 1);
        ADD(suite, without_a_look_before, 1);
        ADD(suite, a_probe_has_the_time_that_is_set, 1);
        ADD(suite, done_and_taken_back, (int) PF_ELEMENTS(actions));
        ADD(suite, a_service_has_to_come_back, 1);
        ADD(suite, without_a_manager, 1);
        return pf_test_main(suite);
}
