/* SPDX-License-Identifier: MIT */
/*
 * A file system by FUSE for tests: one empty directory. Its server is this program,
 * which stays in the foreground, so that it can be stopped.
 *
 *   silent-fs DIRECTORY
 *
 * Every question goes to the server: the kernel is told to remember nothing.
 */
#define FUSE_USE_VERSION 31

#include <errno.h>
#include <fuse.h>
#include <string.h>

static int get_attributes(const char *path, struct stat *st, struct fuse_file_info *file) {
        (void) file;
        if (strcmp(path, "/") != 0)
                return -ENOENT;
        st->st_mode = S_IFDIR | 01777;
        st->st_nlink = 2;
        return 0;
}

static int read_directory(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
                          struct fuse_file_info *file, enum fuse_readdir_flags flags) {
        (void) offset;
        (void) file;
        (void) flags;
        if (strcmp(path, "/") != 0)
                return -ENOENT;
        return fill(buf, ".", NULL, 0, 0) || fill(buf, "..", NULL, 0, 0) ? -ENOMEM : 0;
}

/* 64 GiB free: room for whatever is to be copied. */
static int get_space(const char *path, struct statvfs *st) {
        (void) path;
        st->f_bsize = st->f_frsize = 4096;
        st->f_blocks = st->f_bfree = st->f_bavail = 16u << 20;
        st->f_files = st->f_ffree = st->f_favail = 1u << 20;
        return 0;
}

static void *start(struct fuse_conn_info *connection, struct fuse_config *config) {
        (void) connection;
        config->attr_timeout = config->entry_timeout = config->negative_timeout = 0;
        return NULL;
}

int main(int argc, char *argv[]) {
        static const struct fuse_operations operations = { .init = start,
                                                           .getattr = get_attributes,
                                                           .readdir = read_directory,
                                                           .statfs = get_space };
        char *arguments[] = { argv[0], "-f", "-s", "-o", "allow_other", argv[1], NULL };

        return argc == 2 ? fuse_main(6, arguments, &operations, NULL) : 2;
}
