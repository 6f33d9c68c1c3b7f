/* SPDX-License-Identifier: MIT */
/*
 * Records of the udev database. Their format is udev's own; what is read here
 * has stood in all of its versions.
 */
#include "probes/parse/udev-record.h"

#include <string.h>

void pf_udev_record_deinit(PfUdevRecord *record) {
        pf_strv_deinit(&record->links);
        pf_strv_deinit(&record->properties);
}

static int take_line(PfUdevRecord *record, const char *line, size_t n) {
        if (n < 3)
                return 0;
        if (line[0] == 'S')
                return pf_strv_add_n(&record->links, line + 2, n - 2);
        if (line[0] == 'E' && memchr(line + 2, '=', n - 2))
                return pf_strv_add_n(&record->properties, line + 2, n - 2);
        return 0;
}

int pf_udev_record_parse(const char *text, size_t n, PfUdevRecord *ret, PfErr *err) {
        const char *end = text + n;
        unsigned lines = 0;

        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t n_line = newline ? (size_t) (newline - text) : 0;
                int r;

                if (!newline)
                        return pf_err_set(err, -EINVAL, "a record of udev that is cut off");
                if (n_line < 2 || text[1] != ':' || memchr(text, '\0', n_line))
                        return pf_err_set(err, -EINVAL, "no record of udev");

                if (++lines > PF_UDEV_LINES_MAX)
                        return pf_err_set(err, -E2BIG, "more than %d lines", PF_UDEV_LINES_MAX);
                r = take_line(ret, text, n_line);
                if (r < 0)
                        return r;
                text = newline + 1;
        }
        return 0;
}

const char *pf_udev_record_get(const PfUdevRecord *record, const char *key) {
        size_t n = strlen(key);

        for (size_t i = record->properties.n; i-- > 0;) {
                const char *property = record->properties.items[i];

                if (strncmp(property, key, n) == 0 && property[n] == '=')
                        return property + n + 1;
        }
        return NULL;
}
