/* SPDX-License-Identifier: MIT */
/*
 * Sizes, time spans, booleans and versions, as texts of settings and profiles.
 */
#include "config/value.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define FILE_NAME_MAX 64
#define VERSION_COMPONENTS_MAX 8
#define VERSION_DIGITS_MAX 9
#define FRACTION_SCALE_MAX 1000000

typedef struct Unit {
        const char *name;
        uint64_t factor;
} Unit;

static const Unit size_units[] = {
        { "", 1 },
        { "B", 1 },
        { "K", UINT64_C(1) << 10 },
        { "M", UINT64_C(1) << 20 },
        { "G", UINT64_C(1) << 30 },
        { "T", UINT64_C(1) << 40 },
        { "P", UINT64_C(1) << 50 },
        { "E", UINT64_C(1) << 60 },
};

#define SECOND UINT64_C(1000000)

static const Unit time_units[] = {
        { "", SECOND },
        { "us", 1 },
        { "usec", 1 },
        { "ms", 1000 },
        { "msec", 1000 },
        { "s", SECOND },
        { "sec", SECOND },
        { "second", SECOND },
        { "seconds", SECOND },
        { "m", 60 * SECOND },
        { "min", 60 * SECOND },
        { "minute", 60 * SECOND },
        { "minutes", 60 * SECOND },
        { "h", 3600 * SECOND },
        { "hr", 3600 * SECOND },
        { "hour", 3600 * SECOND },
        { "hours", 3600 * SECOND },
        { "d", 86400 * SECOND },
        { "day", 86400 * SECOND },
        { "days", 86400 * SECOND },
        { "w", 7 * 86400 * SECOND },
        { "week", 7 * 86400 * SECOND },
        { "weeks", 7 * 86400 * SECOND },
};

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static int read_digits(const char **text, uint64_t *ret) {
        const char *p = *text;
        uint64_t number = 0;

        if (!is_digit(*p))
                return -EINVAL;
        for (; is_digit(*p); p++)
                if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
                    __builtin_add_overflow(number, (uint64_t) (*p - '0'), &number))
                        return -ERANGE;
        *text = p;
        *ret = number;
        return 0;
}

/* What stands behind the point, as a part of *ret_scale; more digits than six
 * are read and dropped. */
static int read_fraction(const char **text, uint64_t *ret, uint64_t *ret_scale) {
        const char *p = *text;

        *ret = 0;
        *ret_scale = 1;
        if (*p != '.')
                return 0;
        if (!is_digit(*++p))
                return -EINVAL;
        for (; is_digit(*p); p++)
                if (*ret_scale < FRACTION_SCALE_MAX) {
                        *ret = *ret * 10 + (uint64_t) (*p - '0');
                        *ret_scale *= 10;
                }
        *text = p;
        return 0;
}

static const Unit *find_unit(const Unit *units, size_t n_units, const char *name, size_t n) {
        for (size_t i = 0; i < n_units; i++)
                if (strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0)
                        return &units[i];
        return NULL;
}

/* A number with its unit, and the space between them; adds it to *sum. */
static int add_quantity(const char **text, const Unit *units, size_t n_units, uint64_t *sum) {
        uint64_t whole, fraction = 0, scale = 1, product;
        const Unit *unit;
        size_t n = 0;
        int r;

        r = read_digits(text, &whole);
        if (r == 0)
                r = read_fraction(text, &fraction, &scale);
        if (r < 0)
                return r;
        *text += strspn(*text, " ");
        while (isalpha((unsigned char) (*text)[n]))
                n++;
        unit = find_unit(units, n_units, *text, n);
        if (!unit)
                return -EINVAL;
        *text += n;

        fraction = unit->factor / scale * fraction + unit->factor % scale * fraction / scale;
        if (__builtin_mul_overflow(whole, unit->factor, &product) ||
            __builtin_add_overflow(product, fraction, &product) ||
            __builtin_add_overflow(*sum, product, sum))
                return -ERANGE;
        return 0;
}

