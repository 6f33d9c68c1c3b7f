/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which OpenSSH server a target has, without running anything of it. The
 * version decides which keywords there are, their defaults, and how a line is
 * split into words.
 */

#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

/* What the version begins with in an executable. */
#define PF_SSHD_VERSION_MARK "OpenSSH_"

typedef enum PfSshdFlavour {
        PF_SSHD_UPSTREAM,
        PF_SSHD_DEBIAN, /* and Ubuntu */
        PF_SSHD_REDHAT, /* and CentOS, Alma, Rocky, Oracle, Fedora, Amazon */
        PF_SSHD_SUSE,
} PfSshdFlavour;

/* What was compiled in, as far as it changes keywords or defaults. */
typedef enum PfSshdFeatures {
        PF_SSHD_HAS_PAM = 1 << 0,
        PF_SSHD_HAS_GSSAPI = 1 << 1,
        PF_SSHD_HAS_KRB5 = 1 << 2,
        PF_SSHD_HAS_OPENSSL = 1 << 3,
        PF_SSHD_HAS_GSSAPI_KEX = 1 << 4, /* the patch of the distributions */
} PfSshdFeatures;

typedef enum PfSshdVersionSource {
        PF_SSHD_VERSION_GIVEN,
        PF_SSHD_VERSION_BINARY,  /* the text in the server's executable */
        PF_SSHD_VERSION_PACKAGE, /* the package database */
        PF_SSHD_VERSION_RELEASE, /* a table of what the distribution's release ships */
        PF_SSHD_VERSION_LATEST,  /* nothing was found: the newest this knows */
} PfSshdVersionSource;

typedef struct PfSshdVersion {
        unsigned major; /* 9 of 9.2p1 */
        unsigned minor; /* 2 */
        unsigned portable;
        PfSshdFlavour flavour;
        unsigned features; /* PfSshdFeatures */
        PfSshdVersionSource source;
        bool assumed;   /* not seen on the target but taken from a table */
        char path[256]; /* the file it was read from; empty where there is none */
        char text[64];  /* as found: "OpenSSH_9.2p1 Debian-2+deb12u3"; never empty */
} PfSshdVersion;

/**
 * pf_sshd_version_make() - the version that a person names
 * @flavour: decides the features, as that distribution builds its package
 */
PfSshdVersion pf_sshd_version_make(unsigned major, unsigned minor, unsigned portable,
                                   PfSshdFlavour flavour);

/**
 * pf_sshd_version_parse() - "9.2p1", "OpenSSH_9.2p1 Debian-2+deb12u3", "1:9.2p1-2+deb12u3"
 * Return: 0, or -EINVAL where it holds no version; *@ret has source GIVEN.
 */
int pf_sshd_version_parse(const char *text, PfSshdFlavour flavour,
                          PfSshdVersion *ret) PF_MUST_CHECK;

/* Negative, 0 or positive, as strcmp(): compared with @major.@minor. */
int pf_sshd_version_compare(const PfSshdVersion *version, unsigned major, unsigned minor);

/* Positive outcome: the target has no OpenSSH server that could be found. */
enum { PF_SSHD_VERSION_NO_SERVER = 1 };

/**
 * pf_sshd_version_detect() - what the target has
 * @ret:   always filled in where the result is not negative, also without a
 *         server: then with what would hold if the newest known were installed
 * Rule:   the first of: the text "OpenSSH_…" in /usr/sbin/sshd and the other
 *         places of a server; the package database of dpkg; the release in
 *         os-release. What is not seen but concluded is marked as assumed.
 * Return: 0, PF_SSHD_VERSION_NO_SERVER, -ENOMEM, or another negative errno
 *         with a text where the target could not be looked at.
 */
int pf_sshd_version_detect(const PfTarget *target, PfSshdVersion *ret, PfErr *err) PF_MUST_CHECK;
