/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/platform/registry.h"

/*
 * A file of a registry, a hive, read by libhivex.
 *
 * A hive of an image is anybody's: that library is used in a process of its own, whose
 * end is nobody else's; see preflight-hive.c.
 */
typedef struct PfHive PfHive;

/* Larger files are refused. Windows takes as much as memory has room for, and is slow long
 * before that. */
#define PF_HIVE_SIZE_MAX (2ull << 30)

/**
 * pf_hive_open() - open a hive
 * @path:  on this machine
 * Rule:   the first two sequence numbers of its header differ where it was not closed
 *         cleanly: then what changed last is in SYSTEM.LOG1 or LOG2, which are not read.
 * Return: 0; -EBADMSG with a text where it is no hive, or a damaged one; -EFBIG; -ENOMEM …
 */
int pf_hive_open(const char *path, PfHive **ret, PfErr *err) PF_MUST_CHECK;
PfHive *pf_hive_close(PfHive *hive);
PF_DEFINE_CLEANUP(PfHive, pf_hive_close);

/**
 * pf_hive_read() - a key, with its values and the names of its subkeys
 * @path:  "" for the root of the hive, or below it: "CurrentControlSet\Services\VSS",
 *         where the first name is that of the set which Select\Current names
 * Return: 0, PF_REGISTRY_ABSENT; -EBADMSG, -E2BIG, -ENOMEM with a text.
 */
int pf_hive_read(PfHive *hive, const char *path, PfRegistryKey *ret, PfErr *err) PF_MUST_CHECK;
