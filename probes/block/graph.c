/* SPDX-License-Identifier: MIT */
/*
 * The graph of block devices: how it is put together, and ways through it. A
 * captured tree may claim anything, also that devices lie on one another in a
 * circle: every walk goes to a device once.
 */
#include "probes/block/graph-internal.h"

#include <stdarg.h>
#include <string.h>
#include <sys/sysmacros.h>

static const char *const type_names[PF_BLOCK_TYPES] = {
        [PF_BLOCK_DISK] = "disk",       [PF_BLOCK_PARTITION] = "part",
        [PF_BLOCK_LVM] = "lvm",         [PF_BLOCK_CRYPT] = "crypt",
        [PF_BLOCK_MULTIPATH] = "mpath", [PF_BLOCK_RAID] = "raid",
        [PF_BLOCK_MAP] = "dm",          [PF_BLOCK_LOOP] = "loop",
        [PF_BLOCK_ROM] = "rom",         [PF_BLOCK_MEMORY] = "memory",
        [PF_BLOCK_FLOPPY] = "floppy",   [PF_BLOCK_VIRTUAL] = "virtual",
};

const char *pf_block_type_name(PfBlockType type) {
        return type_names[type];
}

void pf_block_because(char reason[static PF_BLOCK_REASON_MAX], const char *fmt, ...) {
        va_list args;

        va_start(args, fmt);
        (void) vsnprintf(reason, PF_BLOCK_REASON_MAX, fmt, args);
        va_end(args);
}

void pf_block_list_deinit(PfBlockList *list) {
        free(list->items);
        *list = (PfBlockList){ 0 };
}

bool pf_block_list_contains(const PfBlockList *list, const PfBlockNode *node) {
        for (size_t i = 0; i < list->n; i++)
                if (list->items[i] == node)
                        return true;
        return false;
}

static int append(PfBlockList *list, const PfBlockNode *node) {
        const PfBlockNode **items = realloc(list->items, (list->n + 1) * sizeof(*items));

        if (!items)
                return -ENOMEM;
        list->items = items;
        items[list->n++] = node;
        return 0;
}

int pf_block_list_add(PfBlockList *list, const PfBlockNode *node) {
        return pf_block_list_contains(list, node) ? 0 : append(list, node);
}

static void content_deinit(PfBlockContent *content) {
        free(content->fs_type);
        free(content->uuid);
        free(content->uuid_sub);
        free(content->label);
        free(content->table_type);
        free(content->part_uuid);
        free(content->part_label);
        free(content->part_type);
        free(content->part_flags);
}

static void node_free(PfBlockNode *node) {
        if (!node)
                return;
        free(node->name);
        free(node->mapper_name);
        free(node->mapper_uuid);
        free(node->volume_group);
        free(node->logical_volume);
        free(node->raid_level);
        free(node->bus_path);
        free(node->file);
        content_deinit(&node->content);
        pf_strv_deinit(&node->links);
        pf_block_list_deinit(&node->parents);
        pf_block_list_deinit(&node->children);
        free(node->mounts);
        free(node);
}

PfBlockGraph *pf_block_graph_free(PfBlockGraph *graph) {
        if (!graph)
                return NULL;
        for (size_t i = 0; i < graph->n; i++)
                node_free(graph->nodes[i]);
        free(graph->nodes);
        pf_mounts_free(graph->mounts);
        free(graph);
        return NULL;
}

int pf_block_graph_load(const PfTarget *target, PfBlockGraph **ret, PfErr *err) {
        static int (*const steps[])(const PfTarget *, PfBlockGraph *, PfErr *) = {
                pf_block_read_sysfs,
                pf_block_read_udev,
                pf_block_read_usage,
                pf_block_read_superblocks,
        };
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = calloc(1, sizeof(*graph));
        int r = graph ? 0 : -ENOMEM;

        for (size_t i = 0; i < PF_ELEMENTS(steps) && r == 0; i++)
                r = steps[i](target, graph, err);
        if (r < 0)
                return r;
        *ret = PF_STEAL(graph);
        return 0;
}

char *pf_block_node_path(const PfBlockNode *node) {
        char *path = NULL;
        int r = node->mapper_name ? asprintf(&path, "/dev/mapper/%s", node->mapper_name)
                                  : asprintf(&path, "/dev/%s", node->name);

        return r < 0 ? NULL : path;
}

const PfBlockNode *pf_block_graph_find(const PfBlockGraph *graph, const char *name) {
        for (size_t i = 0; i < graph->n; i++)
                if (strcmp(graph->nodes[i]->name, name) == 0)
                        return graph->nodes[i];
        return NULL;
}

const PfBlockNode *pf_block_graph_find_number(const PfBlockGraph *graph, unsigned major,
                                              unsigned minor) {
        for (size_t i = 0; i < graph->n; i++)
                if (graph->nodes[i]->major == major && graph->nodes[i]->minor == minor)
                        return graph->nodes[i];
        return NULL;
}

