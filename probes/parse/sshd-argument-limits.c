/* SPDX-License-Identifier: MIT */
/*
 * Arguments that are numbers: times, counts, limits, ports and addresses.
 */
#include "probes/parse/sshd-arguments.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/parse/sshd-match.h"
#include "probes/parse/sshd-values.h"

#define PORTS_MAX 256 /* that sshd has room for */

int pf_sshd_read_time_of(PfSshdRun *run, PfSshdKey key) {
        char *word;
        int seconds, r;

        r = pf_sshd_need_or(run, &word, "missing time value.");
        if (r != 0)
                return r;
        seconds = pf_sshd_value_time(word);
        return seconds < 0 ? pf_sshd_refuse(run, "invalid time value.")
                           : pf_sshd_change_number(run, key, PF_SSHD_SET, seconds);
}

int pf_sshd_read_time(PfSshdRun *run) {
        return pf_sshd_read_time_of(run, run->keyword->key);
}

int pf_sshd_read_time_or_none(PfSshdRun *run) {
        const PfSshdArguments *arguments = &run->arguments;

        if (arguments->next < arguments->words.n &&
            strcasecmp(arguments->words.items[arguments->next], "none") == 0) {
                (void) pf_sshd_next(run);
                return pf_sshd_change(run, run->keyword->key, PF_SSHD_OVERWRITE, "0");
        }
        return pf_sshd_read_time(run);
}

int pf_sshd_read_integer(PfSshdRun *run) {
        const char *word = pf_sshd_next(run);
        const char *wrong;
        long long value;

        if (run->number < 706) { /* anything that begins with a digit, and nothing is 0 */
                if (!word || !*word)
                        return pf_sshd_refuse(run, "missing integer value.");
                return pf_sshd_change_number(run, run->keyword->key, PF_SSHD_SET,
                                             (int) strtol(word, NULL, 10));
        }
        wrong = pf_sshd_value_integer(word, INT_MAX, &value);
        if (!wrong)
                return pf_sshd_change_number(run, run->keyword->key, PF_SSHD_SET, value);
        return run->arguments.shell ? pf_sshd_refuse(run, "%s integer value %s.", run->name, wrong)
                                    : pf_sshd_refuse(run, "integer value %s.", wrong);
}

int pf_sshd_read_port(PfSshdRun *run) {
        char *word;
        int port, r;

        if (run->options->slots[PF_SSHD_PORT].n >= PORTS_MAX)
                return pf_sshd_refuse(run, "too many ports.");
        r = pf_sshd_need_or(run, &word, "missing port number.");
        if (r != 0)
                return r;
        r = pf_sshd_read_port_word(run, word, &port);
        if (r < 0)
                return r;
        return port <= 0 ? pf_sshd_refuse(run, "Badly formatted port number.")
                         : pf_sshd_change_number(run, PF_SSHD_PORT, PF_SSHD_APPEND, port);
}

static bool is_bare_ipv6(const char *text) {
        const char *colon = strchr(text, ':');

        return !strchr(text, '[') && colon && strchr(colon + 1, ':');
}

static int split_listen(PfSshdRun *run, char *word, char **ret_host, int *ret_port) {
        char *port;
        int r;

        *ret_port = 0;
        *ret_host = word;
        if (is_bare_ipv6(word))
                return 0;
        word = pf_sshd_value_split_port(word, &port);
        if (!word)
                return pf_sshd_refuse(run, "bad address:port usage");
        *ret_host = pf_sshd_value_unbracket(word);
        if (!port)
                return 0;
        r = pf_sshd_read_port_word(run, port, ret_port);
        if (r < 0)
                return r;
        return *ret_port <= 0 ? pf_sshd_refuse(run, "bad port number") : 0;
}

/* Kept as "host\nport\nrouting domain" until all ports are known: sshd-checks.c. */
int pf_sshd_read_listen(PfSshdRun *run) {
        PF_AUTO_FREE char *text = NULL;
        const char *word, *domain = NULL;
        char *argument, *host;
        int port, r;

        r = pf_sshd_need_or(run, &argument, "missing address");
        if (r != 0)
                return r;
        r = split_listen(run, argument, &host, &port);
        if (r != 0)
                return r;
        word = run->number >= 707 ? pf_sshd_next(run) : NULL;
        if (word) {
                domain = strcmp(word, "rdomain") == 0 ? pf_sshd_next(run) : NULL;
                if (!domain)
                        return pf_sshd_refuse(run, "bad ListenAddress syntax");
                /* "%D" is for RDomain; whether there is a domain only the machine knows. */
                if (strchr(domain, '%'))
                        return pf_sshd_refuse(run, "bad routing domain");
        }
        if (asprintf(&text, "%s\n%d\n%s", host, port, domain ? domain : "") < 0)
                return -ENOMEM;
        return pf_sshd_change(run, PF_SSHD_LISTEN_ADDRESS, PF_SSHD_APPEND, text);
}

static int refuse_spec(PfSshdRun *run) {
        return run->arguments.shell ? pf_sshd_refuse(run, "Invalid %s spec.", run->name)
                                    : pf_sshd_refuse(run, "Illegal MaxStartups spec.");
}

