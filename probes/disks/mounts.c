/* SPDX-License-Identifier: MIT */
/*
 * Is what the installer writes to mounted, writable, and able to run programs?
 * Only the tables are read: a mount whose server is gone answers as well.
 */
#include <string.h>

#include "probes/disks/room.h"

static const PfDisksPlaceId written[] = { PF_DISKS_ROOT, PF_DISKS_BOOT, PF_DISKS_ETC, PF_DISKS_VAR,
                                          PF_DISKS_USR_LOCAL };

/* Each of these is 1 where it has answered, 0 where all is well, or a negative errno. */
static int answer_not_mounted(const PfDisksRoom *room, const PfCheck *check,
                              const PfFstabEntry *entry, const char *instead) {
        bool fails = strcmp(entry->file, "/boot") == 0;

        (void) (fails ? pf_report_fail : pf_report_warn)(
                room->report, check, "/etc/fstab has a device for %s, and %s is mounted there",
                entry->file, instead);
        pf_disks_show_fstab(room, entry->file, "mounted");
        (void) pf_report_remedy(room->report, "mount it: mount %s", entry->file);
        return 1;
}

/* Is on /boot what fstab wants there? */
static int judge_planned(const PfDisksRoom *room, const PfCheck *check, PfDisksPlaceId id) {
        const PfDisksPlace *place = &room->places[id];
        const PfFstabEntry *entry = pf_fstab_find(&room->fstab, place->path);
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution wanted = { 0 };
        char instead[PF_BLOCK_REASON_MAX] = "nothing";
        int r;

        if (!entry)
                return 0;
        if (!place->is_mount_point)
                return answer_not_mounted(room, check, entry, instead);
        r = pf_block_graph_resolve(room->graph, entry->spec, &wanted);
        if (r < 0 || wanted.state != PF_BLOCK_RESOLVED || !place->node ||
            pf_block_list_contains(&wanted.nodes, place->node))
                return r;
        (void) snprintf(instead, sizeof(instead), "/dev/%s", place->node->name);
        return answer_not_mounted(room, check, entry, instead);
}

static int judge_boot(const PfDisksRoom *room, const PfCheck *check) {
        return judge_planned(room, check, PF_DISKS_BOOT);
}

static int judge_efi(const PfDisksRoom *room, const PfCheck *check) {
        return judge_planned(room, check, PF_DISKS_EFI);
}

static int judge_writable(const PfDisksRoom *room, const PfCheck *check) {
        for (size_t i = 0; i < PF_ELEMENTS(written); i++) {
                const PfDisksPlace *place = &room->places[written[i]];

                if (!place->mount || !place->mount->read_only)
                        continue;
                if (place->mount->private_read_only &&
                    strcmp(pf_mounts_path(room->graph->mounts), "/proc/self/mountinfo") == 0) {
                        (void) pf_report_unknown(room->report, check,
                                                 "/proc/1/mountinfo cannot be read, and what this "
                                                 "service sees of %s is made read-only for it",
                                                 place->path);
                        return 1;
                }
                (void) pf_report_fail(room->report, check,
                                      "%s is on a file system that is mounted read-only",
                                      place->path);
                pf_disks_show_mount(room, place, "rw");
                (void) pf_report_remedy(room->report, "find out why, then: mount -o remount,rw %s",
                                        place->mount->directory);
                return 1;
        }
        return 0;
}

static int judge_exec(const PfDisksRoom *room, const PfCheck *check) {
        const PfDisksPlace *tmp = &room->places[PF_DISKS_TMP];

        if (!tmp->mount || !tmp->mount->no_exec)
                return 0;
        (void) pf_report_fail(room->report, check,
                              "nothing can be started from /tmp, which is mounted noexec");
        pf_disks_show_mount(room, tmp, "exec");
        (void) pf_report_remedy(room->report, "mount -o remount,exec %s", tmp->mount->directory);
        return 1;
}

/* A place whose mount could not be told; the worst is said first, so this comes last. */
static int judge_known(const PfDisksRoom *room, const PfCheck *check) {
        for (size_t i = 0; i < PF_ELEMENTS(written); i++)
                if (pf_disks_answer_unmounted(room, check, written[i]))
                        return 1;
        if (*room->fstab_reason) {
                (void) pf_report_unknown(room->report, check,
                                         "what should be mounted is not known: %s",
                                         room->fstab_reason);
                return 1;
        }
        return pf_disks_answer_unmounted(room, check, PF_DISKS_TMP);
}

int pf_disks_mounts(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        static int (*const judges[])(const PfDisksRoom *, const PfCheck *) = {
                judge_boot, judge_efi, judge_writable, judge_exec, judge_known,
        };
        int r = 0;

        (void) err;
        if (!room->graph->mounts && pf_disks_answer_unmounted(room, check, PF_DISKS_ROOT))
                return 0;
        for (size_t i = 0; i < PF_ELEMENTS(judges) && r == 0; i++)
                r = judges[i](room, check);
        if (r != 0)
                return r < 0 ? r : 0;
        (void) pf_report_pass(room->report, check,
                              "what the installer writes to is mounted and writable");
        for (size_t i = 0; i < PF_ELEMENTS(written); i++)
                if (room->places[written[i]].is_mount_point)
                        pf_disks_show_mount(room, &room->places[written[i]], NULL);
        return 0;
}
