/* SPDX-License-Identifier: MIT */
/*
 * The portable half of a target: its identity, its references and the record
 * of what was asked for. How a path is reached is in daemon/platform/.
 */
#include "daemon/base/target.h"
#include "daemon/base/target-internal.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

typedef struct Access {
        char *path;
        PfAccess access;
        int error;
} Access;

struct PfTarget {
        atomic_uint references;
        char *root;
        int root_fd;
        bool live;
        atomic_bool may_openat2;

        uv_mutex_t lock; /* what follows; workers record at the same time */
        Access *accesses;
        size_t n_accesses;
        uint32_t *index; /* open addressing; 1 + position in accesses, or 0 */
        size_t index_size;
};

int pf_target_new_base(const char *root, int root_fd, PfTargetFlags flags, PfTarget **ret) {
        PfTarget *target;

        target = calloc(1, sizeof(*target));
        if (!target)
                return -ENOMEM;
        target->root = strdup(root);
        if (!target->root || uv_mutex_init(&target->lock) < 0) {
                free(target->root);
                free(target);
                return -ENOMEM;
        }

        atomic_init(&target->references, 1);
        atomic_init(&target->may_openat2, !(flags & PF_TARGET_NO_OPENAT2));
        target->live = strcmp(root, "/") == 0;
        target->root_fd = root_fd;
        *ret = target;
        return 0;
}

PfTarget *pf_target_ref(PfTarget *target) {
        atomic_fetch_add(&target->references, 1);
        return target;
}

PfTarget *pf_target_unref(PfTarget *target) {
        if (!target || atomic_fetch_sub(&target->references, 1) > 1)
                return NULL;

        for (size_t i = 0; i < target->n_accesses; i++)
                free(target->accesses[i].path);
        free(target->accesses);
        free(target->index);
        uv_mutex_destroy(&target->lock);
        (void) pf_close(target->root_fd);
        free(target->root);
        free(target);
        return NULL;
}

bool pf_target_is_live(const PfTarget *target) {
        return target->live;
}

const char *pf_target_root(const PfTarget *target) {
        return target->root;
}

int pf_target_root_fd(const PfTarget *target) {
        return target->root_fd;
}

/* The memory of what this kernel can do, and the record, are no part of what a
 * target is to its users: hence the casts in a const object's functions. */

bool pf_target_may_openat2(const PfTarget *target) {
        return atomic_load(&((PfTarget *) target)->may_openat2);
}

void pf_target_give_up_openat2(const PfTarget *target) {
        atomic_store(&((PfTarget *) target)->may_openat2, false);
}

static uint32_t hash_path(const char *path) {
        uint32_t hash = 2166136261u; /* FNV-1a */

        for (; *path; path++)
                hash = (hash ^ (unsigned char) *path) * 16777619u;
        return hash;
}

/* The place in the index where @path is, or would be. */
static size_t find_slot(const PfTarget *target, const char *path) {
        size_t slot = hash_path(path) & (target->index_size - 1);

        while (target->index[slot] &&
               strcmp(target->accesses[target->index[slot] - 1].path, path) != 0)
                slot = (slot + 1) & (target->index_size - 1);
        return slot;
}

static int grow(PfTarget *target) {
        size_t size = target->index_size ? target->index_size * 2 : 128;
        Access *accesses;
        uint32_t *index;

        if (target->n_accesses >= UINT32_MAX / 4)
                return -ENOMEM;
        accesses = realloc(target->accesses, size / 2 * sizeof(*accesses));
        if (!accesses)
                return -ENOMEM;
        target->accesses = accesses;
        index = calloc(size, sizeof(*index));
        if (!index)
                return -ENOMEM;

        free(target->index);
        target->index = index;
        target->index_size = size;
        for (size_t i = 0; i < target->n_accesses; i++)
                index[find_slot(target, accesses[i].path)] = (uint32_t) i + 1;
        return 0;
}

static int record_locked(PfTarget *target, const char *path, PfAccess access, int error) {
        size_t slot;
        char *copy;

        if (target->n_accesses >= target->index_size / 2) {
                int r = grow(target);

                if (r < 0)
                        return r;
        }

        slot = find_slot(target, path);
        if (!target->index[slot]) {
                copy = strdup(path);
                if (!copy)
                        return -ENOMEM;
                target->accesses[target->n_accesses++] = (Access){ .path = copy };
                target->index[slot] = (uint32_t) target->n_accesses;
        }
        target->accesses[target->index[slot] - 1].access = access;
        target->accesses[target->index[slot] - 1].error = error;
        return 0;
}

int pf_target_record(const PfTarget *target, const char *path, PfAccess access, int r) {
        PfTarget *self = (PfTarget *) target;
        int error = r < 0 ? r : 0;
        int q;

        if (r < 0)
                access = PF_ACCESS_FAILED;
        else if (r == PF_TARGET_ABSENT)
                access = PF_ACCESS_ABSENT;

        uv_mutex_lock(&self->lock);
        q = record_locked(self, path, access, error);
        uv_mutex_unlock(&self->lock);
        return q < 0 ? q : r;
}

int pf_target_each_access(const PfTarget *target, PfAccessVisit visit, void *data) {
        PfTarget *self = (PfTarget *) target;
        int r = 0;

        uv_mutex_lock(&self->lock);
        for (size_t i = 0; i < self->n_accesses && r == 0; i++) {
                PfAccessRecord record = { .path = self->accesses[i].path,
                                          .access = self->accesses[i].access,
                                          .error = self->accesses[i].error };

                r = visit(&record, data);
        }
        uv_mutex_unlock(&self->lock);
        return r;
}
