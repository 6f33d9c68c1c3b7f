/* SPDX-License-Identifier: MIT */
/*
 * Settings: which files count, and what their keys mean. How a line is read is
 * ini-reader.c; what a value may look like is value.c.
 */
#include "config/config.h"

#include <string.h>

#include "config/catalogue.h"
#include "config/config-keys.h"
#include "config/directories.h"
#include "config/key.h"
#include "config/key-outlet.h"
#include "config/source.h"
#include "config/value.h"
#include "daemon/base/endpoint.h"
#include "daemon/base/platform.h"
#include "daemon/base/wildcard.h"

#define FILE_MAX (64u << 10)
#define FILES_MAX 1024
#define CLIENTS_MAX 65536
#define MESSAGE_MIN (UINT64_C(4) << 10)
#define MESSAGE_MAX (UINT64_C(64) << 20)
#define LIST_MAX 64
#define NETWORK_TIMEOUT_MIN_USEC 100000
#define NETWORK_TIMEOUT_MAX_USEC 20000000

static const char *const directories[] = PF_DIRECTORIES("", "/usr/lib/preflightd");

static const char *parse_socket(const char *text, void *field) {
        /* A pipe is a path of its own kind on Windows. */
        return strncmp(text, "\\\\.\\pipe\\", 9) == 0 ? pf_key_text(text, field)
                                                      : pf_key_path(text, field);
}

static const char *parse_clients(const char *text, void *field) {
        uint64_t count;

        if (pf_value_parse_unsigned(text, &count) < 0 || count == 0 || count > CLIENTS_MAX)
                return "expected a number from 1 to 65536";
        *(uint64_t *) field = count;
        return NULL;
}

static const char *parse_message_size(const char *text, void *field) {
        uint64_t bytes;

        if (pf_value_parse_size(text, &bytes) < 0 || bytes < MESSAGE_MIN || bytes > MESSAGE_MAX)
                return "expected a size from 4K to 64M";
        *(uint64_t *) field = bytes;
        return NULL;
}

static const char *parse_log_level(const char *text, void *field) {
        static const struct {
                const char *name;
                PfLogLevel level;
        } levels[] = {
                { "error", PF_LOG_ERROR },   { "warning", PF_LOG_WARNING },
                { "notice", PF_LOG_NOTICE }, { "info", PF_LOG_INFO },
                { "debug", PF_LOG_DEBUG },
        };

        for (size_t i = 0; i < PF_ELEMENTS(levels); i++)
                if (strcmp(text, levels[i].name) == 0) {
                        *(PfLogLevel *) field = levels[i].level;
                        return NULL;
                }
        return "expected error, warning, notice, info or debug";
}

static const char *check_endpoints(const PfStrv *words) {
        PfEndpoint endpoint;

        for (size_t i = 0; i < words->n; i++)
                if (pf_endpoint_parse(words->items[i], &endpoint) < 0)
                        return "expected HOST:PORT, ADDRESS:PORT or [ADDRESS]:PORT, and spaces "
                               "between them";
        return NULL;
}

/* A list: what is given again is added to it, and nothing takes all of it back. @check:
 * returns what was expected of the words instead, or NULL. */
static const char *parse_list(const char *text, const char *(*check)(const PfStrv *words),
                              PfStrv *list) {
        PF_AUTO_STRV PfStrv words = { 0 };
        const char *expected = pf_key_words(text, &words);

        if (!expected)
                expected = check(&words);
        if (expected)
                return expected;
        if (words.n == 0)
                pf_strv_deinit(list);
        if (list->n + words.n > LIST_MAX)
                return "expected at most 64 of them";
        return pf_strv_copy(&words, list) < 0 ? pf_key_no_memory : NULL;
}

static const char *parse_endpoints(const char *text, void *field) {
        return parse_list(text, check_endpoints, field);
}

static bool names_check(const char *pattern) {
        const PfCatalogueEntry *entry;

        for (size_t i = 0; (entry = pf_catalogue_at(i)); i++)
                if (entry->kind == PF_CATALOGUE_CHECK && pf_wildcard_match(pattern, entry->id))
                        return true;
        return false;
}

