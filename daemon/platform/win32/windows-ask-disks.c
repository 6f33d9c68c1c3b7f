/* SPDX-License-Identifier: MIT */
/* The disks, their partitions, and on which of them the system lies. Nothing is opened for
 * reading: drivers are asked. */
#include "daemon/platform/win32/windows-ask.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <winioctl.h>

#include "daemon/platform/win32/windows-ask-call.h"

#define DRIVE L"PhysicalDrive"
#define DEVICE_PATH_MAX 64
#define ANSWER_BYTES_MIN 4096
#define ANSWER_BYTES_MAX (1u << 20)

/* --- the drivers --- */

/* An answer of a length that is not known before; freed by the caller, zero behind its end.
 * Return: an error of Windows. */
static DWORD ask_driver(const wchar_t *path, DWORD code, void **ret, size_t *ret_size) {
        DWORD error = ERROR_MORE_DATA;

        for (DWORD n = ANSWER_BYTES_MIN; n <= ANSWER_BYTES_MAX; n *= 4) {
                void *answer = calloc(1, n);

                if (!answer)
                        return ERROR_NOT_ENOUGH_MEMORY;
                error = pf_windows_call_device(path, code, NULL, 0, answer, n);
                if (error == 0) {
                        *ret = answer;
                        *ret_size = n;
                        return 0;
                }
                free(answer);
                if (error != ERROR_MORE_DATA && error != ERROR_INSUFFICIENT_BUFFER)
                        return error;
        }
        return error;
}

/* How many of @claimed items of @size bytes, from @offset on, an answer has room for. */
static size_t within(size_t answer_size, size_t offset, size_t size, size_t claimed) {
        const size_t most = (answer_size - offset) / size;

        return claimed < most ? claimed : most;
}

/* --- the firmware --- */

/* Rule: before Windows 8 a machine with BIOS does not know the function at all. */
static int copy_firmware(PfWindowsDisks *answer) {
        static const wchar_t none[] = L"{00000000-0000-0000-0000-000000000000}";
        DWORD type = 0, error = pf_windows_call_firmware(&type);

        if (error == ERROR_PROC_NOT_FOUND) {
                (void) GetFirmwareEnvironmentVariableW(L"", none, NULL, 0);
                type = GetLastError() == ERROR_INVALID_FUNCTION ? 1 : 2;
        } else if (error) {
                return 0;
        }
        return type == 1   ? pf_windows_copy(L"bios", &answer->firmware)
               : type == 2 ? pf_windows_copy(L"uefi", &answer->firmware)
                           : 0;
}

/* --- the volume of the system --- */

static int copy_extents(const wchar_t *volume, PfWindowsDisks *answer) {
        PF_AUTO_FREE void *bytes = NULL;
        const VOLUME_DISK_EXTENTS *extents;
        size_t size, n;

        answer->error = ask_driver(volume, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, &bytes, &size);
        if (answer->error)
                return 0;
        extents = bytes;
        n = within(size, offsetof(VOLUME_DISK_EXTENTS, Extents), sizeof(*extents->Extents),
                   extents->NumberOfDiskExtents);
        for (size_t i = 0; i < n; i++) {
                PfWindowsExtent *extent = pf_rows_add(&answer->extents, sizeof(*extent));

                if (!extent)
                        return -ENOMEM;
                extent->disk = extents->Extents[i].DiskNumber;
                extent->offset = (uint64_t) extents->Extents[i].StartingOffset.QuadPart;
                extent->length = (uint64_t) extents->Extents[i].ExtentLength.QuadPart;
        }
        return 0;
}

/* "\\.\C:" of "C:\", by which its driver is asked. */
static int ask_system(PfWindowsDisks *answer) {
        wchar_t directory[MAX_PATH], volume[MAX_PATH], device[MAX_PATH + 8];
        const UINT n = GetSystemDirectoryW(directory, MAX_PATH);
        int r;

        if (n == 0 || n >= MAX_PATH || !GetVolumePathNameW(directory, volume, MAX_PATH)) {
                answer->error = n >= MAX_PATH ? ERROR_INSUFFICIENT_BUFFER : GetLastError();
                return 0;
        }
        r = pf_windows_copy(volume, &answer->system_volume);
        if (r < 0)
                return r;
        (void) swprintf(device, PF_ELEMENTS(device), L"\\\\.\\%ls", volume);
        if (wcslen(device) > 0 && device[wcslen(device) - 1] == L'\\')
                device[wcslen(device) - 1] = L'\0';
        return copy_extents(device, answer);
}

/* --- a disk --- */

