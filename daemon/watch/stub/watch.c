/* SPDX-License-Identifier: MIT */
/* Where there is nothing to watch with: all that is known has to be sampled. */
#include "daemon/watch/watch.h"

int pf_watch_new(const PfWatchConfig *config, PfWatch **ret, PfErr *err) {
        (void) config;
        (void) ret;
        return pf_err_set(err, -ENOTSUP, "changes are not told on this system");
}

PfWatch *pf_watch_free(PfWatch *watch) {
        (void) watch;
        return NULL;
}

void pf_watch_observe(PfWatch *watch, PfTarget *target) {
        (void) watch;
        (void) target;
}

uint64_t pf_watch_begin(PfWatch *watch) {
        (void) watch;
        return 0;
}

void pf_watch_settle(PfWatch *watch, uint64_t oldest) {
        (void) watch;
        (void) oldest;
}

void pf_watch_drain(PfWatch *watch) {
        (void) watch;
}

bool pf_watch_is_sampled(const PfWatch *watch) {
        (void) watch;
        return true;
}

const char *pf_watch_trouble(const PfWatch *watch) {
        (void) watch;
        return "changes are not told on this system";
}

PfWatchCounts pf_watch_count(const PfWatch *watch) {
        (void) watch;
        return (PfWatchCounts){ 0 };
}
