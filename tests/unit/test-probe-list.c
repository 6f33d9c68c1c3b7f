/* SPDX-License-Identifier: MIT */
/*
 * A machine is ready by what was looked at alone: of each system, whatever decides is
 * answered by a probe, though it be with "unknown".
 */
#include "probes/probe.h"

#include "config/catalogue.h"
#include "tests/support/test-main.h"

START_TEST(what_decides_is_answered) {
        static const unsigned platforms[] = { PF_PLATFORM_LINUX, PF_PLATFORM_WINDOWS };
        size_t n = 0;

        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                if (entry->kind != PF_CATALOGUE_CHECK || entry->severity != PF_SEVERITY_BLOCKER)
                        continue;
                for (size_t k = 0; k < PF_ELEMENTS(platforms); k++, n++)
                        if (entry->platforms & platforms[k])
                                ck_assert_msg(pf_probe_find(entry->id, platforms[k]),
                                              "%s: no probe answers it", entry->id);
        }
        ck_assert_uint_gt(n, 0);
}
END_TEST

/* pf_probe_find() knows one: a second would never be asked. */
START_TEST(one_probe_answers_a_check_of_a_system) {
        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t k = 0; k < pf_probes[i]->n_checks; k++)
                        ck_assert_msg(pf_probe_find(pf_probes[i]->checks[k].id,
                                                    pf_probes[i]->platforms) == pf_probes[i],
                                      "%s is answered twice", pf_probes[i]->checks[k].id);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("probe-list");

        PF_TEST(suite, what_decides_is_answered);
        PF_TEST(suite, one_probe_answers_a_check_of_a_system);
        return pf_test_main(suite);
}
