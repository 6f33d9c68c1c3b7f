/* SPDX-License-Identifier: MIT */
/*
 * Probe endpoints: does a connection from here reach the servers that the agent
 * will register with?
 *
 * A probe of its own, since a name that takes long keeps nobody else waiting.
 * Nothing is contacted that is not configured, and a connection that was made is
 * closed without a byte.
 */
#include "probes/probe.h"

#include <string.h>

#include "daemon/platform/network.h"
#include "probes/net/roots.h"

#define SLOW_USEC 1000000 /* to look up one name */
#define SHOWN_MAX 16

static const PfCheck check = { "net.endpoints" };

/* What became of a server. */
typedef struct Outcome {
        int r;
        const char *text; /* behind its name */
        const char *reason;
} Outcome;

static const Outcome of_lookups[] = {
        { -ENOENT, "its name has no address", "no-address" },
        { -EAGAIN, "no name server answers for its name", "name-servers" },
        { -ETIMEDOUT, "its name was not resolved in time", "name-servers" },
};

static const Outcome of_connections[] = {
        { -ECONNREFUSED, "it refuses connections", "refused" },
        { -ETIMEDOUT, "it does not answer", "no-answer" },
        { -ENETUNREACH, "no route leads to it", "no-route" },
        { -EINVAL, "no route leads to it", "no-route" }, /* a blackhole */
        { -EHOSTUNREACH, "it cannot be reached", "no-route" },
        { -EACCES, "a rule of this machine forbids the connection", "forbidden" },
        { -EPERM, "a rule of this machine forbids the connection", "forbidden" },
        { -EADDRNOTAVAIL, "no local port is left for the connection", "no-port-left" },
};

static const Outcome reached = { 0, NULL, NULL };
static const Outcome other = { -EIO, "the connection fails", "failed" };
static const Outcome not_asked = { -EBUSY, "its name was not looked up: another one still is",
                                   NULL };

static const Outcome *find(const Outcome *list, size_t n, int r) {
        for (size_t i = 0; i < n; i++)
                if (list[i].r == r)
                        return &list[i];
        return &other;
}

/* One address of several is enough. */
static const Outcome *judge(const PfEndpointAnswer *answer) {
        if (answer->lookup.r == -EBUSY)
                return &not_asked;
        if (answer->lookup.r < 0)
                return find(of_lookups, PF_ELEMENTS(of_lookups), answer->lookup.r);
        for (size_t i = 0; i < answer->lookup.n; i++)
                if (answer->tries[i].r == 0)
                        return &reached;
        return find(of_connections, PF_ELEMENTS(of_connections),
                    answer->lookup.n > 0 ? answer->tries[0].r : -EIO);
}

typedef struct Tally {
        size_t n_failed;
        size_t n_not_asked;
        const PfEndpointAnswer *failed; /* the first of each */
        const PfEndpointAnswer *not_asked;
        const PfEndpointAnswer *slow;
        const PfEndpointAnswer *azure;
} Tally;

static Tally count(const PfEndpointAnswers *answers) {
        Tally tally = { 0 };

        for (size_t i = 0; i < answers->n; i++) {
                const PfEndpointAnswer *answer = &answers->items[i];
                const Outcome *outcome = judge(answer);

                if (outcome == &not_asked && tally.n_not_asked++ == 0)
                        tally.not_asked = answer;
                else if (outcome != &reached && outcome != &not_asked && tally.n_failed++ == 0)
                        tally.failed = answer;
                if (!tally.slow && answer->lookup.usec >= SLOW_USEC)
                        tally.slow = answer;
                if (!tally.azure && pf_net_is_azure(&answer->endpoint))
                        tally.azure = answer;
        }
        return tally;
}

