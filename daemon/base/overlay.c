/* SPDX-License-Identifier: MIT */
/*
 * What an overlay holds, and how it is put there. Where a path leads is the matter of
 * the system's half; what becomes of the answers of a target, of overlay-look.c.
 */
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include "daemon/base/capture.h"
#include "daemon/base/uv-errno.h"

struct PfOverlay {
        PfHeld *held;
        size_t n_held;
        PfJson *answers; /* by book, then by question */
};

/* --- contents --- */

struct PfBlob {
        atomic_uint references;
        int fd; /* -1: in memory */
        uint64_t size_bytes;
        char bytes[];
};

PfBlob *pf_blob_ref(PfBlob *blob) {
        atomic_fetch_add(&blob->references, 1);
        return blob;
}

PfBlob *pf_blob_unref(PfBlob *blob) {
        if (blob && atomic_fetch_sub(&blob->references, 1) == 1) {
                (void) pf_close(blob->fd);
                free(blob);
        }
        return NULL;
}

uint64_t pf_blob_size(const PfBlob *blob) {
        return blob->size_bytes;
}

static PfBlob *blob_new(const void *bytes, size_t n) {
        PfBlob *blob = n < SIZE_MAX - sizeof(*blob) ? malloc(sizeof(*blob) + n) : NULL;

        if (!blob)
                return NULL;
        *blob = (PfBlob){ .fd = -1, .size_bytes = n };
        atomic_init(&blob->references, 1);
        if (n > 0)
                memcpy(blob->bytes, bytes, n);
        return blob;
}

static int blob_new_fd(int fd, PfBlob **ret) {
        PF_CLEANUP(pf_blob_unrefp) PfBlob *blob = blob_new(NULL, 0);
        uv_fs_t req;
        int r;

        if (!blob)
                return -ENOMEM;
        blob->fd = dup(fd);
        if (blob->fd < 0)
                return -errno;
        r = pf_errno_from_uv(uv_fs_fstat(NULL, &req, blob->fd, NULL));
        blob->size_bytes = req.statbuf.st_size;
        uv_fs_req_cleanup(&req);
        if (r == 0)
                *ret = PF_STEAL(blob);
        return r;
}

static int read_at(int fd, uint64_t at, void *bytes, size_t n, size_t *ret_n) {
        const uv_buf_t room = { .base = bytes, .len = n };
        uv_fs_t req;
        int r;

        r = pf_errno_from_uv(uv_fs_read(NULL, &req, fd, &room, 1, (int64_t) at, NULL));
        uv_fs_req_cleanup(&req);
        *ret_n = r < 0 ? 0 : (size_t) r;
        return r < 0 ? r : 0;
}

int pf_blob_read(const PfBlob *blob, uint64_t at, void *bytes, size_t n, size_t *ret_n) {
        size_t have = 0, got = 1;
        int r = 0;

        at = at < blob->size_bytes ? at : blob->size_bytes;
        n = n < blob->size_bytes - at ? n : (size_t) (blob->size_bytes - at);
        if (blob->fd < 0) {
                if (n > 0)
                        memcpy(bytes, blob->bytes + at, n);
                *ret_n = n;
                return 0;
        }
        for (; have < n && got > 0 && r == 0; have += got)
                r = read_at(blob->fd, at + have, (char *) bytes + have, n - have, &got);
        *ret_n = have;
        return r == 0 && have < n ? -EIO : r;
}

/* --- what is held --- */

static void held_deinit(PfHeld *held) {
        free(held->path);
        free(held->name);
        (void) pf_blob_unref(held->blob);
        *held = (PfHeld){ 0 };
}

PfOverlay *pf_overlay_free(PfOverlay *overlay) {
        if (!overlay)
                return NULL;
        for (size_t i = 0; i < overlay->n_held; i++)
                held_deinit(&overlay->held[i]);
        free(overlay->held);
        (void) pf_json_free(overlay->answers);
        free(overlay);
        return NULL;
}

