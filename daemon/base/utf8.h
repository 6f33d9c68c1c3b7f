/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * pf_utf8_decode() - the first character of @text
 * @ret:   receives the code point
 * Rule:   Unicode 15, table 3-7: no surrogates, nothing overlong, up to U+10FFFF.
 * Return: how many bytes it takes, 0 where they are not UTF-8 or @n is 0.
 */
size_t pf_utf8_decode(const char *text, size_t n, uint32_t *ret);
bool pf_utf8_is_valid(const char *text, size_t n);

/**
 * pf_utf8_make_printable() - make a text safe for a line of a terminal or a log
 * What is not UTF-8, controls (C0, DEL, C1), line separators and the characters
 * that reverse the direction of writing become @replacement, one byte each.
 */
void pf_utf8_make_printable(char *text, char replacement);
