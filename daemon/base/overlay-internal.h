/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/overlay.h"

/*
 * What an overlay holds, for the files that make up a target. A target without one
 * pays for a test of a pointer, in pf_overlay_find() and its like.
 */
typedef struct PfOverlay PfOverlay;

/* The overlay of a target, or NULL: it reads what lies there. */
const PfOverlay *pf_target_overlay(const PfTarget *target);

/* As pf_target_new(), over @under, which is no overlay. Takes over @overlay, also on error. */
int pf_target_new_over(PfTarget *under, PfOverlay *overlay_take, PfTarget **ret);
PfOverlay *pf_overlay_free(PfOverlay *overlay);
PF_DEFINE_CLEANUP(PfOverlay, pf_overlay_free);

/* --- contents --- */

/* Bytes that several overlays, and the readers of their files, share. */
typedef struct PfBlob PfBlob;
PfBlob *pf_blob_ref(PfBlob *blob);
PfBlob *pf_blob_unref(PfBlob *blob);
PF_DEFINE_CLEANUP(PfBlob, pf_blob_unref);

uint64_t pf_blob_size(const PfBlob *blob);

/* Up to @n bytes from @at on; fewer only at the end. Return: 0, -EIO … */
int pf_blob_read(const PfBlob *blob, uint64_t at, void *bytes, size_t n,
                 size_t *ret_n) PF_MUST_CHECK;

/* --- files --- */

/* Where a path leads on a machine, without its overlay. */
typedef struct PfWhere {
        PfFileInfo info;           /* of what is there */
        uint64_t directory_device; /* of the directory that holds it, or would */
        uint64_t directory_inode;
        char name[256];         /* there; "": that is not known, as of the root or after ".." */
        bool is_beneath_public; /* of the way there: see pf_target_is_public() */
} PfWhere;

/**
 * pf_target_locate() - follow a path
 * @follow: also a link at its end
 * Return: 0; PF_TARGET_ABSENT, with a name where nothing but the last of the path is
 *         missing; a negative errno. Nothing is recorded. By the system's half.
 */
int pf_target_locate(const PfTarget *target, const char *path, bool follow,
                     PfWhere *ret) PF_MUST_CHECK;

/* A file that is not what it is under the overlay. */
typedef struct PfHeld {
        char *path;      /* as it was put: what a captured machine has no copy of is known by it */
        uint64_t device; /* of the file; where there is a name, of its directory */
        uint64_t inode;  /* 0: known by its path alone */
        char *name;      /* NULL: known by what it is, whatever its name */
        PfBlob *blob;    /* NULL: it is gone */
        PfFileInfo info; /* meaningful where has_info */
        bool has_info;
        bool is_new; /* under the overlay there is no such file */
        bool is_public;
} PfHeld;

/**
 * pf_overlay_find() - what the overlay has for a path
 * @ret:   receives the file, borrowed, where 0 is returned
 * Return: 0; PF_TARGET_ABSENT: it is gone; PF_TARGET_LOOK: as under the overlay.
 */
int pf_overlay_find(const PfTarget *target, const char *path, bool follow, const PfHeld **ret);

/* As pf_target_read() and pf_target_read_head(); PF_TARGET_LOOK as above. */
int pf_overlay_read(const PfTarget *target, const char *path, size_t max, bool is_head, PfBuf *buf,
                    uint64_t *ret_size, PfErr *err) PF_MUST_CHECK;

/* As pf_target_stat() and pf_target_lstat(); PF_TARGET_LOOK as above. */
int pf_overlay_stat(const PfTarget *target, const char *path, bool follow, PfFileInfo *ret);

/* As pf_target_is_public(), of what is new or gone; PF_TARGET_LOOK as above. */
int pf_overlay_public(const PfTarget *target, const char *path, bool *ret) PF_MUST_CHECK;

/* Does the overlay know better about a name of this directory than the directory? */
bool pf_overlay_decides(const PfTarget *target, uint64_t device, uint64_t inode, const char *name);

/* The next name it adds to a directory; *@i is 0 at first. NULL: no more. */
const char *pf_overlay_next_name(const PfTarget *target, uint64_t device, uint64_t inode,
                                 size_t *i);

/* Everything that it holds, one after the other; *@i is 0 at first. NULL: no more. */
const PfHeld *pf_overlay_each(const PfTarget *target, size_t *i);

/* What was found in a directory under the overlay becomes what is found with it. */
int pf_overlay_adjust_list(const PfTarget *target, const char *path, PfStrv *names) PF_MUST_CHECK;

/* The name of what is held in a directory, which leads to @where, or NULL: it is not known
 * by a name, or lies elsewhere. */
const char *pf_overlay_name_in(const PfHeld *held, const char *directory, const PfWhere *where);

/* Adds the text to the list, or takes it out. Return: 0 or -ENOMEM. */
int pf_overlay_decide(PfStrv *strv, const char *text, bool is_there) PF_MUST_CHECK;

/* An answer that was put, borrowed, or NULL. @key: the question, escaped. */
const PfJson *pf_overlay_recall(const PfTarget *target, const char *book, const char *key);
