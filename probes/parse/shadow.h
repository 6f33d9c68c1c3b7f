/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An account's line of shadow(5), as the C library reads it, and what its
 * numbers mean on a day.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

#define PF_SHADOW_PATH "/etc/shadow"

/* All zero is no line. Days count from 1970; -1 is an empty field. */
typedef struct PfShadow {
        bool exists;
        unsigned line;  /* from 1 */
        char *password; /* field two. Never goes into evidence, logs or captures */
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
 * Rule:   the first line with that name that the C library can parse; its
 *         memory is wiped by pf_shadow_deinit(). The line is never quoted: show
 *         a person pf_shadow_describe().
 * Return: 0, also where there is no file or no line; -EACCES, -EIO … with a
 *         text, -ENOMEM.
 */
int pf_shadow_read(const PfTarget *target, const char *name, PfShadow *ret,
                   PfErr *err) PF_MUST_CHECK;

/* The line with its password replaced by a word: "root:(yescrypt hash):19500:0:99999:7:::",
 * "root:(locked, yescrypt hash):…", "root:(empty):…". The caller frees it; NULL: no memory. */
char *pf_shadow_describe(const PfShadow *shadow, const char *name);
