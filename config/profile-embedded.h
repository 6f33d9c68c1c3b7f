/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/* The profiles of config/profiles, as generate-profiles.py writes them into the
 * program; for profile-load.c alone. */
typedef struct PfEmbeddedProfile {
        const char *name;
        const char *path; /* for complaints */
        const char *text;
        size_t n;
} PfEmbeddedProfile;

extern const PfEmbeddedProfile pf_embedded_profiles[];
extern const size_t pf_n_embedded_profiles;
