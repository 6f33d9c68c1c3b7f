/* SPDX-License-Identifier: MIT */
/* What netapi32 says of the domain, its controllers and their clock, and of shares. */
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#include <dsgetdc.h>
#include <lm.h>

#include "daemon/base/clock.h"

static void free_buffer(void *buffer) {
        void **pointer = buffer;

        if (*pointer)
                (void) NetApiBufferFree(*pointer);
}
#define AUTO_BUFFER PF_CLEANUP(free_buffer)

int pf_windows_ask_join(const char *question, void *ret, PfErr *err) {
        NETSETUP_JOIN_STATUS status = NetSetupUnknownStatus;
        AUTO_BUFFER wchar_t *name = NULL;
        PfWindowsJoin *answer = ret;

        (void) question;
        (void) err;
        answer->error = NetGetJoinInformation(NULL, &name, &status);
        if (answer->error)
                return 0;
        answer->status = (uint32_t) status;
        return pf_windows_copy(name, &answer->name);
}

int pf_windows_ask_controller(const char *question, void *ret, PfErr *err) {
        AUTO_BUFFER DOMAIN_CONTROLLER_INFOW *info = NULL;
        PfWindowsController *answer = ret;
        int r;

        (void) question;
        (void) err;
        answer->error = DsGetDcNameW(NULL, NULL, NULL, NULL,
                                     DS_FORCE_REDISCOVERY | DS_DIRECTORY_SERVICE_REQUIRED, &info);
        if (answer->error || !info)
                return 0;
        r = pf_windows_copy(info->DomainControllerName, &answer->name);
        return r == 0 ? pf_windows_copy(info->DomainControllerAddress, &answer->address) : r;
}

/* A secure channel, and a clock to agree with, are of members alone. */
static int expect_member(PfErr *err) {
        NETSETUP_JOIN_STATUS status = NetSetupUnknownStatus;
        AUTO_BUFFER wchar_t *name = NULL;
        DWORD error = NetGetJoinInformation(NULL, &name, &status);

        return error == 0 && status == NetSetupDomainName
                       ? 0
                       : pf_err_set(err, -ENOTSUP, "the machine is in no domain");
}

/* TC_VERIFY, [MS-NRPC] 3.5.4.9.1: takes the name, and answers with level 2. */
int pf_windows_ask_channel(const char *domain, void *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(domain);
        AUTO_BUFFER NETLOGON_INFO_2 *info = NULL;
        PfWindowsChannel *answer = ret;
        int r;

        if (!wide)
                return pf_err_set(err, -errno, "%s: no name of a domain", domain);
        r = expect_member(err);
        if (r < 0)
                return r;
        answer->error = I_NetLogonControl2(NULL, NETLOGON_CONTROL_TC_VERIFY, 2, (BYTE *) &wide,
                                           (BYTE **) &info);
        if (answer->error)
                return 0;
        if (!info)
                return pf_err_set(err, -EIO, "I_NetLogonControl2 says nothing");
        answer->status = info->netlog2_tc_connection_status;
        answer->flags = info->netlog2_flags;
        answer->pdc_status = info->netlog2_pdc_connection_status;
        return pf_windows_copy(info->netlog2_trusted_dc_name, &answer->controller);
}

int pf_windows_ask_time(const char *server, void *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(server);
        AUTO_BUFFER TIME_OF_DAY_INFO *info = NULL;
        PfWindowsTime *answer = ret;
        uint64_t before, after;
        int r;

        if (!wide)
                return pf_err_set(err, -errno, "%s: no name of a server", server);
        r = expect_member(err);
        if (r < 0)
                return r;
        before = pf_clock_realtime_usec();
        answer->error = NetRemoteTOD(wide, (BYTE **) &info);
        after = pf_clock_realtime_usec();
        if (answer->error)
                return 0;
        if (!info)
                return pf_err_set(err, -EIO, "NetRemoteTOD says nothing");
        answer->here_usec = before + (after - before) / 2;
        answer->there_usec =
                info->tod_elapsedt * UINT64_C(1000000) + info->tod_hunds * UINT64_C(10000);
        return 0;
}

int pf_windows_ask_share(const char *name, void *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(name);
        AUTO_BUFFER SHARE_INFO_2 *info = NULL;
        PfWindowsShare *answer = ret;

        if (!wide)
                return pf_err_set(err, -errno, "%s: no name of a share", name);
        answer->error = NetShareGetInfo(NULL, wide, 2, (BYTE **) &info);
        if (answer->error)
                return 0;
        if (!info)
                return pf_err_set(err, -EIO, "NetShareGetInfo says nothing");
        answer->type = info->shi2_type;
        return pf_windows_copy(info->shi2_path, &answer->path);
}
