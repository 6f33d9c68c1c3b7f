/* SPDX-License-Identifier: MIT */
/*
 * Words of GRUB's scripts, with variables put in. Every word remembers where
 * its text stands: for what a variable held, where that was set.
 */
#include "probes/parse/grub-expand.h"

#include <string.h>

/* Words that come out of one. */
typedef struct Expansion {
        const PfGrubScope *scope;
        PfBootWords *ret;
        PfBuf text;
        PfBootWord word; /* the open one */
        bool is_open;    /* a word is there, even if it is empty */
        bool foreign;    /* nothing of it stands in the command itself */
} Expansion;

static void deinit_expansion(Expansion *expansion) {
        pf_buf_deinit(&expansion->text);
}

static void begin(Expansion *expansion, const PfGrubWord *word) {
        expansion->word =
                (PfBootWord){ .path = expansion->scope->path, .line = word->line, .certain = true };
        expansion->text.n = 0;
        expansion->is_open = false;
        expansion->foreign = true;
}

static int close_word(Expansion *expansion, const PfGrubWord *word) {
        int r = 0;

        if (expansion->is_open) {
                expansion->word.text = expansion->text.n ? expansion->text.data : "";
                r = pf_boot_menu_add_word(expansion->scope->menu, expansion->ret, &expansion->word);
        }
        begin(expansion, word);
        return r;
}

static int add_text(Expansion *expansion, const char *text, size_t n) {
        int r = n ? pf_buf_add(&expansion->text, text, n) : 0;

        expansion->is_open = true;
        return r == -ENOBUFS ? -E2BIG : r;
}

/* Text that a variable held; the word is where the variable was set, if it is
 * made of nothing else. */
static int add_foreign(Expansion *expansion, const PfGrubVariable *variable, const char *text,
                       size_t n) {
        expansion->word.certain = expansion->word.certain && variable->certain;
        if (expansion->foreign && !expansion->is_open && variable->path && *variable->path) {
                expansion->word.path = variable->path;
                expansion->word.line = variable->line;
        }
        return add_text(expansion, text, n);
}

/* Outside of quotes: blanks end words. */
static int add_split(Expansion *expansion, const PfGrubWord *word, const PfGrubVariable *variable) {
        const char *text = variable->value;
        int r = 0;

        while (r == 0 && *text) {
                size_t n = strcspn(text, " \t\n");

                if (n > 0)
                        r = add_foreign(expansion, variable, text, n);
                text += n;
                if (r == 0 && *text) {
                        r = close_word(expansion, word);
                        text += strspn(text, " \t\n");
                }
        }
        return r;
}

static int add_name(Expansion *expansion, const char *name) {
        int r = add_text(expansion, "${", 2);

        if (r == 0)
                r = add_text(expansion, name, strlen(name));
        return r == 0 ? add_text(expansion, "}", 1) : r;
}

/* "$@" and "$*": all arguments, in words of their own but for a quoted "$*". */
static int add_arguments(Expansion *expansion, const PfGrubWord *word, const PfGrubPart *part) {
        const PfBootWords *arguments = expansion->scope->arguments;
        int r = 0;

        if (!arguments) {
                expansion->word.certain = false;
                return add_name(expansion, part->text);
        }
        for (size_t i = 0; i < arguments->n && r == 0; i++) {
                const PfBootWord *argument = &arguments->items[i];

                if (i > 0)
                        r = *part->text == '*' && part->quoted ? add_text(expansion, " ", 1)
                                                               : close_word(expansion, word);
                if (r == 0)
                        r = add_foreign(expansion,
                                        &(PfGrubVariable){ .path = argument->path,
                                                           .line = argument->line,
                                                           .certain = argument->certain },
                                        argument->text, strlen(argument->text));
        }
        return r;
}

/* What is known of a variable, or of an argument by its number. */
static void look_up(const PfGrubScope *scope, const char *name, PfGrubVariable *ret) {
        unsigned long i = strtoul(name, NULL, 10);

        if (*name < '0' || *name > '9') {
                pf_grub_variables_get(scope->variables, name, ret);
                return;
        }
        *ret = (PfGrubVariable){ .name = name, .certain = scope->arguments != NULL };
        if (scope->arguments && i > 0 && i <= scope->arguments->n) {
                const PfBootWord *argument = &scope->arguments->items[i - 1];

                ret->value = argument->text;
                ret->path = argument->path;
                ret->line = argument->line;
                ret->certain = argument->certain;
        }
}

static int add_variable(Expansion *expansion, const PfGrubWord *word, const PfGrubPart *part) {
        PfGrubVariable variable;

        if (*part->text == '@' || *part->text == '*')
                return add_arguments(expansion, word, part);
        look_up(expansion->scope, part->text, &variable);
        if (!variable.value && !variable.certain) {
                expansion->word.certain = false;
                return add_name(expansion, part->text);
        }
        if (part->quoted)
                return add_foreign(expansion, &variable, variable.value ? variable.value : "",
                                   variable.value ? strlen(variable.value) : 0);
        if (!variable.certain)
                expansion->word.certain = false;
        return variable.value ? add_split(expansion, word, &variable) : 0;
}

int pf_grub_expand(const PfGrubScope *scope, const PfGrubWord *word, PfBootWords *ret) {
        PF_CLEANUP(deinit_expansion)
        Expansion expansion = { .scope = scope, .ret = ret, .text = PF_BUF_INIT(1 << 20) };
        int r = 0;

        begin(&expansion, word);
        for (const PfGrubPart *part = word->parts; part && r == 0; part = part->next) {
                if (part->variable) {
                        r = add_variable(&expansion, word, part);
                        continue;
                }
                expansion.foreign = false;
                expansion.word.path = scope->path;
                expansion.word.line = word->line;
                r = add_text(&expansion, part->text, strlen(part->text));
        }
        return r == 0 ? close_word(&expansion, word) : r;
}

int pf_grub_written(const PfGrubScope *scope, const PfGrubWord *word, PfBootWords *ret) {
        PF_CLEANUP(deinit_expansion)
        Expansion expansion = { .scope = scope, .ret = ret, .text = PF_BUF_INIT(1 << 20) };
        int r = 0;

        begin(&expansion, word);
        expansion.is_open = true;
        for (const PfGrubPart *part = word->parts; part && r == 0; part = part->next)
                r = part->variable ? add_name(&expansion, part->text)
                                   : add_text(&expansion, part->text, strlen(part->text));
        return r == 0 ? close_word(&expansion, word) : r;
}