/* The rate of an earlier line stays where this one has none. */
static int former_rate(const PfSshdRun *run) {
        const PfSshdSlot *slot = &run->options->slots[PF_SSHD_MAX_STARTUPS];
        const char *colon = slot->n > 0 ? strchr(slot->values[0].text, ':') : NULL;

        return colon ? atoi(colon + 1) : 30;
}

int pf_sshd_read_startups(PfSshdRun *run) {
        int begin, rate, full, n, r;
        char text[48];
        char *word;

        r = pf_sshd_need(run, &word);
        if (r != 0)
                return r;
        n = sscanf(word, "%d:%d:%d", &begin, &rate, &full);
        if (n == 3 ? begin > full || rate > 100 || rate < 1 : n != 1)
                return refuse_spec(run);
        if (n == 1) {
                full = begin;
                rate = former_rate(run);
        }
        if (run->number >= 901 && (full <= 0 || begin <= 0))
                return refuse_spec(run);
        (void) snprintf(text, sizeof(text), "%d:%d:%d", begin, rate, full);
        return pf_sshd_change(run, PF_SSHD_MAX_STARTUPS, PF_SSHD_OVERWRITE, text);
}

int pf_sshd_read_source_startups(PfSshdRun *run) {
        PfSshdMode mode = run->number >= 904 ? PF_SSHD_SET : PF_SSHD_OVERWRITE;
        const char *wrong;
        long long value;
        char *word;
        int r;

        r = pf_sshd_need(run, &word);
        if (r != 0)
                return r;
        if (strcmp(word, "none") == 0)
                return pf_sshd_change(run, run->keyword->key, mode, "none");
        wrong = pf_sshd_value_integer(word, INT_MAX, &value);
        if (wrong)
                return pf_sshd_refuse(run, "%s integer value %s.", run->name, wrong);
        if (value == INT_MAX)
                return pf_sshd_change(run, run->keyword->key, mode, "none");
        return pf_sshd_change_number(run, run->keyword->key, mode, value);
}

int pf_sshd_read_block_size(PfSshdRun *run) {
        int ipv4, ipv6 = 0; /* unless it is said */
        char text[32];
        char *word;
        int n, r;

        r = pf_sshd_need(run, &word);
        if (r != 0)
                return r;
        n = sscanf(word, "%d:%d", &ipv4, &ipv6);
        if (n < 1 || ipv4 < 0 || ipv4 > 32 || ipv6 < 0 || ipv6 > 128)
                return refuse_spec(run);
        (void) snprintf(text, sizeof(text), "%d:%d", ipv4, ipv6);
        return pf_sshd_change(run, run->keyword->key, PF_SSHD_OVERWRITE, text);
}

typedef struct Penalty {
        const char *name; /* with the colon */
        PfSshdKey key;
        bool is_count;
        bool is_overflow;
} Penalty;

static const Penalty penalties[] = {
        { "crash:", PF_SSHD_PENALTY_CRASH, false, false },
        { "authfail:", PF_SSHD_PENALTY_AUTHFAIL, false, false },
        { "noauth:", PF_SSHD_PENALTY_NOAUTH, false, false },
        { "grace-exceeded:", PF_SSHD_PENALTY_GRACE_EXCEEDED, false, false },
        { "refuseconnection:", PF_SSHD_PENALTY_REFUSE_CONNECTION, false, false },
        { "max:", PF_SSHD_PENALTY_MAX, false, false },
        { "min:", PF_SSHD_PENALTY_MIN, false, false },
        { "max-sources4:", PF_SSHD_PENALTY_MAX_SOURCES4, true, false },
        { "max-sources6:", PF_SSHD_PENALTY_MAX_SOURCES6, true, false },
        { "overflow:", PF_SSHD_PENALTY_OVERFLOW, false, true },
        { "overflow6:", PF_SSHD_PENALTY_OVERFLOW6, false, true },
};

static const Penalty *find_penalty(const PfSshdRun *run, const char *word) {
        for (size_t i = 0; i < PF_ELEMENTS(penalties); i++)
                if (strncmp(word, penalties[i].name, strlen(penalties[i].name)) == 0 &&
                    (penalties[i].key != PF_SSHD_PENALTY_REFUSE_CONNECTION || run->number >= 909))
                        return &penalties[i];
        return NULL;
}

/* Any value switches penalties on, whatever an earlier line said. */
static int set_penalty(PfSshdRun *run, PfSshdKey key, const char *text) {
        int r = pf_sshd_change(run, key, PF_SSHD_SET, text);

        return r == 0 && !pf_sshd_is_set(run, key)
                       ? pf_sshd_change(run, PF_SSHD_PER_SOURCE_PENALTIES, PF_SSHD_OVERWRITE, "yes")
                       : r;
}

