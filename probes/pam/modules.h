/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The modules that stand in a table together, and where modules are.
 */

#include "probes/pam/pam.h"

/* trivial.c: those whose answer rests on nothing, or on their words alone */
extern const PfPamModule pf_pam_trivial[];
extern const size_t pf_pam_n_trivial;

typedef enum PfPamPresence {
        PF_PAM_PRESENT,
        PF_PAM_MISSING,     /* not there, or nothing that could be loaded */
        PF_PAM_UNDISCLOSED, /* the machine shows no directory of modules at all */
} PfPamPresence;

/* The directories that may be libpam's, in the order to look; @ret is added to.
 * Return: 0; -EACCES, -EIO … with a text; -ENOMEM. */
int pf_pam_module_places(const PfTarget *target, PfStrv *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_pam_module_locate() - does libpam find a module's file?
 * @places:   of pf_pam_module_places()
 * @module:   as written: a name in the directory of modules, or a path
 * @ret_path: receives where it is, or would be; the caller frees it; NULL: nowhere to look
 * Return:    0; -EACCES, -EIO … with a text; -ENOMEM.
 */
int pf_pam_module_locate(const PfTarget *target, const PfStrv *places, const char *module,
                         PfPamPresence *ret, char **ret_path, PfErr *err) PF_MUST_CHECK;
