/* SPDX-License-Identifier: MIT */
/* Which function asks for which fact. What is not among them is not asked yet. */
#include "daemon/platform/win32/windows-ask.h"

#include <windows.h>

char *pf_windows_text(const wchar_t *wide) {
        int n = wide ? WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL) : 0;
        char *text = n > 0 ? malloc((size_t) n) : NULL;

        if (text)
                (void) WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, n, NULL, NULL);
        return text;
}

wchar_t *pf_windows_wide(const char *text) {
        int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
        wchar_t *wide = n > 0 ? calloc((size_t) n, sizeof(*wide)) : NULL;

        if (wide)
                (void) MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, n);
        return wide;
}

int pf_windows_ask(PfWindowsFact fact, const char *question, void *ret, PfErr *err) {
        switch (fact) {
        case PF_WINDOWS_SERVICE:
                return pf_windows_ask_service(question, ret, err);
        case PF_WINDOWS_PENDING:
                return pf_windows_ask_pending(ret, err);
        case PF_WINDOWS_JOIN:
                return pf_windows_ask_join(ret, err);
        case PF_WINDOWS_CONTROLLER:
                return pf_windows_ask_controller(ret, err);
        case PF_WINDOWS_CHANNEL:
                return pf_windows_ask_channel(question, ret, err);
        case PF_WINDOWS_SHARE:
                return pf_windows_ask_share(question, ret, err);
        case PF_WINDOWS_CLUSTER:
                return pf_windows_ask_cluster(ret, err);
        default:
                return PF_WINDOWS_NOT_ASKED;
        }
}
