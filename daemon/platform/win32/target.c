/* SPDX-License-Identifier: MIT */
/*
 * The Windows half of a target: what is read of what a path leads to. How it is reached is in
 * target-path.c.
 *
 * Windows knows no owner by number and no permission bits: files belong to 0, and who may write
 * is told by the attribute "read-only" alone. Access lists are not looked at; so nothing is public.
 */
#include "daemon/platform/target-system.h"
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/target-path.h"
#include "daemon/platform/win32/windows-ask.h"

#define LIST_BYTES 65536
#define NAME_BYTES_MAX (4 * 256)
#define EPOCH_TICKS INT64_C(116444736000000000) /* from 1601 to 1970; of 100 ns */

#ifndef FILE_READ_ONLY_VOLUME
#define FILE_READ_ONLY_VOLUME 0x00080000
#endif

static void close_root(void *root) {
        (void) CloseHandle(root);
}

int pf_target_new(const char *root, PfTargetFlags flags, PfTarget **ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_HANDLE PfHandle handle = NULL;
        int r;

        r = pf_path_open_root(root, &handle);
        if (r < 0)
                return pf_err_errno(err, r, "root directory %s", root);
        r = pf_target_new_base(root, -1, flags, &target);
        if (r < 0)
                return r;
        pf_target_set_system(target, PF_STEAL(handle), close_root);
        r = pf_target_open_capture(target, err);
        if (r == 0)
                *ret = PF_STEAL(target);
        return r;
}

static int look(const PfTarget *target, const char *path, bool follow, PfPathEnd *ret) {
        if (path[0] == '/' && pf_target_is_observed(target))
                pf_target_observe_look(target, path,
                                       follow ? PF_TARGET_LOOK_AT : PF_TARGET_LOOK_AT_LINK, NULL);
        return pf_path_look(target, path, follow, ret);
}

/* --- what it is --- */

static uint64_t join(DWORD high, DWORD low) {
        return (uint64_t) high << 32 | low;
}

static int64_t usec_of(const FILETIME *time) {
        return ((int64_t) join(time->dwHighDateTime, time->dwLowDateTime) - EPOCH_TICKS) / 10;
}

static int describe(const PfPathEnd *end, PfFileInfo *ret) {
        BY_HANDLE_FILE_INFORMATION info;
        bool is_directory, is_read_only;

        if (!GetFileInformationByHandle(end->handle, &info))
                return pf_path_last_error();
        is_directory = info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
        /* Of a directory the attribute means something else, to Explorer alone. */
        is_read_only = info.dwFileAttributes & FILE_ATTRIBUTE_READONLY && !is_directory;
        *ret = (PfFileInfo){
                .type = end->is_link   ? PF_FILE_SYMLINK
                        : is_directory ? PF_FILE_DIRECTORY
                                       : PF_FILE_REGULAR,
                .mode = is_directory || end->is_link ? 0755
                        : is_read_only               ? 0444
                                                     : 0644,
                .size_bytes = join(info.nFileSizeHigh, info.nFileSizeLow),
                .device = info.dwVolumeSerialNumber,
                .inode = join(info.nFileIndexHigh, info.nFileIndexLow),
                .modified_usec = usec_of(&info.ftLastWriteTime),
        };
        return 0;
}

static int look_and_describe(const PfTarget *target, const char *path, bool follow, PfPathEnd *end,
                             PfFileInfo *ret) {
        int r = look(target, path, follow, end);

        return r == 0 ? describe(end, ret) : pf_path_absent_or(r);
}

int pf_system_stat(const PfTarget *target, const char *path, bool follow, PfFileInfo *ret) {
        PF_AUTO_PATH_END PfPathEnd end = { 0 };

        return look_and_describe(target, path, follow, &end, ret);
}

