/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What nothing but a real Windows answers: each function is one call of it. A test puts
 * functions of the same names in their place, which say what was recorded.
 */

#include <stdbool.h>
#include <windows.h>

#include <ntsecapi.h>

/* The names of all devices, each ended by a NUL, and all of them by one more; freed by the
 * caller. Return: an error of Windows. */
DWORD pf_windows_call_devices(wchar_t **ret);

/* DeviceIoControl() of a device that is opened for nothing but its attributes.
 * Return: an error of Windows. */
DWORD pf_windows_call_device(const wchar_t *path, DWORD code, void *in, DWORD n_in, void *out,
                             DWORD n_out);

/* GetFirmwareType(), since Windows 8: 1 BIOS, 2 UEFI. Return: an error of Windows. */
DWORD pf_windows_call_firmware(DWORD *ret);

/* LsaEnumerateAccountsWithUserRight(). What is given is freed with LsaFreeMemory(). */
NTSTATUS pf_windows_call_right(LSA_HANDLE policy, LSA_UNICODE_STRING *right, void **ret,
                               ULONG *ret_n);

/* GetNodeClusterState() of this machine; without its library there is no clustering: 0.
 * Return: an error of Windows. */
DWORD pf_windows_call_cluster(DWORD *ret);

/* GetBestRoute2() from no address in particular. @address: 4 or 16 bytes. @ret_index: of the
 * adapter. Return: an error of Windows. */
DWORD pf_windows_call_route(bool is_ipv6, const unsigned char *address, DWORD *ret_index);

/* GetAdaptersAddresses() of both families, with gateways: a list of IP_ADAPTER_ADDRESSES, freed
 * by the caller as one. Return: an error of Windows. */
DWORD pf_windows_call_adapters(void **ret);

/* GetExtendedTcpTable() of a family: MIB_TCPTABLE_OWNER_PID or that of IPv6, freed by the
 * caller. Return: an error of Windows. */
DWORD pf_windows_call_tcp(ULONG family, void **ret);

/* ChangeServiceConfigW() that changes nothing: would the service manager take a change?
 * Return: an error of Windows. */
DWORD pf_windows_call_no_change(SC_HANDLE service);

/* GetPerformanceInfo(). Return: an error of Windows. */
struct _PERFORMANCE_INFORMATION;
DWORD pf_windows_call_memory(struct _PERFORMANCE_INFORMATION *ret);
