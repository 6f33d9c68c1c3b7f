/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/report/question.h"
#include "probes/remedy.h"

/*
 * Does a lease open what was asked for, and nothing else? Others than the one it is for
 * are asked about, before and after: the account from other addresses, near and far, and
 * other accounts from the same address.
 */
typedef struct PfScope PfScope;

/* Positive outcome: the source is a network; err says what to do. */
enum { PF_SCOPE_NETWORK = 1 };

/**
 * pf_scope_check_source() - is what a lease is to be for one address?
 * Rule:   a lease opens the way for one installer. What is for a network, of two addresses or of
 *         all there are, is no lease. An IPv4 address in the form of IPv6 is none that sshd
 *         compares with; a zone is of one machine.
 * Return: 0; PF_SCOPE_NETWORK; -EINVAL with a text: neither an address nor a network; -ENOMEM.
 */
int pf_scope_check_source(const char *source, PfErr *err) PF_MUST_CHECK;

/**
 * pf_scope_new() - ask how far others come on the machine as it is
 * @question: whom the lease is for; its account is the lease's, its source in the lease's
 * Return:    0; -EINVAL with a text where the lease is for somebody else, or its source is
 *            no address or network; -ETIMEDOUT with a text where the probe hangs; -ENOMEM.
 */
int pf_scope_new(uv_loop_t *loop, PfTarget *target, uint64_t deadline_ms,
                 const PfQuestion *question, const PfLeaseScope *lease, PfScope **ret,
                 PfErr *err) PF_MUST_CHECK;
PfScope *pf_scope_free(PfScope *scope);
PF_DEFINE_CLEANUP(PfScope, pf_scope_free);

/* Positive outcome: a change reaches somebody else; err says whom. */
enum { PF_SCOPE_WIDER = 1 };

/**
 * pf_scope_check() - is every answer about others what it was?
 * @overlay: the machine as it would be
 * Rule:     the verdict of each ssh.* check, how far a login comes and the value of each
 *           keyword of sshd must be the same, for better or worse: what could not be told
 *           before and can be now is another answer.
 * Return:   0, PF_SCOPE_WIDER, -ETIMEDOUT, -ENOMEM.
 */
int pf_scope_check(const PfScope *scope, PfTarget *overlay, PfErr *err) PF_MUST_CHECK;
