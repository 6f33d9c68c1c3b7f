/* SPDX-License-Identifier: MIT */
/*
 * Probe accounts: could the installer's account carry a login with a password
 * at all, is it locked now by failed attempts, and is it the built-in root?
 *
 * Says nothing of how sshd is configured: see the probe sshd. Where a file
 * cannot be read the checks that rest on it are unknown.
 */
#include <limits.h>
#include <string.h>
#include <time.h>

#include "daemon/base/buf.h"
#include "probes/account-state.h"
#include "probes/pam/config.h"
#include "probes/pam/lockout.h"
#include "probes/parse/nss-files.h"
#include "probes/parse/sudoers.h"

#define PASSWD_PATH "/etc/passwd"
#define PASSWD_MAX (8 << 20)
#define SERVICE "sshd"
#define NEAR_DAYS 14
#define USEC_PER_SEC 1000000u
#define ROOT "root"

enum { USABLE, LOCKED_OUT, PRIVILEGED, N_CHECKS };

static const PfCheck checks[N_CHECKS] = {
        [USABLE] = { "account.usable" },
        [LOCKED_OUT] = { "account.locked-out" },
        [PRIVILEGED] = { "account.privileged" },
};

/* All that the answers rest on. */
typedef struct Room {
        const PfTarget *target;
        const char *name;
        PfReport *report;
        PfSshdAccount account;
        PfShadow shadow;
        int shadow_error; /* negative errno */
        PfErr shadow_reason;
        int64_t now_sec;
} Room;

static void room_deinit(Room *room) {
        pf_sshd_account_deinit(&room->account);
        pf_shadow_deinit(&room->shadow);
}

static const PfShadow *shadow_of(const Room *room) {
        return room->shadow_error < 0 ? NULL : &room->shadow;
}

/* True, and answered, where there is no account to say anything of. */
static bool answer_no_account(const Room *room, const PfCheck *check) {
        if (room->account.exists)
                return false;
        if (*room->account.service)
                (void) pf_report_unknown(room->report, check,
                                         "%s is not in %s, and %s could not be asked", room->name,
                                         PASSWD_PATH, room->account.service);
        else
                (void) pf_report_skip(room->report, check, "there is no account %s", room->name);
        return true;
}

/* --- account.usable --- */

static int fail(const Room *room, const char *reason, const char *why) {
        (void) pf_report_fail(room->report, &checks[USABLE], "%s cannot log in: %s", room->name,
                              why);
        pf_report_reason(room->report, reason);
        return 0;
}

static void show(const Room *room, const char *path, unsigned line, const char *found,
                 const char *expected) {
        (void) pf_report_evidence(room->report, room->target, path, line, found, expected);
}

/* Each of these is 1 where it has answered, 0 where all is well, or a negative errno. */
static int judge_existence(const Room *room, PfErr *err) {
        (void) err;
        if (room->account.exists)
                return 0;
        if (*room->account.service)
                return answer_no_account(room, &checks[USABLE]);
        (void) fail(room, "user-unknown", "there is no such account");
        show(room, PASSWD_PATH, room->account.skipped_line, NULL, "a line for the account");
        return 1;
}

static int judge_password(const Room *room, PfErr *err) {
        PfPasswordState state;
        int r;

        r = pf_account_password(room->target, &room->account, shadow_of(room), PF_JUDGE_PAM_UNIX,
                                &state, err);
        if (r < 0 || state.kind == PF_PASSWORD_CAN_MATCH)
                return r;
        if (state.kind == PF_PASSWORD_UNKNOWN) {
                (void) pf_report_unknown(room->report, &checks[USABLE], "%s",
                                         room->shadow_error < 0 ? pf_err_text(&room->shadow_reason,
                                                                              room->shadow_error)
                                                                : state.why);
                return 1;
        }
        (void) fail(room, pf_password_reason(state.kind), state.why);
        show(room, state.path, state.line, state.found, "the hash of a password");
        (void) pf_report_remedy(room->report, "set a password: passwd %s", room->name);
        return 1;
}

