/* SPDX-License-Identifier: MIT */
/*
 * Formats of printf(3), walked by ourselves: what each directive would print
 * becomes a text of its own.
 */
#include "daemon/base/message.h"

#include <limits.h>
#include <string.h>

#define ARGUMENTS_MAX 32

typedef enum Length {
        LENGTH_INT,
        LENGTH_LONG,
        LENGTH_LONG_LONG,
        LENGTH_SIZE,
} Length;

typedef struct Directive {
        size_t n;     /* bytes, with the percent sign */
        int position; /* from 1; 0: the next argument */
        int width;
        int precision; /* -1: none */
        bool zero;     /* filled with zeros */
        bool star;     /* the precision is an argument before it */
        Length length;
        char conversion;
} Directive;

/* The number at @text. Return: its digits; more than 4 are no number of ours. */
static size_t parse_number(const char *text, int *ret) {
        size_t n = 0;

        *ret = 0;
        while (n < 4 && text[n] >= '0' && text[n] <= '9')
                *ret = *ret * 10 + (text[n++] - '0');
        return n;
}

static size_t parse_length(const char *text, Length *ret) {
        *ret = LENGTH_INT;
        if (text[0] == 'z')
                *ret = LENGTH_SIZE;
        else if (text[0] == 'l')
                *ret = text[1] == 'l' ? LENGTH_LONG_LONG : LENGTH_LONG;
        return *ret == LENGTH_INT ? 0 : *ret == LENGTH_LONG_LONG ? 2 : 1;
}

/* What begins with a percent sign. Return: is it understood? */
static bool parse_directive(const char *text, Directive *ret) {
        const char *p = text + 1;
        size_t n;

        *ret = (Directive){ .precision = -1 };
        n = parse_number(p, &ret->position);
        if (n > 0 && p[n] == '$' && ret->position == 0)
                return false;
        if (n > 0 && p[n] == '$')
                p += n + 1;
        else
                ret->position = 0;
        ret->zero = *p == '0';
        p += ret->zero;
        p += parse_number(p, &ret->width);
        if (*p == '.') {
                ret->star = *++p == '*';
                p += ret->star ? 1 : parse_number(p, &ret->precision);
        }
        p += parse_length(p, &ret->length);
        ret->conversion = *p;
        ret->n = (size_t) (p - text) + 1;
        if (*p == '%')
                return ret->n == 2;
        return *p && strchr("cdiosuxX", *p) != NULL;
}

void pf_message_deinit(PfMessage *message) {
        pf_strv_deinit(&message->arguments);
        *message = (PfMessage){ 0 };
}

int pf_message_copy(const PfMessage *from, PfMessage *to) {
        pf_message_deinit(to);
        if (pf_strv_copy(&from->arguments, &to->arguments) < 0)
                return -ENOMEM;
        to->format = from->format;
        return 0;
}

/* --- arguments, as they are printed --- */

/* A va_list that can be handed on by its address, whatever type it is. */
typedef struct Arguments {
        va_list list;
} Arguments;

static long long next_signed(const Directive *directive, Arguments *arguments) {
        switch (directive->length) {
        case LENGTH_INT:
                return va_arg(arguments->list, int);
        case LENGTH_LONG:
                return va_arg(arguments->list, long);
        case LENGTH_LONG_LONG:
                return va_arg(arguments->list, long long);
        case LENGTH_SIZE:
                break;
        }
        return (long long) va_arg(arguments->list, size_t);
}

static unsigned long long next_unsigned(const Directive *directive, Arguments *arguments) {
        switch (directive->length) {
        case LENGTH_INT:
                return va_arg(arguments->list, unsigned);
        case LENGTH_LONG:
                return va_arg(arguments->list, unsigned long);
        case LENGTH_LONG_LONG:
                return va_arg(arguments->list, unsigned long long);
        case LENGTH_SIZE:
                break;
        }
        return va_arg(arguments->list, size_t);
}

static void print_string(const Directive *directive, Arguments *arguments, char *text,
                         size_t size) {
        int precision = directive->star ? va_arg(arguments->list, int) : directive->precision;
        const char *string = va_arg(arguments->list, const char *);

        (void) snprintf(text, size, "%*.*s", directive->width, precision < 0 ? INT_MAX : precision,
                        string ? string : "(null)");
}

static void print_unsigned(const Directive *directive, Arguments *arguments, char *text,
                           size_t size) {
        unsigned long long value = next_unsigned(directive, arguments);
        int width = directive->width;
        bool zero = directive->zero;

        if (directive->conversion == 'o')
                (void) snprintf(text, size, zero ? "%0*llo" : "%*llo", width, value);
        else if (directive->conversion == 'x')
                (void) snprintf(text, size, zero ? "%0*llx" : "%*llx", width, value);
        else if (directive->conversion == 'X')
                (void) snprintf(text, size, zero ? "%0*llX" : "%*llX", width, value);
        else
                (void) snprintf(text, size, zero ? "%0*llu" : "%*llu", width, value);
}

