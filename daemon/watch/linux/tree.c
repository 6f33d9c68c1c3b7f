/* SPDX-License-Identifier: MIT */
#include "daemon/watch/linux/tree.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64
#define PATTERNS_MAX 512 /* bytes, of one directory */
#define SLAB_BYTES (64u << 10)
#define NAME_LENGTH 36 /* with its NUL, of a name in a slab */
#define PIECE_OF_NAME ((sizeof(PfName) + NAME_LENGTH + 7) / 8 * 8)

/* --- slabs --- */

static bool add_slab(PfSlabs *slabs) {
        char *slab = malloc(SLAB_BYTES);

        if (!slab)
                return false;
        *(void **) (void *) slab = slabs->slabs;
        slabs->slabs = slab;
        slabs->used = sizeof(void *);
        return true;
}

/* Zeroed; NULL: out of memory. */
static void *take_piece(PfSlabs *slabs, size_t size) {
        void *piece = slabs->spare;

        if (piece) {
                slabs->spare = *(void **) piece;
                return memset(piece, 0, size);
        }
        if ((!slabs->slabs || slabs->used + size > SLAB_BYTES) && !add_slab(slabs))
                return NULL;
        piece = (char *) slabs->slabs + slabs->used;
        slabs->used += size;
        return memset(piece, 0, size);
}

static void give_piece(PfSlabs *slabs, void *piece) {
        *(void **) piece = slabs->spare;
        slabs->spare = piece;
}

static void free_slabs(PfSlabs *slabs) {
        while (slabs->slabs) {
                void *slab = slabs->slabs;

                slabs->slabs = *(void **) slab;
                free(slab);
        }
        *slabs = (PfSlabs){ 0 };
}

/* --- by hash --- */

static size_t hash_number(size_t hash, size_t number) {
        return (hash ^ number) * 0x9e3779b97f4a7c15u;
}

static size_t hash_name(int directory, const char *name) {
        size_t hash = hash_number(14695981039346656037u, (size_t) directory);

        for (; *name; name++)
                hash = (hash ^ (unsigned char) *name) * 1099511628211u; /* FNV-1a */
        return hash ^ (hash >> 32);
}

static PfNode **node_bucket(const PfTree *tree, int wd) {
        return &tree->nodes[(size_t) wd & (tree->n_node_buckets - 1)];
}

static PfName **name_bucket(const PfTree *tree, int directory, const char *name) {
        return &tree->names[hash_name(directory, name) & (tree->n_name_buckets - 1)];
}

/* --- nodes --- */

PfNode *pf_tree_find(const PfTree *tree, int wd) {
        PfNode *node = tree->n_node_buckets ? *node_bucket(tree, wd) : NULL;

        while (node && node->wd != wd)
                node = node->next;
        return node;
}

static bool grow_nodes(PfTree *tree) {
        size_t before = tree->n_node_buckets;
        PfNode **old = tree->nodes;
        PfNode **grown;

        if (tree->n_nodes < before)
                return true;
        grown = calloc(before ? before * 2 : BUCKETS_MIN, sizeof(PfNode *));
        if (!grown)
                return before > 0; /* a full one is slow, and no more */
        tree->nodes = grown;
        tree->n_node_buckets = before ? before * 2 : BUCKETS_MIN;
        for (size_t i = 0; i < before; i++)
                for (PfNode *node = old[i], *next; node; node = next) {
                        PfNode **bucket = node_bucket(tree, node->wd);

                        next = node->next;
                        node->next = *bucket;
                        *bucket = node;
                }
        free(old);
        return true;
}

PfNode *pf_tree_add(PfTree *tree, int wd) {
        PfNode *node = pf_tree_find(tree, wd);
        PfNode **bucket;

        if (node)
                return node;
        node = grow_nodes(tree) ? take_piece(&tree->node_slabs, sizeof(*node)) : NULL;
        if (!node)
                return NULL;
        node->wd = wd;
        bucket = node_bucket(tree, wd);
        node->next = *bucket;
        *bucket = node;
        tree->n_nodes++;
        return node;
}

/* Calls @visit for each pattern until it returns true; whether it did. */
static bool each_pattern(const PfNode *node, bool (*visit)(const char *pattern, const char *text),
                         const char *text) {
        char pattern[PATTERNS_MAX];
        size_t n;

        for (const char *at = node->patterns; at && *at; at += n + 1) {
                n = strcspn(at, "/");
                (void) snprintf(pattern, sizeof(pattern), "%.*s", (int) n, at);
                if (visit(pattern, text))
                        return true;
        }
        return false;
}

static bool is_same(const char *pattern, const char *text) {
        return strcmp(pattern, text) == 0;
}

static bool is_match(const char *pattern, const char *name) {
        return fnmatch(pattern, name, 0) == 0;
}

