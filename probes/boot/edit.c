/* SPDX-License-Identifier: MIT */
/*
 * Goes over a boot loader's file to the places where kernels are given arguments
 * and variables their values. What is there is edit-word.c's.
 */
#include "probes/boot/edit-internal.h"

#include <string.h>
#include <strings.h>

/* One pass over a file. */
typedef struct Scan {
        PfBootEditor *editor;
        PfBootDecoded *word;
        size_t at;
        unsigned line; /* from 1; kept where a file is read line by line */
} Scan;

static bool at_end(const Scan *scan) {
        return scan->at == scan->editor->n;
}

static char peek(const Scan *scan, size_t offset) {
        return scan->editor->n - scan->at > offset ? scan->editor->text[scan->at + offset] : '\0';
}

static size_t line_end(const Scan *scan) {
        const char *text = scan->editor->text;
        const char *newline = memchr(text + scan->at, '\n', scan->editor->n - scan->at);

        return newline ? (size_t) (newline - text) : scan->editor->n;
}

/* --- scripts of words --- */

static int decode_word(Scan *scan, PfBootQuoting quoting, const char *stops) {
        return pf_boot_decode(quoting, stops, scan->editor->text, scan->at, scan->editor->n,
                              scan->word, &scan->at);
}

/* Blanks, lines that go on, and a comment where a word could begin. */
static void skip_blanks(Scan *scan) {
        for (;;) {
                char c = peek(scan, 0);

                if (c == ' ' || c == '\t' || c == '\r')
                        scan->at++;
                else if (c == '\\' && peek(scan, 1) == '\n')
                        scan->at += 2;
                else if (c == '#')
                        scan->at = line_end(scan);
                else
                        return;
        }
}

