/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/report/readiness.h"
#include "daemon/varlink/bytes.h"

/*
 * Reports that were made, by the question they answer, each with the reply to
 * GetReport() as it goes over the wire: a cached answer costs no more than
 * sending it. Holds PF_CACHE_MAX reports; the one that was asked for longest
 * ago makes room, but never the one that is pinned. For the thread of the loop.
 */
#define PF_CACHE_MAX 64

typedef struct PfCache PfCache;

/* What is known of the time in which a report was made. */
typedef struct PfLook {
        uint64_t fresh_usec;     /* monotonic: nothing in it is older than this */
        uint64_t epoch;          /* after which change */
        uint64_t number;         /* of pf_watch_begin() */
        uint64_t processor_usec; /* that had been used when it began */
} PfLook;

typedef struct PfCached {
        PfReadiness *readiness;
        PfVarlinkBytes *reply;            /* GetReport(), for any local user */
        PfVarlinkBytes *reply_privileged; /* and for those who may see all */
        PfLook look;
} PfCached;

int pf_cache_new(PfCache **ret) PF_MUST_CHECK;
PfCache *pf_cache_free(PfCache *cache);
PF_DEFINE_CLEANUP(PfCache, pf_cache_free);

/* The report for a question, borrowed until the cache is used again; or NULL. */
const PfCached *pf_cache_find(PfCache *cache, const PfQuestion *question);

/**
 * pf_cache_put() - keep a report in place of the last one for its question
 * @readiness_take: taken over, also on error
 * @look:           begun before its probes were started; copied
 * @pinned:         the question whose report makes no room for others
 * @ret_before:     receives the report it replaces, for the caller to free; or NULL
 * Return:          0 or -ENOMEM.
 */
int pf_cache_put(PfCache *cache, PfReadiness *readiness_take, const PfLook *look,
                 const PfQuestion *pinned, PfReadiness **ret_before) PF_MUST_CHECK;

/* The smallest number of a look whose report nothing has changed since; UINT64_MAX: none. */
uint64_t pf_cache_oldest_look(const PfCache *cache, uint64_t epoch);
