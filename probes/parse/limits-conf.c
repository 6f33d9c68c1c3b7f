/* SPDX-License-Identifier: MIT */
/*
 * limits.conf: lines of four words.
 */
#include "probes/parse/limits-conf.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/parse/lines.h"

#define LINE_MAX_BYTES 1023 /* that the module has room for; more is a line of its own */
#define N_WORDS 4

static void limit_deinit(PfLimit *limit) {
        free(limit->text);
        free(limit->domain);
        free(limit->item);
        free(limit->value);
}

void pf_limits_conf_deinit(PfLimitsConf *conf) {
        for (size_t i = 0; i < conf->n; i++)
                limit_deinit(&conf->limits[i]);
        free(conf->limits);
        *conf = (PfLimitsConf){ 0 };
}

/* The first words of @text, cut apart in place; returns how many there are. */
static size_t split(char *text, char *words[static N_WORDS]) {
        static const char blanks[] = " \t\r\v\f";
        size_t n = 0;

        for (;;) {
                text += strspn(text, blanks);
                if (!*text || n == N_WORDS)
                        return n;
                words[n++] = text;
                text += strcspn(text, blanks);
                if (*text)
                        *text++ = '\0';
        }
}

static void to_lower(char *text) {
        for (; *text; text++)
                *text = (char) tolower((unsigned char) *text);
}

static PfLimitType read_type(const char *word) {
        static const struct {
                const char *word;
                PfLimitType type;
        } types[] = { { "soft", PF_LIMIT_SOFT },
                      { "hard", PF_LIMIT_HARD },
                      { "-", PF_LIMIT_BOTH } };

        for (size_t i = 0; i < PF_ELEMENTS(types); i++)
                if (strcasecmp(word, types[i].word) == 0)
                        return types[i].type;
        return PF_LIMIT_NEITHER;
}

static void read_number(PfLimit *limit) {
        static const char *const none[] = { "-1", "-", "unlimited", "infinity" };
        char *end;

        for (size_t i = 0; i < PF_ELEMENTS(none); i++)
                if (strcasecmp(limit->value, none[i]) == 0) {
                        limit->has_number = true;
                        limit->number = PF_LIMIT_NONE;
                        return;
                }
        limit->number = strtoll(limit->value, &end, 10);
        limit->has_number = end != limit->value;
}

/* Return: 0; -EINVAL for a line that is skipped. */
static int read_words(char *words[static N_WORDS], size_t n, PfLimit *limit) {
        if (n < 2 || n == 3)
                return -EINVAL;
        limit->type = read_type(words[1]);
        limit->domain = strdup(words[0]);
        if (!limit->domain)
                return -ENOMEM;
        if (n == 2) {
                if (limit->type != PF_LIMIT_BOTH)
                        return -EINVAL;
                limit->type = PF_LIMIT_NO_LIMITS;
                return 0;
        }
        limit->item = strdup(words[2]);
        limit->value = strdup(words[3]);
        if (!limit->item || !limit->value)
                return -ENOMEM;
        to_lower(limit->item);
        read_number(limit);
        return 0;
}

static int add(PfLimitsConf *conf, const PfLimit *limit) {
        if (conf->n == PF_LIMITS_LINES_MAX)
                return -E2BIG;
        if ((conf->n & (conf->n - 1)) == 0) {
                PfLimit *limits =
                        realloc(conf->limits, (conf->n ? conf->n * 2 : 1) * sizeof(*limits));

                if (!limits)
                        return -ENOMEM;
                conf->limits = limits;
        }
        conf->limits[conf->n++] = *limit;
        return 0;
}

static int take_line(PfLimitsConf *conf, const PfLines *lines) {
        PF_AUTO_FREE char *copy = strndup(lines->text, lines->text_n);
        PfLimit limit = { .line = lines->number };
        char *words[N_WORDS];
        size_t n;
        int r;

        if (!copy)
                return -ENOMEM;
        copy[strcspn(copy, "#")] = '\0';
        n = split(copy, words);
        if (n == 0)
                return 0;
        r = read_words(words, n, &limit);
        if (r == 0) {
                limit.text = strndup(lines->text, lines->text_n);
                r = limit.text ? add(conf, &limit) : -ENOMEM;
        }
        if (r < 0)
                limit_deinit(&limit);
        if (r == -EINVAL && conf->bad_line == 0)
                conf->bad_line = lines->number;
        return r == -EINVAL ? 0 : r;
}

int pf_limits_conf_parse(const char *text, size_t n, PfLimitsConf *ret) {
        PF_AUTO_LIMITS_CONF PfLimitsConf conf = { 0 };
        PfLines lines = { .rest = text, .n = n, .max = LINE_MAX_BYTES };
        int r = 0;

        while (r == 0 && pf_lines_next(&lines))
                r = take_line(&conf, &lines);
        if (r < 0)
                return r;
        *ret = conf;
        conf = (PfLimitsConf){ 0 };
        return 0;
}

static bool read_id(const char *text, size_t n, unsigned long *ret) {
        unsigned long long id = 0;

        for (size_t i = 0; i < n; i++) {
                if (!isdigit((unsigned char) text[i]) || id > UINT_MAX)
                        return false;
                id = id * 10 + (unsigned) (text[i] - '0');
        }
        *ret = (unsigned long) id;
        return n > 0 && id <= UINT_MAX;
}

bool pf_id_range_parse(const char *text, PfIdRange *ret) {
        const char *colon = strchr(text, ':');
        size_t n_min = colon ? (size_t) (colon - text) : 0;
        size_t n_max = colon ? strlen(colon + 1) : 0;
        PfIdRange range = { .min = 0, .max = UINT_MAX, .exact = n_min == 0 };

        if (!colon || n_min + n_max == 0 || (n_min > 0 && !read_id(text, n_min, &range.min)) ||
            (n_max > 0 && !read_id(colon + 1, n_max, &range.max)))
                return false;
        *ret = range;
        return true;
}

bool pf_id_range_holds(const PfIdRange *range, unsigned long id) {
        return range->exact ? id == range->max : id >= range->min && id <= range->max;
}
