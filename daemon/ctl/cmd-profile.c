/* SPDX-License-Identifier: MIT */
/*
 * preflightctl profile: is this file a profile, and if not, what is wrong with
 * it, all of it? And what may stand in one.
 */
#include "daemon/ctl/ctl.h"

#include <string.h>

#include "config/profile.h"
#include "daemon/base/json.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/here.h"

#define FILE_MAX_BYTES (64u << 10) /* as the programs read */
#define SUFFIX ".conf"

/* --- the schema --- */

static PfJson *key_to_json(const PfProfileKey *key) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();

        if (!json || pf_json_put_string(json, "section", key->section) < 0 ||
            pf_json_put_string(json, "key", key->name) < 0 ||
            pf_json_put_string(json, "value", key->syntax) < 0 ||
            pf_json_put_bool(json, "required", key->is_required) < 0 ||
            pf_json_put_bool(json, "list", key->is_list) < 0 ||
            pf_json_put_string(json, "help", key->help) < 0)
                return NULL;
        return PF_STEAL(json);
}

static PfJson *schema_to_json(void) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *values = pf_json_new_object();
        const char *word, *meaning;
        PfProfileKey key;

        if (!json || !array || !values)
                return NULL;
        for (size_t i = 0; pf_profile_key(i, &key); i++)
                if (pf_json_append_take(array, key_to_json(&key)) < 0)
                        return NULL;
        for (size_t i = 0; (word = pf_profile_syntax(i, &meaning)); i++)
                if (pf_json_put_string(values, word, meaning) < 0)
                        return NULL;
        if (pf_json_put_take(json, "keys", PF_STEAL(array)) < 0 ||
            pf_json_put_take(json, "values", PF_STEAL(values)) < 0)
                return NULL;
        return PF_STEAL(json);
}

static void show_key(PfPage *page, const PfProfileKey *key) {
        pf_page_begin(page, 2, 6);
        pf_page_printf(page, PF_COLOUR_BOLD, "%s=", key->name);
        pf_page_printf(page, PF_COLOUR_NONE, "%s", key->syntax);
        pf_page_printf(page, PF_COLOUR_DIM, " (%s%s)", key->is_required ? "required" : "optional",
                       key->is_list ? ", a list" : "");
        pf_page_end(page);
        pf_page_begin(page, 6, 6);
        pf_page_text(page, PF_COLOUR_NONE, key->help);
        pf_page_end(page);
}

static void show_schema(PfPage *page) {
        const char *last = "", *word, *meaning;
        PfProfileKey key;

        for (size_t i = 0; pf_profile_key(i, &key); i++) {
                if (strcmp(key.section, last) != 0) {
                        if (*last)
                                pf_page_empty_line(page);
                        pf_page_begin(page, 0, 0);
                        pf_page_printf(page, PF_COLOUR_BOLD, "[%s%s]", key.section,
                                       strcmp(key.section, "Distribution") == 0 ? " ID" : "");
                        pf_page_end(page);
                }
                last = key.section;
                show_key(page, &key);
        }
        pf_page_empty_line(page);
        for (size_t i = 0; (word = pf_profile_syntax(i, &meaning)); i++) {
                pf_page_begin(page, 0, 17);
                pf_page_text(page, PF_COLOUR_BOLD, word);
                pf_page_column(page, 17);
                pf_page_text(page, PF_COLOUR_NONE, meaning);
                pf_page_end(page);
        }
}

/* --- a file --- */

/* @ret_below: receives its path below some root, which the caller frees. */
static PfExit read_file(const char *path, PfBuf *buf, char **ret_below, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PF_AUTO_FREE char *root = NULL;
        int r;

        if (pf_here_locate(path, &root, ret_below, err) < 0)
                return PF_EXIT_UNKNOWN;
        if (pf_target_new(root, PF_TARGET_DEFAULT, &host, err) < 0)
                return PF_EXIT_USAGE;
        r = pf_target_read(host, *ret_below, FILE_MAX_BYTES, buf, err);
        if (r == PF_TARGET_ABSENT)
                return pf_exit_set(err, PF_EXIT_USAGE, "%s: there is no such file", path);
        return r < 0 ? PF_EXIT_USAGE : PF_EXIT_OK;
}

