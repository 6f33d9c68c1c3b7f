/* SPDX-License-Identifier: MIT */
/*
 * Answers of a captured machine, as text. Where the text lies, and when it
 * counts, is a matter of the target.
 */
#include "daemon/base/capture.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/utf8.h"

#define DEPTH_MAX 3

/* The members, in the order they are written. */
static const struct Number {
        const char *key;
        size_t offset;
        bool needed;
} numbers[] = {
        { "device", offsetof(PfSpace, device), false },
        { "freeBytes", offsetof(PfSpace, free_bytes), true },
        { "rootFreeBytes", offsetof(PfSpace, root_free_bytes), true },
        { "totalBytes", offsetof(PfSpace, total_bytes), true },
        { "freeInodes", offsetof(PfSpace, free_inodes), false },
        { "totalInodes", offsetof(PfSpace, total_inodes), false },
};

static const struct Flag {
        const char *key;
        size_t offset;
} flags[] = {
        { "readOnly", offsetof(PfSpace, read_only) },
        { "noExec", offsetof(PfSpace, no_exec) },
        { "tmpfs", offsetof(PfSpace, is_tmpfs) },
};

#define MEMBER(space, row, type) ((type *) ((char *) (space) + (row)->offset))

int pf_capture_space_from_json(const PfJson *answer, const char *path, PfSpace *ret, PfErr *err) {
        PfSpace space = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(numbers); i++) {
                const PfJson *value = pf_json_get(answer, numbers[i].key);
                int64_t number = pf_json_integer(value);

                if (!value && !numbers[i].needed)
                        continue;
                if (pf_json_type(value) != PF_JSON_INTEGER || number < 0)
                        return pf_err_set(err, -EINVAL,
                                          PF_CAPTURE_SPACE ": \"%s\" of %s: expected a number",
                                          numbers[i].key, path);
                *MEMBER(&space, &numbers[i], uint64_t) = (uint64_t) number;
        }
        for (size_t i = 0; i < PF_ELEMENTS(flags); i++) {
                const PfJson *value = pf_json_get(answer, flags[i].key);

                if (value && pf_json_type(value) != PF_JSON_BOOL)
                        return pf_err_set(err, -EINVAL,
                                          PF_CAPTURE_SPACE ": \"%s\" of %s: expected true or false",
                                          flags[i].key, path);
                *MEMBER(&space, &flags[i], bool) = value && pf_json_bool(value);
        }
        *ret = space;
        return 0;
}

int pf_capture_find_space(const char *text, size_t n, const char *path, PfSpace *ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *all = NULL;
        PfJson *answer;
        PfErr detail = { 0 };
        int r;

        r = pf_json_parse(text, n, DEPTH_MAX, &all, &detail);
        if (r < 0)
                return pf_err_set(err, r, PF_CAPTURE_SPACE ": %s", pf_err_text(&detail, r));
        if (pf_json_type(all) != PF_JSON_OBJECT)
                return pf_err_set(err, -EINVAL, PF_CAPTURE_SPACE ": expected an object");
        answer = pf_json_get(all, path);
        return answer ? pf_capture_space_from_json(answer, path, ret, err) : PF_TARGET_ABSENT;
}

PfJson *pf_capture_space_to_json(const PfSpace *space) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        int r = answer ? 0 : -ENOMEM;

        for (size_t i = 0; i < PF_ELEMENTS(numbers) && r == 0; i++)
                r = pf_json_put_uint(answer, numbers[i].key,
                                     *MEMBER(space, &numbers[i], const uint64_t));
        for (size_t i = 0; i < PF_ELEMENTS(flags) && r == 0; i++)
                r = pf_json_put_bool(answer, flags[i].key, *MEMBER(space, &flags[i], const bool));
        return r == 0 ? PF_STEAL(answer) : NULL;
}

/* --- what stat(2) says --- */

static const char *const types[] = {
        [PF_FILE_REGULAR] = "regular", [PF_FILE_DIRECTORY] = "directory",
        [PF_FILE_SYMLINK] = "symlink", [PF_FILE_FIFO] = "fifo",
        [PF_FILE_SOCKET] = "socket",   [PF_FILE_DEVICE] = "device",
};

/* Inodes of some file systems use all 64 bits, more than numbers here have. */
static int put_hex(PfJson *object, const char *key, uint64_t value) {
        char text[32];

        (void) snprintf(text, sizeof(text), "%llx", (unsigned long long) value);
        return pf_json_put_string(object, key, text);
}

static uint64_t get_hex(const PfJson *object, const char *key) {
        const char *text = pf_json_get_string(object, key);

        return text ? strtoull(text, NULL, 16) : 0;
}

