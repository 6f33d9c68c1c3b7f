/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/ctl/language.h"

/*
 * What the client needs of the system that it runs on. Each system has a folder with the
 * files of this header.
 */

/* --- the process: here.c --- */

/**
 * pf_here_start() - before anything else
 * @argc, @argv: as main() has them; receives them in UTF-8, for as long as the process runs
 *
 * Rule:   a standard descriptor that is closed would be given to the next file or socket
 *         that is opened, and what we print would go there: it is taken, so that printing
 *         fails. On Windows the C library gives arguments in a code page, with '*' and '?'
 *         replaced by files of the current directory, and writes CR before each LF.
 * Return: 0, -ENOMEM.
 */
int pf_here_start(int *argc, char ***argv) PF_MUST_CHECK;

/* May this process read whatever probes need: root, or an administrator whose rights are
 * in force? */
bool pf_here_is_privileged(void);

/* What to say where it is not, of checks, and of checks in a copy too; and where nobody
 * watches. */
extern const char pf_here_hint_check[];
extern const char pf_here_hint_capture[];
extern const char pf_here_hint_daemon[];

/* Where a waiver belongs, and who may write there. @is_private: it quotes what only they
 * may read. */
const char *pf_here_waiver_place(bool is_private);

/**
 * pf_here_locate() - a file by the name that a person gave it, as a target can be asked for it
 * @ret_root: receives the root directory it is below: "/", or on Windows its volume's
 * @ret_path: receives the path below that; the caller frees both
 * Return:    0, or a negative errno with a text.
 */
int pf_here_locate(const char *name, char **ret_root, char **ret_path, PfErr *err) PF_MUST_CHECK;

/* The path of a directory that is there, from the root on and with '/' alone: "/mnt",
 * "/C:/mnt". NULL where nothing is, or memory ran out. The caller frees it. */
char *pf_here_absolute(const char *name);

/* --- the terminal: here-terminal.c --- */

bool pf_here_is_terminal(int fd);
unsigned pf_here_columns(int fd); /* of a terminal; 0: not known */

/* Does a terminal know the control sequences of ECMA-48? */
bool pf_here_has_sequences(int fd);

/* Can what reads this descriptor show UTF-8, and what language do people want there? */
bool pf_here_is_utf8(int fd);
PfLanguage pf_here_language(int fd);

/* Writes all of it. Return: 0 or a negative errno. */
int pf_here_write(int fd, const char *bytes, size_t n) PF_MUST_CHECK;

/* --- the pager: here-pager.c --- */

/* What is used where PAGER does not say; NULL: none. */
extern const char *const pf_here_pager;

/* Starts a pager and gives it the text. Return: its exit status, PF_HERE_NOT_STARTED for a
 * command that is not there, or a negative errno. */
#define PF_HERE_NOT_STARTED 127
int pf_here_page(const char *command, const char *bytes, size_t n);
