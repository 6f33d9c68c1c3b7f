/* SPDX-License-Identifier: MIT */
/*
 * inspect storage: from what is mounted down to the disks, as JSON.
 *
 *   { "known": true, "reason": null, "fileSystems": [ { "mountPoints": [ "/" ],
 *     "roots": { "/home": "/@home" }, "type": "xfs", "source": "/dev/mapper/rhel-root", "options":
 * "rw,…", "devices": [ { "name": "dm-0", "path", "number": "253:0", "type": "lvm", "sizeBytes",
 *                    "fileSystem", "uuid", "label", "partUuid", "partLabel", "partType",
 *                    "tableType", "links": [], "on": [ … what it lies on, the same ] } ] } ],
 *     "swap": [ … devices ], "unused": [ … devices that nothing lies on ] }
 *
 * What there is not, or is not known, is left out of a device.
 */
#include <stddef.h>
#include <string.h>

#include "probes/disks/room.h"

#define DEPTH_MAX 16     /* of devices on one another */
#define DEVICES_MAX 4096 /* written: a device may be reached by several ways */

typedef struct Writer {
        const PfBlockGraph *graph;
        unsigned n; /* devices so far */
} Writer;

static const struct Text {
        const char *key;
        size_t offset;
} texts[] = {
        { "fileSystem", offsetof(PfBlockNode, content.fs_type) },
        { "uuid", offsetof(PfBlockNode, content.uuid) },
        { "label", offsetof(PfBlockNode, content.label) },
        { "partUuid", offsetof(PfBlockNode, content.part_uuid) },
        { "partLabel", offsetof(PfBlockNode, content.part_label) },
        { "partType", offsetof(PfBlockNode, content.part_type) },
        { "tableType", offsetof(PfBlockNode, content.table_type) },
        { "volumeGroup", offsetof(PfBlockNode, volume_group) },
        { "logicalVolume", offsetof(PfBlockNode, logical_volume) },
        { "raidLevel", offsetof(PfBlockNode, raid_level) },
        { "file", offsetof(PfBlockNode, file) },
};

static int put_texts(PfJson *object, const PfBlockNode *node) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(texts) && r == 0; i++) {
                const char *text = *(char *const *) ((const char *) node + texts[i].offset);

                if (text && *text)
                        r = pf_json_put_string(object, texts[i].key, text);
        }
        return r;
}

static int put_names(PfJson *object, const PfBlockNode *node) {
        PF_AUTO_FREE char *path = pf_block_node_path(node);
        char number[32];
        int r;

        (void) snprintf(number, sizeof(number), "%u:%u", node->major, node->minor);
        r = path ? pf_json_put_string(object, "name", node->name) : -ENOMEM;
        if (r == 0)
                r = pf_json_put_string(object, "path", path);
        if (r == 0)
                r = pf_json_put_string(object, "number", number);
        if (r == 0)
                r = pf_json_put_string(object, "type", pf_block_type_name(node->type));
        if (r == 0)
                r = pf_json_put_uint(object, "sizeBytes", node->size_bytes);
        if (r == 0 && node->removable)
                r = pf_json_put_bool(object, "removable", true);
        return r;
}

/* The devices above one, up to the file system. */
typedef struct Way {
        const struct Way *up;
        const PfBlockNode *node;
        unsigned depth;
} Way;

/* May the way lead to one more device? Not in a circle. */
static bool may_go(const Way *way, const PfBlockNode *node) {
        if (way && way->depth == DEPTH_MAX)
                return false;
        for (; way; way = way->up)
                if (way->node == node)
                        return false;
        return true;
}

static int append_device(Writer *writer, const PfBlockNode *node, const Way *up, PfJson *array);

static int put_parents(Writer *writer, const Way *way, PfJson *object) {
        PF_CLEANUP(pf_json_freep) PfJson *on = pf_json_new_array();
        int r = on ? 0 : -ENOMEM;

        for (size_t i = 0; i < way->node->parents.n && r == 0; i++)
                r = append_device(writer, way->node->parents.items[i], way, on);
        return r < 0 ? r : pf_json_put_take(object, "on", PF_STEAL(on));
}

