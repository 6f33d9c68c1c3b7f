/* SPDX-License-Identifier: MIT */
#include "daemon/platform/mount-namespace.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>

#define MACHINE "/proc/1/ns/mnt"

typedef struct Visit {
        PfNamespace which;
        PfNamespaceWork work;
        void *data;
        PfErr *err;
        int r;
} Visit;

/* What the copy's mounts were peers of follows them no more, before one of them is touched. */
static int leave_peers(void) {
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        return 0;
}

static int enter(PfNamespace which) {
        PF_AUTO_CLOSE int fd = open(MACHINE, O_RDONLY | O_CLOEXEC);

        if (fd < 0 || unshare(CLONE_FS) < 0 || setns(fd, CLONE_NEWNS) < 0)
                return -errno;
        return which == PF_NAMESPACE_COPY ? leave_peers() : 0;
}

static void *visit(void *data) {
        Visit *visit = data;

        visit->r = enter(visit->which);
        if (visit->r < 0)
                (void) pf_err_errno(visit->err, visit->r,
                                    "the mounts of process 1 are out of reach");
        else
                visit->r = visit->work(visit->data, visit->err);
        return NULL;
}

int pf_namespace_run(PfNamespace which, PfNamespaceWork work, void *data, PfErr *err) {
        Visit visited = { .which = which, .work = work, .data = data, .err = err };
        pthread_t thread;
        int r = pthread_create(&thread, NULL, visit, &visited);

        if (r > 0)
                return pf_err_errno(err, -r, "no thread for the mounts of process 1");
        (void) pthread_join(thread, NULL); /* fails for no thread that is ours */
        return visited.r;
}