static void show(PfReport *report, const PfEndpointAnswers *answers) {
        size_t shown = 0;

        for (size_t i = 0; i < answers->n && shown < SHOWN_MAX; i++) {
                const PfEndpointAnswer *answer = &answers->items[i];
                const Outcome *outcome = judge(answer);
                char found[PF_ENDPOINT_HOST_MAX + 128];

                if (outcome == &reached)
                        continue;
                (void) snprintf(found, sizeof(found), "%s, port %u: %s", answer->endpoint.host,
                                answer->endpoint.port, outcome->text);
                (void) pf_report_evidence(report, NULL, NULL, 0, found, "a connection");
                shown++;
        }
}

static int fail(PfReport *report, const PfEndpointAnswers *answers, const Tally *tally) {
        const Outcome *outcome = judge(tally->failed);
        const PfEndpoint *endpoint = &tally->failed->endpoint;

        if (tally->n_failed == 1)
                (void) pf_report_fail(report, &check, "%s, port %u: %s", endpoint->host,
                                      endpoint->port, outcome->text);
        else
                (void) pf_report_fail(
                        report, &check, "%zu of %zu servers are not reached; %s, port %u: %s",
                        tally->n_failed, answers->n, endpoint->host, endpoint->port, outcome->text);
        pf_report_reason(report, outcome->reason);
        show(report, answers);
        return report->error;
}

/* Return: 1 where it was answered, 0, or a negative errno with a text. */
static int judge_roots(const PfTarget *target, PfReport *report, const Tally *tally, PfErr *err) {
        const char *root = NULL, *path = NULL;
        int r = tally->azure ? pf_net_missing_root(target, &root, &path, err) : 0;

        if (r < 0 || !root)
                return r;
        (void) pf_report_warn(report, &check, "%s is reached, but \"%s\" is not trusted",
                              tally->azure->endpoint.host, root);
        pf_report_reason(report, "untrusted");
        (void) pf_report_evidence(report, target, path, 0, NULL, root);
        (void) pf_report_remedy(report, "update the package ca-certificates");
        return 1;
}

static int judge_reached(const PfTarget *target, PfReport *report, const PfEndpointAnswers *answers,
                         const Tally *tally, PfErr *err) {
        int r = judge_roots(target, report, tally, err);

        if (r != 0)
                return r < 0 ? r : 0;
        if (tally->slow) {
                (void) pf_report_warn(report, &check,
                                      "all servers are reached, but it takes %llu s to resolve %s",
                                      (unsigned long long) (tally->slow->lookup.usec / 1000000),
                                      tally->slow->endpoint.host);
                pf_report_reason(report, "slow-names");
                return 0;
        }
        if (answers->n == 1)
                return pf_report_pass(report, &check, "%s, port %u, takes connections",
                                      answers->items[0].endpoint.host,
                                      answers->items[0].endpoint.port);
        return pf_report_pass(report, &check, "all of %zu servers take connections", answers->n);
}

static int answer(const PfTarget *target, PfReport *report, const PfEndpointAnswers *answers,
                  PfErr *err) {
        Tally tally = count(answers);

        if (tally.failed)
                return fail(report, answers, &tally);
        if (tally.not_asked) {
                (void) pf_report_unknown(report, &check, "%s, port %u: %s",
                                         tally.not_asked->endpoint.host,
                                         tally.not_asked->endpoint.port, not_asked.text);
                show(report, answers);
                return 0;
        }
        return judge_reached(target, report, answers, &tally, err);
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_ENDPOINT_ANSWERS PfEndpointAnswers answers = { 0 };
        static const PfStrv none = { 0 };
        int r;

        r = pf_machine_endpoints(target, demand->endpoints ? demand->endpoints : &none,
                                 demand->network_timeout_usec, &answers, err);
        if (r < 0)
                return r;
        if (answers.n == 0)
                return pf_report_skip(report, &check,
                                      "no server is configured to be tried: Endpoints= in "
                                      "preflightd.conf");
        if (r == PF_NETWORK_NOT_ASKED)
                return pf_report_unknown(report, &check,
                                         "whom the machine reaches is seen when it runs");
        return answer(target, report, &answers, err);
}

const PfProbe pf_probe_endpoints = {
        .name = "endpoints",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 21000, /* the longest TimeoutSec= is a second less */
        .run = run,
};
