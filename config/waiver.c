/* SPDX-License-Identifier: MIT */
/*
 * Waivers: what the text of a file means. Strict, because a file that is not
 * understood must waive nothing.
 */
#include "config/waiver.h"

#include <string.h>

#include "config/instant.h"
#include "config/key.h"
#include "config/waiver-keys.h"

#define SECTION "Waiver"
#define CHECK_MAX 64
#define PROSE_MAX 4096
#define PROSE_COLUMNS 72
#define FINGERPRINT_START "sha256:"
#define FINGERPRINT_DIGITS 64

void pf_waiver_deinit(PfWaiver *waiver) {
        free(waiver->check);
        free(waiver->reason);
        free(waiver->owner);
        free(waiver->evidence);
        *waiver = (PfWaiver){ 0 };
}

static const char *parse_check(const char *text, void *field) {
        size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.");

        if (text[n] || n > CHECK_MAX || !strchr(text, '.'))
                return "expected the name of one check, such as ssh.root-login";
        return pf_key_text(text, field);
}

/* A waiver is shown on terminals. */
static bool holds_control(const char *text) {
        for (; *text; text++)
                if (((unsigned char) *text < 0x20 && *text != '\t') || *text == 0x7f)
                        return true;
        return false;
}

/* Given again, by a line that goes on, it adds up. */
static const char *parse_prose(const char *text, void *field) {
        char **member = field;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PROSE_MAX);
        int r;

        if (!text[0])
                return "expected a text";
        if (holds_control(text))
                return "expected no control characters";
        r = pf_buf_printf(&buf, "%s%s%s", *member ? *member : "", *member ? " " : "", text);
        if (r == -ENOBUFS)
                return "expected at most 4096 bytes";
        return r < 0 ? pf_key_no_memory : pf_key_text(buf.data, field);
}

static const char *parse_expiry(const char *text, void *field) {
        return pf_instant_parse(text, field) == 0
                       ? NULL
                       : "expected a date such as 2027-01-31, or a time in UTC such as "
                         "2027-01-31T12:00:00Z";
}

static const char *parse_evidence(const char *text, void *field) {
        size_t n = strlen(FINGERPRINT_START);

        if (strncmp(text, FINGERPRINT_START, n) != 0 ||
            strspn(text + n, "0123456789abcdef") != FINGERPRINT_DIGITS ||
            text[n + FINGERPRINT_DIGITS])
                return "expected the fingerprint of a report: \"" FINGERPRINT_START
                       "\" and 64 of 0-9 and a-f";
        return pf_key_text(text, field);
}

typedef enum Times { ONCE, MAY, PROSE } Times;

typedef struct Key {
        PfWaiverKey key;
        PfKeyParser parse;
        size_t offset;
        Times times;
} Key;

#define ROW(name_, parser_, member_, times_, example_, help_)                                      \
        { .key = { .name = (name_),                                                                \
                   .example = (example_),                                                          \
                   .help = (help_),                                                                \
                   .required = (times_) != MAY },                                                  \
          .parse = (parser_),                                                                      \
          .offset = offsetof(PfWaiver, member_),                                                   \
          .times = (times_) },

static const Key keys[] = { PF_WAIVER_KEYS(ROW) };
#define N_KEYS PF_ELEMENTS(keys)

const PfWaiverKey *pf_waiver_key(size_t i) {
        return i < N_KEYS ? &keys[i].key : NULL;
}

typedef struct Reading {
        PfWaiver *waiver;
        PfIniErrors *errors;
        bool seen[N_KEYS];
} Reading;

static int take_value(Reading *reading, const PfIniEntry *entry) {
        size_t i = 0;

        while (i < N_KEYS && strcmp(keys[i].key.name, entry->name) != 0)
                i++;
        if (i == N_KEYS) {
                pf_ini_complain(reading->errors, entry,
                                "unknown key %s=, expected Check, Reason, Owner, Expires or "
                                "Evidence",
                                entry->name);
                return 0;
        }
        if (entry->continued ? keys[i].times != PROSE : reading->seen[i]) {
                pf_ini_complain(reading->errors, entry,
                                entry->continued ? "%s= goes on here, expected all of it on one "
                                                   "line"
                                                 : "%s= is given twice",
                                entry->name);
                return 0;
        }
        reading->seen[i] = true;
        return pf_key_set(entry, keys[i].parse, (char *) reading->waiver + keys[i].offset,
                          reading->errors);
}

