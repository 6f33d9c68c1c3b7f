/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Every statement of a machine that names a block device for its start: the
 * entries of all boot loaders whose files are there, what these files are
 * generated from, the tables of mounts and of encrypted devices, what is baked
 * into an initramfs, and the command line of the running kernel.
 *
 * Nothing is judged here but which of the loaders the machine starts with, as
 * far as its files and its firmware tell. Devices are not looked up.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/maybe.h"
#include "daemon/base/target.h"
#include "probes/parse/boot-entry.h"
#include "probes/parse/device-identity.h"
#include "probes/parse/fstab.h"
#include "probes/parse/kernel-cmdline.h"

/* Limits of one machine; beyond them loading fails with -E2BIG and a text. */
#define PF_BOOT_LOADERS_MAX 64
#define PF_BOOT_ITEMS_MAX 16384
#define PF_BOOT_STATEMENTS_MAX 65536

/* A boot loader's configuration: one file with what it includes, or for entries
 * that have a file each, their directory. */
typedef struct PfBootLoader {
        PfBootFormat format;
        const char *path;    /* of the file or directory */
        const char *problem; /* why it could not be read whole; NULL: it could */
        PfBootMenu menu;
        PfMaybe live;    /* does the machine start with it? */
        const char *why; /* how that is known; NULL where it is not */
        bool by_machine; /* it is known from how the machine was started, not from files alone */
} PfBootLoader;

/* One choice of a menu, or the commands that a loader runs outside of one. */
typedef struct PfBootItem {
        size_t i_loader;
        const PfBootEntry *entry;    /* NULL: outside of entries */
        const PfBootCommand *kernel; /* that the item boots; NULL where it boots none */
        const PfBootCommands *commands;
        const char *path; /* on the machine */
        unsigned line;
        PfMaybe live; /* its loader's, unless it stands where the loader never comes to */
        bool next;    /* what starts if nobody chooses another one */
        bool running; /* the kernel that runs was started with these arguments */
} PfBootItem;

typedef enum PfBootPlace {
        PF_BOOT_IN_ENTRY,     /* on a line of an item that loads a kernel */
        PF_BOOT_IN_SETTING,   /* what boot files are generated from */
        PF_BOOT_IN_INITRAMFS, /* what initramfs images are generated from */
        PF_BOOT_IN_FSTAB,
        PF_BOOT_IN_CRYPTTAB,
        PF_BOOT_IN_RUNNING, /* the command line of the running kernel */
} PfBootPlace;

#define PF_BOOT_NO_ITEM ((size_t) -1)

typedef struct PfBootStatement {
        PfBootPlace place;
        PfCmdlineRole role;
        const char *name;     /* the parameter or variable; of a table, where it is mounted */
        const char *identity; /* as pf_identity_kind() has it; variables put in */
        const char *found;    /* as it stands there, with its name */
        PfIdentityKind kind;
        const char *path;
        unsigned line;
        size_t i_item; /* PF_BOOT_NO_ITEM unless it stands in one */
        bool certain;  /* false: holds what only the machine can tell */
        bool counts;   /* false: a later one on the same line takes its place */
} PfBootStatement;

typedef struct PfBootInventory {
        PfBootLoader *loaders; /* in the order of the table in loaders.c */
        size_t n_loaders;
        PfBootItem *items; /* of each loader in the order of its menu */
        size_t n_items;
        PfBootStatement *statements; /* of items, in their order; then all others */
        size_t n_statements;
        PfBootSettings grub;   /* /etc/default/grub and its directory */
        unsigned grub_unknown; /* a line of it that may assign anything; 0: none */
        PfBootSettings files;  /* of other files: grubenv, kernel/cmdline, initramfs tools */
        PfBootSettings initramfs_tools;
        PfBootSettings dracut;
        PfFstab fstab;
        PfCrypttab crypttab;
        const char *running; /* the command line of the running kernel; NULL: none runs */
        PfMaybe efi;         /* was the machine started by EFI? */
        PfStrv problems;     /* "path: why it could not be read", but for loaders */
        PfBootTexts texts;
} PfBootInventory;

/**
 * pf_boot_inventory_load() - find and read all of it
 * @ret: all zero; the caller releases it with pf_boot_inventory_deinit() in any case
 *
 * What is not there is left out. A file that cannot be read is a problem of its
 * loader, or one of @problems, and no error.
 *
 * Rule:   grub2-mkconfig's and grub-install's places, the UAPI Group's Boot Loader
 *         Specification, syslinux's and the distributions' (facts in loaders.c).
 * Return: 0; -E2BIG with a text; -ENOMEM.
 */
int pf_boot_inventory_load(const PfTarget *target, PfBootInventory *ret, PfErr *err) PF_MUST_CHECK;
void pf_boot_inventory_deinit(PfBootInventory *inventory);
#define PF_AUTO_BOOT_INVENTORY PF_CLEANUP(pf_boot_inventory_deinit)

/* The item that starts if nobody chooses another one, of the loader that is the
 * machine's or may be; NULL where that is not known. */
const PfBootItem *pf_boot_inventory_next(const PfBootInventory *inventory);

/* The title of an item for people: that of its entry, or a word for it. */
const char *pf_boot_item_title(const PfBootItem *item);

/* Does a command load a kernel, and may the loader come to it? */
bool pf_boot_item_is_kernel(const PfBootCommand *command);
