/* SPDX-License-Identifier: MIT */
/*
 * Profiles: what a text means. Which file it comes from is profile-load.c.
 */
#include "config/profile.h"

#include <string.h>

#include "config/key.h"
#include "config/profile-keys.h"
#include "config/value.h"
#include "daemon/base/wildcard.h"

static void free_distribution(PfDistribution *distribution) {
        for (size_t i = 0; i < distribution->versions.n; i++) {
                free(distribution->versions.items[i].from);
                free(distribution->versions.items[i].to);
                free(distribution->versions.items[i].since);
        }
        free(distribution->versions.items);
        free(distribution->id);
        free(distribution->name);
}

static void free_release_file(PfReleaseFile *file) {
        for (size_t i = 0; i < file->texts.n; i++) {
                free(file->texts.items[i].text);
                free(file->texts.items[i].since);
        }
        free(file->texts.items);
        pf_strv_deinit(&file->only);
        free(file->path);
}

PfProfile *pf_profile_ref(PfProfile *profile) {
        atomic_fetch_add(&profile->references, 1);
        return profile;
}

PfProfile *pf_profile_unref(PfProfile *profile) {
        if (!profile || atomic_fetch_sub(&profile->references, 1) > 1)
                return NULL;

        for (size_t i = 0; i < profile->distributions.n; i++)
                free_distribution(&profile->distributions.items[i]);
        for (size_t i = 0; i < profile->release_files.n; i++)
                free_release_file(&profile->release_files.items[i]);
        for (size_t i = 0; i < PF_ELEMENTS(profile->severities); i++)
                pf_strv_deinit(&profile->severities[i]);
        pf_strv_deinit(&profile->required);
        free(profile->distributions.items);
        free(profile->release_files.items);
        free(profile->name);
        free(profile->title);
        free(profile->documentation);
        free(profile->agent_version);
        free(profile->architecture);
        free(profile->copy_path);
        free(profile->install_path);
        free(profile->backup_path);
        free(profile->kernel_scenario);
        free(profile->since_several_disks);
        free(profile->since_lvm);
        free(profile->since_thin_volumes);
        free(profile->since_btrfs);
        free(profile->images);
        free(profile);
        return NULL;
}

/* One more element, all zero, behind a list that holds @n of @size bytes; NULL:
 * out of memory. The list may move. */
static void *grow(void *list, size_t *n, size_t size) {
        char *items = realloc(*(void **) list, (*n + 1) * size);

        if (!items)
                return NULL;
        *(void **) list = items;
        memset(items + *n * size, 0, size);
        return items + (*n)++ * size;
}

#define GROW(list) grow(&(list)->items, &(list)->n, sizeof(*(list)->items))

/* "TEXT@VERSION": cuts the version off, and returns it; NULL where there is none. */
static const char *split_since(char *text) {
        char *at = strrchr(text, '@');

        if (!at || !pf_value_is_version(at + 1))
                return NULL;
        *at = '\0';
        for (size_t n = strlen(text); n > 0 && text[n - 1] == ' ';)
                text[--n] = '\0';
        return at + 1;
}

static const char *parse_range(char *text, PfVersionRanges *ranges) {
        const char *since = split_since(text);
        char *dash = strchr(text, '-');
        const char *to = text;
        PfVersionRange *range;

        if (dash) {
                *dash = '\0';
                to = dash + 1;
        }
        if (!pf_value_is_version(text) || !pf_value_is_version(to) ||
            pf_version_compare(text, to) > 0)
                return "expected versions such as 8.7, 9.0-9.5 or 9.4@9.62";

        range = GROW(ranges);
        if (!range || pf_key_text(text, &range->from) || pf_key_text(to, &range->to) ||
            (since && pf_key_text(since, &range->since)))
                return pf_key_no_memory;
        return NULL;
}

static const char *parse_versions(const char *text, void *field) {
        PF_AUTO_STRV PfStrv words = { 0 };
        const char *expected = pf_key_words(text, &words);

        for (size_t i = 0; i < words.n && !expected; i++)
                expected = parse_range(words.items[i], field);
        return expected;
}

