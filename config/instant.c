/* SPDX-License-Identifier: MIT */
/*
 * Points in time as text. The C library's own functions know the calendar too,
 * but those that do it in UTC are not on every system.
 */
#include "config/instant.h"

#include <stdbool.h>
#include <string.h>

#define SECOND UINT64_C(1000000)
#define DAY_SECONDS 86400
#define YEAR_MIN 1970
#define YEAR_MAX 9999

static bool is_leap(unsigned year) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in_month(unsigned year, unsigned month) {
        static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        return days[month - 1] + (month == 2 && is_leap(year));
}

/* How many leap days there are before a year. */
static unsigned leap_days_before(unsigned year) {
        unsigned last = year - 1;

        return last / 4 - last / 100 + last / 400;
}

/* Days from the first of 1970 to the first of a year. */
static uint64_t days_before(unsigned year) {
        return (uint64_t) (year - YEAR_MIN) * 365 + leap_days_before(year) -
               leap_days_before(YEAR_MIN);
}

/* A number of exactly @n digits, which are taken off the text. */
static bool take_number(const char **text, unsigned n, unsigned *ret) {
        *ret = 0;
        for (; n > 0; n--, (*text)++) {
                if (**text < '0' || **text > '9')
                        return false;
                *ret = *ret * 10 + (unsigned) (**text - '0');
        }
        return true;
}

static bool take_any(const char **text, const char *characters) {
        if (**text == '\0' || !strchr(characters, **text))
                return false;
        (*text)++;
        return true;
}

static bool take_date(const char **text, unsigned *ret_year, uint64_t *ret_days) {
        unsigned month, day;

        if (!take_number(text, 4, ret_year) || !take_any(text, "-") ||
            !take_number(text, 2, &month) || !take_any(text, "-") || !take_number(text, 2, &day) ||
            month < 1 || month > 12 || day < 1 || day > days_in_month(*ret_year, month))
                return false;
        if (*ret_year < YEAR_MIN)
                return true;
        *ret_days = days_before(*ret_year) + day - 1;
        while (--month > 0)
                *ret_days += days_in_month(*ret_year, month);
        return true;
}

static bool take_time(const char **text, uint64_t *ret_seconds) {
        unsigned hour, minute, second;

        if (!take_any(text, "Tt ") || !take_number(text, 2, &hour) || !take_any(text, ":") ||
            !take_number(text, 2, &minute) || !take_any(text, ":") ||
            !take_number(text, 2, &second) || hour > 23 || minute > 59 || second > 60)
                return false;
        *ret_seconds = hour * 3600 + minute * 60 + second;
        if (!take_any(text, "."))
                return true;
        if (!take_any(text, "0123456789"))
                return false;
        *text += strspn(*text, "0123456789");
        return true;
}

static bool is_utc(const char *text) {
        return strcmp(text, "Z") == 0 || strcmp(text, "z") == 0 || strcmp(text, "+00:00") == 0;
}

int pf_instant_parse(const char *text, uint64_t *ret_usec) {
        uint64_t days = 0, seconds = 0;
        unsigned year;

        if (!take_date(&text, &year, &days) ||
            (*text && (!take_time(&text, &seconds) || !is_utc(text))))
                return -EINVAL;
        if (year < YEAR_MIN)
                return -ERANGE;
        *ret_usec = (days * DAY_SECONDS + seconds) * SECOND;
        return 0;
}

const char *pf_instant_format(uint64_t usec, char ret[static PF_INSTANT_SIZE]) {
        uint64_t seconds = usec / SECOND;
        uint64_t days = seconds / DAY_SECONDS;
        unsigned rest = (unsigned) (seconds % DAY_SECONDS);
        unsigned year = YEAR_MIN, month = 1;

        if (days >= days_before(YEAR_MAX + 1)) {
                days = days_before(YEAR_MAX + 1) - 1;
                rest = DAY_SECONDS - 1;
        }
        while (days >= days_before(year + 1))
                year++;
        days -= days_before(year);
        for (; days >= days_in_month(year, month); month++)
                days -= days_in_month(year, month);
        (void) snprintf(ret, PF_INSTANT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month,
                        (unsigned) days + 1, rest / 3600, rest / 60 % 60, rest % 60);
        return ret;
}
