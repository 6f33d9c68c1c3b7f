/* SPDX-License-Identifier: MIT */
/*
 * cpio archives of the "new ASCII" formats, read for their names alone.
 */
#include "probes/parse/cpio.h"

#include <string.h>

#define TRAILER "TRAILER!!!"

/* Eight hexadecimal digits each, behind the magic. */
enum { FIELD_MODE = 1, FIELD_SIZE = 6, FIELD_NAME_SIZE = 11, N_FIELDS = 13 };

#define MAGIC_SIZE 6
#define FIELD_SIZE_BYTES 8

static uint64_t padding(uint64_t offset) {
        return -offset & 3;
}

static int digit(char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

static bool take_field(const char *header, int field, uint32_t *ret) {
        const char *text = header + MAGIC_SIZE + field * FIELD_SIZE_BYTES;
        uint32_t value = 0;

        for (int i = 0; i < FIELD_SIZE_BYTES; i++) {
                int d = digit(text[i]);

                if (d < 0)
                        return false;
                value = value << 4 | (uint32_t) d;
        }
        *ret = value;
        return true;
}

/* The rest of the entry is passed over; its place in the file is a multiple of 4. */
static void skip_rest(PfCpio *cpio, uint64_t unread_name) {
        uint64_t body = cpio->offset + unread_name;

        body += padding(body);
        body += cpio->entry.size_bytes;
        body += padding(body);
        cpio->skip = body - cpio->offset;
        cpio->state = PF_CPIO_BODY;
        cpio->n = 0;
}

static int finish_header(PfCpio *cpio, PfErr *err) {
        uint32_t fields[N_FIELDS];

        if (memcmp(cpio->text, "070707", MAGIC_SIZE) == 0)
                return pf_err_set(err, -EINVAL,
                                  "an archive in cpio's old format, which the kernel "
                                  "does not take");
        if (memcmp(cpio->text, "070701", MAGIC_SIZE) != 0 &&
            memcmp(cpio->text, "070702", MAGIC_SIZE) != 0)
                return pf_err_set(err, -EINVAL, "no header of a cpio archive at byte %llu",
                                  (unsigned long long) (cpio->offset - PF_CPIO_HEADER_SIZE));
        for (int i = 0; i < N_FIELDS; i++)
                if (!take_field(cpio->text, i, &fields[i]))
                        return pf_err_set(
                                err, -EINVAL,
                                "a header of a cpio archive that holds no numbers at "
                                "byte %llu",
                                (unsigned long long) (cpio->offset - PF_CPIO_HEADER_SIZE));
        cpio->entry = (PfCpioEntry){ .mode = fields[FIELD_MODE], .size_bytes = fields[FIELD_SIZE] };
        cpio->name_size = fields[FIELD_NAME_SIZE];
        cpio->n = 0;
        cpio->state = PF_CPIO_NAME;
        if (cpio->name_size == 0 || cpio->name_size > PF_CPIO_NAME_MAX)
                skip_rest(cpio, cpio->name_size);
        return 0;
}

static int finish_name(PfCpio *cpio, PfCpioVisit visit, void *data) {
        cpio->text[cpio->n] = '\0';
        if (strcmp(cpio->text, TRAILER) == 0) {
                cpio->n = 0;
                cpio->state = PF_CPIO_BETWEEN;
                return 0;
        }
        skip_rest(cpio, 0);
        cpio->n_entries++;
        cpio->entry.name = cpio->text;
        return visit(&cpio->entry, data);
}

/* Adds bytes up to @wanted in all; returns how many. */
static size_t gather(PfCpio *cpio, const char *bytes, size_t n, size_t wanted) {
        size_t take = wanted - cpio->n < n ? wanted - cpio->n : n;

        memcpy(cpio->text + cpio->n, bytes, take);
        cpio->n += take;
        cpio->offset += take;
        return take;
}

/* Padding, up to the beginning of an archive or something else; sets *@ends for that. */
static size_t pass_padding(PfCpio *cpio, const char *bytes, size_t n, bool *ends) {
        size_t i = 0;

        while (i < n && bytes[i] == '\0')
                i++;
        cpio->offset += i;
        if (i == n)
                return i;
        if (bytes[i] == '0' && padding(cpio->offset) == 0)
                cpio->state = PF_CPIO_HEADER;
        else
                *ends = true;
        return i;
}

/* One step in the state that it is in. */
static int step(PfCpio *cpio, const char *bytes, size_t n, PfCpioVisit visit, void *data,
                size_t *ret_used, bool *ends, PfErr *err) {
        switch (cpio->state) {
        case PF_CPIO_BETWEEN:
                *ret_used = pass_padding(cpio, bytes, n, ends);
                return 0;
        case PF_CPIO_HEADER:
                *ret_used = gather(cpio, bytes, n, PF_CPIO_HEADER_SIZE);
                return cpio->n == PF_CPIO_HEADER_SIZE ? finish_header(cpio, err) : 0;
        case PF_CPIO_NAME:
                *ret_used = gather(cpio, bytes, n, cpio->name_size);
                return cpio->n == cpio->name_size ? finish_name(cpio, visit, data) : 0;
        case PF_CPIO_BODY:
                *ret_used = cpio->skip < n ? (size_t) cpio->skip : n;
                pf_cpio_skip(cpio, *ret_used);
                return 0;
        }
        return -EINVAL;
}

int pf_cpio_feed(PfCpio *cpio, const void *bytes, size_t n, PfCpioVisit visit, void *data,
                 size_t *ret_used, PfErr *err) {
        bool ends = false;
        size_t used = 0;
        int r = 0;

        while (used < n && !ends && r == 0) {
                size_t took = 0;

                r = step(cpio, (const char *) bytes + used, n - used, visit, data, &took, &ends,
                         err);
                used += took;
        }
        *ret_used = used;
        return r;
}

uint64_t pf_cpio_skippable(const PfCpio *cpio) {
        return cpio->state == PF_CPIO_BODY ? cpio->skip : 0;
}

void pf_cpio_skip(PfCpio *cpio, uint64_t n) {
        cpio->skip -= n;
        cpio->offset += n;
        if (cpio->skip == 0)
                cpio->state = PF_CPIO_HEADER;
}

bool pf_cpio_may_end(const PfCpio *cpio) {
        return cpio->state == PF_CPIO_BETWEEN;
}
