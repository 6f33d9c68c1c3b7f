/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-com: can a provider be registered in the COM+ catalogue? Its services, the
 * catalogue itself, and what a cluster that is gone has left: COM+ prefers a coordinator of
 * transactions that is the cluster's.
 */
#include "probes/windows/ask-look.h"

#define CATALOGUE "COM+ catalogue"
#define CLUSTER "cluster"
#define COORDINATOR "HKLM\\SOFTWARE\\Microsoft\\MSDTC"
#define TM_NOT_AVAILABLE 0x8004E00Fu /* CONTEXT_E_TMNOTAVAILABLE */
#define ACCESS_DENIED 0x80070005u    /* E_ACCESSDENIED */
#define NEVER_STARTED 1077           /* ERROR_SERVICE_NEVER_STARTED: not since the machine was */

static const PfCheck check = { "windows.com" };

/* They are started by those who need them: that they can be is enough. */
static int judge_startable(PfRegistryLook *look, const char *name) {
        char place[PF_WINDOWS_TEXT_MAX], text[PF_WINDOWS_TEXT_MAX];
        PfWindowsService found = { 0 };
        int r = pf_look_fact(look, name, PF_WINDOWS_SERVICE, name, &found);

        if (r != 0)
                return r < 0 ? r : 0;
        if (found.error && found.error != PF_NO_SUCH_SERVICE)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, name,
                               "Windows does not tell the state of the service %s", name);
        else if (found.error || found.start == PF_SERVICE_DISABLED)
                pf_finding_add(&look->findings, PF_FINDING_BAD, name,
                               "the service %s is disabled or missing", name);
        else if (found.state == PF_SERVICE_STOPPED && found.exit_code != 0 &&
                 found.exit_code != NEVER_STARTED)
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, name,
                               "the service %s ended with error %u", name,
                               (unsigned) found.exit_code);
        else
                pf_finding_add(&look->findings, PF_FINDING_GOOD, name,
                               "the service %s can be started", name);
        pf_look_said(look, pf_windows_service_place(name, &found, place),
                     pf_windows_service_text(&found, text), "not disabled");
        if (found.error == PF_NO_SUCH_SERVICE ||
            (!found.error && found.start == PF_SERVICE_DISABLED)) {
                pf_finding_reason(&look->findings, "service-disabled");
                pf_finding_remedy(&look->findings, "give %s the start type that Windows gives it",
                                  name);
        }
        return 0;
}

static void say_catalogue(PfRegistryLook *look, uint32_t hresult) {
        if (hresult == 0)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, CATALOGUE,
                               "the COM+ catalogue answers");
        else if (hresult == ACCESS_DENIED)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, CATALOGUE,
                               "whether the COM+ catalogue answers may not be asked");
        else if (hresult == TM_NOT_AVAILABLE)
                pf_finding_add(&look->findings, PF_FINDING_BAD, CATALOGUE,
                               "COM+ cannot reach MSDTC");
        else if (hresult == PF_COM_TIMEOUT)
                pf_finding_add(&look->findings, PF_FINDING_BAD, CATALOGUE,
                               "the COM+ catalogue does not answer in time");
        else
                pf_finding_add(&look->findings, PF_FINDING_BAD, CATALOGUE,
                               "the COM+ catalogue does not answer: 0x%08X", (unsigned) hresult);
}

static int judge_catalogue(PfRegistryLook *look) {
        char place[PF_WINDOWS_TEXT_MAX], text[64];
        PfWindowsCom com = { 0 };
        int r = pf_look_fact(look, CATALOGUE, PF_WINDOWS_COM, "applications", &com);

        if (r != 0)
                return r < 0 ? r : 0;
        say_catalogue(look, com.hresult);
        (void) snprintf(place, sizeof(place), "COMAdminCatalog, %.64s",
                        com.step ? com.step : "all");
        (void) snprintf(text, sizeof(text), "0x%08X", (unsigned) com.hresult);
        pf_look_said(look, place, text, com.hresult ? "0x00000000" : NULL);
        if (com.hresult && com.hresult != ACCESS_DENIED) {
                pf_finding_reason(&look->findings,
                                  com.hresult == TM_NOT_AVAILABLE ? "no-msdtc" : "com-broken");
                pf_finding_remedy(&look->findings,
                                  "start MSDTC and COMSysApp, and look in the Application log for "
                                  "what Complus and MSDTC say");
        }
        pf_windows_fact_deinit(PF_WINDOWS_COM, &com);
        return 0;
}

static int judge_coordinator(PfRegistryLook *look) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, "MSDTC", COORDINATOR, &key);

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (r == 0) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, "MSDTC", "MSDTC is set up");
                pf_look_evidence(look, &key, NULL, NULL);
                return 0;
        }
        pf_finding_add(&look->findings, PF_FINDING_BAD, "MSDTC", "MSDTC is not set up");
        pf_look_evidence_at(look, COORDINATOR, NULL, NULL, "a key");
        pf_finding_reason(&look->findings, "msdtc-not-set-up");
        pf_finding_remedy(&look->findings, "have Microsoft's Windows support install MSDTC again");
        return 0;
}

static int judge_cluster(PfRegistryLook *look) {
        PfWindowsCluster cluster = { 0 };
        PfErr err = { 0 };
        int r = pf_windows_cluster(look->target, &cluster, &err);
        const bool is_member =
                cluster.state == PF_CLUSTER_RUNNING || cluster.state == PF_CLUSTER_NOT_RUNNING;

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, CLUSTER,
                               "whether a cluster has left anything is not known: %s",
                               pf_err_text(&err, r));
        } else if (cluster.error) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, CLUSTER,
                               "whether the machine is in a cluster is not known");
                pf_look_said_error(look, "GetNodeClusterState", cluster.error);
        } else if (cluster.has_hive && !is_member) {
                pf_finding_add(&look->findings, PF_FINDING_BAD, CLUSTER,
                               "a cluster that the machine is no longer in has left its registry");
                pf_look_said(look, "HKLM\\Cluster", "there", "not there");
                pf_finding_reason(&look->findings, "cluster-remains");
                pf_finding_remedy(&look->findings,
                                  "run \"Clear-ClusterNode -Force\", remove Failover "
                                  "Clustering, and restart the machine");
        }
        return 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        static const char *const services[] = { "EventSystem", "COMSysApp", "MSDTC" };
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        int r = 0;

        (void) demand;
        (void) err;
        for (size_t i = 0; i < PF_ELEMENTS(services) && r == 0; i++)
                r = judge_startable(&look, services[i]);
        if (r == 0)
                r = judge_coordinator(&look);
        if (r == 0)
                r = judge_catalogue(&look);
        if (r == 0)
                r = judge_cluster(&look);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check, "a provider can be registered in COM+",
                              "there is no COM+");
}

const PfProbe pf_probe_windows_com = {
        .name = "windows-com",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 40000, /* the catalogue is given 30 s */
        .run = run,
};
