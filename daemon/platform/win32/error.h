/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"

/*
 * The errors of Windows, as negative errno with a text.
 */

/**
 * pf_errno_from_windows() - the negative errno that says the same, or -EIO
 * @code: as GetLastError() returns it; not 0
 */
int pf_errno_from_windows(unsigned long code);

/**
 * pf_err_windows() - as pf_err_errno(), with the words of Windows and its number behind them
 * @code: as GetLastError() returns it; not 0
 * Return: pf_errno_from_windows(@code).
 */
int pf_err_windows(PfErr *err, unsigned long code, const char *fmt, ...) PF_PRINTF(3, 4);
