/* SPDX-License-Identifier: MIT */
/*
 * Where things lie. A directory on which something is mounted is not touched:
 * the table of mounts tells all there is to know, and a dead server behind the
 * mount cannot keep anybody waiting.
 */
#include "probes/disks/room.h"

#include <string.h>

#include "config/value.h"
#include "probes/path.h"

#define FSTAB_MAX (1u << 20)

static const char *const paths[PF_DISKS_N_PLACES] = {
        [PF_DISKS_ROOT] = "/",
        [PF_DISKS_BOOT] = "/boot",
        [PF_DISKS_EFI] = "/boot/efi",
        [PF_DISKS_USR] = "/usr",
        [PF_DISKS_USR_LOCAL] = "/usr/local",
        [PF_DISKS_VAR] = "/var",
        [PF_DISKS_ETC] = "/etc",
        [PF_DISKS_TMP] = "/tmp",
};

static bool is_mount_point(const PfMounts *mounts, const char *path) {
        const PfMount *mount = pf_mounts_find(mounts, path);

        return mount && strcmp(mount->directory, path) == 0;
}

static void because(char reason[static PF_BLOCK_REASON_MAX], const char *text) {
        (void) snprintf(reason, PF_BLOCK_REASON_MAX, "%s", text);
}

static int resolve(const PfTarget *target, const PfMounts *mounts, PfDisksPlace *place) {
        PF_AUTO_FREE char *existing = NULL;
        PfErr err = { 0 };
        int r;

        if (is_mount_point(mounts, place->path)) {
                place->real = strdup(place->path);
                return place->real ? 0 : -ENOMEM;
        }
        r = pf_path_resolve(target, place->path, &place->real, &existing, &err);
        if (r < 0 && r != -ENOMEM)
                because(place->mount_reason, pf_err_text(&err, r));
        return r == -ENOMEM ? r : 0;
}

/* The mount that holds a place. */
static int find_mount(PfDisksRoom *room, PfDisksPlace *place) {
        const PfBlockGraph *graph = room->graph;
        int r;

        if (!graph->mounts) {
                because(place->mount_reason, graph->mounts_reason);
                return 0;
        }
        r = resolve(room->target, graph->mounts, place);
        if (r < 0 || !place->real)
                return r;
        place->mount = pf_mounts_find(graph->mounts, place->real);
        if (!place->mount)
                because(place->mount_reason, "the table of mounts has no entry that holds it");
        else
                place->is_mount_point = strcmp(place->mount->directory, place->real) == 0;
        return 0;
}

/* A btrfs may have more devices than the one that is mounted. */
static void doubt_members(const PfBlockGraph *graph, PfDisksPlace *place) {
        const PfBlockNode *unread =
                place->node->content.uuid ? pf_block_graph_unread(graph) : place->node;

        if (strcmp(place->mount->type, "btrfs") == 0 && unread)
                (void) snprintf(place->reason, sizeof(place->reason),
                                "what is written on %s, and whether its btrfs has it, cannot be "
                                "told: %.128s",
                                unread->name, unread->content_reason);
}

/* A map of which nobody knows who made it could be anything that is judged here. */
static int doubt_maps(const PfDisksRoom *room, PfDisksPlace *place) {
        const PfBlockNode *map;
        int r = pf_disks_find_type(room, place, PF_BLOCK_MAP, &map);

        if (r == 0 && map && !*place->reason)
                (void) snprintf(place->reason, sizeof(place->reason),
                                "the map %.128s is neither of LVM nor of cryptsetup",
                                pf_disks_name(map));
        return r;
}

static int locate(PfDisksRoom *room, PfDisksPlace *place) {
        const PfBlockGraph *graph = room->graph;
        int r;

        r = find_mount(room, place);
        if (r < 0)
                return r;
        if (!graph->known)
                because(place->reason, graph->reason);
        else if (!place->mount)
                because(place->reason, place->mount_reason);
        else if (strcmp(place->mount->type, "autofs") == 0)
                because(place->reason, "it is mounted when somebody looks at it, and nobody has");
        if (*place->reason)
                return 0;
        place->node = pf_block_graph_of_mount(graph, place->mount);
        if (!place->node)
                return 0;
        doubt_members(graph, place);
        r = doubt_maps(room, place);
        return r < 0 || *place->reason ? r
                                       : pf_block_graph_disks(graph, place->node, &place->disks);
}

static int read_fstab(PfDisksRoom *room) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FSTAB_MAX);
        PfErr err = { 0 };
        int r;

        r = pf_target_read(room->target, PF_DISKS_FSTAB, FSTAB_MAX, &buf, &err);
        if (r == PF_TARGET_ABSENT)
                return 0;
        if (r == 0)
                r = pf_fstab_parse(PF_DISKS_FSTAB, buf.data ? buf.data : "", buf.n, &room->fstab,
                                   &err);
        if (r < 0 && r != -ENOMEM)
                because(room->fstab_reason, pf_err_text(&err, r));
        return r == -ENOMEM ? r : 0;
}

