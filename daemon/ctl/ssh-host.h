/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

/*
 * Where ssh is to go: [USER@]HOST[:PORT]. HOST is a name, an alias of ssh_config(5), an
 * IPv4 address, or an IPv6 address, in brackets where a port follows.
 */
typedef struct PfSshHost {
        char *user;    /* NULL: not given */
        char *host;    /* without brackets */
        uint16_t port; /* 0: not given */
} PfSshHost;

/**
 * pf_ssh_host_parse() - take it apart
 * Rule:   neither part begins with '-', which ssh would take for an option, or holds what
 *         a shell would not take as it is: ssh_config(5) hands both to commands, as %h and
 *         %r. The user is all before the last '@'.
 * Return: 0, with what pf_ssh_host_deinit() releases; -EINVAL with a text; -ENOMEM.
 */
int pf_ssh_host_parse(const char *text, PfSshHost *ret, PfErr *err) PF_MUST_CHECK;
void pf_ssh_host_deinit(PfSshHost *host);
#define PF_AUTO_SSH_HOST PF_CLEANUP(pf_ssh_host_deinit)
