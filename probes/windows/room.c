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

int pf_windows_show_service(PfReport *report, const char *name, const PfWindowsService *service,
                            const char *expected) {
        static const char *const states[] = { "not running, in an image",
                                              "stopped",
                                              "starting",
                                              "stopping",
                                              "running",
                                              "continuing",
                                              "pausing",
                                              "paused" };
        static const char *const starts[] = { "boot", "system", "automatic", "demand", "disabled" };
        char place[PF_WINDOWS_TEXT_MAX];
        char text[PF_WINDOWS_TEXT_MAX];

        (void) snprintf(place, sizeof(place),
                        service->state ? "service %s"
                                       : "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s",
                        name);
        if (service->error)
                return pf_windows_show_error(report, place, service->error);
        (void) snprintf(text, sizeof(text), "state %s, start %s",
                        word_of(states, PF_ELEMENTS(states), service->state),
                        word_of(starts, PF_ELEMENTS(starts), service->start));
        return pf_windows_show(report, place, text, expected);
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
        *ret = (PfWindowsJoin){ .status = PF_JOIN_WORKGROUP };
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
