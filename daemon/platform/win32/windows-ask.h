/* SPDX-License-Identifier: MIT */
#pragma once

/* How this Windows is asked: one function for each fact, in the files beside this one. */

#include "daemon/platform/windows-facts.h"

int pf_windows_ask_service(const char *name, PfWindowsService *ret, PfErr *err);
int pf_windows_ask_pending(PfWindowsPending *ret, PfErr *err);
int pf_windows_ask_join(PfWindowsJoin *ret, PfErr *err);
int pf_windows_ask_controller(PfWindowsController *ret, PfErr *err);
int pf_windows_ask_channel(const char *domain, PfWindowsChannel *ret, PfErr *err);
int pf_windows_ask_share(const char *name, PfWindowsShare *ret, PfErr *err);
int pf_windows_ask_cluster(PfWindowsCluster *ret, PfErr *err);

/* The text of Windows in UTF-8, which the caller frees; NULL stays NULL, and is also what
 * there is where memory ran out. */
char *pf_windows_text(const wchar_t *wide);
/* The other way round. */
wchar_t *pf_windows_wide(const char *text);
