/* SPDX-License-Identifier: MIT */
/*
 * Replaces files as a remedy does, for tests: replace-file ROOT PATH NEW [MARK]
 *
 * NEW is a file with the contents. When all is done a byte is written to MARK, which tells who
 * records the disk that from here on only the new contents may be found.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/remedy/replace.h"

#define STAGED PF_STAGED_PREFIX "20260101T000000Z-0000-0000-new"

static int replace(const char *root_path, const char *path, int from, PfErr *err) {
        PF_CLEANUP(pf_root_freep) PfRoot *root = NULL;
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        struct stat st;
        int r;

        if (fstat(from, &st) < 0)
                return -errno;
        r = pf_root_open(root_path, &pf_fs_ops, &root, err);
        if (r == 0)
                r = pf_place_find(root, path, &place, err);
        if (r == 0)
                r = pf_place_check(place, (size_t) st.st_size, err);
        if (r == 0)
                r = pf_place_stage(place, STAGED, NULL, (size_t) st.st_size, from, err);
        return r == 0 ? pf_place_commit(place, STAGED, err) : r;
}

int main(int argc, char **argv) {
        PF_AUTO_CLOSE int from = -1;
        PF_AUTO_CLOSE int mark = -1;
        PfErr err = { 0 };
        int r;

        if (argc < 4)
                return 2;
        from = open(argv[3], O_RDONLY | O_CLOEXEC);
        if (from < 0)
                return 2;
        r = replace(argv[1], argv[2], from, &err);
        if (r < 0) {
                (void) fprintf(stderr, "replace-file: %s\n", pf_err_text(&err, r));
                return 1;
        }
        if (argc > 4) {
                mark = open(argv[4], O_WRONLY | O_CLOEXEC);
                if (mark < 0 || write(mark, "x", 1) != 1)
                        return 2;
        }
        return 0;
}
