/* SPDX-License-Identifier: MIT */
/*
 * Expansion of words: POSIX.1-2017, Shell Command Language, 2.6. A part that is
 * not known makes its word unknown; one that would be split makes their number
 * unknown.
 */
#include "probes/parse/shell-state.h"

#include <string.h>

#define WORD_MAX 65536
#define NESTING_MAX 16
#define SPECIAL "*?[]\\"

/* A word while it is put together. */
typedef struct Build {
        PfShellState *state;
        PfShellFields *fields; /* NULL: one text, never split */
        PfBuf text;
        PfBuf pattern; /* the same with a backslash before what is quoted and special */
        bool is_unknown;
        bool is_nonempty;
        bool is_begun;    /* there is a field, be it empty */
        bool has_bracket; /* a "[" that a "]" makes into a pattern */
        bool has_glob;
        unsigned depth;
} Build;

static void build_deinit(Build *build) {
        pf_buf_deinit(&build->text);
        pf_buf_deinit(&build->pattern);
}

static void expand(Build *build, const char *p, const char *end, bool is_quoted);

static void add(Build *build, const char *text, size_t n, bool is_quoted) {
        int r = pf_buf_add(&build->text, text, n);

        build->is_begun = true;
        build->is_nonempty |= n > 0;
        for (size_t i = 0; i < n && r == 0; i++) {
                bool is_special = text[i] && strchr(SPECIAL, text[i]);

                if (is_special && (is_quoted || text[i] == '\\'))
                        r = pf_buf_add(&build->pattern, "\\", 1);
                else if (text[i] == '[')
                        build->has_bracket = true;
                else if (is_special)
                        build->has_glob |= text[i] != ']' || build->has_bracket;
                if (r == 0)
                        r = pf_buf_add(&build->pattern, &text[i], 1);
        }
        if (r == -ENOBUFS)
                (void) pf_shell_give_up(build->state, "a word is too long");
        else if (r < 0)
                (void) pf_shell_fail(build->state, r);
}

/* --- fields --- */

static void add_field(Build *build, const char *text, bool is_nonempty) {
        char *copy = text ? strdup(text) : NULL;

        if (text && !copy)
                (void) pf_shell_fail(build->state, -ENOMEM);
        else
                pf_shell_fields_add_take(build->state, build->fields, copy, is_nonempty);
}

/* Are the names that a pattern is compared with those that the view's user sees? */
static bool can_glob(const Build *build) {
        const PfFileView *view = &build->state->setup->view;
        PF_AUTO_FOUND_FILE PfFoundFile directory = { 0 };
        char *slash = strrchr(build->pattern.data, '/');
        PF_AUTO_FREE char *name = NULL;

        if ((view->root && *view->root) || build->text.data[0] != '/' || !slash ||
            strcspn(build->pattern.data, SPECIAL) < (size_t) (slash - build->pattern.data))
                return false;
        name = strndup(build->text.data, (size_t) (slash - build->pattern.data) + 1);
        return name && pf_shell_find_file(build->state, name, &directory) == 0 &&
               pf_identity_may(view->who, &directory.info, PF_FILE_MAY_READ);
}

static void add_globbed(Build *build) {
        PF_AUTO_STRV PfStrv found = { 0 };
        int r;

        if (!can_glob(build)) {
                build->fields->is_open = true;
                add_field(build, NULL, true);
                return;
        }
        r = pf_target_glob(build->state->setup->view.target, build->pattern.data, &found,
                           build->state->err);
        if (r < 0)
                (void) pf_shell_fail(build->state, r);
        for (size_t i = 0; i < found.n; i++)
                add_field(build, found.items[i], true);
        if (found.n == 0)
                add_field(build, build->text.data, true);
}

/* Ends the field that was begun. */
static void end_field(Build *build) {
        if (!build->is_begun)
                return;
        if (build->is_unknown)
                add_field(build, NULL, build->is_nonempty);
        else if (build->has_glob && !build->state->has_no_glob)
                add_globbed(build);
        else
                add_field(build, build->text.data ? build->text.data : "", build->is_nonempty);
        build->text.n = build->pattern.n = 0;
        build->is_unknown = build->is_nonempty = build->is_begun = false;
        build->has_bracket = build->has_glob = false;
}

