/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * From bytes to lines to words, as sshd does it. Up to OpenSSH 8.6 a '#' cut
 * the line wherever it stood, and quotes ended a word; since 8.7 arguments are
 * split much as a shell does.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/strv.h"

/**
 * pf_sshd_text() - a file's bytes as sshd keeps them
 * @cut_comments: behave as OpenSSH up to 8.6
 * Blanks at the start of a line are gone; a NUL swallows the rest of its line,
 * and the next one continues it.
 * Ownership: the caller frees *@ret.
 * Return: 0 or -ENOMEM.
 */
int pf_sshd_text(const char *bytes, size_t n, bool cut_comments, char **ret) PF_MUST_CHECK;

/* Cuts blanks, and form feeds, off the end, but not the first character. */
void pf_sshd_trim_end(char *line);

/**
 * pf_sshd_delim() - cut the next word off a line: the way up to OpenSSH 8.6
 * @rest:         where the line goes on; NULL behind the last word
 * @split_equals: one '=' separates words, as blanks do
 * Return: the word, inside the text that is changed for it; NULL at the end and
 *         where a quote is not closed.
 */
char *pf_sshd_delim(char **rest, bool split_equals);

/* Positive outcome: a quote is not closed. */
enum { PF_SSHD_OPEN_QUOTE = 1 };

/**
 * pf_sshd_split() - the arguments of a line: the way since OpenSSH 8.7
 * @ret: the words, without quotes; a '#' at the start of a word ends them
 * Return: 0, PF_SSHD_OPEN_QUOTE, -ENOMEM.
 */
int pf_sshd_split(const char *text, PfStrv *ret) PF_MUST_CHECK;

/**
 * pf_sshd_join() - words as a line again, quoted where it is needed
 * Ownership: the caller frees what is returned; NULL is out of memory.
 */
char *pf_sshd_join(char *const *words, size_t n);

/* The text as sshd's log shows it: what is not printable in octal, '\' doubled.
 * The caller frees it; NULL is out of memory. */
char *pf_sshd_visible(const char *text);