/* The name that --profile= would have for it; NULL: none, whatever is in it. */
static char *name_of(const char *path) {
        const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
        size_t n = strlen(file), n_suffix = strlen(SUFFIX);

        if (n <= n_suffix || strcmp(file + n - n_suffix, SUFFIX) != 0)
                return NULL;
        return strndup(file, n - n_suffix);
}

static PfJson *errors_to_json(const char *path, const PfIniErrors *errors) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();

        if (!json || pf_json_put_string(json, "file", path) < 0 ||
            pf_json_put_bool(json, "valid", errors->texts.n == 0) < 0 ||
            pf_json_put_strv(json, "errors", &errors->texts) < 0 ||
            pf_json_put_uint(json, "moreErrors", errors->n_dropped) < 0)
                return NULL;
        return PF_STEAL(json);
}

static void show_errors(PfPage *page, const char *path, const PfProfile *profile,
                        const PfIniErrors *errors) {
        for (size_t i = 0; i < errors->texts.n; i++) {
                pf_page_begin(page, 0, 2);
                pf_page_text(page, PF_COLOUR_NONE, errors->texts.items[i]);
                pf_page_end(page);
        }
        if (errors->n_dropped > 0) {
                pf_page_begin(page, 0, 2);
                pf_page_printf(page, PF_COLOUR_NONE, "%s: and %zu more", path, errors->n_dropped);
                pf_page_end(page);
        }
        if (!profile)
                return;
        pf_page_begin(page, 0, 2);
        pf_page_printf(page, PF_COLOUR_NONE, "%s: %s, agent %s, %zu distributions", path,
                       profile->title, profile->agent_version, profile->distributions.n);
        pf_page_end(page);
}

static PfExit check_file(PfCtl *ctl, const char *path, PfPage *page, PfErr *err) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(2 * FILE_MAX_BYTES);
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        PF_AUTO_FREE char *below = NULL;
        PF_AUTO_FREE char *name = NULL;
        PfExit status = read_file(path, &buf, &below, err);
        int r;

        if (status != PF_EXIT_OK)
                return status;
        name = name_of(below);
        if (!name)
                pf_ctl_note(ctl, "%s: only a file NAME" SUFFIX " is found by --profile=NAME", path);
        r = pf_profile_parse(name ? name : "profile", path, buf.data ? buf.data : "", buf.n,
                             &profile, &errors, NULL);
        if (r == -ENOMEM)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        if (ctl->options.format == &pf_format_table) {
                show_errors(page, path, profile, &errors);
        } else {
                json = errors_to_json(path, &errors);
                if (!json)
                        return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
                pf_format_json.facts(page, json, &(PfShow){ 0 });
        }
        return pf_ctl_print(ctl, page, r < 0 ? PF_EXIT_USAGE : PF_EXIT_OK);
}

static PfExit print_schema(PfCtl *ctl, PfPage *page, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;

        if (ctl->options.format == &pf_format_table) {
                show_schema(page);
        } else {
                json = schema_to_json();
                if (!json)
                        return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
                pf_format_json.facts(page, json, &(PfShow){ 0 });
        }
        return pf_ctl_print(ctl, page, PF_EXIT_OK);
}

PfExit pf_cmd_profile(PfCtl *ctl) {
        PF_AUTO_PAGE PfPage page;
        PfErr err = { 0 };
        PfExit status;

        pf_page_init(&page, &ctl->out);
        if (ctl->options.format != &pf_format_table && ctl->options.format != &pf_format_json)
                status = pf_exit_set(&err, PF_EXIT_USAGE, "profile: --format=%s cannot show that",
                                     ctl->options.format->name);
        else if (ctl->options.schema == (ctl->n_arguments > 0))
                status = pf_exit_set(&err, PF_EXIT_USAGE,
                                     "profile needs one of the two: FILE or --schema");
        else if (ctl->options.schema)
                status = print_schema(ctl, &page, &err);
        else
                status = check_file(ctl, ctl->arguments[0], &page, &err);
        return pf_ctl_fail(ctl, status, &err);
}
