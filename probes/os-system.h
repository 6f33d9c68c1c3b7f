/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "config/profile.h"
#include "daemon/base/err.h"
#include "daemon/base/target.h"

/*
 * Which system a machine is, and which the agent's installer takes it for: the
 * facts of the probe os, for its files alone.
 */

#define PF_SYSTEM_TEXT_MAX 256

/* A line of a file; longer texts are cut. */
typedef struct PfSystemLine {
        const char *path; /* borrowed, or constant; NULL: none */
        unsigned line;
        char text[PF_SYSTEM_TEXT_MAX];
} PfSystemLine;

typedef struct PfSystem {
        char id[64];      /* as os-release(5); CentOS Stream is "centos-stream"; "": not known */
        char name[128];   /* for people, without version */
        char version[64]; /* with the point release where a file tells it; "": none */
        bool exact;       /* the version is all there is, not the first part of it */
        PfSystemLine id_at;
        PfSystemLine version_at;
} PfSystem;

/* Positive outcome: no file tells. */
enum { PF_SYSTEM_ABSENT = 1 };

/**
 * pf_system_identify() - the distribution and its release
 *
 * Rule:   os-release(5): /etc, then /usr/lib. Before there was one (RHEL 6, SLES 11
 *         and older): the release file that each distribution had. CentOS and
 *         Debian keep the point release in files of their own.
 * Return: 0, PF_SYSTEM_ABSENT, or as pf_target_read().
 */
int pf_system_identify(const PfTarget *target, PfSystem *ret, PfErr *err) PF_MUST_CHECK;

typedef struct PfArchitecture {
        const char *name; /* as uname -m; NULL: no program was found */
        const char *path; /* of the program that tells */
} PfArchitecture;

/**
 * pf_system_architecture() - what its programs are built for
 * Rule:   the ELF header of the shell: elf(5), e_machine.
 * Return: 0, also without a program; or as pf_target_read().
 */
int pf_system_architecture(const PfTarget *target, PfArchitecture *ret, PfErr *err) PF_MUST_CHECK;

typedef enum PfDetected {
        PF_DETECTED_ACCEPTED,
        PF_DETECTED_REFUSED,
        PF_DETECTED_AGENT_TOO_OLD, /* a later agent would accept it */
        PF_DETECTED_NOTHING,       /* none of the files is there */
} PfDetected;

typedef struct PfDetection {
        PfDetected outcome;
        PfSystemLine at; /* the file that decided, and the line that was found, or its first */
        const char *since;
} PfDetection;

/**
 * pf_system_detect() - what the agent's installer makes of the release files
 * Rule:   PfProfile.release_files.
 * Return: 0, or as pf_target_read(). *@ret borrows from @profile.
 */
int pf_system_detect(const PfTarget *target, const PfProfile *profile, const char *agent_version,
                     PfDetection *ret, PfErr *err) PF_MUST_CHECK;