/* The length of NAME in "NAME=…" or "NAME+=…"; 0: it is no assignment. */
static size_t find_assignment(const PfBootDecoded *word, size_t *ret_value) {
        static const char chars[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
        size_t n = strspn(word->text.data, chars);
        bool append = word->text.data[n] == '+';

        if (n == 0 || word->text.data[n + append] != '=')
                return 0;
        *ret_value = n + append + 1;
        return n;
}

static int swap_in_assignment(Scan *scan) {
        size_t value, n = find_assignment(scan->word, &value);

        return n ? pf_boot_swap_assignment(scan->editor, scan->word, n, value) : 0;
}

/* What the words of a command are. */
typedef enum Command { COMMAND_NEXT, COMMAND_OTHER, COMMAND_SET, COMMAND_KERNEL } Command;

/* Words of GRUB's scripts behind which a command begins. */
static const char *const openers[] = { "if", "elif", "then", "else", "while", "until", "do", "!" };

static Command find_command(const char *name) {
        static const char *const kernels[] = { "linux", "multiboot", "module" };

        for (size_t i = 0; i < PF_ELEMENTS(openers); i++)
                if (strcmp(name, openers[i]) == 0)
                        return COMMAND_NEXT;
        for (size_t i = 0; i < PF_ELEMENTS(kernels); i++)
                if (strncmp(name, kernels[i], strlen(kernels[i])) == 0)
                        return COMMAND_KERNEL;
        if (strcmp(name, "xen_hypervisor") == 0 || strcmp(name, "xen_module") == 0)
                return COMMAND_KERNEL;
        return strcmp(name, "set") == 0 ? COMMAND_SET : COMMAND_OTHER;
}

static int take_grub_word(Scan *scan, Command *command) {
        switch (*command) {
        case COMMAND_NEXT:
                *command = find_command(scan->word->text.data);
                return *command == COMMAND_OTHER ? swap_in_assignment(scan) : 0;
        case COMMAND_SET:
                return swap_in_assignment(scan);
        case COMMAND_KERNEL:
                if (strcmp(scan->word->text.data, "--") == 0)
                        *command = COMMAND_OTHER; /* what follows is for init */
                return pf_boot_swap_arguments(scan->editor, scan->word, 0);
        default:
                return 0;
        }
}

static int scan_grub(Scan *scan) {
        static const char stops[] = " \t\n;{}|&<>";
        Command command = COMMAND_NEXT;
        int r = 0;

        while (r == 0) {
                skip_blanks(scan);
                if (at_end(scan))
                        break;
                if (peek(scan, 0) && strchr(stops, peek(scan, 0))) {
                        scan->at++;
                        command = COMMAND_NEXT;
                        continue;
                }
                r = decode_word(scan, PF_BOOT_QUOTING_GRUB, stops);
                if (r == 0)
                        r = take_grub_word(scan, &command);
        }
        return r;
}

static int scan_shell(Scan *scan) {
        static const char stops[] = " \t\r\n;&|()<>";
        int r = 0;

        while (r == 0) {
                skip_blanks(scan);
                if (at_end(scan))
                        break;
                if (peek(scan, 0) && strchr(stops, peek(scan, 0))) {
                        scan->at++;
                        continue;
                }
                r = decode_word(scan, PF_BOOT_QUOTING_SHELL, stops);
                if (r == 0)
                        r = swap_in_assignment(scan);
        }
        return r;
}

/* --- an environment block --- */

/* As grub-env.c has it: a variable goes on behind the end of a line that is escaped. */
static size_t item_end(const Scan *scan) {
        size_t i = scan->at;

        while (i < scan->editor->n && scan->editor->text[i] != '\n')
                i += scan->editor->text[i] == '\\' && i + 1 < scan->editor->n ? 2 : 1;
        return i;
}

/* What became longer took the room of '#' at the end, and the other way round. */
static int keep_size(PfBuf *text, size_t n) {
        while (text->n > n && text->data[text->n - 1] == '#')
                text->n--;
        if (text->n > n || (text->n < n && text->n > 0 && !strchr("\n#", text->data[text->n - 1])))
                return PF_BOOT_EDIT_FULL;
        while (text->n < n) {
                int r = pf_buf_add(text, "#", 1);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int scan_grubenv(Scan *scan) {
        int r = 0;

        while (r == 0 && !at_end(scan)) {
                size_t end = item_end(scan), next;
                const char *equals;

                if (peek(scan, 0) != '#') {
                        r = pf_boot_decode(PF_BOOT_QUOTING_BACKSLASH, "", scan->editor->text,
                                           scan->at, end, scan->word, &next);
                        equals = r == 0 ? strchr(scan->word->text.data, '=') : NULL;
                        if (equals)
                                r = pf_boot_swap_assignment(
                                        scan->editor, scan->word,
                                        (size_t) (equals - scan->word->text.data),
                                        (size_t) (equals - scan->word->text.data) + 1);
                }
                scan->at = end + (end < scan->editor->n);
        }
        return r;
}

/* --- files of lines --- */

#define NOTHING ((size_t) -1)

static size_t skip(const char *line, size_t at) {
        return at + strspn(line + at, " \t");
}

typedef int (*CompareFn)(const char *a, const char *b, size_t n);

/* Behind one of these words, where a line begins with it; else NOTHING. @ends: what ends it. */
static size_t behind(const char *line, const char *const *words, CompareFn compare,
                     const char *ends) {
        size_t at = skip(line, 0);

        for (; *words; words++) {
                size_t n = strlen(*words);

                if (compare(line + at, *words, n) == 0 && line[at + n] &&
                    strchr(ends, line[at + n]))
                        return at + n;
        }
        return NOTHING;
}

/* Where the arguments of a kernel begin in a line; NOTHING: it has none. */
static size_t find_in_menu_lst(const char *line) {
        static const char *const verbs[] = { "kernel", "module", "modulenounzip", NULL };
        size_t at = skip(line, 0), n;

        if (line[at] != '#')
                return behind(line, verbs, strncmp, " =");
        at = skip(line, at + 1);
        n = strspn(line + at, "abcdefghijklmnopqrstuvwxyz0123456789_");
        return strncmp(line + at, "kopt", 4) == 0 && line[at + n] == '=' ? at + n + 1 : NOTHING;
}

static size_t find_in_bls(const char *line) {
        static const char *const keys[] = { "options", NULL };

        return behind(line, keys, strncmp, " \t");
}

static size_t find_in_extlinux(const char *line) {
        static const char *const keywords[] = { "append", "linux", "kernel", NULL };

        return behind(line, keywords, strncasecmp, " \t");
}

static size_t find_in_cmdline(const char *line) {
        return *line == '#' ? NOTHING : 0;
}

/* A comment of menu.lst does not go on, whatever it ends in. */
static PfBootQuoting quoting_of_line(const Scan *scan, PfBootQuoting quoting) {
        size_t i = 0;

        while (peek(scan, i) == ' ' || peek(scan, i) == '\t' || peek(scan, i) == '\r')
                i++;
        return peek(scan, i) == '#' ? PF_BOOT_QUOTING_NONE : quoting;
}

static int scan_lines(Scan *scan, PfBootQuoting quoting, size_t (*find)(const char *line)) {
        int r = 0;

        while (r == 0 && !at_end(scan)) {
                size_t from;

                r = decode_word(scan, quoting_of_line(scan, quoting), "\n");
                from = r == 0 ? find(scan->word->text.data) : NOTHING;
                if (from != NOTHING)
                        r = pf_boot_swap_arguments(scan->editor, scan->word, from);
                scan->at += !at_end(scan);
        }
        return r;
}

static int scan_menu_lst(Scan *scan) {
        return scan_lines(scan, PF_BOOT_QUOTING_LINES, find_in_menu_lst);
}

static int scan_bls(Scan *scan) {
        return scan_lines(scan, PF_BOOT_QUOTING_NONE, find_in_bls);
}

static int scan_extlinux(Scan *scan) {
        return scan_lines(scan, PF_BOOT_QUOTING_NONE, find_in_extlinux);
}

static int scan_cmdline(Scan *scan) {
        return scan_lines(scan, PF_BOOT_QUOTING_NONE, find_in_cmdline);
}

static int scan_table(Scan *scan) {
        int r = 0;

        for (scan->line = 1; r == 0 && !at_end(scan); scan->line++) {
                size_t end = line_end(scan);

                while (peek(scan, 0) == ' ' || peek(scan, 0) == '\t')
                        scan->at++;
                if (peek(scan, 0) != '#') {
                        r = decode_word(scan, PF_BOOT_QUOTING_OCTAL, " \t\r\n");
                        if (r == 0)
                                r = pf_boot_swap_field(scan->editor, scan->word, scan->line);
                }
                scan->at = end + (end < scan->editor->n);
        }
        return r;
}

int pf_boot_edit(PfBootSyntax syntax, const char *text, size_t n, PfBootSwap *swaps, size_t n_swaps,
                 PfBuf *ret) {
        static int (*const scanners[PF_BOOT_SYNTAXES])(Scan *) = {
                [PF_BOOT_SYNTAX_GRUB] = scan_grub,       [PF_BOOT_SYNTAX_MENU_LST] = scan_menu_lst,
                [PF_BOOT_SYNTAX_BLS] = scan_bls,         [PF_BOOT_SYNTAX_EXTLINUX] = scan_extlinux,
                [PF_BOOT_SYNTAX_CMDLINE] = scan_cmdline, [PF_BOOT_SYNTAX_GRUBENV] = scan_grubenv,
                [PF_BOOT_SYNTAX_SHELL] = scan_shell,     [PF_BOOT_SYNTAX_TABLE] = scan_table,
        };
        PF_AUTO_BOOT_DECODED PfBootDecoded word = PF_BOOT_DECODED_INIT;
        PfBootEditor editor = {
                .text = text, .n = n, .swaps = swaps, .n_swaps = n_swaps, .ret = ret
        };
        Scan scan = { .editor = &editor, .word = &word };
        int r = scanners[syntax](&scan);

        if (r == 0 && editor.copied < n)
                r = pf_buf_add(ret, text + editor.copied, n - editor.copied);
        if (r == 0 && syntax == PF_BOOT_SYNTAX_GRUBENV)
                r = keep_size(ret, n);
        return r;
}
