/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An account's line of shadow(5), as the C library reads it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

#define PF_SHADOW_PATH "/etc/shadow"
#define PF_SHADOW_SIZE_MAX (8 << 20) /* bytes of the file */

/* All zero is no line. Days count from 1970; -1 is an empty field. */
typedef struct PfShadow {
        bool exists;
        unsigned line;  /* from 1 */
        char *password; /* field two. Never goes into evidence, logs or captures */
        char *shown;    /* the line, a word in place of the password */
        long last_change;
        long minimum;
        long maximum;
        long warning;
        long inactive;
        long expire;
        bool skipped; /* a line names the account, but the C library skips it as malformed */
        unsigned skipped_line;
} PfShadow;

void pf_shadow_deinit(PfShadow *shadow);
#define PF_AUTO_SHADOW PF_CLEANUP(pf_shadow_deinit)

/**
 * pf_shadow_read() - the line of @name
 * Rule:   the first line with that name that the C library can parse. The
 *         memory of its password is wiped by pf_shadow_deinit(), that of the
 *         file before the function returns. The line is never quoted: show a
 *         person pf_shadow_describe().
 * Return: 0, also where there is no file or no line; -EACCES, -EIO … with a
 *         text, -ENOMEM.
 */
int pf_shadow_read(const PfTarget *target, const char *name, PfShadow *ret,
                   PfErr *err) PF_MUST_CHECK;

/* The same in @n bytes of a file, which are changed. Return: 0 or -ENOMEM. */
int pf_shadow_parse(char *text, size_t n, const char *name, PfShadow *ret) PF_MUST_CHECK;

/* The line that exists, or that was skipped, with its password replaced by a
 * word: "root:(yescrypt hash):19500:0:99999:7:::", "root:(locked):…",
 * "root:(empty):…". The caller frees it; NULL: there is none, or no memory. */
char *pf_shadow_describe(const PfShadow *shadow);