/* A name that no check has would be a demand that nobody makes. */
static bool matches_some_check(const char *wildcard) {
        for (size_t i = 0; i < pf_catalogue_count(); i++)
                if (pf_catalogue_at(i)->kind == PF_CATALOGUE_CHECK &&
                    pf_wildcard_match(wildcard, pf_catalogue_at(i)->id))
                        return true;
        return false;
}

static const char *parse_checks(const char *text, void *field) {
        PF_AUTO_STRV PfStrv words = { 0 };
        const char *expected = pf_key_words(text, &words);

        for (size_t i = 0; i < words.n && !expected; i++)
                if (!matches_some_check(words.items[i]))
                        expected = "expected names of checks, or wildcards that match some: "
                                   "ssh.access, boot.*";
        return expected ? expected : pf_strv_copy(&words, field) < 0 ? pf_key_no_memory : NULL;
}

static const char *parse_release_file(const char *text, void *field) {
        PfReleaseFiles *files = field;
        PfReleaseFile *file;

        if (text[0] != '/')
                return "expected a path that begins with '/'";
        file = GROW(files);
        return file ? pf_key_text(text, &file->path) : pf_key_no_memory;
}

static const char *parse_only(const char *text, void *field) {
        if (!text[0])
                return "expected a text";
        return pf_strv_add(field, text) < 0 ? pf_key_no_memory : NULL;
}

static const char *parse_accept(const char *text, void *field) {
        PfReleaseTexts *texts = field;
        PF_AUTO_FREE char *copy = strdup(text);
        PfReleaseText *known;
        const char *since;

        if (!copy)
                return pf_key_no_memory;
        since = split_since(copy);
        if (!copy[0])
                return "expected a text";
        known = GROW(texts);
        if (!known || pf_key_text(copy, &known->text) ||
            (since && pf_key_text(since, &known->since)))
                return pf_key_no_memory;
        return NULL;
}

typedef enum Times { ONCE, MAY, LIST, SOME } Times;

/* Whose member a key sets. */
typedef enum Owner {
        OWNER_PfProfile,
        OWNER_PfDistribution,
        OWNER_PfReleaseFile,
} Owner;

typedef struct Key {
        const char *section;
        const char *name;
        PfKeyParser parse;
        Owner owner;
        size_t offset;
        Times times;
        const char *help;
} Key;

#define ROW(section_, name_, parser_, type_, member_, times_, help_)                               \
        { .section = (section_),                                                                   \
          .name = (name_),                                                                         \
          .parse = (parser_),                                                                      \
          .owner = OWNER_##type_,                                                                  \
          .offset = offsetof(type_, member_),                                                      \
          .times = (times_),                                                                       \
          .help = (help_) },

static const Key keys[] = { PF_PROFILE_KEYS(ROW) };
#define N_KEYS PF_ELEMENTS(keys)

static bool must_be_given(const Key *key) {
        return key->times == ONCE || key->times == SOME;
}

static bool is_list(const Key *key) {
        return key->times == LIST || key->times == SOME;
}

/* What each parser takes, as one word, and what that word means. */
static const struct {
        PfKeyParser parse;
        const char *word;
        const char *meaning;
} syntaxes[] = {
        { pf_key_text, "TEXT", "a text of one line" },
        { pf_key_path, "PATH", "a path that begins with '/'" },
        { pf_key_size, "SIZE", "bytes, to the base 1024: 512K, 100M, 1.5G" },
        { pf_key_count, "NUMBER", "decimal digits" },
        { pf_key_version, "VERSION", "numbers with dots between them: 9.65, 9.65.7417.1" },
        { parse_checks, "CHECK...", "names of checks, or wildcards: ssh.access, boot.*" },
        { parse_versions, "RANGE...",
          "versions, each 8.7 or 9.0-9.5, perhaps with the first agent version they hold for: "
          "9.4@9.62" },
        { parse_release_file, "PATH", NULL },
        { parse_only, "TEXT", NULL },
        { parse_accept, "TEXT[ @VERSION]",
          "a text in a line, or with '^' before it at the beginning of one; and perhaps the "
          "first agent version that knows it" },
};