static int judge_dates(const Room *room, PfErr *err) {
        PfAgeing ageing = PF_AGEING_FINE;

        (void) err;
        if (pf_account_has_dates(&room->account, shadow_of(room), PF_JUDGE_PAM_UNIX))
                ageing = pf_account_dates(&room->shadow, PF_JUDGE_PAM_UNIX, room->now_sec);
        if (ageing == PF_AGEING_FINE)
                return 0;
        (void) fail(room, pf_ageing_reason(ageing), pf_ageing_why(ageing));
        show(room, PF_SHADOW_PATH, room->shadow.line, room->shadow.shown, "later dates");
        (void) pf_report_remedy(room->report,
                                ageing == PF_AGEING_ACCOUNT_EXPIRED
                                        ? "chage -E -1 %s, if the account is wanted"
                                        : "set a new password: passwd %s",
                                room->name);
        return 1;
}

/* Programs that stand in the place of a shell to keep people out. */
static const char *const no_shells[] = { "nologin", "false", "true", "sync", "shutdown", "halt" };

static bool is_no_shell(const char *shell) {
        const char *slash = strrchr(shell, '/');

        for (size_t i = 0; i < PF_ELEMENTS(no_shells); i++)
                if (strcmp(slash ? slash + 1 : shell, no_shells[i]) == 0)
                        return true;
        return false;
}

static int fail_shell(const Room *room, const char *reason, const char *why) {
        (void) fail(room, reason, why);
        show(room, PASSWD_PATH, room->account.line, room->account.shown, "a shell");
        (void) pf_report_remedy(room->report, "give it a shell: chsh -s /bin/sh %s", room->name);
        return 1;
}

static int judge_shell(const Room *room, PfErr *err) {
        PfFileInfo info;
        int r;

        if (*room->account.shell != '/')
                return fail_shell(room, "shell-missing", "its shell is not a path");
        r = pf_target_stat(room->target, room->account.shell, &info, err);
        if (r == PF_TARGET_ABSENT || r == -ENOTDIR || r == -ELOOP || r == -ENAMETOOLONG)
                return fail_shell(room, "shell-missing", "its shell does not exist");
        if (r < 0)
                return r;
        if (info.type != PF_FILE_REGULAR || !(info.mode & 0111))
                return fail_shell(room, "shell-missing", "its shell cannot be executed");
        if (is_no_shell(room->account.shell))
                return fail_shell(room, "shell-refuses", "its shell ends every session");
        return 0;
}

static int judge_days_left(const Room *room, PfErr *err) {
        long left = LONG_MAX;

        (void) err;
        if (pf_account_has_dates(&room->account, shadow_of(room), PF_JUDGE_PAM_UNIX))
                left = pf_account_days_left(&room->shadow, room->now_sec);
        if (left > NEAR_DAYS)
                return 0;
        (void) pf_report_warn(room->report, &checks[USABLE],
                              "%s can log in for %ld day%s more: then the account or its password "
                              "expires",
                              room->name, left, left == 1 ? "" : "s");
        show(room, PF_SHADOW_PATH, room->shadow.line, room->shadow.shown, "later dates");
        (void) pf_report_remedy(room->report, "chage -l %s tells the dates", room->name);
        return 1;
}

static int answer_usable(const Room *room, PfErr *err) {
        static int (*const judges[])(const Room *, PfErr *) = {
                judge_existence, judge_password, judge_dates, judge_shell, judge_days_left,
        };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(judges) && r == 0; i++)
                r = judges[i](room, err);
        if (r != 0)
                return r < 0 ? r : 0;
        return pf_report_pass(room->report, &checks[USABLE],
                              "%s has a password, a shell, and no date keeps it out", room->name);
}

/* --- account.locked-out --- */

