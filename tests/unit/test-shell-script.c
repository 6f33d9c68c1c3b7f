/* SPDX-License-Identifier: MIT */
#include "probes/parse/shell-script.h"

#include <string.h>

#include "probes/parse/shell-state.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define PATH_VARIABLE "PATH=/usr/bin:/bin"

static PfSandbox box;

typedef struct Expected {
        const char *text;
        PfShellEnd end;
        int status;        /* -2: does not matter */
        unsigned line;     /* 0: does not matter */
        const char *first; /* word of argv, or NULL: does not matter */
} Expected;

static const char *const environment_items[] = {
        PATH_VARIABLE, "HOME=/root", "USER=root", "SSH_ORIGINAL_COMMAND=scp -t /tmp", "MAYBE",
};

static void machine(void) {
        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/root");
        pf_sandbox_write(&box, "/etc/one", "echo one\n");
        pf_sandbox_write(&box, "/etc/quiet", "X=quiet\nreturn 3\necho never\n");
        pf_sandbox_write(&box, "/etc/wrong", "X=before\nif\nfi\necho never\n");
        pf_sandbox_write(&box, "/etc/empty", "");
        pf_sandbox_write(&box, "/etc/d/a.sh", "A=1\n");
        pf_sandbox_write(&box, "/etc/d/b.sh", "B=$A\n");
        pf_sandbox_write(&box, "/usr/bin/server", "a program\n");
        pf_sandbox_write(&box, "/usr/bin/cat", "a program\n");
        pf_sandbox_write(&box, "/usr/bin/id", "a program\n");
        pf_sandbox_write(&box, "/usr/bin/date", "a program\n");
        pf_sandbox_chmod(&box, "/usr/bin/server", 0755);
        pf_sandbox_chmod(&box, "/usr/bin/cat", 0755);
        pf_sandbox_chmod(&box, "/usr/bin/id", 0755);
        pf_sandbox_chmod(&box, "/usr/bin/date", 0755);
        pf_sandbox_write(&box, "/usr/bin/plain", "no program\n");
}

static void run(const PfShellSetup *how, const char *text, PfShellOutcome *ret) {
        static const PfIdentity root = { 0 };
        PF_AUTO_STRV PfStrv environment = { 0 };
        PfShellSetup setup = *how;
        PfErr err = { 0 };
        int r;

        for (size_t i = 0; i < PF_ELEMENTS(environment_items); i++)
                ck_assert_int_eq(pf_strv_add(&environment, environment_items[i]), 0);
        setup.view = (PfFileView){ .target = box.target, .who = &root };
        setup.user = "root";
        setup.environment = &environment;
        r = pf_shell_script_run(&setup, "/script", text, strlen(text), ret, &err);
        ck_assert_msg(r == 0, "%s: %s", text, pf_err_text(&err, r));
}

static void expect(const PfShellSetup *setup, const Expected *expected) {
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };

        run(setup, expected->text, &outcome);
        ck_assert_msg(outcome.end == expected->end, "%s: ends as %d (%s)", expected->text,
                      (int) outcome.end, outcome.why ? outcome.why : "");
        if (expected->status != -2)
                ck_assert_msg(outcome.status == expected->status, "%s: status %d", expected->text,
                              outcome.status);
        if (expected->line > 0)
                ck_assert_msg(outcome.line == expected->line, "%s: line %u", expected->text,
                              outcome.line);
        if (expected->first)
                ck_assert_msg(outcome.argv.n > 0 &&
                                      strcmp(outcome.argv.items[0], expected->first) == 0,
                              "%s: starts %s", expected->text,
                              outcome.argv.n ? outcome.argv.items[0] : "nothing");
        ck_assert_int_eq(outcome.end == PF_SHELL_UNKNOWN, outcome.why != NULL);
}

static void expect_all(const PfShellSetup *setup, const Expected *expected, size_t n) {
        machine();
        for (size_t i = 0; i < n; i++)
                expect(setup, &expected[i]);
}

