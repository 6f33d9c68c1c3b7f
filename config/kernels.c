/* SPDX-License-Identifier: MIT */
/*
 * Look-up in the vendor's kernel lists, and which of them are in force.
 */
#include "config/kernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "config/directories.h"
#include "config/kernels-table.h"
#include "config/value.h"

#define EVER_LATER "999999999"

#define FILE_NAME "kernels.txt"
#define FILE_MAX_BYTES (1u << 20)

static const char *const directories[] = PF_DIRECTORIES("", PF_DATA_DIRECTORY);

struct PfKernels {
        atomic_uint references;
        PfSource source;        /* its path is empty where none could be looked for */
        PfKernelsTables tables; /* empty where there is a problem */
        char *problem;          /* NULL: none */
};

static const PfKernelsTables *tables_of(const PfKernels *kernels) {
        return kernels ? &kernels->tables : &pf_kernels_embedded;
}

/* --- which are in force --- */

PfKernels *pf_kernels_ref(PfKernels *kernels) {
        if (kernels)
                atomic_fetch_add(&kernels->references, 1);
        return kernels;
}

PfKernels *pf_kernels_unref(PfKernels *kernels) {
        if (!kernels || atomic_fetch_sub(&kernels->references, 1) > 1)
                return NULL;
        pf_kernels_tables_deinit(&kernels->tables);
        free(kernels->problem);
        free(kernels);
        return NULL;
}

static int find_source(const PfTarget *target, PfSource *ret, PfErr *err) {
        return pf_source_find(target, directories, PF_ELEMENTS(directories), FILE_NAME, ret, err);
}

static int read_lists(const PfTarget *target, PfKernels *kernels, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(2 * FILE_MAX_BYTES);
        int r;

        r = pf_target_read(target, kernels->source.path, FILE_MAX_BYTES, &buf, err);
        if (r == PF_TARGET_ABSENT)
                return pf_err_set(err, -ENOENT, "%s: was removed meanwhile", kernels->source.path);
        return r < 0 ? r
                     : pf_kernels_parse(kernels->source.path, buf.data ? buf.data : "", buf.n,
                                        &kernels->tables, err);
}

int pf_kernels_load(const PfTarget *target, PfKernels **ret) {
        PF_CLEANUP(pf_kernels_unrefp) PfKernels *kernels = calloc(1, sizeof(*kernels));
        PfErr err = { 0 };
        int r;

        if (!kernels)
                return -ENOMEM;
        atomic_init(&kernels->references, 1);
        r = find_source(target, &kernels->source, &err);
        if (r > 0) {
                *ret = NULL;
                return 0;
        }
        if (r == 0)
                r = read_lists(target, kernels, &err);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                kernels->problem = strdup(pf_err_text(&err, r));
                if (!kernels->problem)
                        return -ENOMEM;
        }
        *ret = PF_STEAL(kernels);
        return 0;
}

bool pf_kernels_is_current(const PfKernels *kernels, const PfTarget *target) {
        PfSource now;
        int r = find_source(target, &now, NULL);

        if (r > 0)
                return !kernels;
        return r == 0 && kernels && pf_source_equal(&now, &kernels->source);
}

const char *pf_kernels_problem(const PfKernels *kernels) {
        return kernels ? kernels->problem : NULL;
}

const char *pf_kernels_file(const PfKernels *kernels) {
        return kernels && !kernels->problem ? kernels->source.path : NULL;
}

/* --- look-up --- */

/* Is an agent of that version, or of its builds, at least the other one? */
static PfWithin reaches(const char *agent_version, const char *version) {
        return pf_version_within(agent_version, false, version, EVER_LATER);
}

static bool is_of(const PfKernelsTables *tables, const char *scenario, const char *distribution,
                  uint16_t i, uint16_t j) {
        return strcmp(tables->pool + i, scenario) == 0 &&
               strcmp(tables->pool + j, distribution) == 0;
}

