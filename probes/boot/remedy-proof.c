/* SPDX-License-Identifier: MIT */
/*
 * Which device has a name, and by what else it is known. Nothing is taken for
 * proven that two things could be.
 */
#include "probes/boot/remedy-proof.h"

#include <string.h>

#include "probes/block/graph-internal.h"
#include "probes/boot/edit.h"

void pf_boot_witness_deinit(PfBootWitness *witness) {
        witness->host = pf_block_graph_free(witness->host);
        free(witness->disk);
        witness->disk = NULL;
}

bool pf_boot_is_of_this_system(const PfBootInventory *inventory, const PfBootStatement *statement) {
        if (!statement->counts || statement->place == PF_BOOT_IN_SETTING)
                return statement->counts && !pf_boot_is_idle(inventory, statement);
        return statement->place == PF_BOOT_IN_ENTRY &&
               &inventory->items[statement->i_item] == pf_boot_inventory_next(inventory);
}

/* --- the names of an image --- */

/* "/dev/sda2" is "/dev/sda" and 2, "/dev/nvme0n1p2" is "/dev/nvme0n1" and 2, a link's
 * "…-part2" too. Return: the length of the disk's name; 0 where it cannot be told. */
static size_t split_name(const char *name, unsigned *ret_number) {
        size_t n = strlen(name), digits = 0;
        bool counted;

        while (digits < n && strchr("0123456789", name[n - digits - 1]))
                digits++;
        *ret_number = 0;
        if (digits > 4 || strncmp(name, "/dev/", 5) != 0 || strchr(name, '$'))
                return 0;
        if (strncmp(name, "/dev/disk/", 10) == 0) {
                bool is_part = digits > 0 && n > digits + 5 &&
                               strncmp(name + n - digits - 5, "-part", 5) == 0;

                *ret_number = is_part ? (unsigned) atoi(name + n - digits) : 0;
                return is_part ? n - digits - 5 : n;
        }
        /* Where the disk's own name ends in a number there is a "p" between them. */
        counted = strncmp(name + 5, "nvme", 4) == 0 || strncmp(name + 5, "mmcblk", 6) == 0 ||
                  strncmp(name + 5, "nbd", 3) == 0 || strncmp(name + 5, "cciss/", 6) == 0;
        if (strncmp(name + 5, "dm-", 3) == 0 || strncmp(name + 5, "md", 2) == 0)
                return 0;
        if (digits == 0 || (counted && name[n - digits - 1] != 'p'))
                return n;
        *ret_number = (unsigned) atoi(name + n - digits);
        return n - digits - counted;
}

static bool is_named(PfIdentityKind kind) {
        return kind == PF_IDENTITY_DEVICE || kind == PF_IDENTITY_BY_ID_PATH ||
               kind == PF_IDENTITY_BY_PATH_PATH;
}

/* A name of "/": its number must be that of the partition which is mounted there. */
static int take_root_name(PfBootWitness *witness, const char *name) {
        unsigned number;
        size_t n = is_named(pf_identity_kind(name)) ? split_name(name, &number) : 0;

        if (n == 0 || witness->root->type != PF_BLOCK_PARTITION)
                return 0;
        if (number != witness->root->part_number) {
                pf_block_because(witness->reason,
                                 "the image calls its root file system %.80s, and what is mounted "
                                 "there is partition %u of its disk",
                                 name, witness->root->part_number);
                return 0;
        }
        if (witness->disk)
                return 0;
        witness->disk = strndup(name, n);
        return witness->disk ? 0 : -ENOMEM;
}

/* What the image's table says of "/". */
static int take_root_entry(PfBootWitness *witness, const PfFstabEntry *entry) {
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        int r;

        if (!entry)
                return 0;
        if (is_named(pf_identity_kind(entry->spec)))
                return take_root_name(witness, entry->spec);
        r = pf_block_graph_resolve(witness->graph, entry->spec, &resolution);
        if (r < 0)
                return r;
        witness->agrees = resolution.state == PF_BLOCK_RESOLVED &&
                          pf_block_list_contains(&resolution.nodes, witness->root);
        if (!witness->agrees)
                pf_block_because(witness->reason,
                                 "the image's /etc/fstab has %.100s as its root file system, which "
                                 "is not known to be what is mounted there",
                                 entry->spec);
        return 0;
}

/* What the image's table has as swap, by what is written on it. */
static int take_swap_entry(PfBootWitness *witness, const PfFstab *fstab) {
        int r = 0;

        for (size_t i = 0; i < fstab->n && r == 0 && !witness->swap; i++) {
                PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };

                if (strcmp(fstab->entries[i].type, "swap") != 0)
                        continue;
                r = pf_block_graph_resolve(witness->graph, fstab->entries[i].spec, &resolution);
                if (r == 0 && resolution.state == PF_BLOCK_RESOLVED &&
                    !is_named(pf_identity_kind(fstab->entries[i].spec)))
                        witness->swap = resolution.nodes.items[0];
        }
        return r;
}

