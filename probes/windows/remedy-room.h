/* SPDX-License-Identifier: MIT */
#pragma once

/* What the remedies of Windows share. Private to their files. */

#include "daemon/platform/windows-facts.h"
#include "probes/remedy.h"

#define PF_WINDOWS_POLICIES "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"

/* Positive outcome of all that follow: the proposal says why nothing is offered. */
enum { PF_WINDOWS_REFUSED = 1 };

/* Of an image nothing is changed: nobody writes its registry from outside. */
int pf_windows_refuse_image(const PfRemedyRoom *room, PfProposal *proposal) PF_MUST_CHECK;

/**
 * pf_windows_refuse_policy() - does a group policy say what it is?
 * @name:  of a value in a key; NULL of how a service starts
 * Return: 0: no; PF_WINDOWS_REFUSED; -ENOMEM, or an error with a text where that is not known.
 */
int pf_windows_refuse_policy(const PfRemedyRoom *room, PfSettingKind kind, const char *subject,
                             const char *name, PfProposal *proposal, PfErr *err) PF_MUST_CHECK;

/* A service that there is. Return: 0; PF_WINDOWS_REFUSED; an error with a text. */
int pf_windows_find_service(const PfRemedyRoom *room, const char *name, PfProposal *proposal,
                            PfWindowsService *ret, PfErr *err) PF_MUST_CHECK;
