/* SPDX-License-Identifier: MIT */
/*
 * Kills a program at its system calls, and asks whether what it left is good.
 *
 *      crash-run [--points=all|changes|COUNT] [--prepare=CMD] [--recover=CMD] --check=CMD
 *                -- PROGRAM ARGUMENT...
 *      crash-run --kill-at=N [--changes|--both] [--of=WHOSE] [--kill=WHOSE] [--from=NAME]
 *                -- PROGRAM ARGUMENT...
 *      crash-run --fail-at=N --error=NUMBER [--from=NAME] -- PROGRAM ARGUMENT...
 *
 * In the first form the program is run once for each point: before that the shell runs
 * --prepare, which makes the machine anew; then the program runs under ptrace(2) until it comes
 * to that point, where it and all of its children get SIGKILL; then the shell runs --recover,
 * which is to go on with what was interrupted, and --check, which looks at what there is.
 * All of the three have to succeed. The last run comes to its end without being killed; its exit
 * status does not matter, and what it left is checked as well. Example:
 *
 *      crash-run --prepare='rm -rf $D && cp -a image $D' --recover='preflightctl history --root=$D'
 *                --check='check-tree $D' -- preflightctl fix --root=$D ssh.sftp-subsystem
 *
 * A point is the entry of a system call, where it was not done, or its exit, where it was, of
 * the program or any of its children and threads, counted from 1 in the order in which they come.
 *      all      every point
 *      changes  the entries of calls that may change something that outlives the program: between
 *               them all points leave the same (calls.h), as long as no two of these calls are
 *               done at the same time
 *      COUNT    so many of these, evenly spread, the first and the last among them
 *
 * The second form does one run, killed at the point N of "all": for --prepare of another. With
 * --changes N counts the points of "changes", with --both the exits of those calls as well. WHOSE
 * is all, own (the program's and its threads') or others (its children's): of which processes the
 * points count, and which of them are killed. Its exit status is 0, or 3 where the program had
 * ended before. To the file that PF_CRASH_WHERE names go how many points were come to, how many
 * calls that may change something, how many of those began while another was being done, and where
 * it was.
 *
 * The third form does one run, in which the N-th call that writes to a file system is not done, and
 * returns that errno; what the program wrote and ended with is its own. Exit status: that of the
 * program, or 125 where fewer calls were made. PF_CRASH_WHERE tells which call it was.
 *
 * With --from counting begins with the first directory that is made with a name like that, as
 * fnmatch(3), by mkdirat(2), or with the first flock(2) where NAME is "flock": until then the
 * program runs untraced, at its own speed; of its threads those are counted that stop afterwards.
 *
 * The commands find the number of the point in PF_CRASH_POINT. Prints one line that says how
 * many points were tried; for each that is bad, where it was. Exit status: 0, 1 where one is bad,
 * 2 where something else is wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "trace.h"

#define BAD_MAX 10 /* then no more points are tried */

static const char *arg_prepare, *arg_recover, *arg_check, *arg_points = "all";
static const char *arg_from;
static unsigned long arg_kill_at, arg_fail_at, arg_error;
static CrashPoints arg_counted = CRASH_EVERY;
static CrashWhose arg_counted_of = CRASH_ALL, arg_killed_of = CRASH_ALL;

/* ---- all of them ---- */

static bool run_command(const char *what, const char *command, const CrashRun *run) {
        int status;

        if (!command)
                return true;
        status = system(command);
        if (status == 0)
                return true;
        (void) printf("# point %lu (%s): %s: status %d\n", run->kill_at,
                      run->is_killed ? run->where : "not killed", what,
                      WIFEXITED(status) ? WEXITSTATUS(status) : -1);
        (void) fflush(stdout);
        return false;
}

static void prepare(unsigned long point) {
        CrashRun none = { .kill_at = point };
        char number[32];

        (void) snprintf(number, sizeof(number), "%lu", point);
        (void) setenv("PF_CRASH_POINT", number, 1);
        if (!run_command("prepare", arg_prepare, &none))
                exit(2);
}

/* One point: was what it left good? */
static bool try_point(char **argv, unsigned long point, bool changes) {
        CrashRun run = { .kill_at = point, .counted = changes ? CRASH_CHANGES : CRASH_EVERY };

        prepare(point);
        crash_run_program(&run, argv);
        return run_command("recover", arg_recover, &run) && run_command("check", arg_check, &run);
}

static unsigned long count_points(char **argv, bool changes) {
        CrashRun run = { .counted = changes ? CRASH_CHANGES : CRASH_EVERY };

        prepare(0);
        crash_run_program(&run, argv);
        return run.points;
}

/*
 * Point @i of @tried out of @n. The one behind the last is never come to, since the
 * program ends before.
 */
