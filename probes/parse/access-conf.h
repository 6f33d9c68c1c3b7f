/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * access.conf, the table of pam_access: who may come from where. Pure text;
 * what a name in it means is for the caller to say.
 *
 * Rule: access.conf(5), pam_access(8), and the observed behaviour of Linux-PAM
 *       1.5.2: the last line counts only with a newline behind it, and so does
 *       a line of more than 8191 bytes only from its second piece on.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"
#include "daemon/base/maybe.h"

#define PF_ACCESS_RULES_MAX 65536
#define PF_ACCESS_FIELD_SEPARATORS ":"
#define PF_ACCESS_LIST_SEPARATORS ", \t"

typedef struct PfAccessRule {
        unsigned line; /* from 1 */
        bool grant;
        char *text;  /* the line, without the newline */
        char *users; /* lists: pf_access_list_match() */
        char *origins;
} PfAccessRule;

/* All zero is an empty table. */
typedef struct PfAccessConf {
        PfAccessRule *rules; /* in the order of the file, without lines that are refused */
        size_t n;
        unsigned bad_line; /* the first line that is refused, or 0 */
} PfAccessConf;

void pf_access_conf_deinit(PfAccessConf *conf);
#define PF_AUTO_ACCESS_CONF PF_CLEANUP(pf_access_conf_deinit)

/**
 * pf_access_conf_parse() - read a table
 * @separators: bytes that end a field: the argument fieldsep, or the default
 * @ret:        untouched unless 0 is returned
 * Return:      0, -E2BIG for more than PF_ACCESS_RULES_MAX rules, -ENOMEM.
 */
int pf_access_conf_parse(const char *text, size_t n, const char *separators,
                         PfAccessConf *ret) PF_MUST_CHECK;

/* Does an element of a list mean who is asked for? @data is the caller's. */
typedef PfMaybe (*PfAccessMatch)(const char *element, void *data);

/**
 * pf_access_list_match() - does a list mean who is asked for?
 * @separators: bytes between elements: the argument listsep, or the default
 * Rule:   "A EXCEPT B EXCEPT C" is A, but not what is in B and not in C.
 * Return: 0, with *@ret; -ENOMEM.
 */
int pf_access_list_match(const char *list, const char *separators, PfAccessMatch match, void *data,
                         PfMaybe *ret) PF_MUST_CHECK;
