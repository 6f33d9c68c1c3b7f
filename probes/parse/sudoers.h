/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What sudo would let an account do as root, read simply: which line grants it
 * everything. Aliases, runas lists and hosts are not gone into; this words an
 * explanation and decides nothing.
 */

#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"
#include "probes/parse/sshd-effective.h"

#define PF_SUDOERS_PATH "/etc/sudoers"

typedef struct PfSudoers {
        bool exists;
        bool grants_all;  /* the last line that gives the account all commands */
        bool no_password; /* and says NOPASSWD */
        char path[256];
        unsigned line; /* from 1 */
        char text[256];
        bool require_tty; /* a Defaults line for everybody: sudo refuses without a terminal */
} PfSudoers;

/**
 * pf_sudoers_read() - /etc/sudoers and what it includes
 * Rule:   sudoers(5): the last line that matches counts; files of an includedir
 *         in lexical order, without those whose name ends in "~" or has a dot.
 * Return: 0; -EACCES, -EIO … with a text; -ELOOP for more than 128 files.
 */
int pf_sudoers_read(const PfTarget *target, const PfSshdAccount *account, PfSudoers *ret,
                    PfErr *err) PF_MUST_CHECK;