bool pf_profile_key(size_t i, PfProfileKey *ret) {
        if (i >= N_KEYS)
                return false;
        *ret = (PfProfileKey){ .section = keys[i].section,
                               .name = keys[i].name,
                               .help = keys[i].help,
                               .is_required = must_be_given(&keys[i]),
                               .is_list = is_list(&keys[i]) };
        for (size_t j = 0; j < PF_ELEMENTS(syntaxes) && !ret->syntax; j++)
                if (syntaxes[j].parse == keys[i].parse)
                        ret->syntax = syntaxes[j].word;
        return true;
}

const char *pf_profile_syntax(size_t i, const char **ret_meaning) {
        for (size_t j = 0; j < PF_ELEMENTS(syntaxes); j++) {
                if (!syntaxes[j].meaning || i-- > 0)
                        continue;
                *ret_meaning = syntaxes[j].meaning;
                return syntaxes[j].word;
        }
        return NULL;
}

typedef struct Reading {
        PfProfile *profile;
        PfIniErrors *errors;
        char kind[PF_INI_LINE_MAX + 1]; /* of the section: its first word; "": none, or unknown */
        bool seen[N_KEYS];              /* in the file, or in this [Distribution] */
        unsigned line;                  /* where the section began */
} Reading;

static void *owner_of(Reading *reading, const Key *key) {
        PfProfile *profile = reading->profile;
        size_t n_files = profile->release_files.n;

        switch (key->owner) {
        case OWNER_PfDistribution:
                return &profile->distributions.items[profile->distributions.n - 1];
        case OWNER_PfReleaseFile:
                return n_files > 0 ? &profile->release_files.items[n_files - 1] : NULL;
        case OWNER_PfProfile:
                break;
        }
        return profile;
}

/* Complains about keys of a kind of section that have to be given and were not. */
static void check_complete(Reading *reading, const char *kind, const PfIniEntry *where) {
        for (size_t i = 0; i < N_KEYS; i++)
                if (strcmp(keys[i].section, kind) == 0 && must_be_given(&keys[i]) &&
                    !reading->seen[i])
                        pf_ini_complain(reading->errors, where, "%s= is missing in [%s]: %s",
                                        keys[i].name, kind, keys[i].help);
}

static void end_distribution(Reading *reading, const PfIniEntry *entry) {
        const PfIniEntry where = { .path = entry->path, .line = reading->line };

        if (strcmp(reading->kind, "Distribution") != 0)
                return;
        check_complete(reading, "Distribution", &where);
        for (size_t i = 0; i < N_KEYS; i++)
                if (keys[i].owner == OWNER_PfDistribution)
                        reading->seen[i] = false;
}

static int begin_distribution(Reading *reading, const PfIniEntry *entry, const char *id) {
        PfDistribution *distribution;

        if (!pf_value_is_file_name(id))
                pf_ini_complain(reading->errors, entry,
                                "[%s]: expected an ID= of os-release(5) behind Distribution",
                                entry->section);
        else if (pf_profile_distribution(reading->profile, id))
                pf_ini_complain(reading->errors, entry, "[%s] is there twice", entry->section);
        distribution = GROW(&reading->profile->distributions);
        if (!distribution)
                return -ENOMEM;
        distribution->id = strdup(id);
        return distribution->id ? 0 : -ENOMEM;
}

static bool is_kind(const char *kind) {
        for (size_t i = 0; i < N_KEYS; i++)
                if (strcmp(keys[i].section, kind) == 0)
                        return true;
        return false;
}

static int begin_section(Reading *reading, const PfIniEntry *entry) {
        const char *rest = entry->section + strcspn(entry->section, " ");
        bool names_one;

        end_distribution(reading, entry);
        (void) snprintf(reading->kind, sizeof(reading->kind), "%.*s", (int) (rest - entry->section),
                        entry->section);
        reading->line = entry->line;
        names_one = strcmp(reading->kind, "Distribution") == 0;
        rest += strspn(rest, " ");
        if (!is_kind(reading->kind) || (*rest && !names_one)) {
                pf_ini_complain(
                        reading->errors, entry,
                        "unknown section [%s], expected Profile, Space, Kernels, Layout, Checks, "
                        "Detection or Distribution with an ID",
                        entry->section);
                reading->kind[0] = '\0';
                return 0;
        }
        return names_one ? begin_distribution(reading, entry, rest) : 0;
}

