/* SPDX-License-Identifier: MIT */
/*
 * A netapi32.dll that says what it is told to: Wine's knows no domain, no accounts and no
 * shares, and ends the process where it lacks a function. Our code that calls it is the real
 * one: WINEDLLOVERRIDES=netapi32=n, this file beside the program.
 *
 *   [join]            error, status, name          [user NAME]       error, flags, expires,
 *   [controller]      error, name, address                           passwordExpired, server
 *   [channel]         error, status, controller,   [administrators]  error, sids (with ',')
 *                     flags, pdcStatus             [share NAME]      error, type, path
 *   [clock]           error, ahead (in seconds)
 *
 * A section that is missing says what a machine in a workgroup does.
 */
#define _DSGETDCAPI_ /* is exported here, not imported */
#include "tests/windows/asks/said.h"

#include <dsgetdc.h>
#include <lm.h>
#include <sddl.h>

#define EXPORT __declspec(dllexport)
#define EPOCH_SECONDS 11644473600ull

static SaidBlock new_block(void) {
        return (SaidBlock){ LocalAlloc(LPTR, SAID_BLOCK_BYTES) };
}

EXPORT NET_API_STATUS WINAPI NetApiBufferFree(void *buffer) {
        (void) LocalFree(buffer);
        return NERR_Success;
}

/* --- the domain --- */

EXPORT NET_API_STATUS WINAPI NetGetJoinInformation(const wchar_t *server, wchar_t **name,
                                                   NETSETUP_JOIN_STATUS *status) {
        SaidBlock block = new_block();

        (void) server;
        *name = said_copy(&block, L"join", L"name");
        *status = (NETSETUP_JOIN_STATUS) said_number(L"join", L"status", NetSetupWorkgroupName);
        return (NET_API_STATUS) said_number(L"join", L"error", 0);
}

/* Of a user's domain, too; which it was asked for is not told apart. */
EXPORT DWORD WINAPI DsGetDcNameW(const wchar_t *computer, const wchar_t *domain, GUID *guid,
                                 const wchar_t *site, ULONG flags, DOMAIN_CONTROLLER_INFOW **ret) {
        DWORD error = (DWORD) said_number(L"controller", L"error", 0);
        SaidBlock block = new_block();
        DOMAIN_CONTROLLER_INFOW *info = said_take(&block, sizeof(*info));

        (void) computer;
        (void) domain;
        (void) guid;
        (void) site;
        (void) flags;
        info->DomainControllerName = said_copy(&block, L"controller", L"name");
        info->DomainControllerAddress = said_copy(&block, L"controller", L"address");
        if (error == 0 && !info->DomainControllerName)
                error = ERROR_NO_SUCH_DOMAIN;
        if (error)
                (void) LocalFree(info);
        else
                *ret = info;
        return error;
}

EXPORT NET_API_STATUS WINAPI I_NetLogonControl2(const wchar_t *server, DWORD function, DWORD level,
                                                BYTE *data, BYTE **ret) {
        const DWORD error = (DWORD) said_number(L"channel", L"error", 0);
        wchar_t *const *domain = (void *) data;
        wchar_t joined[SAID_MAX];
        SaidBlock block = new_block();
        NETLOGON_INFO_2 *info = said_take(&block, sizeof(*info));

        (void) server;
        (void) said_text(L"join", L"name", joined);
        if (function != NETLOGON_CONTROL_TC_VERIFY || level != 2)
                return ERROR_INVALID_LEVEL;
        if (wcscmp(*domain, joined) != 0)
                return ERROR_NO_SUCH_DOMAIN;
        info->netlog2_trusted_dc_name = said_copy(&block, L"channel", L"controller");
        info->netlog2_tc_connection_status = (DWORD) said_number(L"channel", L"status", 0);
        info->netlog2_flags = (DWORD) said_number(L"channel", L"flags", 0);
        info->netlog2_pdc_connection_status = (DWORD) said_number(L"channel", L"pdcStatus", 0);
        *ret = (BYTE *) info;
        return error;
}

