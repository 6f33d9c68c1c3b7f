/* SPDX-License-Identifier: MIT */
/*
 * pam_limits: how many sessions a user may have, and resources so small that no
 * session can begin with them.
 *
 * Rule: pam_limits(8), limits.conf(5), and the observed behaviour of Debian's
 *       1.5.2: a line for the user comes before one for a group, that before one
 *       for all; of equal ones the last counts; who has the number 0 may always
 *       log in. A resource counts for sshd's own processes from then on.
 */
#include <string.h>

#include "probes/pam/logins.h"
#include "probes/pam/policy.h"
#include "probes/parse/limits-conf.h"

#define CONF_PATH "/etc/security/limits.conf"
#define VENDOR_PATH "/usr/etc/security/limits.conf"
#define DROP_IN_PATTERN "/etc/security/limits.d/*.conf"
#define REASON "pam-limits"
#define UNSET ((long long) -2)

/* Whom a line means; the lower, the stronger. */
typedef enum Rank {
        RANK_USER,
        RANK_GROUP,
        RANK_LOGINS_OF_GROUP, /* "%group", "%": all logins together */
        RANK_ALL,
        RANK_NONE,
} Rank;

/* A line that holds until a stronger one comes. */
typedef struct Limit {
        long long value;
        Rank rank;
        bool of_all; /* every login of the machine is counted */
        char *group; /* RANK_LOGINS_OF_GROUP: whose logins are counted */
        char *path;
        unsigned line;
        char *text;
} Limit;

/* Below the one nothing can start, below the other it depends; root is not bound
 * by the number of processes. Units are limits.conf's own. */
static const struct {
        const char *item;
        long long too_few;
        long long doubtful;
        bool binds_root;
} resources[] = {
        { "nproc", 1, 4, false },  /* sshd's own process, and the server's */
        { "nofile", 4, 19, true }, /* pam_limits itself then opens no file */
        { "as", 0, 65535, true },  { "data", 0, 4095, true },
        { "stack", 0, 255, true }, { "cpu", -1, 0, true },
};
#define N_RESOURCES PF_ELEMENTS(resources)

typedef struct Limits {
        const PfPamQuestion *question;
        PfErr *err;
        Limit logins;
        Limit chroot;
        Limit soft[N_RESOURCES];
        Limit hard[N_RESOURCES];
        bool none; /* "user -": nothing is set */
} Limits;

static void limit_deinit(Limit *limit) {
        free(limit->group);
        free(limit->path);
        free(limit->text);
}

static void limits_deinit(Limits *limits) {
        limit_deinit(&limits->logins);
        limit_deinit(&limits->chroot);
        for (size_t i = 0; i < N_RESOURCES; i++) {
                limit_deinit(&limits->soft[i]);
                limit_deinit(&limits->hard[i]);
        }
}

/* "@group", "%group", "@500:600"; *@ret tells whether the user is in it. */
static int match_group(const Limits *limits, const char *name, bool *ret) {
        const PfSshdAccount *account = limits->question->account;
        PfIdRange range;

        if (!pf_id_range_parse(name, &range))
                return pf_pam_is_member(limits->question, name, ret, limits->err);
        *ret = pf_id_range_holds(&range, account->gid);
        return 0;
}

/* Return: 0, with RANK_NONE where it does not mean the user. */
static int find_rank(const Limits *limits, const char *domain, Rank *ret) {
        const PfSshdAccount *account = limits->question->account;
        bool is_root = account->uid == 0 && pf_pam_is_debian_like(limits->question->target);
        bool is_member = false;
        PfIdRange range;
        int r = 0;

        *ret = RANK_NONE;
        if (strcmp(domain, limits->question->user) == 0) {
                *ret = RANK_USER;
        } else if (is_root) {
                return 0;
        } else if (*domain == '@' || (*domain == '%' && domain[1])) {
                r = match_group(limits, domain + 1, &is_member);
                if (is_member)
                        *ret = *domain == '@' ? RANK_GROUP : RANK_LOGINS_OF_GROUP;
        } else if (strcmp(domain, "*") == 0) {
                *ret = RANK_ALL;
        } else if (strcmp(domain, "%") == 0) {
                *ret = RANK_LOGINS_OF_GROUP;
        } else if (pf_id_range_parse(domain, &range) && pf_id_range_holds(&range, account->uid)) {
                *ret = RANK_USER;
        }
        return r;
}

