/* SPDX-License-Identifier: MIT */
/*
 * Settings and profiles: the same bytes as either. What comes out without a
 * complaint must be complete and within its limits, and every complaint must
 * name a line that there is.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/profile.h"
#include "config/value.h"
#include "daemon/base/endpoint.h"

static size_t count_lines(const char *text, size_t n) {
        size_t lines = 1;

        for (size_t i = 0; i < n; i++)
                lines += text[i] == '\n';
        return lines;
}

static void check_complaints(const PfIniErrors *errors, const char *text, size_t n) {
        check(errors->texts.n <= PF_INI_ERRORS_MAX && !errors->failed);
        check(errors->n_dropped == 0 || errors->texts.n == PF_INI_ERRORS_MAX);
        for (size_t i = 0; i < errors->texts.n; i++) {
                const char *complaint = errors->texts.items[i];

                check(strncmp(complaint, "f:", 2) == 0);
                if (complaint[2] == ' ')
                        continue; /* of the file as a whole */
                check(strtoul(complaint + 2, NULL, 10) >= 1 &&
                      strtoul(complaint + 2, NULL, 10) <= count_lines(text, n));
        }
}

/* Whatever was refused, what is left is in order. */
static void check_settings(const PfSettings *settings) {
        check(settings->socket && settings->account && settings->account[0]);
        check(settings->profile && pf_value_is_file_name(settings->profile));
        check(!settings->agent_version || pf_value_is_version(settings->agent_version));
        check(settings->maximum_clients >= 1 && settings->maximum_clients <= 65536);
        check(settings->maximum_message_bytes >= 4096 &&
              settings->maximum_message_bytes <= 64 << 20);
        for (size_t i = 0; i < settings->endpoints.n; i++)
                check(pf_endpoint_parse(settings->endpoints.items[i], &(PfEndpoint){ 0 }) == 0);
        check(!settings->text_file || settings->text_file[0] == '/');
        check(!settings->virtio_port || pf_value_is_file_name(settings->virtio_port));
        check(!settings->console || strncmp(settings->console, "/dev/", 5) == 0);
        check(settings->endpoints.n <= 64 && settings->network_timeout_usec >= 100000);
        check(settings->log_level >= PF_LOG_ERROR && settings->log_level <= PF_LOG_DEBUG);
}

/* Returns whether there was no complaint. */
static bool try_settings(const char *text, size_t n) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = pf_settings_new();
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };

        if (!settings || pf_settings_parse(settings, "f", text, n, &errors) < 0)
                abort();
        check_complaints(&errors, text, n);
        check_settings(settings);
        return errors.texts.n == 0;
}

static void check_profile(const PfProfile *profile) {
        check(profile->title && profile->documentation && profile->architecture);
        check(profile->agent_version && pf_value_is_version(profile->agent_version));
        check(profile->copy_path && profile->install_path);
        check(!profile->images == !profile->backup_path);
        for (size_t i = 0; i < profile->distributions.n; i++) {
                const PfDistribution *distribution = &profile->distributions.items[i];

                check(pf_profile_distribution(profile, distribution->id) == distribution);
                check(distribution->name && distribution->versions.n > 0);
                for (size_t j = 0; j < distribution->versions.n; j++)
                        check(pf_version_within(distribution->versions.items[j].from, true,
                                                distribution->versions.items[j].from,
                                                distribution->versions.items[j].to) ==
                              PF_WITHIN_YES);
        }
        for (size_t i = 0; i < profile->release_files.n; i++)
                check(profile->release_files.items[i].path[0] == '/');
        check(pf_profile_severity(profile, "ssh.access") <= PF_SEVERITY_BLOCKER);
}

static bool try_profile(const char *text, size_t n) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        int r;

        r = pf_profile_parse("f", "f", text, n, &profile, &errors, NULL);
        check_complaints(&errors, text, n);
        check(r == 0 ? profile != NULL && errors.texts.n == 0 : r == -EINVAL && !profile);
        if (profile)
                check_profile(profile);
        return r == 0;
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        return try_settings((const char *) bytes, n) || try_profile((const char *) bytes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) try_settings((const char *) bytes, n);
        (void) try_profile((const char *) bytes, n);
        return 0;
}
