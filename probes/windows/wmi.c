/* SPDX-License-Identifier: MIT */
/*
 * windows.wmi: can the installer be started through WMI? Its service and those of RPC
 * below it, DCOM, the namespace itself, and the firewall on both ways in: the mapper of
 * end points, and the port that RPC gives to WMI.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/windows/push.h"

#define OLE "HKLM\\SOFTWARE\\Microsoft\\Ole"
#define DCOM_POLICY "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\DCOM"
#define RPC_PORTS "HKLM\\SOFTWARE\\Microsoft\\Rpc\\Internet"
#define DCOM "DCOM"
#define NAMESPACE "root\\cimv2"
#define PORTS "RPC ports"
#define MAPPER 135
#define DYNAMIC_FIRST 49152
#define DYNAMIC_LAST 65535

/* E_ACCESSDENIED, WBEM_E_ACCESS_DENIED: of who asks here, not of the installer */
static bool is_denied(uint32_t hresult) {
        return hresult == 0x80070005u || hresult == 0x80041003u;
}

/* RPC_E_TIMEOUT, WBEM_S_TIMEDOUT: which say nothing of the repository */
static bool is_late(uint32_t hresult) {
        return hresult == PF_COM_TIMEOUT || hresult == 0x00040004u;
}

static void advise_namespace(PfRegistryLook *look, uint32_t hresult) {
        if (hresult == 0 || is_denied(hresult))
                return;
        pf_finding_reason(&look->findings, is_late(hresult) ? "wmi-late" : "wmi-broken");
        if (is_late(hresult))
                pf_finding_remedy(&look->findings,
                                  "find out what keeps the service Winmgmt busy, and ask again");
        else
                pf_finding_remedy(&look->findings,
                                  "winmgmt /verifyrepository, and winmgmt /salvagerepository by "
                                  "hand where it is inconsistent");
}

/* Asked before its service is: to ask starts it. */
static int judge_namespace(PfRegistryLook *look) {
        char place[PF_WINDOWS_TEXT_MAX], text[64];
        PfWindowsCom com = { 0 };
        int r = pf_look_fact(look, NAMESPACE, PF_WINDOWS_COM, "cimv2", &com);

        if (r != 0)
                return r < 0 ? r : 0;
        if (com.hresult == 0)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, NAMESPACE, "WMI answers");
        else if (is_denied(com.hresult))
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, NAMESPACE,
                               "whether WMI answers may not be asked");
        else if (is_late(com.hresult))
                pf_finding_add(&look->findings, PF_FINDING_BAD, NAMESPACE,
                               "WMI does not answer in time");
        else
                pf_finding_add(&look->findings, PF_FINDING_BAD, NAMESPACE,
                               "WMI does not answer: 0x%08X", (unsigned) com.hresult);
        (void) snprintf(place, sizeof(place), "WMI, %.64s", com.step ? com.step : NAMESPACE);
        (void) snprintf(text, sizeof(text), "0x%08X", (unsigned) com.hresult);
        pf_look_said(look, place, text, com.hresult ? "0x00000000" : NULL);
        advise_namespace(look, com.hresult);
        pf_windows_fact_deinit(PF_WINDOWS_COM, &com);
        return 0;
}

static int judge_services(PfRegistryLook *look) {
        static const char *const services[] = { "DcomLaunch", "RpcEptMapper", "RpcSs", "Winmgmt" };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(services) && r == 0; i++)
                r = pf_look_runs(look, services[i], services[i]);
        return r;
}

static bool is_yes(const char *text) {
        return strcasecmp(text, "Y") == 0;
}

/*
 * "Machine Launch Restrictions" and "Machine Access Restrictions" of a policy: security
 * descriptors as texts, which go before those of the machine, and which nobody here judges.
 */
static int judge_restriction(PfRegistryLook *look, bool *is_restricted) {
        static const char *const values[] = { "MachineLaunchRestriction",
                                              "MachineAccessRestriction" };
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, DCOM, DCOM_POLICY, &key);

        for (size_t i = 0; i < PF_ELEMENTS(values) && r == 0; i++) {
                const PfRegistryValue *value = pf_registry_value(&key, values[i]);

                if (!value || (value->text && !*value->text))
                        continue;
                *is_restricted = true;
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, DCOM,
                               "a policy restricts DCOM, and whether it lets administrators in "
                               "from other machines was not looked at");
                pf_look_evidence(look, &key, values[i], NULL);
                pf_finding_reason(&look->findings, "dcom-restricted");
        }
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