PfJson *pf_capture_info_to_json(const PfFileInfo *info) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        int64_t modified = info->modified_usec > 0 ? info->modified_usec : 0;

        if (!answer || pf_json_put_string(answer, "type", types[info->type]) < 0 ||
            pf_json_put_uint(answer, "mode", info->mode) < 0 ||
            pf_json_put_uint(answer, "uid", info->uid) < 0 ||
            pf_json_put_uint(answer, "gid", info->gid) < 0 ||
            pf_json_put_uint(answer, "size", info->size_bytes) < 0 ||
            put_hex(answer, "device", info->device) < 0 ||
            put_hex(answer, "inode", info->inode) < 0 ||
            pf_json_put_uint(answer, "modifiedUSec", (uint64_t) modified) < 0)
                return NULL;
        return PF_STEAL(answer);
}

int pf_capture_info_from_json(const PfJson *answer, const char *path, PfFileInfo *ret, PfErr *err) {
        const char *type = pf_json_get_string(answer, "type");
        size_t i = 0;

        while (i < PF_ELEMENTS(types) && type && strcmp(types[i], type) != 0)
                i++;
        if (!type || i == PF_ELEMENTS(types) ||
            pf_json_type(pf_json_get(answer, "mode")) != PF_JSON_INTEGER)
                return pf_err_set(err, -EINVAL, "%s: its captured answer is not understood", path);
        *ret = (PfFileInfo){
                .type = (PfFileType) i,
                .mode = (uint32_t) pf_json_integer(pf_json_get(answer, "mode")) & 07777,
                .uid = (uint32_t) pf_json_integer(pf_json_get(answer, "uid")),
                .gid = (uint32_t) pf_json_integer(pf_json_get(answer, "gid")),
                .size_bytes = (uint64_t) pf_json_integer(pf_json_get(answer, "size")),
                .device = get_hex(answer, "device"),
                .inode = get_hex(answer, "inode"),
                .modified_usec = pf_json_integer(pf_json_get(answer, "modifiedUSec")),
        };
        return 0;
}

/* --- names --- */

char *pf_capture_escape(const char *path) {
        size_t n = strlen(path);
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(3 * n + 1);
        bool is_text = pf_utf8_is_valid(path, n);
        int r = 0;

        for (; *path && r == 0; path++) {
                unsigned char c = (unsigned char) *path;

                r = c == '%' || (!is_text && c >= 0x80) ? pf_buf_printf(&buf, "%%%02X", c)
                                                        : pf_buf_add(&buf, path, 1);
        }
        return r == 0 ? pf_buf_steal(&buf) : NULL;
}

static int hex_digit(char c) {
        static const char digits[] = "0123456789ABCDEF";
        const char *at = c ? strchr(digits, c) : NULL;

        return at ? (int) (at - digits) : -1;
}

char *pf_capture_unescape(const char *text) {
        char *path = strdup(text), *to = path;

        if (!path)
                return NULL;
        for (const char *from = path; *from; from++) {
                int high = *from == '%' ? hex_digit(from[1]) : -1;
                int low = high >= 0 ? hex_digit(from[2]) : -1;

                if (low >= 0 && high + low > 0) {
                        *to++ = (char) (high << 4 | low);
                        from += 2;
                } else {
                        *to++ = *from;
                }
        }
        *to = '\0';
        return path;
}

PfJson *pf_capture_strv_to_json(const char *key, const PfStrv *strv) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *list = pf_json_new_array();

        for (size_t i = 0; list && i < strv->n; i++) {
                PF_AUTO_FREE char *text = pf_capture_escape(strv->items[i]);

                if (!text || pf_json_append_string(list, text) < 0)
                        return NULL;
        }
        if (!answer || !list || pf_json_put_take(answer, key, PF_STEAL(list)) < 0)
                return NULL;
        return PF_STEAL(answer);
}

int pf_capture_strv_from_json(const PfJson *answer, const char *key, const char *path, PfStrv *ret,
                              PfErr *err) {
        PF_AUTO_STRV PfStrv strv = { 0 };
        const PfJson *list = pf_json_get(answer, key);

        if (pf_json_type(list) != PF_JSON_ARRAY)
                return pf_err_set(err, -EINVAL, "%s: its captured answer is not understood", path);
        for (size_t i = 0; i < pf_json_length(list); i++) {
                const char *item = pf_json_string(pf_json_at(list, i));
                PF_AUTO_FREE char *text = item ? pf_capture_unescape(item) : NULL;

                if (!item)
                        return pf_err_set(err, -EINVAL, "%s: its captured answer is not understood",
                                          path);
                if (!text || pf_strv_add(&strv, text) < 0)
                        return -ENOMEM;
        }
        return pf_strv_copy(&strv, ret);
}
