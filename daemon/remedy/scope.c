/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/scope.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/ip-address.h"
#include "daemon/remedy/judge.h"
#include "daemon/remedy/settings.h"
#include "daemon/report/evaluate.h"
#include "probes/parse/nss-files.h"

#define SSH_CHECKS "ssh.*"
#define PASSWD_MAX (4u << 20)
#define ACCOUNTS_MAX 5 /* others than the lease's that are asked about */
#define ADDRESSES_MAX 5
#define FIRST_PERSON 1000 /* user IDs of people: login.defs(5), UID_MIN */
#define NOBODY 65534

/* Somebody whom the lease is not for. */
typedef struct Other {
        PfQuestion *question;
        PfReadiness *before;
        PfJson *settings_before; /* NULL: there are none */
} Other;

struct PfScope {
        uv_loop_t *loop;
        uint64_t deadline_ms;
        Other others[ACCOUNTS_MAX + ADDRESSES_MAX];
        size_t n;
};

PfScope *pf_scope_free(PfScope *scope) {
        if (!scope)
                return NULL;
        for (size_t i = 0; i < scope->n; i++) {
                (void) pf_question_unref(scope->others[i].question);
                (void) pf_readiness_free(scope->others[i].before);
                (void) pf_json_free(scope->others[i].settings_before);
        }
        free(scope);
        return NULL;
}

static int ask(const PfScope *scope, PfTarget *target, PfQuestion *question, PfReadiness **ret,
               PfErr *err) {
        const PfEvaluation evaluation = {
                .loop = scope->loop,
                .target = target,
                .question = question,
                .deadline_ms = scope->deadline_ms,
        };
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        const char *hanging;
        int r = pf_evaluate(&evaluation, &readiness, &hanging);

        if (r == 0 && hanging)
                return pf_err_set(err, -ETIMEDOUT, "%s does not come back", hanging);
        if (r == 0)
                *ret = PF_STEAL(readiness);
        return r;
}

/* --- whom it is for --- */

typedef struct Network {
        PfIpAddress address;
        unsigned bits;
} Network;

/* "192.0.2.7", "192.0.2.0/24", "2001:db8::/32" */
static int parse_network(const char *text, Network *ret) {
        const char *slash = strchr(text, '/');
        PF_AUTO_FREE char *address = slash ? strndup(text, (size_t) (slash - text)) : strdup(text);
        unsigned long bits;
        char *end;

        if (!address)
                return -ENOMEM;
        if (strchr(address, '%') || pf_ip_address_parse(address, &ret->address) < 0 ||
            pf_ip_address_is_mapped(&ret->address))
                return -EINVAL;
        ret->bits = ret->address.is_ipv6 ? 128 : 32;
        if (!slash)
                return 0;
        bits = strtoul(slash + 1, &end, 10);
        if (end == slash + 1 || *end || slash[1] < '0' || slash[1] > '9' || bits > ret->bits)
                return -EINVAL;
        ret->bits = (unsigned) bits;
        return 0;
}

static bool is_in(const Network *network, const PfIpAddress *address) {
        return pf_ip_address_in_prefix(address, &network->address, network->bits);
}

static int parse_source(const char *text, Network *ret, PfErr *err) {
        int r = parse_network(text, ret);

        return r == -EINVAL
                       ? pf_err_set(err, r, "\"%s\" is no address and no network in CIDR notation",
                                    text)
                       : r;
}

/* Also "192.0.2.7/32": which of them are one address is not to be worked out by who reads. */
int pf_scope_check_source(const char *source, PfErr *err) {
        Network network;
        int r = parse_source(source, &network, err);

        if (r < 0 || !strchr(source, '/'))
                return r;
        (void) pf_err_set(err, -EPERM,
                          "a lease is for one address, and %s is a network: name the address that "
                          "the installer comes from",
                          source);
        return PF_SCOPE_NETWORK;
}

