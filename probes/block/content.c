/* SPDX-License-Identifier: MIT */
/*
 * What is written on the devices, as udev noted it when they appeared, or as
 * libblkid reads it now; and the links that udev makes below /dev.
 */
#include <stddef.h>
#include <string.h>

#include "probes/block/graph-internal.h"
#include "probes/block/superblock.h"
#include "probes/parse/udev-record.h"

#define UDEV_DATABASE "/run/udev/data"
#define UDEV_OLD_DATABASE "/dev/.udev/db" /* before udev 167 */
#define RECORD_MAX (256u << 10)
#define LINKS "/dev/disk"

/* One thing that may be written on a device, by its names with udev and libblkid.
 * udev encodes some as in its links. */
static const struct Tag {
        size_t offset;
        const char *udev;
        bool encoded;
        const char *blkid;
} tags[] = {
        { offsetof(PfBlockContent, fs_type), "ID_FS_TYPE", false, "TYPE" },
        { offsetof(PfBlockContent, uuid), "ID_FS_UUID_ENC", true, "UUID" },
        { offsetof(PfBlockContent, uuid), "ID_FS_UUID", false, "UUID" },
        { offsetof(PfBlockContent, uuid_sub), "ID_FS_UUID_SUB_ENC", true, "UUID_SUB" },
        { offsetof(PfBlockContent, uuid_sub), "ID_FS_UUID_SUB", false, "UUID_SUB" },
        { offsetof(PfBlockContent, label), "ID_FS_LABEL_ENC", true, "LABEL" },
        { offsetof(PfBlockContent, label), "ID_FS_LABEL", false, "LABEL" },
        { offsetof(PfBlockContent, table_type), "ID_PART_ENTRY_SCHEME", false,
          "PART_ENTRY_SCHEME" },
        { offsetof(PfBlockContent, table_type), "ID_PART_TABLE_TYPE", false, "PTTYPE" },
        { offsetof(PfBlockContent, part_uuid), "ID_PART_ENTRY_UUID", false, "PART_ENTRY_UUID" },
        { offsetof(PfBlockContent, part_label), "ID_PART_ENTRY_NAME", true, "PART_ENTRY_NAME" },
        { offsetof(PfBlockContent, part_type), "ID_PART_ENTRY_TYPE", false, "PART_ENTRY_TYPE" },
        { offsetof(PfBlockContent, part_flags), "ID_PART_ENTRY_FLAGS", false, "PART_ENTRY_FLAGS" },
};

#define MEMBER(content, tag) ((char **) ((char *) (content) + (tag)->offset))

/* udev encodes values as it encodes the names of its links. */
static char *decode(const char *text) {
        PF_AUTO_FREE char *link = NULL;
        char *value;

        if (asprintf(&link, LINKS "/by-label/%s", text) < 0) {
                link = NULL;
                return NULL;
        }
        return pf_identity_value(link, &value) < 0 ? NULL : value;
}

static int take_record(PfBlockNode *node, const PfUdevRecord *record) {
        const char *path = pf_udev_record_get(record, "ID_PATH");
        const char *low = pf_udev_record_get(record, "DM_UDEV_LOW_PRIORITY_FLAG");
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(tags); i++) {
                const char *value = pf_udev_record_get(record, tags[i].udev);
                char **member = MEMBER(&node->content, &tags[i]);

                if (!value || !*value || *member)
                        continue;
                *member = tags[i].encoded ? decode(value) : strdup(value);
                if (!*member)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < record->links.n && r == 0; i++) {
                PF_AUTO_FREE char *link = NULL;

                if (asprintf(&link, "/dev/%s", record->links.items[i]) < 0) {
                        link = NULL;
                        return -ENOMEM;
                }
                r = pf_strv_add(&node->links, link);
        }
        if (r == 0 && path && !(node->bus_path = strdup(path)))
                r = -ENOMEM;
        node->yields = low && strcmp(low, "1") == 0;
        node->source = PF_BLOCK_SOURCE_UDEV;
        return r;
}

