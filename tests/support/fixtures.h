/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "config/profile.h"
#include "daemon/base/json.h"
#include "probes/probe.h"
#include "tests/support/sandbox.h"

/*
 * The folders tests/fixtures/PROBE/CASE: a machine below root/, and what is
 * asked of it and expected in expected.json; see tests/unit/test-fixtures.c.
 */
typedef struct PfFixture {
        const PfProbe *probe;
        PfJson *expected;
        PfProfile *profile;
        PfDemand demand; /* out of these two */
        PfSandbox box;
} PfFixture;

/* Calls @visit with "PROBE/CASE" for each whose probe there is on this system. */
void pf_fixtures_each(void (*visit)(const char *name, void *data), void *data);

/* All of one, on a copy of its root. What is wrong in it fails the test. */
void pf_fixture_open(PfFixture *fixture, const char *name);
void pf_fixture_close(PfFixture *fixture);
#define PF_AUTO_FIXTURE PF_CLEANUP(pf_fixture_close)
