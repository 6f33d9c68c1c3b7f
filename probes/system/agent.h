/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An agent that is, or was, installed: what it left behind and what it says of itself.
 */

#include "probes/system/room.h"

#define PF_AGENT_TRACES_MAX 16

/* A text out of a file of the agent's; texts reach evidence alone, since the files
 * need not be public. */
typedef struct PfAgentText {
        char text[PF_SYSTEM_WORD_MAX]; /* "": there is none */
        const char *path; /* NULL: there is none; borrowed from the agent, or constant */
        unsigned line;
} PfAgentText;

typedef struct PfAgent {
        bool is_installed;                  /* all of it is there that has to be */
        char directory[PF_SYSTEM_PATH_MAX]; /* that it is installed in */
        char config[PF_SYSTEM_PATH_MAX + sizeof("/etc/drscout.conf")]; /* in there */
        PfAgentText version;                                           /* "9.48.6308.1" */
        PfAgentText build;                                             /* BUILD_TAG= */
        PfAgentText status;                      /* AGENT_CONFIGURATION_STATUS= */
        PfAgentText server;                      /* it is registered with: Hostname= */
        const char *traces[PF_AGENT_TRACES_MAX]; /* that were found; borrowed or constant */
        size_t n_traces;
        char reason[PF_SYSTEM_REASON_MAX]; /* why something is not known; "": all is */
        const char *reason_path;           /* of what could not be read; NULL: all could */
} PfAgent;

/**
 * pf_agent_look() - find all of it
 * Rule:   /usr/local/.vx_version of assignments; drscout.conf in the folder etc of where
 *         INSTALLATION_DIR= says, or in Vx of the profile's directory.
 * Return: 0, also where something could not be read; -ENOMEM.
 */
int pf_agent_look(const PfSystemRoom *room, PfAgent *ret) PF_MUST_CHECK;

/* The number of its build, 6308 of RELEASE_9-48-1_GA_6308_…; 0 where it is not told. */
unsigned pf_agent_build(const PfAgent *agent);
