/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a line can be put so that sshd takes its value: places in the order in which
 * they are tried. sshd_config(5): the first value counts; a matching block comes over
 * the global section, and of several the first to set a keyword counts.
 */

#include "probes/sshd/remedy-work.h"

/**
 * pf_sshd_place_block() - offer a block for the account, and for the source if one is named
 * @lines: what it sets, each "Keyword value"
 * Of a lease it stands between its comment lines. The block that an earlier edit of the same
 * plan began receives the lines; that of a lease which is open makes this refuse.
 * The places: a file of its own, that an Include at the top of the main file brings in;
 * before the block that decides now; before the first block of the main file, or at its end.
 * Return: 0, PF_SSHD_WORK_REFUSED, or a negative errno.
 */
int pf_sshd_place_block(PfSshdWork *work, const PfStrv *lines) PF_MUST_CHECK;

/**
 * pf_sshd_place_value() - offer to have the goal's keyword set to @value, for good
 * The line that decides is changed; where a tool owns its file, or there is no line, another
 * that comes before it is added. What a block decides for others too is set in a block for
 * this account alone.
 * Return: 0, PF_SSHD_WORK_REFUSED, or a negative errno.
 */
int pf_sshd_place_value(PfSshdWork *work, const char *value) PF_MUST_CHECK;

/* Offer to have "@keyword @value" in the global section of the main file, behind the comment
 * that has it, before the first block or at the end. */
int pf_sshd_place_global(PfSshdWork *work, const char *keyword, const char *value) PF_MUST_CHECK;

/* Offer to have it in a file of ours, which an Include at the top brings in. */
int pf_sshd_place_drop_in(PfSshdWork *work, const char *keyword, const char *value) PF_MUST_CHECK;

/**
 * pf_sshd_place_goal() - a remedy that sets one keyword: its propose()
 * @value: for this connection, given what holds now; the caller frees it. NULL: no memory.
 */
typedef char *(*PfSshdValueFn)(const PfSshdSetting *setting);
int pf_sshd_place_goal(const PfRemedyRoom *room, PfProposal *proposal, const PfSshdGoal *goal,
                       PfSshdValueFn value, PfErr *err) PF_MUST_CHECK;

/* Nothing that was tried stood the trial. Return: PF_SSHD_WORK_REFUSED or -ENOMEM. */
int pf_sshd_place_refuse(PfSshdWork *work) PF_MUST_CHECK;

/* Is @line one that decides for this account alone, or in no block at all? */
bool pf_sshd_place_is_own(const PfSshdWork *work, const PfSshdLine *line);
