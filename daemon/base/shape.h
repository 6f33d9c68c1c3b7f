/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/json.h"

/*
 * What a struct looks like, so that one function writes it as JSON, reads it back and
 * frees what it owns: for facts about a machine, which are kept in books.
 */
typedef enum PfMemberKind {
        PF_MEMBER_BOOL,   /* bool */
        PF_MEMBER_UINT32, /* uint32_t */
        PF_MEMBER_UINT64, /* uint64_t, of up to 63 bits */
        PF_MEMBER_TEXT,   /* char *, owned; NULL is left out */
        PF_MEMBER_TEXTS,  /* PfStrv */
        PF_MEMBER_ROWS,   /* PfRows of structs of another shape */
} PfMemberKind;

/* An array of structs that it owns. All zero is empty. */
typedef struct PfRows {
        void *items;
        size_t n;
} PfRows;

typedef struct PfShape PfShape;

typedef struct PfMember {
        const char *key; /* in JSON */
        size_t offset;
        PfMemberKind kind;
        const PfShape *rows; /* the shape of each, of PF_MEMBER_ROWS */
} PfMember;

struct PfShape {
        size_t size; /* of the struct */
        const PfMember *members;
        size_t n_members;
};

#define PF_SHAPE(type, table)                                                                      \
        { sizeof(type), table, PF_ELEMENTS(table) }

#define PF_SHAPE_ROWS_MAX 65536

/* The value as an object, which the caller frees; what is 0, false or empty is left out.
 * NULL: out of memory. */
PfJson *pf_shape_to_json(const PfShape *shape, const void *value);

/**
 * pf_shape_from_json() - the struct that an object holds
 * @what: that is read, for the text of an error
 * @ret:  receives it; what the object does not have is 0. Given back with
 *        pf_shape_deinit(); untouched unless 0 is returned.
 * Return: 0; -EINVAL with a text for a member of another type, -E2BIG, -ENOMEM.
 */
int pf_shape_from_json(const PfShape *shape, const PfJson *object, const char *what, void *ret,
                       PfErr *err) PF_MUST_CHECK;

/* Frees what the struct owns, and makes it all zero. */
void pf_shape_deinit(const PfShape *shape, void *value);

/* One more row, all zero, of @size bytes; NULL: out of memory, or too many. */
void *pf_rows_add(PfRows *rows, size_t size);
