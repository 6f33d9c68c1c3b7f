/* SPDX-License-Identifier: MIT */
#pragma once

#include "config/config.h"
#include "daemon/remedy/transaction.h"

/*
 * What may be remedied unattended: [Remedy] of preflightd.conf.
 *      Auto=off|safe, AutoOnly= and AutoSkip= (check IDs, wildcards)
 * A remedy is made once for the same evidence: where a configuration manager puts back
 * what was, that is reported, and not fought. Nothing is done before cloud-init is.
 *
 * Rule: systemd keeps /run/systemd/first-boot until the first boot has finished. cloud-init's
 * generator leaves /run/cloud-init/enabled in each boot in which it will run (or disabled),
 * and its last stage /run/cloud-init/result.json. An image does not boot.
 */
typedef enum PfAutoAnswer {
        PF_AUTO_YES,
        PF_AUTO_OFF,      /* by the settings; or the remedy needs consent; or what it would be
                           * made for is not known */
        PF_AUTO_PUT_BACK, /* it was remedied before, and the same evidence is there again; or that
                           * was tried, and taken back */
        PF_AUTO_EARLY,    /* the first boot goes on: ask again later */
} PfAutoAnswer;

/**
 * pf_policy_may() - may the check's remedy be applied unattended?
 * @fingerprint: of the check's evidence now; NULL: not known
 * @history:     @n transactions, the oldest first
 * @ret_why:     receives, where the answer is no, a sentence for the journal, which the caller
 *               frees, or NULL where memory ran out; or NULL
 */
PfAutoAnswer pf_policy_may(const PfSettings *settings, const PfTarget *target, const char *check,
                           const char *fingerprint, PfTransaction *const *history, size_t n,
                           char **ret_why);
