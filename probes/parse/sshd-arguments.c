/* SPDX-License-Identifier: MIT */
/*
 * Arguments that are words: yes and no, choices, files, commands, algorithms;
 * and the table of all kinds.
 */
#include "probes/parse/sshd-arguments.h"

#include <stdlib.h>
#include <string.h>

#include "probes/parse/sshd-algorithms.h"
#include "probes/parse/sshd-values.h"

#define ROOT_HOME "/root"
#define WHITE_SPACE " \t\r\n"

int pf_sshd_need_or(PfSshdRun *run, char **ret, const char *message) {
        *ret = pf_sshd_next(run);
        return *ret && **ret ? 0 : pf_sshd_refuse(run, "%s", message);
}

int pf_sshd_need(PfSshdRun *run, char **ret) {
        *ret = pf_sshd_next(run);
        if (*ret && **ret)
                return 0;
        return run->arguments.shell ? pf_sshd_refuse(run, "%s missing argument.", run->name)
                                    : pf_sshd_refuse(run, "Missing argument.");
}

static int set(PfSshdRun *run, const char *text) {
        return pf_sshd_change(run, run->keyword->key, PF_SSHD_SET, text);
}

static int set_take(PfSshdRun *run, PfSshdMode mode, char *text) {
        int r = text ? pf_sshd_change(run, run->keyword->key, mode, text) : -ENOMEM;

        free(text);
        return r;
}

static int read_logged(PfSshdRun *run, const char *what) {
        const char *word = pf_sshd_next(run);
        const char *printed =
                word ? pf_sshd_value_choice(run->version, run->keyword->key, word) : NULL;

        return printed ? set(run, printed)
                       : pf_sshd_refuse(run, "unsupported log %s '%s'", what,
                                        word ? word : "<NONE>");
}

static int refuse_choice(PfSshdRun *run, const char *word) {
        if (run->keyword->key == PF_SSHD_PERMIT_TUNNEL)
                return run->arguments.shell
                               ? pf_sshd_refuse(run, "bad %s argument %s", run->name, word)
                               : pf_sshd_refuse(run,
                                                "Bad yes/point-to-point/ethernet/no argument: %s",
                                                word);
        if (run->keyword->key == PF_SSHD_FINGERPRINT_HASH)
                return pf_sshd_refuse(run, "Invalid %s algorithm \"%s\".",
                                      run->arguments.shell ? run->name : "hash", word);
        /* Up to 8.1 sshd told which words a flag takes. */
        if (run->number < 802 && run->keyword->kind == PF_SSHD_KIND_FLAG)
                return pf_sshd_refuse(run, "Bad yes/no argument: %s", word);
        return pf_sshd_refuse(run, "unsupported option \"%s\".", word);
}

static int read_choice(PfSshdRun *run) {
        PfSshdKey key = run->keyword->key;
        const char *printed;
        char *word;
        int r;

        if (key == PF_SSHD_LOG_LEVEL)
                return read_logged(run, "level");
        if (key == PF_SSHD_SYSLOG_FACILITY)
                return read_logged(run, "facility");
        r = key == PF_SSHD_PERMIT_TUNNEL || key == PF_SSHD_FINGERPRINT_HASH
                    ? pf_sshd_need(run, &word)
                    : pf_sshd_need_or(run, &word, "missing argument.");
        if (r != 0)
                return r;
        printed = pf_sshd_value_choice(run->version, key, word);
        if (!printed)
                return refuse_choice(run, word);
        return pf_sshd_change(run, key,
                              key == PF_SSHD_FINGERPRINT_HASH ? PF_SSHD_OVERWRITE : PF_SSHD_SET,
                              printed);
}

static int read_user_environment(PfSshdRun *run) {
        char *word;
        int r;

        if (run->number < 708)
                return read_choice(run);
        r = pf_sshd_need(run, &word);
        return r == 0 ? set(run, word) : r;
}

char *pf_sshd_expand_tilde(const char *path) {
        char *expanded;

        /* Of "~user" nothing is known here. */
        if (path[0] != '~' || (path[1] && path[1] != '/'))
                return strdup(path);
        path++;
        path += strspn(path, "/");
        return asprintf(&expanded, "%s/%s", ROOT_HOME, path) < 0 ? NULL : expanded;
}