int pf_target_locate(const PfTarget *target, const char *path, bool follow, PfWhere *ret) {
        PF_AUTO_PATH_END PfPathEnd end = { 0 };
        PF_AUTO_FREE char *name = NULL;
        PfWhere where = { 0 };
        PfFileInfo directory;
        int r = pf_path_look(target, path, follow, &end);

        if (r < 0 && !end.is_last_absent)
                return pf_path_absent_or(r);
        if (r == 0)
                r = describe(&end, &where.info);
        if (end.directory && (r == 0 || r == -ENOENT)) {
                int q = describe(&(PfPathEnd){ .handle = end.directory }, &directory);

                name = pf_windows_text(end.name);
                if (q < 0 || !name)
                        return q < 0 ? q : -ENOMEM;
                where.directory_device = directory.device;
                where.directory_inode = directory.inode;
                (void) snprintf(where.name, sizeof(where.name), "%s", name);
        }
        if (r == 0 || r == -ENOENT)
                *ret = where;
        return pf_path_absent_or(r);
}

bool pf_system_is_public(const PfTarget *target, const char *path) {
        (void) target;
        (void) path;
        return false;
}

int pf_system_readlink(const PfTarget *target, const char *path, char **ret) {
        PF_AUTO_PATH_END PfPathEnd end = { 0 };
        int r = look(target, path, false, &end);

        if (r < 0)
                return pf_path_absent_or(r);
        return end.is_link ? pf_path_read_link(target, end.handle, ret) : -EINVAL;
}

/* --- what is in it --- */

int pf_system_open(const PfTarget *target, const char *path, uint64_t max, int *ret_fd,
                   uint64_t *ret_size, PfErr *err) {
        PF_AUTO_PATH_END PfPathEnd end = { 0 };
        PF_AUTO_HANDLE PfHandle handle = NULL;
        PfFileInfo info = { 0 };
        int r = look_and_describe(target, path, true, &end, &info);

        if (r != 0)
                return r;
        if (info.type != PF_FILE_REGULAR)
                return pf_err_set(err, -EISDIR, "%s: is a directory, not a regular file", path);
        *ret_size = info.size_bytes;
        if (info.size_bytes > max)
                return pf_err_too_large(err, path, info.size_bytes, (size_t) max);
        r = pf_path_reopen(end.handle, FILE_READ_DATA | FILE_READ_ATTRIBUTES, &handle);
        if (r < 0)
                return pf_err_errno(err, r, "%s: cannot be opened", path);
        *ret_fd = _open_osfhandle((intptr_t) handle, _O_RDONLY | _O_BINARY);
        if (*ret_fd < 0)
                return -errno;
        (void) PF_STEAL(handle); /* goes with the descriptor */
        return 0;
}

int pf_system_file_identity(int fd, PfFileIdentity *ret) {
        const PfPathEnd end = { .handle = (HANDLE) _get_osfhandle(fd) };
        FILE_BASIC_INFO basic;
        PfFileInfo info = { 0 };
        int r = describe(&end, &info);

        if (r < 0)
                return r;
        if (!GetFileInformationByHandleEx(end.handle, FileBasicInfo, &basic, sizeof(basic)))
                return pf_path_last_error();
        *ret = (PfFileIdentity){ .device = info.device,
                                 .inode = info.inode,
                                 .size_bytes = info.size_bytes,
                                 .modified_nsec =
                                         (basic.LastWriteTime.QuadPart - EPOCH_TICKS) * 100,
                                 .changed_nsec =
                                         basic.ChangeTime.QuadPart
                                                 ? (basic.ChangeTime.QuadPart - EPOCH_TICKS) * 100
                                                 : 0 };
        return 0;
}

