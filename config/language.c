/* SPDX-License-Identifier: MIT */
/* Looking up what generate-language.py has sorted. */
#include "config/language.h"

#include <string.h>

#include "config/language-table.h"

static const char *text_at(uint32_t offset) {
        return offset > 0 ? pf_language_pool + offset : NULL;
}

const char *pf_japanese_entry(const PfCatalogueEntry *entry, PfLanguageField field) {
        size_t i = (size_t) (entry - pf_catalogue_at(0));

        return i < pf_language_n_entries ? text_at(pf_language_entries[i].texts[field]) : NULL;
}

const char *pf_japanese_message(const char *english) {
        size_t low = 0, high = pf_language_n_messages;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = strcmp(english, text_at(pf_language_messages[middle].english));

                if (order == 0)
                        return text_at(pf_language_messages[middle].japanese);
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}

const char *pf_japanese_message_at(size_t i, const char **ret_english) {
        if (i >= pf_language_n_messages)
                return NULL;
        *ret_english = text_at(pf_language_messages[i].english);
        return text_at(pf_language_messages[i].japanese);
}
