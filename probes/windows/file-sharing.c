/* SPDX-License-Identifier: MIT */
/*
 * windows.file-sharing: does C$ open to the installer? The Server service, the share that
 * it makes by itself, SMB, the adapter that it is bound to, and the firewall.
 */
#include <string.h>
#include <strings.h>

#include "probes/windows/push.h"

#define SERVER_SERVICE "Server service"
#define SHARE "C$"
#define AUTOMATIC "automatic shares"
#define BINDING "binding"
#define SERVER PF_SERVICES "\\LanmanServer"
#define PARAMETERS SERVER "\\Parameters"
#define NETBT PF_SERVICES "\\NetBT\\Parameters"
#define EXPLORER "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer"
#define PORT 445

/* lmerr.h, lmshare.h */
#define NET_NAME_NOT_FOUND 2310
#define SERVER_NOT_STARTED 2114
#define TYPE_SPECIAL 0x80000000u

/* --- the share --- */

static void judge_found_share(PfRegistryLook *look, const PfWindowsShare *share) {
        if (share->error == 0 && (share->type & TYPE_SPECIAL))
                pf_finding_add(&look->findings, PF_FINDING_GOOD, SHARE, "C$ is shared");
        else if (share->error == 0)
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, SHARE,
                               "C$ is shared by hand, not as Windows does for administrators");
        else if (share->error == NET_NAME_NOT_FOUND || share->error == SERVER_NOT_STARTED)
                pf_finding_add(&look->findings, PF_FINDING_BAD, SHARE, "C$ is not shared");
        else
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, SHARE,
                               "Windows does not tell whether C$ is shared");
        if (share->error)
                pf_look_said_error(look, "NetShareGetInfo(C$)", share->error);
        else
                pf_look_said(look, "NetShareGetInfo(C$)", share->path ? share->path : "shared",
                             NULL);
        if (share->error == NET_NAME_NOT_FOUND) {
                pf_finding_reason(&look->findings, "share-missing");
                pf_finding_remedy(
                        &look->findings,
                        "let AutoShareServer and AutoShareWks be as Windows has them, and "
                        "restart the Server service, which makes C$");
        }
}

static int judge_share(PfRegistryLook *look, bool *ret_is_shared) {
        PfWindowsShare share = { 0 };
        int r = pf_look_fact(look, SHARE, PF_WINDOWS_SHARE, SHARE, &share);

        if (r != 0)
                return r < 0 ? r : 0;
        judge_found_share(look, &share);
        *ret_is_shared = share.error == 0;
        pf_windows_fact_deinit(PF_WINDOWS_SHARE, &share);
        return 0;
}

/* A share that is there goes with the next start of the service. */
static int judge_automatic(PfRegistryLook *look, bool is_shared) {
        const char *value = "AutoShareServer";
        PfProduct product = PF_PRODUCT_SERVER;
        uint64_t number = 1;
        int r = pf_look_product(look, AUTOMATIC, &product);

        if (r == 0 && product == PF_PRODUCT_WORKSTATION)
                value = "AutoShareWks";
        if (r == 0)
                r = pf_look_number(look, AUTOMATIC, PARAMETERS, value, &number);
        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (number != 0) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, AUTOMATIC,
                               "Windows shares C$ by itself");
                pf_look_evidence_at(look, PARAMETERS, value, r == 0 ? "dword 1" : "not there",
                                    NULL);
                return 0;
        }
        if (is_shared)
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, AUTOMATIC,
                               "C$ will not be shared when the Server service starts again");
        else
                pf_finding_add(&look->findings, PF_FINDING_BAD, AUTOMATIC,
                               "Windows is kept from sharing C$");
        pf_look_evidence_at(look, PARAMETERS, value, "dword 0", "not there");
        pf_finding_reason(&look->findings, "share-off");
        pf_finding_remedy(&look->findings, "delete %s, and restart the Server service", value);
        return 0;
}

/* --- SMB --- */

/* A switch that is off stands in the way; one that is not there is on. */
static int judge_switch(PfRegistryLook *look, const char *path, const char *value, bool is_smb2) {
        uint64_t number = 1;
        int r = pf_look_number(look, "SMB", path, value, &number);

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (number != 0) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, "SMB", "SMB is not switched off");
                pf_look_evidence_at(look, path, value, r == 0 ? "dword 1" : "not there", NULL);
                return 0;
        }
        if (is_smb2)
                pf_finding_add(&look->findings, PF_FINDING_BAD, "SMB", "SMB 2 is switched off");
        else
                pf_finding_add(&look->findings, PF_FINDING_BAD, "SMB",
                               "SMB over TCP 445 is switched off");
        pf_look_evidence_at(look, path, value, "dword 0", "not there");
        pf_finding_reason(&look->findings, "smb-off");
        pf_finding_remedy(&look->findings, "delete %s, and restart the machine", value);
        return 0;
}

/* "\Device\Tcpip_{GUID}": is it bound to the adapter by which the installer comes, or
 * where that is not known, to any? */