/* sshd starts in "/", and puts that and another "/" before a relative name. */
static char *make_absolute(const char *path) {
        PF_AUTO_FREE char *expanded = NULL;
        char *absolute;

        if (strcasecmp(path, "none") == 0)
                return strdup("none");
        expanded = pf_sshd_expand_tilde(path);
        if (!expanded || *expanded == '/')
                return PF_STEAL(expanded);
        return asprintf(&absolute, "//%s", expanded) < 0 ? NULL : absolute;
}

static bool is_no_file(PfSshdKey key, const char *word) {
        return (key == PF_SSHD_HOST_KEY_AGENT && strcmp(word, "SSH_AUTH_SOCK") == 0) ||
               (key == PF_SSHD_SECURITY_KEY_PROVIDER && strcasecmp(word, "internal") == 0);
}

static int read_file(PfSshdRun *run) {
        PfSshdKey key = run->keyword->key;
        char *word;
        int r;

        r = key == PF_SSHD_SECURITY_KEY_PROVIDER ? pf_sshd_need(run, &word)
            : key == PF_SSHD_HOST_KEY_AGENT ? pf_sshd_need_or(run, &word, "missing socket name.")
                                            : pf_sshd_need_or(run, &word, "missing file name.");
        if (r != 0)
                return r;
        return set_take(run, PF_SSHD_SET,
                        is_no_file(key, word) ? strdup(word) : make_absolute(word));
}

static int read_host_file(PfSshdRun *run) {
        char *word;
        int r;

        r = pf_sshd_need_or(run, &word, "missing file name.");
        return r == 0 ? set_take(run, PF_SSHD_APPEND, make_absolute(word)) : r;
}

static int read_tilde_file(PfSshdRun *run) {
        char *word;
        int r;

        r = pf_sshd_need(run, &word);
        if (r != 0)
                return r;
        /* Only of the first reading's value does sshd ask later whether it is none. */
        return set_take(run, PF_SSHD_SET,
                        strcasecmp(word, "none") == 0 && !run->connection
                                ? strdup("none")
                                : pf_sshd_expand_tilde(word));
}

static int read_word(PfSshdRun *run) {
        char *word = pf_sshd_next(run);

        if (!word || !*word)
                switch (run->keyword->key) {
                case PF_SSHD_PAM_SERVICE_NAME:
                        return pf_sshd_refuse(run, "missing argument.");
                case PF_SSHD_CHROOT_DIRECTORY:
                        return run->arguments.shell
                                       ? pf_sshd_refuse(run, "%s missing argument.", run->name)
                                       : pf_sshd_refuse(run, "missing file name.");
                default:
                        return pf_sshd_refuse(run, "missing %s argument.", run->name);
                }
        if (run->keyword->key == PF_SSHD_CHROOT_DIRECTORY && strcasecmp(word, "none") == 0)
                word = "none";
        return set(run, word);
}

/* What stands behind the keyword, as it stands; NULL where nothing does. */
static const char *rest_of_line(const PfSshdRun *run) {
        const char *rest = run->arguments.rest;

        return rest && *rest ? rest + strspn(rest, WHITE_SPACE) : NULL;
}

static int refuse_missing(PfSshdRun *run) {
        return run->arguments.shell ? pf_sshd_refuse(run, "%s missing argument.", run->name)
                                    : pf_sshd_refuse(run, "Missing argument.");
}

static int read_rest(PfSshdRun *run) {
        const char *rest = rest_of_line(run);
        int r;

        if (!rest)
                return refuse_missing(run);
        r = set(run, strcasecmp(rest, "none") == 0 ? "none" : rest);
        pf_sshd_consume(run);
        return r;
}

static int read_addendum(PfSshdRun *run) {
        const char *rest = rest_of_line(run);

        if (rest && strchr(rest, '\r'))
                return run->arguments.shell ? pf_sshd_refuse(run, "Invalid %s argument", run->name)
                                            : pf_sshd_refuse(run, "Invalid argument");
        return read_rest(run);
}

/* From 8.7 to 9.3 the command for principals looked whether the one for keys
 * was set, in place of itself. */