static void add_unknown(Build *build, bool is_nonempty, bool is_quoted) {
        build->is_unknown = build->is_begun = true;
        build->is_nonempty |= is_nonempty;
        if (build->fields && !is_quoted)
                build->fields->is_open = true;
}

static bool has_own_separators(const Build *build) {
        const PfShellVariable *ifs = pf_shell_get(build->state, "IFS", 3);

        return ifs && (!ifs->text || strcmp(ifs->text, " \t\n") != 0);
}

/* The text of a parameter: unquoted, it is split at white space. */
static void add_value(Build *build, const char *text, bool is_quoted) {
        if (is_quoted || !build->fields) {
                add(build, text, strlen(text), is_quoted);
                return;
        }
        if (has_own_separators(build)) {
                add_unknown(build, false, false);
                return;
        }
        while (*text && !pf_shell_is_over(build->state)) {
                size_t n = strcspn(text, " \t\n");

                if (n == 0) {
                        end_field(build);
                        text++;
                } else {
                        add(build, text, n, false);
                        text += n;
                }
        }
}

static void add_arguments(Build *build, char which, bool is_quoted) {
        const PfShellFields *arguments = &build->state->arguments;

        if (arguments->is_open) {
                add_unknown(build, false, false);
                return;
        }
        for (size_t i = 1; i < arguments->n; i++) {
                if (i > 1 && which == '@' && build->fields)
                        end_field(build);
                else if (i > 1)
                        add_value(build, " ", is_quoted);
                if (!arguments->items[i].text)
                        add_unknown(build, arguments->items[i].is_nonempty, is_quoted);
                else
                        add_value(build, arguments->items[i].text, is_quoted);
                build->is_begun |= is_quoted;
        }
}

/* --- parameters --- */

typedef struct Value {
        PfShellKnowledge known;
        const char *text;
        char number[24];
} Value;

static void set_number(Value *value, long number) {
        (void) snprintf(value->number, sizeof(value->number), "%ld", number);
        value->text = value->number;
        value->known = PF_SHELL_TEXT;
}

static void get_position(const PfShellState *state, unsigned long i, Value *ret) {
        const PfShellFields *arguments = &state->arguments;

        if (arguments->is_open && i > 0)
                ret->known = PF_SHELL_ANY;
        else if (i < arguments->n) {
                ret->text = arguments->items[i].text;
                ret->known = ret->text                         ? PF_SHELL_TEXT
                             : arguments->items[i].is_nonempty ? PF_SHELL_SOME
                                                               : PF_SHELL_ANY;
        }
}

static void get_special(const PfShellState *state, char name, Value *ret) {
        switch (name) {
        case '?':
                if (state->status >= 0)
                        set_number(ret, state->status);
                else
                        ret->known = PF_SHELL_SOME;
                break;
        case '#':
                if (state->arguments.is_open)
                        ret->known = PF_SHELL_SOME;
                else
                        set_number(ret, (long) state->arguments.n - 1);
                break;
        case '-': /* not interactive is what matters: no "i" */
                ret->known = PF_SHELL_TEXT;
                ret->text = state->setup->is_bash ? "hBc" : "";
                break;
        case '$':
                ret->known = PF_SHELL_SOME;
                break;
        case '!':
                ret->known = PF_SHELL_ANY;
                break;
        }
}

/* How many bytes at @p name a parameter? */
static size_t parameter_length(const char *p, const char *end, bool in_braces) {
        size_t n = pf_shell_name_length(p, (size_t) (end - p));

        if (n > 0 || p == end)
                return n;
        if (*p >= '0' && *p <= '9') {
                for (n = 1; in_braces && p + n < end && p[n] >= '0' && p[n] <= '9' && n < 6;)
                        n++;
                return n;
        }
        return *p && strchr("?#-$!@*", *p) ? 1 : 0;
}

static Value get_value(const PfShellState *state, const char *name, size_t n) {
        Value value = { .known = PF_SHELL_UNSET };
        const PfShellVariable *variable;

        if (*name >= '0' && *name <= '9') {
                get_position(state, strtoul(name, NULL, 10), &value);
        } else if (pf_shell_name_length(name, n) == n) {
                variable = pf_shell_get(state, name, n);
                if (variable) {
                        value.known = variable->known;
                        value.text = variable->text;
                }
        } else {
                get_special(state, *name, &value);
        }
        return value;
}

