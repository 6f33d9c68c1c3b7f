/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"

/**
 * pf_signal_sshd() - where there is no service manager, the server reads its files again
 * @unit:  what systemd would call it; only sshd is told in this way
 * Rule:   sshd(8): SIGHUP has it execute itself again, with the options that it was started with;
 *         its number stays the same, and is in the file that PidFile names.
 * Return: 0, also where none runs; -ENOTSUP for another service; -ESRCH with a text where the
 *         number in that file is not sshd's.
 */
int pf_signal_sshd(const char *unit, PfErr *err) PF_MUST_CHECK;
