/* SPDX-License-Identifier: MIT */
/*
 * Tells a libcrypt by the file's name and the distribution.
 */
#include "probes/crypt-library.h"

#include <stdlib.h>
#include <string.h>

#include "probes/os-system.h"

#define BIT(scheme) (1u << (scheme))
#define EVERY (BIT(PF_CRYPT_N_SCHEMES) - 1)
#define YESCRYPTS (BIT(PF_CRYPT_YESCRYPT) | BIT(PF_CRYPT_GOST_YESCRYPT))
#define BCRYPTS                                                                                    \
        (BIT(PF_CRYPT_BCRYPT) | BIT(PF_CRYPT_BCRYPT_A) | BIT(PF_CRYPT_BCRYPT_X) |                  \
         BIT(PF_CRYPT_BCRYPT_Y))
#define GLIBC (BIT(PF_CRYPT_SHA512) | BIT(PF_CRYPT_SHA256) | BIT(PF_CRYPT_MD5) | BIT(PF_CRYPT_DES))
#define LIBXCRYPT_4_1 (EVERY & ~(YESCRYPTS | BIT(PF_CRYPT_SCRYPT)))

/* Releases whose libcrypt knows less than the newest does. */
typedef struct Release {
        const char *id; /* of os-release */
        unsigned long first, last;
        const char *text;
        unsigned schemes;
} Release;

static const Release releases[] = {
        { "debian", 0, 10, "glibc", GLIBC },
        { "ubuntu", 0, 19, "glibc", GLIBC },
        { "rhel", 0, 7, "glibc", GLIBC },
        { "rhel", 8, 8, "libxcrypt 4.1", LIBXCRYPT_4_1 },
        { "centos", 0, 7, "glibc", GLIBC },
        { "centos", 8, 8, "libxcrypt 4.1", LIBXCRYPT_4_1 },
        { "centos-stream", 8, 8, "libxcrypt 4.1", LIBXCRYPT_4_1 },
        { "almalinux", 8, 8, "libxcrypt 4.1", LIBXCRYPT_4_1 },
        { "rocky", 8, 8, "libxcrypt 4.1", LIBXCRYPT_4_1 },
        { "ol", 0, 7, "glibc", GLIBC },
        { "ol", 8, 8, "libxcrypt 4.1", LIBXCRYPT_4_1 },
        { "amzn", 0, 2, "glibc", GLIBC },
        { "sles", 0, 12, "glibc with bcrypt", GLIBC | BCRYPTS },
        { "sles", 15, 15, "libxcrypt 4.1", LIBXCRYPT_4_1 },
};

typedef struct File {
        const char *name; /* how it begins */
        const char *text;
        unsigned schemes;
} File;

static const File files[] = {
        { "libcrypt-2.", "glibc", GLIBC },
        { "libcrypt.so.1.1.", "libxcrypt", EVERY },
        { "libcrypt.so.2.", "libxcrypt", EVERY },
};

static const char *const links[] = {
        "/lib/*/libcrypt.so.[12]",     "/lib64/libcrypt.so.[12]",     "/lib/libcrypt.so.[12]",
        "/usr/lib/*/libcrypt.so.[12]", "/usr/lib64/libcrypt.so.[12]", "/usr/lib/libcrypt.so.[12]",
};

static void set(PfCryptLibrary *library, const char *text, unsigned schemes) {
        (void) snprintf(library->text, sizeof(library->text), "%s", text);
        library->schemes = schemes;
}

static bool by_release(const PfSystem *system, PfCryptLibrary *ret) {
        unsigned long major = strtoul(system->version, NULL, 10);

        for (size_t i = 0; *system->version && i < PF_ELEMENTS(releases); i++)
                if (strcmp(system->id, releases[i].id) == 0 && major >= releases[i].first &&
                    major <= releases[i].last) {
                        set(ret, releases[i].text, releases[i].schemes);
                        return true;
                }
        return false;
}

static bool by_name(const char *path, PfCryptLibrary *ret) {
        const char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;

        for (size_t i = 0; i < PF_ELEMENTS(files); i++)
                if (strncmp(name, files[i].name, strlen(files[i].name)) == 0) {
                        set(ret, files[i].text, files[i].schemes);
                        return true;
                }
        return false;
}

/* 0, 1 where a file was found, or a negative errno. */
static int by_link(const PfTarget *target, const char *pattern, PfCryptLibrary *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PF_AUTO_FREE char *text = NULL;
        int r;

        r = pf_target_glob(target, pattern, &paths, err);
        if (r < 0 || paths.n == 0)
                return r;
        r = pf_target_readlink(target, paths.items[paths.n - 1], &text, NULL);
        if (r < 0 && r != -EINVAL)
                return r;
        return by_name(text ? text : paths.items[paths.n - 1], ret);
}

int pf_crypt_library_detect(const PfTarget *target, PfCryptLibrary *ret, PfErr *err) {
        PfCryptLibrary library = { .schemes = EVERY };
        PfSystem system = { 0 };
        int r;

        r = pf_system_identify(target, &system, err);
        if (r < 0)
                return r;
        if (r == 0 && by_release(&system, &library)) {
                *ret = library;
                return 0;
        }
        r = 0;
        for (size_t i = 0; i < PF_ELEMENTS(links) && r == 0; i++)
                r = by_link(target, links[i], &library, err);
        if (r < 0)
                return r;
        *ret = library;
        return 0;
}
