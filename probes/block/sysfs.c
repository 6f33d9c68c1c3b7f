/* SPDX-License-Identifier: MIT */
/*
 * The devices that the kernel has, out of /sys/block: a directory for each disk,
 * below it one for each partition, and the names of what a map or an array lies
 * on in "slaves". No link of sysfs is read as such, so that a copy may hold
 * plain directories in their place.
 */
#include "probes/block/graph-internal.h"

#include <string.h>

#define SYS_BLOCK "/sys/block"
#define LVM_UUID_LENGTH (strlen("LVM-") + 64) /* the IDs of group and volume, 32 each */
#define SECTOR_BYTES 512 /* of "size" and "start", whatever the device's own are */

static const struct Prefix {
        const char *text;
        PfBlockType type;
} prefixes[] = {
        { "dm-", PF_BLOCK_MAP },        { "md", PF_BLOCK_RAID },      { "loop", PF_BLOCK_LOOP },
        { "sr", PF_BLOCK_ROM },         { "scd", PF_BLOCK_ROM },      { "zram", PF_BLOCK_MEMORY },
        { "ram", PF_BLOCK_MEMORY },     { "fd", PF_BLOCK_FLOPPY },    { "nbd", PF_BLOCK_VIRTUAL },
        { "rbd", PF_BLOCK_VIRTUAL },    { "drbd", PF_BLOCK_VIRTUAL }, { "zd", PF_BLOCK_VIRTUAL },
        { "bcache", PF_BLOCK_VIRTUAL },
};

/* What device-mapper's UUIDs begin with; the rest of a map is its owner's affair. */
static const struct Prefix maps[] = {
        { "LVM-", PF_BLOCK_LVM },
        { "CRYPT-", PF_BLOCK_CRYPT },
        { "mpath-", PF_BLOCK_MULTIPATH },
        { "part", PF_BLOCK_PARTITION },
};

/* What LVM adds to the names of volumes that it keeps to itself: lvm(8). */
static const char *const private_names[] = { "_rimage", "_rmeta",   "_mimage", "_mlog",
                                             "_tdata",  "_tmeta",   "_cdata",  "_cmeta",
                                             "_corig",  "_pmspare", "_cvol",   "_vorigin" };

static PfBlockType find_type(const struct Prefix *rows, size_t n, const char *text,
                             PfBlockType otherwise) {
        for (size_t i = 0; i < n; i++)
                if (strncmp(text, rows[i].text, strlen(rows[i].text)) == 0)
                        return rows[i].type;
        return otherwise;
}

int pf_block_attribute(const PfTarget *target, const char *directory, const char *name, char **ret,
                       PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_BLOCK_ATTRIBUTE_MAX);
        PF_AUTO_FREE char *path = NULL;
        int r;

        *ret = NULL;
        if (asprintf(&path, "%s/%s", directory, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = pf_target_read(target, path, PF_BLOCK_ATTRIBUTE_MAX, &buf, err);
        if (r == PF_TARGET_ABSENT || r == -ENODEV || r == -ENXIO)
                return 0;
        if (r < 0)
                return r;
        if (buf.n > 0 && buf.data[buf.n - 1] != '\n')
                return pf_err_set(err, -EIO, "%s: is cut off", path);
        while (buf.n > 0 && strchr(" \n", buf.data[buf.n - 1]))
                buf.data[--buf.n] = '\0';
        *ret = pf_buf_steal(&buf);
        return *ret ? 0 : -ENOMEM;
}

/* The number that an attribute is; 0 where it is not there. */
static int read_number(const PfTarget *target, const char *directory, const char *name,
                       uint64_t *ret, PfErr *err) {
        PF_AUTO_FREE char *text = NULL;
        char *end;
        int r;

        *ret = 0;
        r = pf_block_attribute(target, directory, name, &text, err);
        if (r < 0 || !text)
                return r;
        *ret = strtoull(text, &end, 10);
        return *end == '\0' && end > text
                       ? 0
                       : pf_err_set(err, -EINVAL, "%s/%s: is no number", directory, name);
}

static uint64_t sectors_to_bytes(uint64_t sectors) {
        return sectors > UINT64_MAX / SECTOR_BYTES ? UINT64_MAX : sectors * SECTOR_BYTES;
}

/* What a line "KEY=value" of uevent says; borrowed, not ended; NULL: no such line. */
static const char *find_line(const char *text, const char *key) {
        size_t n = strlen(key);

        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, key, n) == 0 && line[n] == '=')
                        return line + n + 1;
        }
        return NULL;
}