static int put(Limit *limit, const PfLimit *from, const char *path, Rank rank) {
        Limit one = { .value = from->number, .rank = rank, .line = from->line };

        if (rank > limit->rank)
                return 0;
        one.of_all = strcmp(from->domain, "%") == 0 || strcmp(from->item, "maxsyslogins") == 0;
        one.path = strdup(path);
        one.text = strdup(from->text);
        one.group = *from->domain == '%' ? strdup(from->domain + 1) : NULL;
        if (!one.path || !one.text || (*from->domain == '%' && !one.group)) {
                limit_deinit(&one);
                return -ENOMEM;
        }
        limit_deinit(limit);
        *limit = one;
        return 0;
}

static int put_resource(Limits *limits, const PfLimit *from, const char *path, Rank rank) {
        int r = 0;

        for (size_t i = 0; i < N_RESOURCES && r == 0; i++) {
                if (strcmp(from->item, resources[i].item) != 0)
                        continue;
                if (from->type & PF_LIMIT_SOFT)
                        r = put(&limits->soft[i], from, path, rank);
                if (r == 0 && from->type & PF_LIMIT_HARD)
                        r = put(&limits->hard[i], from, path, rank);
        }
        return r;
}

static int take(Limits *limits, const PfLimit *from, const char *path) {
        Rank rank;
        int r = find_rank(limits, from->domain, &rank);

        if (r < 0 || rank == RANK_NONE)
                return r;
        if (from->type == PF_LIMIT_NO_LIMITS) {
                limits->none = rank == RANK_USER || rank == RANK_GROUP;
                return 0;
        }
        if (*from->domain == '%' && strcmp(from->item, "maxlogins") != 0)
                return 0;
        if (strcmp(from->item, "chroot") == 0)
                return put(&limits->chroot, from, path, rank);
        if (!from->has_number)
                return 0;
        if (strcmp(from->item, "maxlogins") == 0 || strcmp(from->item, "maxsyslogins") == 0)
                return put(&limits->logins, from, path, rank);
        return put_resource(limits, from, path, rank);
}

static int take_file(Limits *limits, const char *path) {
        PF_AUTO_LIMITS_CONF PfLimitsConf conf = { 0 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAM_FILE_MAX);
        int r;

        r = pf_target_read(limits->question->target, path, PF_PAM_FILE_MAX, &buf, limits->err);
        if (r != 0)
                return r;
        r = pf_limits_conf_parse(buf.data ? buf.data : "", buf.n, &conf);
        for (size_t i = 0; i < conf.n && r == 0 && !limits->none; i++)
                r = take(limits, &conf.limits[i], path);
        return r < 0 ? pf_err_errno(limits->err, r, "%s", path) : 0;
}

/* Return: 0, or PF_TARGET_ABSENT: the module then fails. */
static int take_all(Limits *limits, const char *path) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r;

        if (path)
                return take_file(limits, path);
        r = take_file(limits, CONF_PATH);
        if (r == PF_TARGET_ABSENT)
                r = take_file(limits, VENDOR_PATH);
        if (r == 0)
                r = pf_target_glob(limits->question->target, DROP_IN_PATTERN, &paths, limits->err);
        for (size_t i = 0; i < paths.n && r == 0 && !limits->none; i++)
                r = take_file(limits, paths.items[i]);
        return r;
}

static int blame(const Limits *limits, const Limit *limit, PfPamCode code, const char *why,
                 PfPamAnswer *answer) {
        const PfPamPlace place = { .path = limit->path, .line = limit->line, .text = limit->text };
        int r = pf_pam_answer_set(answer, code, REASON, "%s", why);

        return r < 0 ? r : pf_pam_answer_place(answer, limits->question->target, &place, NULL);
}

/* The logins of whom a limit speaks. */
static bool counts(const char *user, void *data) {
        const Limits *limits = data;

        return limits->logins.of_all || strcmp(user, limits->question->user) == 0;
}