/* Does this line count failures, and what does it say? 1, 0, or a negative errno. */
static int judge_line(const Room *room, const PfPamLine *line, PfLockout *ret, PfErr *err) {
        const PfPamQuestion question = { .target = room->target,
                                         .service = SERVICE,
                                         .user = room->name,
                                         .account = &room->account,
                                         .shadow = shadow_of(room),
                                         .now_sec = room->now_sec };
        int r;

        if (strcmp(line->name, "pam_faillock") == 0)
                r = pf_faillock_judge(&question, line, ret, err);
        else if (strcmp(line->name, "pam_tally2") == 0)
                r = pf_tally_judge(&question, line, PF_TALLY_LOG, ret, err);
        else if (strcmp(line->name, "pam_tally") == 0)
                r = pf_tally_judge(&question, line, PF_TALLY_FAILLOG, ret, err);
        else
                return 0;
        return r < 0 ? r : 1;
}

/* The worst of all lines: a lock, then what is not known, then the most failures. */
static bool is_worse(const PfLockout *a, const PfLockout *b) {
        static const int rank[] = {
                [PF_LOCKOUT_EXEMPT] = 0,  [PF_LOCKOUT_OPEN] = 1,   [PF_LOCKOUT_BROKEN] = 2,
                [PF_LOCKOUT_UNKNOWN] = 3, [PF_LOCKOUT_LOCKED] = 4,
        };

        if (rank[a->state] != rank[b->state])
                return rank[a->state] > rank[b->state];
        return a->failures > b->failures;
}

/* @ret_line: the line whose answer it is; NULL: none counts. */
static int judge_lines(const Room *room, const PfPamStack *stack, PfLockout *ret,
                       const PfPamLine **ret_line, PfErr *err) {
        *ret_line = NULL;
        for (size_t i = 0; i < stack->n; i++) {
                const PfPamLine *line = &stack->entries[i]->line;
                PfLockout lockout = { 0 };
                int r = 0;

                if (stack->entries[i]->kind == PF_PAM_ENTRY_MODULE)
                        r = judge_line(room, line, &lockout, err);
                if (r < 0)
                        return r;
                if (r > 0 && (!*ret_line || is_worse(&lockout, ret))) {
                        *ret = lockout;
                        *ret_line = line;
                }
        }
        return 0;
}

/* The record, the line that counts, and where it has its numbers from. */
static void show_lockout(const Room *room, const PfLockout *lockout, const PfPamLine *line) {
        const char *conf = pf_pam_argument(line, "conf");
        PfErr ignored = { 0 };
        PfFileInfo info;

        if (!conf)
                conf = PF_FAILLOCK_CONF_PATH;
        show(room, lockout->path, 0, NULL, "fewer failed logins");
        show(room, line->path, line->number, line->text, NULL);
        if (strcmp(line->name, "pam_faillock") == 0 &&
            pf_target_stat(room->target, conf, &info, &ignored) == 0)
                show(room, conf, 0, NULL, NULL);
}

static int answer_locked(const Room *room, const PfLockout *lockout, const PfPamLine *line) {
        long long minutes = (lockout->unlock_sec - room->now_sec + 30) / 60;

        if (lockout->unlock_sec > 0)
                pf_target_await(room->target, (uint64_t) lockout->unlock_sec * USEC_PER_SEC);
        if (minutes < 1)
                minutes = 1;
        if (lockout->unlock_sec == 0)
                (void) pf_report_fail(room->report, &checks[LOCKED_OUT],
                                      "%s is locked after %u failed logins until somebody unlocks "
                                      "it",
                                      room->name, lockout->failures);
        else
                (void) pf_report_fail(room->report, &checks[LOCKED_OUT],
                                      "%s is locked after %u failed logins for %lld minute%s more",
                                      room->name, lockout->failures, minutes,
                                      minutes == 1 ? "" : "s");
        pf_report_reason(room->report, "faillock");
        show_lockout(room, lockout, line);
        return pf_report_remedy(room->report,
                                "correct the stored password first, then clear the count: "
                                "%s --user %s --reset",
                                strstr(lockout->path, "tally") ? "pam_tally2" : "faillock",
                                room->name);
}

