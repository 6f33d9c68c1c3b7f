/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a program asks of the system for itself.
 */

/**
 * pf_process_forbid_core_dumps() - leave no image of this process behind
 * /etc/shadow and host keys pass through its memory. Programs that keep core
 * dumps for others (systemd-coredump, apport) honour the limit too. There is
 * no error: a system that does not know the limit writes no core dumps by it.
 * Rule: setrlimit(2), RLIMIT_CORE; core(5).
 */
void pf_process_forbid_core_dumps(void);

/* Who does not read any more is an error of the write, and no signal: signal(7), SIGPIPE. */
void pf_process_ignore_broken_pipes(void);
