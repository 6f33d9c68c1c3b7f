/* SPDX-License-Identifier: MIT */
/* Writes the registry of the machine that this runs on: one value, and it is on the disk. */
#include "daemon/platform/registry-change.h"

#include <string.h>
#include <windows.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/windows-ask.h"

#define MACHINE "HKLM\\"

static void close_key(HKEY *key) {
        if (*key)
                (void) RegCloseKey(*key);
}
#define AUTO_KEY PF_CLEANUP(close_key)

static LSTATUS write_value(HKEY key, const wchar_t *name, const uint32_t *value) {
        LSTATUS error;

        if (value)
                return RegSetValueExW(key, name, 0, REG_DWORD, (const BYTE *) value,
                                      sizeof(*value));
        error = RegDeleteValueW(key, name);
        return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
}

int pf_registry_change(const char *path, const char *name, const uint32_t *value, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide_path = NULL;
        PF_AUTO_FREE wchar_t *wide_name = pf_windows_wide(name);
        AUTO_KEY HKEY key = NULL;
        LSTATUS error;

        if (strncmp(path, MACHINE, strlen(MACHINE)) != 0)
                return pf_err_set(err, -EINVAL, "%s: is not below " MACHINE, path);
        wide_path = pf_windows_wide(path + strlen(MACHINE));
        if (!wide_path || !wide_name)
                return -ENOMEM;
        error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide_path, 0,
                              KEY_SET_VALUE | KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
        if (error == ERROR_FILE_NOT_FOUND && !value)
                return 0;
        if (error == ERROR_SUCCESS)
                error = write_value(key, wide_name, value);
        if (error == ERROR_SUCCESS)
                error = RegFlushKey(key);
        return error == ERROR_SUCCESS
                       ? 0
                       : pf_err_windows(err, (unsigned long) error, "%s\\%s", path, name);
}
