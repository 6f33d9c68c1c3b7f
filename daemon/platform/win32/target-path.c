/* SPDX-License-Identifier: MIT */
/*
 * How a path is reached beneath the root of a target.
 *
 * A path is walked name by name: each is opened in the directory before it, as openat(2) does,
 * and without following what it may be a link to. So nobody who may change an image leads us out
 * of it, and no path is too long. NtCreateFile() is what opens in a directory; CreateFile() can
 * not.
 */
#include "daemon/platform/win32/target-path.h"
#include "daemon/base/target-internal.h"

#include <string.h>
#include <wchar.h>
#include <winioctl.h>
#include <winternl.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/windows-ask.h"

#define DELETE_PENDING 0xc0000056u /* [MS-ERREF] 2.3.1, STATUS_DELETE_PENDING */
#define LINKS_MAX 40               /* as on Linux; Windows has 63 */
#define DEPTH_MAX 256
#define NAME_MAX_UNITS 255
#define LEFT_MAX (1u << 20) /* bytes of a path, with all links that were followed */

void pf_handle_closep(PfHandle *handle) {
        if (*handle && *handle != INVALID_HANDLE_VALUE)
                (void) CloseHandle(*handle);
        *handle = NULL;
}

void pf_path_end_deinit(PfPathEnd *end) {
        pf_handle_closep(&end->handle);
        pf_handle_closep(&end->directory);
}

int pf_path_last_error(void) {
        return pf_errno_from_windows(GetLastError());
}

int pf_path_absent_or(int r) {
        return r == -ENOENT || r == -ENOTDIR ? PF_TARGET_ABSENT : r;
}

PfHandle pf_path_root(const PfTarget *target) {
        return pf_target_system(target);
}

/* --- opening --- */

/* @directory: NULL: @name is one of the system's own, "\??\C:\". */
static int open_in(PfHandle directory, const wchar_t *name, ULONG options, PfHandle *ret) {
        const size_t n = wcslen(name) * sizeof(*name);
        UNICODE_STRING text = { .Length = (USHORT) n,
                                .MaximumLength = (USHORT) n,
                                .Buffer = (wchar_t *) name };
        OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes),
                                         .RootDirectory = directory,
                                         .ObjectName = &text,
                                         .Attributes = OBJ_CASE_INSENSITIVE };
        IO_STATUS_BLOCK status;
        HANDLE handle;
        NTSTATUS r;

        if (n > UINT16_MAX)
                return -ENAMETOOLONG;
        r = NtCreateFile(&handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &status, NULL, 0,
                         PF_SHARE_ALL, FILE_OPEN,
                         FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT | options, NULL,
                         0);
        if (r == (NTSTATUS) DELETE_PENDING)
                return -ENOENT; /* it goes with its last user, and nobody else opens it */
        if (!NT_SUCCESS(r))
                return pf_errno_from_windows(RtlNtStatusToDosError(r));
        *ret = handle;
        return 0;
}

int pf_path_reopen(PfHandle looked, DWORD access, PfHandle *ret) {
        HANDLE handle =
                ReOpenFile(looked, access | SYNCHRONIZE, PF_SHARE_ALL, FILE_FLAG_BACKUP_SEMANTICS);

        if (handle == INVALID_HANDLE_VALUE)
                return pf_path_last_error();
        *ret = handle;
        return 0;
}

typedef union ReparseBuffer {
        ULONG tag; /* [MS-FSCC] 2.1.2.1 */
        unsigned char bytes[MAXIMUM_REPARSE_DATA_BUFFER_SIZE];
} ReparseBuffer;

static int read_reparse(PfHandle handle, ReparseBuffer *ret, size_t *ret_n) {
        DWORD n = 0;

        if (!DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, NULL, 0, ret, sizeof(*ret), &n, NULL))
                return pf_path_last_error();
        *ret_n = n;
        return n < sizeof(ret->tag) ? -EIO : 0;
}

