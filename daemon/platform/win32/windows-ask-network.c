/* SPDX-License-Identifier: MIT */
/* What netapi32 says of the domain and of shares, and clusapi of the cluster. */
#include "daemon/platform/win32/windows-ask.h"

#include <windows.h>

#include <dsgetdc.h>
#include <lm.h>

/* netlogon's header is not in every SDK: NetLogon Control, [MS-NRPC] 3.5.4.9.1 */
#define CONTROL_TC_VERIFY 10
typedef struct TrustInfo { /* NETLOGON_INFO_2 */
        DWORD flags;
        DWORD pdc_status;
        wchar_t *trusted_dc_name;
        DWORD tc_status;
} TrustInfo;
typedef DWORD(WINAPI *Control)(const wchar_t *server, DWORD function, DWORD level, BYTE *data,
                               BYTE **buffer);
typedef DWORD(WINAPI *ClusterState)(const wchar_t *node, DWORD *state);

static void free_buffer(void *buffer) {
        void **pointer = buffer;

        if (*pointer)
                (void) NetApiBufferFree(*pointer);
}
#define AUTO_BUFFER PF_CLEANUP(free_buffer)

int pf_windows_ask_join(PfWindowsJoin *ret, PfErr *err) {
        AUTO_BUFFER wchar_t *name = NULL;
        NETSETUP_JOIN_STATUS status = NetSetupUnknownStatus;

        (void) err;
        *ret = (PfWindowsJoin){ 0 };
        ret->error = NetGetJoinInformation(NULL, &name, &status);
        ret->status = (uint32_t) status;
        ret->name = ret->error ? NULL : pf_windows_text(name);
        return 0;
}

int pf_windows_ask_controller(PfWindowsController *ret, PfErr *err) {
        AUTO_BUFFER DOMAIN_CONTROLLER_INFOW *info = NULL;

        (void) err;
        *ret = (PfWindowsController){ 0 };
        ret->error = DsGetDcNameW(NULL, NULL, NULL, NULL,
                                  DS_FORCE_REDISCOVERY | DS_DIRECTORY_SERVICE_REQUIRED, &info);
        if (ret->error == 0 && info) {
                ret->name = pf_windows_text(info->DomainControllerName);
                ret->address = pf_windows_text(info->DomainControllerAddress);
        }
        return 0;
}

/* A function of a library of the system, or NULL. */
static FARPROC find_function(const wchar_t *library, const char *name) {
        HMODULE module = LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);

        return module ? GetProcAddress(module, name) : NULL; /* it stays loaded */
}

int pf_windows_ask_channel(const char *domain, PfWindowsChannel *ret, PfErr *err) {
        Control control = (Control) (void *) find_function(L"netapi32.dll", "I_NetLogonControl2");
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(domain);
        AUTO_BUFFER TrustInfo *info = NULL;

        if (!control || !wide)
                return pf_err_set(err, -ENOTSUP, "I_NetLogonControl2 cannot be called");
        *ret = (PfWindowsChannel){ 0 };
        ret->error = control(NULL, CONTROL_TC_VERIFY, 2, (BYTE *) &wide, (BYTE **) &info);
        if (ret->error == 0 && info) {
                ret->status = info->tc_status;
                ret->controller = pf_windows_text(info->trusted_dc_name);
        }
        return ret->error == 0 && !info ? pf_err_set(err, -EIO, "I_NetLogonControl2 says nothing")
                                        : 0;
}

int pf_windows_ask_share(const char *name, PfWindowsShare *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(name);
        AUTO_BUFFER SHARE_INFO_2 *info = NULL;

        if (!wide)
                return pf_err_set(err, -EINVAL, "%s: no name of a share", name);
        *ret = (PfWindowsShare){ 0 };
        ret->error = NetShareGetInfo(NULL, wide, 2, (BYTE **) &info);
        if (ret->error == 0 && info) {
                ret->type = info->shi2_type;
                ret->path = pf_windows_text(info->shi2_path);
        }
        return 0;
}

/* Without the library there is no clustering. */
int pf_windows_ask_cluster(PfWindowsCluster *ret, PfErr *err) {
        ClusterState state =
                (ClusterState) (void *) find_function(L"clusapi.dll", "GetNodeClusterState");
        DWORD found = 0;

        (void) err;
        *ret = (PfWindowsCluster){ 0 };
        if (state)
                ret->error = state(NULL, &found);
        ret->state = found;
        return 0;
}
