/* SPDX-License-Identifier: MIT */
/*
 * Where secrets stand: in fields, behind words, and as hashes and keys anywhere.
 */
#include "daemon/capture/mask.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/crypt-hash.h"

#define HASH_DIGITS "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define HASH_CHARACTERS HASH_DIGITS "$=,"
#define HASH_MAX 512
#define DIGEST_MIN 20 /* digits at the end of a text that could be a hash */

/* A part of the file; what is replaced is replaced there. */
typedef struct Span {
        char *at;
        size_t n;
} Span;

static void fill(Span span, char with) {
        memset(span.at, with, span.n);
}

static const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* --- hashes --- */

static int mask_hash_span(Span span, PfMasked *masked) {
        char *copy = strndup(span.at, span.n);
        size_t n;

        if (!copy)
                return -ENOMEM;
        n = strlen(copy);
        masked->hashes += pf_mask_hash(copy);
        memcpy(span.at, copy, n);
        memset(span.at + n, '\0', span.n - n); /* behind a NUL, which ended it */
        pf_wipe(copy, n);
        free(copy);
        return 0;
}

/* "$6$…" with at least a digest behind its last dollar. */
static bool looks_like_hash(const char *token) {
        PfCryptScheme scheme = pf_crypt_scheme(token);
        const char *last = strrchr(token, '$');

        if (scheme == PF_CRYPT_NONE || scheme == PF_CRYPT_DES || scheme == PF_CRYPT_BSDI)
                return false;
        return pf_crypt_is_whole(token) || strlen(last + 1) >= DIGEST_MIN;
}

/* Anywhere in a file: only what has a dollar can be told from other texts. */
static int mask_hashes(Span file, PfMasked *masked) {
        const char *end = file.at + file.n;
        char *at = file.at;

        while ((at = memchr(at, '$', (size_t) (end - at)))) {
                char token[HASH_MAX + 1];
                size_t n = 0;

                while (at + n < end && n < HASH_MAX && at[n] && strchr(HASH_CHARACTERS, at[n]))
                        n++;
                (void) snprintf(token, sizeof(token), "%.*s", (int) n, at);
                if (!looks_like_hash(token)) {
                        at++;
                        continue;
                }
                if (mask_hash_span((Span){ at, n }, masked) < 0)
                        return -ENOMEM;
                at += n;
        }
        return 0;
}

/* --- lines --- */

typedef int (*MaskLine)(Span line, PfMasked *masked);

static int each_line(Span file, MaskLine mask, PfMasked *masked) {
        int r = 0;

        while (file.n > 0 && r == 0) {
                const char *newline = memchr(file.at, '\n', file.n);
                Span line = { file.at, newline ? (size_t) (newline - file.at) : file.n };

                r = mask(line, masked);
                file.at += line.n + (newline != NULL);
                file.n -= line.n + (newline != NULL);
        }
        return r;
}

/* passwd(5), shadow(5), gshadow(5): the second field. */
static int mask_field(Span line, PfMasked *masked) {
        char *colon = memchr(line.at, ':', line.n);
        const char *end;
        Span field;

        if (!colon)
                return 0;
        field = (Span){ colon + 1, line.n - (size_t) (colon + 1 - line.at) };
        end = memchr(field.at, ':', field.n);
        if (end)
                field.n = (size_t) (end - field.at);
        /* "##name" refers to another file. */
        if (field.n == 0 || (field.n == (size_t) (colon - line.at) + 2 && field.at[0] == '#' &&
                             field.at[1] == '#' && memcmp(field.at + 2, line.at, field.n - 2) == 0))
                return 0;
        return mask_hash_span(field, masked);
}

static Span next_word(Span *rest) {
        Span word;

        while (rest->n > 0 && strchr(" \t\r", rest->at[0])) {
                rest->at++;
                rest->n--;
        }
        word = (Span){ rest->at, 0 };
        while (word.n < rest->n && !strchr(" \t\r", word.at[word.n]))
                word.n++;
        rest->at += word.n;
        rest->n -= word.n;
        return word;
}

static bool is_word(Span word, const char *text) {
        return word.n == strlen(text) && memcmp(word.at, text, word.n) == 0;
}

/* grub.pbkdf2.sha512.10000.SALT.HASH */
static void mask_pbkdf2(Span word, PfMasked *masked) {
        static const char start[] = "grub.pbkdf2.";
        char *at = memmem(word.at, word.n, start, strlen(start));
        unsigned dots = 0;

        if (!at)
                return;
        for (at += strlen(start); at < word.at + word.n; at++)
                if (*at == '.')
                        dots++;
                else if (dots >= 2 && isxdigit((unsigned char) *at))
                        *at = '0';
        masked->hashes++;
}

