/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/ini-reader.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"

/* What is remedied without anybody asking for it. */
typedef enum PfAutoMode {
        PF_AUTO_MODE_OFF,
        PF_AUTO_MODE_SAFE, /* what weakens nothing: PF_SAFETY_SAFE of the catalogue */
} PfAutoMode;

/*
 * The settings of the programs: preflightd.conf and its drop-ins. The keys are
 * in config-keys.h, and nowhere else.
 */
typedef struct PfSettings {
        /* [Daemon] */
        char *socket;                   /* path of the listening socket */
        uint64_t maximum_age_usec;      /* of a cached report, where a caller does not say */
        uint64_t maximum_clients;       /* connected at the same time */
        uint64_t maximum_message_bytes; /* one message on the wire, either way */
        PfLogLevel log_level;

        /* [Check] */
        char *profile;
        char *agent_version;    /* NULL: the profile's */
        char *account;          /* that the installer logs in as */
        char *source;           /* address it comes from; NULL: not known */
        uint64_t deadline_usec; /* of every probe; 0: as each probe says */

        /* [Network] */
        PfStrv endpoints;              /* each as pf_endpoint_parse(); nothing else is contacted */
        uint64_t network_timeout_usec; /* for all of them together */

        /* [Remedy] */
        PfAutoMode auto_mode;
        PfStrv auto_only;          /* wildcards of checks; empty: all */
        PfStrv auto_skip;          /* wildcards of checks */
        uint64_t history_age_usec; /* of what can be undone; 0: for ever */
        uint64_t history_max;      /* of what was undone or taken back, among the newest */

        /* [Publish] */
        char *text_file;   /* of metrics; NULL: none, as of all here */
        char *virtio_port; /* name of a port */
        char *console;     /* path of a serial line */
        bool guest_info;   /* VMware's */
        bool kvp_pool;     /* Hyper-V's */
} PfSettings;

/**
 * pf_settings_load() - the built-in values, and what the machine's files say instead
 * @target: the machine whose settings they are: for a daemon the live one, not
 *          the image that it checks
 * @ret:    receives the settings; untouched unless 0 is returned, so that a
 *          failed reload keeps those in force
 * @errors: receives every complaint, or NULL
 * @err:    receives the first of them, and how many more there are
 *
 * Ownership: the caller frees *@ret with pf_settings_free().
 * Rule:      as systemd's daemons. The first preflightd.conf of /etc/preflightd,
 *            /run/preflightd, /usr/lib/preflightd; then preflightd.conf.d/(name).conf
 *            of all three, in the order of their names, each overriding what
 *            was before. Of equal names the first directory's counts; an empty
 *            file, or a link to /dev/null, there masks the others.
 * Return:    0; -EINVAL for unknown sections, unknown keys, bad values and files
 *            that cannot be read; -ENOMEM.
 */
int pf_settings_load(const PfTarget *target, PfSettings **ret, PfIniErrors *errors,
                     PfErr *err) PF_MUST_CHECK;

/* The same without what is wrong, for who has to go on with the rest. Return: 0, also with
 * complaints in @errors; -ENOMEM. */
int pf_settings_load_rest(const PfTarget *target, PfSettings **ret,
                          PfIniErrors *errors) PF_MUST_CHECK;
PfSettings *pf_settings_free(PfSettings *settings);
PF_DEFINE_CLEANUP(PfSettings, pf_settings_free);

/**
 * pf_settings_parse() - what one text says, on top of what is in @settings
 * For files that are named by hand, and for tests.
 * Return: 0, also with complaints in @errors; -ENOMEM.
 */
int pf_settings_parse(PfSettings *settings, const char *path, const char *text, size_t n,
                      PfIniErrors *errors) PF_MUST_CHECK;

/* The built-in values; NULL: out of memory. */
PfSettings *pf_settings_new(void);

/* A key, for the manual and for tests. */
typedef struct PfSettingsKey {
        const char *section;
        const char *name;
        const char *fallback; /* built-in value as text; "" where there is none */
        const char *help;
} PfSettingsKey;

/* The key at a place from 0, or NULL behind the last. */
const PfSettingsKey *pf_settings_key(size_t i);
