/* SPDX-License-Identifier: MIT */
/*
 * time.conf: rules of four fields, and logic lists of names and of times.
 */
#include "probes/parse/time-conf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"

static void rule_deinit(PfTimeRule *rule) {
        free(rule->text);
        for (size_t i = 0; i < PF_TIME_N_FIELDS; i++)
                free(rule->fields[i]);
}

void pf_time_conf_deinit(PfTimeConf *conf) {
        for (size_t i = 0; i < conf->n; i++)
                rule_deinit(&conf->rules[i]);
        free(conf->rules);
        *conf = (PfTimeConf){ 0 };
}

/* A text on its way to rules. */
typedef struct Reader {
        const char *at;
        const char *end;
        unsigned line;
        bool is_open; /* the text ended before the line did: its last field is lost */
} Reader;

/* A rule's line with those that continue it, up to a comment or the newline. */
static int read_line(Reader *reader, PfBuf *buf) {
        bool comment = false;

        reader->is_open = false;
        while (reader->at < reader->end) {
                char c = *reader->at++;
                int r;

                if (c == '\\' && !comment && reader->at < reader->end && *reader->at == '\n') {
                        reader->at++;
                        reader->line++;
                        continue;
                }
                if (c == '\n')
                        return 0;
                comment = comment || c == '#';
                r = comment || c == '\0' ? 0 : pf_buf_add(buf, &c, 1);
                if (r < 0)
                        return r;
        }
        reader->is_open = !comment;
        return 0;
}

/* Return: 0; -EINVAL where there are not four fields. */
static int split(const char *text, PfTimeRule *rule) {
        const char *ends[PF_TIME_N_FIELDS];
        const char *start = text;
        size_t n = 0;

        for (const char *p = text;; p++)
                if (*p == ';' || *p == '\0') {
                        if (n == PF_TIME_N_FIELDS)
                                return -EINVAL;
                        ends[n++] = p;
                        if (*p == '\0')
                                break;
                }
        if (n != PF_TIME_N_FIELDS)
                return -EINVAL;
        for (size_t i = 0; i < n; i++) {
                rule->fields[i] = strndup(start, (size_t) (ends[i] - start));
                if (!rule->fields[i])
                        return -ENOMEM;
                start = ends[i] + 1;
        }
        rule->too_long = strlen(text) > PF_TIME_RULE_BYTES;
        rule->text = strdup(text);
        return rule->text ? 0 : -ENOMEM;
}

static int add(PfTimeConf *conf, const PfTimeRule *rule) {
        if (conf->n == PF_TIME_RULES_MAX)
                return -E2BIG;
        if ((conf->n & (conf->n - 1)) == 0) {
                PfTimeRule *rules =
                        realloc(conf->rules, (conf->n ? conf->n * 2 : 1) * sizeof(*rules));

                if (!rules)
                        return -ENOMEM;
                conf->rules = rules;
        }
        conf->rules[conf->n++] = *rule;
        return 0;
}

static int take_rule(PfTimeConf *conf, const char *text, unsigned line, bool is_open) {
        PfTimeRule rule = { .line = line };
        int r;

        if (text[strspn(text, " \t\r\v\f")] == '\0')
                return 0;
        r = split(text, &rule);
        if (r == 0 && is_open)
                rule.fields[PF_TIME_TIMES][0] = '\0';
        if (r == 0)
                r = add(conf, &rule);
        if (r < 0)
                rule_deinit(&rule);
        if (r == -EINVAL && conf->bad_line == 0)
                conf->bad_line = line;
        return r == -EINVAL ? 0 : r;
}

int pf_time_conf_parse(const char *text, size_t n, PfTimeConf *ret) {
        PF_AUTO_TIME_CONF PfTimeConf conf = { 0 };
        Reader reader = { .at = text, .end = text + n, .line = 1 };

        while (reader.at < reader.end) {
                PF_AUTO_BUF PfBuf line = PF_BUF_INIT(n + 1);
                unsigned first = reader.line;
                int r;

                r = read_line(&reader, &line);
                if (r == 0)
                        r = take_rule(&conf, line.data ? line.data : "", first, reader.is_open);
                if (r < 0)
                        return r;
                reader.line++;
        }
        *ret = conf;
        conf = (PfTimeConf){ 0 };
        return 0;
}

