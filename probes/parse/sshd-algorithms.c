/* SPDX-License-Identifier: MIT */
/*
 * Names of algorithms by version, and lists of them.
 */
#include "probes/parse/sshd-algorithms.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/strv.h"
#include "probes/parse/sshd-match.h"

typedef struct Algorithm {
        const char *name;
        unsigned since; /* as in PfSshdKeyword */
        unsigned until;
        bool plain;       /* needs no OpenSSL */
        bool certificate; /* as a key: not for signing certificates */
} Algorithm;

typedef struct AlgorithmDefault {
        const char *list;
        unsigned until;
} AlgorithmDefault;

static const Algorithm ciphers[] = {
        { "3des-cbc", 0, 0, false, false },
        { "blowfish-cbc", 0, 706, false, false },
        { "cast128-cbc", 0, 706, false, false },
        { "arcfour", 0, 706, false, false },
        { "arcfour128", 0, 706, false, false },
        { "arcfour256", 0, 706, false, false },
        { "aes128-cbc", 0, 0, false, false },
        { "aes192-cbc", 0, 0, false, false },
        { "aes256-cbc", 0, 0, false, false },
        { "rijndael-cbc@lysator.liu.se", 0, 805, false, false },
        { "aes128-ctr", 0, 0, true, false },
        { "aes192-ctr", 0, 0, true, false },
        { "aes256-ctr", 0, 0, true, false },
        { "aes128-gcm@openssh.com", 0, 0, false, false },
        { "aes256-gcm@openssh.com", 0, 0, false, false },
        { "chacha20-poly1305@openssh.com", 0, 0, true, false },
        { NULL, 0, 0, false, false },
};

static const Algorithm macs[] = {
        { "hmac-sha1", 0, 0, true, false },
        { "hmac-sha1-96", 0, 0, true, false },
        { "hmac-sha2-256", 0, 0, true, false },
        { "hmac-sha2-512", 0, 0, true, false },
        { "hmac-md5", 0, 0, true, false },
        { "hmac-md5-96", 0, 0, true, false },
        { "hmac-ripemd160", 0, 706, true, false },
        { "hmac-ripemd160@openssh.com", 0, 706, true, false },
        { "umac-64@openssh.com", 0, 0, true, false },
        { "umac-128@openssh.com", 0, 0, true, false },
        { "hmac-sha1-etm@openssh.com", 0, 0, true, false },
        { "hmac-sha1-96-etm@openssh.com", 0, 0, true, false },
        { "hmac-sha2-256-etm@openssh.com", 0, 0, true, false },
        { "hmac-sha2-512-etm@openssh.com", 0, 0, true, false },
        { "hmac-md5-etm@openssh.com", 0, 0, true, false },
        { "hmac-md5-96-etm@openssh.com", 0, 0, true, false },
        { "hmac-ripemd160-etm@openssh.com", 0, 706, true, false },
        { "umac-64-etm@openssh.com", 0, 0, true, false },
        { "umac-128-etm@openssh.com", 0, 0, true, false },
        { NULL, 0, 0, false, false },
};

static const Algorithm exchanges[] = {
        { "diffie-hellman-group1-sha1", 0, 0, false, false },
        { "diffie-hellman-group14-sha1", 0, 0, false, false },
        { "diffie-hellman-group14-sha256", 0, 0, false, false },
        { "diffie-hellman-group16-sha512", 0, 0, false, false },
        { "diffie-hellman-group18-sha512", 0, 0, false, false },
        { "diffie-hellman-group-exchange-sha1", 0, 0, false, false },
        { "diffie-hellman-group-exchange-sha256", 0, 0, false, false },
        { "ecdh-sha2-nistp256", 0, 0, false, false },
        { "ecdh-sha2-nistp384", 0, 0, false, false },
        { "ecdh-sha2-nistp521", 0, 0, false, false },
        { "curve25519-sha256", 0, 0, true, false },
        { "curve25519-sha256@libssh.org", 0, 0, true, false },
        { "sntrup4591761x25519-sha512@tinyssh.org", 800, 805, true, false },
        { "sntrup761x25519-sha512", 902, 0, true, false }, /* see is_known() */
        { "sntrup761x25519-sha512@openssh.com", 805, 0, true, false },
        { "mlkem768x25519-sha256", 909, 0, true, false },
        { NULL, 0, 0, false, false },
};

