/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The origins of access.conf: does an element mean where a login comes from?
 */

#include "probes/pam/policy.h"
#include "probes/parse/hosts.h"

/* Where from. All is borrowed. */
typedef struct PfOrigin {
        const char *name;    /* PAM_RHOST; NULL: not known */
        const char *address; /* NULL: not known */
        const PfHosts *hosts;
        bool by_text_only; /* a name of a host is never looked up: Linux-PAM before 1.5.3 */
        const char *doubt; /* set where the answer is PF_MAYBE: why, part of a sentence */
} PfOrigin;

/**
 * pf_origin_match() - does one element of a list of origins mean @origin?
 * Rule:   access.conf(5), and the observed behaviour of Linux-PAM 1.5.2: a mask
 *         of no bits compares all of them.
 * Return: PF_MAYBE also where a resolver would have to be asked, or a netgroup.
 */
PfMaybe pf_origin_match(const char *element, PfOrigin *origin);
