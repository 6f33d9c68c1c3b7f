/* SPDX-License-Identifier: MIT */
/*
 * Changing an image: in this process, by the same planner and the same transactions as the
 * service has. No program of the image is run, and none of this machine's reads it.
 */
#include "daemon/ctl/changer.h"

#include <pwd.h>
#include <string.h>

#include "daemon/ctl/selection.h"
#include "daemon/ctl/subject.h"
#include "daemon/remedy/planner.h"
#include "daemon/remedy/transaction-json.h"

#define WHO_MAX 128
#define ENDING_UNIT "preflight-leases.service" /* at boot, before sshd */

typedef struct Image {
        PfCtl *ctl;
        PfSubject subject;
        PfTransactions *transactions; /* NULL: nothing is to be changed */
        PfPlan *plan;                 /* the last one that was made */
} Image;

static void image_close(void *data) {
        Image *image = data;

        (void) pf_plan_free(image->plan);
        (void) pf_transactions_free(image->transactions);
        pf_subject_deinit(&image->subject);
        free(image);
}

/* --- errors --- */

static PfExit tell(int r, const PfErr *reason, PfErr *err) {
        static const struct {
                int code;
                PfRefusal refusal;
        } refusals[] = {
                { -EBUSY, PF_REFUSAL_BUSY },       { -EROFS, PF_REFUSAL_READ_ONLY },
                { -EACCES, PF_REFUSAL_READ_ONLY }, { -EPERM, PF_REFUSAL_READ_ONLY },
                { -ENODATA, PF_REFUSAL_STALE },    { -EBADMSG, PF_REFUSAL_INVALID },
        };
        PfRefusal refusal = PF_REFUSAL_FAILED;

        for (size_t i = 0; i < PF_ELEMENTS(refusals); i++)
                if (refusals[i].code == r)
                        refusal = refusals[i].refusal;
        return pf_changer_refuse(refusal, pf_err_text(reason, r), err);
}

/* --- opening --- */

/* A captured machine is a copy of what was read, without secrets: for looking. */
static PfExit refuse_capture(const Image *image, PfErr *err) {
        if (pf_target_is_live(image->subject.target))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--root=%s is a captured machine: there is a plan for it, but "
                                   "nothing to change",
                                   image->ctl->options.root);
        return PF_EXIT_OK;
}

/* Is the unit enabled: is there a link to it, and does that lead somewhere? */
static bool is_enabled(const PfTarget *target, const char *pattern) {
        PF_AUTO_STRV PfStrv links = { 0 };
        PfFileInfo info;

        if (pf_target_glob(target, pattern, &links, NULL) < 0)
                return false;
        for (size_t i = 0; i < links.n; i++)
                if (pf_target_stat(target, links.items[i], &info, NULL) == 0)
                        return true;
        return false;
}

/* What is opened there for a while has to be closed by somebody when it boots. */
static PfExit refuse_lease(const Image *image, PfErr *err) {
        static const char *const links[] = { "/etc/systemd/system/*.wants/" ENDING_UNIT,
                                             "/etc/systemd/system/*.requires/" ENDING_UNIT,
                                             "/usr/lib/systemd/system/*.wants/" ENDING_UNIT };

        if (image->ctl->options.lease_usec == 0)
                return PF_EXIT_OK;
        for (size_t i = 0; i < PF_ELEMENTS(links); i++)
                if (is_enabled(image->subject.target, links[i]))
                        return PF_EXIT_OK;
        return pf_exit_set(err, PF_EXIT_BLOCKED,
                           "--lease: nobody would end it in %s, where " ENDING_UNIT
                           " is not enabled",
                           image->ctl->options.root);
}

