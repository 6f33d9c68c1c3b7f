/* SPDX-License-Identifier: MIT */
/*
 * The conditions of a Match line. All of them must hold; one that asks for
 * something that is not known leaves the line undecided, unless another one
 * fails.
 */
#include "probes/parse/sshd-parse.h"

#include <string.h>

#include "probes/parse/sshd-match.h"
#include "probes/parse/sshd-values.h"
#include "probes/parse/sshd-words.h"

#define SHELL_CONDITIONS 909     /* since then split as other arguments */
#define ADDRESSES_CHECKED 803    /* since then in the first reading too */
#define EQUALS_INSIDE_WORDS 1000 /* since then "user=root" is possible again */

typedef struct Criterion {
        const char *name;
        unsigned since;
        bool alone; /* takes no argument */

        /* Return: 0, PF_SSHD_REFUSED, -ENOMEM. @c is NULL in the first reading. */
        int (*decide)(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                      PfSshdVerdict *ret);
} Criterion;

static PfSshdVerdict from_match(PfSshdMatch match) {
        return match == PF_SSHD_MATCH_POSITIVE ? PF_SSHD_MATCHES : PF_SSHD_NO_MATCH;
}

/* What holds where something is not known: sshd -T simply does not match. */
static PfSshdVerdict unknown(const PfSshdConnection *c) {
        return !c || c->as_test || !c->user ? PF_SSHD_NO_MATCH : PF_SSHD_UNDECIDED;
}

static int decide_user(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                       PfSshdVerdict *ret) {
        (void) run;
        if (c && c->user)
                *ret = from_match(pf_sshd_match_list(c->user, list, false));
        return 0;
}

static int decide_group(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                        PfSshdVerdict *ret) {
        (void) run;
        if (c && c->user)
                *ret = from_match(pf_sshd_match_any(c->groups, list));
        return 0;
}

/* Without UseDNS the name is the address. */
static const char *host_of(const PfSshdRun *run, const PfSshdConnection *c) {
        const PfSshdSlot *use_dns = &run->conf->global.slots[PF_SSHD_USE_DNS];

        if (c->host || c->as_test)
                return c->host;
        return use_dns->n > 0 && strcmp(use_dns->values[0].text, "yes") == 0 ? NULL : c->address;
}

static int decide_host(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                       PfSshdVerdict *ret) {
        const char *host = c ? host_of(run, c) : NULL;

        *ret = host ? from_match(pf_sshd_match_host(host, list)) : unknown(c);
        return 0;
}

static int decide_address(PfSshdRun *run, const PfSshdConnection *c, const char *address,
                          const char *kind, const char *list, PfSshdVerdict *ret) {
        bool valid = pf_sshd_match_address(NULL, list) != PF_SSHD_MATCH_INVALID;

        *ret = address ? from_match(pf_sshd_match_address(address, list)) : unknown(c);
        if (!valid && !address && run->number >= ADDRESSES_CHECKED)
                return pf_sshd_refuse_bare(run, "Invalid Match %s argument '%s' at line %u", kind,
                                           list, run->text->line.number);
        if (!valid && address)
                return pf_sshd_refuse(run, "Bad Match condition");
        return 0;
}

static int decide_source(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                         PfSshdVerdict *ret) {
        return decide_address(run, c, c ? c->address : NULL, "address", list, ret);
}

static int decide_local_address(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                                PfSshdVerdict *ret) {
        return decide_address(run, c, c ? c->local_address : NULL, "localaddress", list, ret);
}

static int bad_condition(PfSshdRun *run, const char *why, const char *what) {
        PF_AUTO_FREE char *before = NULL;

        if (asprintf(&before, "%s%s", why, what) < 0)
                return -ENOMEM;
        return pf_sshd_refuse_after(run, before, "Bad Match condition");
}

static int decide_local_port(PfSshdRun *run, const PfSshdConnection *c, const char *text,
                             PfSshdVerdict *ret) {
        PF_AUTO_FREE char *what = NULL;
        int port, r;

        r = pf_sshd_read_port_word(run, text, &port);
        if (r < 0)
                return r;
        if (port < 0) {
                if (asprintf(&what, "'%s' on Match line", text) < 0)
                        return -ENOMEM;
                return bad_condition(run, "Invalid LocalPort ", what);
        }
        if (c && c->as_test && c->local_port == 0)
                return pf_sshd_refuse_bare(run, "'Match LocalPort' in configuration but 'lport' "
                                                "not in connection test specification.");
        if (!c || c->local_port == 0)
                *ret = unknown(c);
        else
                *ret = c->local_port == port ? PF_SSHD_MATCHES : PF_SSHD_NO_MATCH;
        return 0;
}

