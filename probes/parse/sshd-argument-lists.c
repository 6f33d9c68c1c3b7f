/* SPDX-License-Identifier: MIT */
/*
 * Arguments of which there may be several: users, groups, environment,
 * methods, subsystems.
 */
#include "probes/parse/sshd-arguments.h"

#include <stdlib.h>
#include <string.h>

#include "probes/parse/sshd-match.h"
#include "probes/parse/sshd-values.h"
#include "probes/parse/sshd-words.h"

#define STRICT_LISTS 909 /* since then a list without anything in it is refused */
#define FORMER_MAX 256   /* entries of a list, up to 7.5 */

static int refuse_empty(PfSshdRun *run) {
        return pf_sshd_refuse_softly(run, "keyword %s empty argument", run->name);
}

/* A list that a comment left empty. */
static int check_not_empty(PfSshdRun *run) {
        return run->n_changes == 0 && run->number >= STRICT_LISTS
                       ? pf_sshd_refuse(run, "no %s specified", run->name)
                       : 0;
}

static int check_room(PfSshdRun *run, const char *what) {
        size_t n = run->options->slots[run->keyword->key].n + run->n_changes;

        return run->number < 706 && run->active && n >= FORMER_MAX
                       ? pf_sshd_refuse(run, "too many %s.", what)
                       : 0;
}

static int add(PfSshdRun *run, PfSshdMode mode, const char *text) {
        return pf_sshd_change(run, run->keyword->key, mode, text);
}

int pf_sshd_read_users(PfSshdRun *run) {
        const char *what = run->keyword->key == PF_SSHD_ALLOW_USERS ? "allow users" : "deny users";
        const char *word;
        int r = 0;

        while (r == 0 && (word = pf_sshd_next_of_all(run))) {
                if (!*word || !pf_sshd_user_pattern_is_valid(word))
                        return pf_sshd_refuse(run, "invalid %s pattern: \"%s\"", run->name, word);
                r = check_room(run, what);
                if (r == 0)
                        r = add(run, PF_SSHD_APPEND, word);
        }
        return r == 0 ? check_not_empty(run) : r;
}

int pf_sshd_read_groups(PfSshdRun *run) {
        const char *what =
                run->keyword->key == PF_SSHD_ALLOW_GROUPS ? "allow groups" : "deny groups";
        const char *word;
        int r = 0;

        while (r == 0 && (word = pf_sshd_next_of_all(run))) {
                if (!*word)
                        return pf_sshd_refuse(run, "empty %s pattern", run->name);
                r = check_room(run, what);
                if (r == 0)
                        r = add(run, PF_SSHD_APPEND, word);
        }
        return r == 0 ? check_not_empty(run) : r;
}

/* "none" must be alone. From 8.7 to 9.8 ChannelTimeout did not look at what stands before. */
static int check_none(PfSshdRun *run, const char *word, size_t n_before) {
        if (strcasecmp(word, "none") != 0 || (n_before == 0 && !pf_sshd_has_more(run)))
                return 0;
        return pf_sshd_refuse_softly(run, "keyword %s \"none\" argument must appear alone.",
                                     run->name);
}

int pf_sshd_read_words(PfSshdRun *run) {
        const char *word;
        int r = 0;

        while (r == 0 && (word = pf_sshd_next_of_all(run))) {
                if (!*word)
                        return refuse_empty(run);
                r = check_none(run, word, run->n_changes);
                if (r == 0)
                        r = add(run, PF_SSHD_SET, word);
        }
        return r == 0 ? check_not_empty(run) : r;
}

int pf_sshd_read_channel_timeout(PfSshdRun *run) {
        const char *word;
        int r = 0;

        while (r == 0 && (word = pf_sshd_next_of_all(run))) {
                r = check_none(run, word, run->number >= STRICT_LISTS ? run->n_changes : 0);
                if (r == 0 && strcasecmp(word, "none") != 0 && !pf_sshd_value_is_timeout(word))
                        r = pf_sshd_refuse(run, "invalid channel timeout %s", word);
                if (r == 0)
                        r = add(run, PF_SSHD_SET, word);
        }
        return r == 0 ? check_not_empty(run) : r;
}

int pf_sshd_read_accept_env(PfSshdRun *run) {
        const char *word;
        int r = 0;

        while (r == 0 && (word = pf_sshd_next_of_all(run))) {
                if (!*word || strchr(word, '='))
                        return pf_sshd_refuse(run, "Invalid environment name.");
                r = check_room(run, "allow env");
                if (r == 0)
                        r = add(run, PF_SSHD_APPEND, word);
        }
        return r == 0 ? check_not_empty(run) : r;
}

/* Did this line set the variable before? */
static bool is_repeated(const PfSshdRun *run, const char *assignment) {
        size_t n = strcspn(assignment, "=") + 1;

        for (size_t i = 0; i < run->n_changes; i++)
                if (strncmp(run->changes[i].text, assignment, n) == 0)
                        return true;
        return false;
}

