/* SPDX-License-Identifier: MIT */
/*
 * A machine is ready by what was looked at alone: of each system, whatever decides is
 * answered by a probe, though it be with "unknown".
 */
#include "probes/probe.h"

#include "config/catalogue.h"
#include "probes/probe-list.h"
#include "tests/support/test-main.h"

#define DECLARE(name) extern const PfProbe pf_probe_##name;
#define POINT(name) &pf_probe_##name,

PF_PROBE_LIST_WINDOWS(DECLARE)

/* Those that a program of Windows has. */
static const PfProbe *const windows_probes[] = { PF_PROBE_LIST_WINDOWS(POINT) };

/* The systems whose machines this program looks at. */
static const unsigned platforms[] = {
#ifndef _WIN32
        PF_PLATFORM_LINUX,
#endif
        PF_PLATFORM_WINDOWS,
};

START_TEST(what_decides_is_answered) {
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

static bool is_in_a_program_of_windows(const PfProbe *probe) {
        for (size_t i = 0; i < PF_ELEMENTS(windows_probes); i++)
                if (windows_probes[i] == probe)
                        return true;
        return false;
}

/* Otherwise a machine with Windows would be judged by less there than it is here. */
START_TEST(windows_has_what_is_for_windows) {
        size_t n = 0;

        for (size_t i = 0; i < pf_n_probes; i++) {
                bool is_for_windows = pf_probe_is_for(pf_probes[i], PF_PLATFORM_WINDOWS);

                n += is_for_windows;
                ck_assert_msg(is_in_a_program_of_windows(pf_probes[i]) == is_for_windows,
                              "%s is in the wrong list", pf_probes[i]->name);
        }
        ck_assert_uint_eq(n, PF_ELEMENTS(windows_probes));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("probe-list");

        PF_TEST(suite, what_decides_is_answered);
        PF_TEST(suite, one_probe_answers_a_check_of_a_system);
        PF_TEST(suite, windows_has_what_is_for_windows);
        return pf_test_main(suite);
}
