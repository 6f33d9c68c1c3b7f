/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How this Windows is asked: one function for each fact, in the files beside this one.
 * windows-ask.c calls them, each on a thread of its own that has a limit of time.
 */

#include "daemon/base/strv.h"
#include "daemon/platform/windows-facts.h"

/**
 * PfWindowsAsk - asks for one fact
 * @ret:   the struct of the fact, all zero; what it owns is given back by the caller,
 *         whatever is returned
 * Return: 0, though Windows said no: that is the fact; or a negative errno with a text.
 */
typedef int (*PfWindowsAsk)(const char *question, void *ret, PfErr *err);

int pf_windows_ask_service(const char *name, void *ret, PfErr *err);
int pf_windows_ask_pending(const char *question, void *ret, PfErr *err);
int pf_windows_ask_join(const char *question, void *ret, PfErr *err);
int pf_windows_ask_controller(const char *question, void *ret, PfErr *err);
int pf_windows_ask_channel(const char *domain, void *ret, PfErr *err);
int pf_windows_ask_time(const char *server, void *ret, PfErr *err);
int pf_windows_ask_share(const char *name, void *ret, PfErr *err);
int pf_windows_ask_account(const char *name, void *ret, PfErr *err);
int pf_windows_ask_administrators(const char *question, void *ret, PfErr *err);
int pf_windows_ask_logon_rights(const char *question, void *ret, PfErr *err);
int pf_windows_ask_disks(const char *question, void *ret, PfErr *err);
int pf_windows_ask_com(const char *question, void *ret, PfErr *err);
int pf_windows_ask_firewall(const char *question, void *ret, PfErr *err);
int pf_windows_ask_cluster(const char *question, void *ret, PfErr *err);
int pf_windows_ask_adapters(const char *question, void *ret, PfErr *err);
int pf_windows_ask_route(const char *address, void *ret, PfErr *err);
int pf_windows_ask_tcp(const char *question, void *ret, PfErr *err);
int pf_windows_ask_memory(const char *question, void *ret, PfErr *err);
int pf_windows_ask_installer(const char *question, void *ret, PfErr *err);
int pf_windows_ask_user_policy(const char *value, void *ret, PfErr *err);
int pf_windows_ask_endpoint(const char *server, void *ret, PfErr *err);

/* --- what they share: windows-ask-text.c --- */

/* A text of Windows in UTF-8, which the caller frees; NULL: memory ran out. */
char *pf_windows_text(const wchar_t *wide);
/* The same, into a member of an answer; of NULL it stays NULL. Return: 0, -ENOMEM. */
int pf_windows_copy(const wchar_t *wide, char **ret) PF_MUST_CHECK;
/* The other way round; NULL with errno ENOMEM, or EINVAL: it is not UTF-8. */
wchar_t *pf_windows_wide(const char *text);

/* "S-1-5-32-544". Return: 0, -ENOMEM, -EINVAL of what is no SID. */
int pf_windows_copy_sid(void *sid, char **ret) PF_MUST_CHECK;
int pf_windows_add_sid(void *sid, PfStrv *list) PF_MUST_CHECK;

/* "9A8B…-…" of a GUID: capitals, without braces. */
#define PF_WINDOWS_GUID_MAX 37
struct _GUID;
void pf_windows_guid_text(const struct _GUID *guid, char ret[static PF_WINDOWS_GUID_MAX]);

/* Microseconds since 1970 of a FILETIME's two halves; 0: before that. */
uint64_t pf_windows_usec(uint32_t high, uint32_t low);
