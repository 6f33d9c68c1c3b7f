/* SPDX-License-Identifier: MIT */
/*
 * LVM below / and /boot: from agent 9.20 on it may be there, but the group of
 * /boot has to be on one disk, and all of its physical volumes count, not only
 * those that /boot uses.
 */
#include <string.h>

#include "config/profile.h"
#include "probes/disks/room.h"

#define LVM_ID_LENGTH 32 /* of a group in device-mapper's UUIDs, behind "LVM-" */
#define DEVICES_FILE "/etc/lvm/devices/system.devices"
#define LVM_CONF "/etc/lvm/lvm.conf"
#define CONF_MAX (1u << 20)

/* What stands in lvmdevices(8) files for disks that are others after failover. */
static const char *const pinned[] = { "IDTYPE=sys_wwid", "IDTYPE=sys_serial", "IDTYPE=devname" };

static const char *const lvm_programs[] = { "/usr/sbin/vgdisplay", "/sbin/vgdisplay",
                                            "/usr/bin/vgdisplay", "/bin/vgdisplay" };

/* Are both of one volume group? Names may be there twice, IDs may not. */
static bool same_group(const PfBlockNode *a, const PfBlockNode *b) {
        return a->type == PF_BLOCK_LVM && b->type == PF_BLOCK_LVM && a->mapper_uuid &&
               b->mapper_uuid &&
               strncmp(a->mapper_uuid, b->mapper_uuid, strlen("LVM-") + LVM_ID_LENGTH) == 0;
}

/* The disks of a group: those of all its volumes that are there. */
static int find_group_disks(const PfDisksRoom *room, const PfBlockNode *volume, PfBlockList *ret) {
        int r = 0;

        for (size_t i = 0; i < room->graph->n && r == 0; i++)
                if (same_group(volume, room->graph->nodes[i]))
                        r = pf_block_graph_disks(room->graph, room->graph->nodes[i], ret);
        return r;
}

/* The facts that the judges look at. */
typedef struct Volumes {
        const PfDisksRoom *room;
        const PfCheck *check;
        const PfBlockNode *root; /* NULL: not on LVM */
        const PfBlockNode *boot;
} Volumes;

/* Each of these is 1 where it has answered, 0 where all is well, or a negative errno. */
static int judge_version(const Volumes *volumes, PfErr *err) {
        const PfDisksRoom *room = volumes->room;

        (void) err;
        if (pf_disks_agent_has(room, room->demand->profile->since_lvm))
                return 0;
        (void) pf_report_fail(room->report, volumes->check,
                              "%s lies on LVM, and agent %s accepts LVM on data disks only",
                              volumes->root ? "/" : "/boot", room->demand->agent_version);
        pf_disks_show_mount(room, &room->places[volumes->root ? PF_DISKS_ROOT : PF_DISKS_BOOT],
                            "a partition");
        (void) pf_report_remedy(room->report, "push agent %s or later",
                                pf_disks_since(room->demand->profile->since_lvm));
        return 1;
}

static int judge_boot_group(const Volumes *volumes, PfErr *err) {
        const PfDisksRoom *room = volumes->room;
        PF_AUTO_BLOCK_LIST PfBlockList disks = { 0 };
        char names[PF_DISKS_NAMES_MAX];
        int r;

        (void) err;
        if (!volumes->boot)
                return 0;
        r = find_group_disks(room, volumes->boot, &disks);
        if (r < 0 || disks.n < 2)
                return r;
        (void) pf_report_fail(room->report, volumes->check,
                              "/boot lies in volume group %s, which covers %s",
                              volumes->boot->volume_group, pf_disks_names(names, &disks));
        pf_disks_show_mount(room, &room->places[PF_DISKS_BOOT], "a group on one disk");
        (void) pf_report_remedy(room->report, "move /boot to a partition, or bring the group onto "
                                              "one disk with pvmove and vgreduce");
        return 1;
}

static int judge_thin(const Volumes *volumes, PfErr *err) {
        const PfDisksRoom *room = volumes->room;
        bool root = volumes->root && pf_disks_is_thin(volumes->root);
        bool boot = volumes->boot && pf_disks_is_thin(volumes->boot);

        (void) err;
        if ((!root && !boot) || pf_disks_agent_has(room, room->demand->profile->since_thin_volumes))
                return 0;
        (void) pf_report_fail(room->report, volumes->check,
                              "%s is a thin volume, and agent %s knows none", root ? "/" : "/boot",
                              room->demand->agent_version);
        pf_disks_show_mount(room, &room->places[root ? PF_DISKS_ROOT : PF_DISKS_BOOT],
                            "a linear volume");
        (void) pf_report_remedy(room->report, "push agent %s or later",
                                pf_disks_since(room->demand->profile->since_thin_volumes));
        return 1;
}

