/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

typedef struct PfFsOps PfFsOps; /* daemon/platform/fsops.h; Windows has other calls */
extern const PfFsOps pf_fs_ops; /* the system's own */

/*
 * Replaces one file so that at every moment, and after every loss of power, it is the
 * old or the new one: a new file beside it, written and synced, with the old one's owner,
 * mode, ACL, extended attributes and label; rename; sync of the directory. What a boot loader
 * reads on ext4 is made in lost+found and moved from there (replace-loader.c).
 *
 * Everything happens beneath the root of the machine, also where a local user renames
 * directories or plants links meanwhile: paths are resolved once, to descriptors of
 * directories, and only those are used from then on. A directory on the way that others
 * than root may write to makes it refuse, unless it is sticky and what is in it root's.
 */
typedef struct PfRoot PfRoot; /* of a machine: "/" or an image */

int pf_root_open(const char *path, const PfFsOps *ops, PfRoot **ret, PfErr *err) PF_MUST_CHECK;
PfRoot *pf_root_free(PfRoot *root);
PF_DEFINE_CLEANUP(PfRoot, pf_root_free);
bool pf_root_is_running(const PfRoot *root); /* the machine that this runs on */

/* Where a file really is, through the links of its path, which stay beneath the root. */
typedef struct PfPlace PfPlace;

/**
 * pf_place_find() - resolve a path; the file may be missing, its directory may not
 * Return: 0; -ENOENT, -ELOOP, -EISDIR, -EINVAL (no regular file), -EPERM (a directory on the
 *         way that others may write to) … with a text.
 */
int pf_place_find(const PfRoot *root, const char *path, PfPlace **ret, PfErr *err) PF_MUST_CHECK;
PfPlace *pf_place_free(PfPlace *place);
PF_DEFINE_CLEANUP(PfPlace, pf_place_free);

const char *pf_place_path(const PfPlace *place); /* resolved, as the machine names it */
bool pf_place_is_absent(const PfPlace *place);

/**
 * pf_place_check() - could it be replaced by @n bytes? Changes nothing.
 * Return: 0; with a text that says what to do: -EROFS; -ENOSPC; -EPERM: immutable or
 *         append-only (chattr(1)); -EDQUOT; and no -EMLINK: a file with several names is told
 *         apart by pf_place_links().
 */
int pf_place_check(const PfPlace *place, size_t n, PfErr *err) PF_MUST_CHECK;
unsigned pf_place_links(const PfPlace *place); /* names the file has; 0: it is absent */

/* Bytes of a file that is changed. In an image somebody's sparse file may be 8 EiB of nothing,
 * which nobody waits for; what a remedy changes is never as large as this. */
#define PF_PLACE_MAX (1ull << 30)

/* The contents as they are; -EFBIG beyond buf's maximum. And their SHA-256, "" where there is no
 * file; -EFBIG beyond PF_PLACE_MAX. */
int pf_place_read(const PfPlace *place, PfBuf *buf, PfErr *err) PF_MUST_CHECK;
int pf_place_digest(const PfPlace *place, char ret[static 65], PfErr *err) PF_MUST_CHECK;

/**
 * pf_place_keep() - a copy of the file with all its attributes, synced, as @name in @directory
 * For the journal: pf_place_stage_kept() makes that very file again, with the times it had.
 * Nothing is written where the file is absent.
 */
int pf_place_keep(const PfPlace *place, int directory, const char *name, PfErr *err) PF_MUST_CHECK;

/* What the name of a new file begins with: no wildcard finds it, no tool takes it for one of
 * its own. -EINVAL for any other. It has no ".conf" at its end, say, or any other suffix. */
#define PF_STAGED_PREFIX ".preflightd-"

/**
 * pf_place_stage() - a new file beside it (or in lost+found), with its attributes, synced
 * @name: of the new file, unique, chosen by the caller, who has it in the journal already:
 *        after a kill pf_place_discard() removes it
 * @bytes: @n; or from @fd, from its beginning, where @bytes is NULL
 * A file that was absent becomes root's with mode 0644 and, where SELinux did not give it a
 * label, that of its directory. On error there is none; -EFBIG beyond PF_PLACE_MAX.
 */
int pf_place_stage(const PfPlace *place, const char *name, const void *bytes, size_t n, int fd,
                   PfErr *err) PF_MUST_CHECK;
int pf_place_stage_kept(const PfPlace *place, const char *name, int directory, const char *kept,
                        PfErr *err) PF_MUST_CHECK;

/**
 * pf_place_commit() - rename what was staged over the file; sync the directory
 * On /boot and the EFI system partition also so that a loader finds it that replays no
 * journal (durable.h): what was staged is in its place already, and the new name is brought there;
 * the old file keeps its blocks until @place is freed, so free it only then.
 * Return: 0; -ENODATA: what is there is not any more what pf_place_find() saw.
 */
int pf_place_commit(const PfPlace *place, const char *name, PfErr *err) PF_MUST_CHECK;

/* Remove the file, and sync. Return: as pf_place_commit(); 0 where it is absent. */
int pf_place_remove(const PfPlace *place, PfErr *err) PF_MUST_CHECK;

/* SHA-256 of what was staged. Return: 0; -ENOENT: nothing is; -EINVAL: no file; -EFBIG; … */
int pf_place_staged_digest(const PfPlace *place, const char *name, char ret[static 65],
                           PfErr *err) PF_MUST_CHECK;

/* Remove what was staged, if it is there, wherever that was. */
int pf_place_discard(const PfPlace *place, const char *name, PfErr *err) PF_MUST_CHECK;
