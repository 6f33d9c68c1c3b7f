/* SPDX-License-Identifier: MIT */
/*
 * The schemes of crypt(5): by what a hash of each is known.
 */
#include "probes/parse/crypt-hash.h"

#include <stdio.h>
#include <string.h>

#define SETTING64 "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

typedef struct Scheme {
        const char *prefix;
        const char *name;
} Scheme;

static const Scheme schemes[PF_CRYPT_N_SCHEMES] = {
        [PF_CRYPT_YESCRYPT] = { "$y$", "yescrypt" },
        [PF_CRYPT_GOST_YESCRYPT] = { "$gy$", "gost-yescrypt" },
        [PF_CRYPT_SCRYPT] = { "$7$", "scrypt" },
        [PF_CRYPT_BCRYPT] = { "$2b$", "bcrypt" },
        [PF_CRYPT_BCRYPT_A] = { "$2a$", "bcrypt (2a)" },
        [PF_CRYPT_BCRYPT_X] = { "$2x$", "bcrypt (2x)" },
        [PF_CRYPT_BCRYPT_Y] = { "$2y$", "bcrypt (2y)" },
        [PF_CRYPT_SHA512] = { "$6$", "SHA-512" },
        [PF_CRYPT_SHA256] = { "$5$", "SHA-256" },
        [PF_CRYPT_SHA1] = { "$sha1$", "SHA-1" },
        [PF_CRYPT_SUNMD5] = { "$md5", "SunMD5" },
        [PF_CRYPT_MD5] = { "$1$", "MD5" },
        [PF_CRYPT_NT] = { "$3$", "NT" },
        [PF_CRYPT_BSDI] = { "_", "BSDi" },
        [PF_CRYPT_DES] = { NULL, "DES" }, /* two characters of the alphabet */
};

PfCryptScheme pf_crypt_scheme(const char *hash) {
        for (size_t i = 0; i < PF_CRYPT_N_SCHEMES; i++) {
                const char *prefix = schemes[i].prefix;

                if (prefix ? strncmp(hash, prefix, strlen(prefix)) == 0
                           : strspn(hash, SETTING64) >= 2)
                        return (PfCryptScheme) i;
        }
        return PF_CRYPT_NONE;
}

const char *pf_crypt_scheme_to_string(PfCryptScheme scheme) {
        return scheme < PF_CRYPT_N_SCHEMES ? schemes[scheme].name : "unknown";
}

const char *pf_crypt_describe(const char *password, char *buffer, size_t size) {
        const char *hash = password + strspn(password, "!");
        bool locked = hash != password;
        PfCryptScheme scheme = pf_crypt_scheme(hash);

        if (!*password)
                return "empty";
        if (locked && !*hash)
                return "locked";
        if (strcmp(hash, "x") == 0 || strcmp(hash, "*") == 0 || scheme == PF_CRYPT_NONE)
                return locked ? "locked, no hash" : "no hash";
        (void) snprintf(buffer, size, "%s%s hash", locked ? "locked, " : "",
                        pf_crypt_scheme_to_string(scheme));
        return buffer;
}
