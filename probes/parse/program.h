/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What an executable tells of itself without being run: which version it says it is,
 * and which libraries it names. A capture keeps that, and not a megabyte of code: the
 * book "programs" of daemon/base/capture.h.
 */

#include <stdbool.h>

#include "daemon/base/strv.h"
#include "daemon/base/target.h"

#define PF_PROGRAM_MAX (16u << 20) /* bytes of an executable */
#define PF_PROGRAM_TEXT_MAX 96     /* with the NUL: more of a text is cut off */
#define PF_PROGRAM_TEXTS_MAX 256   /* different ones; what comes after them is left out */

typedef struct PfProgram {
        PfStrv texts;    /* that begin with the mark, in their order, each once */
        bool is_dynamic; /* @needed is what it names */
        PfStrv needed;   /* "libc.so.6" */
} PfProgram;

void pf_program_deinit(PfProgram *program);
#define PF_AUTO_PROGRAM PF_CLEANUP(pf_program_deinit)

/**
 * pf_program_load() - look into an executable
 * @mark: what the texts begin with, "OpenSSH_": one and the same whenever a path is
 *        asked for, since what was captured is kept by path
 * @ret:  empty before; the caller releases it in any case
 * Rule:  a text is of printable ASCII, as strings(1) has it
 * Return: 0, also for a file that is no program; as pf_target_read() otherwise.
 */
int pf_program_load(const PfTarget *target, const char *path, const char *mark, PfProgram *ret,
                    PfErr *err) PF_MUST_CHECK;
