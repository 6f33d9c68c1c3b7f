/* SPDX-License-Identifier: MIT */
/*
 * pam_succeed_if: conditions of three words on the account and the items.
 *
 * Rule: pam_succeed_if(8), and the observed behaviour of 1.5.2: the first
 *       condition that does not hold, or cannot be read, ends it; without any
 *       condition it succeeds.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "probes/pam/policy.h"

/* What a test makes of its two sides. */
typedef enum Outcome {
        HOLDS,
        FAILS,
        BAD, /* the condition cannot be read: PAM_SERVICE_ERR */
        NO_USER,
        NO_SOURCE,
        NETGROUP,
        ERROR,
} Outcome;

typedef struct Sides {
        const PfPamQuestion *question;
        const PfSshdAccount *account;
        const char *user;
        const char *left;
        const char *right;
        PfErr *err;
        int error;
} Sides;

static Outcome outcome(bool holds) {
        return holds ? HOLDS : FAILS;
}

/* An item that is not set is 0. */
static bool read_number(const char *text, long long *ret) {
        char *end;

        errno = 0;
        *ret = strtoll(text, &end, 0);
        return !*end && errno == 0;
}

/* -1, 0, 1 for less, equal, greater. Return: false where a side is no number. */
static bool compare(const Sides *sides, int *ret) {
        long long left, right;

        if (!read_number(sides->left, &left) || !read_number(sides->right, &right))
                return false;
        *ret = left < right ? -1 : left > right;
        return true;
}

#define NUMBER_TEST(name, condition)                                                               \
        static Outcome name(Sides *sides) {                                                        \
                int order;                                                                         \
                                                                                                   \
                return compare(sides, &order) ? outcome(condition) : BAD;                          \
        }
NUMBER_TEST(test_lt, order < 0)
NUMBER_TEST(test_le, order <= 0)
NUMBER_TEST(test_eq, order == 0)
NUMBER_TEST(test_ge, order >= 0)
NUMBER_TEST(test_gt, order > 0)
NUMBER_TEST(test_ne, order != 0)

static Outcome test_same(Sides *sides) {
        return outcome(strcmp(sides->left, sides->right) == 0);
}

static Outcome test_glob(Sides *sides) {
        return outcome(fnmatch(sides->right, sides->left, 0) == 0);
}

/* Between colons, as a whole. */
static Outcome test_in(Sides *sides) {
        size_t n = strlen(sides->left);
        const char *item = sides->right;

        for (;;) {
                size_t n_item = strcspn(item, ":");

                if (n > 0 && n_item == n && memcmp(item, sides->left, n) == 0)
                        return HOLDS;
                if (!item[n_item])
                        return FAILS;
                item += n_item + 1;
        }
}

static Outcome test_in_group(Sides *sides) {
        PfPamQuestion question = *sides->question;
        bool is_member;

        if (!*sides->left)
                return FAILS; /* an item that is not set is in no group */
        question.account = sides->account;
        sides->error = pf_pam_is_member_of_any(&question, sides->right, &is_member, sides->err);
        return sides->error < 0 ? ERROR : outcome(is_member);
}

static Outcome test_netgroup(Sides *sides) {
        (void) sides;
        return NETGROUP;
}

static const struct {
        const char *word;
        Outcome (*test)(Sides *sides);
        bool negated;
} tests[] = {
        { "<", test_lt, false },
        { "lt", test_lt, false },
        { "<=", test_le, false },
        { "le", test_le, false },
        { "eq", test_eq, false },
        { ">=", test_ge, false },
        { "ge", test_ge, false },
        { ">", test_gt, false },
        { "gt", test_gt, false },
        { "ne", test_ne, false },
        { "=", test_same, false },
        { "!=", test_same, true },
        { "=~", test_glob, false },
        { "!~", test_glob, true },
        { "in", test_in, false },
        { "notin", test_in, true },
        { "ingroup", test_in_group, false },
        { "notingroup", test_in_group, true },
        { "innetgr", test_netgroup, false },
        { "notinnetgr", test_netgroup, true },
};

