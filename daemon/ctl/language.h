/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "daemon/base/json.h"

/*
 * The language in which people are spoken to. Everything that programs read is the
 * same in all of them.
 *
 * English is what stands in the source, and in what comes over the wire. A text has
 * its translation by itself, or by the format it was made with; where there is none,
 * or one that does not fit, English is shown.
 */
typedef enum PfLanguage {
        PF_LANGUAGE_ENGLISH,
        PF_LANGUAGE_JAPANESE,
} PfLanguage;

/* The locale of a category, as setlocale(3) finds it: LC_ALL, the category, LANG.
 * Borrowed; "" where none is set. */
const char *pf_language_locale(const char *category);

/* Does the name of a locale say that it is of UTF-8: "C.UTF-8", "ja_JP.utf8"? */
bool pf_language_is_utf8(const char *locale);

/**
 * pf_language_choose() - the language of this process
 * Rule: gettext(3): the first that we have in LANGUAGE, which counts unless the locale
 *       of LC_MESSAGES is "C" or "POSIX", also "C.UTF-8" as in glibc since 2.38;
 *       otherwise the language of that locale.
 */
PfLanguage pf_language_choose(void);

/* A text of ours in that language. Borrowed. */
const char *pf_language_text(PfLanguage language, const char *english);

/* A format of ours, printed in that language. The caller frees it; NULL: out of memory. */
char *pf_language_print(PfLanguage language, const char *fmt, va_list args) PF_PRINTF(2, 0);
char *pf_language_printf(PfLanguage language, const char *fmt, ...) PF_PRINTF(2, 3);

/**
 * pf_language_sentence() - a sentence that came with an answer
 * @english: the whole of it
 * @message: {"id", "arguments"}, or NULL: then a known format that fits is looked for;
 *           so it is for what stands in the sentence, which may be one itself
 * Return:   what the caller frees; NULL: out of memory.
 */
char *pf_language_sentence(PfLanguage language, const char *english, const PfJson *message);

/* A text of an entry of the catalogue, of type CatalogueEntry: "title", "why", "fix" or
 * "appliesTo". English where the entry is not the one that this program knows. Borrowed;
 * NULL where the entry has none. */
const char *pf_language_entry(PfLanguage language, const PfJson *entry, const char *field);
