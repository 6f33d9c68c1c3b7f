/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The tables that generate-language.py writes, for language.c alone. Offsets into
 * one pool instead of pointers: they need no relocation, so that nothing of this
 * is in memory before somebody reads it.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/language.h"

/* Beside the entry of the catalogue of the same number; 0: not translated. */
typedef struct PfLanguageEntry {
        uint32_t texts[PF_LANGUAGE_N_FIELDS];
} PfLanguageEntry;

typedef struct PfLanguageMessage {
        uint32_t english;
        uint32_t japanese;
} PfLanguageMessage;

extern const char pf_language_pool[];
extern const PfLanguageEntry pf_language_entries[];
extern const size_t pf_language_n_entries;
extern const PfLanguageMessage pf_language_messages[]; /* sorted by English, as strcmp() */
extern const size_t pf_language_n_messages;
