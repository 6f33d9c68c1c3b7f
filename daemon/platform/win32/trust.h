/* SPDX-License-Identifier: MIT */
#pragma once

#include <windows.h>
#include <accctrl.h>

#include "daemon/base/err.h"

/*
 * Whose something is, and what is given back of what Windows hands out.
 */

/* Of CreateFile() and the like; or NULL. */
static inline HANDLE pf_windows_close(HANDLE handle) {
        if (handle && handle != INVALID_HANDLE_VALUE)
                (void) CloseHandle(handle);
        return NULL;
}
PF_DEFINE_CLEANUP(void, pf_windows_close);
#define PF_AUTO_WINDOWS_HANDLE PF_CLEANUP(pf_windows_closep)

/* What LocalFree() gives back. */
static inline void *pf_windows_free_local(void *memory) {
        return LocalFree(memory);
}
PF_DEFINE_CLEANUP(void, pf_windows_free_local);
#define PF_AUTO_LOCAL PF_CLEANUP(pf_windows_free_localp)

typedef union PfTokenUser {
        TOKEN_USER user;
        unsigned char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
} PfTokenUser;

/**
 * pf_windows_check_owner() - does it belong to somebody who may do anything here anyway?
 * @handle: with READ_CONTROL
 * @what:   its name, for the text
 * Who that is: the system, the group of administrators, which owns what its members make, and
 * the account that we run as.
 * Return:  0; -EACCES with a text for any other owner; another negative errno.
 */
int pf_windows_check_owner(HANDLE handle, SE_OBJECT_TYPE type, const char *what,
                           PfErr *err) PF_MUST_CHECK;
