/* SPDX-License-Identifier: MIT */
/*
 * Check boot.configuration-live: is what one would look at, or edit, what the
 * machine starts from? Another file may be; and what boot files are generated
 * from may say something that they do not say yet.
 */
#include "probes/boot/boot.h"

#include <string.h>

typedef struct Finding {
        const char *summary;
        const char *path;
        unsigned line;
        char *found;
        const char *expected;
} Finding;

#define FINDINGS_MAX 16

typedef struct Findings {
        Finding items[FINDINGS_MAX];
        size_t n;
        bool vendor_reads_idle;
} Findings;

static void findings_deinit(Findings *findings) {
        for (size_t i = 0; i < findings->n; i++)
                free(findings->items[i].found);
}

static int add(Findings *findings, const Finding *finding, const char *found) {
        char *copy = found ? strdup(found) : NULL;

        if (found && !copy)
                return -ENOMEM;
        if (findings->n == FINDINGS_MAX) {
                free(copy);
                return 0;
        }
        findings->items[findings->n] = *finding;
        findings->items[findings->n++].found = copy;
        return 0;
}

static const PfBootLoader *find_loader(const PfBootInventory *inventory, const char *path) {
        for (size_t i = 0; path && i < inventory->n_loaders; i++)
                if (strcmp(inventory->loaders[i].path, path) == 0)
                        return &inventory->loaders[i];
        return NULL;
}

static bool boots_kernels(const PfBootInventory *inventory, const PfBootLoader *loader) {
        for (size_t i = 0; i < inventory->n_items; i++)
                if (&inventory->loaders[inventory->items[i].i_loader] == loader &&
                    inventory->items[i].kernel)
                        return true;
        return false;
}

/* Loaders that are not the machine's, and would boot something if they were. */
static int find_idle(const PfBootFacts *facts, Findings *findings) {
        const PfBootInventory *inventory = &facts->inventory;
        const PfBootLoader *read = find_loader(inventory, facts->vendor.path);
        int r = 0;

        findings->vendor_reads_idle = read && read->live == PF_NO;
        for (size_t i = 0; i < inventory->n_loaders && r == 0; i++) {
                const PfBootLoader *loader = &inventory->loaders[i];

                if (loader->live == PF_NO && boots_kernels(inventory, loader))
                        r = add(findings,
                                &(Finding){ .summary = "boot loader files are there that this "
                                                       "machine does not start from",
                                            .path = loader->path,
                                            .expected = "the file that boots, and no other" },
                                loader->why);
        }
        return r;
}

/* Does an entry have the word among its arguments? */
static bool entry_has(const PfBootItem *item, const char *word, size_t n) {
        for (size_t i = item->kernel->i_image + 1; i < item->kernel->expanded.n; i++) {
                const char *at = item->kernel->expanded.items[i].text;

                while (*at) {
                        size_t m = strcspn(at, " \t");

                        if (m == n && strncmp(at, word, n) == 0)
                                return true;
                        at += m + strspn(at + m, " \t");
                }
        }
        return false;
}

static bool is_of_grub(const PfBootInventory *inventory, const PfBootItem *item) {
        PfBootFormat format = inventory->loaders[item->i_loader].format;

        return item->kernel && item->live != PF_NO &&
               (format == PF_BOOT_GRUB || format == PF_BOOT_BLS);
}

/* Whether any entry of GRUB has the word; or cannot be told, for want of a variable. */
static bool is_generated(const PfBootInventory *inventory, const char *word, size_t n) {
        bool any = false;

        for (size_t i = 0; i < inventory->n_items; i++) {
                const PfBootItem *item = &inventory->items[i];

                if (!is_of_grub(inventory, item))
                        continue;
                any = true;
                for (size_t j = 0; j < item->kernel->expanded.n; j++)
                        if (!item->kernel->expanded.items[j].certain)
                                return true;
                if (entry_has(item, word, n))
                        return true;
        }
        return !any;
}