/* Takes over what @held points to, also on error. */
static int add_take(PfOverlay *overlay, PfHeld *held_take) {
        PfHeld *held = realloc(overlay->held, (overlay->n_held + 1) * sizeof(*held));

        if (!held) {
                held_deinit(held_take);
                return -ENOMEM;
        }
        overlay->held = held;
        held[overlay->n_held++] = *held_take;
        *held_take = (PfHeld){ 0 };
        return 0;
}

static int add_copy(PfOverlay *overlay, const PfHeld *from) {
        PfHeld held = *from;

        held.path = strdup(from->path);
        held.name = from->name ? strdup(from->name) : NULL;
        held.blob = from->blob ? pf_blob_ref(from->blob) : NULL;
        if (!held.path || (from->name && !held.name)) {
                held_deinit(&held);
                return -ENOMEM;
        }
        return add_take(overlay, &held);
}

static int copy_all(const PfOverlay *from, PfOverlay *to) {
        int r = 0;

        to->answers = from ? pf_json_copy(from->answers) : pf_json_new_object();
        if (!to->answers)
                return -ENOMEM;
        for (size_t i = 0; from && i < from->n_held && r == 0; i++)
                r = add_copy(to, &from->held[i]);
        return r;
}

int pf_overlay_new(PfTarget *under, PfTarget **ret, PfErr *err) {
        PF_CLEANUP(pf_overlay_freep) PfOverlay *overlay = calloc(1, sizeof(*overlay));
        int r;

        (void) err;
        if (!overlay)
                return -ENOMEM;
        r = copy_all(pf_target_overlay(under), overlay);
        return r == 0 ? pf_target_new_over(under, PF_STEAL(overlay), ret) : r;
}

/* --- looking it up --- */

/* Is it what the path led to? Names are decided before what they are the names of. */
static bool is_at(const PfHeld *held, const PfWhere *where, bool is_there, bool by_name) {
        if (held->inode == 0 || !held->name == by_name)
                return false;
        if (!by_name)
                return is_there && held->device == where->info.device &&
                       held->inode == where->info.inode;
        return held->device == where->directory_device && held->inode == where->directory_inode &&
               strcmp(held->name, where->name) == 0;
}

static PfHeld *find_at(const PfOverlay *overlay, const PfWhere *where, bool is_there) {
        for (int by_name = 1; by_name >= 0; by_name--)
                for (size_t i = 0; i < overlay->n_held; i++)
                        if (is_at(&overlay->held[i], where, is_there, by_name))
                                return &overlay->held[i];
        return NULL;
}

static bool is_of_proc(const char *path) {
        return strncmp(path, "/proc/", 6) == 0;
}

static PfHeld *find_path(const PfOverlay *overlay, const char *path) {
        for (size_t i = 0; i < overlay->n_held; i++)
                if (strcmp(overlay->held[i].path, path) == 0)
                        return &overlay->held[i];
        return NULL;
}

static PfHeld *find_held(const PfTarget *target, const char *path, bool follow, int *ret_r,
                         PfWhere *where) {
        const PfOverlay *overlay = pf_target_overlay(target);
        PfHeld *held = NULL;

        *ret_r = pf_target_locate(target, path, follow, where);
        if (*ret_r == 0 || (*ret_r == PF_TARGET_ABSENT && where->name[0]))
                held = find_at(overlay, where, *ret_r == 0);
        if (!held && (pf_target_is_captured(target) || is_of_proc(path)))
                held = find_path(overlay, path);
        return held;
}

int pf_overlay_find(const PfTarget *target, const char *path, bool follow, const PfHeld **ret) {
        PfWhere where = { 0 };
        const PfHeld *held;
        int r;

        if (!pf_target_overlay(target))
                return PF_TARGET_LOOK;
        held = find_held(target, path, follow, &r, &where);
        if (!held)
                return PF_TARGET_LOOK;
        *ret = held;
        return held->blob ? 0 : PF_TARGET_ABSENT;
}

bool pf_overlay_holds(const PfTarget *target, const char *path) {
        const PfHeld *held;

        return pf_overlay_find(target, path, true, &held) != PF_TARGET_LOOK;
}

