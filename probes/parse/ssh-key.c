/* SPDX-License-Identifier: MIT */
/*
 * Private keys in OpenSSH's own format, and in those of PEM.
 */
#include "probes/parse/ssh-key.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"

#define OPENSSH_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define OPENSSH_END "\n-----END OPENSSH PRIVATE KEY-----\n"
#define MAGIC "openssh-key-v1"

/* Bytes that are still to be read. */
typedef struct Bytes {
        const uint8_t *at;
        size_t n;
} Bytes;

const char *pf_ssh_key_type_name(PfSshKeyType type) {
        static const char *const names[] = {
                [PF_SSH_KEY_UNKNOWN] = "unknown", [PF_SSH_KEY_RSA] = "RSA",
                [PF_SSH_KEY_DSA] = "DSA",         [PF_SSH_KEY_ECDSA] = "ECDSA",
                [PF_SSH_KEY_ED25519] = "ED25519", [PF_SSH_KEY_OTHER] = "other",
        };

        return names[type];
}

/* --- base64 --- */

static int value_of(char c) {
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* White space does not count; padding ends it. */
static int decode(const char *text, size_t n, PfBuf *ret) {
        uint32_t bits = 0;
        unsigned n_bits = 0;
        bool ended = false;

        for (size_t i = 0; i < n; i++) {
                int value = value_of(text[i]);

                if (strchr(" \t\r\n", text[i]) && text[i])
                        continue;
                if (text[i] == '=') {
                        ended = true;
                        continue;
                }
                if (value < 0 || ended)
                        return PF_SSH_KEY_BAD;
                bits = bits << 6 | (uint32_t) value;
                n_bits += 6;
                if (n_bits >= 8) {
                        const char byte = (char) (bits >> (n_bits - 8) & 0xff);

                        n_bits -= 8;
                        if (pf_buf_add(ret, &byte, 1) < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

/* --- SSH's own encoding: RFC 4251, section 5 --- */

static bool take_uint32(Bytes *bytes, uint32_t *ret) {
        if (bytes->n < 4)
                return false;
        *ret = (uint32_t) bytes->at[0] << 24 | (uint32_t) bytes->at[1] << 16 |
               (uint32_t) bytes->at[2] << 8 | bytes->at[3];
        bytes->at += 4;
        bytes->n -= 4;
        return true;
}

static bool take_string(Bytes *bytes, Bytes *ret) {
        uint32_t n;

        if (!take_uint32(bytes, &n) || n > bytes->n)
                return false;
        *ret = (Bytes){ bytes->at, n };
        bytes->at += n;
        bytes->n -= n;
        return true;
}

static bool is_text(const Bytes *bytes, const char *text) {
        return bytes->n == strlen(text) && memcmp(bytes->at, text, bytes->n) == 0;
}

static bool begins_with(const Bytes *bytes, const char *text) {
        return bytes->n >= strlen(text) && memcmp(bytes->at, text, strlen(text)) == 0;
}

static unsigned count_bits(const Bytes *number) {
        size_t i = 0;
        unsigned bits;

        while (i < number->n && number->at[i] == 0)
                i++;
        if (i == number->n || number->n - i > 65536 / 8)
                return 0;
        bits = (unsigned) (number->n - i) * 8;
        for (unsigned top = number->at[i]; top < 0x80; top <<= 1)
                bits--;
        return bits;
}

static bool read_public(Bytes public, PfSshKey *key, Bytes *ret_name) {
        Bytes exponent, modulus;

        if (!take_string(&public, ret_name) || ret_name->n == 0)
                return false;
        key->type = is_text(ret_name, "ssh-rsa")               ? PF_SSH_KEY_RSA
                    : is_text(ret_name, "ssh-dss")             ? PF_SSH_KEY_DSA
                    : is_text(ret_name, "ssh-ed25519")         ? PF_SSH_KEY_ED25519
                    : begins_with(ret_name, "ecdsa-sha2-nist") ? PF_SSH_KEY_ECDSA
                                                               : PF_SSH_KEY_OTHER;
        if (key->type != PF_SSH_KEY_RSA)
                return public.n > 0;
        if (!take_string(&public, &exponent) || !take_string(&public, &modulus))
                return false;
        key->bits = count_bits(&modulus);
        return key->bits > 0;
}

/* The private part without a cipher: two equal numbers, the key's own name, … and
 * padding 1, 2, 3 to a whole number of eight bytes. */
static bool is_private_whole(Bytes private, const Bytes *name) {
        uint32_t one, two;
        Bytes own;

        return private.n % 8 == 0 && take_uint32(&private, &one) && take_uint32(&private, &two) &&
               one == two && take_string(&private, &own) && own.n == name->n &&
               memcmp(own.at, name->at, own.n) == 0 && private.n > 0;
}

static int read_openssh(Bytes bytes, PfSshKey *key) {
        Bytes cipher, kdf, options, public, private, name;
        uint32_t n_keys;

        if (bytes.n < sizeof(MAGIC) || memcmp(bytes.at, MAGIC, sizeof(MAGIC)) != 0)
                return PF_SSH_KEY_BAD;
        bytes.at += sizeof(MAGIC);
        bytes.n -= sizeof(MAGIC);
        if (!take_string(&bytes, &cipher) || !take_string(&bytes, &kdf) ||
            !take_string(&bytes, &options) || !take_uint32(&bytes, &n_keys) || n_keys != 1 ||
            !take_string(&bytes, &public) || !take_string(&bytes, &private) ||
            !read_public(public, key, &name))
                return PF_SSH_KEY_BAD;
        key->is_encrypted = !is_text(&cipher, "none");
        if (!key->is_encrypted && (!is_text(&kdf, "none") || !is_private_whole(private, &name)))
                return PF_SSH_KEY_BAD;
        return 0;
}

/* --- DER: X.690 --- */

static bool take_der(Bytes *bytes, uint8_t tag, Bytes *ret) {
        size_t n, skip = 2;

        if (bytes->n < 2 || bytes->at[0] != tag)
                return false;
        n = bytes->at[1];
        if (n & 0x80) {
                size_t n_length = n & 0x7f;

                if (n_length == 0 || n_length > 4 || bytes->n < 2 + n_length)
                        return false;
                n = 0;
                for (size_t i = 0; i < n_length; i++)
                        n = n << 8 | bytes->at[2 + i];
                skip += n_length;
        }
        if (n > bytes->n - skip)
                return false;
        *ret = (Bytes){ bytes->at + skip, n };
        bytes->at += skip + n;
        bytes->n -= skip + n;
        return true;
}

enum { DER_INTEGER = 0x02, DER_OCTETS = 0x04, DER_OID = 0x06, DER_SEQUENCE = 0x30 };

static int read_rsa_der(Bytes bytes, PfSshKey *key) {
        Bytes sequence, version, modulus;

        if (!take_der(&bytes, DER_SEQUENCE, &sequence) ||
            !take_der(&sequence, DER_INTEGER, &version) ||
            !take_der(&sequence, DER_INTEGER, &modulus))
                return PF_SSH_KEY_BAD;
        key->bits = count_bits(&modulus);
        return key->bits > 0 ? 0 : PF_SSH_KEY_BAD;
}

static int read_any_der(Bytes bytes, PfSshKey *key) {
        Bytes sequence, version;
        (void) key;

        return take_der(&bytes, DER_SEQUENCE, &sequence) &&
                               take_der(&sequence, DER_INTEGER, &version) && sequence.n > 0
                       ? 0
                       : PF_SSH_KEY_BAD;
}

static int read_pkcs8(Bytes bytes, PfSshKey *key) {
        static const struct {
                const char *oid;
                PfSshKeyType type;
        } kinds[] = {
                { "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", PF_SSH_KEY_RSA }, /* rsaEncryption */
                { "\x2a\x86\x48\xce\x38\x04\x01", PF_SSH_KEY_DSA },         /* id-dsa */
                { "\x2a\x86\x48\xce\x3d\x02\x01", PF_SSH_KEY_ECDSA },       /* id-ecPublicKey */
                { "\x2b\x65\x70", PF_SSH_KEY_ED25519 },
        };
        Bytes sequence, version, algorithm, oid, octets;

        if (!take_der(&bytes, DER_SEQUENCE, &sequence) ||
            !take_der(&sequence, DER_INTEGER, &version) ||
            !take_der(&sequence, DER_SEQUENCE, &algorithm) ||
            !take_der(&algorithm, DER_OID, &oid) || !take_der(&sequence, DER_OCTETS, &octets))
                return PF_SSH_KEY_BAD;
        key->type = PF_SSH_KEY_OTHER;
        for (size_t i = 0; i < PF_ELEMENTS(kinds); i++)
                if (is_text(&oid, kinds[i].oid))
                        key->type = kinds[i].type;
        return key->type == PF_SSH_KEY_RSA ? read_rsa_der(octets, key) : 0;
}

static int read_encrypted(Bytes bytes, PfSshKey *key) {
        (void) bytes;
        key->is_encrypted = true;
        return 0;
}

static const struct {
        const char *label;
        PfSshKeyType type;
        int (*read)(Bytes bytes, PfSshKey *key);
} pem_kinds[] = {
        { "RSA PRIVATE KEY", PF_SSH_KEY_RSA, read_rsa_der },
        { "DSA PRIVATE KEY", PF_SSH_KEY_DSA, read_any_der },
        { "EC PRIVATE KEY", PF_SSH_KEY_ECDSA, read_any_der },
        { "PRIVATE KEY", PF_SSH_KEY_UNKNOWN, read_pkcs8 },
        { "ENCRYPTED PRIVATE KEY", PF_SSH_KEY_UNKNOWN, read_encrypted },
};

/* The place behind "-----BEGIN LABEL-----", or NULL; and where its end begins. */
static const char *find_pem(const char *text, size_t n, const char *label, const char **ret_end) {
        char begin[64], end[64];
        const char *start;

        (void) snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
        (void) snprintf(end, sizeof(end), "-----END %s-----", label);
        start = memmem(text, n, begin, strlen(begin));
        if (!start)
                return NULL;
        start += strlen(begin);
        *ret_end = memmem(start, n - (size_t) (start - text), end, strlen(end));
        return *ret_end ? start : NULL;
}

/* Headers stand before the first empty line, where there are any. */
static const char *skip_headers(const char *start, const char *end, bool *ret_encrypted) {
        const size_t n = (size_t) (end - start);
        const char *blank;

        *ret_encrypted = memmem(start, n, "Proc-Type: 4,ENCRYPTED", 22) != NULL;
        if (!memchr(start, ':', n))
                return start;
        blank = memmem(start, n, "\n\n", 2);
        if (!blank)
                blank = memmem(start, n, "\n\r\n", 3);
        return blank ? blank : start;
}

static int parse_pem(const char *text, size_t n, PfSshKey *key) {
        for (size_t i = 0; i < PF_ELEMENTS(pem_kinds); i++) {
                PF_AUTO_BUF PfBuf bytes = PF_SECRET_BUF_INIT(PF_SSH_KEY_FILE_MAX);
                const char *end, *start = find_pem(text, n, pem_kinds[i].label, &end);
                int r;

                if (!start)
                        continue;
                key->type = pem_kinds[i].type;
                start = skip_headers(start, end, &key->is_encrypted);
                r = decode(start, (size_t) (end - start), &bytes);
                if (r != 0 || bytes.n == 0)
                        return r < 0 ? r : PF_SSH_KEY_BAD;
                if (key->is_encrypted)
                        return 0;
                return pem_kinds[i].read((Bytes){ (const uint8_t *) bytes.data, bytes.n }, key);
        }
        return PF_SSH_KEY_BAD;
}

static int parse_openssh(const char *text, size_t n, PfSshKey *key) {
        PF_AUTO_BUF PfBuf bytes = PF_SECRET_BUF_INIT(PF_SSH_KEY_FILE_MAX);
        const char *start = text + strlen(OPENSSH_BEGIN);
        const char *end =
                memmem(start, n - strlen(OPENSSH_BEGIN), OPENSSH_END, strlen(OPENSSH_END));
        int r;

        if (!end)
                return PF_SSH_KEY_BAD;
        r = decode(start, (size_t) (end - start), &bytes);
        return r == 0 ? read_openssh((Bytes){ (const uint8_t *) bytes.data, bytes.n }, key) : r;
}

int pf_ssh_key_parse(const char *text, size_t n, PfSshKey *ret) {
        const bool is_openssh = n >= strlen(OPENSSH_BEGIN) &&
                                memcmp(text, OPENSSH_BEGIN, strlen(OPENSSH_BEGIN)) == 0;
        PfSshKey key = { 0 };
        int r;

        r = is_openssh ? parse_openssh(text, n, &key) : parse_pem(text, n, &key);
        if (r == 0)
                *ret = key;
        return r;
}
