/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/err.h"

/*
 * A rule of our own in the firewall of this machine.
 *
 * By INetFwPolicy2 (netfw.h), which asks the service of the firewall: that has the rules in
 * memory, and keeps them in the registry for its next start. What is written there beside
 * it does not hold until then, and may be written over. The groups of Windows are left as
 * they are: they let in more than one address, and somebody may have changed them.
 */

/**
 * pf_firewall_change() - the rule of that name is to be this one
 * @name: unique; others of the same name go
 * @rule: parts as the registry has them,
 *        "Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|RA4=192.0.2.7|Name=…",
 *        each of these once, and Svc at most once; RA6 may be in the place of RA4;
 *        NULL: there is to be none
 * Return: 0; -EINVAL with a text for any other part, one that is missing or another @name, and
 *         nothing is changed; -EBUSY where rules of that name stay; with what Windows says
 *         -EACCES, -EIO …; the old one may be gone then. -ETIMEDOUT after a minute: it may be
 *         changed yet; and -EBUSY until it has been, so that none overtakes another
 */
int pf_firewall_change(const char *name, const char *rule, PfErr *err) PF_MUST_CHECK;

/* Has a change not ended yet that was not waited for any longer? Then what there is may become
 * otherwise at any moment. */
bool pf_firewall_change_hangs(void);