/* The installer looks for a program of lvm2 before it looks at any volume. */
static int judge_program(const Volumes *volumes, PfErr *err) {
        const PfDisksRoom *room = volumes->room;

        for (size_t i = 0; i < PF_ELEMENTS(lvm_programs); i++) {
                PfFileInfo info;
                int r = pf_target_stat(room->target, lvm_programs[i], &info, err);

                if (r != PF_TARGET_ABSENT)
                        return r;
        }
        (void) pf_report_fail(room->report, volumes->check,
                              "%s lies on LVM, and the programs of lvm2 are not installed",
                              volumes->root ? "/" : "/boot");
        (void) pf_report_evidence(room->report, NULL, lvm_programs[0], 0, NULL, "the program");
        (void) pf_report_remedy(room->report, "install the package lvm2");
        return 1;
}

/* The number of the first line that @is says so of, and a copy of it; 0: none. */
static int find_line(const PfDisksRoom *room, const char *path, bool (*is)(const char *line),
                     unsigned *ret, char **ret_text, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(CONF_MAX);
        char *rest, *line;
        unsigned n = 0;
        int r;

        *ret = 0;
        *ret_text = NULL;
        r = pf_target_read(room->target, path, CONF_MAX, &buf, err);
        if (r != 0)
                return r < 0 ? r : 0;
        rest = buf.data;
        while ((line = strsep(&rest, "\n"))) {
                n++;
                line += strspn(line, " \t");
                if (*line == '#' || !is(line))
                        continue;
                *ret = n;
                *ret_text = strdup(line);
                return *ret_text ? 0 : -ENOMEM;
        }
        return 0;
}

static bool is_pinned(const char *line) {
        for (size_t i = 0; i < PF_ELEMENTS(pinned); i++)
                if (strstr(line, pinned[i]))
                        return true;
        return false;
}

static bool is_switched_off(const char *line) {
        unsigned value;

        return sscanf(line, "use_devicesfile = %u", &value) == 1 && value == 0;
}

static int judge_devices_file(const Volumes *volumes, PfErr *err) {
        const PfDisksRoom *room = volumes->room;
        PF_AUTO_FREE char *entry = NULL;
        PF_AUTO_FREE char *off = NULL;
        unsigned line, off_line = 0;
        int r;

        r = find_line(room, DEVICES_FILE, is_pinned, &line, &entry, err);
        if (r == 0 && line > 0)
                r = find_line(room, LVM_CONF, is_switched_off, &off_line, &off, err);
        if (r < 0 || line == 0 || off_line > 0)
                return r;
        (void) pf_report_warn(room->report, volumes->check,
                              "LVM's list of devices names disks that have other identifiers after "
                              "failover");
        (void) pf_report_evidence(room->report, room->target, DEVICES_FILE, line, entry,
                                  "use_devicesfile = 0 in " LVM_CONF);
        (void) pf_report_remedy(room->report, "set use_devicesfile = 0 in " LVM_CONF
                                              ", or run \"vgimportdevices --all\" after failover");
        return 1;
}

static int find_volumes(Volumes *volumes) {
        const PfDisksRoom *room = volumes->room;
        int r;

        r = pf_disks_find_type(room, &room->places[PF_DISKS_ROOT], PF_BLOCK_LVM, &volumes->root);
        return r < 0 ? r
                     : pf_disks_find_type(room, &room->places[PF_DISKS_BOOT], PF_BLOCK_LVM,
                                          &volumes->boot);
}

static int pass(const Volumes *volumes) {
        const PfDisksRoom *room = volumes->room;
        bool both = volumes->root && volumes->boot;

        (void) pf_report_pass(room->report, volumes->check,
                              "%s on LVM, as agents accept from %s on",
                              both            ? "/ and /boot lie"
                              : volumes->root ? "/ lies"
                                              : "/boot lies",
                              pf_disks_since(room->demand->profile->since_lvm));
        pf_disks_show_mount(room, &room->places[volumes->root ? PF_DISKS_ROOT : PF_DISKS_BOOT],
                            NULL);
        return 0;
}

int pf_disks_lvm(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        static int (*const judges[])(const Volumes *, PfErr *) = {
                judge_version, judge_boot_group, judge_thin, judge_program, judge_devices_file,
        };
        Volumes volumes = { .room = room, .check = check };
        int r;

        if (pf_disks_answer_unknown(room, check, PF_DISKS_ROOT) ||
            pf_disks_answer_unknown(room, check, PF_DISKS_BOOT))
                return 0;
        r = find_volumes(&volumes);
        if (r == 0 && !volumes.root && !volumes.boot)
                return pf_report_skip(room->report, check, "neither / nor /boot lies on LVM");
        for (size_t i = 0; i < PF_ELEMENTS(judges) && r == 0; i++)
                r = judges[i](&volumes, err);
        return r != 0 ? (r < 0 ? r : 0) : pass(&volumes);
}
