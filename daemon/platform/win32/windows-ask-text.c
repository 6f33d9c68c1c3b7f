/* SPDX-License-Identifier: MIT */
/* Texts, SIDs, GUIDs and times of Windows, as facts have them. */
#include "daemon/platform/win32/windows-ask.h"

#include <windows.h>

#include <sddl.h>

#define EPOCH_USEC UINT64_C(11644473600000000) /* from 1601 to 1970 */

/* Half a surrogate pair becomes U+FFFD: WideCharToMultiByte, since Windows Vista. */
char *pf_windows_text(const wchar_t *wide) {
        int n = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
        char *text = n > 0 ? malloc((size_t) n) : NULL;

        if (text)
                (void) WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, n, NULL, NULL);
        return text;
}

int pf_windows_copy(const wchar_t *wide, char **ret) {
        if (!wide)
                return 0;
        *ret = pf_windows_text(wide);
        return *ret ? 0 : -ENOMEM;
}

wchar_t *pf_windows_wide(const char *text) {
        int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
        wchar_t *wide = n > 0 ? calloc((size_t) n, sizeof(*wide)) : NULL;

        if (wide)
                (void) MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, n);
        else
                errno = n > 0 ? ENOMEM : EINVAL;
        return wide;
}

int pf_windows_copy_sid(void *sid, char **ret) {
        char *text = NULL;

        if (!ConvertSidToStringSidA(sid, &text))
                return GetLastError() == ERROR_NOT_ENOUGH_MEMORY ? -ENOMEM : -EINVAL;
        *ret = strdup(text);
        (void) LocalFree(text);
        return *ret ? 0 : -ENOMEM;
}

int pf_windows_add_sid(void *sid, PfStrv *list) {
        PF_AUTO_FREE char *text = NULL;
        int r = pf_windows_copy_sid(sid, &text);

        return r == 0 ? pf_strv_add(list, text) : r;
}

void pf_windows_guid_text(const GUID *guid, char ret[static PF_WINDOWS_GUID_MAX]) {
        (void) snprintf(ret, PF_WINDOWS_GUID_MAX,
                        "%08lX-%04hX-%04hX-%02X%02X-%02X%02X%02X%02X%02X%02X", guid->Data1,
                        guid->Data2, guid->Data3, guid->Data4[0], guid->Data4[1], guid->Data4[2],
                        guid->Data4[3], guid->Data4[4], guid->Data4[5], guid->Data4[6],
                        guid->Data4[7]);
}

uint64_t pf_windows_usec(uint32_t high, uint32_t low) {
        const uint64_t usec = ((uint64_t) high << 32 | low) / 10;

        return usec > EPOCH_USEC ? usec - EPOCH_USEC : 0;
}