static int copy_line(const char *text, const char *key, char **ret) {
        const char *value = find_line(text, key);

        if (!value)
                return 0;
        *ret = strndup(value, strcspn(value, "\n"));
        return *ret ? 0 : -ENOMEM;
}

typedef struct Kernel {
        unsigned major, minor, part_number;
} Kernel;

/* "uevent" could not be read before Linux 2.6.19; "dev" always could. */
static int read_old_numbers(const PfTarget *target, const char *directory, Kernel *kernel,
                            PfErr *err) {
        PF_AUTO_FREE char *dev = NULL;
        uint64_t number;
        int r;

        r = pf_block_attribute(target, directory, "dev", &dev, err);
        if (r < 0)
                return r;
        if (!dev || sscanf(dev, "%9u:%9u", &kernel->major, &kernel->minor) != 2)
                return pf_err_set(err, -EINVAL, "%s: tells no device number", directory);
        r = read_number(target, directory, "partition", &number, err);
        kernel->part_number = (unsigned) number;
        return r;
}

static int read_numbers(const PfTarget *target, const char *directory, Kernel *kernel,
                        PfBlockContent *content, PfErr *err) {
        PF_AUTO_FREE char *uevent = NULL;
        const char *major, *minor, *part;
        int r;

        r = pf_block_attribute(target, directory, "uevent", &uevent, err);
        if (r < 0)
                return r;
        major = uevent ? find_line(uevent, "MAJOR") : NULL;
        minor = uevent ? find_line(uevent, "MINOR") : NULL;
        if (!major || !minor)
                return read_old_numbers(target, directory, kernel, err);
        part = find_line(uevent, "PARTN");
        kernel->major = (unsigned) strtoul(major, NULL, 10);
        kernel->minor = (unsigned) strtoul(minor, NULL, 10);
        kernel->part_number = part ? (unsigned) strtoul(part, NULL, 10) : 0;
        r = copy_line(uevent, "PARTUUID", &content->part_uuid);
        return r < 0 ? r : copy_line(uevent, "PARTNAME", &content->part_label);
}

static bool is_private_volume(const PfBlockNode *node) {
        /* What stands behind it is a layer of LVM. */
        if (strlen(node->mapper_uuid) > LVM_UUID_LENGTH)
                return true;
        for (size_t i = 0; i < PF_ELEMENTS(private_names); i++)
                if (strstr(node->logical_volume, private_names[i]))
                        return true;
        return false;
}

/* One part of "group-volume-layer", in which a doubled '-' is the character itself. */
static char *take_part(const char **text) {
        char *part = malloc(strlen(*text) + 1), *to = part;

        if (!part)
                return NULL;
        while (**text && (**text != '-' || (*text)[1] == '-')) {
                *text += **text == '-';
                *to++ = *(*text)++;
        }
        *text += **text == '-';
        *to = '\0';
        return part;
}

static int read_map(const PfTarget *target, const char *directory, PfBlockNode *node, PfErr *err) {
        const char *rest;
        int r;

        r = pf_block_attribute(target, directory, "dm/name", &node->mapper_name, err);
        if (r == 0)
                r = pf_block_attribute(target, directory, "dm/uuid", &node->mapper_uuid, err);
        if (r < 0 || !node->mapper_uuid)
                return r;
        node->type = find_type(maps, PF_ELEMENTS(maps), node->mapper_uuid, PF_BLOCK_MAP);
        if (node->type == PF_BLOCK_LVM && strlen(node->mapper_uuid) < LVM_UUID_LENGTH)
                return pf_err_set(err, -EINVAL, "%s/dm/uuid: is no UUID of LVM", directory);
        if (node->type != PF_BLOCK_LVM || !node->mapper_name)
                return 0;
        rest = node->mapper_name;
        node->volume_group = take_part(&rest);
        node->logical_volume = take_part(&rest);
        if (!node->volume_group || !node->logical_volume)
                return -ENOMEM;
        node->is_private = is_private_volume(node);
        return 0;
}

