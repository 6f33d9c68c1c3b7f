/* SPDX-License-Identifier: MIT */
/*
 * Kernel lists out of a file: the reader of the format that generate-kernels.py
 * writes. Nothing is guessed: a list of which a part is not understood is none.
 */
#include "config/kernels-table.h"

#include <stdlib.h>
#include <string.h>

#include "config/instant.h"
#include "config/value.h"
#include "daemon/base/buf.h"

#define OFFSET_MAX UINT16_MAX
#define LISTS_MAX 1024
#define SERIES_MAX 8192
#define ITEMS_MAX UINT16_MAX
#define NAME_MAX_BYTES 64
#define STEM_MAX_BYTES 128
#define SLOTS (UINT16_MAX + 1) /* twice as many as there can be texts in the pool */

typedef struct Parser {
        const char *path;
        unsigned line;
        PfErr *err;
        char *source, *date;
        PfBuf pool, lists, series, items;
        PfKernelsSeries block; /* what the series below have in common */
        bool has_block;
        uint16_t *slots; /* by hash: the place of a text in the pool; 0: free */
} Parser;

void pf_kernels_tables_deinit(PfKernelsTables *tables) {
        free((char *) tables->source);
        free((char *) tables->date);
        free((char *) tables->pool);
        free((PfKernelsList *) tables->lists);
        free((PfKernelsSeries *) tables->series);
        free((PfKernelsItem *) tables->items);
        *tables = (PfKernelsTables){ 0 };
}

static void parser_deinit(Parser *parser) {
        free(parser->source);
        free(parser->date);
        free(parser->slots);
        pf_buf_deinit(&parser->pool);
        pf_buf_deinit(&parser->lists);
        pf_buf_deinit(&parser->series);
        pf_buf_deinit(&parser->items);
}

static int refuse(const Parser *parser, const char *expected) {
        return pf_err_set(parser->err, -EINVAL, "%s:%u: expected %s", parser->path, parser->line,
                          expected);
}

/* One row more of a table, which may not have more than it has room for. */
static int add_row(const Parser *parser, PfBuf *table, const void *row, size_t n) {
        int r = pf_buf_add(table, row, n);

        return r == -ENOBUFS ? refuse(parser, "fewer lines: there is no room for so many") : r;
}

static size_t hash(const char *text) {
        size_t value = 5381;

        for (; *text; text++)
                value = value * 33 + (unsigned char) *text;
        return value % SLOTS;
}

/* The place of a text in the pool, where each is once. The empty one is its first. */
static int intern(Parser *parser, const char *text, uint16_t *ret) {
        size_t slot = hash(text);
        int r;

        for (*ret = 0; *text; slot = (slot + 1) % SLOTS) {
                uint16_t at = parser->slots[slot];

                if (at && strcmp(parser->pool.data + at, text) != 0)
                        continue;
                *ret = at ? at : (uint16_t) parser->pool.n;
                if (at)
                        return 0;
                r = add_row(parser, &parser->pool, text, strlen(text) + 1);
                if (r == 0)
                        parser->slots[slot] = *ret;
                return r;
        }
        return 0;
}

/* The next word of a line, cut off; NULL: none. */
static char *next_word(char **rest) {
        char *word;

        *rest += strspn(*rest, " ");
        word = *rest;
        *rest += strcspn(*rest, " ");
        if (**rest)
                *(*rest)++ = '\0';
        return *word ? word : NULL;
}

static bool is_name(const char *word) {
        return word && strlen(word) <= NAME_MAX_BYTES && pf_value_is_file_name(word);
}

static bool is_version(const char *word) {
        return word && pf_value_is_version(word);
}

/* A text that stands once in the file. */
static int take_text(Parser *parser, char **field, const char *text, const char *expected) {
        if (*field || !*text)
                return refuse(parser, expected);
        *field = strdup(text);
        return *field ? 0 : -ENOMEM;
}

static int take_source(Parser *parser, char *rest) {
        return take_text(parser, &parser->source, rest, "one source TEXT");
}

