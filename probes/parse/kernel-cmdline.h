/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The command line of the Linux kernel: its words, and which of them name a
 * block device.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"

typedef struct PfCmdlineWord {
        char *text;    /* as written */
        char *name;    /* before '=', without quotes */
        char *value;   /* behind it, without quotes; NULL where there is no '=' */
        size_t offset; /* of the text, in bytes */
        bool for_init; /* behind "--": not the kernel's */
} PfCmdlineWord;

typedef struct PfCmdline {
        PfCmdlineWord *words;
        size_t n;
} PfCmdline;

#define PF_CMDLINE_WORDS_MAX 4096

/**
 * pf_cmdline_parse() - split a command line as the kernel does
 * @text: @n bytes; a NUL ends it
 *
 * Ownership: the caller frees *@ret with pf_cmdline_free().
 * Rule:      next_arg() of the kernel, as kernel-parameters.txt describes it: white
 *            space ends a word unless a '"' stands open; quotes around a whole
 *            word or a whole value are taken away. An open quote reaches to the end.
 * Return:    0, -E2BIG for more than PF_CMDLINE_WORDS_MAX, -ENOMEM.
 */
int pf_cmdline_parse(const char *text, size_t n, PfCmdline **ret) PF_MUST_CHECK;
PfCmdline *pf_cmdline_free(PfCmdline *cmdline);
PF_DEFINE_CLEANUP(PfCmdline, pf_cmdline_free);

/* The word of this name that counts: the last one; NULL where there is none.
 * '-' and '_' are one, as in the kernel. Words for init do not count. */
const PfCmdlineWord *pf_cmdline_last(const PfCmdline *cmdline, const char *name);

/* The next one of a parameter that may stand several times; @after is NULL at first. */
const PfCmdlineWord *pf_cmdline_next(const PfCmdline *cmdline, const char *name,
                                     const PfCmdlineWord *after);

/* What a device is named for. */
typedef enum PfCmdlineRole {
        PF_CMDLINE_ROOT,     /* the root file system */
        PF_CMDLINE_RESUME,   /* where a hibernated system lies */
        PF_CMDLINE_MOUNT,    /* another file system: mount.usr= */
        PF_CMDLINE_UNLOCK,   /* a LUKS device to open */
        PF_CMDLINE_ACTIVATE, /* a volume, group or array to assemble */
} PfCmdlineRole;

/* A parameter that names a block device. */
typedef struct PfCmdlineParameter {
        const char *name;
        PfCmdlineRole role;
        int form; /* private */
} PfCmdlineParameter;

/* The row of a name, or NULL where the parameter names no device. */
const PfCmdlineParameter *pf_cmdline_parameter(const char *name);

/**
 * pf_cmdline_identity() - the device that a parameter names, as pf_identity_kind() has it
 * "rd.luks.uuid=luks-X" and "rd.luks.name=X=crypt" are "UUID=X",
 * "rd.lvm.lv=vg/root" is "/dev/vg/root", "cryptdevice=UUID=X:crypt" is "UUID=X",
 * "rd.lvm.vg=vg" is "vg".
 * Ownership: the caller frees *@ret, which may be the empty text.
 * Rule:      dracut.cmdline(7), systemd-cryptsetup-generator(8), systemd-fstab-generator(8),
 *            initramfs-tools(7), the encrypt hook of mkinitcpio.
 * Return:    0 or -ENOMEM.
 */
int pf_cmdline_identity(const PfCmdlineParameter *parameter, const char *value,
                        char **ret) PF_MUST_CHECK;