bool pf_overlay_decides(const PfTarget *target, uint64_t device, uint64_t inode, const char *name) {
        const PfOverlay *overlay = pf_target_overlay(target);

        for (size_t i = 0; overlay && i < overlay->n_held; i++) {
                const PfHeld *held = &overlay->held[i];

                if (held->name && held->device == device && held->inode == inode &&
                    strcmp(held->name, name) == 0)
                        return true;
        }
        return false;
}

const char *pf_overlay_next_name(const PfTarget *target, uint64_t device, uint64_t inode,
                                 size_t *i) {
        const PfOverlay *overlay = pf_target_overlay(target);

        while (overlay && *i < overlay->n_held) {
                const PfHeld *held = &overlay->held[(*i)++];

                if (held->name && held->blob && held->device == device && held->inode == inode)
                        return held->name;
        }
        return NULL;
}

const PfHeld *pf_overlay_each(const PfTarget *target, size_t *i) {
        const PfOverlay *overlay = pf_target_overlay(target);

        return overlay && *i < overlay->n_held ? &overlay->held[(*i)++] : NULL;
}

/* --- putting --- */

/* Only a file of its own is replaced: what the machine says it is. */
static int check_type(PfFileType type, const char *path, PfErr *err) {
        return type == PF_FILE_REGULAR ? 0
               : type == PF_FILE_DIRECTORY
                       ? pf_err_set(err, -EISDIR, "%s: is a directory", path)
                       : pf_err_set(err, -EINVAL, "%s: is not a regular file", path);
}

/* Was it captured that the directory of a path is not there? */
static bool is_directory_absent(const PfTarget *target, const char *path) {
        PF_AUTO_FREE char *directory = strdup(path);
        char *slash = directory ? strrchr(directory, '/') : NULL;
        PfFileInfo info;

        if (!slash || slash == directory)
                return false;
        *slash = '\0';
        return pf_target_recall_info(target, "stat", directory, &info, NULL) == PF_TARGET_ABSENT;
}

/*
 * What a captured machine knows of a file: that is in its books, and the copy, which
 * may not be there, tells which paths lead to it.
 */
static int describe_captured(const PfTarget *target, const char *path, int located, PfHeld *held,
                             PfErr *err) {
        PfErr detail = { 0 };
        int r = pf_target_recall_info(target, "stat", path, &held->info, &detail);

        held->has_info = r == 0;
        if (r == 0)
                return check_type(held->info.type, path, err);
        if (r < 0 && r != -ENODATA)
                return pf_err_set(err, r, "%s", pf_err_text(&detail, r));
        held->is_new = r == PF_TARGET_ABSENT || located == PF_TARGET_ABSENT;
        if (held->is_new && is_directory_absent(target, path))
                return pf_err_set(err, -ENOENT, "%s: its directory is not there", path);
        return 0;
}

static int describe(const PfTarget *target, const char *path, int located, const PfWhere *where,
                    PfHeld *held, PfErr *err) {
        if (pf_target_is_captured(target))
                return describe_captured(target, path, located, held, err);
        if (located < 0)
                return pf_err_errno(err, located, "%s", path);
        if (located == PF_TARGET_ABSENT && !where->name[0])
                return pf_err_set(err, -ENOENT, "%s: its directory is not there", path);
        held->is_new = located == PF_TARGET_ABSENT;
        held->has_info = !held->is_new;
        held->info = where->info;
        return held->is_new ? 0 : check_type(where->info.type, path, err);
}

/* How it will be known: by what it is, or by a name. */
static int identify(PfHeld *held, const char *path, int located, const PfWhere *where,
                    bool by_name) {
        held->path = strdup(path);
        if (!held->path)
                return -ENOMEM;
        if (is_of_proc(path))
                return 0;
        if (located == 0 && !by_name) {
                held->device = where->info.device;
                held->inode = where->info.inode;
        } else if (located >= 0 && where->name[0]) {
                held->device = where->directory_device;
                held->inode = where->directory_inode;
                held->name = strdup(where->name);
                return held->name ? 0 : -ENOMEM;
        }
        return 0;
}