static int take_root_names(PfBootWitness *witness, const PfBootInventory *inventory) {
        int r = take_root_entry(witness, pf_fstab_find(&inventory->fstab, "/"));

        for (size_t i = 0; i < inventory->n_statements && r == 0; i++) {
                const PfBootStatement *statement = &inventory->statements[i];

                if (statement->role == PF_CMDLINE_ROOT &&
                    pf_boot_is_of_this_system(inventory, statement))
                        r = take_root_name(witness, statement->identity);
        }
        return r;
}

/* The file system that is mounted at the root of an image, whole or as a subvolume. */
static int find_image_root(const PfTarget *target, PfBootWitness *witness) {
        PF_AUTO_FREE char *root = realpath(pf_target_root(target), NULL);
        const PfMount *mount;

        if (!root)
                return errno == ENOMEM ? -ENOMEM : 0;
        witness->root = pf_block_graph_mounted(witness->graph, root, &mount);
        if (witness->root && strcmp(mount->directory, root) == 0 &&
            (strcmp(mount->root, "/") == 0 || strcmp(mount->type, "btrfs") == 0))
                return 0;
        witness->root = NULL;
        pf_block_because(witness->reason,
                         "nothing tells which file system it is: the image is a directory, and "
                         "not a file system that is mounted there");
        return 0;
}

static int load_image(const PfBootFacts *facts, const PfTarget *host, PfBootWitness *ret,
                      PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *own = NULL;
        int r = host ? 0 : pf_target_new("/", PF_TARGET_DEFAULT, &own, err);

        if (r == 0)
                r = pf_block_graph_load(host ? host : own, &ret->host, err);
        if (r < 0)
                return r;
        ret->graph = ret->host;
        if (!ret->graph->known || !ret->graph->mounts) {
                pf_block_because(ret->reason, "%s",
                                 ret->graph->known ? ret->graph->mounts_reason
                                                   : ret->graph->reason);
                return 0;
        }
        r = find_image_root(facts->target, ret);
        if (r < 0 || !ret->root)
                return r;
        r = take_swap_entry(ret, &facts->inventory.fstab);
        return r < 0 ? r : take_root_names(ret, &facts->inventory);
}

int pf_boot_witness_load(const PfBootFacts *facts, const PfTarget *host, PfBootWitness *ret,
                         PfErr *err) {
        ret->graph = facts->graph;
        if (!facts->graph->known && !pf_target_is_live(facts->target))
                return load_image(facts, host, ret, err);
        if (!facts->graph->known)
                pf_block_because(ret->reason, "%s", facts->graph->reason);
        return 0;
}

/* --- a claim --- */

/* The partition of this number on the disk that holds the image's "/", if that is what the image
 * calls its disk. Where "/" has no name any more, the swap of its table may tell. */
static const PfBlockNode *find_sibling(const PfBootWitness *witness, const char *name) {
        unsigned number;
        size_t n = split_name(name, &number);
        const PfBlockNode *disk =
                witness->root->parents.n == 1 ? witness->root->parents.items[0] : NULL;

        if (!disk || n == 0 ||
            (witness->disk && (n != strlen(witness->disk) || strncmp(name, witness->disk, n) != 0)))
                return NULL;
        for (size_t i = 0; i < disk->children.n; i++)
                if (disk->children.items[i]->type == PF_BLOCK_PARTITION &&
                    disk->children.items[i]->part_number == number)
                        return witness->disk || disk->children.items[i] == witness->swap
                                       ? disk->children.items[i]
                                       : NULL;
        return NULL;
}

static const PfBlockNode *find_in_image(const PfBootWitness *witness, const PfBootClaim *claim,
                                        char reason[static PF_BLOCK_REASON_MAX]) {
        const PfBlockNode *node = find_sibling(witness, claim->identity);

        if (claim->is_root && (node == witness->root || (!node && witness->agrees)))
                return witness->root;
        if (node && !claim->is_root)
                return node;
        pf_block_because(reason, "nothing in the image tells which of its devices %.80s is",
                         claim->identity);
        return NULL;
}

static bool is_same(const PfBlockNode *a, const PfBlockNode *b) {
        return a == b || (a->content.uuid && b->content.uuid &&
                          strcmp(a->content.uuid, b->content.uuid) == 0);
}

/* Is another device mounted where this one is to be? Then one of the two is not what the
 * administrator means. */
static const PfBlockNode *find_other(const PfBootWitness *witness, const PfBootClaim *claim,
                                     const PfBlockNode *node) {
        const char *directory = claim->is_root ? "/" : claim->directory;
        const PfBlockNode *mounted;
        const PfMount *mount;

        if (!directory || !witness->graph->mounts)
                return NULL;
        mounted = pf_block_graph_mounted(witness->graph, directory, &mount);
        return mounted && strcmp(mount->directory, directory) == 0 && !is_same(mounted, node)
                       ? mounted
                       : NULL;
}

