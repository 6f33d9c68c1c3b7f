/* SPDX-License-Identifier: MIT */
#include "probes/sshd/edit.h"

#include <string.h>

#include "probes/parse/sshd-words.h"

#define BLANKS " \t\r"

/* Bytes of the text: from @start on, @n of them. */
typedef struct Span {
        size_t start;
        size_t n;
} Span;

void pf_sshd_draft_deinit(PfSshdDraft *draft) {
        pf_buf_deinit(&draft->text);
        free(draft->starts);
        draft->starts = NULL;
        draft->n = 0;
}

/* Where its lines begin. */
static int find_lines(const PfBuf *text, size_t **ret, unsigned *ret_n) {
        const char *bytes = text->data ? text->data : "";
        unsigned n = 0;
        size_t *starts;

        for (size_t i = 0; i < text->n; i++)
                n += bytes[i] == '\n' || i + 1 == text->n;
        starts = calloc((size_t) n + 1, sizeof(*starts));
        if (!starts)
                return -ENOMEM;
        *ret_n = n;
        n = 0;
        for (size_t i = 0; i < text->n; i++)
                if (bytes[i] == '\n' || i + 1 == text->n)
                        starts[++n] = i + 1;
        *ret = starts;
        return 0;
}

/* Takes over @text, which is empty afterwards; the draft is as it was unless 0 is returned. */
static int set_text(PfSshdDraft *draft, PfBuf *text) {
        size_t *starts = NULL;
        unsigned n = 0;
        int r = find_lines(text, &starts, &n);

        if (r < 0)
                return r;
        pf_sshd_draft_deinit(draft);
        draft->text = *text;
        draft->starts = starts;
        draft->n = n;
        *text = (PfBuf){ 0 };
        return 0;
}

int pf_sshd_draft_init(PfSshdDraft *draft, const char *bytes, size_t n,
                       const PfSshdVersion *version) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SSHD_FILE_MAX);
        int r;

        if (n > 0 && memchr(bytes, '\0', n))
                return PF_SSHD_DRAFT_BINARY;
        r = pf_buf_add(&text, n > 0 ? bytes : "", n);
        if (r < 0)
                return r;
        *draft = (PfSshdDraft){ .cut_comments = pf_sshd_version_compare(version, 8, 7) < 0 };
        return set_text(draft, &text);
}

/* --- lines --- */

static const char *bytes_of(const PfSshdDraft *draft) {
        return draft->text.data ? draft->text.data : "";
}

/* Without what ends it; empty, behind all text, where there is no such line. */
static Span line_of(const PfSshdDraft *draft, unsigned line) {
        const char *bytes = bytes_of(draft);
        size_t start = draft->text.n, end = draft->text.n;

        if (line <= draft->n) {
                start = draft->starts[line - 1];
                end = draft->starts[line];
        }
        if (end > start && bytes[end - 1] == '\n')
                end--;
        if (end > start && bytes[end - 1] == '\r')
                end--;
        return (Span){ start, end - start };
}

static Span skip(const PfSshdDraft *draft, Span span, const char *set) {
        size_t n = 0;

        while (n < span.n && strchr(set, bytes_of(draft)[span.start + n]))
                n++;
        return (Span){ span.start + n, span.n - n };
}

static char *copy_of(const PfSshdDraft *draft, Span span) {
        return strndup(bytes_of(draft) + span.start, span.n);
}

/* Does the text of @span begin with @keyword, as sshd reads it? */
static bool begins_with(const PfSshdDraft *draft, Span span, const char *keyword) {
        PF_AUTO_FREE char *copy = copy_of(draft, span);
        char *rest = copy;
        char *word = copy ? pf_sshd_delim(&rest, true) : NULL;

        if (word && !*word)
                word = pf_sshd_delim(&rest, true);
        return word && strcasecmp(word, keyword) == 0;
}

bool pf_sshd_draft_sets(const PfSshdDraft *draft, unsigned line, const char *keyword) {
        return begins_with(draft, skip(draft, line_of(draft, line), BLANKS), keyword);
}

bool pf_sshd_draft_sets_not(const PfSshdDraft *draft, unsigned line, const char *keyword) {
        const Span span = skip(draft, line_of(draft, line), BLANKS);
        const Span behind = skip(draft, span, BLANKS "#");

        return span.n > 0 && bytes_of(draft)[span.start] == '#' &&
               begins_with(draft, behind, keyword);
}

