/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "daemon/base/cleanup.h"

/* One assignment of a file. */
typedef struct PfOsReleaseField {
        char *name;
        char *value;
        char *text;    /* the line as it stands, without what follows in quotes over more lines */
        unsigned line; /* from 1 */
} PfOsReleaseField;

typedef struct PfOsRelease {
        PfOsReleaseField *fields; /* in the order of the file */
        size_t n;
        unsigned bad_line; /* the first one that assigns nothing; 0: none */
} PfOsRelease;

#define PF_OS_RELEASE_FIELDS_MAX 1024

/**
 * pf_os_release_parse() - the assignments of a file
 * @text: @n bytes
 *
 * Ownership: the caller frees *@ret with pf_os_release_free().
 * Rule:      os-release(5): what a shell would assign, without expansions. A
 *            value is put together of bare, 'single' and "double" quoted
 *            parts; '\' takes away the meaning of what follows it; the last
 *            assignment of a name counts. A line with anything else on it (a
 *            command, "NAME=Test OS", a substitution, a quote without end)
 *            assigns nothing; the others still do.
 * Return:    0, -EFBIG for more than PF_OS_RELEASE_FIELDS_MAX, -ENOMEM.
 */
int pf_os_release_parse(const char *text, size_t n, PfOsRelease **ret) PF_MUST_CHECK;
PfOsRelease *pf_os_release_free(PfOsRelease *release);
PF_DEFINE_CLEANUP(PfOsRelease, pf_os_release_free);

/* The assignment of @name that counts, or NULL. Borrowed. */
const PfOsReleaseField *pf_os_release_field(const PfOsRelease *release, const char *name);

/* Its value, or "". */
const char *pf_os_release_value(const PfOsRelease *release, const char *name);