#define EXPECT_ALL(setup, table) expect_all(setup, table, PF_ELEMENTS(table))

static const PfShellSetup as_sh = { 0 };
static const PfShellSetup as_bash = { .is_bash = true };
static const PfShellSetup as_profile = { .is_bash = true, .is_sourced = true };
static const PfShellSetup as_deaf = { .is_deaf = true };

START_TEST(simple_commands) {
        static const Expected table[] = {
                { "", PF_SHELL_ENDS, 0, 0, NULL },
                { "# only a comment", PF_SHELL_ENDS, 0, 0, NULL },
                { "A=1\nB=$A\n", PF_SHELL_ENDS, 0, 0, NULL },
                { "\n\necho hello", PF_SHELL_PRINTS, -2, 3, NULL },
                { "echo hello >&2", PF_SHELL_ENDS, 0, 0, NULL },
                { "echo hello >/dev/null 2>&1", PF_SHELL_ENDS, 0, 0, NULL },
                { "echo hello 1>&2 >/dev/stdout", PF_SHELL_ENDS, 0, 0, NULL },
                { "exit 3", PF_SHELL_EXITS, 3, 1, NULL },
                { "false; exit", PF_SHELL_EXITS, 1, 1, NULL },
                { "exec server -l \"$USER\"", PF_SHELL_EXECS, -2, 1, "server" },
                { "server", PF_SHELL_RUNS, -2, 1, "server" },
                { "nothing-like-it", PF_SHELL_ENDS, 127, 1, "nothing-like-it" },
                { "/usr/bin/plain", PF_SHELL_ENDS, 126, 1, "/usr/bin/plain" },
                { "exec nothing-like-it", PF_SHELL_EXITS, 127, 1, "nothing-like-it" },
                { "$SSH_ORIGINAL_COMMAND", PF_SHELL_ENDS, 127, 1, "scp" },
                { "set -- server x; exec \"$@\"", PF_SHELL_EXECS, -2, 1, "server" },
                { "echo -n", PF_SHELL_ENDS, 0, 0, NULL },
                { "printf ''", PF_SHELL_ENDS, 0, 0, NULL },
                { "printf 'a'", PF_SHELL_PRINTS, -2, 0, NULL },
                { "date", PF_SHELL_PRINTS, -2, 0, NULL },
                { "uptime", PF_SHELL_ENDS, 127, 0, NULL },
                { "cat /etc/one", PF_SHELL_PRINTS, -2, 0, NULL },
                { "cat /etc/empty", PF_SHELL_ENDS, -2, 0, NULL },
                { "cat /etc/none", PF_SHELL_ENDS, 1, 0, NULL },
                { "cat <<X\nhello\nX\n", PF_SHELL_PRINTS, -2, 1, NULL },
                { "A=1 server", PF_SHELL_RUNS, -2, 0, "server" },
                { "umask 022", PF_SHELL_ENDS, 0, 0, NULL },
                { "exec >/dev/null; echo x", PF_SHELL_ENDS, 0, 0, NULL },
                { "read x", PF_SHELL_UNKNOWN, -2, 1, NULL },
                { "a\\\nb", PF_SHELL_ENDS, 127, 0, "ab" },
        };

        EXPECT_ALL(&as_sh, table);
}
END_TEST

