/* SPDX-License-Identifier: MIT */
/*
 * "test", "[" and "[[": POSIX.1-2017, test; bash(1), CONDITIONAL EXPRESSIONS.
 */
#include "probes/parse/shell-state.h"

#include <string.h>

#define NESTING_MAX 32

typedef enum Truth { FALSE, TRUE, MAYBE, WRONG } Truth;

typedef struct Operand {
        const char *text; /* NULL: not known */
        const char *pattern;
        bool is_nonempty;
        bool is_operator;
} Operand;

typedef struct Expression {
        PfShellState *state;
        const Operand *items;
        size_t n;
        size_t i;
        bool is_double; /* [[ ]] */
        unsigned depth;
} Expression;

static Truth parse_or(Expression *e);

static Truth truth(bool is_true) {
        return is_true ? TRUE : FALSE;
}

static Truth negate(Truth value) {
        return value == TRUE ? FALSE : value == FALSE ? TRUE : value;
}

static Truth both(Truth a, Truth b) {
        if (a == WRONG || b == WRONG)
                return WRONG;
        if (a == FALSE || b == FALSE)
                return FALSE;
        return a == TRUE && b == TRUE ? TRUE : MAYBE;
}

/* --- one operator --- */

static Truth test_file(const Expression *e, char which, const char *path) {
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        const PfIdentity *who = e->state->setup->view.who;
        int r = pf_shell_find_file(e->state, path, &file);

        if (r < 0)
                return MAYBE;
        if (r > 0)
                return FALSE;
        switch (which) {
        case 'f':
                return truth(file.info.type == PF_FILE_REGULAR);
        case 'd':
                return truth(file.info.type == PF_FILE_DIRECTORY);
        case 's':
                return truth(file.info.size_bytes > 0);
        case 'r':
                return truth(pf_identity_may(who, &file.info, PF_FILE_MAY_READ));
        case 'x':
                return truth(pf_identity_may(who, &file.info, PF_FILE_MAY_EXECUTE));
        case 'w': /* a file system may be mounted without writing */
                return pf_identity_may(who, &file.info, PF_FILE_MAY_WRITE) ? MAYBE : FALSE;
        default:
                return truth(which == 'e');
        }
}

/* What the kernel makes while it runs says nothing in an image. */
static bool is_of_kernel(const char *path) {
        static const char *const places[] = { "/proc", "/sys", "/dev", "/run", "/var/run" };

        for (size_t i = 0; i < PF_ELEMENTS(places); i++)
                if (strncmp(path, places[i], strlen(places[i])) == 0)
                        return true;
        return false;
}

static Truth test_unary(const Expression *e, char which, const Operand *operand) {
        switch (which) {
        case 'n':
                return operand->is_nonempty ? TRUE : operand->text ? FALSE : MAYBE;
        case 'z':
                return operand->is_nonempty ? FALSE : operand->text ? TRUE : MAYBE;
        case 't': /* there is no terminal */
                return operand->text ? FALSE : MAYBE;
        default:
                if (!strchr("efdsrwx", which) || !operand->text || is_of_kernel(operand->text))
                        return MAYBE;
                return test_file(e, which, operand->text);
        }
}

static bool read_number(const char *text, long *ret) {
        char *end;

        errno = 0;
        *ret = strtol(text, &end, 10);
        return end != text && !*end && errno == 0;
}

static Truth compare(const char *operator, long a, long b) {
        static const struct {
                const char *name;
                bool less, equal, more;
        } comparisons[] = {
                { "-eq", false, true, false }, { "-ne", true, false, true },
                { "-lt", true, false, false }, { "-le", true, true, false },
                { "-gt", false, false, true }, { "-ge", false, true, true },
        };

        for (size_t i = 0; i < PF_ELEMENTS(comparisons); i++)
                if (strcmp(operator, comparisons[i].name) == 0)
                        return truth(a < b    ? comparisons[i].less
                                     : a == b ? comparisons[i].equal
                                              : comparisons[i].more);
        return MAYBE;
}

static Truth test_binary(const Expression *e, const Operand *a, const char *operator,
                         const Operand * b) {
        bool is_equal = strcmp(operator, "=") == 0 || strcmp(operator, "==") == 0;
        long x, y;

        if (is_equal || strcmp(operator, "!=") == 0) {
                bool same;

                if (!a->text || !b->text) {
                        /* What is not empty differs from what is. */
                        if ((a->text && !*a->text && b->is_nonempty && !e->is_double) ||
                            (b->text && !*b->text && a->is_nonempty))
                                return truth(!is_equal);
                        return MAYBE;
                }
                if (e->is_double && !b->pattern)
                        return MAYBE;
                same = e->is_double ? pf_shell_matches(b->pattern, a->text)
                                    : strcmp(a->text, b->text) == 0;
                return truth(same == is_equal);
        }
        if (!a->text || !b->text || !read_number(a->text, &x) || !read_number(b->text, &y))
                return MAYBE; /* [[ ]] takes a word for a variable's name */
        return compare(operator, x, y);
}

