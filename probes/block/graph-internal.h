/* SPDX-License-Identifier: MIT */
#pragma once

/* How a graph is built: each step adds what it knows to the nodes there are. */

#include "probes/block/graph.h"

#define PF_BLOCK_EDGES_MAX 16384
#define PF_BLOCK_ATTRIBUTE_MAX 4096

/* Does a directory of an image lie on another file system than its root? An image
 * builder may have mounted his own machine's /sys and /proc there. */
bool pf_block_is_of_another_machine(const PfTarget *target, const char *path);

/* Nodes and what lies on what; graph->known. Return: 0, -E2BIG, -ENOMEM. */
int pf_block_read_sysfs(const PfTarget *target, PfBlockGraph *graph, PfErr *err) PF_MUST_CHECK;
/* What udev says of the devices, and the links it made. */
int pf_block_read_udev(const PfTarget *target, PfBlockGraph *graph, PfErr *err) PF_MUST_CHECK;
/* Where they are mounted, and which of them are swap in use. */
int pf_block_read_usage(const PfTarget *target, PfBlockGraph *graph, PfErr *err) PF_MUST_CHECK;
/* What is written on those that udev did not tell of. */
int pf_block_read_superblocks(const PfTarget *target, PfBlockGraph *graph,
                              PfErr *err) PF_MUST_CHECK;

/* An attribute of sysfs without the newline; NULL where it is not there, or the device
 * has just gone. Return: 0, or with a text what reading it failed with. */
int pf_block_attribute(const PfTarget *target, const char *directory, const char *name, char **ret,
                       PfErr *err) PF_MUST_CHECK;

/* The devices that a path below /dev names: kernel's names, device-mapper's, links. */
int pf_block_collect_path(const PfBlockGraph *graph, const char *path,
                          PfBlockList *ret) PF_MUST_CHECK;

/* The directory of a device in sysfs, which the caller frees. */
char *pf_block_directory(const PfBlockNode *node);

/* Reading these starts motors, or says nothing that could be asked for. */
bool pf_block_is_never_read(const PfBlockNode *node);

void pf_block_because(char reason[static PF_BLOCK_REASON_MAX], const char *fmt, ...)
        PF_PRINTF(2, 3);
