/* SPDX-License-Identifier: MIT */
#pragma once

/* What the corpora of several boot loaders say alike. */

#include "probes/parse/boot-entry.h"
#include "probes/parse/device-identity.h"
#include "tests/support/corpus.h"

/* Compares the words NAME=VALUE of a command line with the values of the truth,
 * each {"value", "kind"}: all of them, in order. */
static inline void pf_corpus_identities(const char *file, const PfBootWords *words,
                                        const char *name, PfJson *want) {
        size_t n = 0, length = strlen(name);

        for (size_t i = 0; i < words->n; i++) {
                const char *text = words->items[i].text;
                PfJson *one = pf_json_at(want, n);

                if (strncmp(text, name, length) != 0 || text[length] != '=')
                        continue;
                pf_corpus_same(file, name, text + length + 1, pf_json_get(one, "value"));
                pf_corpus_same(file, text,
                               pf_identity_kind_name(pf_identity_kind(text + length + 1)),
                               pf_json_get(one, "kind"));
                n++;
        }
        ck_assert_uint_eq(n, pf_json_length(want));
}