/* A file that root makes; the number is one that no file system gives. */
static void make_new(PfHeld *held, const PfWhere *where, size_t number) {
        held->info = (PfFileInfo){ .type = PF_FILE_REGULAR,
                                   .mode = 0644,
                                   .device = where->directory_device,
                                   .inode = UINT64_MAX - number };
        held->has_info = true;
        held->is_new = true;
        held->is_public = where->is_beneath_public;
}

static void fill_take(const PfTarget *target, PfHeld *held, PfBlob *blob_take) {
        (void) pf_blob_unref(held->blob);
        held->blob = blob_take;
        held->info.size_bytes = pf_blob_size(blob_take);
        held->info.modified_usec = (int64_t) pf_target_now_usec(target);
}

static int put_take(PfTarget *target, const char *path, PfBlob *blob_take, PfErr *err) {
        PF_CLEANUP(pf_blob_unrefp) PfBlob *blob = blob_take;
        PfOverlay *overlay = (PfOverlay *) pf_target_overlay(target);
        PF_CLEANUP(held_deinit) PfHeld added = { 0 };
        PfWhere where = { 0 };
        int located, r = 0;
        PfHeld *held;

        held = find_held(target, path, true, &located, &where);
        if (!held) {
                r = describe(target, path, located, &where, &added, err);
                if (r == 0)
                        r = identify(&added, path, located, &where, false);
        }
        if (r < 0)
                return r;
        if (held ? !held->blob : added.is_new)
                make_new(held ? held : &added, &where, overlay->n_held);
        fill_take(target, held ? held : &added, PF_STEAL(blob));
        return held ? 0 : add_take(overlay, &added);
}

int pf_overlay_put(PfTarget *overlay, const char *path, const void *bytes, size_t n, PfErr *err) {
        PfBlob *blob = blob_new(bytes, n);

        return blob ? put_take(overlay, path, blob, err) : -ENOMEM;
}

int pf_overlay_put_fd(PfTarget *overlay, const char *path, int fd, PfErr *err) {
        PfBlob *blob = NULL;
        int r = blob_new_fd(fd, &blob);

        return r < 0 ? pf_err_errno(err, r, "%s", path) : put_take(overlay, path, blob, err);
}

/* One that is known by what it is has other names, which stay. */
static bool goes_with_its_name(const PfHeld *held) {
        return held && (held->name || held->inode == 0);
}

int pf_overlay_remove(PfTarget *target, const char *path, PfErr *err) {
        PfOverlay *overlay = (PfOverlay *) pf_target_overlay(target);
        PF_CLEANUP(held_deinit) PfHeld gone = { 0 };
        PfWhere where = { 0 };
        int located, r = 0;
        PfHeld *held;

        held = find_held(target, path, true, &located, &where);
        if (!held)
                r = describe(target, path, located, &where, &gone, err);
        if (r < 0)
                return r;
        if (held ? !held->blob : gone.is_new)
                return pf_err_set(err, -ENOENT, "%s: there is no such file", path);
        if (goes_with_its_name(held)) {
                held->blob = pf_blob_unref(held->blob);
                return 0;
        }
        r = identify(&gone, path, located, &where, true);
        return r == 0 ? add_take(overlay, &gone) : r;
}

/* --- answers --- */

int pf_overlay_answer(PfTarget *target, const char *book, const char *question,
                      PfJson *answer_take) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = answer_take;
        const PfOverlay *overlay = pf_target_overlay(target);
        PF_AUTO_FREE char *key = pf_capture_escape(question);
        PfJson *answers = pf_json_get(overlay->answers, book);
        int r = key ? 0 : -ENOMEM;

        if (r == 0 && !answers) {
                answers = pf_json_new_object();
                r = pf_json_put_take(overlay->answers, book, answers);
        }
        return r == 0 ? pf_json_put_take(answers, key, PF_STEAL(answer)) : r;
}

const PfJson *pf_overlay_recall(const PfTarget *target, const char *book, const char *key) {
        const PfOverlay *overlay = pf_target_overlay(target);

        return overlay ? pf_json_get(pf_json_get(overlay->answers, book), key) : NULL;
}