static int answer_open(const Room *room, const PfLockout *lockout, const PfPamLine *line) {
        if (lockout->deny > 0 && lockout->failures > 0 && lockout->failures + 1 >= lockout->deny) {
                (void) pf_report_warn(room->report, &checks[LOCKED_OUT],
                                      "one more failed login locks %s: there were %u", room->name,
                                      lockout->failures);
                show_lockout(room, lockout, line);
                return 0;
        }
        return pf_report_pass(room->report, &checks[LOCKED_OUT], "%s is not locked", room->name);
}

/* The first line of a stack that libpam cannot use, or NULL. */
static const PfPamEntry *find_fault(const PfPamStack *stack) {
        for (size_t i = 0; i < stack->n; i++)
                if (stack->entries[i]->kind == PF_PAM_ENTRY_MUST_FAIL)
                        return stack->entries[i];
        return NULL;
}

static int answer_uncounted(const Room *room, const PfPamConfig *config) {
        const PfPamEntry *entry = find_fault(pf_pam_config_stack(config, PF_PAM_AUTH));
        const char *fault = config->fault ? config->fault : entry ? entry->fault : NULL;

        if (fault && config->path)
                return pf_report_unknown(room->report, &checks[LOCKED_OUT],
                                         "whether PAM counts failed logins is not known: %s",
                                         fault);
        return pf_report_skip(room->report, &checks[LOCKED_OUT],
                              "nothing in the PAM stack of " SERVICE " counts failed logins");
}

static int answer_lockout(const Room *room, PfErr *err) {
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = NULL;
        PfLockout lockout = { 0 };
        const PfPamLine *line = NULL;
        int r;

        if (answer_no_account(room, &checks[LOCKED_OUT]))
                return 0;
        r = pf_pam_config_load(room->target, SERVICE, &config, err);
        if (r == 0)
                r = judge_lines(room, pf_pam_config_stack(config, PF_PAM_AUTH), &lockout, &line,
                                err);
        if (r < 0)
                return r;
        if (!line)
                return answer_uncounted(room, config);
        switch (lockout.state) {
        case PF_LOCKOUT_LOCKED:
                return answer_locked(room, &lockout, line);
        case PF_LOCKOUT_UNKNOWN:
        case PF_LOCKOUT_BROKEN:
                return pf_report_unknown(room->report, &checks[LOCKED_OUT], "%s", lockout.why);
        case PF_LOCKOUT_EXEMPT:
                return pf_report_pass(room->report, &checks[LOCKED_OUT],
                                      "failed logins do not lock %s", room->name);
        default:
                return answer_open(room, &lockout, line);
        }
}

/* --- account.privileged --- */

/* The name that whoami prints for user ID 0: the first that has it. */
static int read_name_of_root(const PfTarget *target, char **ret, unsigned *ret_line, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_SECRET_BUF_INIT(PASSWD_MAX);
        PfNssFile file;
        char *line;
        int r;

        r = pf_target_read(target, PASSWD_PATH, PASSWD_MAX, &buf, err);
        if (r < 0)
                return r;
        file = (PfNssFile){ .text = buf.data, .n = buf.n };
        while ((line = pf_nss_next_line(&file))) {
                const char *name = pf_nss_take_text(&line);
                uint32_t uid, gid;

                (void) pf_nss_take_text(&line);
                if (pf_nss_take_number(&line, &uid) != PF_NSS_NUMBER || uid != 0 ||
                    pf_nss_take_number(&line, &gid) != PF_NSS_NUMBER)
                        continue;
                *ret = strdup(name);
                *ret_line = file.line;
                return *ret ? 0 : -ENOMEM;
        }
        return 0;
}

