/* SPDX-License-Identifier: MIT */
/*
 * The options: one row each, from which the command line is parsed, checked
 * and explained.
 */
#include "daemon/ctl/options.h"

#include <ctype.h>
#include <getopt.h>
#include <string.h>

#include "config/value.h"
#include "daemon/ctl/command-list.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/suggest.h"
#include "daemon/remedy/lease-limits.h"

typedef PfExit (*ParseOption)(const char *name, const char *value, void *field, PfErr *err);

typedef struct Option {
        const char *name;
        char letter;          /* or 0 */
        const char *argument; /* what it stands for, NULL: none */
        unsigned commands;    /* that take it: PF_COMMAND_… */
        size_t offset;
        ParseOption parse;
        const char *help;
} Option;

static PfExit parse_flag(const char *name, const char *value, void *field, PfErr *err) {
        (void) name;
        (void) value;
        (void) err;
        *(bool *) field = true;
        return PF_EXIT_OK;
}

static PfExit parse_text(const char *name, const char *value, void *field, PfErr *err) {
        if (*value == '\0')
                return pf_exit_set(err, PF_EXIT_USAGE, "--%s= needs a value", name);
        *(const char **) field = value;
        return PF_EXIT_OK;
}

static PfExit parse_list(const char *name, const char *value, void *field, PfErr *err) {
        for (;;) {
                size_t n = strcspn(value, ",");

                if (n == 0)
                        return pf_exit_set(err, PF_EXIT_USAGE,
                                           "--%s: an empty name in the list; write --%s=ssh.server "
                                           "or --%s='ssh.*,os.*'",
                                           name, name, name);
                if (pf_strv_add_n(field, value, n) < 0)
                        return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
                if (value[n] == '\0')
                        return PF_EXIT_OK;
                value += n + 1;
        }
}

/* As systemd writes times; how long a lease may be is for who grants it to say too. */
static PfExit parse_lease(const char *name, const char *value, void *field, PfErr *err) {
        uint64_t usec;

        if (pf_value_parse_time(value, &usec) < 0)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--%s=%s: expected a time such as 30min or 2h", name, value);
        if (usec < PF_LEASE_MIN_USEC || usec > PF_LEASE_MAX_USEC)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--%s=%s: a lease is from one minute to 24 hours long", name,
                                   value);
        *(uint64_t *) field = usec;
        return PF_EXIT_OK;
}

static PfExit parse_port(const char *name, const char *value, void *field, PfErr *err) {
        size_t n = strspn(value, "0123456789");
        unsigned long port = n > 0 && n <= 5 && value[n] == '\0' ? strtoul(value, NULL, 10) : 0;

        if (port < 1 || port > UINT16_MAX)
                return pf_exit_set(err, PF_EXIT_USAGE, "--%s=%s: a port is a number from 1 to %d",
                                   name, value, UINT16_MAX);
        *(uint16_t *) field = (uint16_t) port;
        return PF_EXIT_OK;
}

static PfExit parse_format(const char *name, const char *value, void *field, PfErr *err) {
        PfSuggestions suggestions = { .text = value };
        char similar[256];

        for (const PfFormat *const *format = pf_formats; *format; format++) {
                if (strcmp((*format)->name, value) == 0) {
                        *(const PfFormat **) field = *format;
                        return PF_EXIT_OK;
                }
                pf_suggest(&suggestions, (*format)->name);
        }
        return pf_exit_set(err, PF_EXIT_USAGE, "--%s=%s: no such format%s", name, value,
                           pf_suggestions_text(&suggestions, similar, sizeof(similar)));
}

#define FIELD(name) offsetof(PfOptions, name)
#define VERDICTS (PF_COMMAND_CHECK | PF_COMMAND_STATUS)
#define LOOKING (VERDICTS | PF_COMMAND_INSPECT | PF_COMMAND_EXPLAIN | PF_COMMAND_WAIVE)
#define PROBING (LOOKING | PF_COMMAND_CAPTURE)
#define DEMANDING (VERDICTS | PF_COMMAND_CAPTURE)
#define MENDING (PF_COMMAND_PLAN | PF_COMMAND_FIX)
#define CHANGING (MENDING | PF_COMMAND_UNDO | PF_COMMAND_HISTORY)
#define REMOTE                                                                                     \
        (VERDICTS | PF_COMMAND_WATCH | PF_COMMAND_LIST | PF_COMMAND_EXPLAIN | PF_COMMAND_INSPECT | \
         CHANGING)
