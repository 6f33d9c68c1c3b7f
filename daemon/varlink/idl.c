/* SPDX-License-Identifier: MIT */
/*
 * The parser of the interface definition language: recursive descent over the
 * text, one function for each rule of the grammar. Comments are skipped; who
 * wants to read them is given the text itself.
 */
#include "daemon/varlink/idl.h"

#include <ctype.h>
#include <string.h>

#include "daemon/varlink/idl-internal.h"

typedef struct Parser {
        const char *at;
        unsigned line;
        unsigned depth;
        PfErr *err;
} Parser;

static void deinit_type(IdlType *type) {
        for (size_t i = 0; i < type->n_fields; i++) {
                free(type->fields[i].name);
                deinit_type(&type->fields[i].type);
        }
        free(type->fields);
        if (type->element)
                deinit_type(type->element);
        free(type->element);
        free(type->name);
}

PfIdl *pf_idl_free(PfIdl *idl) {
        if (!idl)
                return NULL;
        for (size_t i = 0; i < idl->n_members; i++) {
                free(idl->members[i].name);
                deinit_type(&idl->members[i].in);
                deinit_type(&idl->members[i].out);
        }
        free(idl->members);
        free(idl->interface);
        free(idl);
        return NULL;
}

static int expected(Parser *parser, const char *what) {
        return pf_err_set(parser->err, -EINVAL, "interface description: line %u: expected %s",
                          parser->line, what);
}

static int duplicate(Parser *parser, const char *name) {
        return pf_err_set(parser->err, -EINVAL, "interface description: line %u: %s is there twice",
                          parser->line, name);
}

static void skip_space(Parser *parser) {
        for (; *parser->at; parser->at++) {
                if (*parser->at == '#')
                        parser->at += strcspn(parser->at, "\n");
                if (*parser->at == '\n')
                        parser->line++;
                else if (!strchr(" \t\r", *parser->at))
                        return;
                if (!*parser->at)
                        return;
        }
}

/* Is @text next? Then it is behind us. */
static bool skip(Parser *parser, const char *text) {
        size_t n = strlen(text);

        skip_space(parser);
        if (strncmp(parser->at, text, n) != 0)
                return false;
        parser->at += n;
        return true;
}

static int need(Parser *parser, const char *text) {
        return skip(parser, text) ? 0 : expected(parser, text);
}

static bool skip_word(Parser *parser, const char *word) {
        size_t n = strlen(word);

        skip_space(parser);
        if (strncmp(parser->at, word, n) != 0 || isalnum((unsigned char) parser->at[n]) ||
            parser->at[n] == '_')
                return false;
        parser->at += n;
        return true;
}

static int take(Parser *parser, size_t n, char **ret) {
        *ret = strndup(parser->at, n);
        if (!*ret)
                return -ENOMEM;
        parser->at += n;
        return 0;
}

/* A letter, then letters, digits and single underscores, none at the end. */
static int take_field_name(Parser *parser, char **ret) {
        size_t n = 0;

        skip_space(parser);
        if (isalpha((unsigned char) parser->at[0]))
                for (n = 1; isalnum((unsigned char) parser->at[n]) ||
                            (parser->at[n] == '_' && isalnum((unsigned char) parser->at[n + 1]));
                     n++)
                        ;
        if (n == 0 || parser->at[n] == '_')
                return expected(parser, "the name of a field");
        return take(parser, n, ret);
}

/* A capital letter, then letters and digits. */
static int take_member_name(Parser *parser, char **ret) {
        size_t n = 0;

        skip_space(parser);
        if (isupper((unsigned char) parser->at[0]))
                for (n = 1; isalnum((unsigned char) parser->at[n]); n++)
                        ;
        if (n == 0)
                return expected(parser, "a name that starts with a capital letter");
        return take(parser, n, ret);
}

