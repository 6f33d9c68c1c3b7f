/* SPDX-License-Identifier: MIT */
/*
 * From a text that names a device to the device.
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "probes/block/graph-internal.h"

static const char *const state_names[] = {
        [PF_BLOCK_RESOLVED] = "resolved",   [PF_BLOCK_DANGLING] = "dangling",
        [PF_BLOCK_DUPLICATE] = "duplicate", [PF_BLOCK_NO_DEVICE] = "no-device",
        [PF_BLOCK_UNKNOWN] = "unknown",
};

const char *pf_block_state_name(PfBlockState state) {
        return state_names[state];
}

void pf_block_resolution_deinit(PfBlockResolution *resolution) {
        pf_block_list_deinit(&resolution->nodes);
}

/* One question, and what is found while it is answered. */
typedef struct Search {
        const PfBlockGraph *graph;
        const char *value;
        PfBlockList found;
        PfBlockList other_case;
} Search;

static void search_deinit(Search *search) {
        pf_block_list_deinit(&search->found);
        pf_block_list_deinit(&search->other_case);
}

/* --- by what is written on the device --- */

static int search_content(Search *search, size_t offset, bool any_case) {
        const PfBlockGraph *graph = search->graph;
        int r = 0;

        for (size_t i = 0; i < graph->n && r == 0; i++) {
                const char *value =
                        *(char *const *) ((const char *) &graph->nodes[i]->content + offset);

                if (!value || strcasecmp(value, search->value) != 0)
                        continue;
                r = any_case || strcmp(value, search->value) == 0
                            ? pf_block_list_add(&search->found, graph->nodes[i])
                            : pf_block_list_add(&search->other_case, graph->nodes[i]);
        }
        return r;
}

static int by_uuid(Search *search) {
        return search_content(search, offsetof(PfBlockContent, uuid), false);
}

static int by_label(Search *search) {
        return search_content(search, offsetof(PfBlockContent, label), false);
}

static int by_partlabel(Search *search) {
        return search_content(search, offsetof(PfBlockContent, part_label), false);
}

/* A partition of the same table, by its number. */
static const PfBlockNode *find_sibling(const PfBlockNode *node, long number) {
        const PfBlockNode *disk = node->parents.n > 0 ? node->parents.items[0] : NULL;

        for (size_t i = 0; disk && i < disk->children.n; i++)
                if (disk->children.items[i]->type == PF_BLOCK_PARTITION &&
                    disk->children.items[i]->part_number == number)
                        return disk->children.items[i];
        return NULL;
}

/* PARTUUID=…/PARTNROFF=n: the partition that many numbers behind that one. */
static int by_partuuid(Search *search) {
        const char *behind = strstr(search->value, "/PARTNROFF=");
        size_t offset = offsetof(PfBlockContent, part_uuid);
        PF_AUTO_FREE char *value = NULL;
        const char *whole = search->value;
        int r;

        if (!behind)
                return search_content(search, offset, true);
        value = strndup(whole, (size_t) (behind - whole));
        if (!value)
                return -ENOMEM;
        search->value = value;
        r = search_content(search, offset, true);
        search->value = whole;
        for (size_t i = 0; i < search->found.n; i++) {
                const PfBlockNode *node = search->found.items[i];

                search->found.items[i] =
                        find_sibling(node, (long) node->part_number + atol(behind + 11));
                if (!search->found.items[i])
                        search->found.n = 0;
        }
        return r;
}

/* --- by its name --- */

static bool is_named(const PfBlockNode *node, const char *path, const char *rest) {
        const char *slash = strchr(rest, '/');

        if (strcmp(rest, node->name) == 0)
                return true;
        if (node->mapper_name && strncmp(rest, "mapper/", 7) == 0)
                return strcmp(rest + 7, node->mapper_name) == 0;
        if (slash && node->volume_group && !node->is_private &&
            strlen(node->volume_group) == (size_t) (slash - rest) &&
            strncmp(node->volume_group, rest, (size_t) (slash - rest)) == 0 &&
            strcmp(node->logical_volume, slash + 1) == 0)
                return true;
        return pf_strv_contains(&node->links, path);
}

int pf_block_collect_path(const PfBlockGraph *graph, const char *path, PfBlockList *ret) {
        int r = 0;

        if (strncmp(path, "/dev/", 5) != 0)
                return 0;
        for (size_t i = 0; i < graph->n && r == 0; i++)
                if (is_named(graph->nodes[i], path, path + 5))
                        r = pf_block_list_add(ret, graph->nodes[i]);
        return r;
}

static int by_path(Search *search) {
        return pf_block_collect_path(search->graph, search->value, &search->found);
}