int pf_value_parse_size(const char *text, uint64_t *ret_bytes) {
        uint64_t sum = 0;
        int r;

        r = add_quantity(&text, size_units, PF_ELEMENTS(size_units), &sum);
        if (r < 0)
                return r;
        if (*text)
                return -EINVAL;
        *ret_bytes = sum;
        return 0;
}

int pf_value_parse_time(const char *text, uint64_t *ret_usec) {
        uint64_t sum = 0;

        do {
                int r = add_quantity(&text, time_units, PF_ELEMENTS(time_units), &sum);

                if (r < 0)
                        return r;
                text += strspn(text, " ");
        } while (*text);
        *ret_usec = sum;
        return 0;
}

int pf_value_parse_bool(const char *text, bool *ret) {
        static const char *const words[2][6] = {
                { "0", "no", "n", "false", "f", "off" },
                { "1", "yes", "y", "true", "t", "on" },
        };

        for (size_t value = 0; value < 2; value++)
                for (size_t i = 0; i < PF_ELEMENTS(words[value]); i++)
                        if (strcasecmp(text, words[value][i]) == 0) {
                                *ret = value;
                                return 0;
                        }
        return -EINVAL;
}

int pf_value_parse_unsigned(const char *text, uint64_t *ret) {
        uint64_t number;
        int r;

        r = read_digits(&text, &number);
        if (r < 0)
                return r;
        if (*text)
                return -EINVAL;
        *ret = number;
        return 0;
}

bool pf_value_is_file_name(const char *text) {
        size_t n =
                strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

        return n > 0 && n <= FILE_NAME_MAX && text[n] == '\0' && text[0] != '.';
}

bool pf_value_is_version(const char *text) {
        for (size_t i = 0; i < VERSION_COMPONENTS_MAX; i++) {
                size_t n = strspn(text, "0123456789");

                if (n == 0 || n > VERSION_DIGITS_MAX)
                        return false;
                text += n;
                if (*text == '\0')
                        return true;
                if (*text++ != '.')
                        return false;
        }
        return false;
}

/* The next component; 0 at the end, where *text stays. */
static uint64_t next_component(const char **text) {
        uint64_t number = 0;

        for (; is_digit(**text); (*text)++)
                if (number < UINT64_MAX / 100)
                        number = number * 10 + (uint64_t) (**text - '0');
        if (**text == '.' && is_digit((*text)[1]))
                (*text)++;
        else
                *text = "";
        return number;
}

static size_t count_components(const char *version) {
        size_t n = 0;

        while (is_digit(*version)) {
                (void) next_component(&version);
                n++;
        }
        return n;
}

static int compare_first(const char *a, const char *b, size_t n) {
        for (size_t i = 0; i < n; i++) {
                uint64_t x = next_component(&a), y = next_component(&b);

                if (x != y)
                        return x < y ? -1 : 1;
        }
        return 0;
}

int pf_version_compare(const char *a, const char *b) {
        size_t n_a = count_components(a), n_b = count_components(b);

        return compare_first(a, b, n_a > n_b ? n_a : n_b);
}

PfWithin pf_version_within(const char *version, bool exact, const char *from, const char *to) {
        size_t n = count_components(version);
        size_t n_from = count_components(from), n_to = count_components(to);
        bool least = compare_first(version, from, n_from) >= 0;
        bool greatest;

        if (exact || (n >= n_from && n >= n_to))
                return least && compare_first(version, to, n_to) <= 0 ? PF_WITHIN_YES
                                                                      : PF_WITHIN_NO;

        /* The version stands for all from version.0 to version.infinity. */
        if (compare_first(version, from, n < n_from ? n : n_from) < 0 ||
            compare_first(version, to, n < n_to ? n : n_to) > 0)
                return PF_WITHIN_NO;
        greatest = n >= n_to || compare_first(version, to, n) < 0;
        return least && greatest ? PF_WITHIN_YES : PF_WITHIN_PERHAPS;
}
