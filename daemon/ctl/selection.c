/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/selection.h"

#include "config/catalogue.h"
#include "daemon/base/wildcard.h"
#include "daemon/ctl/suggest.h"

static bool matches_any(const PfStrv *patterns, const char *text) {
        for (size_t i = 0; i < patterns->n; i++)
                if (pf_wildcard_match(patterns->items[i], text))
                        return true;
        return false;
}

bool pf_selection_wants(const PfOptions *options, const char *check_id) {
        if (options->only.n > 0 && !matches_any(&options->only, check_id))
                return false;
        return !matches_any(&options->skip, check_id);
}

/* A check that the pattern means, or NULL. */
static const PfCatalogueEntry *find_match(const char *pattern) {
        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                if (entry->kind == PF_CATALOGUE_CHECK && pf_wildcard_match(pattern, entry->id))
                        return entry;
        }
        return NULL;
}

/* @option: "--only=", or "" for a word of the command. */
static PfExit refuse(const char *option, const char *pattern, PfErr *err) {
        PfSuggestions suggestions = { .text = pattern };
        char similar[256];

        if (find_match(pattern))
                return pf_exit_set(
                        err, PF_EXIT_USAGE,
                        "%s%s: this version cannot answer that on this system; \"" PF_CTL_NAME
                        " list\" shows what it can",
                        option, pattern);
        for (size_t i = 0; i < pf_catalogue_count(); i++)
                if (pf_catalogue_at(i)->kind == PF_CATALOGUE_CHECK)
                        pf_suggest(&suggestions, pf_catalogue_at(i)->id);
        return pf_exit_set(err, PF_EXIT_USAGE, "%s%s: no check has that name%s", option, pattern,
                           pf_suggestions_text(&suggestions, similar, sizeof(similar)));
}

PfExit pf_selection_refuse(const char *pattern, PfErr *err) {
        return refuse("--only=", pattern, err);
}

PfExit pf_selection_refuse_word(const char *word, PfErr *err) {
        return refuse("", word, err);
}

bool pf_selection_names(char *const *patterns, size_t n, const char *check_id) {
        for (size_t i = 0; i < n; i++)
                if (pf_wildcard_match(patterns[i], check_id))
                        return true;
        return n == 0;
}

PfExit pf_selection_check_words(char *const *words, size_t n, PfErr *err) {
        for (size_t i = 0; i < n; i++)
                if (!find_match(words[i]))
                        return refuse("", words[i], err);
        return PF_EXIT_OK;
}

PfExit pf_selection_check(const PfOptions *options, PfErr *err) {
        const PfStrv *const lists[] = { &options->only, &options->skip };

        for (size_t list = 0; list < PF_ELEMENTS(lists); list++)
                for (size_t i = 0; i < lists[list]->n; i++)
                        if (!find_match(lists[list]->items[i]))
                                return refuse(list == 0 ? "--only=" : "--skip=",
                                              lists[list]->items[i], err);
        return PF_EXIT_OK;
}
