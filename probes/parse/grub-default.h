/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"

/**
 * pf_grub_default_parse() - what a shell would assign: /etc/default/grub
 * @path: of the file, for evidence
 * @text: @n bytes
 * @ret:  what was assigned before, by /etc/default/grub for a file of grub.d; every
 *        assignment is added to it, the last one of a name counts
 * @ret_unknown_line: the first line that may assign anything (source, eval, a document
 *        within the script); 0: none. May be NULL.
 *
 * Without a shell: quotes, '\', $NAME, ${NAME} and its forms :- - := = :+ +, NAME+=,
 * export, [ … ] on strings, &&, ||, if. What only a shell can tell (a command
 * substitution, a variable of the environment) is left out of the value, and whether
 * it is assigned at all (a test of files, a loop, a function) leaves the variable as
 * it was; either way it is not certain.
 *
 * Rule:   sh(1); grub-mkconfig(8), which sources the files; += is bash's, which is
 *         sh where files have it.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_grub_default_parse(const char *path, const char *text, size_t n, PfBootSettings *ret,
                          unsigned *ret_unknown_line, PfErr *err) PF_MUST_CHECK;