static void print_argument(const Directive *directive, Arguments *arguments, char *text,
                           size_t size) {
        switch (directive->conversion) {
        case 's':
                print_string(directive, arguments, text, size);
                break;
        case 'c':
                (void) snprintf(text, size, "%c", va_arg(arguments->list, int));
                break;
        case 'd':
        case 'i':
                (void) snprintf(text, size, directive->zero ? "%0*lld" : "%*lld", directive->width,
                                next_signed(directive, arguments));
                break;
        default:
                print_unsigned(directive, arguments, text, size);
        }
}

/* Numbers with a precision, or a position of their own, are in none of our formats. */
static bool can_be_taken(const Directive *directive) {
        return directive->position == 0 &&
               (directive->conversion == 's' || (directive->precision < 0 && !directive->star));
}

static int take_arguments(PfMessage *message, const char *fmt, Arguments *arguments) {
        for (const char *p = strchr(fmt, '%'); p; p = strchr(p, '%')) {
                char text[PF_MESSAGE_ARGUMENT_MAX + 1];
                Directive directive;

                if (!parse_directive(p, &directive) || !can_be_taken(&directive)) {
                        pf_message_deinit(message);
                        return 0;
                }
                p += directive.n;
                if (directive.conversion == '%')
                        continue;
                print_argument(&directive, arguments, text, sizeof(text));
                if (pf_strv_add(&message->arguments, text) < 0) {
                        pf_message_deinit(message);
                        return -ENOMEM;
                }
        }
        message->format = fmt;
        return 0;
}

int pf_message_take(PfMessage *message, const char *fmt, va_list args) {
        Arguments arguments;
        int r;

        pf_message_deinit(message);
        va_copy(arguments.list, args);
        r = take_arguments(message, fmt, &arguments);
        va_end(arguments.list);
        return r;
}

/* --- formats --- */

int pf_message_next(const char **format, int *position, int *ret_argument) {
        const char *begin = *format, *p = begin;
        Directive directive;

        *ret_argument = -1;
        for (p = begin; (p = strchr(p, '%')); p += 2) {
                if (!parse_directive(p, &directive))
                        return -1;
                if (directive.conversion != '%')
                        break;
        }
        if (!p) {
                *format = begin + strlen(begin);
                return (int) (*format - begin);
        }
        *ret_argument = directive.position > 0 ? directive.position - 1 : (*position)++;
        *format = p + directive.n;
        return *ret_argument < ARGUMENTS_MAX ? (int) (p - begin) : -1;
}

int pf_message_count(const char *format) {
        uint32_t seen = 0;
        int position = 0, argument = 0, n = 0;

        while (argument >= 0) {
                if (pf_message_next(&format, &position, &argument) < 0)
                        return -1;
                if (argument >= 0)
                        seen |= UINT32_C(1) << argument;
        }
        while (seen >> n & 1 && n < ARGUMENTS_MAX - 1)
                n++;
        /* Each of them is named, or the format is for something else. */
        return seen == (UINT32_C(1) << n) - 1 ? n : -1;
}

bool pf_message_has_words(const char *format) {
        int position = 0, argument = 0;

        while (argument >= 0) {
                const char *text = format;
                int n = pf_message_next(&format, &position, &argument);

                for (int i = 0; i < n; i++)
                        if ((text[i] >= 'a' && text[i] <= 'z') ||
                            (text[i] >= 'A' && text[i] <= 'Z'))
                                return true;
                if (n < 0)
                        return true;
        }
        return false;
}

static int add_literal(PfBuf *buf, const char *text, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++) {
                r = pf_buf_add(buf, text + i, 1);
                i += text[i] == '%';
        }
        return r;
}

/* "%2$.0s", of which printf(3) prints nothing either: a plural that the language has not. */
static bool is_silent(const char *directive, const char *end) {
        return end - directive > 3 && memcmp(end - 3, ".0s", 3) == 0;
}

int pf_message_render(PfBuf *buf, const char *format, char *const *arguments, size_t n) {
        int position = 0, argument = 0, r = 0;

        if (pf_message_count(format) != (int) n)
                return -EINVAL;
        while (argument >= 0 && r == 0) {
                const char *text = format;
                int length = pf_message_next(&format, &position, &argument);

                r = add_literal(buf, text, (size_t) length);
                if (r == 0 && argument >= 0 && !is_silent(text + length, format))
                        r = pf_buf_add_string(buf, arguments[argument]);
        }
        return r;
}

int pf_message_put(const PfMessage *message, PfJson *object, const char *key) {
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;

        if (!message->format || strcmp(message->format, "%s") == 0)
                return 0;
        json = pf_json_new_object();
        if (!json || pf_json_put_string(json, "id", message->format) < 0 ||
            pf_json_put_strv(json, "arguments", &message->arguments) < 0)
                return -ENOMEM;
        return pf_json_put_take(object, key, PF_STEAL(json));
}