/* The pool of "pool/dataset" as ZFS mounts it: what blkid calls the label of its members. */
static const PfBlockNode *find_pool(const PfBlockGraph *graph, const char *source) {
        size_t n = strcspn(source, "/@");

        for (size_t i = 0; i < graph->n; i++) {
                const PfBlockContent *content = &graph->nodes[i]->content;

                if (content->fs_type && strcmp(content->fs_type, "zfs_member") == 0 &&
                    content->label && strlen(content->label) == n &&
                    strncmp(content->label, source, n) == 0)
                        return graph->nodes[i];
        }
        return NULL;
}

const PfBlockNode *pf_block_graph_of_mount(const PfBlockGraph *graph, const PfMount *mount) {
        PF_AUTO_BLOCK_LIST PfBlockList list = { 0 };

        /* btrfs and ZFS give their mounts numbers that are no device's. */
        if (mount->device != 0 && major(mount->device) != 0)
                return pf_block_graph_find_number(graph, major(mount->device),
                                                  minor(mount->device));
        if (strcmp(mount->type, "zfs") == 0)
                return find_pool(graph, mount->source);
        if (strncmp(mount->source, "/dev/", 5) != 0 ||
            pf_block_collect_path(graph, mount->source, &list) < 0)
                return NULL;
        return list.n > 0 ? list.items[0] : NULL;
}

const PfBlockNode *pf_block_graph_mounted(const PfBlockGraph *graph, const char *path,
                                          const PfMount **ret) {
        const PfMount *mount = graph->mounts ? pf_mounts_find(graph->mounts, path) : NULL;

        if (ret)
                *ret = mount;
        return mount ? pf_block_graph_of_mount(graph, mount) : NULL;
}

/* What several devices share, and how devices of one are told from copies. */
static const struct Shared {
        const char *fs_type;
        bool by_sub; /* each has a UUID of its own beside that of the whole */
} shared_types[] = {
        { "btrfs", true },
        { "zfs_member", true },
        { "linux_raid_member", false }, /* metadata 0.90 has none */
        { "ddf_raid_member", false },
        { "isw_raid_member", false },
};

static const struct Shared *find_shared(const PfBlockContent *content) {
        for (size_t i = 0; content->fs_type && i < PF_ELEMENTS(shared_types); i++)
                if (strcmp(content->fs_type, shared_types[i].fs_type) == 0)
                        return &shared_types[i];
        return NULL;
}

/* Are both of one file system, or array? */
static bool are_members(const PfBlockContent *a, const PfBlockContent *b) {
        const struct Shared *shared = find_shared(a);

        if (!shared || find_shared(b) != shared || !a->uuid || !b->uuid ||
            strcmp(a->uuid, b->uuid) != 0)
                return false;
        return a->uuid_sub && b->uuid_sub ? strcmp(a->uuid_sub, b->uuid_sub) != 0 : !shared->by_sub;
}

int pf_block_graph_members(const PfBlockGraph *graph, const PfBlockNode *node, PfBlockList *ret) {
        int r = pf_block_list_add(ret, node);

        if (!find_shared(&node->content))
                return r;
        for (size_t i = 0; i < graph->n && r == 0; i++)
                if (are_members(&node->content, &graph->nodes[i]->content))
                        r = pf_block_list_add(ret, graph->nodes[i]);
        return r;
}

/* Appends those of @from that were not seen yet. */
static int append_unseen(PfBlockList *list, bool *seen, const PfBlockList *from) {
        int r = 0;

        for (size_t i = 0; i < from->n && r == 0; i++)
                if (!seen[from->items[i]->index]) {
                        seen[from->items[i]->index] = true;
                        r = append(list, from->items[i]);
                }
        return r;
}

int pf_block_graph_below(const PfBlockGraph *graph, const PfBlockNode *node, PfBlockList *ret) {
        PF_AUTO_BLOCK_LIST PfBlockList first = { 0 };
        PF_AUTO_FREE bool *seen = calloc(graph->n, sizeof(bool));
        int r;

        if (!seen)
                return -ENOMEM;
        r = pf_block_graph_members(graph, node, &first);
        if (r == 0)
                r = append_unseen(ret, seen, &first);
        for (size_t i = 0; i < ret->n && r == 0; i++)
                r = append_unseen(ret, seen, &ret->items[i]->parents);
        return r;
}

int pf_block_graph_disks(const PfBlockGraph *graph, const PfBlockNode *node, PfBlockList *ret) {
        PF_AUTO_BLOCK_LIST PfBlockList below = { 0 };
        int r;

        r = pf_block_graph_below(graph, node, &below);
        for (size_t i = 0; i < below.n && r == 0; i++)
                if (below.items[i]->parents.n == 0)
                        r = pf_block_list_add(ret, below.items[i]);
        return r;
}

bool pf_block_is_never_read(const PfBlockNode *node) {
        return node->type == PF_BLOCK_ROM || node->type == PF_BLOCK_FLOPPY ||
               node->type == PF_BLOCK_MEMORY || node->size_bytes == 0;
}

const PfBlockNode *pf_block_graph_unread(const PfBlockGraph *graph) {
        for (size_t i = 0; i < graph->n; i++)
                if (graph->nodes[i]->source == PF_BLOCK_SOURCE_NONE &&
                    !pf_block_is_never_read(graph->nodes[i]))
                        return graph->nodes[i];
        return NULL;
}
