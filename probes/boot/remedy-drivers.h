/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The remedy of boot.drivers, whose initramfs is built by the distribution's own tool:
 * what is to be built, and the building. Private to its files, and to their test.
 */

#include "daemon/platform/run-tool.h"
#include "probes/boot/kernel-facts.h"
#include "probes/remedy.h"

/* Nobody loads an image as large as that from /boot; so is none that a tool makes. */
#define PF_INITRAMFS_MAX (256ull << 20)

/* A tool of a distribution. */
typedef struct PfInitramfsMaker {
        const char *name;
        const char *programs[4]; /* where it may be; the first that is there */
        const char *directory;   /* of its configuration: where it is, the tool is in use */
        const char *file;        /* of its configuration, that the drivers are added to */
        const char *before;      /* around the name of a driver, which has a line of its own */
        const char *after;
        const char *by_hand; /* what a person types, before the version */
        bool takes_path;     /* dracut(8): --kver VERSION IMAGE; mkinitramfs(8): -o IMAGE VERSION */
} PfInitramfsMaker;

typedef struct PfInitramfsOrder {
        const PfInitramfsMaker *maker;
        const char *program;
        const char *version;       /* of the kernel */
        const char *configuration; /* what maker->file is to hold; NULL: it is as it should be */
        size_t n;
        const char *scratch; /* a private directory with room for some images */
} PfInitramfsOrder;

/* pf_tool_run(), or what a test has in its place. */
typedef int (*PfInitramfsRun)(const PfTool *tool, PfBuf *output, int *ret_status, PfErr *err);

/**
 * pf_initramfs_build() - have the tool build an image, with a configuration that nobody has yet
 * @ret:   receives the path of the image below order->scratch, whose owner the caller is
 * Nothing else is left there, also of a tool that was killed. It is given five minutes.
 * Return: 0; with a text, in which the last lines of the tool are, -EBADMSG where it failed;
 *         -EFBIG for more than PF_INITRAMFS_MAX; -EPERM where this process may show no file
 *         to it; -ETIMEDOUT; what a file system says.
 */
int pf_initramfs_build(const PfInitramfsOrder *order, PfInitramfsRun run, char **ret,
                       PfErr *err) PF_MUST_CHECK;

/**
 * pf_remedy_drivers_propose() - the remedy
 * @run: NULL where no program of the machine may be run: then it is refused
 */
int pf_remedy_drivers_propose(const PfRemedyRoom *room, PfInitramfsRun run, PfProposal *proposal,
                              PfErr *err) PF_MUST_CHECK;
