/* SPDX-License-Identifier: MIT */
/*
 * Options of a rule of libwrap: hosts_options(5). One that is wrong refuses the
 * connection, in hosts.allow too. Nothing is run.
 */
#include "probes/parse/hosts-access-parse.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

typedef enum Argument { ARGUMENT_NONE, ARGUMENT_NEEDED, ARGUMENT_OPTIONAL } Argument;

/* What an option does to the connection. */
typedef enum Effect {
        EFFECT_NONE,
        EFFECT_ALLOW,
        EFFECT_DENY,
        EFFECT_UNDECIDED,
} Effect;

static bool is_number(const char *text, long min, long max) {
        char *end;
        long value = strtol(text, &end, 10);

        return end != text && *end == '\0' && value >= min && value <= max;
}

static bool is_count(const char *text) {
        return is_number(text, 0, INT_MAX);
}

static bool is_timeout(const char *text) {
        return is_number(text, 1, INT_MAX);
}

static bool is_niceness(const char *text) {
        return is_number(text, INT_MIN, INT_MAX);
}

/* Octal, at most 0777. */
static bool is_umask(const char *text) {
        char *end;
        unsigned long value = strtoul(text, &end, 8);

        return end != text && *end == '\0' && value <= 0777;
}

static bool is_one_of(const char *text, size_t n, const char *const *words) {
        for (; *words; words++)
                if (strlen(*words) == n && strncasecmp(*words, text, n) == 0)
                        return true;
        return false;
}

/* "mail.info", "info" */
static bool is_severity(const char *text) {
        static const char *const levels[] = { "emerg",  "alert", "crit",  "err", "warning",
                                              "notice", "info",  "debug", NULL };
        static const char *const facilities[] = { "kern",   "user",   "mail",   "daemon", "auth",
                                                  "lpr",    "news",   "uucp",   "cron",   "local0",
                                                  "local1", "local2", "local3", "local4", "local5",
                                                  "local6", "local7", NULL };
        const char *dot = strchr(text, '.');

        if (dot && !is_one_of(text, (size_t) (dot - text), facilities))
                return false;
        text = dot ? dot + 1 : text;
        return is_one_of(text, strlen(text), levels);
}

/* To be root changes nothing for a server that is. */
static Effect effect_of_identity(const char *name) {
        return strcmp(name, "root") == 0 || strcmp(name, "root.root") == 0 ? EFFECT_NONE
                                                                           : EFFECT_UNDECIDED;
}

static const struct Option {
        const char *name;
        Argument argument;
        bool (*is_valid)(const char *argument); /* NULL: any will do */
        bool is_last;                           /* no other may follow */
        Effect effect;
        Effect (*effect_of)(const char *argument); /* NULL: effect */
        const char *why;
} options_known[] = {
        { "allow", ARGUMENT_NONE, NULL, true, EFFECT_ALLOW, NULL, NULL },
        { "deny", ARGUMENT_NONE, NULL, true, EFFECT_DENY, NULL, "its option denies" },
        { "twist", ARGUMENT_NEEDED, NULL, true, EFFECT_DENY, NULL,
          "another program takes the place of the server" },
        { "aclexec", ARGUMENT_NEEDED, NULL, false, EFFECT_UNDECIDED, NULL,
          "its command decides, and was not run" },
        { "user", ARGUMENT_NEEDED, NULL, false, EFFECT_NONE, effect_of_identity,
          "the server would go on as another user" },
        { "group", ARGUMENT_NEEDED, NULL, false, EFFECT_NONE, effect_of_identity,
          "the server would go on as another group" },
        { "umask", ARGUMENT_NEEDED, is_umask, false, EFFECT_NONE, NULL, NULL },
        { "linger", ARGUMENT_NEEDED, is_count, false, EFFECT_NONE, NULL, NULL },
        { "keepalive", ARGUMENT_NONE, NULL, false, EFFECT_NONE, NULL, NULL },
        { "spawn", ARGUMENT_NEEDED, NULL, false, EFFECT_NONE, NULL, NULL },
        { "nice", ARGUMENT_OPTIONAL, is_niceness, false, EFFECT_NONE, NULL, NULL },
        { "setenv", ARGUMENT_NEEDED, NULL, false, EFFECT_NONE, NULL, NULL },
        { "rfc931", ARGUMENT_OPTIONAL, is_timeout, false, EFFECT_NONE, NULL, NULL },
        { "severity", ARGUMENT_NEEDED, is_severity, false, EFFECT_NONE, NULL, NULL },
        { "banners", ARGUMENT_NEEDED, NULL, false, EFFECT_NONE, NULL, NULL },
};

static char *trim(char *text) {
        size_t n;

        text += strspn(text, BLANKS);
        for (n = strlen(text); n > 0 && strchr(BLANKS, text[n - 1]); n--)
                text[n - 1] = '\0';
        return text;
}

/* Up to the next colon that has no backslash before it, or NULL. */
static char *next_field(char **rest) {
        char *field = *rest;
        char *to = field;
        char *from = field;

        if (!field || *field == '\0')
                return NULL;
        while (*from && *from != ':') {
                if (from[0] == '\\' && from[1] == ':')
                        from++;
                *to++ = *from++;
        }
        *rest = *from ? from + 1 : NULL;
        *to = '\0';
        return trim(field);
}

static const struct Option *find(const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(options_known); i++)
                if (strcasecmp(options_known[i].name, name) == 0)
                        return &options_known[i];
        return NULL;
}

/* "name", "name argument", "name=argument": the argument is NULL where there is none. */
static char *split_argument(char *field) {
        char *argument = field + strcspn(field, "= \t\r\n");

        if (*argument == '\0')
                return NULL;
        if (*argument != '=') {
                *argument++ = '\0';
                argument += strspn(argument, BLANKS);
        }
        if (*argument == '=')
                *argument++ = '\0';
        argument += strspn(argument, BLANKS);
        return *argument ? argument : NULL;
}

static bool is_well_formed(const struct Option *option, const char *argument, bool is_last) {
        if (!option || (option->is_last && !is_last))
                return false;
        if (!argument)
                return option->argument != ARGUMENT_NEEDED;
        return option->argument != ARGUMENT_NONE &&
               (!option->is_valid || option->is_valid(argument));
}

PfWrapperOutcome pf_wrapper_options(char *options, PfWrapperOutcome match, const char **ret_why) {
        static const PfWrapperOutcome outcomes[] = { [EFFECT_ALLOW] = PF_WRAPPER_ALLOW,
                                                     [EFFECT_DENY] = PF_WRAPPER_DENY,
                                                     [EFFECT_UNDECIDED] = PF_WRAPPER_UNDECIDED };
        char *next = next_field(&options);
        bool is_undecided = false;
        char *field;

        while ((field = next)) {
                char *argument = split_argument(field);
                const struct Option *option = find(field);
                Effect effect;

                next = next_field(&options);
                if (!is_well_formed(option, argument, next == NULL)) {
                        *ret_why = "an option of it is not valid, which refuses the connection";
                        return is_undecided ? PF_WRAPPER_UNDECIDED : PF_WRAPPER_DENY;
                }
                effect = option->effect_of ? option->effect_of(argument) : option->effect;
                if (effect == EFFECT_NONE)
                        continue;
                *ret_why = option->why;
                if (effect != EFFECT_UNDECIDED)
                        return is_undecided ? PF_WRAPPER_UNDECIDED : outcomes[effect];
                is_undecided = true;
        }
        return is_undecided ? PF_WRAPPER_UNDECIDED : match;
}
