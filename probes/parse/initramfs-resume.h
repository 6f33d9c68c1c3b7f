/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Settings of what makes an initramfs that name block devices: they are baked
 * into it, and count at boot beside the command line.
 */

#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"
#include "probes/parse/kernel-cmdline.h"

typedef enum PfInitramfsTool {
        PF_INITRAMFS_TOOLS, /* /etc/initramfs-tools/initramfs.conf, conf.d/ */
        PF_INITRAMFS_DRACUT /* /etc/dracut.conf, dracut.conf.d/ */
} PfInitramfsTool;

typedef struct PfInitramfsDevice {
        const char *identity; /* as pf_identity_kind() has it */
        PfCmdlineRole role;
        const char *setting; /* RESUME, add_device, kernel_cmdline */
        const char *path;
        unsigned line;
        bool certain; /* false: needs a shell to be known */
} PfInitramfsDevice;

typedef struct PfInitramfsDevices {
        PfInitramfsDevice *items;
        size_t n;
        PfBootTexts texts;
} PfInitramfsDevices;

void pf_initramfs_devices_deinit(PfInitramfsDevices *devices);
#define PF_AUTO_INITRAMFS_DEVICES PF_CLEANUP(pf_initramfs_devices_deinit)

/* The settings of one file, after those of the files before it. They are shell
 * scripts of assignments: as pf_grub_default_parse(). */
int pf_initramfs_parse(const char *path, const char *text, size_t n, PfBootSettings *settings,
                       PfErr *err) PF_MUST_CHECK;

/**
 * pf_initramfs_devices() - the devices that all settings together name
 * @ret: appended to; a value "none" or "auto" of RESUME names none
 *
 * A word says which line it was added on, so that "add_device+=" in two files
 * gives each its own.
 *
 * Rule:   initramfs-tools(7), initramfs.conf(5), RESUME; dracut.conf(5), add_device and
 *         kernel_cmdline, whose words are those of the kernel's command line.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_initramfs_devices(const PfBootSettings *settings, PfInitramfsTool tool,
                         PfInitramfsDevices *ret, PfErr *err) PF_MUST_CHECK;
