/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/*
 * What somebody may have meant who made a mistake in a name.
 */
#define PF_SUGGESTIONS_MAX 3

typedef struct PfSuggestions {
        const char *names[PF_SUGGESTIONS_MAX]; /* borrowed; the nearest first */
        unsigned distances[PF_SUGGESTIONS_MAX];
        size_t n;
        const char *text; /* what was written; borrowed */
} PfSuggestions;

/**
 * pf_suggest() - consider one more name
 * @suggestions: begins as { .text = what was written }
 * @name:        kept where it is among the nearest. Near is what needs few
 *               letters added, left out, changed or swapped, or holds the text,
 *               or is held by it, or begins alike; case does not count.
 */
void pf_suggest(PfSuggestions *suggestions, const char *name);

/**
 * pf_suggestions_text() - "; did you mean A, B or C?", or "" where nothing is near
 * Return: @buf, which has room for @size bytes.
 */
const char *pf_suggestions_text(const PfSuggestions *suggestions, char *buf, size_t size);