static int check_lease(const PfDemand *demand, const PfLeaseScope *lease, Network *ret,
                       PfErr *err) {
        PfIpAddress source;
        int r = parse_source(lease->source, ret, err);

        if (r < 0)
                return r;
        if (strcmp(demand->account, lease->account) != 0)
                return pf_err_set(err, -EINVAL,
                                  "the lease is for %s, and what is asked is about %s",
                                  lease->account, demand->account);
        if (!demand->source || pf_ip_address_parse(demand->source, &source) < 0 ||
            !is_in(ret, &source))
                return pf_err_set(err, -EINVAL,
                                  "the lease is for %s, and what is asked is about a login from "
                                  "%s",
                                  lease->source, demand->source ? demand->source : "anywhere");
        return 0;
}

/* --- who else there is --- */

static int add_other(PfScope *scope, PfTarget *target, const PfQuestion *question,
                     const char *account, const char *source, PfErr *err) {
        PF_AUTO_STRV PfStrv only = { 0 };
        Other *other = &scope->others[scope->n];
        PfQuestionSpec spec;
        int r;

        pf_question_describe(question, &spec);
        spec.account = account;
        if (strcmp(source, spec.source) != 0)
                spec.source_host = NULL;
        spec.source = source;
        spec.only = &only;
        r = pf_strv_add(&only, SSH_CHECKS);
        if (r == 0)
                r = pf_question_new(&spec, &other->question, NULL, err);
        if (r < 0)
                return r;
        scope->n++;
        r = ask(scope, target, other->question, &other->before, err);
        if (r == 0)
                r = pf_settings_of_sshd(scope->loop, target, other->question, scope->deadline_ms,
                                        &other->settings_before, err);
        return r;
}

/* The address with one bit the other way; bits count from 1. */
static PfIpAddress flip(PfIpAddress address, unsigned bit) {
        address.bytes[(bit - 1) / 8] ^= (unsigned char) (0x80 >> (bit - 1) % 8);
        return address;
}

/* The nearest that is outside, one in the same /24 or /64, and some far away. */
static size_t choose_addresses(const Network *network, PfIpAddress ret[static ADDRESSES_MAX]) {
        static const PfIpAddress remote[] = {
                { .bytes = { 198, 51, 100, 77 } },
                { .bytes = { 10, 77, 0, 9 } },
                { .is_ipv6 = true, .bytes = { 0x20, 0x01, 0x0d, 0xb8, 0x77, [15] = 9 } },
        };
        unsigned subnet = network->address.is_ipv6 ? 64 : 24;
        size_t n = 0;

        if (network->bits > 0)
                ret[n++] = flip(network->address, network->bits);
        if (network->bits > subnet + 1)
                ret[n++] = flip(network->address, subnet + 1);
        for (size_t i = 0; i < PF_ELEMENTS(remote); i++)
                if (!is_in(network, &remote[i]))
                        ret[n++] = remote[i];
        return n;
}

static int add_addresses(PfScope *scope, PfTarget *target, const PfQuestion *question,
                         const Network *network, PfErr *err) {
        PfIpAddress addresses[ADDRESSES_MAX];
        size_t n = choose_addresses(network, addresses);
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++) {
                char text[INET6_ADDRSTRLEN];

                if (uv_inet_ntop(addresses[i].is_ipv6 ? AF_INET6 : AF_INET, addresses[i].bytes,
                                 text, sizeof(text)) < 0)
                        return -EINVAL;
                r = add_other(scope, target, question, pf_question_demand(question)->account, text,
                              err);
        }
        return r;
}

/* The people of the machine, after root and an account that every system has. */
static int choose_accounts(const PfTarget *target, const char *but, PfStrv *ret) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PASSWD_MAX);
        PfNssFile file = { 0 };
        char *line;
        int r = 0;

        for (size_t i = 0; i < 2 && r == 0; i++)
                if (strcmp(but, i ? "daemon" : "root") != 0)
                        r = pf_strv_add(ret, i ? "daemon" : "root");
        /* Without it there are these two. */
        if (r < 0 || pf_target_read(target, "/etc/passwd", PASSWD_MAX, &buf, NULL) != 0 ||
            !buf.data)
                return r;
        file = (PfNssFile){ .text = buf.data, .n = buf.n };
        while (r == 0 && ret->n < ACCOUNTS_MAX && (line = pf_nss_next_line(&file))) {
                const char *name = pf_nss_take_text(&line);
                uint32_t uid = 0;

                (void) pf_nss_take_text(&line);
                if (pf_nss_take_number(&line, &uid) == PF_NSS_NUMBER && uid >= FIRST_PERSON &&
                    uid != NOBODY && strcmp(name, but) != 0 && !pf_strv_contains(ret, name))
                        r = pf_strv_add(ret, name);
        }
        return r;
}