static int take_value(Reading *reading, const PfIniEntry *entry) {
        size_t i = 0;
        char *owner;

        while (i < N_KEYS && (strcmp(keys[i].section, reading->kind) != 0 ||
                              strcmp(keys[i].name, entry->name) != 0))
                i++;
        if (i == N_KEYS) {
                pf_ini_complain(reading->errors, entry, "unknown key %s= in [%s]", entry->name,
                                entry->section);
                return 0;
        }
        owner = owner_of(reading, &keys[i]);
        if (!owner || (!is_list(&keys[i]) && reading->seen[i])) {
                pf_ini_complain(reading->errors, entry,
                                owner ? "%s= is given twice" : "%s= stands before any ReleaseFile=",
                                entry->name);
                return 0;
        }
        reading->seen[i] = true;
        if (must_be_given(&keys[i]) && !entry->value[0]) {
                pf_ini_complain(reading->errors, entry, "%s= is empty: %s", entry->name,
                                keys[i].help);
                return 0;
        }
        return pf_key_set(entry, keys[i].parse, owner + keys[i].offset, reading->errors);
}

static int take_entry(const PfIniEntry *entry, void *data) {
        Reading *reading = data;

        if (!entry->name)
                return begin_section(reading, entry);
        if (reading->kind[0])
                return take_value(reading, entry);
        if (!entry->section[0])
                pf_ini_complain(reading->errors, entry, "%s= stands before the first [Section]",
                                entry->name);
        return 0;
}

static int read_profile(PfProfile *profile, const char *path, const char *text, size_t n,
                        PfIniErrors *errors) {
        Reading reading = { .profile = profile, .errors = errors };
        const PfIniEntry whole = { .path = path };
        int r;

        r = pf_ini_read(path, text, n, take_entry, &reading, errors);
        if (r < 0)
                return r;
        end_distribution(&reading, &whole);
        check_complete(&reading, "Profile", &whole);
        check_complete(&reading, "Space", &whole);
        if (!profile->images != !profile->backup_path)
                pf_ini_complain(errors, &whole, "Images= and BackupPath= go together");
        return 0;
}

int pf_profile_parse(const char *name, const char *path, const char *text, size_t n,
                     PfProfile **ret, PfIniErrors *errors, PfErr *err) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = calloc(1, sizeof(*profile));
        PF_AUTO_INI_ERRORS PfIniErrors own = { 0 };
        int r;

        if (!profile)
                return -ENOMEM;
        atomic_init(&profile->references, 1);
        profile->name = strdup(name);
        if (!profile->name)
                return -ENOMEM;

        if (!errors)
                errors = &own;
        r = read_profile(profile, path, text, n, errors);
        if (r == 0)
                r = pf_ini_errors_to_err(errors, err);
        if (r < 0)
                return r;
        *ret = PF_STEAL(profile);
        return 0;
}

static bool matches_any(const PfStrv *wildcards, const char *text) {
        for (size_t i = 0; i < wildcards->n; i++)
                if (pf_wildcard_match(wildcards->items[i], text))
                        return true;
        return false;
}

PfSeverity pf_profile_severity(const PfProfile *profile, const char *check_id) {
        const PfCatalogueEntry *entry;

        for (size_t i = PF_ELEMENTS(profile->severities); i-- > 0;)
                if (matches_any(&profile->severities[i], check_id))
                        return (PfSeverity) i;
        entry = pf_catalogue_find(check_id);
        return entry && entry->kind == PF_CATALOGUE_CHECK ? entry->severity : PF_SEVERITY_BLOCKER;
}

bool pf_profile_is_required(const PfProfile *profile, const char *check_id) {
        return matches_any(&profile->required, check_id);
}

const PfDistribution *pf_profile_distribution(const PfProfile *profile, const char *id) {
        for (size_t i = 0; i < profile->distributions.n; i++)
                if (strcmp(profile->distributions.items[i].id, id) == 0)
                        return &profile->distributions.items[i];
        return NULL;
}
