/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which libcrypt the programs of a machine use, and the schemes it knows.
 */

#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/base/target.h"
#include "probes/parse/crypt-hash.h"

typedef struct PfCryptLibrary {
        char text[64];    /* "libxcrypt 4.1"; "" where nothing tells */
        unsigned schemes; /* 1 << PF_CRYPT_…; where nothing tells all of them: who could
                             store such a hash had a library for it */
} PfCryptLibrary;

/**
 * pf_crypt_library_detect() - which libcrypt would programs of this machine use?
 * Rule:   the distribution's release where it is known to ship less than all
 *         schemes; else the name of the file that libcrypt.so.1 or .so.2 leads
 *         to: libcrypt-2.17.so is of glibc, libcrypt.so.1.1.0 is libxcrypt.
 * Return: 0; -EACCES, -EIO … with a text.
 */
int pf_crypt_library_detect(const PfTarget *target, PfCryptLibrary *ret, PfErr *err) PF_MUST_CHECK;
