/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "config/source.h"

/*
 * The kernels that the vendor's lists name: config/kernels.txt, or a newer file of
 * that form. What a list that is silent means differs by distribution, and is not
 * judged here.
 *
 * Where lists are asked for, NULL stands for those that are built in.
 */
typedef struct PfKernels PfKernels;

/**
 * pf_kernels_load() - the lists that are in force
 * @target: the machine this program runs on, not the one it checks
 * @ret:    receives a reference; or NULL, for the lists that are built in
 *
 * Rule:    the first kernels.txt of /etc/preflightd, /run/preflightd and the data
 *          directory of the installation; see config/source.h. One that cannot be
 *          read, or is wrong, leaves no lists at all: see pf_kernels_problem().
 * Return:  0 or -ENOMEM.
 */
int pf_kernels_load(const PfTarget *target, PfKernels **ret) PF_MUST_CHECK;
PfKernels *pf_kernels_ref(PfKernels *kernels); /* takes NULL too */
PfKernels *pf_kernels_unref(PfKernels *kernels);
PF_DEFINE_CLEANUP(PfKernels, pf_kernels_unref);

/* Does pf_kernels_load() still give these? */
bool pf_kernels_is_current(const PfKernels *kernels, const PfTarget *target);

/* Why there are no lists: file, line, and what was expected. NULL: there are. */
const char *pf_kernels_problem(const PfKernels *kernels);

/* The file they are from; NULL: they are built in. */
const char *pf_kernels_file(const PfKernels *kernels);

typedef enum PfListed {
        PF_LISTED,         /* by the list that is in force for that agent */
        PF_LISTED_PERHAPS, /* by some builds of the version that was given */
        PF_LISTED_BEFORE,  /* by earlier agents, until @until */
        PF_LISTED_LATER,   /* by a later agent, from @since on */
        PF_LISTED_NOT,
} PfListed;

/* How an agent version lies to the lists of a distribution. */
typedef enum PfListsAge {
        PF_LISTS_NONE,    /* there are no lists of it */
        PF_LISTS_YOUNGER, /* all lists are of later agents */
        PF_LISTS_COVER,
        PF_LISTS_OLDER, /* the agent is later than the newest list of any distribution */
} PfListsAge;

typedef struct PfListing {
        PfListed listed;
        PfListsAge age;
        const char *since; /* all borrowed; NULL where it does not apply */
        const char *until;
        const char *first; /* of the lists: the oldest, and the newest of any distribution */
        const char *last;
        int pack; /* service pack that the kernel belongs to; -1: none is named */
} PfListing;

/**
 * pf_kernels_find() - is a kernel listed?
 * @scenario:      as the vendor names it: "OnPremiseToAzure"
 * @distribution:  "ubuntu-22.04", "debian-12", "sles-15"
 * @kernel:        as uname -r prints it
 * @agent_version: a short one, "9.66", stands for all its builds
 * Rule: each list is whole, and stays in force until its distribution has a newer one.
 */
PfListing pf_kernels_find(const PfKernels *kernels, const char *scenario, const char *distribution,
                          const char *kernel, const char *agent_version);

/* Where the lists are from, and of when: "2026-07-02". */
const char *pf_kernels_origin(const PfKernels *kernels);
const char *pf_kernels_as_of(const PfKernels *kernels);
