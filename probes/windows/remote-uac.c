/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-uac: does the push account keep an administrator's rights over the network?
 *
 * Remote restrictions of User Account Control: a local account that signs in over the
 * network gets a filtered token, unless UAC is off, LocalAccountTokenFilterPolicy is 1, or
 * it is the built-in Administrator and that one is not filtered. Domain accounts are not.
 * Rule: Microsoft Knowledge Base 951016.
 */
#include <string.h>
#include <strings.h>

#include "probes/windows/registry-look.h"

#define POLICIES "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
#define NAMES "HKLM\\SAM\\SAM\\Domains\\Account\\Users\\Names"
#define BUILT_IN_RID 500
#define NOT_NAMED "root" /* it is still that of Linux */
#define ACCOUNT "account"
#define FILTER "remote UAC"

static const PfCheck check = { "windows.remote-uac" };

static bool is_this_machine(const char *domain, size_t n, const char *computer) {
        return (n == 1 && *domain == '.') ||
               (strlen(computer) == n && strncasecmp(domain, computer, n) == 0);
}

/* DOMAIN\name, name@domain, .\name, COMPUTER\name or name. Writes the name where it is local. */
static int is_local(PfRegistryLook *look, const char *account, const char **ret_name,
                    bool *ret_local) {
        const char *slash = strchr(account, '\\');
        PF_AUTO_FREE char *computer = NULL;
        PfProduct product;
        int r = pf_look_product(look, ACCOUNT, &product);

        if (r != 0)
                return r;
        *ret_name = slash ? slash + 1 : account;
        *ret_local = false;
        if (product == PF_PRODUCT_DOMAIN_CONTROLLER || (!slash && strchr(account, '@')))
                return 0;
        if (slash && !(slash == account + 1 && *account == '.')) {
                r = pf_look_text(look, ACCOUNT, PF_CONTROL "\\ComputerName\\ComputerName",
                                 "ComputerName", &computer);
                if (r < 0 || r == PF_LOOKED_FAILED)
                        return r;
        }
        *ret_local = !slash ||
                     is_this_machine(account, (size_t) (slash - account), computer ? computer : "");
        return 0;
}

/* The number of an account is the type of a value: only the name of its key is public. Where
 * nobody named one the one that is built in is meant. */
static int is_built_in(PfRegistryLook *look, const char *name, bool *ret) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char path[PF_REGISTRY_PATH_MAX];
        const PfRegistryValue *value;
        int r;

        *ret = !name;
        if (!name)
                return 0;
        (void) snprintf(path, sizeof(path), NAMES "\\%s", name);
        r = pf_look_key(look, ACCOUNT, path, &key);
        value = r == 0 ? pf_registry_value(&key, "") : NULL;
        *ret = value && value->type == BUILT_IN_RID;
        return r;
}

static int read_or(PfRegistryLook *look, const char *value, uint64_t fallback, uint64_t *ret) {
        int r = pf_look_number(look, FILTER, POLICIES, value, ret);

        if (r == PF_LOOKED_ABSENT)
                *ret = fallback;
        return r == PF_LOOKED_ABSENT ? 0 : r;
}

static void evidence(PfRegistryLook *look, const char *value, uint64_t number,
                     const char *expected) {
        char found[32];

        (void) snprintf(found, sizeof(found), "%llu", (unsigned long long) number);
        pf_look_evidence_at(look, POLICIES, value, found, expected);
}

static void blame(PfRegistryLook *look, uint64_t policy, bool built_in) {
        pf_finding_add(&look->findings, PF_FINDING_BAD, FILTER, "%s",
                       built_in ? "the built-in Administrator loses its rights over the network, "
                                  "by FilterAdministratorToken"
                                : "a local administrator loses its rights over the network");
        evidence(look, "LocalAccountTokenFilterPolicy", policy, "1");
        pf_finding_reason(&look->findings, "token-filtered");
        pf_finding_remedy(&look->findings,
                          "push with a domain account, or set LocalAccountTokenFilterPolicy to 1 "
                          "for the time of the installation");
}

/* @name: NULL: nobody named one. */
static int judge_local(PfRegistryLook *look, const char *name) {
        uint64_t lua = 1, policy = 0, filter = 0;
        bool built_in = false;
        int r = read_or(look, "EnableLUA", 1, &lua);

        if (r == 0)
                r = read_or(look, "LocalAccountTokenFilterPolicy", 0, &policy);
        if (r == 0)
                r = read_or(look, "FilterAdministratorToken", 0, &filter);
        if (r != 0)
                return r;
        if (lua == 0 || policy == 1) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, FILTER, "%s",
                               lua == 0 ? "UAC is off" : "local administrators are not filtered");
                evidence(look, lua == 0 ? "EnableLUA" : "LocalAccountTokenFilterPolicy",
                         lua == 0 ? lua : policy, NULL);
                return 0;
        }
        r = is_built_in(look, name, &built_in);
        if (r < 0 || r == PF_LOOKED_FAILED)
                return r;
        if (r == PF_LOOKED_ABSENT) {
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, ACCOUNT,
                               "there is no local account of that name, and of which domain it is "
                               "was not said");
                pf_look_evidence_at(look, NAMES, name, NULL, "DOMAIN\\NAME for one of a domain");
                pf_finding_reason(&look->findings, "account-absent");
        } else if (built_in && filter == 0) {
                pf_finding_add(&look->findings, PF_FINDING_GOOD, FILTER,
                               "the built-in Administrator is not filtered");
                evidence(look, "FilterAdministratorToken", filter, NULL);
        } else {
                blame(look, policy, built_in);
        }
        return 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target };
        const char *name = NULL;
        bool local = false;
        int r;

        (void) err;
        look.findings.target = target;
        r = is_local(&look, demand->account, &name, &local);
        if (r == 0 && !local)
                return pf_report_skip(report, &check, "accounts of a domain are not filtered");
        if (r == 0)
                r = judge_local(&look, strcmp(demand->account, NOT_NAMED) == 0 ? NULL : name);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check,
                              "the push account keeps its rights over the network",
                              "accounts of a domain are not filtered");
}

const PfProbe pf_probe_windows_uac = {
        .name = "windows-uac",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 5000,
        .run = run,
};