static bool is_binary(const Expression *e, const Operand *operand) {
        static const char *const names[] = { "=",   "==",  "!=",  "-eq", "-ne", "-lt", "-le", "-gt",
                                             "-ge", "-nt", "-ot", "-ef", "=~",  "<",   ">" };

        for (size_t i = 0; operand->text && i < PF_ELEMENTS(names); i++)
                if (strcmp(operand->text, names[i]) == 0)
                        return e->is_double || operand->is_operator || i < 12;
        return false;
}

/* --- the expression --- */

static const Operand *peek(const Expression *e, size_t k) {
        return e->i + k < e->n ? &e->items[e->i + k] : NULL;
}

static bool next_is(const Expression *e, const char *name) {
        const Operand *operand = peek(e, 0);

        return operand && operand->text && strcmp(operand->text, name) == 0;
}

static bool is_unary(const Operand *operand) {
        return operand->text && operand->text[0] == '-' && operand->text[1] && !operand->text[2];
}

static Truth parse_primary(Expression *e) {
        const Operand *a = peek(e, 0);
        const Operand *b = peek(e, 1);
        const Operand *c = peek(e, 2);

        if (!a)
                return WRONG;
        if (b && c && is_binary(e, b)) {
                e->i += 3;
                return test_binary(e, a, b->text, c);
        }
        if (b && is_unary(a)) {
                e->i += 2;
                return test_unary(e, a->text[1], b);
        }
        e->i += 1;
        return test_unary(e, 'n', a);
}

static Truth parse_not(Expression *e) {
        Truth value;

        if (++e->depth > NESTING_MAX)
                return WRONG;
        if (next_is(e, "!") && peek(e, 1) && !(peek(e, 2) && is_binary(e, peek(e, 1)))) {
                e->i++;
                value = negate(parse_not(e));
        } else if (next_is(e, "(") && e->n - e->i > 2 && !is_binary(e, peek(e, 1))) {
                e->i++;
                value = parse_or(e);
                if (!next_is(e, ")"))
                        value = WRONG;
                e->i++;
        } else {
                value = parse_primary(e);
        }
        e->depth--;
        return value;
}

static Truth parse_and(Expression *e) {
        Truth value = parse_not(e);

        while (next_is(e, e->is_double ? "&&" : "-a")) {
                e->i++;
                value = both(value, parse_not(e));
        }
        return value;
}

static Truth parse_or(Expression *e) {
        Truth value = parse_and(e);

        while (next_is(e, e->is_double ? "||" : "-o")) {
                e->i++;
                value = negate(both(negate(value), negate(parse_and(e))));
        }
        return value;
}

static int evaluate(Expression *e) {
        Truth value = e->n > 0 ? parse_or(e) : FALSE;

        if (value == WRONG || e->i < e->n)
                return e->n > 0 ? -1 : 1;
        return value == TRUE ? 0 : value == FALSE ? 1 : -1;
}

int pf_shell_test(PfShellState *state, const PfShellFields *fields) {
        PF_AUTO_FREE Operand *items = calloc(fields->n + 1, sizeof(*items));
        Expression e = { .state = state, .items = items, .n = fields->n };

        if (!items) {
                (void) pf_shell_fail(state, -ENOMEM);
                return -1;
        }
        for (size_t i = 0; i < fields->n; i++)
                items[i] = (Operand){ .text = fields->items[i].text,
                                      .is_nonempty = fields->items[i].is_nonempty };
        return fields->is_open ? -1 : evaluate(&e);
}

int pf_shell_condition(PfShellState *state, const PfShellWord *words) {
        Expression e = { .state = state, .is_double = true };
        PF_AUTO_SHELL_FIELDS PfShellFields texts = { 0 };
        PF_AUTO_SHELL_FIELDS PfShellFields patterns = { 0 };
        PF_AUTO_FREE Operand *items = NULL;
        const PfShellWord *word;

        for (word = words; word && !pf_shell_is_over(state); word = word->next) {
                PfShellField text = { 0 };
                PfShellField pattern = { 0 };

                pf_shell_expand_text(state, word->text, word->n, &text);
                pf_shell_fields_add_take(state, &texts, text.text, text.is_nonempty);
                pf_shell_expand_pattern(state, word->text, word->n, &pattern);
                pf_shell_fields_add_take(state, &patterns, pattern.text, pattern.is_nonempty);
        }
        items = calloc(texts.n + 1, sizeof(*items));
        if (!items)
                (void) pf_shell_fail(state, -ENOMEM);
        if (pf_shell_is_over(state))
                return -1;
        word = words;
        for (size_t i = 0; i < texts.n; i++, word = word->next)
                items[i] = (Operand){ .text = texts.items[i].text,
                                      .pattern = patterns.items[i].text,
                                      .is_nonempty = texts.items[i].is_nonempty,
                                      .is_operator = word->is_operator };
        e.items = items;
        e.n = texts.n;
        return evaluate(&e);
}
