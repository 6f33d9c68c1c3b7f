/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What sshd does once it has read its files: it puts ports and addresses
 * together, and ends where the settings as a whole make no sense.
 */

#include "probes/parse/sshd-parse.h"

/**
 * pf_sshd_check_global() - add to conf's problems, and resolve its listen addresses
 * @stopped: sshd did not get so far; then what it would look at next is not judged
 * Return:   0 or -ENOMEM.
 */
int pf_sshd_check_global(PfSshdConfig *conf, bool stopped) PF_MUST_CHECK;

/* Is this text of a listen address a name that the resolver would have to be asked for? */
bool pf_sshd_listen_is_name(const char *text);