static bool is_same_file(PfHandle a, PfHandle b) {
        BY_HANDLE_FILE_INFORMATION first, second;

        return GetFileInformationByHandle(a, &first) && GetFileInformationByHandle(b, &second) &&
               first.dwVolumeSerialNumber == second.dwVolumeSerialNumber &&
               first.nFileIndexHigh == second.nFileIndexHigh &&
               first.nFileIndexLow == second.nFileIndexLow;
}

/* What is opened as it lies there, though a filter of the system would show it as something else:
 * compressed or deduplicated contents. Of a link that took its place meanwhile we keep away. */
static int open_through_filter(PfHandle directory, const wchar_t *name, PfHandle *handle) {
        PF_AUTO_HANDLE PfHandle shown = NULL;
        int r = open_in(directory, name, 0, &shown);

        if (r < 0)
                return r;
        if (!is_same_file(*handle, shown))
                return -EAGAIN;
        pf_handle_closep(handle);
        *handle = PF_STEAL(shown);
        return 0;
}

/* One name in a directory. */
static int open_name(PfHandle directory, const wchar_t *name, PfHandle *ret, bool *ret_is_link,
                     bool *ret_is_directory) {
        PF_AUTO_HANDLE PfHandle handle = NULL;
        BY_HANDLE_FILE_INFORMATION info;
        ReparseBuffer reparse;
        bool is_link = false;
        int r = open_in(directory, name, FILE_OPEN_REPARSE_POINT, &handle);

        if (r == 0 && !GetFileInformationByHandle(handle, &info))
                r = pf_path_last_error();
        if (r == 0 && info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) {
                size_t n = 0;

                r = read_reparse(handle, &reparse, &n);
                is_link = r == 0 && pf_path_is_link_tag(reparse.tag);
                if (r == 0 && !is_link)
                        r = open_through_filter(directory, name, &handle);
        }
        if (r < 0)
                return r;
        *ret = PF_STEAL(handle);
        *ret_is_link = is_link;
        *ret_is_directory = !is_link && info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
        return 0;
}

/* --- volumes --- */

/* "D:", or "Volume{…}": a volume of the machine we run on. */
static bool is_volume(const wchar_t *name) {
        return ((name[0] | 0x20) >= 'a' && (name[0] | 0x20) <= 'z' && name[1] == ':' && !name[2]) ||
               _wcsnicmp(name, L"Volume{", 7) == 0;
}

/* A drive that lies on another machine may not answer for minutes. */
static int open_volume(const wchar_t *name, PfHandle *ret) {
        wchar_t path[NAME_MAX_UNITS + 8];

        (void) swprintf(path, PF_ELEMENTS(path), L"%ls\\", name);
        if (name[1] == ':' && GetDriveTypeW(path) == DRIVE_REMOTE)
                return -EXDEV;
        (void) swprintf(path, PF_ELEMENTS(path), L"\\??\\%ls\\", name);
        return open_in(NULL, path, FILE_DIRECTORY_FILE, ret);
}

static int open_system_volume(PfHandle *ret) {
        wchar_t windows[MAX_PATH];

        if (GetSystemWindowsDirectoryW(windows, PF_ELEMENTS(windows)) < 2)
                return pf_path_last_error();
        windows[2] = '\0';
        return open_volume(windows, ret);
}

wchar_t *pf_path_full(const wchar_t *path) {
        const size_t room = 8;
        DWORD n = GetFullPathNameW(path, 0, NULL, NULL);
        PF_AUTO_FREE wchar_t *full = calloc(n + room, sizeof(*full));
        bool is_ready, is_remote;

        if (!full || n == 0 || GetFullPathNameW(path, n, full + room, NULL) >= n) {
                errno = full ? ENOENT : ENOMEM;
                return NULL;
        }
        is_ready = wcsncmp(full + room, L"\\\\?\\", 4) == 0 ||
                   wcsncmp(full + room, L"\\\\.\\", 4) == 0;
        is_remote = !is_ready && wcsncmp(full + room, L"\\\\", 2) == 0;
        (void) wcscpy(full, is_ready ? L"" : is_remote ? L"\\\\?\\UNC" : L"\\\\?\\");
        memmove(full + wcslen(full), full + room + is_remote,
                (wcslen(full + room + is_remote) + 1) * sizeof(*full));
        return PF_STEAL(full);
}

