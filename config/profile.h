/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/catalogue.h"
#include "config/ini-reader.h"
#include "config/source.h"
#include "daemon/base/err.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"

/*
 * What one agent demands of a machine: data, read from a file. Never changes
 * once it is loaded, and counts its references. The keys of the file are in
 * profile-keys.h; config/profiles/asr-mobility.conf is the example of all.
 */

/* Versions @from to @to, both included, from agent version @since on. */
typedef struct PfVersionRange {
        char *from;
        char *to;
        char *since; /* NULL: every agent */
} PfVersionRange;

typedef struct PfVersionRanges {
        PfVersionRange *items;
        size_t n;
} PfVersionRanges;

typedef struct PfDistribution {
        char *id;   /* as ID= of os-release(5); "centos-stream" is one of its own */
        char *name; /* for people */
        PfVersionRanges versions;
} PfDistribution;

typedef struct PfDistributions {
        PfDistribution *items;
        size_t n;
} PfDistributions;

/* One text in a release file by which the agent's installer knows a system. */
typedef struct PfReleaseText {
        char *text;  /* part of a line; at its beginning where it starts with '^' */
        char *since; /* NULL: every agent */
} PfReleaseText;

typedef struct PfReleaseTexts {
        PfReleaseText *items;
        size_t n;
} PfReleaseTexts;

/* One file the installer looks at to learn which system this is. The first that
 * exists, and holds one of @only where there are any, decides. */
typedef struct PfReleaseFile {
        char *path;
        PfStrv only;
        PfReleaseTexts texts;
} PfReleaseFile;

typedef struct PfReleaseFiles {
        PfReleaseFile *items;
        size_t n;
} PfReleaseFiles;

typedef struct PfProfile {
        atomic_uint references;
        char *name;      /* of the file, without .conf */
        PfSource source; /* the file; its path is empty for one that is built in */

        /* [Profile] */
        char *title;
        char *documentation;
        char *agent_version; /* when nobody says which will be pushed */
        char *architecture;  /* as uname -m: "x86_64" */

        /* [Space] */
        char *copy_path;    /* directory that the agent is copied to and started from */
        char *install_path; /* directory that it is installed in */
        char *backup_path;  /* that initramfs images are copied to; NULL: nowhere */
        char *images;       /* wildcard of those images, which are also built anew */
        uint64_t copy_bytes;
        uint64_t root_bytes;      /* free on the root file system: less is a failure */
        uint64_t root_warn_bytes; /* less is a warning */
        uint64_t install_bytes;
        uint64_t windows_install_bytes; /* on the system drive; 0: none is asked for */
        uint64_t inodes;                /* free, wherever files are made */

        /* [Layout]: the first agent version that accepts it; NULL: every one does */
        char *since_several_disks;
        char *since_lvm;
        char *since_thin_volumes;
        char *since_btrfs;
        char *kernel_scenario; /* [Kernels]: as pf_kernels_find(); NULL: no list holds */

        /* [Checks]: wildcards of check IDs */
        PfStrv required;
        PfStrv severities[PF_SEVERITY_BLOCKER + 1]; /* by PfSeverity */

        PfDistributions distributions; /* [Distribution ID] */
        PfReleaseFiles release_files;  /* [Detection], in the order they are looked at */
} PfProfile;

/* Positive outcome of pf_profile_load(). */
enum { PF_PROFILE_ABSENT = 1 };

/**
 * pf_profile_load() - a profile by name
 * @target: the machine this program runs on, not the one it checks
 * @name:   without ".conf"
 * @ret:    receives a reference, dropped with pf_profile_unref()
 * @err:    the first complaint, and how many more there are
 *
 * Rule:    NAME.conf in /etc/preflightd/profiles, /run/preflightd/profiles and
 *          the profiles directory of the installation; the first there is, see
 *          config/source.h. Then the copy embedded at build time.
 * Return:  0; PF_PROFILE_ABSENT where nothing has that name, or it could be none;
 *          -EINVAL for a file that is wrong; -EACCES, -EIO …
 */
int pf_profile_load(const PfTarget *target, const char *name, PfProfile **ret,
                    PfErr *err) PF_MUST_CHECK;

/* Does pf_profile_load() still give this one? */
bool pf_profile_is_current(const PfProfile *profile, const PfTarget *target);

/* The profile embedded under @name, whatever is installed; as pf_profile_load(). */
int pf_profile_embedded(const char *name, PfProfile **ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_profile_parse() - a profile out of a text
 * @errors: every complaint, or NULL
 * Return:  0, -EINVAL with complaints, -ENOMEM.
 */
int pf_profile_parse(const char *name, const char *path, const char *text, size_t n,
                     PfProfile **ret, PfIniErrors *errors, PfErr *err) PF_MUST_CHECK;

PfProfile *pf_profile_ref(PfProfile *profile);
PfProfile *pf_profile_unref(PfProfile *profile);
PF_DEFINE_CLEANUP(PfProfile, pf_profile_unref);

/* How much a check weighs to this agent: the profile's word, else the catalogue's;
 * what neither knows is a blocker. Where two wildcards match, the heavier counts. */
PfSeverity pf_profile_severity(const PfProfile *profile, const char *check_id);

/* Must it have an answer before a machine is called ready, although it is no blocker? */
bool pf_profile_is_required(const PfProfile *profile, const char *check_id);

/* What is demanded of a distribution; NULL: it is not supported. */
const PfDistribution *pf_profile_distribution(const PfProfile *profile, const char *id);

/* A key, for "preflightctl profile --schema", the manual and tests. */
typedef struct PfProfileKey {
        const char *section; /* "Distribution": [Distribution ID], any number of them */
        const char *name;
        const char *syntax; /* of a value: "SIZE" */
        const char *help;
        bool is_required;
        bool is_list; /* may be given again, and go on over several lines */
} PfProfileKey;

/* The key at a place from 0, or false behind the last. */
bool pf_profile_key(size_t i, PfProfileKey *ret);

/* What stands for a value in the syntax of a key, at a place from 0, or NULL behind
 * the last; and what that is. */
const char *pf_profile_syntax(size_t i, const char **ret_meaning);

/* The names of the profiles that can be loaded, each once, sorted; added to @ret. */
int pf_profile_list(const PfTarget *target, PfStrv *ret, PfErr *err) PF_MUST_CHECK;
