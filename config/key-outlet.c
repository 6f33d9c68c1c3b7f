/* SPDX-License-Identifier: MIT */
#include "config/key-outlet.h"

#include <string.h>

#include "config/key.h"
#include "config/value.h"

#define TEXT_FILE_SUFFIX ".prom"

static bool has_parent(const char *path) {
        for (const char *at = strstr(path, "/.."); at; at = strstr(at + 1, "/.."))
                if (at[3] == '/' || at[3] == '\0')
                        return true;
        return false;
}

const char *pf_key_text_file(const char *text, void *field) {
        const size_t n = strlen(text), n_suffix = strlen(TEXT_FILE_SUFFIX);
        const char *name = strrchr(text, '/');

        if (n > 0 && (text[0] != '/' || has_parent(text) || strlen(name + 1) <= n_suffix ||
                      strcmp(text + n - n_suffix, TEXT_FILE_SUFFIX) != 0))
                return "expected a path that begins with '/', has no \"..\", and ends in a name "
                       "with .prom";
        return pf_key_text(text, field);
}

const char *pf_key_virtio_port(const char *text, void *field) {
        return text[0] ? pf_key_file_name(text, field) : pf_key_text(text, field);
}

/* Prefixes of the names of serial lines, on which a machine's console can be. */
static const char *const serial_drivers[] = {
        "/dev/ttyS",   /* 8250, and POWER's and others' of that name */
        "/dev/ttyAMA", /* PL011, of ARM servers */
        "/dev/hvc",    /* of hypervisors: virtio-console, Xen, POWER */
        "/dev/ttyUSB",
};

const char *pf_key_serial_line(const char *text, void *field) {
        if (text[0] == '\0')
                return pf_key_text(text, field);
        for (size_t i = 0; i < PF_ELEMENTS(serial_drivers); i++) {
                const size_t n = strlen(serial_drivers[i]);
                const size_t digits = strncmp(text, serial_drivers[i], n) == 0
                                              ? strspn(text + n, "0123456789")
                                              : 0;

                if (digits > 0 && digits <= 3 && text[n + digits] == '\0')
                        return pf_key_text(text, field);
        }
        return "expected a serial line: /dev/ttyS0, /dev/ttyAMA0, /dev/hvc0 or /dev/ttyUSB0, or "
               "another number";
}
