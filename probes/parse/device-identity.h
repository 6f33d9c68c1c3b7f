/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How a text names a block device: by what is written on the device, by where
 * the device is plugged in, or by the order in which the kernel found it. What
 * the text resolves to on a machine is not told here.
 */

#include "daemon/base/cleanup.h"

typedef enum PfIdentityKind {
        PF_IDENTITY_NONE,     /* the empty text */
        PF_IDENTITY_DEVICE,   /* /dev/sda1, /dev/md/root, /dev/zvol/…: what the kernel calls it */
        PF_IDENTITY_UUID,     /* UUID=… */
        PF_IDENTITY_PARTUUID, /* PARTUUID=… */
        PF_IDENTITY_LABEL,    /* LABEL=… */
        PF_IDENTITY_PARTLABEL,    /* PARTLABEL=… */
        PF_IDENTITY_BY_UUID_PATH, /* /dev/disk/by-uuid/…, and so on */
        PF_IDENTITY_BY_ID_PATH,
        PF_IDENTITY_BY_PATH_PATH,
        PF_IDENTITY_BY_LABEL_PATH,
        PF_IDENTITY_BY_PARTUUID_PATH,
        PF_IDENTITY_BY_PARTLABEL_PATH,
        PF_IDENTITY_MAPPER,   /* /dev/mapper/… */
        PF_IDENTITY_LVM,      /* /dev/GROUP/VOLUME */
        PF_IDENTITY_ZFS,      /* ZFS=pool/dataset, zfs:… */
        PF_IDENTITY_NFS,      /* /dev/nfs, nfs:…, nfs4:… */
        PF_IDENTITY_VARIABLE, /* holds a variable of the loader that is not put in */
        PF_IDENTITY_DEVNUM,   /* 8:1, or 0801 in hexadecimal */
        PF_IDENTITY_PATH,     /* a file or directory outside /dev: a swap file, a bind mount */
        PF_IDENTITY_OTHER,
        PF_IDENTITY_KINDS,
} PfIdentityKind;

/**
 * pf_identity_kind() - how @text names a device
 * Rule: the tags of fstab(5), case as there; root= in the kernel's
 *       Documentation/admin-guide/kernel-parameters.txt and dracut.cmdline(7);
 *       the links of udev(7). A directory of two names below /dev is a volume
 *       group, unless it is one that the kernel or udev makes.
 */
PfIdentityKind pf_identity_kind(const char *text);

/* The name of a kind, as reports print it: "by-uuid-path". */
const char *pf_identity_kind_name(PfIdentityKind kind);

/**
 * pf_identity_value() - the identity without what tells its kind
 * "UUID=a-b", "UUID=\"a-b\"" and "/dev/disk/by-uuid/a-b" are all "a-b"; udev's
 * "\x20" in a link is the byte again; all else is given as it stands.
 * Ownership: the caller frees *@ret.
 * Return:    0 or -ENOMEM.
 */
int pf_identity_value(const char *text, char **ret) PF_MUST_CHECK;