static int read_penalty(PfSshdRun *run, const char *word) {
        const Penalty *penalty = find_penalty(run, word);
        const char *text = penalty ? word + strlen(penalty->name) : NULL;
        const char *wrong;
        long long value;
        char number[24];

        if (!penalty || (penalty->is_overflow && strcmp(text, "deny-all") != 0 &&
                         strcmp(text, "permissive") != 0))
                return pf_sshd_refuse(run, "unsupported %s keyword %s", run->name, word);
        if (penalty->is_overflow)
                return set_penalty(run, penalty->key, text);
        if (penalty->is_count) {
                wrong = pf_sshd_value_integer(text, INT_MAX, &value);
                if (wrong)
                        return pf_sshd_refuse(run, "%s value %s.", run->name, wrong);
        } else {
                value = pf_sshd_value_time(text);
                if (value < 0)
                        return pf_sshd_refuse(run, "invalid %s time value.", run->name);
        }
        (void) snprintf(number, sizeof(number), "%lld", value);
        return set_penalty(run, penalty->key, number);
}

int pf_sshd_read_penalties(PfSshdRun *run) {
        const char *word;
        bool any = false;
        int r = 0;

        for (; r == 0 && (word = pf_sshd_next(run)); any = true) {
                bool yes = strcasecmp(word, "yes") == 0;

                if (!yes && strcasecmp(word, "no") != 0)
                        r = read_penalty(run, word);
                else if (pf_sshd_has_more(run))
                        return pf_sshd_refuse(run, "keyword %s \"%s\" argument must appear alone.",
                                              run->name, word);
                else
                        r = pf_sshd_change(run, PF_SSHD_PER_SOURCE_PENALTIES, PF_SSHD_SET,
                                           yes ? "yes" : "no");
        }
        return r == 0 && !any ? pf_sshd_refuse(run, "no %s specified", run->name) : r;
}

int pf_sshd_read_exempt(PfSshdRun *run) {
        char *word;
        int r;

        r = pf_sshd_need_or(run, &word, "missing argument.");
        if (r != 0)
                return r;
        if (pf_sshd_match_address(NULL, word) == PF_SSHD_MATCH_INVALID)
                return pf_sshd_refuse(run, "keyword %s invalid address argument.", run->name);
        return pf_sshd_change(run, run->keyword->key, PF_SSHD_SET,
                              strcasecmp(word, "none") == 0 ? "none" : word);
}

static bool next_is_none(PfSshdRun *run) {
        const PfSshdArguments *arguments = &run->arguments;
        const char *word =
                arguments->shell ? arguments->words.items[arguments->next] : arguments->rest;

        return strcmp(word, "none") == 0;
}

int pf_sshd_read_rekey(PfSshdRun *run) {
        long long bytes = 0;
        char *word;
        int r;

        r = pf_sshd_need(run, &word);
        if (r != 0)
                return r;
        r = strcmp(word, "default") == 0 ? 0 : pf_sshd_value_scaled(word, &bytes);
        if (r < 0)
                return pf_sshd_refuse(run, "Bad %s%snumber '%s': %s",
                                      run->arguments.shell ? run->name : "",
                                      run->arguments.shell ? " " : "", word, strerror(-r));
        if (bytes != 0 && bytes < 16)
                return pf_sshd_refuse(run, "%s too small",
                                      run->arguments.shell ? run->name : "RekeyLimit");
        r = pf_sshd_change_number(run, PF_SSHD_REKEY_LIMIT, PF_SSHD_SET, bytes);
        if (r != 0 || !pf_sshd_has_more(run))
                return r;
        if (next_is_none(run)) {
                (void) pf_sshd_next(run);
                return 0;
        }
        return pf_sshd_read_time_of(run, PF_SSHD_REKEY_INTERVAL);
}

int pf_sshd_read_qos(PfSshdRun *run) {
        char interactive[16], bulk[16], text[sizeof(interactive) + sizeof(bulk)];
        const char *word;
        char *first;
        int r;

        r = pf_sshd_need(run, &first);
        if (r != 0)
                return r;
        word = first;
        if (!pf_sshd_value_qos(run->version, word, interactive))
                return pf_sshd_refuse(run, "Bad %s value: %s", run->name, word);
        strcpy(bulk, interactive);
        word = pf_sshd_next(run);
        if (word && !pf_sshd_value_qos(run->version, word, bulk))
                return pf_sshd_refuse(run, "Bad %s value: %s", run->name, word);
        (void) snprintf(text, sizeof(text), "%s %s", interactive, bulk);
        return pf_sshd_change(run, PF_SSHD_IP_QOS, PF_SSHD_OVERWRITE, text);
}

int pf_sshd_read_mask(PfSshdRun *run) {
        char *word, *end;
        char text[16];
        long mask;
        int r;

        r = pf_sshd_need(run, &word);
        if (r != 0)
                return r;
        mask = strtol(word, &end, 8); /* sshd does not look at what follows the digits */
        if (end == word || mask < 0 || mask > 0777)
                return run->arguments.shell ? pf_sshd_refuse(run, "Invalid %s.", run->name)
                                            : pf_sshd_refuse(run, "Bad mask.");
        (void) snprintf(text, sizeof(text), "0%lo", mask);
        return pf_sshd_change(run, run->keyword->key, PF_SSHD_OVERWRITE, text);
}
