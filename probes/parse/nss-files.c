/* SPDX-License-Identifier: MIT */
/*
 * Takes the lines of the C library's own databases apart, in place.
 */
#include "probes/parse/nss-files.h"

#include <stdlib.h>
#include <string.h>

/* isspace() of the locale "C", without asking the process for its own. */
static bool is_blank(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *take_line(PfNssFile *file) {
        char *line = file->text;
        char *end = memchr(line, '\n', file->n);
        size_t taken = end ? (size_t) (end - line) + 1 : file->n;

        if (end)
                *end = '\0';
        file->text += taken;
        file->n -= taken;
        file->line++;
        return line;
}

char *pf_nss_next_line(PfNssFile *file) {
        while (file->n > 0) {
                char *line = take_line(file);

                while (is_blank(*line))
                        line++;
                if (*line && *line != '#')
                        return line;
        }
        return NULL;
}

char *pf_nss_take_text(char **line) {
        char *field = *line;

        *line += strcspn(field, ":");
        if (**line)
                *(*line)++ = '\0';
        return field;
}

PfNssNumber pf_nss_take_number(char **line, uint32_t *ret) {
        char *start = *line;
        unsigned long long value;
        char *end;

        if (!*start)
                return PF_NSS_NUMBER_END;
        value = strtoull(start, &end, 10);
        if ((*end && *end != ':') || value > UINT32_MAX)
                return PF_NSS_NUMBER_BAD;
        *line = *end ? end + 1 : end;
        if (end == start)
                return PF_NSS_NUMBER_EMPTY;
        *ret = (uint32_t) value;
        return PF_NSS_NUMBER;
}
