/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/ctl/ctl.h"
#include "daemon/platform/pipe-pair.h"

/*
 * "preflightctl serve-stdio" on another machine, through ssh(1), which asks for passwords
 * and host keys at the terminal as it always does. What it says on standard error is kept:
 * of a connection that fails it is the reason, of one that stands a note.
 */
typedef struct PfRemote PfRemote;

/**
 * pf_remote_new() - start ssh
 * @ctl:         borrowed; options.host says where to
 * @remediation: the service that changes, instead of the one that looks
 * @ret_end:     receives the connection to speak Varlink on, which the caller closes
 * Rule:         the program is "ssh" as execvp(3) finds it, or $PREFLIGHT_SSH.
 * Return:       PF_EXIT_OK, before anybody was reached; PF_EXIT_USAGE for what is no host;
 *               PF_EXIT_UNREACHABLE where there is no ssh; with a text.
 */
PfExit pf_remote_new(const PfCtl *ctl, uv_loop_t *loop, bool remediation, PfRemote **ret,
                     PfPipeEnd *ret_end, PfErr *err) PF_MUST_CHECK;

/* How long the first answer may take, somebody typing a password meanwhile: 2 minutes, or
 * $PREFLIGHT_SSH_TIMEOUT. Return: PF_EXIT_OK, or PF_EXIT_USAGE with a text. */
PfExit pf_remote_patience(unsigned *ret_ms, PfErr *err) PF_MUST_CHECK;

/* It has answered: from now on what ssh says is a note. */
void pf_remote_greeted(PfRemote *remote);

/**
 * pf_remote_explain() - why the connection broke, after waiting a little for ssh to end
 * @r:    what it broke with, as in PfVarlinkReply
 * @text: the same for people
 * Return: PF_EXIT_UNREACHABLE, with a text that names the host.
 */
PfExit pf_remote_explain(PfRemote *remote, int r, const char *text, PfErr *err) PF_MUST_CHECK;

/* Runs the loop until ssh has ended; its connection is closed by then. */
PfRemote *pf_remote_free(PfRemote *remote);
PF_DEFINE_CLEANUP(PfRemote, pf_remote_free);
