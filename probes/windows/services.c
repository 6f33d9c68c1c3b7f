/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-services: will the services that setup needs start, and can it make its own?
 */
#include <string.h>

#include "probes/windows/registry-look.h"
#include "probes/windows/room.h"

enum { VSS, PROVIDER, DATABASE, PENDING, CLUSTER, N_CHECKS };
static const PfCheck checks[N_CHECKS] = {
        [VSS] = { "windows.vss-service" },           [PROVIDER] = { "windows.vss-provider" },
        [DATABASE] = { "windows.service-database" }, [PENDING] = { "windows.services-pending" },
        [CLUSTER] = { "windows.cluster" },
};

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define PROVIDER_KEY SERVICES "Azure Site Recovery VSS Provider"
#define STUCK_USEC (30u * 1000000u) /* as long as the manager itself waits */
#define DATABASE_LOCKED 1055        /* ERROR_SERVICE_DATABASE_LOCKED */
#define IN_IMAGE "nothing runs in an image"
#define SERVICES_CALL "EnumServicesStatusExW"
#define SHOWN_MAX 8

/* Which services are starting or stopping is asked once for both checks that judge by it. */
typedef struct Room {
        const PfTarget *target;
        PfReport *report;
        PfWindowsPending pending;
        int pending_answer; /* of pf_windows_fact() */
        PfErr pending_error;
} Room;

static void room_deinit(Room *room) {
        pf_windows_fact_deinit(PF_WINDOWS_PENDING, &room->pending);
}

/* --- VSS and its companions --- */

static int check_vss(const Room *room, PfErr *err) {
        static const char *const names[] = { "VSS", "COMSysApp", "MSDTC", "swprv", "EventSystem" };
        PfReport *report = room->report;
        PfWindowsService services[PF_ELEMENTS(names)] = { 0 };
        const char *bad = NULL, *odd = NULL;
        bool is_dirty = false;
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                const PfWindowsService *service = &services[i];

                r = pf_windows_fact(room->target, PF_WINDOWS_SERVICE, names[i], &services[i], err);
                if (r < 0)
                        return r;
                if (r > 0)
                        return pf_report_unknown(report, &checks[VSS],
                                                 "nobody can be asked about services");
                if (!bad && (service->error == PF_NO_SUCH_SERVICE ||
                             (!service->error && service->start == PF_SERVICE_DISABLED)))
                        bad = names[i];
                else if (!odd && service->error && service->error != PF_NO_SUCH_SERVICE)
                        odd = names[i];
                is_dirty |= service->is_dirty;
        }
        if (bad)
                r = pf_report_fail(report, &checks[VSS], "the service %s is disabled or missing",
                                   bad);
        else if (odd)
                r = pf_report_unknown(report, &checks[VSS],
                                      "Windows does not tell the start type of %s", odd);
        else if (is_dirty)
                r = pf_windows_warn_dirty(report, &checks[VSS], PF_SYSTEM_HIVE);
        else
                r = pf_report_pass(report, &checks[VSS], "VSS and its companions can be started");
        for (size_t i = 0; r == 0 && i < PF_ELEMENTS(names); i++)
                r = pf_windows_show_service(report, names[i], &services[i], "not disabled");
        if (r == 0 && bad)
                r = pf_report_remedy(report, "give %s the start type that Windows gives it", bad);
        return r;
}

/* --- the provider --- */

#define VSS_ACCESS SERVICES "VSS\\VssAccessControl"
#define SYSTEM_ACCOUNT "NT AUTHORITY\\SYSTEM"
#define POLICIES "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\"
#define APP_LOCKER POLICIES "SrpV2\\Script"
#define SAFER POLICIES "Safer\\CodeIdentifiers"
#define UNRESTRICTED 0x40000u /* SAFER_LEVELID_FULLYTRUSTED */

/* What a policy, or somebody, has in its way. */
typedef struct Barriers {
        bool is_shut;      /* VSS turns its own account away */
        const char *rules; /* the key of rules that may be about scripts; NULL: there are none */
        const char *dirty; /* a hive that was not closed cleanly */
} Barriers;

static int read_barrier(const PfTarget *target, const char *path, const char *hive, Barriers *ret,
                        PfRegistryKey *key, PfErr *err) {
        int r = pf_registry_read(target, path, key, err);

        if (r >= 0 && key->is_dirty)
                ret->dirty = hive;
        return r;
}

