/* SPDX-License-Identifier: MIT */
/*
 * In the place of daemon/platform/win32/windows-ask-call.c: what each of its calls said on
 * a Windows, as a file tells it.
 *
 *   [devices]  error, names (with ',')
 *   [firmware] error, type
 *   [volume]   error, extents ("disk:offset:length", with ',')
 *   [disk 0]   error, style (0 MBR, 1 GPT, 2 raw), id, partitions
 *              ("type:active:offset:length"), size, sector, bus, removable, geometryError
 *   [database] error (of the service manager's; without it the real one is asked)
 *   [rights]   status; allowed, denied (SIDs, with ',')
 *   [cluster]  error, state, hangs
 *   [adapters] error, names (with ','); of each [adapter NAME] index, type, down, dhcp,
 *              address, prefix, gateway (of IPv4)
 *   [tcp]      error, listen (ports at 0.0.0.0, with ','), used (how many ports from 49152 on)
 *   [memory]   error, limit, total, free (in MiB)
 *   [route A]  error, index: to the address A, as its bytes are written ("192.0.2.7")
 */
#include <winsock2.h> /* before what includes windows.h */

#include "daemon/platform/win32/windows-ask-call.h"

#include <stddef.h>
#include <stdio.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <psapi.h>

#include <objbase.h>
#include <sddl.h>
#include <winioctl.h>

#include "tests/windows/asks/said.h"

#define HANG_STEP_MSEC 20

DWORD pf_windows_call_devices(wchar_t **ret) {
        wchar_t text[SAID_MAX], *at = text;
        wchar_t *names = calloc(SAID_MAX, sizeof(*names)), *end = names;

        (void) said_text(L"devices", L"names", text);
        for (const wchar_t *item; (item = said_next(&at, L", ")); end += wcslen(end) + 1)
                (void) wcscpy(end, item);
        *ret = names;
        return (DWORD) said_number(L"devices", L"error", 0);
}

DWORD pf_windows_call_firmware(DWORD *ret) {
        *ret = (DWORD) said_number(L"firmware", L"type", 0);
        return (DWORD) said_number(L"firmware", L"error", 0);
}

/* As a service that does not answer, for as long as the file says so. */
DWORD pf_windows_call_cluster(DWORD *ret) {
        while (said_number(L"cluster", L"hangs", 0))
                Sleep(HANG_STEP_MSEC);
        *ret = (DWORD) said_number(L"cluster", L"state", 0);
        return (DWORD) said_number(L"cluster", L"error", 0);
}

DWORD pf_windows_call_no_change(SC_HANDLE service) {
        const DWORD error = (DWORD) said_number(L"database", L"error", 0);

        if (error)
                return error;
        return ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                                    SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
                       ? 0
                       : GetLastError();
}

/* Freed by Wine's LsaFreeMemory(): it is of the heap of the process. */
NTSTATUS pf_windows_call_right(LSA_HANDLE policy, LSA_UNICODE_STRING *right, void **ret,
                               ULONG *ret_n) {
        const wchar_t *key = wcsstr(right->Buffer, L"Deny") ? L"denied" : L"allowed";
        NTSTATUS status = (NTSTATUS) said_number(L"rights", L"status", 0);
        LSA_ENUMERATION_INFORMATION *holders;
        wchar_t text[SAID_MAX], *at = text;

        (void) policy;
        *ret_n = 0;
        *ret = NULL;
        if (status)
                return status;
        holders = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 64 * sizeof(*holders));
        (void) said_text(L"rights", key, text);
        for (const wchar_t *item; (item = said_next(&at, L", "));)
                if (!ConvertStringSidToSidW(item, &holders[(*ret_n)++].Sid))
                        return (NTSTATUS) 0xC0000078; /* STATUS_INVALID_SID */
        *ret = holders;
        return *ret_n ? 0 : (NTSTATUS) 0x8000001A; /* STATUS_NO_MORE_ENTRIES */
}

/* --- drivers --- */

static LONGLONG next_number(wchar_t **at) {
        const wchar_t *item = said_next(at, L":");

        return item ? (LONGLONG) wcstoull(item, NULL, 0) : 0;
}

static DWORD say_extents(const wchar_t *section, void *out, DWORD n_out) {
        VOLUME_DISK_EXTENTS *extents = out;
        wchar_t text[SAID_MAX], *at = text, *item;
        DWORD n = 0;

        (void) said_text(section, L"extents", text);
        while ((item = said_next(&at, L", "))) {
                if (offsetof(VOLUME_DISK_EXTENTS, Extents) + (n + 1) * sizeof(DISK_EXTENT) > n_out)
                        return ERROR_MORE_DATA;
                extents->Extents[n].DiskNumber = (DWORD) next_number(&item);
                extents->Extents[n].StartingOffset.QuadPart = next_number(&item);
                extents->Extents[n++].ExtentLength.QuadPart = next_number(&item);
        }
        extents->NumberOfDiskExtents = (DWORD) said_number(section, L"claimed", n);
        return 0;
}