/* One name of a logic list, @n bytes, which are not terminated. */
typedef bool (*MatchFn)(const char *name, size_t n, const void *data);

static bool is_name_byte(char c) {
        return isalnum((unsigned char) c) || (c && strchr("*_-./:", c));
}

static bool match_list(const char *list, MatchFn match, const void *data) {
        bool value = false, negated = false, and = false, want_name = true;

        while (*list) {
                size_t n = 0;

                while (is_name_byte(list[n]))
                        n++;
                if (n > 0) {
                        bool one = match(list, n, data) != negated;

                        if (!want_name)
                                return false;
                        value = and? value && one : value || one;
                        want_name = false;
                        list += n;
                } else if (*list == '!') {
                        if (!want_name)
                                return false;
                        negated = !negated;
                        list++;
                } else if (*list == '&' || *list == '|') {
                        if (want_name)
                                return false;
                        and = *list++ == '&';
                        negated = false;
                        want_name = true;
                } else {
                        list++;
                }
        }
        return value;
}

static bool match_name(const char *pattern, size_t n, const void *data) {
        const char *name = data;
        const char *star = memchr(pattern, '*', n);
        size_t n_name = strlen(name);
        size_t before, after;

        if (!star)
                return n == n_name && memcmp(pattern, name, n) == 0;
        before = (size_t) (star - pattern);
        after = n - before - 1;
        /* What is before and behind the star may overlap: "ss*sh" is also "ssh". */
        return !memchr(star + 1, '*', after) && n_name >= before && n_name >= after &&
               memcmp(pattern, name, before) == 0 &&
               memcmp(star + 1, name + n_name - after, after) == 0;
}

bool pf_time_names_match(const char *list, const char *name) {
        return match_list(list, match_name, name);
}

#define WEEK_DAYS 0x3eu
#define WEEK_END 0x41u

static const struct {
        char name[3];
        unsigned days; /* bit 0 is Sunday */
} day_names[] = {
        { "su", 0x01 }, { "mo", 0x02 }, { "tu", 0x04 },      { "we", 0x08 },     { "th", 0x10 },
        { "fr", 0x20 }, { "sa", 0x40 }, { "wk", WEEK_DAYS }, { "wd", WEEK_END }, { "al", 0x7f },
};

/* Two letters; 0: no day. */
static unsigned read_day(const char *text, size_t n) {
        for (size_t i = 0; n >= 2 && i < PF_ELEMENTS(day_names); i++)
                if (tolower((unsigned char) text[0]) == day_names[i].name[0] &&
                    tolower((unsigned char) text[1]) == day_names[i].name[1])
                        return day_names[i].days;
        return 0;
}

/* Up to four digits of HHMM; returns how many there are. */
static size_t read_time(const char *text, size_t n, unsigned *ret) {
        size_t i;

        *ret = 0;
        for (i = 0; i < n && i < 4 && isdigit((unsigned char) text[i]); i++)
                *ret = *ret * 10 + (unsigned) (text[i] - '0');
        return i;
}

/* "0900-1700"; the module takes a start that is short, but not an end. */
static bool read_range(const char *text, size_t n, unsigned *ret_start, unsigned *ret_end) {
        size_t at = read_time(text, n, ret_start);

        if (at == n || text[at] != '-')
                return false;
        at++;
        return read_time(text + at, n - at, ret_end) == 4;
}

/* Days without a range that can be read are the whole week, whatever they are. */
static bool match_time(const char *text, size_t n, const void *data) {
        const PfClock *clock = data;
        unsigned now = clock->hour * 100 + clock->minute;
        unsigned today = 1u << clock->weekday;
        unsigned yesterday = 1u << (clock->weekday + 6) % 7;
        unsigned days = 0, start, end;

        while (n > 0 && isalpha((unsigned char) *text)) {
                unsigned day = read_day(text, n);

                if (day == 0)
                        return false;
                days ^= day; /* a day that is said twice is not meant */
                text += 2;
                n -= 2;
        }
        if (days == 0)
                return false;
        if (!read_range(text, n, &start, &end))
                return true;
        if (start < end)
                return (days & today) && now >= start && now < end;
        return ((days & today) && now >= start) || ((days & yesterday) && now <= end);
}

bool pf_time_times_match(const char *list, const PfClock *clock) {
        return match_list(list, match_time, clock);
}
