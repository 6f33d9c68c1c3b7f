/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "daemon/platform/remove-tree.h"

#define ATTEMPTS 4
#define RANDOM "XXXXXX"

/* Whoever sweeps may have been faster: then it has no name any more. */
static int lock(const char *path, int *ret) {
        PF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (st.st_nlink == 0)
                return -ENOENT;
        *ret = pf_steal_fd(&fd);
        return 0;
}

int pf_scratch_make(const char *template, PfScratch *ret) {
        int r = -ENOENT;

        for (unsigned i = 0; i < ATTEMPTS && (r == -ENOENT || r == -EWOULDBLOCK); i++) {
                PF_AUTO_FREE char *path = strdup(template);
                bool is_made = path && mkdtemp(path);

                r = !path ? -ENOMEM : !is_made ? -errno : lock(path, &ret->lock);
                if (r == 0)
                        ret->path = PF_STEAL(path);
                else if (!is_made)
                        return r;
        }
        return r;
}

void pf_scratch_deinit(PfScratch *scratch) {
        if (scratch->path)
                pf_remove_tree(scratch->path);
        free(scratch->path);
        (void) pf_close(scratch->lock);
        *scratch = (PfScratch) PF_SCRATCH_INIT;
}

/* Nobody but us can have made it as it is, or put another one in its place. */
static void sweep_one(const char *path) {
        PF_AUTO_CLOSE int held = -1;
        struct stat st;

        if (lock(path, &held) == 0 && fstat(held, &st) == 0 && st.st_uid == geteuid() &&
            (st.st_mode & 0777) == 0700)
                pf_remove_tree(path);
}

void pf_scratch_sweep(const char *template) {
        const size_t n = strlen(template), length = n - strlen(RANDOM);
        const char *name = strrchr(template, '/') + 1;
        const size_t prefix = length - (size_t) (name - template);
        char path[PATH_MAX];
        const struct dirent *entry;
        DIR *directory;

        if (n >= sizeof(path))
                return;
        (void) snprintf(path, sizeof(path), "%.*s", (int) (name - template), template);
        directory = opendir(path);
        while (directory && (entry = readdir(directory))) {
                if (strncmp(entry->d_name, name, prefix) != 0 ||
                    strlen(entry->d_name) != strlen(name))
                        continue;
                (void) snprintf(path, sizeof(path), "%.*s%s", (int) length, template,
                                entry->d_name + prefix);
                sweep_one(path);
        }
        if (directory)
                (void) closedir(directory);
}

void pf_scratch_sweep_all(void) {
        pf_scratch_sweep(PF_SCRATCH_PLANS);
        pf_scratch_sweep(PF_SCRATCH_TRIALS);
        pf_scratch_sweep(PF_SCRATCH_TRIALS_ELSEWHERE);
}
