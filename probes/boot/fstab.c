/* SPDX-License-Identifier: MIT */
/*
 * Check boot.fstab-identity: what is mounted, used as swap or decrypted while the
 * machine starts is named by identity; and a file system that does not exist
 * does not stop the start.
 */
#include "probes/boot/boot.h"

#include <string.h>

typedef struct Finding {
        const char *path;
        unsigned line;
        const char *found;
        const char *expected;
        const char *summary;
        bool fatal;
} Finding;

typedef struct Findings {
        Finding items[PF_BOOT_EVIDENCE_MAX];
        size_t n;
        size_t n_all;
        size_t n_fatal;
        const char *first; /* summary of the first, a fatal one before the others */
} Findings;

static void add(Findings *findings, const Finding *finding) {
        if (findings->n < PF_BOOT_EVIDENCE_MAX)
                findings->items[findings->n++] = *finding;
        if (!findings->first || (finding->fatal && findings->n_fatal == 0))
                findings->first = finding->summary;
        findings->n_all++;
        findings->n_fatal += finding->fatal;
}

static bool is_one_of(const char *text, const char *const *list, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(text, list[i]) == 0)
                        return true;
        return false;
}

/* Folders shared by a hypervisor, which Azure has none of. */
static const char *const hypervisor_types[] = { "vmhgfs", "fuse.vmhgfs-fuse", "vboxsf", "prl_fs" };

/* Mounted when somebody wants it, and not before. */
static bool is_for_later(const PfFstabEntry *entry) {
        return pf_fstab_option(entry->options, "noauto") != NULL;
}

static bool is_forgiving(const PfFstabEntry *entry) {
        return pf_fstab_option(entry->options, "nofail") || strcmp(entry->type, "swap") == 0;
}

static int judge_resolution(const PfBootFacts *facts, const PfFstabEntry *entry,
                            Findings *findings) {
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        int r = pf_block_graph_resolve(facts->graph, entry->spec, &resolution);

        if (r == 0 && resolution.state == PF_BLOCK_DANGLING)
                add(findings,
                    &(Finding){ .path = entry->path,
                                .line = entry->line,
                                .found = entry->spec,
                                .expected = "a device that is there, or nofail",
                                .summary = is_forgiving(entry) ? "a line names what no device has"
                                                               : "a line names what no device has, "
                                                                 "and the start stops for it",
                                .fatal = !is_forgiving(entry) });
        else if (r == 0 && resolution.state == PF_BLOCK_DUPLICATE)
                add(findings, &(Finding){ .path = entry->path,
                                          .line = entry->line,
                                          .found = entry->spec,
                                          .expected = "what one device alone has",
                                          .summary = "a line names what several devices have",
                                          .fatal = true });
        return r;
}

static int judge_entry(const PfBootFacts *facts, const PfFstabEntry *entry, Findings *findings) {
        PfBootClass class = pf_boot_classify_text(pf_identity_kind(entry->spec), entry->spec);

        if (is_for_later(entry))
                return 0;
        if (is_one_of(entry->type, hypervisor_types, PF_ELEMENTS(hypervisor_types)) &&
            !is_forgiving(entry))
                add(findings,
                    &(Finding){ .path = entry->path,
                                .line = entry->line,
                                .found = entry->type,
                                .expected = "nofail",
                                .summary = "a line mounts what only this hypervisor has" });
        if (class == PF_BOOT_CLASS_STABLE)
                return judge_resolution(facts, entry, findings);
        if (pf_boot_class_is_bad(class))
                add(findings, &(Finding){ .path = entry->path,
                                          .line = entry->line,
                                          .found = entry->spec,
                                          .expected = "UUID=…",
                                          .summary = class == PF_BOOT_CLASS_DEVICE
                                                             ? "a line has a device name"
                                                             : "a line has a name that holds on "
                                                               "this hypervisor only",
                                          .fatal = !is_forgiving(entry) });
        return 0;
}

static int judge_tables(const PfBootFacts *facts, Findings *findings) {
        const PfBootInventory *inventory = &facts->inventory;
        int r = 0;

        for (size_t i = 0; i < inventory->fstab.n && r == 0; i++)
                r = judge_entry(facts, &inventory->fstab.entries[i], findings);
        for (size_t i = 0; i < inventory->crypttab.n && r == 0; i++) {
                const PfCrypttabEntry *entry = &inventory->crypttab.entries[i];

                if (pf_boot_class_is_bad(pf_boot_classify_text(pf_identity_kind(entry->source),
                                                               entry->source)) &&
                    !pf_fstab_option(entry->options, "noauto"))
                        add(findings,
                            &(Finding){ .path = entry->path,
                                        .line = entry->line,
                                        .found = entry->source,
                                        .expected = "UUID=…",
                                        .summary = "an encrypted device has a name that "
                                                   "does not hold",
                                        .fatal = !pf_fstab_option(entry->options, "nofail") });
        }
        if (r == 0 && inventory->fstab.bad_line)
                add(findings, &(Finding){ .path = "/etc/fstab",
                                          .line = inventory->fstab.bad_line,
                                          .expected = "a line as in fstab(5)",
                                          .summary = "a line is ignored, for it is none" });
        return r;
}

/* Why a table is not known; NULL: it is. */
static const char *find_problem(const PfBootInventory *inventory) {
        for (size_t i = 0; i < inventory->problems.n; i++)
                if (strstr(inventory->problems.items[i], "/etc/fstab") ||
                    strstr(inventory->problems.items[i], "/etc/crypttab"))
                        return inventory->problems.items[i];
        return NULL;
}

static int answer_findings(const PfBootFacts *facts, PfReport *report, const Findings *findings) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_FSTAB];
        char others[64] = "";
        int r = 0;

        if (findings->n_all > 1)
                (void) snprintf(others, sizeof(others), ", and %zu more", findings->n_all - 1);
        if (findings->n_fatal > 0)
                (void) pf_report_fail(report, check, "%s%s", findings->first, others);
        else
                (void) pf_report_warn(report, check, "%s%s", findings->first, others);
        for (size_t i = 0; i < findings->n && r == 0; i++)
                r = pf_report_evidence(report, facts->target, findings->items[i].path,
                                       findings->items[i].line, findings->items[i].found,
                                       findings->items[i].expected);
        return r;
}

int pf_boot_check_fstab(const PfBootFacts *facts, PfReport *report) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_FSTAB];
        const char *problem = find_problem(&facts->inventory);
        Findings findings = { 0 };
        int r = judge_tables(facts, &findings);

        if (r < 0)
                return r;
        if (findings.n_fatal > 0 || (findings.n > 0 && !problem))
                return answer_findings(facts, report, &findings);
        if (problem)
                return pf_report_unknown(report, check, "%s", problem);
        if (facts->inventory.fstab.n == 0)
                return pf_report_skip(report, check, "/etc/fstab mounts nothing");
        return pf_report_pass(report, check, "what /etc/fstab mounts is named by identity");
}
