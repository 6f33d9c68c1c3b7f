/* SPDX-License-Identifier: MIT */
#include "daemon/report/automatic.h"

#include <stdio.h>
#include <string.h>

#include "config/catalogue.h"
#include "daemon/base/log.h"
#include "daemon/report/fingerprint.h"
#include "daemon/varlink/client.h"

#define INTERFACE "org.preflightd.Remediation"
#define ASKED_MAX 256                /* then the oldest may be asked about again */
#define DEADLINE_MS (10 * 60 * 1000) /* of a plan or a change */

/* One failure, known by what it rests on. */
typedef struct Failure {
        const PfCatalogueEntry *entry;
        char fingerprint[PF_FINGERPRINT_SIZE];
} Failure;

struct PfAutomatic {
        PfAutomaticConfig config;
        Failure asked[ASKED_MAX]; /* the oldest first; those that wait are the last of them */
        size_t n_asked;
        size_t n_waiting;
        PfVarlinkClient *client; /* NULL: nothing is being asked */
        uv_timer_t *retry;       /* outlives this by its close callback */
        bool has_remedied;
        bool is_postponed;
        bool is_unreachable; /* that was logged */
};

static void on_retry(uv_timer_t *timer) {
        PfAutomatic *automatic = timer->data;

        automatic->config.look_again(automatic->config.data);
}

int pf_automatic_new(const PfAutomaticConfig *config, PfAutomatic **ret) {
        PF_AUTO_FREE PfAutomatic *automatic = calloc(1, sizeof(*automatic));

        if (!automatic)
                return -ENOMEM;
        automatic->config = *config;
        automatic->retry = calloc(1, sizeof(*automatic->retry));
        if (!automatic->retry)
                return -ENOMEM;
        (void) uv_timer_init(config->loop, automatic->retry);
        automatic->retry->data = automatic;
        *ret = PF_STEAL(automatic);
        return 0;
}

static void free_handle(uv_handle_t *handle) {
        free(handle);
}

PfAutomatic *pf_automatic_free(PfAutomatic *automatic) {
        if (!automatic)
                return NULL;
        (void) pf_varlink_client_free(automatic->client);
        uv_close((uv_handle_t *) automatic->retry, free_handle);
        free(automatic);
        return NULL;
}

/* --- one after the other --- */

static void ask_next(PfAutomatic *automatic);

static Failure *current(PfAutomatic *automatic) {
        return &automatic->asked[automatic->n_asked - automatic->n_waiting];
}

static void forget(PfAutomatic *automatic, size_t i, size_t n) {
        automatic->n_asked -= n;
        memmove(&automatic->asked[i], &automatic->asked[i + n],
                (automatic->n_asked - i) * sizeof(automatic->asked[0]));
}

/* It stays among what was asked about; or is forgotten, so that the next report asks anew. */
static void end_current(PfAutomatic *automatic, bool ask_again) {
        size_t i = automatic->n_asked - automatic->n_waiting;

        automatic->n_waiting--;
        if (ask_again) {
                forget(automatic, i, 1);
                automatic->is_postponed = true;
        }
        ask_next(automatic);
}

/* Nobody there, or gone: all that waits is asked for by the next report. */
static void give_up(PfAutomatic *automatic, const char *text) {
        automatic->client = pf_varlink_client_free(automatic->client);
        if (!automatic->is_unreachable)
                pf_log(PF_LOG_WARNING, "preflight-remedyd cannot be asked for remedies: %s", text);
        automatic->is_unreachable = true;
        forget(automatic, automatic->n_asked - automatic->n_waiting, automatic->n_waiting);
        automatic->n_waiting = 0;
}

static const char *reason_of(const PfVarlinkReply *reply) {
        static const char *const keys[] = { "reason", "output", "check" };

        for (size_t i = 0; i < PF_ELEMENTS(keys); i++) {
                const char *text = pf_json_get_string(reply->parameters, keys[i]);

                if (text)
                        return text;
        }
        return reply->error;
}

/* Is there an answer that goes on? Where not, it was seen to. */
static bool is_good(PfAutomatic *automatic, const PfVarlinkReply *reply) {
        if (reply->result < 0) {
                give_up(automatic, reply->text ? reply->text : "no answer");
                return false;
        }
        if (!reply->error)
                return true;
        pf_log(PF_LOG_NOTICE, "%s is not remedied unattended: %s", current(automatic)->entry->id,
               reason_of(reply));
        end_current(automatic, strcmp(reply->error, INTERFACE ".Busy") == 0);
        return false;
}

static void on_applied(PfVarlinkClient *client, const PfVarlinkReply *reply, void *data) {
        PfAutomatic *automatic = data;
        const PfJson *transaction;
        const char *id;

        (void) client;
        if (!is_good(automatic, reply))
                return;
        transaction = pf_json_get(reply->parameters, "transaction");
        id = pf_json_get_string(transaction, "id");
        pf_log(PF_LOG_NOTICE, "%s was remedied unattended; undo: preflightctl undo %s",
               current(automatic)->entry->id, id ? id : "(no ID)");
        automatic->has_remedied = true;
        end_current(automatic, false);
}

