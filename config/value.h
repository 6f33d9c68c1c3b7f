/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/cleanup.h"

/*
 * The values of settings and profiles: what systemd.syntax(7) and
 * systemd.time(7) call sizes, time spans and booleans. Each parser takes the
 * whole text and returns 0, or -EINVAL, -ERANGE where it is too big.
 */

/* "512", "100K", "1.5G": to the base 1024, up to E; no sign, no space. */
int pf_value_parse_size(const char *text, uint64_t *ret_bytes) PF_MUST_CHECK;

/* "5" (seconds), "500ms", "2min", "1h 30min": the units us ms s min h d w,
 * also written out. Fractions are allowed, "infinity" is not. */
int pf_value_parse_time(const char *text, uint64_t *ret_usec) PF_MUST_CHECK;

/* 1 yes y true t on; 0 no n false f off; in any case. */
int pf_value_parse_bool(const char *text, bool *ret) PF_MUST_CHECK;

/* Decimal digits alone. */
int pf_value_parse_unsigned(const char *text, uint64_t *ret) PF_MUST_CHECK;

/* A name of a file, as of a profile: letters, digits, '.', '_', '-', at most 64,
 * not beginning with a dot. */
bool pf_value_is_file_name(const char *text);

/* Numbers with dots between them: "9.65.7417.1". At most 8 of at most 9 digits. */
bool pf_value_is_version(const char *text);

/**
 * pf_version_compare() - the order of two versions, by components as numbers
 * What is missing counts as 0, so 9.65 and 9.65.0 are equal. What follows the
 * last number (CentOS: "7.9.2009", Debian: "12.5+b1") decides nothing.
 * Return: less than, equal to or greater than 0.
 */
int pf_version_compare(const char *a, const char *b);

typedef enum PfWithin {
        PF_WITHIN_NO,
        PF_WITHIN_YES,
        PF_WITHIN_PERHAPS, /* @version is shorter than the limits, and some of what it covers is */
} PfWithin;

/**
 * pf_version_within() - does a version lie between two others?
 * @from, @to: both included; each compared at its own length, so that 9.4 and
 *             9.4.1 lie within 9 to 9, and 8.10 within 8.0 to 8.10
 * @exact:     whether what @version does not say is 0; otherwise it is not known
 */
PfWithin pf_version_within(const char *version, bool exact, const char *from, const char *to);