/* major:minor, or both in one hexadecimal number as the kernel packs it: new_decode_dev(). */
static int by_number(Search *search) {
        unsigned major, minor;
        const PfBlockNode *node;

        if (strchr(search->value, ':')) {
                if (sscanf(search->value, "%9u:%9u", &major, &minor) != 2)
                        return 0;
        } else {
                unsigned long number = strtoul(search->value, NULL, 16);

                major = (number & 0xfff00) >> 8;
                minor = (number & 0xff) | ((number >> 12) & 0xfff00);
        }
        node = pf_block_graph_find_number(search->graph, major, minor);
        return node ? pf_block_list_add(&search->found, node) : 0;
}

/* pool/dataset: the members of the pool. */
static int by_pool(Search *search) {
        const PfBlockGraph *graph = search->graph;
        size_t n = strcspn(search->value, "/@");
        int r = 0;

        for (size_t i = 0; i < graph->n && r == 0; i++) {
                const PfBlockContent *content = &graph->nodes[i]->content;

                if (content->fs_type && strcmp(content->fs_type, "zfs_member") == 0 &&
                    content->label && strlen(content->label) == n &&
                    strncmp(content->label, search->value, n) == 0)
                        r = pf_block_list_add(&search->found, graph->nodes[i]);
        }
        return r;
}

/* How each kind is looked for. Of a link the value counts where it is written on the
 * device: that two have it is hidden by there being one link. */
static const struct Kind {
        int (*search)(Search *search);
        bool by_value;   /* and not by the text as it stands */
        bool by_content; /* a device that could not be looked at may be the one */
        bool by_link;    /* only udev's links tell */
} kinds[PF_IDENTITY_KINDS] = {
        [PF_IDENTITY_DEVICE] = { by_path, false, false, false },
        [PF_IDENTITY_UUID] = { by_uuid, true, true, false },
        [PF_IDENTITY_PARTUUID] = { by_partuuid, true, true, false },
        [PF_IDENTITY_LABEL] = { by_label, true, true, false },
        [PF_IDENTITY_PARTLABEL] = { by_partlabel, true, true, false },
        [PF_IDENTITY_BY_UUID_PATH] = { by_uuid, true, true, false },
        [PF_IDENTITY_BY_ID_PATH] = { by_path, false, false, true },
        [PF_IDENTITY_BY_PATH_PATH] = { by_path, false, false, true },
        [PF_IDENTITY_BY_LABEL_PATH] = { by_label, true, true, false },
        [PF_IDENTITY_BY_PARTUUID_PATH] = { by_partuuid, true, true, false },
        [PF_IDENTITY_BY_PARTLABEL_PATH] = { by_partlabel, true, true, false },
        [PF_IDENTITY_MAPPER] = { by_path, false, false, false },
        [PF_IDENTITY_LVM] = { by_path, false, false, false },
        [PF_IDENTITY_ZFS] = { by_pool, true, true, false },
        [PF_IDENTITY_DEVNUM] = { by_number, false, false, false },
};

/* --- which of those found are one --- */

/* Does @upper lie on @lower by a map or an array, and not as its partition? */
static int lies_on(const PfBlockGraph *graph, const PfBlockNode *upper, const PfBlockNode *lower,
                   bool *ret) {
        PF_AUTO_BLOCK_LIST PfBlockList below = { 0 };
        int r;

        *ret = false;
        r = pf_block_graph_below(graph, upper, &below);
        for (size_t i = 0; i < lower->children.n && r == 0; i++)
                if (lower->children.items[i]->type != PF_BLOCK_PARTITION ||
                    lower->children.items[i]->mapper_name)
                        *ret = *ret || pf_block_list_contains(&below, lower->children.items[i]);
        return r;
}

/* The disk that a partition is of; all else is whole. */
static const PfBlockNode *whole_of(const PfBlockNode *node) {
        return node->type == PF_BLOCK_PARTITION && node->parents.n > 0 ? node->parents.items[0]
                                                                       : node;
}

/* Is @node seen again through @other: a path of a multipath device, half of a mirror,
 * or a partition of one of these? */
static int is_beneath(const PfBlockGraph *graph, const PfBlockNode *node, const PfBlockNode *other,
                      bool *ret) {
        int r;

        r = lies_on(graph, other, node, ret);
        if (r == 0 && !*ret && whole_of(node) != node)
                r = lies_on(graph, other, whole_of(node), ret);
        return r;
}

/* The multipath device that a disk is a path of; NULL: it is none. */
static const PfBlockNode *find_multipath(const PfBlockNode *disk) {
        for (size_t i = 0; i < disk->children.n; i++)
                if (disk->children.items[i]->type == PF_BLOCK_MULTIPATH)
                        return disk->children.items[i];
        return NULL;
}