static int decide_rdomain(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                          PfSshdVerdict *ret) {
        (void) run;
        *ret = c && c->rdomain ? from_match(pf_sshd_match_list(c->rdomain, list, false))
                               : unknown(c);
        return 0;
}

static int decide_version(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                          PfSshdVerdict *ret) {
        (void) c;
        *ret = from_match(pf_sshd_match_list(run->version->text, list, false));
        return 0;
}

static int decide_invalid_user(PfSshdRun *run, const PfSshdConnection *c, const char *list,
                               PfSshdVerdict *ret) {
        (void) run;
        (void) list;
        *ret = c && c->invalid_user ? PF_SSHD_MATCHES : PF_SSHD_NO_MATCH;
        return 0;
}

static const Criterion criteria[] = {
        { "user", 0, false, decide_user },
        { "group", 0, false, decide_group },
        { "host", 0, false, decide_host },
        { "address", 0, false, decide_source },
        { "localaddress", 0, false, decide_local_address },
        { "localport", 0, false, decide_local_port },
        { "rdomain", 707, false, decide_rdomain },
        { "version", 1000, false, decide_version },
        { "invalid-user", 909, true, decide_invalid_user },
};

static const Criterion *find_criterion(const PfSshdRun *run, const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(criteria); i++)
                if (run->number >= criteria[i].since && strcasecmp(criteria[i].name, name) == 0)
                        return &criteria[i];
        return NULL;
}

static bool is_comment(const PfSshdRun *run, const char *word) {
        return *word == '#' && run->number >= PF_SSHD_SHELL_WORDS;
}

/* A word of the condition: split by the shell's rules, or in the old way. */
static char *next_word(PfSshdRun *run) {
        if (run->number >= SHELL_CONDITIONS)
                return pf_sshd_next(run);
        return pf_sshd_delim(&run->arguments.rest, true);
}

static void end_words(PfSshdRun *run) {
        run->arguments.rest = NULL;
        if (run->number >= SHELL_CONDITIONS)
                pf_sshd_consume(run);
}

static int decide_all(PfSshdRun *run, unsigned n_before, PfSshdVerdict *ret) {
        const char *word = n_before == 0 ? next_word(run) : NULL;

        if (n_before > 0 || (word && *word && !is_comment(run, word)))
                return bad_condition(run, "'all' cannot be combined with other Match attributes",
                                     "");
        if (word && *word)
                end_words(run);
        *ret = PF_SSHD_MATCHES;
        return 0;
}

/* The argument of "user=root", cut off the name. */
static char *equals_argument(const PfSshdRun *run, char *word) {
        char *equals = run->number >= EQUALS_INSIDE_WORDS ? strchr(word, '=') : NULL;

        if (!equals)
                return NULL;
        *equals = '\0';
        if (find_criterion(run, word) && !find_criterion(run, word)->alone)
                return equals + 1;
        *equals = '=';
        return NULL;
}

static int decide_one(PfSshdRun *run, const PfSshdConnection *c, char *name, PfSshdVerdict *ret) {
        char *argument = equals_argument(run, name);
        const Criterion *criterion = find_criterion(run, name);
        PfSshdVerdict verdict = PF_SSHD_NO_MATCH;
        int r;

        if (!argument && !(criterion && criterion->alone))
                argument = next_word(run);
        if (!(criterion && criterion->alone) &&
            (!argument || !*argument || is_comment(run, argument)))
                return bad_condition(run, "Missing Match criteria for ", name);
        if (!criterion)
                return bad_condition(run, "Unsupported Match attribute ", name);
        r = criterion->decide(run, c, argument, &verdict);
        if (r != 0)
                return r;
        if (verdict == PF_SSHD_NO_MATCH || *ret == PF_SSHD_MATCHES)
                *ret = verdict;
        return 0;
}

int pf_sshd_condition(PfSshdRun *run, const PfSshdConnection *c, PfSshdVerdict *ret) {
        PfSshdVerdict verdict = PF_SSHD_MATCHES;
        unsigned n = 0;
        char *word;
        int r = 0;

        while (r == 0 && (word = next_word(run)) && (*word || run->number >= SHELL_CONDITIONS)) {
                if (is_comment(run, word)) {
                        end_words(run);
                        break;
                }
                if (strcasecmp(word, "all") == 0) {
                        r = decide_all(run, n, &verdict);
                        n++;
                        break;
                }
                n++;
                r = decide_one(run, c, word, &verdict);
        }
        if (r != 0)
                return r;
        if (n == 0)
                return bad_condition(run, "One or more attributes required for Match", "");
        /* The old way leaves the words unread that the shell's way has split. */
        if (run->arguments.shell && (!run->arguments.rest || !*run->arguments.rest))
                pf_sshd_consume(run);
        *ret = verdict;
        return 0;
}
