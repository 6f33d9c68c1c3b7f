/* SPDX-License-Identifier: MIT */
/*
 * Private keys: what tells their kind and length stays, every number in them is
 * zero afterwards, but for the highest bit of a modulus.
 */
#include "daemon/capture/mask.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/ssh-key.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define PRIVATE "PRIVATE KEY-----"
#define LABEL_MAX 64 /* of the whole line */
#define MAGIC "openssh-key-v1"
#define OLD_MAGIC "SSH PRIVATE KEY FILE FORMAT 1.1\n"

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Bytes of a key that are still to be gone through; they are changed. */
typedef struct Part {
        uint8_t *at;
        size_t n;
} Part;

static void zero(Part part) {
        if (part.n > 0)
                memset(part.at, 0, part.n);
}

/* A number of as many bits. */
static void mask_modulus(Part number) {
        uint8_t top = 0x80;

        for (; number.n > 0 && number.at[0] == 0; number.at++)
                number.n--;
        if (number.n == 0)
                return;
        while (!(number.at[0] & top))
                top >>= 1;
        zero(number);
        number.at[0] = top;
}

/* --- SSH's own encoding: RFC 4251, section 5 --- */

static bool take(Part *from, size_t n, Part *ret) {
        if (n > from->n)
                return false;
        *ret = (Part){ from->at, n };
        from->at += n;
        from->n -= n;
        return true;
}

static bool take_string(Part *from, Part *ret) {
        Part length;

        return take(from, 4, &length) &&
               take(from,
                    (size_t) length.at[0] << 24 | (size_t) length.at[1] << 16 |
                            (size_t) length.at[2] << 8 | length.at[3],
                    ret);
}

static bool is_text(Part part, const char *text) {
        return part.n == strlen(text) && memcmp(part.at, text, part.n) == 0;
}

static bool mask_public(Part public) {
        Part name, exponent, modulus;

        if (!take_string(&public, &name))
                return false;
        if (is_text(name, "ssh-rsa") && take_string(&public, &exponent) &&
            take_string(&public, &modulus))
                mask_modulus(modulus);
        zero(public);
        return true;
}

/* Two equal numbers, then the kind of key, then what nobody may know. */
static bool mask_private(Part private) {
        Part numbers, name;

        if (!take(&private, 8, &numbers) || !take_string(&private, &name))
                return false;
        zero(numbers);
        zero(private);
        return true;
}

static bool mask_openssh(Part key) {
        Part magic, cipher, kdf, options, number, public, private;

        if (!take(&key, sizeof(MAGIC), &magic) || !take_string(&key, &cipher) ||
            !take_string(&key, &kdf) || !take_string(&key, &options) || !take(&key, 4, &number) ||
            !take_string(&key, &public) || !take_string(&key, &private))
                return false;
        zero(options);
        zero(key);
        if (!is_text(cipher, "none"))
                zero(private);
        else if (!mask_private(private))
                return false;
        return mask_public(public);
}

/* --- DER: X.690 --- */

enum { DER_INTEGER = 0x02, DER_OCTETS = 0x04, DER_SEQUENCE = 0x30 };

static bool take_der(Part *from, uint8_t tag, Part *ret) {
        Part head, more;
        size_t n;

        if (!take(from, 2, &head) || head.at[0] != tag)
                return false;
        n = head.at[1];
        if (n & 0x80) {
                if ((n & 0x7f) > 4 || !take(from, n & 0x7f, &more))
                        return false;
                n = 0;
                for (size_t i = 0; i < more.n; i++)
                        n = n << 8 | more.at[i];
        }
        return take(from, n, ret);
}

/* The version, and of RSA the modulus, are what a key is known by. */
static bool mask_sequence(Part key, bool has_modulus) {
        Part sequence, version, modulus;

        if (!take_der(&key, DER_SEQUENCE, &sequence) || !take_der(&sequence, DER_INTEGER, &version))
                return false;
        if (has_modulus && take_der(&sequence, DER_INTEGER, &modulus))
                mask_modulus(modulus);
        zero(sequence);
        zero(key);
        return true;
}

static bool mask_rsa(Part key) {
        return mask_sequence(key, true);
}

static bool mask_other(Part key) {
        return mask_sequence(key, false);
}

static bool mask_pkcs8(Part key) {
        static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
        Part sequence, version, algorithm, octets;

        if (!take_der(&key, DER_SEQUENCE, &sequence) ||
            !take_der(&sequence, DER_INTEGER, &version) ||
            !take_der(&sequence, DER_SEQUENCE, &algorithm) ||
            !take_der(&sequence, DER_OCTETS, &octets))
                return false;
        zero(sequence);
        zero(key);
        if (!memmem(algorithm.at, algorithm.n, rsa, sizeof(rsa)) || !mask_rsa(octets))
                zero(octets);
        return true;
}

/* --- PEM: RFC 7468 --- */

static const struct Kind {
        const char *label;
        bool (*mask)(Part key);
} kinds[] = {
        { "-----BEGIN OPENSSH PRIVATE KEY-----", mask_openssh },
        { "-----BEGIN RSA PRIVATE KEY-----", mask_rsa },
        { "-----BEGIN DSA PRIVATE KEY-----", mask_other },
        { "-----BEGIN EC PRIVATE KEY-----", mask_other },
        { "-----BEGIN PRIVATE KEY-----", mask_pkcs8 },
};

/* A body between its two lines. */
typedef struct Block {
        const char *label;
        char *body;
        size_t n;
} Block;

static int value_of(char c) {
        const char *at = c ? strchr(base64, c) : NULL;

        return at ? (int) (at - base64) : -1;
}

