/* SPDX-License-Identifier: MIT */
/*
 * The two tables of libwrap: their lines, their lists, and the first rule that
 * means a connection. Patterns are in hosts-patterns.c, options in
 * hosts-options.c.
 */
#include "probes/parse/hosts-access-parse.h"

#include <string.h>
#include <strings.h>

#define LINE_SIZE 2048 /* a rule, its lines joined, with newline and NUL */
#define BLANKS " \t\r\n"
#define SEPARATORS ", \t\r\n"

void pf_wrapper_verdict_deinit(PfWrapperVerdict *verdict) {
        free(verdict->rule.text);
        free(verdict->cut_at.text);
        *verdict = (PfWrapperVerdict){ 0 };
}

char *pf_wrapper_split(char *text, char delimiter) {
        unsigned brackets = 0;

        for (char *p = text; *p; p++) {
                if (*p == '[') {
                        brackets++;
                } else if (*p == ']') {
                        brackets--;
                } else if (*p == delimiter && brackets == 0) {
                        *p = '\0';
                        return p + 1;
                }
        }
        return NULL;
}

/* --- lines --- */

typedef struct Reader {
        const PfWrapperTable *table;
        const char *at;
        const char *end;
        unsigned line; /* of what comes next, from 1 */

        char rule[LINE_SIZE]; /* given last */
        unsigned first_line;
        const char *first;
} Reader;

typedef enum Next { NEXT_RULE, NEXT_UNFINISHED, NEXT_END } Next;

/* As fgets(3): at most @room - 1 bytes, up to a newline. What follows a NUL is
 * lost, its newline too. Return: how many count. */
static size_t take_piece(Reader *reader, char *piece, size_t room) {
        size_t left = (size_t) (reader->end - reader->at);
        size_t n = left < room - 1 ? left : room - 1;
        const char *newline = memchr(reader->at, '\n', n);

        if (newline)
                n = (size_t) (newline - reader->at) + 1;
        memcpy(piece, reader->at, n);
        piece[n] = '\0';
        reader->at += n;
        reader->line += newline != NULL;
        return strlen(piece);
}

/* The next rule, with lines joined that end in a backslash. */
static Next next_rule(Reader *reader) {
        size_t n = 0;

        reader->first = reader->at;
        reader->first_line = reader->line;
        while (reader->at < reader->end && LINE_SIZE - n > 1) {
                char *piece = reader->rule + n;
                size_t got = take_piece(reader, piece, LINE_SIZE - n);

                if (got > 0 && piece[got - 1] == '\n') {
                        if (got == 1 || piece[got - 2] != '\\')
                                return NEXT_RULE;
                        got -= 2;
                }
                n += got;
        }
        reader->rule[n] = '\0';
        return n > 0 ? NEXT_UNFINISHED : NEXT_END;
}

static int note_line(const Reader *reader, PfWrapperLine *ret) {
        size_t left = (size_t) (reader->end - reader->first);
        const char *newline = memchr(reader->first, '\n', left);
        size_t n = newline ? (size_t) (newline - reader->first) : left;

        free(ret->text);
        ret->path = reader->table->path;
        ret->line = reader->first_line;
        ret->text = strndup(reader->first, n < LINE_SIZE ? n : LINE_SIZE);
        return ret->text ? 0 : -ENOMEM;
}

/* --- lists --- */

typedef PfMaybe (*Match)(const PfWrapperRequest *request, char *pattern);

static char *next_word(char **list) {
        char *word;

        do
                word = strsep(list, SEPARATORS);
        while (word && *word == '\0');
        return word;
}

/* "a b EXCEPT c EXCEPT d": a or b, unless c is meant, unless d is. */
static PfMaybe match_list(const PfWrapperRequest *request, char *list, Match match) {
        PfMaybe answer = PF_NO;
        char *word;

        while ((word = next_word(&list)) && strcasecmp(word, "EXCEPT") != 0)
                if (answer != PF_YES)
                        answer = pf_maybe_or(answer, match(request, word));
        if (!word || answer == PF_NO)
                return answer;
        return pf_maybe_and(answer, pf_maybe_not(match_list(request, list, match)));
}

/* --- the first rule that matches --- */

