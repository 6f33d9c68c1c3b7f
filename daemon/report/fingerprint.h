/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/sha256.h"
#include "probes/probe.h"

/*
 * By what evidence is known again: "sha256:" and 64 digits.
 *
 * It is another one where other text was found, in another file, for another
 * reason; and the same where a line only moved, where the same was found in
 * another order, and where our own words for it (summary, what was expected,
 * remedy) changed. So a decision lasts as long as what it was made about.
 *
 * The digits are no secret, but what they were made of can be one, and a short
 * text can be guessed and tried: not for those from whom evidence is withheld.
 */
#define PF_FINGERPRINT_SIZE (sizeof("sha256:") + PF_SHA256_HEX_SIZE)

/**
 * pf_fingerprint() - of the evidence of a result
 * Rule:   SHA-256 over, as netstrings, "preflightd.evidence.1", the check, its
 *         reason, and the path and text of each piece of evidence, these sorted
 *         by bytes; what is not there is "-," instead of "N:text,".
 * Return: 0 or -ENOMEM.
 */
int pf_fingerprint(const PfResult *result, char ret[static PF_FINGERPRINT_SIZE]) PF_MUST_CHECK;

/* May every local user see it? */
bool pf_fingerprint_is_public(const PfResult *result);
