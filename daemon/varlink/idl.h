/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/json.h"

/*
 * An interface, as its description in the interface definition language says
 * (https://varlink.org/Interface-Definition), and whether a JSON object is what
 * a method takes, answers, or an error carries.
 */
typedef struct PfIdl PfIdl;

/**
 * pf_idl_parse() - read a description
 * @text:     the description; not needed afterwards
 * Rule:      the language of varlink.org, with comments. Names of members are
 *            unique, so are the names of fields in a type; a type that is named
 *            exists. At most PF_IDL_DEPTH_MAX types inside another.
 * Ownership: the caller frees *@ret.
 * Return:    0, -EINVAL with a text that has the line, -ENOMEM.
 */
#define PF_IDL_DEPTH_MAX 16
int pf_idl_parse(const char *text, PfIdl **ret, PfErr *err) PF_MUST_CHECK;
PfIdl *pf_idl_free(PfIdl *idl);
PF_DEFINE_CLEANUP(PfIdl, pf_idl_free);

const char *pf_idl_interface(const PfIdl *idl); /* its name; borrowed */

typedef enum PfIdlMember {
        PF_IDL_TYPE,
        PF_IDL_METHOD,
        PF_IDL_ERROR,
} PfIdlMember;

/* The names of the members of a kind, in their order; NULL behind the last. Borrowed. */
const char *pf_idl_member(const PfIdl *idl, PfIdlMember kind, size_t i);

/* What an object is meant to be. */
typedef enum PfIdlRole {
        PF_IDL_CALL,  /* the parameters of a method */
        PF_IDL_REPLY, /* what it answers */
        PF_IDL_FAULT, /* the parameters of an error */
        PF_IDL_VALUE, /* a type */
} PfIdlRole;

/**
 * pf_idl_check() - is this what the description says?
 * @name:     of the method, error or type
 * @value:    NULL counts as an empty object
 * @ret_path: receives the place that does not fit, "checks[3].severity", cut
 *            where it is longer; untouched otherwise
 * Rule:      fields that may be null may be absent. A field that is not
 *            described does not fit.
 * Return:    0, it fits; PF_IDL_NO_MEMBER, there is nothing of that name;
 *            PF_IDL_MISFIT.
 */
#define PF_IDL_PATH_MAX 128
enum { PF_IDL_NO_MEMBER = 1, PF_IDL_MISFIT = 2 };
int pf_idl_check(const PfIdl *idl, PfIdlRole role, const char *name, const PfJson *value,
                 char ret_path[static PF_IDL_PATH_MAX]) PF_MUST_CHECK;