static PfExit open_transactions(Image *image, PfErr *err) {
        const PfSettings *settings = image->subject.settings;
        PfErr reason = { 0 }, ignored = { 0 };
        const PfStrv *complaints;
        int r;

        r = pf_transactions_open(image->ctl->options.root, &pf_effects_image, &image->transactions,
                                 &reason);
        if (r < 0)
                return tell(r, &reason, err);
        complaints = pf_transactions_complaints(image->transactions);
        for (size_t i = 0; i < complaints->n; i++)
                pf_ctl_note(image->ctl, "%s", complaints->items[i]);
        r = pf_transactions_prune(image->transactions, settings->history_age_usec,
                                  settings->history_max, &ignored);
        if (r < 0) /* a long history hinders no change */
                pf_ctl_note(image->ctl, "%s", pf_err_text(&ignored, r));
        return PF_EXIT_OK;
}

static PfExit image_open(PfCtl *ctl, bool may_change, void **ret, PfErr *err) {
        Image *image = calloc(1, sizeof(*image));
        PfExit status;

        if (!image)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        image->ctl = ctl;
        status = pf_subject_prepare(&image->subject, &ctl->options, err);
        if (status == PF_EXIT_OK && may_change)
                status = refuse_capture(image, err);
        if (status == PF_EXIT_OK && may_change)
                status = refuse_lease(image, err);
        if (status == PF_EXIT_OK && may_change)
                status = open_transactions(image, err);
        if (status == PF_EXIT_OK)
                *ret = image;
        else
                image_close(image);
        return status;
}

/* --- planning --- */

static PfExit tell_no_plan(int r, const PfErr *reason, PfErr *err) {
        if (r == -ETIMEDOUT)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "no plan can be made: %s",
                                   pf_err_text(reason, r));
        return tell(r, reason, err);
}

static PfExit image_plan(void *data, bool consent, PfJson **ret, PfErr *err) {
        Image *image = data;
        const PfCtl *ctl = image->ctl;
        const PfDemand *demand = pf_question_demand(image->subject.question);
        const PfStrv checks = { .items = ctl->arguments, .n = ctl->n_arguments };
        const PfLeaseScope lease = { .account = demand->account,
                                     .source = demand->source,
                                     .duration_usec = ctl->options.lease_usec };
        const PfPlanner planner = {
                .loop = image->subject.loop,
                .target = image->subject.target,
                .question = image->subject.question,
                .deadline_ms = image->subject.settings->deadline_usec / 1000,
                .checks = checks.n > 0 ? &checks : NULL,
                .lease = lease.duration_usec > 0 ? &lease : NULL,
                .may_consent = consent,
        };
        const char *unmatched = "";
        PfErr reason = { 0 };
        int r;

        image->plan = pf_plan_free(image->plan);
        r = pf_planner_run(&planner, &image->plan, &unmatched, &reason);
        if (r == PF_PLANNER_NO_SUCH_CHECK)
                return pf_selection_refuse_word(unmatched, err);
        if (r == 0)
                r = pf_plan_to_json(image->plan, ret);
        return r < 0 ? tell_no_plan(r, &reason, err) : PF_EXIT_OK;
}

/* --- changing --- */

/* For the history: "root (uid 0, pid 812), offline". */
static const char *who_we_are(char buf[static WHO_MAX]) {
        const struct passwd *self = getpwuid(geteuid());

        (void) snprintf(buf, WHO_MAX, "%.64s (uid %u, pid %ld), offline",
                        self ? self->pw_name : "somebody", (unsigned) geteuid(), (long) getpid());
        return buf;
}

/* What it is done for: "ssh.sftp-subsystem, ssh.access". */
static char *why_it_is_done(const PfPlan *plan) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(64u << 10);

        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].outcome == PF_PLAN_REMEDIED &&
                    pf_buf_printf(&buf, "%s%s", buf.n > 0 ? ", " : "", plan->steps[i].check) < 0)
                        return NULL;
        return buf.n > 0 ? pf_buf_steal(&buf) : strdup("");
}

static PfExit show(const PfTransaction *transaction, PfJson **ret, PfErr *err) {
        PfErr reason = { 0 };
        PfLeaseClock now;
        int r = pf_lease_clock_read(&now, &reason);

        if (r == 0)
                r = pf_transaction_to_json(transaction, &now, ret);
        return r < 0 ? tell(r, &reason, err) : PF_EXIT_OK;
}

