/* SPDX-License-Identifier: MIT */
/*
 * Remedy of disk.mounts: what /etc/fstab has for /boot or for the EFI partition, and
 * is not mounted, is mounted. What is mounted read-only, or without programs, stays
 * so: somebody or an error made it so, and why is not to be seen from here.
 */
#include <string.h>

#include "probes/disks/room.h"
#include "probes/remedy.h"

#define MOUNTINFO_MAX (8u << 20)

static const PfDisksPlaceId planned[] = { PF_DISKS_BOOT, PF_DISKS_EFI };

/* Where the kernel tells what is mounted: the first that a probe can read counts. */
static const char *const tables[] = { "/proc/1/mountinfo", "/proc/self/mountinfo" };

/* The first place that fstab has a device for, and nothing is mounted on. */
static const PfFstabEntry *find_missing(const PfDisksRoom *room) {
        for (size_t i = 0; i < PF_ELEMENTS(planned); i++) {
                const PfDisksPlace *place = &room->places[planned[i]];
                const PfFstabEntry *entry = pf_fstab_find(&room->fstab, place->path);

                if (entry && !place->is_mount_point && !place->mount_reason[0])
                        return entry;
        }
        return NULL;
}

/* Why it cannot be mounted; NULL: it can, and *@ret is the device. */
static const char *find_obstacle(const PfDisksRoom *room, const PfFstabEntry *entry,
                                 const PfBlockResolution *resolution, const PfBlockNode **ret) {
        const PfBlockNode *node = resolution->nodes.n > 0 ? resolution->nodes.items[0] : NULL;
        PfErr ignored = { 0 };
        PfFileInfo info;

        if (pf_fstab_option(entry->options, "noauto"))
                return "/etc/fstab wants it mounted on demand only";
        if (resolution->state != PF_BLOCK_RESOLVED)
                return resolution->reason[0] ? resolution->reason
                                             : "what it names is no device of this machine";
        if (node->n_mounts > 0)
                return "the device is mounted elsewhere";
        if (!node->content.fs_type || strcmp(node->content.fs_type, entry->type) != 0)
                return "the device does not hold a file system of that type";
        if (pf_target_stat(room->target, entry->file, &info, &ignored) != 0 ||
            info.type != PF_FILE_DIRECTORY)
                return "there is no directory to mount it on";
        *ret = node;
        return NULL;
}

/* What one table will say: one line more. Return: 0, or a negative errno. */
static int assume_table(const PfDisksRoom *room, PfCandidate *candidate, const char *path,
                        const PfFstabEntry *entry, const PfBlockNode *node) {
        PF_AUTO_BUF PfBuf table = PF_BUF_INIT(MOUNTINFO_MAX + 4096);
        PfErr ignored = { 0 };
        int r = pf_target_read(room->target, path, MOUNTINFO_MAX, &table, &ignored);
        PfJson *text;

        if (r != 0)
                return r == -ENOMEM ? r : 0; /* nobody else reads it either */
        r = pf_buf_printf(&table, "%s1 0 %u:%u / %s rw - %s /dev/%s rw\n",
                          table.n > 0 && table.data[table.n - 1] != '\n' ? "\n" : "", node->major,
                          node->minor, entry->file, entry->type, node->name);
        if (r < 0)
                return r;
        text = pf_json_new_string(table.data);
        return text ? pf_candidate_assume(candidate, PF_ASSUMPTION_FILE, path, text) : -ENOMEM;
}

static int offer(const PfDisksRoom *room, const PfFstabEntry *entry, const PfBlockNode *node,
                 PfProposal *proposal) {
        PfCandidate *candidate;
        int r = pf_proposal_add(proposal, &candidate, "%s is mounted, as /etc/fstab has it",
                                entry->file);

        if (r == 0)
                r = pf_candidate_act(candidate, PF_ACTION_MOUNT, entry->file);
        for (size_t i = 0; i < PF_ELEMENTS(tables) && r == 0; i++)
                r = assume_table(room, candidate, tables[i], entry, node);
        return r;
}

static int look(const PfDisksRoom *room, PfProposal *proposal) {
        const PfFstabEntry *entry = find_missing(room);
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        const PfBlockNode *node = NULL;
        const char *why;
        int r;

        if (!entry)
                return pf_proposal_refuse(proposal, "no entry of /etc/fstab is missing: find out "
                                                    "first why a file system is as it is");
        r = pf_block_graph_resolve(room->graph, entry->spec, &resolution);
        if (r < 0)
                return r;
        why = find_obstacle(room, entry, &resolution, &node);
        if (why)
                return pf_proposal_refuse(proposal, "%s:%u: %s is not mounted: %s", entry->path,
                                          entry->line, entry->file, why);
        return offer(room, entry, node, proposal);
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PF_AUTO_REPORT PfReport report = { 0 };
        PfDisksRoom disks = { 0 };
        int r;

        if (!pf_target_is_live(room->target))
                return pf_proposal_refuse(proposal, "nothing is mounted on a machine that does not "
                                                    "run");
        r = pf_disks_room_init(&disks, room->target, room->demand, &report, err);
        if (r == 0)
                r = look(&disks, proposal);
        pf_disks_room_deinit(&disks);
        return r;
}

const PfRemedy pf_remedy_mounts = {
        .check = "disk.mounts",
        .wont = "It mounts what /etc/fstab has for /boot and the EFI partition, and makes no file "
                "system writable or executable that is not",
        .propose = propose,
};
