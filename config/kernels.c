/* SPDX-License-Identifier: MIT */
/*
 * Look-up in the vendor's kernel lists.
 */
#include "config/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "config/kernels-table.h"
#include "config/value.h"

#define EVER_LATER "999999999"

static const char *text_at(uint16_t offset) {
        return pf_kernels_pool + offset;
}

/* Is an agent of that version, or of its builds, at least the other one? */
static PfWithin reaches(const char *agent_version, const char *version) {
        return pf_version_within(agent_version, false, version, EVER_LATER);
}

static bool is_of(const char *scenario, const char *distribution, uint16_t i, uint16_t j) {
        return strcmp(text_at(i), scenario) == 0 && strcmp(text_at(j), distribution) == 0;
}

static void find_age(const char *scenario, const char *distribution, const char *agent_version,
                     PfListing *ret) {
        for (size_t i = 0; i < pf_n_kernels_lists; i++) {
                const PfKernelsList *list = &pf_kernels_lists[i];

                if (strcmp(text_at(list->scenario), scenario) != 0)
                        continue;
                if (!ret->last || pf_version_compare(text_at(list->last), ret->last) > 0)
                        ret->last = text_at(list->last);
                if (is_of(scenario, distribution, list->scenario, list->distribution))
                        ret->first = text_at(list->first);
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

static const PfKernelsItem *find_item(const PfKernelsSeries *series, const char *kernel) {
        long number = number_of(kernel, text_at(series->stem), text_at(series->tail));

        for (size_t i = 0; i < series->n_items; i++)
                if (pf_kernels_items[series->i_item + i].number == number)
                        return &pf_kernels_items[series->i_item + i];
        return NULL;
}

/* @first: the oldest list; of what is older than that nothing is known, so that all
 * builds of its version are taken to have it. */
static PfListed judge(const PfKernelsSeries *series, const char *agent_version, const char *first) {
        const char *since = text_at(series->since), *until = text_at(series->until);
        PfWithin within = reaches(agent_version, since);

        if (within == PF_WITHIN_NO)
                return PF_LISTED_LATER;
        if (until[0] && reaches(agent_version, until) == PF_WITHIN_YES)
                return PF_LISTED_BEFORE;
        return within == PF_WITHIN_YES || strcmp(since, first) == 0 ? PF_LISTED : PF_LISTED_PERHAPS;
}

PfListing pf_kernels_find(const char *scenario, const char *distribution, const char *kernel,
                          const char *agent_version) {
        PfListing listing = { .listed = PF_LISTED_NOT, .pack = -1 };

        find_age(scenario, distribution, agent_version, &listing);
        for (size_t i = 0; i < pf_n_kernels_series; i++) {
                const PfKernelsSeries *series = &pf_kernels_series[i];
                const PfKernelsItem *item;
                PfListed listed;

                if (!is_of(scenario, distribution, series->scenario, series->distribution))
                        continue;
                item = find_item(series, kernel);
                if (!item)
                        continue;
                listed = judge(series, agent_version, listing.first ? listing.first : "");
                /* One that went and came again has two lines: the better one counts. */
                if (listed >= listing.listed)
                        continue;
                listing.listed = listed;
                listing.since = text_at(series->since);
                listing.until = series->until ? text_at(series->until) : NULL;
                listing.pack = item->pack == PF_KERNELS_NO_PACK ? -1 : item->pack;
        }
        return listing;
}

const char *pf_kernels_origin(void) {
        return pf_kernels_source;
}

const char *pf_kernels_as_of(void) {
        return pf_kernels_date;
}
