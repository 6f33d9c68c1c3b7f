/* SPDX-License-Identifier: MIT */
/*
 * The text of a manifest, written and read. Fields are only ever added within a schema; what
 * is not known is ignored, and what is missing or of another type makes it damaged.
 */
#include "daemon/remedy/manifest.h"

#include <stdarg.h>
#include <string.h>

#define DEPTH_MAX 8

/* An absolute path without "." or "..", so that it is what it says. */
static bool is_plain_path(const char *path) {
        if (path[0] != '/' || path[1] == '\0')
                return false;
        for (const char *name = path; *name; name += strcspn(name, "/")) {
                size_t n = strcspn(++name, "/");

                if (n == 0 || strncmp(name, "..", n) == 0 || n > 255)
                        return false; /* "." as well: it is the beginning of ".." */
        }
        return true;
}

/* ---- writing ---- */

static int put_text(PfJson *object, const char *key, const char *text) {
        return text && text[0] ? pf_json_put_string(object, key, text)
                               : pf_json_put_null(object, key);
}

static int put_file(PfJson *array, const PfManifestFile *file) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || put_text(object, "path", file->path) < 0 ||
            put_text(object, "place", file->place) < 0 ||
            put_text(object, "before", file->before_sha256) < 0 ||
            put_text(object, "after", file->after_sha256) < 0)
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(object));
}

static int put_setting(PfJson *array, const PfPlanSetting *planned) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        const PfSetting *setting = &planned->setting;

        if (!object || put_text(object, "kind", pf_setting_kind_to_string(setting->kind)) < 0 ||
            pf_json_put_string(object, "subject", setting->subject) < 0 ||
            put_text(object, "name", setting->name) < 0 ||
            put_text(object, "before", planned->before) < 0 ||
            put_text(object, "after", setting->value) < 0)
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(object));
}

static int put_action(PfJson *array, const PfAction *action) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || put_text(object, "kind", pf_action_to_string(action->kind)) < 0 ||
            pf_json_put_string(object, "subject", action->subject) < 0)
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(object));
}

static int put_step(PfJson *array, const PfPlanStep *step) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || put_text(object, "check", step->check) < 0 ||
            put_text(object, "outcome", pf_plan_outcome_to_string(step->outcome)) < 0 ||
            put_text(object, "before", pf_verdict_to_string(step->before)) < 0 ||
            put_text(object, "after", pf_verdict_to_string(step->after)) < 0 ||
            pf_json_put_string(object, "summary", step->summary) < 0 ||
            put_text(object, "fingerprint", step->fingerprint) < 0)
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(object));
}

static int put_lease(PfJson *manifest, const PfTransactionLease *lease) {
        PF_CLEANUP(pf_json_freep) PfJson *object = NULL;

        if (!lease)
                return pf_json_put_null(manifest, "lease");
        object = pf_json_new_object();
        if (!object || pf_json_put_string(object, "account", lease->scope.account) < 0 ||
            pf_json_put_string(object, "source", lease->scope.source) < 0 ||
            pf_json_put_uint(object, "durationUSec", lease->scope.duration_usec) < 0 ||
            pf_json_put_string(object, "bootId", lease->boot_id) < 0 ||
            pf_json_put_uint(object, "deadlineBootUSec", lease->deadline_boot_usec) < 0 ||
            pf_json_put_uint(object, "deadlineRealUSec", lease->deadline_real_usec) < 0)
                return -ENOMEM;
        return pf_json_put_take(manifest, "lease", PF_STEAL(object));
}

static int put_lists(PfJson *object, const PfManifest *manifest) {
        const PfTransaction *transaction = manifest->transaction;
        PF_CLEANUP(pf_json_freep) PfJson *files = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *settings = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *actions = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *steps = pf_json_new_array();
        int r = files && settings && actions && steps ? 0 : -ENOMEM;

        for (size_t i = 0; i < manifest->n_files && r == 0; i++)
                r = put_file(files, &manifest->files[i]);
        for (size_t i = 0; i < manifest->n_settings && r == 0; i++)
                r = put_setting(settings, &manifest->settings[i]);
        for (size_t i = 0; i < manifest->n_actions && r == 0; i++)
                r = put_action(actions, &manifest->actions[i]);
        for (size_t i = 0; i < transaction->n_steps && r == 0; i++)
                r = put_step(steps, &transaction->steps[i]);
        if (r < 0 || pf_json_put_take(object, "files", PF_STEAL(files)) < 0 ||
            pf_json_put_take(object, "settings", PF_STEAL(settings)) < 0 ||
            pf_json_put_take(object, "actions", PF_STEAL(actions)) < 0 ||
            pf_json_put_take(object, "steps", PF_STEAL(steps)) < 0)
                return -ENOMEM;
        return 0;
}