static void add_known(Build *build, const Value *value, bool is_quoted) {
        /* A number is kept in the value itself. */
        const char *text = value->number[0] ? value->number : value->text;

        if (value->known == PF_SHELL_TEXT)
                add_value(build, text, is_quoted);
        else if (value->known == PF_SHELL_UNSET && build->state->stops_at_unset)
                (void) pf_shell_give_up(build->state, "set -u meets a variable that is not set");
        else if (value->known != PF_SHELL_UNSET)
                add_unknown(build, value->known == PF_SHELL_SOME, is_quoted);
}

/* Is it to be taken for unset; with a colon also when empty? Not known: both ways. */
static bool is_missing(Build *build, const Value *value, bool colon) {
        if (value->known == PF_SHELL_ANY)
                return pf_shell_choose(build->state);
        return value->known == PF_SHELL_UNSET ||
               (colon && value->known == PF_SHELL_TEXT && !value->number[0] && !*value->text);
}

/* The longest or shortest part at an end that matches, taken off. */
static void add_trimmed(Build *build, const char *text, const char *pattern, char side,
                        bool longest, bool is_quoted) {
        size_t n = strlen(text);
        PF_AUTO_FREE char *part = NULL;

        for (size_t k = 0; k <= n; k++) {
                size_t i = longest ? n - k : k;

                part = side == '#' ? strndup(text, i) : strdup(text + n - i);
                if (!part) {
                        (void) pf_shell_fail(build->state, -ENOMEM);
                        return;
                }
                if (pf_shell_matches(pattern, part)) {
                        free(part);
                        part = side == '#' ? strdup(text + i) : strndup(text, n - i);
                        break;
                }
                free(PF_STEAL(part));
        }
        add_value(build, part ? part : text, is_quoted);
}

static void trim(Build *build, const Value *value, const char *p, const char *end, bool is_quoted) {
        PF_AUTO_SHELL_FIELD PfShellField pattern = { 0 };
        bool longest = end - p > 1 && p[1] == p[0];

        pf_shell_expand_pattern(build->state, p + 1 + longest, (size_t) (end - p) - 1 - longest,
                                &pattern);
        if (value->known == PF_SHELL_UNSET || pf_shell_is_over(build->state))
                return;
        if (value->known != PF_SHELL_TEXT || !pattern.text)
                add_unknown(build, false, is_quoted);
        else
                add_trimmed(build, value->number[0] ? value->number : value->text, pattern.text, *p,
                            longest, is_quoted);
}

static void assign_default(Build *build, const char *name, size_t n, const char *word,
                           const char *end) {
        PF_AUTO_SHELL_FIELD PfShellField value = { 0 };

        pf_shell_expand_text(build->state, word, (size_t) (end - word), &value);
        pf_shell_set(build->state, name, n,
                     value.text          ? PF_SHELL_TEXT
                     : value.is_nonempty ? PF_SHELL_SOME
                                         : PF_SHELL_ANY,
                     value.text);
}

/* ${name-word} and its like: @p is behind the name, at "-", "=", "?" or "+". */
static void substitute(Build *build, const char *name, size_t n, const char *p, const char *end,
                       bool is_quoted) {
        Value value = get_value(build->state, name, n);
        bool colon = *p == ':';
        bool missing = is_missing(build, &value, colon);

        p += colon;
        if (*p == '+') {
                if (!missing)
                        expand(build, p + 1, end, is_quoted);
        } else if (!missing) {
                add_known(build, &value, is_quoted);
        } else if (*p == '?') {
                (void) pf_shell_give_up(build->state, "a variable that it demands is not set");
        } else {
                if (*p == '=')
                        assign_default(build, name, n, p + 1, end);
                expand(build, p + 1, end, is_quoted);
        }
}

