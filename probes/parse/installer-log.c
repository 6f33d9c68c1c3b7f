/* SPDX-License-Identifier: MIT */
#include "probes/parse/installer-log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/utf16.h"
#include "daemon/base/utf8.h"

#define MARK "\xEF\xBB\xBF"
#define REPLACEMENT "\xEF\xBF\xBD"

/* --- its text --- */

static int add_utf8(const char *text, size_t n, PfBuf *ret) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0;) {
                uint32_t character;
                size_t taken = pf_utf8_decode(text + i, n - i, &character);

                r = taken > 0 ? pf_buf_add(ret, text + i, taken)
                              : pf_buf_add_string(ret, REPLACEMENT);
                i += taken > 0 ? taken : 1;
        }
        return r;
}

/* Which byte of the units of Latin text is always zero: 1 in little-endian, 0 in big. */
static int zero_byte(const uint8_t *bytes, size_t n) {
        size_t zeroes[2] = { 0, 0 };

        n = n > 512 ? 512 : n;
        for (size_t i = 0; i < n; i++)
                zeroes[i % 2] += bytes[i] == 0;
        if (n < 4 || (zeroes[0] < n / 4 && zeroes[1] < n / 4))
                return -1;
        return zeroes[1] >= zeroes[0];
}

int pf_installer_log_decode(const void *data, size_t n, PfBuf *ret) {
        const uint8_t *bytes = data;
        const bool little = n >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE;
        const bool big = n >= 2 && bytes[0] == 0xFE && bytes[1] == 0xFF;
        int zero;

        if (little || big)
                return pf_utf16_to_utf8(bytes + 2, n - 2, big, ret);
        zero = zero_byte(bytes, n);
        if (zero >= 0)
                return pf_utf16_to_utf8(bytes, n, zero == 0, ret);
        if (n >= strlen(MARK) && memcmp(bytes, MARK, strlen(MARK)) == 0)
                return add_utf8((const char *) data + strlen(MARK), n - strlen(MARK), ret);
        return add_utf8(data, n, ret);
}

/* --- its lines --- */

typedef struct Line {
        const char *text;
        size_t n;
        unsigned number;
} Line;

/* Where a phrase is in a line, whatever its capitals; behind it, or NULL. */
static const char *behind(const Line *line, const char *phrase) {
        const size_t length = strlen(phrase);

        for (size_t i = 0; i + length <= line->n; i++)
                if (strncasecmp(line->text + i, phrase, length) == 0)
                        return line->text + i + length;
        return NULL;
}

/* A number behind blanks; false where there is none, or more digits than fit. */
static bool read_number(const char **at, const char *end, int64_t *ret) {
        const char *text = *at;
        bool is_negative = false, any = false;
        int64_t number = 0;

        while (text < end && (*text == ' ' || *text == '\t'))
                text++;
        if (text < end && (*text == '-' || *text == '+'))
                is_negative = *text++ == '-';
        for (; text < end && *text >= '0' && *text <= '9'; text++, any = true) {
                number = number * 10 + (*text - '0');
                if (number > INT64_C(0xFFFFFFFF))
                        return false;
        }
        *at = text;
        *ret = is_negative ? -number : number;
        return any;
}

