/* SPDX-License-Identifier: MIT */
#include "probes/probe.h"

#include <string.h>

#include "probes/probe-list.h"

#define DECLARE(name) extern const PfProbe pf_probe_##name;
#define POINT(name) &pf_probe_##name,

PF_PROBE_LIST(DECLARE)

const PfProbe *const pf_probes[] = { PF_PROBE_LIST(POINT) };
const size_t pf_n_probes = PF_ELEMENTS(pf_probes);

const PfProbe *pf_probe_find(const char *check_id) {
        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t j = 0; j < pf_probes[i]->n_checks; j++)
                        if (strcmp(pf_probes[i]->checks[j].id, check_id) == 0)
                                return pf_probes[i];
        return NULL;
}
