/* SPDX-License-Identifier: MIT */
#pragma once

/* What the checks of the probe system share. Private to its files. */

#include "daemon/base/maybe.h"
#include "probes/os-system.h"
#include "probes/parse/lines.h"
#include "probes/probe.h"
#include "probes/system/findings.h"

typedef enum PfSystemCheck {
        PF_SYSTEM_REBOOT,
        PF_SYSTEM_PREREQUISITES,
        PF_SYSTEM_CLOCK,
        PF_SYSTEM_LEFTOVERS,
        PF_SYSTEM_N_CHECKS,
} PfSystemCheck;

typedef struct PfFilterDriver PfFilterDriver; /* probes/system/driver.h */

#define PF_SYSTEM_PATH_MAX 512
#define PF_SYSTEM_WORD_MAX 256
#define PF_SYSTEM_REASON_MAX 512

typedef struct PfSystemRoom {
        const PfTarget *target;
        const PfDemand *demand;
        PfReport *report;
        PfSystem system;                 /* id "" where no file tells */
        char kernel[PF_SYSTEM_WORD_MAX]; /* that runs; "": none does, as in an image */
        bool runs;
        bool has_systemd;             /* it is what runs: systemd's directory in /run is there */
        const PfFilterDriver *driver; /* of the agent */
} PfSystemRoom;

/* Each answers its check. Return: 0; -ENOMEM, or a negative errno with a text. */
int pf_system_check_reboot(const PfSystemRoom *room, const PfCheck *check, PfErr *err);
int pf_system_check_prerequisites(const PfSystemRoom *room, const PfCheck *check, PfErr *err);
int pf_system_check_clock(const PfSystemRoom *room, const PfCheck *check, PfErr *err);
int pf_system_check_leftovers(const PfSystemRoom *room, const PfCheck *check, PfErr *err);

/* Is there something at @path? PF_NO, PF_YES; PF_MAYBE with a text in @err. */
PfMaybe pf_system_has(const PfSystemRoom *room, const char *path, PfErr *err);

/**
 * pf_system_read_word() - the first line of a small file, without white space around it
 * @text: receives it; cut where it is longer
 * Return: as pf_target_read().
 */
int pf_system_read_word(const PfSystemRoom *room, const char *path,
                        char text[static PF_SYSTEM_WORD_MAX], PfErr *err) PF_MUST_CHECK;

/* Of distributions by ID=: the family that is judged alike; "" for others. */
typedef enum PfSystemFamily {
        PF_FAMILY_OTHER,
        PF_FAMILY_DEBIAN,
        PF_FAMILY_UBUNTU,
        PF_FAMILY_RHEL,
        PF_FAMILY_SUSE,
} PfSystemFamily;
PfSystemFamily pf_system_family(const PfSystemRoom *room);

/* The first number of the version; 0 where it is not known. */
unsigned pf_system_major(const PfSystemRoom *room);
