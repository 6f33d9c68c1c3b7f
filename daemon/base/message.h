/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>

#include "daemon/base/buf.h"
#include "daemon/base/json.h"
#include "daemon/base/strv.h"

/*
 * A text for people, taken apart: the format it is made with, and what stands in
 * it. The format is the name by which a translation is found; the rest is put
 * into that.
 *
 * What is understood of printf(3): %% and %[0][WIDTH][.PRECISION|.*][l|ll|z]C with
 * C one of c d i o s u x X, and, in what is rendered, %N$ in place of the % of it.
 */
typedef struct PfMessage {
        const char *format; /* borrowed, and lives as long as the program; NULL: none */
        PfStrv arguments;   /* in the order of the format, as they are printed */
} PfMessage;

void pf_message_deinit(PfMessage *message);
#define PF_AUTO_MESSAGE PF_CLEANUP(pf_message_deinit)

/* Takes the place of what @to was. Return: 0 or -ENOMEM. */
int pf_message_copy(const PfMessage *from, PfMessage *to) PF_MUST_CHECK;

#define PF_MESSAGE_ARGUMENT_MAX 4095 /* bytes of each; the rest is cut off */

/**
 * pf_message_take() - keep a format and what it is to be printed with
 * @message: receives it; empty where the format has a directive that is not
 *           understood: then there is only the text
 * @fmt:     static, as it goes to printf(3)
 * @args:    not consumed
 * Return:   0 or -ENOMEM.
 */
int pf_message_take(PfMessage *message, const char *fmt, va_list args) PF_MUST_CHECK
        PF_PRINTF(2, 0);

/* How many arguments a format takes; -1: it is not understood. */
int pf_message_count(const char *format);

/* Is there anything in a format that can be said in another language? Directives,
 * digits and punctuation are not. */
bool pf_message_has_words(const char *format);

/**
 * pf_message_render() - append a format with its arguments
 * @format:    from anywhere, as a translation is; every directive stands for the
 *             text of its argument, whatever it would print, and %N$.0s for nothing
 * @arguments: @n texts
 * Return:     0, -EINVAL where the format is not understood or takes another number of
 *             arguments, -ENOBUFS, -ENOMEM.
 */
int pf_message_render(PfBuf *buf, const char *format, char *const *arguments,
                      size_t n) PF_MUST_CHECK;

/* The literal text before the next directive at *@format, which moves behind that
 * directive. Return: its length, "%%" counting two; *@ret_argument is from 0, or -1 at
 * the end of the format. -1: it is not understood. */
int pf_message_next(const char **format, int *position, int *ret_argument);

/* Adds the member @key: {"id", "arguments"}. Nothing where the format is "%s" alone: the
 * text itself says as much. Return: 0 or -ENOMEM. */
int pf_message_put(const PfMessage *message, PfJson *object, const char *key) PF_MUST_CHECK;
