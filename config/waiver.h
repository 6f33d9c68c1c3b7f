/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config/ini-reader.h"
#include "daemon/base/buf.h"

/*
 * A waiver: the decision of an administrator that a failing check does not
 * block, until a day. A file holds one. What it means for a report, and which
 * files count, is daemon/report/waivers.h; the keys are in waiver-keys.h, and
 * config/waiver-example.conf explains them.
 */
typedef struct PfWaiver {
        char *check;           /* ID of the check */
        char *reason;          /* for people */
        char *owner;           /* for people */
        uint64_t expires_usec; /* since 1970; 0: not known */
        char *evidence;        /* fingerprint of the evidence; NULL: any */
} PfWaiver;

#define PF_WAIVER_FILE_MAX (16u << 10) /* bytes */

void pf_waiver_deinit(PfWaiver *waiver);
#define PF_AUTO_WAIVER PF_CLEANUP(pf_waiver_deinit)

/**
 * pf_waiver_parse() - a waiver out of the text of a file
 * @path:   for complaints
 * @ret:    all zero; receives what was understood, whatever is returned, so that
 *          a refusal can say of which check. Freed with pf_waiver_deinit().
 * @errors: receives every complaint
 * Return:  0; -EINVAL with complaints: then it waives nothing; -ENOMEM.
 */
int pf_waiver_parse(const char *path, const char *text, size_t n, PfWaiver *ret,
                    PfIniErrors *errors) PF_MUST_CHECK;

/**
 * pf_waiver_write() - the text of a file that says this
 * Rule:   what was written is read again, and must say the same.
 * Return: 0; -EINVAL with complaints for what cannot be said in a file, such as
 *         an owner of two lines; -ENOMEM.
 */
int pf_waiver_write(const PfWaiver *waiver, PfBuf *buf, PfIniErrors *errors) PF_MUST_CHECK;

/* A key, for the manual and for tests. */
typedef struct PfWaiverKey {
        const char *name;
        const char *example;
        const char *help;
        bool required;
} PfWaiverKey;

/* The key at a place from 0, or NULL behind the last. */
const PfWaiverKey *pf_waiver_key(size_t i);
