/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a kernel finds its drivers when it starts: in the kernel, in the initramfs,
 * or only on the root file system, which is too late for a disk.
 */

#include "daemon/base/maybe.h"
#include "daemon/base/target.h"
#include "probes/parse/initramfs-modules.h"

#define PF_DRIVERS_MAX 64
#define PF_DRIVERS_TEXT_MAX 512

typedef enum PfDriverUse {
        PF_DRIVER_DISK,       /* without it the root file system is not found */
        PF_DRIVER_LATER,      /* does as well when it comes from the root file system */
        PF_DRIVER_IF_MODULAR, /* counts only where it is known to be a module */
} PfDriverUse;

typedef struct PfDriver {
        char name[PF_MODULE_NAME_MAX];  /* with '_' for '-' */
        char other[PF_MODULE_NAME_MAX]; /* a driver that does as well; "": none */
        PfDriverUse use;
        int of; /* the driver that depends on this one; -1: it is wanted for itself */
        PfMaybe built_in;
        PfMaybe on_disk; /* in the kernel's own directory of modules */
        bool in_image;
} PfDriver;

typedef struct PfDrivers {
        PfDriver items[PF_DRIVERS_MAX];
        size_t n;
        char image_reason[PF_DRIVERS_TEXT_MAX]; /* why an image could not be read; "": all were */
        const char *version;                    /* of the kernel; borrowed */
        bool other_version; /* an image holds modules, but of another kernel only */
} PfDrivers;

/* Wants a driver; one that is there already keeps its use. Return: 0, -E2BIG. */
int pf_drivers_add(PfDrivers *drivers, const char *name, PfDriverUse use) PF_MUST_CHECK;

/**
 * pf_drivers_find() - look for all of them
 * @version: of the kernel, as uname -r prints it; borrowed by @drivers
 * @images:  paths of the initramfs images that are loaded together, or of none
 *
 * What drivers depend on is added to them, as far as modules.dep tells.
 *
 * Rule:     modules.builtin and modules.dep of depmod(8) in /lib/modules/VERSION; where
 *           that is not there, CONFIG_… in /boot/config-VERSION; names of modules as
 *           modprobe(8) takes them, '-' and '_' alike, compressed or not.
 * Return:   0, also where something could not be read: then it is not known, and for an
 *           image @image_reason tells why; -ENOMEM.
 */
int pf_drivers_find(const PfTarget *target, const char *version, const PfStrv *images,
                    PfDrivers *drivers) PF_MUST_CHECK;

typedef enum PfDriverState {
        PF_DRIVER_READY,
        PF_DRIVER_TOO_LATE, /* on the root file system only, and that does */
        PF_DRIVER_MISSING,
        PF_DRIVER_UNKNOWN,
} PfDriverState;

PfDriverState pf_driver_state(const PfDrivers *drivers, const PfDriver *driver);

/* Is it known what else the driver needs? False makes it PF_DRIVER_UNKNOWN. */
bool pf_driver_needs_are_known(const PfDriver *driver);