int pf_disks_room_init(PfDisksRoom *room, const PfTarget *target, const PfDemand *demand,
                       PfReport *report, PfErr *err) {
        int r;

        *room = (PfDisksRoom){ .target = target, .demand = demand, .report = report };
        r = pf_block_graph_load(target, &room->graph, err);
        if (r == 0)
                r = read_fstab(room);
        for (size_t i = 0; i < PF_DISKS_N_PLACES && r == 0; i++) {
                room->places[i].path = paths[i];
                r = locate(room, &room->places[i]);
        }
        return r;
}

void pf_disks_room_deinit(PfDisksRoom *room) {
        for (size_t i = 0; i < PF_DISKS_N_PLACES; i++) {
                free(room->places[i].real);
                pf_block_list_deinit(&room->places[i].disks);
        }
        pf_fstab_deinit(&room->fstab);
        room->graph = pf_block_graph_free(room->graph);
}

const char *pf_disks_since(const char *since) {
        return since ? since : "the first";
}

bool pf_disks_agent_has(const PfDisksRoom *room, const char *since) {
        return !since || pf_version_compare(room->demand->agent_version, since) >= 0;
}

void pf_disks_show_mount(const PfDisksRoom *room, const PfDisksPlace *place, const char *expected) {
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(65536);
        const PfMount *mount = place->mount;

        if (!mount || pf_buf_printf(&found, "%s %s %s %s", mount->source, mount->directory,
                                    mount->type, mount->options) < 0)
                return;
        (void) pf_report_evidence(room->report, room->target, pf_mounts_path(room->graph->mounts),
                                  mount->line, found.data, expected);
}

void pf_disks_show_fstab(const PfDisksRoom *room, const char *directory, const char *expected) {
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(65536);
        const PfFstabEntry *entry = pf_fstab_find(&room->fstab, directory);

        if (!entry || pf_buf_printf(&found, "%s %s %s %s", entry->spec, entry->file, entry->type,
                                    entry->options) < 0)
                return;
        (void) pf_report_evidence(room->report, room->target, PF_DISKS_FSTAB, entry->line,
                                  found.data, expected);
}

static bool answer_unknown(const PfDisksRoom *room, const PfCheck *check, const PfDisksPlace *place,
                           const char *reason) {
        if (!*reason)
                return false;
        (void) pf_report_unknown(room->report, check, "where %s lies is not known: %s", place->path,
                                 reason);
        pf_disks_show_fstab(room, "/", NULL);
        pf_disks_show_fstab(room, "/boot", NULL);
        return true;
}

bool pf_disks_answer_unknown(const PfDisksRoom *room, const PfCheck *check, PfDisksPlaceId id) {
        return answer_unknown(room, check, &room->places[id], room->places[id].reason);
}

bool pf_disks_answer_unmounted(const PfDisksRoom *room, const PfCheck *check, PfDisksPlaceId id) {
        return answer_unknown(room, check, &room->places[id], room->places[id].mount_reason);
}

const char *pf_disks_name(const PfBlockNode *node) {
        return node->mapper_name ? node->mapper_name : node->name;
}

const char *pf_disks_names(char names[static PF_DISKS_NAMES_MAX], const PfBlockList *list) {
        size_t n = 0;

        names[0] = '\0';
        for (size_t i = 0; i < list->n && n < PF_DISKS_NAMES_MAX; i++) {
                const char *between = i == 0 ? "" : i + 1 < list->n ? ", " : " and ";

                n += (size_t) snprintf(names + n, PF_DISKS_NAMES_MAX - n, "%s%s", between,
                                       list->items[i]->name);
        }
        return names;
}

int pf_disks_find_type(const PfDisksRoom *room, const PfDisksPlace *place, PfBlockType type,
                       const PfBlockNode **ret) {
        PF_AUTO_BLOCK_LIST PfBlockList below = { 0 };
        int r = 0;

        *ret = NULL;
        if (place->node)
                r = pf_block_graph_below(room->graph, place->node, &below);
        for (size_t i = 0; i < below.n && !*ret; i++)
                if (below.items[i]->type == type)
                        *ret = below.items[i];
        return r;
}

bool pf_disks_is_thin(const PfBlockNode *node) {
        for (size_t i = 0; i < node->parents.n; i++) {
                const char *uuid = node->parents.items[i]->mapper_uuid;
                size_t n = uuid ? strlen(uuid) : 0;

                if (node->type == PF_BLOCK_LVM && !node->is_private && n > 6 &&
                    strcmp(uuid + n - 6, "-tpool") == 0)
                        return true;
        }
        return false;
}
