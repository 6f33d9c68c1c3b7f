/* SPDX-License-Identifier: MIT */
/*
 * An authz.dll that says which groups an account has: WINEDLLOVERRIDES=authz=n.
 *
 *   [groups]  error, sids (with ',')
 */
#define _AUTHZ_ /* is exported here, not imported */
#include "tests/windows/asks/said.h"

#include <authz.h>
#include <sddl.h>

#define EXPORT __declspec(dllexport)

static BOOL say(DWORD error) {
        SetLastError(error);
        return error == 0;
}

EXPORT BOOL WINAPI AuthzInitializeResourceManager(DWORD flags, PFN_AUTHZ_DYNAMIC_ACCESS_CHECK check,
                                                  PFN_AUTHZ_COMPUTE_DYNAMIC_GROUPS groups,
                                                  PFN_AUTHZ_FREE_DYNAMIC_GROUPS free_groups,
                                                  const wchar_t *name,
                                                  AUTHZ_RESOURCE_MANAGER_HANDLE *ret) {
        (void) flags;
        (void) check;
        (void) groups;
        (void) free_groups;
        (void) name;
        *ret = LocalAlloc(LPTR, 1);
        return say(0);
}

EXPORT BOOL WINAPI AuthzFreeResourceManager(AUTHZ_RESOURCE_MANAGER_HANDLE manager) {
        (void) LocalFree(manager);
        return say(0);
}

EXPORT BOOL WINAPI AuthzInitializeContextFromSid(DWORD flags, void *sid,
                                                 AUTHZ_RESOURCE_MANAGER_HANDLE manager,
                                                 LARGE_INTEGER *expires, LUID id, void *arguments,
                                                 AUTHZ_CLIENT_CONTEXT_HANDLE *ret) {
        (void) flags;
        (void) manager;
        (void) expires;
        (void) id;
        (void) arguments;
        if (!IsValidSid(sid))
                return say(ERROR_INVALID_SID);
        *ret = LocalAlloc(LPTR, 1);
        return say((DWORD) said_number(L"groups", L"error", 0));
}

EXPORT BOOL WINAPI AuthzFreeContext(AUTHZ_CLIENT_CONTEXT_HANDLE context) {
        (void) LocalFree(context);
        return say(0);
}

EXPORT BOOL WINAPI AuthzGetInformationFromContext(AUTHZ_CLIENT_CONTEXT_HANDLE context,
                                                  AUTHZ_CONTEXT_INFORMATION_CLASS class, DWORD size,
                                                  DWORD *ret_size, void *ret) {
        const DWORD needed = 8192;
        wchar_t text[SAID_MAX], *at = text;
        TOKEN_GROUPS *groups = ret;

        (void) context;
        *ret_size = needed;
        if (class != AuthzContextInfoGroupsSids)
                return say(ERROR_INVALID_PARAMETER);
        if (size < needed)
                return say(ERROR_INSUFFICIENT_BUFFER);
        groups->GroupCount = 0;
        (void) said_text(L"groups", L"sids", text);
        for (const wchar_t *item; (item = said_next(&at, L", "));)
                if (!ConvertStringSidToSidW(item, &groups->Groups[groups->GroupCount++].Sid))
                        return say(ERROR_INVALID_SID);
        return say(0);
}