static GUID guid_of(const wchar_t *text) {
        wchar_t braced[64];
        GUID guid = { 0 };

        (void) swprintf(braced, 64, L"{%ls}", text);
        (void) CLSIDFromString(braced, &guid);
        return guid;
}

static DWORD say_layout(const wchar_t *section, void *out, DWORD n_out) {
        DRIVE_LAYOUT_INFORMATION_EX *layout = out;
        const DWORD style = (DWORD) said_number(section, L"style", 0);
        wchar_t text[SAID_MAX], *at = text, *item;
        DWORD n = 0;

        (void) said_text(section, L"id", text);
        layout->PartitionStyle = style;
        if (style == PARTITION_STYLE_GPT)
                layout->Gpt.DiskId = guid_of(text);
        else
                layout->Mbr.Signature = (DWORD) wcstoul(text, NULL, 16);
        (void) said_text(section, L"partitions", text);
        while ((item = said_next(&at, L", "))) {
                PARTITION_INFORMATION_EX *partition = &layout->PartitionEntry[n];
                const wchar_t *type = said_next(&item, L":");
                const bool active = next_number(&item);

                if ((size_t) ((BYTE *) ++partition - (BYTE *) out) > n_out)
                        return ERROR_INSUFFICIENT_BUFFER;
                --partition;
                partition->PartitionStyle = (PARTITION_STYLE) style;
                partition->StartingOffset.QuadPart = next_number(&item);
                partition->PartitionLength.QuadPart = next_number(&item);
                if (style == PARTITION_STYLE_GPT)
                        partition->Gpt.PartitionType = guid_of(type);
                else
                        partition->Mbr.PartitionType = (BYTE) wcstoul(type, NULL, 16);
                if (style == PARTITION_STYLE_MBR)
                        partition->Mbr.BootIndicator = active;
                n++;
        }
        layout->PartitionCount = (DWORD) said_number(section, L"claimed", n);
        return 0;
}

static DWORD say_geometry(const wchar_t *section, DISK_GEOMETRY_EX *geometry) {
        geometry->DiskSize.QuadPart = (LONGLONG) said_number(section, L"size", 0);
        geometry->Geometry.BytesPerSector = (DWORD) said_number(section, L"sector", 512);
        return (DWORD) said_number(section, L"geometryError", 0);
}

static DWORD say_device(const wchar_t *section, STORAGE_DEVICE_DESCRIPTOR *device) {
        device->BusType = (STORAGE_BUS_TYPE) said_number(section, L"bus", BusTypeSata);
        device->RemovableMedia = said_number(section, L"removable", 0) != 0;
        return 0;
}

DWORD pf_windows_call_device(const wchar_t *path, DWORD code, void *in, DWORD n_in, void *out,
                             DWORD n_out) {
        wchar_t section[64] = L"volume";
        const wchar_t *number = wcsstr(path, L"PhysicalDrive");

        (void) in;
        (void) n_in;
        if (number)
                (void) swprintf(section, 64, L"disk %ls", number + wcslen(L"PhysicalDrive"));
        switch (code) {
        case IOCTL_DISK_GET_DRIVE_GEOMETRY_EX:
                return say_geometry(section, out);
        case IOCTL_STORAGE_QUERY_PROPERTY:
                return say_device(section, out);
        default:
                if (said_number(section, L"error", 0))
                        return (DWORD) said_number(section, L"error", 0);
                return code == IOCTL_DISK_GET_DRIVE_LAYOUT_EX ? say_layout(section, out, n_out)
                                                              : say_extents(section, out, n_out);
        }
}

/* --- the network --- */

DWORD pf_windows_call_route(bool is_ipv6, const unsigned char *address, DWORD *ret_index) {
        wchar_t section[64];

        if (is_ipv6)
                (void) swprintf(section, 64, L"route IPv6");
        else
                (void) swprintf(section, 64, L"route %u.%u.%u.%u", address[0], address[1],
                                address[2], address[3]);
        *ret_index = (DWORD) said_number(section, L"index", 0);
        return (DWORD) said_number(section, L"error", *ret_index ? 0 : ERROR_NETWORK_UNREACHABLE);
}

static SOCKET_ADDRESS say_address(SaidBlock *block, const wchar_t *section, const wchar_t *key) {
        SOCKADDR_IN *name = said_take(block, sizeof(*name));
        wchar_t text[SAID_MAX];

        *name = (SOCKADDR_IN){ .sin_family = AF_INET };
        if (said_text(section, key, text))
                (void) InetPtonW(AF_INET, text, &name->sin_addr);
        return (SOCKET_ADDRESS){ (SOCKADDR *) name, sizeof(*name) };
}