/* Up to 9.1 the order was another one; it shows where a wildcard is written. */
static const Algorithm former_keys[] = {
        { "ssh-ed25519", 0, 0, true, false },
        { "ssh-ed25519-cert-v01@openssh.com", 0, 0, true, true },
        { "sk-ssh-ed25519@openssh.com", 802, 0, true, false },
        { "sk-ssh-ed25519-cert-v01@openssh.com", 802, 0, true, true },
        { "ssh-rsa", 0, 0, false, false },
        { "rsa-sha2-256", 0, 0, false, false },
        { "rsa-sha2-512", 0, 0, false, false },
        { "ssh-dss", 0, 0, false, false },
        { "ecdsa-sha2-nistp256", 0, 0, false, false },
        { "ecdsa-sha2-nistp384", 0, 0, false, false },
        { "ecdsa-sha2-nistp521", 0, 0, false, false },
        { "sk-ecdsa-sha2-nistp256@openssh.com", 802, 0, false, false },
        { "webauthn-sk-ecdsa-sha2-nistp256@openssh.com", 804, 0, false, false },
        { "ssh-rsa-cert-v01@openssh.com", 0, 0, false, true },
        { "rsa-sha2-256-cert-v01@openssh.com", 708, 0, false, true },
        { "rsa-sha2-512-cert-v01@openssh.com", 708, 0, false, true },
        { "ssh-dss-cert-v01@openssh.com", 0, 0, false, true },
        { "ecdsa-sha2-nistp256-cert-v01@openssh.com", 0, 0, false, true },
        { "ecdsa-sha2-nistp384-cert-v01@openssh.com", 0, 0, false, true },
        { "ecdsa-sha2-nistp521-cert-v01@openssh.com", 0, 0, false, true },
        { "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 802, 0, false, true },
        { NULL, 0, 0, false, false },
};

static const Algorithm keys[] = {
        { "ssh-ed25519", 0, 0, true, false },
        { "ssh-ed25519-cert-v01@openssh.com", 0, 0, true, true },
        { "sk-ssh-ed25519@openssh.com", 0, 0, true, false },
        { "sk-ssh-ed25519-cert-v01@openssh.com", 0, 0, true, true },
        { "ecdsa-sha2-nistp256", 0, 0, false, false },
        { "ecdsa-sha2-nistp256-cert-v01@openssh.com", 0, 0, false, true },
        { "ecdsa-sha2-nistp384", 0, 0, false, false },
        { "ecdsa-sha2-nistp384-cert-v01@openssh.com", 0, 0, false, true },
        { "ecdsa-sha2-nistp521", 0, 0, false, false },
        { "ecdsa-sha2-nistp521-cert-v01@openssh.com", 0, 0, false, true },
        { "sk-ecdsa-sha2-nistp256@openssh.com", 0, 0, false, false },
        { "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 0, 0, false, true },
        { "webauthn-sk-ecdsa-sha2-nistp256@openssh.com", 0, 0, false, false },
        { "ssh-dss", 0, 1000, false, false },
        { "ssh-dss-cert-v01@openssh.com", 0, 1000, false, true },
        { "ssh-rsa", 0, 0, false, false },
        { "ssh-rsa-cert-v01@openssh.com", 0, 0, false, true },
        { "rsa-sha2-256", 0, 0, false, false },
        { "rsa-sha2-256-cert-v01@openssh.com", 0, 0, false, true },
        { "rsa-sha2-512", 0, 0, false, false },
        { "rsa-sha2-512-cert-v01@openssh.com", 0, 0, false, true },
        { NULL, 0, 0, false, false },
};

/* Names of kinds of keys, which are accepted in a list although they stand for nothing. */
static const char *const key_kinds[] = { "ED25519", "ED25519-SK", "ECDSA", "ECDSA-SK",
                                         "RSA",     "DSA",        NULL };

static const AlgorithmDefault default_ciphers[] = {
        { "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,"
          "aes128-gcm@openssh.com,aes256-gcm@openssh.com",
          1000 },
        { "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,"
          "aes128-ctr,aes192-ctr,aes256-ctr",
          0 },
};

static const AlgorithmDefault default_macs[] = {
        { "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,"
          "hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,"
          "umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
          0 },
};

#define CURVES "curve25519-sha256,curve25519-sha256@libssh.org,"
#define NIST_CURVES "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521"
#define GROUPS                                                                                     \
        ",diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"                     \
        "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256"
#define SNTRUP "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,"

static const AlgorithmDefault default_exchanges[] = {
        { CURVES NIST_CURVES GROUPS ",diffie-hellman-group14-sha1", 802 },
        { CURVES NIST_CURVES GROUPS, 809 },
        { CURVES NIST_CURVES ",sntrup761x25519-sha512@openssh.com" GROUPS, 900 },
        { SNTRUP CURVES NIST_CURVES GROUPS, 909 },
        { SNTRUP "mlkem768x25519-sha256," CURVES NIST_CURVES GROUPS, 1000 },
        { "mlkem768x25519-sha256," SNTRUP CURVES NIST_CURVES, 0 },
};

#define ECDSA "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
#define ECDSA_CERT                                                                                 \
        "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,"       \
        "ecdsa-sha2-nistp521-cert-v01@openssh.com,"
#define SK_ECDSA "sk-ecdsa-sha2-nistp256@openssh.com,"
#define SK_ECDSA_CERT "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"
#define SK_ED25519 "sk-ssh-ed25519@openssh.com,"
#define SK_ED25519_CERT "sk-ssh-ed25519-cert-v01@openssh.com,"
#define ED25519_CERT "ssh-ed25519-cert-v01@openssh.com,"
#define RSA_CERT "rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"
#define RSA "rsa-sha2-512,rsa-sha2-256"
#define OLD_RSA_CERT "ssh-rsa-cert-v01@openssh.com,"

static const AlgorithmDefault default_keys[] = {
        { ECDSA_CERT ED25519_CERT OLD_RSA_CERT ECDSA "ssh-ed25519," RSA ",ssh-rsa", 708 },
        { ECDSA_CERT ED25519_CERT RSA_CERT OLD_RSA_CERT ECDSA "ssh-ed25519," RSA ",ssh-rsa", 802 },
        { ECDSA_CERT SK_ECDSA_CERT ED25519_CERT SK_ED25519_CERT RSA_CERT OLD_RSA_CERT ECDSA SK_ECDSA
          "ssh-ed25519," SK_ED25519 RSA ",ssh-rsa",
          805 },
        { ED25519_CERT ECDSA_CERT SK_ED25519_CERT SK_ECDSA_CERT RSA_CERT OLD_RSA_CERT
          "ssh-ed25519," ECDSA SK_ED25519 SK_ECDSA RSA ",ssh-rsa",
          808 },
        { ED25519_CERT ECDSA_CERT SK_ED25519_CERT SK_ECDSA_CERT RSA_CERT
          "ssh-ed25519," ECDSA SK_ED25519 SK_ECDSA RSA,
          0 },
};

static const AlgorithmDefault default_signatures[] = {
        { ECDSA "ssh-ed25519," RSA ",ssh-rsa", 802 },
        { ECDSA SK_ECDSA "ssh-ed25519," SK_ED25519 RSA, 805 },
        { "ssh-ed25519," ECDSA SK_ED25519 SK_ECDSA RSA, 0 },
};

typedef struct AlgorithmList {
        PfSshdKey key;
        const Algorithm *names;
        const AlgorithmDefault *defaults;
} AlgorithmList;

static const AlgorithmList lists[] = {
        { PF_SSHD_CIPHERS, ciphers, default_ciphers },
        { PF_SSHD_MACS, macs, default_macs },
        { PF_SSHD_KEX_ALGORITHMS, exchanges, default_exchanges },
        { PF_SSHD_HOST_KEY_ALGORITHMS, keys, default_keys },
        { PF_SSHD_HOSTBASED_ACCEPTED_ALGORITHMS, keys, default_keys },
        { PF_SSHD_PUBKEY_ACCEPTED_ALGORITHMS, keys, default_keys },
        { PF_SSHD_CA_SIGNATURE_ALGORITHMS, keys, default_signatures },
};

static const AlgorithmList *find_list(PfSshdKey key) {
        for (size_t i = 0; i < PF_ELEMENTS(lists); i++)
                if (lists[i].key == key)
                        return &lists[i];
        return NULL;
}

bool pf_sshd_key_is_algorithms(PfSshdKey key) {
        return find_list(key);
}

static const Algorithm *names_of(const AlgorithmList *list, const PfSshdVersion *version) {
        bool former = list->names == keys && pf_sshd_version_number(version) < 902;

        return former ? former_keys : list->names;
}

/* Debian 12 has it since its fourth update; where that is not known, it is recent. */
static bool is_updated_debian_12(const PfSshdVersion *version) {
        static const char mark[] = "+deb12u";
        const char *update = strstr(version->text, mark);

        if (version->flavour != PF_SSHD_DEBIAN || pf_sshd_version_compare(version, 9, 2) != 0)
                return false;
        return update ? strtoul(update + strlen(mark), NULL, 10) >= 4
                      : !strstr(version->text, " Debian-");
}

/* sntrup761x25519-sha512 under that name came with 9.9. */
static unsigned since_of(const Algorithm *algorithm, const PfSshdVersion *version) {
        return algorithm->since == 902 && !is_updated_debian_12(version) ? 909 : algorithm->since;
}

static bool is_known(const Algorithm *algorithm, const PfSshdVersion *version) {
        unsigned number = pf_sshd_version_number(version);

        return number >= since_of(algorithm, version) &&
               (!algorithm->until || number < algorithm->until) &&
               (algorithm->plain || (version->features & PF_SSHD_HAS_OPENSSL));
}

static const Algorithm *find_name(const AlgorithmList *list, const PfSshdVersion *version,
                                  const char *name) {
        for (const Algorithm *a = names_of(list, version); a->name; a++)
                if (is_known(a, version) && strcmp(a->name, name) == 0)
                        return a;
        return NULL;
}

static bool is_key_kind(const char *name) {
        for (size_t i = 0; key_kinds[i]; i++)
                if (strcasecmp(key_kinds[i], name) == 0)
                        return true;
        return false;
}

static bool is_key_pattern(const AlgorithmList *list, const PfSshdVersion *version,
                           const char *pattern) {
        for (const Algorithm *a = names_of(list, version); a->name; a++)
                if (is_known(a, version) &&
                    pf_sshd_match_list(a->name, pattern, false) != PF_SSHD_MATCH_NONE)
                        return true;
        return false;
}

static bool name_is_valid(const AlgorithmList *list, const PfSshdVersion *version,
                          const char *name) {
        const Algorithm *algorithm = find_name(list, version, name);

        if (list->names != keys)
                return algorithm;
        if (algorithm && algorithm->certificate && list->key == PF_SSHD_CA_SIGNATURE_ALGORITHMS)
                return pf_sshd_version_number(version) < 903;
        return algorithm || is_key_kind(name) || is_key_pattern(list, version, name);
}

/* The first name that is not valid, inside @names, which is changed for it. */
static char *find_invalid(const AlgorithmList *list, const PfSshdVersion *version, char *names) {
        char *name;

        while ((name = strsep(&names, ",")) && *name)
                if (!name_is_valid(list, version, name))
                        return name;
        return NULL;
}

/* "-" came with 7.5, "^" with 8.1. */
static char operator_of(const PfSshdVersion *version, const char *list) {
        unsigned number = pf_sshd_version_number(version);

        if (*list == '+' || (*list == '-' && number >= 705) || (*list == '^' && number >= 801))
                return *list;
        return '\0';
}

bool pf_sshd_algorithms_are_valid(const PfSshdVersion *version, PfSshdKey key, const char *list) {
        char sign = operator_of(version, list);
        PF_AUTO_FREE char *names = NULL;

        if (sign == '-')
                return true;
        names = strdup(sign ? list + 1 : list);
        return names && *names && !find_invalid(find_list(key), version, names);
}

char *pf_sshd_algorithms_unknown_kex(const PfSshdVersion *version, const char *list) {
        PF_AUTO_FREE char *names = strdup(operator_of(version, list) ? list + 1 : list);
        const char *name;

        name = names ? find_invalid(find_list(PF_SSHD_KEX_ALGORITHMS), version, names) : NULL;
        return name ? strdup(name) : NULL;
}

bool pf_sshd_gss_kex_is_valid(const char *list) {
        static const char *const prefixes[] = {
                "gss-gex-sha1-",          "gss-group1-sha1-",    "gss-group14-sha1-",
                "gss-group14-sha256-",    "gss-group16-sha512-", "gss-nistp256-sha256-",
                "gss-curve25519-sha256-",
        };
        PF_AUTO_FREE char *copy = strdup(list);
        char *rest = copy;
        char *name;

        if (!copy || !*copy)
                return false;
        while ((name = strsep(&rest, ",")) && *name) {
                bool found = false;

                for (size_t i = 0; i < PF_ELEMENTS(prefixes); i++)
                        found = found || strncmp(name, prefixes[i], strlen(prefixes[i])) == 0;
                if (!found)
                        return false;
        }
        return true;
}

static int add_once(PfStrv *strv, const char *name) {
        return !*name || pf_strv_contains(strv, name) ? 0 : pf_strv_add(strv, name);
}

/* May the name stand in the list in the end? */
static bool is_candidate(const AlgorithmList *list, const Algorithm *algorithm,
                         const PfSshdVersion *version) {
        return is_known(algorithm, version) &&
               !(algorithm->certificate && list->key == PF_SSHD_CA_SIGNATURE_ALGORITHMS);
}

/* Adds what of the known names matches @pattern. */
static int add_matching(const AlgorithmList *list, const PfSshdVersion *version,
                        const char *pattern, PfStrv *ret) {
        int r = 0;

        for (const Algorithm *a = names_of(list, version); a->name && r == 0; a++)
                if (is_candidate(list, a, version) &&
                    pf_sshd_match_list(a->name, pattern, false) == PF_SSHD_MATCH_POSITIVE)
                        r = add_once(ret, a->name);
        return r;
}

static int join(const PfStrv *names, char **ret) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SIZE_MAX / 2);
        int r = 0;

        for (size_t i = 0; i < names->n && r == 0; i++)
                r = pf_buf_printf(&buf, "%s%s", i > 0 ? "," : "", names->items[i]);
        if (r < 0)
                return r;
        *ret = pf_buf_steal(&buf);
        return *ret ? 0 : -ENOMEM;
}