static bool is_itself(const wchar_t *name, size_t n) {
        return (n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.');
}

static int add_names(const FILE_ID_BOTH_DIR_INFO *entry, const char *path, PfStrv *ret,
                     PfErr *err) {
        for (;; entry = (const void *) ((const char *) entry + entry->NextEntryOffset)) {
                const size_t n = entry->FileNameLength / sizeof(wchar_t);
                char name[NAME_BYTES_MAX];
                int length, r;

                if (!is_itself(entry->FileName, n)) {
                        if (ret->n == PF_TARGET_LIST_MAX)
                                return pf_err_set(err, -E2BIG,
                                                  "%s: more than the limit of %d names", path,
                                                  PF_TARGET_LIST_MAX);
                        length = WideCharToMultiByte(CP_UTF8, 0, entry->FileName, (int) n, name,
                                                     sizeof(name), NULL, NULL);
                        if (length <= 0)
                                return pf_path_last_error();
                        r = pf_strv_add_n(ret, name, (size_t) length);
                        if (r < 0)
                                return r;
                }
                if (!entry->NextEntryOffset)
                        return 0;
        }
}

static int add_all_names(PfHandle directory, const char *path, PfStrv *ret, PfErr *err) {
        PF_AUTO_FREE FILE_ID_BOTH_DIR_INFO *entries = malloc(LIST_BYTES);
        int r = entries ? 0 : -ENOMEM;

        while (r == 0 && GetFileInformationByHandleEx(directory, FileIdBothDirectoryInfo, entries,
                                                      LIST_BYTES))
                r = add_names(entries, path, ret, err);
        if (r < 0)
                return r;
        return GetLastError() == ERROR_NO_MORE_FILES ? 0 : pf_path_last_error();
}

int pf_system_list(const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) {
        PF_AUTO_PATH_END PfPathEnd end = { 0 };
        PF_AUTO_HANDLE PfHandle handle = NULL;
        PfFileInfo info = { 0 };
        int r;

        if (path[0] == '/' && pf_target_is_observed(target))
                pf_target_observe_look(target, path, PF_TARGET_LOOK_LIST, NULL);
        r = pf_path_look(target, path, true, &end);
        if (r < 0)
                return pf_path_absent_or(r);
        r = describe(&end, &info);
        if (r == 0 && info.type != PF_FILE_DIRECTORY)
                r = -ENOTDIR;
        if (r == 0)
                r = pf_path_reopen(end.handle, FILE_LIST_DIRECTORY, &handle);
        return r == 0 ? add_all_names(handle, path, ret, err) : r;
}

/* --- what is left --- */

static int ask_volume(PfHandle handle, FS_INFORMATION_CLASS about, void *ret, ULONG n) {
        IO_STATUS_BLOCK status;
        NTSTATUS r = NtQueryVolumeInformationFile(handle, &status, ret, n, about);

        return NT_SUCCESS(r) ? 0 : pf_errno_from_windows(RtlNtStatusToDosError(r));
}

/* Does a volume that was found at a path belong to the host, because the target's root is a
 * directory like any other? */
static bool is_elsewhere(const PfTarget *target) {
        wchar_t path[8];

        if (pf_target_is_host(target))
                return false;
        return GetFinalPathNameByHandleW(pf_path_root(target), path, PF_ELEMENTS(path),
                                         VOLUME_NAME_NONE) != 1;
}

int pf_system_space(const PfTarget *target, const char *path, PfSpace *ret) {
        PF_AUTO_PATH_END PfPathEnd end = { 0 };
        struct {
                FILE_FS_ATTRIBUTE_INFORMATION info;
                wchar_t name[64];
        } attributes;
        FILE_FS_FULL_SIZE_INFORMATION size;
        PfFileInfo info = { 0 };
        uint64_t unit;
        int r = look_and_describe(target, path, true, &end, &info);

        if (r == 0)
                r = ask_volume(end.handle, FileFsFullSizeInformation, &size, sizeof(size));
        if (r == 0)
                r = ask_volume(end.handle, FileFsAttributeInformation, &attributes,
                               sizeof(attributes));
        if (r != 0)
                return r;
        unit = (uint64_t) size.SectorsPerAllocationUnit * size.BytesPerSector;
        *ret = (PfSpace){
                .free_bytes = (uint64_t) size.CallerAvailableAllocationUnits.QuadPart * unit,
                .root_free_bytes = (uint64_t) size.ActualAvailableAllocationUnits.QuadPart * unit,
                .total_bytes = (uint64_t) size.TotalAllocationUnits.QuadPart * unit,
                .device = info.device,
                .read_only = attributes.info.FileSystemAttributes & FILE_READ_ONLY_VOLUME,
        };
        return is_elsewhere(target) ? PF_TARGET_ELSEWHERE : 0;
}
