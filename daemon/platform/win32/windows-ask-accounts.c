/* SPDX-License-Identifier: MIT */
/*
 * What Windows says of an account: who it is, whether it may be used, and what groups it
 * would have. By its SID, since names are in the language of the machine. No password is
 * tried: that counts towards a lock-out.
 */
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#include <authz.h>
#include <dsgetdc.h>
#include <lm.h>
#include <ntsecapi.h>

#define NAME_MAX_UNITS 512
#define GROUPS_BYTES_MAX (1u << 20)

static void free_buffer(void *buffer) {
        void **pointer = buffer;

        if (*pointer)
                (void) NetApiBufferFree(*pointer);
}
#define AUTO_BUFFER PF_CLEANUP(free_buffer)

/* --- who it is --- */

typedef struct Who {
        BYTE sid[SECURITY_MAX_SID_SIZE];
        wchar_t name[NAME_MAX_UNITS]; /* as its domain keeps it */
        wchar_t domain[NAME_MAX_UNITS];
        SID_NAME_USE use;
} Who;

static DWORD look_up_name(const wchar_t *name, Who *ret) {
        DWORD n_sid = sizeof(ret->sid), n_domain = NAME_MAX_UNITS;

        return LookupAccountNameW(NULL, name, ret->sid, &n_sid, ret->domain, &n_domain, &ret->use)
                       ? 0
                       : GetLastError();
}

static DWORD look_up_sid(Who *who) {
        DWORD n_name = NAME_MAX_UNITS, n_domain = NAME_MAX_UNITS;

        return LookupAccountSidW(NULL, who->sid, who->name, &n_name, who->domain, &n_domain,
                                 &who->use)
                       ? 0
                       : GetLastError();
}

/* Of the domain of this machine's own accounts; of a controller that is the domain. */
static DWORD find_built_in(Who *ret) {
        LSA_OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes) };
        POLICY_ACCOUNT_DOMAIN_INFO *own = NULL;
        DWORD n = sizeof(ret->sid), error;
        LSA_HANDLE policy = NULL;
        NTSTATUS status = LsaOpenPolicy(NULL, &attributes, POLICY_VIEW_LOCAL_INFORMATION, &policy);

        if (status == 0) {
                status = LsaQueryInformationPolicy(policy, PolicyAccountDomainInformation,
                                                   (void **) &own);
                (void) LsaClose(policy);
        }
        if (status != 0)
                return LsaNtStatusToWinError(status);
        error = CreateWellKnownSid(WinAccountAdministratorSid, own->DomainSid, ret->sid, &n)
                        ? look_up_sid(ret)
                        : GetLastError();
        (void) LsaFreeMemory(own);
        return error;
}

static DWORD computer_name(wchar_t ret[static MAX_COMPUTERNAME_LENGTH + 1]) {
        DWORD n = MAX_COMPUTERNAME_LENGTH + 1;

        return GetComputerNameW(ret, &n) ? 0 : GetLastError();
}

/* ".\name" is of this machine, which LookupAccountNameW does not know; and where an account
 * has the name of the machine, the machine comes first. */
static DWORD find(const wchar_t *name, Who *ret) {
        const bool is_here = wcsncmp(name, L".\\", 2) == 0;
        wchar_t computer[MAX_COMPUTERNAME_LENGTH + 1], whole[2 * NAME_MAX_UNITS];
        DWORD error = is_here ? 0 : look_up_name(name, ret);

        if (error == 0 && (is_here || ret->use == SidTypeDomain)) {
                error = computer_name(computer);
                if (error || wcslen(name) >= NAME_MAX_UNITS)
                        return error ? error : ERROR_NONE_MAPPED;
                (void) swprintf(whole, PF_ELEMENTS(whole), L"%ls\\%ls", computer,
                                name + (is_here ? 2 : 0));
                error = look_up_name(whole, ret);
        }
        if (error == 0 && ret->use != SidTypeUser)
                error = ERROR_NONE_MAPPED; /* a group, say: nobody who signs in */
        return error ? error : look_up_sid(ret);
}

static bool is_of_this_machine(const Who *who) {
        wchar_t computer[MAX_COMPUTERNAME_LENGTH + 1];

        return computer_name(computer) == 0 &&
               CompareStringOrdinal(computer, -1, who->domain, -1, TRUE) == CSTR_EQUAL;
}

/* --- may it be used? --- */

/* Of an account of a domain one of its controllers knows. */
static DWORD find_server(const Who *who, bool is_local, DOMAIN_CONTROLLER_INFOW **ret) {
        return is_local ? 0
                        : DsGetDcNameW(NULL, who->domain, NULL, NULL,
                                       DS_DIRECTORY_SERVICE_PREFERRED, ret);
}

