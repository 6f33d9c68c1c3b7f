/* SPDX-License-Identifier: MIT */
/*
 * Kernel lists, and what is made of a kernel by them and by rules. With the material
 * beside the project every kernel of the vendor's lists is looked up.
 */
#include "config/kernels.h"
#include "probes/boot/kernels.h"

#include <string.h>

#include "config/value.h"
#include "daemon/base/json.h"
#include "tests/support/test-main.h"

#define HOME "OnPremiseToAzure"

static const struct {
        const char *scenario, *release, *kernel, *agent;
        PfListed listed;
        PfListsAge age;
} lookups[] = {
        { HOME, "ubuntu-22.04", "5.15.0-25-generic", "9.66.7567.1", PF_LISTED, PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "5.15.0-25-generic", "9.66", PF_LISTED, PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "5.15.0-25-generic", "9.65", PF_LISTED_LATER, PF_LISTS_YOUNGER },
        { HOME, "ubuntu-22.04", "6.8.0-1041-azure", "9.66.7567.1", PF_LISTED_LATER,
          PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "6.8.0-1041-azure", "9.66", PF_LISTED_PERHAPS, PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "6.8.0-1041-azure", "9.66.7604.1", PF_LISTED, PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "6.8.0-1041-azure", "9.67", PF_LISTED, PF_LISTS_OLDER },
        { HOME, "ubuntu-22.04", "6.8.0-1041-aws", "9.66", PF_LISTED_NOT, PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "5.15.0-025-generic", "9.66", PF_LISTED_NOT, PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "5.15.0-25-generic2", "9.66", PF_LISTED_NOT, PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "5.15.0--generic", "9.66", PF_LISTED_NOT, PF_LISTS_COVER },
        { HOME, "ubuntu-22.04", "", "9.66", PF_LISTED_NOT, PF_LISTS_COVER },
        { HOME, "arch-1", "5.15.0-25-generic", "9.66", PF_LISTED_NOT, PF_LISTS_NONE },
        { "AzureToAzure", "debian-12", "6.12.94+deb12-cloud-amd64", "9.66.7845.1", PF_LISTED,
          PF_LISTS_COVER },
};

START_TEST(lists_are_looked_up) {
        PfListing listing = pf_kernels_find(lookups[_i].scenario, lookups[_i].release,
                                            lookups[_i].kernel, lookups[_i].agent);

        ck_assert_msg(listing.listed == lookups[_i].listed && listing.age == lookups[_i].age,
                      "%s, agent %s: listed %d, age %d", lookups[_i].kernel, lookups[_i].agent,
                      listing.listed, listing.age);
}
END_TEST

/* One row of the vendor's list: known from "since" on, and until "until". */
static int look_up_row(PfJson *row, const char *scenario, const char *release) {
        const char *kernel = pf_json_get_string(row, "kernel");
        const char *since = pf_json_get_string(row, "since");
        const char *until = pf_json_get_string(row, "until");
        PfJson *pack = pf_json_get(row, "sp");
        PfListing listing = pf_kernels_find(scenario, release, kernel, since);

        ck_assert_msg(listing.listed == PF_LISTED, "%s %s %s", scenario, release, kernel);
        ck_assert_str_eq(listing.since, since);
        ck_assert_int_eq(listing.pack, pack ? pf_json_integer(pack) : -1);
        if (!until)
                return 1;
        listing = pf_kernels_find(scenario, release, kernel, until);
        ck_assert_msg(listing.listed == PF_LISTED_BEFORE, "%s %s %s until %s", scenario, release,
                      kernel, until);
        return 1;
}

typedef struct Walk {
        const char *scenario;
        unsigned n;
} Walk;

static int walk_release(const char *release, PfJson *rows, void *data) {
        Walk *walk = data;

        for (size_t i = 0; i < pf_json_length(rows); i++)
                walk->n += (unsigned) look_up_row(pf_json_at(rows, i), walk->scenario, release);
        return 0;
}

static int walk_scenario(const char *scenario, PfJson *releases, void *data) {
        Walk *walk = data;

        walk->scenario = scenario;
        return pf_json_each(releases, walk_release, walk);
}

START_TEST(every_kernel_of_the_facts) {
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(4 << 20);
        PF_AUTO_FCLOSE FILE *file = NULL;
        Walk walk = { 0 };
        char path[4096];
        PfErr err = { 0 };

        if (!pf_test_shared()) {
                pf_test_skip("no facts beside the project");
                return;
        }
        (void) snprintf(path, sizeof(path), "%s/facts/kernels.json", pf_test_shared());
        file = fopen(path, "rb");
        if (!file) {
                pf_test_skip("no facts beside the project");
                return;
        }
        ck_assert_int_eq(pf_buf_reserve(&text, 2 << 20), 0);
        text.n = fread(text.data, 1, 2 << 20, file);
        ck_assert_msg(pf_json_parse(text.data, text.n, 8, &json, &err) == 0, "%s", err.text);
        ck_assert_str_eq(pf_json_get_string(json, "asOf"), pf_kernels_as_of());
        ck_assert_str_eq(pf_json_get_string(json, "source"), pf_kernels_origin());
        (void) pf_json_each(pf_json_get(json, "scenarios"), walk_scenario, &walk);
        ck_assert_uint_gt(walk.n, 5000);
}
END_TEST

