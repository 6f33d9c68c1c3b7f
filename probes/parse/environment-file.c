/* SPDX-License-Identifier: MIT */
/*
 * Files of variables, as systemd and as an init script's shell read them.
 */
#include "probes/parse/environment-file.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/os-release.h"

#define VALUE_MAX PF_ENVIRONMENT_FILE_MAX

static void variable_deinit(PfVariable *variable) {
        free(variable->name);
        free(variable->value);
        free(variable->path);
        free(variable->text);
}

void pf_environment_deinit(PfEnvironment *environment) {
        for (size_t i = 0; i < environment->n; i++)
                variable_deinit(&environment->variables[i]);
        free(environment->variables);
        *environment = (PfEnvironment){ 0 };
}

static PfVariable *find(const PfEnvironment *environment, const char *name) {
        for (size_t i = 0; i < environment->n; i++)
                if (strcmp(environment->variables[i].name, name) == 0)
                        return &environment->variables[i];
        return NULL;
}

const PfVariable *pf_environment_get(const PfEnvironment *environment, const char *name) {
        return find(environment, name);
}

static PfVariable *add(PfEnvironment *environment) {
        PfVariable *variables = realloc(environment->variables,
                                        (environment->n + 1) * sizeof(*environment->variables));

        if (!variables)
                return NULL;
        environment->variables = variables;
        return &variables[environment->n];
}

int pf_environment_set(PfEnvironment *environment, const PfAssignment *assignment) {
        PfVariable variable = {
                .name = strndup(assignment->name, assignment->n_name),
                .value = strndup(assignment->value, assignment->n_value),
                .path = strdup(assignment->path),
                .line = assignment->line,
                .text = strndup(assignment->text, assignment->n_text),
        };
        PfVariable *slot = NULL;
        int r = -ENOMEM;

        if (variable.name && variable.value && variable.path && variable.text) {
                slot = find(environment, variable.name);
                if (slot)
                        variable_deinit(slot);
                else if (environment->n == PF_ENVIRONMENT_MAX)
                        r = -E2BIG;
                else if ((slot = add(environment)))
                        environment->n++;
        }
        if (!slot) {
                variable_deinit(&variable);
                return r;
        }
        *slot = variable;
        return 0;
}

/* --- as systemd --- */

typedef struct Reader {
        PfEnvironment *environment;
        const char *path;
        const char *at;
        const char *end;
        unsigned line;
        PfBuf value;
        size_t kept; /* bytes of the value that white space at its end does not lose */
} Reader;

static bool at_end(const Reader *reader) {
        return reader->at == reader->end;
}

static char take(Reader *reader) {
        char c = *reader->at++;

        reader->line += c == '\n';
        return c;
}

static bool is_newline(char c) {
        return c == '\n' || c == '\r';
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || is_newline(c);
}

static int keep(Reader *reader, char c) {
        int r = pf_buf_add(&reader->value, &c, 1);

        reader->kept = reader->value.n;
        return r;
}

static void skip_comment(Reader *reader) {
        while (!at_end(reader)) {
                char c = take(reader);

                if (is_newline(c))
                        return;
                if (c == '\\' && !at_end(reader))
                        (void) take(reader);
        }
}

static int take_single_quoted(Reader *reader) {
        int r = 0;

        while (r == 0 && !at_end(reader)) {
                char c = take(reader);

                if (c == '\'')
                        return 0;
                r = keep(reader, c);
        }
        return r;
}

static int take_double_quoted(Reader *reader) {
        int r = 0;

        while (r == 0 && !at_end(reader)) {
                char c = take(reader);

                if (c == '"')
                        return 0;
                if (c == '\\' && !at_end(reader)) {
                        c = take(reader);
                        if (is_newline(c))
                                continue;
                        if (!memchr("\"\\`$", c, 4))
                                r = keep(reader, '\\');
                }
                if (r == 0)
                        r = keep(reader, c);
        }
        return r;
}

/* From the first character that is neither white space nor a quote, to the end
 * of the line; quotes have no meaning there. */
