/* SPDX-License-Identifier: MIT */
#include "daemon/platform/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/write-all.h"

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct PfDirectory {
        int fd;
};

int pf_directory_make_beside(const char *path, char **ret_path) {
        PF_AUTO_FREE char *made = NULL;

        if (asprintf(&made, "%s.XXXXXX", path) < 0) {
                made = NULL;
                return -ENOMEM;
        }
        if (!mkdtemp(made))
                return -errno;
        *ret_path = PF_STEAL(made);
        return 0;
}

int pf_directory_rename(const char *from, const char *to) {
        return rename(from, to) < 0 ? -errno : 0;
}

int pf_directory_check_free(const char *path) {
        struct dirent *entry;
        struct stat st;
        unsigned n = 0;
        DIR *dir;

        if (lstat(path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISDIR(st.st_mode))
                return -ENOTDIR;
        dir = opendir(path);
        if (!dir)
                return -errno;
        while ((entry = readdir(dir)) && n <= 2)
                n++; /* "." and ".." are always there */
        (void) closedir(dir);
        return n > 2 ? -ENOTEMPTY : 0;
}

static int take_fd(int fd, PfDirectory **ret) {
        PfDirectory *directory;

        if (fd < 0)
                return -errno;
        directory = malloc(sizeof(*directory));
        if (!directory) {
                (void) pf_close(fd);
                return -ENOMEM;
        }
        *directory = (PfDirectory){ fd };
        *ret = directory;
        return 0;
}

int pf_directory_open(const char *path, PfDirectory **ret) {
        return take_fd(open(path, OPEN_FLAGS), ret);
}

PfDirectory *pf_directory_close(PfDirectory *directory) {
        if (directory)
                (void) pf_close(directory->fd);
        free(directory);
        return NULL;
}

int pf_directory_again(const PfDirectory *directory, PfDirectory **ret) {
        return take_fd(fcntl(directory->fd, F_DUPFD_CLOEXEC, 3), ret);
}

int pf_directory_enter(const PfDirectory *directory, const char *name, PfDirectory **ret) {
        if (mkdirat(directory->fd, name, 0700) < 0 && errno != EEXIST)
                return -errno;
        return take_fd(openat(directory->fd, name, OPEN_FLAGS), ret);
}

int pf_directory_write(const PfDirectory *directory, const char *name, const void *bytes,
                       size_t n) {
        PF_AUTO_CLOSE int fd = -1;
        int r;

        fd = openat(directory->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                    0600);
        if (fd < 0)
                return -errno;
        r = pf_write_all(fd, bytes, n);
        /* Some file systems tell only now that there is no room. */
        if (r == 0 && close(pf_steal_fd(&fd)) < 0)
                r = -errno;
        return r;
}

int pf_directory_link(const PfDirectory *directory, const char *name, const char *text) {
        return symlinkat(text, directory->fd, name) < 0 ? -errno : 0;
}

int pf_directory_look(const PfDirectory *directory, const char *name, PfDirectoryEntry *ret) {
        struct stat st;

        if (fstatat(directory->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        *ret = (PfDirectoryEntry){ .is_file = S_ISREG(st.st_mode),
                                   .is_link = S_ISLNK(st.st_mode),
                                   .size_bytes = (uint64_t) st.st_size };
        return 0;
}

int pf_directory_move(const PfDirectory *from, const char *name, const PfDirectory *to,
                      const char *new_name) {
        return renameat(from->fd, name, to->fd, new_name) < 0 ? -errno : 0;
}

int pf_directory_remove(const PfDirectory *directory, const char *name, bool is_directory) {
        return unlinkat(directory->fd, name, is_directory ? AT_REMOVEDIR : 0) < 0 ? -errno : 0;
}
