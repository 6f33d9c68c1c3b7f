/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Files of private SSH keys, as far as they can be looked at without
 * cryptography: which kind of key, how long, and whether a passphrase is
 * needed. No part of a secret leaves this.
 */

#include <stdbool.h>
#include <stddef.h>

typedef enum PfSshKeyType {
        PF_SSH_KEY_UNKNOWN, /* a private key, of what kind its file does not say */
        PF_SSH_KEY_RSA,
        PF_SSH_KEY_DSA,
        PF_SSH_KEY_ECDSA,
        PF_SSH_KEY_ED25519,
        PF_SSH_KEY_OTHER, /* of a kind that is named, but not one of these */
} PfSshKeyType;

typedef struct PfSshKey {
        PfSshKeyType type;
        bool is_encrypted;
        unsigned bits; /* of an RSA modulus; 0: not known, or not RSA */
} PfSshKey;

#define PF_SSH_KEY_FILE_MAX (1 << 20) /* as OpenSSH's own limit */

/* Positive outcome: no key that sshd could load. */
enum { PF_SSH_KEY_BAD = 1 };

/**
 * pf_ssh_key_parse() - look at a private key
 * @text: @n bytes, the file as it is
 * Rule:   "-----BEGIN OPENSSH PRIVATE KEY-----" at the very beginning, then the
 *         format of OpenSSH's PROTOCOL.key; any other "-----BEGIN … PRIVATE KEY-----"
 *         is OpenSSL's PEM: RFC 7468, RFC 8017 (RSA), RFC 5915 (EC), RFC 5958
 *         (PKCS#8), and the header "Proc-Type: 4,ENCRYPTED" of RFC 1421.
 *         The public part, the padding and the lengths must be right; whether
 *         the numbers are a key is not computed.
 * Return: 0, PF_SSH_KEY_BAD, -ENOMEM.
 */
int pf_ssh_key_parse(const char *text, size_t n, PfSshKey *ret);

/* "RSA", "ED25519", …; never NULL. */
const char *pf_ssh_key_type_name(PfSshKeyType type);
