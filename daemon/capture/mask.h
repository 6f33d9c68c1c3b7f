/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes the secrets out of what was read of a machine, so that it is judged as
 * before: hashes of passwords keep their scheme and whether they are whole, keys
 * their kind, length and passphrase, locks and empty fields stay as they are.
 *
 * Everything is replaced in its place, byte for byte: no length and no line
 * changes, in an archive or a program as little as in a text.
 */

/* How many secrets were replaced. */
typedef struct PfMasked {
        size_t hashes;
        size_t keys;
        size_t passwords; /* that stood there in clear */
} PfMasked;

/**
 * pf_mask() - replace every secret in a file
 * @path:   decides what the fields of a line are: /etc/shadow, /boot/grub/grub.cfg
 * @bytes:  @n of them, the whole file or its beginning; changed in place
 * @masked: what was replaced is added
 *
 * Rule: crypt(5), shadow(5), passwd(5), gshadow(5); RFC 7468 for private keys;
 *       GRUB's manual on password and password_pbkdf2; and words such as
 *       "password=" of mount.cifs(8) and ldap.conf(5).
 * Return: 0 or -ENOMEM.
 */
int pf_mask(const char *path, char *bytes, size_t n, PfMasked *masked);

/* A hash, or what stands in its place, as a string. Is anything replaced? */
bool pf_mask_hash(char *hash);

/* The private keys among @n bytes. Return: how many, or -ENOMEM. */
int pf_mask_keys(char *bytes, size_t n);
