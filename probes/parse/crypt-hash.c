/* SPDX-License-Identifier: MIT */
/*
 * The schemes of crypt(5): by what a hash of each is known, and what one looks
 * like that is whole. A digest whose last character carries fewer than six bits
 * can end in some of the characters only.
 */
#include "probes/parse/crypt-hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The digits of every scheme but bcrypt, which has its own order. */
#define DIGITS "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define BCRYPT_DIGITS "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

#define LAST_OF_2_BITS "./01"             /* the low two, as MD5 and SHA-512 write */
#define LAST_OF_4_BITS "./0123456789ABCD" /* the low four: SHA-256, yescrypt */
#define LAST_OF_DES ".26AEIMQUYcgkosw"    /* the high four */
#define LAST_OF_BCRYPT ".CGKOSWaeimquy26" /* the same in bcrypt's order */
#define LAST_OF_BCRYPT_SALT ".Oeu"        /* the high two */
#define LAST_OF_6_BITS DIGITS

typedef struct Scheme {
        const char *prefix;
        const char *name;
        bool (*is_whole)(const char *rest); /* what follows the prefix */
} Scheme;

/* @n digits, the last of them one of @last, and nothing behind. */
static bool is_digest(const char *text, size_t n, const char *last) {
        return strspn(text, DIGITS) == n && !text[n] && strchr(last, text[n - 1]);
}

/* A decimal number without leading zeros in @min … @max, which @end follows. */
static const char *skip_number(const char *text, unsigned long min, unsigned long max, char end) {
        char *behind;
        unsigned long value;

        if (*text < '1' || *text > '9')
                return NULL;
        value = strtoul(text, &behind, 10);
        return value >= min && value <= max && *behind == end ? behind + 1 : NULL;
}

/* "salt$digest" with a salt of up to @salt_max characters. */
static bool is_salted(const char *rest, size_t salt_max, size_t n, const char *last) {
        size_t salt = strcspn(rest, "$");

        return salt <= salt_max && rest[salt] == '$' && is_digest(rest + salt + 1, n, last);
}

static const char *skip_rounds(const char *rest) {
        static const char word[] = "rounds=";

        if (strncmp(rest, word, strlen(word)) != 0)
                return rest;
        return skip_number(rest + strlen(word), 1000, 999999999, '$');
}

static bool is_sha512(const char *rest) {
        rest = skip_rounds(rest);
        return rest && is_salted(rest, 16, 86, LAST_OF_2_BITS);
}

static bool is_sha256(const char *rest) {
        rest = skip_rounds(rest);
        return rest && is_salted(rest, 16, 43, LAST_OF_4_BITS);
}

static bool is_md5(const char *rest) {
        return is_salted(rest, 8, 22, LAST_OF_2_BITS);
}

static bool is_sha1(const char *rest) {
        rest = skip_number(rest, 4, 4294967295UL, '$');
        return rest && is_salted(rest, 64, 28, LAST_OF_6_BITS);
}

/* "$salt$$digest", ",rounds=N$salt$digest": one or two dollars before the digest. */
static bool is_sunmd5(const char *rest) {
        static const char rounds[] = ",rounds=";

        if (strncmp(rest, rounds, strlen(rounds)) == 0)
                rest = skip_number(rest + strlen(rounds), 1, 4294963199UL, '$');
        else
                rest = *rest == '$' ? rest + 1 : NULL;
        if (!rest)
                return false;
        rest += strspn(rest, DIGITS);
        if (*rest++ != '$')
                return false;
        return is_digest(*rest == '$' ? rest + 1 : rest, 22, LAST_OF_2_BITS);
}

static bool is_nt(const char *rest) {
        return *rest == '$' && strspn(rest + 1, "0123456789abcdef") == 32 && !rest[33];
}

static bool is_bsdi(const char *rest) {
        return is_digest(rest, 19, LAST_OF_DES);
}