static unsigned long spread(unsigned long i, unsigned long tried, unsigned long n) {
        return tried < 2 || tried > n ? i + 1 : 1 + i * n / (tried - 1);
}

static int try_all(char **argv) {
        bool changes = strcmp(arg_points, "all") != 0;
        unsigned long n = count_points(argv, changes);
        unsigned long tried = n + 1, bad = 0, done = 0;

        if (changes && strcmp(arg_points, "changes") != 0)
                tried = strtoul(arg_points, NULL, 10);
        if (tried == 0)
                crash_die("--points=%s: all, changes, or a number", arg_points);
        if (tried > n + 1)
                tried = n + 1;
        for (unsigned long i = 0; i < tried && bad < BAD_MAX; i++, done++)
                bad += !try_point(argv, spread(i, tried, n), changes);
        (void) printf("# %lu of %lu kill points tried, %lu bad\n", done, n + 1, bad);
        return bad ? 1 : 0;
}

static const struct option options[] = {
        { "points", required_argument, NULL, 'p' },
        { "prepare", required_argument, NULL, 'b' },
        { "recover", required_argument, NULL, 'r' },
        { "check", required_argument, NULL, 'c' },
        { "kill-at", required_argument, NULL, 'k' },
        { "changes", no_argument, NULL, 'e' },
        { "both", no_argument, NULL, 'a' },
        { "of", required_argument, NULL, 'o' },
        { "kill", required_argument, NULL, 'w' },
        { "fail-at", required_argument, NULL, 'f' },
        { "error", required_argument, NULL, 'n' },
        { "from", required_argument, NULL, 'm' },
        { NULL, 0, NULL, 0 },
};

static CrashWhose whose(const char *word) {
        static const char *const words[] = {
                [CRASH_ALL] = "all", [CRASH_OWN] = "own", [CRASH_OTHERS] = "others"
        };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(words[i], word) == 0)
                        return (CrashWhose) i;
        crash_die("%s: all, own or others", word);
}

static void read_options(int argc, char **argv) {
        int c;

        while ((c = getopt_long(argc, argv, "+", options, NULL)) >= 0)
                switch (c) {
                case 'p':
                        arg_points = optarg;
                        break;
                case 'b':
                        arg_prepare = optarg;
                        break;
                case 'r':
                        arg_recover = optarg;
                        break;
                case 'c':
                        arg_check = optarg;
                        break;
                case 'k':
                        arg_kill_at = strtoul(optarg, NULL, 10);
                        break;
                case 'e':
                        arg_counted = CRASH_CHANGES;
                        break;
                case 'a':
                        arg_counted = CRASH_BOTH;
                        break;
                case 'o':
                        arg_counted_of = whose(optarg);
                        break;
                case 'w':
                        arg_killed_of = whose(optarg);
                        break;
                case 'f':
                        arg_fail_at = strtoul(optarg, NULL, 10);
                        break;
                case 'n':
                        arg_error = strtoul(optarg, NULL, 10);
                        break;
                case 'm':
                        arg_from = optarg;
                        break;
                default:
                        exit(2);
                }
}

/* For who asked: where it was, or how many points there are. */
static void tell_where(const CrashRun *run) {
        const char *path = getenv("PF_CRASH_WHERE");
        FILE *file = path ? fopen(path, "we") : NULL;

        if (!file)
                return;
        (void) fprintf(file, "%lu %lu %lu %s\n", run->points, run->changes, run->overlaps,
                       run->where);
        (void) fclose(file);
}

/* The second and the third form. */
static int run_once(char **argv) {
        CrashRun run = { .counted = arg_counted,
                         .counted_of = arg_counted_of,
                         .killed_of = arg_killed_of,
                         .from = arg_from,
                         .kill_at = arg_kill_at,
                         .fail_at = arg_fail_at,
                         .error = (int) arg_error };

        crash_run_program(&run, argv);
        tell_where(&run);
        if (run.fail_at == 0)
                return run.is_killed ? 0 : 3;
        if (run.points < run.fail_at)
                return 125;
        return WIFEXITED(run.status) ? WEXITSTATUS(run.status) : 124;
}

int main(int argc, char **argv) {
        read_options(argc, argv);
        if (!argv[optind] || (!arg_check && arg_kill_at == 0 && arg_fail_at == 0))
                crash_die("usage: crash-run [--points=P] [--prepare=CMD] [--recover=CMD] "
                          "--check=CMD -- "
                          "PROGRAM..., or crash-run --kill-at=N|--fail-at=N -- PROGRAM...");
        if (arg_fail_at > 0 && arg_error == 0)
                crash_die("--fail-at needs --error");
        /* What a killed program leaves running is ours to wait for. */
        if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
                crash_die("prctl: %s", strerror(errno));
        return arg_kill_at > 0 || arg_fail_at > 0 ? run_once(argv + optind)
                                                  : try_all(argv + optind);
}
