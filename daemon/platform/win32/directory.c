/* SPDX-License-Identifier: MIT */
/*
 * By paths: who may change anything in the directory is its owner, the system and
 * administrators, by an access list of its own that nothing above it adds to.
 */
#include "daemon/platform/directory.h"

#include <string.h>
#include <uv.h>
#include <wchar.h>

#include <windows.h>
#include <sddl.h>

#include "daemon/platform/remove-tree.h"
#include "daemon/platform/win32/target-path.h"
#include "daemon/platform/win32/windows-ask.h"

/* Full access for who made it, the system and administrators; handed down to what is in it. */
#define FOR_OWNER L"D:P(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
#define TRIES 64

struct PfDirectory {
        size_t n;       /* units of the path */
        wchar_t path[]; /* in the form that may have any length */
};

static int last_error(bool is_done) {
        return is_done ? 0 : pf_path_last_error();
}

/* A new directory, for its owner alone. */
static int make(const wchar_t *path) {
        SECURITY_ATTRIBUTES attributes = { .nLength = sizeof(attributes) };
        int r;

        if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
                    FOR_OWNER, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
                return pf_path_last_error();
        r = last_error(CreateDirectoryW(path, &attributes));
        (void) LocalFree(attributes.lpSecurityDescriptor);
        return r;
}

/* Six letters that nobody knows before. */
static int add_letters(wchar_t *end) {
        static const wchar_t letters[] = L"abcdefghijklmnopqrstuvwxyz012345";
        unsigned char bytes[6];
        int r = uv_random(NULL, NULL, bytes, sizeof(bytes), 0, NULL);

        for (size_t i = 0; i < sizeof(bytes); i++)
                end[i] = letters[bytes[i] % 32];
        end[sizeof(bytes)] = '\0';
        return r < 0 ? -EIO : 0;
}

int pf_directory_make_beside(const char *path, char **ret_path) {
        PF_AUTO_BUF PfBuf name = PF_BUF_INIT(32768);
        PF_AUTO_FREE wchar_t *made = NULL;
        PF_AUTO_FREE wchar_t *full = NULL;
        int r = pf_buf_printf(&name, "%s.XXXXXX", path);

        if (r < 0)
                return r == -ENOBUFS ? -ENAMETOOLONG : r;
        made = pf_windows_wide(name.data);
        r = made ? -EEXIST : -errno;
        for (int i = 0; i < TRIES && r == -EEXIST; i++) {
                r = add_letters(made + wcslen(made) - 6);
                free(full);
                full = r == 0 ? pf_path_full(made) : NULL;
                if (r == 0)
                        r = full ? make(full) : -errno;
        }
        if (r < 0)
                return r;
        *ret_path = pf_windows_text(made);
        return *ret_path ? 0 : -ENOMEM;
}

/* Two paths that people wrote, in the form that may have any length. */
int pf_directory_rename(const char *from, const char *to) {
        PF_AUTO_FREE wchar_t *wide_from = pf_windows_wide(from);
        PF_AUTO_FREE wchar_t *wide_to = pf_windows_wide(to);
        PF_AUTO_FREE wchar_t *full_from = wide_from ? pf_path_full(wide_from) : NULL;
        PF_AUTO_FREE wchar_t *full_to = wide_to ? pf_path_full(wide_to) : NULL;

        if (!full_from || !full_to)
                return -errno;
        (void) RemoveDirectoryW(full_to); /* where it is one, and empty */
        return last_error(MoveFileExW(full_from, full_to, 0));
}

int pf_directory_check_free(const char *path) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr ignored = { 0 };
        int r = pf_target_new(path, PF_TARGET_AS_FILES, &target, &ignored);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        r = pf_target_list(target, "/", &names, &ignored);
        return r < 0 ? r : names.n > 0 ? -ENOTEMPTY : 0;
}

/* Of a path that may end in '\\', without that: names are put behind another one. */
static PfDirectory *new_directory(const wchar_t *path) {
        size_t n = wcslen(path);
        PfDirectory *directory = malloc(sizeof(*directory) + (n + 1) * sizeof(*path));

        if (!directory)
                return NULL;
        while (n > 0 && path[n - 1] == '\\')
                n--;
        memcpy(directory->path, path, n * sizeof(*path));
        directory->path[n] = '\0';
        directory->n = n;
        return directory;
}

