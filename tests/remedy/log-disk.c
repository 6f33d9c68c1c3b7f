/* SPDX-License-Identifier: MIT */
/*
 * A disk that remembers in which order it was written: log-disk IMAGE LOG MOUNTPOINT
 *
 * A file system with FUSE, of two files: `disk`, whose bytes are those of IMAGE, for a loop
 * device; and `mark`, to which a test writes one byte. Every write, flush and mark is added
 * to LOG, in the order in which they are done:
 *      char kind ('w', 'f', 'm'), uint64_t offset, uint64_t n, then n bytes of a write
 */
#define FUSE_USE_VERSION 35

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int image = -1;
static FILE *record;

static int note(char kind, uint64_t offset, uint64_t n, const char *bytes) {
        if (fputc(kind, record) == EOF || fwrite(&offset, sizeof(offset), 1, record) != 1 ||
            fwrite(&n, sizeof(n), 1, record) != 1 || (bytes && fwrite(bytes, 1, n, record) != n) ||
            fflush(record) != 0)
                return -EIO;
        return 0;
}

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *info) {
        struct stat of_image;

        (void) info;
        if (fstat(image, &of_image) < 0)
                return -errno;
        memset(st, 0, sizeof(*st));
        st->st_nlink = 1;
        if (strcmp(path, "/") == 0)
                st->st_mode = S_IFDIR | 0700;
        else if (strcmp(path, "/disk") == 0 || strcmp(path, "/mark") == 0)
                st->st_mode = S_IFREG | 0600;
        else
                return -ENOENT;
        st->st_size = strcmp(path, "/disk") == 0 ? of_image.st_size : 0;
        return 0;
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *info) {
        (void) path;
        (void) size;
        (void) info;
        return 0;
}

static int do_open(const char *path, struct fuse_file_info *info) {
        (void) path;
        info->direct_io = 1; /* each write comes here, in its order */
        return 0;
}

static int do_read(const char *path, char *bytes, size_t n, off_t at, struct fuse_file_info *info) {
        ssize_t got;

        (void) path;
        (void) info;
        got = pread(image, bytes, n, at);
        return got < 0 ? -errno : (int) got;
}

static int do_write(const char *path, const char *bytes, size_t n, off_t at,
                    struct fuse_file_info *info) {
        int r;

        (void) info;
        if (strcmp(path, "/mark") == 0) {
                r = note('m', 0, 0, NULL);
                return r < 0 ? r : (int) n;
        }
        if (pwrite(image, bytes, n, at) != (ssize_t) n)
                return -EIO;
        r = note('w', (uint64_t) at, n, bytes);
        return r < 0 ? r : (int) n;
}

static int do_fsync(const char *path, int datasync, struct fuse_file_info *info) {
        (void) path;
        (void) datasync;
        (void) info;
        return note('f', 0, 0, NULL);
}

static const struct fuse_operations operations = {
        .getattr = do_getattr,
        .truncate = do_truncate,
        .open = do_open,
        .read = do_read,
        .write = do_write,
        .fsync = do_fsync,
};

int main(int argc, char **argv) {
        char *arguments[] = { argv[0], NULL, (char *) "-f", (char *) "-s", NULL };

        if (argc != 4)
                return 2;
        image = open(argv[1], O_RDWR | O_CLOEXEC);
        record = fopen(argv[2], "wbe");
        if (image < 0 || !record)
                return 2;
        arguments[1] = argv[3];
        return fuse_main(4, arguments, &operations, NULL);
}
