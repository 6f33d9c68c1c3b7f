/* SPDX-License-Identifier: MIT */
/*
 * Words out of their quotes, each character with the place where it stands; and
 * the swaps within them.
 */
#include "probes/boot/edit-internal.h"

#include <string.h>

#include "probes/parse/kernel-cmdline.h"

void pf_boot_decoded_deinit(PfBootDecoded *decoded) {
        pf_buf_deinit(&decoded->text);
        pf_buf_deinit(&decoded->origins);
}

bool pf_boot_swap_is_plain(const char *text) {
        return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789=-_/.+:")] == '\0';
}

/* --- decoding --- */

/* Reads at text[at]. A quote that is open, 0 for none. */
typedef struct Cursor {
        const char *text;
        size_t at;
        size_t end;
        char quote;
        PfBootDecoded *ret;
} Cursor;

/* The character @c is meant by the next @n bytes. */
static int emit(Cursor *cursor, char c, size_t n) {
        PfBootOrigin origin = { .begin = cursor->at,
                                .end = cursor->at + n,
                                .quote = cursor->quote };
        int r = pf_buf_add(&cursor->ret->text, &c, 1);

        if (r == 0)
                r = pf_buf_add(&cursor->ret->origins, &origin, sizeof(origin));
        cursor->at += n;
        return r == -ENOBUFS ? -E2BIG : r;
}

static char peek(const Cursor *cursor, size_t offset) {
        return cursor->end - cursor->at > offset ? cursor->text[cursor->at + offset] : '\0';
}

static bool is_octal(char c) {
        return c >= '0' && c <= '7';
}

static int decode_plain(Cursor *cursor) {
        return emit(cursor, peek(cursor, 0), 1);
}

static int decode_lines(Cursor *cursor) {
        char c = peek(cursor, 0);

        if (c == '\\' && peek(cursor, 1) == '\n')
                return emit(cursor, ' ', 2);
        if (c != '\r')
                return emit(cursor, c == '\t' ? ' ' : c, 1);
        cursor->at++;
        return 0;
}

static int decode_backslash(Cursor *cursor) {
        bool escape = peek(cursor, 0) == '\\' && cursor->end - cursor->at > 1;

        return emit(cursor, peek(cursor, escape), 1 + (size_t) escape);
}

static int decode_octal(Cursor *cursor) {
        const char *at = cursor->text + cursor->at;

        if (*at == '\\' && cursor->end - cursor->at > 3 && at[1] >= '0' && at[1] <= '3' &&
            is_octal(at[2]) && is_octal(at[3]))
                return emit(cursor, (char) ((at[1] - '0') * 64 + (at[2] - '0') * 8 + at[3] - '0'),
                            4);
        return emit(cursor, *at, 1);
}

/* The length of a bracket and all in it, from its opening on; or of what is left. */
static size_t bracket_length(const Cursor *cursor, size_t offset, char open, char close) {
        size_t depth = 0, i = offset;

        for (; cursor->at + i < cursor->end; i++) {
                char c = peek(cursor, i);

                if (c == '\\')
                        i++;
                else if (c == close && (open != close || depth > 0)) {
                        if (--depth == 0)
                                return i + 1;
                } else if (c == open)
                        depth++;
        }
        return cursor->end - cursor->at;
}

