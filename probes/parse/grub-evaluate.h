/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the evaluator of GRUB's scripts and its commands share. Private to both.
 */

#include <stdint.h>

#include "probes/parse/grub-expand.h"

typedef struct PfGrubFunction {
        const char *name;
        const char *path;
        const PfGrubNode *body;
} PfGrubFunction;

/* A menuentry or submenu whose block is run when the script has ended. */
typedef struct PfGrubDeferred {
        PfBootEntry entry;
        PfBootWords arguments; /* of the block: title, then what is no option */
        const PfGrubNode *body;
        bool is_submenu;
        struct PfGrubDeferred *next;
} PfGrubDeferred;

typedef struct PfGrubEvaluator {
        PfBootMenu *menu;
        const PfBootFiles *files;
        PfGrubVariables variables;
        PfGrubVariables final; /* where a configfile took over for good */
        bool has_final;
        PfGrubFunction *functions;
        size_t n_functions;
        PfGrubTree **trees; /* all read so far: functions and entries point into them */
        size_t n_trees;
        unsigned steps;
        unsigned calls;  /* within each other, now */
        PfBootWhen exit; /* whether what follows is still come to */
        PfErr *err;
} PfGrubEvaluator;

#define PF_GRUB_NO_ENTRY SIZE_MAX

/* Where statements run. */
typedef struct PfGrubFrame {
        PfGrubEvaluator *evaluator;
        const char *path;
        const char *function;
        const PfBootWords *arguments;
        const PfBootWords *submenu;
        PfGrubDeferred ***tail; /* where the context's next entry goes */
        size_t i_entry;         /* whose commands these are, or PF_GRUB_NO_ENTRY */
        unsigned nesting;       /* ifs and loops around them */
        PfBootWhen when;        /* by the conditions around */
        PfBootWhen after;       /* by a return before */
        PfBootWhen loop;        /* by a break before */
} PfGrubFrame;

/* A command with its words; the name is the first of @expanded. */
typedef struct PfGrubCall {
        const PfGrubNode *node;
        const PfGrubWord *words; /* as written, from the name on; may be fewer */
        PfBootWords expanded;
} PfGrubCall;

/* Whether the statement to come is come to. */
PfBootWhen pf_grub_frame_when(const PfGrubFrame *frame);

PfGrubScope pf_grub_frame_scope(const PfGrubFrame *frame);

int pf_grub_run_list(PfGrubFrame *frame, const PfGrubNode *list, PfGrubTruth *ret) PF_MUST_CHECK;

/* Run a file's text. In a context of its own its entries follow at once. */
int pf_grub_run_text(PfGrubFrame *frame, const char *path, const char *text,
                     size_t n) PF_MUST_CHECK;
int pf_grub_run_menu(PfGrubFrame *frame, const char *path, const char *text, size_t n,
                     const PfGrubNode *list) PF_MUST_CHECK;

/* A command that is no function. */
int pf_grub_run_command(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) PF_MUST_CHECK;

/* Put a command on record, with all of its words. */
int pf_grub_record(PfGrubFrame *frame, const PfGrubCall *call, PfBootVerb verb) PF_MUST_CHECK;
