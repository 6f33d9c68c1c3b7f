/* SPDX-License-Identifier: MIT */
#include "daemon/report/cache.h"

#include <string.h>

struct PfCache {
        PfCached entries[PF_CACHE_MAX]; /* the one used last comes first */
        size_t n;
};

static void entry_deinit(PfCached *entry) {
        (void) pf_readiness_free(entry->readiness);
        (void) pf_varlink_bytes_unref(entry->reply);
        (void) pf_varlink_bytes_unref(entry->reply_privileged);
        *entry = (PfCached){ 0 };
}

int pf_cache_new(PfCache **ret) {
        PfCache *cache = calloc(1, sizeof(*cache));

        if (!cache)
                return -ENOMEM;
        *ret = cache;
        return 0;
}

PfCache *pf_cache_free(PfCache *cache) {
        if (!cache)
                return NULL;
        for (size_t i = 0; i < cache->n; i++)
                entry_deinit(&cache->entries[i]);
        free(cache);
        return NULL;
}

static void move_to_front(PfCache *cache, size_t i) {
        PfCached entry = cache->entries[i];

        memmove(&cache->entries[1], &cache->entries[0], i * sizeof(entry));
        cache->entries[0] = entry;
}

const PfCached *pf_cache_find(PfCache *cache, const PfQuestion *question) {
        for (size_t i = 0; i < cache->n; i++) {
                if (!pf_question_equal(cache->entries[i].readiness->question, question))
                        continue;
                if (i > 0)
                        move_to_front(cache, i);
                return &cache->entries[0];
        }
        return NULL;
}

static int make_reply(const PfReadiness *readiness, bool privileged, PfVarlinkBytes **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *parameters = pf_json_new_object();
        PfJson *report = NULL;

        if (!parameters || pf_readiness_to_json(readiness, privileged, &report) < 0 ||
            pf_json_put_take(parameters, "report", report) < 0)
                return -ENOMEM;
        return pf_varlink_bytes_new_reply(parameters, false, ret);
}

static void make_room(PfCache *cache, const PfQuestion *pinned) {
        size_t i = cache->n - 1;

        if (pf_question_equal(cache->entries[i].readiness->question, pinned))
                i--;
        entry_deinit(&cache->entries[i]);
        cache->n--;
        memmove(&cache->entries[i], &cache->entries[i + 1],
                (cache->n - i) * sizeof(cache->entries[0]));
}

int pf_cache_put(PfCache *cache, PfReadiness *readiness_take, const PfLook *look,
                 const PfQuestion *pinned, PfReadiness **ret_before) {
        PfCached entry = { .readiness = readiness_take, .look = *look };

        *ret_before = NULL;
        if (make_reply(readiness_take, false, &entry.reply) < 0 ||
            make_reply(readiness_take, true, &entry.reply_privileged) < 0) {
                entry_deinit(&entry);
                return -ENOMEM;
        }

        if (pf_cache_find(cache, readiness_take->question)) {
                *ret_before = PF_STEAL(cache->entries[0].readiness);
                entry_deinit(&cache->entries[0]);
                cache->entries[0] = entry;
                return 0;
        }
        if (cache->n == PF_CACHE_MAX)
                make_room(cache, pinned);
        cache->entries[cache->n++] = entry;
        move_to_front(cache, cache->n - 1);
        return 0;
}

uint64_t pf_cache_oldest_look(const PfCache *cache, uint64_t epoch) {
        uint64_t oldest = UINT64_MAX;

        for (size_t i = 0; i < cache->n; i++)
                if (cache->entries[i].look.epoch == epoch && cache->entries[i].look.number < oldest)
                        oldest = cache->entries[i].look.number;
        return oldest;
}
