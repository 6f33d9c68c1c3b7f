/* SPDX-License-Identifier: MIT */
/*
 * Reads the settings and the records of modules that count failed logins.
 */
#include "probes/parse/faillock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"

#define LINE_MAX_BYTES 1022
#define BLANKS " \t\n\v\f\r"

/* --- settings --- */

PfFaillockSettings pf_faillock_defaults(void) {
        return (PfFaillockSettings){
                .dir = PF_FAILLOCK_DIR, .deny = 3, .interval_sec = 900, .unlock_sec = 600
        };
}

/* As scanf(3) reads an unsigned number: with a sign, up to what is no digit. */
static bool read_number(const char *value, unsigned long long *ret) {
        char *end;

        *ret = strtoull(value, &end, 10);
        return end != value;
}

static void set_seconds(const char *value, uint32_t *ret) {
        unsigned long long number;

        if (read_number(value, &number) && (uint32_t) number <= PF_FAILLOCK_INTERVAL_MAX_SEC)
                *ret = (uint32_t) number;
}

static void set_interval(PfFaillockSettings *settings, const char *value) {
        set_seconds(value, &settings->interval_sec);
}

static void set_unlock(PfFaillockSettings *settings, const char *value) {
        if (strcmp(value, "never") == 0)
                settings->unlock_sec = 0;
        else
                set_seconds(value, &settings->unlock_sec);
}

static void set_root_unlock(PfFaillockSettings *settings, const char *value) {
        uint32_t seconds = UINT32_MAX;

        if (strcmp(value, "never") == 0)
                seconds = 0;
        else
                set_seconds(value, &seconds);
        if (seconds == UINT32_MAX)
                return;
        settings->root_unlock_sec = seconds;
        settings->has_root_unlock = true;
}

static void set_deny(PfFaillockSettings *settings, const char *value) {
        unsigned long long number;

        if (read_number(value, &number))
                settings->deny = (uint16_t) number;
}

static void set_dir(PfFaillockSettings *settings, const char *value) {
        if (*value == '/' && strlen(value) < sizeof(settings->dir))
                (void) snprintf(settings->dir, sizeof(settings->dir), "%s", value);
}

static void set_admin_group(PfFaillockSettings *settings, const char *value) {
        (void) snprintf(settings->admin_group, sizeof(settings->admin_group), "%s", value);
}

static void set_even_deny_root(PfFaillockSettings *settings, const char *value) {
        (void) value;
        settings->even_deny_root = true;
}

static void set_local_users_only(PfFaillockSettings *settings, const char *value) {
        (void) value;
        settings->local_users_only = true;
}

/* What it says about messages and delays is no matter of who gets in. */
static void set_nothing(PfFaillockSettings *settings, const char *value) {
        (void) settings;
        (void) value;
}

typedef struct Setting {
        const char *name;
        void (*set)(PfFaillockSettings *settings, const char *value);
} Setting;

static const Setting known[] = {
        { "dir", set_dir },
        { "deny", set_deny },
        { "fail_interval", set_interval },
        { "unlock_time", set_unlock },
        { "root_unlock_time", set_root_unlock },
        { "admin_group", set_admin_group },
        { "even_deny_root", set_even_deny_root },
        { "local_users_only", set_local_users_only },
        { "audit", set_nothing },
        { "silent", set_nothing },
        { "no_log_info", set_nothing },
        { "nodelay", set_nothing },
};

bool pf_faillock_set(PfFaillockSettings *settings, const char *name, const char *value) {
        for (size_t i = 0; i < PF_ELEMENTS(known); i++)
                if (strcmp(name, known[i].name) == 0) {
                        known[i].set(settings, value);
                        return true;
                }
        return false;
}

/* "name value", "name = value", or a name alone; behind "#" is a comment. */
static void set_line(PfFaillockSettings *settings, char *line) {
        const char *name;
        size_t n;
        bool equals;

        line[strcspn(line, "#")] = '\0';
        for (n = strlen(line); n > 0 && strchr(BLANKS, line[n - 1]);)
                line[--n] = '\0';
        line += strspn(line, BLANKS);
        if (!*line)
                return;
        name = line;
        line += strcspn(line, BLANKS "=");
        equals = *line == '=';
        if (*line)
                *line++ = '\0';
        for (; *line && strchr(BLANKS "=", *line) && !(equals && *line == '='); line++)
                equals = equals || *line == '=';
        (void) pf_faillock_set(settings, name, line);
}

int pf_faillock_parse_conf(char *text, size_t n, PfFaillockSettings *settings) {
        char *end = text + n;

        while (text < end) {
                char *newline = memchr(text, '\n', (size_t) (end - text));
                char *next = newline ? newline + 1 : end;

                if ((newline ? newline : end) - text > LINE_MAX_BYTES)
                        return -EINVAL;
                if (newline)
                        *newline = '\0';
                set_line(settings, text);
                text = next;
        }
        return 0;
}

/* --- records --- */

static uint64_t read_number_at(const unsigned char *bytes, size_t offset, size_t size) {
        uint64_t value = 0;

        for (size_t i = size; i > 0; i--)
                value = value << 8 | bytes[offset + i - 1];
        return value;
}

enum { STATUS_AT = 54, TIME_AT = 56, STATUS_VALID = 1 };

static uint64_t time_of(const unsigned char *record) {
        return read_number_at(record, STATUS_AT, 2) & STATUS_VALID
                       ? read_number_at(record, TIME_AT, 8)
                       : 0;
}

static bool is_valid(const unsigned char *record) {
        return read_number_at(record, STATUS_AT, 2) & STATUS_VALID;
}

int pf_faillock_parse_tally(const void *bytes, size_t n, uint32_t interval_sec,
                            PfFaillockTally *ret) {
        const unsigned char *records = bytes;
        size_t count = n / PF_FAILLOCK_RECORD_SIZE;
        PfFaillockTally tally = { 0 };

        if (count > PF_FAILLOCK_RECORDS_MAX)
                return -EFBIG;
        for (size_t i = 0; i < count; i++)
                if (time_of(records + i * PF_FAILLOCK_RECORD_SIZE) > tally.latest_sec)
                        tally.latest_sec = time_of(records + i * PF_FAILLOCK_RECORD_SIZE);
        for (size_t i = 0; i < count; i++) {
                const unsigned char *record = records + i * PF_FAILLOCK_RECORD_SIZE;

                if (is_valid(record) && tally.latest_sec - time_of(record) < interval_sec)
                        tally.failures++;
        }
        *ret = tally;
        return 0;
}

typedef struct Layout {
        unsigned size;
        unsigned count_at; /* two bytes */
        unsigned time_at;  /* eight */
} Layout;

static const Layout layouts[] = {
        [PF_TALLY_FAILLOG] = { 32, 0, 16 },
        [PF_TALLY_LOG] = { 64, 54, 56 },
};

uint64_t pf_tally_needs(PfTallyFormat format, unsigned uid) {
        return ((uint64_t) uid + 1) * layouts[format].size;
}

PfTallyRecord pf_tally_parse(PfTallyFormat format, const void *bytes, size_t n, unsigned uid) {
        const Layout *layout = &layouts[format];
        uint64_t end = pf_tally_needs(format, uid);
        const unsigned char *record;

        if (end > n)
                return (PfTallyRecord){ 0 };
        record = (const unsigned char *) bytes + (end - layout->size);
        return (PfTallyRecord){
                .failures = (unsigned) read_number_at(record, layout->count_at, 2),
                .latest_sec = read_number_at(record, layout->time_at, 8),
        };
}
