/* SPDX-License-Identifier: MIT */
#include <winsock2.h> /* before what includes windows.h */

#include "daemon/platform/win32/windows-ask-call.h"

#include <stdlib.h>
#include <string.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <psapi.h>

#define NAMES_MAX (4u << 20)
#define LIST_BYTES_MAX (32u << 20)
#define TRIES_MAX 8 /* of a list that becomes longer meanwhile */

DWORD pf_windows_call_devices(wchar_t **ret) {
        DWORD error = ERROR_INSUFFICIENT_BUFFER;

        for (DWORD n = 16384; n <= NAMES_MAX && error == ERROR_INSUFFICIENT_BUFFER; n *= 4) {
                wchar_t *names = calloc(n, sizeof(*names));

                if (!names)
                        return ERROR_NOT_ENOUGH_MEMORY;
                if (QueryDosDeviceW(NULL, names, n)) {
                        *ret = names;
                        return 0;
                }
                error = GetLastError();
                free(names);
        }
        return error;
}

DWORD pf_windows_call_device(const wchar_t *path, DWORD code, void *in, DWORD n_in, void *out,
                             DWORD n_out) {
        HANDLE device = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                    OPEN_EXISTING, 0, NULL);
        DWORD n = 0, error;

        if (device == INVALID_HANDLE_VALUE)
                return GetLastError();
        error = DeviceIoControl(device, code, in, n_in, out, n_out, &n, NULL) ? 0 : GetLastError();
        (void) CloseHandle(device);
        return error;
}

typedef BOOL(WINAPI *GetType)(DWORD *type);

DWORD pf_windows_call_firmware(DWORD *ret) {
        GetType get = (GetType) (void *) GetProcAddress(GetModuleHandleW(L"kernel32.dll"),
                                                        "GetFirmwareType");

        if (!get)
                return ERROR_PROC_NOT_FOUND;
        return get(ret) ? 0 : GetLastError();
}

NTSTATUS pf_windows_call_right(LSA_HANDLE policy, LSA_UNICODE_STRING *right, void **ret,
                               ULONG *ret_n) {
        return LsaEnumerateAccountsWithUserRight(policy, right, ret, ret_n);
}

/* Its header cannot be compiled as C for these versions of Windows. */
typedef DWORD(WINAPI *GetState)(const wchar_t *node, DWORD *state);

DWORD pf_windows_call_cluster(DWORD *ret) {
        wchar_t path[MAX_PATH + sizeof("\\clusapi.dll")];
        const UINT n = GetSystemDirectoryW(path, MAX_PATH);
        HMODULE module;
        GetState get;

        if (n == 0 || n >= MAX_PATH)
                return n ? ERROR_INSUFFICIENT_BUFFER : GetLastError();
        (void) wcscpy(path + n, L"\\clusapi.dll");
        module = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
        if (!module)
                return GetLastError() == ERROR_MOD_NOT_FOUND ? 0 : GetLastError();
        get = (GetState) (void *) GetProcAddress(module, "GetNodeClusterState");
        return get ? get(NULL, ret) : ERROR_PROC_NOT_FOUND; /* the library stays loaded */
}

DWORD pf_windows_call_route(bool is_ipv6, const unsigned char *address, DWORD *ret_index) {
        SOCKADDR_INET to = { 0 }, from;
        MIB_IPFORWARD_ROW2 row = { 0 };
        DWORD error;

        to.si_family = is_ipv6 ? AF_INET6 : AF_INET;
        if (is_ipv6)
                memcpy(&to.Ipv6.sin6_addr, address, sizeof(to.Ipv6.sin6_addr));
        else
                memcpy(&to.Ipv4.sin_addr, address, sizeof(to.Ipv4.sin_addr));
        error = GetBestRoute2(NULL, 0, NULL, &to, 0, &row, &from);
        *ret_index = row.InterfaceIndex;
        return error;
}

DWORD pf_windows_call_adapters(void **ret) {
        const ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST |
                            GAA_FLAG_SKIP_DNS_SERVER | GAA_FLAG_INCLUDE_GATEWAYS;
        ULONG n = 16384, error = ERROR_BUFFER_OVERFLOW;

        for (unsigned i = 0; i < TRIES_MAX && error == ERROR_BUFFER_OVERFLOW; i++) {
                void *list = n <= LIST_BYTES_MAX ? malloc(n) : NULL;

                if (!list)
                        return ERROR_NOT_ENOUGH_MEMORY;
                error = GetAdaptersAddresses(AF_UNSPEC, flags, NULL, list, &n);
                if (error == 0)
                        *ret = list;
                else
                        free(list);
        }
        return error;
}

DWORD pf_windows_call_tcp(ULONG family, void **ret) {
        DWORD n = 65536, error = ERROR_INSUFFICIENT_BUFFER;

        for (unsigned i = 0; i < TRIES_MAX && error == ERROR_INSUFFICIENT_BUFFER; i++) {
                void *table = n <= LIST_BYTES_MAX ? malloc(n) : NULL;

                if (!table)
                        return ERROR_NOT_ENOUGH_MEMORY;
                error = GetExtendedTcpTable(table, &n, FALSE, family, TCP_TABLE_OWNER_PID_ALL, 0);
                if (error == 0)
                        *ret = table;
                else
                        free(table);
                n += 4096;
        }
        return error;
}

DWORD pf_windows_call_memory(PERFORMANCE_INFORMATION *ret) {
        return GetPerformanceInfo(ret, sizeof(*ret)) ? 0 : GetLastError();
}

DWORD pf_windows_call_no_change(SC_HANDLE service) {
        return ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                                    SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
                       ? 0
                       : GetLastError();
}
