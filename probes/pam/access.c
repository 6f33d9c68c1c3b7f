/* SPDX-License-Identifier: MIT */
/*
 * pam_access: the first rule of access.conf that means the user and where the
 * login comes from decides; where there is none, it is granted.
 *
 * Rule: pam_access(8), access.conf(5), and the observed behaviour of 1.5.2: a
 *       user's name is compared without regard to case, a group's with it.
 */
#include <string.h>
#include <strings.h>

#include "probes/pam/origin.h"
#include "probes/pam/policy.h"
#include "probes/parse/access-conf.h"

#define CONF_PATH "/etc/security/access.conf"
#define DROP_IN_PATTERN "/etc/security/access.d/*.conf"
#define HOST_NAME_MAX_BYTES 256
#define REASON "pam-access"

/* One question to all the files. */
typedef struct Access {
        const PfPamQuestion *question;
        const PfPamLine *line;
        const char *field_separators;
        const char *list_separators;
        bool names_are_groups; /* a bare name may also be a group's: not nodefgroup */
        PfOrigin origin;
        char host[HOST_NAME_MAX_BYTES]; /* this machine's own name; "": not known */
        const char *doubt;
        int error; /* of a callback */
        PfErr *err;
        bool may_be[2]; /* denied, granted: by rules that perhaps match */
} Access;

static PfMaybe doubt(Access *access, const char *why) {
        access->doubt = why;
        return PF_MAYBE;
}

static PfMaybe match_origin(const char *element, void *data) {
        Access *access = data;
        PfMaybe match = pf_origin_match(element, &access->origin);

        return match == PF_MAYBE ? doubt(access, access->origin.doubt) : match;
}

/* What stands behind the "@" of user@host: this machine, not where from. */
static PfMaybe match_own_host(const char *element, Access *access) {
        PfIpAddress address;
        size_t n = strlen(element), n_host = strlen(access->host);

        if (strcasecmp(element, "ALL") == 0)
                return PF_YES;
        if (n == 0)
                return PF_NO;
        if (!*access->host || *element == '@' || element[n - 1] == '.' || strchr(element, '/') ||
            pf_ip_address_parse(element, &address) == 0)
                return doubt(access, "depends on the addresses of this machine's own name");
        if (strcasecmp(element, access->host) == 0)
                return PF_YES;
        return pf_maybe(*element == '.' && n_host > n &&
                        strcasecmp(access->host + n_host - n, element) == 0);
}

static PfMaybe match_group(const char *group, Access *access) {
        bool is_member = false;
        int r = pf_pam_is_member(access->question, group, &is_member, access->err);

        if (r < 0)
                access->error = r;
        return pf_maybe(r == 0 && is_member);
}

/* An element without the "@host" behind it. */
static PfMaybe match_name(char *element, Access *access) {
        size_t n = strlen(element);

        if (n > 1 && element[0] == '(' && element[n - 1] == ')') {
                element[n - 1] = '\0';
                return match_group(element + 1, access);
        }
        if (element[0] == '@')
                return doubt(access, "depends on a netgroup");
        if (strcasecmp(element, "ALL") == 0 || strcasecmp(element, access->question->user) == 0)
                return PF_YES;
        return access->names_are_groups ? match_group(element, access) : PF_NO;
}

static PfMaybe match_user(const char *element, void *data) {
        PF_AUTO_FREE char *copy = strdup(element);
        Access *access = data;
        size_t n = strlen(element);
        char *at;

        if (!copy) {
                access->error = -ENOMEM;
                return PF_NO;
        }
        at = element[0] == '(' && element[n - 1] == ')' ? NULL
                                                        : strchr(copy + strspn(copy, "@"), '@');
        if (!at)
                return match_name(copy, access);
        *at++ = '\0';
        return pf_maybe_and(match_name(copy, access), match_own_host(at, access));
}

/* Does a rule mean this login? */
static int match_rule(Access *access, const PfAccessRule *rule, PfMaybe *ret) {
        PfMaybe origins = PF_NO;
        PfMaybe users;
        int r;

        r = pf_access_list_match(rule->users, access->list_separators, match_user, access, &users);
        if (r == 0 && users != PF_NO)
                r = pf_access_list_match(rule->origins, access->list_separators, match_origin,
                                         access, &origins);
        *ret = pf_maybe_and(users, origins);
        return r < 0 ? r : access->error;
}

static int decide(Access *access, const char *path, const PfAccessRule *rule, PfPamAnswer *answer) {
        const PfPamPlace place = { .path = path, .line = rule->line, .text = rule->text };
        const char *source = access->question->source;
        PF_AUTO_FREE char *expected = NULL;
        int r;

        if (access->may_be[!rule->grant])
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, REASON, "%s", access->doubt);
        if (rule->grant)
                return 0;
        if (source && asprintf(&expected, "+:%s:%s", access->question->user, source) < 0)
                return -ENOMEM;
        r = pf_pam_answer_set(answer, PF_PAM_PERM_DENIED, REASON, "pam_access refuses %s from %s",
                              access->question->user, source ? source : "anywhere");
        return r < 0 ? r : pf_pam_answer_place(answer, access->question->target, &place, expected);
}

