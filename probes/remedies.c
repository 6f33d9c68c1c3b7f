/* SPDX-License-Identifier: MIT */
/* Which remedies there are. */
#include "probes/remedy.h"

#include <string.h>

#include "probes/remedy-list.h"

#define DECLARE(name) extern const PfRemedy pf_remedy_##name;
#define POINT(name) &pf_remedy_##name,

PF_REMEDY_LIST(DECLARE)

/* NULL at the end: a list of none is no array in C. */
const PfRemedy *const pf_remedies[] = { PF_REMEDY_LIST(POINT) NULL };
const size_t pf_n_remedies = PF_ELEMENTS(pf_remedies) - 1;

const PfRemedy *pf_remedy_find(const char *check) {
        for (size_t i = 0; i < pf_n_remedies; i++)
                if (strcmp(pf_remedies[i]->check, check) == 0)
                        return pf_remedies[i];
        return NULL;
}
