/* SPDX-License-Identifier: MIT */
#pragma once

#include <windows.h>

#include "daemon/base/target.h"

/*
 * How a path is reached beneath the root of a target, for the files of this folder that make
 * up the target.
 *
 * "/" of the machine that we run on is the volume with Windows on it; its others are "/D:" and
 * "/Volume{…}", which no list of "/" has. Names are told apart as the file system does, mostly
 * without regard to case.
 */

typedef HANDLE PfHandle;
void pf_handle_closep(PfHandle *handle);
#define PF_AUTO_HANDLE PF_CLEANUP(pf_handle_closep)

/* Who else reads, writes, renames or deletes meanwhile is not kept from it. */
#define PF_SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* What a path leads to. */
typedef struct PfPathEnd {
        PfHandle handle;     /* that can do no more than tell about it */
        PfHandle directory;  /* the one that it lies in; NULL of a root, or after ".." */
        wchar_t name[256];   /* in there, as it was asked for */
        bool is_link;        /* that was not followed */
        bool is_last_absent; /* with -ENOENT: all but the last of the path is there */
} PfPathEnd;

void pf_path_end_deinit(PfPathEnd *end);
#define PF_AUTO_PATH_END PF_CLEANUP(pf_path_end_deinit)

/**
 * pf_path_look() - follow a path
 * @follow: also a link at its end: a symbolic link, or a junction
 * @ret:    all zero; given back with pf_path_end_deinit(), also on error
 * Return:  0; -ENOENT, -ENOTDIR, -EACCES, -ELOOP …; -EINVAL of a path that is not absolute;
 *          -EXDEV for a link that leads to another machine, or out of an image.
 */
int pf_path_look(const PfTarget *target, const char *path, bool follow,
                 PfPathEnd *ret) PF_MUST_CHECK;

/* The same file, to do more with. Return: 0 or a negative errno. */
int pf_path_reopen(PfHandle looked, DWORD access, PfHandle *ret) PF_MUST_CHECK;

/* The text of a link, as a path of the machine, which the caller frees. Return: 0, -ENOMEM;
 * -EINVAL of what is none; -EXDEV as above. */
int pf_path_read_link(const PfTarget *target, PfHandle link, char **ret) PF_MUST_CHECK;

bool pf_path_is_link_tag(unsigned long tag);

/**
 * pf_path_link_text() - the text of a link, out of what the file system keeps of it
 * @data:    @n bytes, as FSCTL_GET_REPARSE_POINT returns them
 * @is_host: of the machine that we run on
 * Rule:     [MS-FSCC] 2.1.2.1, 2.1.2.4, 2.1.2.5.
 * Return:   as pf_path_read_link(); -EIO where the bytes are not as they should be.
 */
int pf_path_link_text(const void *data, size_t n, bool is_host, char **ret) PF_MUST_CHECK;

/* The positive outcome for what means "not there"; every other code as it is. */
int pf_path_absent_or(int r);

/* The root of a target. */
int pf_path_open_root(const char *root, PfHandle *ret) PF_MUST_CHECK;
PfHandle pf_path_root(const PfTarget *target);

/* A path that people wrote, in the form that may have any length, which the caller frees; NULL
 * with errno. */
wchar_t *pf_path_full(const wchar_t *path);

/* As GetLastError() has it now; a negative errno. */
int pf_path_last_error(void);