int pf_directory_open(const char *path, PfDirectory **ret) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(path);
        PF_AUTO_FREE wchar_t *full = wide ? pf_path_full(wide) : NULL;

        if (!full)
                return -errno;
        *ret = new_directory(full);
        return *ret ? 0 : -ENOMEM;
}

PfDirectory *pf_directory_close(PfDirectory *directory) {
        free(directory);
        return NULL;
}

int pf_directory_again(const PfDirectory *directory, PfDirectory **ret) {
        *ret = new_directory(directory->path);
        return *ret ? 0 : -ENOMEM;
}

/* The path of what is in it; NULL with errno. */
static wchar_t *path_in(const PfDirectory *directory, const char *name) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(name);
        wchar_t *path;
        size_t n;

        if (!wide || wcspbrk(wide, L"\"*/:<>?\\|")) {
                errno = wide ? EINVAL : errno;
                return NULL;
        }
        n = directory->n + 1 + wcslen(wide) + 1;
        path = calloc(n, sizeof(*path));
        if (path)
                (void) swprintf(path, n, L"%ls\\%ls", directory->path, wide);
        return path;
}

static int look_at(const wchar_t *path, PfDirectoryEntry *ret, bool *ret_is_directory) {
        WIN32_FILE_ATTRIBUTE_DATA data;

        if (!GetFileAttributesExW(path, GetFileExInfoStandard, &data))
                return pf_path_last_error();
        *ret = (PfDirectoryEntry){
                .is_link = data.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT,
                .size_bytes = (uint64_t) data.nFileSizeHigh << 32 | data.nFileSizeLow,
        };
        *ret_is_directory = data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
        ret->is_file = !ret->is_link && !*ret_is_directory;
        return 0;
}

int pf_directory_enter(const PfDirectory *directory, const char *name, PfDirectory **ret) {
        PF_AUTO_FREE wchar_t *path = path_in(directory, name);
        PfDirectoryEntry entry = { 0 };
        bool is_directory = false;
        int r;

        if (!path)
                return -errno;
        if (!CreateDirectoryW(path, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
                return pf_path_last_error();
        r = look_at(path, &entry, &is_directory);
        if (r == 0 && !is_directory)
                r = -ENOTDIR;
        if (r == 0 && entry.is_link)
                r = -ELOOP;
        if (r < 0)
                return r;
        *ret = new_directory(path);
        return *ret ? 0 : -ENOMEM;
}

int pf_directory_write(const PfDirectory *directory, const char *name, const void *bytes,
                       size_t n) {
        PF_AUTO_FREE wchar_t *path = path_in(directory, name);
        PF_AUTO_HANDLE PfHandle file = NULL;
        const char *at = bytes;
        DWORD written = 0;

        if (!path)
                return -errno;
        file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                           FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (file == INVALID_HANDLE_VALUE)
                return pf_path_last_error();
        for (; n > 0; at += written, n -= written)
                if (!WriteFile(file, at, n < 1u << 30 ? (DWORD) n : 1u << 30, &written, NULL))
                        return pf_path_last_error();
        return 0;
}

/* It takes a privilege that a service need not have. */
int pf_directory_link(const PfDirectory *directory, const char *name, const char *text) {
        (void) directory;
        (void) name;
        (void) text;
        return -ENOTSUP;
}

int pf_directory_look(const PfDirectory *directory, const char *name, PfDirectoryEntry *ret) {
        PF_AUTO_FREE wchar_t *path = path_in(directory, name);
        bool is_directory;

        return path ? look_at(path, ret, &is_directory) : -errno;
}

int pf_directory_move(const PfDirectory *from, const char *name, const PfDirectory *to,
                      const char *new_name) {
        PF_AUTO_FREE wchar_t *path = path_in(from, name);
        PF_AUTO_FREE wchar_t *new_path = path_in(to, new_name);

        if (!path || !new_path)
                return -errno;
        return last_error(MoveFileExW(path, new_path, MOVEFILE_REPLACE_EXISTING));
}

int pf_directory_remove(const PfDirectory *directory, const char *name, bool is_directory) {
        PF_AUTO_FREE wchar_t *path = path_in(directory, name);

        if (!path)
                return -errno;
        return last_error(is_directory ? RemoveDirectoryW(path) : DeleteFileW(path));
}