#define SERVING PF_COMMAND_SERVE_STDIO
#define SERVING_CHANGES (PF_COMMANDS_HERE & CHANGING ? SERVING : 0)
#define SHOWING (PF_COMMAND_ALL & ~SERVING)
#define AGENT (DEMANDING | PF_COMMAND_EXPLAIN | PF_COMMAND_WAIVE | MENDING)

/* clang-format off */
static const Option options[] = {
        { "root", 0, "DIR", PROBING | CHANGING | SERVING, FIELD(root), parse_text,
          "look at the machine whose root directory is DIR, such as a mounted image" },
        { "host", 'H', "[USER@]HOST", REMOTE, FIELD(host), parse_text,
          "another machine, over ssh, with " PF_CTL_NAME " installed; also HOST:PORT" },
        { "socket", 0, "PATH", LOOKING | PF_COMMAND_WATCH | CHANGING | SERVING, FIELD(socket),
          parse_text,
          "ask the daemon that listens there, and nobody else" },
        { "in-process", 0, NULL, LOOKING | SERVING, FIELD(in_process), parse_flag,
          "look without asking a daemon" },
        { "profile", 0, "NAME", AGENT, FIELD(profile), parse_text,
          "what the agent demands" },
        { "agent-version", 0, "VERSION", AGENT, FIELD(agent_version), parse_text,
          "version of the agent that will be installed" },
        { "account", 0, "NAME", PROBING | MENDING, FIELD(account), parse_text,
          "account that the installer logs in as; root unless configured otherwise" },
        { "source", 0, "ADDRESS", PROBING | MENDING, FIELD(source), parse_text,
          "address that the installer comes from" },
        { "source-host", 0, "NAME", PROBING, FIELD(source_host), parse_text,
          "name that sshd would find for that address" },
        { "local-address", 0, "ADDRESS", PROBING, FIELD(local_address), parse_text,
          "address of this machine that the installer connects to" },
        { "local-port", 0, "PORT", PROBING, FIELD(local_port), parse_port,
          "port that it connects to; 22 unless given" },
        { "only", 0, "GLOB[,GLOB...]", DEMANDING, FIELD(only), parse_list,
          "only these checks: ssh.server, or 'ssh.*'; may be given several times" },
        { "skip", 0, "GLOB[,GLOB...]", DEMANDING, FIELD(skip), parse_list,
          "not these checks" },
        { "strict", 0, NULL, VERDICTS, FIELD(strict), parse_flag,
          "what warns or is waived counts as blocked" },
        { "all", 'a', NULL, PF_COMMAND_LIST, FIELD(all), parse_flag,
          "checks of every platform, and the errors of the agent's installer" },
        { "schema", 0, NULL, PF_COMMAND_PROFILE, FIELD(schema), parse_flag,
          "the keys that a profile may have, instead of checking a file" },
        { "reason", 0, "TEXT", PF_COMMAND_WAIVE, FIELD(reason), parse_text,
          "why the check may fail; required" },
        { "owner", 0, "TEXT", PF_COMMAND_WAIVE, FIELD(owner), parse_text,
          "who decided that; required" },
        { "expires", 0, "TIME", PF_COMMAND_WAIVE, FIELD(expires), parse_text,
          "until when, in UTC: 2027-01-31, or 2027-01-31T12:00:00Z; required" },
        { "evidence", 0, "FINGERPRINT", PF_COMMAND_WAIVE, FIELD(evidence), parse_text,
          "only for that evidence, as the report shows it; \"now\": for what is found now" },
        { "lease", 0, "TIME", MENDING, FIELD(lease_usec), parse_lease,
          "for so long, for that account and --source alone; then it reverts itself" },
        { "consent", 0, NULL, MENDING, FIELD(consent), parse_flag,
          "yes to what weakens something, which is not done otherwise" },
        { "yes", 'y', NULL, PF_COMMAND_FIX, FIELD(yes), parse_flag,
          "do not ask; what weakens something still needs --consent" },
        { "dry-run", 'n', NULL, PF_COMMAND_FIX, FIELD(dry_run), parse_flag,
          "the same as plan: change nothing" },
        { "last", 0, NULL, PF_COMMAND_UNDO, FIELD(last), parse_flag,
          "the newest fix that is in place, instead of an ID" },
        { "remediation", 0, NULL, SERVING_CHANGES, FIELD(remediation), parse_flag,
          "the service that changes the machine, which is root's alone" },
        { "format", 0, "FORMAT", SHOWING & ~PF_COMMAND_WAIVE, FIELD(format), parse_format,
          "table, for people, or json, json-lines; of check and status also junit, tap, sarif, "
          "nagios, openmetrics, prometheus" },
        { "quiet", 'q', NULL, PF_COMMAND_ALL, FIELD(quiet), parse_flag,
          "no notes and no progress; a table shows only what is wrong" },
        { "no-pager", 0, NULL, SHOWING, FIELD(no_pager), parse_flag,
          "no pager on a terminal, which explain would use" },
        { "no-check", 0, NULL, PF_COMMAND_EXPLAIN, FIELD(no_check), parse_flag,
          "do not look whether this machine has the condition" },
        { "help", 'h', NULL, PF_COMMAND_ALL, FIELD(help), parse_flag,
          "this; behind a command, its own options" },
        { "version", 0, NULL, PF_COMMAND_ALL, FIELD(version), parse_flag,
          "the version of this program" },
};
/* clang-format on */