static void find_age(const PfKernelsTables *tables, const char *scenario, const char *distribution,
                     const char *agent_version, PfListing *ret) {
        for (size_t i = 0; i < tables->n_lists; i++) {
                const PfKernelsList *list = &tables->lists[i];

                if (strcmp(tables->pool + list->scenario, scenario) != 0)
                        continue;
                if (!ret->last || pf_version_compare(tables->pool + list->last, ret->last) > 0)
                        ret->last = tables->pool + list->last;
                if (is_of(tables, scenario, distribution, list->scenario, list->distribution))
                        ret->first = tables->pool + list->first;
        }
        if (!ret->first)
                ret->age = PF_LISTS_NONE;
        else if (reaches(agent_version, ret->first) == PF_WITHIN_NO)
                ret->age = PF_LISTS_YOUNGER;
        else
                ret->age = reaches(agent_version, ret->last) == PF_WITHIN_YES &&
                                           pf_version_compare(agent_version, ret->last) != 0
                                   ? PF_LISTS_OLDER
                                   : PF_LISTS_COVER;
}

/* The number between stem and tail, or -1. */
static long number_of(const char *kernel, const char *stem, const char *tail) {
        size_t n_stem = strlen(stem);
        char *end;
        long number;

        if (strncmp(kernel, stem, n_stem) != 0 || kernel[n_stem] < '0' || kernel[n_stem] > '9' ||
            (kernel[n_stem] == '0' && kernel[n_stem + 1] >= '0' && kernel[n_stem + 1] <= '9'))
                return -1;
        number = strtol(kernel + n_stem, &end, 10);
        return strcmp(end, tail) == 0 ? number : -1;
}

static const PfKernelsItem *find_item(const PfKernelsTables *tables, const PfKernelsSeries *series,
                                      const char *kernel) {
        long number = number_of(kernel, tables->pool + series->stem, tables->pool + series->tail);

        for (size_t i = 0; i < series->n_items; i++)
                if (tables->items[series->i_item + i].number == number)
                        return &tables->items[series->i_item + i];
        return NULL;
}

/* @first: the oldest list; of what is older than that nothing is known, so that all
 * builds of its version are taken to have it. */
static PfListed judge(const PfKernelsTables *tables, const PfKernelsSeries *series,
                      const char *agent_version, const char *first) {
        const char *since = tables->pool + series->since, *until = tables->pool + series->until;
        PfWithin within = reaches(agent_version, since);

        if (within == PF_WITHIN_NO)
                return PF_LISTED_LATER;
        if (until[0] && reaches(agent_version, until) == PF_WITHIN_YES)
                return PF_LISTED_BEFORE;
        return within == PF_WITHIN_YES || strcmp(since, first) == 0 ? PF_LISTED : PF_LISTED_PERHAPS;
}

PfListing pf_kernels_find(const PfKernels *kernels, const char *scenario, const char *distribution,
                          const char *kernel, const char *agent_version) {
        PfListing listing = { .listed = PF_LISTED_NOT, .pack = -1 };
        const PfKernelsTables *tables = tables_of(kernels);

        find_age(tables, scenario, distribution, agent_version, &listing);
        for (size_t i = 0; i < tables->n_series; i++) {
                const PfKernelsSeries *series = &tables->series[i];
                const PfKernelsItem *item;
                PfListed listed;

                if (!is_of(tables, scenario, distribution, series->scenario, series->distribution))
                        continue;
                item = find_item(tables, series, kernel);
                if (!item)
                        continue;
                listed = judge(tables, series, agent_version, listing.first ? listing.first : "");
                /* One that went and came again has two lines: the better one counts. */
                if (listed >= listing.listed)
                        continue;
                listing.listed = listed;
                listing.since = tables->pool + series->since;
                listing.until = series->until ? tables->pool + series->until : NULL;
                listing.pack = item->pack == PF_KERNELS_NO_PACK ? -1 : item->pack;
        }
        return listing;
}

const char *pf_kernels_origin(const PfKernels *kernels) {
        const char *source = tables_of(kernels)->source;

        return source ? source : "";
}

const char *pf_kernels_as_of(const PfKernels *kernels) {
        const char *date = tables_of(kernels)->date;

        return date ? date : "";
}
