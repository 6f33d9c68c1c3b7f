/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/cleanup.h"

/*
 * What is watched, as inotify(7) knows it: inodes by watch descriptor, and for each
 * directory the names that were looked for in it, with what was found. A name whose
 * answer is known leads on without a look at the file system: nobody has told of a change.
 *
 * What is kept lies in slabs of its own: between what a run of the probes allocates and
 * frees it would keep pages of the heap from being given back.
 *
 * It knows no system call. One thread at a time.
 */
typedef enum PfNameKind {
        PF_NAME_ABSENT,
        PF_NAME_DIRECTORY,
        PF_NAME_LINK,
        PF_NAME_OTHER,  /* nothing leads on from here */
        PF_NAME_PROC,   /* where proc(5) is mounted */
        PF_NAME_SYS,    /* and sysfs(5) */
        PF_NAME_SILENT, /* a directory whose changes are not told */
} PfNameKind;

typedef struct PfName {
        struct PfName *next;    /* of its bucket */
        struct PfName *sibling; /* of its directory */
        int directory;          /* watch descriptor */
        uint64_t used;          /* number of the last look that led through here */
        unsigned stamp;         /* another one after each change */
        bool is_known;          /* what follows is what is there now */
        PfNameKind kind;
        int child;  /* watch descriptor of a directory or a file, or -1 */
        char *text; /* of a link */
        char name[];
} PfName;

typedef struct PfNode {
        struct PfNode *next; /* of its bucket */
        int wd;
        uint32_t mask;
        uint64_t used;
        bool is_listed; /* every name counts */
        char *patterns; /* names that count besides, one after the other, each with a '/'; or NULL
                         */
        PfName *names;
} PfNode;

/* Pieces of one size. */
typedef struct PfSlabs {
        void *slabs; /* each begins with a pointer to the next */
        void *spare; /* pieces that were given back, likewise */
        size_t used; /* bytes of the first slab that were given out: no other was touched */
} PfSlabs;

typedef struct PfTree {
        PfSlabs node_slabs;
        PfSlabs name_slabs; /* for names up to a certain length; others stand alone */
        PfNode **nodes;
        size_t n_node_buckets; /* a power of two, as below; 0 at first */
        size_t n_nodes;
        PfName **names;
        size_t n_name_buckets;
        size_t n_names;
} PfTree;

/* All zero is an empty tree. */
void pf_tree_deinit(PfTree *tree);

PfNode *pf_tree_find(const PfTree *tree, int wd); /* or NULL */
PfNode *pf_tree_add(PfTree *tree, int wd);        /* or the one there is; NULL: -ENOMEM */
/* From now on names that match @pattern count, or all where it is NULL. */
void pf_node_list(PfNode *node, const char *pattern);
bool pf_node_lists(const PfNode *node, const char *name);
void pf_tree_remove(PfTree *tree, PfNode *node); /* with its names */
PfName *pf_tree_find_name(const PfTree *tree, int directory, const char *name);
PfName *pf_tree_add_name(PfTree *tree, PfNode *directory, const char *name);

/* What was found there may not be there any more. */
void pf_name_doubt(PfName *name);
void pf_tree_doubt_all(PfTree *tree);

/**
 * pf_tree_sweep() - forget what no look since @oldest has led through
 * @unwatch: called with each node's descriptor, which is gone afterwards
 */
void pf_tree_sweep(PfTree *tree, uint64_t oldest, void (*unwatch)(int wd, void *data), void *data);