/* What is between the braces. */
static void expand_braces(Build *build, const char *p, const char *end, bool is_quoted) {
        size_t n = parameter_length(p, end, true);
        Value value;

        if (*p == '#' && end - p > 1) { /* ${#name} */
                add_unknown(build, true, is_quoted);
                return;
        }
        if (n == 0) {
                (void) pf_shell_give_up(build->state, "an expansion was not understood");
        } else if (p + n == end) {
                value = get_value(build->state, p, n);
                if (*p == '@' || *p == '*')
                        add_arguments(build, *p, is_quoted);
                else
                        add_known(build, &value, is_quoted);
        } else if (*p == '@' || *p == '*') {
                add_unknown(build, false, false);
        } else if (strchr("-=?+", p[n]) ||
                   (p[n] == ':' && end - p > (ptrdiff_t) n + 1 && strchr("-=?+", p[n + 1]))) {
                substitute(build, p, n, p + n, end, is_quoted);
        } else if (p[n] == '#' || p[n] == '%') {
                value = get_value(build->state, p, n);
                trim(build, &value, p + n, end, is_quoted);
        } else if (build->state->setup->is_bash && strchr("/:^,@[", p[n])) {
                add_unknown(build, false, is_quoted);
        } else {
                (void) pf_shell_give_up(build->state, "an expansion was not understood");
        }
}

/* --- command substitution --- */

/* Programs of which it is known what they print. */
static const char *known_output(const PfShellState *state, const char *program, const char *option,
                                char *buffer, size_t size) {
        const PfIdentity *who = state->setup->view.who;

        if (strcmp(program, "whoami") == 0 && !*option)
                return state->setup->user;
        if (strcmp(program, "id") != 0)
                return NULL;
        if (strcmp(option, "-un") == 0 || strcmp(option, "-nu") == 0)
                return state->setup->user;
        if (strcmp(option, "-u") != 0 && strcmp(option, "-g") != 0)
                return NULL;
        (void) snprintf(buffer, size, "%u", option[1] == 'u' ? who->uid : who->gid);
        return buffer;
}

/* Could a program write to the standard output, though its own is caught? */
static bool leaks(const PfShellState *state) {
        for (size_t i = 2; i < PF_SHELL_N_STREAMS; i++)
                if (state->streams[i] == PF_SHELL_STDOUT)
                        return true;
        return false;
}

static void expand_command(Build *build, const char *p, const char *end, bool is_quoted) {
        PF_AUTO_FREE char *text = strndup(p, (size_t) (end - p));
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        char buffer[16];
        const char *program, *option, *output, *base;
        char *rest = text;

        if (!text) {
                (void) pf_shell_fail(build->state, -ENOMEM);
                return;
        }
        build->state->was_substituted = true;
        rest += strspn(rest, " \t\n");
        program = strsep(&rest, " \t\n");
        rest = rest ? rest + strspn(rest, " \t\n") : NULL;
        option = rest ? strsep(&rest, " \t\n") : NULL;
        option = option ? option : "";
        base = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;
        output = rest && rest[strspn(rest, " \t\n")]
                         ? NULL
                         : known_output(build->state, base, option, buffer, sizeof(buffer));
        if (leaks(build->state))
                (void) pf_shell_give_up(build->state,
                                        "what a program writes elsewhere goes to standard output");
        else if (output && !pf_shell_function(build->state, program) &&
                 pf_shell_find_program(build->state, program, &file) == 0)
                add_value(build, output, is_quoted);
        else
                add_unknown(build, false, is_quoted);
}

/* --- the parts of a word --- */

/* A "$" at @p, whose expansion ends at @stop. */
static void expand_dollar(Build *build, const char *p, const char *stop, const char *end,
                          bool is_quoted) {
        if (p[1] == '(' && stop - p > 4 && p[2] == '(' && stop[-2] == ')') {
                build->state->was_substituted = true;
                add_unknown(build, true, is_quoted); /* arithmetic */
        } else if (p[1] == '(') {
                expand_command(build, p + 2, stop - 1, is_quoted);
        } else if (p[1] == '{') {
                expand_braces(build, p + 2, stop - 1, is_quoted);
        } else {
                expand_braces(build, p + 1, p + 1 + parameter_length(p + 1, end, false), is_quoted);
        }
}

