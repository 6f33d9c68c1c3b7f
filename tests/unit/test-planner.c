/* SPDX-License-Identifier: MIT */
/*
 * Which candidates a plan keeps, with probes and remedies of its own: a check passes
 * where its file holds its word, and a remedy offers what a test says.
 */
#include "daemon/remedy/planner.h"

#include <stdatomic.h>
#include <string.h>

#include "daemon/report/schedule.h"
#include "probes/remedy.h"
#include "tests/support/question.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define SFTP "ssh.sftp-subsystem"              /* safe */
#define PASSWORD "ssh.password-authentication" /* consent */
#define ROOT_LOGIN "ssh.root-login"            /* consent */
#define ACCESS "ssh.access"
#define BOOT "boot.root-identity"         /* safe */
#define RESUME "boot.resume-identity"     /* safe */
#define RESOLVES "boot.identity-resolves" /* has no remedy here */

/* --- probes --- */

static atomic_bool hangs, hangs_on_overlays;
static uv_sem_t let_go;

static const PfCheck ssh_checks[] = { { PASSWORD }, { ROOT_LOGIN }, { SFTP }, { ACCESS } };
static const PfCheck boot_checks[] = { { BOOT }, { RESUME }, { RESOLVES } };

/* What a word of a file says of a check: NAME, NAME=warn, NAME=unknown, NAME=no, NAME=ACCOUNT
 * or NAME=ACCOUNT@ADDRESS; @before: what the words in front of it say. */
static PfVerdict verdict_of(const char *word, const char *name, const PfDemand *demand,
                            PfVerdict before) {
        static const struct {
                const char *text;
                PfVerdict verdict;
        } values[] = { { "", PF_PASS },
                       { "=warn", PF_WARN },
                       { "=unknown", PF_UNKNOWN },
                       { "=no", PF_FAIL } };
        char scoped[300];
        size_t n = strlen(name);

        if (strncmp(word, name, n) != 0)
                return before;
        for (size_t i = 0; i < PF_ELEMENTS(values); i++)
                if (strcmp(word + n, values[i].text) == 0)
                        return values[i].verdict;
        (void) snprintf(scoped, sizeof(scoped), "=%s@%s", demand->account,
                        demand->source ? demand->source : "");
        if (strcmp(word + n, scoped) == 0)
                return PF_PASS;
        return word[n] == '=' && strcmp(word + n + 1, demand->account) == 0 ? PF_PASS : before;
}

static PfVerdict verdict_in(const char *text, const char *name, const PfDemand *demand) {
        PF_AUTO_FREE char *copy = strdup(text);
        PfVerdict verdict = PF_FAIL;
        char *state = NULL;

        for (char *word = strtok_r(copy, " \n", &state); word; word = strtok_r(NULL, " \n", &state))
                verdict = verdict_of(word, name, demand, verdict);
        return verdict;
}

/* A file, and behind it what lies beside it as FILE.d. Return: as pf_target_read(). */
static int read_both(const PfTarget *target, const char *path, PfBuf *buf, PfErr *err) {
        char more[64];
        int r = pf_target_read(target, path, buf->max, buf, err);

        (void) snprintf(more, sizeof(more), "%s.d", path);
        if (r == 0)
                r = pf_buf_add_string(buf, " ");
        if (r == 0)
                r = pf_target_read(target, more, buf->max, buf, err);
        return r == PF_TARGET_ABSENT && buf->n > 0 ? 0 : r;
}

static int answer(const PfTarget *target, const PfDemand *demand, const char *path,
                  const char *name, const PfCheck *check, PfReport *report, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PfVerdict verdict;
        int r = read_both(target, path, &buf, err);

        if (r < 0)
                return r;
        if (r == PF_TARGET_ABSENT)
                return pf_report_skip(report, check, "there is no %s", path);
        verdict = verdict_in(buf.data, name, demand);
        if (verdict == PF_PASS)
                return pf_report_pass(report, check, "%s is there", name);
        if (verdict == PF_WARN)
                (void) pf_report_warn(report, check, "%s is nearly there", name);
        else if (verdict == PF_UNKNOWN)
                (void) pf_report_unknown(report, check, "%s cannot be read", name);
        else
                (void) pf_report_fail(report, check, "%s is missing", name);
        (void) pf_report_evidence(report, target, path, 1, buf.data, name);
        pf_report_reason(report, name[0] == 'p' ? "password-off" : "other");
        return report->error;
}