/* A device and what it lies on. In a net it ends at the limits. */
static int append_device(Writer *writer, const PfBlockNode *node, const Way *up, PfJson *array) {
        const Way way = { .up = up, .node = node, .depth = up ? up->depth + 1 : 1 };
        PF_CLEANUP(pf_json_freep) PfJson *object = NULL;
        int r;

        if (!may_go(up, node) || writer->n >= DEVICES_MAX)
                return 0;
        writer->n++;
        object = pf_json_new_object();
        r = object ? put_names(object, node) : -ENOMEM;
        if (r == 0)
                r = put_texts(object, node);
        if (r == 0 && node->source == PF_BLOCK_SOURCE_NONE && *node->content_reason)
                r = pf_json_put_string(object, "unknown", node->content_reason);
        if (r == 0 && node->links.n > 0)
                r = pf_json_put_strv(object, "links", &node->links);
        if (r == 0)
                r = put_parents(writer, &way, object);
        return r < 0 ? r : pf_json_append_take(array, PF_STEAL(object));
}

static int put_devices(Writer *writer, const PfBlockList *nodes, PfJson *object, const char *key) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; i < nodes->n && r == 0; i++)
                r = append_device(writer, nodes->items[i], NULL, array);
        return r < 0 ? r : pf_json_put_take(object, key, PF_STEAL(array));
}

/* Where a device is mounted, each directory once, as they are sorted. */
static int put_mount_points(const PfBlockNode *node, const PfMount *mount, PfJson *object) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r = 0;

        if (!node)
                r = pf_strv_add(&paths, mount->directory);
        for (size_t i = 0; node && i < node->n_mounts && r == 0; i++)
                if (!pf_strv_contains(&paths, node->mounts[i]->directory))
                        r = pf_strv_add(&paths, node->mounts[i]->directory);
        if (r < 0)
                return r;
        pf_strv_sort(&paths);
        return pf_json_put_strv(object, "mountPoints", &paths);
}

/* The mount that one sees at a directory: the last one. */
static const PfMount *mount_at(const PfBlockNode *node, const char *directory) {
        const PfMount *found = NULL;

        for (size_t i = 0; i < node->n_mounts; i++)
                if (strcmp(node->mounts[i]->directory, directory) == 0)
                        found = node->mounts[i];
        return found;
}

/* The directories that are mounted there where they are not the root of the file system:
 * subvolumes, and what is bound to another place. */
static int put_roots(const PfBlockNode *node, PfJson *object) {
        PF_CLEANUP(pf_json_freep) PfJson *roots = pf_json_new_object();
        int r = roots ? 0 : -ENOMEM;

        for (size_t i = 0; node && i < node->n_mounts && r == 0; i++) {
                const PfMount *mount = mount_at(node, node->mounts[i]->directory);

                if (*mount->root && strcmp(mount->root, "/") != 0)
                        r = pf_json_put_string(roots, mount->directory, mount->root);
        }
        return r < 0 ? r : pf_json_put_take(object, "roots", PF_STEAL(roots));
}

static int append_mount(Writer *writer, const PfMount *mount, const PfBlockNode *node,
                        PfJson *array) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_BLOCK_LIST PfBlockList devices = { 0 };
        int r;

        r = object ? put_mount_points(node, mount, object) : -ENOMEM;
        if (r == 0)
                r = put_roots(node, object);
        if (r == 0)
                r = pf_json_put_string(object, "type", mount->type);
        if (r == 0)
                r = pf_json_put_string(object, "source", mount->source);
        if (r == 0)
                r = pf_json_put_string(object, "options", mount->options);
        if (r == 0 && node)
                r = pf_block_graph_members(writer->graph, node, &devices);
        if (r == 0)
                r = put_devices(writer, &devices, object, "devices");
        return r < 0 ? r : pf_json_append_take(array, PF_STEAL(object));
}

typedef struct MountedNode {
        const PfMount *mount; /* the one with the first directory */
        const PfBlockNode *node;
} MountedNode;

static int compare_mounts(const void *a, const void *b) {
        const MountedNode *left = a, *right = b;

        return strcmp(left->mount->directory, right->mount->directory);
}