#define OK PF_KERNEL_SUPPORTED
#define NO PF_KERNEL_REFUSED
#define SO PF_KERNEL_DOUBTFUL
#define XX PF_KERNEL_UNKNOWN

static const struct {
        const char *id, *version, *kernel, *agent;
        PfKernelSupport support;
} judgements[] = {
        { "debian", "12.5", "6.1.0-22-amd64", "9.66", OK },
        { "debian", "12.5", "6.1.0-22-amd64", "9.65", OK }, /* by the other scenario's list */
        { "debian", "12.5", "6.1.0-22-amd64", "9.50", XX },
        { "debian", "12.5", "6.1.0-22-amd64", "9.70", OK },
        { "debian", "12", "6.1.0-999-amd64", "9.66", NO },
        { "debian", "12", "6.1.0-999-amd64", "9.65", NO },
        { "debian", "12", "6.1.0-999-amd64", "9.70", XX },
        { "debian", "12", "6.1.0-999-custom", "9.70", NO },
        { "debian", "12", "6.12.94+deb12-cloud-amd64", "9.66", NO }, /* for Azure-to-Azure */
        { "debian", "13", "6.12.0-1-amd64", "9.66", XX },
        { "ubuntu", "22.04", "5.15.0-25-generic", "9.66", OK },
        { "ubuntu", "22.04", "5.15.0-25-lowlatency", "9.66", NO },
        { "ubuntu", "22.04", "6.8.0-1041-azure", "9.66.7567.1", NO },
        { "ubuntu", "22.04", "6.8.0-1041-azure", "9.66", SO },
        { "rhel", "6.10", "2.6.32-754.el6.x86_64", "9.66", OK },
        { "rhel", "6.10", "2.6.32-755.el6.x86_64", "9.66", NO },
        { "centos", "7.9.2009", "3.10.0-1160.el7.x86_64", "9.66", OK },
        { "centos", "7.9.2009", "5.4.1-1.el7.elrepo.x86_64", "9.66", NO },
        { "rhel", "8.4", "4.18.0-305.el8.x86_64", "9.66", NO },
        { "rhel", "8.4", "4.18.0-305.30.1.el8_4.x86_64", "9.60", OK },
        { "rhel", "8.4", "4.18.0-305.30.0.el8_4.x86_64", "9.60", NO },
        { "rhel", "8.4", "4.18.0-305.148.1.el8_4.x86_64", "9.64", SO },
        { "rhel", "8.4", "4.18.0-305.148.1.el8_4.x86_64", "9.65", OK },
        { "rhel", "8.5", "4.18.0-348.2.1.el8_5.x86_64", "9.65", NO },
        { "rhel", "8.5", "4.18.0-348.7.1.el8_5.x86_64", "9.65", OK },
        { "almalinux", "8.10", "4.18.0-553.el8_10.x86_64", "9.65", OK },
        { "rocky", "9.4", "5.14.0-427.13.1.el9_4.x86_64", "9.65", OK },
        { "rocky", "9.4", "5.14.0-999.1.1.el9_9.x86_64", "9.65", SO },
        { "rocky", "9.4", "6.6.1-1.el8.elrepo.x86_64", "9.65", NO },
        { "rhel", "10.0", "6.12.0-55.el10_0.x86_64", "9.66", NO },
        { "ol", "7.9", "5.4.17-2136.300.7.el7uek.x86_64", "9.65", OK },
        { "ol", "6.10", "2.6.39-400.el6uek.x86_64", "9.65", NO },
        { "ol", "8.10", "5.15.0-209.el8uek.x86_64", "9.65", OK },
        { "ol", "9.4", "5.15.0-209.el9uek.x86_64", "9.65", SO },
        { "ol", "9.4", "5.14.0-427.13.1.el9_4.x86_64", "9.65", OK },
        { "sles", "15.5", "5.14.21-150500.55.999-default", "9.66", OK },
        { "sles", "15.5", "5.14.21-150500.1.1.999-azure", "9.66", NO },
        { "sles", "11.4", "3.0.101-63-default", "9.65", OK },
        { "sles", "11.4", "3.0.101-63-pae", "9.65", NO },
        { "arch", "", "6.10.1-arch1-1", "9.66", XX },
        { "ubuntu", "", "5.15.0-25-generic", "9.66", XX },
};

START_TEST(kernels_are_judged) {
        PfProfile profile = { .kernel_scenario = (char[]){ HOME } };
        PfKernelJudgement judgement;
        PfSystem system = { 0 };

        (void) snprintf(system.id, sizeof(system.id), "%s", judgements[_i].id);
        (void) snprintf(system.version, sizeof(system.version), "%s", judgements[_i].version);

        pf_kernel_judge(&profile, judgements[_i].agent, &system, judgements[_i].kernel, &judgement);

        ck_assert_msg(judgement.support == judgements[_i].support, "%s %s, %s, agent %s: %d, %s",
                      system.id, system.version, judgements[_i].kernel, judgements[_i].agent,
                      judgement.support, judgement.why);
        ck_assert(judgement.why[0]);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("kernels");
        TCase *rows = tcase_create("rows");

        tcase_add_loop_test(rows, lists_are_looked_up, 0, PF_ELEMENTS(lookups));
        tcase_add_loop_test(rows, kernels_are_judged, 0, PF_ELEMENTS(judgements));
        suite_add_tcase(suite, rows);
        PF_TEST(suite, every_kernel_of_the_facts);
        return pf_test_main(suite);
}
