/* SPDX-License-Identifier: MIT */
#include "config/source.h"

#include <string.h>

/* Is it a link to /dev/null? The device itself need not exist below the root. */
static bool is_mask(const PfTarget *target, const char *path) {
        PF_AUTO_FREE char *link = NULL;
        size_t n;

        if (pf_target_readlink(target, path, &link, NULL) != 0)
                return false;
        n = strlen(link);
        return n >= 9 && strcmp(link + n - 9, "/dev/null") == 0;
}

int pf_source_find(const PfTarget *target, const char *const *directories, size_t n,
                   const char *name, PfSource *ret, PfErr *err) {
        PfSource found = { 0 };
        int r = PF_TARGET_ABSENT;

        for (size_t i = 0; i < n && r == PF_TARGET_ABSENT; i++) {
                (void) snprintf(found.path, sizeof(found.path), "%s/%s", directories[i], name);
                r = pf_target_lstat(target, found.path, &found.info, err);
        }
        if (r != 0)
                return r == PF_TARGET_ABSENT ? PF_SOURCE_ABSENT : r;
        if (found.info.type == PF_FILE_SYMLINK) {
                if (is_mask(target, found.path))
                        return PF_SOURCE_MASKED;
                r = pf_target_stat(target, found.path, &found.info, err);
                if (r == PF_TARGET_ABSENT)
                        return pf_err_set(err, -ENOENT, "%s: what it links to is not there",
                                          found.path);
                if (r < 0)
                        return r;
        }
        *ret = found;
        return 0;
}

bool pf_source_equal(const PfSource *a, const PfSource *b) {
        return strcmp(a->path, b->path) == 0 && a->info.device == b->info.device &&
               a->info.inode == b->info.inode && a->info.size_bytes == b->info.size_bytes &&
               a->info.modified_usec == b->info.modified_usec;
}
