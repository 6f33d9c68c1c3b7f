/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a check finds in the registry: keys that could not be read become findings of
 * their own, and a hive that was not closed cleanly is remembered until the answer.
 */

#include "daemon/platform/registry.h"
#include "probes/system/findings.h"

#define PF_SYSTEM_HIVE "HKLM\\SYSTEM"
#define PF_SOFTWARE_HIVE "HKLM\\SOFTWARE"
#define PF_SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services"
#define PF_CONTROL "HKLM\\SYSTEM\\CurrentControlSet\\Control"

typedef struct PfRegistryLook {
        const PfTarget *target;
        PfFindings findings;
        char *dirty; /* a hive that was not closed cleanly; NULL: none was seen */
} PfRegistryLook;

void pf_registry_look_deinit(PfRegistryLook *look);
#define PF_AUTO_REGISTRY_LOOK PF_CLEANUP(pf_registry_look_deinit)

/* Outcomes of what follows, beside 0 and -ENOMEM. */
typedef enum PfLooked {
        PF_LOOKED_ABSENT = 1, /* there is no such key or value */
        PF_LOOKED_FAILED = 2, /* it could not be told; a finding says why */
} PfLooked;

/**
 * pf_look_key() - a key
 * @name: of what it is about, static, as in pf_finding_add()
 * @ret:  the caller gives it back with pf_registry_key_deinit()
 */
int pf_look_key(PfRegistryLook *look, const char *name, const char *path,
                PfRegistryKey *ret) PF_MUST_CHECK;

/* A number, or a text that the caller frees, of a key. One of another type is a failure. */
int pf_look_number(PfRegistryLook *look, const char *name, const char *path, const char *value,
                   uint64_t *ret) PF_MUST_CHECK;
int pf_look_text(PfRegistryLook *look, const char *name, const char *path, const char *value,
                 char **ret) PF_MUST_CHECK;

/* The same of a key that was read, by which the text is kept. */
int pf_look_number_of(PfRegistryLook *look, const char *name, const PfRegistryKey *key,
                      const char *value, uint64_t *ret) PF_MUST_CHECK;
int pf_look_text_of(PfRegistryLook *look, const char *name, const PfRegistryKey *key,
                    const char *value, const char **ret) PF_MUST_CHECK;

/* Evidence of the finding added last: a value of a key, or of a path. @value NULL: it is the key.
 */
void pf_look_evidence(PfRegistryLook *look, const PfRegistryKey *key, const char *value,
                      const char *expected);
void pf_look_evidence_at(PfRegistryLook *look, const char *path, const char *value,
                         const char *found, const char *expected);

/* As pf_findings_answer(). What would pass by a hive that was not closed cleanly is a warning. */
int pf_look_answer(PfRegistryLook *look, PfReport *report, const PfCheck *check, const char *good,
                   const char *idle);

/* @place, a hive or a key, was not closed cleanly. Return: 0, -ENOMEM. */
int pf_look_doubt(PfRegistryLook *look, const char *place) PF_MUST_CHECK;

/* The same warning where a check is answered without findings: instead of a pass that rests
 * on @place. */
int pf_windows_warn_dirty(PfReport *report, const PfCheck *check, const char *place);

/* --- what several checks ask --- */

typedef enum PfProduct {
        PF_PRODUCT_WORKSTATION,
        PF_PRODUCT_SERVER,
        PF_PRODUCT_DOMAIN_CONTROLLER,
} PfProduct;

/* Rule: ProductOptions\ProductType: WinNT, ServerNT, LanmanNT. Return: 0, a PfLooked, -ENOMEM. */
int pf_look_product(PfRegistryLook *look, const char *name, PfProduct *ret) PF_MUST_CHECK;

/**
 * pf_look_version_of() - which Windows: "10.0.17763", of its CurrentVersion
 * Rule: until 8.1 the version is a text, "6.1"; since then two numbers, and the text
 *       stays 6.3.
 */
#define PF_WINDOWS_CURRENT "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define PF_WINDOWS_VERSION_MAX 64
int pf_look_version_of(PfRegistryLook *look, const char *name, const PfRegistryKey *current,
                       char ret[static PF_WINDOWS_VERSION_MAX]) PF_MUST_CHECK;
int pf_look_version(PfRegistryLook *look, const char *name,
                    char ret[static PF_WINDOWS_VERSION_MAX]) PF_MUST_CHECK;
bool pf_windows_is_before(const char *version, unsigned major, unsigned minor);

/* How a service starts: 0 boot, 1 system, 2 automatic, 3 on demand, 4 disabled. */
enum { PF_START_BOOT = 0, PF_START_AUTO = 2, PF_START_DEMAND = 3, PF_START_DISABLED = 4 };
int pf_look_start_type(PfRegistryLook *look, const char *name, const char *service,
                       uint64_t *ret) PF_MUST_CHECK;
