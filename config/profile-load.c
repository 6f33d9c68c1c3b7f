/* SPDX-License-Identifier: MIT */
/*
 * Profiles: where they are found. A program that is not installed uses the
 * copies that were built into it.
 */
#include "config/profile.h"

#include <string.h>

#include "config/directories.h"
#include "config/profile-embedded.h"
#include "config/value.h"

#define FILE_MAX (64u << 10)
#define SUFFIX ".conf"

static const char *const directories[] = PF_DIRECTORIES("/profiles", PF_PROFILE_DIRECTORY);

int pf_profile_embedded(const char *name, PfProfile **ret, PfErr *err) {
        for (size_t i = 0; i < pf_n_embedded_profiles; i++) {
                const PfEmbeddedProfile *profile = &pf_embedded_profiles[i];

                if (strcmp(profile->name, name) == 0)
                        return pf_profile_parse(name, profile->path, profile->text, profile->n, ret,
                                                NULL, err);
        }
        return PF_PROFILE_ABSENT;
}

/* The file that a name stands for. Return: as pf_source_find(). */
static int find_source(const PfTarget *target, const char *name, PfSource *ret, PfErr *err) {
        char file[128];

        if (!pf_value_is_file_name(name))
                return PF_SOURCE_MASKED;
        (void) snprintf(file, sizeof(file), "%s" SUFFIX, name);
        return pf_source_find(target, directories, PF_ELEMENTS(directories), file, ret, err);
}

int pf_profile_load(const PfTarget *target, const char *name, PfProfile **ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(2 * FILE_MAX);
        PfSource source;
        int r;

        r = find_source(target, name, &source, err);
        if (r == PF_SOURCE_ABSENT)
                return pf_profile_embedded(name, ret, err);
        if (r == PF_SOURCE_MASKED)
                return PF_PROFILE_ABSENT;
        if (r == 0)
                r = pf_target_read(target, source.path, FILE_MAX, &buf, err);
        if (r == PF_TARGET_ABSENT)
                return PF_PROFILE_ABSENT; /* it went meanwhile */
        if (r == 0)
                r = pf_profile_parse(name, source.path, buf.data ? buf.data : "", buf.n, ret, NULL,
                                     err);
        if (r == 0)
                (*ret)->source = source;
        return r;
}

bool pf_profile_is_current(const PfProfile *profile, const PfTarget *target) {
        PfSource now;
        int r = find_source(target, profile->name, &now, NULL);

        if (r == PF_SOURCE_ABSENT)
                return !profile->source.path[0];
        return r == 0 && pf_source_equal(&now, &profile->source);
}

/* Adds the name of a profile's file, once. */
static int add_name(const char *file, PfStrv *names) {
        PF_AUTO_FREE char *name = NULL;
        size_t n = strlen(file);

        if (n <= strlen(SUFFIX) || strcmp(file + n - strlen(SUFFIX), SUFFIX) != 0)
                return 0;
        name = strndup(file, n - strlen(SUFFIX));
        if (!name)
                return -ENOMEM;
        if (!pf_value_is_file_name(name) || pf_strv_contains(names, name))
                return 0;
        return pf_strv_add(names, name);
}

int pf_profile_list(const PfTarget *target, PfStrv *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(directories); i++) {
                PF_AUTO_STRV PfStrv files = { 0 };

                r = pf_target_list(target, directories[i], &files, err);
                for (size_t j = 0; j < files.n && r == 0; j++)
                        r = add_name(files.items[j], &names);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < pf_n_embedded_profiles; i++)
                if (!pf_strv_contains(&names, pf_embedded_profiles[i].name) &&
                    pf_strv_add(&names, pf_embedded_profiles[i].name) < 0)
                        return -ENOMEM;
        pf_strv_sort(&names);
        return pf_strv_copy(&names, ret);
}
