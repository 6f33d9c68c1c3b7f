/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/report/readiness.h"
#include "daemon/varlink/bytes.h"

/*
 * Reports that were made, by the question they answer, each with the reply to
 * GetReport() as it goes over the wire: a cached answer costs no more than
 * sending it. Holds PF_CACHE_MAX reports; the one that was asked for longest
 * ago makes room. For the thread of the loop.
 */
#define PF_CACHE_MAX 64

typedef struct PfCache PfCache;

typedef struct PfCached {
        PfReadiness *readiness;
        PfVarlinkBytes *reply;            /* GetReport(), for any local user */
        PfVarlinkBytes *reply_privileged; /* and for those who may see all */
        uint64_t fresh_usec;              /* monotonic: nothing in it is older than this */
} PfCached;

int pf_cache_new(PfCache **ret) PF_MUST_CHECK;
PfCache *pf_cache_free(PfCache *cache);
PF_DEFINE_CLEANUP(PfCache, pf_cache_free);

/* The report for a question, borrowed until the cache is used again; or NULL. */
const PfCached *pf_cache_find(PfCache *cache, const PfQuestion *question);

/**
 * pf_cache_put() - keep a report in place of the last one for its question
 * @readiness_take: taken over, also on error
 * @fresh_usec:     pf_clock_monotonic_usec() from before its probes were started
 * @ret_before:     receives the report it replaces, for the caller to free; or NULL
 * Return:          0 or -ENOMEM.
 */
int pf_cache_put(PfCache *cache, PfReadiness *readiness_take, uint64_t fresh_usec,
                 PfReadiness **ret_before) PF_MUST_CHECK;