static const char *check_checks(const PfStrv *words) {
        for (size_t i = 0; i < words->n; i++)
                if (!names_check(words->items[i]))
                        return "expected checks as preflightctl list shows them, or wildcards of "
                               "them, and spaces between them";
        return NULL;
}

static const char *parse_checks(const char *text, void *field) {
        return parse_list(text, check_checks, field);
}

static const char *parse_auto(const char *text, void *field) {
        bool is_safe = strcmp(text, "safe") == 0;

        if (!is_safe && strcmp(text, "off") != 0)
                return "expected off or safe";
        *(PfAutoMode *) field = is_safe ? PF_AUTO_MODE_SAFE : PF_AUTO_MODE_OFF;
        return NULL;
}

static const char *parse_network_timeout(const char *text, void *field) {
        uint64_t usec;

        if (pf_value_parse_time(text, &usec) < 0 || usec < NETWORK_TIMEOUT_MIN_USEC ||
            usec > NETWORK_TIMEOUT_MAX_USEC)
                return "expected a time from 100ms to 20s";
        *(uint64_t *) field = usec;
        return NULL;
}

typedef struct Key {
        PfSettingsKey key;
        PfKeyParser parse;
        size_t offset;
} Key;

#define ROW(section_, name_, parser_, member_, fallback_, help_)                                   \
        { .key = { .section = (section_),                                                          \
                   .name = (name_),                                                                \
                   .fallback = (fallback_),                                                        \
                   .help = (help_) },                                                              \
          .parse = (parser_),                                                                      \
          .offset = offsetof(PfSettings, member_) },

static const Key keys[] = { PF_SETTINGS_KEYS(ROW) };

const PfSettingsKey *pf_settings_key(size_t i) {
        return i < PF_ELEMENTS(keys) ? &keys[i].key : NULL;
}

static void *field_of(PfSettings *settings, const Key *key) {
        return (char *) settings + key->offset;
}

PfSettings *pf_settings_free(PfSettings *settings) {
        if (!settings)
                return NULL;
        free(settings->socket);
        free(settings->profile);
        free(settings->agent_version);
        free(settings->account);
        free(settings->source);
        pf_strv_deinit(&settings->endpoints);
        pf_strv_deinit(&settings->auto_only);
        pf_strv_deinit(&settings->auto_skip);
        free(settings->text_file);
        free(settings->virtio_port);
        free(settings->console);
        free(settings);
        return NULL;
}

PfSettings *pf_settings_new(void) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = calloc(1, sizeof(*settings));

        if (!settings)
                return NULL;
        for (size_t i = 0; i < PF_ELEMENTS(keys); i++)
                if (keys[i].parse(keys[i].key.fallback, field_of(settings, &keys[i])))
                        return NULL;
        return PF_STEAL(settings);
}

typedef struct Reading {
        PfSettings *settings;
        PfIniErrors *errors;
} Reading;

static bool has_section(const char *section) {
        for (size_t i = 0; i < PF_ELEMENTS(keys); i++)
                if (strcmp(keys[i].key.section, section) == 0)
                        return true;
        return false;
}

static const Key *find_key(const char *section, const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(keys); i++)
                if (strcmp(keys[i].key.section, section) == 0 &&
                    strcmp(keys[i].key.name, name) == 0)
                        return &keys[i];
        return NULL;
}

static int take_value(const PfIniEntry *entry, Reading *reading) {
        const Key *key = find_key(entry->section, entry->name);

        if (key && !entry->continued)
                return pf_key_set(entry, key->parse, field_of(reading->settings, key),
                                  reading->errors);
        pf_ini_complain(reading->errors, entry,
                        key ? "%s= goes on here, expected all of it on one line"
                            : "unknown key %s=, expected one of preflightd.conf(5)",
                        entry->name);
        return 0;
}

static int take_entry(const PfIniEntry *entry, void *data) {
        Reading *reading = data;

        if (entry->name && has_section(entry->section))
                return take_value(entry, reading);
        if (!entry->name && !has_section(entry->section))
                pf_ini_complain(reading->errors, entry,
                                "unknown section [%s], expected [Daemon], [Check], [Network], "
                                "[Remedy] or [Publish]",
                                entry->section);
        if (entry->name && entry->section[0] == '\0')
                pf_ini_complain(reading->errors, entry, "%s= stands before the first [Section]",
                                entry->name);
        return 0;
}

