/* SPDX-License-Identifier: MIT */
#pragma once

#include "probes/sshd/look.h"

/* What DenyUsers, AllowUsers, DenyGroups and AllowGroups say of an account. */
typedef enum PfSshdListAnswer {
        PF_SSHD_LISTS_OPEN,  /* none of them is set */
        PF_SSHD_LISTS_ALLOW, /* those that are set let it in */
        PF_SSHD_LISTS_DENY,
        PF_SSHD_LISTS_UNKNOWN,
} PfSshdListAnswer;

typedef struct PfSshdListVerdict {
        PfSshdListAnswer answer;
        const PfSshdSetting *setting; /* the list that decided, or NULL */
        size_t value;                 /* which of its patterns, where one did */
        const char *keyword;          /* "AllowUsers"; never NULL unless OPEN or ALLOW */
        const char *word;             /* the same for programs: "allow-users" */
        const char *reason;           /* of UNKNOWN */
        const char *expected;         /* of DENY: what would have to be done */
} PfSshdListVerdict;

/**
 * pf_sshd_judge_lists() - would sshd let this account past its lists?
 * @demand:  its source_host is the name, or the address, by which sshd knows
 *           the source; NULL: nobody can say
 * @account: with exists false nothing is known of its groups
 * Rule:     sshd_config(5), AllowUsers: the order is DenyUsers, AllowUsers,
 *           DenyGroups, AllowGroups.
 */
void pf_sshd_judge_lists(const PfSshdEffective *effective, const PfSshdAccount *account,
                         const PfDemand *demand, PfSshdListVerdict *ret);

/* The same of one of them alone, as if the others were not set; @i is its place in that
 * order. OPEN where it is not set. */
#define PF_SSHD_N_LISTS 4
void pf_sshd_judge_list(size_t i, const PfSshdEffective *effective, const PfSshdAccount *account,
                        const PfDemand *demand, PfSshdListVerdict *ret);