/* Reads, or with @write sets, the digits of a body one after the other. */
static int each_digit(const Block *block, PfBuf *bytes, bool write) {
        uint32_t bits = 0;
        unsigned n_bits = 0;
        size_t done = 0;
        int r = 0;

        for (size_t i = 0; i < block->n && r == 0; i++) {
                int value = value_of(block->body[i]);

                if (value < 0)
                        continue;
                if (!write) {
                        bits = bits << 6 | (uint32_t) value;
                        n_bits += 6;
                        if (n_bits >= 8) {
                                const char byte = (char) (bits >> (n_bits - 8) & 0xff);

                                n_bits -= 8;
                                r = pf_buf_add(bytes, &byte, 1);
                        }
                        continue;
                }
                if (n_bits < 6) {
                        bits = bits << 8 | (done < bytes->n ? (uint8_t) bytes->data[done] : 0);
                        done++;
                        n_bits += 8;
                }
                block->body[i] = base64[bits >> (n_bits - 6) & 0x3f];
                n_bits -= 6;
        }
        return r;
}

/* Every digit is the zero, and what is none stays none. */
static void blank(const Block *block) {
        for (size_t i = 0; i < block->n; i++)
                if (value_of(block->body[i]) >= 0)
                        block->body[i] = 'A';
                else if (!strchr("=\r\n\t ", block->body[i]))
                        block->body[i] = '?';
}

static const struct Kind *find_kind(const char *label) {
        for (size_t i = 0; i < PF_ELEMENTS(kinds); i++)
                if (strncmp(label, kinds[i].label, strlen(kinds[i].label)) == 0)
                        return &kinds[i];
        return NULL;
}

/* Behind the headers, which say how it is encrypted. */
static void skip_headers(Block *block, bool *ret_encrypted) {
        const char *blank_line = memmem(block->body, block->n, "\n\n", 2);

        if (!blank_line)
                blank_line = memmem(block->body, block->n, "\n\r\n", 3);
        *ret_encrypted = memmem(block->body, block->n, "ENCRYPTED", 9) != NULL;
        if (!blank_line || !memchr(block->body, ':', block->n))
                return;
        block->n -= (size_t) (blank_line - block->body);
        block->body += blank_line - block->body;
}

static int mask_block(Block block) {
        PF_AUTO_BUF PfBuf bytes = PF_SECRET_BUF_INIT(PF_SSH_KEY_FILE_MAX);
        const struct Kind *kind = find_kind(block.label);
        bool encrypted;
        int r;

        skip_headers(&block, &encrypted);
        if (!kind || encrypted) {
                blank(&block);
                return 0;
        }
        r = each_digit(&block, &bytes, false);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || bytes.n == 0 || !kind->mask((Part){ (uint8_t *) bytes.data, bytes.n })) {
                blank(&block);
                return 0;
        }
        for (size_t i = 0; i < block.n; i++)
                if (value_of(block.body[i]) < 0 && !strchr("=\r\n\t ", block.body[i]))
                        block.body[i] = '?';
        return each_digit(&block, &bytes, true);
}

/* The next block from @at on; false: there is none. One that is cut off goes on
 * to the end. */
static bool find_block(char *bytes, size_t n, size_t *at, Block *ret) {
        char *begin, *end;

        while ((begin = memmem(bytes + *at, n - *at, BEGIN, strlen(BEGIN)))) {
                size_t left = (size_t) (bytes + n - begin);
                char *label = memmem(begin, left < LABEL_MAX ? left : LABEL_MAX, PRIVATE,
                                     strlen(PRIVATE));

                *at = (size_t) (begin - bytes) + strlen(BEGIN);
                if (!label || memchr(begin, '\n', (size_t) (label - begin)))
                        continue;
                ret->label = begin;
                ret->body = label + strlen(PRIVATE);
                end = memmem(ret->body, (size_t) (bytes + n - ret->body), END, strlen(END));
                ret->n = (size_t) ((end ? end : bytes + n) - ret->body);
                *at = (size_t) (ret->body - bytes) + ret->n;
                return true;
        }
        return false;
}

static bool same_key(int r, const PfSshKey *key, int q, const PfSshKey *other) {
        return r == q && key->type == other->type && key->bits == other->bits &&
               key->is_encrypted == other->is_encrypted;
}

int pf_mask_keys(char *bytes, size_t n) {
        const bool is_file = n <= PF_SSH_KEY_FILE_MAX;
        PfSshKey before = { 0 }, after = { 0 };
        Block block;
        int r = PF_SSH_KEY_BAD, q, found = 0;

        if (n >= strlen(OLD_MAGIC) && memcmp(bytes, OLD_MAGIC, strlen(OLD_MAGIC)) == 0) {
                memset(bytes + strlen(OLD_MAGIC), 0, n - strlen(OLD_MAGIC));
                return 1;
        }
        for (size_t at = 0; find_block(bytes, n, &at, &block); found++) {
                if (found == 0 && is_file)
                        r = pf_ssh_key_parse(bytes, n, &before);
                if (r == -ENOMEM || mask_block(block) < 0)
                        return -ENOMEM;
        }
        if (found == 0 || !is_file)
                return found;
        q = pf_ssh_key_parse(bytes, n, &after);
        if (same_key(r, &before, q, &after))
                return found;
        /* What was good has to be good still; a mistake of ours is no secret of theirs. */
        for (size_t at = 0; find_block(bytes, n, &at, &block);)
                blank(&block);
        return q == -ENOMEM ? q : found;
}
