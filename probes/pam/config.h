/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The configuration of PAM for one service, with its includes put in place: a
 * stack for each facility, and those of the service "other".
 *
 * Rule: pam.conf(5), pam.d(5); how libpam 1.1.8 to 1.5.3 splits lines into
 *       words and what it makes of lines that are wrong was found by asking it.
 */

#include "probes/pam/pam.h"

/* What a control does with a code; a number above 0 jumps over so many lines. */
enum {
        PF_PAM_DO_IGNORE = 0,
        PF_PAM_DO_OK = -1,
        PF_PAM_DO_DONE = -2,
        PF_PAM_DO_BAD = -3,
        PF_PAM_DO_DIE = -4,
        PF_PAM_DO_RESET = -5,
};

typedef enum PfPamEntryKind {
        PF_PAM_ENTRY_MODULE,
        PF_PAM_ENTRY_MUST_FAIL, /* a line that libpam cannot use: it always fails */
        PF_PAM_ENTRY_SUBSTACK,  /* what follows with a higher level is a stack of its own */
} PfPamEntryKind;

typedef struct PfPamEntry {
        PfPamLine line; /* strings and words belong to the entry */
        PfPamEntryKind kind;
        char *fault;    /* PF_PAM_ENTRY_MUST_FAIL: why, as part of a sentence */
        unsigned level; /* how many substacks it is in */
        int actions[PF_PAM_N_CODES];
} PfPamEntry;

typedef struct PfPamStack {
        PfPamEntry **entries;
        size_t n;
} PfPamStack;

typedef struct PfPamConfig {
        PfPamStack service[PF_PAM_N_FACILITIES];
        PfPamStack other[PF_PAM_N_FACILITIES];
        char *fault;           /* libpam refuses to start: why; NULL: it does not */
        PfEvidence fault_from; /* and where */
        PfStrv places;         /* directories that may be libpam's: pf_pam_module_places() */
        char *path;            /* of the file that was read for the service; NULL: none */
} PfPamConfig;

/**
 * pf_pam_config_load() - what libpam reads for a service
 * @service: in any case; libpam looks for the name in lower case
 * @ret:     receives the configuration, also one that libpam refuses: see fault
 * Ownership: the caller frees *@ret with pf_pam_config_free().
 * Rule:     /etc/pam.d/SERVICE, else the same below /usr/lib/pam.d and
 *           /usr/etc/pam.d; /etc/pam.conf only without any of these
 *           directories. "other" is read besides.
 * Return:   0; -E2BIG for includes that multiply beyond PF_PAM_LINES_MAX;
 *           -EACCES, -EIO, -EFBIG … with a text; -ENOMEM.
 */
#define PF_PAM_LINES_MAX 20000
#define PF_PAM_FILE_MAX (1u << 20) /* bytes */
int pf_pam_config_load(const PfTarget *target, const char *service, PfPamConfig **ret,
                       PfErr *err) PF_MUST_CHECK;
PfPamConfig *pf_pam_config_free(PfPamConfig *config);
PF_DEFINE_CLEANUP(PfPamConfig, pf_pam_config_free);

/* The stack libpam goes through: the service's own, or where that has no line, "other". */
const PfPamStack *pf_pam_config_stack(const PfPamConfig *config, PfPamFacility facility);

/* "auth", "account", "session", "password". */
const char *pf_pam_facility_to_string(PfPamFacility facility);