START_TEST(control) {
        static const Expected table[] = {
                { "if true; then exit 1; else exit 2; fi", PF_SHELL_EXITS, 1, 0, NULL },
                { "if false; then exit 1; elif true; then exit 2; fi", PF_SHELL_EXITS, 2, 0, NULL },
                { "true && false || exit 4", PF_SHELL_EXITS, 4, 0, NULL },
                { "! true || exit 5", PF_SHELL_EXITS, 5, 0, NULL },
                { "for i in a b; do case $i in b) exit 6;; esac; done", PF_SHELL_EXITS, 6, 0,
                  NULL },
                { "while true; do break; done; exit 7", PF_SHELL_EXITS, 7, 0, NULL },
                { "while :; do :; done", PF_SHELL_UNKNOWN, -2, 0, NULL },
                { "f() { return 3; }\nf; exit $?", PF_SHELL_EXITS, 3, 2, NULL },
                { "f() { f; }\nf", PF_SHELL_UNKNOWN, -2, 0, NULL },
                { "(exit 3); exit $?", PF_SHELL_EXITS, 3, 0, NULL },
                { "(A=1); exit $A", PF_SHELL_EXITS, 0, 0, NULL },
                { "{ echo x; } >/dev/null", PF_SHELL_ENDS, 0, 0, NULL },
                { "echo x | cat >/dev/null", PF_SHELL_UNKNOWN, -2, 0, NULL },
                { "echo x | true", PF_SHELL_ENDS, 0, 0, NULL },
                { "set -e; false; echo x", PF_SHELL_EXITS, 1, 1, NULL },
                { "set -e; if false; then :; fi; exit 9", PF_SHELL_EXITS, 9, 0, NULL },
                { "case scp in s*p) exit 1;; esac", PF_SHELL_EXITS, 1, 0, NULL },
                { "case x in 'x'|y) exit 2;; esac", PF_SHELL_EXITS, 2, 0, NULL },
                { "case '*' in '?') exit 1;; \\*) exit 3;; esac", PF_SHELL_EXITS, 3, 0, NULL },
                { "case $SSH_ORIGINAL_COMMAND in scp*) exec $SSH_ORIGINAL_COMMAND;; esac",
                  PF_SHELL_EXITS, 127, 1, "scp" },
                { "eval 'exit 4'", PF_SHELL_EXITS, 4, 0, NULL },
                { "shift 2", PF_SHELL_UNKNOWN, -2, 0, NULL },
        };

        EXPECT_ALL(&as_sh, table);
}
END_TEST

