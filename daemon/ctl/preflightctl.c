/* SPDX-License-Identifier: MIT */
/*
 * preflightctl: is this machine ready for the agent that is about to be
 * installed on it? Asks preflightd, or looks itself; and has what is wrong put right.
 */
#include "daemon/ctl/ctl.h"

#include <string.h>

#include "daemon/ctl/command-list.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/here.h"
#include "daemon/ctl/options.h"
#include "daemon/ctl/suggest.h"
#include "daemon/platform/process.h"

#ifndef PF_VERSION
#define PF_VERSION "unknown"
#endif

#define COMMAND(bit, function, name, arguments, min, max, help)                                    \
        { name, PF_COMMAND_##bit, arguments, min, max, help, pf_cmd_##function },

static const PfCommand commands[] = { PF_COMMAND_LIST(COMMAND) };

#define LOOKING (PF_COMMAND_CHECK | PF_COMMAND_STATUS)
#define MENDING (PF_COMMAND_PLAN | PF_COMMAND_FIX)
#define CHANGING (MENDING | PF_COMMAND_UNDO | PF_COMMAND_HISTORY)

static const struct {
        unsigned commands;
        PfExit status;
        const char *meaning;
} exits[] = {
        { LOOKING, PF_EXIT_OK, "ready" },
        { MENDING, PF_EXIT_OK, "what was asked for passes" },
        { PF_COMMAND_UNDO | PF_COMMAND_HISTORY, PF_EXIT_OK, "done" },
        { LOOKING, PF_EXIT_BLOCKED,
          "blocked; with --strict also where something warns or is waived" },
        { MENDING, PF_EXIT_BLOCKED, "something that was asked for still fails" },
        { LOOKING | CHANGING, PF_EXIT_USAGE,
          "wrong usage or configuration, or the output could not be written" },
        { LOOKING, PF_EXIT_UNKNOWN, "it could not be determined" },
        { CHANGING, PF_EXIT_UNKNOWN, "it failed, was taken back, or could not be determined" },
        { LOOKING, PF_EXIT_UNREACHABLE, "no connection to the daemon" },
        { CHANGING, PF_EXIT_UNREACHABLE, "no connection to the service that changes machines" },
};

/* --- help --- */

static void add_line(PfPage *page, unsigned indent, const char *text) {
        pf_page_begin(page, indent, indent);
        pf_page_say(page, PF_COLOUR_NONE, text);
        pf_page_end(page);
}

static void add_title(PfPage *page, const char *text) {
        pf_page_empty_line(page);
        pf_page_begin(page, 0, 0);
        pf_page_say(page, PF_COLOUR_BOLD, text);
        pf_page_end(page);
}

static void add_exits(PfPage *page, unsigned of) {
        add_title(page, "Exit status:");
        for (size_t i = 0; i < PF_ELEMENTS(exits); i++) {
                if (!(exits[i].commands & of))
                        continue;
                pf_page_begin(page, 2, 5);
                pf_page_printf(page, PF_COLOUR_NONE, "%d", (int) exits[i].status);
                pf_page_column(page, 5);
                pf_page_say(page, PF_COLOUR_NONE, exits[i].meaning);
                pf_page_end(page);
        }
}

static void add_commands(PfPage *page) {
        add_title(page, "Commands:");
        for (size_t i = 0; i < PF_ELEMENTS(commands); i++) {
                pf_page_begin(page, 2, 17);
                pf_page_text(page, PF_COLOUR_BOLD, commands[i].name);
                pf_page_printf(page, PF_COLOUR_NONE, " %s", commands[i].arguments);
                pf_page_column(page, 17);
                pf_page_say(page, PF_COLOUR_NONE, commands[i].help);
                pf_page_end(page);
        }
}

static PfExit help(const PfCtl *ctl) {
        const PfCommand *command = ctl->command;
        PF_AUTO_PAGE PfPage page;

        pf_page_init(&page, &ctl->out);
        pf_page_begin(&page, 0, 4);
        pf_page_printf(&page, PF_COLOUR_NONE, PF_CTL_NAME " %s [OPTION...] %s",
                       command ? command->name : "COMMAND",
                       command ? command->arguments : "[ARGUMENT...]");
        pf_page_end(&page);
        pf_page_empty_line(&page);
        add_line(&page, 0,
                 command ? command->help
                         : "Is this machine ready for the agent that is about to be installed on "
                           "it? Nothing but fix and undo changes the machine.");
        if (!command)
                add_commands(&page);
        add_title(&page, "Options:");
        pf_options_help(&page, command ? command->bit : PF_COMMANDS_HERE);
        if (!command || (command->bit & (LOOKING | CHANGING)))
                add_exits(&page, command ? command->bit : PF_COMMAND_CHECK);
        return pf_ctl_print(ctl, &page, PF_EXIT_OK);
}

static PfExit version(const PfCtl *ctl) {
        PF_AUTO_PAGE PfPage page;

        pf_page_init(&page, &ctl->out);
        add_line(&page, 0, PF_CTL_NAME " " PF_VERSION);
        return pf_ctl_print(ctl, &page, PF_EXIT_OK);
}

/* --- start --- */

static PfExit find_command(const char *name, const PfCommand **ret, PfErr *err) {
        PfSuggestions suggestions = { .text = name };
        char similar[256];

        for (size_t i = 0; i < PF_ELEMENTS(commands); i++) {
                if (strcmp(commands[i].name, name) == 0) {
                        *ret = &commands[i];
                        return PF_EXIT_OK;
                }
                pf_suggest(&suggestions, commands[i].name);
        }
        return pf_exit_set(err, PF_EXIT_USAGE, "unknown command \"%.100s\"%s", name,
                           pf_suggestions_text(&suggestions, similar, sizeof(similar)));
}

static PfExit check_arguments(const PfCtl *ctl, PfErr *err) {
        const PfCommand *command = ctl->command;

        if (ctl->n_arguments < command->min_arguments)
                return pf_exit_set(err, PF_EXIT_USAGE, "%s needs an argument: %s", command->name,
                                   command->arguments);
        if (ctl->n_arguments > command->max_arguments)
                return pf_exit_set(err, PF_EXIT_USAGE, "%s: \"%.100s\" is one argument too many",
                                   command->name, ctl->arguments[command->max_arguments]);
        return PF_EXIT_OK;
}

static PfExit parse(PfCtl *ctl, int argc, char **argv, PfErr *err) {
        uint64_t given = 0;
        int first = argc;
        PfExit status;

        status = pf_options_parse(argc, argv, &ctl->options, &given, &first, err);
        if (status == PF_EXIT_OK && first < argc)
                status = find_command(argv[first], &ctl->command, err);
        if (status != PF_EXIT_OK || ctl->options.help || ctl->options.version)
                return status;
        if (!ctl->command)
                return pf_exit_set(err, PF_EXIT_USAGE, "no command; \"%s --help\" names them",
                                   PF_CTL_NAME);
        ctl->arguments = argv + first + 1;
        ctl->n_arguments = (size_t) (argc - first - 1);
        status = check_arguments(ctl, err);
        if (status == PF_EXIT_OK)
                status = pf_options_check(&ctl->options, given, ctl->command, err);
        return status;
}

int main(int argc, char **argv) {
        PfCtl ctl = { .options.format = pf_formats[0] };
        PfErr err = { 0 };
        PfExit status;

        pf_process_forbid_core_dumps();
        if (pf_here_start(&argc, &argv) < 0)
                return PF_EXIT_UNKNOWN;
        pf_terminal_probe(STDOUT_FILENO, &ctl.out);
        pf_terminal_probe(STDERR_FILENO, &ctl.errors);

        status = parse(&ctl, argc, argv, &err);
        if (status != PF_EXIT_OK)
                status = pf_ctl_fail(&ctl, status, &err);
        else if (ctl.options.help)
                status = help(&ctl);
        else if (ctl.options.version)
                status = version(&ctl);
        else
                status = ctl.command->run(&ctl);

        /* exit(3) would wait for the thread of a probe that hangs. */
        if (ctl.is_hanging)
                _exit((int) status);
        pf_options_deinit(&ctl.options);
        return (int) status;
}