/* The device that has the name. */
static int find_node(const PfBootWitness *witness, const PfBootClaim *claim,
                     const PfBlockNode **ret, char reason[static PF_BLOCK_REASON_MAX]) {
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        const PfBlockNode *other;
        int r;

        *ret = NULL;
        if (witness->host) {
                *ret = find_in_image(witness, claim, reason);
                return 0;
        }
        r = pf_block_graph_resolve(witness->graph, claim->identity, &resolution);
        if (r < 0)
                return r;
        if (resolution.state != PF_BLOCK_RESOLVED) {
                pf_block_because(reason, "%s", resolution.reason);
                return 0;
        }
        other = find_other(witness, claim, resolution.nodes.items[0]);
        if (other) {
                pf_block_because(reason, "what is mounted there now is /dev/%s", other->name);
                return 0;
        }
        *ret = resolution.nodes.items[0];
        return 0;
}

/* Does it hold what is asked for, and not a layer beneath it? */
static bool holds(const PfBlockNode *node, bool is_swap) {
        const char *type = node->content.fs_type;
        size_t n = type ? strlen(type) : 0;

        if (!type)
                return false;
        if (strcmp(type, "swap") == 0 || strcmp(type, "swsuspend") == 0)
                return is_swap;
        return !is_swap && strcmp(type, "crypto_LUKS") != 0 &&
               (n < 7 || strcmp(type + n - 7, "_member") != 0);
}

/* The stable name of a device: its map's, or what is written on it or in its table. */
static int write_identity(const PfBlockNode *node, bool by_kernel, char **ret,
                          char reason[static PF_BLOCK_REASON_MAX]) {
        bool by_map = node->type == PF_BLOCK_LVM || node->type == PF_BLOCK_CRYPT;
        const char *value = by_map      ? node->mapper_name
                            : by_kernel ? node->content.part_uuid
                                        : node->content.uuid;
        PF_AUTO_FREE char *text = NULL;

        if (by_map && by_kernel) {
                pf_block_because(reason, "without an initramfs nothing sets up what it lies on");
                return PF_BOOT_UNPROVEN;
        }
        if (!value) {
                pf_block_because(reason, "/dev/%s has no %s", node->name,
                                 by_kernel ? "UUID in its partition table, and without an "
                                             "initramfs the kernel knows no other"
                                           : "UUID that is known");
                return PF_BOOT_UNPROVEN;
        }
        if (asprintf(&text, "%s%s",
                     by_map      ? "/dev/mapper/"
                     : by_kernel ? "PARTUUID="
                                 : "UUID=",
                     value) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        if (!pf_boot_swap_is_plain(text)) {
                pf_block_because(reason,
                                 "the identity of /dev/%s has characters that would need "
                                 "quotes",
                                 node->name);
                return PF_BOOT_UNPROVEN;
        }
        *ret = PF_STEAL(text);
        return 0;
}

/* A device of the machine that was not looked at. Of an image, on the disk that is at hand. */
static const PfBlockNode *find_unread(const PfBootWitness *witness) {
        const PfBlockNode *disk = witness->host && witness->root->parents.n > 0
                                          ? witness->root->parents.items[0]
                                          : NULL;

        if (!witness->host)
                return pf_block_graph_unread(witness->graph);
        for (size_t i = 0; disk && i < disk->children.n; i++)
                if (disk->children.items[i]->source == PF_BLOCK_SOURCE_NONE &&
                    !pf_block_is_never_read(disk->children.items[i]))
                        return disk->children.items[i];
        return NULL;
}

/* No other device has it, and every one was looked at. */
static int is_unique(const PfBootWitness *witness, const char *identity,
                     char reason[static PF_BLOCK_REASON_MAX]) {
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        const PfBlockNode *unread = find_unread(witness);
        int r = pf_block_graph_resolve(witness->graph, identity, &resolution);

        if (r < 0)
                return r;
        if (resolution.state != PF_BLOCK_RESOLVED)
                pf_block_because(reason, "%.60s is not its own: %.160s", identity,
                                 resolution.reason);
        else if (unread)
                pf_block_because(reason,
                                 "whether /dev/%s has the same identity is not known: %.160s",
                                 unread->name, unread->content_reason);
        return resolution.state == PF_BLOCK_RESOLVED && !unread ? 0 : PF_BOOT_UNPROVEN;
}

int pf_boot_prove(const PfBootWitness *witness, const PfBootClaim *claim, char **ret,
                  char reason[static PF_BLOCK_REASON_MAX]) {
        PF_AUTO_FREE char *identity = NULL;
        const PfBlockNode *node = NULL;
        int r;

        if (witness->reason[0]) {
                pf_block_because(reason, "%s", witness->reason);
                return PF_BOOT_UNPROVEN;
        }
        r = find_node(witness, claim, &node, reason);
        if (r < 0 || !node)
                return r < 0 ? r : PF_BOOT_UNPROVEN;
        if (!holds(node, claim->is_swap)) {
                pf_block_because(reason, "/dev/%s holds %s", node->name,
                                 claim->is_swap ? "no swap" : "no file system that is known");
                return PF_BOOT_UNPROVEN;
        }
        r = write_identity(node, claim->by_kernel, &identity, reason);
        if (r == 0)
                r = is_unique(witness, identity, reason);
        if (r == 0)
                *ret = PF_STEAL(identity);
        return r;
}