#define N_OPTIONS PF_ELEMENTS(options)
#define LONG_BASE 256  /* above all letters */
#define HELP_COLUMN 31 /* behind the longest option */

/* Does a command of this system take it? Otherwise there is no such option here. */
static bool is_here(const Option *option) {
        return option->commands & PF_COMMANDS_HERE;
}

static void make_getopt_tables(struct option long_options[static N_OPTIONS + 1],
                               char letters[static 2 * N_OPTIONS + 2]) {
        size_t n = 0, n_letters = 0;

        letters[n_letters++] = ':'; /* tell a missing argument from an unknown option */
        for (size_t i = 0; i < N_OPTIONS; i++) {
                if (!is_here(&options[i]))
                        continue;
                long_options[n++] = (struct option){
                        .name = options[i].name,
                        .has_arg = options[i].argument ? required_argument : no_argument,
                        .val = LONG_BASE + (int) i,
                };
                if (options[i].letter)
                        letters[n_letters++] = options[i].letter;
                if (options[i].letter && options[i].argument)
                        letters[n_letters++] = ':';
        }
        long_options[n] = (struct option){ 0 };
        letters[n_letters] = '\0';
}

static size_t find_option(int code) {
        size_t i = 0;

        if (code >= LONG_BASE)
                return (size_t) (code - LONG_BASE);
        while (options[i].letter != (char) code)
                i++;
        return i;
}

/* A long option that is none, or the beginning of several. */
static PfExit complain_about_long(const char *word, PfErr *err) {
        size_t n = strcspn(word, "=");
        PF_AUTO_FREE char *name = strndup(word + 2, n - 2);
        PfSuggestions suggestions = { .text = name ? name : "" };
        const char *what = "unknown";
        char similar[256];

        for (size_t i = 0; i < N_OPTIONS; i++) {
                if (!is_here(&options[i]))
                        continue;
                pf_suggest(&suggestions, options[i].name);
                if (strncmp(options[i].name, word + 2, n - 2) == 0)
                        what = "ambiguous";
        }
        return pf_exit_set(err, PF_EXIT_USAGE, "%s option %.*s%s", what, (int) n, word,
                           pf_suggestions_text(&suggestions, similar, sizeof(similar)));
}

/* getopt_long(3) met something that it could not take. */
static PfExit complain(int code, const char *word, PfErr *err) {
        const Option *option;

        if (optopt == 0)
                return complain_about_long(word, err);
        if (optopt < LONG_BASE && code != ':')
                return pf_exit_set(err, PF_EXIT_USAGE, "unknown option -%c", optopt);
        /* A value too many is ':' too in the C library of mingw-w64. */
        option = &options[find_option(optopt)];
        return pf_exit_set(err, PF_EXIT_USAGE, "--%s %s", option->name,
                           option->argument ? "needs a value" : "takes no value");
}