static int judge_logins(Limits *limits, PfPamAnswer *answer) {
        const PfPamQuestion *question = limits->question;
        const Limit *logins = &limits->logins;
        size_t n = 0;
        int r;

        if (question->account->uid == 0 || logins->value < 0)
                return 0;
        if (logins->value == 0)
                return blame(limits, logins, PF_PAM_PERM_DENIED,
                             "pam_limits lets the user have no session", answer);
        if (logins->group && !logins->of_all)
                return blame(limits, logins, PF_PAM_UNKNOWN,
                             "depends on how many of a group are logged in", answer);
        r = pf_logins_count(question->target, counts, limits, &n, limits->err);
        if (r < 0 || (long long) n < logins->value)
                return r;
        /* What an image's utmp says is of another day. */
        return pf_target_is_live(question->target)
                       ? blame(limits, logins, PF_PAM_PERM_DENIED,
                               "the user has as many sessions as pam_limits allows", answer)
                       : blame(limits, logins, PF_PAM_UNKNOWN,
                               "depends on how many sessions there are then", answer);
}

/* The smaller one of soft and hard, which is what holds; NULL: none is set. */
static const Limit *smaller(const Limit *soft, const Limit *hard) {
        if (soft->value < 0)
                return hard->value < 0 ? NULL : hard;
        return hard->value >= 0 && hard->value < soft->value ? hard : soft;
}

static int judge_resources(const Limits *limits, PfPamAnswer *answer) {
        const Limit *doubtful = NULL;

        for (size_t i = 0; i < N_RESOURCES; i++) {
                const Limit *limit = smaller(&limits->soft[i], &limits->hard[i]);

                if (!limit || (limits->question->account->uid == 0 && !resources[i].binds_root))
                        continue;
                if (limit->value <= resources[i].too_few)
                        return blame(limits, limit, PF_PAM_PERM_DENIED,
                                     "a session cannot begin with so little as pam_limits leaves",
                                     answer);
                if (limit->value <= resources[i].doubtful)
                        doubtful = limit;
        }
        return doubtful ? blame(limits, doubtful, PF_PAM_UNKNOWN,
                                "depends on how much of a resource a session needs", answer)
                        : 0;
}

static int judge_chroot(const Limits *limits, PfPamAnswer *answer) {
        const char *text = limits->chroot.text;
        PF_AUTO_FREE char *copy = text ? strdup(text) : NULL;
        char *path = copy ? strrchr(copy, '/') : NULL;

        if (!text)
                return 0;
        if (path && path[strspn(path, "/ \t")] == '\0')
                return 0; /* "/" changes nothing */
        return blame(limits, &limits->chroot, PF_PAM_UNKNOWN,
                     "depends on what is below a root directory that pam_limits sets", answer);
}

static int judge(Limits *limits, PfPamAnswer *answer) {
        int r = 0;

        if (limits->none)
                return 0;
        r = judge_logins(limits, answer);
        if (r == 0 && answer->code == PF_PAM_SUCCESS)
                r = judge_resources(limits, answer);
        if (r == 0 && answer->code == PF_PAM_SUCCESS)
                r = judge_chroot(limits, answer);
        return r;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const Limit unset = { .value = UNSET, .rank = RANK_NONE };
        PF_CLEANUP(limits_deinit) Limits limits = { .question = question, .err = err };
        const char *path = pf_pam_last_argument(line, "conf");
        int r;

        (void) facility;
        limits.logins = limits.chroot = unset;
        for (size_t i = 0; i < N_RESOURCES; i++)
                limits.soft[i] = limits.hard[i] = unset;
        if (!question->account->exists)
                return pf_pam_answer_unknown_user(answer);
        r = take_all(&limits, path);
        if (r == PF_TARGET_ABSENT) {
                r = pf_pam_answer_set(answer, PF_PAM_SERVICE_ERR, REASON,
                                      "pam_limits does not find its file");
                return r < 0 ? r
                             : pf_pam_answer_evidence(answer, NULL, path ? path : CONF_PATH, 0,
                                                      NULL, NULL);
        }
        return r < 0 ? r : judge(&limits, answer);
}

const PfPamModule pf_pam_limits = {
        .name = "pam_limits",
        .facilities = 1 << PF_PAM_SESSION,
        .run = run,
};
