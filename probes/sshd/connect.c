/* SPDX-License-Identifier: MIT */
/*
 * Between the socket and the banner: who is turned away before sshd says a word,
 * by the tables of libwrap or by its own limits on connections.
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/parse/hosts-access.h"
#include "probes/parse/program.h"
#include "probes/parse/resolver.h"

#define LIBWRAP "libwrap.so.0"
#define TABLE_MAX (1u << 20)

/* --- is this server linked with libwrap? --- */

typedef enum Wrapped { WRAPPED_NO, WRAPPED_YES, WRAPPED_UNKNOWN } Wrapped;

/* What the distributions build. OpenSSH itself dropped it in 6.7; Debian and, up
 * to release 7, Red Hat patch it in again. */
static Wrapped wrapped_by_release(const PfSshdVersion *version) {
        switch (version->flavour) {
        case PF_SSHD_DEBIAN:
                return WRAPPED_YES;
        case PF_SSHD_REDHAT:
                return pf_sshd_version_compare(version, 7, 5) < 0 ? WRAPPED_YES : WRAPPED_NO;
        case PF_SSHD_SUSE:
                return pf_sshd_version_compare(version, 7, 3) < 0 ? WRAPPED_YES : WRAPPED_UNKNOWN;
        case PF_SSHD_UPSTREAM:
                break;
        }
        return pf_sshd_version_compare(version, 6, 7) < 0 ? WRAPPED_UNKNOWN : WRAPPED_NO;
}

/* The program itself decides, where it is there. */
static int is_wrapped(const PfSshdRoom *room, Wrapped *ret, PfErr *err) {
        const PfSshdVersion *version = &room->look->version;
        PF_AUTO_PROGRAM PfProgram program = { 0 };
        int r = 0;

        if (version->source == PF_SSHD_VERSION_BINARY && version->path[0])
                r = pf_program_load(room->target, version->path, PF_SSHD_VERSION_MARK, &program,
                                    err);
        if (r < 0)
                return r;
        if (!program.is_dynamic)
                *ret = wrapped_by_release(version);
        else
                *ret = pf_strv_contains(&program.needed, LIBWRAP) ? WRAPPED_YES : WRAPPED_NO;
        return 0;
}

/* --- what its tables say --- */

typedef struct Wrapper {
        const PfSshdRoom *room;
        PfBuf texts[2];
        PfWrapperTable allow;
        PfWrapperTable deny;
        PfReverseAnswer client; /* as far as it had to be looked up */
        PfReverseAnswer server;
        PfWrapperVerdict verdict;
} Wrapper;

static void wrapper_deinit(Wrapper *wrapper) {
        for (size_t i = 0; i < PF_ELEMENTS(wrapper->texts); i++)
                pf_buf_deinit(&wrapper->texts[i]);
        pf_reverse_answer_deinit(&wrapper->client);
        pf_reverse_answer_deinit(&wrapper->server);
        pf_wrapper_verdict_deinit(&wrapper->verdict);
}

static int read_table(const PfTarget *target, const char *path, PfBuf *buf, PfWrapperTable *ret,
                      PfErr *err) {
        PfErr refused = { 0 };
        int r = pf_target_read(target, path, TABLE_MAX, buf, &refused);

        ret->path = path;
        if (r == 0) {
                ret->text = buf->data ? buf->data : "";
                ret->n = buf->n;
        }
        ret->is_unreadable = r == -ELOOP;
        /* A directory can be opened, and holds no line. */
        if (r >= 0 || r == -ELOOP || r == -EISDIR)
                return 0;
        return pf_err_set(err, r, "%s", pf_err_text(&refused, r));
}

static int read_patterns(void *data, const char *path, PfBuf *buf) {
        const Wrapper *wrapper = data;
        int r = pf_target_read(wrapper->room->target, path, TABLE_MAX, buf, NULL);

        return r == -EISDIR ? PF_TARGET_ABSENT : r;
}

/* What libwrap takes for a name; NULL while it is not known. */
static const char *name_of(const PfReverseAnswer *answer) {
        if (answer->outcome == PF_REVERSE_NAME)
                return answer->is_impostor ? PF_WRAPPER_PARANOID_NAME : answer->name;
        return answer->outcome == PF_REVERSE_NONE && answer->why ? PF_WRAPPER_UNKNOWN_NAME : NULL;
}

