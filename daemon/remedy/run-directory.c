/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/run-directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#define ABOVE_MODE 0755

/* One step down, made where it is not there. Whoever owns what is above may have put
 * something else in its place: that is refused. */
static int step_down(int above, const char *name, mode_t mode, PfErr *err) {
        int fd;

        if (mkdirat(above, name, mode) < 0 && errno != EEXIST)
                return pf_err_errno(err, -errno, "%s: %s", PF_RUN_PATH, name);
        fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? pf_err_errno(err, -errno, "%s: %s", PF_RUN_PATH, name) : fd;
}

int pf_run_directory(const char *root, const char *name, mode_t mode, PfErr *err) {
        const struct {
                const char *name;
                mode_t mode;
        } steps[] = { { "run", ABOVE_MODE }, { "preflightd", ABOVE_MODE }, { name, mode } };
        PF_AUTO_CLOSE int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat st;

        if (fd < 0)
                return pf_err_errno(err, -errno, "%s", root);
        for (size_t i = 0; i < PF_ELEMENTS(steps); i++) {
                int next = step_down(fd, steps[i].name, steps[i].mode, err);

                if (next < 0)
                        return next;
                (void) pf_close(fd);
                fd = next;
        }
        if (fstat(fd, &st) < 0)
                return pf_err_errno(err, -errno, "%s/%s", PF_RUN_PATH, name);
        if (st.st_uid != geteuid() || (st.st_mode & 0022))
                return pf_err_set(err, -EPERM, "%s/%s: belongs to somebody else", PF_RUN_PATH,
                                  name);
        return pf_steal_fd(&fd);
}