int pf_manifest_write(const PfManifest *manifest, PfBuf *buf) {
        const PfTransaction *transaction = manifest->transaction;
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || pf_json_put_uint(object, "schema", PF_MANIFEST_SCHEMA) < 0 ||
            put_text(object, "id", transaction->id) < 0 ||
            put_text(object, "state", pf_transaction_state_to_string(transaction->state)) < 0 ||
            put_text(object, "goal", pf_transaction_state_to_string(manifest->goal)) < 0 ||
            pf_json_put_uint(object, "startedUSec", transaction->started_usec) < 0 ||
            pf_json_put_uint(object, "endedUSec", transaction->ended_usec) < 0 ||
            pf_json_put_string(object, "who", transaction->who) < 0 ||
            pf_json_put_string(object, "why", transaction->why) < 0 ||
            pf_json_put_string(object, "digest", transaction->digest) < 0 ||
            put_text(object, "undoneBy", transaction->undone_by) < 0 ||
            put_text(object, "text", transaction->text) < 0 ||
            pf_json_put_bool(object, "notValidated", transaction->not_validated) < 0 ||
            pf_json_put_uint(object, "set", manifest->n_set) < 0 ||
            pf_json_put_uint(object, "begun", manifest->n_begun) < 0 ||
            put_lease(object, transaction->lease) < 0 || put_lists(object, manifest) < 0)
                return -ENOMEM;
        return pf_json_write_pretty(object, buf);
}

/* ---- reading ---- */

/* The first thing that is wrong; what comes after it is read, and does not count. */
typedef struct Reader {
        PfManifest *manifest;
        PfErr *err;
        int r;
} Reader;

static void damaged(Reader *reader, const char *fmt, ...) PF_PRINTF(2, 3);

static void damaged(Reader *reader, const char *fmt, ...) {
        char text[PF_ERR_TEXT_MAX];
        va_list ap;

        if (reader->r < 0)
                return;
        va_start(ap, fmt);
        (void) vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        reader->r = pf_err_set(reader->err, -EINVAL, "the manifest is damaged: %s", text);
}

/* The text of a member as the caller's own; NULL where there is none, which "?" permits. */
static char *read_text(Reader *reader, const PfJson *object, const char *key, bool required) {
        const char *text = pf_json_get_string(object, key);
        char *copy;

        if (!text) {
                if (required || pf_json_get(object, key))
                        damaged(reader, "no text for \"%s\"", key);
                return NULL;
        }
        if (strlen(text) > PF_MANIFEST_TEXT_MAX) {
                damaged(reader, "\"%s\" is too long", key);
                return NULL;
        }
        copy = strdup(text);
        if (!copy && reader->r == 0)
                reader->r = -ENOMEM;
        return copy;
}

static uint64_t read_uint(Reader *reader, const PfJson *object, const char *key) {
        const PfJson *value = pf_json_get(object, key);

        if (pf_json_type(value) != PF_JSON_INTEGER || pf_json_integer(value) < 0) {
                damaged(reader, "no number for \"%s\"", key);
                return 0;
        }
        return (uint64_t) pf_json_integer(value);
}

