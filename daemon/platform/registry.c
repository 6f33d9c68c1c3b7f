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
#define PATH_SHOWN 256 /* characters of a key's name, so that there is room for the reason */

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

/* Whoever said it, here or when it was captured: the text tells of which key. */
static int fail(const char *path, int r, const PfErr *detail, PfErr *err) {
        const char *text = pf_err_text(detail, r);

        if (r == -ENOMEM || strstr(text, path))
                return pf_err_set(err, r, "%s", text);
        return pf_err_set(err, r, "%.*s: %s", PATH_SHOWN, path, text);
}

int pf_registry_read(const PfTarget *target, const char *path, PfRegistryKey *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PfErr detail = { 0 };
        int r = recall(target, path, &key, &detail);

        if (r == NO_BOOK) {
                r = pf_registry_ask(target, path, &key, &detail);
                if (r != -ENOMEM && pf_target_is_recorded(target))
                        pf_target_remember(target, BOOK, path,
                                           pf_registry_answer_to_json(r, &key, &detail));
        }
        if (r < 0)
                return fail(path, r, &detail, err);
        if (r == PF_REGISTRY_ABSENT) {
                ret->is_dirty = key.is_dirty;
        } else {
                *ret = key;
                key = (PfRegistryKey){ 0 };
        }
        return r;
}
