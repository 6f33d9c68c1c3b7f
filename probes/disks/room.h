/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the checks of disks share: the graph of block devices, the table of
 * /etc/fstab, and where the directories lie that the agent depends on.
 */

#include "probes/block/graph.h"
#include "probes/parse/fstab.h"
#include "probes/probe.h"

#define PF_DISKS_FSTAB "/etc/fstab"

typedef enum PfDisksPlaceId {
        PF_DISKS_ROOT,
        PF_DISKS_BOOT,
        PF_DISKS_EFI, /* only where it is a file system of its own */
        PF_DISKS_USR,
        PF_DISKS_USR_LOCAL,
        PF_DISKS_VAR,
        PF_DISKS_ETC,
        PF_DISKS_TMP,
        PF_DISKS_N_PLACES,
} PfDisksPlaceId;

typedef struct PfDisksPlace {
        const char *path;        /* as the agent says it */
        char *real;              /* without links */
        const PfMount *mount;    /* NULL: not known */
        const PfBlockNode *node; /* NULL: it lies on no device, or that is not known */
        PfBlockList disks;       /* below it */
        bool is_mount_point;     /* it is where @mount is mounted */
        char mount_reason[PF_BLOCK_REASON_MAX]; /* not empty: what is mounted is not known */
        char reason[PF_BLOCK_REASON_MAX];       /* not empty: nor on which device it lies */
} PfDisksPlace;

typedef struct PfDisksRoom {
        const PfTarget *target;
        const PfDemand *demand;
        PfReport *report;
        PfBlockGraph *graph;
        PfFstab fstab;
        char fstab_reason[PF_BLOCK_REASON_MAX]; /* not empty: it could not be read */
        PfDisksPlace places[PF_DISKS_N_PLACES];
} PfDisksRoom;

int pf_disks_room_init(PfDisksRoom *room, const PfTarget *target, const PfDemand *demand,
                       PfReport *report, PfErr *err) PF_MUST_CHECK;
void pf_disks_room_deinit(PfDisksRoom *room);

/* Does the agent that is asked for accept what the profile says is accepted from @since
 * on, NULL standing for the first one? And that version, in words. */
bool pf_disks_agent_has(const PfDisksRoom *room, const char *since);
const char *pf_disks_since(const char *since);

/* Is the device on which a place lies not known? Then the check is answered so, with
 * what fstab says. The second asks for what is mounted there alone. */
bool pf_disks_answer_unknown(const PfDisksRoom *room, const PfCheck *check, PfDisksPlaceId place);
bool pf_disks_answer_unmounted(const PfDisksRoom *room, const PfCheck *check, PfDisksPlaceId place);

/* How a place is mounted, and what fstab says of it, as evidence of the last answer. */
void pf_disks_show_mount(const PfDisksRoom *room, const PfDisksPlace *place, const char *expected);
void pf_disks_show_fstab(const PfDisksRoom *room, const char *directory, const char *expected);

/* "sda", "sda and sdb", "sda, sdb and sdc": at most PF_DISKS_NAMES_MAX bytes. */
#define PF_DISKS_NAMES_MAX 160
const char *pf_disks_names(char names[static PF_DISKS_NAMES_MAX], const PfBlockList *list);

/* A device as people know it: "rhel-root", "sda1"; borrowed. */
const char *pf_disks_name(const PfBlockNode *node);

/* The first device below a place that has a type; NULL: none. */
int pf_disks_find_type(const PfDisksRoom *room, const PfDisksPlace *place, PfBlockType type,
                       const PfBlockNode **ret) PF_MUST_CHECK;

/* Is this a thin volume, which lies on a pool? */
bool pf_disks_is_thin(const PfBlockNode *node);

/* The checks; each answers its own. Return: 0 or a negative errno with a text. */
typedef int (*PfDisksCheckFn)(const PfDisksRoom *room, const PfCheck *check, PfErr *err);
int pf_disks_boot_disk(const PfDisksRoom *room, const PfCheck *check, PfErr *err);
int pf_disks_boot_disk_unique(const PfDisksRoom *room, const PfCheck *check, PfErr *err);
int pf_disks_boot_system_same(const PfDisksRoom *room, const PfCheck *check, PfErr *err);
int pf_disks_system_span(const PfDisksRoom *room, const PfCheck *check, PfErr *err);
int pf_disks_lvm(const PfDisksRoom *room, const PfCheck *check, PfErr *err);
int pf_disks_filesystems(const PfDisksRoom *room, const PfCheck *check, PfErr *err);
int pf_disks_identity_unique(const PfDisksRoom *room, const PfCheck *check, PfErr *err);
int pf_disks_mounts(const PfDisksRoom *room, const PfCheck *check, PfErr *err);

/* inspect storage: as PfProbe.inspect(). */
int pf_disks_inspect(const PfTarget *target, const PfDemand *demand, bool privileged, PfJson **ret,
                     PfErr *err) PF_MUST_CHECK;
