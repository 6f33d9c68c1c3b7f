/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Stored password hashes, crypt(5): which scheme one is of, whether it is whole,
 * and whether a machine's libcrypt knows the scheme. No password is ever tried.
 */

#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"

/* In the order of crypt(5), the strongest first. */
typedef enum PfCryptScheme {
        PF_CRYPT_YESCRYPT,
        PF_CRYPT_GOST_YESCRYPT,
        PF_CRYPT_SCRYPT,
        PF_CRYPT_BCRYPT,
        PF_CRYPT_BCRYPT_A,
        PF_CRYPT_BCRYPT_X,
        PF_CRYPT_BCRYPT_Y,
        PF_CRYPT_SHA512,
        PF_CRYPT_SHA256,
        PF_CRYPT_SHA1,
        PF_CRYPT_SUNMD5,
        PF_CRYPT_MD5,
        PF_CRYPT_NT,
        PF_CRYPT_BSDI,
        PF_CRYPT_DES, /* and bigcrypt, which has its form */
        PF_CRYPT_N_SCHEMES,
        PF_CRYPT_NONE, /* no scheme's: "*", "x", "$8$…" */
} PfCryptScheme;

/* The scheme by the first characters, as libcrypt chooses it. */
PfCryptScheme pf_crypt_scheme(const char *hash);
const char *pf_crypt_scheme_to_string(PfCryptScheme scheme); /* "yescrypt"; never NULL */

/**
 * pf_crypt_is_whole() - could crypt(3) give back this very text for some password?
 * False for a hash that is cut off, has something behind it, or was put
 * together by hand: then no password matches it.
 * Rule: crypt(5), and the observed behaviour of libxcrypt 4.4.
 */
bool pf_crypt_is_whole(const char *hash);

/* What stands in the place of a password: "yescrypt hash", "locked, yescrypt
 * hash", "locked", "empty", "no hash". Static. @size of 64 is enough. */
const char *pf_crypt_describe(const char *password, char *buffer, size_t size);
#define PF_CRYPT_DESCRIBE(password) pf_crypt_describe(password, (char[64]){ 0 }, 64)

/* What a machine's libcrypt knows. */
typedef struct PfCryptLibrary {
        char text[80];    /* "libxcrypt 4.4", "glibc 2.17" */
        unsigned schemes; /* 1 << PF_CRYPT_… */
        bool assumed;     /* by the distribution: the library itself was not found */
} PfCryptLibrary;

/**
 * pf_crypt_library_detect() - which libcrypt would programs of this machine use?
 * Rule:   the name of the file that libcrypt.so.1 or .so.2 is a link to:
 *         libcrypt-2.17.so is of glibc, libcrypt.so.1.1.0 is libxcrypt. Where there
 *         is none, what the distribution ships, by its os-release.
 * Return: 0; -EACCES, -EIO … with a text.
 */
int pf_crypt_library_detect(const PfTarget *target, PfCryptLibrary *ret, PfErr *err) PF_MUST_CHECK;