int pf_sshd_read_set_env(PfSshdRun *run) {
        bool looked_up = run->number >= 900;
        const char *word;
        int r = 0;

        for (;;) {
                word = run->arguments.shell ? pf_sshd_next(run)
                                            : pf_sshd_delim(&run->arguments.rest, false);
                if (r != 0 || !word || (!*word && !run->arguments.shell))
                        break;
                if (!*word || !strchr(word, '='))
                        return pf_sshd_refuse(run, "Invalid environment.");
                if (!looked_up || !run->active || !is_repeated(run, word))
                        r = add(run, PF_SSHD_SET, word);
        }
        return r == 0 ? check_not_empty(run) : r;
}

int pf_sshd_read_key_files(PfSshdRun *run) {
        const char *word;
        int r = 0;

        /* Up to 8.6 a line without effect was not looked at. */
        if (!run->arguments.shell && (!run->active || pf_sshd_is_set(run, run->keyword->key))) {
                word = pf_sshd_next(run);
                r = word && *word ? add(run, PF_SSHD_SET, word) : 0;
                pf_sshd_consume(run);
                return r;
        }
        while (r == 0 && (word = pf_sshd_next_of_all(run))) {
                PF_AUTO_FREE char *path = NULL;

                if (!*word)
                        return refuse_empty(run);
                path = pf_sshd_expand_tilde(word);
                r = path ? add(run, PF_SSHD_SET, path) : -ENOMEM;
        }
        if (!run->arguments.shell)
                pf_sshd_consume(run);
        return r == 0 ? check_not_empty(run) : r;
}

static int refuse_not_alone(PfSshdRun *run) {
        return pf_sshd_refuse(run, "\"any\" must appear alone in %s",
                              run->arguments.shell ? run->name : "AuthenticationMethods");
}

static int refuse_methods(PfSshdRun *run, const char *unknown) {
        PF_AUTO_FREE char *before = NULL;
        int n;

        n = unknown ? asprintf(&before, "Unknown authentication method \"%s\" in list", unknown)
                    : asprintf(&before, "empty authentication method list");
        if (n < 0)
                return -ENOMEM;
        return run->arguments.shell
                       ? pf_sshd_refuse_after(run, before, "invalid %s method list.", run->name)
                       : pf_sshd_refuse_after(run, before, "invalid authentication method list.");
}

/* How many lists sshd counts when it comes to an "any": up to 9.8 those of
 * lines before, and none of a line that has no effect. */
static size_t count_methods(const PfSshdRun *run) {
        const PfSshdSlot *slot = &run->options->slots[PF_SSHD_AUTHENTICATION_METHODS];
        bool takes_effect = run->active && slot->n == 0;

        if (run->number >= STRICT_LISTS)
                return run->n_changes;
        return slot->n + (takes_effect ? run->n_changes : 0);
}

int pf_sshd_read_methods(PfSshdRun *run) {
        bool any = false;
        const char *word;
        int r = 0;

        if (!run->arguments.shell && pf_sshd_is_set(run, run->keyword->key)) {
                word = pf_sshd_next(run);
                r = word ? add(run, PF_SSHD_SET, word) : 0;
                pf_sshd_consume(run);
                return r;
        }
        while (r == 0 && (word = pf_sshd_next_of_all(run))) {
                PF_AUTO_FREE char *unknown = NULL;
                bool is_any = strcmp(word, "any") == 0;

                if (is_any ? count_methods(run) > 0 : any)
                        return refuse_not_alone(run);
                any = any || is_any;
                if (!is_any && !pf_sshd_value_methods(run->version, word, &unknown))
                        return refuse_methods(run, unknown);
                r = add(run, PF_SSHD_SET, word);
        }
        if (r == 0 && run->n_changes == 0)
                r = pf_sshd_refuse(run, "no %s specified", run->name);
        if (!run->arguments.shell)
                pf_sshd_consume(run);
        return r;
}

static bool is_subsystem(const char *text, const char *name) {
        size_t n = strlen(name);

        return strncmp(text, name, n) == 0 && text[n] == ' ';
}

static const PfSshdValue *find_subsystem(const PfSshdRun *run, const char *name) {
        const PfSshdSlot *slot = &run->options->slots[PF_SSHD_SUBSYSTEM];

        for (size_t i = 0; i < slot->n; i++)
                if (is_subsystem(slot->values[i].text, name))
                        return &slot->values[i];
        return NULL;
}

/* The words of a command: since 9.4 as they must be quoted, before as they are. */
static char *join_command(PfSshdRun *run, const char *first) {
        char *joined =
                run->number >= 904 ? pf_sshd_join((char *[]){ (char *) first }, 1) : strdup(first);
        char *rest, *longer;
        const char *word;

        if (joined && run->number >= 904) {
                size_t n = run->arguments.words.n - run->arguments.next;

                rest = pf_sshd_join(run->arguments.words.items + run->arguments.next, n);
                if (!rest || asprintf(&longer, "%s%s%s", joined, *rest ? " " : "", rest) < 0)
                        longer = NULL;
                free(rest);
                free(joined);
                pf_sshd_consume(run);
                return longer;
        }
        while (joined && (word = pf_sshd_next_of_all(run))) {
                if (asprintf(&longer, "%s %s", joined, word) < 0)
                        longer = NULL;
                free(joined);
                joined = longer;
        }
        return joined;
}