EXPORT NET_API_STATUS WINAPI NetRemoteTOD(const wchar_t *server, BYTE **ret) {
        const DWORD error = (DWORD) said_number(L"clock", L"error", 0);
        SaidBlock block = new_block();
        TIME_OF_DAY_INFO *info = said_take(&block, sizeof(*info));
        ULARGE_INTEGER now;
        FILETIME time;

        (void) server;
        GetSystemTimeAsFileTime(&time);
        now.LowPart = time.dwLowDateTime;
        now.HighPart = time.dwHighDateTime;
        info->tod_elapsedt = (DWORD) (now.QuadPart / 10000000 - EPOCH_SECONDS +
                                      said_number(L"clock", L"ahead", 0));
        info->tod_hunds = (DWORD) (now.QuadPart / 100000 % 100);
        *ret = (BYTE *) info;
        return error;
}

/* --- accounts --- */

EXPORT NET_API_STATUS WINAPI NetUserGetInfo(const wchar_t *server, const wchar_t *user, DWORD level,
                                            BYTE **ret) {
        wchar_t section[SAID_MAX], asked[SAID_MAX];
        SaidBlock block = new_block();
        USER_INFO_4 *info = said_take(&block, sizeof(*info));
        DWORD error;

        (void) swprintf(section, SAID_MAX, L"user %ls", user);
        error = (DWORD) said_number(section, L"error",
                                    said_text(section, L"flags", asked) ? 0 : NERR_UserNotFound);
        if (level != 4)
                return ERROR_INVALID_LEVEL;
        if (said_text(section, L"server", asked) && (!server || wcscmp(server, asked) != 0))
                return ERROR_BAD_NETPATH; /* whom our code should have asked */
        info->usri4_flags = (DWORD) said_number(section, L"flags", 0);
        info->usri4_acct_expires = (DWORD) said_number(section, L"expires", TIMEQ_FOREVER);
        info->usri4_password_expired = (DWORD) said_number(section, L"passwordExpired", 0);
        *ret = (BYTE *) info;
        return error;
}

/* Two at a time, so that who asks has to ask again. */
EXPORT NET_API_STATUS WINAPI NetLocalGroupGetMembers(const wchar_t *server, const wchar_t *group,
                                                     DWORD level, BYTE **ret, DWORD length,
                                                     DWORD *n, DWORD *total, DWORD_PTR *resume) {
        const DWORD error = (DWORD) said_number(L"administrators", L"error", 0);
        wchar_t text[SAID_MAX], *at = text, *item;
        SaidBlock block = new_block();
        LOCALGROUP_MEMBERS_INFO_0 *members = said_take(&block, 2 * sizeof(*members));

        (void) server;
        (void) group;
        (void) length;
        *n = *total = 0;
        *ret = NULL;
        if (level != 0)
                return ERROR_INVALID_LEVEL;
        if (error)
                return error;
        (void) said_text(L"administrators", L"sids", text);
        for (DWORD i = 0; (item = said_next(&at, L", ")); i++) {
                if (i < *resume)
                        continue;
                if (*n == 2)
                        break;
                if (!ConvertStringSidToSidW(item, &members[(*n)++].lgrmi0_sid))
                        return ERROR_INVALID_SID;
        }
        *ret = (BYTE *) members;
        *resume += *n;
        return item ? ERROR_MORE_DATA : NERR_Success;
}

/* --- shares --- */

EXPORT NET_API_STATUS WINAPI NetShareGetInfo(wchar_t *server, wchar_t *name, DWORD level,
                                             BYTE **ret) {
        wchar_t section[SAID_MAX];
        SaidBlock block = new_block();
        SHARE_INFO_2 *info = said_take(&block, sizeof(*info));
        DWORD error;

        (void) server;
        (void) swprintf(section, SAID_MAX, L"share %ls", name);
        info->shi2_path = said_copy(&block, section, L"path");
        info->shi2_type = (DWORD) said_number(section, L"type", 0);
        error = (DWORD) said_number(section, L"error", info->shi2_path ? 0 : NERR_NetNameNotFound);
        if (level != 2)
                return ERROR_INVALID_LEVEL;
        *ret = (BYTE *) info;
        return error;
}