static size_t name_length(const Cursor *cursor, size_t offset) {
        static const char chars[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
        size_t n = 0;

        while (peek(cursor, offset + n) && strchr(chars, peek(cursor, offset + n)))
                n++;
        return n;
}

/* "$name", "${…}", "$(…)", "$?": what it comes to is not known here. */
static int decode_variable(Cursor *cursor) {
        char next = peek(cursor, 1);
        size_t n = 1 + name_length(cursor, 1);

        if (next == '{')
                n = bracket_length(cursor, 1, '{', '}');
        else if (next == '(')
                n = bracket_length(cursor, 1, '(', ')');
        else if (n == 1 && next && strchr("?#*@$!-", next))
                n = 2;
        return emit(cursor, PF_BOOT_OPAQUE, n);
}

/* Behind '\\' in a script. @escapable: what loses its meaning in double quotes. */
static int decode_escape(Cursor *cursor, const char *escapable) {
        char next = peek(cursor, 1);

        if (next == '\n') {
                cursor->at += 2;
                return 0;
        }
        if (cursor->end - cursor->at < 2 || (cursor->quote && !(next && strchr(escapable, next))))
                return emit(cursor, '\\', 1);
        return emit(cursor, next, 2);
}

static int decode_script(Cursor *cursor, const char *escapable, bool backquotes) {
        char c = peek(cursor, 0);
        bool quotes = c == '"' || c == '\'';

        if (cursor->quote == '\'' && c != '\'')
                return emit(cursor, c, 1);
        if (quotes && (!cursor->quote || cursor->quote == c)) {
                cursor->quote = cursor->quote ? '\0' : c;
                cursor->at++;
                return 0;
        }
        if (c == '\\')
                return decode_escape(cursor, escapable);
        if (c == '$')
                return decode_variable(cursor);
        if (c == '`' && backquotes)
                return emit(cursor, PF_BOOT_OPAQUE, bracket_length(cursor, 0, '`', '`'));
        return emit(cursor, c, 1);
}

static int decode_grub(Cursor *cursor) {
        return decode_script(cursor, "\"\\$", false);
}

static int decode_shell(Cursor *cursor) {
        return decode_script(cursor, "\"\\$`", true);
}

int pf_boot_decode(PfBootQuoting quoting, const char *stops, const char *text, size_t begin,
                   size_t end, PfBootDecoded *ret, size_t *ret_next) {
        static int (*const decoders[])(Cursor *) = {
                [PF_BOOT_QUOTING_NONE] = decode_plain,
                [PF_BOOT_QUOTING_LINES] = decode_lines,
                [PF_BOOT_QUOTING_BACKSLASH] = decode_backslash,
                [PF_BOOT_QUOTING_OCTAL] = decode_octal,
                [PF_BOOT_QUOTING_GRUB] = decode_grub,
                [PF_BOOT_QUOTING_SHELL] = decode_shell,
        };
        Cursor cursor = { .text = text, .at = begin, .end = end, .ret = ret };
        int r = pf_buf_reserve(&ret->text, 1);

        ret->text.n = ret->origins.n = 0;
        while (r == 0 && cursor.at < end) {
                char c = text[cursor.at];

                if (!cursor.quote && c && strchr(stops, c))
                        break;
                r = decoders[quoting](&cursor);
        }
        if (r < 0)
                return r;
        ret->text.data[ret->text.n] = '\0';
        *ret_next = cursor.at;
        return 0;
}

/* --- swapping --- */

/* Puts @swap in place of the characters from @from up to @to. Where these do not stand in
 * the same kind of quotes, what is left would not be whole: then they stay. */
static int replace(PfBootEditor *editor, PfBootSwap *swap, const PfBootDecoded *decoded,
                   size_t from, size_t to) {
        const PfBootOrigin *origins = (const PfBootOrigin *) (const void *) decoded->origins.data;
        const PfBootOrigin *first = &origins[from], *last = &origins[to - 1];
        int r = 0;

        if (first->quote != last->quote || first->begin < editor->copied)
                return 0;
        if (first->begin > editor->copied)
                r = pf_buf_add(editor->ret, editor->text + editor->copied,
                               first->begin - editor->copied);
        if (r == 0)
                r = pf_buf_add_string(editor->ret, swap->to);
        editor->copied = last->end;
        swap->n++;
        return r;
}

/* Where a word's value begins in its text: behind '=', a quote, and dracut's "block:". */
static size_t find_value(const PfCmdlineWord *word) {
        const char *equals = strchr(word->text, '=');
        size_t at = equals ? (size_t) (equals - word->text) + 1 : 0;

        at += word->text[at] == '"';
        return strncmp(word->text + at, "block:", 6) == 0 ? at + 6 : at;
}

static int swap_argument(PfBootEditor *editor, const PfBootDecoded *decoded, size_t offset,
                         const PfCmdlineWord *word) {
        const PfCmdlineParameter *parameter = pf_cmdline_parameter(word->name);
        size_t at = find_value(word);
        int r = 0;

        if (!parameter || !word->value || word->for_init)
                return 0;
        for (size_t i = 0; i < editor->n_swaps && r == 0; i++) {
                PfBootSwap *swap = &editor->swaps[i];
                size_t n = strlen(swap->from);

                if (swap->kind == PF_BOOT_SWAP_ARGUMENT &&
                    strcmp(parameter->name, swap->name) == 0 &&
                    strncmp(word->text + at, swap->from, n) == 0 &&
                    (word->text[at + n] == '\0' || strcmp(word->text + at + n, "\"") == 0))
                        return replace(editor, swap, decoded, offset + at, offset + at + n);
        }
        return r;
}

int pf_boot_swap_arguments(PfBootEditor *editor, const PfBootDecoded *decoded, size_t from) {
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = NULL;
        int r = pf_cmdline_parse(decoded->text.data + from, decoded->text.n - from, &cmdline);

        for (size_t i = 0; r == 0 && i < cmdline->n; i++)
                r = swap_argument(editor, decoded, from + cmdline->words[i].offset,
                                  &cmdline->words[i]);
        return r;
}

int pf_boot_swap_assignment(PfBootEditor *editor, const PfBootDecoded *decoded, size_t n_name,
                            size_t from) {
        const char *text = decoded->text.data;

        for (size_t i = 0; i < editor->n_swaps; i++) {
                PfBootSwap *swap = &editor->swaps[i];

                if (swap->kind == PF_BOOT_SWAP_VARIABLE && strlen(swap->name) == n_name &&
                    strncmp(swap->name, text, n_name) == 0 && strcmp(text + from, swap->from) == 0)
                        return replace(editor, swap, decoded, from, decoded->text.n);
        }
        return pf_boot_swap_arguments(editor, decoded, from);
}

int pf_boot_swap_field(PfBootEditor *editor, const PfBootDecoded *decoded, unsigned line) {
        for (size_t i = 0; i < editor->n_swaps; i++) {
                PfBootSwap *swap = &editor->swaps[i];

                if (swap->kind == PF_BOOT_SWAP_FIELD && swap->line == line &&
                    strcmp(decoded->text.data, swap->from) == 0)
                        return replace(editor, swap, decoded, 0, decoded->text.n);
        }
        return 0;
}