static int take_entry(const PfIniEntry *entry, void *data) {
        Reading *reading = data;
        bool known = strcmp(entry->section, SECTION) == 0;

        if (entry->name && known)
                return take_value(reading, entry);
        if (!entry->name && !known)
                pf_ini_complain(reading->errors, entry,
                                "unknown section [%s], expected [" SECTION "]", entry->section);
        if (entry->name && !entry->section[0])
                pf_ini_complain(reading->errors, entry, "%s= stands before [" SECTION "]",
                                entry->name);
        return 0;
}

int pf_waiver_parse(const char *path, const char *text, size_t n, PfWaiver *ret,
                    PfIniErrors *errors) {
        Reading reading = { .waiver = ret, .errors = errors };
        const PfIniEntry whole = { .path = path };
        int r;

        r = pf_ini_read(path, text, n, take_entry, &reading, errors);
        if (r < 0)
                return r;
        for (size_t i = 0; i < N_KEYS; i++)
                if (keys[i].key.required && !reading.seen[i])
                        pf_ini_complain(errors, &whole, "%s= is missing in [" SECTION "]: %s",
                                        keys[i].key.name, keys[i].key.help);
        return pf_ini_errors_to_err(errors, NULL);
}

/* --- writing --- */

/* Where a line of prose may end: before a word that would not be a comment. */
static size_t find_break(const char *text) {
        size_t best = 0;

        for (size_t i = 0; text[i] && (i < PROSE_COLUMNS || best == 0); i++)
                if (text[i] == ' ' && text[i + 1] && !strchr(" #;", text[i + 1]))
                        best = i;
        return best;
}

static int write_prose(PfBuf *buf, const char *name, const char *text) {
        int r = pf_buf_printf(buf, "%s=", name);

        while (r == 0 && strlen(text) > PROSE_COLUMNS) {
                size_t n = find_break(text);

                if (n == 0)
                        break;
                r = pf_buf_printf(buf, "%.*s\n ", (int) n, text);
                text += n + 1;
        }
        return r < 0 ? r : pf_buf_printf(buf, "%s\n", text);
}

static int write_text(const PfWaiver *waiver, PfBuf *buf) {
        char when[PF_INSTANT_SIZE];
        int r;

        r = pf_buf_printf(buf, "[" SECTION "]\nCheck=%s\n", waiver->check);
        if (r == 0)
                r = write_prose(buf, "Reason", waiver->reason);
        if (r == 0)
                r = pf_buf_printf(buf, "Owner=%s\nExpires=%s\n", waiver->owner,
                                  pf_instant_format(waiver->expires_usec, when));
        if (r == 0 && waiver->evidence)
                r = pf_buf_printf(buf, "Evidence=%s\n", waiver->evidence);
        return r;
}

static void complain_of_text(const char *name, PfIniErrors *errors) {
        pf_ini_complain(errors, &(PfIniEntry){ .path = name },
                        "cannot stand in a file, expected one line without \" ;\"");
}

/* What was read again, and what it should be. */
static void compare(const char *name, const char *got, const char *wanted, PfIniErrors *errors) {
        if (!got || strcmp(got, wanted) != 0)
                complain_of_text(name, errors);
}

/* A text of two lines would be another key in the file. */
static int check_texts(const PfWaiver *waiver, PfIniErrors *errors) {
        if (holds_control(waiver->check))
                complain_of_text("Check", errors);
        if (holds_control(waiver->reason))
                complain_of_text("Reason", errors);
        if (holds_control(waiver->owner))
                complain_of_text("Owner", errors);
        return pf_ini_errors_to_err(errors, NULL);
}

int pf_waiver_write(const PfWaiver *waiver, PfBuf *buf, PfIniErrors *errors) {
        PF_AUTO_WAIVER PfWaiver again = { 0 };
        size_t before = buf->n;
        int r;

        r = check_texts(waiver, errors);
        if (r == 0)
                r = write_text(waiver, buf);
        if (r == 0)
                r = pf_waiver_parse("waiver", buf->data + before, buf->n - before, &again, errors);
        if (r < 0)
                return r;
        compare("Check", again.check, waiver->check, errors);
        compare("Reason", again.reason, waiver->reason, errors);
        compare("Owner", again.owner, waiver->owner, errors);
        return pf_ini_errors_to_err(errors, NULL);
}
