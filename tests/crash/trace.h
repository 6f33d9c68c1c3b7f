/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * One run of a program under ptrace(2), which ends at a point, or at the end: of crash-run.
 *
 * A point is the entry of a system call, where it was not done, or its exit, where it was.
 */

/* Which points count. */
typedef enum CrashPoints {
        CRASH_EVERY,   /* entry and exit of each call */
        CRASH_CHANGES, /* the entries of those that may change something: calls.h */
        CRASH_BOTH,    /* their entries and their exits */
} CrashPoints;

/* Of which processes they count, and which are killed. */
typedef enum CrashWhose {
        CRASH_ALL,
        CRASH_OWN,    /* of the program itself, with its threads */
        CRASH_OTHERS, /* of its children */
} CrashWhose;

typedef struct CrashProcess {
        pid_t pid; /* of a thread */
        bool is_own;
        unsigned long long call; /* the last whose entry counted */
        bool is_changing;        /* between entry and exit of a call that may change something */
} CrashProcess;

#define CRASH_PROCESSES_MAX 256

typedef struct CrashRun {
        /* What is asked for. */
        CrashPoints counted;
        CrashWhose counted_of, killed_of;
        const char *from;      /* what counting begins with; NULL: at once */
        unsigned long kill_at; /* 0: never */
        unsigned long fail_at; /* 0: never; counts the calls that write */
        int error;             /* that such a call returns */

        /* What came of it. */
        unsigned long points;   /* that were come to */
        unsigned long changes;  /* calls that may change something */
        unsigned long overlaps; /* of those, such that began while another was being done */
        bool is_killed;
        int status;     /* how the program ended, as of waitpid(2) */
        char where[64]; /* it was killed, or which call was not done, or the last that overlapped */

        /* While it runs. */
        bool is_begun;
        pid_t first;
        pid_t awaited; /* the thread whose exit from its call counts; 0: none */
        pid_t failing; /* the one whose call is not done; 0: none */
        CrashProcess processes[CRASH_PROCESSES_MAX];
        size_t n_processes;
} CrashRun;

/* Until the program and all of its children are gone. What cannot be traced ends us. */
void crash_run_program(CrashRun *run, char **argv);

void crash_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
