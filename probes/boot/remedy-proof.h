/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a name of a device may be replaced by: an identity of the very device that
 * has the name now, which no other device has.
 *
 * A running machine is asked which device has the name. The disks of an image have
 * no names: what is known is the file system that is mounted at the image's root, the
 * partition it lies in, and the other partitions of that disk. The image's files
 * must agree with it.
 */

#include "probes/boot/boot.h"

/* Does it say what the system that is looked at starts from? Another system's entries in
 * the same menu do not. */
bool pf_boot_is_of_this_system(const PfBootInventory *inventory, const PfBootStatement *statement);

typedef struct PfBootWitness {
        const PfBlockGraph *graph; /* the machine's, or that of the host that mounts the image */
        PfBlockGraph *host;        /* owned; NULL unless it is an image */
        const PfBlockNode *root;   /* of an image: what is mounted there; NULL: not known */
        const PfBlockNode *swap;   /* what the table of an image has as swap; NULL: not known */
        bool agrees;               /* of an image: its fstab names that file system as "/" */
        char *disk;                /* of an image: what it calls the disk of "/"; NULL: not known */
        char reason[PF_BLOCK_REASON_MAX]; /* why nothing can be proven; "": it may be */
} PfBootWitness;

/**
 * pf_boot_witness_load() - what can be testified of a machine's devices
 * @host: the machine that we run on, where @facts are of an image; NULL: "/"
 * @ret:  all zero; released with pf_boot_witness_deinit() in any case. Borrows from @facts.
 * Return: 0, also where nothing can be; -ENOMEM, -E2BIG.
 */
int pf_boot_witness_load(const PfBootFacts *facts, const PfTarget *host, PfBootWitness *ret,
                         PfErr *err) PF_MUST_CHECK;
void pf_boot_witness_deinit(PfBootWitness *witness);
#define PF_AUTO_BOOT_WITNESS PF_CLEANUP(pf_boot_witness_deinit)

typedef struct PfBootClaim {
        const char *identity;  /* the name, as pf_identity_kind() has it */
        const char *directory; /* that it is mounted on; NULL: none, or it is not known */
        bool is_root;          /* it is mounted as "/" by the system that is looked at */
        bool is_swap;          /* it is swap, and not a file system */
        bool by_kernel;        /* without an initramfs: of identities the kernel knows PARTUUID= */
} PfBootClaim;

/* Positive outcome: it cannot be proven; the reason says why. */
enum { PF_BOOT_UNPROVEN = 1 };

/**
 * pf_boot_prove() - the identity in place of a name
 * @ret: receives "UUID=…", "PARTUUID=…" or, of LVM and what is encrypted, "/dev/mapper/…",
 *       which the caller frees
 * Rule: kernel-parameters.txt, root=: without an initramfs only PARTUUID= and PARTLABEL=
 *       are resolved.
 * Return: 0, PF_BOOT_UNPROVEN, -ENOMEM.
 */
int pf_boot_prove(const PfBootWitness *witness, const PfBootClaim *claim, char **ret,
                  char reason[static PF_BLOCK_REASON_MAX]) PF_MUST_CHECK;
