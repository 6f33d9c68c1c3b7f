/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The tables that generate-catalogue.py writes, for catalogue.c alone.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/catalogue.h"

/* What the tables may hold; the generated file asserts it. */
#define PF_CATALOGUE_ENTRIES_MAX 1024
#define PF_CATALOGUE_KEY_MAX 128 /* bytes, with the NUL */
#define PF_CATALOGUE_KEY_WORDS_MAX 4

/* How an entry is known by a key. */
typedef enum PfCatalogueKeyKind {
        PF_CATALOGUE_KEY_ID,
        PF_CATALOGUE_KEY_ALIAS,
        PF_CATALOGUE_KEY_PART, /* a word of an alias that has several */
} PfCatalogueKeyKind;

/* A key is a text as catalogue.c normalises it. Offsets instead of pointers: the
 * index needs no relocation. */
typedef struct PfCatalogueKey {
        uint16_t text;  /* where it begins in pf_catalogue_key_text */
        uint16_t entry; /* its number */
        uint8_t kind;   /* PfCatalogueKeyKind */
} PfCatalogueKey;

extern const PfCatalogueEntry pf_catalogue_entries[];
extern const size_t pf_catalogue_n_entries;
extern const PfCatalogueKey pf_catalogue_keys[]; /* sorted by text, as strcmp() */
extern const size_t pf_catalogue_n_keys;
extern const char pf_catalogue_key_text[];
