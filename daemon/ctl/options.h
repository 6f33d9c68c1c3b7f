/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/ctl.h"

/**
 * pf_options_parse() - the options of a command line, anywhere on it
 * @argv:      is put in order: the words that are no options come last
 * @ret:       begins with its defaults; what is given replaces them
 * @ret_given: receives the options that were given, for pf_options_check()
 * @ret_first: receives the index of the first word that is no option
 * Return:     PF_EXIT_OK, or PF_EXIT_USAGE with a text.
 */
PfExit pf_options_parse(int argc, char **argv, PfOptions *ret, uint64_t *ret_given, int *ret_first,
                        PfErr *err) PF_MUST_CHECK;

/* Does the command take all of them, and do they go together? */
PfExit pf_options_check(const PfOptions *options, uint64_t given, const PfCommand *command,
                        PfErr *err) PF_MUST_CHECK;

/* The option for a parameter on the wire: "sourceHost" is "source-host". Return: @buf. */
const char *pf_options_of_field(const char *field, char *buf, size_t size);

void pf_options_deinit(PfOptions *options);

/* The lines of the help, of the options for these commands. */
void pf_options_help(PfPage *page, unsigned commands);
