/* SPDX-License-Identifier: MIT */
/*
 * What a target answers about the files that its overlay holds, and what becomes of
 * the lists that were made without it.
 */
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

#include <string.h>

static int read_blob(const PfBlob *blob, size_t n, PfBuf *buf) {
        size_t got = 0;
        int r = pf_buf_reserve(buf, n);

        if (r < 0)
                return r;
        r = pf_blob_read(blob, 0, buf->data + buf->n, n, &got);
        if (r < 0)
                return r;
        buf->n += got;
        buf->data[buf->n] = '\0';
        return 0;
}

int pf_overlay_read(const PfTarget *target, const char *path, size_t max, bool is_head, PfBuf *buf,
                    uint64_t *ret_size, PfErr *err) {
        const PfHeld *held = NULL;
        size_t room = buf->max - buf->n;
        uint64_t size;
        int r;

        r = pf_overlay_find(target, path, true, &held);
        if (r != 0)
                return r;
        size = *ret_size = pf_blob_size(held->blob);
        if (!is_head && size > max)
                return pf_err_too_large(err, path, size, max);
        if (!is_head && size > room)
                return pf_err_too_large(err, path, size, room);
        return read_blob(held->blob, size < max ? (size_t) size : max, buf);
}

int pf_overlay_stat(const PfTarget *target, const char *path, bool follow, PfFileInfo *ret) {
        const PfHeld *held = NULL;
        int r = pf_overlay_find(target, path, follow, &held);

        if (r != 0)
                return r;
        if (!held->has_info)
                return PF_TARGET_LOOK;
        *ret = held->info;
        return 0;
}

int pf_overlay_public(const PfTarget *target, const char *path, bool *ret) {
        const PfHeld *held = NULL;
        int r = pf_overlay_find(target, path, true, &held);

        if (r == PF_TARGET_LOOK || (r == 0 && !held->is_new))
                return PF_TARGET_LOOK;
        *ret = r == 0 && held->is_public;
        return 0;
}

/* --- directories --- */

static void remove_item(PfStrv *strv, const char *text) {
        for (size_t i = 0; i < strv->n; i++) {
                if (strcmp(strv->items[i], text) != 0)
                        continue;
                free(strv->items[i]);
                strv->n--;
                memmove(&strv->items[i], &strv->items[i + 1],
                        (strv->n - i) * sizeof(strv->items[0]));
                return;
        }
}

int pf_overlay_decide(PfStrv *strv, const char *text, bool is_there) {
        if (!is_there)
                remove_item(strv, text);
        return is_there && !pf_strv_contains(strv, text) ? pf_strv_add(strv, text) : 0;
}

/* The name of a file in this directory, by the paths of both; NULL: it lies elsewhere. */
static const char *name_beneath(const char *path, const char *directory) {
        size_t n = strlen(directory);

        while (n > 0 && directory[n - 1] == '/')
                n--;
        if (strncmp(path, directory, n) != 0 || path[n] != '/')
                return NULL;
        path += n + 1;
        return *path && !strchr(path, '/') ? path : NULL;
}

const char *pf_overlay_name_in(const PfHeld *held, const char *directory, const PfWhere *where) {
        if (held->name && where->info.inode != 0)
                return held->device == where->info.device && held->inode == where->info.inode
                               ? held->name
                               : NULL;
        return held->inode == 0 ? name_beneath(held->path, directory) : NULL;
}

int pf_overlay_adjust_list(const PfTarget *target, const char *path, PfStrv *names) {
        PfWhere where = { 0 };
        const PfHeld *held;
        size_t at = 0;
        int r = 0;

        if (!pf_target_overlay(target))
                return 0;
        if (pf_target_locate(target, path, true, &where) != 0)
                where = (PfWhere){ 0 };
        while (r == 0 && (held = pf_overlay_each(target, &at))) {
                const char *name = pf_overlay_name_in(held, path, &where);

                if (name)
                        r = pf_overlay_decide(names, name, held->blob);
        }
        return r;
}
