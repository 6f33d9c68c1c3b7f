/* SPDX-License-Identifier: MIT */
/*
 * The file os-release(5): a script of nothing but assignments, of which a
 * program need not be a shell. lsb-release has the same form.
 */
#include "probes/parse/os-release.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"

#define VALUE_MAX 65536

PfOsRelease *pf_os_release_free(PfOsRelease *release) {
        if (!release)
                return NULL;
        for (size_t i = 0; i < release->n; i++) {
                free(release->fields[i].name);
                free(release->fields[i].value);
                free(release->fields[i].text);
        }
        free(release->fields);
        free(release);
        return NULL;
}

typedef struct Parser {
        const char *at;
        const char *end;
        unsigned line;
        PfOsRelease *release;
} Parser;

static bool at_end(const Parser *parser) {
        return parser->at == parser->end;
}

/* The character at the place, or NUL behind the last; a NUL in the text stays. */
static char peek(const Parser *parser) {
        return at_end(parser) ? '\0' : *parser->at;
}

static char take(Parser *parser) {
        char c = *parser->at++;

        parser->line += c == '\n';
        return c;
}

static void skip_blanks(Parser *parser) {
        while (!at_end(parser) && (*parser->at == ' ' || *parser->at == '\t'))
                parser->at++;
}

static bool is_name(char c, bool first) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (!first && c >= '0' && c <= '9');
}

/* Positive outcomes of what follows: the statement is none of ours. */
enum { BAD = 1 };

/* Behind a backslash. Within double quotes it stays before other characters:
 * sh(1), Quoting. */
static int take_escaped(Parser *parser, bool quoted, PfBuf *value) {
        char c;

        if (at_end(parser))
                return BAD;
        c = take(parser);
        if (c == '\n')
                return 0; /* the line goes on */
        if (quoted && !memchr("$`\"\\", c, 4) && pf_buf_add(value, "\\", 1) < 0)
                return -ENOMEM;
        return pf_buf_add(value, &c, 1);
}

static int take_single_quoted(Parser *parser, PfBuf *value) {
        const char *start = parser->at;

        while (!at_end(parser) && *parser->at != '\'')
                (void) take(parser);
        if (at_end(parser))
                return BAD;
        return pf_buf_add(value, start, (size_t) (parser->at++ - start));
}

static int take_double_quoted(Parser *parser, PfBuf *value) {
        int r = 0;

        while (r == 0 && !at_end(parser)) {
                char c = take(parser);

                if (c == '"')
                        return 0;
                r = c == '\\'              ? take_escaped(parser, true, value)
                    : c == '$' || c == '`' ? BAD
                                           : pf_buf_add(value, &c, 1);
        }
        return r == 0 ? BAD : r;
}

/* Ends a word, outside of quotes. */
static bool is_separator(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == ';';
}

static int take_value(Parser *parser, PfBuf *value) {
        int r = 0;

        while (r == 0 && !at_end(parser) && !is_separator(*parser->at)) {
                char c = take(parser);

                r = c == '\''                            ? take_single_quoted(parser, value)
                    : c == '"'                           ? take_double_quoted(parser, value)
                    : c == '\\'                          ? take_escaped(parser, false, value)
                    : memchr("$`&|<>()\0", c, 9) != NULL ? BAD
                                                         : pf_buf_add(value, &c, 1);
        }
        return r;
}

static int add_field(Parser *parser, char *name, PfBuf *value, const char *start, unsigned line) {
        PfOsRelease *release = parser->release;
        const char *newline = memchr(start, '\n', (size_t) (parser->end - start));
        PfOsReleaseField *fields;
        char *value_text, *text;

        if (release->n == PF_OS_RELEASE_FIELDS_MAX)
                return -EFBIG;
        fields = realloc(release->fields, (release->n + 1) * sizeof(*fields));
        if (!fields)
                return -ENOMEM;
        release->fields = fields;
        value_text = pf_buf_steal(value);
        text = strndup(start, (size_t) ((newline ? newline : parser->end) - start));
        if (!value_text || !text) {
                free(value_text);
                free(text);
                return -ENOMEM;
        }
        fields[release->n++] =
                (PfOsReleaseField){ .name = name, .value = value_text, .text = text, .line = line };
        return 0;
}

/* NAME=VALUE, which begins at the place. */
static int take_assignment(Parser *parser) {
        PF_AUTO_BUF PfBuf value = PF_BUF_INIT(VALUE_MAX);
        PF_AUTO_FREE char *name = NULL;
        const char *start = parser->at;
        unsigned line = parser->line;
        int r;

        while (!at_end(parser) && is_name(*parser->at, parser->at == start))
                parser->at++;
        if (parser->at == start || peek(parser) != '=')
                return BAD;
        name = strndup(start, (size_t) (parser->at - start));
        if (!name)
                return -ENOMEM;
        (void) take(parser);
        r = take_value(parser, &value);
        if (r == -ENOBUFS)
                return BAD;
        if (r == 0)
                r = add_field(parser, name, &value, start, line);
        if (r == 0)
                name = NULL;
        return r;
}

/* Forgets what a statement assigned before it turned out to be a command. */
static void forget(PfOsRelease *release, size_t n) {
        while (release->n > n) {
                release->n--;
                free(release->fields[release->n].name);
                free(release->fields[release->n].value);
                free(release->fields[release->n].text);
        }
}

static void skip_to_end_of_line(Parser *parser) {
        while (!at_end(parser) && take(parser) != '\n')
                ;
}

/* One or more assignments up to the end of the line, a ';' or a comment. */
static int take_statement(Parser *parser) {
        const char *start = parser->at;
        size_t n_before = parser->release->n;
        unsigned line = parser->line;
        int r = 0;

        for (;;) {
                skip_blanks(parser);
                if (at_end(parser) || *parser->at == '\n' || *parser->at == ';')
                        break;
                if (*parser->at == '#') {
                        skip_to_end_of_line(parser);
                        return 0;
                }
                r = take_assignment(parser);
                if (r != 0)
                        break;
        }
        if (r == 0) {
                if (!at_end(parser))
                        (void) take(parser);
                return 0;
        }
        if (r < 0)
                return r;

        /* Also a quote without end: only its first line is lost. */
        forget(parser->release, n_before);
        if (parser->release->bad_line == 0)
                parser->release->bad_line = line;
        parser->at = start;
        parser->line = line;
        skip_to_end_of_line(parser);
        return 0;
}

int pf_os_release_parse(const char *text, size_t n, PfOsRelease **ret) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = calloc(1, sizeof(*release));
        Parser parser = { .at = text, .end = text + n, .line = 1, .release = release };
        int r = 0;

        if (!release)
                return -ENOMEM;
        while (r == 0 && !at_end(&parser))
                r = take_statement(&parser);
        if (r < 0)
                return r;
        *ret = PF_STEAL(release);
        return 0;
}

const PfOsReleaseField *pf_os_release_field(const PfOsRelease *release, const char *name) {
        for (size_t i = release->n; i-- > 0;)
                if (strcmp(release->fields[i].name, name) == 0)
                        return &release->fields[i];
        return NULL;
}

const char *pf_os_release_value(const PfOsRelease *release, const char *name) {
        const PfOsReleaseField *field = pf_os_release_field(release, name);

        return field ? field->value : "";
}
