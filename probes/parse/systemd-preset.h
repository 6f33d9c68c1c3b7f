/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the presets of a machine say of a unit: systemd.preset(5).
 */

#include "daemon/base/err.h"
#include "daemon/base/target.h"

typedef enum PfPresetAction {
        PF_PRESET_ENABLE,
        PF_PRESET_DISABLE,
        PF_PRESET_IGNORE,
} PfPresetAction;

typedef struct PfPreset {
        PfPresetAction action;
        char *path;    /* of the file that decides; NULL: none names the unit */
        unsigned line; /* from 1 */
        char *text;    /* that line, without white space around it */
        bool any_file; /* there are presets at all */
} PfPreset;

#define PF_PRESET_FILE_MAX (1 << 20)

void pf_preset_deinit(PfPreset *preset);
#define PF_AUTO_PRESET PF_CLEANUP(pf_preset_deinit)

/**
 * pf_preset_find() - the line that decides about a unit
 * Rule:   files in the order of their names, of one name the one in /etc before
 *         /run, /usr/local/lib, /usr/lib and /lib; the first line that matches
 *         decides; none that does: enable.
 * Return: 0, -E2BIG, -ENOMEM, -EIO …
 */
int pf_preset_find(const PfTarget *target, const char *unit, PfPreset *ret,
                   PfErr *err) PF_MUST_CHECK;

/* Positive outcome: no line of the text names the unit. */
enum { PF_PRESET_SILENT = 1 };

/* The same of one file's @n bytes. Return: 0, PF_PRESET_SILENT, -ENOMEM. */
int pf_preset_parse(const char *text, size_t n, const char *path, const char *unit,
                    PfPreset *ret) PF_MUST_CHECK;
