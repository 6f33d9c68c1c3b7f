/* SPDX-License-Identifier: MIT */
#pragma once

#include "config/kernels.h"
#include "config/profile.h"
#include "probes/probe.h"

/*
 * What is asked of a machine, and of which of its checks. Never changes once it
 * is made, and counts its references: a probe that hangs goes on using it long
 * after its answer was given up.
 */
typedef struct PfQuestion PfQuestion;

typedef struct PfQuestionSpec {
        PfProfile *profile;        /* the question takes references of its own */
        PfKernels *kernels;        /* NULL: the lists that are built in */
        const char *agent_version; /* NULL: the profile's */
        const char *account;       /* NULL: root */
        const char *source;        /* these: NULL where not known */
        const char *source_host;
        const char *local_address;
        uint16_t local_port;     /* 0: 22 */
        const PfStrv *endpoints; /* servers to be reached; NULL: none */
        uint64_t network_timeout_usec;
        const PfStrv *only; /* wildcards of check IDs; NULL or empty: all */
        const PfStrv *skip; /* wildcards; NULL: none */
} PfQuestionSpec;

/**
 * pf_question_new() - a question, with copies of all texts
 * @ret_field: receives, on -EINVAL, the name on the wire of what is wrong, such
 *             as "sourceHost"; or NULL. Never freed.
 * Return: 0; -EINVAL with a text for an account, address or version that cannot
 *         be one (empty, too long, control characters, not an IP address).
 */
int pf_question_new(const PfQuestionSpec *spec, PfQuestion **ret, const char **ret_field,
                    PfErr *err) PF_MUST_CHECK;
PfQuestion *pf_question_ref(PfQuestion *question);
PfQuestion *pf_question_unref(PfQuestion *question);
PF_DEFINE_CLEANUP(PfQuestion, pf_question_unref);

const PfDemand *pf_question_demand(const PfQuestion *question); /* borrowed */
bool pf_question_wants(const PfQuestion *question, const char *check_id);
bool pf_question_is_partial(const PfQuestion *question); /* not all checks are wanted */

/* Do two questions ask the same? Then one answer serves both. */
bool pf_question_equal(const PfQuestion *a, const PfQuestion *b);

/* A spec of just this question, borrowed from it: to be changed, for one much like it. */
void pf_question_describe(const PfQuestion *question, PfQuestionSpec *ret);

/* Does a wildcard match some check of any probe for machines of @platform? */
bool pf_question_names_check(const char *pattern, unsigned platform);

/**
 * pf_question_unmatched() - a wildcard of @only that no check of any probe matches
 * @platform: of the machine
 * Return: borrowed; NULL where each matches something.
 */
const char *pf_question_unmatched(const PfQuestion *question, unsigned platform);