/* Two characters of salt, then a block of eleven for each eight of the password. */
static bool is_des(const char *hash) {
        size_t n = strlen(hash);

        if (n < 13 || (n - 2) % 11 != 0 || n > 2 + 16 * 11 || strspn(hash, DIGITS) != n)
                return false;
        for (size_t last = 12; last < n; last += 11)
                if (!strchr(LAST_OF_DES, hash[last]))
                        return false;
        return true;
}

static bool is_bcrypt(const char *rest) {
        unsigned cost = 0;

        if (strspn(rest, "0123456789") == 2 && rest[2] == '$')
                cost = (unsigned) strtoul(rest, NULL, 10);
        return cost >= 4 && cost <= 31 && strspn(rest + 3, BCRYPT_DIGITS) == 53 && !rest[56] &&
               strchr(LAST_OF_BCRYPT_SALT, rest[24]) && strchr(LAST_OF_BCRYPT, rest[55]);
}

/* A number of yescrypt's own kind: the first digit says how many follow. */
static const char *skip_yescrypt_number(const char *text, unsigned *ret) {
        unsigned first = 0, last = 47, digits = 1, value = 0;
        const char *at = strchr(DIGITS, *text);
        unsigned digit;

        if (!*text || !at)
                return NULL;
        for (digit = (unsigned) (at - DIGITS); digit > last; digits++) {
                value += (last + 1 - first) << (6 * (digits - 1));
                first = last + 1;
                last = first + (62 - last) / 2;
        }
        if (strspn(text, DIGITS) < digits)
                return NULL;
        value += (digit - first) << (6 * (digits - 1));
        for (unsigned i = 1; i < digits; i++)
                value += (unsigned) (strchr(DIGITS, text[i]) - DIGITS) << (6 * (digits - 1 - i));
        *ret = value;
        return text + digits;
}

/* The flavours that libcrypt computes. */
enum { YESCRYPT_SCRYPT = 0, YESCRYPT_WORM = 1, YESCRYPT_DEFAULT = 47 };

/* Flavour, cost and block size, then perhaps a mask and the numbers it names. */
static const char *skip_yescrypt_parameters(const char *rest) {
        unsigned flavour, number, mask = 0;

        rest = skip_yescrypt_number(rest, &flavour);
        if (rest && flavour != YESCRYPT_SCRYPT && flavour != YESCRYPT_WORM &&
            flavour != YESCRYPT_DEFAULT)
                return NULL;
        if (rest)
                rest = skip_yescrypt_number(rest, &number);
        if (rest)
                rest = skip_yescrypt_number(rest, &number);
        if (rest && *rest != '$') {
                rest = skip_yescrypt_number(rest, &mask);
                mask++;
        }
        for (; rest && mask; mask >>= 1)
                if (mask & 1)
                        rest = skip_yescrypt_number(rest, &number);
        return rest && *rest == '$' ? rest + 1 : NULL;
}

/* Bytes in groups of four digits; the last group may be shorter, its spare bits zero. */
static bool is_yescrypt_salt(const char *salt, size_t n) {
        static const char *const last[] = { DIGITS, "", LAST_OF_2_BITS, LAST_OF_4_BITS };

        return n == 0 || (strspn(salt, DIGITS) == n && strchr(last[n % 4], salt[n - 1]));
}

static bool is_yescrypt(const char *rest) {
        rest = skip_yescrypt_parameters(rest);
        return rest && is_yescrypt_salt(rest, strcspn(rest, "$")) &&
               is_salted(rest, 86, 43, LAST_OF_4_BITS);
}

/* Five digits, the low ones first. */
static unsigned long long scrypt_number(const char *text) {
        unsigned long long value = 0;

        for (unsigned i = 0; i < 5; i++)
                value |= (unsigned long long) (strchr(DIGITS, text[i]) - DIGITS) << (6 * i);
        return value;
}