static int call(PfAutomatic *automatic, const char *method, const char *key, PfJson *value_take,
                PfVarlinkReplied replied, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = pf_json_new_object();

        if (!parameters) {
                (void) pf_json_free(value_take);
                return -ENOMEM;
        }
        if (pf_json_put_take(parameters, key, value_take) < 0)
                return -ENOMEM;
        return pf_varlink_client_call(automatic->client, method, PF_STEAL(parameters),
                                      PF_VARLINK_CALL_DEFAULT, DEADLINE_MS, replied, automatic,
                                      err);
}

static void on_planned(PfVarlinkClient *client, const PfVarlinkReply *reply, void *data) {
        PfAutomatic *automatic = data;
        const PfJson *plan, *step;
        const char *digest;
        PfErr err = { 0 };
        int r;

        (void) client;
        if (!is_good(automatic, reply))
                return;
        plan = pf_json_get(reply->parameters, "plan");
        digest = pf_json_get_string(plan, "digest");
        step = pf_json_at(pf_json_get(plan, "steps"), 0);
        if (!digest || pf_json_bool(pf_json_get(plan, "empty"))) {
                const char *summary = pf_json_get_string(step, "summary");

                pf_log(PF_LOG_INFO, "%s is not remedied: %s", current(automatic)->entry->id,
                       summary ? summary : "no plan");
                end_current(automatic, false);
                return;
        }
        r = call(automatic, INTERFACE ".Apply", "digest", pf_json_new_string(digest), on_applied,
                 &err);
        if (r < 0)
                give_up(automatic, pf_err_text(&err, r));
}

static PfJson *list_of_one(const char *text) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        return array && pf_json_append_string(array, text) == 0 ? PF_STEAL(array) : NULL;
}

static void end_round(PfAutomatic *automatic) {
        bool has_remedied = automatic->has_remedied;

        automatic->client = pf_varlink_client_free(automatic->client);
        if (automatic->is_postponed)
                (void) uv_timer_start(automatic->retry, on_retry, PF_AUTOMATIC_RETRY_MS, 0);
        automatic->has_remedied = automatic->is_postponed = false;
        if (has_remedied)
                automatic->config.look_again(automatic->config.data);
}

static void ask_next(PfAutomatic *automatic) {
        PfErr err = { 0 };
        int r = 0;

        if (automatic->n_waiting == 0) {
                end_round(automatic);
                return;
        }
        if (!automatic->client)
                r = pf_varlink_client_new_path(automatic->config.loop, automatic->config.socket,
                                               &automatic->client, &err);
        if (r == 0)
                r = call(automatic, INTERFACE ".Plan", "checks",
                         list_of_one(current(automatic)->entry->id), on_planned, &err);
        if (r < 0)
                give_up(automatic, pf_err_text(&err, r));
        else
                automatic->is_unreachable = false;
}

/* --- what a report shows --- */

static bool was_asked(const PfAutomatic *automatic, const Failure *failure) {
        for (size_t i = 0; i < automatic->n_asked; i++)
                if (automatic->asked[i].entry == failure->entry &&
                    strcmp(automatic->asked[i].fingerprint, failure->fingerprint) == 0)
                        return true;
        return false;
}

static void add(PfAutomatic *automatic, const Failure *failure) {
        if (automatic->n_asked == ASKED_MAX && automatic->n_waiting == ASKED_MAX)
                return; /* the next report shows it again */
        if (automatic->n_asked == ASKED_MAX)
                forget(automatic, 0, 1);
        automatic->asked[automatic->n_asked++] = *failure;
        automatic->n_waiting++;
}

/* What is waived has another verdict. */
static bool is_to_be_remedied(const PfResult *result, const PfCatalogueEntry *entry) {
        return result->verdict == PF_FAIL && entry && entry->safety == PF_SAFETY_SAFE;
}

void pf_automatic_consider(PfAutomatic *automatic, const PfSettings *settings,
                           const PfReadiness *readiness) {
        bool is_asking = automatic->n_waiting > 0;

        if (settings->auto_mode != PF_AUTO_MODE_SAFE)
                return;
        for (size_t i = 0; i < readiness->report.n; i++) {
                const PfResult *result = &readiness->report.results[i];
                Failure failure = { .entry = pf_catalogue_find(result->check->id) };

                if (is_to_be_remedied(result, failure.entry) &&
                    pf_fingerprint(result, failure.fingerprint) == 0 &&
                    !was_asked(automatic, &failure))
                        add(automatic, &failure);
        }
        if (!is_asking && automatic->n_waiting > 0)
                ask_next(automatic);
}
