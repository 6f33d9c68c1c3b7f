/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * File systems that somebody has to answer for, who may be gone: FUSE, and those of a
 * network. Who looks at a path on one whose server says nothing waits for ever, and
 * with him everything that he was to look at next.
 *
 * So before a path on such a file system is looked at, its server is asked for
 * anything, by a thread that may wait; and one that does not answer is as good as an
 * error. A path on no such file system costs nothing. Functions may be called from
 * several threads at once.
 */
typedef struct PfMountServers PfMountServers;

/* How long a server may take; less than the shortest deadline of a probe. */
#define PF_MOUNT_SERVERS_PATIENCE_MS 500

/* For as long is an answer believed, and what is mounted taken to be the same. */
#define PF_MOUNT_SERVERS_BELIEF_MS 500

/**
 * pf_mount_servers_new() - what this process has mounted below a directory
 * @root:  the directory; paths are as seen from there
 * Return: NULL where memory ran out.
 */
PfMountServers *pf_mount_servers_new(const char *root);

/* A thread that still waits keeps what it needs. */
void pf_mount_servers_free(void *mounts);

/**
 * pf_mount_servers_check() - may a path be looked at?
 * @path: starts with '/'
 *
 * By the names alone: a symbolic link that leads to such a file system is not seen.
 * Return: 0, or -ETIMEDOUT.
 */
int pf_mount_servers_check(PfMountServers *mounts, const char *path);
