/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"

/*
 * The registry of a Windows machine, for reading: of the one that we run on, of an
 * image, whose hives are files, or of a captured one. A key is read whole, so that
 * probes judge what they have in their hands.
 *
 * Names are UTF-8 and compared without regard to case, as Windows does; beyond ASCII
 * only as they are. What is no character in UTF-16 becomes U+FFFD.
 */

/* As winnt.h and hives number them; other numbers occur, and have bytes alone. */
typedef enum PfRegistryType {
        PF_REGISTRY_NONE = 0,
        PF_REGISTRY_SZ = 1,
        PF_REGISTRY_EXPAND_SZ = 2,
        PF_REGISTRY_BINARY = 3,
        PF_REGISTRY_DWORD = 4,
        PF_REGISTRY_DWORD_BIG_ENDIAN = 5,
        PF_REGISTRY_LINK = 6,
        PF_REGISTRY_MULTI_SZ = 7,
        PF_REGISTRY_QWORD = 11,
} PfRegistryType;

typedef struct PfRegistryValue {
        char *name; /* "": the value without a name */
        PfRegistryType type;
        char *text;      /* SZ, EXPAND_SZ, not expanded: up to the first NUL; else NULL */
        PfStrv texts;    /* MULTI_SZ: all that a NUL ends, empty ones too, but for the last */
        uint64_t number; /* DWORD of both orders, QWORD */
        uint8_t *bytes;  /* of every other type, and of one that is not as its type says */
        size_t n_bytes;
        bool is_malformed; /* a DWORD that has not four bytes: there is no number */
} PfRegistryValue;

typedef struct PfRegistryKey {
        char *path; /* as it was asked for: "HKLM\SYSTEM\Select" */
        PfRegistryValue *values;
        size_t n_values;
        PfStrv subkeys; /* names, in the order of the source */
        char *hive;     /* of an image: the file that it is out of; else NULL */
        bool is_dirty;  /* that file was not closed cleanly: what changed last is in its log */
} PfRegistryKey;

/* More than this of one key is refused. */
#define PF_REGISTRY_VALUES_MAX 16384
#define PF_REGISTRY_SUBKEYS_MAX 65536
#define PF_REGISTRY_BYTES_MAX (8u << 20) /* of all names and data together */
#define PF_REGISTRY_PATH_MAX 1024

/* Positive outcome: there is no such key, or no such value in it. */
enum { PF_REGISTRY_ABSENT = 1 };

/**
 * pf_registry_read() - the values of a key, and the names of the keys below it
 * @path: HKLM\SYSTEM, HKLM\SOFTWARE, HKLM\SAM, or below:
 * "HKLM\SYSTEM\CurrentControlSet\Services\VSS". Of a 64-bit system, the 64-bit view; the other is
 * below Wow6432Node, by name.
 * @ret:  receives the key, which the caller gives back with pf_registry_key_deinit();
 *        untouched unless 0 is returned, but for is_dirty where there is no such key
 *
 * Rule:   book "registry", question: the path as it is asked for:
 *           { "values": { "Start": { "dword": 2 }, "": { "sz": "…" },
 *                         "a": { "expandSz": "…" }, "b": { "multiSz": [ "…" ] },
 *                         "c": { "qword": 7 }, "d": { "binary": "00ff" },
 *                         "e": { "type": 9, "binary": "" } },
 *             "keys": [ "Parameters" ], "hive": "/Windows/…/SYSTEM", "dirty": true }
 *         or { "outcome": "no-key" }, which may be "dirty" too, or an error:
 *         daemon/base/capture.h. What is left out is not there. The question "*" answers
 *         for all that the book does not name, which is for books that are written by hand.
 *         Of an image, CurrentControlSet is the set that Select\Current names.
 * Return: 0, PF_REGISTRY_ABSENT; with a text -ENOENT where the image has no such hive,
 *         -ENOTSUP where registries cannot be read here, -EACCES, -E2BIG, -EBADMSG (a hive
 *         that is damaged), -ETIMEDOUT, -EIO …; -ENODATA, -EINVAL as pf_target_recall().
 */
int pf_registry_read(const PfTarget *target, const char *path, PfRegistryKey *ret,
                     PfErr *err) PF_MUST_CHECK;
void pf_registry_key_deinit(PfRegistryKey *key);
#define PF_AUTO_REGISTRY_KEY PF_CLEANUP(pf_registry_key_deinit)

/* Borrowed from the key; NULL: it has none of that name. */
const PfRegistryValue *pf_registry_value(const PfRegistryKey *key, const char *name);
bool pf_registry_has_subkey(const PfRegistryKey *key, const char *name);

/**
 * pf_registry_number() - a DWORD or a QWORD of a key that was read
 * Return: 0, PF_REGISTRY_ABSENT; -EINVAL with a text where it is of another type.
 */
int pf_registry_number(const PfRegistryKey *key, const char *name, uint64_t *ret,
                       PfErr *err) PF_MUST_CHECK;

/* An SZ or EXPAND_SZ, borrowed from the key. Return: as above. */
int pf_registry_text(const PfRegistryKey *key, const char *name, const char **ret,
                     PfErr *err) PF_MUST_CHECK;

/* A value for people: "dword 2", "sz \"auto\"", "3 texts"; long ones are cut. */
#define PF_REGISTRY_SHOWN_MAX 256
void pf_registry_show(const PfRegistryValue *value, char ret[static PF_REGISTRY_SHOWN_MAX]);

/* --- for who reads a registry, and for tests --- */

/* Adds a value of raw data, decoded. Return: 0, -E2BIG, -ENOMEM. */
int pf_registry_key_add(PfRegistryKey *key, const char *name, uint32_t type, const void *bytes,
                        size_t n) PF_MUST_CHECK;

/* An answer of the book, which the caller frees; NULL: out of memory. */
PfJson *pf_registry_key_to_json(const PfRegistryKey *key);
/* The same of what pf_registry_read() returned: a key, that there is none, or an error. */
PfJson *pf_registry_answer_to_json(int r, const PfRegistryKey *key, const PfErr *err);
/* Return: 0, PF_REGISTRY_ABSENT, the error that was kept, -EINVAL with a text, -ENOMEM. */
int pf_registry_key_from_json(const PfJson *answer, const char *path, PfRegistryKey *ret,
                              PfErr *err) PF_MUST_CHECK;
