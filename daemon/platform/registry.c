/* SPDX-License-Identifier: MIT */
/*
 * Who is asked for a key: the book, or whoever reads the registry here. What is said is
 * kept where a capture is made.
 */
#include "daemon/platform/registry.h"
#include "daemon/platform/registry-internal.h"

#include <string.h>

#include "daemon/platform/machine-internal.h"

#define BOOK "registry"
#define ALL_OTHERS "*"

/* Positive outcome, beside PF_REGISTRY_ABSENT: no book answers. */
enum { NO_BOOK = 2 };

static int recall(const PfTarget *target, const char *path, PfRegistryKey *ret, PfErr *err) {
        const char *const questions[] = { path, ALL_OTHERS };
        PfErr first = { 0 };
        int r = PF_TARGET_ABSENT;

        for (size_t i = 0; i < PF_ELEMENTS(questions); i++) {
                const PfJson *answer = NULL;
                PfErr detail = { 0 };
                int found = pf_target_recall(target, BOOK, questions[i], &answer, &detail);

                if (found == 0)
                        return pf_registry_key_from_json(answer, path, ret, err);
                if (i == 0) {
                        r = found;
                        first = detail;
                }
        }
        return r == PF_TARGET_ABSENT ? NO_BOOK : pf_err_set(err, r, "%s", pf_err_text(&first, r));
}

static PfJson *answer_of(int r, const PfRegistryKey *key, const PfErr *err) {
        return r == 0 ? pf_registry_key_to_json(key) : pf_machine_no_answer("no-key", r, err);
}

int pf_registry_read(const PfTarget *target, const char *path, PfRegistryKey *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PfErr detail = { 0 };
        int r = recall(target, path, &key, err);

        if (r == NO_BOOK) {
                r = pf_registry_ask(target, path, &key, &detail);
                if (r != -ENOMEM && pf_target_is_recorded(target))
                        pf_target_remember(target, BOOK, path, answer_of(r, &key, &detail));
                if (r < 0)
                        return pf_err_set(err, r, "%s", pf_err_text(&detail, r));
        }
        if (r == 0) {
                *ret = key;
                key = (PfRegistryKey){ 0 };
        }
        return r;
}