static int judge_dcom(PfRegistryLook *look) {
        PF_AUTO_FREE char *enabled = NULL;
        bool is_restricted = false;
        int r = judge_restriction(look, &is_restricted);

        if (r == 0)
                r = pf_look_text(look, DCOM, OLE, "EnableDCOM", &enabled);
        if (r < 0 || r == PF_LOOKED_FAILED || (r == 0 && is_restricted && is_yes(enabled)))
                return r < 0 ? r : 0;
        if (r == PF_LOOKED_ABSENT)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, DCOM,
                               "the registry does not say whether DCOM is on");
        else if (is_yes(enabled))
                pf_finding_add(&look->findings, PF_FINDING_GOOD, DCOM, "DCOM is on");
        else
                pf_finding_add(&look->findings, PF_FINDING_BAD, DCOM, "DCOM is switched off");
        pf_look_evidence_at(look, OLE, "EnableDCOM", enabled, "Y");
        if (r == 0 && !is_yes(enabled)) {
                pf_finding_reason(&look->findings, "dcom-off");
                pf_finding_remedy(&look->findings, "set EnableDCOM to Y, and restart the machine");
        }
        return 0;
}

/* --- the ports of RPC --- */

/* "5000-5100" or "5000". */
static bool widen(const char *text, PfFirewallDoor *door, bool *is_first) {
        unsigned first, last;
        char rest;
        int n = sscanf(text, "%5u-%5u%c", &first, &last, &rest);

        if (n == 1)
                last = first;
        if (n < 1 || n > 2 || first > last || last > UINT16_MAX)
                return false;
        if (*is_first || first < door->first)
                door->first = (uint16_t) first;
        if (*is_first || last > door->last)
                door->last = (uint16_t) last;
        *is_first = false;
        return true;
}

static bool has_yes(const PfRegistryKey *key, const char *name) {
        const PfRegistryValue *value = pf_registry_value(key, name);

        return value && value->text && is_yes(value->text);
}

/* Where ports are set apart for RPC, all of them may be it. */
static int read_ports(PfRegistryLook *look, PfFirewallDoor *door) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, PORTS, RPC_PORTS, &key);
        const PfRegistryValue *ports = r == 0 ? pf_registry_value(&key, "Ports") : NULL;
        bool is_first = true, is_read = true;

        if (r != 0 || !ports || !has_yes(&key, "PortsInternetAvailable") ||
            !has_yes(&key, "UseInternetPorts"))
                return r == PF_LOOKED_ABSENT ? 0 : r;
        for (size_t i = 0; i < ports->texts.n && is_read; i++)
                is_read = !*ports->texts.items[i] || widen(ports->texts.items[i], door, &is_first);
        if (!is_read || is_first) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, PORTS,
                               "which ports RPC gives to its servers is not understood");
                pf_look_evidence(look, &key, "Ports", "5000-5100");
                return PF_LOOKED_FAILED;
        }
        pf_finding_add(&look->findings, PF_FINDING_GOOD, PORTS,
                       "RPC gives the ports %u to %u to its servers", (unsigned) door->first,
                       (unsigned) door->last);
        pf_look_evidence(look, &key, "Ports", NULL);
        return 0;
}

static int judge_firewall(PfRegistryLook *look, const PfDemand *demand) {
        static const PfFirewallDoor mapper = { .what = "TCP 135",
                                               .first = MAPPER,
                                               .last = MAPPER,
                                               .app = "svchost.exe",
                                               .service = "RpcSs",
                                               .group = PF_FIREWALL_WMI };
        PfFirewallDoor wmi = { .what = "WMI",
                               .first = DYNAMIC_FIRST,
                               .last = DYNAMIC_LAST,
                               .is_rpc = true,
                               .app = "svchost.exe",
                               .service = "Winmgmt",
                               .group = PF_FIREWALL_WMI };
        PF_AUTO_WINDOWS_NETWORK PfWindowsNetwork network = { 0 };
        PF_AUTO_FIREWALL PfFirewall firewall = { 0 };
        int r = pf_windows_network_ask(look->target, demand, &network);

        if (r == 0)
                r = read_ports(look, &wmi);
        if (r == 0)
                r = pf_firewall_load(look, &network, &firewall);
        if (r == 0)
                r = pf_firewall_judge(look, &firewall, &mapper);
        if (r == 0)
                r = pf_firewall_judge(look, &firewall, &wmi);
        return r < 0 ? r : 0;
}

int pf_windows_judge_wmi(PfRegistryLook *look, const PfDemand *demand) {
        int r = judge_namespace(look);

        if (r == 0)
                r = judge_services(look);
        if (r == 0)
                r = judge_dcom(look);
        if (r == 0)
                r = pf_windows_judge_listener(look, "listener", MAPPER);
        return r == 0 ? judge_firewall(look, demand) : r;
}
