/* SPDX-License-Identifier: MIT */
#pragma once

#include <dirent.h>
#include <sys/statfs.h>

#include "daemon/base/target.h"

/*
 * How a path is reached beneath the root of a target, for the files of this
 * folder that make up the target.
 */

#define PF_O_LOOK (O_PATH | O_CLOEXEC)
#define PF_O_READ (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/**
 * pf_path_look() - a descriptor for @path that can do no more than tell about it
 * @path:  starts with '/'
 * @flags: O_NOFOLLOW, O_DIRECTORY or 0
 * Return: an O_PATH descriptor, or a negative errno: what open(2) would say
 *         to a process whose root is the target's, or -EXDEV for the links of
 *         proc(5) that lead to no path (/proc/PID/exe). -ENOENT for what of an
 *         image is a file system of our own kernel: the /proc and /sys that are
 *         mounted there for a chroot tell of this machine, not of the image.
 */
int pf_path_look(const PfTarget *target, const char *path, int flags) PF_MUST_CHECK;

/**
 * pf_path_open() - open for reading what pf_path_look() found
 * @path:   under which it was found; opened again where there is no /proc
 * @looked: the descriptor; of a regular file
 * Return:  a descriptor, or a negative errno; -EAGAIN where the file was replaced.
 */
int pf_path_open(const PfTarget *target, const char *path, int looked) PF_MUST_CHECK;

/* A directory, to be read; closed with closedir(3). Return: 0 or a negative errno. */
int pf_path_opendir(const PfTarget *target, const char *path, DIR **ret) PF_MUST_CHECK;
/* The same, where only names that match a pattern matter to who reads it, or NULL. */
int pf_path_opendir_for(const PfTarget *target, const char *path, const char *pattern,
                        DIR **ret) PF_MUST_CHECK;
DIR *pf_path_closedir(DIR *dir);
PF_DEFINE_CLEANUP(DIR, pf_path_closedir);

/* What fstat(2) said of a file. */
struct stat;
void pf_path_info(const struct stat *st, PfFileInfo *ret);

/* The link of proc(5) to what a descriptor of ours is of. */
#define PF_PATH_LINK_MAX (sizeof("/proc/self/fd/") + 3 * sizeof(int))
void pf_path_link(int fd, char link[static PF_PATH_LINK_MAX]);

/* The file system of what pf_path_look() found. Return: 0 or a negative errno. */
int pf_path_statfs(int looked, struct statfs *ret) PF_MUST_CHECK;

/* The positive outcome for what means "not there"; every other code as it is. */
int pf_path_absent_or(int r);

/**
 * pf_target_file_descriptor() - the file for another process, which reads it as it likes
 * @ret: a descriptor of its own, which the caller closes; of an overlay, a copy in memory
 * Return: 0, or a negative errno with a text.
 */
struct PfTargetFile;
int pf_target_file_descriptor(const struct PfTargetFile *file, int *ret, PfErr *err) PF_MUST_CHECK;