typedef struct Search {
        const PfWrapperRequest *request;
        PfWrapperVerdict *verdict;
        bool possible[2]; /* by what is not known: to be allowed, to be denied */
        bool is_over;     /* the verdict's outcome is what comes out otherwise */
} Search;

/* A rule that means this request, or might. */
static int apply(Search *search, const Reader *reader, PfMaybe match, PfWrapperOutcome outcome,
                 const char *why) {
        PfWrapperVerdict *verdict = search->verdict;
        bool was_doubtful = search->possible[PF_WRAPPER_ALLOW] || search->possible[PF_WRAPPER_DENY];

        if (outcome == PF_WRAPPER_UNDECIDED)
                search->possible[PF_WRAPPER_ALLOW] = search->possible[PF_WRAPPER_DENY] = true;
        else
                search->possible[outcome] = true;
        search->is_over = match == PF_YES;
        if (was_doubtful && !search->is_over)
                return 0;
        /* Of several that nobody can decide the first is shown, unless all agree. */
        if (was_doubtful && search->possible[PF_WRAPPER_ALLOW] && search->possible[PF_WRAPPER_DENY])
                return 0;
        verdict->why = why;
        return note_line(reader, &verdict->rule);
}

static bool is_comment(const char *rule) {
        return rule[0] == '#' || rule[strspn(rule, BLANKS)] == '\0';
}

static int judge_rule(Search *search, Reader *reader, PfWrapperOutcome outcome) {
        const PfWrapperRequest *request = search->request;
        const char *why = NULL;
        char *clients;
        char *options;
        PfMaybe match;

        if (is_comment(reader->rule))
                return 0;
        clients = pf_wrapper_split(reader->rule, ':');
        if (!clients)
                return 0; /* libwrap complains of it, and goes on */
        options = pf_wrapper_split(clients, ':');
        match = match_list(request, reader->rule, pf_wrapper_match_server);
        if (match != PF_NO)
                match = pf_maybe_and(match, match_list(request, clients, pf_wrapper_match_client));
        if (match == PF_NO)
                return 0;
        if (options)
                outcome = pf_wrapper_options(options, outcome, &why);
        return apply(search, reader, match, outcome, why);
}

/* A table that cannot be read to its end: of the one that denies, that denies. */
static int stop(Search *search, const Reader *reader, PfWrapperOutcome outcome, const char *why) {
        if (outcome == PF_WRAPPER_DENY)
                return apply(search, reader, PF_YES, PF_WRAPPER_DENY, why);
        return note_line(reader, &search->verdict->cut_at);
}

static int search_table(Search *search, const PfWrapperTable *table, PfWrapperOutcome outcome) {
        const char *text = table->text ? table->text : "";
        Reader reader = { .table = table,
                          .at = text,
                          .end = text + (table->text ? table->n : 0),
                          .line = 1,
                          .first = text,
                          .first_line = 1 };
        Next next;
        int r = 0;

        if (table->is_unreadable)
                return stop(search, &reader, outcome, "the file cannot be opened");
        while (r == 0 && !search->is_over && (next = next_rule(&reader)) != NEXT_END) {
                if (next == NEXT_UNFINISHED)
                        return stop(search, &reader, outcome,
                                    "the line has no newline at its end, or is too long: libwrap "
                                    "refuses everybody");
                r = judge_rule(search, &reader, outcome);
        }
        return r;
}

int pf_hosts_access(const PfWrapperRequest *request, const PfWrapperTable *allow,
                    const PfWrapperTable *deny, PfWrapperVerdict *ret) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };
        Search search = { .request = request, .verdict = &verdict };
        int r = search_table(&search, allow, PF_WRAPPER_ALLOW);

        if (r == 0 && !search.is_over)
                r = search_table(&search, deny, PF_WRAPPER_DENY);
        if (r < 0)
                return r;
        if (!search.is_over)
                search.possible[PF_WRAPPER_ALLOW] = true; /* whom no rule means is let in */
        if (search.possible[PF_WRAPPER_ALLOW] && search.possible[PF_WRAPPER_DENY])
                verdict.outcome = PF_WRAPPER_UNDECIDED;
        else
                verdict.outcome =
                        search.possible[PF_WRAPPER_DENY] ? PF_WRAPPER_DENY : PF_WRAPPER_ALLOW;
        *ret = verdict;
        verdict = (PfWrapperVerdict){ 0 };
        return 0;
}
