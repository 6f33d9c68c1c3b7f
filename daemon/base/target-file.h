/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"

/*
 * A regular file that is read piece by piece, where all of it would be too much:
 * the archive a machine boots from. It does not need the target any more.
 */
typedef struct PfTargetFile PfTargetFile;

/* Return: as pf_target_read(), without a limit of size. */
int pf_target_open(const PfTarget *target, const char *path, PfTargetFile **ret,
                   PfErr *err) PF_MUST_CHECK;
PfTargetFile *pf_target_file_close(PfTargetFile *file);
PF_DEFINE_CLEANUP(PfTargetFile, pf_target_file_close);

/* The next @n bytes; *@ret_n is less only at the end. Return: 0, -EIO … with a text. */
int pf_target_file_read(PfTargetFile *file, void *bytes, size_t n, size_t *ret_n,
                        PfErr *err) PF_MUST_CHECK;

/* Passes over @n bytes without reading them, or over what is left. Return: as above. */
int pf_target_file_skip(PfTargetFile *file, uint64_t n, uint64_t *ret_n, PfErr *err) PF_MUST_CHECK;