/* ssh.access comes as far as the checks in front of it; "deaf" stops it before all others. */
static int answer_access(const PfTarget *target, const PfDemand *demand, PfReport *report,
                         PfErr *err) {
        static const char *const where[] = { "auth", "auth", "session" };
        const PfCheck *check = &ssh_checks[3];
        PF_AUTO_REPORT PfReport deaf = { 0 };
        size_t stop = 0;
        int r = answer(target, demand, "/etc/ssh", "deaf", check, &deaf, err);

        if (r < 0)
                return r;
        while (stop < 3 && report->results[stop].verdict != PF_FAIL)
                stop++;
        if (deaf.results[0].verdict != PF_PASS && stop == 3)
                return pf_report_pass(report, check, "the login works");
        (void) pf_report_fail(report, check, "no login");
        pf_report_where(report, deaf.results[0].verdict == PF_PASS ? "listener" : where[stop]);
        return report->error;
}

static int run_ssh(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        static const char *const names[] = { "password", "root", "sftp" };
        int r = 0;

        for (size_t i = 0; i < 3 && r == 0; i++)
                r = answer(target, demand, "/etc/ssh", names[i], &ssh_checks[i], report, err);
        return r == 0 ? answer_access(target, demand, report, err) : r;
}

static int run_boot(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PfFileInfo info;
        int r = answer(target, demand, "/boot/grub", "uuid", &boot_checks[0], report, err);

        if (r == 0)
                r = answer(target, demand, "/boot/grub", "resume", &boot_checks[1], report, err);
        if (r == 0)
                r = answer(target, demand, "/boot/grub", "uuid", &boot_checks[2], report, err);
        if (atomic_load(&hangs) ||
            (atomic_load(&hangs_on_overlays) && pf_target_stat(target, "/hang", &info, NULL) == 0))
                uv_sem_wait(&let_go);
        return r;
}

static const PfProbe probe_ssh = {
        .name = "ssh", .checks = ssh_checks, .n_checks = 4, .deadline_ms = 20000, .run = run_ssh
};
static const PfProbe probe_boot = {
        .name = "boot", .checks = boot_checks, .n_checks = 3, .deadline_ms = 500, .run = run_boot
};

const PfProbe *const pf_probes[] = { &probe_ssh, &probe_boot };
const size_t pf_n_probes = PF_ELEMENTS(pf_probes);

/* --- remedies --- */

/* One candidate: what its file is to hold behind what it holds; NULL: it is to be gone. */
typedef struct Offer {
        const char *check;
        const char *summary;
        const char *path;
        const char *text;
} Offer;

static const Offer *offers;
static size_t n_offers;
static const char *refusal;
static unsigned n_proposed;
static const char *scratch; /* where tools work; NULL: nowhere */
static void (*after_proposal)(void);

static int offer(const PfRemedyRoom *room, const Offer *one, PfProposal *proposal, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PfCandidate *candidate;
        PfEdit *edit;
        int r = pf_target_read(room->target, one->path, 1 << 20, &buf, err);

        if (r < 0)
                return r;
        ck_assert_int_eq(pf_buf_add_string(&buf, one->text ? one->text : ""), 0);
        ck_assert_int_eq(pf_proposal_add(proposal, &candidate, "%s", one->summary), 0);
        ck_assert_int_eq(pf_candidate_put(candidate, one->path, buf.data, buf.n, &edit), 0);
        if (!one->text) {
                free(edit->bytes);
                edit->bytes = NULL;
        }
        return pf_candidate_act(candidate, PF_ACTION_RELOAD, "ssh.service");
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        int r = 0;

        n_proposed++;
        for (size_t i = 0; i < n_offers && r == 0; i++)
                if (strcmp(offers[i].check, room->result->check->id) == 0)
                        r = offer(room, &offers[i], proposal, err);
        if (refusal && r == 0)
                r = pf_proposal_refuse(proposal, "%s", refusal);
        if (after_proposal)
                after_proposal();
        return r;
}