static int add_accounts(PfScope *scope, PfTarget *target, const PfQuestion *question, PfErr *err) {
        const PfDemand *demand = pf_question_demand(question);
        PF_AUTO_STRV PfStrv accounts = { 0 };
        int r = choose_accounts(target, demand->account, &accounts);

        for (size_t i = 0; i < accounts.n && r == 0; i++) {
                r = add_other(scope, target, question, accounts.items[i], demand->source, err);
                /* A name in passwd that no account can have is nobody's. */
                r = r == -EINVAL ? 0 : r;
        }
        return r;
}

int pf_scope_new(uv_loop_t *loop, PfTarget *target, uint64_t deadline_ms,
                 const PfQuestion *question, const PfLeaseScope *lease, PfScope **ret, PfErr *err) {
        PF_CLEANUP(pf_scope_freep) PfScope *scope = NULL;
        Network network;
        int r;

        r = check_lease(pf_question_demand(question), lease, &network, err);
        if (r < 0)
                return r;
        scope = calloc(1, sizeof(*scope));
        if (!scope)
                return -ENOMEM;
        scope->loop = loop;
        scope->deadline_ms = deadline_ms;
        r = add_addresses(scope, target, question, &network, err);
        if (r == 0)
                r = add_accounts(scope, target, question, err);
        if (r == 0)
                *ret = PF_STEAL(scope);
        return r;
}

/* --- afterwards --- */

static bool is_the_same(const PfResult *before, const PfResult *after) {
        return before->verdict == after->verdict && pf_judge_reach(before) == pf_judge_reach(after);
}

static int compare_answers(const Other *other, const PfReadiness *after, PfErr *err) {
        const PfDemand *demand = pf_question_demand(other->question);

        for (size_t i = 0; i < after->report.n; i++) {
                const PfResult *now = &after->report.results[i];
                const PfResult *was = pf_judge_find(&other->before->report, now->check->id);

                if (!was || is_the_same(was, now))
                        continue;
                (void) pf_err_set(err, -EPERM,
                                  "it reaches more than was asked for: of %s from %s, %s would "
                                  "become %s, which is %s",
                                  demand->account, demand->source, now->check->id,
                                  pf_verdict_to_string(now->verdict),
                                  pf_verdict_to_string(was->verdict));
                return PF_SCOPE_WIDER;
        }
        return 0;
}

static int compare_settings(const Other *other, const PfJson *after, PfErr *err) {
        const PfDemand *demand = pf_question_demand(other->question);
        PF_AUTO_FREE char *changed = NULL;
        int r = pf_settings_find_changed(other->settings_before, after, &changed);

        if (r != PF_SETTINGS_CHANGED)
                return r;
        (void) pf_err_set(err, -EPERM,
                          "it reaches more than was asked for: %s would change for %s from %s",
                          changed, demand->account, demand->source);
        return PF_SCOPE_WIDER;
}

static int check_other(const PfScope *scope, const Other *other, PfTarget *overlay, PfErr *err) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *after = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *settings = NULL;
        int r;

        r = ask(scope, overlay, other->question, &after, err);
        if (r == 0)
                r = compare_answers(other, after, err);
        if (r == 0)
                r = pf_settings_of_sshd(scope->loop, overlay, other->question, scope->deadline_ms,
                                        &settings, err);
        return r == 0 ? compare_settings(other, settings, err) : r;
}

int pf_scope_check(const PfScope *scope, PfTarget *overlay, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < scope->n && r == 0; i++)
                r = check_other(scope, &scope->others[i], overlay, err);
        return r;
}