START_TEST(expansion) {
        static const Expected table[] = {
                { "[ \"$USER\" = root ] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ \"$(id -u)\" = 0 ] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ `id -un` = root ] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "x=${NONE:-3}; exit $x", PF_SHELL_EXITS, 3, 0, NULL },
                { "exit ${NONE:=4}", PF_SHELL_EXITS, 4, 0, NULL },
                { "exit ${USER:+5}", PF_SHELL_EXITS, 5, 0, NULL },
                { "x=a.b.c; [ ${x%.*} = a.b ] && [ ${x##*.} = c ] && exit 6", PF_SHELL_EXITS, 6, 0,
                  NULL },
                { "x='a b'; set -- $x; exit $#", PF_SHELL_EXITS, 2, 0, NULL },
                { "x='a b'; set -- \"$x\"; exit $#", PF_SHELL_EXITS, 1, 0, NULL },
                { "set --; set -- \"$@\"; exit $#", PF_SHELL_EXITS, 0, 0, NULL },
                { "set -- ''; exit $#", PF_SHELL_EXITS, 1, 0, NULL },
                { "set -- $NONE; exit $#", PF_SHELL_EXITS, 0, 0, NULL },
                { "set -- /etc/d/*.sh; exit $#", PF_SHELL_EXITS, 2, 0, NULL },
                { "set -- '/etc/d/*.sh'; exit $#", PF_SHELL_EXITS, 1, 0, NULL },
                { "for f in /etc/d/*.sh; do . $f; done; exit $B", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ ~ = /root ] && exit 2", PF_SHELL_EXITS, 2, 0, NULL },
                { "case $- in *i*) exit 1;; esac; exit 2", PF_SHELL_EXITS, 2, 0, NULL },
                { "echo $'x'", PF_SHELL_UNKNOWN, -2, 0, NULL },
        };

        EXPECT_ALL(&as_sh, table);
}
END_TEST

START_TEST(conditions) {
        static const Expected table[] = {
                { "[ -f /etc/one ] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ -d /etc/one ] || exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ -x /usr/bin/server -a ! -x /usr/bin/plain ] && exit 1", PF_SHELL_EXITS, 1, 0,
                  NULL },
                { "[ -s /etc/empty ] || exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ -t 0 ] || exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ 3 -lt 4 ] && [ 3 -ne 4 ] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ ] || exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ -n ] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ ! ] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ -n \"$NONE\" ] || exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ x", PF_SHELL_ENDS, 2, 0, NULL },
                { "[[ -f /etc/one && $USER == r* ]] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[[ $USER == 'r*' ]] || exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[[ ( a == b || a == a ) && ! -z a ]] && exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[[ $USER =~ ^(a|b)$ ]] && :", PF_SHELL_ENDS, -2, 0, NULL },
        };

        EXPECT_ALL(&as_bash, table);
}
END_TEST

/* What nobody knows is tried both ways: where they meet, it does not matter. */
START_TEST(both_ways) {
        static const Expected table[] = {
                { "[ \"$MAYBE\" = x ] && A=1\nexit 2", PF_SHELL_EXITS, 2, 0, NULL },
                { "[ \"$MAYBE\" = x ] && exit 1\nexit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "[ \"$MAYBE\" = x ] && exit 1\nexit 2", PF_SHELL_EXITS, -1, 0, NULL },
                { "A=1\n[ \"$MAYBE\" = x ] && exit 1\necho x", PF_SHELL_UNKNOWN, -2, 2, NULL },
                { "case $MAYBE in x) echo a;; *) echo b;; esac", PF_SHELL_PRINTS, -2, 0, NULL },
                { "x=${MAYBE:-y}; [ -n \"$x\" ] && exit 1", PF_SHELL_UNKNOWN, -2, 0, NULL },
                { "$MAYBE", PF_SHELL_UNKNOWN, -2, 1, NULL },
                { "echo x > /some/file", PF_SHELL_ENDS, -1, 0, NULL },
        };

        EXPECT_ALL(&as_sh, table);
}
END_TEST

START_TEST(files_that_are_read) {
        static const Expected table[] = {
                { ". /etc/one", PF_SHELL_PRINTS, -2, 1, NULL },
                { ". /etc/quiet; exit $?", PF_SHELL_EXITS, 3, 0, NULL },
                { ". /etc/none\nexit 5", PF_SHELL_EXITS, 5, 0, NULL },
                { ". /etc/wrong\n[ $X = before ] && exit 5", PF_SHELL_EXITS, 5, 0, NULL },
                { "return 4\necho x", PF_SHELL_ENDS, 4, 1, NULL },
                { "fi\necho x", PF_SHELL_ENDS, 2, 0, NULL },
                { "if [ ; then ( fi\n", PF_SHELL_ENDS, 2, 0, NULL },
                { "echo 'no end", PF_SHELL_ENDS, 2, 0, NULL },
                { "select x in a; do :; done", PF_SHELL_UNKNOWN, -2, 1, NULL },
                { "shopt -s histappend; shopt -oq posix || exit 1", PF_SHELL_EXITS, 1, 0, NULL },
                { "a=(1 2 3)\nb+=x", PF_SHELL_ENDS, 0, 0, NULL },
                { "function f { exit 8; }\nf", PF_SHELL_EXITS, 8, 0, NULL },
                { "[ -n \"$BASH_VERSION\" ] && [ -z \"$PS1\" ] && exit 3", PF_SHELL_EXITS, 3, 0,
                  NULL },
        };
        static const Expected of_sh[] = {
                { ". /etc/none\nexit 5", PF_SHELL_EXITS, 2, 0, NULL },
                { "fi\necho x", PF_SHELL_EXITS, 2, 0, NULL },
                { "return 4\necho x", PF_SHELL_ENDS, 4, 0, NULL },
        };

        /* Not zero, and by the version of bash 1 or 2. */
        static const Expected of_bash[] = {
                { "return 4 && exit 5", PF_SHELL_ENDS, -1, 0, NULL },
                { "return 4 && exit 1 | false", PF_SHELL_ENDS, -1, 0, NULL },
                { "return 4 || exit 5", PF_SHELL_EXITS, 5, 0, NULL },
                { "! return 4 && exit 5", PF_SHELL_EXITS, 5, 0, NULL },
        };

        EXPECT_ALL(&as_profile, table);
        EXPECT_ALL(&as_sh, of_sh);
        EXPECT_ALL(&as_bash, of_bash);
}
END_TEST

/* As a module of PAM starts it: only the status counts. */
START_TEST(without_a_listener) {
        static const Expected table[] = {
                { "echo hello; date; exit 3", PF_SHELL_EXITS, 3, 0, NULL },
                { "server; exit 3", PF_SHELL_EXITS, 3, 0, NULL },
                { "server", PF_SHELL_ENDS, -1, 0, NULL },
                { "exec server", PF_SHELL_EXECS, -2, 0, "server" },
                { "[ \"$USER\" = root ] || exit 1", PF_SHELL_ENDS, 0, 0, NULL },
        };

        EXPECT_ALL(&as_deaf, table);
}
END_TEST

/* The evidence is the line, in the file it stands in. */
START_TEST(evidence) {
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };

        machine();
        pf_sandbox_write(&box, "/etc/two", "A=1\n  \techo two \t\n");
        run(&as_bash, "\n. /etc/two\n", &outcome);
        ck_assert_int_eq(outcome.end, PF_SHELL_PRINTS);
        ck_assert_str_eq(outcome.path, "/etc/two");
        ck_assert_uint_eq(outcome.line, 2);
        ck_assert_str_eq(outcome.text, "echo two");
}
END_TEST

START_TEST(bounds) {
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };
        char deep[4096];

        machine();
        memset(deep, '(', sizeof(deep) - 1);
        deep[sizeof(deep) - 1] = '\0';
        run(&as_sh, deep, &outcome);
        ck_assert_int_eq(outcome.end, PF_SHELL_UNKNOWN);
        pf_shell_outcome_deinit(&outcome);
        pf_sandbox_write(&box, "/loop", ". /loop\n");
        run(&as_sh, ". /loop", &outcome);
        ck_assert_int_eq(outcome.end, PF_SHELL_UNKNOWN);
        pf_shell_outcome_deinit(&outcome);
        run(&as_sh, "for a in 1 2 3 4 5 6 7 8; do [ \"$MAYBE\" = $a ] && B=$a; done; echo $B",
            &outcome);
        ck_assert_int_eq(outcome.end, PF_SHELL_UNKNOWN);
}
END_TEST

START_TEST(patterns) {
        static const struct {
                const char *pattern, *text;
                bool matches;
        } table[] = {
                { "*", "", true },         { "a*c", "abbc", true },    { "a*c", "abb", false },
                { "?", "", false },        { "[a-c]x", "bx", true },   { "[!a-c]x", "bx", false },
                { "[]]", "]", true },      { "\\*", "*", true },       { "\\*", "x", false },
                { "*a*b*", "xaxb", true }, { "*a*b*", "xbxa", false }, { "[a", "[a", true },
        };

        for (size_t i = 0; i < PF_ELEMENTS(table); i++)
                ck_assert_msg(pf_shell_matches(table[i].pattern, table[i].text) == table[i].matches,
                              "%s and %s", table[i].pattern, table[i].text);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("shell-script");

        PF_TEST(suite, simple_commands);
        PF_TEST(suite, control);
        PF_TEST(suite, expansion);
        PF_TEST(suite, conditions);
        PF_TEST(suite, both_ways);
        PF_TEST(suite, files_that_are_read);
        PF_TEST(suite, without_a_listener);
        PF_TEST(suite, evidence);
        PF_TEST(suite, bounds);
        PF_TEST(suite, patterns);
        return pf_test_main(suite);
}
