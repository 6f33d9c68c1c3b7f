/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-services: will the services that setup needs start, and can it make its own?
 */
#include <string.h>

#include "probes/windows/room.h"

enum { VSS, PROVIDER, DATABASE, PENDING, CLUSTER, N_CHECKS };
static const PfCheck checks[N_CHECKS] = {
        [VSS] = { "windows.vss-service" },           [PROVIDER] = { "windows.vss-provider" },
        [DATABASE] = { "windows.service-database" }, [PENDING] = { "windows.services-pending" },
        [CLUSTER] = { "windows.cluster" },
};

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define PROVIDER_KEY SERVICES "Azure Site Recovery VSS Provider"
#define SCRIPT_HOST "HKLM\\SOFTWARE\\Microsoft\\Windows Script Host\\Settings"
#define NO_SUCH_SERVICE 1060
#define STUCK_USEC (30u * 1000000u) /* as long as the manager itself waits */
#define IN_IMAGE "nothing runs in an image"

/* --- VSS and its companions --- */

static int check_vss(const PfTarget *target, PfReport *report, PfErr *err) {
        static const char *const names[] = { "VSS", "COMSysApp", "MSDTC", "swprv", "EventSystem" };
        PfWindowsService services[PF_ELEMENTS(names)] = { 0 };
        const char *bad = NULL, *odd = NULL;
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                const PfWindowsService *service = &services[i];

                r = pf_windows_fact(target, PF_WINDOWS_SERVICE, names[i], &services[i], err);
                if (r < 0)
                        return r;
                if (r > 0)
                        return pf_report_unknown(report, &checks[VSS],
                                                 "nobody can be asked about services");
                if (!bad && (service->error == NO_SUCH_SERVICE ||
                             (!service->error && service->start == PF_SERVICE_DISABLED)))
                        bad = names[i];
                else if (!odd && service->error && service->error != NO_SUCH_SERVICE)
                        odd = names[i];
        }
        if (bad)
                r = pf_report_fail(report, &checks[VSS], "the service %s is disabled or missing",
                                   bad);
        else if (odd)
                r = pf_report_unknown(report, &checks[VSS],
                                      "Windows does not tell the start type of %s", odd);
        else
                r = pf_report_pass(report, &checks[VSS], "VSS and its companions can be started");
        for (size_t i = 0; r == 0 && i < PF_ELEMENTS(names); i++)
                r = pf_windows_show_service(report, names[i], &services[i], "not disabled");
        if (r == 0 && bad)
                r = pf_report_remedy(report, "give %s the start type that Windows gives it", bad);
        return r;
}

/* --- the provider --- */

/* "Enabled" is a number or a text; without it scripts run. */
static int scripts_run(const PfTarget *target, bool *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const PfRegistryValue *value;
        int r = pf_registry_read(target, SCRIPT_HOST, &key, err);

        *ret = true;
        if (r != 0)
                return r < 0 ? r : 0;
        value = pf_registry_value(&key, "Enabled");
        if (value && value->text)
                *ret = strcmp(value->text, "0") != 0;
        else if (value)
                *ret = value->is_malformed || value->number != 0;
        return 0;
}

static int check_provider(const PfTarget *target, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        uint64_t flag = 0;
        bool enabled;
        int r = pf_registry_read(target, PROVIDER_KEY, &key, err);
        const bool exists = r == 0;

        if (exists)
                r = pf_registry_number(&key, "DeleteFlag", &flag, err);
        if (r >= 0)
                r = scripts_run(target, &enabled, err);
        if (r < 0)
                return r;
        if (flag)
                r = pf_report_fail(report, &checks[PROVIDER],
                                   "the VSS provider's service is marked for deletion");
        else if (!enabled)
                r = pf_report_fail(report, &checks[PROVIDER],
                                   "Windows Script Host is switched off");
        else if (exists)
                r = pf_report_warn(report, &checks[PROVIDER],
                                   "the VSS provider's service is there already");
        else
                r = pf_report_pass(report, &checks[PROVIDER],
                                   "nothing stands in the way of the VSS provider");
        if (r == 0)
                r = pf_windows_show(report, PROVIDER_KEY,
                                    flag     ? "DeleteFlag 1"
                                    : exists ? "there"
                                             : "not there",
                                    "not there");
        return r == 0 ? pf_windows_show(report, SCRIPT_HOST, enabled ? "scripts run" : "Enabled 0",
                                        "not 0")
                      : r;
}

/* --- the manager's database --- */

static int check_database(const PfTarget *target, PfReport *report, PfErr *err) {
        PfWindowsService service = { 0 };
        int r = pf_windows_fact(target, PF_WINDOWS_SERVICE, "VSS", &service, err);

        if (r < 0)
                return r;
        if (r > 0 || (!service.error && service.state == 0))
                return pf_report_skip(report, &checks[DATABASE], IN_IMAGE);
        if (!service.is_change_tried || (service.change_error && service.change_error != 1055))
                r = pf_report_unknown(report, &checks[DATABASE],
                                      "whether the service database is locked could not be tried");
        else if (service.change_error)
                r = pf_report_fail(report, &checks[DATABASE], "the service database is locked");
        else
                r = pf_report_pass(report, &checks[DATABASE], "the service manager takes changes");
        return r == 0 ? pf_windows_show_error(report, "ChangeServiceConfigW(VSS), no change",
                                              service.change_error)
                      : r;
}

/* --- services that hang --- */

static uint64_t age_of(const PfTarget *target, const PfWindowsPendingService *service) {
        const uint64_t now = pf_target_now_usec(target);

        return service->since_usec && now > service->since_usec ? now - service->since_usec : 0;
}

