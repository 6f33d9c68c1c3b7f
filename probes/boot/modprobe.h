/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"
#include "probes/parse/boot-entry.h"

/*
 * Modules that modprobe.d(5) keeps from being loaded.
 */

typedef struct PfModuleBan {
        const char *module; /* with '_' for '-' */
        const char *text;   /* the line */
        const char *path;
        unsigned line;
        bool install; /* "install NAME /bin/true": also where somebody asks for it by name */
} PfModuleBan;

#define PF_MODULE_BANS_MAX 4096

typedef struct PfModuleBans {
        PfModuleBan *items;
        size_t n;
        PfBootTexts texts;
} PfModuleBans;

void pf_module_bans_deinit(PfModuleBans *bans);
#define PF_AUTO_MODULE_BANS PF_CLEANUP(pf_module_bans_deinit)

/**
 * pf_module_bans_load() - all of a machine
 * Rule:   modprobe.d(5): *.conf of the directories below /etc, /run, /usr/local/lib,
 *         /usr/lib and /lib, of which the first with a name counts; "blacklist NAME",
 *         and "install NAME COMMAND" with a command that does nothing.
 * Return: 0; -E2BIG; -ENOMEM; or as pf_target_read().
 */
int pf_module_bans_load(const PfTarget *target, PfModuleBans *ret, PfErr *err) PF_MUST_CHECK;

/* The ban of a module, or NULL. */
const PfModuleBan *pf_module_bans_find(const PfModuleBans *bans, const char *module);
