/* SPDX-License-Identifier: MIT */
/*
 * The directory of the transactions on Windows, and its lock.
 *
 * Each directory on the way is held open without leave to rename or delete it, so that its path
 * stays what it is, and is no link; its owner is the system or an administrator. The last has an
 * access list of its own, for these alone, which nothing above adds to.
 *
 * A file is written through to the disk, and takes its place by a move that is, too. NTFS
 * brings changes of directories to its log in the order in which they are made, so that what was
 * made before such a move is there with it: directories are not synced by themselves.
 */
#include "daemon/remedy/journal-internal.h"

#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/trust.h"
#include "daemon/platform/win32/windows-ask.h"
#include "daemon/remedy/transaction.h"

#define NEW ".new" /* behind the name of a file that is not in its place yet */
#define PATH_UNITS_MAX 4096
#define PARENTS "ProgramData" /* the first of PF_TRANSACTIONS_PATH, which Windows makes */

/* Full access for the system and administrators, whose it is; for what is in it as well. */
#define OURS_ALONE L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

/* What lies above it, where settings do: users read. What %ProgramData% would hand down lets them
 * write, and a setting of theirs keeps the service from starting. */
#define OURS_TO_WRITE L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"

/* The calls are those of Windows. */
struct PfFsOps {
        char nothing;
};
const PfFsOps pf_fs_ops;

static HANDLE handle_of(int directory) {
        return (HANDLE) _get_osfhandle(directory);
}

/* "\\?\C:\…\NAME" of a directory that is held open; the caller frees it. */
static int path_in(int directory, const char *name, wchar_t **ret) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(name);
        wchar_t *path = calloc(PATH_UNITS_MAX + 1, sizeof(*path));
        DWORD n;

        *ret = path;
        if (!wide || !path)
                return -ENOMEM;
        n = GetFinalPathNameByHandleW(handle_of(directory), path, PATH_UNITS_MAX, 0);
        if (n == 0)
                return pf_errno_from_windows(GetLastError());
        if (n + 1 + wcslen(wide) >= PATH_UNITS_MAX)
                return -ENAMETOOLONG;
        path[n] = L'\\';
        (void) wcscpy(path + n + 1, wide);
        return 0;
}
#define AUTO_PATH PF_AUTO_FREE wchar_t *

/* --- names --- */