static int read_access(const PfTarget *target, Barriers *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        uint64_t allowed = 1;
        int r = read_barrier(target, VSS_ACCESS, PF_SYSTEM_HIVE, ret, &key, err);

        if (r == 0)
                r = pf_registry_number(&key, SYSTEM_ACCOUNT, &allowed, err);
        ret->is_shut = allowed == 0;
        return r < 0 ? r : 0;
}

/* AppLocker: each rule has a key below; 0 has them written down alone. */
static int read_app_locker(const PfTarget *target, Barriers *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        uint64_t mode = 1;
        int r = read_barrier(target, APP_LOCKER, PF_SOFTWARE_HIVE, ret, &key, err);

        if (r == 0)
                r = pf_registry_number(&key, "EnforcementMode", &mode, err);
        if (r >= 0 && key.subkeys.n > 0 && mode != 0)
                ret->rules = APP_LOCKER;
        return r < 0 ? r : 0;
}

/* Software restriction: the level of what no rule is about, and a key for the rules of each. */
static int read_safer(const PfTarget *target, Barriers *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        uint64_t level = UNRESTRICTED;
        int r = read_barrier(target, SAFER, PF_SOFTWARE_HIVE, ret, &key, err);

        if (r == 0)
                r = pf_registry_number(&key, "DefaultLevel", &level, err);
        if (r >= 0 && level != UNRESTRICTED)
                ret->rules = SAFER;
        for (size_t i = 0; r >= 0 && i < key.subkeys.n; i++)
                if (strcmp(key.subkeys.items[i], "262144") != 0)
                        ret->rules = SAFER;
        return r < 0 ? r : 0;
}

static int read_barriers(const PfTarget *target, Barriers *ret, PfErr *err) {
        int r = read_access(target, ret, err);

        if (r == 0 && !ret->is_shut)
                r = read_app_locker(target, ret, err);
        return r == 0 && !ret->is_shut && !ret->rules ? read_safer(target, ret, err) : r;
}

static int judge_clear(PfReport *report, const PfRegistryKey *key, bool exists,
                       const PfWindowsScripts *scripts, const Barriers *barriers) {
        if (barriers->rules)
                return pf_report_unknown(report, &checks[PROVIDER],
                                         "a policy has rules for scripts, and whether they let "
                                         "setup run its own was not looked at");
        if (exists)
                return pf_report_warn(report, &checks[PROVIDER],
                                      "the VSS provider's service is there already");
        if (key->is_dirty || scripts->is_dirty || barriers->dirty)
                return pf_windows_warn_dirty(report, &checks[PROVIDER],
                                             key->is_dirty       ? PF_SYSTEM_HIVE
                                             : scripts->is_dirty ? PF_SOFTWARE_HIVE
                                                                 : barriers->dirty);
        return pf_report_pass(report, &checks[PROVIDER],
                              "nothing stands in the way of the VSS provider");
}

static int judge_provider(PfReport *report, const PfRegistryKey *key, bool exists, bool is_marked,
                          const PfWindowsScripts *scripts, const Barriers *barriers) {
        if (is_marked)
                return pf_report_fail(report, &checks[PROVIDER],
                                      "the VSS provider's service is marked for deletion");
        if (scripts->off)
                return pf_report_fail(report, &checks[PROVIDER],
                                      "Windows Script Host is switched off");
        if (barriers->is_shut)
                return pf_report_fail(report, &checks[PROVIDER],
                                      "VSS is set to turn away the account of Windows itself");
        return judge_clear(report, key, exists, scripts, barriers);
}

static int show_barriers(PfReport *report, const Barriers *barriers) {
        int r = 0;

        if (barriers->is_shut)
                r = pf_windows_show(report, VSS_ACCESS, SYSTEM_ACCOUNT " 0", "not 0");
        if (r == 0 && barriers->is_shut)
                r = pf_report_remedy(report, "set NT AUTHORITY\\SYSTEM of VssAccessControl to 1");
        if (r == 0 && barriers->rules)
                r = pf_windows_show(report, barriers->rules, "has rules", NULL);
        return r;
}

static int answer_provider(PfReport *report, const PfRegistryKey *key, bool exists, bool is_marked,
                           const PfWindowsScripts *scripts, const Barriers *barriers) {
        int r = judge_provider(report, key, exists, is_marked, scripts, barriers);

        if (r == 0)
                r = pf_windows_show(report, PROVIDER_KEY,
                                    is_marked ? "DeleteFlag 1"
                                    : exists  ? "there"
                                              : "not there",
                                    "not there");
        if (r == 0 && scripts->off)
                r = pf_windows_show(report, scripts->off, "Enabled 0", "not 0");
        else if (r == 0 && !is_marked)
                r = pf_windows_show(report, PF_WINDOWS_SCRIPT_HOST, "scripts run", "not 0");
        return r == 0 ? show_barriers(report, barriers) : r;
}

