/* SPDX-License-Identifier: MIT */
/* What the probes of Windows share: how evidence is worded, and the domain. */
#include "probes/windows/room.h"

#include <string.h>

#define TCPIP "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters"

const char *pf_windows_error_text(uint32_t error, char text[static PF_WINDOWS_TEXT_MAX]) {
        const char *name = pf_windows_error_name(error);

        (void) snprintf(text, PF_WINDOWS_TEXT_MAX, name ? "error %u (%s)" : "error %u",
                        (unsigned) error, name);
        return text;
}

int pf_windows_show(PfReport *report, const char *place, const char *found, const char *expected) {
        char text[2 * PF_WINDOWS_TEXT_MAX + 4];

        (void) snprintf(text, sizeof(text), "%s: %s", place, found);
        return pf_report_evidence(report, NULL, NULL, 0, text, expected);
}

int pf_windows_show_error(PfReport *report, const char *place, uint32_t error) {
        char text[PF_WINDOWS_TEXT_MAX];

        return pf_windows_show(report, place, pf_windows_error_text(error, text), NULL);
}

static const char *word_of(const char *const *words, size_t n, uint32_t number) {
        return number < n && words[number] ? words[number] : "another";
}

const char *pf_windows_service_text(const PfWindowsService *service,
                                    char text[static PF_WINDOWS_TEXT_MAX]) {
        static const char *const states[] = { "not running, in an image",
                                              "stopped",
                                              "starting",
                                              "stopping",
                                              "running",
                                              "continuing",
                                              "pausing",
                                              "paused" };
        static const char *const starts[] = { "boot", "system", "automatic", "demand", "disabled" };

        if (service->error)
                return pf_windows_error_text(service->error, text);
        (void) snprintf(text, PF_WINDOWS_TEXT_MAX, "state %s, start %s",
                        word_of(states, PF_ELEMENTS(states), service->state),
                        word_of(starts, PF_ELEMENTS(starts), service->start));
        return text;
}

const char *pf_windows_service_place(const char *name, const PfWindowsService *service,
                                     char place[static PF_WINDOWS_TEXT_MAX]) {
        (void) snprintf(place, PF_WINDOWS_TEXT_MAX,
                        service->state ? "service %s"
                                       : "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s",
                        name);
        return place;
}

int pf_windows_show_service(PfReport *report, const char *name, const PfWindowsService *service,
                            const char *expected) {
        char place[PF_WINDOWS_TEXT_MAX];
        char text[PF_WINDOWS_TEXT_MAX];

        return pf_windows_show(report, pf_windows_service_place(name, service, place),
                               pf_windows_service_text(service, text),
                               service->error ? NULL : expected);
}

/* The domain that an image was made a member of, as far as its DNS suffix tells. */
static int is_member_image(const PfTarget *target, PfWindowsJoin *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const char *domain = NULL;
        int r = pf_registry_read(target, TCPIP, &key, err);

        if (r == 0)
                r = pf_registry_text(&key, "Domain", &domain, err);
        if (r < 0)
                return r;
        *ret = (PfWindowsJoin){ .status = PF_JOIN_WORKGROUP, .is_dirty = key.is_dirty };
        if (r == PF_REGISTRY_ABSENT || !*domain)
                return 0;
        ret->status = PF_JOIN_DOMAIN;
        ret->name = strdup(domain);
        return ret->name ? 1 : -ENOMEM;
}

int pf_windows_is_member(const PfTarget *target, PfWindowsJoin *ret, PfErr *err) {
        char text[PF_WINDOWS_TEXT_MAX];
        int r = pf_windows_fact(target, PF_WINDOWS_JOIN, "join", ret, err);

        if (r == PF_WINDOWS_NOT_ASKED)
                return is_member_image(target, ret, err);
        if (r < 0)
                return r;
        if (ret->error || ret->status == PF_JOIN_UNKNOWN)
                return pf_err_set(err, -EIO, "NetGetJoinInformation: %s",
                                  ret->error ? pf_windows_error_text(ret->error, text)
                                             : "the state is unknown");
        return ret->status == PF_JOIN_DOMAIN;
}

/* "Enabled" is a number or a text; without it scripts run. */
static int read_scripts(const PfTarget *target, const char *path, PfWindowsScripts *ret,
                        PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const PfRegistryValue *value;
        char shown[PF_REGISTRY_SHOWN_MAX];
        uint64_t number = 1;
        int r = pf_registry_read(target, path, &key, err);

        ret->is_dirty |= key.is_dirty;
        if (r != 0)
                return r < 0 ? r : 0;
        value = pf_registry_value(&key, "Enabled");
        if (value && value->text) {
                number = strcmp(value->text, "0") != 0;
        } else if (value && pf_registry_number(&key, "Enabled", &number, NULL) < 0) {
                pf_registry_show(value, shown);
                return pf_err_set(err, -EINVAL, "%s\\Enabled: %s", path, shown);
        }
        if (number == 0)
                ret->off = path;
        return 0;
}

int pf_windows_scripts(const PfTarget *target, PfWindowsScripts *ret, PfErr *err) {
        static const char *const views[] = { PF_WINDOWS_SCRIPT_HOST, PF_WINDOWS_SCRIPT_HOST_32 };
        PfErr first = { 0 };
        int result = 0;

        *ret = (PfWindowsScripts){ 0 };
        for (size_t i = 0; i < PF_ELEMENTS(views) && !ret->off; i++) {
                int r = read_scripts(target, views[i], ret, &first);

                result = result ? result : r;
        }
        return ret->off || result == 0 ? 0 : pf_err_set(err, result, "%s", first.text);
}

/* Only members start the service by themselves. */
static int read_cluster(const PfTarget *target, PfWindowsCluster *ret, PfErr *err) {
        PF_AUTO_FREE char *hive = NULL;
        PfWindowsService service = { 0 };
        int r = pf_windows_fact(target, PF_WINDOWS_SERVICE, "ClusSvc", &service, err);

        if (r == 0)
                r = pf_target_find_any_case(target, "/Windows/Cluster/CLUSDB", &hive, err);
        if (r < 0)
                return r;
        *ret = (PfWindowsCluster){ .state = service.error == PF_NO_SUCH_SERVICE
                                                    ? PF_CLUSTER_NOT_INSTALLED
                                            : service.start == PF_SERVICE_AUTOMATIC
                                                    ? PF_CLUSTER_NOT_RUNNING
                                                    : PF_CLUSTER_NOT_CONFIGURED,
                                   .has_hive = hive != NULL,
                                   .is_dirty = service.is_dirty };
        return 0;
}

int pf_windows_cluster(const PfTarget *target, PfWindowsCluster *ret, PfErr *err) {
        int r = pf_windows_fact(target, PF_WINDOWS_CLUSTER, "node", ret, err);

        return r == PF_WINDOWS_NOT_ASKED ? read_cluster(target, ret, err) : r;
}
