/* SPDX-License-Identifier: MIT */
/*
 * Stored passwords: a digit of every scheme is a zero afterwards.
 */
#include "daemon/capture/mask.h"

#include <stdlib.h>
#include <string.h>

#include "probes/parse/crypt-hash.h"

#define DIGITS "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DECIMAL "0123456789"

/* What the last digit of a block of DES may be: the zero, or another of them. */
#define LAST_OF_DES ".26AEIMQUYcgkosw"
#define DES_FIRST_LAST 12
#define DES_BLOCK 11

#define YESCRYPT_PARAMETERS_MAX 24
#define SCRYPT_PARAMETERS 11
#define NEVER_A_LAST 'z' /* a digit that no digest of fewer bits ends with */
#define NO_DIGIT '_'

/* The number behind @word with the dollar that ends it, or 0. */
static size_t number_length(const char *text, const char *word) {
        size_t n = strlen(word), digits;

        if (strncmp(text, word, n) != 0)
                return 0;
        digits = strspn(text + n, DECIMAL);
        return text[n + digits] == '$' ? n + digits + 1 : 0;
}

static size_t yescrypt_length(const char *text) {
        size_t n = strspn(text, DIGITS);

        return text[n] == '$' && n <= YESCRYPT_PARAMETERS_MAX ? n + 1 : 0;
}

static size_t scrypt_length(const char *text) {
        return strspn(text, DIGITS) >= SCRYPT_PARAMETERS ? SCRYPT_PARAMETERS : 0;
}

static size_t rounds_length(const char *text) {
        return number_length(text, "rounds=");
}

static size_t sunmd5_length(const char *text) {
        return number_length(text, ",rounds=");
}

static size_t decimal_length(const char *text) {
        return number_length(text, "");
}

/* How a hash of each scheme begins, and what behind that is no secret: its cost. */
static const struct Form {
        size_t prefix;
        size_t (*parameters)(const char *text); /* NULL: none */
        char zero;
} forms[PF_CRYPT_N_SCHEMES] = {
        [PF_CRYPT_YESCRYPT] = { 3, yescrypt_length, '.' },
        [PF_CRYPT_GOST_YESCRYPT] = { 4, yescrypt_length, '.' },
        [PF_CRYPT_SCRYPT] = { 3, scrypt_length, '.' },
        [PF_CRYPT_BCRYPT] = { 4, decimal_length, '.' },
        [PF_CRYPT_BCRYPT_A] = { 4, decimal_length, '.' },
        [PF_CRYPT_BCRYPT_X] = { 4, decimal_length, '.' },
        [PF_CRYPT_BCRYPT_Y] = { 4, decimal_length, '.' },
        [PF_CRYPT_SHA512] = { 3, rounds_length, '.' },
        [PF_CRYPT_SHA256] = { 3, rounds_length, '.' },
        [PF_CRYPT_SHA1] = { 6, decimal_length, '.' },
        [PF_CRYPT_SUNMD5] = { 4, sunmd5_length, '.' },
        [PF_CRYPT_MD5] = { 3, NULL, '.' },
        [PF_CRYPT_NT] = { 3, NULL, '0' },
        [PF_CRYPT_BSDI] = { 1, NULL, '.' },
};

static void mask_rest(char *rest, char zero) {
        for (; *rest; rest++)
                if (*rest != '$')
                        *rest = strchr(DIGITS, *rest) ? zero : NO_DIGIT;
}

/* It is judged by its length, and by the last digit of each block; programs cut
 * off what stands behind the digits. */
static void mask_des(char *hash) {
        for (size_t i = 0; hash[i]; i++) {
                bool is_last = i >= DES_FIRST_LAST && (i - DES_FIRST_LAST) % DES_BLOCK == 0;

                if (!strchr(DIGITS, hash[i]))
                        hash[i] = NO_DIGIT;
                else
                        hash[i] = is_last && !strchr(LAST_OF_DES, hash[i]) ? '/' : '.';
        }
}

/* No scheme's: a word that means something, or a mistake. */
static void mask_unknown(char *text) {
        static const char *const words[] = { "x", "*", "*NP*", "*LK*", "NP", "LK" };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(text, words[i]) == 0)
                        return;
        if (strchr(DIGITS, text[0]))
                text[0] = '.';
        mask_rest(text + 1, '.');
}

/* What was the hash of no password must not have become one. */
static void keep_damage(char *hash) {
        char *last = hash + strlen(hash) - 1;

        if (pf_crypt_is_whole(hash))
                *last = NEVER_A_LAST;
        if (pf_crypt_is_whole(hash))
                *last = NO_DIGIT;
}

static void mask_known(char *hash, const struct Form *form) {
        const bool was_whole = pf_crypt_is_whole(hash);
        char *rest = hash + form->prefix;

        if (form->parameters)
                rest += form->parameters(rest);
        mask_rest(rest, form->zero);
        if (!was_whole && *rest)
                keep_damage(hash);
}

bool pf_mask_hash(char *hash) {
        PfCryptScheme scheme;
        char *before;
        bool changed;

        hash += strspn(hash, "!");
        if (!*hash)
                return false;
        before = strdup(hash);
        scheme = pf_crypt_scheme(hash);
        if (scheme == PF_CRYPT_NONE)
                mask_unknown(hash);
        else if (scheme == PF_CRYPT_DES)
                mask_des(hash);
        else
                mask_known(hash, &forms[scheme]);
        changed = !before || strcmp(before, hash) != 0;
        free(before);
        return changed;
}