static Outcome apply(Sides *sides, const char *word) {
        for (size_t i = 0; i < PF_ELEMENTS(tests); i++)
                if (strcmp(tests[i].word, word) == 0) {
                        Outcome one = tests[i].test(sides);

                        return one > FAILS || !tests[i].negated ? one : outcome(one == FAILS);
                }
        return BAD;
}

/* The fields that are the account's own. Return: false where it is none of them. */
static bool read_account(const Sides *sides, const char *field, char number[static 16],
                         const char **ret) {
        const PfSshdAccount *account = sides->account;
        const struct {
                const char *name;
                const char *text;
                unsigned number;
        } fields[] = {
                { "uid", NULL, account->uid },
                { "gid", NULL, account->gid },
                { "shell", account->shell, 0 },
                { "home", account->home, 0 },
        };

        for (size_t i = 0; i < PF_ELEMENTS(fields); i++)
                if (strcmp(fields[i].name, field) == 0) {
                        (void) snprintf(number, 16, "%u", fields[i].number);
                        *ret = fields[i].text ? fields[i].text : number;
                        return true;
                }
        return false;
}

static Outcome judge(Sides *sides, const char *field, const char *word, const char *right) {
        char number[16];

        sides->right = right;
        if (strcmp(field, "user") == 0) {
                sides->left = sides->user;
        } else if (read_account(sides, field, number, &sides->left)) {
                if (!sides->account->exists)
                        return NO_USER;
        } else {
                switch (pf_pam_item(sides->question, field, &sides->left)) {
                case PF_NO:
                        return BAD;
                case PF_MAYBE:
                        return NO_SOURCE;
                case PF_YES:
                default:
                        sides->left = sides->left ? sides->left : "";
                }
        }
        return apply(sides, word);
}

static bool is_flag(const char *word) {
        static const char *const flags[] = {
                "debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit",
        };

        for (size_t i = 0; i < PF_ELEMENTS(flags); i++)
                if (strcmp(word, flags[i]) == 0)
                        return true;
        return false;
}

static int answer_outcome(PfPamAnswer *answer, const Sides *sides, Outcome one, const char *field) {
        switch (one) {
        case HOLDS:
                return 0;
        case ERROR:
                return sides->error;
        case FAILS:
                return pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, NULL,
                                         "a condition of pam_succeed_if on \"%s\" does not hold",
                                         field);
        case NO_USER:
                return pf_pam_answer_unknown_user(answer);
        case NO_SOURCE:
                return pf_pam_answer_no_source(answer);
        case NETGROUP:
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL, "depends on a netgroup");
        case BAD:
        default:
                return pf_pam_answer_set(answer, PF_PAM_SERVICE_ERR, NULL,
                                         "pam_succeed_if cannot read its conditions");
        }
}

/* The account is question's, or that of root, who runs sshd. */
static int judge_all(const PfStrv *args, Sides *sides, PfPamAnswer *answer) {
        const char *words[3];
        size_t n = 0;

        for (size_t i = 0; i < args->n; i++) {
                Outcome one;

                if (is_flag(args->items[i]))
                        continue;
                words[n++] = args->items[i];
                if (n < PF_ELEMENTS(words))
                        continue;
                one = judge(sides, words[0], words[1], words[2]);
                if (one != HOLDS)
                        return answer_outcome(answer, sides, one, words[0]);
                n = 0;
        }
        return n == 0 ? 0 : answer_outcome(answer, sides, BAD, NULL);
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount root = { 0 };
        Sides sides = { .question = question,
                        .account = question->account,
                        .user = question->user,
                        .err = err };
        int r;

        (void) facility;
        if (pf_pam_has_argument(line, "use_uid")) {
                r = pf_sshd_account_read(question->target, "root", &root, err);
                if (r < 0)
                        return r;
                sides.account = &root;
                sides.user = "root";
        }
        return judge_all(line->args, &sides, answer);
}

const PfPamModule pf_pam_succeed_if = {
        .name = "pam_succeed_if",
        .facilities = PF_PAM_ALL,
        .run = run,
};
