/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/**
 * pf_wildcard_match() - does a whole text match a pattern?
 * @pattern: '*' stands for any characters, '?' for one; nothing else is special
 *
 * Takes time in proportion to both lengths, whatever the pattern.
 */
bool pf_wildcard_match(const char *pattern, const char *text);
