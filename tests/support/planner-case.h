/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A machine to be planned for, with probes and remedies of its own: a check passes where its
 * file holds its word, and a remedy offers what a test says.
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

PF_UNUSED static void setup(const char *ssh, const char *boot) {
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

PF_UNUSED static void teardown(void) {
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

PF_UNUSED static void make_plan(const char *checks, bool may_consent, const PfLeaseScope *lease) {
        int r = run(checks, may_consent, lease);

        ck_assert_msg(r == 0, "%d: %s", r, error.text);
}

PF_UNUSED static void expect_step(const char *check, PfPlanOutcome outcome, PfVerdict after,
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

PF_UNUSED static void expect_file(size_t i, const char *path, const char *text) {
        ck_assert_uint_gt(plan->n_files, i);
        ck_assert_str_eq(plan->files[i].edit.path, path);
        ck_assert_str_eq(plan->files[i].edit.bytes, text);
}

PF_UNUSED static bool remains(const char *check) {
        for (size_t i = 0; i < plan->remaining.n; i++)
                if (strcmp(plan->remaining.results[i].check->id, check) == 0)
                        return true;
        return false;
}

static const PfLeaseScope lease = { "root", "192.0.2.7", 60000000 };