/* The words of one variable that no entry has. Quotes and '$' are not understood. */
static int find_ungenerated(const PfBootInventory *inventory, const char *name,
                            Findings *findings) {
        const PfBootSetting *setting = pf_boot_settings_find(&inventory->grub, name);
        const char *at = setting && setting->certain ? setting->value : "";
        int r = 0;

        if (strpbrk(at, "\"'\\$"))
                return 0;
        for (at += strspn(at, " \t\n"); *at && r == 0; at += strspn(at, " \t\n")) {
                size_t n = strcspn(at, " \t\n");
                char word[256];

                if (n < sizeof(word) && !is_generated(inventory, at, n)) {
                        memcpy(word, at, n);
                        word[n] = '\0';
                        r = add(findings,
                                &(Finding){ .summary = "a setting is not in the boot files that "
                                                       "are generated from it",
                                            .path = setting->path,
                                            .line = setting->line,
                                            .expected = "boot files generated after the last "
                                                        "change" },
                                word);
                }
                at += n;
        }
        return r;
}

static int answer_findings(const PfBootFacts *facts, PfReport *report, const Findings *findings) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_LIVE];
        int r = 0;

        (void) pf_report_warn(report, check, "%s", findings->items[0].summary);
        for (size_t i = 0; i < findings->n && r == 0; i++)
                r = pf_report_evidence(report, facts->target, findings->items[i].path,
                                       findings->items[i].line, findings->items[i].found,
                                       findings->items[i].expected);
        if (findings->vendor_reads_idle)
                (void) pf_report_vendor_verdict(
                        report,
                        "the agent's own check reads %s, which this machine does not start "
                        "from",
                        facts->vendor.path);
        return report->error;
}

/* More than one may be the machine's: nothing tells which. */
static int answer_open(const PfBootFacts *facts, PfReport *report) {
        const PfBootInventory *inventory = &facts->inventory;
        int r;

        (void) pf_report_unknown(report, &pf_boot_checks[PF_BOOT_LIVE],
                                 "several boot loaders are configured, and nothing tells which one "
                                 "this machine starts with");
        r = report->error;
        for (size_t i = 0; i < inventory->n_loaders && r == 0; i++)
                if (inventory->loaders[i].live == PF_MAYBE &&
                    boots_kernels(inventory, &inventory->loaders[i]))
                        r = pf_report_evidence(report, facts->target, inventory->loaders[i].path, 0,
                                               pf_boot_format_name(inventory->loaders[i].format),
                                               NULL);
        return r;
}

static const PfBootItem *find_running(const PfBootInventory *inventory) {
        for (size_t i = 0; i < inventory->n_items; i++)
                if (inventory->items[i].running)
                        return &inventory->items[i];
        return NULL;
}

static int answer_known(const PfBootFacts *facts, PfReport *report, const PfBootLoader *live) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_LIVE];
        const PfBootInventory *inventory = &facts->inventory;
        const PfBootItem *running = find_running(inventory);

        if (inventory->running && !running) {
                (void) pf_report_warn(report, check,
                                      "the running kernel was not started with what "
                                      "an entry of %s says now",
                                      live->path);
                return pf_report_evidence(report, facts->target, "/proc/cmdline", 1,
                                          inventory->running, "the arguments of an entry");
        }
        (void) pf_report_pass(report, check, "this machine starts from %s", live->path);
        if (running)
                return pf_report_evidence(report, facts->target, running->path, running->line,
                                          pf_boot_item_title(running), NULL);
        return pf_report_evidence(report, facts->target, live->path, 0, live->why, NULL);
}

static const PfBootLoader *find_live(const PfBootInventory *inventory) {
        const PfBootLoader *live = NULL;

        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (inventory->loaders[i].live == PF_YES &&
                    (!live || boots_kernels(inventory, &inventory->loaders[i])))
                        live = &inventory->loaders[i];
        return live;
}

int pf_boot_check_live(const PfBootFacts *facts, PfReport *report) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_LIVE];
        const PfBootLoader *live = find_live(&facts->inventory);
        const char *missing = pf_boot_what_is_missing(facts);
        PF_CLEANUP(findings_deinit) Findings findings = { 0 };
        int r;

        if (pf_boot_answer_nothing(facts, report, check))
                return report->error;
        r = find_ungenerated(&facts->inventory, "GRUB_CMDLINE_LINUX", &findings);
        if (r == 0)
                r = find_ungenerated(&facts->inventory, "GRUB_CMDLINE_LINUX_DEFAULT", &findings);
        if (r == 0)
                r = find_idle(facts, &findings);
        if (r < 0)
                return r;
        if (findings.n > 0)
                return answer_findings(facts, report, &findings);
        if (missing)
                return pf_report_unknown(
                        report, check, "not all of the boot loader's files are known: %s", missing);
        return live ? answer_known(facts, report, live) : answer_open(facts, report);
}
