/* SPDX-License-Identifier: MIT */
/*
 * Is a JSON value what an interface description says? The value comes from
 * anybody; its depth was limited when it was parsed.
 */
#include "daemon/varlink/idl.h"

#include <string.h>

#include "daemon/varlink/idl-internal.h"

/* Where we are in the value: a list from the inside out, on the stack. */
typedef struct Place {
        const struct Place *outer;
        const char *key; /* NULL: an index */
        size_t i;
} Place;

/* Into PF_IDL_PATH_MAX bytes. Returns how many are used, without the NUL. */
static size_t write_place(const Place *place, char *path) {
        size_t used, left;
        int n;

        if (!place)
                return 0;
        used = write_place(place->outer, path);
        left = PF_IDL_PATH_MAX - used;
        n = place->key ? snprintf(path + used, left, "%s%s", used > 0 ? "." : "", place->key)
                       : snprintf(path + used, left, "[%zu]", place->i);
        if (n < 0 || (size_t) n >= left)
                return PF_IDL_PATH_MAX - 1;
        return used + (size_t) n;
}

static int misfit(char *path, const Place *place) {
        path[0] = '\0';
        write_place(place, path);
        return PF_IDL_MISFIT;
}

static int check_value(char *path, const IdlType *type, PfJson *value, const Place *place);

static int check_fields(char *path, const IdlType *type, const PfJson *value, const Place *place) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < type->n_fields; i++) {
                const IdlField *field = &type->fields[i];
                const Place inner = { .outer = place, .key = field->name };

                r = check_value(path, &field->type, pf_json_get(value, field->name), &inner);
        }
        return r;
}

typedef struct Visit {
        char *path;
        const IdlType *type;
        const Place *place;
} Visit;

static int check_key_known(const char *key, PfJson *value, void *data) {
        const Visit *visit = data;
        const Place inner = { .outer = visit->place, .key = key };

        (void) value;
        for (size_t i = 0; i < visit->type->n_fields; i++)
                if (strcmp(visit->type->fields[i].name, key) == 0)
                        return 0;
        return misfit(visit->path, &inner);
}

static int check_struct(char *path, const IdlType *type, PfJson *value, const Place *place) {
        Visit visit = { .path = path, .type = type, .place = place };
        int r;

        if (value && pf_json_type(value) != PF_JSON_OBJECT)
                return misfit(path, place);
        r = check_fields(path, type, value, place);
        return r != 0 ? r : pf_json_each(value, check_key_known, &visit);
}

static int check_map_entry(const char *key, PfJson *value, void *data) {
        const Visit *visit = data;
        const Place inner = { .outer = visit->place, .key = key };

        return check_value(visit->path, visit->type->element, value, &inner);
}

static int check_map(char *path, const IdlType *type, PfJson *value, const Place *place) {
        Visit visit = { .path = path, .type = type, .place = place };

        if (pf_json_type(value) != PF_JSON_OBJECT)
                return misfit(path, place);
        return pf_json_each(value, check_map_entry, &visit);
}

static int check_array(char *path, const IdlType *type, const PfJson *value, const Place *place) {
        int r = 0;

        if (pf_json_type(value) != PF_JSON_ARRAY)
                return misfit(path, place);
        for (size_t i = 0; r == 0 && i < pf_json_length(value); i++) {
                const Place inner = { .outer = place, .i = i };

                r = check_value(path, type->element, pf_json_at(value, i), &inner);
        }
        return r;
}

static bool is_one_of(const IdlType *type, const PfJson *value) {
        const char *text = pf_json_string(value);

        for (size_t i = 0; text && i < type->n_fields; i++)
                if (strcmp(type->fields[i].name, text) == 0)
                        return true;
        return false;
}

static bool fits_plain(const IdlType *type, const PfJson *value) {
        const PfJsonType is = pf_json_type(value);

        switch (type->kind) {
        case IDL_BOOL:
                return is == PF_JSON_BOOL;
        case IDL_INT:
                return is == PF_JSON_INTEGER;
        case IDL_FLOAT:
                return is == PF_JSON_REAL || is == PF_JSON_INTEGER;
        case IDL_STRING:
                return is == PF_JSON_STRING;
        case IDL_OBJECT:
                return is == PF_JSON_OBJECT;
        case IDL_ENUM:
                return is_one_of(type, value);
        default:
                return false;
        }
}

static int check_value(char *path, const IdlType *type, PfJson *value, const Place *place) {
        if (!value)
                return type->nullable ? 0 : misfit(path, place);

        switch (type->kind) {
        case IDL_NAMED:
                return check_value(path, type->target, value, place);
        case IDL_STRUCT:
                return check_struct(path, type, value, place);
        case IDL_MAP:
                return check_map(path, type, value, place);
        case IDL_ARRAY:
                return check_array(path, type, value, place);
        default:
                return fits_plain(type, value) ? 0 : misfit(path, place);
        }
}

int pf_idl_check(const PfIdl *idl, PfIdlRole role, const char *name, const PfJson *value,
                 char ret_path[static PF_IDL_PATH_MAX]) {
        static const PfIdlMember kinds[] = {
                [PF_IDL_CALL] = PF_IDL_METHOD,
                [PF_IDL_REPLY] = PF_IDL_METHOD,
                [PF_IDL_FAULT] = PF_IDL_ERROR,
                [PF_IDL_VALUE] = PF_IDL_TYPE,
        };
        const IdlMember *member = pf_idl_find(idl, kinds[role], name);
        const IdlType *type;

        if (!member)
                return PF_IDL_NO_MEMBER;
        type = role == PF_IDL_REPLY ? &member->out : &member->in;
        if (type->kind == IDL_STRUCT)
                return check_struct(ret_path, type, (PfJson *) value, NULL);
        return check_value(ret_path, type, (PfJson *) value, NULL);
}
