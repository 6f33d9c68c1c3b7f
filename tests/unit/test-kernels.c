/* SPDX-License-Identifier: MIT */
/*
 * Kernel lists, and what is made of a kernel by them and by rules. With the material
 * beside the project every kernel of the vendor's lists is looked up.
 */
#include "config/kernels.h"
#include "probes/boot/kernels.h"

#include <string.h>

#include "config/kernels-table.h"
#include "config/value.h"
#include "daemon/base/json.h"
#include "tests/support/sandbox.h"
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
        PfListing listing = pf_kernels_find(NULL, lookups[_i].scenario, lookups[_i].release,
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
        PfListing listing = pf_kernels_find(NULL, scenario, release, kernel, since);

        ck_assert_msg(listing.listed == PF_LISTED, "%s %s %s", scenario, release, kernel);
        ck_assert_str_eq(listing.since, since);
        ck_assert_int_eq(listing.pack, pack ? pf_json_integer(pack) : -1);
        if (!until)
                return 1;
        listing = pf_kernels_find(NULL, scenario, release, kernel, until);
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
        ck_assert_str_eq(pf_json_get_string(json, "asOf"), pf_kernels_as_of(NULL));
        ck_assert_str_eq(pf_json_get_string(json, "source"), pf_kernels_origin(NULL));
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

        pf_kernel_judge(&(PfDemand){ .profile = &profile, .agent_version = judgements[_i].agent },
                        &system, judgements[_i].kernel, &judgement);

        ck_assert_msg(judgement.support == judgements[_i].support, "%s %s, %s, agent %s: %d, %s",
                      system.id, system.version, judgements[_i].kernel, judgements[_i].agent,
                      judgement.support, judgement.why);
        ck_assert(judgement.why[0]);
}
END_TEST

/* --- lists in a file --- */

#define HEAD "source somewhere\ndate 2027-01-02\nlists " HOME " ubuntu-22.04 9.66 9.67\n"
#define BLOCK "kernels " HOME " ubuntu-22.04 9.66 -\n"

/* The generator and the parser are two readers of one format: they must agree. */
START_TEST(the_parser_reads_as_the_generator) {
        const PfKernelsTables *wanted = &pf_kernels_embedded;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);
        PF_AUTO_FCLOSE FILE *file = NULL;
        PfKernelsTables got = { 0 };
        char path[4096], line[4096];
        PfErr err = { 0 };

        (void) snprintf(path, sizeof(path), "%s/config/kernels.txt", pf_test_source_root());
        file = fopen(path, "r");
        ck_assert_ptr_nonnull(file);
        while (fgets(line, sizeof(line), file))
                ck_assert_int_eq(pf_buf_add_string(&text, line), 0);
        ck_assert_msg(pf_kernels_parse("f", text.data, text.n, &got, &err) == 0, "%s", err.text);
        ck_assert_str_eq(got.source, wanted->source);
        ck_assert_str_eq(got.date, wanted->date);
        ck_assert_uint_eq(got.n_lists, wanted->n_lists);
        ck_assert_uint_eq(got.n_series, wanted->n_series);
        ck_assert_uint_eq(got.n_items, wanted->n_items);
        ck_assert_mem_eq(got.lists, wanted->lists, got.n_lists * sizeof(*got.lists));
        ck_assert_mem_eq(got.series, wanted->series, got.n_series * sizeof(*got.series));
        for (size_t i = 0; i < got.n_items; i++) {
                ck_assert_uint_eq(got.items[i].number, wanted->items[i].number);
                ck_assert_uint_eq(got.items[i].pack, wanted->items[i].pack);
        }
        for (size_t i = 0; i < got.n_series; i++)
                ck_assert_str_eq(got.pool + got.series[i].stem, wanted->pool + got.series[i].stem);
        pf_kernels_tables_deinit(&got);
}
END_TEST