static int read_record(const PfTarget *target, const char *path, PfBlockNode *node, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(RECORD_MAX);
        PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };
        PfErr detail = { 0 };
        int r;

        (void) err;
        r = pf_target_read(target, path, RECORD_MAX, &buf, &detail);
        if (r == 0)
                r = pf_udev_record_parse(buf.data ? buf.data : "", buf.n, &record, &detail);
        if (r == 0)
                return take_record(node, &record);
        if (r == -ENOMEM)
                return r;
        pf_block_because(node->content_reason, "%.200s",
                         r < 0 ? pf_err_text(&detail, r) : "udev has no record of it");
        return 0;
}

static char *record_path(const PfBlockNode *node, bool old) {
        char *path = NULL;
        int r = old ? asprintf(&path, UDEV_OLD_DATABASE "/block:%s", node->name)
                    : asprintf(&path, UDEV_DATABASE "/b%u:%u", node->major, node->minor);

        return r < 0 ? NULL : path;
}

static int read_records(const PfTarget *target, PfBlockGraph *graph, bool old, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < graph->n && r == 0; i++) {
                PF_AUTO_FREE char *path = record_path(graph->nodes[i], old);

                r = path ? read_record(target, path, graph->nodes[i], err) : -ENOMEM;
        }
        return r;
}

/* "../../sda1" of a link, without "../../". */
static PfBlockNode *find_link_target(const PfBlockGraph *graph, const char *text) {
        const char *name = strncmp(text, "/dev/", 5) == 0 ? text + 5 : text;

        while (strncmp(name, "../", 3) == 0)
                name += 3;
        return (PfBlockNode *) pf_block_graph_find(graph, name);
}

/* The directories whose links repeat what is written on the device. */
static const struct Directory {
        const char *path;
        bool tells; /* the value, at @offset */
        size_t offset;
} directories[] = {
        { LINKS "/by-uuid", true, offsetof(PfBlockContent, uuid) },
        { LINKS "/by-label", true, offsetof(PfBlockContent, label) },
        { LINKS "/by-partuuid", true, offsetof(PfBlockContent, part_uuid) },
        { LINKS "/by-partlabel", true, offsetof(PfBlockContent, part_label) },
        { LINKS "/by-id", false, 0 },
        { LINKS "/by-path", false, 0 },
};