/* Are these one partition, or disk, seen by two paths? */
static bool are_one_by_paths(const PfBlockNode *a, const PfBlockNode *b) {
        const PfBlockNode *over_a = find_multipath(whole_of(a));

        return over_a && over_a == find_multipath(whole_of(b)) && a->part_number == b->part_number;
}

/* Does this one not count beside another one that was found? */
static int is_hidden(const PfBlockGraph *graph, const PfBlockList *found, const PfBlockNode *node,
                     bool *ret) {
        *ret = false;
        for (size_t i = 0; i < found->n && !*ret; i++) {
                const PfBlockNode *other = found->items[i];
                int r;

                if (other == node)
                        continue;
                if ((node->is_private && !other->is_private) || (node->yields && !other->yields) ||
                    (other->index < node->index && are_one_by_paths(node, other))) {
                        *ret = true;
                        return 0;
                }
                r = is_beneath(graph, node, other, ret);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int keep_visible(const PfBlockGraph *graph, const PfBlockList *found, PfBlockList *ret) {
        for (size_t i = 0; i < found->n; i++) {
                bool hidden;
                int r = is_hidden(graph, found, found->items[i], &hidden);

                if (r == 0 && !hidden)
                        r = pf_block_list_add(ret, found->items[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Are all of these devices of one file system? */
static int are_one(const PfBlockGraph *graph, const PfBlockList *list, bool *ret) {
        PF_AUTO_BLOCK_LIST PfBlockList members = { 0 };
        int r = 0;

        if (list->n > 0)
                r = pf_block_graph_members(graph, list->items[0], &members);
        *ret = list->n > 0;
        for (size_t i = 0; i < list->n && *ret; i++)
                *ret = pf_block_list_contains(&members, list->items[i]);
        return r;
}

/* --- the answer --- */

static int answer_nothing_found(const Search *search, const struct Kind *kind,
                                PfBlockResolution *ret) {
        const PfBlockNode *unread = kind->by_content ? pf_block_graph_unread(search->graph) : NULL;

        ret->state = PF_BLOCK_UNKNOWN;
        if (search->other_case.n > 0) {
                pf_block_because(ret->reason,
                                 "that of /dev/%s differs in upper and lower case only",
                                 search->other_case.items[0]->name);
        } else if (unread) {
                pf_block_because(ret->reason, "what is on /dev/%s is not known: %.160s",
                                 unread->name, unread->content_reason);
        } else if (kind->by_link && !search->graph->links_known) {
                pf_block_because(ret->reason, "there is neither a udev database nor /dev/disk");
        } else {
                ret->state = PF_BLOCK_DANGLING;
                pf_block_because(ret->reason, "no device has it");
        }
        return 0;
}

static int answer(Search *search, const struct Kind *kind, PfBlockResolution *ret) {
        bool one;
        int r;

        if (search->found.n == 0)
                return answer_nothing_found(search, kind, ret);
        r = keep_visible(search->graph, &search->found, &ret->nodes);
        if (r == 0)
                r = are_one(search->graph, &ret->nodes, &one);
        if (r < 0)
                return r;
        ret->state = one ? PF_BLOCK_RESOLVED : PF_BLOCK_DUPLICATE;
        if (!one)
                pf_block_because(ret->reason, "%zu devices have it: /dev/%s and /dev/%s",
                                 ret->nodes.n, ret->nodes.items[0]->name,
                                 ret->nodes.items[1]->name);
        return 0;
}

int pf_block_graph_resolve(const PfBlockGraph *graph, const char *text, PfBlockResolution *ret) {
        PF_CLEANUP(search_deinit) Search search = { .graph = graph };
        PF_AUTO_FREE char *value = NULL;
        const struct Kind *kind;
        int r;

        ret->kind = pf_identity_kind(text);
        kind = &kinds[ret->kind];
        ret->state = PF_BLOCK_NO_DEVICE;
        if (ret->kind == PF_IDENTITY_VARIABLE || ret->kind == PF_IDENTITY_OTHER) {
                ret->state = PF_BLOCK_UNKNOWN;
                pf_block_because(ret->reason, "what it names cannot be told from the text");
        } else if (kind->search && !graph->known) {
                ret->state = PF_BLOCK_UNKNOWN;
                pf_block_because(ret->reason, "%s", graph->reason);
        }
        if (ret->state == PF_BLOCK_UNKNOWN || !kind->search)
                return 0;
        r = pf_identity_value(text, &value);
        search.value = kind->by_value ? value : text;
        if (r == 0)
                r = kind->search(&search);
        return r < 0 ? r : answer(&search, kind, ret);
}