static const struct {
        const char *text;
        const char *complaint;
} wrong[] = {
        { "", "f:1: expected a source, a date and lists before the end of the file" },
        { "source s\ndate 2027-01-02\n",
          "f:2: expected a source, a date and lists before the end of the file" },
        { HEAD "source t\n", "f:4: expected one source TEXT" },
        { HEAD "date 2027-01-03\n", "f:4: expected one date YYYY-MM-DD" },
        { "date 2027-02-29\n", "f:1: expected date YYYY-MM-DD" },
        { "date 2027-01-02T00:00:00Z\n", "f:1: expected date YYYY-MM-DD" },
        { HEAD "list x\n",
          "f:4: expected source, date, lists, kernels or a series behind a blank" },
        { HEAD "lists " HOME " ubuntu-22.04 9.66\n",
          "f:4: expected each SCENARIO DISTRIBUTION once" },
        { HEAD "lists " HOME " a 9.67 9.66\n", "f:4: expected agent versions, the oldest first" },
        { HEAD "lists " HOME " a new\n", "f:4: expected agent versions, the oldest first" },
        { HEAD "lists " HOME " a\n", "f:4: expected agent versions behind the distribution" },
        { HEAD "lists " HOME " ../a 9.66\n",
          "f:4: expected SCENARIO DISTRIBUTION, of letters, digits, '.', '_', '-'" },
        { HEAD "lists\n",
          "f:4: expected SCENARIO DISTRIBUTION, of letters, digits, '.', '_', '-'" },
        { HEAD "kernels " HOME " a 9.66\n",
          "f:4: expected SINCE and UNTIL, agent versions, or - for the last" },
        { HEAD "kernels " HOME " a 9.66 - -\n",
          "f:4: expected SINCE and UNTIL, agent versions, or - for the last" },
        { HEAD " 5.15.0- -generic 25\n", "f:4: expected a line \"kernels\" before this one" },
        { HEAD BLOCK " 5.15.0-\n", "f:5: expected STEM TAIL NUMBER..." },
        { HEAD BLOCK " 5.15.0- -generic\n", "f:5: expected a number behind STEM TAIL" },
        { HEAD BLOCK " 5.15.0- -generic 65536\n",
          "f:5: expected numbers up to 65535, perhaps with a service pack: 24:3" },
        { HEAD BLOCK " 5.15.0- -generic 1:255\n",
          "f:5: expected numbers up to 65535, perhaps with a service pack: 24:3" },
        { HEAD BLOCK " 5.15.0- -generic -1\n",
          "f:5: expected numbers up to 65535, perhaps with a service pack: 24:3" },
        { HEAD BLOCK "\t5.15.0- -generic 1\n", "f:5: expected printable ASCII alone" },
        { HEAD "\xc3\xa4\n", "f:4: expected printable ASCII alone" },
};

START_TEST(what_is_wrong_is_told) {
        PfKernelsTables tables = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(
                pf_kernels_parse("f", wrong[_i].text, strlen(wrong[_i].text), &tables, &err),
                -EINVAL);
        ck_assert_str_eq(err.text, wrong[_i].complaint);
        ck_assert_ptr_null(tables.pool);
}
END_TEST

/* No file makes the tables larger than their offsets reach. */
START_TEST(too_much_is_refused) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 21);
        PfKernelsTables tables = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_buf_add_string(&text, HEAD BLOCK), 0);
        for (int i = 0; i < 70; i++) {
                ck_assert_int_eq(pf_buf_add_string(&text, " a b"), 0);
                for (int j = 0; j < 1000; j++)
                        ck_assert_int_eq(pf_buf_printf(&text, " %d", j), 0);
                ck_assert_int_eq(pf_buf_add_string(&text, "\n"), 0);
        }
        ck_assert_int_eq(pf_kernels_parse("f", text.data, text.n, &tables, &err), -EINVAL);
        ck_assert_str_eq(err.text, "f:70: expected fewer lines: there is no room for so many");
}
END_TEST

static PfListed listed(const PfKernels *kernels, const char *kernel) {
        return pf_kernels_find(kernels, HOME, "ubuntu-22.04", kernel, "9.67").listed;
}