static DWORD read_info(const Who *who, PfWindowsAccount *answer) {
        AUTO_BUFFER DOMAIN_CONTROLLER_INFOW *server = NULL;
        AUTO_BUFFER USER_INFO_4 *info = NULL;
        DWORD error = find_server(who, answer->is_local, &server);

        if (error == 0)
                error = NetUserGetInfo(server ? server->DomainControllerName : NULL, who->name, 4,
                                       (BYTE **) &info);
        if (error || !info)
                return error ? error : ERROR_INVALID_DATA;
        answer->flags = info->usri4_flags;
        answer->expires = info->usri4_acct_expires;
        answer->is_password_expired = info->usri4_password_expired != 0;
        return 0;
}

/* --- its groups --- */

typedef struct Context {
        AUTHZ_RESOURCE_MANAGER_HANDLE manager;
        AUTHZ_CLIENT_CONTEXT_HANDLE client;
} Context;

static void context_deinit(Context *context) {
        if (context->client)
                (void) AuthzFreeContext(context->client);
        if (context->manager)
                (void) AuthzFreeResourceManager(context->manager);
}

/* As if it signed in over the network, without its password. */
static DWORD open_context(void *sid, Context *ret) {
        static const LUID none = { 0 };

        return AuthzInitializeResourceManager(AUTHZ_RM_FLAG_NO_AUDIT, NULL, NULL, NULL, NULL,
                                              &ret->manager) &&
                               AuthzInitializeContextFromSid(0, sid, ret->manager, NULL, none, NULL,
                                                             &ret->client)
                       ? 0
                       : GetLastError();
}

/* The caller frees it. Return: an error of Windows. */
static DWORD read_groups(AUTHZ_CLIENT_CONTEXT_HANDLE client, TOKEN_GROUPS **ret) {
        DWORD n = 0;

        (void) AuthzGetInformationFromContext(client, AuthzContextInfoGroupsSids, 0, &n, NULL);
        if (n == 0 || n > GROUPS_BYTES_MAX)
                return n ? ERROR_INVALID_DATA : GetLastError();
        *ret = malloc(n);
        if (!*ret)
                return ERROR_NOT_ENOUGH_MEMORY;
        return AuthzGetInformationFromContext(client, AuthzContextInfoGroupsSids, n, &n, *ret)
                       ? 0
                       : GetLastError();
}

static int add_groups(void *sid, PfWindowsAccount *answer) {
        PF_CLEANUP(context_deinit) Context context = { 0 };
        PF_AUTO_FREE TOKEN_GROUPS *groups = NULL;
        int r = 0;

        answer->token_error = open_context(sid, &context);
        if (answer->token_error == 0)
                answer->token_error = read_groups(context.client, &groups);
        for (DWORD i = 0; r == 0 && answer->token_error == 0 && i < groups->GroupCount; i++)
                r = pf_windows_add_sid(groups->Groups[i].Sid, &answer->groups);
        return r;
}

int pf_windows_ask_account(const char *name, void *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(name);
        PfWindowsAccount *answer = ret;
        Who who = { 0 };
        int r;

        if (!wide)
                return pf_err_set(err, -errno, "%s: no name of an account", name);
        answer->error =
                strcmp(name, PF_WINDOWS_BUILT_IN) == 0 ? find_built_in(&who) : find(wide, &who);
        if (answer->error)
                return 0;
        answer->is_local = is_of_this_machine(&who);
        answer->info_error = read_info(&who, answer);
        r = pf_windows_copy_sid(who.sid, &answer->sid);
        if (r == 0)
                r = pf_windows_copy(who.name, &answer->name);
        if (r == 0)
                r = pf_windows_copy(who.domain, &answer->domain);
        return r == 0 ? add_groups(who.sid, answer) : r;
}

/* --- the members of the administrators --- */

/* By its SID: the group has another name in each language. */
static DWORD find_administrators(Who *ret) {
        DWORD n = sizeof(ret->sid);

        return CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, ret->sid, &n)
                       ? look_up_sid(ret)
                       : GetLastError();
}

/* Of level 0: SIDs alone, for whose names no controller has to be asked. The account that is
 * built in cannot be taken out of the group, so that a list of nobody is no answer. */
int pf_windows_ask_administrators(const char *question, void *ret, PfErr *err) {
        PfWindowsAdministrators *answer = ret;
        Who group = { 0 };
        DWORD_PTR resume = 0;
        DWORD error = find_administrators(&group);
        bool more = error == 0;
        int r = 0;

        (void) question;
        while (more && r == 0) {
                AUTO_BUFFER LOCALGROUP_MEMBERS_INFO_0 *members = NULL;
                DWORD n = 0, total = 0;

                error = NetLocalGroupGetMembers(NULL, group.name, 0, (BYTE **) &members,
                                                MAX_PREFERRED_LENGTH, &n, &total, &resume);
                more = error == ERROR_MORE_DATA && n > 0;
                for (DWORD i = 0; r == 0 && (error == 0 || more) && i < n; i++)
                        r = pf_windows_add_sid(members[i].lgrmi0_sid, &answer->sids);
        }
        answer->error = error;
        return r == 0 && error == 0 && answer->sids.n == 0
                       ? pf_err_set(err, -EIO, "NetLocalGroupGetMembers names nobody")
                       : r;
}