/* Labels of letters, digits and inner dashes, at least two, with dots between. */
static int take_interface_name(Parser *parser, char **ret) {
        const char *p;
        unsigned n_dots = 0;
        char before = '.';

        skip_space(parser);
        for (p = parser->at; isalnum((unsigned char) *p) || *p == '-' || *p == '.'; p++) {
                if (!isalnum((unsigned char) *p) && before == '.')
                        break;
                if (*p == '.' && before == '-')
                        break;
                n_dots += *p == '.';
                before = *p;
        }
        if (n_dots == 0 || !isalnum((unsigned char) before) || *p == '-' || *p == '.' ||
            !isalpha((unsigned char) parser->at[0]))
                return expected(parser, "the name of an interface");
        return take(parser, (size_t) (p - parser->at), ret);
}

static int parse_type(Parser *parser, IdlType *type);

static bool has_field(const IdlType *type, const char *name) {
        for (size_t i = 0; i < type->n_fields; i++)
                if (strcmp(type->fields[i].name, name) == 0)
                        return true;
        return false;
}

static int add_field(Parser *parser, IdlType *type, IdlField **ret) {
        PF_AUTO_FREE char *name = NULL;
        IdlField *fields;
        int r;

        r = take_field_name(parser, &name);
        if (r < 0)
                return r;
        if (has_field(type, name))
                return duplicate(parser, name);

        fields = realloc(type->fields, (type->n_fields + 1) * sizeof(*fields));
        if (!fields)
                return -ENOMEM;
        type->fields = fields;
        *ret = &fields[type->n_fields++];
        **ret = (IdlField){ .name = PF_STEAL(name) };
        return 0;
}

/* Behind "(". The first field tells whether these have types, or are values. */
static int parse_fields(Parser *parser, IdlType *type) {
        IdlField *field = NULL;
        int r;

        type->kind = IDL_STRUCT;
        if (skip(parser, ")"))
                return 0;
        do {
                r = add_field(parser, type, &field);
                if (r < 0)
                        return r;
                if (type->n_fields == 1 && !skip(parser, ":"))
                        type->kind = IDL_ENUM;
                else if (type->kind == IDL_STRUCT && type->n_fields > 1)
                        r = need(parser, ":");
                if (r == 0 && type->kind == IDL_STRUCT)
                        r = parse_type(parser, &field->type);
                if (r < 0)
                        return r;
        } while (skip(parser, ","));
        return need(parser, ")");
}

static int parse_element(Parser *parser, IdlKind kind, IdlType *type) {
        type->kind = kind;
        type->element = calloc(1, sizeof(*type->element));
        if (!type->element)
                return -ENOMEM;
        return parse_type(parser, type->element);
}

static int parse_plain_type(Parser *parser, IdlType *type) {
        static const char *const words[] = {
                [IDL_BOOL] = "bool",     [IDL_INT] = "int",       [IDL_FLOAT] = "float",
                [IDL_STRING] = "string", [IDL_OBJECT] = "object",
        };

        if (skip(parser, "[]"))
                return parse_element(parser, IDL_ARRAY, type);
        if (skip(parser, "[string]"))
                return parse_element(parser, IDL_MAP, type);
        if (skip(parser, "("))
                return parse_fields(parser, type);
        for (size_t i = 0; i < PF_ELEMENTS(words); i++)
                if (skip_word(parser, words[i])) {
                        type->kind = (IdlKind) i;
                        return 0;
                }
        type->kind = IDL_NAMED;
        return take_member_name(parser, &type->name);
}

static int parse_type(Parser *parser, IdlType *type) {
        int r;

        if (++parser->depth > PF_IDL_DEPTH_MAX)
                return pf_err_set(parser->err, -EINVAL,
                                  "interface description: line %u: nested too deeply",
                                  parser->line);
        type->nullable = skip(parser, "?");
        r = parse_plain_type(parser, type);
        parser->depth--;
        return r;
}

static int parse_parentheses(Parser *parser, bool may_be_enum, IdlType *type) {
        int r;

        r = need(parser, "(");
        if (r == 0)
                r = parse_fields(parser, type);
        if (r == 0 && type->kind == IDL_ENUM && !may_be_enum)
                return expected(parser, "fields with types before here");
        return r;
}

