/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/strv.h"

/*
 * JSON values, on json-c. Only this file's twin calls json-c, because json-c
 * takes over what is added to an object; here each name says so (…_take).
 */
typedef struct json_object PfJson;

typedef enum PfJsonType {
        PF_JSON_NULL,
        PF_JSON_BOOL,
        PF_JSON_INTEGER,
        PF_JSON_REAL,
        PF_JSON_STRING,
        PF_JSON_ARRAY,
        PF_JSON_OBJECT,
} PfJsonType;

PfJson *pf_json_new_object(void); /* NULL: out of memory, as all of these */
PfJson *pf_json_new_array(void);
PfJson *pf_json_new_string(const char *text); /* what is not UTF-8 becomes U+FFFD */
PfJson *pf_json_ref(PfJson *value);
PfJson *pf_json_copy(const PfJson *value); /* with all that is in it */
PfJson *pf_json_free(PfJson *value);       /* drops one reference */
PF_DEFINE_CLEANUP(PfJson, pf_json_free);

/**
 * pf_json_put_take() - add a member to an object
 * @object: an object
 * @key:    copied
 * @value:  taken over, also on error; NULL counts as out of memory, so that a
 *          constructor can stand in the call
 * Return:  0 or -ENOMEM.
 */
int pf_json_put_take(PfJson *object, const char *key, PfJson *value) PF_MUST_CHECK;
int pf_json_put_null(PfJson *object, const char *key) PF_MUST_CHECK;
int pf_json_put_string(PfJson *object, const char *key, const char *text) PF_MUST_CHECK;
int pf_json_put_bool(PfJson *object, const char *key, bool value) PF_MUST_CHECK;
int pf_json_put_uint(PfJson *object, const char *key, uint64_t value) PF_MUST_CHECK;
int pf_json_put_strv(PfJson *object, const char *key, const PfStrv *strv) PF_MUST_CHECK;

int pf_json_append_take(PfJson *array, PfJson *value) PF_MUST_CHECK;
int pf_json_append_string(PfJson *array, const char *text) PF_MUST_CHECK;

/**
 * pf_json_parse() - one JSON value and nothing around it but white space
 * @text:      @n bytes
 * @max_depth: nesting that is accepted, at least 1; "[]" is 1 deep, "[1]" and
 *             "[[]]" are 2
 * Ownership:  the caller frees *@ret, which is NULL for null.
 * Rule:       RFC 8259, and UTF-8 that is valid; comments, NaN, trailing commas
 *             and single quotes are refused. So is NUL in a string, since all
 *             strings here end with it. Half a surrogate pair becomes U+FFFD; of
 *             a key that is there twice the last counts; an integer beyond 64
 *             bits is clipped.
 * Return:     0, -EINVAL with a text that names the byte, -ENOMEM.
 */
int pf_json_parse(const char *text, size_t n, int max_depth, PfJson **ret,
                  PfErr *err) PF_MUST_CHECK;

/* Append as text, without white space; or indented by two spaces. */
int pf_json_write(const PfJson *value, PfBuf *buf) PF_MUST_CHECK;
int pf_json_write_pretty(const PfJson *value, PfBuf *buf) PF_MUST_CHECK;

PfJsonType pf_json_type(const PfJson *value); /* NULL is PF_JSON_NULL */
/* A member, borrowed; NULL where it is absent or null. */
PfJson *pf_json_get(const PfJson *object, const char *key);
/* The text of a string member, borrowed; NULL where it is none. */
const char *pf_json_get_string(const PfJson *object, const char *key);
const char *pf_json_string(const PfJson *value); /* NULL where it is no string */
bool pf_json_bool(const PfJson *value);          /* false where it is none */
int64_t pf_json_integer(const PfJson *value);    /* clipped to the range; 0 where it is no number */
uint64_t pf_json_uint(const PfJson *value);      /* the same, of what is not negative */
size_t pf_json_length(const PfJson *array);
PfJson *pf_json_at(const PfJson *array, size_t i); /* borrowed */

/**
 * pf_json_each() - call @visit for every member, in their order, until one is not 0
 * Return: what the last call returned, or 0.
 */
typedef int (*PfJsonVisit)(const char *key, PfJson *value, void *data);
int pf_json_each(const PfJson *object, PfJsonVisit visit, void *data);