static int ask(Wrapper *wrapper, const char *daemon, PfWrapperVerdict *ret) {
        const PfDemand *demand = wrapper->room->demand;
        const PfWrapperRequest request = {
                .daemon = daemon,
                .port = demand->local_port,
                .client = { demand->source,
                            demand->source_host ? demand->source_host : name_of(&wrapper->client) },
                .server = { demand->local_address, name_of(&wrapper->server) },
                .read = read_patterns,
                .data = wrapper,
        };

        pf_wrapper_verdict_deinit(ret);
        return pf_hosts_access(&request, &wrapper->allow, &wrapper->deny, ret);
}

/* From 9.8 another program serves the connection. Which of the two names its
 * tables know it by is not known: where that matters, nobody can decide. */
static int ask_all(Wrapper *wrapper) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict other = { 0 };
        int r = ask(wrapper, "sshd", &wrapper->verdict);

        if (r < 0 || pf_sshd_version_compare(&wrapper->room->look->version, 9, 8) < 0)
                return r;
        r = ask(wrapper, "sshd-session", &other);
        if (r == 0 && other.outcome != wrapper->verdict.outcome) {
                wrapper->verdict.outcome = PF_WRAPPER_UNDECIDED;
                wrapper->verdict.why = "it depends on whether this version goes by the name sshd "
                                       "or sshd-session there";
        }
        return r;
}

static int look_up(const PfTarget *target, const char *text, PfReverseAnswer *ret, PfErr *err) {
        PfIpAddress address;

        if (!text || pf_ip_address_parse(text, &address) < 0)
                return 0;
        return pf_resolver_reverse(target, &address, ret, err);
}

/* Names are looked up only where a rule asks for one, as libwrap does. */
static int judge(Wrapper *wrapper, PfErr *err) {
        const PfSshdRoom *room = wrapper->room;
        int r;

        r = read_table(room->target, PF_HOSTS_ALLOW_PATH, &wrapper->texts[0], &wrapper->allow, err);
        if (r == 0)
                r = read_table(room->target, PF_HOSTS_DENY_PATH, &wrapper->texts[1], &wrapper->deny,
                               err);
        if (r == 0)
                r = ask_all(wrapper);
        if (r < 0 || wrapper->verdict.outcome != PF_WRAPPER_UNDECIDED)
                return r;
        if (!room->demand->source_host)
                r = look_up(room->target, room->demand->source, &wrapper->client, err);
        if (r == 0)
                r = look_up(room->target, room->demand->local_address, &wrapper->server, err);
        return r < 0 ? r : ask_all(wrapper);
}

/* --- the answer --- */

static void add_rule(const Wrapper *wrapper, const char *expected) {
        const PfWrapperLine *rule = &wrapper->verdict.rule;
        const PfWrapperLine *cut_at = &wrapper->verdict.cut_at;
        PfReport *report = wrapper->room->report;

        if (rule->path)
                (void) pf_report_evidence(report, wrapper->room->target, rule->path, rule->line,
                                          rule->text, expected);
        if (cut_at->path)
                (void) pf_report_evidence(report, wrapper->room->target, cut_at->path, cut_at->line,
                                          cut_at->text,
                                          "a newline at its end: libwrap reads no further");
}

static void answer_denied(const Wrapper *wrapper, const PfCheck *stage) {
        const PfSshdRoom *room = wrapper->room;
        const PfWrapperVerdict *verdict = &wrapper->verdict;
        const char *source = room->demand->source ? room->demand->source : "ADDRESS";
        bool is_ipv6 = strchr(source, ':') != NULL;

        (void) pf_report_fail(room->report, stage, "%s turns %s away before sshd speaks%s%s",
                              verdict->rule.path, PF_SSHD_WHOM(room), verdict->why ? ": " : "",
                              verdict->why ? verdict->why : "");
        pf_report_reason(room->report, "tcp-wrappers");
        add_rule(wrapper, "a rule in /etc/hosts.allow for this address");
        (void) pf_report_remedy(
                room->report, "put the line \"sshd: %s%s%s\" at the top of %s; it holds at once",
                is_ipv6 ? "[" : "", source, is_ipv6 ? "]" : "", PF_HOSTS_ALLOW_PATH);
}

