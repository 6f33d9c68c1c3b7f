/* SPDX-License-Identifier: MIT */
#include "tests/support/boot-edit.h"

#include <string.h>

#include "probes/parse/bls.h"
#include "probes/parse/extlinux.h"
#include "probes/parse/fstab.h"
#include "probes/parse/grub-default.h"
#include "probes/parse/grub-env.h"
#include "probes/parse/grub-legacy.h"
#include "probes/parse/grub-script.h"
#include "probes/parse/kernel-cmdline.h"

void pf_boot_renaming_deinit(PfBootRenaming *renaming) {
        pf_boot_texts_deinit(&renaming->texts);
}

void pf_boot_reading_deinit(PfBootReading *reading) {
        pf_boot_menu_deinit(&reading->menu);
        pf_boot_settings_deinit(&reading->settings);
}

PfBootSyntax pf_boot_syntax_of(const char *folder, const char *file) {
        static const struct {
                const char *folder;
                const char *end;
                PfBootSyntax syntax;
        } rows[] = {
                { "grub", ".cfg", PF_BOOT_SYNTAX_GRUB },
                { "menu.lst", ".lst", PF_BOOT_SYNTAX_MENU_LST },
                { "bls", ".conf", PF_BOOT_SYNTAX_BLS },
                { "bls", ".grubenv", PF_BOOT_SYNTAX_GRUBENV },
                { "default-grub", ".grub", PF_BOOT_SYNTAX_SHELL },
                { "fstab", ".fstab", PF_BOOT_SYNTAX_TABLE },
        };
        const char *end = strrchr(file, '.');

        for (size_t i = 0; end && i < PF_ELEMENTS(rows); i++)
                if (strcmp(rows[i].folder, folder) == 0 && strcmp(rows[i].end, end) == 0)
                        return rows[i].syntax;
        return PF_BOOT_SYNTAXES;
}

static int add_field(PfBootSettings *settings, const PfFstabEntry *entry, const char *name,
                     const char *value) {
        return pf_boot_settings_add(settings, &(PfBootSetting){ .name = name,
                                                                .value = value,
                                                                .path = "/f",
                                                                .line = entry->line });
}

static int read_table(const char *text, size_t n, PfBootSettings *ret, PfErr *err) {
        PF_AUTO_FSTAB PfFstab fstab = { 0 };
        int r = pf_fstab_parse("/f", text, n, &fstab, err);

        for (size_t i = 0; i < fstab.n && r == 0; i++) {
                const PfFstabEntry *entry = &fstab.entries[i];

                r = add_field(ret, entry, "spec", entry->spec);
                if (r == 0)
                        r = add_field(ret, entry, "file", entry->file);
                if (r == 0)
                        r = add_field(ret, entry, "type", entry->type);
                if (r == 0)
                        r = add_field(ret, entry, "options", entry->options);
        }
        return r;
}

int pf_boot_read(PfBootSyntax syntax, const char *text, size_t n, PfBootReading *ret) {
        PfErr err = { 0 };
        int r = 0;

        switch (syntax) {
        case PF_BOOT_SYNTAX_GRUB:
                r = pf_grub_script_load("/f", text, n, NULL, NULL, &ret->menu, &err);
                break;
        case PF_BOOT_SYNTAX_MENU_LST:
                r = pf_grub_legacy_parse("/f", text, n, &ret->menu, &err);
                break;
        case PF_BOOT_SYNTAX_BLS:
                r = pf_bls_parse("/f.conf", text, n, PF_BOOT_SYSTEMD_BOOT, NULL, &ret->menu, &err);
                break;
        case PF_BOOT_SYNTAX_EXTLINUX:
                r = pf_extlinux_load("/f", text, n, NULL, &ret->menu, &err);
                break;
        case PF_BOOT_SYNTAX_GRUBENV:
                r = pf_grub_env_parse("/f", text, n, &ret->settings, &err);
                break;
        case PF_BOOT_SYNTAX_SHELL:
                r = pf_grub_default_parse("/f", text, n, &ret->settings, NULL, &err);
                break;
        default:
                r = read_table(text, n, &ret->settings, &err);
                break;
        }
        return r;
}

static bool is_there(const PfBootRenaming *renaming, const PfBootSwap *swap) {
        for (size_t i = 0; i < renaming->n; i++)
                if (renaming->swaps[i].kind == swap->kind &&
                    renaming->swaps[i].line == swap->line &&
                    strcmp(renaming->swaps[i].from, swap->from) == 0 &&
                    (!swap->name || strcmp(renaming->swaps[i].name, swap->name) == 0))
                        return true;
        return false;
}

static int add(PfBootRenaming *renaming, PfBootSwap swap) {
        char to[64];
        int r;

        if (!pf_boot_swap_is_plain(swap.from) || is_there(renaming, &swap))
                return 0;
        if (renaming->n == PF_BOOT_RENAMED_MAX)
                return -E2BIG;
        (void) snprintf(to, sizeof(to), "UUID=%08zx-feed-4fee-8fee-%012zx", renaming->n,
                        renaming->n * 7919);
        r = pf_boot_texts_add(&renaming->texts, to, strlen(to), &swap.to);
        if (r == 0)
                r = pf_boot_texts_add(&renaming->texts, swap.from, strlen(swap.from), &swap.from);
        if (r == 0)
                renaming->swaps[renaming->n++] = swap;
        return r;
}

static int rename_words(PfBootRenaming *renaming, const char *text) {
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = NULL;
        int r = pf_cmdline_parse(text, strlen(text), &cmdline);

        for (size_t i = 0; r == 0 && i < cmdline->n; i++) {
                const PfCmdlineWord *word = &cmdline->words[i];
                const PfCmdlineParameter *parameter = pf_cmdline_parameter(word->name);

                if (parameter && word->value && !word->for_init &&
                    (parameter->role == PF_CMDLINE_ROOT || parameter->role == PF_CMDLINE_RESUME))
                        r = add(renaming, (PfBootSwap){ .kind = PF_BOOT_SWAP_ARGUMENT,
                                                        .name = parameter->name,
                                                        .from = word->value });
        }
        return r;
}

static int rename_commands(PfBootRenaming *renaming, const PfBootCommands *commands) {
        int r = 0;

        for (size_t i = 0; i < commands->n; i++) {
                const PfBootCommand *command = &commands->items[i];

                for (size_t j = 0;
                     command->verb == PF_BOOT_KERNEL && j < command->expanded.n && r == 0; j++)
                        r = rename_words(renaming, command->expanded.items[j].text);
        }
        return r;
}

int pf_boot_rename_all(PfBootSyntax syntax, const PfBootReading *reading, PfBootRenaming *ret) {
        int r = rename_commands(ret, &reading->menu.outside);

        for (size_t i = 0; i < reading->menu.n && r == 0; i++)
                r = rename_commands(ret, &reading->menu.entries[i].commands);
        for (size_t i = 0; i < reading->settings.n && r == 0; i++) {
                const PfBootSetting *setting = &reading->settings.items[i];

                if (syntax != PF_BOOT_SYNTAX_TABLE)
                        r = rename_words(ret, setting->value);
                else if (strcmp(setting->name, "spec") == 0)
                        r = add(ret, (PfBootSwap){ .kind = PF_BOOT_SWAP_FIELD,
                                                   .from = setting->value,
                                                   .line = setting->line });
        }
        return r;
}
