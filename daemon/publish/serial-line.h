/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "daemon/platform/fsops.h"

/**
 * pf_serial_line_write() - one line of text on a serial line
 * @path:        a terminal; anything else is refused
 * @line:        printable, without its end
 * @deadline_ms: for all of it: where output is stopped (^S, hardware flow control, nobody
 *               at the other end) the rest is thrown away
 *
 * Its settings, which a getty may have made, are left alone; it becomes nobody's controlling
 * terminal; no carrier is waited for. The line stands by itself, whatever stands before it.
 * Rule:   termios(3), tty_ioctl(4) TIOCOUTQ.
 * Return: 0; with a text -ETIMEDOUT, -ENOTTY, -EIO (no such hardware), -ENOENT …
 */
int pf_serial_line_write(const PfFsOps *ops, const char *path, const char *line,
                         unsigned deadline_ms, PfErr *err) PF_MUST_CHECK;
