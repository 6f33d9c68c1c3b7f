/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The commands, in the order of the help. X(bit, function, name, arguments, at least, at
 * most, help): its bit is PF_COMMAND_bit, and it is run by pf_cmd_function().
 */

#define PF_COMMAND_LIST_LOOKING(X)                                                                 \
        X(CHECK, check, "check", "", 0, 0, "look now, and say whether the machine is ready")       \
        X(STATUS, status, "status", "", 0, 0, "the verdict in one line")                           \
        X(WATCH, watch, "watch", "", 0, 0, "the report, and then every change of it")              \
        X(LIST, list, "list", "", 0, 0, "the checks there are")                                    \
        X(EXPLAIN, explain, "explain", "TEXT...", 1, SIZE_MAX,                                     \
          "what a check, an error or a message means, and what to do about it")                    \
        X(INSPECT, inspect, "inspect", "ssh|boot|storage", 1, 1, "the facts behind the verdicts")  \
        X(CAPTURE, capture, "capture", "DIR", 1, 1,                                                \
          "copy what the checks look at, without secrets, for check --root=DIR elsewhere")         \
        X(PROFILE, profile, "profile", "FILE", 0, 1,                                               \
          "is FILE a profile, and if not, what is wrong with it")                                  \
        X(WAIVE, waive, "waive", "CHECK", 1, 1,                                                    \
          "print the file by which a failing check is waived, and change nothing")

#define PF_COMMAND_LIST_CHANGING(X)                                                                \
        X(PLAN, plan, "plan", "[CHECK...]", 0, SIZE_MAX,                                           \
          "show what fix would change, as a diff, and what would still be wrong")                  \
        X(FIX, fix, "fix", "[CHECK...]", 0, SIZE_MAX,                                              \
          "make failing checks pass, and prove that they do; all of them unless named")            \
        X(UNDO, undo, "undo", "ID", 0, 1, "make it as it was before a fix")                        \
        X(HISTORY, history, "history", "", 0, 0, "what was fixed, by whom, and what can be undone")

#define PF_COMMAND_LIST_SERVING(X)                                                                 \
        X(SERVE_STDIO, serve_stdio, "serve-stdio", "", 0, 0,                                       \
          "Varlink on standard input and output, for ssh")

#define PF_COMMAND_LIST(X)                                                                         \
        PF_COMMAND_LIST_LOOKING(X) PF_COMMAND_LIST_CHANGING(X) PF_COMMAND_LIST_SERVING(X)

/* The bits of all of these. */
#define PF_COMMAND_LIST_BIT_(bit, function, name, arguments, min, max, help) | PF_COMMAND_##bit
#define PF_COMMANDS_HERE (0 PF_COMMAND_LIST(PF_COMMAND_LIST_BIT_))
