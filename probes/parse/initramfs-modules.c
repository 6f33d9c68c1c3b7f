/* SPDX-License-Identifier: MIT */
/*
 * What an initramfs says to the only question that is asked of it: which modules does
 * it hold? The answer is some KiB, of an archive of many MiB.
 */
#include "probes/parse/initramfs-modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/json.h"
#include "daemon/base/overlay.h"
#include "daemon/base/target-file.h"
#include "probes/parse/initramfs.h"
#include "probes/parse/boot-entry.h"
#include "probes/parse/uki.h"

#define BOOK "initramfs"
#define ANSWER_MAX (1u << 20)
#define VERSION_MAX 128

/* The headers of a unified kernel image. */
#define HEAD_SIZE (16u << 10)

static bool is_compression(const char *ending) {
        static const char *const known[] = { "", ".xz", ".zst", ".gz" };

        for (size_t i = 0; i < PF_ELEMENTS(known); i++)
                if (strcmp(ending, known[i]) == 0)
                        return true;
        return false;
}

bool pf_module_name(const char *path, char ret[static PF_MODULE_NAME_MAX]) {
        const char *base = strrchr(path, '/'), *end;
        size_t n;

        base = base ? base + 1 : path;
        end = strstr(base, ".ko");
        n = end ? (size_t) (end - base) : 0;
        if (n == 0 || n >= PF_MODULE_NAME_MAX || !is_compression(end + strlen(".ko")))
                return false;
        for (size_t i = 0; i < n; i++)
                ret[i] = base[i] == '-' ? '_' : base[i];
        ret[n] = '\0';
        return true;
}

/* --- from the bytes of an image --- */

/* A file whose beginning was read already, of which @left bytes are to be read. */
typedef struct Source {
        PfTargetFile *file;
        uint64_t left;
        size_t at, n; /* unread bytes of head */
        char head[HEAD_SIZE];
} Source;

static int read_source(void *data, void *bytes, size_t n, size_t *ret_n, PfErr *err) {
        Source *source = data;
        size_t of_head, of_file = 0;
        int r = 0;

        if (n > source->left)
                n = (size_t) source->left;
        of_head = source->n - source->at < n ? source->n - source->at : n;
        memcpy(bytes, source->head + source->at, of_head);
        source->at += of_head;
        if (of_head < n)
                r = pf_target_file_read(source->file, (char *) bytes + of_head, n - of_head,
                                        &of_file, err);
        *ret_n = of_head + of_file;
        source->left -= *ret_n;
        return r;
}

static int skip_source(void *data, uint64_t n, uint64_t *ret_n, PfErr *err) {
        Source *source = data;
        uint64_t of_head, of_file = 0;
        int r = 0;

        if (n > source->left)
                n = source->left;
        of_head = source->n - source->at < n ? source->n - source->at : n;
        source->at += (size_t) of_head;
        if (of_head < n)
                r = pf_target_file_skip(source->file, n - of_head, &of_file, err);
        *ret_n = of_head + of_file;
        source->left -= *ret_n;
        return r;
}

/* Leaves of a unified kernel image its initramfs; of any other, all. */
static int find_image(Source *source, PfErr *err) {
        uint64_t offset, size_bytes, skipped;
        int r;

        r = pf_target_file_read(source->file, source->head, HEAD_SIZE, &source->n, err);
        source->left = UINT64_MAX;
        if (r < 0 || source->n < 2 || memcmp(source->head, "MZ", 2) != 0)
                return r;
        r = pf_uki_find_initrd(source->head, source->n, &offset, &size_bytes, err);
        if (r == 0)
                r = skip_source(source, offset, &skipped, err);
        source->left = r == 0 ? size_bytes : 0;
        return r;
}

typedef struct Listing {
        PfBuf *text;
        char version[VERSION_MAX]; /* of the line ":…" that was written last */
} Listing;

/* Such a name can be asked for, and cannot be mistaken for a line of another kind. */
static bool is_plain(const char *name) {
        return *name != ':' && *name != '!' &&
               strspn(name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            ".,:!+~_-@") == strlen(name);
}

/* What stands behind "lib/modules/"; "" for a file elsewhere. */
static void version_of(const char *path, char ret[static VERSION_MAX]) {
        const char *at = strstr(path, "lib/modules/"), *slash;

        ret[0] = '\0';
        if (!at || (at > path && at[-1] != '/'))
                return;
        at += strlen("lib/modules/");
        slash = strchr(at, '/');
        if (slash && slash - at < VERSION_MAX)
                (void) snprintf(ret, VERSION_MAX, "%.*s", (int) (slash - at), at);
        if (!is_plain(ret))
                ret[0] = '\0';
}