static int answer_superuser(const Room *room, PfErr *err) {
        PF_AUTO_FREE char *first = NULL;
        const PfCheck *check = &checks[PRIVILEGED];
        unsigned line = 0;
        int r;

        r = read_name_of_root(room->target, &first, &line, err);
        if (r < 0)
                return r;
        if (!first || strcmp(first, ROOT) != 0) {
                (void) pf_report_fail(room->report, check,
                                      "whoami calls user ID 0 %s, and the installer wants root",
                                      first ? first : "nothing");
                show(room, PASSWD_PATH, line, NULL, "the line of root before any other with ID 0");
                return pf_report_remedy(room->report, "move the line of root to the top of %s",
                                        PASSWD_PATH);
        }
        if (strcmp(room->name, ROOT) != 0) {
                (void) pf_report_warn(room->report, check,
                                      "%s has user ID 0, but is not the built-in root", room->name);
                show(room, PASSWD_PATH, room->account.line, room->account.shown,
                     "the account root");
                return 0;
        }
        (void) pf_report_pass(room->report, check, "root is the superuser");
        show(room, PASSWD_PATH, room->account.line, room->account.shown, NULL);
        return 0;
}

static void explain_sudo(const Room *room, const PfSudoers *sudoers) {
        (void) pf_report_fail(
                room->report, &checks[PRIVILEGED],
                "%s is not root%s; the push installation does not use sudo%s%s", room->name,
                sudoers->grants_all ? ", only may become root with sudo" : "",
                sudoers->grants_all && !sudoers->no_password ? ", which would ask for a password"
                                                             : "",
                sudoers->require_tty ? ", which would want a terminal" : "");
        if (sudoers->grants_all)
                show(room, sudoers->path, sudoers->line, sudoers->text, NULL);
}

/* Who is not root is refused, whatever sudo says: it only words the answer. */
static int answer_ordinary(const Room *room) {
        PfSudoers sudoers = { 0 };
        PfErr reason = { 0 };
        int r;

        r = pf_sudoers_read(room->target, &room->account, &sudoers, &reason);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                (void) pf_report_fail(room->report, &checks[PRIVILEGED],
                                      "%s is not root; what sudo allows it is not known",
                                      room->name);
        else
                explain_sudo(room, &sudoers);
        pf_report_reason(room->report, "not-root");
        show(room, PASSWD_PATH, room->account.line, room->account.shown, "user ID 0");
        return pf_report_remedy(room->report,
                                "push with root, or install the agent by hand with sudo");
}

static int answer_privileged(const Room *room, PfErr *err) {
        if (answer_no_account(room, &checks[PRIVILEGED]))
                return 0;
        return room->account.uid == 0 ? answer_superuser(room, err) : answer_ordinary(room);
}

static void answer(const Room *room, const PfCheck *check, int (*judge)(const Room *, PfErr *)) {
        size_t n = room->report->n;
        PfErr err = { 0 };
        int r = judge(room, &err);

        (void) pf_report_settle(room->report, check, n, r, &err);
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_CLEANUP(room_deinit)
        Room room = { .target = target,
                      .name = demand->account,
                      .report = report,
                      .now_sec = (int64_t) (pf_target_now_usec(target) / 1000000) };
        int r;

        r = pf_sshd_account_read(target, demand->account, &room.account, err);
        if (r < 0)
                return r;
        room.shadow_error =
                pf_shadow_read(target, demand->account, &room.shadow, &room.shadow_reason);
        if (room.shadow_error == -ENOMEM)
                return -ENOMEM;
        pf_account_await(target, &room.shadow, room.now_sec, NEAR_DAYS);
        answer(&room, &checks[USABLE], answer_usable);
        answer(&room, &checks[LOCKED_OUT], answer_lockout);
        answer(&room, &checks[PRIVILEGED], answer_privileged);
        return report->error;
}

const PfProbe pf_probe_accounts = {
        .name = "accounts",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 1000,
        .run = run,
};