int pf_journal_each_name(int directory, int (*visit)(const char *name, void *data), void *data) {
        AUTO_PATH pattern = NULL;
        WIN32_FIND_DATAW found;
        HANDLE search;
        DWORD error;
        int r = path_in(directory, "*", &pattern);

        if (r < 0)
                return r;
        search = FindFirstFileW(pattern, &found);
        if (search == INVALID_HANDLE_VALUE)
                return GetLastError() == ERROR_FILE_NOT_FOUND
                               ? 0
                               : pf_errno_from_windows(GetLastError());
        do {
                PF_AUTO_FREE char *name = pf_windows_text(found.cFileName);

                r = name ? 0 : -ENOMEM;
                if (r == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
                        r = visit(name, data);
        } while (r == 0 && FindNextFileW(search, &found));
        error = GetLastError();
        (void) FindClose(search);
        return r == 0 && error != ERROR_NO_MORE_FILES ? pf_errno_from_windows(error) : r;
}

/* --- directories --- */

/* Held, and no link. Return: a descriptor; a negative errno. */
static int hold(const wchar_t *path, const char *shown, PfErr *err) {
        PF_AUTO_WINDOWS_HANDLE HANDLE handle =
                CreateFileW(path, FILE_LIST_DIRECTORY | READ_CONTROL | SYNCHRONIZE,
                            FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                            FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        BY_HANDLE_FILE_INFORMATION info;
        int fd;

        if (handle == INVALID_HANDLE_VALUE)
                return pf_err_windows(err, GetLastError(), "%s", shown);
        if (!GetFileInformationByHandle(handle, &info))
                return pf_err_windows(err, GetLastError(), "%s", shown);
        if (!(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
            (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
                return pf_err_set(err, -ELOOP,
                                  "%s: is a link, or no directory; the journal of changes lies "
                                  "below real directories alone",
                                  shown);
        fd = _open_osfhandle((intptr_t) handle, O_RDONLY);
        if (fd < 0)
                return pf_err_errno(err, -errno, "%s", shown);
        handle = NULL;
        return fd;
}

/* Return: 0 or a negative errno; 0 also where it is there. */
static int make(const wchar_t *path, const wchar_t *access) {
        SECURITY_ATTRIBUTES attributes = { .nLength = sizeof(attributes) };
        PF_AUTO_LOCAL void *memory = NULL;

        if (access && !ConvertStringSecurityDescriptorToSecurityDescriptorW(
                              access, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
                return pf_errno_from_windows(GetLastError());
        memory = attributes.lpSecurityDescriptor;
        if (CreateDirectoryW(path, access ? &attributes : NULL) ||
            GetLastError() == ERROR_ALREADY_EXISTS)
                return 0;
        return pf_errno_from_windows(GetLastError());
}

int pf_journal_enter(const PfJournal *journal, const char *id, int *ret, PfErr *err) {
        AUTO_PATH path = NULL;
        PfErr why = { 0 };
        int r = path_in(journal->top, id, &path);

        if (r == 0)
                r = hold(path, id, &why);
        if (r == -ENOENT)
                return PF_JOURNAL_ABSENT;
        if (r < 0)
                return pf_err_set(err, r, "transaction %s", pf_err_text(&why, r));
        *ret = r;
        return 0;
}

int pf_journal_make(const PfJournal *journal, const char *id, int *ret, PfErr *err) {
        AUTO_PATH path = NULL;
        int r = path_in(journal->top, id, &path);

        if (r == 0 && !CreateDirectoryW(path, NULL))
                r = pf_errno_from_windows(GetLastError());
        if (r < 0)
                return pf_err_errno(err, r, "transaction %s cannot be written down", id);
        r = pf_journal_enter(journal, id, ret, err);
        return r == PF_JOURNAL_ABSENT ? pf_err_set(err, -EIO, "transaction %s is gone", id) : r;
}

int pf_journal_sync(const PfJournal *journal, int directory, PfErr *err) {
        (void) journal;
        (void) directory;
        (void) err;
        return 0;
}

/* --- files --- */

static int read_some(void *file, void *bytes, size_t size, size_t *ret_n) {
        DWORD n = 0;

        if (!ReadFile(file, bytes, (DWORD) size, &n, NULL))
                return pf_errno_from_windows(GetLastError());
        *ret_n = n;
        return 0;
}

int pf_journal_get(int directory, const char *name, PfBuf *buf, PfErr *err) {
        PF_AUTO_WINDOWS_HANDLE HANDLE file = NULL;
        AUTO_PATH path = NULL;
        int r = path_in(directory, name, &path);

        if (r < 0)
                return pf_err_errno(err, r, "%s", name);
        file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                           FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND)
                return PF_JOURNAL_ABSENT;
        if (file == INVALID_HANDLE_VALUE)
                return pf_err_windows(err, GetLastError(), "%s", name);
        r = pf_journal_read_all(read_some, file, buf);
        return r < 0 ? pf_err_errno(err, r, "%s", name) : 0;
}

int pf_journal_size(int directory, const char *name, uint64_t *ret, PfErr *err) {
        WIN32_FILE_ATTRIBUTE_DATA data;
        AUTO_PATH path = NULL;
        int r = path_in(directory, name, &path);

        if (r == 0 && !GetFileAttributesExW(path, GetFileExInfoStandard, &data))
                r = pf_errno_from_windows(GetLastError());
        if (r < 0)
                return pf_err_errno(err, r, "%s", name);
        *ret = (uint64_t) data.nFileSizeHigh << 32 | data.nFileSizeLow;
        return 0;
}

static int write_all(HANDLE file, const char *bytes, size_t n) {
        while (n > 0) {
                const DWORD piece = n < 65536 ? (DWORD) n : 65536;
                DWORD done = 0;

                if (!WriteFile(file, bytes, piece, &done, NULL))
                        return pf_errno_from_windows(GetLastError());
                bytes += done;
                n -= done;
        }
        return FlushFileBuffers(file) ? 0 : pf_errno_from_windows(GetLastError());
}

int pf_journal_put(const PfJournal *journal, int directory, const char *name, const void *bytes,
                   size_t n, PfErr *err) {
        PF_AUTO_WINDOWS_HANDLE HANDLE file = NULL;
        AUTO_PATH path = NULL;
        int r = path_in(directory, name, &path);

        (void) journal;
        if (r == 0) {
                file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW,
                                   FILE_ATTRIBUTE_NORMAL | FILE_FLAG_WRITE_THROUGH, NULL);
                r = file == INVALID_HANDLE_VALUE ? pf_errno_from_windows(GetLastError())
                                                 : write_all(file, bytes, n);
        }
        return r < 0 ? pf_err_errno(err, r, "%s of a transaction cannot be written", name) : 0;
}

/* What is not there need not be removed. */
static int remove_file(int directory, const char *name) {
        AUTO_PATH path = NULL;
        int r = path_in(directory, name, &path);

        if (r < 0 || DeleteFileW(path) || GetLastError() == ERROR_FILE_NOT_FOUND)
                return r;
        return pf_errno_from_windows(GetLastError());
}

int pf_journal_tidy(const PfJournal *journal, int directory, const char *name, PfErr *err) {
        char leftover[64];
        int r;

        (void) journal;
        (void) snprintf(leftover, sizeof(leftover), "%s" NEW, name);
        r = remove_file(directory, leftover);
        return r < 0 ? pf_err_errno(err, r, "%s cannot be removed", leftover) : 0;
}

static int move(int directory, const char *from, const char *to) {
        AUTO_PATH old = NULL;
        AUTO_PATH place = NULL;
        int r = path_in(directory, from, &old);

        if (r == 0)
                r = path_in(directory, to, &place);
        if (r < 0 || MoveFileExW(old, place, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
                return r;
        return pf_errno_from_windows(GetLastError());
}

int pf_journal_replace(const PfJournal *journal, int directory, const char *name, const void *bytes,
                       size_t n, PfErr *err) {
        char fresh[64];
        int r;

        (void) snprintf(fresh, sizeof(fresh), "%s" NEW, name);
        r = pf_journal_tidy(journal, directory, name, err);
        if (r == 0)
                r = pf_journal_put(journal, directory, fresh, bytes, n, err);
        if (r < 0)
                return r;
        r = move(directory, fresh, name);
        return r < 0 ? pf_err_errno(err, r, "%s of a transaction cannot be replaced", name) : 0;
}

static int remove_name(const char *name, void *data) {
        return remove_file(*(int *) data, name);
}

int pf_journal_forget(const PfJournal *journal, const char *id, PfErr *err) {
        AUTO_PATH path = NULL;
        int directory = -1;
        int r = pf_journal_enter(journal, id, &directory, err);

        if (r != 0)
                return r == PF_JOURNAL_ABSENT ? 0 : r;
        r = remove_file(directory, PF_JOURNAL_MANIFEST);
        if (r == 0)
                r = pf_journal_each_name(directory, remove_name, &directory);
        (void) pf_close(directory); /* which is not removed while it is held */
        if (r == 0)
                r = path_in(journal->top, id, &path);
        if (r == 0 && !RemoveDirectoryW(path))
                r = pf_errno_from_windows(GetLastError());
        return r < 0 ? pf_err_errno(err, r, "transaction %s cannot be forgotten", id) : 0;
}

/* --- the way there --- */

static int take_lock(PfJournal *journal, PfErr *err) {
        AUTO_PATH path = NULL;
        HANDLE handle;
        int r = path_in(journal->top, ".lock", &path);

        if (r < 0)
                return pf_err_errno(err, r, "%s/.lock", PF_TRANSACTIONS_PATH);
        handle = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS,
                             FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION)
                return pf_err_set(err, -EBUSY, "another change is being made; try again later");
        if (handle == INVALID_HANDLE_VALUE)
                return pf_err_windows(err, GetLastError(), "%s/.lock", PF_TRANSACTIONS_PATH);
        journal->lock = _open_osfhandle((intptr_t) handle, O_RDONLY);
        if (journal->lock >= 0)
                return 0;
        (void) CloseHandle(handle);
        return pf_err_errno(err, -errno, "%s/.lock", PF_TRANSACTIONS_PATH);
}

int pf_journal_step_down(PfJournal *journal, const char *name, const char *shown, bool is_last,
                         PfErr *err) {
        const bool is_windows = strcmp(name, PARENTS) == 0;
        AUTO_PATH path = NULL;
        int r = path_in(journal->top, name, &path);
        int fd;

        if (r == 0)
                r = make(path, is_last ? OURS_ALONE : is_windows ? NULL : OURS_TO_WRITE);
        if (r < 0)
                return pf_err_errno(err, r, "%s", shown);
        fd = hold(path, shown, err);
        if (fd < 0)
                return fd;
        (void) pf_close(journal->top);
        journal->top = fd;
        return is_windows ? 0 : pf_windows_check_owner(handle_of(fd), SE_FILE_OBJECT, shown, err);
}

/* One that was there already may let others in. */
static int close_to_others(const PfJournal *journal, PfErr *err) {
        PF_AUTO_LOCAL void *memory = NULL;
        PSECURITY_DESCRIPTOR descriptor = NULL;
        AUTO_PATH path = NULL;
        BOOL is_there, is_default;
        PACL list = NULL;
        DWORD error;
        int r = path_in(journal->top, ".", &path);

        if (r < 0)
                return pf_err_errno(err, r, "%s", PF_TRANSACTIONS_PATH);
        path[wcslen(path) - 2] = L'\0';
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(OURS_ALONE, SDDL_REVISION_1,
                                                                  &descriptor, NULL))
                return pf_err_windows(err, GetLastError(), "%s", PF_TRANSACTIONS_PATH);
        memory = descriptor;
        if (!GetSecurityDescriptorDacl(descriptor, &is_there, &list, &is_default))
                return pf_err_windows(err, GetLastError(), "%s", PF_TRANSACTIONS_PATH);
        error = SetNamedSecurityInfoW(path, SE_FILE_OBJECT,
                                      DACL_SECURITY_INFORMATION |
                                              PROTECTED_DACL_SECURITY_INFORMATION,
                                      NULL, NULL, list, NULL);
        return error ? pf_err_windows(err, error, "%s", PF_TRANSACTIONS_PATH) : 0;
}

/* "/" is the volume with Windows on it. */
static int open_root(const char *root, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = strcmp(root, "/") != 0 ? pf_windows_wide(root) : NULL;
        wchar_t windows[MAX_PATH];
        UINT n = GetSystemWindowsDirectoryW(windows, MAX_PATH);

        if (strcmp(root, "/") == 0 && (n < 3 || n >= MAX_PATH))
                return pf_err_set(err, -EIO, "where Windows lies is not known");
        windows[3] = L'\0'; /* "C:\" */
        return hold(wide ? wide : windows, root, err);
}

int pf_journal_open(PfJournal *journal, const char *root, const PfFsOps *ops, PfErr *err) {
        int r = open_root(root, err);

        journal->ops = ops;
        if (r < 0)
                return r;
        journal->top = r;
        r = pf_journal_walk(journal, err);
        if (r == 0)
                r = close_to_others(journal, err);
        return r < 0 ? r : take_lock(journal, err);
}

void pf_journal_close(PfJournal *journal) {
        journal->lock = pf_close(journal->lock);
        journal->top = pf_close(journal->top);
}
