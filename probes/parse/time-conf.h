/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * time.conf, the rules of pam_time: at which times a service may be used.
 * group.conf has the same form with groups behind the times.
 *
 * Rule: time.conf(5), and the observed behaviour of Linux-PAM 1.5.2: a rule has
 *       exactly four fields, else it is skipped; in a logic list, bytes that
 *       stand in no name and are no operator are skipped; a list that is out of
 *       order (two names, or two operators, in a row) does not match; operators
 *       bind from left to right; the times of a last line without newline are
 *       lost, and never hold.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"

#define PF_TIME_RULES_MAX 65536
#define PF_TIME_RULE_BYTES 900 /* of a rule: longer ones do not fit into the module's buffer */

typedef enum PfTimeField {
        PF_TIME_SERVICES,
        PF_TIME_TTYS,
        PF_TIME_USERS,
        PF_TIME_TIMES,
        PF_TIME_N_FIELDS,
} PfTimeField;

typedef struct PfTimeRule {
        unsigned line; /* where it begins, from 1 */
        char *text;    /* the rule, continued lines joined, without its comment */
        char *fields[PF_TIME_N_FIELDS];
        bool too_long; /* what the module makes of it is not known */
} PfTimeRule;

/* All zero is no rule. */
typedef struct PfTimeConf {
        PfTimeRule *rules; /* in the order of the file, without those that are skipped */
        size_t n;
        unsigned bad_line; /* the first rule that is skipped, or 0 */
} PfTimeConf;

void pf_time_conf_deinit(PfTimeConf *conf);
#define PF_AUTO_TIME_CONF PF_CLEANUP(pf_time_conf_deinit)

/* Return: 0, -E2BIG for more than PF_TIME_RULES_MAX, -ENOMEM. */
int pf_time_conf_parse(const char *text, size_t n, PfTimeConf *ret) PF_MUST_CHECK;

/* Does a logic list of names, each with one '*' at most, mean @name? */
bool pf_time_names_match(const char *list, const char *name);

/* A time on the clock of the machine. */
typedef struct PfClock {
        unsigned weekday; /* 0 is Sunday, as in struct tm */
        unsigned hour;
        unsigned minute;
} PfClock;

/* Does a logic list of days and times, such as "Wk0900-1700|!MoTu", hold then? */
bool pf_time_times_match(const char *list, const PfClock *clock);