#define REMEDY(check_)                                                                             \
        { .check = (check_), .can_lease = true, .propose = propose }
static const PfRemedy remedies[] = {
        { .check = PASSWORD, .can_lease = true, .by_tool = "a tool opens it", .propose = propose },
        REMEDY(ROOT_LOGIN),
        REMEDY(SFTP),
        REMEDY(BOOT),
        { .check = RESUME, .propose = propose }
};

const PfRemedy *const pf_remedies[] = { &remedies[0], &remedies[1], &remedies[2], &remedies[3],
                                        &remedies[4] };
const size_t pf_n_remedies = PF_ELEMENTS(pf_remedies);

const PfRemedy *pf_remedy_find(const char *check) {
        for (size_t i = 0; i < pf_n_remedies; i++)
                if (strcmp(remedies[i].check, check) == 0)
                        return &remedies[i];
        return NULL;
}

/* --- a machine, and a plan for it --- */

static uv_loop_t loop;
static PfSandbox box;
static PfProfile *profile;
static PfPlan *plan;
static PfErr error;

static void setup(const char *ssh, const char *boot) {
        PfErr err = { 0 };

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/ssh", ssh);
        pf_sandbox_write(&box, "/boot/grub", boot);
        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        offers = NULL;
        n_offers = n_proposed = 0;
        scratch = NULL;
        refusal = NULL;
        after_proposal = NULL;
        error = (PfErr){ 0 };
}

static void teardown(void) {
        plan = pf_plan_free(plan);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        profile = pf_profile_unref(profile);
        pf_sandbox_close(&box);
}

#define OFFER(...)                                                                                 \
        do {                                                                                       \
                static const Offer these[] = { __VA_ARGS__ };                                      \
                offers = these;                                                                    \
                n_offers = PF_ELEMENTS(these);                                                     \
        } while (0)

static PfQuestion *make_question(const char *source) {
        PfQuestion *question = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_question_new(&(PfQuestionSpec){ .profile = profile, .source = source },
                                         &question, NULL, &err),
                         0);
        return question;
}

static int run(const char *checks, bool may_consent, const PfLeaseScope *lease) {
        PF_CLEANUP(pf_question_unrefp)
        PfQuestion *question = make_question(lease ? "192.0.2.7" : NULL);
        PF_AUTO_STRV PfStrv patterns = { 0 };
        const char *unmatched = NULL;
        const PfPlanner planner = {
                .loop = &loop,
                .target = box.target,
                .question = question,
                .checks = checks ? &patterns : NULL,
                .lease = lease,
                .may_consent = may_consent,
                .scratch = scratch,
        };

        if (checks)
                ck_assert_int_eq(pf_strv_add(&patterns, checks), 0);
        plan = pf_plan_free(plan);
        return pf_planner_run(&planner, &plan, &unmatched, &error);
}

static void make_plan(const char *checks, bool may_consent, const PfLeaseScope *lease) {
        int r = run(checks, may_consent, lease);

        ck_assert_msg(r == 0, "%d: %s", r, error.text);
}

static void expect_step(const char *check, PfPlanOutcome outcome, PfVerdict after,
                        const char *summary) {
        for (size_t i = 0; i < plan->n_steps; i++) {
                const PfPlanStep *step = &plan->steps[i];

                if (strcmp(step->check, check) != 0)
                        continue;
                ck_assert_msg(strstr(step->summary, summary), "%s: %s", check, step->summary);
                ck_assert_str_eq(pf_plan_outcome_to_string(step->outcome),
                                 pf_plan_outcome_to_string(outcome));
                ck_assert_str_eq(pf_verdict_to_string(step->after), pf_verdict_to_string(after));
                ck_assert_ptr_nonnull(step->fingerprint);
                return;
        }
        ck_abort_msg("%s is no step", check);
}

static void expect_file(size_t i, const char *path, const char *text) {
        ck_assert_uint_gt(plan->n_files, i);
        ck_assert_str_eq(plan->files[i].edit.path, path);
        ck_assert_str_eq(plan->files[i].edit.bytes, text);
}