static int check_subsystem(PfSshdRun *run, const char *name) {
        if (run->number < 904 && run->options->slots[PF_SSHD_SUBSYSTEM].n >= FORMER_MAX)
                return pf_sshd_refuse(run, "too many subsystems defined.");
        if (name && *name)
                return 0;
        return run->arguments.shell ? pf_sshd_refuse(run, "%s missing argument.", run->name)
                                    : pf_sshd_refuse(run, "Missing subsystem name.");
}

int pf_sshd_read_subsystem(PfSshdRun *run) {
        const char *name = pf_sshd_next(run);
        PF_AUTO_FREE char *command = NULL;
        PF_AUTO_FREE char *text = NULL;
        const PfSshdValue *before;
        const char *word;
        int r;

        r = check_subsystem(run, name);
        if (r != 0)
                return r;
        before = find_subsystem(run, name);
        if (before && run->active && run->number < 904) {
                const PfSshdLine *line = before->line;

                r = pf_sshd_refuse(run, "Subsystem '%s' already defined.", name);
                if (r == PF_SSHD_REFUSED)
                        pf_sshd_last_problem(run)->other = line;
                return r;
        }
        if (before && run->active) {
                pf_sshd_consume(run);
                return pf_sshd_slot_shadow(&run->options->slots[PF_SSHD_SUBSYSTEM],
                                           &run->text->line);
        }
        word = pf_sshd_next(run);
        if (!run->active && run->number >= 904)
                pf_sshd_consume(run);
        else if (run->active && (!word || !*word))
                return pf_sshd_refuse(run, "Missing subsystem command.");
        if (!run->active && !run->doubt)
                return 0;
        command = join_command(run, word ? word : "");
        if (!command || asprintf(&text, "%s %s", name, command) < 0)
                return -ENOMEM;
        return add(run, PF_SSHD_APPEND, text);
}

/* Checks "host:port", and gives it the form that is printed. */
static int check_open(PfSshdRun *run, const char *word, char **ret) {
        bool bare = run->keyword->key == PF_SSHD_PERMIT_LISTEN && !strchr(word, ':');
        PF_AUTO_FREE char *copy = strdup(word);
        const char *name = run->name;
        char *port = copy;
        int number = -1, r = 0;

        if (!copy)
                return -ENOMEM;
        if (!bare && !pf_sshd_value_split_port(copy, &port))
                return run->arguments.shell ? pf_sshd_refuse(run, "%s missing host", name)
                                            : pf_sshd_refuse(run, "missing host in %s", name);
        if (port && strcmp(port, "*") == 0)
                number = 1; /* any */
        else if (port)
                r = pf_sshd_read_port_word(run, port, &number);
        if (r < 0)
                return r;
        if (number <= 0)
                return run->arguments.shell ? pf_sshd_refuse(run, "%s bad port number", name)
                                            : pf_sshd_refuse(run, "bad port number in %s", name);
        return asprintf(ret, "%s%s", bare ? "*:" : "", word) < 0 ? -ENOMEM : 0;
}

static bool is_any_or_none(const char *word) {
        return strcmp(word, "any") == 0 || strcmp(word, "none") == 0;
}

int pf_sshd_read_open(PfSshdRun *run) {
        bool strict = run->number >= STRICT_LISTS;
        char *word;
        int r;

        r = pf_sshd_need(run, &word);
        for (; r == 0 && word && (strict || *word); word = pf_sshd_next(run)) {
                PF_AUTO_FREE char *text = NULL;

                if (is_any_or_none(word) && strict && run->n_changes > 0)
                        return pf_sshd_refuse(run, "%s must appear alone on a %s line.", word,
                                              run->name);
                if (is_any_or_none(word) && (strict || run->n_changes == 0)) {
                        r = add(run, PF_SSHD_SET, word);
                        if (!strict)
                                return r;
                        continue;
                }
                r = check_open(run, word, &text);
                if (r == 0)
                        r = add(run, PF_SSHD_SET, text);
        }
        return r;
}

int pf_sshd_read_pubkey_options(PfSshdRun *run) {
        bool touch = false, verify = false;
        const char *word;

        while ((word = pf_sshd_next_of_all(run))) {
                if (strcasecmp(word, "touch-required") == 0)
                        touch = true;
                else if (strcasecmp(word, "verify-required") == 0 && run->number >= 803)
                        verify = true;
                else if (strcasecmp(word, "none") != 0)
                        return run->arguments.shell
                                       ? pf_sshd_refuse_softly(run, "unsupported %s option %s",
                                                               run->name, word)
                                       : pf_sshd_refuse(run,
                                                        "unsupported PubkeyAuthOptions option %s",
                                                        word);
        }
        return add(run, PF_SSHD_SET,
                   touch && verify ? "touch-required verify-required"
                   : touch         ? "touch-required"
                   : verify        ? "verify-required"
                                   : "none");
}
