/* SPDX-License-Identifier: MIT */
/*
 * Check boot.arguments: kernel parameters with which a machine does not start in
 * Azure, or which the installer refuses.
 */
#include "probes/boot/boot.h"

#include <string.h>
#include <strings.h>

/* The values of one parameter that do harm. */
typedef struct Rule {
        const char *name;
        const char *const *values;
        size_t n_values;
        bool is_list; /* several values, with commas between them */
        const char *summary;
} Rule;

static const char *const no_acpi[] = { "0", "off" };
static const char *const modules[] = { "hv_vmbus", "hv_storvsc", "hv_netvsc" };
static const char *const initcalls[] = { "hv_acpi_init", "storvsc_drv_init", "netvsc_drv_init" };

#define TAKES_MODULES "a kernel parameter keeps out a driver that Azure needs"
#define RULE(parameter, list, lists, text)                                                         \
        {                                                                                          \
                .name = parameter, .values = list, .n_values = PF_ELEMENTS(list),                  \
                .is_list = lists, .summary = text                                                  \
        }

/* kernel-parameters.txt, modprobe.d(5), dracut.cmdline(7). */
static const Rule rules[] = {
        RULE("acpi", no_acpi, false, "a kernel parameter switches ACPI off, which Azure needs"),
        RULE("module_blacklist", modules, true, TAKES_MODULES),
        RULE("modprobe.blacklist", modules, true, TAKES_MODULES),
        RULE("rd.driver.blacklist", modules, true, TAKES_MODULES),
        RULE("rdblacklist", modules, true, TAKES_MODULES),
        RULE("initcall_blacklist", initcalls, true, TAKES_MODULES),
};

typedef enum Weight { WEIGHT_OTHER_ENTRY, WEIGHT_STARTS } Weight;

typedef struct Finding {
        char *found;
        const char *path;
        unsigned line;
        const Rule *rule;
        Weight weight;
        bool acpi_zero; /* the only one that the installer looks for */
} Finding;

typedef struct Search {
        const PfBootFacts *facts;
        Finding findings[PF_BOOT_EVIDENCE_MAX];
        size_t n;
        bool running_has_acpi_zero;
} Search;

static void search_deinit(Search *search) {
        for (size_t i = 0; i < search->n; i++)
                free(search->findings[i].found);
}