/* The mounts that are shown: the first of each device, and / whatever it lies on. */
static size_t select_mounts(const PfBlockGraph *graph, MountedNode *ret) {
        const PfMount *root = pf_mounts_find(graph->mounts, "/");
        size_t n = 0;

        if (root && !pf_block_graph_of_mount(graph, root))
                ret[n++] = (MountedNode){ .mount = root };
        for (size_t i = 0; i < graph->n; i++) {
                const PfBlockNode *node = graph->nodes[i];
                const PfMount *first = NULL;

                for (size_t j = 0; j < node->n_mounts; j++)
                        if (!first || strcmp(node->mounts[j]->directory, first->directory) < 0)
                                first = node->mounts[j];
                if (first)
                        ret[n++] = (MountedNode){ .mount = first, .node = node };
        }
        qsort(ret, n, sizeof(*ret), compare_mounts);
        return n;
}

static int put_mounts(Writer *writer, PfJson *object) {
        const PfBlockGraph *graph = writer->graph;
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        PF_AUTO_FREE MountedNode *mounts = calloc(graph->n + 1, sizeof(*mounts));
        size_t n = 0;
        int r = array && mounts ? 0 : -ENOMEM;

        if (r == 0 && graph->mounts)
                n = select_mounts(graph, mounts);
        for (size_t i = 0; i < n && r == 0; i++)
                r = append_mount(writer, mounts[i].mount, mounts[i].node, array);
        return r < 0 ? r : pf_json_put_take(object, "fileSystems", PF_STEAL(array));
}

static bool is_swap(const PfBlockNode *node) {
        return node->is_swap;
}

/* Nothing lies on it, and nobody uses it: it is free, or nobody knows why it is there. */
static bool is_unused(const PfBlockNode *node) {
        return node->children.n == 0 && node->n_mounts == 0 && !node->is_swap &&
               !node->is_private && node->size_bytes > 0 && node->type != PF_BLOCK_MEMORY &&
               node->type != PF_BLOCK_ROM && node->type != PF_BLOCK_FLOPPY;
}

/* Is it one of a file system whose mount is noted at another member? */
static int is_mounted_member(const PfBlockGraph *graph, const PfBlockNode *node, bool *ret) {
        PF_AUTO_BLOCK_LIST PfBlockList members = { 0 };
        int r = pf_block_graph_members(graph, node, &members);

        *ret = false;
        for (size_t i = 0; i < members.n; i++)
                *ret = *ret || members.items[i]->n_mounts > 0;
        return r;
}

static int put_others(Writer *writer, bool (*is)(const PfBlockNode *), PfJson *object,
                      const char *key) {
        const PfBlockGraph *graph = writer->graph;
        PF_AUTO_BLOCK_LIST PfBlockList nodes = { 0 };
        bool mounted;
        int r = 0;

        for (size_t i = 0; i < graph->n && r == 0; i++) {
                if (!is(graph->nodes[i]))
                        continue;
                r = is_mounted_member(graph, graph->nodes[i], &mounted);
                if (r == 0 && !mounted)
                        r = pf_block_list_add(&nodes, graph->nodes[i]);
        }
        return r < 0 ? r : put_devices(writer, &nodes, object, key);
}

int pf_disks_inspect(const PfTarget *target, const PfDemand *demand, bool privileged, PfJson **ret,
                     PfErr *err) {
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        Writer writer = { 0 };
        int r;

        (void) demand;
        (void) privileged; /* sysfs and the udev database are open to everybody */
        r = object ? pf_block_graph_load(target, &graph, err) : -ENOMEM;
        if (r < 0)
                return r;
        writer.graph = graph;
        r = pf_json_put_bool(object, "known", graph->known);
        if (r == 0)
                r = graph->known ? pf_json_put_null(object, "reason")
                                 : pf_json_put_string(object, "reason", graph->reason);
        if (r == 0)
                r = put_mounts(&writer, object);
        if (r == 0)
                r = put_others(&writer, is_swap, object, "swap");
        if (r == 0)
                r = put_others(&writer, is_unused, object, "unused");
        if (r < 0)
                return r;
        *ret = PF_STEAL(object);
        return 0;
}