int pf_path_open_root(const char *root, PfHandle *ret) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(root);
        PF_AUTO_FREE wchar_t *full = NULL;
        BY_HANDLE_FILE_INFORMATION info;
        PF_AUTO_HANDLE PfHandle handle = NULL;

        if (!wide)
                return errno == EINVAL ? -ENOENT : -ENOMEM;
        if (strcmp(root, "/") == 0)
                return open_system_volume(ret);
        full = pf_path_full(wide);
        if (!full)
                return -errno;
        handle = CreateFileW(full, FILE_READ_ATTRIBUTES | SYNCHRONIZE, PF_SHARE_ALL, NULL,
                             OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
        if (handle == INVALID_HANDLE_VALUE || !GetFileInformationByHandle(handle, &info))
                return pf_path_last_error();
        if (!(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
                return -ENOTDIR;
        *ret = PF_STEAL(handle);
        return 0;
}

/* --- links --- */

int pf_path_read_link(const PfTarget *target, PfHandle link, char **ret) {
        ReparseBuffer reparse;
        size_t n = 0;
        int r = read_reparse(link, &reparse, &n);

        return r == 0 ? pf_path_link_text(&reparse, n, pf_target_is_host(target), ret) : r;
}

/* --- walking --- */

typedef struct Walk {
        const PfTarget *target;
        PfHandle trail[DEPTH_MAX]; /* the directories from the root, which is the target's, to here
                                    */
        size_t n;
        wchar_t *left; /* what is still to go, from @at on */
        wchar_t *at;
        unsigned n_links;
        bool follow;
} Walk;

static void walk_deinit(Walk *walk) {
        while (walk->n > 1)
                pf_handle_closep(&walk->trail[--walk->n]);
        free(walk->left);
}

static PfHandle walk_here(const Walk *walk) {
        return walk->trail[walk->n - 1];
}

static int walk_push(Walk *walk, PfHandle *directory) {
        if (walk->n == DEPTH_MAX)
                return -ENAMETOOLONG;
        walk->trail[walk->n++] = PF_STEAL(*directory);
        return 0;
}

/* What a link says comes before what is left. */
static int walk_into_link(Walk *walk, PfHandle link) {
        PF_AUTO_BUF PfBuf path = PF_BUF_INIT(LEFT_MAX);
        PF_AUTO_FREE char *text = NULL;
        PF_AUTO_FREE char *rest = NULL;
        wchar_t *left;
        int r;

        if (++walk->n_links > LINKS_MAX)
                return -ELOOP;
        rest = pf_windows_text(walk->at);
        r = rest ? pf_path_read_link(walk->target, link, &text) : -ENOMEM;
        if (r == 0)
                r = pf_buf_printf(&path, "%s/%s", text, rest);
        if (r < 0)
                return r == -ENOBUFS ? -ENAMETOOLONG : r;
        left = pf_windows_wide(path.data);
        if (!left)
                return -errno;
        while (text[0] == '/' && walk->n > 1)
                pf_handle_closep(&walk->trail[--walk->n]);
        free(walk->left);
        walk->at = walk->left = left;
        return 0;
}

/* The next name of the path; false at its end. A name that is too long is cut, and so too long. */
static bool next_name(Walk *walk, wchar_t name[static NAME_MAX_UNITS + 2]) {
        size_t n;

        walk->at += wcsspn(walk->at, L"/");
        n = wcscspn(walk->at, L"/");
        (void) swprintf(name, NAME_MAX_UNITS + 2, L"%.*ls",
                        (int) (n < NAME_MAX_UNITS + 1 ? n : NAME_MAX_UNITS + 1), walk->at);
        walk->at += n;
        return n > 0;
}

/* Would Windows take it for something else than a name? Streams, devices, other directories. */
static int check_name(const wchar_t *name) {
        if (wcslen(name) > NAME_MAX_UNITS)
                return -ENAMETOOLONG;
        for (const wchar_t *at = name; *at; at++)
                if (*at < ' ' || wcschr(L"\"*:<>?\\|", *at))
                        return -ENOENT;
        return 0;
}

static int open_next(const Walk *walk, const wchar_t *name, PfHandle *ret, bool *ret_is_link,
                     bool *ret_is_directory) {
        int r;

        *ret_is_link = false;
        *ret_is_directory = true;
        if (walk->n == 1 && pf_target_is_host(walk->target) && is_volume(name))
                return open_volume(name, ret);
        r = check_name(name);
        return r == 0 ? open_name(walk_here(walk), name, ret, ret_is_link, ret_is_directory) : r;
}

static int duplicate(PfHandle handle, PfHandle *ret) {
        return DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), ret, 0, FALSE,
                               DUPLICATE_SAME_ACCESS)
                       ? 0
                       : pf_path_last_error();
}