void pf_node_list(PfNode *node, const char *pattern) {
        size_t before = node->patterns ? strlen(node->patterns) : 0;
        char *grown;

        if (node->is_listed || (pattern && each_pattern(node, is_same, pattern)))
                return;
        grown = pattern && before + strlen(pattern) + 2 <= PATTERNS_MAX
                        ? realloc(node->patterns, before + strlen(pattern) + 2)
                        : NULL;
        node->is_listed = !grown; /* more than has to be, where there is no room for less */
        if (grown) {
                node->patterns = grown;
                (void) sprintf(grown + before, "%s/", pattern);
        }
}

bool pf_node_lists(const PfNode *node, const char *name) {
        return node->is_listed || each_pattern(node, is_match, name);
}

/* --- names --- */

PfName *pf_tree_find_name(const PfTree *tree, int directory, const char *name) {
        PfName *found = tree->n_name_buckets ? *name_bucket(tree, directory, name) : NULL;

        while (found && (found->directory != directory || strcmp(found->name, name) != 0))
                found = found->next;
        return found;
}

static bool grow_names(PfTree *tree) {
        size_t before = tree->n_name_buckets;
        PfName **old = tree->names;
        PfName **grown;

        if (tree->n_names < before)
                return true;
        grown = calloc(before ? before * 2 : BUCKETS_MIN, sizeof(PfName *));
        if (!grown)
                return before > 0;
        tree->names = grown;
        tree->n_name_buckets = before ? before * 2 : BUCKETS_MIN;
        for (size_t i = 0; i < before; i++)
                for (PfName *name = old[i], *next; name; name = next) {
                        PfName **bucket = name_bucket(tree, name->directory, name->name);

                        next = name->next;
                        name->next = *bucket;
                        *bucket = name;
                }
        free(old);
        return true;
}

static PfName *new_name(PfTree *tree, size_t length) {
        if (length > NAME_LENGTH)
                return calloc(1, sizeof(PfName) + length);
        return take_piece(&tree->name_slabs, PIECE_OF_NAME);
}

static void release_name(PfTree *tree, PfName *name) {
        free(name->text);
        if (strlen(name->name) + 1 > NAME_LENGTH)
                free(name);
        else
                give_piece(&tree->name_slabs, name);
}

PfName *pf_tree_add_name(PfTree *tree, PfNode *directory, const char *name) {
        PfName *found = pf_tree_find_name(tree, directory->wd, name);
        size_t size = strlen(name) + 1;
        PfName **bucket;

        if (found)
                return found;
        found = grow_names(tree) ? new_name(tree, size) : NULL;
        if (!found)
                return NULL;
        memcpy(found->name, name, size);
        found->directory = directory->wd;
        found->child = -1;
        found->sibling = directory->names;
        directory->names = found;
        bucket = name_bucket(tree, directory->wd, name);
        found->next = *bucket;
        *bucket = found;
        tree->n_names++;
        return found;
}

/* Its directory has been told already. */
static void free_name(PfTree *tree, PfName *name) {
        PfName **link = name_bucket(tree, name->directory, name->name);

        while (*link != name)
                link = &(*link)->next;
        *link = name->next;
        tree->n_names--;
        release_name(tree, name);
}

void pf_tree_remove(PfTree *tree, PfNode *node) {
        PfNode **link = node_bucket(tree, node->wd);

        while (*link != node)
                link = &(*link)->next;
        *link = node->next;
        tree->n_nodes--;
        for (PfName *name = node->names, *next; name; name = next) {
                next = name->sibling;
                free_name(tree, name);
        }
        free(node->patterns);
        give_piece(&tree->node_slabs, node);
}

void pf_tree_deinit(PfTree *tree) {
        for (size_t i = 0; i < tree->n_node_buckets; i++)
                while (tree->nodes[i])
                        pf_tree_remove(tree, tree->nodes[i]);
        free_slabs(&tree->node_slabs);
        free_slabs(&tree->name_slabs);
        free(tree->nodes);
        free(tree->names);
        *tree = (PfTree){ 0 };
}

/* --- what is not known any more, and not used any more --- */

void pf_name_doubt(PfName *name) {
        name->is_known = false;
        name->stamp++;
}

void pf_tree_doubt_all(PfTree *tree) {
        for (size_t i = 0; i < tree->n_name_buckets; i++)
                for (PfName *name = tree->names[i]; name; name = name->next)
                        pf_name_doubt(name);
}

static void sweep_names(PfTree *tree, PfNode *node, uint64_t oldest) {
        PfName **link = &node->names;

        while (*link) {
                PfName *name = *link;

                if (name->used >= oldest) {
                        link = &name->sibling;
                        continue;
                }
                *link = name->sibling;
                free_name(tree, name);
        }
}

void pf_tree_sweep(PfTree *tree, uint64_t oldest, void (*unwatch)(int wd, void *data), void *data) {
        for (size_t i = 0; i < tree->n_node_buckets; i++)
                for (PfNode *node = tree->nodes[i], *next; node; node = next) {
                        next = node->next;
                        if (node->used >= oldest) {
                                sweep_names(tree, node, oldest);
                                continue;
                        }
                        unwatch(node->wd, data);
                        pf_tree_remove(tree, node);
                }
}
