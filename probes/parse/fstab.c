/* SPDX-License-Identifier: MIT */
/*
 * fstab and crypttab. libmount reads the first, but tells no lines, and there
 * is no libmount for the second, nor on every system this is built for.
 */
#include "probes/parse/fstab.h"

#include <limits.h>
#include <string.h>

#define FIELDS_MAX 6

void pf_fstab_deinit(PfFstab *fstab) {
        free(fstab->entries);
        pf_boot_texts_deinit(&fstab->texts);
        *fstab = (PfFstab){ 0 };
}

void pf_crypttab_deinit(PfCrypttab *crypttab) {
        free(crypttab->entries);
        pf_boot_texts_deinit(&crypttab->texts);
        *crypttab = (PfCrypttab){ 0 };
}

static bool is_octal(char c) {
        return c >= '0' && c <= '7';
}

/* "\040" and the like back to the byte, in place. */
static void decode(char *text) {
        char *to = text;

        for (const char *from = text; *from; to++) {
                bool escape = from[0] == '\\' && from[1] >= '0' && from[1] <= '3' &&
                              is_octal(from[2]) && is_octal(from[3]);
                int byte = escape ? (from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0' : 0;

                *to = byte ? (char) byte : *from;
                from += byte ? 4 : 1;
        }
        *to = '\0';
}

/* The fields of a line. Return: how many there are, FIELDS_MAX + 1 for more. */
static size_t split(char *line, char *fields[FIELDS_MAX]) {
        char *rest = pf_boot_trim_end(line), *field;
        size_t n = 0;

        while (n <= FIELDS_MAX && (field = pf_boot_take_word(&rest))) {
                if (n < FIELDS_MAX)
                        fields[n] = field;
                n++;
        }
        if (n > 0 && *fields[0] == '#')
                return 0;
        for (size_t i = 0; i < n && i < FIELDS_MAX; i++)
                decode(fields[i]);
        return n;
}

static bool parse_number(const char *text, int *ret) {
        char *end;
        long number = strtol(text, &end, 10);

        if (end == text || *end || number < INT_MIN || number > INT_MAX)
                return false;
        *ret = (int) number;
        return true;
}

static int copy_texts(PfBootTexts *texts, char *const *fields, size_t n, const char **const *ret) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++)
                r = pf_boot_texts_add(texts, fields[i], strlen(fields[i]), ret[i]);
        return r;
}

typedef struct FstabReader {
        const char *path;
        PfFstab *fstab;
} FstabReader;

static int take_fstab_line(char *line, unsigned number, void *data) {
        FstabReader *reader = data;
        PfFstab *fstab = reader->fstab;
        PfFstabEntry entry = { .path = reader->path, .line = number };
        const char **const texts[] = { &entry.spec, &entry.file, &entry.type, &entry.options };
        char nothing[] = "",
             *fields[FIELDS_MAX] = { nothing, nothing, nothing, nothing, NULL, NULL };
        size_t n = split(line, fields);
        int r;

        if (n == 0)
                return 0;
        if (n < 3 || (fields[4] && !parse_number(fields[4], &entry.freq)) ||
            (fields[5] && !parse_number(fields[5], &entry.passno))) {
                fstab->bad_line = fstab->bad_line ? fstab->bad_line : number;
                return 0;
        }
        r = pf_boot_grow((void **) &fstab->entries, fstab->n, sizeof(entry), PF_FSTAB_ENTRIES_MAX);
        if (r == 0)
                r = copy_texts(&fstab->texts, fields, PF_ELEMENTS(texts), texts);
        if (r == 0)
                fstab->entries[fstab->n++] = entry;
        return r;
}

int pf_fstab_parse(const char *path, const char *text, size_t n, PfFstab *ret, PfErr *err) {
        FstabReader reader = { .fstab = ret };
        int r = pf_boot_texts_add(&ret->texts, path, strlen(path), &reader.path);

        if (r == 0)
                r = pf_boot_each_line(text, n, take_fstab_line, &reader);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}

const PfFstabEntry *pf_fstab_find(const PfFstab *fstab, const char *directory) {
        for (size_t i = fstab->n; i-- > 0;)
                if (strcmp(fstab->entries[i].file, directory) == 0)
                        return &fstab->entries[i];
        return NULL;
}

const char *pf_fstab_option(const char *options, const char *name) {
        size_t n = strlen(name);

        for (const char *option = options; *option; option += *option == ',') {
                if (strcspn(option, ",=") == n && strncmp(option, name, n) == 0)
                        return option + n + (option[n] == '=');
                option += strcspn(option, ",");
        }
        return NULL;
}

typedef struct CrypttabReader {
        const char *path;
        PfCrypttab *crypttab;
} CrypttabReader;

static int take_crypttab_line(char *line, unsigned number, void *data) {
        CrypttabReader *reader = data;
        PfCrypttab *crypttab = reader->crypttab;
        PfCrypttabEntry entry = { .path = reader->path, .line = number };
        const char **const texts[] = { &entry.name, &entry.source, &entry.key, &entry.options };
        char nothing[] = "",
             *fields[FIELDS_MAX] = { nothing, nothing, nothing, nothing, NULL, NULL };
        size_t n = split(line, fields);
        int r;

        if (n == 0)
                return 0;
        if (n < 2 || n > PF_ELEMENTS(texts)) {
                crypttab->bad_line = crypttab->bad_line ? crypttab->bad_line : number;
                return 0;
        }
        if (strcmp(fields[2], "-") == 0 || strcmp(fields[2], "none") == 0)
                fields[2] = nothing;
        if (strcmp(fields[3], "-") == 0)
                fields[3] = nothing;
        r = pf_boot_grow((void **) &crypttab->entries, crypttab->n, sizeof(entry),
                         PF_FSTAB_ENTRIES_MAX);
        if (r == 0)
                r = copy_texts(&crypttab->texts, fields, PF_ELEMENTS(texts), texts);
        if (r == 0)
                crypttab->entries[crypttab->n++] = entry;
        return r;
}

int pf_crypttab_parse(const char *path, const char *text, size_t n, PfCrypttab *ret, PfErr *err) {
        CrypttabReader reader = { .crypttab = ret };
        int r = pf_boot_texts_add(&ret->texts, path, strlen(path), &reader.path);

        if (r == 0)
                r = pf_boot_each_line(text, n, take_crypttab_line, &reader);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}