/* Notes where the walk ends: at @handle, which is taken, in the directory where it stands. */
static int walk_end(const Walk *walk, const wchar_t *name, PfHandle *handle, PfPathEnd *ret) {
        ret->handle = PF_STEAL(*handle);
        (void) wcscpy(ret->name, name);
        return duplicate(walk_here(walk), &ret->directory);
}

/* Goes on by one name. Return: 0; 1 where that was the end; a negative errno. */
static int walk_step(Walk *walk, const wchar_t *name, PfPathEnd *ret) {
        PF_AUTO_HANDLE PfHandle handle = NULL;
        bool is_last, is_link, is_directory;
        int r;

        if (wcscmp(name, L".") == 0)
                return 0;
        if (wcscmp(name, L"..") == 0) {
                if (walk->n > 1)
                        pf_handle_closep(&walk->trail[--walk->n]);
                return 0;
        }
        is_last = !walk->at[0];
        r = open_next(walk, name, &handle, &is_link, &is_directory);
        if (r == -ENOENT && !walk->at[wcsspn(walk->at, L"/")]) {
                ret->is_last_absent = true;
                r = walk_end(walk, name, &handle, ret);
                return r < 0 ? r : -ENOENT;
        }
        if (r < 0)
                return r;
        if (is_link && !(is_last && !walk->follow))
                return walk_into_link(walk, handle);
        ret->is_link = is_link;
        if (is_last)
                r = walk_end(walk, name, &handle, ret);
        else
                r = is_directory ? walk_push(walk, &handle) : -ENOTDIR;
        return r < 0 ? r : is_last;
}

static int walk_all(Walk *walk, PfPathEnd *ret) {
        wchar_t name[NAME_MAX_UNITS + 2];
        int r = 0;

        while (r == 0 && next_name(walk, name))
                r = walk_step(walk, name, ret);
        return r == 0 ? duplicate(walk_here(walk), &ret->handle) : r < 0 ? r : 0;
}

int pf_path_look(const PfTarget *target, const char *path, bool follow, PfPathEnd *ret) {
        PF_CLEANUP(walk_deinit) Walk walk = { .target = target, .follow = follow, .n = 1 };

        if (path[0] != '/')
                return -EINVAL;
        walk.trail[0] = pf_path_root(target);
        walk.at = walk.left = pf_windows_wide(path);
        if (!walk.left)
                return errno == EINVAL ? -ENOENT : -ENOMEM;
        return walk_all(&walk, ret);
}
