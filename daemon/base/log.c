/* SPDX-License-Identifier: MIT */
#include "daemon/base/log.h"

#include <stdarg.h>

#include "daemon/base/utf8.h"

#define LOG_TEXT_MAX 2048

static PfLogSink log_sink = pf_log_stderr;
static PfLogLevel log_max_level = PF_LOG_INFO;

void pf_log_set_sink(PfLogSink sink) {
        log_sink = sink;
}

void pf_log_set_level(PfLogLevel max_level) {
        log_max_level = max_level;
}

void pf_log_stderr(PfLogLevel level, const char *message_id, const PfLogField *fields,
                   const char *text) {
        (void) message_id;
        (void) fields;
        (void) level;
        (void) fprintf(stderr, "%s\n", text);
}

static void emit(PfLogLevel level, const char *message_id, const PfLogField *fields,
                 const char *fmt, va_list args) __attribute__((format(printf, 4, 0)));

static void emit(PfLogLevel level, const char *message_id, const PfLogField *fields,
                 const char *fmt, va_list args) {
        char text[LOG_TEXT_MAX];

        if (level > log_max_level)
                return;
        if (vsnprintf(text, sizeof(text), fmt, args) < 0)
                (void) snprintf(text, sizeof(text), "%s", fmt);
        pf_utf8_make_printable(text, ' ');
        log_sink(level, message_id, fields, text);
}

void pf_log(PfLogLevel level, const char *fmt, ...) {
        va_list args;

        va_start(args, fmt);
        emit(level, NULL, NULL, fmt, args);
        va_end(args);
}

void pf_log_event(PfLogLevel level, const char *message_id, const PfLogField *fields,
                  const char *fmt, ...) {
        va_list args;

        va_start(args, fmt);
        emit(level, message_id, fields, fmt, args);
        va_end(args);
}