/* [0x80070430], or without brackets. */
static bool read_hex(const char *text, const char *end, uint32_t *ret) {
        unsigned digits = 0;
        uint32_t number = 0;

        while (text < end && (*text == ' ' || *text == '\t' || *text == '['))
                text++;
        if (end - text < 3 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
                return false;
        for (text += 2; text < end && digits <= 8; text++, digits++) {
                char c = *text >= 'A' && *text <= 'F' ? (char) (*text - 'A' + 'a') : *text;

                if (c >= '0' && c <= '9')
                        number = number << 4 | (uint32_t) (c - '0');
                else if (c >= 'a' && c <= 'f')
                        number = number << 4 | (uint32_t) (c - 'a' + 10);
                else
                        break;
        }
        *ret = number;
        return digits > 0 && digits <= 8;
}

static bool is_x(const char *at, const char *end) {
        return at < end && (*at == 'x' || *at == 'X');
}

/* Behind "Error code:": the decimal number, the other one, or both. */
static bool read_error(const char *text, const char *end, uint32_t *ret) {
        const char *at = text;
        int64_t decimal = 0;

        /* "0x…" begins like a number. */
        if (read_hex(text, end, ret))
                return true;
        if (!read_number(&at, end, &decimal) || decimal < INT32_MIN || is_x(at, end))
                return false;
        if (!read_hex(at, end, ret))
                *ret = (uint32_t) decimal;
        return true;
}

/* Who reads while it is written may see the beginning of a number alone. */
static bool is_cut(const Line *line, const char *end) {
        return line->text + line->n == end;
}

static PfInstallerFailure *new_failure(PfInstallerLog *log) {
        if (log->n == PF_INSTALLER_FAILURES_MAX) {
                memmove(log->failures, log->failures + 1, (log->n - 1) * sizeof(log->failures[0]));
                log->n--;
        }
        log->failures[log->n] = (PfInstallerFailure){ 0 };
        return &log->failures[log->n++];
}

/* The failure that an exit code ends: the last, where it has none; or NULL. */
static PfInstallerFailure *open_failure(PfInstallerLog *log) {
        PfInstallerFailure *last = log->n > 0 ? &log->failures[log->n - 1] : NULL;

        return last && !last->has_exit ? last : NULL;
}

static void take_error(PfInstallerLog *log, const Line *line, const char *text) {
        PfInstallerFailure *failure;
        uint32_t code;

        if (!read_error(text, line->text + line->n, &code))
                return;
        failure = new_failure(log);
        failure->has_error = true;
        failure->error = code;
        failure->error_line = line->number;
}

/* A zero alone tells of its own step, and of none before it. With that of an error it ends a
 * pair that is good: what failed before was tried again. */
static void take_exit(PfInstallerLog *log, const Line *line, const char *text) {
        PfInstallerFailure *failure = open_failure(log);
        int64_t code;

        if (!read_number(&text, line->text + line->n, &code) || (code == 0 && !failure))
                return;
        if (code == 0 && failure->error == 0) {
                log->n = 0;
                return;
        }
        failure = failure ? failure : new_failure(log);
        failure->has_exit = true;
        failure->exit = code;
        failure->exit_line = line->number;
}

/* The installer tells the exit code of the script, of which the pair may stand above. */
static void take_provider(PfInstallerLog *log, const Line *line, const char *text) {
        const PfInstallerFailure *last = log->n > 0 ? &log->failures[log->n - 1] : NULL;
        const char *at = text;
        int64_t code;

        if (read_number(&at, line->text + line->n, &code) &&
            !(last && last->has_exit && last->exit == code))
                take_exit(log, line, text);
}

static void take_result(PfInstallerLog *log, const Line *line, const char *text) {
        int64_t code;

        if (!read_number(&text, line->text + line->n, &code))
                return;
        log->end_line = line->number;
        if (code == 0)
                return;
        *new_failure(log) =
                (PfInstallerFailure){ .has_exit = true, .exit = code, .exit_line = line->number };
}

static void take_package(PfInstallerLog *log, const Line *line, const char *text) {
        if (is_cut(line, text) || *text < '0' || *text > '9')
                log->package_line = line->number;
}

static void take_dtc(PfInstallerLog *log, const Line *line, const char *text) {
        (void) text;
        log->dtc_line = line->number;
}

/* What is said somewhere in a line, whatever stands before it. */
static const struct Phrase {
        const char *text;
        void (*take)(PfInstallerLog *log, const Line *line, const char *text);
        bool is_all; /* the line says nothing else */
} phrases[] = {
        { "VSSProvider installation has failed with error code:", take_provider, true },
        { "Exit code returned by unified agent:", take_result, true },
        { "Error code:", take_error, false },
        { "Exit code:", take_exit, false },
        { "Return value 3", take_package, false },
        { "unable to talk to the Microsoft Distributed Transaction Coordinator", take_dtc, false },
};

/* Is it what the installer says of itself, behind the time: "11:16:40:"? What a step of it
 * prints has none. */
static bool is_said(const Line *line, const char *what) {
        static const char stamp[] = "00:00:00:";
        const size_t n = sizeof(stamp) - 1, length = strlen(what);
        size_t end = line->n;

        while (end > 0 && (line->text[end - 1] == '\r' || line->text[end - 1] == ' '))
                end--;
        if (end != n + length || strncmp(line->text + n, what, length) != 0)
                return false;
        for (size_t i = 0; i < n; i++)
                if (stamp[i] == '0' ? line->text[i] < '0' || line->text[i] > '9'
                                    : line->text[i] != stamp[i])
                        return false;
        return true;
}

static void take_line(PfInstallerLog *log, const Line *line) {
        bool is_done = false;

        if (is_said(line, "Application Started") || behind(line, MARK)) {
                log->n = 0;
                log->package_line = log->dtc_line = log->end_line = 0;
                log->run_line = line->number;
        }
        if (is_said(line, "Application Ended"))
                log->end_line = line->number;
        for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]) && !is_done; i++) {
                const char *text = behind(line, phrases[i].text);

                if (!text)
                        continue;
                phrases[i].take(log, line, text);
                is_done = phrases[i].is_all;
        }
}

static void take_lines(const char *text, size_t n, bool is_tail, PfInstallerLog *log) {
        const char *const end = text + n;

        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                Line line = { text, (size_t) ((newline ? newline : end) - text), ++log->n_lines };

                /* The half of a line, at either end, may hold the half of a number. */
                if (newline && !(is_tail && line.number == 1))
                        take_line(log, &line);
                log->ends_in_line = !newline;
                text = newline ? newline + 1 : end;
        }
}

int pf_installer_log_parse(const void *bytes, size_t n, bool is_tail, PfInstallerLog *ret) {
        /* Each byte that is no character becomes three. */
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(3 * n + 16);
        int r = pf_installer_log_decode(bytes, n, &text);

        if (r < 0)
                return r;
        *ret = (PfInstallerLog){ .is_tail = is_tail };
        if (text.n > 0)
                take_lines(text.data, text.n, is_tail, ret);
        return 0;
}