static PfSshdMode command_mode(const PfSshdRun *run, bool *ret_lost) {
        bool mixed_up = run->keyword->key == PF_SSHD_AUTHORIZED_PRINCIPALS_COMMAND &&
                        run->number >= PF_SSHD_SHELL_WORDS && run->number < 904;

        *ret_lost = mixed_up && pf_sshd_is_set(run, PF_SSHD_AUTHORIZED_KEYS_COMMAND);
        return mixed_up ? PF_SSHD_OVERWRITE : PF_SSHD_SET;
}

static int read_command(PfSshdRun *run) {
        const char *rest = rest_of_line(run);
        bool lost;
        PfSshdMode mode = command_mode(run, &lost);
        int r = 0;

        if (!run->arguments.shell && (!run->active || pf_sshd_is_set(run, run->keyword->key)))
                lost = rest != NULL; /* then it was not looked at either */
        else if (!rest)
                return refuse_missing(run);
        else if (*rest != '/' && strcasecmp(rest, "none") != 0)
                return pf_sshd_refuse(run, "%s must be an absolute path", run->name);
        if (!lost)
                r = rest ? pf_sshd_change(run, run->keyword->key, mode, rest) : 0;
        pf_sshd_consume(run);
        return r;
}

static int refuse_algorithms(PfSshdRun *run, const char *list) {
        PF_AUTO_FREE char *unknown = NULL;
        PF_AUTO_FREE char *before = NULL;

        switch (run->keyword->key) {
        case PF_SSHD_CIPHERS:
                return pf_sshd_refuse(run, "Bad SSH2 cipher spec '%s'.", list);
        case PF_SSHD_MACS:
                return pf_sshd_refuse(run, "Bad SSH2 mac spec '%s'.", list);
        case PF_SSHD_KEX_ALGORITHMS:
                unknown = pf_sshd_algorithms_unknown_kex(run->version, list);
                if (!unknown)
                        return pf_sshd_refuse(run, "Bad SSH2 KexAlgorithms '%s'.", list);
                if (asprintf(&before, "Unsupported KEX algorithm \"%.100s\"", unknown) < 0)
                        return -ENOMEM;
                return pf_sshd_refuse_after(run, before, "Bad SSH2 KexAlgorithms '%s'.", list);
        default:
                return pf_sshd_refuse(run, "Bad key types '%s'.", list);
        }
}

static int read_algorithms(PfSshdRun *run) {
        PfSshdKey key = run->keyword->key;
        bool transport =
                key == PF_SSHD_CIPHERS || key == PF_SSHD_MACS || key == PF_SSHD_KEX_ALGORITHMS;
        char *word;
        int r;

        r = transport ? pf_sshd_need(run, &word) : pf_sshd_need_or(run, &word, "Missing argument.");
        if (r != 0)
                return r;
        return pf_sshd_algorithms_are_valid(run->version, key, word) ? set(run, word)
                                                                     : refuse_algorithms(run, word);
}

static int read_gss_kex(PfSshdRun *run) {
        char *word;
        int r;

        r = pf_sshd_need_or(run, &word, "Missing argument.");
        if (r != 0)
                return r;
        return pf_sshd_gss_kex_is_valid(word)
                       ? set(run, word)
                       : pf_sshd_refuse(run, "Bad GSSAPI KexAlgorithms '%s'.", word);
}

/* Routing domains of Linux are interfaces; which there are is not known here. */
static int read_rdomain(PfSshdRun *run) {
        char *word;
        int r;

        if (run->number >= 803)
                return pf_sshd_refuse(run, "setting RDomain not supported on this platform.");
        r = pf_sshd_need(run, &word);
        return r == 0 ? set(run, word) : r;
}

static int read_match(PfSshdRun *run) {
        bool never = run->flags & PF_SSHD_NEVER_MATCH;
        const PfSshdConnection *c = never && run->number >= 804 ? NULL : run->connection;
        PfSshdVerdict verdict;
        int r;

        r = pf_sshd_condition(run, c, &verdict);
        if (r != 0)
                return r;
        run->active = !never && verdict == PF_SSHD_MATCHES;
        run->match = &run->text->line;
        run->doubt = never                          ? run->outer_doubt
                     : verdict == PF_SSHD_UNDECIDED ? &run->text->line
                                                    : NULL;
        run->flags &= ~(unsigned) PF_SSHD_MATCH_ONLY;
        return 0;
}