bool pf_sshd_draft_is(const PfSshdDraft *draft, unsigned line, const char *text) {
        const Span span = line_of(draft, line);

        return span.n == strlen(text) && memcmp(bytes_of(draft) + span.start, text, span.n) == 0;
}

bool pf_sshd_draft_is_comment(const PfSshdDraft *draft, unsigned line) {
        const Span span = line_of(draft, line);

        return span.n > 0 && bytes_of(draft)[span.start] == '#';
}

unsigned pf_sshd_draft_find(const PfSshdDraft *draft, unsigned from, PfSshdDraftTest test,
                            const char *text) {
        for (unsigned line = from; line <= draft->n; line++)
                if (test(draft, line, text))
                        return line;
        return 0;
}

/* --- words --- */

/* The end of the word that begins at @at: quotes belong to it. Since 8.7 it may be
 * made of several pieces, and '\' keeps what follows from being special. */
static size_t end_of_word(const PfSshdDraft *draft, size_t at, size_t end) {
        const char *bytes = bytes_of(draft);
        const char *quotes = draft->cut_comments ? "\"" : "\"'";
        char quote = '\0';

        for (; at < end; at++) {
                if (!draft->cut_comments && bytes[at] == '\\' && at + 1 < end &&
                    strchr("\\\"' ", bytes[at + 1]))
                        at++;
                else if (quote)
                        quote = bytes[at] == quote ? '\0' : quote;
                else if (strchr(quotes, bytes[at]))
                        quote = bytes[at];
                else if (strchr(BLANKS, bytes[at]) || (draft->cut_comments && bytes[at] == '#'))
                        break;
        }
        return at;
}

/* The keyword ends at '=' too, or at a quote. */
static size_t end_of_keyword(const PfSshdDraft *draft, size_t at, size_t end) {
        const char *bytes = bytes_of(draft);

        if (bytes[at] == '"')
                return end_of_word(draft, at, end);
        while (at < end && !strchr(BLANKS "\"=", bytes[at]))
                at++;
        return at;
}

/* The word of @line behind @before, whose n is 0 for the keyword. */
static bool next_word(const PfSshdDraft *draft, Span line, bool is_first, Span *word) {
        const char *bytes = bytes_of(draft);
        const size_t end = line.start + line.n;
        size_t at = is_first ? line.start : word->start + word->n;
        Span rest = skip(draft, (Span){ at, end - at }, BLANKS);

        if (!is_first && word->start == skip(draft, line, BLANKS).start && rest.n > 0 &&
            bytes[rest.start] == '=')
                rest = skip(draft, (Span){ rest.start + 1, rest.n - 1 }, BLANKS);
        if (rest.n == 0 || bytes[rest.start] == '#')
                return false;
        at = is_first ? end_of_keyword(draft, rest.start, end)
                      : end_of_word(draft, rest.start, end);
        *word = (Span){ rest.start, at - rest.start };
        return true;
}

/* The words from @first to @last, or to the last that there is. */
static bool find_words(const PfSshdDraft *draft, unsigned line, unsigned first, unsigned last,
                       Span *ret) {
        const Span whole = line_of(draft, line);
        Span word;
        bool found = false;

        for (unsigned i = 0; i <= last && next_word(draft, whole, i == 0, &word); i++) {
                if (i == first)
                        *ret = word;
                if (i < first)
                        continue;
                found = true;
                ret->n = word.start + word.n - ret->start;
        }
        return found;
}

/* The text of a word, without quotes around it; NULL: no memory. */
static char *text_of(const PfSshdDraft *draft, Span span) {
        const char *start = bytes_of(draft) + span.start;

        if (span.n > 1 && (*start == '"' || *start == '\'') && start[span.n - 1] == *start)
                span = (Span){ span.start + 1, span.n - 2 };
        return copy_of(draft, span);
}

int pf_sshd_draft_word(const PfSshdDraft *draft, unsigned line, unsigned i, char **ret) {
        Span span;
        char *word;

        if (!find_words(draft, line, i, i, &span))
                return PF_SSHD_DRAFT_NO_WORD;
        word = text_of(draft, span);
        if (!word)
                return -ENOMEM;
        *ret = word;
        return 0;
}