static int list_entry(const PfCpioEntry *entry, void *data) {
        Listing *listing = data;
        char name[PF_MODULE_NAME_MAX], version[VERSION_MAX];
        int r = 0;

        if (!pf_module_name(entry->name, name) || !is_plain(name))
                return 0;
        version_of(entry->name, version);
        if (strcmp(version, listing->version) != 0)
                r = pf_buf_printf(listing->text, ":%s\n", version);
        (void) snprintf(listing->version, sizeof(listing->version), "%s", version);
        return r < 0 ? r : pf_buf_printf(listing->text, "%s\n", name);
}

/* What stays true as long as the file is the same is part of the answer. */
static bool is_about_file(int r) {
        return r == -EINVAL || r == -EFBIG || r == -ENOTSUP;
}

static int list_modules(PfTargetFile *file, void *path, PfBuf *ret, PfErr *err) {
        PF_AUTO_FREE Source *source = calloc(1, sizeof(*source));
        const PfInitramfsInput input = { read_source, skip_source, source };
        Listing listing = { .text = ret };
        PfErr cause = { 0 };
        int r;

        if (!source)
                return -ENOMEM;
        source->file = file;
        r = find_image(source, &cause);
        if (r == PF_UKI_NONE)
                return 0;
        if (r == 0)
                r = pf_initramfs_read(&input, list_entry, &listing, &cause);
        if (is_about_file(r))
                return pf_buf_printf(ret, "!%d %s\n", -r, pf_err_text(&cause, r));
        if (r == -ENOBUFS)
                return pf_err_set(err, -EFBIG, "%s: the names of its modules are too long",
                                  (const char *) path);
        return r == 0 ? 0 : pf_err_set(err, r, "%s", pf_err_text(&cause, r));
}

/* --- from its answer --- */

typedef struct Reading {
        const char *path;
        PfModuleVisit visit;
        void *data;
        PfErr *err;
        char version[VERSION_MAX];
} Reading;

static int take_line(char *line, unsigned number PF_UNUSED, void *data) {
        Reading *reading = data;
        char *text;
        long code;

        if (*line == ':') {
                (void) snprintf(reading->version, VERSION_MAX, "%s", line + 1);
                return 0;
        }
        if (*line != '!')
                return reading->visit(reading->version, line, reading->data);
        code = strtol(line + 1, &text, 10);
        if (!is_about_file((int) -code) || *text != ' ')
                return pf_err_set(reading->err, -EINVAL, "%s: its answer is not understood",
                                  reading->path);
        return pf_err_set(reading->err, (int) -code, "%s: %s", reading->path, text + 1);
}

/* A capture of before held every name: { "names": [ "100644 4711 etc/fstab", … ] }, with
 * "error" and "text" where the image was wrong. Return: 0, or PF_TARGET_ABSENT. */
static int recall_names(const PfTarget *target, const char *path, PfBuf *ret) {
        Listing listing = { .text = ret };
        const PfJson *answer = NULL, *names = NULL;
        const char *text;
        int64_t error;
        int r = 0;

        if (!pf_overlay_holds(target, path) &&
            pf_target_recall(target, BOOK, path, &answer, NULL) == 0)
                names = pf_json_get(answer, "names");
        if (pf_json_type(names) != PF_JSON_ARRAY)
                return PF_TARGET_ABSENT;
        for (size_t i = 0; i < pf_json_length(names) && r == 0; i++) {
                const char *name = pf_json_string(pf_json_at(names, i));
                const char *blank = name ? strchr(name, ' ') : NULL;

                blank = blank ? strchr(blank + 1, ' ') : NULL;
                if (blank)
                        r = list_entry(&(PfCpioEntry){ .name = blank + 1 }, &listing);
        }
        error = pf_json_integer(pf_json_get(answer, "error"));
        text = pf_json_get_string(answer, "text");
        if (r == 0 && error > 0)
                r = pf_buf_printf(ret, "!%lld %s\n", (long long) error, text ? text : "failed");
        return r;
}

int pf_initramfs_modules(const PfTarget *target, const char *path, PfModuleVisit visit, void *data,
                         PfErr *err) {
        PF_AUTO_BUF PfBuf answer = PF_BUF_INIT(ANSWER_MAX);
        Reading reading = { .path = path, .visit = visit, .data = data, .err = err };
        int r = recall_names(target, path, &answer);

        if (r == PF_TARGET_ABSENT)
                r = pf_target_derive(target, BOOK, path, list_modules, (void *) path, &answer, err);

        return r != 0 || !answer.data
                       ? r
                       : pf_boot_each_line(answer.data, answer.n, take_line, &reading);
}
