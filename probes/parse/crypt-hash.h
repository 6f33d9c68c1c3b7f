/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Stored password hashes, crypt(5): which scheme one is of, and whether it is
 * whole. No password is ever tried.
 */

#include <stdbool.h>
#include <stddef.h>

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
