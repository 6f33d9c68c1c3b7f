/* SPDX-License-Identifier: MIT */
#include "probes/windows/registry-look.h"

#include <string.h>
#include <strings.h>

#define PATH_MAX_BYTES (PF_REGISTRY_PATH_MAX + 256)

void pf_registry_look_deinit(PfRegistryLook *look) {
        pf_system_findings_deinit(&look->findings);
        free(look->dirty);
        *look = (PfRegistryLook){ 0 };
}

static int failed(PfRegistryLook *look, const char *name, const char *path, int r,
                  const PfErr *err) {
        if (r == -ENOMEM)
                return r;
        pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, name, "%s is not known: %s", name,
                       pf_err_text(err, r));
        pf_finding_evidence_said(&look->findings, path, NULL, NULL);
        return PF_LOOKED_FAILED;
}

int pf_look_doubt(PfRegistryLook *look, const char *place) {
        if (!look->dirty)
                look->dirty = strdup(place);
        return look->dirty ? 0 : -ENOMEM;
}

int pf_look_key(PfRegistryLook *look, const char *name, const char *path, PfRegistryKey *ret) {
        PfErr err = { 0 };
        int r = pf_registry_read(look->target, path, ret, &err);

        if (r < 0)
                return failed(look, name, path, r, &err);
        if (ret->is_dirty && pf_look_doubt(look, ret->hive ? ret->hive : path) < 0) {
                pf_registry_key_deinit(ret);
                return -ENOMEM;
        }
        return r == PF_REGISTRY_ABSENT ? PF_LOOKED_ABSENT : 0;
}

int pf_look_number_of(PfRegistryLook *look, const char *name, const PfRegistryKey *key,
                      const char *value, uint64_t *ret) {
        PfErr err = { 0 };
        int r = pf_registry_number(key, value, ret, &err);

        return r < 0 ? failed(look, name, key->path, r, &err) : r;
}

int pf_look_text_of(PfRegistryLook *look, const char *name, const PfRegistryKey *key,
                    const char *value, const char **ret) {
        PfErr err = { 0 };
        int r = pf_registry_text(key, value, ret, &err);

        return r < 0 ? failed(look, name, key->path, r, &err) : r;
}

int pf_look_number(PfRegistryLook *look, const char *name, const char *path, const char *value,
                   uint64_t *ret) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, name, path, &key);

        return r == 0 ? pf_look_number_of(look, name, &key, value, ret) : r;
}

int pf_look_text(PfRegistryLook *look, const char *name, const char *path, const char *value,
                 char **ret) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const char *text = NULL;
        int r = pf_look_key(look, name, path, &key);

        if (r == 0)
                r = pf_look_text_of(look, name, &key, value, &text);
        if (r != 0)
                return r;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

void pf_look_evidence_at(PfRegistryLook *look, const char *path, const char *value,
                         const char *found, const char *expected) {
        char whole[PATH_MAX_BYTES];

        (void) snprintf(whole, sizeof(whole), "%s%s%s", path, value ? "\\" : "",
                        value ? value : "");
        pf_finding_evidence_said(&look->findings, whole, found, expected);
}

void pf_look_evidence(PfRegistryLook *look, const PfRegistryKey *key, const char *value,
                      const char *expected) {
        const PfRegistryValue *found = value ? pf_registry_value(key, value) : NULL;
        char shown[PF_REGISTRY_SHOWN_MAX];

        if (found)
                pf_registry_show(found, shown);
        pf_look_evidence_at(look, key->path, value,
                            found   ? shown
                            : value ? NULL
                                    : "is there",
                            expected);
}

static void add_dirty(PfFindings *findings, const char *place) {
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, "hive",
                       "the registry of the image was not closed cleanly, and what changed last is "
                       "not in it");
        pf_finding_evidence_said(findings, place, "two sequence numbers that differ",
                                 "a machine that was shut down");
        pf_finding_reason(findings, "dirty-hive");
        pf_finding_remedy(findings, "shut the machine down, not into hibernation, and look again");
}

