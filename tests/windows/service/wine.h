/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <windows.h>

/* Whether this is Wine, which has no answer to some questions: for tests alone. */
static inline bool is_wine(void) {
        return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}
