/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"

/*
 * A machine as it would be after changes that nobody has made yet: a target that
 * reads as another one does, but for some files. A plan's probes look at it.
 *
 * A file is known by what it is, not by its name: it is the same one through a
 * symbolic link, a hard link or a bind mount; a file that is not there yet, by its
 * directory and its name, so that lists and wildcards find it. That is found out once,
 * when it is put. What is removed goes by directory and name as well: other hard links
 * of the file stay. Of a captured machine, which knows of most files no more than their
 * names, the path as it was put counts too; and below /proc, where a file gets a new
 * number whenever it is looked for, nothing but that.
 *
 * Not the overlay's: free space, and links. A link keeps leading where it did.
 *
 * Everything is put into it before anybody else uses it.
 */

/**
 * pf_overlay_new() - a target that reads as @under does
 * @under: a reference is taken. It records nothing of what is asked of *@ret. It may be an
 *         overlay itself: then *@ret begins with all that is in it now.
 * Return: 0, -ENOMEM, or as pf_target_new().
 */
int pf_overlay_new(PfTarget *under, PfTarget **ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_overlay_put() - from now on the file holds these bytes
 * @path: followed as pf_target_read() does. Where nothing is there it becomes a
 *        file of root's with mode 0644, for which its directory must be there.
 * @bytes: @n of them, copied
 * Return: 0, -ENOMEM, -ENOENT, -EISDIR, -EINVAL (no regular file) … with a text.
 */
int pf_overlay_put(PfTarget *overlay, const char *path, const void *bytes, size_t n,
                   PfErr *err) PF_MUST_CHECK;

/**
 * pf_overlay_put_fd() - the same, where memory is too small for what it is to hold
 * @fd: a regular file, open for reading, that nobody changes meanwhile; duplicated
 */
int pf_overlay_put_fd(PfTarget *overlay, const char *path, int fd, PfErr *err) PF_MUST_CHECK;

/* From now on there is no such file. Return: as pf_overlay_put(); -ENOENT where there is none. */
int pf_overlay_remove(PfTarget *overlay, const char *path, PfErr *err) PF_MUST_CHECK;

/* Is what this path leads to not what it is under the overlay? False of any other target. */
bool pf_overlay_holds(const PfTarget *target, const char *path);

/**
 * pf_overlay_answer() - what the machine's kernel or service manager would say then
 * @book, @question: as in pf_target_recall(), which finds this before it finds
 *                   what was captured, and instead of what the host says now
 * @answer_take:     taken over, also on error
 *
 * Files alone do not tell what becomes of a running machine, so who plans an action has to
 * say what will be true after it; that it came true, the probes see once it is done.
 *
 *   start a unit     "units", "ssh.service": { "state": "active" }; also "starting",
 *                    "inactive", "failed", "absent". Units that are not named here are asked
 *                    for as ever. Of its sockets:
 *                    "listeners", "tcp": { "sockets": [ { "address": "0.0.0.0", "port": 22,
 *                    "takesIpv4": "yes" } ] }, which is all that listens from then on;
 *                    "takesIpv4": "yes", "no", "unknown".
 *   enable a unit    nothing: what is enabled are links below /etc/systemd/system, which no
 *                    overlay has. A plan that enables is proven when it is done.
 *   reload a unit    nothing: no probe asks what configuration a server runs with; they
 *                    read the files, as a server does that has read them again.
 *   mount            no book: the mounts are files, /proc/1/mountinfo and
 *                    /proc/self/mountinfo, which can be put like any other.
 */
int pf_overlay_answer(PfTarget *overlay, const char *book, const char *question,
                      PfJson *answer_take) PF_MUST_CHECK;