int pf_settings_parse(PfSettings *settings, const char *path, const char *text, size_t n,
                      PfIniErrors *errors) {
        Reading reading = { .settings = settings, .errors = errors };

        return pf_ini_read(path, text, n, take_entry, &reading, errors);
}

static int load_file(const PfTarget *target, const char *path, PfSettings *settings,
                     PfIniErrors *errors) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(2 * FILE_MAX);
        const PfIniEntry whole = { .path = path };
        PfErr err = { 0 };
        int r;

        r = pf_target_read(target, path, FILE_MAX, &buf, &err);
        if (r == -ENOMEM)
                return r;
        if (r != 0) {
                pf_ini_complain(errors, &whole, "cannot be read: %s",
                                r < 0 ? pf_err_text(&err, r) : "it was removed meanwhile");
                return 0;
        }
        return pf_settings_parse(settings, path, buf.data ? buf.data : "", buf.n, errors);
}

static int load_first(const PfTarget *target, const char *name, PfSettings *settings,
                      PfIniErrors *errors) {
        const PfIniEntry whole = { .path = name };
        PfSource source;
        PfErr err = { 0 };
        int r;

        r = pf_source_find(target, directories, PF_ELEMENTS(directories), name, &source, &err);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                pf_ini_complain(errors, &whole, "cannot be read: %s", pf_err_text(&err, r));
        return r == 0 ? load_file(target, source.path, settings, errors) : 0;
}

static bool is_drop_in(const char *name) {
        size_t n = strlen(name);

        return n > 5 && n < 256 && name[0] != '.' && strcmp(name + n - 5, ".conf") == 0;
}

/* The names of all drop-ins, each once, sorted. */
static int list_drop_ins(const PfTarget *target, PfStrv *ret, PfIniErrors *errors) {
        for (size_t i = 0; i < PF_ELEMENTS(directories); i++) {
                PF_AUTO_STRV PfStrv names = { 0 };
                char path[64];
                PfErr err = { 0 };
                int r;

                (void) snprintf(path, sizeof(path), "%s/preflightd.conf.d", directories[i]);
                r = pf_target_list(target, path, &names, &err);
                if (r < 0)
                        pf_ini_complain(errors, &(PfIniEntry){ .path = path },
                                        "cannot be listed: %s", pf_err_text(&err, r));
                for (size_t j = 0; j < names.n; j++)
                        if (is_drop_in(names.items[j]) && !pf_strv_contains(ret, names.items[j]) &&
                            ret->n < FILES_MAX && pf_strv_add(ret, names.items[j]) < 0)
                                return -ENOMEM;
        }
        pf_strv_sort(ret);
        return 0;
}

static int load_all(const PfTarget *target, PfSettings *settings, PfIniErrors *errors) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r;

        r = load_first(target, "preflightd.conf", settings, errors);
        if (r == 0)
                r = list_drop_ins(target, &names, errors);
        for (size_t i = 0; i < names.n && r == 0; i++) {
                char name[sizeof("preflightd.conf.d/") + 256];

                (void) snprintf(name, sizeof(name), "preflightd.conf.d/%s", names.items[i]);
                r = load_first(target, name, settings, errors);
        }
        return r;
}

int pf_settings_load_rest(const PfTarget *target, PfSettings **ret, PfIniErrors *errors) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = pf_settings_new();
        int r;

        if (!settings)
                return -ENOMEM;
        r = load_all(target, settings, errors);
        if (r < 0)
                return r;
        *ret = PF_STEAL(settings);
        return 0;
}

int pf_settings_load(const PfTarget *target, PfSettings **ret, PfIniErrors *errors, PfErr *err) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PF_AUTO_INI_ERRORS PfIniErrors own = { 0 };
        int r;

        if (!errors)
                errors = &own;
        r = pf_settings_load_rest(target, &settings, errors);
        if (r == 0)
                r = pf_ini_errors_to_err(errors, err);
        if (r < 0)
                return r;
        *ret = PF_STEAL(settings);
        return 0;
}
