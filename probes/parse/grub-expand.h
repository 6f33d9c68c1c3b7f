/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Words of GRUB's scripts with their variables put in, and what test(1) of GRUB
 * makes of them. Private to the evaluator.
 */

#include "probes/parse/boot-entry.h"
#include "probes/parse/grub-script.h"
#include "probes/parse/grub-syntax.h"
#include "probes/parse/grub-variables.h"

/* What may turn out to be neither. */
typedef enum PfGrubTruth { PF_GRUB_FALSE, PF_GRUB_TRUE, PF_GRUB_UNKNOWN } PfGrubTruth;

PfGrubTruth pf_grub_not(PfGrubTruth truth);

/* Where expanding finds what it needs. */
typedef struct PfGrubScope {
        PfBootMenu *menu; /* owns the texts */
        const PfGrubVariables *variables;
        const PfBootWords *arguments; /* $1 … of the function or entry; NULL outside of one */
        const char *path;             /* of the script */
} PfGrubScope;

/* A word as it is written, but for quotes: variables are "${name}". */
int pf_grub_written(const PfGrubScope *scope, const PfGrubWord *word,
                    PfBootWords *ret) PF_MUST_CHECK;

/**
 * pf_grub_expand() - the words that a word becomes, appended to @ret
 * Rule:   as GRUB: outside of quotes what a variable holds is split at blanks, and
 *         nothing is left of one that is empty; "$@" is a word for each argument.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_grub_expand(const PfGrubScope *scope, const PfGrubWord *word,
                   PfBootWords *ret) PF_MUST_CHECK;

/**
 * pf_grub_test() - the outcome of "[ … ]" or "test …"
 * @words: what stands behind the name, up to and without "]"
 * @files: for -e, -f, -s; or NULL
 * Rule:   GRUB manual, "test".
 */
PfGrubTruth pf_grub_test(const PfBootWords *words, const PfBootFiles *files);
