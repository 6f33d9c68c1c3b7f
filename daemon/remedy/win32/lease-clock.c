/* SPDX-License-Identifier: MIT */
/*
 * Windows numbers no boots. A key of the registry that is kept in memory alone is gone with each,
 * so who asks first in a boot leaves a number there. Its clock counts on in sleep. A start that
 * resumes the kernel of the last one ("fast startup") is no other boot to either.
 */
#include "daemon/remedy/lease.h"

#include <string.h>
#include <uv.h>
#include <windows.h>

#include "daemon/base/clock.h"
#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/trust.h"

#define PARENT L"SOFTWARE\\preflightd"
#define KEY PARENT L"\\Boot"
#define VALUE L"Id"
#define ID_BYTES 16

static void close_key(HKEY *key) {
        if (*key)
                (void) RegCloseKey(*key);
}
#define AUTO_KEY PF_CLEANUP(close_key)

static int failed(LSTATUS error, PfErr *err) {
        return pf_err_windows(err, (unsigned long) error, "HKLM\\SOFTWARE\\preflightd\\Boot");
}

/* In one that stays there may be keys that do not. Only administrators may write to either. */
static int open_key(HKEY *ret, PfErr *err) {
        AUTO_KEY HKEY parent = NULL;
        LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, PARENT, 0, NULL, 0,
                                        KEY_CREATE_SUB_KEY | KEY_WOW64_64KEY, NULL, &parent, NULL);

        if (error == ERROR_SUCCESS)
                error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, REG_OPTION_VOLATILE,
                                        KEY_QUERY_VALUE | KEY_SET_VALUE | READ_CONTROL |
                                                KEY_WOW64_64KEY,
                                        NULL, ret, NULL);
        return error == ERROR_SUCCESS ? 0 : failed(error, err);
}

static int make_id(HKEY key, uint8_t bytes[static ID_BYTES], PfErr *err) {
        LSTATUS error;

        if (uv_random(NULL, NULL, bytes, ID_BYTES, 0, NULL) < 0)
                return pf_err_set(err, -EIO, "no random number");
        error = RegSetValueExW(key, VALUE, 0, REG_BINARY, bytes, ID_BYTES);
        return error == ERROR_SUCCESS ? 0 : failed(error, err);
}

static int read_boot_id(char ret[static 40], PfErr *err) {
        AUTO_KEY HKEY key = NULL;
        uint8_t bytes[ID_BYTES];
        DWORD type = REG_NONE, n = sizeof(bytes);
        int r = open_key(&key, err);

        if (r == 0)
                r = pf_windows_check_owner(key, SE_REGISTRY_KEY, "HKLM\\SOFTWARE\\preflightd\\Boot",
                                           err);
        if (r < 0)
                return r;
        if (RegQueryValueExW(key, VALUE, NULL, &type, bytes, &n) != ERROR_SUCCESS ||
            type != REG_BINARY || n != sizeof(bytes))
                r = make_id(key, bytes, err);
        for (size_t i = 0; r == 0 && i < sizeof(bytes); i++)
                (void) snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
        return r;
}

int pf_lease_clock_read(PfLeaseClock *ret, PfErr *err) {
        PfLeaseClock clock = { .real_usec = pf_clock_realtime_usec(),
                               .boot_usec = GetTickCount64() * 1000 };
        int r = read_boot_id(clock.boot_id, err);

        if (r == 0)
                *ret = clock;
        return r;
}