/* 64 lowercase digits; or nothing, for a file that is not there. */
static void read_sha256(Reader *reader, const PfJson *object, const char *key, char ret[65]) {
        const char *text = pf_json_get_string(object, key);

        if (!text && !pf_json_get(object, key))
                return;
        if (!text || strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
                damaged(reader, "no SHA-256 for \"%s\"", key);
        else
                memcpy(ret, text, 65);
}

typedef const char *(*Namer)(int value);

static const char *name_state(int value) {
        return pf_transaction_state_to_string((PfTransactionState) value);
}

static const char *name_action(int value) {
        return pf_action_to_string((PfActionKind) value);
}

static const char *name_setting(int value) {
        return pf_setting_kind_to_string((PfSettingKind) value);
}

static const char *name_outcome(int value) {
        return pf_plan_outcome_to_string((PfPlanOutcome) value);
}

static const char *name_verdict(int value) {
        return pf_verdict_to_string((PfVerdict) value);
}

/* Which of @n words; 0 where it is none of them. */
static int read_word(Reader *reader, const PfJson *object, const char *key, Namer name, int n) {
        const char *text = pf_json_get_string(object, key);

        for (int i = 0; text && i < n; i++)
                if (strcmp(text, name(i)) == 0)
                        return i;
        damaged(reader, "\"%s\" is none of the words that are known", key);
        return 0;
}

static void read_file(Reader *reader, const PfJson *object, void *item) {
        PfManifestFile *file = item;

        file->path = read_text(reader, object, "path", true);
        file->place = read_text(reader, object, "place", true);
        read_sha256(reader, object, "before", file->before_sha256);
        read_sha256(reader, object, "after", file->after_sha256);
        if (file->path && file->path[0] != '/')
                damaged(reader, "a path that is not absolute");
        if (file->place && !is_plain_path(file->place))
                damaged(reader, "a place that is no plain path");
        if (reader->r == 0 && pf_strv_add(&reader->manifest->transaction->paths, file->path) < 0)
                reader->r = -ENOMEM;
}

static void read_setting(Reader *reader, const PfJson *object, void *item) {
        PfPlanSetting *planned = item;
        PfSetting *setting = &planned->setting;
        char shown[PF_SETTING_SHOWN_MAX];

        setting->kind =
                (PfSettingKind) read_word(reader, object, "kind", name_setting, PF_N_SETTING_KINDS);
        setting->subject = read_text(reader, object, "subject", true);
        setting->name = read_text(reader, object, "name", false);
        planned->before = read_text(reader, object, "before", false);
        setting->value = read_text(reader, object, "after", false);
        if (reader->r == 0 &&
            pf_strv_add(&reader->manifest->transaction->paths, pf_setting_show(setting, shown)) < 0)
                reader->r = -ENOMEM;
}

static void read_action(Reader *reader, const PfJson *object, void *item) {
        PfAction *action = item;

        action->kind =
                (PfActionKind) read_word(reader, object, "kind", name_action, PF_N_ACTION_KINDS);
        action->subject = read_text(reader, object, "subject", true);
}

static void read_step(Reader *reader, const PfJson *object, void *item) {
        PfPlanStep *step = item;

        step->check = read_text(reader, object, "check", true);
        step->outcome = (PfPlanOutcome) read_word(reader, object, "outcome", name_outcome,
                                                  PF_PLAN_NO_EFFECT + 1);
        step->before = (PfVerdict) read_word(reader, object, "before", name_verdict, PF_N_VERDICTS);
        step->after = (PfVerdict) read_word(reader, object, "after", name_verdict, PF_N_VERDICTS);
        step->summary = read_text(reader, object, "summary", true);
        step->fingerprint = read_text(reader, object, "fingerprint", false);
}

/* An array of objects as @size bytes each; what was read so far is there to be freed. */
static void *read_list(Reader *reader, const PfJson *object, const char *key, size_t size,
                       void (*read)(Reader *, const PfJson *, void *), size_t *ret_n) {
        const PfJson *array = pf_json_get(object, key);
        size_t n = pf_json_length(array);
        char *items;

        if (pf_json_type(array) != PF_JSON_ARRAY || n > PF_MANIFEST_LIST_MAX) {
                damaged(reader, "no list, or too long a one, for \"%s\"", key);
                return NULL;
        }
        items = calloc(n + 1, size);
        if (!items) {
                reader->r = reader->r < 0 ? reader->r : -ENOMEM;
                return NULL;
        }
        *ret_n = n;
        for (size_t i = 0; i < n; i++)
                read(reader, pf_json_at(array, i), items + i * size);
        return items;
}

static void read_lease(Reader *reader, const PfJson *object) {
        PfTransactionLease *lease;
        PF_AUTO_FREE char *boot_id = NULL;

        if (!object)
                return;
        reader->manifest->transaction->lease = lease = calloc(1, sizeof(*lease));
        if (!lease) {
                reader->r = reader->r < 0 ? reader->r : -ENOMEM;
                return;
        }
        lease->scope.account = read_text(reader, object, "account", true);
        lease->scope.source = read_text(reader, object, "source", true);
        lease->scope.duration_usec = read_uint(reader, object, "durationUSec");
        lease->deadline_boot_usec = read_uint(reader, object, "deadlineBootUSec");
        lease->deadline_real_usec = read_uint(reader, object, "deadlineRealUSec");
        boot_id = read_text(reader, object, "bootId", true);
        if (boot_id && strlen(boot_id) < sizeof(lease->boot_id))
                memcpy(lease->boot_id, boot_id, strlen(boot_id) + 1);
        else
                damaged(reader, "no boot ID of a lease");
}

static void read_lists(Reader *reader, const PfJson *object) {
        PfManifest *manifest = reader->manifest;
        PfTransaction *transaction = manifest->transaction;

        manifest->files = read_list(reader, object, "files", sizeof(*manifest->files), read_file,
                                    &manifest->n_files);
        if (pf_json_get(object, "settings")) /* older ones have none */
                manifest->settings =
                        read_list(reader, object, "settings", sizeof(*manifest->settings),
                                  read_setting, &manifest->n_settings);
        manifest->actions = read_list(reader, object, "actions", sizeof(*manifest->actions),
                                      read_action, &manifest->n_actions);
        transaction->steps = read_list(reader, object, "steps", sizeof(*transaction->steps),
                                       read_step, &transaction->n_steps);
        if (manifest->n_set > manifest->n_settings)
                damaged(reader, "more settings were made than there are");
        if (manifest->n_begun > manifest->n_actions)
                damaged(reader, "more actions were begun than there are");
}

#define N_STATES (PF_TRANSACTION_CONFLICT + 1)

static void read_manifest(Reader *reader, const char *id, const PfJson *object) {
        PfTransaction *transaction = reader->manifest->transaction;

        transaction->id = read_text(reader, object, "id", true);
        if (transaction->id && strcmp(transaction->id, id) != 0)
                damaged(reader, "it is of another transaction");
        transaction->state =
                (PfTransactionState) read_word(reader, object, "state", name_state, N_STATES);
        reader->manifest->goal =
                (PfTransactionState) read_word(reader, object, "goal", name_state, N_STATES);
        if (reader->manifest->goal != PF_TRANSACTION_UNDONE &&
            reader->manifest->goal != PF_TRANSACTION_ROLLED_BACK)
                damaged(reader, "\"goal\" is no end of what is reverted");
        transaction->started_usec = read_uint(reader, object, "startedUSec");
        transaction->ended_usec = read_uint(reader, object, "endedUSec");
        transaction->who = read_text(reader, object, "who", true);
        transaction->why = read_text(reader, object, "why", true);
        transaction->digest = read_text(reader, object, "digest", true);
        transaction->undone_by = read_text(reader, object, "undoneBy", false);
        transaction->text = read_text(reader, object, "text", false);
        transaction->not_validated = pf_json_bool(pf_json_get(object, "notValidated"));
        if (pf_json_get(object, "set"))
                reader->manifest->n_set = (size_t) read_uint(reader, object, "set");
        reader->manifest->n_begun = (size_t) read_uint(reader, object, "begun");
        read_lease(reader, pf_json_get(object, "lease"));
        read_lists(reader, object);
}

int pf_manifest_parse(const char *id, const char *text, size_t n, PfManifest **ret, PfErr *err) {
        PF_CLEANUP(pf_manifest_freep) PfManifest *manifest = calloc(1, sizeof(*manifest));
        PF_CLEANUP(pf_json_freep) PfJson *object = NULL;
        Reader reader = { .manifest = manifest, .err = err };
        int r;

        if (!manifest)
                return -ENOMEM;
        manifest->transaction = calloc(1, sizeof(*manifest->transaction));
        if (!manifest->transaction)
                return -ENOMEM;
        r = pf_json_parse(text, n, DEPTH_MAX, &object, err);
        if (r < 0)
                return r;
        if (pf_json_integer(pf_json_get(object, "schema")) != PF_MANIFEST_SCHEMA)
                return pf_err_set(err, -EINVAL,
                                  "the manifest is damaged, or a newer preflightd wrote it");
        read_manifest(&reader, id, object);
        if (reader.r < 0)
                return reader.r;
        *ret = PF_STEAL(manifest);
        return 0;
}