static int check_provider(const Room *room, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PfReport *report = room->report;
        PfWindowsScripts scripts = { 0 };
        Barriers barriers = { 0 };
        uint64_t flag = 0;
        int r = pf_registry_read(room->target, PROVIDER_KEY, &key, err);
        const bool exists = r == 0;

        if (exists)
                r = pf_registry_number(&key, "DeleteFlag", &flag, err);
        if (r < 0)
                return r;
        r = flag ? 0 : pf_windows_scripts(room->target, &scripts, err);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return pf_report_unknown(report, &checks[PROVIDER],
                                         "whether scripts run is not known: %s",
                                         pf_err_text(err, r));
        if (!flag && !scripts.off)
                r = read_barriers(room->target, &barriers, err);
        if (r < 0)
                return r;
        return answer_provider(report, &key, exists, flag != 0, &scripts, &barriers);
}

/* --- services that are starting or stopping --- */

static uint64_t age_of(const PfTarget *target, const PfWindowsPendingService *service) {
        const uint64_t now = pf_target_now_usec(target);

        return service->since_usec && now > service->since_usec ? now - service->since_usec : 0;
}

static bool is_stuck(const PfTarget *target, const PfWindowsPendingService *service) {
        const uint64_t age = age_of(target, service);

        return !service->has_moved && age >= STUCK_USEC && age / 1000 >= service->wait_hint_msec;
}

static const char *name_of(const PfWindowsPendingService *service) {
        return service->name ? service->name : "?";
}

static int show_pending(const Room *room, const PfWindowsPendingService *service) {
        char text[PF_WINDOWS_TEXT_MAX];
        const uint64_t age = age_of(room->target, service) / 1000000;

        (void) snprintf(text, sizeof(text), "%s: %s, process %u, since %llu s%s", name_of(service),
                        service->state == PF_SERVICE_STOP_PENDING ? "stopping" : "starting",
                        (unsigned) service->process, (unsigned long long) age,
                        age ? "" : " (not known)");
        return pf_windows_show(room->report, SERVICES_CALL, text, NULL);
}

/* Those in a state; 0: in any. */
static int show_services(const Room *room, uint32_t state) {
        const PfWindowsPendingService *services = room->pending.services.items;
        size_t n = 0;
        int r = 0;

        if (room->pending.error)
                return pf_windows_show_error(room->report, SERVICES_CALL, room->pending.error);
        for (size_t i = 0; r == 0 && i < room->pending.services.n && n < SHOWN_MAX; i++) {
                if (state && services[i].state != state)
                        continue;
                r = show_pending(room, &services[i]);
                n++;
        }
        if (r == 0 && n == 0)
                r = pf_windows_show(room->report, SERVICES_CALL,
                                    state ? "no service is starting"
                                          : "no service is starting or stopping",
                                    NULL);
        return r;
}

/* Has a check answered that needs to know of them. */
static int by_pending(const Room *room, const PfCheck *check, int (*answer)(const Room *, PfErr *),
                      PfErr *err) {
        if (room->pending_answer > 0)
                return pf_report_skip(room->report, check, IN_IMAGE);
        if (room->pending_answer == 0)
                return answer(room, err);
        *err = room->pending_error;
        return room->pending_answer;
}

/* --- the manager's database --- */

/*
 * The manager holds the lock of its database while it starts a service, and since Vista
 * nobody else can: LockServiceDatabase(). What the lock refuses is to start another; a change
 * is taken all the same ([MS-SCMR] 3.1.4.4), so that it proves nothing alone.
 */