static bool remains(const char *check) {
        for (size_t i = 0; i < plan->remaining.n; i++)
                if (strcmp(plan->remaining.results[i].check->id, check) == 0)
                        return true;
        return false;
}

static const PfLeaseScope lease = { "root", "192.0.2.7", 60000000 };

/* --- what is kept --- */

START_TEST(the_first_that_turns_and_harms_nothing_is_kept) {
        setup("password root", "uuid resume");
        OFFER({ SFTP, "useless", "/etc/ssh", " nothing" }, { SFTP, "harmful", "/boot/grub", NULL },
              { SFTP, "good", "/etc/ssh", " sftp" }, { SFTP, "as good", "/etc/ssh", " x sftp" });
        make_plan(NULL, false, NULL);

        ck_assert_uint_eq(plan->n_steps, 2); /* and ssh.access */
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_PASS, "good");
        expect_step(ACCESS, PF_PLAN_REMEDIED, PF_PASS, "the login works");
        ck_assert_uint_eq(plan->n_files, 1);
        expect_file(0, "/etc/ssh", "password root sftp");
        ck_assert_str_eq(plan->files[0].before_bytes, "password root");
        ck_assert_uint_eq(strlen(plan->files[0].before_sha256), 64);
        ck_assert_uint_eq(plan->n_actions, 1);
        ck_assert_uint_eq(plan->remaining.n, 0);
        ck_assert(plan->not_validated); /* an image */
        ck_assert_uint_eq(strlen(plan->digest), 71);
        teardown();
}
END_TEST

