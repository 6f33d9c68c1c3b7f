/* SPDX-License-Identifier: MIT */
#include "daemon/platform/win32/trust.h"

#include <stdbool.h>
#include <windows.h>
#include <aclapi.h>

#include "daemon/platform/win32/error.h"

typedef union PfTokenOwner {
        TOKEN_OWNER owner;
        unsigned char bytes[sizeof(TOKEN_OWNER) + SECURITY_MAX_SID_SIZE];
} PfTokenOwner;

/* The account, or to whom belongs what it makes: of an administrator mostly the group. */
static bool is_self(PSID sid) {
        PF_AUTO_WINDOWS_HANDLE HANDLE token = NULL;
        PfTokenUser user;
        PfTokenOwner owner;
        DWORD n;

        if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
                return false;
        return (GetTokenInformation(token, TokenUser, &user, sizeof(user), &n) &&
                EqualSid(sid, user.user.User.Sid)) ||
               (GetTokenInformation(token, TokenOwner, &owner, sizeof(owner), &n) &&
                EqualSid(sid, owner.owner.Owner));
}

int pf_windows_check_owner(HANDLE handle, SE_OBJECT_TYPE type, const char *what, PfErr *err) {
        PF_AUTO_LOCAL void *memory = NULL;
        PSECURITY_DESCRIPTOR descriptor;
        PSID owner;
        DWORD code;

        code = GetSecurityInfo(handle, type, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
                               &descriptor);
        if (code)
                return pf_err_windows(err, code, "%s: cannot tell whose it is", what);
        memory = descriptor;
        if (IsWellKnownSid(owner, WinLocalSystemSid) ||
            IsWellKnownSid(owner, WinBuiltinAdministratorsSid) || is_self(owner))
                return 0;
        return pf_err_set(err, -EACCES, "%s: belongs to somebody who is no administrator", what);
}
