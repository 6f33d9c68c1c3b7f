/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/platform/fsops.h"

/*
 * Hyper-V's pool of keys and values that the guest tells its host, as hv_kvp_daemon keeps it
 * in a file: records of a fixed size, each a key and a value, ended by NUL and filled up. The
 * daemon reads the file again for each question of the host's, under a lock of fcntl(2) on
 * all of it; cloud-init and others have records in it too.
 *
 * Rule: Linux, tools/hv/hv_kvp_daemon.c, and include/uapi/linux/hyperv.h:
 *       HV_KVP_EXCHANGE_MAX_KEY_SIZE, HV_KVP_EXCHANGE_MAX_VALUE_SIZE; pool 1 is KVP_POOL_GUEST.
 */
#define PF_KVP_POOL_PATH "/var/lib/hyperv/.kvp_pool_1"
#define PF_KVP_KEY "preflightd"
#define PF_KVP_KEY_SIZE 512u
#define PF_KVP_VALUE_SIZE 2048u
#define PF_KVP_RECORD_SIZE (PF_KVP_KEY_SIZE + PF_KVP_VALUE_SIZE)

/* Bytes of a value that reach the host: it gets them in UTF-16, ended by NUL, in 2048 bytes;
 * of Azure's no more than that either. */
#define PF_KVP_VALUE_MAX 1000u

#define PF_KVP_RECORDS_MAX 1024u /* of a pool that we touch */

/* Positive outcome of all three: no such key, or no pool. */
enum { PF_KVP_ABSENT = 1 };

/**
 * pf_kvp_pool_find() - where the record of a key begins
 * @bytes: the whole of a pool
 * @ret:   receives the byte; with PF_KVP_ABSENT where a new one would stand
 * Return: 0, PF_KVP_ABSENT; -EBADMSG with a text that says what is wrong with the pool: half a
 *         record, one without a key, a key without an end, too many of them, two of ours.
 */
int pf_kvp_pool_find(const char *bytes, size_t n, const char *key, size_t *ret,
                     PfErr *err) PF_MUST_CHECK;

/**
 * pf_kvp_pool_put() - set the value of a key, in its place, or in a new record at the end
 * @key, @value: up to PF_KVP_KEY_SIZE - 1 and PF_KVP_VALUE_MAX bytes
 *
 * All other records stay as they are, whatever happens; a pool that is damaged is left alone.
 * Where the value cannot be written the old one is put back. Nothing is written where the
 * value is there already.
 * Return: 0; PF_KVP_ABSENT: there is no pool; with a text -EBADMSG, -ETIMEDOUT where it stays
 *         locked, -ENOSPC, -EIO …
 */
int pf_kvp_pool_put(const PfFsOps *ops, const char *path, const char *key, const char *value,
                    PfErr *err) PF_MUST_CHECK;

/**
 * pf_kvp_pool_remove() - take the record of a key out
 *
 * The records behind it move up, as where the daemon itself deletes a key; else as above: where
 * that cannot be written, all are put back where they were.
 * Return: 0; PF_KVP_ABSENT; with a text as above.
 */
int pf_kvp_pool_remove(const PfFsOps *ops, const char *path, const char *key,
                       PfErr *err) PF_MUST_CHECK;
