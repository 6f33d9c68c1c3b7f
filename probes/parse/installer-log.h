/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"

/*
 * The log of the agent's installer on Windows, ASRUnifiedAgentInstaller.log.
 *
 * Each run adds to it; a run that fails says so in a pair of lines:
 *
 *   - Error code: -2147023824 [0x80070430]
 *   - Exit code: 517
 *
 * No document gives its format: the pair is what the vendor's troubleshooting page prints,
 * and "Return value 3" is how Windows Installer ends a step that failed. It is UTF-16 or
 * UTF-8, with a mark at its beginning or without; it may be cut off at either end, and in
 * the middle of a line, since it may be read while it is written.
 */

/* One failure: of its pair either line may be missing. Lines count from 1, 0: it is not there. */
typedef struct PfInstallerFailure {
        bool has_error, has_exit;
        uint32_t error; /* as an HRESULT, whichever of its two spellings was there */
        int64_t exit;
        unsigned error_line, exit_line;
} PfInstallerFailure;

#define PF_INSTALLER_FAILURES_MAX 32

typedef struct PfInstallerLog {
        PfInstallerFailure failures[PF_INSTALLER_FAILURES_MAX]; /* the last ones, in their order */
        size_t n;
        unsigned run_line;     /* where the last run begins; 0: no line says that one does */
        unsigned package_line; /* of "Return value 3" after that; 0: there is none */
        unsigned dtc_line;     /* that says that COM+ could not talk to MSDTC; 0: there is none */
        unsigned n_lines;
        bool ends_in_line; /* the last line has no end: somebody may be writing */
} PfInstallerLog;

/**
 * pf_installer_log_parse() - what the last run of the installer left
 * @bytes: @n of the log
 * @is_tail: they are not its beginning: the first line may be half of one
 * Rule:   a run begins where a line says that the installer or the log of a package is
 *         started, or with a mark of the encoding in the middle; a pair with two zeroes
 *         takes back what failed before it.
 * Return: 0; -ENOMEM.
 */
int pf_installer_log_parse(const void *bytes, size_t n, bool is_tail,
                           PfInstallerLog *ret) PF_MUST_CHECK;

/* Its text in UTF-8, added to @ret, by its mark, or by what it looks like without one. What
 * is no character becomes U+FFFD. Return: 0, or as pf_buf_reserve(). */
int pf_installer_log_decode(const void *bytes, size_t n, PfBuf *ret) PF_MUST_CHECK;