/* What only whole devices have. */
static int read_whole(const PfTarget *target, const char *directory, PfBlockNode *node,
                      PfErr *err) {
        uint64_t number;
        int r;

        r = read_number(target, directory, "ro", &number, err);
        node->read_only = number != 0;
        if (r == 0)
                r = read_number(target, directory, "removable", &number, err);
        node->removable = number != 0;
        if (r == 0)
                r = read_number(target, directory, "queue/logical_block_size", &number, err);
        node->sector_bytes = (unsigned) number;
        if (r == 0 && node->type == PF_BLOCK_MAP)
                r = read_map(target, directory, node, err);
        if (r == 0 && node->type == PF_BLOCK_RAID)
                r = pf_block_attribute(target, directory, "md/level", &node->raid_level, err);
        if (r == 0 && node->type == PF_BLOCK_LOOP)
                r = pf_block_attribute(target, directory, "loop/backing_file", &node->file, err);
        return r;
}

static PfBlockNode *add_node(PfBlockGraph *graph, const char *name) {
        PfBlockNode **nodes = realloc(graph->nodes, (graph->n + 1) * sizeof(PfBlockNode *));
        PfBlockNode *node;

        if (!nodes)
                return NULL;
        graph->nodes = nodes;
        node = calloc(1, sizeof(*node));
        if (!node)
                return NULL;
        node->index = graph->n;
        nodes[graph->n++] = node;
        node->name = strdup(name);
        for (char *c = node->name; c && *c; c++)
                if (*c == '!')
                        *c = '/';
        return node->name ? node : NULL;
}

/* A device without contents: nothing is to be said of it. */
static bool is_empty_slot(PfBlockType type, uint64_t size) {
        return size == 0 &&
               (type == PF_BLOCK_LOOP || type == PF_BLOCK_MEMORY || type == PF_BLOCK_FLOPPY);
}

static int add_edge(PfBlockNode *upper, PfBlockNode *lower) {
        int r = pf_block_list_add(&upper->parents, lower);

        return r < 0 ? r : pf_block_list_add(&lower->children, upper);
}

static int read_device(const PfTarget *target, PfBlockGraph *graph, const char *directory,
                       const char *name, PfBlockNode *disk, PfBlockNode **ret, PfErr *err) {
        PfBlockType type = disk ? PF_BLOCK_PARTITION
                                : find_type(prefixes, PF_ELEMENTS(prefixes), name, PF_BLOCK_DISK);
        PfBlockContent content = { 0 };
        Kernel kernel = { 0 };
        PfBlockNode *node;
        uint64_t size, start = 0;
        int r;

        *ret = NULL;
        r = read_number(target, directory, "size", &size, err);
        if (r < 0 || is_empty_slot(type, size))
                return r;
        if (graph->n == PF_BLOCK_NODES_MAX)
                return pf_err_set(err, -E2BIG, SYS_BLOCK ": more than %d devices",
                                  PF_BLOCK_NODES_MAX);
        r = read_numbers(target, directory, &kernel, &content, err);
        if (r == 0 && disk)
                r = read_number(target, directory, "start", &start, err);
        node = r == 0 ? add_node(graph, name) : NULL;
        if (!node) {
                free(content.part_uuid);
                free(content.part_label);
                return r == 0 ? -ENOMEM : r;
        }
        node->major = kernel.major;
        node->minor = kernel.minor;
        node->part_number = kernel.part_number;
        node->type = type;
        node->size_bytes = sectors_to_bytes(size);
        node->start_bytes = sectors_to_bytes(start);
        node->content = content;
        *ret = node;
        return disk ? add_edge(node, disk) : read_whole(target, directory, node, err);
}

static int read_partitions(const PfTarget *target, PfBlockGraph *graph, const char *directory,
                           const char *name, PfBlockNode *disk, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r;

        r = pf_target_list(target, directory, &names, err);
        for (size_t i = 0; i < names.n && r >= 0; i++) {
                PF_AUTO_FREE char *below = NULL;
                PfBlockNode *node;

                if (strncmp(names.items[i], name, strlen(name)) != 0)
                        continue;
                if (asprintf(&below, "%s/%s", directory, names.items[i]) < 0) {
                        below = NULL;
                        return -ENOMEM;
                }
                r = read_device(target, graph, below, names.items[i], disk, &node, err);
        }
        return r == PF_TARGET_ABSENT ? pf_err_set(err, -ENOENT, "%s: has just gone", directory) : r;
}