START_TEST(a_file_is_used_instead) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_kernels_unrefp) PfKernels *kernels = NULL;

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_kernels_load(box.target, &kernels), 0);
        ck_assert_ptr_null(kernels); /* those that are built in */
        ck_assert(pf_kernels_is_current(NULL, box.target));
        ck_assert_int_eq(listed(NULL, "99.1-7-new"), PF_LISTED_NOT);

        pf_sandbox_write(&box, "/run/preflightd/kernels.txt", HEAD BLOCK " 99.1- -new 7\n");
        ck_assert(!pf_kernels_is_current(NULL, box.target));
        ck_assert_int_eq(pf_kernels_load(box.target, &kernels), 0);
        ck_assert_ptr_null(pf_kernels_problem(kernels));
        ck_assert_str_eq(pf_kernels_file(kernels), "/run/preflightd/kernels.txt");
        ck_assert_str_eq(pf_kernels_as_of(kernels), "2027-01-02");
        ck_assert_str_eq(pf_kernels_origin(kernels), "somewhere");
        ck_assert_int_eq(listed(kernels, "99.1-7-new"), PF_LISTED);
        ck_assert_int_eq(listed(kernels, "5.15.0-25-generic"), PF_LISTED_NOT);
        ck_assert(pf_kernels_is_current(kernels, box.target));
        pf_sandbox_write(&box, "/etc/preflightd/kernels.txt", HEAD);
        ck_assert(!pf_kernels_is_current(kernels, box.target));
}
END_TEST

START_TEST(a_masked_file_is_not_used) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_kernels_unrefp) PfKernels *kernels = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/run/preflightd/kernels.txt", HEAD);
        pf_sandbox_mkdir(&box, "/etc/preflightd");
        pf_sandbox_symlink(&box, "/dev/null", "/etc/preflightd/kernels.txt");
        ck_assert_int_eq(pf_kernels_load(box.target, &kernels), 0);
        ck_assert_ptr_null(kernels);
}
END_TEST

/* A list that is wrong: neither it nor the one that is built in is used. */
START_TEST(a_wrong_file_leaves_nothing) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_kernels_unrefp) PfKernels *kernels = NULL;
        PfProfile profile = { .kernel_scenario = (char[]){ HOME } };
        PfSystem system = { .id = "ubuntu", .version = "22.04" };
        PfKernelJudgement judgement;
        PfDemand demand = { .profile = &profile, .agent_version = "9.66" };

        pf_sandbox_new(&box);
        pf_kernel_judge(&demand, &system, "5.15.0-25-generic", &judgement);
        ck_assert_int_eq(judgement.support, PF_KERNEL_SUPPORTED);

        pf_sandbox_write(&box, "/etc/preflightd/kernels.txt", HEAD "x\n");
        ck_assert_int_eq(pf_kernels_load(box.target, &kernels), 0);
        ck_assert_str_eq(pf_kernels_problem(kernels),
                         "/etc/preflightd/kernels.txt:4: expected source, date, lists, kernels or "
                         "a series behind a blank");
        ck_assert_ptr_null(pf_kernels_file(kernels));
        demand.kernels = kernels;
        pf_kernel_judge(&demand, &system, "5.15.0-25-generic", &judgement);
        ck_assert_int_eq(judgement.support, PF_KERNEL_UNKNOWN);
        ck_assert_ptr_nonnull(strstr(judgement.why, "/etc/preflightd/kernels.txt:4: expected"));
}
END_TEST

START_TEST(a_link_to_nothing_leaves_nothing) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_kernels_unrefp) PfKernels *kernels = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/etc/preflightd");
        pf_sandbox_symlink(&box, "gone", "/etc/preflightd/kernels.txt");
        ck_assert_int_eq(pf_kernels_load(box.target, &kernels), 0);
        ck_assert_ptr_nonnull(strstr(pf_kernels_problem(kernels), "what it links to is not there"));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("kernels");
        TCase *rows = tcase_create("rows");

        tcase_add_loop_test(rows, lists_are_looked_up, 0, PF_ELEMENTS(lookups));
        tcase_add_loop_test(rows, kernels_are_judged, 0, PF_ELEMENTS(judgements));
        tcase_add_loop_test(rows, what_is_wrong_is_told, 0, PF_ELEMENTS(wrong));
        suite_add_tcase(suite, rows);
        PF_TEST(suite, every_kernel_of_the_facts);
        PF_TEST(suite, the_parser_reads_as_the_generator);
        PF_TEST(suite, too_much_is_refused);
        PF_TEST(suite, a_file_is_used_instead);
        PF_TEST(suite, a_masked_file_is_not_used);
        PF_TEST(suite, a_wrong_file_leaves_nothing);
        PF_TEST(suite, a_link_to_nothing_leaves_nothing);
        return pf_test_main(suite);
}
