/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/varlink/idl.h"

/* What idl.c (which reads descriptions) and idl-check.c (which holds values
 * against them) share. For these two alone. */

typedef enum IdlKind {
        IDL_BOOL,
        IDL_INT,
        IDL_FLOAT,
        IDL_STRING,
        IDL_OBJECT, /* any object */
        IDL_STRUCT,
        IDL_ENUM,
        IDL_NAMED,
        IDL_ARRAY,
        IDL_MAP, /* from strings */
} IdlKind;

typedef struct IdlType IdlType;
typedef struct IdlField IdlField;

struct IdlType {
        IdlKind kind;
        bool nullable;
        char *name;            /* of IDL_NAMED */
        const IdlType *target; /* of IDL_NAMED: what it stands for; borrowed */
        IdlType *element;      /* of IDL_ARRAY, IDL_MAP */
        IdlField *fields;      /* of IDL_STRUCT; of IDL_ENUM the names are the values */
        size_t n_fields;
};

struct IdlField {
        char *name;
        IdlType type;
};

typedef struct IdlMember {
        PfIdlMember kind;
        char *name;
        IdlType in;  /* of a method; else the type itself */
        IdlType out; /* of a method */
} IdlMember;

struct PfIdl {
        char *interface;
        IdlMember *members;
        size_t n_members;
};

/* The member of this kind and name, or NULL. */
const IdlMember *pf_idl_find(const PfIdl *idl, PfIdlMember kind, const char *name);