/* "password NAME TEXT", "password [--md5] TEXT [FILE]": the words of the loader. */
static int mask_loader_line(Span line, PfMasked *masked) {
        Span rest = line, word = next_word(&rest), secret = { 0 };
        const bool is_password = is_word(word, "password");

        for (; word.n > 0; word = next_word(&rest)) {
                mask_pbkdf2(word, masked);
                if (is_password && word.at[0] != '/' && word.at[0] != '(' && word.at[0] != '-' &&
                    !is_word(word, "password"))
                        secret = word;
        }
        if (secret.n > 0 && secret.at[0] != '$') {
                fill(secret, '*');
                masked->passwords++;
        }
        return 0;
}

/* --- words with a secret behind them --- */

static const struct Word {
        const char *text;
        bool without_equals; /* white space alone may stand before its secret */
} words[] = {
        { "password", false }, { "passwd", false },    { "passphrase", false },
        { "pass", false },     { "secret", false },    { "psk", false },
        { "bindpw", true },    { "rootbindpw", true }, { "ldap_default_authtok", false },
};

static bool is_switch(Span value) {
        static const char *const switches[] = { "yes", "no", "true", "false", "on", "off" };

        for (size_t i = 0; i < PF_ELEMENTS(switches); i++)
                if (is_word(value, switches[i]))
                        return true;
        return false;
}

static size_t blanks(Span span, size_t from) {
        size_t n = 0;

        while (from + n < span.n && (span.at[from + n] == ' ' || span.at[from + n] == '\t'))
                n++;
        return n;
}

/* What stands behind the word, up to the next separator; nothing where it is none. */
static Span find_value(Span line, size_t from, const struct Word *word) {
        size_t at = from + blanks(line, from);
        bool has_equals = at < line.n && line.at[at] == '=';
        char quote = '\0';
        Span value;

        if (!has_equals && (!word->without_equals || at == from))
                return (Span){ 0 };
        at += has_equals;
        at += blanks(line, at);
        if (at < line.n && (line.at[at] == '"' || line.at[at] == '\''))
                quote = line.at[at++];
        value = (Span){ line.at + at, 0 };
        while (at + value.n < line.n &&
               (quote ? value.at[value.n] != quote : !strchr(" \t\r,;\"'", value.at[value.n])))
                value.n++;
        /* A variable, or what a program would print there, is no secret; nor is a switch. */
        return value.n > 1 && !strchr("$%<{(", value.at[0]) && !is_switch(value) ? value
                                                                                 : (Span){ 0 };
}

static int mask_words(Span line, PfMasked *masked) {
        for (size_t i = 0; i < line.n; i++) {
                if (i > 0 && (isalnum((unsigned char) line.at[i - 1]) || line.at[i - 1] == '_'))
                        continue;
                for (size_t j = 0; j < PF_ELEMENTS(words); j++) {
                        size_t n = strlen(words[j].text);
                        Span value;

                        if (n >= line.n - i || strncasecmp(line.at + i, words[j].text, n) != 0)
                                continue;
                        value = find_value(line, i + n, &words[j]);
                        if (value.n == 0)
                                continue;
                        fill(value, '*');
                        masked->passwords++;
                }
        }
        return 0;
}

/* The same, where no secret reaches beyond its field. */
static int mask_words_in_fields(Span line, PfMasked *masked) {
        int r = 0;

        while (line.n > 0 && r == 0) {
                const char *colon = memchr(line.at, ':', line.n);
                Span field = { line.at, colon ? (size_t) (colon - line.at) : line.n };

                r = mask_words(field, masked);
                line.at += field.n + (colon != NULL);
                line.n -= field.n + (colon != NULL);
        }
        return r;
}

/* --- files --- */

static bool has_fields(const char *path) {
        static const char *const names[] = { "passwd", "shadow", "group", "gshadow" };
        const char *name = base_name(path);

        if (strstr(path, "/pam.d/"))
                return false;
        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                size_t n = strlen(names[i]);

                if (strncmp(name, names[i], n) == 0 && !isalnum((unsigned char) name[n]))
                        return true;
        }
        return false;
}

static bool is_loader(const char *path) {
        const char *name = base_name(path);

        return strstr(path, "/grub") || strcmp(name, "menu.lst") == 0 ||
               strncmp(path, "/boot/", 6) == 0;
}

int pf_mask(const char *path, char *bytes, size_t n, PfMasked *masked) {
        const Span file = { bytes, n };
        int keys, r = 0;

        if (n == 0)
                return 0;
        keys = pf_mask_keys(bytes, n);
        if (keys < 0)
                return keys;
        masked->keys += (size_t) keys;
        if (has_fields(path))
                r = each_line(file, mask_field, masked);
        /* Programs and archives have such words too, and no lines. */
        if (r == 0 && !memchr(bytes, '\0', n)) {
                if (is_loader(path))
                        r = each_line(file, mask_loader_line, masked);
                if (r == 0)
                        r = each_line(file, has_fields(path) ? mask_words_in_fields : mask_words,
                                      masked);
        }
        return r == 0 ? mask_hashes(file, masked) : r;
}
