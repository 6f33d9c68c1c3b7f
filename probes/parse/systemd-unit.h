/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A unit as systemd reads it: the file that counts, its drop-ins, what empty
 * assignments take back, names that are links, masks. Nothing is started.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/strv.h"
#include "daemon/base/target.h"

typedef struct PfUnitSetting {
        char *section;
        char *key;
        char *value;   /* lines joined, without white space around it; never empty */
        char *path;    /* of the file */
        unsigned line; /* from 1: where the assignment begins */
        char *text;    /* that line, without white space around it */
} PfUnitSetting;

/* All zero is a unit without a file. */
typedef struct PfSystemdUnit {
        char *name; /* after links: "ssh.service", also where sshd.service was asked for */
        char *path; /* of its file; NULL: there is none */
        char *mask; /* NULL, or the path that masks it: a link to /dev/null or an empty file */
        PfUnitSetting *settings; /* that still hold, in the order they were read */
        size_t n;
} PfSystemdUnit;

#define PF_SYSTEMD_FILE_MAX (1 << 20) /* bytes of a file */
#define PF_SYSTEMD_SETTINGS_MAX 4096  /* of a unit */

void pf_systemd_unit_deinit(PfSystemdUnit *unit);
#define PF_AUTO_SYSTEMD_UNIT PF_CLEANUP(pf_systemd_unit_deinit)

/* Positive outcome: no directory of units has one of that name. */
enum { PF_SYSTEMD_UNIT_ABSENT = 1 };

/**
 * pf_systemd_unit_load() - read a unit with its drop-ins
 * @names: full names, @n of them: "ssh.service". The first that is there is
 *         read; the drop-ins of the others count where they are names of it.
 * @ret:   receives the unit; untouched unless 0 is returned. Where it is masked
 *         that is all there is.
 * Rule:   systemd.unit(5), UNIT FILE LOAD PATH: /etc, then /run, then
 *         /usr/local/lib, /usr/lib and /lib; generators' units come behind those
 *         in /etc and those in generator.late last. Drop-ins NAME.d/ and TYPE.d/
 *         in the order of their file names; of one name that of the first
 *         directory counts.
 * Return: 0, PF_SYSTEMD_UNIT_ABSENT, -ELOOP, -E2BIG, -ENOMEM, -EIO …
 */
int pf_systemd_unit_load(const PfTarget *target, const char *const *names, size_t n,
                         PfSystemdUnit *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_systemd_unit_parse() - add what a file, or the next drop-in, assigns
 * Rule:   systemd.syntax(7): '#' and ';' begin comment lines, also between
 *         joined lines; '\' at the end joins with a space. An empty value takes
 *         back what was assigned to that key; of conditions, of assertions and of
 *         what a socket listens on it takes back all kinds: systemd.unit(5),
 *         systemd.socket(5).
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_systemd_unit_parse(PfSystemdUnit *unit, const char *text, size_t n,
                          const char *path) PF_MUST_CHECK;

/* What a key with one value has: the last assignment; NULL where there is none. */
const PfUnitSetting *pf_systemd_unit_get(const PfSystemdUnit *unit, const char *section,
                                         const char *key);

/* The assignments of a key one after the other, from @previous (NULL: the first) on. */
const PfUnitSetting *pf_systemd_unit_next(const PfSystemdUnit *unit, const char *section,
                                          const char *key, const PfUnitSetting *previous);

/* "yes", "true", "on", "1" and so on: 1 or 0; -EINVAL for anything else. */
int pf_systemd_boolean(const char *value);
