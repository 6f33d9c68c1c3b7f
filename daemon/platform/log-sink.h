/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/log.h"

/**
 * pf_log_choose_sink() - where a service on this system logs to
 * Rule: systemd.exec(5), $JOURNAL_STREAM: the journal with all fields where
 *       standard error goes there already, standard error itself elsewhere.
 */
PfLogSink pf_log_choose_sink(void);
