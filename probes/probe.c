/* SPDX-License-Identifier: MIT */
/* Looking through the registry; a test may bring a registry of its own. */
#include "probes/probe.h"

#include <string.h>

bool pf_probe_is_for(const PfProbe *probe, unsigned platforms) {
        return probe->platforms == 0 || (probe->platforms & platforms);
}

const PfProbe *pf_probe_find(const char *check_id, unsigned platforms) {
        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t j = 0;
                     pf_probe_is_for(pf_probes[i], platforms) && j < pf_probes[i]->n_checks; j++)
                        if (strcmp(pf_probes[i]->checks[j].id, check_id) == 0)
                                return pf_probes[i];
        return NULL;
}