static bool is_stuck(const PfTarget *target, const PfWindowsPendingService *service) {
        const uint64_t age = age_of(target, service);

        return !service->has_moved && age >= STUCK_USEC && age / 1000 >= service->wait_hint_msec;
}

static int show_pending(const PfTarget *target, PfReport *report,
                        const PfWindowsPendingService *service) {
        char text[PF_WINDOWS_TEXT_MAX];
        const uint64_t age = age_of(target, service) / 1000000;

        (void) snprintf(text, sizeof(text), "%s: %s, process %u, since %llu s%s",
                        service->name ? service->name : "?",
                        service->state == PF_SERVICE_STOP_PENDING ? "stopping" : "starting",
                        (unsigned) service->process, (unsigned long long) age,
                        age ? "" : " (not known)");
        return pf_windows_show(report, "EnumServicesStatusExW", text, NULL);
}

static int answer_pending(const PfTarget *target, PfReport *report,
                          const PfWindowsPending *pending) {
        const PfWindowsPendingService *services = pending->services.items;
        const PfWindowsPendingService *stuck = NULL, *open = NULL;
        int r;

        for (size_t i = 0; i < pending->services.n; i++) {
                if (!stuck && is_stuck(target, &services[i]))
                        stuck = &services[i];
                else if (!open && !services[i].has_moved)
                        open = &services[i];
        }
        if (pending->error)
                r = pf_report_unknown(report, &checks[PENDING],
                                      "Windows does not list its services");
        else if (stuck)
                r = pf_report_fail(report, &checks[PENDING], "the service %s has hung for %llu s",
                                   stuck->name ? stuck->name : "?",
                                   (unsigned long long) (age_of(target, stuck) / 1000000));
        else if (open)
                r = pf_report_unknown(report, &checks[PENDING],
                                      "whether the service %s hangs cannot be told yet",
                                      open->name ? open->name : "?");
        else
                r = pf_report_pass(report, &checks[PENDING], "no service hangs");
        for (size_t i = 0; r == 0 && i < pending->services.n && i < 8; i++)
                r = show_pending(target, report, &services[i]);
        return r;
}

static int check_pending(const PfTarget *target, PfReport *report, PfErr *err) {
        PfWindowsPending pending = { 0 };
        int r = pf_windows_fact(target, PF_WINDOWS_PENDING, "all", &pending, err);

        if (r < 0)
                return r;
        if (r > 0)
                return pf_report_skip(report, &checks[PENDING], IN_IMAGE);
        r = answer_pending(target, report, &pending);
        pf_windows_fact_deinit(PF_WINDOWS_PENDING, &pending);
        return r;
}

/* --- the cluster --- */

/* Of an image: what the service says that only members start by themselves. */
static int read_cluster(const PfTarget *target, PfWindowsCluster *ret, PfErr *err) {
        PfWindowsService service = { 0 };
        int r = pf_windows_fact(target, PF_WINDOWS_SERVICE, "ClusSvc", &service, err);

        if (r != 0)
                return r;
        *ret = (PfWindowsCluster){ .state = service.error == NO_SUCH_SERVICE
                                                    ? PF_CLUSTER_NOT_INSTALLED
                                            : service.start == PF_SERVICE_AUTOMATIC
                                                    ? PF_CLUSTER_NOT_RUNNING
                                                    : PF_CLUSTER_NOT_CONFIGURED };
        return 0;
}

static int check_cluster(const PfTarget *target, PfReport *report, PfErr *err) {
        PfWindowsCluster cluster = { 0 };
        char text[PF_WINDOWS_TEXT_MAX];
        int r = pf_windows_fact(target, PF_WINDOWS_CLUSTER, "node", &cluster, err);

        if (r == PF_WINDOWS_NOT_ASKED)
                r = read_cluster(target, &cluster, err);
        if (r < 0)
                return r;
        if (r > 0 || cluster.error)
                r = pf_report_unknown(report, &checks[CLUSTER],
                                      "whether the machine is in a cluster is not known");
        else if (cluster.state == PF_CLUSTER_NOT_CONFIGURED)
                r = pf_report_fail(report, &checks[CLUSTER],
                                   "Failover Clustering is installed, and the machine is in no "
                                   "cluster");
        else if (cluster.state == PF_CLUSTER_NOT_INSTALLED)
                r = pf_report_pass(report, &checks[CLUSTER],
                                   "Failover Clustering is not installed");
        else if (cluster.state == PF_CLUSTER_NOT_RUNNING || cluster.state == PF_CLUSTER_RUNNING)
                r = pf_report_pass(report, &checks[CLUSTER], "the machine is in a cluster");
        else
                r = pf_report_unknown(report, &checks[CLUSTER],
                                      "whether the machine is in a cluster is not known");
        (void) snprintf(text, sizeof(text), "state 0x%x, error %u", (unsigned) cluster.state,
                        (unsigned) cluster.error);
        return r == 0 ? pf_windows_show(report, "GetNodeClusterState", text, NULL) : r;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        static int (*const functions[N_CHECKS])(const PfTarget *, PfReport *, PfErr *) = {
                [VSS] = check_vss,         [PROVIDER] = check_provider, [DATABASE] = check_database,
                [PENDING] = check_pending, [CLUSTER] = check_cluster,
        };
        int r = 0;

        (void) demand;
        for (size_t i = 0; r == 0 && i < N_CHECKS; i++) {
                const size_t before = report->n;

                r = functions[i](target, report, err);
                if (r != -ENOMEM)
                        r = pf_report_settle(report, &checks[i], before, r, err);
                *err = (PfErr){ 0 };
        }
        return r;
}

const PfProbe pf_probe_windows_services = {
        .name = "windows-services",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 10000,
        .run = run,
};