START_TEST(what_makes_another_worse_is_not_kept) {
        setup("password root", "uuid resume");
        OFFER({ SFTP, "harmful", "/etc/ssh", " sftp root=no" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL,
                    "harmful: then " ROOT_LOGIN " would be worse: root is missing");
        ck_assert(pf_plan_is_empty(plan));
        ck_assert_uint_eq(plan->n_actions, 0);
        ck_assert(remains(SFTP) && remains(ACCESS) && !remains(ROOT_LOGIN));

        /* Also from passing to a warning, and to what cannot be told. */
        OFFER({ SFTP, "harmful", "/etc/ssh", " sftp root=warn" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, ROOT_LOGIN);
        OFFER({ SFTP, "harmful", "/etc/ssh", " sftp root=unknown" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, ROOT_LOGIN);
        teardown();
}
END_TEST

/* It fails as it did, but is stopped before it comes as far as it came. */
START_TEST(a_login_that_comes_less_far_is_worse) {
        setup("password root=no", "uuid resume");
        OFFER({ SFTP, "deafens", "/etc/ssh", " sftp deaf" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "deafens: then " ACCESS " would be worse");

        OFFER({ SFTP, "does not", "/etc/ssh", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_PASS, "does not");
        teardown();
}
END_TEST

START_TEST(a_warning_is_better_than_a_failure_and_not_than_itself) {
        setup("password root", "uuid resume");
        OFFER({ SFTP, "nearly", "/etc/ssh", " sftp=warn" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_WARN, "nearly");
        ck_assert(remains(SFTP));

        pf_sandbox_write(&box, "/etc/ssh", "password root sftp=warn");
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_WARN, "that alone would not do");
        teardown();
}
END_TEST

START_TEST(what_is_not_known_is_not_changed) {
        setup("password root sftp=unknown", "uuid resume");
        OFFER({ SFTP, "good", "/etc/ssh", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NOT_REMEDIABLE, PF_UNKNOWN, "nothing is changed on a guess");
        ck_assert_uint_eq(n_proposed, 0);

        /* And what would make it unknown is no remedy. */
        pf_sandbox_write(&box, "/etc/ssh", "password root");
        OFFER({ SFTP, "blurs", "/etc/ssh", " sftp=unknown" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "sftp cannot be read");
        teardown();
}
END_TEST

START_TEST(without_a_candidate_the_remedy_says_why) {
        setup("password root", "uuid resume");
        refusal = "the line is generated";
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "the line is generated");
        pf_sandbox_write(&box, "/boot/grub", "");
        make_plan(RESOLVES, false, NULL);
        expect_step(RESOLVES, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "a person has to do it");
        teardown();
}
END_TEST

/* A tool that works for minutes does so once somebody has said yes. */
START_TEST(no_tool_works_without_consent) {
        setup("root sftp", "uuid resume");
        OFFER({ PASSWORD, "opens", "/etc/ssh", " password" });
        scratch = box.root;
        make_plan(PASSWORD, false, NULL);
        expect_step(PASSWORD, PF_PLAN_CONSENT, PF_FAIL, "a tool opens it");
        ck_assert_uint_eq(n_proposed, 0);
        make_plan(PASSWORD, true, NULL);
        expect_step(PASSWORD, PF_PLAN_REMEDIED, PF_PASS, "opens");
        teardown();
}
END_TEST

START_TEST(consent_is_asked_for_what_would_be_done) {
        setup("root sftp", "uuid resume");
        OFFER({ PASSWORD, "opens", "/etc/ssh", " password" });
        make_plan(NULL, false, NULL);
        expect_step(PASSWORD, PF_PLAN_CONSENT, PF_FAIL, "opens");
        expect_step(ACCESS, PF_PLAN_CONSENT, PF_FAIL, "consent");
        ck_assert(pf_plan_is_empty(plan));

        make_plan(NULL, true, NULL);
        expect_step(PASSWORD, PF_PLAN_REMEDIED, PF_PASS, "opens");
        expect_step(ACCESS, PF_PLAN_REMEDIED, PF_PASS, "the login works");
        expect_file(0, "/etc/ssh", "root sftp password");
        teardown();
}
END_TEST

/* --- several at once --- */

/* By whatever name each remedy knows it: one file, one before and one after. */
START_TEST(remedies_of_one_file_build_on_each_other) {
        setup("", "uuid resume");
        pf_sandbox_symlink(&box, "ssh", "/etc/also-ssh");
        OFFER({ PASSWORD, "p", "/etc/ssh", " password" },
              { ROOT_LOGIN, "r", "/etc/also-ssh", " root" }, { SFTP, "s", "/etc/ssh", " sftp" });
        make_plan("ssh.*", true, NULL);
        ck_assert_uint_eq(plan->n_files, 1);
        expect_file(0, "/etc/ssh", " password root sftp");
        ck_assert_str_eq(plan->files[0].before_bytes, "");
        ck_assert_uint_eq(plan->n_actions, 1);
        ck_assert_uint_eq(plan->n_steps, 4);
        expect_step(ACCESS, PF_PLAN_REMEDIED, PF_PASS, "the login works");
        teardown();
}
END_TEST

START_TEST(a_later_change_makes_an_earlier_one_needless) {
        setup("password root sftp", "");
        OFFER({ BOOT, "first", "/boot/grub.d", "uuid" },
              { RESUME, "both", "/boot/grub", "uuid resume" });
        make_plan("boot.*", false, NULL);
        ck_assert_uint_eq(plan->n_files, 1);
        expect_file(0, "/boot/grub", "uuid resume");
        expect_step(BOOT, PF_PLAN_REMEDIED, PF_PASS, "first");
        expect_step(RESOLVES, PF_PLAN_REMEDIED, PF_PASS, "follows from");

        /* Not where the later one was made of what the earlier one had made. */
        OFFER({ BOOT, "first", "/boot/grub", "uuid" },
              { RESUME, "both", "/boot/grub", " uuid resume" });
        make_plan("boot.*", false, NULL);
        expect_file(0, "/boot/grub", "uuid uuid resume");
        teardown();
}
END_TEST

START_TEST(a_file_that_is_new_and_one_that_goes) {
        setup("password root", "resume");
        OFFER({ SFTP, "s", "/etc/ssh", NULL }, { BOOT, "b", "/boot/grub.d", "uuid" });
        make_plan(NULL, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_SKIP, "s");
        ck_assert_uint_eq(plan->n_files, 2);
        ck_assert_str_eq(plan->files[0].edit.path, "/etc/ssh");
        ck_assert_ptr_null(plan->files[0].edit.bytes);
        ck_assert_str_eq(plan->files[0].after_sha256, "");
        ck_assert_str_eq(plan->files[0].before_bytes, "password root");

        expect_file(1, "/boot/grub.d", "uuid");
        ck_assert(plan->files[1].was_absent);
        ck_assert_str_eq(plan->files[1].before_sha256, "");
        ck_assert_ptr_null(plan->files[1].before_bytes);
        teardown();
}
END_TEST

/* --- what is asked for --- */

START_TEST(a_check_that_passes_is_left_alone) {
        setup("password root sftp", "uuid resume");
        OFFER({ SFTP, "s", "/etc/ssh", " more" });
        make_plan("ssh.*", true, NULL);
        expect_step(SFTP, PF_PLAN_PASSES, PF_PASS, "sftp is there");
        ck_assert(pf_plan_is_empty(plan));
        ck_assert_uint_eq(n_proposed, 0);
        teardown();
}
END_TEST

START_TEST(a_name_that_no_check_has) {
        setup("", "");
        ck_assert_int_eq(run("no.such", false, NULL), PF_PLANNER_NO_SUCH_CHECK);
        teardown();
}
END_TEST

/* Asked for the login alone, what stops it is planned, and nothing else. */
START_TEST(the_login_brings_what_stops_it) {
        setup("sftp", "");
        OFFER({ PASSWORD, "p", "/etc/ssh", " password" }, { ROOT_LOGIN, "r", "/etc/ssh", " root" },
              { BOOT, "b", "/boot/grub", " uuid" });
        make_plan(ACCESS, true, NULL);
        ck_assert_uint_eq(plan->n_steps, 3);
        expect_file(0, "/etc/ssh", "sftp password root");
        expect_step(ACCESS, PF_PLAN_REMEDIED, PF_PASS, "the login works");
        ck_assert(remains(BOOT));
        teardown();
}
END_TEST

START_TEST(a_login_that_would_still_not_work_is_said_to) {
        setup("sftp", "uuid resume");
        OFFER({ PASSWORD, "p", "/etc/ssh", " password" });
        refusal = "nobody may";
        make_plan(ACCESS, true, NULL);
        expect_step(PASSWORD, PF_PLAN_REMEDIED, PF_PASS, "p");
        expect_step(ROOT_LOGIN, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "nobody may");
        expect_step(ACCESS, PF_PLAN_NO_EFFECT, PF_FAIL, "would still not work: no login");
        ck_assert(remains(ACCESS) && remains(ROOT_LOGIN));
        teardown();
}
END_TEST

/* --- leases --- */

START_TEST(a_lease_opens_for_nobody_else) {
        setup("root sftp", "uuid resume");
        OFFER({ PASSWORD, "for all", "/etc/ssh", " password" },
              { PASSWORD, "for root", "/etc/ssh", " password=root" },
              { PASSWORD, "for root from there", "/etc/ssh", " password=root@192.0.2.7" });
        make_plan(ACCESS, true, &lease);
        expect_step(PASSWORD, PF_PLAN_REMEDIED, PF_PASS, "for root from there");
        expect_file(0, "/etc/ssh", "root sftp password=root@192.0.2.7");
        ck_assert_str_eq(plan->lease->source, "192.0.2.7");

        OFFER({ PASSWORD, "for root", "/etc/ssh", " password=root" });
        make_plan(PASSWORD, true, &lease);
        expect_step(PASSWORD, PF_PLAN_NO_EFFECT, PF_FAIL, "reaches more than was asked for");
        ck_assert(pf_plan_is_empty(plan));
        teardown();
}
END_TEST

/* Nor does it shut anybody out. */
START_TEST(a_lease_takes_nothing_from_others) {
        setup("root sftp password=daemon", "uuid resume");
        OFFER({ PASSWORD, "takes", "/etc/ssh", " password=no password=root@192.0.2.7" });
        make_plan(PASSWORD, true, &lease);
        expect_step(PASSWORD, PF_PLAN_NO_EFFECT, PF_FAIL, "of daemon from 192.0.2.7");
        teardown();
}
END_TEST

START_TEST(a_lease_that_leads_nowhere_opens_nothing) {
        setup("sftp", "uuid resume");
        OFFER({ PASSWORD, "p", "/etc/ssh", " password=root@192.0.2.7" });
        refusal = "nobody may";
        make_plan(ACCESS, true, &lease);
        expect_step(PASSWORD, PF_PLAN_NO_EFFECT, PF_FAIL, "the login would still not work");
        expect_step(ACCESS, PF_PLAN_NO_EFFECT, PF_FAIL, "the login would still not work");
        ck_assert(pf_plan_is_empty(plan));
        teardown();
}
END_TEST

START_TEST(a_lease_is_for_whom_the_question_is_about) {
        static const struct {
                PfLeaseScope lease;
                int r;
        } cases[] = {
                { { "root", "192.0.2.0/24", 1 }, 0 },
                { { "root", "0.0.0.0/0", 1 }, 0 },
                { { "alice", "192.0.2.7", 1 }, -EINVAL },
                { { "root", "192.0.2.8", 1 }, -EINVAL },
                { { "root", "198.51.100.0/24", 1 }, -EINVAL },
                { { "root", "192.0.2.7/33", 1 }, -EINVAL },
                { { "root", "192.0.2.7/", 1 }, -EINVAL },
                { { "root", "somewhere", 1 }, -EINVAL },
                { { "root", "::ffff:192.0.2.7", 1 }, -EINVAL },
                { { "root", "192.0.2.7%eth0", 1 }, -EINVAL },
        };

        setup("root sftp", "uuid resume");
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                error = (PfErr){ 0 };
                ck_assert_int_eq(run(PASSWORD, true, &cases[i].lease), cases[i].r);
                ck_assert(cases[i].r == 0 || error.text[0]);
        }
        teardown();
}
END_TEST

START_TEST(a_lease_is_for_one_address) {
        static const char *const networks[] = { "192.0.2.0/24", "0.0.0.0/0", "192.0.2.7/32",
                                                "192.0.2.6/31" };

        setup("root sftp", "uuid resume");
        for (size_t i = 0; i < PF_ELEMENTS(networks); i++) {
                const PfLeaseScope wide = { "root", networks[i], 60000000 };

                OFFER({ PASSWORD, "p", "/etc/ssh", " password=root@192.0.2.7" });
                make_plan(PASSWORD, true, &wide);
                expect_step(PASSWORD, PF_PLAN_NOT_REMEDIABLE, PF_FAIL,
                            "a lease is for one address");
                ck_assert(pf_plan_is_empty(plan));
        }
        teardown();
}
END_TEST

START_TEST(not_everything_can_be_leased) {
        setup("password root sftp", "uuid");
        OFFER({ RESUME, "r", "/boot/grub", " resume" });
        make_plan(RESUME, true, &lease);
        expect_step(RESUME, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "for one account and address alone");
        teardown();
}
END_TEST

/* --- what goes wrong --- */

static void edit_once(void) {
        if (n_proposed == 1)
                pf_sandbox_write(&box, "/etc/ssh", "password root # edited");
}

START_TEST(who_edits_meanwhile_is_not_overwritten) {
        setup("password root", "uuid resume");
        OFFER({ SFTP, "good", "/etc/ssh", " sftp" });
        after_proposal = edit_once;
        ck_assert_int_eq(run(SFTP, false, NULL), -EAGAIN);
        ck_assert_ptr_nonnull(strstr(error.text, "plan again"));
        after_proposal = NULL;
        make_plan(SFTP, false, NULL);
        expect_file(0, "/etc/ssh", "password root # edited sftp");
        teardown();
}
END_TEST

START_TEST(secrets_are_never_edited) {
        setup("password root", "uuid resume");
        pf_sandbox_write(&box, "/etc/shadow", "root:$6$x:1::::::\n");
        pf_sandbox_symlink(&box, "../shadow", "/etc/dir/link");
        OFFER({ SFTP, "through a link", "/etc/dir/link", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "/etc/shadow holds secrets");
        pf_sandbox_write(&box, "/root/.ssh/id_ed25519", "x");
        OFFER({ SFTP, "key", "/root/.ssh/id_ed25519", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "secrets");
        teardown();
}
END_TEST

START_TEST(a_candidate_that_cannot_be_made) {
        setup("password root", "uuid resume");
        pf_sandbox_mkdir(&box, "/etc/dir");
        OFFER({ SFTP, "nowhere", "/no/such/directory", " sftp" },
              { SFTP, "good", "/etc/ssh", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_PASS, "good");
        OFFER({ SFTP, "nowhere", "/no/such/directory", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NO_EFFECT, PF_FAIL, "its directory is not there");
        OFFER({ SFTP, "a directory", "/etc/dir", " sftp" });
        make_plan(SFTP, false, NULL);
        expect_step(SFTP, PF_PLAN_NOT_REMEDIABLE, PF_FAIL, "directory");
        teardown();
}
END_TEST

/* What it would have judged is judged by nobody; the others go on. */
START_TEST(a_probe_that_hangs_from_the_beginning) {
        setup("password root", "uuid resume");
        atomic_store(&hangs, true);
        OFFER({ SFTP, "good", "/etc/ssh", " sftp" });
        make_plan(NULL, false, NULL);
        expect_step(SFTP, PF_PLAN_REMEDIED, PF_PASS, "good");
        ck_assert_str_eq(plan->hanging, "boot");
        atomic_store(&hangs, false);
        uv_sem_post(&let_go);
        teardown();
}
END_TEST

START_TEST(a_probe_that_hangs_on_a_candidate) {
        setup("password root", "uuid resume");
        atomic_store(&hangs_on_overlays, true);
        OFFER({ SFTP, "hangs", "/hang", " sftp" });
        ck_assert_int_eq(run(SFTP, false, NULL), -ETIMEDOUT);
        ck_assert_ptr_nonnull(strstr(error.text, "\"boot\" does not come back"));
        atomic_store(&hangs_on_overlays, false);
        uv_sem_post(&let_go);
        teardown();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("planner");

        if (pf_schedule_prepare_pool() < 0 || uv_sem_init(&let_go, 0) < 0)
                return 1;
        PF_TEST(suite, the_first_that_turns_and_harms_nothing_is_kept);
        PF_TEST(suite, what_makes_another_worse_is_not_kept);
        PF_TEST(suite, a_login_that_comes_less_far_is_worse);
        PF_TEST(suite, a_warning_is_better_than_a_failure_and_not_than_itself);
        PF_TEST(suite, what_is_not_known_is_not_changed);
        PF_TEST(suite, without_a_candidate_the_remedy_says_why);
        PF_TEST(suite, consent_is_asked_for_what_would_be_done);
        PF_TEST(suite, no_tool_works_without_consent);
        PF_TEST(suite, remedies_of_one_file_build_on_each_other);
        PF_TEST(suite, a_later_change_makes_an_earlier_one_needless);
        PF_TEST(suite, a_file_that_is_new_and_one_that_goes);
        PF_TEST(suite, a_check_that_passes_is_left_alone);
        PF_TEST(suite, a_name_that_no_check_has);
        PF_TEST(suite, the_login_brings_what_stops_it);
        PF_TEST(suite, a_login_that_would_still_not_work_is_said_to);
        PF_TEST(suite, a_lease_opens_for_nobody_else);
        PF_TEST(suite, a_lease_takes_nothing_from_others);
        PF_TEST(suite, a_lease_that_leads_nowhere_opens_nothing);
        PF_TEST(suite, a_lease_is_for_whom_the_question_is_about);
        PF_TEST(suite, a_lease_is_for_one_address);
        PF_TEST(suite, not_everything_can_be_leased);
        PF_TEST(suite, who_edits_meanwhile_is_not_overwritten);
        PF_TEST(suite, secrets_are_never_edited);
        PF_TEST(suite, a_candidate_that_cannot_be_made);
        PF_TEST(suite, a_probe_that_hangs_from_the_beginning);
        PF_TEST(suite, a_probe_that_hangs_on_a_candidate);
        return pf_test_main(suite);
}
