/* SPDX-License-Identifier: MIT */
#pragma once

/* What the probes of Windows share. Private to their files. */

#include "daemon/base/maybe.h"
#include "daemon/platform/registry.h"
#include "daemon/platform/windows-facts.h"
#include "probes/probe.h"

#define PF_WINDOWS_TEXT_MAX 320
#define PF_NO_SUCH_SERVICE 1060 /* ERROR_SERVICE_DOES_NOT_EXIST */

/* "error 1311 (ERROR_NO_LOGON_SERVERS)" */
const char *pf_windows_error_text(uint32_t error, char text[static PF_WINDOWS_TEXT_MAX]);

/* Evidence of the answer given last: what @place, a call or a key of the registry, said. */
int pf_windows_show(PfReport *report, const char *place, const char *found, const char *expected);
int pf_windows_show_error(PfReport *report, const char *place, uint32_t error);
/* "state stopped, start demand", or its error; and where that is said. */
const char *pf_windows_service_text(const PfWindowsService *service,
                                    char text[static PF_WINDOWS_TEXT_MAX]);
const char *pf_windows_service_place(const char *name, const PfWindowsService *service,
                                     char place[static PF_WINDOWS_TEXT_MAX]);
int pf_windows_show_service(PfReport *report, const char *name, const PfWindowsService *service,
                            const char *expected);

/* Is it a member of a domain, as its registry says in an image?
 * Return: 0 no, 1 yes; -EIO with a text where Windows could not tell, or another error. */
int pf_windows_is_member(const PfTarget *target, PfWindowsJoin *ret, PfErr *err) PF_MUST_CHECK;

/* Windows Script Host, which each of the two views of the registry may switch off: that of
 * 32-bit programs too, since the VSS provider is registered from Program Files (x86). */
#define PF_WINDOWS_SCRIPT_HOST "HKLM\\SOFTWARE\\Microsoft\\Windows Script Host\\Settings"
#define PF_WINDOWS_SCRIPT_HOST_32                                                                  \
        "HKLM\\SOFTWARE\\Wow6432Node\\Microsoft\\Windows Script Host\\Settings"
typedef struct PfWindowsScripts {
        const char *off; /* the key that switches it off, static; NULL: scripts run */
        bool is_dirty;   /* that was said by a hive that was not closed cleanly */
} PfWindowsScripts;

/* What each account has set for itself is not asked. Return: 0; a negative errno with a text
 * where neither view switches it off, and one could not be read. */
int pf_windows_scripts(const PfTarget *target, PfWindowsScripts *ret, PfErr *err) PF_MUST_CHECK;

/* The cluster; of an image by the start type of its service, and what was left behind by
 * the file of its hive. Return: 0, a negative errno with a text. */
int pf_windows_cluster(const PfTarget *target, PfWindowsCluster *ret, PfErr *err) PF_MUST_CHECK;