int pf_sshd_draft_find_word(const PfSshdDraft *draft, unsigned line, const char *text,
                            unsigned *ret) {
        const Span whole = line_of(draft, line);
        Span span;

        *ret = 0;
        for (unsigned i = 0; next_word(draft, whole, i == 0, &span); i++) {
                PF_AUTO_FREE char *word = text_of(draft, span);

                if (!word)
                        return -ENOMEM;
                if (i == 0 || strcmp(word, text) != 0)
                        continue;
                *ret = i;
                return 0;
        }
        return 0;
}

/* --- changes --- */

/* @text in place of what stands in @span. */
static int splice(PfSshdDraft *draft, Span span, const char *text) {
        PF_AUTO_BUF PfBuf out = PF_BUF_INIT(PF_SSHD_FILE_MAX);
        const char *bytes = bytes_of(draft);
        const size_t behind = span.start + span.n;
        int r;

        r = pf_buf_add(&out, bytes, span.start);
        if (r == 0)
                r = pf_buf_add_string(&out, text);
        if (r == 0)
                r = pf_buf_add(&out, bytes + behind, draft->text.n - behind);
        return r < 0 ? r : set_text(draft, &out);
}

/* Do the lines of the text end as on Windows? The first decides. */
static bool has_crlf(const PfSshdDraft *draft) {
        const char *bytes = bytes_of(draft);
        const char *end = memchr(bytes, '\n', draft->text.n);

        return end && end > bytes && end[-1] == '\r';
}

int pf_sshd_draft_insert(PfSshdDraft *draft, unsigned line, const char *lines) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SSHD_FILE_MAX);
        const char *end = has_crlf(draft) ? "\r\n" : "\n";
        const Span at = { line_of(draft, line).start, 0 };
        int r = 0;

        /* What was the last line may lack its end. */
        if (at.start > 0 && bytes_of(draft)[at.start - 1] != '\n')
                r = pf_buf_add_string(&text, end);
        while (*lines && r == 0) {
                const size_t n = strcspn(lines, "\n");

                r = pf_buf_add(&text, lines, n);
                if (r == 0)
                        r = pf_buf_add_string(&text, end);
                lines += n + (lines[n] == '\n');
        }
        return r < 0 ? r : splice(draft, at, text.data ? text.data : "");
}

int pf_sshd_draft_replace(PfSshdDraft *draft, unsigned line, unsigned first, unsigned last,
                          const char *text) {
        Span span;

        if (!find_words(draft, line, first, last, &span))
                return PF_SSHD_DRAFT_NO_WORD;
        return splice(draft, span, text);
}

int pf_sshd_draft_append(PfSshdDraft *draft, unsigned line, const char *word) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SSHD_FILE_MAX);
        Span span;
        int r;

        if (!find_words(draft, line, 0, PF_SSHD_VALUES_MAX, &span))
                return PF_SSHD_DRAFT_NO_WORD;
        r = pf_buf_printf(&text, " %s", word);
        return r < 0 ? r : splice(draft, (Span){ span.start + span.n, 0 }, text.data);
}

int pf_sshd_draft_remove(PfSshdDraft *draft, unsigned line, unsigned i) {
        Span before, word, after;
        size_t start, end;

        if (i == 0 || !find_words(draft, line, i - 1, i - 1, &before) ||
            !find_words(draft, line, i, i, &word))
                return PF_SSHD_DRAFT_NO_WORD;
        if (find_words(draft, line, i + 1, i + 1, &after)) {
                start = word.start;
                end = after.start;
        } else {
                start = before.start + before.n;
                end = word.start + word.n;
        }
        return splice(draft, (Span){ start, end - start }, "");
}

int pf_sshd_draft_switch_off(PfSshdDraft *draft, unsigned line) {
        const Span span = skip(draft, line_of(draft, line), BLANKS);

        return splice(draft, (Span){ span.start, 0 }, "#");
}

int pf_sshd_draft_switch_on(PfSshdDraft *draft, unsigned line) {
        const Span span = skip(draft, line_of(draft, line), BLANKS);
        const Span behind = skip(draft, span, BLANKS "#");

        return splice(draft, (Span){ span.start, behind.start - span.start }, "");
}
