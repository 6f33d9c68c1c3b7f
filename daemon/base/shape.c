/* SPDX-License-Identifier: MIT */
/* Structs to JSON and back, by the table of their members. */
#include "daemon/base/shape.h"

#include <stdlib.h>
#include <string.h>

static const void *at(const PfMember *member, const void *value) {
        return (const char *) value + member->offset;
}

void *pf_rows_add(PfRows *rows, size_t size) {
        char *items;

        if (rows->n >= PF_SHAPE_ROWS_MAX)
                return NULL;
        items = realloc(rows->items, (rows->n + 1) * size);
        if (!items)
                return NULL;
        rows->items = items;
        return memset(items + rows->n++ * size, 0, size);
}

/* --- to JSON --- */

static int put_rows(PfJson *object, const PfMember *member, const PfRows *rows) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        for (size_t i = 0; array && i < rows->n; i++) {
                const char *row = (const char *) rows->items + i * member->rows->size;

                if (pf_json_append_take(array, pf_shape_to_json(member->rows, row)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, member->key, PF_STEAL(array));
}

static int put(PfJson *object, const PfMember *member, const void *from) {
        switch (member->kind) {
        case PF_MEMBER_BOOL:
                return *(const bool *) from ? pf_json_put_bool(object, member->key, true) : 0;
        case PF_MEMBER_UINT32:
                return *(const uint32_t *) from
                               ? pf_json_put_uint(object, member->key, *(const uint32_t *) from)
                               : 0;
        case PF_MEMBER_UINT64:
                return *(const uint64_t *) from
                               ? pf_json_put_uint(object, member->key, *(const uint64_t *) from)
                               : 0;
        case PF_MEMBER_TEXT:
                return *(char *const *) from
                               ? pf_json_put_string(object, member->key, *(char *const *) from)
                               : 0;
        case PF_MEMBER_TEXTS:
                return ((const PfStrv *) from)->n ? pf_json_put_strv(object, member->key, from) : 0;
        case PF_MEMBER_ROWS:
                return ((const PfRows *) from)->n ? put_rows(object, member, from) : 0;
        }
        return -EINVAL;
}

PfJson *pf_shape_to_json(const PfShape *shape, const void *value) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        for (size_t i = 0; object && i < shape->n_members; i++)
                if (put(object, &shape->members[i], at(&shape->members[i], value)) < 0)
                        return NULL;
        return PF_STEAL(object);
}

/* --- from JSON --- */

static const PfJsonType types[] = {
        [PF_MEMBER_BOOL] = PF_JSON_BOOL,      [PF_MEMBER_UINT32] = PF_JSON_INTEGER,
        [PF_MEMBER_UINT64] = PF_JSON_INTEGER, [PF_MEMBER_TEXT] = PF_JSON_STRING,
        [PF_MEMBER_TEXTS] = PF_JSON_ARRAY,    [PF_MEMBER_ROWS] = PF_JSON_ARRAY,
};

static int get_texts(const PfJson *array, PfStrv *to) {
        for (size_t i = 0; i < pf_json_length(array); i++) {
                const char *text = pf_json_string(pf_json_at(array, i));

                if (!text || pf_strv_add(to, text) < 0)
                        return text ? -ENOMEM : -EINVAL;
        }
        return 0;
}

static int get_rows(const PfShape *shape, const PfJson *array, const char *what, PfRows *to,
                    PfErr *err) {
        int r = pf_json_length(array) > PF_SHAPE_ROWS_MAX ? -E2BIG : 0;

        for (size_t i = 0; r == 0 && i < pf_json_length(array); i++) {
                void *row = pf_rows_add(to, shape->size);

                r = row ? pf_shape_from_json(shape, pf_json_at(array, i), what, row, err) : -ENOMEM;
        }
        return r;
}

static int get_number(int64_t number, PfMemberKind kind, void *to) {
        if (number < 0 || (kind == PF_MEMBER_UINT32 && number > UINT32_MAX))
                return -EINVAL;
        if (kind == PF_MEMBER_UINT32)
                *(uint32_t *) to = (uint32_t) number;
        else
                *(uint64_t *) to = (uint64_t) number;
        return 0;
}

static int get(const PfMember *member, const PfJson *value, const char *what, void *to,
               PfErr *err) {
        if (pf_json_type(value) != types[member->kind])
                return -EINVAL;
        switch (member->kind) {
        case PF_MEMBER_BOOL:
                *(bool *) to = pf_json_bool(value);
                return 0;
        case PF_MEMBER_UINT32:
        case PF_MEMBER_UINT64:
                return get_number(pf_json_integer(value), member->kind, to);
        case PF_MEMBER_TEXT:
                *(char **) to = strdup(pf_json_string(value));
                return *(char **) to ? 0 : -ENOMEM;
        case PF_MEMBER_TEXTS:
                return get_texts(value, to);
        case PF_MEMBER_ROWS:
                return get_rows(member->rows, value, what, to, err);
        }
        return -EINVAL;
}

int pf_shape_from_json(const PfShape *shape, const PfJson *object, const char *what, void *ret,
                       PfErr *err) {
        char *value;
        int r = 0;

        if (pf_json_type(object) != PF_JSON_OBJECT)
                return pf_err_set(err, -EINVAL, "%s: expected an object", what);
        value = calloc(1, shape->size);
        if (!value)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < shape->n_members; i++) {
                const PfMember *member = &shape->members[i];
                const PfJson *from = pf_json_get(object, member->key);

                if (from)
                        r = get(member, from, what, value + member->offset, err);
                if (r == -EINVAL)
                        (void) pf_err_set(err, r, "%s: \"%s\" is not understood", what,
                                          member->key);
        }
        if (r == 0)
                memcpy(ret, value, shape->size);
        else
                pf_shape_deinit(shape, value);
        free(value);
        return r;
}

/* --- the end --- */

static void free_rows(const PfShape *shape, PfRows *rows) {
        for (size_t i = 0; i < rows->n; i++)
                pf_shape_deinit(shape, (char *) rows->items + i * shape->size);
        free(rows->items);
}

void pf_shape_deinit(const PfShape *shape, void *value) {
        for (size_t i = 0; i < shape->n_members; i++) {
                const PfMember *member = &shape->members[i];
                void *owned = (char *) value + member->offset;

                if (member->kind == PF_MEMBER_TEXT)
                        free(*(char **) owned);
                else if (member->kind == PF_MEMBER_TEXTS)
                        pf_strv_deinit(owned);
                else if (member->kind == PF_MEMBER_ROWS)
                        free_rows(member->rows, owned);
        }
        memset(value, 0, shape->size);
}
