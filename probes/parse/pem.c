/* SPDX-License-Identifier: MIT */
/*
 * Certificates in PEM, as far as a name is to be found in them.
 */
#include "probes/parse/pem.h"

#include <string.h>

#include "probes/parse/lines.h"

#define CERTIFICATE_MAX 16384
#define BEGIN "-----BEGIN "
#define END "-----END "

typedef struct Certificate {
        unsigned char bytes[CERTIFICATE_MAX];
        size_t n;
        unsigned bits;   /* that are not yet a byte */
        unsigned n_bits; /* how many */
} Certificate;

static int value_of(char c) {
        static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const char *found = c ? strchr(digits, c) : NULL;

        return found ? (int) (found - digits) : -1;
}

static void take_line(Certificate *certificate, const char *text, size_t n) {
        for (size_t i = 0; i < n && certificate->n < CERTIFICATE_MAX; i++) {
                int value = value_of(text[i]);

                if (value < 0)
                        return;
                certificate->bits = (certificate->bits << 6 | (unsigned) value) & 0xffff;
                certificate->n_bits += 6;
                if (certificate->n_bits < 8)
                        continue;
                certificate->n_bits -= 8;
                certificate->bytes[certificate->n++] =
                        (unsigned char) (certificate->bits >> certificate->n_bits);
        }
}

static bool begins(const PfLines *lines, const char *with) {
        size_t n = strlen(with);

        return lines->text_n >= n && memcmp(lines->text, with, n) == 0;
}

bool pf_pem_has_text(const char *text, size_t n, const char *wanted) {
        PfLines lines = { .rest = text, .n = n };
        Certificate certificate = { .n = 0 };
        bool is_inside = false;

        while (pf_lines_next(&lines)) {
                if (begins(&lines, BEGIN)) {
                        certificate.n = certificate.n_bits = 0;
                        is_inside = true;
                } else if (begins(&lines, END)) {
                        is_inside = false;
                        if (memmem(certificate.bytes, certificate.n, wanted, strlen(wanted)))
                                return true;
                } else if (is_inside) {
                        take_line(&certificate, lines.text, lines.text_n);
                }
        }
        return false;
}
