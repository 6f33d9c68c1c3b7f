/* SPDX-License-Identifier: MIT */
#include "daemon/platform/remove-tree.h"

#include <stdlib.h>
#include <wchar.h>

#include "daemon/platform/win32/target-path.h"
#include "daemon/platform/win32/windows-ask.h"

#define DEPTH_MAX 256
#define PATH_UNITS_MAX 32768

static void remove_in(wchar_t *path, size_t n, unsigned depth);

static void remove_one(wchar_t *path, size_t n, const WIN32_FIND_DATAW *found, unsigned depth) {
        const bool is_directory = found->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
        const size_t length = wcslen(found->cFileName);

        if (wcscmp(found->cFileName, L".") == 0 || wcscmp(found->cFileName, L"..") == 0 ||
            n + 1 + length + 3 > PATH_UNITS_MAX)
                return;
        (void) swprintf(path + n, PATH_UNITS_MAX - n, L"\\%ls", found->cFileName);
        if (is_directory && !(found->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
                remove_in(path, n + 1 + length, depth + 1);
        (void) SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
        (void) (is_directory ? RemoveDirectoryW(path) : DeleteFileW(path));
}

/* What is in the directory @path, of @n units. */
static void remove_in(wchar_t *path, size_t n, unsigned depth) {
        WIN32_FIND_DATAW found;
        HANDLE search;

        if (depth > DEPTH_MAX)
                return;
        (void) wcscpy(path + n, L"\\*");
        search = FindFirstFileW(path, &found);
        if (search != INVALID_HANDLE_VALUE) {
                do
                        remove_one(path, n, &found, depth);
                while (FindNextFileW(search, &found));
                (void) FindClose(search);
        }
        path[n] = '\0';
}

void pf_remove_tree(const char *path) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(path);
        PF_AUTO_FREE wchar_t *full = wide ? pf_path_full(wide) : NULL;
        PF_AUTO_FREE wchar_t *room = calloc(PATH_UNITS_MAX, sizeof(*room));

        if (!full || !room || wcslen(full) + 3 > PATH_UNITS_MAX)
                return;
        (void) wcscpy(room, full);
        remove_in(room, wcslen(full), 0);
        (void) RemoveDirectoryW(full);
}
