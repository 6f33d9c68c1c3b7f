/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the commands of preflightctl share: how they were called, where output
 * goes, and how they end.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/strv.h"
#include "daemon/ctl/page.h"

#define PF_CTL_NAME "preflightctl"

/* Exit statuses: a promise, never changed. Functions that return one have put a
 * text into their PfErr unless it is PF_EXIT_OK. */
typedef enum PfExit {
        PF_EXIT_OK = 0,          /* of check and status: ready */
        PF_EXIT_BLOCKED = 1,     /* with --strict also what warns or is waived */
        PF_EXIT_USAGE = 2,       /* wrong options, wrong configuration, output not written */
        PF_EXIT_UNKNOWN = 3,     /* it could not be determined */
        PF_EXIT_UNREACHABLE = 4, /* no connection, or it broke */
} PfExit;

typedef struct PfFormat PfFormat; /* format.h */
typedef struct PfCommand PfCommand;

/* As on the command line: all texts borrowed, NULL where not given. */
typedef struct PfOptions {
        const char *root;
        const char *socket;
        const char *host; /* to go to over ssh */
        const char *profile;
        const char *agent_version;
        const char *account;
        const char *source;
        const char *source_host;
        const char *local_address;
        const char *reason;
        const char *owner;
        const char *expires;
        const char *evidence;
        uint64_t lease_usec; /* 0: not given */
        uint16_t local_port; /* 0: not given */
        PfStrv only;
        PfStrv skip;
        const PfFormat *format; /* never NULL */
        bool in_process;
        bool remediation;
        bool strict;
        bool all;
        bool schema;
        bool quiet;
        bool no_pager;
        bool no_check;
        bool consent;
        bool yes;
        bool dry_run;
        bool last;
        bool help;
        bool version;
} PfOptions;

typedef struct PfCtl {
        PfOptions options;
        const PfCommand *command;
        char **arguments; /* behind the command, borrowed */
        size_t n_arguments;
        PfTerminal out;    /* standard output */
        PfTerminal errors; /* standard error */
        bool is_hanging;   /* a probe hangs: leave with _exit(2) */
} PfCtl;

struct PfCommand {
        const char *name;
        unsigned bit;          /* by which options name the commands they are for */
        const char *arguments; /* for the help: "TEXT..." */
        size_t min_arguments;
        size_t max_arguments;
        const char *help; /* one line */
        PfExit (*run)(PfCtl *ctl);
};

enum {
        PF_COMMAND_CHECK = 1 << 0,
        PF_COMMAND_STATUS = 1 << 1,
        PF_COMMAND_WATCH = 1 << 2,
        PF_COMMAND_LIST = 1 << 3,
        PF_COMMAND_EXPLAIN = 1 << 4,
        PF_COMMAND_INSPECT = 1 << 5,
        PF_COMMAND_CAPTURE = 1 << 6,
        PF_COMMAND_PROFILE = 1 << 7,
        PF_COMMAND_WAIVE = 1 << 8,
        PF_COMMAND_PLAN = 1 << 9,
        PF_COMMAND_FIX = 1 << 10,
        PF_COMMAND_UNDO = 1 << 11,
        PF_COMMAND_HISTORY = 1 << 12,
        PF_COMMAND_SERVE_STDIO = 1 << 13,
        PF_COMMAND_ALL = (1 << 14) - 1,
};

PfExit pf_cmd_check(PfCtl *ctl);
PfExit pf_cmd_status(PfCtl *ctl);
PfExit pf_cmd_watch(PfCtl *ctl);
PfExit pf_cmd_list(PfCtl *ctl);
PfExit pf_cmd_explain(PfCtl *ctl);
PfExit pf_cmd_inspect(PfCtl *ctl);
PfExit pf_cmd_capture(PfCtl *ctl);
PfExit pf_cmd_profile(PfCtl *ctl);
PfExit pf_cmd_waive(PfCtl *ctl);
PfExit pf_cmd_plan(PfCtl *ctl);
PfExit pf_cmd_fix(PfCtl *ctl);
PfExit pf_cmd_undo(PfCtl *ctl);
PfExit pf_cmd_history(PfCtl *ctl);
PfExit pf_cmd_serve_stdio(PfCtl *ctl);

/* A line on standard error, with the program's name. */
void pf_ctl_say(const PfCtl *ctl, const char *fmt, ...) PF_PRINTF(2, 3);

/* The same, unless --quiet. */
void pf_ctl_note(const PfCtl *ctl, const char *fmt, ...) PF_PRINTF(2, 3);

/* Says what went wrong, if there is a text; also on standard output where the format
 * wants that. Return: @status, or what the format has for a failure. */
PfExit pf_ctl_fail(const PfCtl *ctl, PfExit status, const PfErr *err);

/* Writes a page to standard output. Return: @status, or PF_EXIT_USAGE where that
 * was not possible: what nobody could read is no answer. */
PfExit pf_ctl_print(const PfCtl *ctl, PfPage *page, PfExit status);

/* The exit status for a report, in the convention of the format. */
PfExit pf_ctl_exit(const PfCtl *ctl, const PfJson *report);

/* Sets a text, as pf_err_set(). Return: @status. */
PfExit pf_exit_set(PfErr *err, PfExit status, const char *fmt, ...) PF_PRINTF(3, 4);
