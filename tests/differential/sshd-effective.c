/* SPDX-License-Identifier: MIT */

/*
 * Answers what `sshd -T -C …` would, for a test that holds us against it.
 *
 * One question a line on standard input, one answer a line on standard output:
 *
 *   {"root": DIR, "connection": {"user", "host", "addr", "laddr", "lport"} or null,
 *    "version": "9.2p1 …"}
 *   {"accepted": bool, "errors": [{"path", "line", "text"}],
 *    "effective": {keyword: [values, as sshd -T prints them]},
 *    "unresolved": whether a resolver would have to be asked for one of them}
 *
 * Members of a connection may be absent. Without a version, the target's own
 * is found, once for each root that differs from the one before it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/json.h"
#include "probes/parse/sshd-config.h"
#include "probes/parse/sshd-effective.h"

#define ANSWER_MAX (64 << 20) /* bytes */

/* What is kept from one question to the next. */
typedef struct Session {
        PfTarget *target;
        char *asked; /* "version" of the question that version was made for, or NULL */
        PfSshdVersion version;
} Session;

static void session_deinit(Session *session) {
        session->target = pf_target_unref(session->target);
        free(session->asked);
}

static bool is_same(const char *a, const char *b) {
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static int open_target(Session *session, const PfJson *question, PfErr *err) {
        const char *root = pf_json_get_string(question, "root");
        const char *asked = pf_json_get_string(question, "version");
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        int r;

        if (!root)
                return pf_err_set(err, -EINVAL, "no root in the question");
        /* A target records what was read of it, so each question has its own. */
        r = pf_target_new(root, PF_TARGET_DEFAULT, &target, err);
        if (r < 0)
                return r;
        if (session->target && is_same(asked, session->asked) &&
            is_same(root, pf_target_root(session->target))) {
                session->target = pf_target_unref(session->target);
                session->target = PF_STEAL(target);
                return 0;
        }
        r = asked ? pf_sshd_version_parse(asked, PF_SSHD_DEBIAN, &session->version)
                  : pf_sshd_version_detect(target, &session->version, err);
        if (r < 0)
                return pf_err_set(err, r, "which version of sshd: %s", pf_err_text(err, r));
        free(session->asked);
        session->asked = asked ? strdup(asked) : NULL;
        session->target = pf_target_unref(session->target);
        session->target = PF_STEAL(target);
        return 0;
}

static int put_problems(PfJson *answer, const PfSshdEffective *effective) {
        PF_CLEANUP(pf_json_freep) PfJson *errors = pf_json_new_array();
        const PfSshdProblem *problems;
        size_t n;

        problems = pf_sshd_effective_problems(effective, &n);
        for (size_t i = 0; i < n; i++) {
                const PfSshdLine *line = problems[i].line;
                const char *path = line ? line->path : problems[i].path;
                PF_CLEANUP(pf_json_freep) PfJson *error = pf_json_new_object();

                if (!errors || !error ||
                    (path ? pf_json_put_string(error, "path", path)
                          : pf_json_put_null(error, "path")) < 0 ||
                    pf_json_put_uint(error, "line", line ? line->number : 0) < 0 ||
                    pf_json_put_string(error, "text", problems[i].text) < 0 ||
                    pf_json_append_take(errors, PF_STEAL(error)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(answer, "errors", PF_STEAL(errors));
}

static int put_settings(PfJson *answer, const PfSshdEffective *effective) {
        PF_CLEANUP(pf_json_freep) PfJson *settings = pf_json_new_object();
        bool unresolved = false;

        for (size_t i = 0; i < pf_sshd_effective_count(effective); i++) {
                const PfSshdSetting *setting = pf_sshd_effective_at(effective, i);
                PF_CLEANUP(pf_json_freep) PfJson *values = pf_json_new_array();

                unresolved = unresolved || setting->unresolved;
                for (size_t k = 0; k < setting->n_values; k++)
                        if (!values || pf_json_append_string(values, setting->values[k].text) < 0)
                                return -ENOMEM;
                if (!settings || pf_json_put_take(settings, setting->keyword, PF_STEAL(values)) < 0)
                        return -ENOMEM;
        }
        if (pf_json_put_bool(answer, "unresolved", unresolved) < 0)
                return -ENOMEM;
        return pf_json_put_take(answer, "effective", PF_STEAL(settings));
}

static PfSshdConnection read_connection(const PfJson *from, const PfSshdAccount *account) {
        return (PfSshdConnection){
                .user = pf_json_get_string(from, "user"),
                .groups = account->exists ? &account->groups : NULL,
                .host = pf_json_get_string(from, "host"),
                .address = pf_json_get_string(from, "addr"),
                .local_address = pf_json_get_string(from, "laddr"),
                .local_port = (int) pf_json_integer(pf_json_get(from, "lport")),
                .as_test = true,
        };
}

static int evaluate(Session *session, const PfJson *from, PfSshdConfig **ret_conf,
                    PfSshdEffective **ret, PfErr *err) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        const char *user = pf_json_get_string(from, "user");
        PfSshdConnection connection;
        int r;

        r = pf_sshd_config_load(session->target, PF_SSHD_CONFIG_PATH, &session->version, ret_conf,
                                err);
        if (r != 0)
                return r < 0 ? r : pf_err_set(err, -ENOENT, "no %s", PF_SSHD_CONFIG_PATH);
        r = user ? pf_sshd_account_read(session->target, user, &account, err) : 0;
        if (r < 0)
                return r;
        connection = read_connection(from, &account);
        return pf_sshd_config_evaluate(*ret_conf, &connection, ret, err);
}

static int answer_question(Session *session, const PfJson *question, PfJson *answer, PfErr *err) {
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *effective = NULL;
        int r;

        r = open_target(session, question, err);
        if (r < 0)
                return r;
        r = evaluate(session, pf_json_get(question, "connection"), &conf, &effective, err);
        if (r < 0)
                return r;
        r = pf_json_put_bool(answer, "accepted", pf_sshd_effective_is_accepted(effective));
        if (r < 0)
                return r;
        r = put_problems(answer, effective);
        return r < 0 ? r : put_settings(answer, effective);
}

/* What we could not look at is said as such: {"failed": text}. */
static int answer_line(Session *session, const char *line, size_t n) {
        PF_CLEANUP(pf_json_freep) PfJson *question = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(ANSWER_MAX);
        PfErr err = { 0 };
        int r;

        r = pf_json_parse(line, n, 8, &question, &err);
        if (r == 0)
                r = answer_question(session, question, answer, &err);
        if (r < 0 && (!answer || pf_json_put_string(answer, "failed", pf_err_text(&err, r)) < 0))
                return -ENOMEM;
        r = pf_json_write(answer, &text);
        if (r < 0)
                return r;
        return puts(text.data) < 0 || fflush(stdout) != 0 ? -errno : 0;
}

int main(void) {
        PF_CLEANUP(session_deinit) Session session = { 0 };
        PF_AUTO_FREE char *line = NULL;
        size_t allocated = 0;
        ssize_t n;

        while ((n = getline(&line, &allocated, stdin)) >= 0) {
                int r = answer_line(&session, line, (size_t) n);

                if (r < 0) {
                        fprintf(stderr, "sshd-effective: %s\n", pf_err_text(NULL, r));
                        return 1;
                }
        }
        return 0;
}
