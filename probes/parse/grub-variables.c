/* SPDX-License-Identifier: MIT */
/*
 * Variables of GRUB's scripts, each with where it was set and whether that is
 * all that can have been.
 */
#include "probes/parse/grub-variables.h"

#include <string.h>

#include "probes/parse/grub-script.h"

/* What GRUB sets on a machine before, or while, a script runs: GRUB manual,
 * "Special environment variables". */
static const char *const machine_names[] = {
        "?",
        "biosnum",
        "cmdpath",
        "check_appended_signatures",
        "check_signatures",
        "chosen",
        "config_directory",
        "config_file",
        "debug",
        "grub_cpu",
        "grub_platform",
        "lockdown",
        "locale_dir",
        "lang",
        "mac",
        "net_*",
        "prefix",
        "pxe_*",
        "root",
        "secondary_locale_dir",
        "shim_lock",
        "theme",
        "tpm_*",
};

/* Normal mode says what it can do: all of them are "y" since GRUB 2.00. */
static const char feature_prefix[] = "feature_";

void pf_grub_variables_deinit(PfGrubVariables *variables) {
        free(variables->items);
        *variables = (PfGrubVariables){ 0 };
}

int pf_grub_variables_copy(const PfGrubVariables *from, bool exported_only, PfGrubVariables *to) {
        if (from->n > 0) {
                to->items = calloc(from->n, sizeof(*to->items));
                if (!to->items)
                        return -ENOMEM;
                to->allocated = from->n;
        }
        for (size_t i = 0; i < from->n; i++)
                if (!exported_only || from->items[i].exported)
                        to->items[to->n++] = from->items[i];
        to->open = from->open;
        return 0;
}

static PfGrubVariable *find(const PfGrubVariables *variables, const char *name) {
        for (size_t i = 0; i < variables->n; i++)
                if (strcmp(variables->items[i].name, name) == 0)
                        return &variables->items[i];
        return NULL;
}

/* The same, where it most likely is: lists that were copied agree in their beginnings. */
static PfGrubVariable *find_near(const PfGrubVariables *variables, const char *name, size_t i) {
        return i < variables->n && variables->items[i].name == name ? &variables->items[i]
                                                                    : find(variables, name);
}

/* Room for one more. */
static int reserve(PfGrubVariables *variables) {
        size_t room = variables->allocated ? variables->allocated * 2 : 16;
        PfGrubVariable *items;

        if (variables->n >= PF_GRUB_VARIABLES_MAX)
                return -E2BIG;
        if (variables->n < variables->allocated)
                return 0;
        items = reallocarray(variables->items, room, sizeof(*items));
        if (!items)
                return -ENOMEM;
        variables->items = items;
        variables->allocated = room;
        return 0;
}

/* The one of this name, made where there is none. */
static int find_or_add(PfGrubVariables *variables, const char *name, PfGrubVariable **ret) {
        PfGrubVariable *variable = find(variables, name);

        if (!variable) {
                int r = reserve(variables);

                if (r < 0)
                        return r;
                variable = &variables->items[variables->n];
                pf_grub_variables_get(variables, name, variable);
                variables->n++;
        }
        *ret = variable;
        return 0;
}

int pf_grub_variables_set(PfGrubVariables *variables, const PfGrubVariable *variable) {
        PfGrubVariable *mine;
        int r = find_or_add(variables, variable->name, &mine);
        bool exported;

        if (r < 0)
                return r;
        exported = mine->exported;
        *mine = *variable;
        mine->exported = exported;
        return 0;
}

int pf_grub_variables_export(PfGrubVariables *variables, const char *name) {
        PfGrubVariable *mine;
        int r = find_or_add(variables, name, &mine);

        if (r == 0)
                mine->exported = true;
        return r;
}

static bool is_machine_name(const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(machine_names); i++) {
                size_t n = strlen(machine_names[i]);

                if (machine_names[i][n - 1] == '*' ? strncmp(name, machine_names[i], n - 1) == 0
                                                   : strcmp(name, machine_names[i]) == 0)
                        return true;
        }
        return false;
}

static void get_unset(const PfGrubVariables *variables, const char *name, PfGrubVariable *ret) {
        bool machine = is_machine_name(name);

        *ret = (PfGrubVariable){ .name = name,
                                 .certain = !machine && !variables->open,
                                 .exported = machine };
        if (strncmp(name, feature_prefix, sizeof(feature_prefix) - 1) == 0)
                *ret = (PfGrubVariable){
                        .name = name, .value = "y", .path = "", .certain = true, .exported = true
                };
}

void pf_grub_variables_get(const PfGrubVariables *variables, const char *name,
                           PfGrubVariable *ret) {
        const PfGrubVariable *variable = find(variables, name);
        bool machine = is_machine_name(name);

        if (variable)
                *ret = *variable;
        else if (strncmp(name, feature_prefix, sizeof(feature_prefix) - 1) == 0)
                *ret = (PfGrubVariable){
                        .name = name, .value = "y", .path = "", .certain = true, .exported = true
                };
        else
                *ret = (PfGrubVariable){ .name = name,
                                         .certain = !machine && !variables->open,
                                         .exported = machine };
}

static bool same_value(const PfGrubVariable *a, const PfGrubVariable *b) {
        return (a->value == NULL) == (b->value == NULL) &&
               (!a->value || strcmp(a->value, b->value) == 0);
}

/* Of two that can be, the one that says something. */
static void merge_one(PfGrubVariable *mine, const PfGrubVariable *other) {
        bool certain = mine->certain && other->certain && same_value(mine, other);
        bool exported = mine->exported || other->exported;

        if (!mine->value || !*mine->value)
                *mine = *other;
        mine->certain = certain;
        mine->exported = exported;
}

int pf_grub_variables_merge(PfGrubVariables *variables, const PfGrubVariables *other) {
        size_t n = variables->n;
        int r = 0;

        for (size_t i = 0; i < n; i++) {
                const PfGrubVariable *found = find_near(other, variables->items[i].name, i);
                PfGrubVariable theirs;

                if (!found)
                        get_unset(other, variables->items[i].name, &theirs);
                merge_one(&variables->items[i], found ? found : &theirs);
        }
        for (size_t i = 0; i < other->n && r == 0; i++) {
                PfGrubVariable *mine;

                if (find_near(variables, other->items[i].name, i))
                        continue;
                r = find_or_add(variables, other->items[i].name, &mine);
                if (r == 0)
                        merge_one(mine, &other->items[i]);
        }
        variables->open = variables->open || other->open;
        return r;
}
