/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Programs, found as the installer's shell finds them.
 */

#include "probes/system/room.h"

/* The places that are looked through, in their order. */
typedef struct PfSearchPath {
        PfStrv directories;
        const char *source; /* the file that sets it; NULL: it is what sshd gives root */
        unsigned line;
} PfSearchPath;

void pf_search_path_deinit(PfSearchPath *path);
#define PF_AUTO_SEARCH_PATH PF_CLEANUP(pf_search_path_deinit)

/**
 * pf_search_path_load() - the PATH of the installer's session
 * Rule:   sshd(8): what it was built with for root, of which the distributions have
 *         several; PATH= in /etc/environment takes its place, pam_env(8).
 * Return: 0; -EACCES, -EIO … with a text; -ENOMEM.
 */
int pf_search_path_load(const PfSystemRoom *room, PfSearchPath *ret, PfErr *err) PF_MUST_CHECK;

/* Outcomes of what follows, beside 0. */
typedef enum PfSearchFault {
        PF_SEARCH_FOUND = 0,
        PF_SEARCH_ABSENT,         /* in none of the directories */
        PF_SEARCH_NOT_EXECUTABLE, /* there, but nobody may execute it */
        PF_SEARCH_NOT_PROGRAM,    /* neither ELF nor a script; of small files alone */
        PF_SEARCH_NO_INTERPRETER, /* a script whose interpreter is not there */
} PfSearchFault;

/**
 * pf_search_program() - look for a program
 * @name: without '/', or absolute
 * @hint: the directory that usually has it, looked at first where PATH has it; or NULL
 * @ret:  receives the path, of PF_SYSTEM_PATH_MAX bytes; "" where it is absent
 * Return: a PfSearchFault; -EACCES, -EIO … with a text; -ENOMEM.
 */
int pf_search_program(const PfSystemRoom *room, const PfSearchPath *path, const char *name,
                      const char *hint, char ret[static PF_SYSTEM_PATH_MAX],
                      PfErr *err) PF_MUST_CHECK;

/* For people, behind the name of the program: "is missing". */
const char *pf_search_fault_text(PfSearchFault fault);
