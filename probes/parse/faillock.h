/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Failed logins as PAM counts them: the settings and tallies of pam_faillock,
 * the logs of pam_tally2 and pam_tally.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_FAILLOCK_CONF_PATH "/etc/security/faillock.conf"
#define PF_FAILLOCK_DIR "/var/run/faillock"
#define PF_FAILLOCK_INTERVAL_MAX_SEC 604800
#define PF_FAILLOCK_PATH_MAX 512

/* Units: seconds; an unlock time of 0 is never. */
typedef struct PfFaillockSettings {
        char dir[PF_FAILLOCK_PATH_MAX];
        uint16_t deny; /* failures; 0: never locked */
        uint32_t interval_sec;
        uint32_t unlock_sec;
        uint32_t root_unlock_sec;
        bool has_root_unlock; /* else unlock_sec holds for root too */
        bool even_deny_root;
        bool local_users_only;
        char admin_group[256]; /* "": none */
} PfFaillockSettings;

/* As where nothing is set. */
PfFaillockSettings pf_faillock_defaults(void);

/**
 * pf_faillock_set() - one setting, of the file or a word of the module
 * Rule: faillock.conf(5). A value that is not one leaves what was; numbers are
 *       read up to what follows them.
 * Return: is there a setting of that name?
 */
bool pf_faillock_set(PfFaillockSettings *settings, const char *name, const char *value);

/**
 * pf_faillock_parse_conf() - faillock.conf(5)
 * @text: @n bytes, which are changed, and a NUL
 * Return: 0; -EINVAL for a line of more than 1022 characters, from which the
 *         module turns away: the settings before it hold.
 */
int pf_faillock_parse_conf(char *text, size_t n, PfFaillockSettings *settings);

#define PF_FAILLOCK_RECORD_SIZE 64
#define PF_FAILLOCK_RECORDS_MAX 1024

typedef struct PfFaillockTally {
        unsigned failures;   /* that count: valid, and near enough to the last one */
        uint64_t latest_sec; /* since 1970; 0: none */
} PfFaillockTally;

/**
 * pf_faillock_parse_tally() - a user's tally
 * Rule: struct tally of Linux-PAM, in the byte order of the machine, here little
 *       endian as all machines are that this is about; half a record is none.
 *       A failure counts if it is less than @interval_sec older than the last.
 * Return: 0; -EFBIG for more records than the module reads.
 */
int pf_faillock_parse_tally(const void *bytes, size_t n, uint32_t interval_sec,
                            PfFaillockTally *ret);

/* --- pam_tally2 and pam_tally: one record a user, in the place of its number --- */

typedef enum PfTallyFormat {
        PF_TALLY_FAILLOG, /* pam_tally: /var/log/faillog */
        PF_TALLY_LOG,     /* pam_tally2: /var/log/tallylog */
} PfTallyFormat;

typedef struct PfTallyRecord {
        unsigned failures;
        uint64_t latest_sec;
} PfTallyRecord;

/* Bytes of a file that have to be read for a user's record to be in them. */
uint64_t pf_tally_needs(PfTallyFormat format, unsigned uid);
/* The record of @uid; where the file ends before it there are no failures. */
PfTallyRecord pf_tally_parse(PfTallyFormat format, const void *bytes, size_t n, unsigned uid);
