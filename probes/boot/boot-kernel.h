/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The kernels of a machine: the one that runs, the one that starts next, and those
 * that are installed.
 */

#include "daemon/base/strv.h"
#include "daemon/base/target.h"
#include "probes/boot/inventory.h"

#define PF_KERNEL_VERSION_MAX 128
#define PF_KERNEL_REASON_MAX 512

typedef struct PfBootKernel {
        char version[PF_KERNEL_VERSION_MAX]; /* as uname -r prints it */
        const char *path;                    /* file and line that name it; borrowed */
        unsigned line;
        char *file;    /* of the kernel, on the machine; NULL: it was not looked for */
        PfStrv images; /* initramfs images that are loaded with it, on the machine */
        char images_reason[PF_KERNEL_REASON_MAX]; /* why they are not known; "": they are */
} PfBootKernel;

void pf_boot_kernel_deinit(PfBootKernel *kernel);
#define PF_AUTO_BOOT_KERNEL PF_CLEANUP(pf_boot_kernel_deinit)

/* Positive outcome, with a text in @err: nobody can tell. */
enum { PF_KERNEL_NOT_KNOWN = 1 };

/* Positive outcome: this is an image, or a container without /proc. */
enum { PF_KERNEL_NONE_RUNS = 2 };

/**
 * pf_boot_kernel_running() - the kernel that runs, with the images it is usually started with
 * Rule:   /proc/sys/kernel/osrelease; images as initramfs-tools, dracut and mkinitrd name them.
 * Return: 0; PF_KERNEL_NONE_RUNS; or with a text what reading it failed with.
 */
int pf_boot_kernel_running(const PfTarget *target, PfBootKernel *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_boot_kernel_next() - the kernel of the entry that starts if nobody chooses another one
 * Rule:   the version is what the kernel's own file says: "kernel_version" in the boot
 *         protocol of x86; where it has no such header, the end of the file's name.
 * Return: 0; PF_KERNEL_NOT_KNOWN; -ENOMEM.
 */
int pf_boot_kernel_next(const PfTarget *target, const PfBootInventory *inventory, PfBootKernel *ret,
                        PfErr *err) PF_MUST_CHECK;

/* A kernel by its version, as pf_boot_kernel_running() does for its. Return: 0, -ENOMEM. */
int pf_boot_kernel_installed(const PfTarget *target, const char *version,
                             PfBootKernel *ret) PF_MUST_CHECK;

/* The versions that have modules: directories of /lib/modules with a "kernel" in them.
 * Return: 0, -ENOMEM, or as pf_target_list(). */
int pf_boot_kernel_list(const PfTarget *target, PfStrv *ret, PfErr *err) PF_MUST_CHECK;
