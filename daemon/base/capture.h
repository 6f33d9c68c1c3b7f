/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"

/*
 * A captured machine: a directory with the files that were read of it, and with
 * what it answered to every other question.
 *
 * PF_CAPTURE_ABOUT makes a directory a captured machine; it says of what kind:
 *
 *   { "schema": 1, "live": true, "timeUSec": 1763827200000000 }
 *
 * and of one with Windows "platform": "windows".
 *
 * Each other file of PF_CAPTURE_DIRECTORY is a book: one object, whose members
 * are questions and their answers. Paths are as the machine was asked for them,
 * and what is not UTF-8 in them is written %XX, as is '%' itself.
 *
 *   stat.json, lstat.json    { "/etc": { "type": "directory", "mode": 493, … } }
 *   readlink.json            { "/bin": { "text": "usr/bin" } }
 *   list.json                { "/etc/pam.d": { "names": [ "common-auth", … ] } }
 *   glob.json                { "/boot/vmlinuz-*": { "paths": [ … ] } }
 *   read.json                { "/etc/fstab": { "size": 77, "kept": 77 } }
 *   public.json              { "/etc/fstab": { "public": true } }
 *   statfs.json              see below
 *
 * and what was asked of the kernel, the service manager and libraries: see who
 * asks. "kept" is how many bytes are in the copy of the file, from its beginning.
 * Instead of an answer there may be { "outcome": "absent" }, { "outcome":
 * "elsewhere" }, or { "error": 13, "text": "/etc/shadow: Permission denied" }:
 * an errno, by its number on Linux, and the text that went with it.
 *
 * A question that was not asked then has no answer: that is -ENODATA, and never
 * "absent". Owners and permissions of the copies themselves mean nothing, so that
 * they survive a copy by an ordinary user. Books can be written by hand; statfs
 * and those that are not about paths count in any directory that is no captured
 * machine too.
 */
#define PF_CAPTURE_DIRECTORY "/.preflight"
#define PF_CAPTURE_ABOUT PF_CAPTURE_DIRECTORY "/capture.json"
#define PF_CAPTURE_SCHEMA 1
#define PF_CAPTURE_BOOK_MAX (64u << 20) /* bytes of a book */
#define PF_CAPTURE_DEPTH_MAX 16

/*
 * The book of file systems. What a file system said, in the words of PfSpace:
 *
 *   { "/tmp": { "device": 36, "freeBytes": 1024, "rootFreeBytes": 1024,
 *               "totalBytes": 2048, "freeInodes": 7, "totalInodes": 9,
 *               "readOnly": false, "noExec": true, "tmpfs": true } }
 *
 * totalBytes and both numbers of free bytes have to be there; what else is left
 * out is 0 or false.
 */
#define PF_CAPTURE_SPACE PF_CAPTURE_DIRECTORY "/statfs.json"
#define PF_CAPTURE_SPACE_MAX (1u << 20) /* bytes of the file */

/**
 * pf_capture_find_space() - the answer for one path
 * @text: @n bytes: the file
 * Return: 0; PF_TARGET_ABSENT where the path was not asked for; -EINVAL with a
 *         text for a file or a number that is wrong; -ENOMEM.
 */
int pf_capture_find_space(const char *text, size_t n, const char *path, PfSpace *ret,
                          PfErr *err) PF_MUST_CHECK;

/* The answer as a member of such an object, which the caller frees; NULL: out of memory. */
PfJson *pf_capture_space_to_json(const PfSpace *space);
int pf_capture_space_from_json(const PfJson *answer, const char *path, PfSpace *ret,
                               PfErr *err) PF_MUST_CHECK;

/* The same of the book stat. */
PfJson *pf_capture_info_to_json(const PfFileInfo *info);
int pf_capture_info_from_json(const PfJson *answer, const char *path, PfFileInfo *ret,
                              PfErr *err) PF_MUST_CHECK;

/* The same of lists of names or paths, in the member @key. */
PfJson *pf_capture_strv_to_json(const char *key, const PfStrv *strv);
int pf_capture_strv_from_json(const PfJson *answer, const char *key, const char *path, PfStrv *ret,
                              PfErr *err) PF_MUST_CHECK;

/* A path as it is written, and as it was; the caller frees it. NULL: out of memory. */
char *pf_capture_escape(const char *path);
char *pf_capture_unescape(const char *text);
