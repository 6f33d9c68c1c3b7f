/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is known of the SSH server of a machine before anything is judged. The
 * rooms of the probe: server.c (is it there, and does it listen), settings.c
 * (what its configuration says), sftp.c (the session), ladder.c (all of it in
 * order), inspect.c (the facts), and sshd.c, which has the list of checks.
 */

#include "probes/pam/pam.h"
#include "probes/parse/shadow.h"
#include "probes/parse/sshd-effective.h"
#include "probes/parse/sshd-version.h"
#include "probes/probe.h"
#include "probes/sshd/service.h"

#define PF_SSHD_PAM_SERVICE "sshd"

/* One look at the SSH server of a machine. All zero is nothing seen yet. */
typedef struct PfSshdLook {
        PfSshdVersion version;
        bool is_installed;
        PfSshdService service; /* what starts it */
        bool borrows_service;  /* from another look, which outlives this one */
        int service_error;     /* negative errno: that could not be read, and */
        PfErr service_reason;  /* why */
        const char *path;      /* of the main configuration file; NULL: there is none */
        PfSshdConfig *conf;
        char *host; /* by which sshd knows the source, see below; NULL: nobody can say */
        PfSshdAccount account;
        PfShadow shadow;     /* of that account */
        int shadow_error;    /* negative errno: /etc/shadow could not be read, and */
        PfErr shadow_reason; /* why; who needs it is "unknown" */
        PfPamConfig *pam;    /* of sshd; NULL: not asked, or it could not be read */
        PfSshdEffective *effective;
        const char *tested_path; /* what `sshd -t` tests before the start, where that */
        PfSshdConfig *tested;    /* is another configuration; NULL: there is none */
        PfSshdEffective *tested_effective;
} PfSshdLook;

void pf_sshd_look_deinit(PfSshdLook *look);
#define PF_AUTO_SSHD_LOOK PF_CLEANUP(pf_sshd_look_deinit)

/* Is a server installed, and which? Return: 0 or a negative errno with a text. */
int pf_sshd_look_at_version(const PfTarget *target, PfSshdLook *look, PfErr *err) PF_MUST_CHECK;

/**
 * pf_sshd_look_at_configuration() - and what would it do with this connection?
 * Rule:   sshd_config(5), UseDNS: without it sshd knows the source by its
 *         address alone, whatever name it has; with it by the name that was
 *         asked about, or that the machine's own files find for the address.
 * Return: 0, also without a configuration: then look->conf is NULL. A negative
 *         errno with a text where a file could not be read.
 */
int pf_sshd_look_at_configuration(const PfTarget *target, const PfDemand *demand, PfSshdLook *look,
                                  PfErr *err) PF_MUST_CHECK;

/**
 * pf_sshd_look_again() - the same after files of the configuration were changed
 * @before: of the same machine; the program and what starts it are as they were then, and
 *          borrowed from it
 * Return:  as pf_sshd_look_at_configuration().
 */
int pf_sshd_look_again(const PfTarget *target, const PfDemand *demand, const PfSshdLook *before,
                       PfSshdLook *look, PfErr *err) PF_MUST_CHECK;

/**
 * pf_sshd_look_by_name() - what would hold if sshd knew the source by the name asked about
 * As `sshd -T -C host=…` tells it, whatever UseDNS says.
 * @look:  has a configuration, which *@ret borrows from
 * Return: 0, -ENOMEM; the caller frees *@ret.
 */
int pf_sshd_look_by_name(const PfDemand *demand, const PfSshdLook *look, PfSshdEffective **ret,
                         PfErr *err) PF_MUST_CHECK;

/* The checks, by their place in the probe's list. */
typedef enum PfSshdCheck {
        PF_SSHD_SERVER,
        PF_SSHD_CONFIGURATION,
        PF_SSHD_PASSWORD,
        PF_SSHD_ROOT_LOGIN,
        PF_SSHD_ACCOUNT_ALLOWED,
        PF_SSHD_METHODS,
        PF_SSHD_SFTP,
        PF_SSHD_ACCESS,
        PF_SSHD_N_CHECKS,
} PfSshdCheck;
extern const PfCheck pf_sshd_checks[PF_SSHD_N_CHECKS];

/* The probe's inspect(). */
int pf_sshd_inspect(const PfTarget *target, const PfDemand *demand, bool privileged, PfJson **ret,
                    PfErr *err);
