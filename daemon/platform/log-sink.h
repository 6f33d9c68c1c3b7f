/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/log.h"

/**
 * pf_log_choose_sink() - where a service on this system logs to
 * Rule: systemd.exec(5), $JOURNAL_STREAM: the journal with all fields where
 *       standard error goes there already, standard error itself elsewhere.
 */
PfLogSink pf_log_choose_sink(void);

/**
 * pf_log_settle() - wait until what that sink was given has been read
 *
 * For last words: whose a message is the journal finds out when it reads it, by looking at the
 * process that sent it. Of one that has ended by then it may not know the unit, and
 * `journalctl -u` does not show it. Waits for a second at most, and where the sink is
 * another one not at all.
 * Rule: the journal reads one datagram at a time, and is done with it before the next; one that
 *       is empty is no message. SIOCOUTQ, unix(7), is 0 when ours has been read.
 */
void pf_log_settle(void);
