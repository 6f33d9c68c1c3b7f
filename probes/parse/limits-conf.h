/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * limits.conf, what pam_limits sets for a session. Pure text.
 *
 * Rule: limits.conf(5), and the observed behaviour of Linux-PAM 1.5.2: four
 *       words, others behind them are not looked at; "domain -" alone ends it
 *       without limits; type and item are compared without regard to case.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"

#define PF_LIMITS_LINES_MAX 65536
#define PF_LIMIT_NONE (-1) /* "unlimited", "infinity", "-1", "-" */

typedef enum PfLimitType {
        PF_LIMIT_NEITHER = 0, /* another word: still a limit to logins, which have no type */
        PF_LIMIT_SOFT = 1,
        PF_LIMIT_HARD = 2,
        PF_LIMIT_BOTH = 3,
        PF_LIMIT_NO_LIMITS = 4, /* "domain -": nothing is set for whom it means */
} PfLimitType;

typedef struct PfLimit {
        unsigned line; /* from 1 */
        char *text;    /* the line, without its newline */
        char *domain;
        PfLimitType type;
        char *item;      /* in lower case; NULL for PF_LIMIT_NO_LIMITS */
        char *value;     /* as written */
        bool has_number; /* the value is one, as far as the module reads it */
        long long number;
} PfLimit;

/* All zero is no limit. */
typedef struct PfLimitsConf {
        PfLimit *limits; /* in the order of the file, without lines that are skipped */
        size_t n;
        unsigned bad_line; /* the first line that is skipped, or 0 */
} PfLimitsConf;

void pf_limits_conf_deinit(PfLimitsConf *conf);
#define PF_AUTO_LIMITS_CONF PF_CLEANUP(pf_limits_conf_deinit)

/* Return: 0, -E2BIG for more than PF_LIMITS_LINES_MAX, -ENOMEM. */
int pf_limits_conf_parse(const char *text, size_t n, PfLimitsConf *ret) PF_MUST_CHECK;

/* "500:600" and the like, without an '@' or '%' before it. */
typedef struct PfIdRange {
        unsigned long min;
        unsigned long max;
        bool exact; /* ":max" */
} PfIdRange;
bool pf_id_range_parse(const char *text, PfIdRange *ret);
bool pf_id_range_holds(const PfIdRange *range, unsigned long id);
