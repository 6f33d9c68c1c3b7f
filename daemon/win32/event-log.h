/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"

/*
 * Where the service logs to: the event log "Application", under the source "preflightd", and a
 * file, preflightd.log in its directory, which needs no tools to be read and sent to somebody.
 */
#define PF_EVENT_SOURCE "preflightd"
#define PF_EVENT_FILE_MAX (1u << 20) /* bytes; then it is named .1, and the one before goes */

/**
 * pf_event_log_open() - from now on pf_event_log_write() has both
 * @directory: of the file; an absolute path of Windows, in UTF-8, into
 *             which administrators alone write. NULL: there is none, and no file
 * Return:     0; a negative errno with a text where one of the two is missing. The other is
 *             used all the same.
 */
int pf_event_log_open(const char *directory, PfErr *err);
void pf_event_log_close(void);

/* A PfLogSink. Also of more than one thread at a time. */
void pf_event_log_write(PfLogLevel level, const char *message_id, const PfLogField *fields,
                        const char *text);

/**
 * pf_event_log_register() - say where the texts of the events are
 * @program: path of a program that has them; an absolute path of Windows, in UTF-8
 * Rule:     "Event Sources" of the Windows event log: EventMessageFile and TypesSupported below
 *           SYSTEM\CurrentControlSet\Services\EventLog\Application.
 * Return:   0, or a negative errno with a text.
 */
int pf_event_log_register(const char *program, PfErr *err) PF_MUST_CHECK;
int pf_event_log_unregister(PfErr *err) PF_MUST_CHECK;