int pf_windows_warn_dirty(PfReport *report, const PfCheck *check, const char *place) {
        PF_AUTO_FINDINGS PfFindings findings = { 0 };

        add_dirty(&findings, place);
        return pf_findings_answer(&findings, report, check, "", "");
}

int pf_look_answer(PfRegistryLook *look, PfReport *report, const PfCheck *check, const char *good,
                   const char *idle) {
        bool counts = false;

        for (size_t i = 0; i < look->findings.n; i++)
                counts |= look->findings.items[i].state != PF_FINDING_IDLE;
        if (look->dirty && counts)
                add_dirty(&look->findings, look->dirty);
        return pf_findings_answer(&look->findings, report, check, good, idle);
}

int pf_look_product(PfRegistryLook *look, const char *name, PfProduct *ret) {
        static const char *const words[] = {
                [PF_PRODUCT_WORKSTATION] = "WinNT",
                [PF_PRODUCT_SERVER] = "ServerNT",
                [PF_PRODUCT_DOMAIN_CONTROLLER] = "LanmanNT",
        };
        PF_AUTO_FREE char *word = NULL;
        int r = pf_look_text(look, name, PF_CONTROL "\\ProductOptions", "ProductType", &word);
        PfErr err = { 0 };

        for (size_t i = 0; r == 0 && i < PF_ELEMENTS(words); i++)
                if (strcasecmp(words[i], word) == 0) {
                        *ret = (PfProduct) i;
                        return 0;
                }
        if (r == PF_LOOKED_FAILED || r < 0)
                return r;
        (void) pf_err_set(&err, -EINVAL, "the registry does not say whether this is a server");
        return failed(look, name, PF_CONTROL "\\ProductOptions\\ProductType", -EINVAL, &err);
}

int pf_look_start_type(PfRegistryLook *look, const char *name, const char *service, uint64_t *ret) {
        char path[PF_REGISTRY_PATH_MAX];

        (void) snprintf(path, sizeof(path), PF_SERVICES "\\%s", service);
        return pf_look_number(look, name, path, "Start", ret);
}

int pf_look_version_of(PfRegistryLook *look, const char *name, const PfRegistryKey *current,
                       char ret[static PF_WINDOWS_VERSION_MAX]) {
        const char *text = NULL, *build = NULL;
        uint64_t major = 0, minor = 0;
        int r = pf_look_text_of(look, name, current, "CurrentBuild", &build);

        if (r == PF_LOOKED_ABSENT)
                r = pf_look_text_of(look, name, current, "CurrentBuildNumber", &build);
        if (r != 0)
                return r;
        r = pf_look_number_of(look, name, current, "CurrentMajorVersionNumber", &major);
        if (r == 0)
                r = pf_look_number_of(look, name, current, "CurrentMinorVersionNumber", &minor);
        if (r == 0)
                (void) snprintf(ret, PF_WINDOWS_VERSION_MAX, "%u.%u.%.20s", (unsigned) major,
                                (unsigned) minor, build);
        if (r != PF_LOOKED_ABSENT)
                return r;
        r = pf_look_text_of(look, name, current, "CurrentVersion", &text);
        if (r == 0)
                (void) snprintf(ret, PF_WINDOWS_VERSION_MAX, "%.20s.%.20s", text, build);
        return r;
}

int pf_look_version(PfRegistryLook *look, const char *name,
                    char ret[static PF_WINDOWS_VERSION_MAX]) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_look_key(look, name, PF_WINDOWS_CURRENT, &key);

        return r == 0 ? pf_look_version_of(look, name, &key, ret) : r;
}

bool pf_windows_is_before(const char *version, unsigned major, unsigned minor) {
        unsigned found_major = 0, found_minor = 0;

        (void) sscanf(version, "%9u.%9u", &found_major, &found_minor);
        return found_major < major || (found_major == major && found_minor < minor);
}
