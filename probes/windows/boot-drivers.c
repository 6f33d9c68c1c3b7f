/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-drivers: has every control set the drivers for a start in Azure?
 *
 * The set that starts, and the one that is tried next, decide; the installer wants them
 * in all of them.
 */
#include <string.h>
#include <strings.h>

#include "probes/windows/registry-look.h"

#define SELECT "HKLM\\SYSTEM\\Select"
#define SETS_MAX 16
#define SET_NAME_MAX 32

static const PfCheck check = { "windows.boot-drivers" };

static const struct Driver {
        const char *service;
        const char *file;
} drivers[] = {
        { "atapi", "atapi.sys" },     { "intelide", "intelide.sys" }, { "vmbus", "vmbus.sys" },
        { "storvsc", "storvsc.sys" }, { "storflt", "vmstorfl.sys" },
};

typedef struct ControlSet {
        char name[SET_NAME_MAX];
        bool starts; /* it is the current or the default one */
} ControlSet;

typedef struct ControlSets {
        ControlSet items[SETS_MAX];
        size_t n;
} ControlSets;

static ControlSet *add_set(ControlSets *sets, const char *name) {
        for (size_t i = 0; i < sets->n; i++)
                if (strcasecmp(sets->items[i].name, name) == 0)
                        return &sets->items[i];
        if (sets->n == SETS_MAX || strlen(name) >= SET_NAME_MAX)
                return NULL;
        (void) snprintf(sets->items[sets->n].name, SET_NAME_MAX, "%s", name);
        return &sets->items[sets->n++];
}

/* The sets that Select names; the others that there are. */
static int find_sets(PfRegistryLook *look, ControlSets *sets) {
        static const struct {
                const char *value;
                bool starts;
        } roles[] = { { "Current", true }, { "Default", true }, { "LastKnownGood", false } };
        PF_AUTO_REGISTRY_KEY PfRegistryKey select = { 0 };
        int r = pf_look_key(look, "control sets", SELECT, &select);

        for (size_t i = 0; r == 0 && i < PF_ELEMENTS(roles); i++) {
                char name[SET_NAME_MAX];
                uint64_t number = 0;
                ControlSet *set;

                r = pf_look_number_of(look, "control sets", &select, roles[i].value, &number);
                if (r == PF_LOOKED_ABSENT && i > 0)
                        r = 0;
                if (r != 0 || number == 0 || number > 999)
                        continue;
                (void) snprintf(name, sizeof(name), "ControlSet%03u", (unsigned) number);
                set = add_set(sets, name);
                if (set)
                        set->starts |= roles[i].starts;
        }
        return r;
}

static bool is_set(const char *name) {
        static const char begin[] = "ControlSet";
        const size_t n = sizeof(begin) - 1;

        return strncasecmp(name, begin, n) == 0 && name[n] &&
               !name[n + strspn(name + n, "0123456789")];
}

/* Other sets that there are: of a machine that started otherwise once. */
static int find_other_sets(PfRegistryLook *look, ControlSets *sets) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey system = { 0 };
        int r = pf_look_key(look, "control sets", PF_SYSTEM_HIVE, &system);

        if (r == PF_LOOKED_ABSENT)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, "control sets",
                               "the registry does not list its control sets");
        for (size_t i = 0; r == 0 && i < system.subkeys.n; i++)
                if (is_set(system.subkeys.items[i]) && !add_set(sets, system.subkeys.items[i])) {
                        pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, "control sets",
                                       "there are more control sets than %d", SETS_MAX);
                        return 0;
                }
        return r < 0 ? r : 0;
}

static void add_finding(PfRegistryLook *look, PfFindingState state, const struct Driver *driver,
                        const char *path, const char *value, const char *found) {
        pf_look_evidence_at(look, path, value, found, "dword 0");
        pf_finding_reason(&look->findings,
                          state == PF_FINDING_BAD ? "driver-missing" : "driver-doubtful");
        pf_finding_remedy(&look->findings,
                          "restore %s, from a machine of the same build where its key is missing, "
                          "by DISM and sfc where its file is",
                          driver->service);
}

static int judge_driver(PfRegistryLook *look, const ControlSet *set, const struct Driver *driver) {
        char path[PF_REGISTRY_PATH_MAX], shown[32];
        uint64_t start = 0;
        int r;

        (void) snprintf(path, sizeof(path), "HKLM\\SYSTEM\\%s\\Services\\%s", set->name,
                        driver->service);
        r = pf_look_number(look, driver->file, path, "Start", &start);
        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        (void) snprintf(shown, sizeof(shown), "dword %llu", (unsigned long long) start);
        if (r == PF_LOOKED_ABSENT) {
                PfFindingState state = set->starts ? PF_FINDING_BAD : PF_FINDING_DOUBTFUL;

                pf_finding_add(&look->findings, state, driver->file,
                               "the driver %s is not registered in %s", driver->service, set->name);
                add_finding(look, state, driver, path, "Start", NULL);
        } else if (start == PF_START_DISABLED) {
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, driver->file,
                               "the driver %s is disabled in %s", driver->service, set->name);
                add_finding(look, PF_FINDING_DOUBTFUL, driver, path, "Start", shown);
        } else if (set->starts) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, driver->file,
                               "the driver %s is registered in %s", driver->service, set->name);
                pf_look_evidence_at(look, path, "Start", shown, NULL);
        }
        return 0;
}

static int judge_file(PfRegistryLook *look, const struct Driver *driver) {
        PF_AUTO_FREE char *found = NULL;
        char path[256];
        PfErr err = { 0 };
        int r;

        (void) snprintf(path, sizeof(path), "/Windows/System32/drivers/%s", driver->file);
        r = pf_target_find_any_case(look->target, path, &found, &err);
        if (r == -ENOMEM || r == 0)
                return r;
        if (r < 0)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, driver->file,
                               "whether the file of %s is there is not known: %s", driver->service,
                               pf_err_text(&err, r));
        else
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, driver->file,
                               "the file of the driver %s is not there", driver->service);
        add_finding(look, PF_FINDING_DOUBTFUL, driver, path, NULL, NULL);
        return 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target };
        ControlSets sets = { 0 };
        int r;

        (void) demand;
        (void) err;
        look.findings.target = target;
        r = find_sets(&look, &sets);
        if (r == PF_LOOKED_ABSENT)
                return pf_report_unknown(report, &check,
                                         "the registry does not say which control set starts");
        if (r == 0)
                r = find_other_sets(&look, &sets);
        for (size_t i = 0; i < PF_ELEMENTS(drivers) && r == 0; i++) {
                for (size_t j = 0; j < sets.n && r == 0; j++)
                        r = judge_driver(&look, &sets.items[j], &drivers[i]);
                if (r == 0)
                        r = judge_file(&look, &drivers[i]);
        }
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check,
                              "the drivers for a start in Azure are registered",
                              "no driver is "
                              "needed");
}

const PfProbe pf_probe_windows_drivers = {
        .name = "windows-drivers",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 10000,
        .run = run,
};