static bool has_member(const PfIdl *idl, const char *name) {
        for (size_t i = 0; i < idl->n_members; i++)
                if (strcmp(idl->members[i].name, name) == 0)
                        return true;
        return false;
}

static int add_member(Parser *parser, PfIdl *idl, PfIdlMember kind, IdlMember **ret) {
        PF_AUTO_FREE char *name = NULL;
        IdlMember *members;
        int r;

        r = take_member_name(parser, &name);
        if (r < 0)
                return r;
        if (has_member(idl, name))
                return duplicate(parser, name);

        members = realloc(idl->members, (idl->n_members + 1) * sizeof(*members));
        if (!members)
                return -ENOMEM;
        idl->members = members;
        *ret = &members[idl->n_members++];
        **ret = (IdlMember){ .kind = kind, .name = PF_STEAL(name) };
        return 0;
}

static int parse_member(Parser *parser, PfIdl *idl) {
        static const char *const words[] = {
                [PF_IDL_TYPE] = "type",
                [PF_IDL_METHOD] = "method",
                [PF_IDL_ERROR] = "error",
        };
        IdlMember *member = NULL;
        size_t kind = 0;
        int r;

        while (kind < PF_ELEMENTS(words) && !skip_word(parser, words[kind]))
                kind++;
        if (kind == PF_ELEMENTS(words))
                return expected(parser, "type, method, or error");

        r = add_member(parser, idl, (PfIdlMember) kind, &member);
        if (r == 0)
                r = parse_parentheses(parser, kind == PF_IDL_TYPE, &member->in);
        if (r < 0 || kind != PF_IDL_METHOD)
                return r;

        r = need(parser, "->");
        return r < 0 ? r : parse_parentheses(parser, false, &member->out);
}

/* Types may be used before they are defined, so this comes last. */
static int resolve(const PfIdl *idl, IdlType *type, PfErr *err) {
        int r = 0;

        if (type->kind == IDL_NAMED) {
                const IdlMember *member = pf_idl_find(idl, PF_IDL_TYPE, type->name);

                if (!member)
                        return pf_err_set(err, -EINVAL, "interface description: no type %s",
                                          type->name);
                type->target = &member->in;
        }
        if (type->element)
                r = resolve(idl, type->element, err);
        if (type->kind == IDL_STRUCT)
                for (size_t i = 0; r == 0 && i < type->n_fields; i++)
                        r = resolve(idl, &type->fields[i].type, err);
        return r;
}

static int parse_interface(Parser *parser, PfIdl *idl) {
        int r;

        if (!skip_word(parser, "interface"))
                return expected(parser, "\"interface\"");
        r = take_interface_name(parser, &idl->interface);
        for (skip_space(parser); r == 0 && *parser->at; skip_space(parser))
                r = parse_member(parser, idl);
        for (size_t i = 0; r == 0 && i < idl->n_members; i++) {
                r = resolve(idl, &idl->members[i].in, parser->err);
                if (r == 0)
                        r = resolve(idl, &idl->members[i].out, parser->err);
        }
        return r;
}

int pf_idl_parse(const char *text, PfIdl **ret, PfErr *err) {
        PF_CLEANUP(pf_idl_freep) PfIdl *idl = calloc(1, sizeof(*idl));
        Parser parser = { .at = text, .line = 1, .err = err };
        int r;

        if (!idl)
                return -ENOMEM;
        r = parse_interface(&parser, idl);
        if (r < 0)
                return r;
        *ret = PF_STEAL(idl);
        return 0;
}

const char *pf_idl_interface(const PfIdl *idl) {
        return idl->interface;
}

const char *pf_idl_member(const PfIdl *idl, PfIdlMember kind, size_t i) {
        for (size_t k = 0; k < idl->n_members; k++)
                if (idl->members[k].kind == kind && i-- == 0)
                        return idl->members[k].name;
        return NULL;
}

const IdlMember *pf_idl_find(const PfIdl *idl, PfIdlMember kind, const char *name) {
        for (size_t i = 0; i < idl->n_members; i++)
                if (idl->members[i].kind == kind && strcmp(idl->members[i].name, name) == 0)
                        return &idl->members[i];
        return NULL;
}
