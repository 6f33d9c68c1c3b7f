/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Words of a line of PAM's configuration, and what its control says.
 */

#include "probes/pam/config.h"

/**
 * pf_pam_next_word() - the next word of a line, which is cut up in place
 * @rest: what is left; NULL after the last word
 * Rule:  blanks, tabs and newlines part words; "[…]" is one, without its
 *        brackets, and "\]" stands for "]" in it; one without an end takes the rest.
 * Return: the word, or NULL: there is none.
 */
char *pf_pam_next_word(char **rest);

/**
 * pf_pam_parse_control() - "required", or "success=ok default=bad", to actions
 * What is neither is an error, and all codes are bad then, as in libpam.
 * Return: is it a control?
 */
bool pf_pam_parse_control(const char *word, int actions[PF_PAM_N_CODES]);

/* The name of a code in a control: "success", "auth_err". Borrowed, never NULL. */
const char *pf_pam_code_to_string(PfPamCode code);
