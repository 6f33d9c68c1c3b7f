/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The file system as one process sees it: a user's rights, a root directory it
 * is confined to, a working directory. Only permission bits count; lists of
 * access control and mandatory rules are not looked at.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

/* Who looks. All zero is root. */
typedef struct PfIdentity {
        unsigned uid;
        unsigned gid;
        const unsigned *groups; /* supplementary ones; borrowed */
        size_t n_groups;
} PfIdentity;

/* All is borrowed. */
typedef struct PfFileView {
        const PfTarget *target;
        const PfIdentity *who;
        const char *root;    /* the process's root directory; "" or NULL: the target's own */
        const char *current; /* working directory, seen from root; NULL: "/" */
} PfFileView;

typedef enum PfFileRight {
        PF_FILE_MAY_EXECUTE = 1,
        PF_FILE_MAY_WRITE = 2,
        PF_FILE_MAY_READ = 4,
} PfFileRight;

/* A file that was found. */
typedef struct PfFoundFile {
        char *path; /* without links, below the target's root, not the view's */
        PfFileInfo info;
} PfFoundFile;

void pf_found_file_deinit(PfFoundFile *file);
#define PF_AUTO_FOUND_FILE PF_CLEANUP(pf_found_file_deinit)

/* Positive outcomes of a search. */
enum {
        PF_FILE_VIEW_ABSENT = 1, /* it is not there, or a link leads to nothing */
        PF_FILE_VIEW_DENIED = 2, /* a directory on the way may not be searched */
};

/**
 * pf_file_view_find() - the file that this process would open
 * @path: as the process says it; links, absolute ones too, stay below the view's root
 * Rule:  path_resolution(7); at most 40 links are followed.
 * Return: 0; PF_FILE_VIEW_ABSENT, PF_FILE_VIEW_DENIED; -ELOOP, -ENAMETOOLONG,
 *         -EACCES (the probe itself may not look), -ENOMEM … with a text.
 */
int pf_file_view_find(const PfFileView *view, const char *path, PfFoundFile *ret,
                      PfErr *err) PF_MUST_CHECK;

/**
 * pf_identity_may() - do the permission bits grant all of @rights (PfFileRight, or'ed)?
 * Rule: the first of owner, group and others that applies decides alone. Root
 *       may read and write all, and execute what anybody may, or a directory.
 */
bool pf_identity_may(const PfIdentity *who, const PfFileInfo *info, unsigned rights);