static bool is_bound(const PfRegistryValue *bind, const PfWindowsAdapter *way) {
        for (size_t i = 0; bind && i < bind->texts.n; i++) {
                const char *id = strchr(bind->texts.items[i], '{');
                const size_t n = way && way->id ? strlen(way->id) : 0;

                if (id && strstr(bind->texts.items[i], "Tcpip_") &&
                    (n == 0 || (strncasecmp(id + 1, way->id, n) == 0 && id[1 + n] == '}')))
                        return true;
        }
        return false;
}

static int judge_binding(PfRegistryLook *look, const PfWindowsNetwork *network) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, BINDING, SERVER "\\Linkage", &key);
        const PfRegistryValue *bind = r == 0 ? pf_registry_value(&key, "Bind") : NULL;

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (!bind || bind->type != PF_REGISTRY_MULTI_SZ) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, BINDING,
                               "to which adapters File and Printer Sharing is bound is not known");
                pf_look_evidence_at(look, SERVER "\\Linkage", "Bind", NULL, "adapters");
        } else if (is_bound(bind, network->way)) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, BINDING,
                               "File and Printer Sharing is bound to an adapter");
                pf_look_evidence(look, &key, "Bind", NULL);
        } else {
                pf_finding_add(&look->findings, PF_FINDING_BAD, BINDING,
                               "File and Printer Sharing is not bound to the adapter");
                pf_look_evidence(look, &key, "Bind", "the adapter by which the installer comes");
                pf_finding_reason(&look->findings, "not-bound");
                pf_finding_remedy(&look->findings,
                                  "switch on File and Printer Sharing for Microsoft Networks in "
                                  "the properties of the adapter");
        }
        return 0;
}

/* --- the policy of old systems --- */

static int count_forbidden(PfRegistryLook *look, size_t *ret) {
        PfWindowsUserPolicy policy = { 0 };
        uint64_t number = 0;
        int r = pf_look_number(look, "policy", EXPLORER, "NoInplaceSharing", &number);

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r;
        *ret = number != 0;
        r = pf_look_fact(look, "policy", PF_WINDOWS_USER_POLICY, "NoInplaceSharing", &policy);
        if (r == 0 && policy.error) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, "policy",
                               "whether a policy keeps users from sharing files is not known");
                pf_look_said_error(look, "HKEY_USERS", policy.error);
        }
        if (r == 0)
                *ret += policy.sids.n;
        pf_windows_fact_deinit(PF_WINDOWS_USER_POLICY, &policy);
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

/* The documentation asks for it of 2008 R2 and older ones; C$ itself does without. */
static int judge_policy(PfRegistryLook *look) {
        char version[PF_WINDOWS_VERSION_MAX];
        size_t n = 0;
        int r = pf_look_version(look, "policy", version);

        if (r != 0)
                return r < 0 ? r : 0;
        if (!pf_windows_is_before(version, 6, 2)) {
                pf_finding_add(&look->findings, PF_FINDING_IDLE, "policy",
                               "policies of sharing do not matter to this Windows");
                return 0;
        }
        r = count_forbidden(look, &n);
        if (r != 0 || n == 0)
                return r < 0 ? r : 0;
        pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, "policy",
                       "a policy keeps users from sharing files of their profile");
        pf_look_evidence_at(look, EXPLORER, "NoInplaceSharing", "1", "not there");
        pf_finding_reason(&look->findings, "sharing-forbidden");
        pf_finding_remedy(&look->findings,
                          "set the policy \"Prevent users from sharing files within their "
                          "profile\" to Disabled");
        return 0;
}

/* --- all of it --- */

static int judge_server(PfRegistryLook *look, const PfWindowsNetwork *network) {
        bool is_shared = false;
        int r = pf_look_runs(look, SERVER_SERVICE, "LanmanServer");

        if (r == 0)
                r = judge_share(look, &is_shared);
        if (r == 0)
                r = judge_automatic(look, is_shared);
        if (r == 0)
                r = judge_switch(look, PARAMETERS, "SMB2", true);
        if (r == 0)
                r = judge_switch(look, NETBT, "SmbDeviceEnabled", false);
        if (r == 0)
                r = judge_binding(look, network);
        return r < 0 ? r : pf_windows_judge_listener(look, "listener", PORT);
}

static int judge_firewall(PfRegistryLook *look, const PfWindowsNetwork *network) {
        static const PfFirewallDoor door = { .what = "TCP 445",
                                             .first = PORT,
                                             .last = PORT,
                                             .app = "System",
                                             .group = PF_FIREWALL_SHARING };
        PF_AUTO_FIREWALL PfFirewall firewall = { 0 };
        int r = pf_firewall_load(look, network, &firewall);

        if (r != 0)
                return r < 0 ? r : 0;
        return pf_firewall_judge(look, &firewall, &door);
}

int pf_windows_judge_sharing(PfRegistryLook *look, const PfDemand *demand) {
        PF_AUTO_WINDOWS_NETWORK PfWindowsNetwork network = { 0 };
        int r = pf_windows_network_ask(look->target, demand, &network);

        if (r == 0)
                r = judge_server(look, &network);
        if (r == 0)
                r = judge_firewall(look, &network);
        return r == 0 ? judge_policy(look) : r;
}