PfExit pf_options_parse(int argc, char **argv, PfOptions *ret, uint64_t *ret_given, int *ret_first,
                        PfErr *err) {
        struct option long_options[N_OPTIONS + 1];
        char letters[2 * N_OPTIONS + 2];
        PfExit first = PF_EXIT_OK;
        int code;

        _Static_assert(N_OPTIONS <= 64, "ret_given has a bit for each");
        make_getopt_tables(long_options, letters);
        opterr = 0;
        optind = 0; /* begin anew: glibc, musl and BSD */
        *ret_given = 0;
        /* The first mistake is told; the rest is read all the same, since the format
         * decides how that is told. */
        while ((code = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
                const Option *option;
                PfExit status;

                if (code == '?' || code == ':') {
                        status = complain(code, argv[optind - 1], err);
                } else {
                        option = &options[find_option(code)];
                        status = option->parse(option->name, optarg, (char *) ret + option->offset,
                                               err);
                        *ret_given |= UINT64_C(1) << (option - options);
                }
                if (first == PF_EXIT_OK)
                        first = status;
        }
        *ret_first = optind;
        return first;
}

static PfExit check_lease(const PfOptions *given_options, const PfCommand *command, PfErr *err) {
        if ((command->bit & MENDING) && given_options->lease_usec > 0 && !given_options->source)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--lease is for one address alone: give it with --source=");
        return PF_EXIT_OK;
}

/* One is asked: somebody elsewhere, a daemon, or this process. */
static PfExit check_whom(const PfOptions *given_options, PfErr *err) {
        const char *own = given_options->root ? "root" : "in-process";

        if (given_options->host &&
            (given_options->socket || given_options->root || given_options->in_process))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--host asks another machine, and --%s does not: choose one",
                                   given_options->socket ? "socket" : own);
        if (given_options->socket && (given_options->root || given_options->in_process))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--socket asks a daemon, and --%s does not: choose one", own);
        if (given_options->remediation && (given_options->root || given_options->in_process))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--remediation is another service, and --%s does not ask it: "
                                   "choose one",
                                   own);
        return PF_EXIT_OK;
}

PfExit pf_options_check(const PfOptions *given_options, uint64_t given, const PfCommand *command,
                        PfErr *err) {
        PfExit status;

        for (size_t i = 0; i < N_OPTIONS; i++)
                if ((given >> i & 1) && !(options[i].commands & command->bit))
                        return pf_exit_set(err, PF_EXIT_USAGE, "%s has no option --%s",
                                           command->name, options[i].name);
        if (!pf_format_shows(given_options->format, command->bit))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--format=%s: %s cannot be shown in that; it can in json",
                                   given_options->format->name, command->name);
        status = check_whom(given_options, err);
        return status == PF_EXIT_OK ? check_lease(given_options, command, err) : status;
}

const char *pf_options_of_field(const char *field, char *buf, size_t size) {
        size_t n = 0;

        if (strcmp(field, "checks") == 0)
                field = "only";
        for (; *field && n + 3 < size; field++) {
                if (isupper((unsigned char) *field))
                        buf[n++] = '-';
                buf[n++] = (char) tolower((unsigned char) *field);
        }
        buf[n] = '\0';
        return buf;
}

void pf_options_deinit(PfOptions *parsed) {
        pf_strv_deinit(&parsed->only);
        pf_strv_deinit(&parsed->skip);
}

void pf_options_help(PfPage *page, unsigned commands) {
        for (size_t i = 0; i < N_OPTIONS; i++) {
                const Option *option = &options[i];

                if (!(option->commands & commands))
                        continue;
                pf_page_begin(page, 2, HELP_COLUMN);
                if (option->letter)
                        pf_page_printf(page, PF_COLOUR_NONE, "-%c, ", option->letter);
                else
                        pf_page_column(page, 6);
                pf_page_printf(page, PF_COLOUR_NONE, "--%s%s%s", option->name,
                               option->argument ? "=" : "",
                               option->argument ? option->argument : "");
                pf_page_column(page, HELP_COLUMN);
                pf_page_say(page, PF_COLOUR_NONE, option->help);
                pf_page_end(page);
        }
}
