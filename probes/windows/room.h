/* SPDX-License-Identifier: MIT */
#pragma once

/* What the probes of Windows share. Private to their files. */

#include "daemon/base/maybe.h"
#include "daemon/platform/registry.h"
#include "daemon/platform/windows-facts.h"
#include "probes/probe.h"

#define PF_WINDOWS_TEXT_MAX 320

/* "error 1311 (ERROR_NO_LOGON_SERVERS)" */
const char *pf_windows_error_text(uint32_t error, char text[static PF_WINDOWS_TEXT_MAX]);

/* Evidence of the answer given last: what @place, a call or a key of the registry, said. */
int pf_windows_show(PfReport *report, const char *place, const char *found, const char *expected);
int pf_windows_show_error(PfReport *report, const char *place, uint32_t error);
int pf_windows_show_service(PfReport *report, const char *name, const PfWindowsService *service,
                            const char *expected);

/* Is it a member of a domain, as its registry says in an image?
 * Return: 0 no, 1 yes; -EIO with a text where Windows could not tell, or another error. */
int pf_windows_is_member(const PfTarget *target, PfWindowsJoin *ret, PfErr *err) PF_MUST_CHECK;
