/* SPDX-License-Identifier: MIT */
#include "daemon/base/err.h"

#include <stdarg.h>
#include <string.h>

#include "daemon/base/utf8.h"

static void set(PfErr *err, int code, const char *words, const char *fmt, va_list args)
        __attribute__((format(printf, 4, 0)));

static void set(PfErr *err, int code, const char *words, const char *fmt, va_list args) {
        size_t room, used;

        if (!err || err->text[0])
                return;

        /* The words at the end say most: a long path is cut before them. */
        room = sizeof(err->text) - (words ? strlen(": ") + strlen(words) : 0);
        err->code = code;
        if (vsnprintf(err->text, room, fmt, args) < 0)
                (void) snprintf(err->text, room, "(text could not be formatted)");
        used = strlen(err->text);
        if (words)
                (void) snprintf(err->text + used, sizeof(err->text) - used, ": %s", words);
        pf_utf8_make_printable(err->text, '?');
}

int pf_err_set(PfErr *err, int code, const char *fmt, ...) {
        va_list args;

        va_start(args, fmt);
        set(err, code, NULL, fmt, args);
        va_end(args);
        return code;
}

int pf_err_errno(PfErr *err, int code, const char *fmt, ...) {
        va_list args;

        va_start(args, fmt);
        set(err, code, strerror(-code), fmt, args);
        va_end(args);
        return code;
}

const char *pf_err_text(const PfErr *err, int code) {
        return err && err->text[0] ? err->text : strerror(-code);
}