static int judge_database(const Room *room, const PfWindowsService *service) {
        const PfWindowsPendingService *services = room->pending.services.items;
        const PfWindowsPendingService *stuck = NULL, *starting = NULL;
        PfReport *report = room->report;

        for (size_t i = 0; i < room->pending.services.n; i++) {
                if (services[i].state != PF_SERVICE_START_PENDING)
                        continue;
                if (!stuck && is_stuck(room->target, &services[i]))
                        stuck = &services[i];
                if (!starting)
                        starting = &services[i];
        }
        if (service->change_error == DATABASE_LOCKED)
                return pf_report_fail(report, &checks[DATABASE], "the service database is locked");
        if (stuck)
                return pf_report_fail(report, &checks[DATABASE],
                                      "the service %s hangs while it starts, and keeps the "
                                      "service database locked",
                                      name_of(stuck));
        if (room->pending.error)
                return pf_report_unknown(report, &checks[DATABASE],
                                         "Windows does not list its services");
        if (starting)
                return pf_report_unknown(report, &checks[DATABASE],
                                         "the service %s is starting, and may keep the service "
                                         "database locked until it has started",
                                         name_of(starting));
        if (!service->is_change_tried || service->change_error)
                return pf_report_unknown(
                        report, &checks[DATABASE],
                        "whether the service database is locked could not be tried");
        return pf_report_pass(report, &checks[DATABASE],
                              "no service keeps the service database locked");
}

static int answer_database(const Room *room, PfErr *err) {
        PfWindowsService service = { 0 };
        int r = pf_windows_fact(room->target, PF_WINDOWS_SERVICE, "VSS", &service, err);

        if (r < 0)
                return r;
        r = judge_database(room, &service);
        if (r == 0 && service.is_change_tried)
                r = pf_windows_show_error(room->report, "ChangeServiceConfigW(VSS), no change",
                                          service.change_error);
        return r == 0 ? show_services(room, PF_SERVICE_START_PENDING) : r;
}

static int check_database(const Room *room, PfErr *err) {
        return by_pending(room, &checks[DATABASE], answer_database, err);
}

/* --- services that hang --- */

static int judge_pending(const Room *room) {
        const PfWindowsPendingService *services = room->pending.services.items;
        const PfWindowsPendingService *stuck = NULL, *open = NULL;
        PfReport *report = room->report;

        for (size_t i = 0; i < room->pending.services.n; i++) {
                if (!stuck && is_stuck(room->target, &services[i]))
                        stuck = &services[i];
                else if (!open && !services[i].has_moved)
                        open = &services[i];
        }
        if (room->pending.error)
                return pf_report_unknown(report, &checks[PENDING],
                                         "Windows does not list its services");
        if (stuck)
                return pf_report_fail(report, &checks[PENDING],
                                      "the service %s has hung for %llu s", name_of(stuck),
                                      (unsigned long long) (age_of(room->target, stuck) / 1000000));
        if (open)
                return pf_report_unknown(report, &checks[PENDING],
                                         "whether the service %s hangs cannot be told yet",
                                         name_of(open));
        return pf_report_pass(report, &checks[PENDING], "no service hangs");
}

static int answer_pending(const Room *room, PfErr *err) {
        int r = judge_pending(room);

        (void) err;
        return r == 0 ? show_services(room, 0) : r;
}

static int check_pending(const Room *room, PfErr *err) {
        return by_pending(room, &checks[PENDING], answer_pending, err);
}

/* --- the cluster --- */

static int check_cluster(const Room *room, PfErr *err) {
        PfReport *report = room->report;
        PfWindowsCluster cluster = { 0 };
        char text[PF_WINDOWS_TEXT_MAX];
        int r = pf_windows_cluster(room->target, &cluster, err);

        if (r < 0)
                return r;
        if (cluster.error)
                r = pf_report_unknown(report, &checks[CLUSTER],
                                      "whether the machine is in a cluster is not known");
        else if (cluster.state == PF_CLUSTER_NOT_CONFIGURED)
                r = pf_report_fail(report, &checks[CLUSTER],
                                   "Failover Clustering is installed, and the machine is in no "
                                   "cluster");
        else if (cluster.is_dirty)
                r = pf_windows_warn_dirty(report, &checks[CLUSTER], PF_SYSTEM_HIVE);
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
        static int (*const functions[N_CHECKS])(const Room *, PfErr *) = {
                [VSS] = check_vss,         [PROVIDER] = check_provider, [DATABASE] = check_database,
                [PENDING] = check_pending, [CLUSTER] = check_cluster,
        };
        PF_CLEANUP(room_deinit) Room room = { .target = target, .report = report };
        int r = 0;

        (void) demand;
        room.pending_answer = pf_windows_fact(target, PF_WINDOWS_PENDING, "all", &room.pending,
                                              &room.pending_error);
        for (size_t i = 0; r == 0 && i < N_CHECKS; i++) {
                const size_t before = report->n;

                r = functions[i](&room, err);
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