static bool same_name(const char *a, const char *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (a[i] == '\0' || (a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
                        return false;
        return a[n] == '\0';
}

static bool rule_takes(const Rule *rule, const char *value) {
        for (const char *at = value; *at; at += *at == ',') {
                size_t n = rule->is_list ? strcspn(at, ",") : strlen(at);

                for (size_t i = 0; i < rule->n_values; i++)
                        if (rule->is_list ? same_name(rule->values[i], at, n)
                                          : strcasecmp(rule->values[i], at) == 0)
                                return true;
                at += n;
        }
        return false;
}

static const Rule *find_rule(const PfCmdlineWord *word) {
        for (size_t i = 0; i < PF_ELEMENTS(rules); i++)
                if (word->value && !word->for_init &&
                    same_name(rules[i].name, word->name, strlen(word->name)) &&
                    rule_takes(&rules[i], word->value))
                        return &rules[i];
        return NULL;
}

static bool is_acpi_zero(const PfCmdlineWord *word) {
        return strcasecmp(word->text, "acpi=0") == 0;
}

/* Room is kept for what does harm at every start. */
static int add(Search *search, const Finding *finding, const char *found) {
        Finding *slot = NULL;

        if (search->n < PF_BOOT_EVIDENCE_MAX)
                slot = &search->findings[search->n];
        else if (finding->weight == WEIGHT_STARTS)
                slot = &search->findings[PF_BOOT_EVIDENCE_MAX - 1];
        if (!slot)
                return 0;
        if (search->n == PF_BOOT_EVIDENCE_MAX)
                free(slot->found);
        else
                search->n++;
        *slot = *finding;
        slot->found = strdup(found);
        return slot->found ? 0 : -ENOMEM;
}

static int look_at(Search *search, const char *text, const char *path, unsigned line,
                   Weight weight) {
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = NULL;
        int r = pf_cmdline_parse(text, strlen(text), &cmdline);

        if (r == -E2BIG)
                return 0; /* more words than a kernel takes: it would not start with them */
        for (size_t i = 0; r == 0 && i < cmdline->n; i++) {
                const Rule *rule = find_rule(&cmdline->words[i]);

                if (rule)
                        r = add(search,
                                &(Finding){ .path = path,
                                            .line = line,
                                            .rule = rule,
                                            .weight = weight,
                                            .acpi_zero = is_acpi_zero(&cmdline->words[i]) },
                                cmdline->words[i].text);
        }
        return r;
}

static int look_at_command(Search *search, const PfBootCommand *command, Weight weight) {
        int r = 0;

        for (size_t i = command->i_image + 1; i < command->expanded.n && r == 0; i++) {
                const PfBootWord *word = &command->expanded.items[i];

                if (strcmp(word->text, "--") == 0)
                        break;
                r = look_at(search, word->text, word->path, word->line, weight);
        }
        return r;
}

static int look_at_items(Search *search) {
        const PfBootInventory *inventory = &search->facts->inventory;
        const PfBootItem *next = pf_boot_inventory_next(inventory);
        int r = 0;

        for (size_t i = 0; i < inventory->n_items && r == 0; i++) {
                const PfBootItem *item = &inventory->items[i];
                Weight weight = !next || item == next ? WEIGHT_STARTS : WEIGHT_OTHER_ENTRY;

                for (size_t j = 0; item->live != PF_NO && j < item->commands->n && r == 0; j++)
                        if (pf_boot_item_is_kernel(&item->commands->items[j]))
                                r = look_at_command(search, &item->commands->items[j], weight);
        }
        return r;
}

static int look_at_settings(Search *search) {
        static const char *const names[] = { "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT" };
        const PfBootInventory *inventory = &search->facts->inventory;
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(names) && r == 0; i++) {
                const PfBootSetting *setting = pf_boot_settings_find(&inventory->grub, names[i]);

                if (setting)
                        r = look_at(search, setting->value, setting->path, setting->line,
                                    WEIGHT_STARTS);
        }
        return r;
}

/* The running kernel's own words count where there are no entries to be seen, and
 * the one that the installer looks for always does. */
static int look_at_running(Search *search) {
        const char *running = search->facts->inventory.running;
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = NULL;
        int r;

        if (!running)
                return 0;
        if (!pf_boot_has_kernel(search->facts))
                return look_at(search, running, "/proc/cmdline", 1, WEIGHT_STARTS);
        r = pf_cmdline_parse(running, strlen(running), &cmdline);
        for (size_t i = 0; r == 0 && i < cmdline->n; i++)
                if (is_acpi_zero(&cmdline->words[i])) {
                        search->running_has_acpi_zero = true;
                        return look_at(search, "acpi=0", "/proc/cmdline", 1, WEIGHT_STARTS);
                }
        return r == -E2BIG ? 0 : r;
}

static const Finding *heaviest(const Search *search) {
        const Finding *finding = &search->findings[0];

        for (size_t i = 1; i < search->n; i++)
                if (search->findings[i].weight > finding->weight)
                        finding = &search->findings[i];
        return finding;
}

static bool is_seen_by_vendor(const Search *search) {
        bool any = search->running_has_acpi_zero;

        for (size_t i = 0; i < search->n && !search->facts->inventory.running; i++)
                any = any || search->findings[i].acpi_zero;
        return any;
}

static int answer_findings(const Search *search, PfReport *report) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_ARGUMENTS];
        const Finding *worst = heaviest(search);
        int r = 0;

        if (worst->weight == WEIGHT_STARTS)
                (void) pf_report_fail(report, check, "%s", worst->rule->summary);
        else
                (void) pf_report_warn(report, check, "%s, in an entry that is not the default",
                                      worst->rule->summary);
        for (size_t i = 0; i < search->n && r == 0; i++)
                if (search->findings[i].weight == worst->weight)
                        r = pf_report_evidence(report, search->facts->target,
                                               search->findings[i].path, search->findings[i].line,
                                               search->findings[i].found, "without this parameter");
        if (worst->weight == WEIGHT_STARTS && !is_seen_by_vendor(search))
                (void) pf_report_vendor_verdict(
                        report, "accepted: it looks for acpi=0 alone, among the running kernel's "
                                "parameters");
        return report->error;
}

static int answer(const Search *search, PfReport *report) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_ARGUMENTS];
        const char *missing = pf_boot_what_is_missing(search->facts);

        if (search->n > 0)
                return answer_findings(search, report);
        if (pf_boot_answer_nothing(search->facts, report, check))
                return report->error;
        if (missing)
                return pf_report_unknown(
                        report, check, "not all of the boot loader's files are known: %s", missing);
        return pf_report_pass(report, check, "no kernel parameter prevents a start in Azure");
}

int pf_boot_check_arguments(const PfBootFacts *facts, PfReport *report) {
        PF_CLEANUP(search_deinit) Search search = { .facts = facts };
        int r = look_at_running(&search);

        if (r == 0)
                r = look_at_items(&search);
        if (r == 0)
                r = look_at_settings(&search);
        return r < 0 ? r : answer(&search, report);
}
