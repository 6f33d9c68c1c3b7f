/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What every check and every known error means, why it matters and how to cure
 * it: the texts of catalogue.toml, built into the program. Nothing here depends
 * on the machine or on a profile.
 */

#include <stddef.h>

#include "daemon/base/platform.h"

/* What a change that cures it would be. */
typedef enum PfSafety {
        PF_SAFETY_SAFE,    /* reversible, weakens nothing */
        PF_SAFETY_CONSENT, /* right, but weakens something or restarts something */
        PF_SAFETY_MANUAL,  /* explained by us, done by a person */
} PfSafety;

/* What a failure does to the verdict, from harmless to worst. */
typedef enum PfSeverity {
        PF_SEVERITY_INFO,
        PF_SEVERITY_WARNING,
        PF_SEVERITY_BLOCKER,
} PfSeverity;

typedef enum PfCatalogueKind {
        PF_CATALOGUE_CHECK, /* a question that we ask */
        PF_CATALOGUE_ERROR, /* what the portal, a log or an exit status says instead */
} PfCatalogueKind;

/* One check or one error. All of it is constant and lives as long as the program.
 * Texts are ASCII; a NULL ends each list. */
typedef struct PfCatalogueEntry {
        PfCatalogueKind kind;
        PfSafety safety;
        PfSeverity severity; /* by default: a profile may decide otherwise */
        unsigned platforms;  /* PF_PLATFORM_… */
        const char *id;
        const char *title;          /* one line without a full stop */
        const char *why;            /* lines of at most 76 columns, none at the end empty */
        const char *fix;            /* as why; "    " begins a command, of any length */
        const char *applies_to;     /* agent versions or situations; NULL: all */
        const char *documentation;  /* https */
        const char *const *aliases; /* other names of an error, as people write them */
        const char *const *links;   /* IDs of the other kind: a check's errors, an error's checks */
} PfCatalogueEntry;

/* How many there are; the checks come first, in the order of the report. */
size_t pf_catalogue_count(void);

/* The entry at @i, which is below pf_catalogue_count(); otherwise NULL. */
const PfCatalogueEntry *pf_catalogue_at(size_t i);

/**
 * pf_catalogue_find() - the entry of exactly this ID
 * @id:    of a check or an error; upper and lower case count the same
 *
 * Return: the entry, borrowed, or NULL.
 */
const PfCatalogueEntry *pf_catalogue_find(const char *id);

/**
 * pf_catalogue_lookup() - what somebody may mean by a text
 * @text:  an ID, an alias, a number in it, or a line out of a portal or a log;
 *         only the first KiB and the first 128 words are looked at
 * @ret:   receives up to @max entries, borrowed, the best first
 * @max:   room in @ret; pf_catalogue_count() is always enough
 *
 * Rule:   case, punctuation and the words "error", "code", "id" do not count. A
 *         number is the same in hexadecimal, with any case and zeros, as signed
 *         and as unsigned decimal. What is not known as a whole is searched for
 *         parts that are known; single words of it count from four characters on.
 * Return: how many are in @ret; 0 where nothing is known by that text.
 */
size_t pf_catalogue_lookup(const char *text, const PfCatalogueEntry **ret, size_t max);

/* "safe", "consent", "manual"; "blocker", "warning", "info". Borrowed, never NULL. */
const char *pf_safety_to_string(PfSafety safety);
const char *pf_severity_to_string(PfSeverity severity);
