/* SPDX-License-Identifier: MIT */
/*
 * inih, fed from memory a line at a time. inih splits and trims; this file
 * counts lines, and finds what inih would take in silence: lines that are too
 * long for it, lines that say nothing, sections that do not end.
 */
#include "config/ini-reader.h"

#include <ini.h>
#include <stdarg.h>
#include <string.h>

#include "daemon/base/utf8.h"

#define COMPLAINT_MAX 512
#define SPACE " \t\v\f\r"

void pf_ini_errors_deinit(PfIniErrors *errors) {
        pf_strv_deinit(&errors->texts);
        *errors = (PfIniErrors){ 0 };
}

int pf_ini_errors_to_err(const PfIniErrors *errors, PfErr *err) {
        size_t n = errors->texts.n + errors->n_dropped;

        if (errors->failed)
                return -ENOMEM;
        if (n == 0)
                return 0;
        if (n == 1)
                return pf_err_set(err, -EINVAL, "%s", errors->texts.items[0]);
        return pf_err_set(err, -EINVAL, "%s (and %zu more)", errors->texts.items[0], n - 1);
}

void pf_ini_complain(PfIniErrors *errors, const PfIniEntry *entry, const char *fmt, ...) {
        PfErr clean = { 0 };
        char what[COMPLAINT_MAX];
        va_list args;

        if (errors->texts.n == PF_INI_ERRORS_MAX) {
                errors->n_dropped++;
                return;
        }
        va_start(args, fmt);
        (void) vsnprintf(what, sizeof(what), fmt, args);
        va_end(args);
        if (errors->texts.n == 0)
                errors->first_line = entry->line;
        if (entry->line)
                (void) pf_err_set(&clean, -EINVAL, "%s:%u: %s", entry->path, entry->line, what);
        else
                (void) pf_err_set(&clean, -EINVAL, "%s: %s", entry->path, what);
        if (pf_strv_add(&errors->texts, clean.text) < 0)
                errors->failed = true;
}

typedef struct Reader {
        PfIniEntry entry; /* of the line given to inih last */
        const char *left;
        size_t n_left;
        char section[PF_INI_LINE_MAX + 1];
        bool section_is_bad; /* its values are passed over: it was complained about */
        bool has_name;       /* an indented line goes on with the value above */
        bool awaits_value;   /* the line has to make inih call us */
        PfIniVisit visit;
        void *data;
        PfIniErrors *errors;
        int r;
} Reader;

/* The end of a text without the comment behind it. */
static size_t without_comment(const char *text) {
        size_t n = 0;

        while (text[n] && !(text[n] == ';' && n > 0 && strchr(SPACE, text[n - 1])))
                n++;
        while (n > 0 && strchr(SPACE, text[n - 1]))
                n--;
        return n;
}

static void begin_section(Reader *reader, const char *line) {
        size_t n = without_comment(line);

        reader->has_name = false;
        reader->section_is_bad = n < 2 || line[n - 1] != ']' || memchr(line, ']', n - 1);
        if (reader->section_is_bad) {
                pf_ini_complain(reader->errors, &reader->entry, "expected [Section]");
                return;
        }
        (void) snprintf(reader->section, sizeof(reader->section), "%.*s", (int) (n - 2), line + 1);
        reader->entry.name = reader->entry.value = NULL;
        reader->entry.continued = false;
        reader->r = reader->visit(&reader->entry, reader->data);
}

/* What kind of line is it? */
static void classify(Reader *reader, const char *line) {
        size_t indent = strspn(line, SPACE);

        if (line[indent] == '\0' || strchr("#;", line[indent]))
                return;
        reader->entry.continued = indent > 0 && reader->has_name;
        if (line[indent] == '[' && !reader->entry.continued)
                begin_section(reader, line + indent);
        else
                reader->awaits_value = true;
}

/* Takes the next line, without its end, off what is left. */
static const char *next_line(Reader *reader, size_t *ret_n) {
        const char *line = reader->left;
        const char *end = memchr(line, '\n', reader->n_left);
        size_t n = end ? (size_t) (end - line) : reader->n_left;

        reader->left += n + (end != NULL);
        reader->n_left -= n + (end != NULL);
        if (n > 0 && line[n - 1] == '\r')
                n--;
        *ret_n = n;
        return line;
}

static const char *complaint_about(const char *line, size_t n, size_t max) {
        return n > max                     ? "the line is too long"
               : memchr(line, '\0', n)     ? "the line holds a NUL byte"
               : pf_utf8_is_valid(line, n) ? NULL
                                           : "the line is not UTF-8";
}

/* The reader that inih calls; @size is room in @ret, with the NUL. */
static char *give_line(char *ret, int size, void *data) {
        Reader *reader = data;
        size_t max = (size_t) size - 1 < PF_INI_LINE_MAX ? (size_t) size - 1 : PF_INI_LINE_MAX;
        const char *line, *complaint;
        size_t n;

        if (reader->awaits_value)
                pf_ini_complain(reader->errors, &reader->entry,
                                "expected Key=Value, [Section] or a comment");
        reader->awaits_value = false;
        if (reader->r < 0 || reader->n_left == 0)
                return NULL;

        line = next_line(reader, &n);
        reader->entry.line++;
        ret[0] = '\0';
        complaint = complaint_about(line, n, max);
        if (complaint) {
                pf_ini_complain(reader->errors, &reader->entry,
                                "%s; expected at most %d bytes of UTF-8", complaint,
                                PF_INI_LINE_MAX);
                return ret;
        }
        memcpy(ret, line, n);
        ret[n] = '\0';
        classify(reader, ret);
        return ret;
}

/* Called by inih for each value; its return value counts only what inih itself
 * does not understand, which we know already. */
static int take_value(void *data, const char *section, const char *name, const char *value) {
        char text[PF_INI_LINE_MAX + 1];
        Reader *reader = data;

        (void) section; /* cut to 49 bytes; ours is whole */
        reader->awaits_value = false;
        reader->has_name = name[0] != '\0';
        if (reader->r < 0 || reader->section_is_bad)
                return 1;

        /* Behind a continued value inih leaves the comment where it is. */
        (void) snprintf(text, sizeof(text), "%.*s", (int) without_comment(value), value);
        reader->entry.name = name;
        reader->entry.value = text;
        reader->r = reader->visit(&reader->entry, reader->data);
        return 1;
}

int pf_ini_read(const char *path, const char *text, size_t n, PfIniVisit visit, void *data,
                PfIniErrors *errors) {
        static const char byte_order_mark[] = "\xef\xbb\xbf";
        Reader reader = { .entry.path = path,
                          .left = text,
                          .n_left = n,
                          .visit = visit,
                          .data = data,
                          .errors = errors };

        reader.entry.section = reader.section;
        if (n >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
                reader.left += 3;
                reader.n_left -= 3;
        }
        if (ini_parse_stream(give_line, &reader, take_value, &reader) == -2)
                return -ENOMEM;
        return reader.r < 0 ? reader.r : errors->failed ? -ENOMEM : 0;
}
