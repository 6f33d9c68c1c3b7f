/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The Japanese texts, built into the program: of the catalogue, from
 * catalogue.ja.toml, and of everything else that is said to people, from
 * messages.ja.toml. No locale of the system and no file is needed for them.
 */

#include <stddef.h>

#include "config/catalogue.h"

typedef enum PfLanguageField {
        PF_LANGUAGE_TITLE,
        PF_LANGUAGE_WHY,
        PF_LANGUAGE_FIX,
        PF_LANGUAGE_APPLIES_TO,
} PfLanguageField;
#define PF_LANGUAGE_N_FIELDS (PF_LANGUAGE_APPLIES_TO + 1)

/* A text of an entry that pf_catalogue_at() or pf_catalogue_find() gave, in UTF-8,
 * laid out as the English one; NULL where there is none. */
const char *pf_japanese_entry(const PfCatalogueEntry *entry, PfLanguageField field);

/* What is said for a text, or for a format of printf(3) with all its directives in
 * it or with %1$s, %2$s …; NULL where there is nothing. */
const char *pf_japanese_message(const char *english);

/* One by one, sorted by the English ones. NULL behind the last. */
const char *pf_japanese_message_at(size_t i, const char **ret_english);
