/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/cleanup.h"

/* The values are those of syslog(3) and sd-daemon(3). */
typedef enum PfLogLevel {
        PF_LOG_ERROR = 3,
        PF_LOG_WARNING = 4,
        PF_LOG_NOTICE = 5,
        PF_LOG_INFO = 6,
        PF_LOG_DEBUG = 7,
} PfLogLevel;

typedef struct PfLogField {
        const char *name; /* as the journal wants it: PREFLIGHTD_CHECK; NULL ends a list */
        const char *value;
} PfLogField;

/*
 * Where events go. Only mains and methods log; library code returns errors.
 * A sink is called with a complete text of one line and does not fail visibly.
 */
typedef void (*PfLogSink)(PfLogLevel level, const char *message_id, const PfLogField *fields,
                          const char *text);

void pf_log_stderr(PfLogLevel level, const char *message_id, const PfLogField *fields,
                   const char *text);

void pf_log_set_sink(PfLogSink sink);        /* the first is pf_log_stderr() */
void pf_log_set_level(PfLogLevel max_level); /* events above it are dropped; at first info */

void pf_log(PfLogLevel level, const char *fmt, ...) PF_PRINTF(2, 3);

/**
 * pf_log_event() - an event that an administrator may look for
 * @message_id: 128 bits in hexadecimal, as in the message catalog, or NULL
 * @fields:     ended by a NULL name, or NULL
 */
void pf_log_event(PfLogLevel level, const char *message_id, const PfLogField *fields,
                  const char *fmt, ...) PF_PRINTF(4, 5);
