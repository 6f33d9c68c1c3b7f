/* SPDX-License-Identifier: MIT */
/* What the firewall, and the network list manager, say of the profiles that are in force. */
#define COBJMACROS
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#include <initguid.h> /* what follows is defined here: it is in no library */
#include <netfw.h>
#include <netlistmgr.h>

#define CONNECTIONS_MAX 1024

static void release(void *pointer) {
        IUnknown **object = pointer;

        if (*object)
                (void) IUnknown_Release(*object);
}
#define AUTO_RELEASE PF_CLEANUP(release)

/* --- the firewall --- */

static int stop_at(PfWindowsFirewall *answer, const wchar_t *step, HRESULT hresult) {
        answer->hresult = (uint32_t) hresult;
        return pf_windows_copy(step, &answer->step);
}

static int ask_policy(PfWindowsFirewall *answer) {
        AUTO_RELEASE INetFwPolicy2 *policy = NULL;
        NET_FW_MODIFY_STATE state = NET_FW_MODIFY_STATE_OK;
        LONG profiles = 0;
        HRESULT hresult = CoCreateInstance(&CLSID_NetFwPolicy2, NULL, CLSCTX_INPROC_SERVER,
                                           &IID_INetFwPolicy2, (void **) &policy);

        if (FAILED(hresult))
                return stop_at(answer, L"NetFwPolicy2", hresult);
        hresult = INetFwPolicy2_get_CurrentProfileTypes(policy, &profiles);
        if (FAILED(hresult))
                return stop_at(answer, L"CurrentProfileTypes", hresult);
        hresult = INetFwPolicy2_get_LocalPolicyModifyState(policy, &state);
        if (FAILED(hresult))
                return stop_at(answer, L"LocalPolicyModifyState", hresult);
        answer->profiles = (uint32_t) profiles;
        answer->modify_state = (uint32_t) state;
        return 0;
}

/* --- which adapter has which profile --- */

static uint32_t profile_of(NLM_NETWORK_CATEGORY category) {
        switch (category) {
        case NLM_NETWORK_CATEGORY_PUBLIC:
                return PF_FIREWALL_PUBLIC;
        case NLM_NETWORK_CATEGORY_PRIVATE:
                return PF_FIREWALL_PRIVATE;
        case NLM_NETWORK_CATEGORY_DOMAIN_AUTHENTICATED:
                return PF_FIREWALL_DOMAIN;
        default:
                return 0;
        }
}

static HRESULT read_connection(INetworkConnection *connection, GUID *ret_adapter,
                               uint32_t *ret_profile, VARIANT_BOOL *ret_connected) {
        AUTO_RELEASE INetwork *network = NULL;
        NLM_NETWORK_CATEGORY category;
        HRESULT hresult = INetworkConnection_get_IsConnected(connection, ret_connected);

        if (SUCCEEDED(hresult))
                hresult = INetworkConnection_GetAdapterId(connection, ret_adapter);
        if (SUCCEEDED(hresult))
                hresult = INetworkConnection_GetNetwork(connection, &network);
        if (SUCCEEDED(hresult))
                hresult = INetwork_GetCategory(network, &category);
        if (SUCCEEDED(hresult))
                *ret_profile = profile_of(category);
        return hresult;
}

static int add_connection(INetworkConnection *connection, PfWindowsFirewall *answer) {
        PfWindowsConnection *added;
        char id[PF_WINDOWS_GUID_MAX];
        VARIANT_BOOL connected = VARIANT_FALSE;
        uint32_t profile = 0;
        GUID adapter;
        HRESULT hresult = read_connection(connection, &adapter, &profile, &connected);

        if (FAILED(hresult))
                answer->connection_hresult = (uint32_t) hresult;
        if (FAILED(hresult) || !connected)
                return 0;
        pf_windows_guid_text(&adapter, id);
        added = pf_rows_add(&answer->connections, sizeof(*added));
        if (!added)
                return -ENOMEM;
        added->profile = profile;
        added->adapter = strdup(id);
        return added->adapter ? 0 : -ENOMEM;
}

static HRESULT list_connections(IEnumNetworkConnections **ret) {
        AUTO_RELEASE INetworkListManager *manager = NULL;
        HRESULT hresult = CoCreateInstance(&CLSID_NetworkListManager, NULL, CLSCTX_ALL,
                                           &IID_INetworkListManager, (void **) &manager);

        return SUCCEEDED(hresult) ? INetworkListManager_GetNetworkConnections(manager, ret)
                                  : hresult;
}

static int ask_connections(PfWindowsFirewall *answer) {
        AUTO_RELEASE IEnumNetworkConnections *list = NULL;
        HRESULT hresult = list_connections(&list);
        int r = 0;

        for (unsigned i = 0; r == 0 && SUCCEEDED(hresult) && i < CONNECTIONS_MAX; i++) {
                AUTO_RELEASE INetworkConnection *connection = NULL;
                ULONG n = 0;

                hresult = IEnumNetworkConnections_Next(list, 1, &connection, &n);
                if (hresult != S_OK || n != 1)
                        break;
                r = add_connection(connection, answer);
        }
        if (FAILED(hresult))
                answer->connection_hresult = (uint32_t) hresult;
        return r;
}

int pf_windows_ask_firewall(const char *question, void *ret, PfErr *err) {
        HRESULT hresult = CoInitializeEx(NULL, COINIT_MULTITHREADED);
        int r;

        (void) question;
        (void) err;
        if (FAILED(hresult))
                return stop_at(ret, L"CoInitializeEx", hresult);
        r = ask_policy(ret);
        if (r == 0)
                r = ask_connections(ret);
        CoUninitialize();
        return r;
}
