/* SPDX-License-Identifier: MIT */
#include "daemon/platform/remove-tree.h"

#include <ftw.h>
#include <stdio.h>

#include "daemon/base/cleanup.h"

#define DESCRIPTORS 16 /* of a walk */

static int remove_one(const char *path, const struct stat *st PF_UNUSED, int kind PF_UNUSED,
                      struct FTW *ftw PF_UNUSED) {
        (void) remove(path);
        return 0;
}

void pf_remove_tree(const char *path) {
        (void) nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}