static int take_bare(Reader *reader) {
        int r = 0;

        while (r == 0 && !at_end(reader)) {
                char c = take(reader);

                if (is_newline(c)) {
                        reader->at--;
                        reader->line -= c == '\n';
                        return 0;
                }
                if (c == '\\') {
                        if (at_end(reader))
                                return 0;
                        c = take(reader);
                        if (!is_newline(c))
                                r = keep(reader, c);
                } else if (is_blank(c)) {
                        r = pf_buf_add(&reader->value, &c, 1);
                } else {
                        r = keep(reader, c);
                }
        }
        return r;
}

static int take_value(Reader *reader) {
        int r = 0;

        reader->value.n = 0;
        reader->kept = 0;
        while (r == 0 && !at_end(reader)) {
                char c = take(reader);

                if (is_newline(c))
                        return 0;
                if (is_blank(c))
                        continue;
                if (c == '\'')
                        r = take_single_quoted(reader);
                else if (c == '"')
                        r = take_double_quoted(reader);
                else {
                        reader->at--;
                        r = take_bare(reader);
                }
        }
        return r;
}

static bool is_name(const char *name, size_t n) {
        for (size_t i = 0; i < n; i++) {
                char c = name[i];

                if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                      (i > 0 && c >= '0' && c <= '9')))
                        return false;
        }
        return n > 0;
}

static int take_assignment(Reader *reader) {
        const char *start = reader->at;
        size_t left = (size_t) (reader->end - start);
        unsigned line = reader->line;
        size_t n_line = 0, n_name;
        const char *equals;
        int r;

        while (n_line < left && !is_newline(start[n_line]))
                n_line++;
        equals = memchr(start, '=', n_line);
        if (!equals) {
                reader->at += n_line;
                return 0;
        }
        n_name = (size_t) (equals - start);
        while (n_name > 0 && is_blank(start[n_name - 1]))
                n_name--;
        reader->at = equals + 1;
        r = take_value(reader);
        if (r < 0 || !is_name(start, n_name))
                return r;
        return pf_environment_set(reader->environment,
                                  &(PfAssignment){ .name = start,
                                                   .n_name = n_name,
                                                   .value = reader->kept ? reader->value.data : "",
                                                   .n_value = reader->kept,
                                                   .path = reader->path,
                                                   .line = line,
                                                   .text = start,
                                                   .n_text = n_line });
}

int pf_environment_parse(PfEnvironment *environment, const char *text, size_t n, const char *path) {
        Reader reader = { .environment = environment,
                          .path = path,
                          .at = text,
                          .end = text + n,
                          .line = 1,
                          .value = PF_BUF_INIT(VALUE_MAX) };
        int r = 0;

        while (r == 0 && !at_end(&reader)) {
                char c = *reader.at;

                if (is_blank(c))
                        (void) take(&reader);
                else if (c == '#' || c == ';')
                        skip_comment(&reader);
                else
                        r = take_assignment(&reader);
        }
        pf_buf_deinit(&reader.value);
        return r == -ENOBUFS ? -E2BIG : r;
}

/* --- as a shell --- */

int pf_environment_parse_shell(PfEnvironment *environment, const char *text, size_t n,
                               const char *path, unsigned *ret_bad_line) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *script = NULL;
        int r;

        r = pf_os_release_parse(text, n, &script);
        if (r < 0)
                return r == -EFBIG ? -E2BIG : r;
        for (size_t i = 0; i < script->n && r == 0; i++) {
                const PfOsReleaseField *field = &script->fields[i];

                r = pf_environment_set(environment,
                                       &(PfAssignment){ .name = field->name,
                                                        .n_name = strlen(field->name),
                                                        .value = field->value,
                                                        .n_value = strlen(field->value),
                                                        .path = path,
                                                        .line = field->line,
                                                        .text = field->text,
                                                        .n_text = strlen(field->text) });
        }
        if (r == 0)
                *ret_bad_line = script->bad_line;
        return r;
}