static void answer_undecided(const Wrapper *wrapper, const PfCheck *stage) {
        const PfSshdRoom *room = wrapper->room;
        const char *why = wrapper->verdict.why;

        if (!why && !room->demand->source)
                why = "it depends on where the connection comes from: ask with --source";
        if (!why && wrapper->client.outcome == PF_REVERSE_UNDECIDED)
                why = wrapper->client.why;
        (void) pf_report_unknown(
                room->report, stage, "whether a rule of libwrap means %s is not known: %s",
                PF_SSHD_WHOM(room), why ? why : "it depends on more than the machine's files");
        add_rule(wrapper, NULL);
}

static void answer_wrapped(const Wrapper *wrapper, const PfCheck *stage, Wrapped wrapped) {
        const PfSshdRoom *room = wrapper->room;

        switch (wrapper->verdict.outcome) {
        case PF_WRAPPER_ALLOW:
                (void) pf_report_pass(room->report, stage, "%s",
                                      wrapper->verdict.rule.path
                                              ? "a rule of libwrap lets the connection in"
                                              : "no rule of libwrap means the connection");
                add_rule(wrapper, NULL);
                break;
        case PF_WRAPPER_DENY:
                if (wrapped == WRAPPED_YES) {
                        answer_denied(wrapper, stage);
                        break;
                }
                (void) pf_report_unknown(room->report, stage,
                                         "%s would turn the connection away if this sshd is built "
                                         "with libwrap, which is not known",
                                         wrapper->verdict.rule.path);
                add_rule(wrapper, NULL);
                break;
        case PF_WRAPPER_UNDECIDED:
                answer_undecided(wrapper, stage);
                break;
        }
}

int pf_sshd_stage_tcp_wrappers(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        PF_CLEANUP(wrapper_deinit)
        Wrapper wrapper = { .room = room,
                            .texts = { PF_BUF_INIT(TABLE_MAX), PF_BUF_INIT(TABLE_MAX) } };
        Wrapped wrapped = WRAPPED_UNKNOWN;
        int r = is_wrapped(room, &wrapped, err);

        if (r < 0)
                return r;
        if (wrapped == WRAPPED_NO)
                return pf_report_skip(room->report, stage,
                                      "this sshd is built without libwrap: hosts.allow and "
                                      "hosts.deny do not concern it");
        r = judge(&wrapper, err);
        if (r == 0)
                answer_wrapped(&wrapper, stage, wrapped);
        return r;
}

/* --- limits on connections --- */

static void answer_limit(const PfSshdRoom *room, const PfCheck *stage, const PfSshdSetting *setting,
                         const char *wanted) {
        (void) pf_report_fail(room->report, stage, "%s lets no connection in at all",
                              setting->keyword);
        pf_report_reason(room->report, "max-startups");
        pf_sshd_evidence_of(room, setting, 0, wanted);
        pf_sshd_remedy_setting(room, setting, wanted);
}

/* "begin:rate:full": with so many unauthenticated connections already, so many in
 * a hundred are turned away, and then all. The first finds none before it. */
static bool refuses_first(const char *text) {
        int begin = 1;
        int rate = 0;
        int full = 1;

        return sscanf(text, "%d:%d:%d", &begin, &rate, &full) == 3 &&
               (full <= 0 || (begin <= 0 && rate >= 100));
}

int pf_sshd_stage_connections(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdEffective *effective = room->look->effective;
        const PfSshdSetting *startups = pf_sshd_effective_get(effective, "maxstartups");
        const PfSshdSetting *per_source = pf_sshd_effective_get(effective, "persourcemaxstartups");
        const char *penalties = pf_sshd_effective_text(effective, "persourcepenalties");
        (void) err;

        if (per_source && strcmp(pf_sshd_text_of(per_source), "0") == 0)
                answer_limit(room, stage, per_source, "PerSourceMaxStartups none");
        else if (startups && refuses_first(pf_sshd_text_of(startups)))
                answer_limit(room, stage, startups, "MaxStartups 10:30:100");
        else
                (void) pf_report_pass(room->report, stage, "sshd takes one more connection%s",
                                      penalties && strcmp(penalties, "no") != 0
                                              ? "; an address that failed to log in often has to "
                                                "wait: PerSourcePenalties"
                                              : "");
        return 0;
}
