/* SPDX-License-Identifier: MIT */
/*
 * Manifests of transactions, which lie in images too: what is read leads nowhere but to plain
 * absolute paths, and says the same once it is written and read again.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/remedy/manifest.h"

#define ID "20261123T101500Z-1f3a"

static void check_file(const PfManifestFile *file) {
        size_t n_before = strlen(file->before_sha256), n_after = strlen(file->after_sha256);

        check(file->path && file->path[0] == '/');
        check(file->place && file->place[0] == '/' && !strstr(file->place, "//"));
        check(!strstr(file->place, "/../") && !strstr(file->place, "/./"));
        check(n_before == 0 || n_before == 64);
        check(n_after == 0 || n_after == 64);
}

static void check_transaction(const PfTransaction *transaction) {
        check(strcmp(transaction->id, ID) == 0);
        check(transaction->who && transaction->why && transaction->digest);
        check(pf_transaction_state_to_string(transaction->state));
        for (size_t i = 0; i < transaction->n_steps; i++) {
                const PfPlanStep *step = &transaction->steps[i];

                check(step->check && step->summary);
                check(pf_plan_outcome_to_string(step->outcome));
                check(pf_verdict_to_string(step->before) && pf_verdict_to_string(step->after));
        }
        if (transaction->lease)
                check(transaction->lease->scope.account && transaction->lease->scope.source &&
                      strlen(transaction->lease->boot_id) < sizeof(transaction->lease->boot_id));
}

static void check_again(const PfManifest *manifest) {
        PF_AUTO_BUF PfBuf first = PF_BUF_INIT(64 << 20), second = PF_BUF_INIT(64 << 20);
        PF_CLEANUP(pf_manifest_freep) PfManifest *again = NULL;
        PfErr err = { 0 };

        check(pf_manifest_write(manifest, &first) == 0);
        check(pf_manifest_parse(ID, first.data, first.n, &again, &err) == 0);
        check(pf_manifest_write(again, &second) == 0);
        check(first.n == second.n && memcmp(first.data, second.data, first.n) == 0);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_manifest_freep) PfManifest *manifest = NULL;
        PfErr err = { 0 };
        int r = pf_manifest_parse(ID, (const char *) bytes, n, &manifest, &err);

        if (r < 0) {
                check(!manifest && err.text[0]);
                return 0;
        }
        check_transaction(manifest->transaction);
        check(manifest->transaction->paths.n == manifest->n_files + manifest->n_settings);
        check(manifest->n_set <= manifest->n_settings);
        check(manifest->n_begun <= manifest->n_actions);
        for (size_t i = 0; i < manifest->n_files; i++)
                check_file(&manifest->files[i]);
        for (size_t i = 0; i < manifest->n_settings; i++)
                check(manifest->settings[i].setting.subject &&
                      pf_setting_kind_to_string(manifest->settings[i].setting.kind));
        for (size_t i = 0; i < manifest->n_actions; i++)
                check(manifest->actions[i].subject &&
                      pf_action_to_string(manifest->actions[i].kind));
        check_again(manifest);
        return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) pf_fuzz_accepts(bytes, n);
        return 0;
}