static const char *expand_one(Build *build, const char *p, const char *end, bool is_quoted) {
        bool unsupported = false;
        const char *stop = pf_shell_skip(p, end, &unsupported);
        size_t n;

        if (!stop) {
                (void) pf_shell_give_up(build->state, "a quoted part was not understood");
                return end;
        }
        switch (*p) {
        case '\\':
                if (stop - p > 1 && p[1] == '\n')
                        break;
                if (is_quoted && stop - p > 1 && !strchr("$`\"\\", p[1]))
                        add(build, p, 1, true);
                add(build, p + (stop - p > 1), 1, true);
                break;
        case '\'':
                add(build, p + 1, (size_t) (stop - p) - 2, true);
                break;
        case '"':
                build->is_begun |= (size_t) (stop - p) != 4 || memcmp(p, "\"$@\"", 4) != 0;
                expand(build, p + 1, stop - 1, true);
                break;
        case '`':
                expand_command(build, p + 1, stop - 1, is_quoted);
                break;
        default: /* '$' */
                n = end - p > 1 ? parameter_length(p + 1, end, false) : 0;
                if (n == 0 && (end - p < 2 || !strchr("({", p[1]))) {
                        add(build, p, 1, is_quoted);
                        return p + 1;
                }
                expand_dollar(build, p, stop, end, is_quoted);
                return n > 0 ? p + 1 + n : stop;
        }
        return stop;
}

static void expand(Build *build, const char *p, const char *end, bool is_quoted) {
        if (build->depth > NESTING_MAX) {
                (void) pf_shell_give_up(build->state, "a word is nested too deep");
                return;
        }
        build->depth++;
        while (p < end && !pf_shell_is_over(build->state)) {
                bool is_special = *p == '\\' || *p == '$' || *p == '`' ||
                                  (*p == '"' && !is_quoted) || (*p == '\'' && !is_quoted);

                if (is_special) {
                        p = expand_one(build, p, end, is_quoted);
                } else {
                        add(build, p, 1, is_quoted);
                        p++;
                }
        }
        build->depth--;
}

/* "~" and "~/": others depend on who else there is. */
static const char *expand_tilde(Build *build, const char *p, const char *end) {
        const PfShellVariable *home;

        if (p == end || *p != '~')
                return p;
        if (end - p > 1 && p[1] != '/') {
                add_unknown(build, true, true);
                return end;
        }
        home = pf_shell_get(build->state, "HOME", 4);
        if (home && home->text)
                add(build, home->text, strlen(home->text), true);
        else
                add_unknown(build, true, true);
        return p + 1;
}

/* {a,b} of bash is several words. */
static bool has_braces(const PfShellState *state, const char *p, size_t n) {
        const char *brace = memchr(p, '{', n);

        while (brace && brace > p && brace[-1] == '$')
                brace = memchr(brace + 1, '{', n - (size_t) (brace + 1 - p));
        return state->setup->is_bash && brace && !memchr(p, '\'', n) && !memchr(p, '"', n) &&
               (memchr(brace, ',', n - (size_t) (brace - p)) ||
                memmem(brace, n - (size_t) (brace - p), "..", 2));
}

static void expand_word(PfShellState *state, const char *p, size_t n, PfShellFields *fields,
                        PfShellField *ret, bool as_pattern) {
        PF_CLEANUP(build_deinit)
        Build build = { .state = state,
                        .fields = fields,
                        .text = PF_BUF_INIT(WORD_MAX),
                        .pattern = PF_BUF_INIT((size_t) 2 * WORD_MAX) };
        const char *end = p + n;

        if (fields && has_braces(state, p, n))
                add_unknown(&build, true, false);
        else
                expand(&build, expand_tilde(&build, p, end), end, false);
        if (pf_shell_is_over(state))
                return;
        if (fields) {
                end_field(&build);
                return;
        }
        ret->is_nonempty = build.is_nonempty;
        /* Classes of characters depend on the locale. */
        if (build.is_unknown ||
            (as_pattern && build.pattern.data && strstr(build.pattern.data, "[:")))
                return;
        ret->text = pf_buf_steal(as_pattern ? &build.pattern : &build.text);
        if (!ret->text)
                (void) pf_shell_fail(state, -ENOMEM);
}

void pf_shell_expand_words(PfShellState *state, const PfShellWord *words, PfShellFields *ret) {
        for (; words && !pf_shell_is_over(state); words = words->next)
                expand_word(state, words->text, words->n, ret, NULL, false);
}

void pf_shell_expand_text(PfShellState *state, const char *text, size_t n, PfShellField *ret) {
        expand_word(state, text, n, NULL, ret, false);
}

void pf_shell_expand_pattern(PfShellState *state, const char *text, size_t n, PfShellField *ret) {
        expand_word(state, text, n, NULL, ret, true);
}