static int take_date(Parser *parser, char *rest) {
        uint64_t usec;

        if (strlen(rest) != strlen("YYYY-MM-DD") || pf_instant_parse(rest, &usec) < 0)
                return refuse(parser, "date YYYY-MM-DD");
        return take_text(parser, &parser->date, rest, "one date YYYY-MM-DD");
}

/* SCENARIO DISTRIBUTION, which lists and kernels begin with. */
static int take_subject(Parser *parser, char **rest, uint16_t *ret_scenario,
                        uint16_t *ret_distribution) {
        const char *scenario = next_word(rest), *distribution = next_word(rest);
        int r;

        if (!is_name(scenario) || !is_name(distribution))
                return refuse(parser, "SCENARIO DISTRIBUTION, of letters, digits, '.', '_', '-'");
        r = intern(parser, scenario, ret_scenario);
        return r < 0 ? r : intern(parser, distribution, ret_distribution);
}

static bool has_list(const Parser *parser, const PfKernelsList *list) {
        const PfKernelsList *lists = (const void *) parser->lists.data;

        for (size_t i = 0; i < parser->lists.n / sizeof(*lists); i++)
                if (lists[i].scenario == list->scenario &&
                    lists[i].distribution == list->distribution)
                        return true;
        return false;
}

static int take_lists(Parser *parser, char *rest) {
        const char *first, *last = NULL, *word;
        PfKernelsList list = { 0 };
        int r;

        r = take_subject(parser, &rest, &list.scenario, &list.distribution);
        if (r < 0)
                return r;
        if (has_list(parser, &list))
                return refuse(parser, "each SCENARIO DISTRIBUTION once");
        first = word = next_word(&rest);
        for (; word; last = word, word = next_word(&rest))
                if (!is_version(word) || (last && pf_version_compare(last, word) >= 0))
                        return refuse(parser, "agent versions, the oldest first");
        if (!last)
                return refuse(parser, "agent versions behind the distribution");
        r = intern(parser, first, &list.first);
        if (r == 0)
                r = intern(parser, last, &list.last);
        return r < 0 ? r : add_row(parser, &parser->lists, &list, sizeof(list));
}

static int take_kernels(Parser *parser, char *rest) {
        PfKernelsSeries block = { 0 };
        const char *since, *until;
        int r;

        r = take_subject(parser, &rest, &block.scenario, &block.distribution);
        if (r < 0)
                return r;
        since = next_word(&rest);
        until = next_word(&rest);
        if (!is_version(since) || !until || (strcmp(until, "-") != 0 && !is_version(until)) ||
            next_word(&rest))
                return refuse(parser, "SINCE and UNTIL, agent versions, or - for the last");
        r = intern(parser, since, &block.since);
        if (r == 0)
                r = intern(parser, strcmp(until, "-") == 0 ? "" : until, &block.until);
        parser->block = block;
        parser->has_block = r == 0;
        return r;
}

/* Digits without a sign, up to a maximum. */
static bool parse_number(const char *text, size_t n, unsigned max, unsigned *ret) {
        *ret = 0;
        if (n == 0 || n > 5 || strspn(text, "0123456789") < n)
                return false;
        for (size_t i = 0; i < n; i++)
                *ret = *ret * 10 + (unsigned) (text[i] - '0');
        return *ret <= max;
}

static int take_item(Parser *parser, const char *word) {
        size_t n = strcspn(word, ":");
        unsigned number, pack = PF_KERNELS_NO_PACK;
        PfKernelsItem item;

        if (!parse_number(word, n, UINT16_MAX, &number) ||
            (word[n] &&
             !parse_number(word + n + 1, strlen(word + n + 1), PF_KERNELS_NO_PACK - 1, &pack)))
                return refuse(parser, "numbers up to 65535, perhaps with a service pack: 24:3");
        memset(&item, 0, sizeof(item));
        item.number = (uint16_t) number;
        item.pack = (uint8_t) pack;
        return add_row(parser, &parser->items, &item, sizeof(item));
}

