/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/json.h"

/*
 * What stands in the place of an answer in a book: { "error": 13, "text": … },
 * or { "outcome": @word }. For the files here that ask a machine.
 */
PfJson *pf_machine_no_answer(const char *word, int r, const PfErr *err);

/* The error that was captured, @outcome, or 0 where this is an answer. */
int pf_machine_read_no_answer(const PfJson *answer, int outcome, PfErr *err);
