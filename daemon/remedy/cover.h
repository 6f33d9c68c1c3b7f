/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/remedy/replace.h"

/*
 * A cover: a file of root's in memory that is mounted, read-only, over one that cannot be written.
 * Who opens the path from then on reads the cover: sshd, when it is told to read its files again.
 *
 * What there is of covers is in PF_COVERS_PATH and in the table of mounts; both are gone with
 * the boot. A cover is known by the name of its file, which begins with the ID of the transaction
 * that it closes, also once the file has no name any more. Nobody else's mount is touched.
 *
 * Where the file beneath is replaced or removed among other mounts than the machine's, the kernel
 * takes the cover away with the same step (since Linux 3.18), so that nobody reads what was
 * covered: rename(2), mount_namespaces(7).
 */
#define PF_COVERS_PATH "/run/preflightd/ended"
#define PF_COVER_MAX (4u << 20) /* bytes of a file that is covered */

/**
 * pf_cover_put() - have @n bytes read in the place of a file
 * @place: of the file, found among the machine's mounts; it is there
 * @id:    of the transaction, @file: the number of the file in it
 * Owner, mode and SELinux label are those of the file: sshd reads what is root's, and nobody
 * else's to write. One that is there and holds just that is left as it is.
 * Return: 0: it is there, and was read back through @place's path; a negative errno with a text.
 */
int pf_cover_put(const PfFsOps *ops, const PfPlace *place, const char *id, size_t file,
                 const PfBuf *wanted, PfErr *err) PF_MUST_CHECK;

/* Is what lies over the path, in the mounts of the calling thread, a cover of the transaction? */
int pf_cover_is_over(const char *path, const char *id, bool *ret, PfErr *err) PF_MUST_CHECK;

/* Takes all covers of the transaction away, in the mounts of the calling thread; 0 also where there
 * is none. One that somebody mounted something over stays. */
int pf_cover_take_away(const PfFsOps *ops, const char *id, PfErr *err) PF_MUST_CHECK;

/* Notes that all files of a transaction are closed by covers, and that who reads them was told. */
int pf_covers_mark(const PfFsOps *ops, const char *id, PfErr *err) PF_MUST_CHECK;
bool pf_covers_are_marked(const char *id);

/* Are there files of covers, or a mark? */
bool pf_covers_are_known(const char *id);

/* Removes them, and the directory with the last. */
int pf_covers_forget(const PfFsOps *ops, const char *id, PfErr *err) PF_MUST_CHECK;