static void say_adapter(SaidBlock *block, const wchar_t *name, IP_ADAPTER_ADDRESSES *adapter) {
        IP_ADAPTER_UNICAST_ADDRESS *address = said_take(block, sizeof(*address));
        IP_ADAPTER_GATEWAY_ADDRESS *gateway = said_take(block, sizeof(*gateway));
        wchar_t section[128], text[SAID_MAX];
        char *id = said_take(block, 64);

        (void) swprintf(section, 128, L"adapter %ls", name);
        adapter->IfIndex = (DWORD) said_number(section, L"index", 4);
        adapter->IfType = (DWORD) said_number(section, L"type", IF_TYPE_ETHERNET_CSMACD);
        adapter->OperStatus = said_number(section, L"down", 0) ? IfOperStatusDown : IfOperStatusUp;
        adapter->Flags = said_number(section, L"dhcp", 0) ? IP_ADAPTER_DHCP_ENABLED : 0;
        (void) snprintf(id, 64, "{00000000-0000-0000-0000-0000000000%02x}",
                        (unsigned) adapter->IfIndex);
        adapter->AdapterName = id;
        adapter->FriendlyName = wcscpy(said_take(block, 256), name);
        adapter->Description = adapter->FriendlyName;
        if (said_text(section, L"address", text)) {
                address->Address = say_address(block, section, L"address");
                address->OnLinkPrefixLength = (UINT8) said_number(section, L"prefix", 24);
                address->DadState = IpDadStatePreferred;
                adapter->FirstUnicastAddress = address;
        }
        if (said_text(section, L"gateway", text)) {
                gateway->Address = say_address(block, section, L"gateway");
                adapter->FirstGatewayAddress = gateway;
        }
}

DWORD pf_windows_call_adapters(void **ret) {
        const DWORD error = (DWORD) said_number(L"adapters", L"error", 0);
        wchar_t names[SAID_MAX], *at = names;
        SaidBlock block = { error ? NULL : calloc(1, SAID_BLOCK_BYTES) };
        IP_ADAPTER_ADDRESSES *last = NULL;
        void *all;

        if (error)
                return error;
        all = block.at;
        (void) said_text(L"adapters", L"names", names);
        for (const wchar_t *name; (name = said_next(&at, L","));) {
                IP_ADAPTER_ADDRESSES *adapter = said_take(&block, sizeof(*adapter));

                say_adapter(&block, name, adapter);
                if (last)
                        last->Next = adapter;
                last = adapter;
        }
        if (!last) {
                free(all);
                return ERROR_NO_DATA;
        }
        *ret = all;
        return 0;
}

/* Of IPv4 all of it; of IPv6 there is none. */
DWORD pf_windows_call_tcp(ULONG family, void **ret) {
        const DWORD error = (DWORD) said_number(L"tcp", L"error", 0);
        const DWORD n_used = (DWORD) said_number(L"tcp", L"used", 0);
        wchar_t text[SAID_MAX], *at = text;
        MIB_TCPTABLE_OWNER_PID *table;

        if (error)
                return error;
        table = calloc(1, sizeof(*table) + (n_used + 64) * sizeof(*table->table));
        *ret = table;
        if (family != AF_INET)
                return 0;
        (void) said_text(L"tcp", L"listen", text);
        for (const wchar_t *item; (item = said_next(&at, L", "));)
                table->table[table->dwNumEntries++] =
                        (MIB_TCPROW_OWNER_PID){ .dwState = MIB_TCP_STATE_LISTEN,
                                                .dwLocalPort =
                                                        htons((u_short) wcstoul(item, NULL, 10)),
                                                .dwOwningPid = 4 };
        for (DWORD i = 0; i < n_used; i++)
                table->table[table->dwNumEntries++] =
                        (MIB_TCPROW_OWNER_PID){ .dwState = MIB_TCP_STATE_ESTAB,
                                                .dwLocalPort = htons((u_short) (49152 + i)) };
        return 0;
}

/* --- memory --- */

DWORD pf_windows_call_memory(PERFORMANCE_INFORMATION *ret) {
        ret->PageSize = 4096;
        ret->CommitLimit = (SIZE_T) said_number(L"memory", L"limit", 0) << 8;
        ret->CommitTotal = (SIZE_T) said_number(L"memory", L"total", 0) << 8;
        ret->PhysicalAvailable = (SIZE_T) said_number(L"memory", L"free", 0) << 8;
        return (DWORD) said_number(L"memory", L"error", 0);
}
