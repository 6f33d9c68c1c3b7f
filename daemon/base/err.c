/* SPDX-License-Identifier: MIT */
#include "daemon/base/err.h"

#include <stdarg.h>
#include <string.h>

static void make_printable(char *text) {
        for (unsigned char *p = (unsigned char *) text; *p; p++)
                if (*p < 0x20 || *p == 0x7f)
                        *p = '?';
}

static void set(PfErr *err, int code, const char *words, const char *fmt, va_list args)
        __attribute__((format(printf, 4, 0)));

static void set(PfErr *err, int code, const char *words, const char *fmt, va_list args) {
        size_t used;
        int n;

        if (!err || err->text[0])
                return;

        err->code = code;
        n = vsnprintf(err->text, sizeof(err->text), fmt, args);
        if (n < 0)
                (void) snprintf(err->text, sizeof(err->text), "(text could not be formatted)");
        used = strlen(err->text);
        if (words)
                (void) snprintf(err->text + used, sizeof(err->text) - used, ": %s", words);
        make_printable(err->text);
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
