/* SPDX-License-Identifier: MIT */
/* The names of transactions: their time, and letters by which two of one second differ. */
#include "daemon/remedy/journal.h"

#include <string.h>
#include <time.h>
#include <uv.h>

#define STAMP_DIGITS 16 /* of an ID: "20261123T101500Z" */

bool pf_journal_is_id(const char *name) {
        static const char form[] = "dddddddd"
                                   "Tdddddd"
                                   "Z-xxxx";
        size_t i;

        for (i = 0; form[i]; i++) {
                const char *allowed = form[i] == 'd'   ? "0123456789"
                                      : form[i] == 'x' ? "0123456789abcdef"
                                                       : (const char[]){ form[i], '\0' };

                if (!name[i] || !strchr(allowed, name[i]))
                        return false;
        }
        return name[i] == '\0';
}

static void write_stamp(time_t when, char ret[STAMP_DIGITS + 1]) {
        struct tm tm;

        if (!gmtime_r(&when, &tm) || strftime(ret, STAMP_DIGITS + 1, "%Y%m%dT%H%M%SZ", &tm) == 0)
                ret[0] = '\0';
}

/* "20261123T101500Z", with anything behind it. */
static bool read_stamp(const char *text, struct tm *ret) {
        if (sscanf(text, "%4d%2d%2dT%2d%2d%2dZ", &ret->tm_year, &ret->tm_mon, &ret->tm_mday,
                   &ret->tm_hour, &ret->tm_min, &ret->tm_sec) != 6)
                return false;
        ret->tm_year -= 1900;
        ret->tm_mon--;
        return ret->tm_mon >= 0 && ret->tm_mon < 12 && ret->tm_mday > 0 && ret->tm_mday <= 31 &&
               ret->tm_hour < 24 && ret->tm_min < 60 && ret->tm_sec <= 60;
}

int pf_journal_new_id(const PfStrv *ids, uint64_t now_usec, char ret[static PF_JOURNAL_ID_SIZE],
                      PfErr *err) {
        const char *newest = ids->n > 0 ? ids->items[ids->n - 1] : "";
        char stamp[STAMP_DIGITS + 1];
        struct tm tm = { 0 };
        uint16_t random;

        write_stamp((time_t) (now_usec / 1000000), stamp);
        if (strncmp(stamp, newest, STAMP_DIGITS) <= 0) {
                if (!read_stamp(newest, &tm))
                        return pf_err_set(err, -EOVERFLOW, "%s: is at no time", newest);
                write_stamp(timegm(&tm) + 1, stamp);
        }
        if (strncmp(stamp, newest, STAMP_DIGITS) <= 0)
                return pf_err_set(err, -EOVERFLOW,
                                  "%s: no transaction can come behind it; remove it", newest);
        if (uv_random(NULL, NULL, &random, sizeof(random), 0, NULL) < 0)
                return pf_err_set(err, -EIO, "no random number");
        (void) snprintf(ret, PF_JOURNAL_ID_SIZE, "%s-%04x", stamp, random);
        return 0;
}
