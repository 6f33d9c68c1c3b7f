/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a Windows is to have said: a file of sections and values, whose name is in the
 * environment. For the DLLs that stand in the place of the system's, and for recorded.c.
 */
#include <windows.h>

#include <stdlib.h>
#include <wchar.h>

#define SAID_VARIABLE L"PF_WINDOWS_SAID"
#define SAID_MAX 2048

/* Empty where the file does not say. Return: how long it is. */
static inline DWORD said_text(const wchar_t *section, const wchar_t *key, wchar_t ret[SAID_MAX]) {
        wchar_t file[MAX_PATH];

        ret[0] = L'\0';
        if (!GetEnvironmentVariableW(SAID_VARIABLE, file, MAX_PATH))
                return 0;
        return GetPrivateProfileStringW(section, key, L"", ret, SAID_MAX, file);
}

static inline unsigned long long said_number(const wchar_t *section, const wchar_t *key,
                                             unsigned long long otherwise) {
        wchar_t text[SAID_MAX];

        return said_text(section, key, text) ? wcstoull(text, NULL, 0) : otherwise;
}

/* Items between the characters @ends, one after the other: *@at is moved on. Return: the item,
 * ended by a NUL in place; NULL: that was the last. */
static inline wchar_t *said_next(wchar_t **at, const wchar_t *ends) {
        wchar_t *item = *at + wcsspn(*at, ends);

        if (!*item)
                return NULL;
        *at = item + wcscspn(item, ends);
        if (**at)
                *(*at)++ = L'\0';
        return item;
}

/* Memory for an answer and its texts, which one call frees. */
typedef struct SaidBlock {
        BYTE *at;
} SaidBlock;
#define SAID_BLOCK_BYTES 65536

static inline void *said_take(SaidBlock *block, size_t n) {
        void *taken = block->at;

        block->at += (n + 15) & ~(size_t) 15;
        return taken;
}

static inline wchar_t *said_copy(SaidBlock *block, const wchar_t *section, const wchar_t *key) {
        wchar_t text[SAID_MAX];
        const DWORD n = said_text(section, key, text);

        return n ? wcscpy(said_take(block, (n + 1) * sizeof(*text)), text) : NULL;
}
