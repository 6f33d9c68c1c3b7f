/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/json.h"

/*
 * Texts of others, made fit for a terminal. What files, host names and services
 * say may hold anything: escape sequences, text that runs backwards, bytes that
 * are no characters. None of that is ever written as it stands.
 */

/**
 * pf_text_is_safe() - may this character be written to a terminal?
 * @c:     a code point
 * Rule:   not a control (C0, DEL, C1), line or paragraph separator, surrogate or
 *         noncharacter, and not one of the invisible formatting characters, which
 *         can reorder (Unicode Annex 9) or hide what stands beside them.
 */
bool pf_text_is_safe(uint32_t c);

#define PF_TEXT_CHAR_MAX 12

/* One character as it is to be written. */
typedef struct PfTextChar {
        char bytes[PF_TEXT_CHAR_MAX]; /* not NUL-terminated */
        size_t n;
        unsigned columns;
        uint32_t code_point; /* what it is shown as; of an escape, the backslash */
        bool is_space;       /* a blank, or white space that became one: a line may break here */
} PfTextChar;

/**
 * pf_text_next() - the first character of a text, made safe
 * @text: @n bytes, at least 1
 * @utf8: is more than ASCII understood? Otherwise the rest is escaped too.
 * @ret:  receives it. Newlines and tabs become blanks; what is not safe becomes
 *        "\x1b", "\u202e" or "\U000e0001", a byte that is not UTF-8 "\xff".
 * Return: how many bytes of @text it stands for, at least 1.
 */
size_t pf_text_next(const char *text, size_t n, bool utf8, PfTextChar *ret);

/* How many bytes of a text make at most @max, without half a character at the end. */
size_t pf_text_cut(const char *text, size_t max);

/* How many columns a text takes. */
unsigned pf_text_columns(const char *text, bool utf8);

/**
 * pf_text_add_json() - append a value as JSON that can be shown on a terminal
 * @pretty: indented by two spaces, otherwise in one line; no newline at the end
 *
 * Characters that are not safe stand as \u escapes: the value is the same.
 * Return:  0, -ENOBUFS, -ENOMEM.
 */
int pf_text_add_json(PfBuf *buf, const PfJson *value, bool pretty) PF_MUST_CHECK;
