/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"

/*
 * The log of the agent's installer on Windows, ASRUnifiedAgentInstaller.log.
 *
 * A run keeps the log of the one before it elsewhere, and begins a new one. Each thing that
 * it says is written at once, with the time before it:
 *
 *   11:16:40:Application Started
 *   11:18:02:Application Ended
 *   11:18:02:Exit code returned by unified agent: 98(SucceededWithWarnings)
 *
 * The last of these is there where it was started with arguments, as it is over the network.
 * What other programs print is put in as it is; the script that registers the VSS provider
 * says why it fails in a pair of lines, and its number is told again by the installer:
 *
 *   - Error code: -2147023824 [0x80070430]
 *   - Exit code: 517
 *   11:17:31:VSSProvider installation has failed with error code: 517.
 *
 * The pair is what the vendor's troubleshooting page prints; the other lines are those of the
 * sources of the installer and of its script that are public. "Return value 3" is how Windows
 * Installer ends a step that failed. The log is UTF-8 or UTF-16, with a mark at its beginning
 * or without; it may be cut off at either end, and in the middle of a line, since it may be
 * read while it is written.
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
        unsigned end_line;     /* where that run says that it ended; 0: it does not */
        unsigned package_line; /* of "Return value 3" in that run; 0: there is none */
        unsigned dtc_line;     /* that says that COM+ could not talk to MSDTC; 0: there is none */
        unsigned n_lines;
        bool ends_in_line; /* the last line has no end: somebody may be writing */
        bool is_tail;      /* what stood before these lines was not looked at */
} PfInstallerLog;

/**
 * pf_installer_log_parse() - what the last run of the installer left
 * @bytes: @n of the log
 * @is_tail: they are not its beginning: the first line may be half of one
 * Rule:   a run begins with the line above, or with a mark of the encoding in the middle; a
 *         pair with two zeroes takes back what failed before it, and a zero alone nothing.
 *         What the whole run ended with, other than 0, is the exit code of a failure. A line
 *         without its end says nothing.
 * Return: 0; -ENOMEM.
 */
int pf_installer_log_parse(const void *bytes, size_t n, bool is_tail,
                           PfInstallerLog *ret) PF_MUST_CHECK;

/* Its text in UTF-8, added to @ret, by its mark, or by what it looks like without one. What
 * is no character becomes U+FFFD. Return: 0, or as pf_buf_reserve(). */
int pf_installer_log_decode(const void *bytes, size_t n, PfBuf *ret) PF_MUST_CHECK;
