/* SPDX-License-Identifier: MIT */
/*
 * Lines and words of sshd_config. Pure text; knows no keyword.
 */
#include "probes/parse/sshd-words.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"

#define BLANKS " \t\r\n"

int pf_sshd_text(const char *bytes, size_t n, bool cut_comments, char **ret) {
        PF_AUTO_FREE char *text = NULL;
        size_t used = 0;

        /* What is kept is never longer than the file, but for one line end. */
        text = malloc(n + 2);
        if (!text)
                return -ENOMEM;

        for (size_t at = 0; at < n;) {
                const char *line = bytes + at;
                const char *end = memchr(line, '\n', n - at);
                size_t length = end ? (size_t) (end - line) + 1 : n - at;
                const char *nul = memchr(line, '\0', length);
                const char *hash;

                at += length;
                if (nul)
                        length = (size_t) (nul - line);
                hash = cut_comments ? memchr(line, '#', length) : NULL;
                if (hash)
                        length = (size_t) (hash - line);
                while (length > 0 && strchr(" \t\r", *line))
                        line++, length--;
                memcpy(text + used, line, length);
                used += length;
                if (hash)
                        text[used++] = '\n';
        }
        text[used] = '\0';
        *ret = PF_STEAL(text);
        return 0;
}

void pf_sshd_trim_end(char *line) {
        size_t n = strlen(line);

        while (n > 1 && strchr(BLANKS "\f", line[n - 1]))
                line[--n] = '\0';
}

static char *skip_blanks(char *text) {
        return text + strspn(text, BLANKS);
}

char *pf_sshd_delim(char **rest, bool split_equals) {
        char *word = *rest;
        char *end;
        bool equals;

        if (!word)
                return NULL;
        end = strpbrk(word, split_equals ? BLANKS "\"=" : BLANKS "\"");
        *rest = end;
        if (!end)
                return word;

        if (*end == '"') {
                /* The opening quote is dropped; what stands before it stays. */
                memmove(end, end + 1, strlen(end));
                end = strchr(end, '"');
                *rest = end;
                if (!end)
                        return NULL;
                *end = '\0';
                *rest = skip_blanks(end + 1);
                return word;
        }

        equals = split_equals && *end == '=';
        *end = '\0';
        *rest = skip_blanks(end + 1);
        if (split_equals && !equals && **rest == '=')
                *rest = skip_blanks(*rest + 1);
        return word;
}

static bool is_escaped(const char *text, char quote) {
        return text[0] == '\\' &&
               (text[1] == '\'' || text[1] == '"' || text[1] == '\\' || (text[1] == ' ' && !quote));
}

/* Copies one word to @word and returns where it ended; a quote that is still
 * open is left in *quote. */
static const char *copy_word(const char *text, char *word, char *quote) {
        *quote = '\0';
        for (; *text; text++) {
                if (is_escaped(text, *quote))
                        *word++ = *++text;
                else if (!*quote && (*text == ' ' || *text == '\t'))
                        break;
                else if (!*quote && (*text == '"' || *text == '\''))
                        *quote = *text;
                else if (*quote && *text == *quote)
                        *quote = '\0';
                else
                        *word++ = *text;
        }
        *word = '\0';
        return text;
}

int pf_sshd_split(const char *text, PfStrv *ret) {
        PF_AUTO_FREE char *word = NULL;
        char quote;
        int r;

        word = malloc(strlen(text) + 1);
        if (!word)
                return -ENOMEM;
        for (;;) {
                text += strspn(text, " \t");
                if (*text == '\0' || *text == '#')
                        return 0;
                text = copy_word(text, word, &quote);
                if (quote)
                        return PF_SSHD_OPEN_QUOTE;
                r = pf_strv_add(ret, word);
                if (r < 0)
                        return r;
        }
}

static int join_word(PfBuf *buf, const char *word) {
        bool quoted = strpbrk(word, " \t");
        int r;

        r = pf_buf_add_string(buf, quoted ? "\"" : "");
        for (; *word && r == 0; word++) {
                if (strchr("\\'\"", *word))
                        r = pf_buf_add_string(buf, "\\");
                if (r == 0)
                        r = pf_buf_add(buf, word, 1);
        }
        return r == 0 && quoted ? pf_buf_add_string(buf, "\"") : r;
}

char *pf_sshd_join(char *const *words, size_t n) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SIZE_MAX / 2);
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++) {
                r = pf_buf_add_string(&buf, i > 0 ? " " : "");
                if (r == 0)
                        r = join_word(&buf, words[i]);
        }
        return r == 0 ? pf_buf_steal(&buf) : NULL;
}

char *pf_sshd_visible(const char *text) {
        char *shown = malloc(4 * strlen(text) + 1);
        size_t n = 0;

        if (!shown)
                return NULL;
        for (; *text; text++) {
                unsigned char c = (unsigned char) *text;

                if (c == '\\')
                        shown[n++] = '\\';
                if ((c < 0x80 && isgraph(c)) || strchr(" \t\n\b\a\r", c))
                        shown[n++] = (char) c;
                else
                        n += (size_t) sprintf(shown + n, "\\%03o", c);
        }
        shown[n] = '\0';
        return shown;
}