static int read_ignored(PfSshdRun *run) {
        pf_sshd_consume(run);
        return 0;
}

static int read_deprecated(PfSshdRun *run) {
        pf_sshd_consume(run);
        return pf_sshd_warn(run, "Deprecated option %s", run->name);
}

static int read_unsupported(PfSshdRun *run) {
        pf_sshd_consume(run);
        return pf_sshd_warn(run, "Unsupported option %s", run->name);
}

static int (*const readers[PF_SSHD_N_KINDS])(PfSshdRun *run) = {
        [PF_SSHD_KIND_FLAG] = read_choice,
        [PF_SSHD_KIND_CHOICE] = read_choice,
        [PF_SSHD_KIND_TIME] = pf_sshd_read_time,
        [PF_SSHD_KIND_TIME_OR_NONE] = pf_sshd_read_time_or_none,
        [PF_SSHD_KIND_INTEGER] = pf_sshd_read_integer,
        [PF_SSHD_KIND_PORT] = pf_sshd_read_port,
        [PF_SSHD_KIND_LISTEN] = pf_sshd_read_listen,
        [PF_SSHD_KIND_FILE] = read_file,
        [PF_SSHD_KIND_HOST_FILE] = read_host_file,
        [PF_SSHD_KIND_TILDE_FILE] = read_tilde_file,
        [PF_SSHD_KIND_WORD] = read_word,
        [PF_SSHD_KIND_COMMAND] = read_command,
        [PF_SSHD_KIND_REST] = read_rest,
        [PF_SSHD_KIND_ADDENDUM] = read_addendum,
        [PF_SSHD_KIND_ALGORITHMS] = read_algorithms,
        [PF_SSHD_KIND_GSS_KEX] = read_gss_kex,
        [PF_SSHD_KIND_USERS] = pf_sshd_read_users,
        [PF_SSHD_KIND_GROUPS] = pf_sshd_read_groups,
        [PF_SSHD_KIND_WORDS] = pf_sshd_read_words,
        [PF_SSHD_KIND_ACCEPT_ENV] = pf_sshd_read_accept_env,
        [PF_SSHD_KIND_SET_ENV] = pf_sshd_read_set_env,
        [PF_SSHD_KIND_METHODS] = pf_sshd_read_methods,
        [PF_SSHD_KIND_CHANNEL_TIMEOUT] = pf_sshd_read_channel_timeout,
        [PF_SSHD_KIND_KEY_FILES] = pf_sshd_read_key_files,
        [PF_SSHD_KIND_SUBSYSTEM] = pf_sshd_read_subsystem,
        [PF_SSHD_KIND_STARTUPS] = pf_sshd_read_startups,
        [PF_SSHD_KIND_SOURCE_STARTUPS] = pf_sshd_read_source_startups,
        [PF_SSHD_KIND_BLOCK_SIZE] = pf_sshd_read_block_size,
        [PF_SSHD_KIND_PENALTIES] = pf_sshd_read_penalties,
        [PF_SSHD_KIND_EXEMPT] = pf_sshd_read_exempt,
        [PF_SSHD_KIND_QOS] = pf_sshd_read_qos,
        [PF_SSHD_KIND_REKEY] = pf_sshd_read_rekey,
        [PF_SSHD_KIND_OPEN] = pf_sshd_read_open,
        [PF_SSHD_KIND_USER_ENVIRONMENT] = read_user_environment,
        [PF_SSHD_KIND_PUBKEY_OPTIONS] = pf_sshd_read_pubkey_options,
        [PF_SSHD_KIND_MASK] = pf_sshd_read_mask,
        [PF_SSHD_KIND_RDOMAIN] = read_rdomain,
        [PF_SSHD_KIND_INCLUDE] = pf_sshd_include,
        [PF_SSHD_KIND_MATCH] = read_match,
        [PF_SSHD_KIND_DEPRECATED] = read_deprecated,
        [PF_SSHD_KIND_UNSUPPORTED] = read_unsupported,
        [PF_SSHD_KIND_IGNORED] = read_ignored,
};

int pf_sshd_arguments_read(PfSshdRun *run, PfSshdKind kind) {
        return readers[kind](run);
}
