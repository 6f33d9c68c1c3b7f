/* SPDX-License-Identifier: MIT */
#include "tests/support/file-picture.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "daemon/base/buf.h"
#include "daemon/base/sha256.h"
#include "daemon/base/strv.h"

#define PICTURE_MAX (1024 * 1024)
#define XATTR_MAX 65536

static void add_time(PfBuf *picture, const char *name, const struct timespec *time) {
        ck_assert_int_eq(pf_buf_printf(picture, " %s=%lld.%09ld", name, (long long) time->tv_sec,
                                       time->tv_nsec),
                         0);
}

static void add_xattr(PfBuf *picture, const char *path, const char *name) {
        static unsigned char value[XATTR_MAX];
        ssize_t n = lgetxattr(path, name, value, sizeof(value));

        ck_assert_msg(n >= 0, "%s: %s", path, name);
        ck_assert_int_eq(pf_buf_printf(picture, " %s=", name), 0);
        for (ssize_t i = 0; i < n; i++)
                ck_assert_int_eq(pf_buf_printf(picture, "%02x", value[i]), 0);
}

static void add_xattrs(PfBuf *picture, const char *path) {
        static char names[XATTR_MAX];
        PF_AUTO_STRV PfStrv sorted = { 0 };
        ssize_t n = llistxattr(path, names, sizeof(names));

        for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1)
                ck_assert_int_eq(pf_strv_add(&sorted, name), 0);
        pf_strv_sort(&sorted);
        for (size_t i = 0; i < sorted.n; i++)
                add_xattr(picture, path, sorted.items[i]);
}

static void add_contents(PfBuf *picture, const char *path) {
        PF_CLEANUP(pf_sha256_freep) PfSha256 *sha256 = pf_sha256_new();
        PF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
        char piece[4096], digest[PF_SHA256_HEX_SIZE];
        int flags = 0;
        ssize_t n;

        ck_assert_msg(fd >= 0, "%s", path);
        while ((n = read(fd, piece, sizeof(piece))) > 0)
                pf_sha256_add(sha256, piece, (size_t) n);
        pf_sha256_end(sha256, digest);
        (void) ioctl(fd, FS_IOC_GETFLAGS, &flags);
        /* Which of its own ways ext4 keeps a file in is not the file's. */
        flags &= FS_FL_USER_MODIFIABLE;
        ck_assert_int_eq(pf_buf_printf(picture, " flags=%x sha256=%s", (unsigned) flags, digest),
                         0);
}

char *pf_file_picture(const char *path, bool times) {
        PfBuf picture = PF_BUF_INIT(PICTURE_MAX);
        struct stat st;

        if (lstat(path, &st) < 0)
                return strdup("absent");
        ck_assert_int_eq(pf_buf_printf(&picture, "mode=%o uid=%u gid=%u size=%lld",
                                       (unsigned) st.st_mode, st.st_uid, st.st_gid,
                                       (long long) st.st_size),
                         0);
        if (times) {
                add_time(&picture, "atime", &st.st_atim);
                add_time(&picture, "mtime", &st.st_mtim);
        }
        add_xattrs(&picture, path);
        if (S_ISREG(st.st_mode))
                add_contents(&picture, path);
        return pf_buf_steal(&picture);
}

char *pf_directory_picture(const char *path) {
        PfBuf picture = PF_BUF_INIT(PICTURE_MAX);
        PF_AUTO_STRV PfStrv names = { 0 };
        DIR *dir = opendir(path);
        struct dirent *entry;

        ck_assert_msg(dir, "%s", path);
        while ((entry = readdir(dir)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        ck_assert_int_eq(pf_strv_add(&names, entry->d_name), 0);
        (void) closedir(dir);
        pf_strv_sort(&names);
        for (size_t i = 0; i < names.n; i++)
                ck_assert_int_eq(pf_buf_printf(&picture, "%s ", names.items[i]), 0);
        return pf_buf_steal(&picture);
}