static int take_series(Parser *parser, char *rest) {
        const char *stem = next_word(&rest), *tail = next_word(&rest), *word;
        PfKernelsSeries series = parser->block;
        int r;

        if (!parser->has_block)
                return refuse(parser, "a line \"kernels\" before this one");
        if (!stem || !tail || strlen(stem) > STEM_MAX_BYTES || strlen(tail) > STEM_MAX_BYTES)
                return refuse(parser, "STEM TAIL NUMBER...");
        r = intern(parser, stem, &series.stem);
        if (r == 0)
                r = intern(parser, strcmp(tail, "-") == 0 ? "" : tail, &series.tail);
        series.i_item = (uint16_t) (parser->items.n / sizeof(PfKernelsItem));
        while (r == 0 && (word = next_word(&rest)))
                r = take_item(parser, word);
        if (r < 0)
                return r;
        series.n_items = (uint16_t) (parser->items.n / sizeof(PfKernelsItem) - series.i_item);
        if (series.n_items == 0)
                return refuse(parser, "a number behind STEM TAIL");
        return add_row(parser, &parser->series, &series, sizeof(series));
}

static const struct {
        const char *word;
        int (*take)(Parser *parser, char *rest);
} kinds[] = {
        { "source", take_source },
        { "date", take_date },
        { "lists", take_lists },
        { "kernels", take_kernels },
};

static int take_line(Parser *parser, char *line) {
        char *rest = line;
        const char *word;

        if (line[0] == '#' || line[strspn(line, " ")] == '\0')
                return 0;
        if (line[0] == ' ')
                return take_series(parser, line);
        word = next_word(&rest);
        for (size_t i = 0; i < PF_ELEMENTS(kinds); i++)
                if (strcmp(kinds[i].word, word) == 0)
                        return kinds[i].take(parser, rest);
        return refuse(parser, "source, date, lists, kernels or a series behind a blank");
}

static bool is_printable(const char *text, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (text[i] < 0x20 || text[i] > 0x7e)
                        return false;
        return true;
}

static int take_all(Parser *parser, const char *text, size_t n) {
        int r = 0;

        parser->line = n == 0; /* even of an empty file a line can be named */
        while (n > 0 && r == 0) {
                const char *end = memchr(text, '\n', n);
                size_t length = end ? (size_t) (end - text) : n;
                PF_AUTO_FREE char *line = strndup(text, length);

                if (!line)
                        return -ENOMEM;
                parser->line++;
                r = is_printable(text, length) ? take_line(parser, line)
                                               : refuse(parser, "printable ASCII alone");
                text += length + (end != NULL);
                n -= length + (end != NULL);
        }
        if (r == 0 && (!parser->source || !parser->date || parser->lists.n == 0))
                return refuse(parser, "a source, a date and lists before the end of the file");
        return r;
}

int pf_kernels_parse(const char *path, const char *text, size_t n, PfKernelsTables *ret,
                     PfErr *err) {
        PF_CLEANUP(parser_deinit)
        Parser parser = { .path = path,
                          .err = err,
                          .pool = PF_BUF_INIT(OFFSET_MAX),
                          .lists = PF_BUF_INIT(LISTS_MAX * sizeof(PfKernelsList)),
                          .series = PF_BUF_INIT(SERIES_MAX * sizeof(PfKernelsSeries)),
                          .items = PF_BUF_INIT(ITEMS_MAX * sizeof(PfKernelsItem)) };
        int r;

        parser.slots = calloc(SLOTS, sizeof(*parser.slots));
        if (!parser.slots)
                return -ENOMEM;
        r = pf_buf_add(&parser.pool, "", 1);
        if (r == 0)
                r = take_all(&parser, text, n);
        if (r < 0)
                return r;
        ret->n_lists = parser.lists.n / sizeof(PfKernelsList);
        ret->n_series = parser.series.n / sizeof(PfKernelsSeries);
        ret->n_items = parser.items.n / sizeof(PfKernelsItem);
        ret->source = PF_STEAL(parser.source);
        ret->date = PF_STEAL(parser.date);
        ret->pool = pf_buf_steal(&parser.pool);
        ret->lists = (const void *) pf_buf_steal(&parser.lists);
        ret->series = (const void *) pf_buf_steal(&parser.series);
        ret->items = (const void *) pf_buf_steal(&parser.items);
        if (ret->pool && ret->lists && ret->series && ret->items)
                return 0;
        pf_kernels_tables_deinit(ret);
        return -ENOMEM;
}
