/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/cleanup.h"

/*
 * A new directory that is filled with files. What is made in it is for its owner alone, and
 * no link beneath it is ever followed. Functions return 0 or a negative errno. Names are of one
 * file, and not ".." or ".".
 */
typedef struct PfDirectory PfDirectory;

/**
 * pf_directory_make_beside() - a directory that nobody else has, to be renamed once it is filled
 * @path:     what it will be called; its name has six more letters until then
 * @ret_path: receives what it is called now, which the caller frees
 * Rule:      mkdtemp(3).
 */
int pf_directory_make_beside(const char *path, char **ret_path) PF_MUST_CHECK;

/* Replaces at most an empty directory. */
int pf_directory_rename(const char *from, const char *to) PF_MUST_CHECK;

/* Is there nothing, or an empty directory? -ENOTDIR, -ENOTEMPTY: no. */
int pf_directory_check_free(const char *path) PF_MUST_CHECK;

int pf_directory_open(const char *path, PfDirectory **ret) PF_MUST_CHECK;
PfDirectory *pf_directory_close(PfDirectory *directory);
PF_DEFINE_CLEANUP(PfDirectory, pf_directory_close);

/* The same once more. */
int pf_directory_again(const PfDirectory *directory, PfDirectory **ret) PF_MUST_CHECK;

/* The directory @name in it, made where it is missing; -ELOOP, -ENOTDIR of something else. */
int pf_directory_enter(const PfDirectory *directory, const char *name,
                       PfDirectory **ret) PF_MUST_CHECK;

/* A file of its own, written anew. */
int pf_directory_write(const PfDirectory *directory, const char *name, const void *bytes,
                       size_t n) PF_MUST_CHECK;

/* -EEXIST of something that is there; -ENOTSUP where no links are made. */
int pf_directory_link(const PfDirectory *directory, const char *name,
                      const char *text) PF_MUST_CHECK;

typedef struct PfDirectoryEntry {
        bool is_file;
        bool is_link;
        uint64_t size_bytes;
} PfDirectoryEntry;

int pf_directory_look(const PfDirectory *directory, const char *name,
                      PfDirectoryEntry *ret) PF_MUST_CHECK;

/* Replaces a file. */
int pf_directory_move(const PfDirectory *from, const char *name, const PfDirectory *to,
                      const char *new_name) PF_MUST_CHECK;

int pf_directory_remove(const PfDirectory *directory, const char *name,
                        bool is_directory) PF_MUST_CHECK;
