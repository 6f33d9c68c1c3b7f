/* SPDX-License-Identifier: MIT */
/* Who may sign in over the network, and who may not: what the local policy comes to. */
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#include <ntsecapi.h>

#include "daemon/platform/win32/windows-ask-call.h"

/* ntstatus.h, which cannot be included beside windows.h */
#define NO_MORE_ENTRIES ((NTSTATUS) 0x8000001A)
#define ACCESS (POLICY_VIEW_LOCAL_INFORMATION | POLICY_LOOKUP_NAMES)

static void close_policy(LSA_HANDLE *policy) {
        if (*policy)
                (void) LsaClose(*policy);
}

static void free_memory(void *memory) {
        void **pointer = memory;

        if (*pointer)
                (void) LsaFreeMemory(*pointer);
}

static LSA_UNICODE_STRING string_of(wchar_t *text) {
        const USHORT n = (USHORT) (wcslen(text) * sizeof(*text));

        return (LSA_UNICODE_STRING){ n, (USHORT) (n + sizeof(*text)), text };
}

/* Where nobody has a right, there are "no more entries". */
static int add_holders(LSA_HANDLE policy, wchar_t *right, PfStrv *list, uint32_t *ret_error) {
        PF_CLEANUP(free_memory) void *memory = NULL;
        LSA_UNICODE_STRING name = string_of(right);
        const LSA_ENUMERATION_INFORMATION *holders;
        ULONG n = 0;
        NTSTATUS status = pf_windows_call_right(policy, &name, &memory, &n);
        int r = 0;

        if (status == NO_MORE_ENTRIES)
                return 0;
        if (status != 0) {
                *ret_error = LsaNtStatusToWinError(status);
                return 0;
        }
        holders = memory;
        for (ULONG i = 0; r == 0 && i < n; i++)
                r = pf_windows_add_sid(holders[i].Sid, list);
        return r;
}

int pf_windows_ask_logon_rights(const char *question, void *ret, PfErr *err) {
        static wchar_t allow[] = L"SeNetworkLogonRight", deny[] = L"SeDenyNetworkLogonRight";
        PF_CLEANUP(close_policy) LSA_HANDLE policy = NULL;
        LSA_OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes) };
        PfWindowsLogonRights *answer = ret;
        NTSTATUS status = LsaOpenPolicy(NULL, &attributes, ACCESS, &policy);
        int r;

        (void) question;
        (void) err;
        if (status != 0) {
                answer->error = LsaNtStatusToWinError(status);
                return 0;
        }
        r = add_holders(policy, allow, &answer->allowed, &answer->error);
        return r == 0 ? add_holders(policy, deny, &answer->denied, &answer->error) : r;
}