/* One file of rules. Return: 1 where a rule decided, 0 where none did. */
static int ask_file(Access *access, const char *path, const PfBuf *text, PfPamAnswer *answer) {
        PF_AUTO_ACCESS_CONF PfAccessConf conf = { 0 };
        int r;

        r = pf_access_conf_parse(text->data ? text->data : "", text->n, access->field_separators,
                                 &conf);
        if (r < 0)
                return pf_err_errno(access->err, r, "%s", path);
        for (size_t i = 0; i < conf.n; i++) {
                PfMaybe match;

                r = match_rule(access, &conf.rules[i], &match);
                if (r < 0)
                        return r;
                if (match == PF_MAYBE)
                        access->may_be[conf.rules[i].grant] = true;
                if (match != PF_YES)
                        continue;
                r = decide(access, path, &conf.rules[i], answer);
                return r < 0 ? r : 1;
        }
        return 0;
}

/* Return: as ask_file(), with 0 also where there is no such file. */
static int ask_path(Access *access, const char *path, PfPamAnswer *answer, bool *ret_absent) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_PAM_FILE_MAX);
        int r;

        r = pf_target_read(access->question->target, path, PF_PAM_FILE_MAX, &text, access->err);
        *ret_absent = r == PF_TARGET_ABSENT;
        if (r != 0)
                return r < 0 ? r : 0;
        return ask_file(access, path, &text, answer);
}

static int ask_default(Access *access, PfPamAnswer *answer) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        bool absent;
        int r;

        r = ask_path(access, CONF_PATH, answer, &absent);
        if (r == 0)
                r = pf_target_glob(access->question->target, DROP_IN_PATTERN, &paths, access->err);
        for (size_t i = 0; i < paths.n && r == 0; i++)
                r = ask_path(access, paths.items[i], answer, &absent);
        return r;
}

static int ask_given(Access *access, const char *path, PfPamAnswer *answer) {
        bool absent;
        int r;

        r = ask_path(access, path, answer, &absent);
        if (r != 0 || !absent)
                return r;
        r = pf_pam_answer_set(answer, PF_PAM_ABORT, REASON, "pam_access does not find its file %s",
                              path);
        return r < 0 ? r : pf_pam_answer_evidence(answer, NULL, path, 0, NULL, NULL);
}

/* The last of several words counts. */
static const char *read_words(Access *access) {
        const struct {
                const char *name;
                const char **value;
        } words[] = {
                { "fieldsep=", &access->field_separators },
                { "listsep=", &access->list_separators },
        };
        const PfStrv *args = access->line->args;
        const char *path = NULL;

        for (size_t i = 0; i < args->n; i++) {
                for (size_t j = 0; j < PF_ELEMENTS(words); j++)
                        if (strncmp(args->items[i], words[j].name, strlen(words[j].name)) == 0)
                                *words[j].value = args->items[i] + strlen(words[j].name);
                if (strncmp(args->items[i], "accessfile=", 11) == 0)
                        path = args->items[i] + 11;
        }
        access->names_are_groups = !pf_pam_has_argument(access->line, "nodefgroup");
        return path;
}

/* This machine's name: what the kernel says of a live one. */
static void read_own_name(Access *access) {
        const PfTarget *target = access->question->target;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(HOST_NAME_MAX_BYTES);
        const char *path =
                pf_target_is_live(target) ? "/proc/sys/kernel/hostname" : "/etc/hostname";

        if (pf_target_read(target, path, sizeof(access->host) - 1, &buf, NULL) == 0 && buf.data) {
                buf.data[strcspn(buf.data, " \t\r\n")] = '\0';
                (void) snprintf(access->host, sizeof(access->host), "%s", buf.data);
        }
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        PF_CLEANUP(pf_hosts_freep) PfHosts *hosts = NULL;
        unsigned debian = pf_pam_debian_release(question->target);
        Access access = { .question = question,
                          .line = line,
                          .field_separators = PF_ACCESS_FIELD_SEPARATORS,
                          .list_separators = PF_ACCESS_LIST_SEPARATORS,
                          .err = err };
        const char *path;
        int r;

        (void) facility; /* the same in all of them */
        if (!question->account->exists)
                return pf_pam_answer_unknown_user(answer);
        r = pf_hosts_read(question->target, &hosts, err);
        if (r < 0)
                return r;
        access.origin = (PfOrigin){ .name = question->source_host,
                                    .address = question->source,
                                    .hosts = hosts,
                                    .by_text_only = debian > 0 && debian <= 12 };
        path = read_words(&access);
        read_own_name(&access);
        r = path ? ask_given(&access, path, answer) : ask_default(&access, answer);
        if (r != 0 || answer->code != PF_PAM_SUCCESS || !access.may_be[0])
                return r < 0 ? r : 0;
        /* No rule is sure to match, and one that would deny perhaps does. */
        return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, REASON, "%s", access.doubt);
}

const PfPamModule pf_pam_access = {
        .name = "pam_access",
        .facilities = PF_PAM_ALL,
        .run = run,
};