/* One digit of cost, then block size and parallelism, whose product has a limit. */
static bool is_scrypt(const char *rest) {
        unsigned long long work;

        if (strspn(rest, DIGITS) < 11)
                return false;
        work = scrypt_number(rest + 1) * scrypt_number(rest + 6);
        return work > 0 && work < 1 << 30 && is_salted(rest + 11, 86, 43, LAST_OF_4_BITS);
}

static const Scheme schemes[PF_CRYPT_N_SCHEMES] = {
        [PF_CRYPT_YESCRYPT] = { "$y$", "yescrypt", is_yescrypt },
        [PF_CRYPT_GOST_YESCRYPT] = { "$gy$", "gost-yescrypt", is_yescrypt },
        [PF_CRYPT_SCRYPT] = { "$7$", "scrypt", is_scrypt },
        [PF_CRYPT_BCRYPT] = { "$2b$", "bcrypt", is_bcrypt },
        [PF_CRYPT_BCRYPT_A] = { "$2a$", "bcrypt (2a)", is_bcrypt },
        [PF_CRYPT_BCRYPT_X] = { "$2x$", "bcrypt (2x)", is_bcrypt },
        [PF_CRYPT_BCRYPT_Y] = { "$2y$", "bcrypt (2y)", is_bcrypt },
        [PF_CRYPT_SHA512] = { "$6$", "SHA-512", is_sha512 },
        [PF_CRYPT_SHA256] = { "$5$", "SHA-256", is_sha256 },
        [PF_CRYPT_SHA1] = { "$sha1$", "SHA-1", is_sha1 },
        [PF_CRYPT_SUNMD5] = { "$md5", "SunMD5", is_sunmd5 },
        [PF_CRYPT_MD5] = { "$1$", "MD5", is_md5 },
        [PF_CRYPT_NT] = { "$3$", "NT", is_nt },
        [PF_CRYPT_BSDI] = { "_", "BSDi", is_bsdi },
        [PF_CRYPT_DES] = { NULL, "DES", is_des }, /* two digits */
};

PfCryptScheme pf_crypt_scheme(const char *hash) {
        for (size_t i = 0; i < PF_CRYPT_N_SCHEMES; i++) {
                const char *prefix = schemes[i].prefix;

                if (prefix ? strncmp(hash, prefix, strlen(prefix)) == 0 : strspn(hash, DIGITS) >= 2)
                        return (PfCryptScheme) i;
        }
        return PF_CRYPT_NONE;
}

const char *pf_crypt_scheme_to_string(PfCryptScheme scheme) {
        return scheme < PF_CRYPT_N_SCHEMES ? schemes[scheme].name : "unknown";
}

bool pf_crypt_is_whole(const char *hash) {
        PfCryptScheme scheme = pf_crypt_scheme(hash);
        const char *prefix;

        if (scheme == PF_CRYPT_NONE)
                return false;
        for (const char *p = hash; *p; p++)
                if (*p <= ' ' || *p > '~' || strchr("!*:;\\", *p))
                        return false;
        prefix = schemes[scheme].prefix;
        return schemes[scheme].is_whole(hash + (prefix ? strlen(prefix) : 0));
}

const char *pf_crypt_describe(const char *password, char *buffer, size_t size) {
        const char *hash = password + strspn(password, "!");
        const char *lock = hash != password ? "locked" : "";
        PfCryptScheme scheme = pf_crypt_scheme(hash);

        if (!*password)
                return "empty";
        if (!*hash)
                return lock;
        if (scheme == PF_CRYPT_NONE || (scheme == PF_CRYPT_DES && !pf_crypt_is_whole(hash)))
                return *lock ? "locked, no hash" : "no hash";
        (void) snprintf(buffer, size, "%s%s%s%s hash", lock, *lock ? ", " : "",
                        pf_crypt_is_whole(hash) ? "" : "damaged ",
                        pf_crypt_scheme_to_string(scheme));
        return buffer;
}
