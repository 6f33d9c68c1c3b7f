/* SPDX-License-Identifier: MIT */
#include "probes/probe.h"

#include "probes/probe-list.h"

#define DECLARE(name) extern const PfProbe pf_probe_##name;
#define POINT(name) &pf_probe_##name,

PF_PROBE_LIST(DECLARE)

const PfProbe *const pf_probes[] = { PF_PROBE_LIST(POINT) };
const size_t pf_n_probes = PF_ELEMENTS(pf_probes);