static int take_link(const PfTarget *target, PfBlockGraph *graph, const struct Directory *directory,
                     const char *name) {
        PF_AUTO_FREE char *path = NULL;
        PF_AUTO_FREE char *text = NULL;
        PfBlockNode *node;
        char **member;
        int r;

        if (asprintf(&path, "%s/%s", directory->path, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = pf_target_readlink(target, path, &text, NULL);
        node = r == 0 ? find_link_target(graph, text) : NULL;
        if (!node)
                return r == -ENOMEM ? r : 0;
        graph->links_known = true;
        member = (char **) ((char *) &node->content + directory->offset);
        if (directory->tells && !*member && !(*member = decode(name)))
                return -ENOMEM;
        return pf_strv_add(&node->links, path);
}

/* A machine whose links somebody else made: there is no database. */
static int read_links(const PfTarget *target, PfBlockGraph *graph) {
        for (size_t i = 0; i < PF_ELEMENTS(directories); i++) {
                PF_AUTO_STRV PfStrv names = { 0 };
                int r = pf_target_list(target, directories[i].path, &names, NULL);

                for (size_t j = 0; j < names.n && r == 0; j++)
                        r = take_link(target, graph, &directories[i], names.items[j]);
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

int pf_block_read_udev(const PfTarget *target, PfBlockGraph *graph, PfErr *err) {
        for (int old = 0; old < 2; old++) {
                PfErr detail = { 0 };
                PfFileInfo info;
                int r = pf_target_stat(target, old ? UDEV_OLD_DATABASE : UDEV_DATABASE, &info,
                                       &detail);

                if (r == 0) {
                        graph->links_known = graph->has_database = true;
                        return read_records(target, graph, old, err);
                }
                if (r == PF_TARGET_ABSENT)
                        continue;
                graph->known = false;
                pf_block_because(graph->reason, "%.200s", pf_err_text(&detail, r));
                return r == -ENOMEM ? r : 0;
        }
        for (size_t i = 0; i < graph->n; i++)
                pf_block_because(graph->nodes[i]->content_reason, "there is no udev database");
        return read_links(target, graph);
}

/* Reading a device that is suspended waits until somebody resumes it. */
static int is_suspended(const PfTarget *target, const PfBlockNode *node, bool *ret) {
        PF_AUTO_FREE char *directory = NULL;
        PF_AUTO_FREE char *text = NULL;
        PfErr detail = { 0 };
        int r;

        *ret = false;
        if (!node->mapper_name)
                return 0;
        directory = pf_block_directory(node);
        r = directory ? pf_block_attribute(target, directory, "dm/suspended", &text, &detail)
                      : -ENOMEM;
        *ret = r < 0 || (text && strcmp(text, "1") == 0); /* rather not asked than for ever */
        return r == -ENOMEM ? r : 0;
}

static int take_tags(PfBlockNode *node, const PfJson *answer) {
        for (size_t i = 0; i < PF_ELEMENTS(tags); i++) {
                const char *value = pf_json_get_string(answer, tags[i].blkid);
                char **member = MEMBER(&node->content, &tags[i]);

                if (!value || !*value || *member)
                        continue;
                *member = tags[i].encoded && tags[i].offset == offsetof(PfBlockContent, part_label)
                                  ? decode(value)
                                  : strdup(value);
                if (!*member)
                        return -ENOMEM;
        }
        node->source = PF_BLOCK_SOURCE_SUPERBLOCK;
        return 0;
}

static int read_superblock(const PfTarget *target, PfBlockNode *node) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;
        PfErr detail = { 0 };
        bool suspended;
        int r;

        r = is_suspended(target, node, &suspended);
        if (r < 0)
                return r;
        if (suspended) {
                pf_block_because(node->content_reason, "the device is suspended");
                return 0;
        }
        r = pf_superblock_read(target, node->name, node->major, node->minor, &answer, &detail);
        if (r == 0)
                return take_tags(node, answer);
        if (r < 0 && r != -ENOMEM)
                pf_block_because(node->content_reason, "%.200s", pf_err_text(&detail, r));
        return r == -ENOMEM ? r : 0;
}

/* What is mounted has a type, whoever could not be asked for more. */
static int take_mounted_type(PfBlockNode *node) {
        if (node->content.fs_type || node->n_mounts == 0 || node->source != PF_BLOCK_SOURCE_NONE)
                return 0;
        node->content.fs_type = strdup(node->mounts[0]->type);
        return node->content.fs_type ? 0 : -ENOMEM;
}

/* udev looked before this was made, or was told not to. */
static bool is_contradicted(const PfBlockNode *node) {
        return node->source == PF_BLOCK_SOURCE_UDEV && node->n_mounts > 0 && !node->content.fs_type;
}

int pf_block_read_superblocks(const PfTarget *target, PfBlockGraph *graph, PfErr *err) {
        (void) err;
        for (size_t i = 0; i < graph->n; i++) {
                PfBlockNode *node = graph->nodes[i];
                int r = 0;

                if (is_contradicted(node)) {
                        node->source = PF_BLOCK_SOURCE_NONE;
                        pf_block_because(node->content_reason, "udev's record does not tell of it");
                }
                if (node->source == PF_BLOCK_SOURCE_NONE && !pf_block_is_never_read(node))
                        r = read_superblock(target, node);
                if (r == 0)
                        r = take_mounted_type(node);
                if (r < 0)
                        return r;
        }
        return 0;
}
