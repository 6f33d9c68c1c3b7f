/* SPDX-License-Identifier: MIT */
/*
 * access.conf: lines of three fields, and lists with EXCEPT.
 */
#include "probes/parse/access-conf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/parse/lines.h"

#define LINE_MAX_BYTES 8191 /* of a line with its newline that the module has room for */

static void rule_deinit(PfAccessRule *rule) {
        free(rule->text);
        free(rule->users);
        free(rule->origins);
}

void pf_access_conf_deinit(PfAccessConf *conf) {
        for (size_t i = 0; i < conf->n; i++)
                rule_deinit(&conf->rules[i]);
        free(conf->rules);
        *conf = (PfAccessConf){ 0 };
}

/* The next run of bytes that are no separators, or NULL; a NUL is put behind it. */
static char *next_field(char **text, const char *separators) {
        char *field = *text + strspn(*text, separators);
        size_t n = strcspn(field, separators);

        if (n == 0)
                return NULL;
        *text = field + n;
        if (**text)
                *(*text)++ = '\0';
        return field;
}

/* Takes over @copy, the line without blanks at its end. */
static int split(char *copy, const char *separators, PfAccessRule *rule) {
        PF_AUTO_FREE char *line = copy;
        char *rest = line;
        const char *permission = next_field(&rest, separators);
        const char *users = permission ? next_field(&rest, separators) : NULL;

        if (!users || !*rest || (*permission != '+' && *permission != '-'))
                return -EINVAL;
        rule->grant = *permission == '+';
        rule->users = strdup(users);
        rule->origins = strdup(rest);
        return rule->users && rule->origins ? 0 : -ENOMEM;
}

/* Return: 0, also where there is no rule on the line: then rule->text is NULL. */
static int read_rule(const PfLines *lines, const char *separators, PfAccessRule *rule) {
        size_t n = lines->text_n;
        char *copy;
        int r;

        while (n > 0 && isspace((unsigned char) lines->text[n - 1]))
                n--;
        if (n == 0 || lines->text[0] == '#')
                return 0;
        if (!lines->complete)
                return -EINVAL;
        copy = strndup(lines->text, n);
        r = copy ? split(copy, separators, rule) : -ENOMEM;
        if (r < 0)
                return r;
        rule->line = lines->number;
        rule->text = strndup(lines->text, lines->text_n);
        return rule->text ? 0 : -ENOMEM;
}

static int add(PfAccessConf *conf, const PfAccessRule *rule) {
        if ((conf->n & (conf->n - 1)) == 0) {
                PfAccessRule *rules =
                        realloc(conf->rules, (conf->n ? conf->n * 2 : 1) * sizeof(*rules));

                if (!rules)
                        return -ENOMEM;
                conf->rules = rules;
        }
        conf->rules[conf->n++] = *rule;
        return 0;
}

static int take_line(PfAccessConf *conf, const PfLines *lines, const char *separators) {
        PfAccessRule rule = { 0 };
        int r = read_rule(lines, separators, &rule);

        if (r == 0 && rule.text)
                r = conf->n < PF_ACCESS_RULES_MAX ? add(conf, &rule) : -E2BIG;
        if (r < 0)
                rule_deinit(&rule);
        if (r == -EINVAL && conf->bad_line == 0)
                conf->bad_line = lines->number;
        return r == -EINVAL ? 0 : r;
}

int pf_access_conf_parse(const char *text, size_t n, const char *separators, PfAccessConf *ret) {
        PF_AUTO_ACCESS_CONF PfAccessConf conf = { 0 };
        PfLines lines = { .rest = text, .n = n, .max = LINE_MAX_BYTES };
        int r = 0;

        while (r == 0 && pf_lines_next(&lines))
                r = take_line(&conf, &lines, separators);
        if (r < 0)
                return r;
        *ret = conf;
        conf = (PfAccessConf){ 0 };
        return 0;
}

/* The elements up to the next EXCEPT, or to the end: then *ret_last. */
static PfMaybe match_part(char **list, const char *separators, PfAccessMatch match, void *data,
                          bool *ret_last) {
        PfMaybe found = PF_NO;
        const char *element;

        while ((element = next_field(list, separators))) {
                if (strcasecmp(element, "EXCEPT") == 0)
                        return found;
                if (found != PF_YES)
                        found = pf_maybe_or(found, match(element, data));
        }
        *ret_last = true;
        return found;
}

int pf_access_list_match(const char *list, const char *separators, PfAccessMatch match, void *data,
                         PfMaybe *ret) {
        PF_AUTO_FREE char *copy = strdup(list);
        bool can_be[2] = { false, false };
        char *rest = copy;
        bool last = false;
        bool odd = false;

        if (!copy)
                return -ENOMEM;
        /* The first part that does not hold decides: A no: no; B no: yes; C no: no … */
        for (; !last; odd = !odd) {
                PfMaybe part = match_part(&rest, separators, match, data, &last);

                if (part != PF_YES)
                        can_be[odd] = true;
                if (part == PF_NO)
                        break;
                if (last)
                        can_be[!odd] = true;
        }
        *ret = can_be[0] && can_be[1] ? PF_MAYBE : pf_maybe(can_be[1]);
        return 0;
}
