/* SPDX-License-Identifier: MIT */
#pragma once

/* A truth that may not be known: it counts only where the other side does not decide alone. */

#include <stdbool.h>

typedef enum PfMaybe {
        PF_NO,
        PF_YES,
        PF_MAYBE, /* nobody can say */
} PfMaybe;

static inline PfMaybe pf_maybe(bool value) {
        return value ? PF_YES : PF_NO;
}

static inline PfMaybe pf_maybe_not(PfMaybe a) {
        return a == PF_MAYBE ? PF_MAYBE : pf_maybe(a == PF_NO);
}

static inline PfMaybe pf_maybe_and(PfMaybe a, PfMaybe b) {
        if (a == PF_NO || b == PF_NO)
                return PF_NO;
        return a == PF_YES && b == PF_YES ? PF_YES : PF_MAYBE;
}

static inline PfMaybe pf_maybe_or(PfMaybe a, PfMaybe b) {
        return pf_maybe_not(pf_maybe_and(pf_maybe_not(a), pf_maybe_not(b)));
}
