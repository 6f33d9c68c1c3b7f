/* SPDX-License-Identifier: MIT */
/* Standard error, of a program that is not a service: a service sets the sink of the event log
 * by itself, once it is one. */
#include "daemon/platform/log-sink.h"

PfLogSink pf_log_choose_sink(void) {
        return pf_log_stderr;
}

void pf_log_settle(void) {
}
