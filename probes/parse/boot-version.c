/* SPDX-License-Identifier: MIT */
/*
 * Orders of versions. Written from the descriptions: rpm's documentation of
 * version comparison, and the UAPI Group's Version Format Specification.
 */
#include "probes/parse/boot-version.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t span(const char *text, size_t n, bool (*is)(char)) {
        size_t i = 0;

        while (i < n && is(text[i]))
                i++;
        return i;
}

/* Numbers of any length. */
static int compare_digits(const char *a, size_t n_a, const char *b, size_t n_b) {
        for (; n_a > 0 && *a == '0'; n_a--)
                a++;
        for (; n_b > 0 && *b == '0'; n_b--)
                b++;
        if (n_a != n_b)
                return n_a < n_b ? -1 : 1;
        return memcmp(a, b, n_a);
}

static int compare_letters(const char *a, size_t n_a, const char *b, size_t n_b) {
        int order = memcmp(a, b, n_a < n_b ? n_a : n_b);

        return order ? order : (n_a > n_b) - (n_a < n_b);
}

static bool is_rpm_segment(char c) {
        return is_digit(c) || is_letter(c) || c == '~' || c == '^';
}

static size_t skip(const char *text, size_t n, bool (*keep)(char)) {
        size_t i = 0;

        while (i < n && !keep(text[i]))
                i++;
        return i;
}

/* A part of a text, cut off at its front. */
typedef struct Rest {
        const char *text;
        size_t n;
} Rest;

static void cut(Rest *rest, size_t n) {
        rest->text += n;
        rest->n -= n;
}

static char first(const Rest *rest) {
        return rest->n > 0 ? *rest->text : '\0';
}

/* One that stands here on one side only decides; on both it is read over.
 * Return: whether it stood on both; else *ret is the outcome, or 0. */
static bool take_sign(Rest *a, Rest *b, char sign, int order, int *ret) {
        *ret = 0;
        if (first(a) != sign && first(b) != sign)
                return false;
        if (first(a) != first(b)) {
                *ret = first(a) == sign ? order : -order;
                return false;
        }
        cut(a, 1);
        cut(b, 1);
        return true;
}

/* Segments of one kind; a number is newer than letters, or than nothing. */
static int take_segment(Rest *a, Rest *b) {
        bool digits = is_digit(first(a)) || is_digit(first(b));
        size_t n_a = span(a->text, a->n, digits ? is_digit : is_letter);
        size_t n_b = span(b->text, b->n, digits ? is_digit : is_letter);
        int order = n_a == 0 || n_b == 0 ? (n_a > 0) - (n_b > 0)
                    : digits             ? compare_digits(a->text, n_a, b->text, n_b)
                                         : compare_letters(a->text, n_a, b->text, n_b);

        cut(a, n_a);
        cut(b, n_b);
        return order;
}

static int compare_rpm(Rest a, Rest b) {
        int order;

        while (a.n > 0 || b.n > 0) {
                cut(&a, skip(a.text, a.n, is_rpm_segment));
                cut(&b, skip(b.text, b.n, is_rpm_segment));
                if (take_sign(&a, &b, '~', -1, &order))
                        continue;
                if (order)
                        return order;
                if (take_sign(&a, &b, '^', 1, &order))
                        continue;
                if (order) /* behind the end it is newer, before anything else older */
                        return first(&a) && first(&b) ? -order : order;
                if (a.n == 0 || b.n == 0)
                        break;
                order = take_segment(&a, &b);
                if (order)
                        return order;
        }
        return (a.n > 0) - (b.n > 0);
}

int pf_rpm_version_compare(const char *a, const char *b) {
        return compare_rpm((Rest){ a, strlen(a) }, (Rest){ b, strlen(b) });
}

/* Cuts what stands behind the last '-' off; nothing where there is none. */
static Rest cut_last(Rest *rest) {
        const char *dash = memrchr(rest->text, '-', rest->n);
        size_t n = dash ? (size_t) (dash - rest->text) : rest->n;
        Rest last = { rest->text + n + (dash != NULL), rest->n - n - (dash != NULL) };

        rest->n = n;
        return last;
}

int pf_bls_name_compare(const char *a, const char *b) {
        Rest name_a = { a, strlen(a) }, name_b = { b, strlen(b) };
        Rest release_a = cut_last(&name_a), release_b = cut_last(&name_b);
        Rest version_a = cut_last(&name_a), version_b = cut_last(&name_b);
        int order = compare_rpm(name_a, name_b);

        if (order == 0)
                order = compare_rpm(version_a, version_b);
        return order ? order : compare_rpm(release_a, release_b);
}

static bool is_uapi_sign(char c) {
        return is_digit(c) || is_letter(c) || (c && strchr("~-^.", c));
}

int pf_uapi_version_compare(const char *text_a, const char *text_b) {
        static const char signs[] = "-^.";
        Rest a = { text_a, strlen(text_a) }, b = { text_b, strlen(text_b) };
        int order;

        for (;;) {
                bool taken = false;

                cut(&a, skip(a.text, a.n, is_uapi_sign));
                cut(&b, skip(b.text, b.n, is_uapi_sign));
                if (take_sign(&a, &b, '~', -1, &order))
                        continue;
                if (order)
                        return order;
                if (a.n == 0 || b.n == 0)
                        return (a.n > 0) - (b.n > 0);
                for (size_t i = 0; signs[i] && !taken && !order; i++)
                        taken = take_sign(&a, &b, signs[i], -1, &order);
                if (order)
                        return order;
                if (taken)
                        continue;
                order = take_segment(&a, &b);
                if (order)
                        return order;
        }
}
