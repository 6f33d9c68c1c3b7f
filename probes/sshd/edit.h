/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The text of a configuration file of sshd, changed line by line and word by word.
 * What is not changed stays as it is, to the byte: comments, blanks, ends of lines.
 *
 * Lines count from 1, as in PfSshdLine; words from 0, which is the keyword. What a
 * line means is not known here: whoever changes one reads the result as sshd would.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "probes/parse/sshd-config.h"

/* All zero is the text of no file. */
typedef struct PfSshdDraft {
        PfBuf text;
        size_t *starts;    /* of its lines, and behind them the end of the text */
        unsigned n;        /* lines; what follows the last line end is one where it is not empty */
        bool cut_comments; /* '#' ends a line wherever it stands: up to OpenSSH 8.6 */
} PfSshdDraft;

void pf_sshd_draft_deinit(PfSshdDraft *draft);
#define PF_AUTO_SSHD_DRAFT PF_CLEANUP(pf_sshd_draft_deinit)

/* Positive outcome: a byte in it is NUL, and which line is which is not what it seems. */
enum { PF_SSHD_DRAFT_BINARY = 1 };

/**
 * pf_sshd_draft_init() - begin with the contents of a file
 * @version: how it takes lines apart
 * Return:   0, PF_SSHD_DRAFT_BINARY, -ENOBUFS beyond PF_SSHD_FILE_MAX, -ENOMEM.
 */
int pf_sshd_draft_init(PfSshdDraft *draft, const char *bytes, size_t n,
                       const PfSshdVersion *version) PF_MUST_CHECK;

/* Is @keyword, in any case, what the line sets? */
bool pf_sshd_draft_sets(const PfSshdDraft *draft, unsigned line, const char *keyword);

/* Does "#" switch off what would set @keyword? */
bool pf_sshd_draft_sets_not(const PfSshdDraft *draft, unsigned line, const char *keyword);

/* Is the line @text, and nothing else? */
bool pf_sshd_draft_is(const PfSshdDraft *draft, unsigned line, const char *text);

/* Does it begin with '#', in its first column? */
bool pf_sshd_draft_is_comment(const PfSshdDraft *draft, unsigned line);

typedef bool (*PfSshdDraftTest)(const PfSshdDraft *draft, unsigned line, const char *text);

/* The first line from @from on of which @test is true, or 0: none. */
unsigned pf_sshd_draft_find(const PfSshdDraft *draft, unsigned from, PfSshdDraftTest test,
                            const char *text);

/**
 * pf_sshd_draft_word() - a word of a line, as written but for quotes around it
 * @i:  0 is the keyword
 * Ownership: the caller frees *@ret.
 * Return: 0; PF_SSHD_DRAFT_NO_WORD, *@ret untouched; -ENOMEM.
 */
enum { PF_SSHD_DRAFT_NO_WORD = 1 };
int pf_sshd_draft_word(const PfSshdDraft *draft, unsigned line, unsigned i,
                       char **ret) PF_MUST_CHECK;

/* Which word of the line is @text, from 1 on; 0: none. Return: 0 or -ENOMEM. */
int pf_sshd_draft_find_word(const PfSshdDraft *draft, unsigned line, const char *text,
                            unsigned *ret) PF_MUST_CHECK;

/*
 * The changes. Each returns 0, PF_SSHD_DRAFT_NO_WORD where the line has no such word
 * (of the first there is none), -ENOBUFS, -ENOMEM; unless 0, the text is as it was.
 */

/* @lines, each ended by '\n', before @line; behind the last where that is draft->n + 1. */
int pf_sshd_draft_insert(PfSshdDraft *draft, unsigned line, const char *lines) PF_MUST_CHECK;

/* @text in place of the words from @first to @last; those there are where @last is beyond. */
int pf_sshd_draft_replace(PfSshdDraft *draft, unsigned line, unsigned first, unsigned last,
                          const char *text) PF_MUST_CHECK;

/* @word behind the last word. */
int pf_sshd_draft_append(PfSshdDraft *draft, unsigned line, const char *word) PF_MUST_CHECK;

/* A word less, with the blanks that kept it from the next. */
int pf_sshd_draft_remove(PfSshdDraft *draft, unsigned line, unsigned i) PF_MUST_CHECK;

/* '#' in front of what the line sets; or away, with the blanks behind it. */
int pf_sshd_draft_switch_off(PfSshdDraft *draft, unsigned line) PF_MUST_CHECK;
int pf_sshd_draft_switch_on(PfSshdDraft *draft, unsigned line) PF_MUST_CHECK;