/* A transaction that was taken back is an answer: it says so, and why. */
static PfExit image_apply(void *data, const char *digest, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_transaction_freep) PfTransaction *transaction = NULL;
        PF_AUTO_FREE char *why = NULL;
        Image *image = data;
        PfErr reason = { 0 };
        char who[WHO_MAX];
        int r;

        if (!image->plan || strcmp(image->plan->digest, digest) != 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "there is no such plan");
        why = why_it_is_done(image->plan);
        if (!why)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        r = pf_transactions_apply(image->transactions, image->plan, who_we_are(who), why,
                                  &transaction, &reason);
        if (transaction)
                return show(transaction, ret, err);
        return tell(r, &reason, err);
}

static void free_all(PfTransaction **all, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void) pf_transaction_free(all[i]);
        free(all);
}

static int all_to_json(PfTransaction *const *all, size_t n, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        PfLeaseClock now;
        int r = pf_lease_clock_read(&now, err);

        for (size_t i = 0; array && i < n && r == 0; i++) {
                PfJson *one = NULL;

                r = pf_transaction_to_json(all[i], &now, &one);
                if (r == 0)
                        r = pf_json_append_take(array, one);
        }
        if (r < 0 || !array)
                return r < 0 ? r : -ENOMEM;
        *ret = PF_STEAL(array);
        return 0;
}

/* Where nothing was ever changed nothing is made either. */
static bool has_transactions(const Image *image) {
        PfFileInfo info;

        return pf_target_stat(image->subject.target, PF_TRANSACTIONS_PATH, &info, NULL) == 0;
}

static PfExit image_list(void *data, PfJson **ret, PfErr *err) {
        Image *image = data;
        PfTransaction **all = NULL;
        PfErr reason = { 0 };
        size_t n = 0;
        int r = 0;

        if (!image->transactions && has_transactions(image)) {
                PfExit status = open_transactions(image, err);

                if (status != PF_EXIT_OK)
                        return status;
        }
        if (image->transactions)
                r = pf_transactions_list(image->transactions, &all, &n, &reason);
        if (r == 0)
                r = all_to_json(all, n, ret, &reason);
        free_all(all, n);
        return r < 0 ? tell(r, &reason, err) : PF_EXIT_OK;
}

/* Type Transaction of the one that is named so. */
static PfExit find(Image *image, const char *id, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *all = NULL;
        PfExit status = image_list(image, &all, err);

        for (size_t i = 0; status == PF_EXIT_OK && i < pf_json_length(all); i++) {
                const char *name = pf_json_get_string(pf_json_at(all, i), "id");

                if (name && strcmp(name, id) == 0) {
                        *ret = pf_json_ref(pf_json_at(all, i));
                        return PF_EXIT_OK;
                }
        }
        return status == PF_EXIT_OK ? pf_changer_refuse_id(id, err) : status;
}

static PfExit image_undo(void *data, const char *id, PfJson **ret, PfErr *err) {
        Image *image = data;
        PfErr reason = { 0 };
        char who[WHO_MAX];
        int r = pf_transactions_undo(image->transactions, id, who_we_are(who), &reason);

        switch (r) {
        case 0:
                return find(image, id, ret, err);
        case PF_TRANSACTION_ABSENT:
                return pf_changer_refuse_id(id, err);
        case PF_TRANSACTION_NOT_APPLIED:
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "%s is not in place: it was undone already, or taken back", id);
        case PF_TRANSACTION_EDITED:
                return pf_changer_refuse(PF_REFUSAL_EDITED, reason.text, err);
        default:
                return tell(r, &reason, err);
        }
}

const PfChangerWay pf_changer_image = {
        .open = image_open,
        .close = image_close,
        .plan = image_plan,
        .apply = image_apply,
        .list = image_list,
        .undo = image_undo,
};
