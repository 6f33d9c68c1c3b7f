/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Files of a server configuration in one text, for tests and the fuzzer: what
 * stands before the first line "--- /path" is the main file, and each such line
 * begins another one. A first line "# OpenSSH_9.2p1 Debian" names the version.
 * Lines of a path that is no path, or that stands there twice, are the first's.
 */

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/strv.h"
#include "probes/parse/sshd-config.h"

#define PF_VIRTUAL_FILES_MAX 64

typedef struct PfVirtualFile {
        char path[256];
        const char *bytes;
        size_t n;
} PfVirtualFile;

typedef struct PfVirtualFiles {
        PfVirtualFile files[PF_VIRTUAL_FILES_MAX]; /* sorted by path */
        size_t n;
} PfVirtualFiles;

static inline void pf_virtual_files_insert(PfVirtualFiles *files, const PfVirtualFile *file) {
        size_t i = files->n;

        if (files->n == PF_VIRTUAL_FILES_MAX)
                return;
        for (size_t j = 0; j < files->n; j++)
                if (strcmp(files->files[j].path, file->path) == 0)
                        return;
        for (; i > 0 && strcmp(files->files[i - 1].path, file->path) > 0; i--)
                files->files[i] = files->files[i - 1];
        files->files[i] = *file;
        files->n++;
}

/* A line "--- /path" at @line; its path is noted in @file. */
static inline bool pf_virtual_file_begins(const char *line, const char *end, PfVirtualFile *file) {
        const char *newline = memchr(line, '\n', (size_t) (end - line));
        size_t n = (size_t) ((newline ? newline : end) - line);

        if (n < 5 || n - 4 >= sizeof(file->path) || memcmp(line, "--- /", 5) != 0 ||
            memchr(line, '\0', n))
                return false;
        *file = (PfVirtualFile){ .bytes = newline ? newline + 1 : end };
        memcpy(file->path, line + 4, n - 4);
        return true;
}

static inline void pf_virtual_files_init(PfVirtualFiles *files, const char *bytes, size_t n) {
        PfVirtualFile file = { .path = PF_SSHD_CONFIG_PATH, .bytes = bytes };
        const char *end = bytes + n;
        const char *line = bytes;

        files->n = 0;
        while (line && line < end) {
                const char *newline = memchr(line, '\n', (size_t) (end - line));
                PfVirtualFile next;

                if (pf_virtual_file_begins(line, end, &next)) {
                        file.n = (size_t) (line - file.bytes);
                        pf_virtual_files_insert(files, &file);
                        file = next;
                }
                line = newline ? newline + 1 : NULL;
        }
        file.n = (size_t) (end - file.bytes);
        pf_virtual_files_insert(files, &file);
}

static inline int pf_virtual_files_read(void *data, const char *path, size_t max, PfBuf *buf,
                                        PfErr *err) {
        const PfVirtualFiles *files = data;

        (void) err;
        for (size_t i = 0; i < files->n; i++)
                if (strcmp(files->files[i].path, path) == 0)
                        return files->files[i].n > max
                                       ? -EFBIG
                                       : pf_buf_add(buf, files->files[i].bytes, files->files[i].n);
        return PF_SSHD_CONFIG_ABSENT;
}

static inline int pf_virtual_files_glob(void *data, const char *pattern, PfStrv *ret, PfErr *err) {
        const PfVirtualFiles *files = data;
        int r = 0;

        (void) err;
        for (size_t i = 0; i < files->n && r == 0; i++)
                if (fnmatch(pattern, files->files[i].path, FNM_PATHNAME | FNM_PERIOD) == 0)
                        r = pf_strv_add(ret, files->files[i].path);
        return r;
}

/* The version in the first line, or that of Debian 12. */
static inline PfSshdVersion pf_virtual_version(const char *bytes, size_t n) {
        PfSshdVersion version;
        char text[64];
        size_t length = 0;

        while (length < n && length + 1 < sizeof(text) && bytes[length] >= ' ')
                length++;
        memcpy(text, bytes, length);
        text[length] = '\0';
        if (strncmp(text, "# OpenSSH_", 10) != 0 ||
            pf_sshd_version_parse(text + 2,
                                  strstr(text, "Debian")    ? PF_SSHD_DEBIAN
                                  : strstr(text, "Red Hat") ? PF_SSHD_REDHAT
                                                            : PF_SSHD_UPSTREAM,
                                  &version) < 0)
                version = pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);
        return version;
}

/* As pf_sshd_config_load_files(), from the text. */
static inline int pf_virtual_load(const char *bytes, size_t n, PfSshdConfig **ret, PfErr *err) {
        PfSshdVersion version = pf_virtual_version(bytes, n);
        PfVirtualFiles files;
        const PfSshdFiles functions = { .read = pf_virtual_files_read,
                                        .glob = pf_virtual_files_glob,
                                        .data = &files };

        pf_virtual_files_init(&files, bytes, n);
        return pf_sshd_config_load_files(&functions, PF_SSHD_CONFIG_PATH, &version, ret, err);
}