/* Signatures and types as hexadecimal digits of @width. */
static int copy_hex(uint32_t number, int width, char **ret) {
        char text[16];

        (void) snprintf(text, sizeof(text), "%0*X", width, (unsigned) number);
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int copy_guid(const GUID *guid, char **ret) {
        char text[PF_WINDOWS_GUID_MAX];

        pf_windows_guid_text(guid, text);
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int add_partition(const PARTITION_INFORMATION_EX *from, PfWindowsDisk *disk) {
        const bool is_mbr = from->PartitionStyle == PARTITION_STYLE_MBR;
        PfWindowsPartition *to;

        /* A place in the table of an MBR that nothing stands in. */
        if (is_mbr && from->Mbr.PartitionType == PARTITION_ENTRY_UNUSED)
                return 0;
        to = pf_rows_add(&disk->partitions, sizeof(*to));
        if (!to)
                return -ENOMEM;
        to->offset = (uint64_t) from->StartingOffset.QuadPart;
        to->length = (uint64_t) from->PartitionLength.QuadPart;
        to->is_active = is_mbr && from->Mbr.BootIndicator;
        return is_mbr ? copy_hex(from->Mbr.PartitionType, 2, &to->type)
                      : copy_guid(&from->Gpt.PartitionType, &to->type);
}

/* A signature of 0 is none. */
static int copy_identity(const DRIVE_LAYOUT_INFORMATION_EX *layout, PfWindowsDisk *disk) {
        static const wchar_t *const styles[] = { L"mbr", L"gpt", L"raw" };
        int r = pf_windows_copy(layout->PartitionStyle < PF_ELEMENTS(styles)
                                        ? styles[layout->PartitionStyle]
                                        : NULL,
                                &disk->style);

        if (r < 0)
                return r;
        if (layout->PartitionStyle == PARTITION_STYLE_GPT)
                return copy_guid(&layout->Gpt.DiskId, &disk->id);
        return layout->PartitionStyle == PARTITION_STYLE_MBR && layout->Mbr.Signature
                       ? copy_hex(layout->Mbr.Signature, 8, &disk->id)
                       : 0;
}

static int ask_layout(const wchar_t *path, PfWindowsDisk *disk) {
        PF_AUTO_FREE void *bytes = NULL;
        const DRIVE_LAYOUT_INFORMATION_EX *layout;
        size_t size, n;
        int r;

        disk->error = ask_driver(path, IOCTL_DISK_GET_DRIVE_LAYOUT_EX, &bytes, &size);
        if (disk->error)
                return 0;
        layout = bytes;
        n = within(size, offsetof(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry),
                   sizeof(*layout->PartitionEntry), layout->PartitionCount);
        r = copy_identity(layout, disk);
        for (size_t i = 0; r == 0 && i < n; i++)
                r = add_partition(&layout->PartitionEntry[i], disk);
        return r;
}

/* Size and sector; what is not told stays 0, which is "not known". */
static void ask_geometry(const wchar_t *path, PfWindowsDisk *disk) {
        union {
                DISK_GEOMETRY_EX geometry;
                BYTE bytes[ANSWER_BYTES_MIN]; /* with what stands behind it */
        } answer = { 0 };

        if (pf_windows_call_device(path, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, NULL, 0, &answer,
                                   sizeof(answer)) != 0)
                return;
        disk->size = (uint64_t) answer.geometry.DiskSize.QuadPart;
        disk->sector = answer.geometry.Geometry.BytesPerSector;
}

/* How it is attached. Return: are media put in and taken out? */
static bool ask_device(const wchar_t *path, PfWindowsDisk *disk) {
        STORAGE_PROPERTY_QUERY query = { .PropertyId = StorageDeviceProperty,
                                         .QueryType = PropertyStandardQuery };
        union {
                STORAGE_DEVICE_DESCRIPTOR device;
                BYTE bytes[ANSWER_BYTES_MIN];
        } answer = { 0 };

        if (pf_windows_call_device(path, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query),
                                   &answer, sizeof(answer)) != 0)
                return false;
        disk->bus = (uint32_t) answer.device.BusType;
        return answer.device.RemovableMedia != 0;
}

static int ask_disk(uint32_t number, PfRows *disks) {
        wchar_t path[DEVICE_PATH_MAX];
        PfWindowsDisk *disk = pf_rows_add(disks, sizeof(*disk));
        bool is_removable;
        int r;

        if (!disk)
                return -ENOMEM;
        disk->number = number;
        (void) swprintf(path, DEVICE_PATH_MAX, L"\\\\.\\" DRIVE L"%u", (unsigned) number);
        is_removable = ask_device(path, disk);
        ask_geometry(path, disk);
        r = ask_layout(path, disk);
        /* A reader without a card in it is no disk. */
        if (is_removable &&
            (disk->error == ERROR_NOT_READY || disk->error == ERROR_NO_MEDIA_IN_DRIVE))
                disks->n--;
        return r;
}

/* --- all of them --- */

static int compare(const void *a, const void *b) {
        const uint32_t left = *(const uint32_t *) a, right = *(const uint32_t *) b;

        return (left > right) - (left < right);
}

/* The number of "PhysicalDrive7"; false: another device. */
static bool read_number(const wchar_t *name, uint32_t *ret) {
        const size_t n = wcslen(DRIVE);
        wchar_t *end;

        if (_wcsnicmp(name, DRIVE, n) != 0 || name[n] < L'0' || name[n] > L'9')
                return false;
        *ret = (uint32_t) wcstoul(name + n, &end, 10);
        return *end == L'\0';
}

static int ask_all(PfWindowsDisks *answer, PfErr *err) {
        PF_AUTO_FREE wchar_t *names = NULL;
        PF_AUTO_FREE uint32_t *numbers = NULL;
        DWORD error = pf_windows_call_devices(&names);
        size_t n = 0;
        int r = 0;

        if (error)
                return pf_err_set(err, -EIO, "QueryDosDeviceW: error %lu", error);
        for (const wchar_t *name = names; *name; name += wcslen(name) + 1)
                n++;
        numbers = calloc(n + 1, sizeof(*numbers));
        if (!numbers)
                return -ENOMEM;
        n = 0;
        for (const wchar_t *name = names; *name; name += wcslen(name) + 1)
                n += read_number(name, &numbers[n]);
        qsort(numbers, n, sizeof(*numbers), compare);
        for (size_t i = 0; r == 0 && i < n; i++)
                r = ask_disk(numbers[i], &answer->disks);
        return r;
}

int pf_windows_ask_disks(const char *question, void *ret, PfErr *err) {
        int r = copy_firmware(ret);

        (void) question;
        if (r == 0)
                r = ask_system(ret);
        return r == 0 ? ask_all(ret, err) : r;
}
