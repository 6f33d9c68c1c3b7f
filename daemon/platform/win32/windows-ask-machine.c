/* SPDX-License-Identifier: MIT */
/* What the machine says of itself: cluster, memory, Windows Installer, policies of users. */
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#include <psapi.h>

#include "daemon/platform/win32/windows-ask-call.h"

/* --- the cluster --- */

int pf_windows_ask_cluster(const char *question, void *ret, PfErr *err) {
        PfWindowsCluster *answer = ret;
        HKEY hive = NULL;
        LSTATUS error;
        DWORD state = 0;

        (void) question;
        (void) err;
        answer->error = pf_windows_call_cluster(&state);
        answer->state = state;
        error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Cluster", 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY,
                              &hive);
        answer->has_hive = error != ERROR_FILE_NOT_FOUND;
        if (error == 0)
                (void) RegCloseKey(hive);
        return 0;
}

/* --- memory --- */

int pf_windows_ask_memory(const char *question, void *ret, PfErr *err) {
        PERFORMANCE_INFORMATION info = { .cb = sizeof(info) };
        PfWindowsMemory *answer = ret;

        (void) question;
        (void) err;
        answer->error = pf_windows_call_memory(&info);
        if (answer->error)
                return 0;
        answer->commit_limit = (uint64_t) info.CommitLimit * info.PageSize;
        answer->commit_total = (uint64_t) info.CommitTotal * info.PageSize;
        answer->physical_free = (uint64_t) info.PhysicalAvailable * info.PageSize;
        return 0;
}

/* --- Windows Installer --- */

/* ntdll.h's, in no header of an SDK. To wait for the mutex would be to take it: whoever
 * begins to install in that moment would be told that somebody else does. */
typedef struct MutantInformation { /* MUTANT_BASIC_INFORMATION */
        LONG count;                /* 1: nobody has it */
        BOOLEAN is_ours;
        BOOLEAN is_abandoned;
} MutantInformation;
LONG NTAPI NtQueryMutant(HANDLE mutant, int class, void *information, ULONG n, ULONG *ret_n);
#define MUTANT_BASIC_INFORMATION_CLASS 0

int pf_windows_ask_installer(const char *question, void *ret, PfErr *err) {
        HANDLE mutex = OpenMutexW(MUTANT_QUERY_STATE, FALSE, L"Global\\_MSIExecute");
        PfWindowsInstaller *answer = ret;
        MutantInformation information;
        LONG status;

        (void) question;
        if (!mutex) {
                answer->error = GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : GetLastError();
                return 0;
        }
        status = NtQueryMutant(mutex, MUTANT_BASIC_INFORMATION_CLASS, &information,
                               sizeof(information), NULL);
        (void) CloseHandle(mutex);
        if (status < 0)
                return pf_err_set(err, -EIO, "NtQueryMutant: status 0x%08lX",
                                  (unsigned long) status);
        answer->is_busy = information.count < 1;
        return 0;
}

/* --- policies of users --- */

#define EXPLORER L"Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer"
#define SUBKEY_MAX 256

/* Their hives, not the part of each that stands beside it, nor that of no user. */
static bool is_user(const wchar_t *name) {
        return wcsncmp(name, L"S-1-", 4) == 0 && !wcschr(name, L'_');
}

/* Return: an error of Windows; 2: it is not there. */
static DWORD read_policy(const wchar_t *sid, const wchar_t *value, DWORD *ret) {
        wchar_t path[SUBKEY_MAX + 128];
        DWORD n = sizeof(*ret);

        (void) swprintf(path, PF_ELEMENTS(path), L"%ls\\%ls", sid, EXPLORER);
        return (DWORD) RegGetValueW(HKEY_USERS, path, value, RRF_RT_REG_DWORD, NULL, ret, &n);
}

static int look_at_user(const wchar_t *sid, const wchar_t *value, PfWindowsUserPolicy *answer) {
        PF_AUTO_FREE char *text = NULL;
        DWORD number = 0;
        DWORD error = read_policy(sid, value, &number);

        if (error && error != ERROR_FILE_NOT_FOUND)
                answer->error = error;
        if (error || number == 0)
                return 0;
        text = pf_windows_text(sid);
        return text ? pf_strv_add(&answer->sids, text) : -ENOMEM;
}

int pf_windows_ask_user_policy(const char *value, void *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(value);
        PfWindowsUserPolicy *answer = ret;
        LSTATUS error = 0;
        int r = 0;

        if (!wide)
                return pf_err_set(err, -errno, "%s: no name of a value", value);
        for (DWORD i = 0; r == 0 && error == 0; i++) {
                wchar_t name[SUBKEY_MAX];
                DWORD n = SUBKEY_MAX;

                error = RegEnumKeyExW(HKEY_USERS, i, name, &n, NULL, NULL, NULL, NULL);
                if (error == 0 && is_user(name))
                        r = look_at_user(name, wide, answer);
        }
        if (error != 0 && error != ERROR_NO_MORE_ITEMS)
                answer->error = (uint32_t) error;
        return r;
}
