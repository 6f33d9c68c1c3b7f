/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/platform/fsops.h"
#include "daemon/remedy/replace.h"

/*
 * What the files of replace.h share: a root, a place, and the attributes of files.
 */
struct PfRoot {
        int fd; /* O_PATH */
        const PfFsOps *ops;
        uid_t uid;                  /* who we are: nobody else but root may have a hand in a path */
        gid_t gid;                  /* our own group; root's where we are root */
        bool is_running;            /* "/": the machine runs on it */
        unsigned long long outside; /* device that the root hangs in: its ".." */
};

struct PfPlace {
        const PfRoot *root;
        char *asked; /* the path as it was given */
        char *path;  /* resolved */
        char *name;  /* in the directory */
        int directory;
        struct stat directory_seen;
        int lost_found; /* see pf_staging_find(); -1: none */
        int fd;         /* the file, to be read; -1: it is absent */
        struct stat seen;
};

/* Who decides what is in a directory, see replace-trust.c: */
/**
 * pf_trust_check() - can nobody but root (and us) put something else in an entry's place?
 * @directory: O_PATH is enough
 * @entry:     what is there, or NULL: nothing
 * @path:      of the directory, for the text
 * Return: 0, -EPERM with a text, or what looking failed with.
 */
int pf_trust_check(const PfRoot *root, int directory, const struct stat *entry, const char *path,
                   PfErr *err) PF_MUST_CHECK;

/* What is done for a boot loader, see replace-loader.c: */
/* May one read the file? Of an image, only what is mounted there: a directory of this machine's
 * is no boot partition. */
bool pf_place_is_for_loader(const PfPlace *place);

/* What was written is in its place for one; nothing is done for other files. */
int pf_place_settle(const PfPlace *place, PfErr *err) PF_MUST_CHECK;

/**
 * pf_staging_find() - opens lost+found of the place's file system, where that is of use
 * @top: the highest directory on the way that is on it
 * Without it, or where it is not right, new files stand beside the old one: no error.
 */
void pf_staging_find(PfPlace *place, int top);

/* The directory in which new files stand until they take the place's name; borrowed. */
int pf_place_staging(const PfPlace *place);

/* How many bytes of attributes a file can have: xattr(7), XATTR_SIZE_MAX and XATTR_LIST_MAX. */
#define PF_XATTR_MAX 65536

/**
 * pf_attribute_read() - an extended attribute
 * @value: is emptied; its maximum is at least PF_XATTR_MAX
 * Return: 0, -ENODATA: there is none (also where the file system knows none), or an error.
 */
int pf_attribute_read(int fd, const char *name, PfBuf *value) PF_MUST_CHECK;

/* The flags of chattr(1), FS_*_FL of <linux/fs.h>; 0 where the file system has none. */
int pf_attribute_flags(int fd, unsigned *ret) PF_MUST_CHECK;

/* Flags that are to be there before the first byte is: nocow, compression. Those that a file
 * system does not take are left out, as cp(1) and every editor do. */
int pf_attributes_begin(const PfFsOps *ops, int from, int to, PfErr *err) PF_MUST_CHECK;

/**
 * pf_attributes_copy() - owner, extended attributes with ACL and label, mode, once it is written
 * @st:   of @from, before it was read
 * @same: the contents are the same, too: what was measured of them (IMA) goes along, and times
 */
int pf_attributes_copy(const PfFsOps *ops, int from, const struct stat *st, int to, bool same,
                       PfErr *err) PF_MUST_CHECK;

/* For a file that was not there: root's, 0644, with the label of its directory. */
int pf_attributes_make(const PfRoot *root, int directory, int to, PfErr *err) PF_MUST_CHECK;
