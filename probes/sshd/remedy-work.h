/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the remedies of sshd share: what they look at, and the trial that every
 * change has to stand before it is offered.
 *
 * A change is tried on an overlay of the machine, and read as sshd would read it:
 * sshd has to accept it; the stages of the login that it is for have to pass; no
 * other keyword may change for this connection; and for others nothing may change,
 * where the change is bound to a source, or else nothing but that keyword. Where to
 * put a line is therefore never trusted to be right, but seen to be.
 */

#include "probes/remedy.h"
#include "probes/sshd/edit.h"
#include "probes/sshd/look.h"
#include "probes/sshd/room.h"

#define PF_SSHD_GOAL_STAGES 4

/* What a remedy wants. */
typedef struct PfSshdGoal {
        const char *keyword;                       /* as people write it */
        PfSshdStageFn stages[PF_SSHD_GOAL_STAGES]; /* that have to pass; NULL ends them */
        const char *const *keywords;               /* that may change; NULL ends them */
} PfSshdGoal;

/* One run of a remedy. */
typedef struct PfSshdWork {
        const PfRemedyRoom *room;
        const PfSshdGoal *goal;
        PfProposal *proposal;
        PfErr *err;
        PfDemand demand; /* the room's, and of a lease its account and source */
        char *address;   /* of demand, where a lease names a network; owned */
        PfSshdLook look;
} PfSshdWork;

void pf_sshd_work_deinit(PfSshdWork *work);
#define PF_AUTO_SSHD_WORK PF_CLEANUP(pf_sshd_work_deinit)

/* Positive outcome of what follows: the proposal has a refusal. */
enum { PF_SSHD_WORK_REFUSED = 1 };

/**
 * pf_sshd_work_open() - look at the server, once for all candidates
 * @work: its room, goal, proposal and err are set
 * Return: 0; PF_SSHD_WORK_REFUSED: there is no server, sshd refuses its configuration as
 *         it is, nothing is wrong, or the lease cannot be written down; a negative errno.
 */
int pf_sshd_work_open(PfSshdWork *work) PF_MUST_CHECK;

/* Refuses: PF_SSHD_WORK_REFUSED, or -ENOMEM. */
int pf_sshd_work_refuse(PfSshdWork *work, const char *fmt, ...) PF_PRINTF(2, 3) PF_MUST_CHECK;

/* The file at @path, to look at; one that is not there is empty, and so is one that is no
 * text. Return: 0 or a negative errno. */
int pf_sshd_work_read(PfSshdWork *work, const char *path, PfSshdDraft *ret) PF_MUST_CHECK;

/**
 * pf_sshd_work_draft() - begin to change a file of the configuration
 * @path: one that is not there begins empty
 * Return: 0; PF_SSHD_WORK_REFUSED where it must not be changed (it belongs to a package,
 *         below /usr) or cannot (NUL in it): then the proposal says so, unless another
 *         candidate is found; a negative errno.
 */
int pf_sshd_work_draft(PfSshdWork *work, const char *path, PfSshdDraft *ret) PF_MUST_CHECK;

/* A file, and what it would hold. */
typedef struct PfSshdRewrite {
        char *path; /* owned */
        PfSshdDraft draft;
} PfSshdRewrite;

#define PF_SSHD_REWRITES_MAX 4

/* Some of them, each of another file. All zero is none. */
typedef struct PfSshdRewrites {
        PfSshdRewrite items[PF_SSHD_REWRITES_MAX];
        size_t n;
} PfSshdRewrites;

void pf_sshd_rewrites_deinit(PfSshdRewrites *rewrites);
#define PF_AUTO_SSHD_REWRITES PF_CLEANUP(pf_sshd_rewrites_deinit)

/**
 * pf_sshd_work_rewrite() - the draft of @path, begun where there is none yet
 * @ret:   borrowed
 * Return: as pf_sshd_work_draft(); refused also beyond PF_SSHD_REWRITES_MAX files.
 */
int pf_sshd_work_rewrite(PfSshdWork *work, PfSshdRewrites *rewrites, const char *path,
                         PfSshdDraft **ret) PF_MUST_CHECK;

/* What the server would be then. Return: 0, or a negative errno. */
int pf_sshd_work_look(const PfSshdWork *work, const PfSshdRewrites *rewrites, PfTarget **ret_target,
                      PfSshdLook *ret) PF_MUST_CHECK;

/* Offer them all as one change, if that stands the trial. Return: as below. */
int pf_sshd_work_try_all(PfSshdWork *work, const PfSshdRewrites *rewrites, const char *fmt, ...)
        PF_PRINTF(3, 4) PF_MUST_CHECK;

/**
 * pf_sshd_work_try() - offer a change, if it stands the trial
 * @draft: what the file at @path would hold; taken over, and empty afterwards
 * @fmt:   the candidate's summary
 * Return: 0, also where it was not offered; a negative errno.
 */
int pf_sshd_work_try(PfSshdWork *work, const char *path, PfSshdDraft *draft, const char *fmt, ...)
        PF_PRINTF(4, 5) PF_MUST_CHECK;

/* Do all stages of the goal pass with what @look has? One of these, or a negative errno. */
enum { PF_SSHD_GOAL_MET, PF_SSHD_GOAL_MISSED, PF_SSHD_GOAL_UNKNOWN };
int pf_sshd_work_is_met(const PfSshdWork *work, const PfTarget *target,
                        const PfSshdLook *look) PF_MUST_CHECK;

/* What decides the goal's keyword for this connection; NULL: nothing known. */
const PfSshdSetting *pf_sshd_work_setting(const PfSshdWork *work);

/* Is the line an option of the command line? */
bool pf_sshd_work_is_option(const PfSshdWork *work, const PfSshdLine *line);

/* Can the name, or the source, be written into a line as it is? */
bool pf_sshd_name_is_plain(const char *name);
bool pf_sshd_source_is_plain(const char *source);