/* The default list of a version, without what this build does not know, and
 * without what matches @without. */
static int add_default(const AlgorithmList *list, const PfSshdVersion *version, const char *without,
                       PfStrv *ret) {
        const AlgorithmDefault *row = list->defaults;
        PF_AUTO_FREE char *copy = NULL;
        char *rest, *name;
        int r = 0;

        while (row->until && pf_sshd_version_number(version) >= row->until)
                row++;
        copy = strdup(row->list);
        if (!copy)
                return -ENOMEM;
        rest = copy;
        while (r == 0 && (name = strsep(&rest, ",")))
                if (find_name(list, version, name) &&
                    (!without ||
                     pf_sshd_match_list(name, without, false) != PF_SSHD_MATCH_POSITIVE))
                        r = add_once(ret, name);
        return r;
}

/* The names behind the operator @sign. Behind "+" an empty name is the last; else it is none. */
static int add_written(const AlgorithmList *list, const PfSshdVersion *version, char sign,
                       const char *written, PfStrv *ret) {
        bool patterns = pf_sshd_version_number(version) >= 709;
        PF_AUTO_FREE char *copy = strdup(sign ? written + 1 : written);
        char *rest = copy;
        char *name;
        int r = copy ? 0 : -ENOMEM;

        while (r == 0 && (name = strsep(&rest, ",")) && (*name || sign != '+')) {
                if (patterns && *name == '!')
                        return PF_SSHD_ALGORITHMS_EMPTY;
                r = patterns ? add_matching(list, version, name, ret) : add_once(ret, name);
        }
        return r;
}

int pf_sshd_algorithms_assemble(const PfSshdVersion *version, PfSshdKey key, const char *written,
                                char **ret) {
        const AlgorithmList *list = find_list(key);
        char sign = written ? operator_of(version, written) : '\0';
        PF_AUTO_STRV PfStrv names = { 0 };
        int r = 0;

        if (sign == '^')
                r = add_written(list, version, sign, written, &names);
        if (r == 0 && (!written || sign))
                r = add_default(list, version, sign == '-' ? written + 1 : NULL, &names);
        if (r == 0 && sign == '+')
                r = add_written(list, version, sign, written, &names);
        if (r == 0 && written && !sign)
                r = add_written(list, version, sign, written, &names);
        if (r == 0 && names.n == 0 && sign != '-')
                return PF_SSHD_ALGORITHMS_EMPTY;
        return r == 0 ? join(&names, ret) : r;
}