static int read_disk(const PfTarget *target, PfBlockGraph *graph, const char *name, PfErr *err) {
        PF_AUTO_FREE char *directory = NULL;
        PfBlockNode *disk;
        int r;

        if (asprintf(&directory, SYS_BLOCK "/%s", name) < 0) {
                directory = NULL;
                return -ENOMEM;
        }
        r = read_device(target, graph, directory, name, NULL, &disk, err);
        if (r < 0 || !disk || disk->type == PF_BLOCK_MEMORY || disk->type == PF_BLOCK_MAP)
                return r;
        return read_partitions(target, graph, directory, name, disk, err);
}

char *pf_block_directory(const PfBlockNode *node) {
        char *name = strdup(node->name), *directory = NULL;

        for (char *c = name; c && *c; c++)
                if (*c == '/')
                        *c = '!';
        if (!name || asprintf(&directory, SYS_BLOCK "/%s", name) < 0)
                directory = NULL;
        free(name);
        return directory;
}

/* A slave's name is that of a directory, with '!' in it. */
static PfBlockNode *find_slave(const PfBlockGraph *graph, char *name) {
        for (char *c = name; *c; c++)
                if (*c == '!')
                        *c = '/';
        return (PfBlockNode *) pf_block_graph_find(graph, name);
}

static int read_slaves(const PfTarget *target, PfBlockGraph *graph, PfBlockNode *node,
                       unsigned *edges, PfErr *err) {
        PF_AUTO_FREE char *directory = pf_block_directory(node);
        PF_AUTO_FREE char *slaves = NULL;
        PF_AUTO_STRV PfStrv names = { 0 };
        int r;

        if (!directory || asprintf(&slaves, "%s/slaves", directory) < 0) {
                slaves = NULL;
                return -ENOMEM;
        }
        r = pf_target_list(target, slaves, &names, err);
        if (r == PF_TARGET_ABSENT)
                return pf_err_set(err, -ENOENT, "%s: is not there", slaves);
        if (r < 0)
                return r;
        for (size_t i = 0; i < names.n; i++) {
                PfBlockNode *slave = find_slave(graph, names.items[i]);

                if (++*edges > PF_BLOCK_EDGES_MAX)
                        return pf_err_set(err, -E2BIG, "%s: more than %d of them on the machine",
                                          slaves, PF_BLOCK_EDGES_MAX);
                if (slave && slave != node) {
                        r = add_edge(node, slave);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static bool has_slaves(const PfBlockNode *node) {
        return node->mapper_name || node->type == PF_BLOCK_RAID || node->type == PF_BLOCK_VIRTUAL;
}

bool pf_block_is_of_another_machine(const PfTarget *target, const char *path) {
        PfFileInfo root, info;

        return !pf_target_is_live(target) && pf_target_stat(target, "/", &root, NULL) == 0 &&
               pf_target_stat(target, path, &info, NULL) == 0 && root.device != info.device;
}

int pf_block_read_sysfs(const PfTarget *target, PfBlockGraph *graph, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr detail = { 0 };
        unsigned edges = 0;
        int r;

        if (pf_block_is_of_another_machine(target, SYS_BLOCK)) {
                pf_block_because(graph->reason, "the /sys below the image is that of another "
                                                "machine");
                return 0;
        }
        r = pf_target_list(target, SYS_BLOCK, &names, &detail);
        if (r == -ENOMEM)
                return r;
        if (r != 0) {
                pf_block_because(graph->reason, "%s",
                                 r < 0 ? pf_err_text(&detail, r)
                                       : "there is no " SYS_BLOCK ", as in an image whose disks "
                                         "are not at hand");
                return 0;
        }
        for (size_t i = 0; i < names.n && r == 0; i++)
                r = read_disk(target, graph, names.items[i], &detail);
        for (size_t i = 0; i < graph->n && r == 0; i++)
                if (has_slaves(graph->nodes[i]))
                        r = read_slaves(target, graph, graph->nodes[i], &edges, &detail);
        graph->known = r == 0 && graph->n > 0;
        if (r == -ENOMEM || r == -E2BIG)
                return pf_err_set(err, r, "%s", pf_err_text(&detail, r));
        /* One device that was not seen could be the one that everything hangs on. */
        if (!graph->known)
                pf_block_because(graph->reason, "%.200s",
                                 r < 0 ? pf_err_text(&detail, r) : SYS_BLOCK " names no device");
        return 0;
}
